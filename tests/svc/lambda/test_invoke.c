/*
 * Functions run: the three types of Invoke, errors, limits, logs, metrics, the queue; for one
 * level.
 */
#include "fake_interpreter.h"
#include "lambda_fixture.h"

#include "svc/lambda/lambda_priv.h"

static struct answer invoke(const char *name, const char *payload) {
    return call_as(&fx.root, "Invoke", json_pack("{s:s}", "FunctionName", name), str_c(payload));
}

static void send_event(const char *name, const char *payload) {
    struct answer a = call_as(
        &fx.root, "Invoke", json_pack("{s:s,s:s}", "FunctionName", name, "InvocationType", "Event"),
        str_c(payload));
    CHECK_INT(a.status, 202);
    answer_deinit(&a);
}

static void make(const char *name, json_t *more) {
    must(call_op("CreateFunction", new_function(name, testfn_code(), more)));
}

static void check_error(struct answer *a, const char *type, const char *message) {
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&a->body), NULL);
    CHECK_INT(a->status, 200);
    CHECK_STR(json_str(a->out, "FunctionError"), S("Unhandled"));
    CHECK_STR(json_str(doc, "errorType"), str_c(type));
    if (str_find(json_str(doc, "errorMessage"), str_c(message)) < 0)
        fail_msg("%s", buf_cstr(&a->body));
}

static bool all_idle(void) {
    LOCK_SCOPE(&fx.lambda->lock);
    struct lambda_walk walk = {0};
    for (struct lambda_env *env; (env = lambda_walk_locked(fx.lambda, &walk));)
        if (!lambda_env_rests(env))
            return false;
    return true;
}

/* On a busy machine an environment may be back so late that another would be started. */
static void wait_until_idle(void) {
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (!all_idle()) {
        CHECK(clock_mono_ms() < until);
        poll(NULL, 0, 1);
    }
}

static char programs[128], node[160];

static int setup(void **state) {
    (void)state;
    tmp_dir(programs);
    fake_interpreter(programs, "node", "20.1.0");
    snprintf(node, sizeof node, "%s/node", programs);
    fx.places.node = node;
    fixture_open(true);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    clock_set_offset_ms(0);
    fixture_close();
    tmp_remove(programs);
    return 0;
}

/* ---- Synchronous ---- */
static void test_echo_and_log(void **state) {
    (void)state;
    make("echo", NULL);
    CLEANUP_DEINIT(answer) struct answer a = invoke("echo", "{\"a\":[1,2]}");
    CHECK_INT(a.status, 200);
    CHECK_BUF(a.body, "{\"a\":[1,2]}");
    CHECK_STR(json_str(a.out, "ExecutedVersion"), S("$LATEST"));
    CHECK(!json_has(a.out, "FunctionError"));
    wait_for(&fx.log, "REPORT RequestId: ");
    CHECK(seen(&fx.log, "/aws/lambda/echo|20"));
    CHECK(seen(&fx.log, "/[$LATEST]"));
    CHECK(seen(&fx.log, "|START RequestId: "));
    CHECK(seen(&fx.log, " Version: $LATEST\n"));
    CHECK(seen(&fx.log, "|END RequestId: "));
    CHECK(seen(&fx.log, "\tMemory Size: 128 MB\tMax Memory Used: "));
    CHECK(seen(&fx.log, "\tInit Duration: "));
    wait_for(&fx.metrics, "echo:Invocations=1;echo:Errors=0;");
    wait_for(&fx.metrics, "echo:Duration=");
}

static void test_reuse_and_update(void **state) {
    (void)state;
    make("counter", NULL);
    for (int i = 1; i <= 3; i++) {
        CLEANUP_DEINIT(answer) struct answer a = invoke("counter", "{\"do\":\"count\"}");
        CLEANUP_JSON json_t *doc = json_parse(buf_view(&a.body), NULL);
        CHECK_INT(json_int(doc, "count", 0), i);
        wait_until_idle();
    }
    CHECK_INT(fx.assumed, 1);
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "counter", "Timeout", 9)));
    CLEANUP_DEINIT(answer) struct answer a = invoke("counter", "{\"do\":\"count\"}");
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&a.body), NULL);
    CHECK_INT(json_int(doc, "count", 0), 1); /* a new environment */
}

