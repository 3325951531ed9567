/* logs: events put and read, batches checked, retention. */
#include "fixture.h"
#include "svc/logs/logs_priv.h"

#define S_OF_G "'logGroupName':'g','logStreamName':'s'"

static const char *with_token(struct cloud *c, const char *member, const char *more) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{" S_OF_G ",'nextToken':'" STR_FMT "'%s}",
               STR_ARG(json_str(c->call.out, member)), more);
    return logs_call(c, "GetLogEvents", buf_cstr(&in));
}

static void forward_and_backward(void **state) {
    struct cloud *c = *state;
    fill(c);
    ok(logs_call(c, "GetLogEvents", "{" S_OF_G ",'limit':2,'startFromHead':true}"));
    CHECK_TEXT(messages(c), "a,b");
    ok(with_token(c, "nextForwardToken", ",'limit':2"));
    CHECK_TEXT(messages(c), "c");
    ok(with_token(c, "nextForwardToken", ""));
    CHECK_TEXT(messages(c), "");
    /* At the end the same token comes back; what arrives later is found with it. */
    CLEANUP_DEINIT(buf) struct buf token = {0};
    buf_str(&token, json_str(c->call.out, "nextForwardToken"));
    ok(with_token(c, "nextForwardToken", ""));
    CHECK_STR(json_str(c->call.out, "nextForwardToken"), buf_view(&token));
    ok(logs_call(c, "PutLogEvents", "{" S_OF_G ",'logEvents':[{'timestamp':T+3,'message':'d'}]}"));
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{" S_OF_G ",'nextToken':'%s'}", buf_cstr(&token));
    ok(logs_call(c, "GetLogEvents", buf_cstr(&in)));
    CHECK_TEXT(messages(c), "d");
    ok(with_token(c, "nextBackwardToken", ",'limit':2"));
    CHECK_TEXT(messages(c), "b,c");
    ok(with_token(c, "nextBackwardToken", ""));
    CHECK_TEXT(messages(c), "a");

    ok(logs_call(c, "GetLogEvents", "{" S_OF_G ",'limit':2}")); /* the newest, in ascending order */
    CHECK_TEXT(messages(c), "c,d");
    ok(logs_call(c, "GetLogEvents", "{" S_OF_G ",'startTime':T+2,'endTime':T+3}"));
    CHECK_TEXT(messages(c), "b");
    fails(logs_call(c, "GetLogEvents", "{" S_OF_G ",'nextToken':'f/12'}"),
          "InvalidParameterException");
}

static void batches_are_checked(void **state) {
    struct cloud *c = *state;
    fill(c);
    fails(logs_call(
              c, "PutLogEvents",
              "{" S_OF_G
              ",'logEvents':[{'timestamp':T+9,'message':'a'},{'timestamp':T+8,'message':'b'}]}"),
          "InvalidParameterException");
    message("Log events in a single PutLogEvents request must be in chronological order.");
    fails(
        logs_call(
            c, "PutLogEvents",
            "{" S_OF_G
            ",'logEvents':[{'timestamp':T-90000000,'message':'a'},{'timestamp':T+8,'message':'b'}]}"),
        "InvalidParameterException");
    fails(
        logs_call(
            c, "PutLogEvents",
            "{'logGroupName':'g','logStreamName':'u','logEvents':[{'timestamp':T+9,'message':'a'}]}"),
        "ResourceNotFoundException");
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in, "{" S_OF_G ",'logEvents':[{'timestamp':T+0,'message':'");
    while (in.len < 1100000)
        buf_char(&in, 'x');
    buf_c(&in, "'}]}");
    fails(logs_call(c, "PutLogEvents", buf_cstr(&in)), "InvalidParameterException");
}

static void rejected_events_are_told(void **state) {
    struct cloud *c = *state;
    fill(c);
    ok(logs_call(c, "PutLogEvents",
                 "{" S_OF_G ",'logEvents':[{'timestamp':T-1300000000,'message':'old'}]}"));
    CHECK_INT(
        json_int(json_obj(c->call.out, "rejectedLogEventsInfo"), "tooOldLogEventEndIndex", -1), 1);
    ok(logs_call(
        c, "PutLogEvents",
        "{" S_OF_G
        ",'logEvents':[{'timestamp':T+5,'message':'e'},{'timestamp':T+20000000,'message':'new'}]}"));
    CHECK_INT(
        json_int(json_obj(c->call.out, "rejectedLogEventsInfo"), "tooNewLogEventStartIndex", -1),
        1);
    ok(logs_call(c, "PutRetentionPolicy", "{'logGroupName':'g','retentionInDays':1}"));
    ok(logs_call(c, "PutLogEvents",
                 "{" S_OF_G ",'logEvents':[{'timestamp':T-86400000,'message':'expired'}]}"));
    CHECK_INT(
        json_int(json_obj(c->call.out, "rejectedLogEventsInfo"), "expiredLogEventEndIndex", -1), 1);
    ok(logs_call(c, "GetLogEvents", "{" S_OF_G "}"));
    CHECK_TEXT(messages(c), "a,b,c,e");
}

static size_t count(struct cloud *c, enum store_cf cf) {
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(c->store, NULL, cf, S(""), STR_NONE, false);
    size_t n = 0;
    while (store_iter_next(it))
        n++;
    return n;
}

static void retention(void **state) {
    struct cloud *c = *state;
    fill(c);
    ok(logs_call(c, "PutRetentionPolicy", "{'logGroupName':'g','retentionInDays':3}"));
    clock_set_offset_ms(3 * 86400000LL);
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g'}")); /* hidden at once */
    CHECK_TEXT(messages(c), "");
    ok(logs_call(c, "GetLogEvents", "{" S_OF_G "}"));
    CHECK_TEXT(messages(c), "");
    CHECK_INT(count(c, STORE_LOGS), 10);
    CHECK(logs_sweep(logs) > clock_world_ms());
    CHECK_INT(count(c, STORE_LOGS), 0);
    ok(logs_call(c, "DescribeLogGroups", "{}"));
    CHECK_INT(json_int(json_array_get(json_arr(c->call.out, "logGroups"), 0), "storedBytes", -1),
              0);
}

int main(void) {
    const struct CMUnitTest tests[] = {T(forward_and_backward), T(batches_are_checked),
                                       T(rejected_events_are_told), T(retention)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
