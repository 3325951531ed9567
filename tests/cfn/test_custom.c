/* Custom resources: what is asked, what an answer must have, and what becomes of a bad or a late one. */
#include "cfn/world.h"

#define FUNCTION "arn:aws:lambda:us-east-1:000000000000:function:f"
#define TOPIC    "arn:aws:sns:us-east-1:000000000000:t"
#define IS(id)   "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"" id "\"}"

/* A stack with X alone. */
#define THING(token, more)                                                                         \
    "Resources:\n  X: {Type: 'Custom::Thing', Properties: {ServiceToken: '" token "'" more "}}\n"

static json_t *request_of(const struct world *w) {
    json_t *request = json_parse(buf_view(&w->request), NULL);
    CHECK(request);
    return request;
}

static void check_request(struct world *w, const char *verb, const char *physical) {
    CLEANUP_JSON json_t *request = request_of(w);
    CHECK_STR(json_str(request, "RequestType"), str_c(verb));
    if (physical)
        CHECK_STR(json_str(request, "PhysicalResourceId"), str_c(physical));
    CHECK(!json_has(request, "PhysicalResourceId") == (strcmp(verb, "Create") == 0));
    CHECK(json_has(request, "OldResourceProperties") == (strcmp(verb, "Update") == 0));
}

static void answers(struct world *w, const char *json) {
    answer(w, json);
    cfn_engine_work(w->engine);
}

static void create(struct world *w, const char *text) {
    create_stack(w, "s", text, (struct cfn_operation){0});
    cfn_engine_work(w->engine);
}

static void update(struct world *w, const char *text) {
    update_stack(w, text);
    cfn_engine_work(w->engine);
}

static void remove_all(struct world *w) {
    delete_stack(w);
    cfn_engine_work(w->engine);
}

/* ---- Reasons of events ---- */

struct wanted {
    const char *logical;
    enum cfn_status status;
    struct buf *reason;
};

static int take_reason(void *ctx, void *what) {
    const struct cfn_event *event = what;
    const struct wanted *wanted = ctx;
    if (str_is(event->logical, wanted->logical) && event->status == wanted->status) {
        buf_clear(wanted->reason);
        buf_str(wanted->reason, event->reason);
    }
    return 0;
}

/* Of X's last event of this status. */
static void check_reason(struct world *w, enum cfn_status status, const char *want) {
    CLEANUP_DEINIT(buf) struct buf got = {0};
    struct wanted wanted = {"X", status, &got};
    CHECK_INT(each_event(w, take_reason, &wanted), 0);
    CHECK_BUF(got, want);
}

/* ---- What is asked ---- */

static void every_scalar_is_a_text(void **state) {
    struct world *w = *state;
    create(w,
           THING(FUNCTION, ", ServiceTimeout: 60, Number: 1.5, Int: 7, No: false, List: [1, true, "
                           "[two, 3]], Map: {Deep: {Int: 4}, Text: five}, Empty: ''"));
    CLEANUP_JSON json_t *request = request_of(w);
    CLEANUP_DEINIT(buf) struct buf got = {0};
    json_write(&got, json_obj(request, "ResourceProperties"));
    CHECK_BUF(got,
              "{\"ServiceToken\":\"" FUNCTION "\",\"ServiceTimeout\":\"60\",\"Number\":\"1.5\","
              "\"Int\":\"7\",\"No\":\"false\",\"List\":[\"1\",\"true\",[\"two\",\"3\"]],"
              "\"Map\":{\"Deep\":{\"Int\":\"4\"},\"Text\":\"five\"},\"Empty\":\"\"}");
    CHECK_STR(json_str(request, "ResourceType"), S("Custom::Thing"));
    CHECK_STR(json_str(request, "LogicalResourceId"), S("X"));
    CHECK_STR(json_str(request, "ServiceToken"), S(FUNCTION));
    CHECK_HAS(json_str(request, "StackId").p, ":stack/s/");
    check_request(w, "Create", NULL);
}