/* The unpacked copy is a cache: what is missing comes from the stored package again. */
static void test_unpacked_again(void **state) {
    (void)state;
    make("again", NULL);
    CLEANUP_DEINIT(buf) struct buf dir = {0};
    buf_printf(&dir, "%s/functions", fx.c.dir);
    tmp_remove(buf_cstr(&dir));
    CHECK(access(buf_cstr(&dir), F_OK) != 0);
    CHECK_INT(mkdir(buf_cstr(&dir), 0755), 0);
    CLEANUP_DEINIT(answer) struct answer a = invoke("again", "[7]");
    CHECK_INT(a.status, 200);
    CHECK_BUF(a.body, "[7]");
}

/* The function's row with another runtime in it, as an earlier version may have left it. */
static void store_runtime(const char *name, const char *runtime) {
    const struct lambda_name of = {S(ACCOUNT), S("us-east-1"), str_c(name), STR_NONE};
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_JSON json_t *doc = NULL;
    lambda_row_key(&of, &row.key);
    CHECK_INT(row_get_json(&(struct rows){.store = fx.c.store}, &row, &doc), 0);
    json_set_str(json_obj(doc, "Config"), "Runtime", str_c(runtime));
    json_write(&text, doc);
    CHECK_INT(put_row(fx.c.store, STORE_META, buf_view(&row.key), buf_view(&text)), 0);
}

static struct answer set_runtime(const char *runtime, int timeout) {
    return call_op(
        "UpdateFunctionConfiguration",
        json_pack("{s:s,s:s,s:i}", "FunctionName", "old", "Runtime", runtime, "Timeout", timeout));
}

/*
 * A runtime that nothing is made with and nothing is changed to: what has it runs, and all else of
 * it changes, also for clients that always name the runtime.
 */
static void test_retired_runtimes(void **state) {
    (void)state;
    static const char *const retired[] = {"provided", "provided.al2"};
    make("old", NULL);
    for (size_t i = 0; i < ARRAY_LEN(retired); i++) {
        CLEANUP_DEINIT(answer) struct answer conf = {0}, before = {0}, after = {0};
        store_runtime("old", retired[i]);
        before = invoke("old", "[1]");
        CHECK_BUF(before.body, "[1]");
        json_t *code = testfn_code();
        json_set_str(code, "FunctionName", S("old"));
        must(call_op("UpdateFunctionCode", code));
        conf = set_runtime(retired[i], 9 + (int)i);
        CHECK_STR(json_str(conf.out, "Runtime"), str_c(retired[i]));
        CHECK_INT(json_int(conf.out, "Timeout", 0), 9 + (int)i);
        after = invoke("old", "[2]");
        CHECK_BUF(after.body, "[2]");
        refused(set_runtime(retired[!i], 9), 400, "InvalidParameterValueException", retired[!i]);
    }
    must(set_runtime("provided.al2023", 9));
}

/* An interpreter goes, or DATA comes from a machine that had it: this one says what it lacks. */
static void test_interpreter_that_is_gone(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf says = {0};
    buf_printf(&says, "--node %s: No such file or directory", fx.places.node);
    make("moved", NULL);
    store_runtime("moved", "nodejs20.x");
    CHECK_INT(unlink(fx.places.node), 0);
    for (size_t async = 0; async < 2; async++)
        refused(call_as(&fx.root, "Invoke",
                        json_pack("{s:s,s:s}", "FunctionName", "moved", "InvocationType",
                                  async ? "Event" : "RequestResponse"),
                        S("{}")),
                500, "ServiceException", buf_cstr(&says));
    store_runtime("moved", "provided.al2023");
    CLEANUP_DEINIT(answer) struct answer a = invoke("moved", "[1]");
    CHECK_BUF(a.body, "[1]");
}

