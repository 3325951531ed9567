/* Two who change, or change and use, the same functions at the same time. */
#include "lambda_fixture.h"
#include "lib/race.h"
#include "lib/tmp.h"

#include "hub/hub_priv.h"
#include "store/key.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"
#include "svc/lambda/row.h"

enum { ROUNDS = 12 };

static void run_together(struct worker *workers, unsigned n,
                         void (*after)(const struct worker *, int round)) {
    race_rounds(&(struct race_rounds){.cloud = &fx.c,
                                      .service = "lambda",
                                      .rounds = ROUNDS,
                                      .after = after},
                workers, n);
}

/* ---- One function, every operation that changes its row ---- */
static json_t *tag(int round) {
    json_t *in = json_pack("{s:s,s:{}}", "Resource", FN_ARN("fn"), "Tags");
    char key[16];
    snprintf(key, sizeof key, "tag%d", round);
    json_set_str(json_obj(in, "Tags"), key, S("x"));
    return in;
}
static json_t *permit(int round) {
    char sid[16];
    snprintf(sid, sizeof sid, "sid%d", round);
    return json_pack("{s:s,s:s,s:s,s:s}", "FunctionName", "fn", "StatementId", sid, "Action",
                     "lambda:InvokeFunction", "Principal", "s3.amazonaws.com");
}
static json_t *reserve(int round) {
    return json_pack("{s:s,s:i}", "FunctionName", "fn", "ReservedConcurrentExecutions", round + 1);
}
static json_t *configure(int round) {
    return json_pack("{s:s,s:i}", "FunctionName", "fn", "Timeout", round + 1);
}
static json_t *retry(int round) {
    return json_pack("{s:s,s:i}", "FunctionName", "fn", "MaximumEventAgeInSeconds", 60 + round);
}
static json_t *code(int round) {
    json_t *in = code_of("#!/bin/true and a comment", (size_t)(11 + round));
    json_set_str(in, "FunctionName", S("fn"));
    return in;
}

static void test_one_function(void **state) {
    (void)state;
    struct worker workers[] = {
        {.op = "TagResource", .input = tag},
        {.op = "AddPermission", .input = permit},
        {.op = "PutFunctionConcurrency", .input = reserve},
        {.op = "UpdateFunctionConfiguration", .input = configure},
        {.op = "PutFunctionEventInvokeConfig", .input = retry},
        {.op = "UpdateFunctionCode", .input = code},
    };
    make_small("fn");
    run_together(workers, ARRAY_LEN(workers), NULL);
    for (size_t i = 0; i < ARRAY_LEN(workers); i++)
        for (int round = 0; round < ROUNDS; round++)
            CHECK_CASE(workers[i].status[round] / 100 == 2, workers[i].op);

    CLEANUP_DEINIT(answer) struct answer fn = call_op("GetFunction", named("fn"));
    CLEANUP_DEINIT(answer) struct answer policy = call_op("GetPolicy", named("fn"));
    CLEANUP_DEINIT(answer)
    struct answer events = call_op("GetFunctionEventInvokeConfig", named("fn"));
    CLEANUP_JSON json_t *document = json_parse(json_str(policy.out, "Policy"), NULL);
    CHECK_INT(json_object_size(json_obj(fn.out, "Tags")), ROUNDS);
    CHECK_INT(json_array_size(json_arr(document, "Statement")), ROUNDS);
    CHECK_INT(json_int(json_obj(fn.out, "Concurrency"), "ReservedConcurrentExecutions", 0), ROUNDS);
    CHECK_INT(json_int(json_obj(fn.out, "Configuration"), "Timeout", 0), ROUNDS);
    CHECK_INT(json_int(events.out, "MaximumEventAgeInSeconds", 0), 60 + ROUNDS - 1);
}

/* ---- Layers ---- */
/* Of the layer "l"; the content is another one in each round. */
static json_t *layer(int round) {
    json_t *in = json_pack("{s:s}", "LayerName", "l");
    json_set(in, "Content", code_of("every round has a part", (size_t)(1 + round)));
    return in;
}

static void test_numbers_of_versions(void **) {
    struct worker workers[] = {{.op = "PublishLayerVersion", .input = layer},
                               {.op = "PublishLayerVersion", .input = layer},
                               {.op = "PublishLayerVersion", .input = layer}};
    run_together(workers, ARRAY_LEN(workers), NULL);
    CLEANUP_DEINIT(answer)
    struct answer a = call_op("ListLayerVersions", json_pack("{s:s}", "LayerName", "l"));
    const json_t *versions = json_arr(a.out, "LayerVersions");
    CHECK_INT(json_array_size(versions), 3 * ROUNDS);
    for (size_t i = 0; i < json_array_size(versions); i++)
        CHECK_INT(json_int(json_array_get(versions, i), "Version", 0), 3 * ROUNDS - (int)i);
}