/* What clients do with it: take host and path apart, forget the port, keep the query. */
static void the_url_looks_presigned(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ""));
    CLEANUP_JSON json_t *request = request_of(w);
    str url = json_str(request, "ResponseURL");
    CHECK(str_starts(url,
                     S("https://cloudformation.us-east-1.amazonaws.com/_calotype/cfn-response/")));
    CHECK_HAS(url.p, "?X-Amz-Algorithm=AWS4-HMAC-SHA256&");
    CHECK_HAS(url.p, "&X-Amz-Signature=");
    /* without its query, or with another one, it is nobody's */
    struct cfn_answer a = {.body = S(IS("x"))};
    str whole;
    str_cut(str_skip(url, (size_t)str_find(url, S("/_calotype"))), '?', &a.path, &whole);
    CHECK_INT(cfn_take_answer(w->engine, &a), 403);
    a.query = S("X-Amz-Signature=0000000000000000000000000000000000000000000000000000000000000000");
    CHECK_INT(cfn_take_answer(w->engine, &a), 403);
    a.query = whole;
    CHECK_INT(cfn_take_answer(w->engine, &a), 200);
    a.path = S("/_calotype/cfn-response/0000");
    CHECK_INT(cfn_take_answer(w->engine, &a), 403);
}

static void an_update_tells_the_old_properties(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ", N: 1"));
    answers(w, IS("a"));
    update(w, THING(FUNCTION, ", N: 2"));
    check_request(w, "Update", "a");
    CLEANUP_JSON json_t *request = request_of(w);
    CHECK_STR(json_str(json_obj(request, "ResourceProperties"), "N"), S("2"));
    CHECK_STR(json_str(json_obj(request, "OldResourceProperties"), "N"), S("1"));
    answers(w, IS("a"));
    check_status(w, "UPDATE_COMPLETE");
    remove_all(w);
    check_request(w, "Delete", "a");
    CLEANUP_JSON json_t *last = request_of(w);
    CHECK_STR(json_str(json_obj(last, "ResourceProperties"), "N"), S("2"));
    answers(w, IS("a"));
    check_status(w, "DELETE_COMPLETE");
    no_answer_is_awaited(w);
}

/* Another id is another thing: the old one is deleted once all is done, with what it was made of. */
static void another_id_is_a_replacement(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ", N: 1"));
    answers(w, IS("a"));
    update(w, THING(FUNCTION, ", N: 2"));
    answers(w, IS("b"));
    check_status(w, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    check_request(w, "Delete", "a");
    CLEANUP_JSON json_t *request = request_of(w);
    CHECK_STR(json_str(json_obj(request, "ResourceProperties"), "N"), S("1"));
    answers(w, IS("a"));
    check_status(w, "UPDATE_COMPLETE");
    CLEANUP_DEINIT(buf) struct buf physical = {0};
    physical_of(w, "X", &physical);
    CHECK_BUF(physical, "b");
}

static void check_physical(struct world *w, const char *want) {
    CLEANUP_DEINIT(buf) struct buf physical = {0};
    physical_of(w, "X", &physical);
    CHECK_BUF(physical, want);
}

