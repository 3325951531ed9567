/* audit/rules: the table of all rules, and words of severities. */
#include "audit/config.h"

#include "base/own.h"

const struct audit_rule *const audit_rules[] = {
#define RULE(name) &audit_rule_##name,
#include "audit/rules.def"
#undef RULE
};
const size_t audit_n_rules = ARRAY_LEN(audit_rules);

const struct audit_rule *audit_rule_find(str id) {
    for (size_t i = 0; i < audit_n_rules; i++)
        if (str_is(id, audit_rules[i]->id))
            return audit_rules[i];
    return NULL;
}

const char *audit_severity_name(enum audit_severity severity) { return audit_severities[severity]; }
