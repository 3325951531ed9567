/*
 * The engine with resources that only pretend: a queue whose name says what it does. Time is moved,
 * and the engine is thrown away between any two steps, as a killed daemon would be.
 */
#include "cm.h"

#include "base/clock.h"
#include "cfn/start.h"
#include "store/key.h"

#include <ftw.h>
#include <unistd.h>

struct world {
    char data[64];
    struct store *store;
    struct cfn_engine *engine;
    struct buf log;    /* what the fake verbs were asked, in order */
    json_t *stack_id;
    struct buf request; /* the last custom resource request */
    int die_in;        /* >0: stop the engine in that many verbs */
};
static struct world *now;

static const struct cfn_place place = {S_INIT("000000000000"), S_INIT("us-east-1")};

/* ---- Pretended resources: name bad fails, slow waits until world time moves ---- */

static void note(struct cfn_work *w, const char *verb) {
    buf_printf(&now->log, "%s " STR_FMT "%s;", verb, STR_ARG(w->logical_id), w->again ? " again" : "");
    if (now->die_in && --now->die_in == 0)
        cfn_engine_stop(now->engine);
}

static int fake_create(struct cfn_work *w) {
    str name = json_str(w->props, "QueueName");
    note(w, "create");
    if (str_is(name, "bad"))
        return cfn_fail(w, "it is bad");
    if (str_is(name, "slow") && !json_has(w->notes, "Until"))
        json_set_int(w->notes, "Until", w->now_ms + 1000);
    cfn_set_physical(w, name.len ? name : w->name);
    if (w->now_ms < json_int(w->notes, "Until", 0)) {
        w->wake_ms = json_int(w->notes, "Until", 0);
        return CFN_WAIT;
    }
    cfn_set_attribute(w, "Arn", "arn:" STR_FMT, STR_ARG(cfn_physical(w)));
    return CFN_DONE;
}

static int fake_update(struct cfn_work *w) {
    note(w, "update");
    return json_int(w->props, "DelaySeconds", 0) == 666 ? cfn_fail(w, "no such delay") : CFN_DONE;
}

static int fake_remove(struct cfn_work *w) {
    note(w, "remove");
    return str_is(cfn_physical(w), "sticky") ? cfn_fail(w, "it sticks") : CFN_DONE;
}

static const struct cfn_prop props[] = {{"DelaySeconds", .set = "Set"}, {"Tags", .set = "Set"}, {"RedrivePolicy", .create = "*"}, {0}};
static const struct cfn_type fakes[] = {
    {.name = "AWS::SQS::Queue", .name_max = 40, .props = props, .create = fake_create, .update = fake_update, .remove = fake_remove}};

static const struct cfn_type *type_of(void *ctx, str name) {
    (void)ctx;
    return str_is(name, "AWS::SQS::Queue") ? &fakes[0] : tmpl_is_custom(name) ? cfn_type_find(name) : NULL;
}

static int identity_of(void *ctx, const json_t *op, struct aws_identity **ret, struct err *err) {
    (void)ctx, (void)op, (void)err;
    *ret = NULL;
    return 0;
}

static int call(void *ctx, struct aws_identity *as, struct cfn_place at, const char *service, const char *op,
                const json_t *in, json_t **ret_out, int *ret_status, struct buf *code, struct buf *message) {
    (void)ctx, (void)as, (void)at, (void)ret_out, (void)ret_status, (void)code, (void)message;
    assert_string_equal(service, "lambda");
    assert_string_equal(op, "Invoke");
    buf_clear(&now->request);
    buf_str(&now->request, json_str(in, "Payload"));
    buf_c(&now->log, "invoke;");
    return 0;
}

static const struct cfn_backend backend = {.type = type_of, .identity = identity_of, .call = call};

/* ---- Running ---- */