/* What an update has replaced is there still: a rollback needs nobody to make it anew. */
static void a_rollback_deletes_the_replacement(void **state) {
    struct world *w = *state;
#define TWO(n)                                                                                     \
    THING(FUNCTION, ", N: " n)                                                                     \
    "  Y: {Type: 'Custom::Y', DependsOn: X, Properties: {ServiceToken: '" FUNCTION "', N: " n "}}\n"
    create(w, TWO("1"));
    answers(w, IS("a"));
    answers(w, IS("y"));
    update(w, TWO("2"));
    answers(w, IS("b"));
    answers(w, "{\"Status\":\"FAILED\",\"Reason\":\"no\",\"PhysicalResourceId\":\"y\"}");
    check_request(w, "Update", "y"); /* it was in place */
    answers(w, IS("y"));
    check_request(w, "Delete", "b");
    CLEANUP_JSON json_t *request = request_of(w);
    CHECK_STR(json_str(json_obj(request, "ResourceProperties"), "N"), S("2"));
    check_status(w, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    answers(w, IS("b"));
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    check_physical(w, "a");
    no_answer_is_awaited(w);
    remove_all(w);
    answers(w, IS("y"));
    check_request(w, "Delete", "a");
}

/* A failure that names another id has left something there. */
static void a_failed_replacement_is_deleted(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ", N: 1"));
    answers(w, IS("a"));
    update(w, THING(FUNCTION, ", N: 2"));
    answers(w, "{\"Status\":\"FAILED\",\"Reason\":\"half\",\"PhysicalResourceId\":\"b\"}");
    check_request(w, "Delete", "b");
    answers(w, IS("b"));
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    check_physical(w, "a");
    no_answer_is_awaited(w);
}

static void a_topic_is_asked_in_the_same_way(void **state) {
    struct world *w = *state;
    create(w, THING(TOPIC, ", N: 1"));
    CHECK_BUF(w->log, "publish;");
    check_request(w, "Create", NULL);
    answers(w, IS("a"));
    check_status(w, "CREATE_COMPLETE");
    update(w, THING(TOPIC, ", N: 2"));
    check_request(w, "Update", "a");
    answers(w, IS("a"));
    remove_all(w);
    check_request(w, "Delete", "a");
    answers(w, IS("a"));
    check_status(w, "DELETE_COMPLETE");
}

static void another_token_is_no_update(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ""));
    answers(w, IS("a"));
    buf_clear(&w->log);
    update(w, THING(FUNCTION "2", ""));
    check_reason(w, CFN_UPDATE_FAILED, "Modifying service token is not allowed.");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    CHECK_BUF(w->log, ""); /* neither of the two is asked */
    remove_all(w);
    CLEANUP_JSON json_t *request = request_of(w);
    CHECK_STR(json_str(request, "ServiceToken"), S(FUNCTION));
}

/* ---- Answers ---- */

static void check_refused(struct world *w, const char *name, str body, const char *why) {
    CLEANUP_DEINIT(buf) struct buf want = {0}, got = {0};
    create(w, THING(FUNCTION, ""));
    CLEANUP_JSON json_t *request = request_of(w);
    struct wanted wanted = {"X", CFN_CREATE_FAILED, &got};
    if (put_answer(w, &w->request, body) != 200)
        fail_msg("%s: the answer was refused", name);
    cfn_engine_work(w->engine);
    CHECK_INT(each_event(w, take_reason, &wanted), 0);
    buf_printf(&want, why, json_string_value(json_object_get(request, "RequestId")));
    CHECK_CASE(strcmp(buf_cstr(&got), buf_cstr(&want)) == 0, name);
    check_request(w, "Delete", NULL); /* it may have made something */
    answers(w, IS("gone"));
    check_status(w, "ROLLBACK_COMPLETE");
    no_answer_is_awaited(w);
}

