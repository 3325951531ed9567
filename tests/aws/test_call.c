/* Rows, validation, authorisation, commits and waits, through calls from inside. */
#include "aws/model.h"
#include "aws/row.h"
#include "lib/cloud.h"
#include "cm.h"
#include "store/key.h"

#include <pthread.h>
#include <unistd.h>

/* ---- A service made of SNS and DynamoDB operations ---- */

static struct {
    int runs, conflicts; /* handler runs; how many of them lose a race */
    struct rq *parked;
    bool resume_early, big;
    char seen_arn[128];
} fake;

static int count_up(void *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf next = {0};
    fake.runs++;
    buf_c(&row.key, "count");
    int r = rq_row_get(rq, &row);
    if (r == AWS_FAILED)
        return r;
    uint64_t n = 0;
    str_to_u64(buf_view(&row.bytes), &n);
    if (fake.conflicts > 0) { /* somebody else writes between our read and our commit */
        fake.conflicts--;
        CLEANUP(store_batch) struct store_batch *other = store_batch_new();
        CLEANUP_DEINIT(buf) struct buf theirs = {0};
        buf_printf(&theirs, "%llu", (unsigned long long)n + 100);
        store_put_blind(other, STORE_META, S("count"), buf_view(&theirs));
        CHECK_INT(store_commit(rq_store(rq), other, NULL), 0);
    }
    buf_printf(&next, "%llu", (unsigned long long)n + 1);
    row_put(rq_rows(rq), &row, buf_view(&next));
    rq->out = json_pack("{s:s}", "TopicArn", buf_cstr(&next));
    return 0;
}

static int woken(void *svc, struct rq *rq) {
    (void)svc;
    rq->out = json_pack("{s:s}", "MessageId", "woken");
    return 0;
}

static void *wake(void *rq) {
    usleep(2000);
    aws_resume(rq);
    return NULL;
}

static int park(void *svc, struct rq *rq) {
    (void)svc;
    pthread_t thread;
    store_put_blind(rq_batch(rq), STORE_META, S("parked"), S("yes"));
    if (fake.resume_early)
        aws_resume(rq);
    else if (pthread_create(&thread, NULL, wake, rq) == 0)
        pthread_detach(thread);
    return aws_suspend(rq, woken);
}

static const struct aws_error Sns_NotFound = {"NotFound", 404, "Topic does not exist", NULL};
static int refuse(void *svc, struct rq *rq) {
    (void)svc;
    store_put_blind(rq_batch(rq), STORE_META, S("refused"), S("yes"));
    return aws_fail(rq, &Sns_NotFound, NULL);
}

static int nothing(void *svc, struct rq *rq) {
    (void)svc;
    (void)rq;
    return 0;
}

static const struct aws_may second;
static int twice(void *svc, struct rq *rq) {
    (void)svc;
    return rq_must(rq, &second);
}

static int asked_arn(void *svc, struct rq *rq, struct buf *arn) {
    (void)svc;
    buf_printf(arn, "arn:aws:sns:us-east-1:000000000000:" STR_FMT,
               STR_ARG(json_str(rq->in, "Protocol")));
    return 0;
}

