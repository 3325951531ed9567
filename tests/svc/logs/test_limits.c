/* Logs at their limits: batches, times, names, pages, retention, tags. */
#include "fixture.h"
#include "svc/answers.h"

#define S_OF_G "'logGroupName':'g','logStreamName':'s'"

static const char *put(struct cloud *c, const char *events) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{" S_OF_G ",'logEvents':[%s]}", events);
    return logs_call(c, "PutLogEvents", buf_cstr(&in));
}

/* An event counts its bytes and 26 more: 1,048,576 for one, and for a batch. */
static void sizes(void **state) {
    struct cloud *c = *state;
    fill(c);
    for (size_t over = 0; over < 2; over++) {
        CLEANUP_DEINIT(buf) struct buf one = many(1048576 - 26 + over, 'x'), event = {0};
        buf_printf(&event, "{'timestamp':T+9,'message':'%s'}", buf_cstr(&one));
        fails(put(c, buf_cstr(&event)), over ? "InvalidParameterException" : "");
    }
    message("Log event too large: 1048577 bytes exceeds limit of 1048576");
    for (size_t over = 0; over < 2; over++) {
        CLEANUP_DEINIT(buf)
        struct buf half = many(524288 - 26, 'x'), rest = many(524288 - 26 + over, 'y'),
                   events = {0};
        buf_printf(&events, "{'timestamp':T+9,'message':'%s'},{'timestamp':T+9,'message':'%s'}",
                   buf_cstr(&half), buf_cstr(&rest));
        fails(put(c, buf_cstr(&events)), over ? "InvalidParameterException" : "");
    }
    message("Upload too large: 1048577 bytes exceeds limit of 1048576");
}

static void one_day_a_batch(void **state) {
    struct cloud *c = *state;
    fill(c);
    ok(put(c, "{'timestamp':T-86400000,'message':'a'},{'timestamp':T+0,'message':'b'}"));
    fails(put(c, "{'timestamp':T-86400001,'message':'a'},{'timestamp':T+0,'message':'b'}"),
          "InvalidParameterException");
    message("The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours.");
    ok(put(c, "{'timestamp':T+5,'message':'same'},{'timestamp':T+5,'message':'time'}"));
}

/* T is an hour ago: from 14 days before now to two hours after. */
#define HOUR      3600000LL
#define FORTNIGHT (14 * 24 * HOUR)
static void too_old_and_too_new(void **state) {
    static const struct {
        int64_t at;
        const char *told;
    } rows[] = {{HOUR - FORTNIGHT + 30000, ""},
                {HOUR - FORTNIGHT - 1000, "{'tooOldLogEventEndIndex':1}"},
                {3 * HOUR - 1000, ""},
                {3 * HOUR + 30000, "{'tooNewLogEventStartIndex':0}"}};
    struct cloud *c = *state;
    fill(c);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char event[80];
        snprintf(event, sizeof event, "{'timestamp':T%+lld,'message':'m'}", (long long)rows[i].at);
        ok(put(c, event));
        check_at(c, "rejectedLogEventsInfo", rows[i].told);
        CHECK_INT(text_at(c, "nextSequenceToken").len, 56);
    }
    ok(put(c, "{'timestamp':T+7,'message':'good'},{'timestamp':T+10830000,'message':'n1'},"
              "{'timestamp':T+10830000,'message':'n2'}"));
    check_at(c, "rejectedLogEventsInfo", "{'tooNewLogEventStartIndex':1}");
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g','startTime':T+4}"));
    CHECK_TEXT(messages(c), "good,m");
    ok(logs_call(c, "PutRetentionPolicy", "{'logGroupName':'g','retentionInDays':1}"));
    ok(put(c, "{'timestamp':T-82810000,'message':'x1'},{'timestamp':T-82810000,'message':'x2'},"
              "{'timestamp':T-82000000,'message':'kept'}"));
    check_at(c, "rejectedLogEventsInfo", "{'expiredLogEventEndIndex':2}");
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g','endTime':T+0}"));
    CHECK_TEXT(messages(c), "kept");
}