static void a_bad_answer_fails_the_resource(void **state) {
    struct world *w = *state;
    static const struct {
        const char *name, *body, *why;
    } cases[] = {
        {"failed",
         "{\"Status\":\"FAILED\",\"Reason\":\"no luck: 100%%\",\"PhysicalResourceId\":\"p\"}",
         "Received response status [FAILED] from custom resource. Message returned: no luck: 100%% "
         "(RequestId: %s)"},
        {"failed without an id", "{\"Status\":\"FAILED\",\"Reason\":\"no luck\"}",
         "Invalid PhysicalResourceId"},
        {"no id", "{\"Status\":\"SUCCESS\"}", "Invalid PhysicalResourceId"},
        {"an empty id", "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"\"}",
         "Invalid PhysicalResourceId"},
        {"an id that is a number", "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":7}",
         "Invalid PhysicalResourceId"},
        {"an id that is null", "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":null}",
         "Invalid PhysicalResourceId"},
        {"another word", "{\"Status\":\"FAILURE\",\"PhysicalResourceId\":\"p\"}",
         "Invalid Response object: 'FAILURE' is not a valid ResponseStatus"},
        {"no status", "{\"PhysicalResourceId\":\"p\"}",
         "Invalid Response object: '' is not a valid ResponseStatus"},
        {"another's request",
         "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"p\",\"RequestId\":\"r\"}",
         "Invalid RequestId"},
        {"another's stack",
         "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"p\",\"StackId\":\"s\"}",
         "Invalid StackId"},
        {"another's name",
         "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"p\",\"LogicalResourceId\":\"Y\"}",
         "Invalid LogicalResourceId"},
        {"nothing", "", "Response is not a valid JSON object."},
        {"no JSON", "<html>", "Response is not a valid JSON object."},
        {"a list", "[]", "Response is not a valid JSON object."},
        {"a text", "\"SUCCESS\"", "Response is not a valid JSON object."},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf body = {0};
        buf_printf(&body, cases[i].body, "");
        check_refused(w, cases[i].name, buf_view(&body), cases[i].why);
    }
}

/* An answer of so many bytes, whose id or data are as long as they must be. */
static void fill_answer(struct buf *out, const char *begin, size_t n, const char *end) {
    buf_clear(out);
    buf_c(out, begin);
    while (out->len + strlen(end) < n)
        buf_char(out, 'x');
    buf_c(out, end);
}

static void sizes_are_bounded(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(buf) struct buf body = {0};
    static const char id[] = "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"",
                      data[] =
                          "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"p\",\"Data\":{\"D\":\"";
    fill_answer(&body, id, sizeof id - 1 + 1025 + 2, "\"}");
    check_refused(w, "an id of 1025 bytes", buf_view(&body), "Invalid PhysicalResourceId");
    fill_answer(&body, data, 4097, "\"}}");
    check_refused(w, "4097 bytes", buf_view(&body), "Response object is too long.");
    fill_answer(&body, id, sizeof id - 1 + 1024 + 2, "\"}");
    create(w, THING(FUNCTION, ""));
    answers(w, buf_cstr(&body));
    check_status(w, "CREATE_COMPLETE");
    fill_answer(&body, data, 4096, "\"}}");
    create(w, THING(FUNCTION, ""));
    answers(w, buf_cstr(&body));
    check_status(w, "CREATE_COMPLETE");
}

/* Fn::GetAtt takes a key as it is written: dots in it are no path. */
static void data_are_attributes(void **state) {
    struct world *w = *state;
    static const char text[] = THING(
        FUNCTION, "") "Outputs:\n  A: {Value: !GetAtt X.Name}\n  B: {Value: !GetAtt X.Bucket.Arn}\n"
                      "  C: {Value: !GetAtt [X, Number]}\n  D: {Value: !Sub '${X.Yes}-${X}'}\n"
                      "  E: {Value: !Join ['+', !GetAtt X.List]}\n";
    create(w, text);
    answers(w, "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"p\",\"Data\":{\"Name\":\"n\","
               "\"Bucket.Arn\":\"arn\",\"Number\":7,\"Yes\":true,\"List\":[\"1\",\"2\"]}}");
    check_status(w, "CREATE_COMPLETE");
    CLEANUP_DEINIT(held) struct held h = {0};
    hold(w, &h);
    static const char *const want[] = {"n", "arn", "7", "true-p", "1+2"};
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_STR(json_str(json_array_get(h.stack.now.outputs, i), "OutputValue"), str_c(want[i]));
}