static void test_environment(void **state) {
    (void)state;
    make("env", json_pack("{s:{s:{s:s,s:s}},s:i}", "Environment", "Variables", "COLOUR", "blue",
                          "TZ", ":CET", "MemorySize", 256));
    CLEANUP_DEINIT(answer) struct answer a = invoke("env", "{\"do\":\"env\"}");
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&a.body), NULL);
    static const char *const want[][2] = {
        {"COLOUR", "blue"},
        {"TZ", ":CET"},
        {"_HANDLER", "test.handler"},
        {"AWS_REGION", "us-east-1"},
        {"AWS_DEFAULT_REGION", "us-east-1"},
        {"AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"},
        {"AWS_LAMBDA_FUNCTION_NAME", "env"},
        {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
        {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"},
        {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
        {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/env"},
        {"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"},
        {"AWS_ACCESS_KEY_ID", "ASIATESTKEY1"},
        {"AWS_SECRET_ACCESS_KEY", "secret"},
        {"AWS_SESSION_TOKEN", "token"},
        {"LAMBDA_TASK_ROOT", "/var/task"},
        {"AWS_ENDPOINT_URL", "http://127.0.0.1"},
        {"AWS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt"},
    };
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_CASE(str_is(json_str(doc, want[i][0]), want[i][1]), want[i][0]);
    CHECK(!json_has(doc, "HOSTNAME"));
}

static void test_function_errors(void **state) {
    (void)state;
    make("errs", NULL);
    CLEANUP_DEINIT(answer) struct answer handled = invoke("errs", "{\"do\":\"error\"}");
    check_error(&handled, "Wanted", "as wanted");
    CLEANUP_DEINIT(answer) struct answer ended = invoke("errs", "{\"do\":\"exit\"}");
    check_error(&ended, "Runtime.ExitError", "Runtime exited with error: exit status 3");
    CLEANUP_DEINIT(answer) struct answer again = invoke("errs", "1"); /* a new environment serves */
    CHECK_BUF(again.body, "1");
    wait_for(&fx.metrics, "errs:Errors=1;");
    wait_for(&fx.log, "Runtime exited with error: exit status 3\nRuntime.ExitError\n");
}

static void test_timeout(void **state) {
    (void)state;
    make("slow", json_pack("{s:i}", "Timeout", 1));
    CLEANUP_DEINIT(answer) struct answer a = invoke("slow", "{\"do\":\"sleep\"}");
    check_error(&a, "Sandbox.Timedout", " Error: Task timed out after 1.00 seconds");
    wait_for(&fx.log, "Task timed out after 1.00 seconds");
}

static void test_out_of_memory(void **state) {
    (void)state;
    make("greedy", json_pack("{s:i}", "Timeout", 30));
    CLEANUP_DEINIT(answer) struct answer a = invoke("greedy", "{\"do\":\"oom\"}");
    check_error(&a, "Runtime.ExitError", "Runtime exited with error: signal: ");
}

static void test_bad_starts(void **state) {
    (void)state;
    make("init-error", json_pack("{s:{s:{s:s}}}", "Environment", "Variables", "INIT", "error"));
    CLEANUP_DEINIT(answer) struct answer told = invoke("init-error", "{}");
    check_error(&told, "Runtime.Bad", "cannot start");
    make("init-exit", json_pack("{s:{s:{s:s}}}", "Environment", "Variables", "INIT", "exit"));
    CLEANUP_DEINIT(answer) struct answer ended = invoke("init-exit", "{}");
    check_error(&ended, "Runtime.ExitError", "exit status 4");
    must(call_op("CreateFunction",
                 new_function("not-elf", code_of("this is no program", 18), NULL)));
    CLEANUP_DEINIT(answer) struct answer not_run = invoke("not-elf", "{}");
    check_error(&not_run, "Runtime.InvalidEntrypoint", "Exec format error");
}

static void test_tail_and_output(void **state) {
    (void)state;
    make("talk", NULL);
    CLEANUP_DEINIT(answer)
    struct answer a = call_as(&fx.root, "Invoke",
                              json_pack("{s:s,s:s}", "FunctionName", "talk", "LogType", "Tail"),
                              S("{\"do\":\"log\"}"));
    CLEANUP_DEINIT(buf) struct buf tail = {0};
    CHECK(codec_unbase64(&tail, json_str(a.out, "LogResult")));
    static const char *const want[] = {
        "START RequestId: ", "one\n", "two\n", "three\n", "bytes \xef\xbf\xbd and no newline\n",
        "END RequestId: ",   "REPORT"};
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_CASE(str_find(buf_view(&tail), str_c(want[i])) >= 0, want[i]);
    wait_for(&fx.log, "|two\n");
}

static void test_log_needs_the_role(void **state) {
    (void)state;
    role_may("[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]");
    make("mute", NULL);
    CLEANUP_DEINIT(answer) struct answer a = invoke("mute", "{\"do\":\"log\"}");
    CHECK_INT(a.status, 200);
    wait_for(&fx.metrics, "mute:Invocations=1;");
    CHECK_INT(fx.log.len, 0);
}

static void test_left_over_child(void **state) {
    (void)state;
    make("forker", NULL);
    for (int i = 0; i < 2; i++) {
        CLEANUP_DEINIT(answer) struct answer a = invoke("forker", "{\"do\":\"fork\"}");
        CHECK_BUF(a.body, "\"forked\"");
    }
}

static void test_answers_of_the_runtime_api(void **state) {
    (void)state;
    make("api", json_pack("{s:i}", "Timeout", 20));
    CLEANUP_DEINIT(answer) struct answer twice = invoke("api", "{\"do\":\"twice\"}");
    CHECK_BUF(twice.body, "\"first\"");
    wait_until_idle();
    CLEANUP_DEINIT(answer) struct answer big = invoke("api", "{\"do\":\"big\"}");
    check_error(&big, "Function.ResponseSizeTooLarge", "Response payload size exceeded");
    wait_until_idle();
    CLEANUP_DEINIT(answer) struct answer after = invoke("api", "7");
    CHECK_BUF(after.body, "7");
    wait_for(&fx.log, "second answer got 403");
    wait_for(&fx.log, "big answer got 413");
    CLEANUP_DEINIT(answer) struct answer inside = invoke("api", "{\"do\":\"api\"}");
    /* The cloud's own API answers on port 80 of the sandbox; this cloud has Lambda only. */
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&inside.body), NULL);
    CHECK_RANGE(json_int(doc, "status", 0), 200, 599);
}

static void test_refusals(void **state) {
    (void)state;
    make("picky", NULL);
    CLEANUP_DEINIT(answer) struct answer absent = invoke("nobody", "{}");
    CHECK_INT(absent.status, 404);
    CHECK_BUF(absent.message, "Function not found: " FN_ARN("nobody"));
    CLEANUP_DEINIT(answer) struct answer bad = invoke("picky", "{not json");
    CHECK_INT(bad.status, 400);
    CHECK_BUF(bad.code, "InvalidRequestContentException");
    CLEANUP_DEINIT(answer)
    struct answer dry = call_as(
        &fx.root, "Invoke",
        json_pack("{s:s,s:s}", "FunctionName", "picky", "InvocationType", "DryRun"), S("{}"));
    CHECK_INT(dry.status, 204);
    char *large = mem_zalloc(6 << 20 | 2);
    memset(large, '1', (6 << 20) + 1);
    CLEANUP_DEINIT(answer)
    struct answer too_large =
        call_as(&fx.root, "Invoke", json_pack("{s:s}", "FunctionName", "picky"),
                str_n(large, (6 << 20) + 1));
    free(large);
    CHECK_INT(too_large.status, 413);
    must(call_op("PutFunctionConcurrency", json_pack("{s:s,s:i}", "FunctionName", "picky",
                                                     "ReservedConcurrentExecutions", 0)));
    CLEANUP_DEINIT(answer) struct answer throttled = invoke("picky", "{}");
    CHECK_INT(throttled.status, 429);
    CHECK_BUF(throttled.code, "TooManyRequestsException");
    wait_for(&fx.metrics, "picky:Throttles=1;");
}

/* ---- Many at once ---- */
struct napper {
    pthread_t thread;
    int status;
};
static void *nap(void *napper_) {
    struct napper *n = napper_;
    CLEANUP_DEINIT(answer) struct answer a = invoke("napper", "{\"do\":\"nap\"}");
    n->status = a.status;
    return NULL;
}

static void test_reserved_concurrency(void **state) {
    (void)state;
    make("napper", NULL);
    must(call_op("PutFunctionConcurrency", json_pack("{s:s,s:i}", "FunctionName", "napper",
                                                     "ReservedConcurrentExecutions", 2)));
    struct napper nappers[6];
    int served = 0;
    for (size_t i = 0; i < ARRAY_LEN(nappers); i++)
        pthread_create(&nappers[i].thread, NULL, nap, &nappers[i]);
    for (size_t i = 0; i < ARRAY_LEN(nappers); i++) {
        pthread_join(nappers[i].thread, NULL);
        CHECK(nappers[i].status == 200 || nappers[i].status == 429);
        served += nappers[i].status == 200;
    }
    CHECK_RANGE(served, 2, 3); /* a third where a thread came late */
}

static void test_many_events(void **state) {
    (void)state;
    make("busy", NULL);
    for (int i = 0; i < 60; i++)
        send_event("busy", "{\"do\":\"count\"}");
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (count_of(&fx.metrics, "busy:Invocations=1;") < 60 && clock_mono_ms() < until)
        poll(NULL, 0, 5);
    CHECK_INT(count_of(&fx.metrics, "busy:Invocations=1;"), 60);
    CHECK_INT(count_of(&fx.metrics, "busy:Errors=1;"), 0);
    CHECK_INT(count_of(&fx.metrics, "busy:AsyncEventsReceived=1;"), 60);
}

/* ---- The queue ---- */
static void pass_minutes(int minutes) {
    clock_set_offset_ms(clock_offset_ms() + minutes * 60000LL + 1000);
    hub_clock_moved(fx.hub);
}

/*
 * The metric of an attempt is seen a moment before the time of the next one is taken from the clock:
 * where the clock moved in between, it moves again.
 */
static void pass_minutes_until(int minutes, const char *text) {
    for (int i = 0; i < 30 && !seen(&fx.messages, text); i++) {
        pass_minutes(minutes);
        for (int j = 0; j < 500 && !seen(&fx.messages, text); j++)
            poll(NULL, 0, 2);
    }
    wait_for(&fx.messages, text);
}

static void test_retries_and_dead_letters(void **state) {
    (void)state;
    make("failing", json_pack("{s:{s:s}}", "DeadLetterConfig", "TargetArn",
                              "arn:aws:sqs:us-east-1:" ACCOUNT ":dead"));
    must(call_op("PutFunctionEventInvokeConfig",
                 json_pack("{s:s,s:{s:{s:s}}}", "FunctionName", "failing", "DestinationConfig",
                           "OnFailure", "Destination",
                           "arn:aws:sqs:us-east-1:" ACCOUNT ":records")));
    send_event("failing", "{\"do\":\"error\",\"n\":1}");
    wait_for(&fx.metrics, "failing:Errors=1;");
    pass_minutes(0);
    poll(NULL, 0, 100);
    CHECK_INT(count_of(&fx.metrics, "failing:Errors=1;"), 1); /* not before a minute */
    pass_minutes(1);
    while (count_of(&fx.metrics, "failing:Errors=1;") < 2)
        poll(NULL, 0, 2);
    CHECK_INT(fx.messages.len, 0);
    pass_minutes_until(2, ":dead|{\"do\":\"error\",\"n\":1}|");
    CHECK(seen(&fx.messages,
               "\"ErrorMessage\":{\"DataType\":\"String\",\"StringValue\":\"as wanted\"}"));
    CHECK(seen(&fx.messages, "\"ErrorCode\":{\"DataType\":\"Number\",\"StringValue\":\"200\"}"));
    wait_for(&fx.messages, ":records|{\"version\":\"1.0\"");
    CHECK(seen(&fx.messages, "\"condition\":\"RetriesExhausted\",\"approximateInvokeCount\":3"));
    CHECK(seen(&fx.messages, "\"functionError\":\"Unhandled\""));
    CHECK_INT(count_of(&fx.metrics, "failing:Errors=1;"), 3);
}

static void test_success_destination_and_its_rights(void **state) {
    (void)state;
    make("proud", NULL);
    must(call_op("PutFunctionEventInvokeConfig",
                 json_pack("{s:s,s:i,s:{s:{s:s}}}", "FunctionName", "proud", "MaximumRetryAttempts",
                           0, "DestinationConfig", "OnSuccess", "Destination",
                           "arn:aws:sns:us-east-1:" ACCOUNT ":done")));
    send_event("proud", "[5]");
    wait_for(&fx.messages, ":done|{\"version\":\"1.0\"");
    CHECK(seen(&fx.messages, "\"requestPayload\":[5]"));
    CHECK(seen(&fx.messages, "\"responsePayload\":[5]"));
    CHECK(seen(&fx.messages, "\"condition\":\"Success\",\"approximateInvokeCount\":1"));
    role_may("[{\"Effect\":\"Deny\",\"Action\":\"sns:*\",\"Resource\":\"*\"}]");
    forget_all();
    send_event("proud", "[6]");
    wait_for(&fx.metrics, "proud:DestinationDeliveryFailures=1;");
    CHECK_INT(fx.messages.len, 0);
}

static void test_throttled_events_wait_and_expire(void **state) {
    (void)state;
    make("gate", json_pack("{s:{s:s}}", "DeadLetterConfig", "TargetArn",
                           "arn:aws:sqs:us-east-1:" ACCOUNT ":dead"));
    must(call_op("PutFunctionConcurrency", json_pack("{s:s,s:i}", "FunctionName", "gate",
                                                     "ReservedConcurrentExecutions", 0)));
    send_event("gate", "\"first\"");
    wait_for(&fx.metrics, "gate:Throttles=1;");
    must(call_op("DeleteFunctionConcurrency", json_pack("{s:s}", "FunctionName", "gate")));
    wait_for(&fx.metrics, "gate:Invocations=1;gate:Errors=0;");

    must(call_op("PutFunctionConcurrency", json_pack("{s:s,s:i}", "FunctionName", "gate",
                                                     "ReservedConcurrentExecutions", 0)));
    send_event("gate", "\"second\"");
    while (count_of(&fx.metrics, "gate:Throttles=1;") < 2)
        poll(NULL, 0, 2);
    pass_minutes(6 * 60);
    wait_for(&fx.messages, ":dead|\"second\"|");
}

static void test_events_survive_the_daemon(void **state) {
    (void)state;
    make("late", NULL);
    send_event("late", "{\"do\":\"sleep\"}"); /* under way when the daemon ends */
    wait_for(&fx.metrics, "late:AsyncEventsReceived=1;");
    must(call_op("PutFunctionConcurrency", json_pack("{s:s,s:i}", "FunctionName", "late",
                                                     "ReservedConcurrentExecutions", 1)));
    send_event("late", "\"waiting\"");
    poll(NULL, 0, 50);
    close_services();
    forget_all();
    open_services(true);
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "late", "Timeout", 1)));
    wait_for(&fx.metrics,
             "late:Invocations=1;late:Errors=0;"); /* the waiting one, after the other */
    CHECK_INT(count_of(&fx.metrics, "late:Invocations=1;"), 2);
}