/* A version is given to a function and deleted at once: one of the two comes first. */
static json_t *give(int round) {
    json_t *in = named("fn");
    char arn[128];
    snprintf(arn, sizeof arn, "arn:aws:lambda:us-east-1:" ACCOUNT ":layer:l:%d", round + 1);
    json_set(in, "Layers", json_pack("[s]", arn));
    return in;
}
static json_t *take_away(int round) {
    return json_pack("{s:s,s:i}", "LayerName", "l", "VersionNumber", round + 1);
}
static void publish_next(void) {
    static int round;
    must(call_op("PublishLayerVersion", layer(round++ % ROUNDS)));
}
static void check_given(const struct worker *workers, int round) {
    const struct lambda_name name = {S(ACCOUNT), S("us-east-1"), S("fn"), STR_NONE};
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    struct err err = {0};
    (void)hub_due_work(fx.lambda->code_timer);
    (void)hub_due_work(fx.lambda->code_timer);
    CHECK_INT(lambda_fn_load(&(struct rows){.store = fx.store}, &name, &fn), 0);
    CHECK_INT(workers[1].status[round], 204);
    if (workers[0].status[round] == 200 && lambda_layers_unpack(fx.lambda, fn, &err))
        fail_msg("%s", err.text); /* it was given, so it is there */
}
static void test_given_and_deleted(void **) {
    struct worker workers[] = {{.op = "UpdateFunctionConfiguration", .input = give},
                               {.op = "DeleteLayerVersion", .input = take_away}};
    make_small("fn");
    race_rounds(&(struct race_rounds){.cloud = &fx.c,
                                      .service = "lambda",
                                      .rounds = ROUNDS,
                                      .before = publish_next,
                                      .after = check_given},
                workers, ARRAY_LEN(workers));
}

/* ---- Two functions, one account's concurrency ---- */
static json_t *reserve_for_a(int round) {
    (void)round;
    return json_pack("{s:s,s:i}", "FunctionName", "a", "ReservedConcurrentExecutions", 500);
}
static json_t *reserve_for_b(int round) {
    (void)round;
    return json_pack("{s:s,s:i}", "FunctionName", "b", "ReservedConcurrentExecutions", 500);
}
static void release_both(const struct worker *workers, int round) {
    CHECK((workers[0].status[round] == 200) != (workers[1].status[round] == 200));
    must(call_op("DeleteFunctionConcurrency", named("a")));
    must(call_op("DeleteFunctionConcurrency", named("b")));
}

/* 900 may be reserved: of two who want 500, one gets them. */
static void test_two_reservations(void **state) {
    (void)state;
    struct worker workers[] = {{.op = "PutFunctionConcurrency", .input = reserve_for_a},
                               {.op = "PutFunctionConcurrency", .input = reserve_for_b}};
    make_small("a");
    make_small("b");
    run_together(workers, 2, release_both);
}

/* ---- An event for a function that goes ---- */
static size_t queued(void) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    key_begin(&key, "due");
    key_str(&key, S(LAMBDA_QUEUE));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(fx.store, NULL, STORE_QUEUE, buf_view(&key));
    size_t n = 0;
    while (store_iter_next(it))
        n++;
    return n;
}

/* Long to parse: the function is read before, and the event committed after. */
static struct buf large_event;
static void *invoke(void *status) {
    struct answer a = call_as(
        &fx.root, "Invoke", json_pack("{s:s,s:s}", "FunctionName", "fn", "InvocationType", "Event"),
        buf_view(&large_event));
    *(int *)status = a.status;
    answer_deinit(&a);
    return NULL;
}

/* Once the deletion is answered nothing is accepted any more. */
static void test_event_and_deletion(void **state) {
    (void)state;
    buf_c(&large_event, "[0");
    while (large_event.len < 1000000)
        buf_c(&large_event, ",0");
    buf_char(&large_event, ']');
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t thread;
        int status;
        make_small("fn");
        size_t before = queued();
        pthread_create(&thread, NULL, invoke, &status);
        poll(NULL, 0, 3);
        must(call_op("DeleteFunction", named("fn")));
        size_t promised = queued() - before;
        pthread_join(thread, NULL);
        CHECK_INT(queued() - before, promised);
        CHECK_INT(status, promised ? 202 : 404);
    }
    buf_deinit(&large_event);
}

/* A source that lost its permission while its event was being accepted. */
static void test_port_and_permission(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    const struct hub_event event = {.target = S(FN_ARN("fn")),
                                    .source_service = S("s3.amazonaws.com"),
                                    .source_arn = S("arn:aws:s3:::photos"),
                                    .source_account = S(ACCOUNT),
                                    .payload = S("{}"),
                                    .account = S(ACCOUNT),
                                    .region = S("us-east-1")};
    struct hub_target *port = hub_target_of(fx.hub, S("lambda"));
    make_small("fn");
    must(call_op("AddPermission", permit(0)));
    CHECK_INT(port->accept(port->accept_ctx, batch, &event), HUB_OK);
    must(call_op("RemovePermission",
                 json_pack("{s:s,s:s}", "FunctionName", "fn", "StatementId", "sid0")));
    CHECK_INT(store_commit(fx.store, batch, NULL), STORE_E_CONDITION);

    store_batch_clear(batch); /* as the dispatcher goes on */
    CHECK_INT(port->accept(port->accept_ctx, batch, &event), HUB_E_DENIED);
    CHECK_INT(queued(), 0);
}

/* It waits for room, and is given up six hours after the clock went back, not ten years. */
static void test_event_that_was_born_ahead(void **state) {
    (void)state;
    clock_set_offset_ms(10 * 365 * 86400000LL);
    make_small("fn");
    must(call_op("PutFunctionConcurrency", reserve(-1)));
    struct answer a =
        call_as(&fx.root, "Invoke",
                json_pack("{s:s,s:s}", "FunctionName", "fn", "InvocationType", "Event"), S("{}"));
    CHECK_INT(a.status, 202);
    answer_deinit(&a);
    clock_set_offset_ms(0);
    int64_t next = hub_due_work(fx.lambda->queue);
    CHECK_RANGE(next, clock_world_ms() + 3600000, clock_world_ms() + 6 * 3600000);
    CHECK_INT(queued(), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_function, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_numbers_of_versions, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_given_and_deleted, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_two_reservations, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_event_and_deletion, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_port_and_permission, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_event_that_was_born_ahead, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