static int unlink_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int open_world(void **state) {
    struct world *w = mem_new(struct world);
    struct err err = {{0}};
    snprintf(w->data, sizeof w->data, "/tmp/calotype-cfn-XXXXXX");
    assert_non_null(mkdtemp(w->data));
    struct store_options options = {.data = w->data, .reserve_bytes = 1};
    check_case(store_open(&w->store, &options, &err) == 0, err.text);
    w->engine = cfn_engine_new(w->store, NULL, &backend);
    now = w;
    clock_set_offset_ms(0);
    *state = w;
    return 0;
}

static int close_world(void **state) {
    struct world *w = *state;
    cfn_engine_free(w->engine);
    store_free(w->store);
    nftw(w->data, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
    buf_deinit(&w->log);
    buf_deinit(&w->request);
    json_decref(w->stack_id);
    free(w);
    return 0;
}

/* A new engine over the same rows. */
static void restart(struct world *w) {
    cfn_engine_free(w->engine);
    w->engine = cfn_engine_new(w->store, NULL, &backend);
}

static json_t *load_stack(struct world *w) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    json_t *stack = NULL;
    cfn_key(&key, "cfn-stack", place, cfn_uuid_of(json_text(w->stack_id)), STR_NONE);
    assert_int_equal(cfn_load(w->store, NULL, buf_view(&key), &stack), 0);
    return stack;
}

static void commit(struct world *w, struct store_batch *batch) {
    struct err err = {{0}};
    check_case(store_commit(w->store, batch, &err) == 0, err.text);
}

static void create_stack(struct world *w, const char *name, const char *text, json_t *options) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_JSON json_t *stack = cfn_stack_new(place, str_c(name), STR_NONE);
    CLEANUP_JSON json_t *who = json_object();
    json_set(stack, "Parameters", json_object());
    json_decref(w->stack_id);
    w->stack_id = json_incref(json_object_get(stack, "StackId"));
    cfn_stack_set_template(batch, place, stack, str_c(text));
    cfn_start(w->engine, batch, place, stack, "CREATE", "CREATE_IN_PROGRESS", options, who, STR_NONE);
    commit(w, batch);
}

static void change_stack(struct world *w, const char *kind, const char *status, const char *text, json_t *options) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_JSON json_t *stack = load_stack(w);
    CLEANUP_JSON json_t *who = json_object();
    if (text) {
        cfn_stack_remember(stack);
        cfn_stack_set_template(batch, place, stack, str_c(text));
    }
    cfn_start(w->engine, batch, place, stack, kind, status, options, who, STR_NONE);
    commit(w, batch);
}

static void check_status(struct world *w, const char *status) {
    CLEANUP_JSON json_t *stack = load_stack(w);
    check_str(json_str(stack, "Status"), str_c(status));
}

static int add_event(void *ctx, str key, const json_t *doc) {
    (void)key;
    buf_printf(ctx, STR_FMT " " STR_FMT ";", STR_ARG(json_str(doc, "LogicalResourceId")), STR_ARG(json_str(doc, "ResourceStatus")));
    return 0;
}

static void check_events(struct world *w, const char *want) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf got = {0};
    cfn_key(&key, "cfn-event", place, cfn_uuid_of(json_text(w->stack_id)), STR_NONE);
    assert_int_equal(cfn_each(w->store, NULL, buf_view(&key), false, add_event, &got), 0);
    check_buf(got, want);
}

#define QUEUE "Type: AWS::SQS::Queue"

/* ---- Tests ---- */