static void test_the_queue_is_a_target(void **state) {
    (void)state;
    make("target", NULL);
    struct hub_event event = {.target = S(FN_ARN("target")),
                              .source_service = S("s3.amazonaws.com"),
                              .source_arn = S("arn:aws:s3:::photos"),
                              .source_account = S(ACCOUNT),
                              .payload = S("{\"do\":\"log\"}"),
                              .account = S(ACCOUNT),
                              .region = S("us-east-1")};
    CHECK_INT(hub_check(fx.hub, &event), HUB_E_DENIED);
    must(call_op("AddPermission",
                 json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "FunctionName", "target", "StatementId",
                           "s3", "Action", "lambda:InvokeFunction", "Principal", "s3.amazonaws.com",
                           "SourceArn", "arn:aws:s3:::photos", "SourceAccount", ACCOUNT)));
    CHECK_INT(hub_check(fx.hub, &event), HUB_OK);
    struct hub_event other = event;
    other.source_arn = S("arn:aws:s3:::others");
    CHECK_INT(hub_check(fx.hub, &other), HUB_E_DENIED);
    other = event;
    other.source_account = S("111111111111");
    CHECK_INT(hub_check(fx.hub, &other), HUB_E_DENIED);
    other.target = S(FN_ARN("nobody"));
    CHECK_INT(hub_check(fx.hub, &other), HUB_E_NO_TARGET);

    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    hub_deliver(fx.hub, batch, &event);
    CHECK_INT(store_commit(fx.store, batch, NULL), 0);
    wait_for(&fx.log, "|two\n");
}

