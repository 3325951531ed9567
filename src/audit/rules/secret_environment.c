/* Secrets in environment variables of functions, containers and builds. */
#include "audit/finding.h"
#include "audit/rules/secret_priv.h"

/* Where variables are: a map, or a list of maps with a name and a value. */
static const struct {
    const char *type, *path, *name, *value; /* name NULL: a map */
} places[] = {
    {"AWS::Lambda::Function", "Environment.Variables", NULL, NULL},
    {"AWS::Serverless::Function", "Environment.Variables", NULL, NULL},
    {"AWS::ECS::TaskDefinition", "ContainerDefinitions[].Environment[]", "Name", "Value"},
    {"AWS::CodeBuild::Project", "Environment.EnvironmentVariables[]", "Name", "Value"},
    {"AWS::Batch::JobDefinition", "ContainerProperties.Environment[]", "Name", "Value"},
    {"AWS::Amplify::App", "EnvironmentVariables[]", "Name", "Value"},
    {"AWS::ElasticBeanstalk::ConfigurationTemplate", "OptionSettings[]", "OptionName", "Value"},
};

static void look(struct audit_template *t, const struct audit_resource *r, str name,
                 const struct tmpl_node *node, const struct audit_guard *guard) {
    const struct audit_values values = audit_values(t, node, guard);
    for (size_t i = 0; i < values.n; i++) {
        const char *what;
        str text = values.v[i].kind == AUDIT_ABSENT ? STR_NONE : audit_text(t, values.v[i].node);
        if (text.len && audit_secret_setting(name, text, &what))
            audit_tell_node(t, &audit_rule_secret_environment, r, values.v[i].node,
                            values.v[i].guard, "the variable " STR_FMT " holds %s", STR_ARG(name),
                            what);
    }
}

static void look_at(struct audit_template *t, const struct audit_resource *r, size_t place) {
    const struct audit_values values = audit_property(t, r, places[place].path);
    for (size_t i = 0; i < values.n; i++) {
        const struct tmpl_node *map = values.v[i].node;
        const struct audit_guard *guard = values.v[i].guard;
        if (values.v[i].kind != AUDIT_LITERAL || map->kind != TMPL_MAP)
            continue;
        if (!places[place].name) {
            for (size_t k = 0; k < map->n; k++)
                look(t, r, map->members[k].key, map->members[k].value, guard);
            continue;
        }
        /* CodeBuild's PARAMETER_STORE and SECRETS_MANAGER hold names. */
        str type = tmpl_text(tmpl_get(map, "Type"));
        if (!type.p || str_is(type, "PLAINTEXT"))
            look(t, r, tmpl_text(tmpl_get(map, places[place].name)),
                 tmpl_get(map, places[place].value), guard);
    }
}

static void check(struct audit_template *t) {
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        for (const struct audit_resource *r = audit_first(t, places[i].type); r; r = r->next)
            look_at(t, r, i);
}

const struct audit_rule audit_rule_secret_environment = {
    .id = "secret-environment",
    .class = 3,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Secret in an environment variable",
    .why = "whoever reads the template or lists the function has it",
    .fix = "keep it in Secrets Manager, hand over its ARN, and read it when the code starts",
    .bad = "Resources:\n"
           "  Process:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Environment: {Variables: {DB_PASSWORD: Tr0ub4dor+3}}\n",
    .good = "Resources:\n"
            "  Process:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Environment:\n"
            "        Variables:\n"
            "          DB_SECRET_ARN: !Ref Secret\n"
            "          DB_PASSWORD: '{{resolve:secretsmanager:photos:SecretString:password}}'\n"
            "  Secret:\n"
            "    Type: AWS::SecretsManager::Secret\n",
    .check = check,
};
