/* Names that lead nowhere: of resources, parameters, attributes, conditions and mappings. */
#include "audit/rules/references_priv.h"
#include "tmpl/types.h"

/* A part of the template whose references are looked at. */
struct part {
    struct audit_template *t;
    const struct audit_resource *r; /* or NULL */
    const struct audit_guard *guard;
    const char *refuses; /* "Conditions": a section in which resources cannot be named; or NULL */
    const struct map *loops; /* by the names that Fn::ForEach gives to its elements */
};

#define TELL(p, node, name, guard, ...)                                                            \
    do {                                                                                           \
        struct tmpl_pos end_, start_ = audit_references_place((p)->t, (node), (name), &end_);      \
        audit_tell_range((p)->t, &audit_rule_unresolved_reference, (p)->r, start_, end_, (guard),  \
                         __VA_ARGS__);                                                             \
    } while (0)

/* What SAM makes without being told to. */
static bool is_made_by_sam(const struct audit_template *t, str name) {
    return t->is_sam &&
           (str_starts(name, S("Serverless")) || str_starts(name, S("CodeDeployServiceRole")));
}

/* The first member of a Fn::ForEach names what its body may name ("Fn::ForEach", User Guide). */
static void gather_loops(struct map *loops, const struct tmpl_node *node) {
    for (size_t i = 0; i < node->n; i++) {
        const struct tmpl_member *m = &node->members[i];
        if (str_starts(m->key, S("Fn::ForEach::")) && m->value->kind == TMPL_LIST && m->value->n &&
            tmpl_text(m->value->members[0].value).p)
            map_put(loops, tmpl_text(m->value->members[0].value), m->value);
        gather_loops(loops, m->value);
    }
}

/* A resource that has its Condition is named where the condition may not hold. */
static void look_at_guard(const struct part *p, const struct tmpl_reference *ref,
                          const struct audit_resource *target) {
    str condition = tmpl_text(tmpl_get(target->body, "Condition"));
    if (!condition.p || !audit_has_condition(p->t, condition))
        return;
    const struct audit_guard *here = audit_references_guard(
        p->t, audit_guard_and(p->t, p->r ? p->r->guard : NULL, p->guard), ref->way);
    const struct audit_guard *absent = audit_guard_condition(p->t, here, condition, false);
    if (audit_possible(p->t, absent))
        TELL(p, ref->node, ref->name, absent, "the resource " STR_FMT " is not made",
             STR_ARG(ref->name));
}

static void look_at_attribute(const struct part *p, const struct tmpl_reference *ref,
                              const struct audit_resource *target) {
    const struct tmpl_type *type = tmpl_type_find(target->type);
    if (type && ref->attribute.p && !tmpl_has_attribute(type, ref->attribute))
        TELL(p, ref->node, ref->name, p->guard, STR_FMT " has no attribute " STR_FMT,
             STR_ARG(target->type), STR_ARG(ref->attribute));
}

static void look_at_name(const struct part *p, const struct tmpl_reference *ref) {
    const struct audit_template *t = p->t;
    bool is_parameter = ref->kind == TMPL_REF && audit_parameter(t, ref->name);
    if (is_parameter || (ref->kind == TMPL_REF && tmpl_is_pseudo(ref->name)))
        return;
    const struct audit_resource *target = audit_references_resource(t, ref->name);
    if (target && p->refuses) {
        TELL(p, ref->node, ref->name, p->guard, "%s cannot name the resource " STR_FMT, p->refuses,
             STR_ARG(ref->name));
    } else if (target) {
        look_at_guard(p, ref, target);
        if (ref->kind == TMPL_GET_ATT && str_eq(target->name, ref->name))
            look_at_attribute(p, ref, target);
    } else if (!is_made_by_sam(t, ref->name) && !map_get(p->loops, ref->name)) {
        TELL(p, ref->node, ref->name, p->guard, "there is no resource%s " STR_FMT,
             ref->kind == TMPL_REF ? " or parameter" : "", STR_ARG(ref->name));
    }
}

static void look_at_condition(const struct part *p, const struct tmpl_node *node, str name) {
    if (!audit_has_condition(p->t, name))
        audit_tell_node(p->t, &audit_rule_unresolved_reference, p->r, node, p->guard,
                        "there is no condition " STR_FMT, STR_ARG(name));
}

static int on_reference(void *ctx, const struct tmpl_reference *ref) {
    const struct part *p = ctx;
    if (ref->kind == TMPL_CONDITION)
        look_at_condition(p, ref->node, ref->name);
    else
        look_at_name(p, ref);
    return 0;
}

