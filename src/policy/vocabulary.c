/*
 * policy/vocabulary: keys that a document names and nobody fills. A Deny on such a key would never
 * apply, without a word, so whoever stores documents refuses it by name.
 */
#include "policy/condition_priv.h"

static bool is_unknown(const struct policy_vocabulary *v, str key) {
    return v->unknown(v->ctx, key);
}

/* Does the statement speak of an action that is ever asked about? */
static bool concerns(const struct policy_statement *st, const struct policy_vocabulary *v) {
    struct policy_scope scope = {0}; /* patterns of actions have no variables */
    for (size_t a = 0; a < v->n_actions; a++) {
        bool listed = false;
        for (size_t i = 0; i < st->n_actions && !listed; i++)
            listed = policy_pattern_match(&st->actions[i], &scope, str_c(v->actions[a]), true);
        if (listed != st->not_action)
            return true;
    }
    return false;
}

static str unknown_variable(const struct policy_pattern *pattern,
                            const struct policy_vocabulary *v) {
    for (size_t i = 0; i < pattern->n_vars; i++)
        if (is_unknown(v, pattern->vars[i].name))
            return pattern->vars[i].name;
    return STR_NONE;
}

static str unknown_in_test(const struct policy_test *test, const struct policy_vocabulary *v) {
    str key = is_unknown(v, test->key) ? test->key : STR_NONE;
    for (size_t i = 0; i < test->n_operands && !key.p; i++)
        key = unknown_variable(&test->operands[i].pattern, v);
    return key;
}

static str unknown_in(const struct policy_statement *st, const struct policy_vocabulary *v) {
    str key = STR_NONE;
    for (size_t i = 0; i < st->n_tests && !key.p; i++)
        key = unknown_in_test(&st->tests[i], v);
    for (size_t i = 0; i < st->n_resources && !key.p; i++)
        key = unknown_variable(&st->resources[i], v);
    return key;
}

str policy_unknown_key(const struct policy *policy, const struct policy_vocabulary *vocabulary) {
    for (size_t i = 0; i < policy->n_statements; i++) {
        str key = unknown_in(&policy->statements[i], vocabulary);
        if (key.p && concerns(&policy->statements[i], vocabulary))
            return key;
    }
    return STR_NONE;
}

bool policy_first_look(const struct policy *policy) {
    atomic_bool *looked_at = &((struct policy *)policy)->looked_at;
    return !atomic_load_explicit(looked_at, memory_order_relaxed) &&
           !atomic_exchange_explicit(looked_at, true, memory_order_relaxed);
}
