/* The project's own template, read as the engine reads it. */
#include "cm.h"

#include "base/io.h"
#include "tmpl/eval.h"
#include "tmpl/params.h"

static const char *template_path;

static int ref(void *ctx, const struct tmpl_resource *r, json_t **ret, struct err *err) {
    (void)ctx, (void)err;
    *ret = json_of_str(r->name);
    return 0;
}
static int get_att(void *ctx, const struct tmpl_resource *r, str attribute, json_t **ret,
                   struct err *err) {
    (void)ctx, (void)err;
    *ret = json_sprintf(STR_FMT "." STR_FMT, STR_ARG(r->name), STR_ARG(attribute));
    return 0;
}

static size_t place(const struct tmpl_model *m, const struct tmpl_graph *g, str name) {
    size_t at = 0;
    while (at < g->n_order && !str_eq(m->resources[g->order[at]].name, name))
        at++;
    return at;
}

static void is_sound(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err err = {{0}};
    CHECK_CASE(io_read_file(&text, template_path, 1 << 20, &err) == 0, err.text);
    CHECK(text.len < 51200); /* the API's limit for an inline template */
    CLEANUP(tmpl) struct tmpl *t = NULL;
    const struct tmpl_model *m;
    struct tmpl_fault fault = {{0}, {{0}}};
    CHECK_CASE(tmpl_new(&t, buf_view(&text), &fault) == 0, fault.why.text);
    CHECK_CASE(tmpl_model_new(t, &m, &fault) == 0, fault.why.text);

    CLEANUP_JSON json_t *given =
        json_pack("{ssss}", "CodeBucket", "calotype-artifacts-000000000000-us-east-1", "CodeKey",
                  "function/0123.zip");
    CLEANUP_JSON json_t *params = NULL;
    CLEANUP_JSON json_t *conditions = NULL;
    CHECK_CASE(tmpl_params_resolve(m, given, &params, &fault) == 0, fault.why.text);
    struct tmpl_scope scope = {.model = m,
                               .params = params,
                               .account = S("000000000000"),
                               .region = S("us-east-1"),
                               .stack_name = S("calotype-dev"),
                               .stack_id = S("id"),
                               .ref = ref,
                               .get_att = get_att};
    CHECK_CASE(tmpl_conditions(&scope, &conditions, &fault) == 0, fault.why.text);
    scope.conditions = conditions;

    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct tmpl_graph g;
    CHECK_CASE(tmpl_graph_new(m, tmpl_active_resources(&scope, &arena), &arena, &g, &fault) == 0,
               fault.why.text);
    CHECK_INT(g.n_order, m->n_resources - 1); /* nobody is subscribed */
    /* The order that S3 insists on. */
    size_t bucket = place(m, &g, S("ImageStorageBucket")),
           function = place(m, &g, S("ImageProcessor"));
    size_t permission = place(m, &g, S("ImageProcessorPermission"));
    size_t notification = place(m, &g, S("ImageStorageNotification"));
    CHECK(bucket < function && function < permission && permission < notification);

    for (size_t i = 0; i < g.n_order; i++) {
        CLEANUP_JSON json_t *properties = NULL;
        CHECK_CASE(tmpl_eval(&scope, m->resources[g.order[i]].properties, &properties, &fault) == 0,
                   fault.why.text);
        str body = json_str(properties, "DashboardBody");
        if (body.p) {
            CLEANUP_JSON json_t *dashboard = json_parse(body, &err);
            CHECK_CASE(dashboard, err.text);
        }
    }
}

int main(int argc, char **argv) {
    template_path = argc > 1 ? argv[1] : "stack/template.yaml";
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_sound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
