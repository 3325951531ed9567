/* What an operation leaves over: in which order it goes, and what must not go with it. */
#include "cfn/world.h"

/* What others need goes last, and what a forced deletion leaves is said to be left. */
static void lets_go_of_what_it_must_delete(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  Base: {" QUEUE "}\n  Sticky: {" QUEUE
                 ", DependsOn: Base, Properties: {QueueName: sticky}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    delete_stack(w);
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_FAILED");
    buf_clear(&w->log);
    force_deletion(w);
    w->die_in = 1;
    cfn_engine_work(w->engine);
    restart(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Sticky;remove Base;");
    check_status(w, "DELETE_COMPLETE");
    check_events(w, "s CREATE_IN_PROGRESS;Base CREATE_IN_PROGRESS;Base CREATE_IN_PROGRESS;"
                    "Base CREATE_COMPLETE;Sticky CREATE_IN_PROGRESS;Sticky CREATE_IN_PROGRESS;"
                    "Sticky CREATE_COMPLETE;s CREATE_COMPLETE;"
                    "s DELETE_IN_PROGRESS;Sticky DELETE_IN_PROGRESS;Sticky DELETE_FAILED;"
                    "s DELETE_FAILED;"
                    "s DELETE_IN_PROGRESS;Sticky DELETE_IN_PROGRESS;Sticky DELETE_FAILED;"
                    "Sticky DELETE_SKIPPED;Base DELETE_IN_PROGRESS;Base DELETE_COMPLETE;"
                    "s DELETE_COMPLETE;");
}

/* A service may answer a creation with what another resource has already. */
static void what_another_resource_has_stays(void **state) {
    struct world *w = *state;
    static const char before[] = "Resources: {A: {" QUEUE ", Properties: {QueueName: one}}}\n";
    create_stack(w, "s", before, (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    update_stack(w, "Resources:\n  A: {" QUEUE ", Properties: {QueueName: one}}\n"
                    "  B: {" QUEUE ", Properties: {QueueName: one}}\n"
                    "  Bad: {" QUEUE ", DependsOn: B, Properties: {QueueName: bad}}\n");
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create B;create Bad;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    buf_clear(&w->log);
    update_stack(w, "Resources: {B: {" QUEUE ", Properties: {QueueName: one}}}\n");
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create B;");
    check_status(w, "UPDATE_COMPLETE");
    buf_clear(&w->log);
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove B;");
}

/* As their old template had them made, whatever their places in the new one are. */
static void what_is_left_over_goes_newest_first(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  R: {" QUEUE ", Properties: {QueueName: one}}\n"
                 "  P: {" QUEUE ", DependsOn: R}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    update_stack(w, "Resources:\n  X: {" QUEUE "}\n  Y: {" QUEUE "}\n"
                    "  R: {" QUEUE ", DependsOn: [X, Y], Properties: {QueueName: two}}\n");
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create X;create Y;create R;remove P;remove R;");
}

/* ---- Custom resources ---- */

#define THING(n, more)                                                                             \
    "  X: {Type: 'Custom::Thing'" more ", Properties: {ServiceToken: "                             \
    "'arn:aws:lambda:us-east-1:000000000000:function:f', N: " n "}}\n"
#define IS(id) "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"" id "\"}"

static void converse(struct world *w, const char *verb, const char *id, const char *reply) {
    cfn_engine_work(w->engine);
    CLEANUP_JSON json_t *request = json_parse(buf_view(&w->request), NULL);
    CHECK_STR(json_str(request, "RequestType"), str_c(verb));
    CHECK_STR(json_str(request, "PhysicalResourceId"), str_c(id));
    answer(w, reply);
    cfn_engine_work(w->engine);
}

#define BAD "  Bad: {" QUEUE ", DependsOn: X, Properties: {QueueName: bad}}\n"

/*
 * A function that draws its ids from the properties comes back to the first when an update without
 * rollback has failed: that one is left over, and must not go.
 */
static void a_custom_id_that_comes_back_stays(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources:\n" THING("1", ""), (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    answer(w, IS("a"));
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_COMPLETE");
    retry_stack(w, "Resources:\n" THING("2", "") BAD);
    converse(w, "Update", "a", IS("b"));
    check_status(w, "UPDATE_FAILED");
    retry_stack(w, "Resources:\n" THING("1", ""));
    converse(w, "Update", "b", IS("a"));
    converse(w, "Delete", "b", IS("b"));
    check_status(w, "UPDATE_COMPLETE");
    CHECK_BUF(w->log, "invoke;invoke;create Bad;invoke;invoke;");
}

/* A rollback comes back to the first without asking for it. */
static void a_custom_id_is_rolled_back(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources:\n" THING("1", ""), (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    answer(w, IS("a"));
    cfn_engine_work(w->engine);
    update_stack(w, "Resources:\n" THING("2", "") BAD);
    converse(w, "Update", "a", IS("b"));
    converse(w, "Delete", "b", IS("b"));
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    CHECK_BUF(w->log, "invoke;invoke;create Bad;invoke;");
}

static void a_custom_id_that_is_retained_stays(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources:\n" THING("1", ""), (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    answer(w, IS("a"));
    cfn_engine_work(w->engine);
    update_stack(w, "Resources:\n" THING("2", ", UpdateReplacePolicy: Retain"));
    converse(w, "Update", "a", IS("b"));
    check_status(w, "UPDATE_COMPLETE");
    CHECK_BUF(w->log, "invoke;invoke;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(lets_go_of_what_it_must_delete),      T(what_another_resource_has_stays),
        T(what_is_left_over_goes_newest_first), T(a_custom_id_that_comes_back_stays),
        T(a_custom_id_is_rolled_back),          T(a_custom_id_that_is_retained_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
