/*
 * policy/vocabulary: the keys that a document names, and those of them that nobody fills. A Deny on
 * such a key would never apply, without a word, so whoever stores documents refuses it by name.
 */
#include "policy/condition_priv.h"

static bool is_unknown(const struct policy_vocabulary *v, str key) {
    return v->unknown(v->ctx, key);
}

/* Does the statement speak of an action that is ever asked about? */
static bool concerns(const struct policy_statement *st, const struct policy_vocabulary *v) {
    struct policy_scope scope = {0}; /* patterns of actions have no variables */
    for (size_t a = 0; a < v->n_actions; a++)
        if (policy_actions_list(st, &scope, str_c(v->actions[a])) != st->not_action)
            return true;
    return false;
}

/* ---- Every key that a statement looks at ---- */

static void each_variable(const struct policy_pattern *pattern, void (*fn)(void *arg, str key),
                          void *arg) {
    for (size_t i = 0; i < pattern->n_vars; i++)
        fn(arg, pattern->vars[i].name);
}

void policy_statement_each_key(const struct policy_statement *st, void (*fn)(void *arg, str key),
                               void *arg) {
    for (size_t i = 0; i < st->n_tests; i++) {
        fn(arg, st->tests[i].key);
        for (size_t k = 0; k < st->tests[i].n_operands; k++)
            each_variable(&st->tests[i].operands[k].pattern, fn, arg);
    }
    for (size_t i = 0; i < st->n_resources; i++)
        each_variable(&st->resources[i], fn, arg);
}

void policy_each_key(const struct policy *policy, void (*fn)(void *arg, str key), void *arg) {
    for (size_t i = 0; i < policy->n_statements; i++)
        policy_statement_each_key(&policy->statements[i], fn, arg);
}

/* ---- Those that nobody fills ---- */

struct search {
    const struct policy_vocabulary *vocabulary;
    str found; /* absent: none so far */
};

static void look(void *search, str key) {
    struct search *s = search;
    if (!s->found.p && is_unknown(s->vocabulary, key))
        s->found = key;
}

str policy_unknown_key(const struct policy *policy, const struct policy_vocabulary *vocabulary) {
    for (size_t i = 0; i < policy->n_statements; i++) {
        struct search s = {vocabulary, STR_NONE};
        policy_statement_each_key(&policy->statements[i], look, &s);
        if (s.found.p && concerns(&policy->statements[i], vocabulary))
            return s.found;
    }
    return STR_NONE;
}

bool policy_first_look(const struct policy *policy) {
    atomic_bool *looked_at = &((struct policy *)policy)->looked_at;
    return !atomic_load_explicit(looked_at, memory_order_relaxed) &&
           !atomic_exchange_explicit(looked_at, true, memory_order_relaxed);
}