static const struct aws_op sns_rows[] = {
    {"CreateTopic", count_up, "sns:CreateTopic", "arn:aws:sns:{region}:{account}:{Name}",
     OP_MUTATES, NULL},
    {"Publish", park, "sns:Publish", "{TopicArn}", OP_MUTATES, NULL},
    {"DeleteTopic", refuse, "sns:DeleteTopic", "{TopicArn}", OP_MUTATES, NULL},
    {"ListTopics", nothing, "sns:ListTopics", "*", OP_PAGINATES, NULL},
    {"GetTopicAttributes", twice, "sns:GetTopicAttributes", "{TopicArn}", 0, NULL},
    {"Subscribe", nothing, "sns:Subscribe", "@", 0, NULL},
    {"ListSubscriptions", nothing, "-", "*", OP_NO_AUTH, NULL},
};
static const struct aws_op_row sns_asks[] = {
    {ROW_FILLED, "sns:Protocol", "the hook", "String", NULL, 0, NULL},
    {ROW_OP, "GetTopicAttributes", NULL, NULL, NULL, 0, NULL},
    {ROW_MAY, NULL, "always", "sns:Second", "arn:aws:sns:{region}:{account}:second", 0, &second},
};
static const struct aws_op ddb_rows[] = {
    {"CreateTable", nothing, "dynamodb:CreateTable",
     "arn:aws:dynamodb:{region}:{account}:table/{TableName}", 0, NULL},
    {"ListTables", nothing, "dynamodb:ListTables", "*", 0, NULL},
    {"PutItem", nothing, "dynamodb:PutItem",
     "arn:aws:dynamodb:{region}:{account}:table/{TableName}", 0, NULL},
};
static int veto(void *svc, struct rq *rq, str arn, bool via_resource) {
    (void)svc;
    (void)via_resource;
    snprintf(fake.seen_arn, sizeof fake.seen_arn, STR_FMT, STR_ARG(arn));
    return str_ends(arn, S(":vetoed")) ? aws_fail(rq, &Sns_NotFound, "vetoed") : 0;
}
static int context(void *svc, struct rq *rq, const struct aws_question *question,
                   struct policy_context *c) {
    (void)svc, (void)question;
    policy_context_add(c, S("sns:Protocol"), json_str(rq->in, "Name"));
    return 0;
}
/* One word of its own; the rest as its dialect says. */
static const struct aws_error sns_says[N_COMMON] = {
    [COMMON_ACCESS_DENIED] = {.code = "AuthorizationError", .status = 403}};
static const struct aws_service sns = {.name = "sns",
                                       .api = &api_sns,
                                       .ops = sns_rows,
                                       .n_ops = ARRAY_LEN(sns_rows),
                                       .rows = sns_asks,
                                       .n_rows = ARRAY_LEN(sns_asks),
                                       .common = sns_says,
                                       .resource = asked_arn,
                                       .veto = veto,
                                       .context = context};
static const struct aws_service ddb = {
    .name = "dynamodb", .api = &api_dynamodb, .ops = ddb_rows, .n_ops = ARRAY_LEN(ddb_rows)};

static struct cloud f;

static int setup(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    cloud_open(&f, NULL);
    cloud_add(&f, &sns);
    cloud_add(&f, &ddb);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    cloud_close(&f);
    return 0;
}

static int call_as(struct aws_identity *who, struct aws_call *call, const char *service,
                   const char *op, const char *in) {
    CLEANUP_JSON json_t *doc = in ? json_parse(str_c(in), NULL) : NULL;
    *call = (struct aws_call){.cloud = f.cloud,
                              .caller = who,
                              .account = S("000000000000"),
                              .region = S("us-east-1"),
                              .service = service,
                              .op = op,
                              .in = doc};
    int r = aws_call(call);
    call->in = NULL;
    return r;
}

static void expect(struct aws_identity *who, const char *service, const char *op, const char *in,
                   const char *code, const char *message) {
    struct aws_call call;
    int r = call_as(who, &call, service, op, in);
    CHECK_BUF(call.error_code, code ? code : "");
    if (message)
        CHECK_BUF(call.error_message, message);
    CHECK_INT(r, code ? AWS_FAILED : 0);
    aws_call_deinit(&call);
}

static void check_stored(const char *key, const char *want) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    int r = store_get(f.store, NULL, STORE_META, str_c(key), &value);
    CHECK_INT(r, want ? 0 : STORE_E_ABSENT);
    if (want)
        CHECK_BUF(value, want);
}

/* ---- Tests ---- */

static void test_commits_with_the_answer(void **state) {
    (void)state;
    struct aws_call call;
    CHECK_INT(call_as(f.root, &call, "sns", "CreateTopic", "{\"Name\":\"a\"}"), 0);
    CHECK_STR(json_str(call.out, "TopicArn"), S("1"));
    CHECK_INT(call.status, 200);
    aws_call_deinit(&call);
    check_stored("count", "1");
}

static void test_runs_again_after_a_conflict(void **state) {
    (void)state;
    fake.conflicts = 5;
    expect(f.root, "sns", "CreateTopic", "{\"Name\":\"a\"}", NULL, NULL);
    CHECK_INT(fake.runs, 6);
    check_stored("count", "501");
}

