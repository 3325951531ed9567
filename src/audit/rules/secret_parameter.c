/* audit/rules/secret_parameter: parameters that are given secrets, by their names and their uses. */
#include "audit/rules/secret_parameter_priv.h"
#include "audit/rules/secret_priv.h"

bool audit_parameter_is_elsewhere(const struct tmpl_node *parameter) {
    return str_starts(tmpl_text(tmpl_get(parameter, "Type")), S("AWS::")) ||
           str_starts(tmpl_text(tmpl_get(parameter, "Type")), S("List<AWS::"));
}

/* Properties that take a secret as it is. */
static const struct {
    const char *type, *path;
} uses[] = {
    {"AWS::RDS::DBInstance", "MasterUserPassword"},
    {"AWS::RDS::DBCluster", "MasterUserPassword"},
    {"AWS::Redshift::Cluster", "MasterUserPassword"},
    {"AWS::DocDB::DBCluster", "MasterUserPassword"},
    {"AWS::ElastiCache::ReplicationGroup", "AuthToken"},
    {"AWS::IAM::User", "LoginProfile.Password"},
    {"AWS::SecretsManager::Secret", "SecretString"},
    {"AWS::DirectoryService::MicrosoftAD", "Password"},
    {"AWS::DMS::Endpoint", "Password"},
};

static bool is_used_as_secret(const struct audit_template *t, str name) {
    for (size_t i = 0; i < ARRAY_LEN(uses); i++)
        for (const struct audit_resource *r = audit_first(t, uses[i].type); r; r = r->next) {
            const struct audit_values values = audit_property(t, r, uses[i].path);
            for (size_t k = 0; k < values.n; k++)
                if (str_eq(tmpl_text(tmpl_get(values.v[k].node, "Ref")), name))
                    return true;
        }
    return false;
}

/* What is chosen from a list, or is a switch or the place of a secret, is no secret. */
static bool is_plain(const struct tmpl_node *parameter) {
    str value = tmpl_text(tmpl_get(parameter, "Default")),
        type = tmpl_text(tmpl_get(parameter, "Type"));
    return tmpl_get(parameter, "AllowedValues") || str_eq_nocase(value, S("true")) ||
           str_eq_nocase(value, S("false")) || str_starts(value, S("/")) ||
           str_starts(value, S("arn:")) || str_is(type, "Number") ||
           audit_parameter_is_elsewhere(parameter);
}

bool audit_parameter_is_secret(const struct audit_template *t, const struct tmpl_member *m) {
    return m->value->kind == TMPL_MAP && !is_plain(m->value) &&
           (audit_secret_name(m->key) || is_used_as_secret(t, m->key));
}
