/* logs: groups and streams. */
#include "fixture.h"

static const json_t *group(struct cloud *c, size_t i) {
    return json_array_get(json_arr(c->call.out, "logGroups"), i);
}
static const json_t *stream(struct cloud *c, size_t i) {
    return json_array_get(json_arr(c->call.out, "logStreams"), i);
}

static void life_of_a_group(void **state) {
    struct cloud *c = *state;
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'/aws/lambda/f','tags':{'k':'v'}}"));
    fails(logs_call(c, "CreateLogGroup", "{'logGroupName':'/aws/lambda/f'}"),
          "ResourceAlreadyExistsException");
    ok(logs_call(c, "PutRetentionPolicy", "{'logGroupName':'/aws/lambda/f','retentionInDays':30}"));
    fails(
        logs_call(c, "PutRetentionPolicy", "{'logGroupName':'/aws/lambda/f','retentionInDays':31}"),
        "InvalidParameterException");
    fails(logs_call(c, "PutRetentionPolicy", "{'logGroupName':'none','retentionInDays':30}"),
          "ResourceNotFoundException");
    message("The specified log group does not exist.");
    ok(logs_call(c, "DescribeLogGroups", "{'logGroupNamePrefix':'/aws/'}"));
    CHECK_STR(json_str(group(c, 0), "arn"),
              S("arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f:*"));
    CHECK_INT(json_int(group(c, 0), "retentionInDays", 0), 30);
    ok(logs_call(c, "DeleteRetentionPolicy", "{'logGroupName':'/aws/lambda/f'}"));
    ok(logs_call(c, "DescribeLogGroups", "{}"));
    CHECK(!json_has(group(c, 0), "retentionInDays"));

    ok(logs_call(c, "TagLogGroup", "{'logGroupName':'/aws/lambda/f','tags':{'a':'b'}}"));
    ok(logs_call(
        c, "UntagResource",
        "{'resourceArn':'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f','tagKeys':['k']}"));
    ok(logs_call(c, "ListTagsForResource",
                 "{'resourceArn':'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f'}"));
    CHECK_INT(json_object_size(json_obj(c->call.out, "tags")), 1);
    CHECK_STR(json_str(json_obj(c->call.out, "tags"), "a"), S("b"));
    ok(logs_call(c, "DeleteLogGroup", "{'logGroupName':'/aws/lambda/f'}"));
    fails(logs_call(c, "DeleteLogGroup", "{'logGroupName':'/aws/lambda/f'}"),
          "ResourceNotFoundException");
}

static void groups_in_pages(void **state) {
    struct cloud *c = *state;
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'a'}"));
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'ab'}"));
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'b'}"));
    ok(logs_call(c, "DescribeLogGroups", "{'limit':1}"));
    CHECK_STR(json_str(c->call.out, "nextToken"), S("a"));
    ok(logs_call(c, "DescribeLogGroups", "{'nextToken':'a'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logGroups")), 2);
    ok(logs_call(c, "DescribeLogGroups", "{'logGroupNamePattern':'b'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logGroups")), 2);
}

static void streams(void **state) {
    struct cloud *c = *state;
    fill(c);
    fails(logs_call(c, "CreateLogStream", "{'logGroupName':'g','logStreamName':'s'}"),
          "ResourceAlreadyExistsException");
    ok(logs_call(c, "DescribeLogStreams", "{'logGroupName':'g'}"));
    CHECK_STR(json_str(stream(c, 0), "logStreamName"), S("s"));
    CHECK_INT(json_int(stream(c, 0), "firstEventTimestamp", 0), base_ms + 1);
    CHECK_INT(json_int(stream(c, 0), "lastEventTimestamp", 0), base_ms + 3);
    CHECK(json_int(stream(c, 0), "lastIngestionTime", 0) > base_ms + 3000000);
    ok(logs_call(
        c, "DescribeLogStreams",
        "{'logGroupIdentifier':'arn:aws:logs:us-east-1:000000000000:log-group:g','orderBy':'LastEventTime','descending':true,'limit':1}"));
    CHECK_STR(json_str(stream(c, 0), "logStreamName"), S("s"));
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(
        &in,
        "{'logGroupName':'g','orderBy':'LastEventTime','descending':true,'nextToken':'" STR_FMT
        "'}",
        STR_ARG(json_str(c->call.out, "nextToken")));
    ok(logs_call(c, "DescribeLogStreams", buf_cstr(&in)));
    CHECK_STR(json_str(stream(c, 0), "logStreamName"), S("t"));
    CHECK(!json_has(c->call.out, "nextToken"));
    ok(logs_call(c, "DescribeLogStreams", "{'logGroupName':'g','logStreamNamePrefix':'t'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logStreams")), 1);
    ok(logs_call(c, "DescribeLogGroups", "{}"));
    CHECK_INT(json_int(group(c, 0), "storedBytes", 0), 5 * 27);

    ok(logs_call(c, "DeleteLogStream", "{'logGroupName':'g','logStreamName':'s'}"));
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g'}"));
    CHECK_TEXT(messages(c), "x,y");
    ok(logs_call(c, "DescribeLogGroups", "{}"));
    CHECK_INT(json_int(group(c, 0), "storedBytes", 0), 2 * 27);
    fails(logs_call(c, "GetLogEvents", "{'logGroupName':'g','logStreamName':'s'}"),
          "ResourceNotFoundException");
    message("The specified log stream does not exist.");
    /* A new group of the same name starts empty. */
    ok(logs_call(c, "DeleteLogGroup", "{'logGroupName':'g'}"));
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}"));
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g'}"));
    CHECK_TEXT(messages(c), "");
    ok(logs_call(c, "DescribeLogStreams", "{'logGroupName':'g'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logStreams")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {T(life_of_a_group), T(groups_in_pages), T(streams)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
