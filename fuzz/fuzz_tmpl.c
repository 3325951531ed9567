/* Templates: parse, check, order, evaluate on untrusted text. */
#include "tmpl/eval.h"
#include "tmpl/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void evaluate(const struct tmpl_model *m) {
    CLEANUP_JSON json_t *given = json_object();
    CLEANUP_JSON json_t *params = NULL;
    CLEANUP_JSON json_t *conditions = NULL;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct tmpl_scope scope = {.model = m,
                               .account = S("000000000000"),
                               .region = S("us-east-1"),
                               .stack_name = S("s"),
                               .stack_id = S("i")};
    if (tmpl_params_resolve(m, given, &params, NULL))
        return;
    scope.params = params;
    if (tmpl_conditions(&scope, &conditions, NULL))
        return;
    scope.conditions = conditions;
    tmpl_check_rules(&scope, NULL);
    struct tmpl_graph graph;
    tmpl_graph_new(m, tmpl_active_resources(&scope, &arena), &arena, &graph, NULL);
    for (size_t i = 0; i < m->n_resources; i++) {
        CLEANUP_JSON json_t *value = NULL;
        if (m->resources[i].properties)
            tmpl_eval(&scope, m->resources[i].properties, &value, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(tmpl) struct tmpl *t = NULL;
    const struct tmpl_model *m;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    if (tmpl_new_all(&t, str_n(data, size), 0, &faults)) {
        if (faults.n == 0)
            __builtin_trap();
        if (t)
            tmpl_dump(&out, tmpl_root(t));
        return 0;
    }
    tmpl_dump(&out, tmpl_root(t));
    if (tmpl_model_new(t, &m, NULL) == 0)
        evaluate(m);
    return 0;
}
