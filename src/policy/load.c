/* policy/load: what decisions may cost, before they are made. */
#include "policy/condition_priv.h"

/* Characters of a pattern, among them what its variables and their defaults may be. */
static double length(const struct policy_pattern *pattern, const struct policy_load *load) {
    return (double)pattern->n + (double)pattern->text.len +
           (double)pattern->n_vars * (double)load->values;
}

static double steps_of_tests(const struct policy_statement *st, const struct policy_load *load) {
    double values = (double)load->values + 1, steps = 0;
    for (size_t i = 0; i < st->n_tests; i++) {
        steps += values; /* the key is looked for among them */
        for (size_t k = 0; k < st->tests[i].n_operands; k++)
            steps += length(&st->tests[i].operands[k].pattern, load) * values;
    }
    return steps;
}

static double steps_of_principals(const struct policy_statement *st) {
    double steps = 0;
    for (size_t i = 0; i < st->n_principals; i++)
        steps += (double)st->principals[i].name.len + 1;
    return steps;
}

double policy_steps(const struct policy *policy, const struct policy_load *load) {
    double n = (double)load->resources, bytes = (double)load->resource_bytes + n, steps = 0;
    for (size_t i = 0; i < policy->n_statements; i++) {
        const struct policy_statement *st = &policy->statements[i];
        steps += n * (policy_actions_steps(st, load->action) + steps_of_principals(st) +
                      steps_of_tests(st, load) + 1);
        for (size_t k = 0; k < st->n_resources; k++)
            steps += length(&st->resources[k], load) * bytes;
    }
    return steps;
}

size_t policy_statements(const struct policy *policy) { return policy->n_statements; }