static void test_gives_up_at_last(void **state) {
    (void)state;
    fake.conflicts = 1000;
    expect(f.root, "sns", "CreateTopic", "{\"Name\":\"a\"}", "Throttling", "Rate exceeded");
    CHECK_RANGE(fake.runs, 10, 100);
}

static void test_a_failure_writes_nothing(void **state) {
    (void)state;
    expect(f.root, "sns", "DeleteTopic", "{\"TopicArn\":\"arn:x\"}", "NotFound",
           "Topic does not exist");
    check_stored("refused", NULL);
}

static void test_suspends(void **state) {
    (void)state;
    for (int early = 0; early < 2; early++) {
        struct aws_call call;
        fake.resume_early = early;
        CHECK_INT(
            call_as(f.root, &call, "sns", "Publish", "{\"TopicArn\":\"arn:x\",\"Message\":\"m\"}"),
            0);
        CHECK_STR(json_str(call.out, "MessageId"), S("woken"));
        aws_call_deinit(&call);
        check_stored("parked", "yes");
    }
}

static void test_names_what_is_missing(void **state) {
    (void)state;
    expect(f.root, "sns", "Unsubscribe", "{\"SubscriptionArn\":\"x\"}", "NotImplemented",
           "calotype does not implement sns:Unsubscribe");
    expect(f.root, "dynamodb", "ListBackups", NULL, "NotImplemented",
           "calotype does not implement dynamodb:ListBackups");
    expect(f.root, "logs", "PutLogEvents", NULL, "NotImplemented",
           "calotype does not implement logs:PutLogEvents");
    expect(f.root, "sns", "NoSuchThing", NULL, "InvalidAction",
           "no such operation: sns:NoSuchThing");
}

