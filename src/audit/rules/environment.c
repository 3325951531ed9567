/* audit/rules/environment: names of environments, and of what says which one it is. */
#include "audit/rules/environment_priv.h"

#include "base/ascii.h"

str audit_environment_parameter(const struct audit_template *t) {
    static const char *const names[] = {"Environment",
                                        "EnvironmentName",
                                        "EnvironmentSuffix",
                                        "EnvName",
                                        "Env",
                                        "Stage",
                                        "StageName",
                                        "DeployEnv",
                                        "DeploymentEnvironment",
                                        "EnvironmentType",
                                        "EnvType",
                                        "pEnvironment",
                                        "environment",
                                        "env",
                                        "stage"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct tmpl_node *parameter = audit_parameter(t, str_c(names[i]));
        if (str_is(tmpl_text(tmpl_get(parameter, "Type")), "String"))
            return str_c(names[i]);
    }
    return STR_NONE;
}

str audit_environment_in(str text) {
    static const char *const words[] = {"dev",     "development", "prod",    "production",
                                        "staging", "preprod",     "nonprod", "qa",
                                        "uat",     "test",        "sandbox"};
    for (size_t at = 0; at < text.len; at++) {
        size_t end = at;
        while (end < text.len && ascii_is_alnum(text.p[end]))
            end++;
        str word = str_slice(text, at, end);
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (str_eq_nocase(word, str_c(words[i])))
                return word;
        at = end;
    }
    return STR_NONE;
}

bool audit_is_about_environment(str key) {
    static const char *const keys[] = {"env",
                                       "environment",
                                       "stage",
                                       "env_name",
                                       "environment_name",
                                       "app_env",
                                       "app_environment",
                                       "deploy_env",
                                       "deploy_environment",
                                       "stage_name",
                                       "environmentname",
                                       "envname",
                                       "stagename",
                                       "deployment_environment",
                                       "env_type"};
    if (key.len < strlen("env"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_eq_nocase(key, str_c(keys[i])))
            return true;
    return false;
}
