/* Secrets anywhere else in a template: properties of resources, outputs. */
#include "audit/rules/literals_priv.h"
#include "audit/rules/secret_priv.h"

/* Other rules look there. */
static bool is_elsewhere(const struct audit_literal *l) {
    static const char *const keys[] = {"UserData", "ZipFile", "InlineCode"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (audit_literal_is_under(l, keys[i]))
            return true;
    return audit_literal_is_under(l, "Environment") ||
           audit_literal_is_under(l, "EnvironmentVariables");
}

/* Keys that are no property of the resource's: of policies, of documents that describe something. */
static bool is_named_freely(const struct audit_literal *l) {
    static const char *const keys[] = {"Statement",
                                       "Body",
                                       "DefinitionBody",
                                       "Definition",
                                       "DefinitionSubstitutions",
                                       "GenerateSecretString",
                                       "Tags",
                                       "RequestParameters",
                                       "ResponseParameters",
                                       "TokenValidityUnits",
                                       "Schema",
                                       "ParameterKey"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (audit_literal_is_under(l, keys[i]))
            return true;
    return !l->r;
}

/* A secret of several members is written as JSON. */
static void look_inside(struct audit_template *t, const struct audit_literal *l) {
    str name;
    for (size_t at = 0, from, end; audit_secret_next_setting(l->text, &at, &name, &from, &end);)
        if (audit_secret_name(name) && audit_secret_value(name, str_slice(l->text, from, end)))
            audit_tell_literal(t, &audit_rule_secret_property, l, from, end,
                               STR_FMT " is written out", STR_ARG(name));
}

static void look(void *ctx, const struct audit_literal *l) {
    struct audit_template *t = ctx;
    struct audit_secret found;
    size_t at = 0;
    bool is_found = false, is_shaped = audit_secret_next(l->text, &at, &found);
    if (!(is_shaped || audit_secret_name(l->key)) || is_elsewhere(l))
        return;
    for (at = 0; is_shaped && audit_secret_next(l->text, &at, &found); is_found = true)
        audit_tell_literal(t, &audit_rule_secret_property, l, found.from, found.end,
                           "%s is written out", found.what);
    if (is_found || is_named_freely(l) || !audit_secret_name(l->key))
        return;
    if (str_starts(l->text, S("{")) && !str_starts(l->text, S("{{")) && !l->function) {
        look_inside(t, l);
        return;
    }
    /* Of a text in pieces the whole: a dynamic reference is often joined. */
    str text = l->function ? audit_text(t, l->function) : l->text;
    if (text.p && audit_secret_value(l->key, text) && l->node->kind == TMPL_STRING)
        audit_tell_literal(t, &audit_rule_secret_property, l, 0, l->text.len,
                           STR_FMT " is written out", STR_ARG(l->key));
}

static void check(struct audit_template *t) { audit_literals(t, look, t); }

const struct audit_rule audit_rule_secret_property = {
    .id = "secret-property",
    .class = 3,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Secret in a property",
    .why = "whoever reads the template or the repository's history has it",
    .fix = "use a dynamic reference, as {{resolve:secretsmanager:NAME:SecretString:password}}",
    .bad = "Resources:\n"
           "  Database:\n"
           "    Type: AWS::RDS::DBInstance\n"
           "    Properties:\n"
           "      MasterUserPassword: Tr0ub4dor+3\n",
    .good = "Resources:\n"
            "  Database:\n"
            "    Type: AWS::RDS::DBInstance\n"
            "    Properties:\n"
            "      MasterUserPassword: '{{resolve:secretsmanager:photos:SecretString:password}}'\n",
    .check = check,
};