static void retention_days(void **state) {
    static const struct {
        int days;
        bool good;
    } rows[] = {{0, false},   {1, true},    {2, false},    {3, true},    {4, false},   {5, true},
                {7, true},    {14, true},   {30, true},    {60, true},   {90, true},   {120, true},
                {150, true},  {180, true},  {365, true},   {366, false}, {400, true},  {545, true},
                {731, true},  {1096, true}, {1827, true},  {2192, true}, {2557, true}, {2922, true},
                {3288, true}, {3653, true}, {3654, false}, {-1, false}};
    struct cloud *c = *state;
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[80];
        snprintf(in, sizeof in, "{'logGroupName':'g','retentionInDays':%d}", rows[i].days);
        fails(logs_call(c, "PutRetentionPolicy", in),
              rows[i].good ? "" : "InvalidParameterException");
        if (!rows[i].good)
            continue;
        ok(logs_call(c, "DescribeLogGroups", "{}"));
        CHECK_INT(json_int(json_at(c->call.out, "logGroups.0"), "retentionInDays", 0),
                  rows[i].days);
    }
    fails(logs_call(c, "PutRetentionPolicy", "{'logGroupName':'g','retentionInDays':2}"),
          "InvalidParameterException");
    message("1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy "
            "constraint: Member must satisfy enum value set");
}

static void refused(void **state) {
    static const struct refusal rows[] = {
        {"CreateLogGroup", "{'logGroupName':'x','kmsKeyId':'k'}", "InvalidParameterException",
         "kmsKeyId is not supported by calotype"},
        {"CreateLogGroup", "{'logGroupName':'x','deletionProtectionEnabled':true}",
         "InvalidParameterException", NULL},
        {"CreateLogGroup", "{'logGroupName':'x1','deletionProtectionEnabled':false}", "", NULL},
        {"CreateLogGroup", "{'logGroupName':'x2','logGroupClass':'STANDARD'}", "", NULL},
        {"CreateLogGroup", "{'logGroupName':'x','logGroupClass':'INFREQUENT_ACCESS'}",
         "InvalidParameterException",
         "logGroupClass INFREQUENT_ACCESS is not supported by calotype"},
        {"CreateLogGroup", "{'logGroupName':'aws/x'}", "InvalidParameterException",
         "Log groups starting with AWS/ are reserved for AWS."},
        {"CreateLogGroup", "{'logGroupName':'/aws/x'}", "", NULL},
        {"DescribeLogGroups", "{'includeLinkedAccounts':true}", "InvalidParameterException", NULL},
        {"DescribeLogGroups", "{'includeLinkedAccounts':false}", "", NULL},
        {"DescribeLogGroups", "{'accountIdentifiers':['" ACCOUNT "']}", "", NULL},
        {"DescribeLogGroups", "{'accountIdentifiers':['111111111111']}",
         "InvalidParameterException",
         "accountIdentifiers is not supported by calotype but for the caller's own"},
        {"DescribeLogGroups", "{'logGroupNamePrefix':'x','logGroupNamePattern':'x'}",
         "InvalidParameterException",
         "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."},
        {"DescribeLogStreams", "{'logGroupName':'x1','nextToken':'x'}", "InvalidParameterException",
         "The specified nextToken is invalid."},
        {"DescribeLogStreams",
         "{'logGroupName':'x1','orderBy':'LastEventTime','logStreamNamePrefix':'a'}",
         "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."},
        {"FilterLogEvents",
         "{'logGroupName':'x1','logStreamNames':['a'],'logStreamNamePrefix':'a'}",
         "InvalidParameterException",
         "LogStream name prefix and LogStream names are mutually exclusive parameters."},
        {"FilterLogEvents", "{'logGroupName':'x1','startTime':T+1,'endTime':T+1}", "", NULL},
        {"FilterLogEvents", "{'logGroupName':'x1','startTime':T+2,'endTime':T+1}",
         "InvalidParameterException", "End time must not be before start time"},
        {"ListTagsForResource", "{}", "InvalidParameterException", NULL},
        {"FilterLogEvents", "{}", "InvalidParameterException", NULL},
        {"FilterLogEvents", "{'logGroupName':'x1','logGroupIdentifier':'x1'}",
         "InvalidParameterException", NULL},
        {"GetLogEvents", "{'logGroupName':'x1','logStreamName':'none'}",
         "ResourceNotFoundException", "The specified log stream does not exist."},
    };
    check_refusals(*state, logs_call, rows);
}