static void data_that_are_not_there(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(buf) struct buf got = {0}, want = {0};
    create(w, THING(FUNCTION, "") "  Q: {" QUEUE
                                  ", Properties: {QueueName: !GetAtt X.Outer.Inner}}\n");
    CLEANUP_JSON json_t *request = request_of(w);
    answers(
        w,
        "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"p\",\"Data\":{\"Outer\":{\"Inner\":\"i\"}}}");
    struct wanted wanted = {"Q", CFN_CREATE_FAILED, &got};
    CHECK_INT(each_event(w, take_reason, &wanted), 0);
    buf_printf(
        &want,
        "CustomResource attribute error: Vendor response doesn't contain Outer.Inner attribute "
        "in object %s|X|%s (line 3, column 54)",
        json_string_value(json_object_get(request, "StackId")),
        json_string_value(json_object_get(request, "RequestId")));
    CHECK_BUF(got, buf_cstr(&want));
}

static int add_properties(void *ctx, void *what) {
    const struct cfn_event *event = what;
    buf_printf(ctx, STR_FMT STR_FMT ";", STR_ARG(event->logical), STR_ARG(event->properties));
    return 0;
}

/* Wherever its values went to, and in the updates that come after. */
static void what_an_answer_hides_is_in_no_event(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(buf) struct buf shown = {0};
#define HIDES(n)                                                                                   \
    THING(FUNCTION, "")                                                                            \
    "  Q: {" QUEUE ", Properties: {DelaySeconds: " n                                               \
    ", Tags: [{Key: k, Value: !Sub 'a-${X.Word}-b'}, {Key: k1, Value: !GetAtt X.Pin}]}}\n"
    create(w, HIDES("1"));
    answers(
        w,
        "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"p\",\"NoEcho\":true,\"Data\":{\"Word\":\"hush-hush\",\"Pin\":1}}");
    check_status(w, "CREATE_COMPLETE");
    update(w, HIDES("2"));
    update(w, HIDES("3"));
    check_status(w, "UPDATE_COMPLETE");
    remove_all(w);
    CHECK_INT(each_event(w, add_properties, &shown), 0);
    CHECK_HAS(buf_cstr(&shown),
              "Q{\"DelaySeconds\":3,\"Tags\":[{\"Key\":\"k\",\"Value\":\"a-****-b\"},"
              "{\"Key\":\"k1\",\"Value\":\"****\"}]};");
    CHECK(str_find(buf_view(&shown), S("hush")) < 0);
}

/* ---- Late, twice, never ---- */

static void the_first_answer_counts(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ""));
    CHECK_INT(put_answer(w, &w->request, S(IS("first"))), 200);
    CHECK_INT(
        put_answer(w, &w->request, S("{\"Status\":\"FAILED\",\"PhysicalResourceId\":\"second\"}")),
        200);
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_COMPLETE");
    /* once more, when nobody waits: a function's `finally` must not fail for that */
    CHECK_INT(
        put_answer(w, &w->request, S("{\"Status\":\"FAILED\",\"PhysicalResourceId\":\"third\"}")),
        200);
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_COMPLETE");
    CLEANUP_DEINIT(buf) struct buf physical = {0};
    physical_of(w, "X", &physical);
    CHECK_BUF(physical, "first");
    no_answer_is_awaited(w);
}

static void an_answer_that_comes_too_late_changes_nothing(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(buf) struct buf asked = {0}, want = {0};
    create(w, THING(FUNCTION, ", ServiceTimeout: '5'"));
    buf_str(&asked, buf_view(&w->request));
    CLEANUP_JSON json_t *request = request_of(w);
    clock_set_offset_ms(4000);
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_IN_PROGRESS");
    clock_set_offset_ms(6000);
    cfn_engine_work(w->engine);
    buf_printf(
        &want,
        "CloudFormation did not receive a response from your Custom Resource. Please check your "
        "logs for requestId [%s]. If you are using the Python cfn-response module, you may need "
        "to update your Lambda function code so that CloudFormation can attach the updated "
        "version.",
        json_string_value(json_object_get(request, "RequestId")));
    check_reason(w, CFN_CREATE_FAILED, buf_cstr(&want));
    check_request(w, "Delete", NULL);
    CHECK_INT(put_answer(w, &asked, S(IS("late"))), 200); /* Create's */
    cfn_engine_work(w->engine);
    check_status(w, "ROLLBACK_IN_PROGRESS"); /* Delete is waited for still */
    answers(w, IS("gone"));
    check_status(w, "ROLLBACK_COMPLETE");
}