static void creates_in_order_and_deletes_in_reverse(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n"
                 "  Top: {" QUEUE ", Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Base.Arn}}}\n"
                 "  Base: {" QUEUE ", Properties: {QueueName: base}}\n"
                 "  Kept: {" QUEUE ", DeletionPolicy: Retain}\n"
                 "Outputs: {O: {Value: !GetAtt Base.Arn, Export: {Name: out}}}\n", NULL);
    assert_true(cfn_engine_work(w->engine) == INT64_MAX);
    check_buf(w->log, "create Base;create Top;create Kept;");
    CLEANUP_JSON json_t *stack = load_stack(w);
    check_str(json_str(stack, "Status"), S("CREATE_COMPLETE"));
    check_str(json_str(json_array_get(json_arr(stack, "Outputs"), 0), "OutputValue"), S("arn:base"));
    check_events(w, "s CREATE_IN_PROGRESS;Base CREATE_IN_PROGRESS;Base CREATE_IN_PROGRESS;Base CREATE_COMPLETE;"
                    "Top CREATE_IN_PROGRESS;Top CREATE_IN_PROGRESS;Top CREATE_COMPLETE;"
                    "Kept CREATE_IN_PROGRESS;Kept CREATE_IN_PROGRESS;Kept CREATE_COMPLETE;s CREATE_COMPLETE;");
    buf_clear(&w->log);
    change_stack(w, "DELETE", "DELETE_IN_PROGRESS", NULL, NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "remove Top;remove Base;");
    check_status(w, "DELETE_COMPLETE");
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf value = {0};
    cfn_key(&key, "cfn-export", place, S("out"), STR_NONE);
    assert_int_equal(store_get(w->store, NULL, STORE_META, buf_view(&key), &value), STORE_E_ABSENT);
}

static void rolls_back_what_it_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  A: {" QUEUE "}\n  K: {" QUEUE ", DeletionPolicy: RetainExceptOnCreate}\n"
                 "  B: {" QUEUE ", DependsOn: [A, K], Properties: {QueueName: bad}}\n  C: {" QUEUE ", DependsOn: B}\n", NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "create A;create K;create B;remove K;remove A;");
    CLEANUP_JSON json_t *stack = load_stack(w);
    check_str(json_str(stack, "Status"), S("ROLLBACK_COMPLETE"));
    buf_clear(&w->log);
    create_stack(w, "t", "Resources:\n  A: {" QUEUE "}\n  B: {" QUEUE ", DependsOn: A, Properties: {QueueName: bad}}\n",
                 json_pack("{ss}", "OnFailure", "DO_NOTHING"));
    cfn_engine_work(w->engine);
    check_buf(w->log, "create A;create B;");
    check_status(w, "CREATE_FAILED");
}

static void waits_without_holding_up_others(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources:\n  Slow: {" QUEUE ", Properties: {QueueName: slow}}\n  Other: {" QUEUE "}\n"
                         "  After: {" QUEUE ", DependsOn: Slow}\n", NULL);
    int64_t wake = cfn_engine_work(w->engine);
    check_buf(w->log, "create Slow;create Other;");
    assert_true(wake > clock_world_ms() && wake <= clock_world_ms() + 1000);
    check_status(w, "CREATE_IN_PROGRESS");
    restart(w); /* a wait survives a restart */
    clock_set_offset_ms(2000);
    cfn_engine_work(w->engine);
    check_buf(w->log, "create Slow;create Other;create Slow again;create After;");
    check_status(w, "CREATE_COMPLETE");
}

static const char four[] = "Resources:\n  A: {" QUEUE "}\n  B: {" QUEUE ", DependsOn: A}\n  C: {" QUEUE ", DependsOn: B}\n  D: {" QUEUE ", DependsOn: C}\n";

static void goes_on_after_a_stop_at_any_step(void **state) {
    struct world *w = *state;
    for (int die = 1; die <= 4; die++) {
        buf_clear(&w->log);
        create_stack(w, "s", four, NULL);
        w->die_in = die;
        cfn_engine_work(w->engine);
        check_status(w, "CREATE_IN_PROGRESS");
        restart(w);
        cfn_engine_work(w->engine);
        check_buf(w->log, "create A;create B;create C;create D;");
        check_status(w, "CREATE_COMPLETE");
    }
}

static void updates_and_cleans_up(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources:\n  Same: {" QUEUE "}\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 1}}\n"
                         "  New: {" QUEUE ", Properties: {QueueName: one}}\n  Gone: {" QUEUE "}\n", NULL);
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    change_stack(w, "UPDATE", "UPDATE_IN_PROGRESS",
                 "Resources:\n  Same: {" QUEUE "}\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 2}}\n"
                 "  New: {" QUEUE ", Properties: {QueueName: two}}\n  Added: {" QUEUE "}\n", NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "update Changed;create New;create Added;remove Gone;remove New;");
    check_status(w, "UPDATE_COMPLETE");
}