static void groups_by_name_and_class(void **state) {
    struct cloud *c = *state;
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'one/a'}"));
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'two/a'}"));
    ok(logs_call(c, "DescribeLogGroups", "{'logGroupNamePrefix':'two'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logGroups")), 1);
    check_at(c, "logGroups.0.logGroupName", "'two/a'");
    check_at(c, "logGroups.0.metricFilterCount", "0");
    check_at(c, "logGroups.0.storedBytes", "0");
    check_at(c, "logGroups.0.logGroupClass", "'STANDARD'");
    check_at(c, "logGroups.0.logGroupArn", "'arn:aws:logs:us-east-1:" ACCOUNT ":log-group:two/a'");
    ok(logs_call(c, "DescribeLogGroups", "{'logGroupNamePattern':'e/'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logGroups")), 1);
    ok(logs_call(c, "DescribeLogGroups", "{'logGroupClass':'STANDARD'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logGroups")), 2);
    ok(logs_call(c, "DescribeLogGroups", "{'logGroupClass':'INFREQUENT_ACCESS'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logGroups")), 0);
}

/* Fifty streams a page, in the order of names; backwards too. */
static void streams_in_pages(void **state) {
    struct cloud *c = *state;
    char in[200];
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}"));
    for (int i = 0; i < 51; i++) {
        snprintf(in, sizeof in, "{'logGroupName':'g','logStreamName':'s%02d'}", i);
        ok(logs_call(c, "CreateLogStream", in));
    }
    ok(logs_call(c, "DescribeLogStreams", "{'logGroupName':'g'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logStreams")), 50);
    check_at(c, "logStreams.0.logStreamName", "'s00'");
    check_at(c, "logStreams.0.storedBytes", "0");
    check_at(c, "logStreams.0.firstEventTimestamp", "");
    snprintf(in, sizeof in, "{'logGroupName':'g','nextToken':'" STR_FMT "'}",
             STR_ARG(text_at(c, "nextToken")));
    ok(logs_call(c, "DescribeLogStreams", in));
    CHECK_INT(json_array_size(json_arr(c->call.out, "logStreams")), 1);
    check_at(c, "logStreams.0.logStreamName", "'s50'");
    check_at(c, "logStreams.0.arn",
             "'arn:aws:logs:us-east-1:" ACCOUNT ":log-group:g:log-stream:s50'");
    check_at(c, "nextToken", "");
    ok(logs_call(c, "DescribeLogStreams", "{'logGroupName':'g','descending':true,'limit':2}"));
    check_at(c, "logStreams.0.logStreamName", "'s50'");
    check_at(c, "logStreams.1.logStreamName", "'s49'");
}

static void tags(void **state) {
    struct cloud *c = *state;
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}"));
    for (int i = 0; i <= 50; i++) {
        char in[100];
        snprintf(in, sizeof in, "{'logGroupName':'g','tags':{'k%d':'v'}}", i);
        fails(logs_call(c, "TagLogGroup", in), i < 50 ? "" : "TooManyTagsException");
    }
    ok(logs_call(c, "UntagLogGroup", "{'logGroupName':'g','tags':['k0','k1']}"));
    ok(logs_call(c, "ListTagsLogGroup", "{'logGroupName':'g'}"));
    CHECK_INT(json_object_size(json_obj(c->call.out, "tags")), 48);
    fails(logs_call(c, "ListTagsLogGroup", "{'logGroupName':'none'}"), "ResourceNotFoundException");
}

/* A page ends once it holds a megabyte. */
static void a_megabyte_a_page(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf big = many(700000, 'x'), in = {0};
    fill(c);
    for (int i = 0; i < 3; i++) {
        CLEANUP_DEINIT(buf) struct buf event = {0};
        buf_printf(&event, "{'timestamp':T+%d,'message':'%s'}", 10 + i, buf_cstr(&big));
        ok(put(c, buf_cstr(&event)));
    }
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g','startTime':T+4}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "events")), 2);
    buf_printf(&in, "{'logGroupName':'g','nextToken':'" STR_FMT "'}",
               STR_ARG(text_at(c, "nextToken")));
    ok(logs_call(c, "FilterLogEvents", buf_cstr(&in)));
    CHECK_INT(json_array_size(json_arr(c->call.out, "events")), 1);
    check_at(c, "nextToken", "");
    ok(logs_call(c, "GetLogEvents", "{" S_OF_G ",'startTime':T+4,'startFromHead':true}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "events")), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(sizes),
        T(one_day_a_batch),
        T(too_old_and_too_new),
        T(retention_days),
        T(refused),
        T(tags),
        T(groups_by_name_and_class),
        T(streams_in_pages),
        T(a_megabyte_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