/* A function that crashes says nothing: it is waited for until the hour is over, as on AWS. */
static void silence_lasts_an_hour(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ""));
    clock_set_offset_ms(3590 * 1000);
    restart(w);
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_IN_PROGRESS");
    CHECK_BUF(w->log, "invoke;");
    clock_set_offset_ms(3601 * 1000);
    cfn_engine_work(w->engine);
    check_status(w, "ROLLBACK_IN_PROGRESS");
}

/* Invoke is refused at once: nothing is waited for. */
static void a_function_that_is_gone(void **state) {
    struct world *w = *state;
    w->no_function = true;
    create(w, THING(FUNCTION, ""));
    check_status(w, "ROLLBACK_COMPLETE");
    CHECK_BUF(w->log, "invoke;"); /* nobody was asked, so nobody is asked to undo it */
    w->no_function = false;
    create(w, THING(FUNCTION, ", N: 1"));
    answers(w, IS("a"));
    w->no_function = true;
    remove_all(w);
    check_status(w, "DELETE_FAILED");
    CLEANUP_DEINIT(buf) struct buf got = {0};
    struct wanted wanted = {"X", CFN_DELETE_FAILED, &got};
    CHECK_INT(each_event(w, take_reason, &wanted), 0);
    CHECK_HAS(buf_cstr(&got), "Function not found: f");
    no_answer_is_awaited(w);
    change_stack(w, CFN_OP_DELETE, NULL, json_pack("[s]", "X")); /* retained */
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_COMPLETE");
}

static void an_update_that_fails_is_taken_back(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ", N: 1"));
    answers(w, IS("a"));
    update(w, THING(FUNCTION, ", N: 2"));
    answers(w, "{\"Status\":\"FAILED\",\"Reason\":\"not this\",\"PhysicalResourceId\":\"a\"}");
    check_status(w, "UPDATE_ROLLBACK_IN_PROGRESS");
    check_request(w, "Update", "a");
    CLEANUP_JSON json_t *request = request_of(w);
    CHECK_STR(json_str(json_obj(request, "ResourceProperties"), "N"), S("1"));
    answers(w, IS("a"));
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    no_answer_is_awaited(w);
}

static void a_deletion_that_fails_keeps_it(void **state) {
    struct world *w = *state;
    create(w, THING(FUNCTION, ""));
    answers(w, IS("a"));
    remove_all(w);
    answers(w, "{\"Status\":\"FAILED\",\"Reason\":\"in use\",\"PhysicalResourceId\":\"a\"}");
    check_status(w, "DELETE_FAILED");
    remove_all(w);
    check_request(w, "Delete", "a");
    answers(w, IS("a"));
    check_status(w, "DELETE_COMPLETE");
    no_answer_is_awaited(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {T(every_scalar_is_a_text),
                                       T(the_url_looks_presigned),
                                       T(an_update_tells_the_old_properties),
                                       T(another_id_is_a_replacement),
                                       T(a_rollback_deletes_the_replacement),
                                       T(a_failed_replacement_is_deleted),
                                       T(a_topic_is_asked_in_the_same_way),
                                       T(another_token_is_no_update),
                                       T(a_bad_answer_fails_the_resource),
                                       T(sizes_are_bounded),
                                       T(data_are_attributes),
                                       T(data_that_are_not_there),
                                       T(what_an_answer_hides_is_in_no_event),
                                       T(the_first_answer_counts),
                                       T(an_answer_that_comes_too_late_changes_nothing),
                                       T(silence_lasts_an_hour),
                                       T(a_function_that_is_gone),
                                       T(an_update_that_fails_is_taken_back),
                                       T(a_deletion_that_fails_keeps_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