static void rolls_an_update_back(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources:\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 1}}\n"
                         "  New: {" QUEUE ", Properties: {QueueName: one}}\n  Gone: {" QUEUE "}\n", NULL);
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    change_stack(w, "UPDATE", "UPDATE_IN_PROGRESS",
                 "Resources:\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 2}}\n"
                 "  New: {" QUEUE ", Properties: {QueueName: two}}\n  Added: {" QUEUE "}\n"
                 "  Bad: {" QUEUE ", DependsOn: [Changed, New, Added], Properties: {QueueName: bad}}\n", NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "update Changed;create New;create Added;create Bad;update Changed;remove Added;remove New;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_JSON json_t *row = NULL;
    cfn_key(&key, "cfn-res", place, cfn_uuid_of(json_text(w->stack_id)), S("New"));
    assert_int_equal(cfn_load(w->store, NULL, buf_view(&key), &row), 0);
    check_str(json_str(row, "PhysicalId"), S("one"));
    /* The stack is what it was: the same template again changes nothing. */
    buf_clear(&w->log);
    change_stack(w, "DELETE", "DELETE_IN_PROGRESS", NULL, NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "remove Gone;remove New;remove Changed;");
}

static void keeps_what_it_cannot_delete(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources:\n  Base: {" QUEUE "}\n  Sticky: {" QUEUE ", DependsOn: Base, Properties: {QueueName: sticky}}\n  Free: {" QUEUE "}\n", NULL);
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    change_stack(w, "DELETE", "DELETE_IN_PROGRESS", NULL, NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "remove Free;remove Sticky;"); /* Base is needed by what is still there */
    check_status(w, "DELETE_FAILED");
    buf_clear(&w->log);
    change_stack(w, "DELETE", "DELETE_IN_PROGRESS", NULL, json_pack("{s[s]}", "RetainResources", "Sticky"));
    cfn_engine_work(w->engine);
    check_buf(w->log, "remove Base;");
    check_status(w, "DELETE_COMPLETE");
}

/* ---- Custom resources ---- */

static void answer(struct world *w, const char *json) {
    CLEANUP_JSON json_t *request = json_parse(buf_view(&w->request), NULL);
    assert_non_null(request);
    str url = json_str(request, "ResponseURL");
    struct cfn_answer a = {.path = str_skip(url, (size_t)str_find(url, S("/_calotype"))), .body = str_c(json)};
    assert_int_equal(cfn_take_answer(w->engine, &a), 200);
    assert_int_equal(cfn_take_answer(w->engine, &a), 200); /* a retry changes nothing */
}

static const char custom[] =
    "Resources:\n  X: {Type: 'Custom::Thing', Properties: {ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:f', "
    "ServiceTimeout: 60, N: 1, Flag: true}}\n  Q: {" QUEUE ", Properties: {QueueName: !GetAtt X.Name}}\n";

static void speaks_with_custom_resources(void **state) {
    struct world *w = *state;
    create_stack(w, "s", custom, NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "invoke;");
    CLEANUP_JSON json_t *request = json_parse(buf_view(&w->request), NULL);
    check_str(json_str(request, "RequestType"), S("Create"));
    check_str(json_str(request, "ResourceType"), S("Custom::Thing"));
    check_str(json_str(json_obj(request, "ResourceProperties"), "N"), S("1"));
    check_str(json_str(json_obj(request, "ResourceProperties"), "Flag"), S("true"));
    restart(w);
    answer(w, "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"thing-1\",\"Data\":{\"Name\":\"given\"}}");
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_COMPLETE");
    check_buf(w->log, "invoke;create Q;");

    buf_clear(&w->log);
    change_stack(w, "DELETE", "DELETE_IN_PROGRESS", NULL, NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "remove Q;invoke;");
    answer(w, "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"thing-1\"}");
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_COMPLETE");
}

