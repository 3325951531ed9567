/* Parameters that take anything. */
#include "audit/finding.h"

/* Any of these holds the value to something ("Parameters", CloudFormation User Guide). */
static const char *const constraints[] = {"AllowedValues", "AllowedPattern", "MinLength",
                                          "MaxLength",     "MinValue",       "MaxValue"};

static bool is_constrained(const struct tmpl_node *parameter) {
    for (size_t i = 0; i < ARRAY_LEN(constraints); i++)
        if (tmpl_get(parameter, constraints[i]))
            return true;
    return false;
}

/* Prose has no form: a title, a description. */
static bool is_prose(str name) {
    static const char *const words[] = {"Description", "Comment", "Title",
                                        "Message",     "Text",    "DisplayName"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_ends(name, str_c(words[i])))
            return true;
    return false;
}

/* The parameters of which a condition asks whether they are empty. */
static void gather_asked(struct map *asked, const struct tmpl_node *node) {
    const struct tmpl_member *f = tmpl_function(node);
    if (f && str_is(f->key, "Fn::Equals") && f->value->kind == TMPL_LIST && f->value->n == 2)
        for (size_t i = 0; i < 2; i++) {
            const struct tmpl_node *one = f->value->members[i].value;
            str name = tmpl_text(tmpl_get(one, "Ref")),
                other = tmpl_text(f->value->members[1 - i].value);
            if (name.p && other.p && other.len == 0)
                map_put(asked, name, (void *)one);
        }
    for (size_t i = 0; node && i < node->n; i++)
        gather_asked(asked, node->members[i].value);
}

/* True and false have two values, a number that begins at nought stays there, a name is not empty. */
static void fix(struct audit_finding *f, const struct tmpl_member *m, const struct map *asked,
                bool is_number) {
    str value = tmpl_text(tmpl_get(m->value, "Default"));
    if (is_number) {
        if (value.len && value.p[0] != '-')
            audit_fix_member(f, m->value, "MinValue", "0");
    } else if (str_is(value, "true") || str_is(value, "false")) {
        audit_fix_member(f, m->value, "AllowedValues", "['true', 'false']");
    } else if ((value.len || !value.p) && !map_get(asked, m->key)) {
        audit_fix_member(f, m->value, "MinLength", "1");
    } else {
        /* CloudFormation's own bound: nothing that is given today is refused. */
        audit_fix_member(f, m->value, "MaxLength", "4096");
    }
}

static void check(struct audit_template *t) {
    CLEANUP_DEINIT(map) struct map asked = {0};
    gather_asked(&asked, t->conditions);
    for (size_t i = 0; t->parameters && i < t->parameters->n; i++) {
        const struct tmpl_member *m = &t->parameters->members[i];
        str type = tmpl_text(tmpl_get(m->value, "Type"));
        /* AWS's own types are checked against what is there; lists have no constraint of their elements. */
        bool is_number = str_is(type, "Number");
        if ((!is_number && !str_is(type, "String")) || is_constrained(m->value) || is_prose(m->key))
            continue;
        struct audit_finding *f = audit_tell_range(t, &audit_rule_parameter_constraint, NULL,
                                                   m->key_at, audit_name_end(t, m->key_at), NULL,
                                                   "the parameter " STR_FMT " takes any %s",
                                                   STR_ARG(m->key), is_number ? "number" : "text");
        if (f)
            fix(f, m, &asked, is_number);
    }
}

const struct audit_rule audit_rule_parameter_constraint = {
    .id = "parameter-constraint",
    .class = 16,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Parameter that takes anything",
    .why = "a mistyped value fails in the middle of a deployment, or deploys something else",
    .fix = "set AllowedValues, AllowedPattern, MinLength and MaxLength, or MinValue and MaxValue",
    .bad = "Parameters:\n"
           "  Environment:\n"
           "    Type: String\n"
           "Resources: {}\n",
    .good = "Parameters:\n"
            "  Environment:\n"
            "    Type: String\n"
            "    AllowedPattern: '[a-z]{2,8}'\n"
            "  Network:\n"
            "    Type: AWS::EC2::VPC::Id\n"
            "Resources: {}\n",
    .check = check,
};