/* An end of the service while functions run: sync callers are answered, nothing hangs. */
static void test_stop_while_running(void **state) {
    (void)state;
    make("napper", NULL);
    struct napper napper;
    pthread_create(&napper.thread, NULL, nap, &napper);
    wait_for(&fx.metrics, ""); /* whatever: the thread runs */
    poll(NULL, 0, 30);
    hub_stop(fx.hub);
    lambda_stop(fx.lambda);
    pthread_join(napper.thread, NULL);
    CHECK(napper.status == 200 || napper.status == 500 || napper.status == 429);
    fx.net = net_stop(fx.net, 1000);
}

/* test_invoke full | userns */
int main(int argc, char **argv) {
    enum sandbox_level want = level_wanted(argc, argv);
    if (!testfn_read() || (want == SANDBOX_USERNS && !become_ordinary()))
        return 1;
    int missing_level = fixture_spawner(want);
    if (missing_level)
        return missing_level;
    const struct CMUnitTest tests[] = {
#define RUNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        RUNS(test_echo_and_log),
        RUNS(test_reuse_and_update),
        RUNS(test_unpacked_again),
        RUNS(test_retired_runtimes),
        RUNS(test_interpreter_that_is_gone),
        RUNS(test_environment),
        RUNS(test_function_errors),
        RUNS(test_timeout),
        RUNS(test_out_of_memory),
        RUNS(test_bad_starts),
        RUNS(test_tail_and_output),
        RUNS(test_log_needs_the_role),
        RUNS(test_left_over_child),
        RUNS(test_answers_of_the_runtime_api),
        RUNS(test_refusals),
        RUNS(test_reserved_concurrency),
        RUNS(test_many_events),
        RUNS(test_retries_and_dead_letters),
        RUNS(test_success_destination_and_its_rights),
        RUNS(test_throttled_events_wait_and_expire),
        RUNS(test_events_survive_the_daemon),
        RUNS(test_the_queue_is_a_target),
        RUNS(test_stop_while_running),
#undef RUNS
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_spawner_free(fx.spawner);
    buf_deinit(&testfn_program);
    return failed;
}
