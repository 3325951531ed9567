/* logs: FilterLogEvents in pages, and by whose right. */
#include "fixture.h"

static void pages_and_streams(void **state) {
    struct cloud *c = *state;
    fill(c);
    static const struct {
        const char *in, *want;
    } cases[] = {
        {"{'logGroupName':'g'}", "a,x,b,y,c"},
        {"{'logGroupName':'g','logStreamNames':['t']}", "x,y"},
        {"{'logGroupName':'g','logStreamNamePrefix':'s'}", "a,b,c"},
        {"{'logGroupName':'g','startTime':T+2,'endTime':T+2}", "b,y"},
        {"{'logGroupName':'g','filterPattern':'?a ?y'}", "a,y"},
        {"{'logGroupIdentifier':'arn:aws:logs:us-east-1:000000000000:log-group:g','interleaved':true,'limit':1}",
         "a"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ok(logs_call(c, "FilterLogEvents", cases[i].in));
        CHECK_CASE(strcmp(messages(c), cases[i].want) == 0, cases[i].in);
    }
    /* One by one gives the same. */
    CLEANUP_DEINIT(buf) struct buf in = {0}, all = {0};
    buf_c(&in, "{'logGroupName':'g','limit':1}");
    for (bool more = true; more;) {
        ok(logs_call(c, "FilterLogEvents", buf_cstr(&in)));
        buf_c(&all, messages(c));
        more = json_has(c->call.out, "nextToken");
        buf_clear(&in);
        buf_printf(&in, "{'logGroupName':'g','limit':1,'nextToken':'" STR_FMT "'}",
                   STR_ARG(json_str(c->call.out, "nextToken")));
    }
    CHECK_BUF(all, "axbyc");
    ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g','limit':1}"));
    CHECK_INT(json_str(json_array_get(json_arr(c->call.out, "events"), 0), "eventId").len, 56);
    fails(logs_call(c, "FilterLogEvents", "{'logGroupName':'g','filterPattern':'{ $.a'}"),
          "InvalidParameterException");
    fails(logs_call(c, "FilterLogEvents", "{'logGroupName':'g','nextToken':'1'}"),
          "InvalidParameterException");
    fails(logs_call(c, "FilterLogEvents", "{'logGroupName':'g','startTime':T+5,'endTime':T+4}"),
          "InvalidParameterException");
    fails(logs_call(c, "FilterLogEvents", "{'logGroupName':'none'}"), "ResourceNotFoundException");
}

/*
 * Whose policy names the group with ":*", as DescribeLogGroups' arn has it, may read it and no
 * other.
 */
static void authorised_by_group(void **state) {
    struct cloud *c = *state;
    fill(c);
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'h'}"));
    ok(cloud_call(c, "CreateUser", "{'UserName':'u'}"));
    ok(cloud_call(
        c, "PutUserPolicy",
        "{'UserName':'u','PolicyName':'p','PolicyDocument':'{`Statement`:{`Effect`:`Allow`,"
        "`Action`:`logs:*`,`Resource`:`arn:aws:logs:us-east-1:000000000000:log-group:g:*`}}'}"));
    ok(cloud_call(c, "CreateAccessKey", "{'UserName':'u'}"));
    CLEANUP(aws_identity)
    struct aws_identity *u =
        cloud_find(c, json_str(json_obj(c->call.out, "AccessKey"), "AccessKeyId"));
    ok(cloud_call_as(c, u, "logs", "FilterLogEvents", "{'logGroupName':'g'}"));
    ok(cloud_call_as(
        c, u, "logs", "GetLogEvents",
        "{'logGroupIdentifier':'arn:aws:logs:us-east-1:000000000000:log-group:g','logStreamName':'s'}"));
    ok(cloud_call_as(c, u, "logs", "CreateLogStream", "{'logGroupName':'g','logStreamName':'v'}"));
    fails(cloud_call_as(c, u, "logs", "FilterLogEvents", "{'logGroupName':'h'}"),
          "AccessDeniedException");
    CHECK(
        str_find(
            buf_view(&c->call.error_message),
            S("on resource: arn:aws:logs:us-east-1:000000000000:log-group:h:log-stream: because")) >
        0);
}

int main(void) {
    const struct CMUnitTest tests[] = {T(pages_and_streams), T(authorised_by_group)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