static void test_validation_wording(void **state) {
    (void)state;
    static const struct {
        const char *service, *op, *in, *code, *message;
    } cases[] = {
        {"sns", "CreateTopic", "{}", "ValidationError",
         "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
        {"dynamodb", "PutItem", "{\"TableName\":\"\",\"Item\":{}}", "ValidationException",
         "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
        {"dynamodb", "PutItem", "{\"TableName\":\"abc\",\"Item\":{},\"ReturnValues\":\"ALL\"}",
         "ValidationException",
         "1 validation error detected: Value 'ALL' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [NONE, ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATED_NEW]"},
        {"dynamodb", "CreateTable",
         "{\"TableName\":\"abc\",\"KeySchema\":[{\"AttributeName\":\"a\",\"KeyType\":\"hash\"}],\"AttributeDefinitions\":[{\"AttributeType\":\"S\"}]}",
         "ValidationException",
         "2 validation errors detected: Value null at 'attributeDefinitions.1.member.attributeName' failed to satisfy constraint: Member must not be null; "
         "Value 'hash' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]"},
        {"dynamodb", "CreateTable",
         "{\"TableName\":\"abc\",\"KeySchema\":[],\"ProvisionedThroughput\":{\"ReadCapacityUnits\":0,\"WriteCapacityUnits\":1}}",
         "ValidationException",
         "2 validation errors detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length greater than or equal to 1; "
         "Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1"},
        {"dynamodb", "ListTables", "{\"Limit\":101}", "ValidationException",
         "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"},
        {"dynamodb", "ListTables", "{\"Limit\":0}", "ValidationException",
         "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
        {"dynamodb", "ListTables", "{\"Limit\":-1,\"ExclusiveStartTableName\":\"a b\"}",
         "ValidationException",
         "2 validation errors detected: Value 'a b' at 'exclusiveStartTableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
         "Value '-1' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
        {"dynamodb", "PutItem", "{\"TableName\":\"abc\",\"Item\":{\"a\":{\"S\":1}}}",
         "SerializationException", "NUMBER_VALUE can not be converted to String"},
        {"dynamodb", "PutItem", "{\"TableName\":\"abc\",\"Item\":{\"a\":{\"B\":\"*\"}}}",
         "SerializationException", "STRING_VALUE can not be converted to Blob"},
        {"dynamodb", "PutItem", "{\"TableName\":\"abc\",\"Item\":7}", "SerializationException",
         "Unexpected value type in payload"},
        {"dynamodb", "PutItem", "{\"TableName\":[],\"Item\":{}}", "SerializationException",
         "Start of structure or map found where not expected."},
        {"dynamodb", "PutItem",
         "{\"TableName\":\"abc\",\"Item\":{},\"Unknown\":1,\"ReturnValues\":null}", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(f.root, cases[i].service, cases[i].op, cases[i].in, cases[i].code, cases[i].message);
}

/* Many faults are counted, eight are told; a long value is cut between two characters. */
static void test_many_faults(void **state) {
    (void)state;
    struct aws_call call;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in,
          "{\"TableName\":\"abc\",\"KeySchema\":[{\"AttributeName\":\"a\",\"KeyType\":\"HASH\"}],"
          "\"AttributeDefinitions\":[");
    for (int i = 0; i < 9; i++)
        buf_c(&in, i ? ",{\"AttributeName\":\"a\"}" : "{\"AttributeName\":\"a\"}");
    buf_c(&in, "]}");
    CHECK_INT(call_as(f.root, &call, "dynamodb", "CreateTable", buf_cstr(&in)), AWS_FAILED);
    CHECK(str_starts(buf_view(&call.error_message),
                     S("9 validation errors detected: Value null at "
                       "'attributeDefinitions.1.member.attributeType'")));
    CHECK_HAS(buf_cstr(&call.error_message), "'attributeDefinitions.8.member.attributeType'");
    CHECK(!strstr(buf_cstr(&call.error_message), "attributeDefinitions.9"));
    aws_call_deinit(&call);

    for (size_t before = 1021; before <= 1024; before++) {
        CLEANUP_DEINIT(buf) struct buf want = {0};
        buf_clear(&in);
        buf_c(&in, "{\"TableName\":\"abc\",\"Item\":{},\"ReturnValues\":\"");
        for (size_t i = 0; i < before; i++)
            buf_char(&in, 'x');
        buf_c(&in, "\xE2\x82\xAC\"}");
        buf_c(&want, "1 validation error detected: Value '");
        for (size_t i = 0; i < before; i++)
            buf_char(&want, 'x');
        buf_c(&want, before == 1021 ? "\xE2\x82\xAC' at 'returnValues'" : "' at 'returnValues'");
        CHECK_INT(call_as(f.root, &call, "dynamodb", "PutItem", buf_cstr(&in)), AWS_FAILED);
        CHECK(str_starts(buf_view(&call.error_message), buf_view(&want)));
        aws_call_deinit(&call);
    }
}

static void test_authorises_the_row(void **state) {
    (void)state;
    expect(
        f.user, "sns", "CreateTopic", "{\"Name\":\"a\"}", "AuthorizationError",
        "User: arn:aws:iam::000000000000:user/anna is not authorized to perform: sns:CreateTopic on resource: "
        "arn:aws:sns:us-east-1:000000000000:a because no identity-based policy allows the sns:CreateTopic action");
    cloud_user_policy(
        &f,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sns:CreateTopic\","
        "\"Resource\":\"arn:aws:sns:us-east-1:000000000000:a\"}]}");
    expect(f.user, "sns", "CreateTopic", "{\"Name\":\"a\"}", NULL, NULL);
    expect(f.user, "sns", "CreateTopic", "{\"Name\":\"b\"}", "AuthorizationError", NULL);
    expect(f.user, "sns", "ListTopics", "{}", "AuthorizationError", NULL);
    expect(f.user, "sns", "ListSubscriptions", "{}", NULL, NULL);
    expect(f.user, "dynamodb", "PutItem", "{\"TableName\":\"abc\",\"Item\":{}}",
           "AccessDeniedException", NULL);
    check_stored("count", "1");
}

static void test_asks_hooks(void **state) {
    (void)state;
    expect(f.root, "sns", "Subscribe", "{\"TopicArn\":\"arn:x\",\"Protocol\":\"asked\"}", NULL,
           NULL);
    CHECK_TEXT(fake.seen_arn, "arn:aws:sns:us-east-1:000000000000:asked");
    expect(f.root, "sns", "Subscribe", "{\"TopicArn\":\"arn:x\",\"Protocol\":\"vetoed\"}",
           "NotFound", "vetoed");
    /* A right that the handler asks for. */
    expect(f.root, "sns", "GetTopicAttributes", "{\"TopicArn\":\"arn:x\"}", NULL, NULL);
    cloud_user_policy(
        &f,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sns:Get*\",\"Resource\":\"*\"}]}");
    expect(f.user, "sns", "GetTopicAttributes", "{\"TopicArn\":\"arn:x\"}", "AuthorizationError",
           NULL);
}

static void test_context_keys(void **state) {
    (void)state;
    static const struct {
        const char *condition;
        bool allowed;
    } cases[] = {
        {"\"Bool\":{\"aws:SecureTransport\":\"true\"}", true},
        {"\"StringEquals\":{\"aws:username\":\"anna\"}", true},
        {"\"StringEquals\":{\"aws:username\":\"bert\"}", false},
        {"\"StringEquals\":{\"aws:userid\":\"AIDAUSER\"}", true},
        {"\"StringEquals\":{\"aws:PrincipalAccount\":\"000000000000\"}", true},
        {"\"ArnEquals\":{\"aws:PrincipalArn\":\"arn:aws:iam::000000000000:user/anna\"}", true},
        {"\"StringEquals\":{\"aws:PrincipalType\":\"User\"}", true},
        {"\"StringEquals\":{\"aws:RequestedRegion\":\"us-east-1\"}", true},
        {"\"StringEquals\":{\"aws:RequestedRegion\":\"eu-west-1\"}", false},
        {"\"DateGreaterThan\":{\"aws:CurrentTime\":\"2026-01-01T00:00:00Z\"}", true},
        {"\"DateLessThan\":{\"aws:CurrentTime\":\"2026-01-01T00:00:00Z\"}", false},
        {"\"NumericGreaterThan\":{\"aws:EpochTime\":\"1600000000\"}", true},
        {"\"Bool\":{\"aws:PrincipalIsAWSService\":\"false\"}", true},
        {"\"Null\":{\"aws:PrincipalServiceName\":\"true\"}", true},
        {"\"Null\":{\"aws:username\":\"true\"}", false},
        {"\"StringEquals\":{\"sns:Protocol\":\"a\"}", true},
        {"\"StringEquals\":{\"sns:Protocol\":\"b\"}", false},
        {"\"IpAddress\":{\"aws:SourceIp\":\"0.0.0.0/0\"}", false}, /* a call from inside has none */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char json[512];
        snprintf(
            json, sizeof json,
            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
            "\"Condition\":{%s}}]}",
            cases[i].condition);
        cloud_user_policy(&f, json);
        struct aws_call call;
        int r = call_as(f.user, &call, "sns", "CreateTopic", "{\"Name\":\"a\"}");
        CHECK_CASE((r == 0) == cases[i].allowed, cases[i].condition);
        aws_call_deinit(&call);
    }
}

static void test_refuses_wrong_rows(void **state) {
    (void)state;
    static const struct aws_op unknown[] = {{"NoSuchOperation", nothing, "sqs:x", "*", 0, NULL}};
    static const struct aws_op no_hook[] = {{"SendMessage", nothing, "sqs:x", "@", 0, NULL}};
    const struct aws_op *const rows[] = {unknown, no_hook};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        CLEANUP(aws_cloud) struct aws_cloud *cloud = NULL;
        struct aws_options options = {.store = f.store,
                                      .hub = f.hub,
                                      .identities = *aws_cloud_identities(f.cloud)};
        struct aws_service service = {.name = "sqs", .api = &api_sqs, .ops = rows[i], .n_ops = 1};
        CHECK_INT(aws_cloud_new(&cloud, &options, &err), 0);
        CHECK(aws_cloud_add(cloud, &service, &err) != 0);
        CHECK(strstr(err.text, rows[i]->name));
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_commits_with_the_answer),
        T(test_runs_again_after_a_conflict),
        T(test_gives_up_at_last),
        T(test_a_failure_writes_nothing),
        T(test_suspends),
        T(test_names_what_is_missing),
        T(test_validation_wording),
        T(test_many_faults),
        T(test_authorises_the_row),
        T(test_asks_hooks),
        T(test_context_keys),
        T(test_refuses_wrong_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