static void custom_resources_fail_and_time_out(void **state) {
    struct world *w = *state;
    create_stack(w, "s", custom, NULL);
    int64_t wake = cfn_engine_work(w->engine);
    assert_true(wake <= clock_world_ms() + 60000);
    clock_set_offset_ms(61000);
    cfn_engine_work(w->engine); /* too late: it is asked to delete what it may have made */
    check_buf(w->log, "invoke;invoke;");
    answer(w, "{\"Status\":\"SUCCESS\"}");
    cfn_engine_work(w->engine);
    check_status(w, "ROLLBACK_COMPLETE");

    buf_clear(&w->log);
    create_stack(w, "t", custom, NULL);
    cfn_engine_work(w->engine);
    answer(w, "{\"Status\":\"FAILED\",\"Reason\":\"no luck\",\"PhysicalResourceId\":\"p\"}");
    cfn_engine_work(w->engine);
    check_events(w, "t CREATE_IN_PROGRESS;X CREATE_IN_PROGRESS;X CREATE_FAILED;t ROLLBACK_IN_PROGRESS;X DELETE_IN_PROGRESS;");
}

static void a_deletion_takes_over_a_creation(void **state) {
    struct world *w = *state;
    create_stack(w, "s", custom, NULL);
    cfn_engine_work(w->engine);
    check_buf(w->log, "invoke;");
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_JSON json_t *stack = load_stack(w);
    CLEANUP_JSON json_t *who = json_object();
    cfn_take_over(w->engine, batch, place, stack, json_object(), who);
    commit(w, batch);
    restart(w);
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_IN_PROGRESS");
    check_buf(w->log, "invoke;invoke;");
    answer(w, "{\"Status\":\"SUCCESS\"}");
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_COMPLETE");
}

static int add_shown(void *ctx, str key, const json_t *doc) {
    (void)key;
    buf_str(ctx, json_str(doc, "ResourceProperties"));
    return 0;
}

static void events_keep_secrets(void **state) {
    struct world *w = *state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_JSON json_t *stack = cfn_stack_new(place, S("s"), STR_NONE);
    CLEANUP_JSON json_t *row = json_pack("{s:s,s:{s:s,s:[s]}}", "LogicalId", "A", "Properties", "Plain", "x", "List", "a-hush-b");
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf shown = {0};
    json_set(stack, "Secrets", json_pack("[s]", "hush"));
    cfn_add_event(w->store, batch, place, stack, row, "CREATE_COMPLETE", STR_NONE);
    commit(w, batch);
    cfn_key(&key, "cfn-event", place, cfn_uuid_of(json_str(stack, "StackId")), STR_NONE);
    assert_int_equal(cfn_each(w->store, NULL, buf_view(&key), false, add_shown, &shown), 0);
    check_buf(shown, "{\"Plain\":\"x\",\"List\":[\"a-****-b\"]}");
}

static void strangers_cannot_answer(void **state) {
    struct world *w = *state;
    struct cfn_answer a = {.path = S("/_calotype/cfn-response/0000"), .body = S("{\"Status\":\"SUCCESS\"}")};
    assert_int_equal(cfn_take_answer(w->engine, &a), 403);
    assert_false(cfn_is_answer(S("/photos/cfn-response/x")));
    assert_true(cfn_is_answer(a.path));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, open_world, close_world)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(creates_in_order_and_deletes_in_reverse), T(rolls_back_what_it_made), T(waits_without_holding_up_others),
        T(goes_on_after_a_stop_at_any_step), T(updates_and_cleans_up), T(rolls_an_update_back), T(keeps_what_it_cannot_delete),
        T(speaks_with_custom_resources), T(custom_resources_fail_and_time_out), T(strangers_cannot_answer),
        T(a_deletion_takes_over_a_creation), T(events_keep_secrets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