/* ---- Mappings ---- */

/* [map, key, key], and what a fourth member says where nothing is found. */
static void look_at_mapping(const struct part *p, const struct tmpl_node *list) {
    const struct tmpl_node *within = p->t->mappings;
    if (list->kind != TMPL_LIST || list->n != 3)
        return;
    for (size_t i = 0; i < list->n; i++) {
        const struct tmpl_node *key = list->members[i].value;
        const struct tmpl_member *m = tmpl_member(within, tmpl_text(key));
        if (!tmpl_text(key).p)
            return;
        if (!m) {
            audit_tell_node(p->t, &audit_rule_unresolved_reference, p->r, key, p->guard,
                            i ? "the mapping has no key " STR_FMT : "there is no mapping " STR_FMT,
                            STR_ARG(tmpl_text(key)));
            return;
        }
        within = m->value;
    }
}

static void each_mapping(const struct part *p, const struct tmpl_node *node) {
    for (size_t i = 0; i < node->n; i++) {
        const struct tmpl_member *m = &node->members[i];
        if (str_is(m->key, "Fn::FindInMap"))
            look_at_mapping(p, m->value);
        each_mapping(p, m->value);
    }
}

/* ---- Parts ---- */

static void look_at(const struct part *p, const struct tmpl_node *node) {
    if (!node)
        return;
    tmpl_each_reference(node, on_reference, (void *)p);
    each_mapping(p, node);
}

static void look_at_depends_on(const struct part *p) {
    const struct tmpl_node *node = tmpl_get(p->r->body, "DependsOn");
    bool is_list = tmpl_is(node, TMPL_LIST);
    for (size_t i = 0; i < (is_list ? node->n : node != NULL); i++) {
        const struct tmpl_node *one = is_list ? node->members[i].value : node;
        str name = tmpl_text(one);
        if (name.p && !audit_references_resource(p->t, name) && !is_made_by_sam(p->t, name))
            audit_tell_node(p->t, &audit_rule_unresolved_reference, p->r, one, NULL,
                            "there is no resource " STR_FMT, STR_ARG(name));
    }
}

/* Metadata is left out: documents of other tools lie there. */
static void look_at_resource(struct audit_template *t, const struct map *loops,
                             const struct audit_resource *r) {
    static const char *const attributes[] = {"Properties", "CreationPolicy", "UpdatePolicy",
                                             "DeletionPolicy", "UpdateReplacePolicy"};
    const struct part p = {.t = t, .r = r, .loops = loops};
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        look_at(&p, tmpl_get(r->body, attributes[i]));
    look_at_depends_on(&p);
    const struct tmpl_node *condition = tmpl_get(r->body, "Condition");
    if (tmpl_text(condition).p)
        look_at_condition(&p, condition, tmpl_text(condition));
}

static void look_at_output(struct audit_template *t, const struct map *loops,
                           const struct tmpl_node *output) {
    str condition = tmpl_text(tmpl_get(output, "Condition"));
    struct part p = {.t = t, .loops = loops};
    if (condition.p)
        look_at_condition(&p, tmpl_get(output, "Condition"), condition);
    if (condition.p && audit_has_condition(t, condition))
        p.guard = audit_guard_condition(t, NULL, condition, true);
    look_at(&p, tmpl_get(output, "Value"));
    look_at(&p, tmpl_get(output, "Export"));
}

static void check(struct audit_template *t) {
    if (t->is_partial)
        return;
    CLEANUP_DEINIT(map) struct map loops = {0};
    gather_loops(&loops, t->root);
    for (size_t i = 0; i < t->n_resources; i++)
        look_at_resource(t, &loops, &t->resources[i]);
    for (size_t i = 0; t->outputs && i < t->outputs->n; i++)
        look_at_output(t, &loops, t->outputs->members[i].value);
    look_at(&(struct part){.t = t, .refuses = "Conditions", .loops = &loops}, t->conditions);
    look_at(&(struct part){.t = t, .refuses = "Rules", .loops = &loops},
            tmpl_get(t->root, "Rules"));
}

const struct audit_rule audit_rule_unresolved_reference = {
    .id = "unresolved-reference",
    .class = 0,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Reference that leads nowhere",
    .why = "CloudFormation refuses the stack",
    .fix = "name what the template has, or add what is named",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "Outputs:\n"
           "  Name:\n"
           "    Value: !Ref Upload\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "Outputs:\n"
            "  Name:\n"
            "    Value: !Ref Uploads\n",
    .check = check,
};
