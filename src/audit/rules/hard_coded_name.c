/* Names that a second stack of the template would give, too. */
#include "audit/rules/names_priv.h"

/* ---- Is the name used elsewhere? ---- */

struct search {
    str name;
    const struct tmpl_node *self;
    bool is_found;
};

static void look_for(void *ctx, const struct audit_literal *l) {
    struct search *s = ctx;
    s->is_found |=
        l->node != s->self && str_find(l->text, s->name) >= 0 && !audit_literal_is_prose(l);
}

static bool is_used_elsewhere(struct audit_template *t, const struct tmpl_node *node) {
    struct search s = {tmpl_text(node), node, false};
    audit_literals(t, look_for, &s);
    return s.is_found;
}

/* ---- Telling ---- */

/*
 * A bucket's name ends with the account: a stack's may have capitals, and a bucket's is one in the world.
 * Other names begin with the stack's, behind the path that some have.
 */
static void fix(struct audit_template *t, struct audit_finding *f, const struct audit_resource *r,
                const struct tmpl_node *node) {
    str text = tmpl_text(node);
    enum { MOST_NAME = 63 - 13 };
    if (!f || !text.p || str_find(text, S("${")) >= 0 || str_chr(text, '\'') >= 0 ||
        is_used_elsewhere(t, node))
        return;
    if (audit_is(r, "AWS::S3::Bucket")) {
        if (text.len <= MOST_NAME)
            audit_fix_replace(f, node, "!Sub '" STR_FMT "-${AWS::AccountId}'", STR_ARG(text));
        return;
    }
    ptrdiff_t slash = str_rchr(text, '/');
    size_t path = (size_t)(slash + 1);
    audit_fix_replace(f, node, "!Sub '" STR_FMT "${AWS::StackName}-" STR_FMT "'",
                      STR_ARG(str_slice(text, 0, path)), STR_ARG(str_skip(text, path)));
}

static void tell(struct audit_template *t, const struct audit_resource *r, const char *property) {
    const struct audit_values values = audit_property(t, r, property);
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_value *v = &values.v[i];
        str text = v->kind == AUDIT_ABSENT ? STR_NONE : audit_text(t, v->node);
        if (text.len == 0 || audit_name_is_of_stack(text))
            continue;
        struct audit_finding *f = audit_tell_node(
            t, &audit_rule_hard_coded_name, r, v->node, v->guard,
            "the name " STR_FMT " has no parameter, stack name or account in it", STR_ARG(text));
        if (v->kind == AUDIT_LITERAL)
            fix(t, f, r, v->node);
    }
}

static void check(struct audit_template *t) {
    for (size_t i = 0; i < t->n_resources; i++) {
        const char *property = audit_unique_name_property(t->resources[i].type);
        if (property)
            tell(t, &t->resources[i], property);
    }
}

const struct audit_rule audit_rule_hard_coded_name = {
    .id = "hard-coded-name",
    .class = 17,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Name that only one stack can have",
    .why = "a second stack of the template fails, and what must be replaced cannot be",
    .fix = "leave the name out, or build it with !Sub from a parameter, ${AWS::StackName} or "
           "${AWS::AccountId}",
    .bad = "Resources:\n"
           "  Jobs:\n"
           "    Type: AWS::SQS::Queue\n"
           "    Properties:\n"
           "      QueueName: jobs\n",
    .good = "Resources:\n"
            "  Jobs:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      QueueName: !Sub ${AWS::StackName}-jobs\n",
    .check = check,
};
