/* An environment's name in names, variables and tags: dev, prod and their like. */
#include "audit/rules/environment_priv.h"
#include "audit/rules/names_priv.h"

/* Is the text all of it, as the value of a variable or tag is? */
static bool is_whole(str text) { return str_eq(audit_environment_in(text), text); }

/* {Key: Environment, Value: prod}. */
static bool is_tag(const struct audit_literal *l) {
    if (!audit_literal_is_under(l, "Tags"))
        return false;
    const struct audit_step *up = l->step;
    while (up && !(tmpl_is(up->node, TMPL_MAP) && tmpl_get(up->node, "Key")))
        up = up->up;
    return up && audit_is_about_environment(tmpl_text(tmpl_get(up->node, "Key")));
}

/* A variable, a stage, a tag or a custom property that says which environment it is. */
static bool is_setting(const struct audit_literal *l) {
    bool may_be = str_is(l->key, "Value") || audit_is_about_environment(l->key);
    return may_be && is_whole(l->text) && (!str_is(l->key, "Value") || is_tag(l));
}

static bool is_name(const struct audit_literal *l) {
    const char *property = l->r ? audit_unique_name_property(l->r->type) : NULL;
    return property && str_is(l->key, property);
}

/* The environment's parameter, or a new one whose default is what is written out. */
static str parameter_for(const struct audit_template *t, struct audit_finding *f, str word) {
    str name = audit_environment_parameter(t);
    if (name.p)
        return name;
    name = S("Environment");
    if (audit_parameter(t, name) || audit_find(t, name))
        return STR_NONE;
    audit_fix_section(f, "Parameters", name,
                      "Type: String\n"
                      "Description: Name of the environment\n"
                      "Default: " STR_FMT "\n"
                      "AllowedPattern: '[A-Za-z0-9-]+'\n",
                      STR_ARG(word));
    return name;
}

static void look(void *ctx, const struct audit_literal *l) {
    struct audit_template *t = ctx;
    if (l->is_chosen || !(is_setting(l) || is_name(l)))
        return;
    str word = audit_environment_in(l->text);
    if (!word.p)
        return;
    size_t from = (size_t)(word.p - l->text.p);
    struct audit_finding *f =
        audit_tell_literal(t, &audit_rule_hard_coded_environment, l, from, from + word.len,
                           "the environment " STR_FMT " is written out", STR_ARG(word));
    bool is_replaced = f && !(l->function && !l->is_sub) && str_chr(l->text, '\n') < 0 &&
                       (l->is_sub || str_find(l->text, S("${")) < 0);
    str parameter = is_replaced ? parameter_for(t, f, word) : STR_NONE;
    if (!parameter.p)
        return;
    if (str_eq(word, l->text) && !l->is_sub)
        audit_fix_replace(f, l->node, "!Ref " STR_FMT, STR_ARG(parameter));
    else
        audit_fix_literal(f, l, from, from + word.len, arena_cstr(t->arena, parameter));
}

static void check(struct audit_template *t) { audit_literals(t, look, t); }

const struct audit_rule audit_rule_hard_coded_environment = {
    .id = "hard-coded-environment",
    .class = 17,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Environment that is written out",
    .why =
        "the template makes one environment only, and a copy of it for the next one drifts apart",
    .fix = "make the environment a parameter, and build names with !Sub",
    .bad = "Resources:\n"
           "  Jobs:\n"
           "    Type: AWS::SQS::Queue\n"
           "    Properties:\n"
           "      QueueName: jobs-prod\n",
    .good = "Parameters:\n"
            "  Environment: {Type: String}\n"
            "Resources:\n"
            "  Jobs:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      QueueName: !Sub jobs-${Environment}\n",
    .check = check,
};
