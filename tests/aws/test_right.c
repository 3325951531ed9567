/*
 * What rows ask: conditions, items, versions, tags, roles, alternatives, keys; and rows that are
 * refused at the start.
 */
#include "aws/model.h"
#include "lib/cloud.h"
#include "cm.h"

#include <errno.h>

/* ---- A service made of S3's, CloudWatch's and Lambda's operations: its handlers only ask ---- */

static struct {
    struct buf asked; /* by the context hook: "action resource version\n" */
    bool item_0, item_1, later, broken;
    struct policy *policy; /* of every topic */
    str owner;             /* its account; absent: not told */
    str account;           /* the request's, as the handler finds it */
    bool vetoed, veto_via_resource;
    unsigned tags_asked;
} fake;

static int nothing(void *svc, struct rq *rq) {
    (void)svc, (void)rq;
    return 0;
}

static int notes_account(void *svc, struct rq *rq) {
    (void)svc;
    fake.account = str_is(rq->account, "111111111111")   ? S("theirs")
                   : str_is(rq->account, "000000000000") ? S("ours")
                                                         : S("none");
    return 0;
}

static const struct aws_may later, absent;
static int asks_later(void *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(buf) struct buf why = {0};
    fake.later = rq_may(rq, &later, &why);
    CHECK_INT(fake.later, why.len == 0);
    return 0;
}
static int asks_absent(void *svc, struct rq *rq) {
    (void)svc;
    return rq_must(rq, &absent);
}
static int asks_items(void *svc, struct rq *rq) {
    (void)svc;
    fake.item_0 = rq_may_item(rq, 0, NULL);
    fake.item_1 = rq_may_item(rq, 1, NULL);
    return 0;
}

static int context(void *svc, struct rq *rq, const struct aws_question *q,
                   struct policy_context *c) {
    (void)svc;
    buf_printf(&fake.asked, "%s " STR_FMT " " STR_FMT "\n", q->action, STR_ARG(q->resource),
               STR_ARG(q->version));
    if (q->flags & (OP_OF_SERVICE << 3))
        policy_context_add(c, S("s3:ExistingObjectTag/of"), q->resource);
    return fake.broken ? aws_fault(rq, -EIO, "reading tags") : 0;
}

static int policy_of_topic(void *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                           str *ret_account) {
    (void)svc, (void)rq, (void)arn;
    *ret_policy = fake.policy;
    if (fake.owner.p)
        *ret_account = fake.owner;
    return fake.broken ? -EIO : 0;
}

static const struct aws_error vetoed = {"AccessDenied", 403, "vetoed", NULL};
static int veto(void *svc, struct rq *rq, str arn, bool via_resource) {
    (void)svc, (void)arn;
    fake.veto_via_resource = via_resource;
    return fake.vetoed ? aws_fail(rq, &vetoed, NULL) : 0;
}

static const struct aws_error unreadable = {"InvalidArgument", 400, "cannot be read", NULL};
static int derived(struct rq *rq, str *ret) {
    *ret = json_str(rq->in, "CopySource");
    return str_is(*ret, "not/read") ? aws_fail(rq, &unreadable, NULL) : 0;
}
static const struct aws_derived derived_names[] = {{"source", derived}, {0}};

#define OBJECT "arn:aws:s3:::{Bucket}/{Key}"
static const struct aws_op s3_ops[] = {
    {"GetObject", asks_later, "s3:GetObject", OBJECT, 0, NULL},
    {"CopyObject", nothing, "s3:PutObject", OBJECT, OP_OF_SERVICE << 3, NULL},
    {"DeleteObjects", asks_items, "s3:DeleteObject", "arn:aws:s3:::{Bucket}/{Delete.Objects[].Key}",
     OP_ITEMWISE, NULL},
    {"HeadBucket", asks_absent, "s3:ListBucket", "arn:aws:s3:::{Bucket}", 0, NULL},
};
static const struct aws_op_row s3_rows[] = {
    {ROW_KEY, "s3:x-amz-acl", "ACL", NULL, NULL, 0, NULL},
    {ROW_FILLED, "s3:TlsVersion", "aws", "Numeric", NULL, 0, NULL},
    {ROW_FILLED, "s3:ResourceAccount", "aws", "String", NULL, 0, NULL},
    {ROW_FILLED, "s3:ExistingObjectTag/*", "the hook", "String", NULL, 0, NULL},
    {ROW_OP, "GetObject", NULL, NULL, NULL, 0, NULL},
    {ROW_VERSIONED, NULL, "VersionId", "s3:GetObjectVersion", NULL, 0, NULL},
    {ROW_MAY, NULL, "later", "s3:ListBucket", "arn:aws:s3:::{Bucket}", 0, &later},
    {ROW_OP, "CopyObject", NULL, NULL, NULL, 0, NULL},
    {ROW_ALSO, NULL, "", "s3:GetObject", "arn:aws:s3:::{@source}", RIGHT_APART | OP_OF_SERVICE << 3,
     NULL},
    {ROW_ALSO, NULL, "Tagging&TaggingDirective=REPLACE", "s3:PutObjectTagging", OBJECT, 0, NULL},
    {ROW_ALSO, NULL, "ACL!=private|GrantRead", "s3:PutObjectAcl", OBJECT, 0, NULL},
    {ROW_ALSO, NULL, "!Key", "s3:Never", OBJECT, 0, NULL},
    {ROW_OP, "DeleteObjects", NULL, NULL, NULL, 0, NULL},
    {ROW_VERSIONED, NULL, "Delete.Objects[].VersionId", "s3:DeleteObjectVersion", NULL, 0, NULL},
    {ROW_OP, "HeadBucket", NULL, NULL, NULL, 0, NULL},
};
static const struct aws_service s3 = {.name = "s3",
                                      .api = &api_s3,
                                      .ops = s3_ops,
                                      .n_ops = ARRAY_LEN(s3_ops),
                                      .rows = s3_rows,
                                      .n_rows = ARRAY_LEN(s3_rows),
                                      .derived = derived_names,
                                      .context = context};

static int tags(void *svc, struct rq *rq, str arn, json_t **ret_tags) {
    (void)svc;
    fake.tags_asked++;
    if (fake.broken)
        return aws_fault(rq, -EIO, "reading tags");
    *ret_tags = str_ends(arn, S(":red")) ? json_pack("{s:s}", "team", "red")
                                         : json_pack("[{s:s,s:s}]", "Key", "team", "Value", "blue");
    return 0;
}

#define ALARM "arn:aws:cloudwatch:{region}:{account}:alarm:"
static const struct aws_op cw_ops[] = {
    {"DeleteAlarms", nothing, "cloudwatch:DeleteAlarms", ALARM "{AlarmNames[]}", 0, NULL},
    {"UntagResource", nothing, "cloudwatch:UntagResource", "{ResourceARN}", 0, NULL},
};
/* A service with policies of its resources; their ARNs name no account, as S3's do not. */
static const struct aws_op sns_ops[] = {
    {"Publish", notes_account, "sns:Publish", "arn:aws:sns:::{TopicArn}", 0, NULL}};
static const struct aws_service sns = {.name = "sns",
                                       .api = &api_sns,
                                       .ops = sns_ops,
                                       .n_ops = ARRAY_LEN(sns_ops),
                                       .resource_policy = policy_of_topic,
                                       .veto = veto};

static const struct aws_op_row cw_rows[] = {
    {ROW_OP, "UntagResource", NULL, NULL, NULL, 0, NULL},
    {ROW_TAGS, NULL, "TagKeys", NULL, NULL, 0, NULL},
};
static const struct aws_service cw = {.name = "cloudwatch",
                                      .api = &api_cloudwatch,
                                      .ops = cw_ops,
                                      .n_ops = ARRAY_LEN(cw_ops),
                                      .rows = cw_rows,
                                      .n_rows = ARRAY_LEN(cw_rows),
                                      .tags = tags};

static const struct aws_op lambda_ops[] = {
    {"CreateFunction", nothing, "lambda:CreateFunction", "arn:{FunctionName}", 0, NULL}};
static const struct aws_op_row lambda_rows[] = {
    {ROW_OP, "CreateFunction", NULL, NULL, NULL, 0, NULL},
    {ROW_PASSES, "lambda.amazonaws.com", "Role", "iam:PassRole", "iam:PassedToService", 0, NULL},
    {ROW_TAGS, NULL, "Tags", "lambda:TagResource", "arn:{FunctionName}:tagged", 0, NULL},
    {ROW_OR, NULL, NULL, "lambda:OldTag", NULL, 0, NULL},
};
static const struct aws_service lambda = {.name = "lambda",
                                          .api = &api_lambda,
                                          .ops = lambda_ops,
                                          .n_ops = 1,
                                          .rows = lambda_rows,
                                          .n_rows = ARRAY_LEN(lambda_rows),
                                          .context = context};

static struct cloud f;

static int setup(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    cloud_open(&f, NULL);
    cloud_add(&f, &s3);
    cloud_add(&f, &cw);
    cloud_add(&f, &lambda);
    cloud_add(&f, &sns);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    buf_deinit(&fake.asked);
    cloud_close(&f);
    return 0;
}

/* Statements as a policy of the user's; want: what the refusal says, or "". */
static void call_with(const char *statements, const char *service, const char *op, const char *in,
                      const char *want) {
    CLEANUP_DEINIT(buf) struct buf policy = {0};
    CLEANUP_JSON json_t *doc = json_parse(str_c(in), NULL);
    CHECK(doc);
    buf_printf(&policy, "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", statements);
    cloud_user_policy(&f, buf_cstr(&policy));
    buf_clear(&fake.asked);
    struct aws_call c = {.cloud = f.cloud,
                         .caller = f.user,
                         .account = S("000000000000"),
                         .region = S("us-east-1"),
                         .service = service,
                         .op = op,
                         .in = doc};
    aws_call(&c);
    str message = buf_view(&c.error_message);
    if (*want && str_find(message, str_c(want)) < 0)
        fail_msg("%s %s: wanted \"%s\", got " STR_FMT, op, in, want, STR_ARG(message));
    if (!*want && c.error_code.len)
        fail_msg("%s %s: " STR_FMT, op, in, STR_ARG(message));
    aws_call_deinit(&c);
}

/* The same beside a statement that looks at a key in every question, and never holds. */
static void call(const char *statements, const char *service, const char *op, const char *in,
                 const char *want) {
    CLEANUP_DEINIT(buf) struct buf all = {0};
    buf_printf(
        &all,
        "{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"x:never\":\"\"}}},%s",
        statements);
    call_with(buf_cstr(&all), service, op, in, want);
}

#define ALLOW(actions, resource)                                                                   \
    "{\"Effect\":\"Allow\",\"Action\":[" actions "],\"Resource\":\"" resource "\"}"
#define ALLOW_IF(action, condition)                                                                \
    "{\"Effect\":\"Allow\",\"Action\":\"" action "\",\"Resource\":\"*\",\"Condition\":{" condition \
    "}}"

static void test_versions(void **state) {
    (void)state;
    call(ALLOW("\"s3:GetObject\"", "*"), "s3", "GetObject", "{\"Bucket\":\"abc\",\"Key\":\"k\"}",
         "");
    CHECK(!fake.later);
    CHECK_BUF(fake.asked, "s3:GetObject arn:aws:s3:::abc/k \ns3:ListBucket arn:aws:s3:::abc \n");
    call(ALLOW("\"s3:GetObject\"", "*"), "s3", "GetObject",
         "{\"Bucket\":\"abc\",\"Key\":\"k\",\"VersionId\":\"v\"}",
         "s3:GetObjectVersion on resource: arn:aws:s3:::abc/k ");
    call(ALLOW("\"s3:GetObjectVersion\",\"s3:ListBucket\"", "*"), "s3", "GetObject",
         "{\"Bucket\":\"abc\",\"Key\":\"k\",\"VersionId\":\"v\"}", "");
    CHECK_BUF(fake.asked,
              "s3:GetObjectVersion arn:aws:s3:::abc/k v\ns3:ListBucket arn:aws:s3:::abc \n");
    CHECK(fake.later);
}

static void test_conditions(void **state) {
    (void)state;
    static const struct {
        const char *more, *want;
    } cases[] = {
        {"", ""},
        {",\"Tagging\":\"a=b\"", ""},
        {",\"TaggingDirective\":\"REPLACE\"", ""},
        {",\"Tagging\":\"a=b\",\"TaggingDirective\":\"COPY\"", ""},
        {",\"Tagging\":\"a=b\",\"TaggingDirective\":\"REPLACE\"",
         "s3:PutObjectTagging on resource: arn:aws:s3:::abc/k "},
        {",\"ACL\":\"private\"", ""},
        {",\"ACL\":\"public-read\"", "s3:PutObjectAcl on resource: arn:aws:s3:::abc/k "},
        {",\"GrantRead\":\"x\"", "s3:PutObjectAcl on resource: arn:aws:s3:::abc/k "},
        {",\"ACL\":\"private\",\"GrantRead\":\"x\"",
         "s3:PutObjectAcl on resource: arn:aws:s3:::abc/k "},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char in[256];
        snprintf(in, sizeof in, "{\"Bucket\":\"abc\",\"Key\":\"k\",\"CopySource\":\"from/here\"%s}",
                 cases[i].more);
        call(ALLOW("\"s3:PutObject\",\"s3:GetObject\"", "*"), "s3", "CopyObject", in,
             cases[i].want);
    }
    call(ALLOW("\"s3:PutObject\"", "*"), "s3", "CopyObject",
         "{\"Bucket\":\"abc\",\"Key\":\"k\",\"CopySource\":\"from/here\"}",
         "s3:GetObject on resource: arn:aws:s3:::from/here ");
    call(ALLOW("\"s3:*\"", "*"), "s3", "CopyObject",
         "{\"Bucket\":\"abc\",\"Key\":\"k\",\"CopySource\":\"not/read\"}", "cannot be read");
}

static void test_each_item(void **state) {
    (void)state;
    static const char two[] = "{\"AlarmNames\":[\"a\",\"b\"]}", none[] = "{\"AlarmNames\":[]}";
    call(ALLOW("\"cloudwatch:DeleteAlarms\"", "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a"),
         "cloudwatch", "DeleteAlarms", two,
         "on resource: arn:aws:cloudwatch:us-east-1:000000000000:alarm:b ");
    call(ALLOW("\"cloudwatch:DeleteAlarms\"", "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a"),
         "cloudwatch", "DeleteAlarms", none,
         "on resource: arn:aws:cloudwatch:us-east-1:000000000000:alarm:* ");
    call(ALLOW("\"cloudwatch:DeleteAlarms\"", "arn:aws:cloudwatch:us-east-1:000000000000:alarm:*"),
         "cloudwatch", "DeleteAlarms", two, "");
}

static void test_item_by_item(void **state) {
    (void)state;
    call(
        ALLOW("\"s3:DeleteObject\"", "arn:aws:s3:::abc/a*"), "s3", "DeleteObjects",
        "{\"Bucket\":\"abc\",\"Delete\":{\"Objects\":[{\"Key\":\"a1\"},{\"Key\":\"a2\",\"VersionId\":\"v\"}]}}",
        "");
    CHECK(fake.item_0);
    CHECK(!fake.item_1);
    CHECK_BUF(
        fake.asked,
        "s3:DeleteObject arn:aws:s3:::abc/a1 \ns3:DeleteObjectVersion arn:aws:s3:::abc/a2 v\n");
}

/*
 * The hole that a context for the whole request leaves: keys of one question must not answer
 * another.
 */
static void test_keys_of_each_question(void **state) {
    (void)state;
    static const char in[] =
        "{\"Bucket\":\"abc\",\"Key\":\"k\",\"CopySource\":\"from/here\",\"ACL\":\"private\"}";
    static const char both[] = ALLOW("\"s3:PutObject\",\"s3:GetObject\"", "*");
    char statements[512];
    call(both, "s3", "CopyObject", in, "");
    snprintf(statements, sizeof statements,
             "%s,{\"Effect\":\"Deny\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\",\"Condition\":"
             "{\"StringEquals\":{\"s3:ExistingObjectTag/of\":\"arn:aws:s3:::from/here\"}}}",
             both);
    call(statements, "s3", "CopyObject", in,
         "s3:GetObject on resource: arn:aws:s3:::from/here with an explicit deny");
    snprintf(
        statements, sizeof statements,
        "%s,{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::from/*\",\"Condition\":"
        "{\"StringEquals\":{\"s3:ExistingObjectTag/of\":\"arn:aws:s3:::abc/k\"}}}",
        both);
    call(statements, "s3", "CopyObject", in, "");
    /* Keys of members are of what the request is about, and not of what stands apart. */
    call(ALLOW("\"s3:GetObject\"",
               "*") "," ALLOW_IF("s3:PutObject", "\"StringEquals\":{\"s3:x-amz-acl\":\"private\"}"),
         "s3", "CopyObject", in, "");
    call(ALLOW("\"s3:PutObject\"",
               "*") "," ALLOW_IF("s3:GetObject", "\"StringEquals\":{\"s3:x-amz-acl\":\"private\"}"),
         "s3", "CopyObject", in, "s3:GetObject on resource: arn:aws:s3:::from/here ");
}

#define FUNCTION                                                                                   \
    "{\"FunctionName\":\"fn\",\"Role\":\"arn:aws:iam::000000000000:role/r\",\"Code\":{}"
static void test_roles_and_tags(void **state) {
    (void)state;
    static const char plain[] = FUNCTION "}", tagged[] = FUNCTION ",\"Tags\":{\"team\":\"red\"}}",
                      empty[] = FUNCTION ",\"Tags\":{}}";
    static const char pass[] = ALLOW_IF(
        "iam:PassRole", "\"StringEquals\":{\"iam:PassedToService\":\"lambda.amazonaws.com\"}");
    char statements[1024];
    call(ALLOW("\"lambda:*\"", "*"), "lambda", "CreateFunction", plain,
         "iam:PassRole on resource: arn:aws:iam::000000000000:role/r ");
    CHECK_INT(str_find(buf_view(&fake.asked), S("PassRole")), -1); /* none of the service's keys */
    snprintf(statements, sizeof statements, "%s,%s", pass, ALLOW("\"lambda:CreateFunction\"", "*"));
    call(statements, "lambda", "CreateFunction", plain, "");
    call(statements, "lambda", "CreateFunction", empty, "");
    call(statements, "lambda", "CreateFunction", tagged,
         "lambda:TagResource on resource: arn:fn:tagged ");
    for (int i = 0; i < 2; i++) {
        snprintf(statements, sizeof statements, "%s,%s", pass,
                 i ? ALLOW("\"lambda:CreateFunction\",\"lambda:OldTag\"", "*")
                   : ALLOW("\"lambda:CreateFunction\",\"lambda:TagResource\"", "*"));
        call(statements, "lambda", "CreateFunction", tagged, "");
    }
    snprintf(statements, sizeof statements, "%s,%s,%s", pass,
             ALLOW("\"lambda:CreateFunction\",\"lambda:OldTag\"", "*"),
             "{\"Effect\":\"Deny\",\"Action\":\"lambda:TagResource\",\"Resource\":\"*\"}");
    call(statements, "lambda", "CreateFunction", tagged,
         "lambda:TagResource on resource: arn:fn:tagged with an explicit deny");
    snprintf(
        statements, sizeof statements, "%s,%s", pass,
        ALLOW_IF(
            "lambda:*",
            "\"StringEquals\":{\"aws:RequestTag/team\":\"red\"},\"ForAllValues:StringEquals\":{\"aws:TagKeys\":\"team\"}"));
    call(statements, "lambda", "CreateFunction", tagged, "");
    call(statements, "lambda", "CreateFunction", plain,
         "lambda:CreateFunction on resource: arn:fn ");
}

static void test_keys_of_tags(void **state) {
    (void)state;
    static const char only_a[] =
        ALLOW_IF("*", "\"ForAllValues:StringEquals\":{\"aws:TagKeys\":\"a\"}");
    call(only_a, "cloudwatch", "UntagResource",
         "{\"ResourceARN\":\"arn:aws:cloudwatch:x\",\"TagKeys\":[\"a\"]}", "");
    call(only_a, "cloudwatch", "UntagResource",
         "{\"ResourceARN\":\"arn:aws:cloudwatch:x\",\"TagKeys\":[\"a\",\"b\"]}",
         "UntagResource on resource");
}

/* What could not be read must not let anybody through, a question without an error neither. */
static void test_keys_that_cannot_be_read(void **state) {
    (void)state;
    fake.broken = true;
    call(ALLOW("\"*\"", "*"), "s3", "CopyObject",
         "{\"Bucket\":\"abc\",\"Key\":\"k\",\"CopySource\":\"from/here\"}", "internal error");
    call(ALLOW("\"*\"", "*"), "s3", "DeleteObjects",
         "{\"Bucket\":\"abc\",\"Delete\":{\"Objects\":[{\"Key\":\"a\"}]}}", "");
    CHECK(!fake.item_0);
}

/* The tags of the resource are read when a policy looks at one, once a question. */
static void test_tags_of_resources(void **state) {
    (void)state;
    static const char red[] = ALLOW_IF("*", "\"StringEquals\":{\"aws:ResourceTag/team\":\"red\","
                                            "\"AWS:RESOURCETAG/TEAM\":\"red\"}");
    call(red, "cloudwatch", "DeleteAlarms", "{\"AlarmNames\":[\"red\"]}", "");
    CHECK_INT(fake.tags_asked, 1);
    call(red, "cloudwatch", "DeleteAlarms", "{\"AlarmNames\":[\"red\",\"sky\"]}",
         "DeleteAlarms on resource: arn:aws:cloudwatch:us-east-1:000000000000:alarm:sky");
    CHECK_INT(fake.tags_asked, 3);
    call(ALLOW("\"*\"", "*"), "cloudwatch", "DeleteAlarms", "{\"AlarmNames\":[\"red\"]}", "");
    CHECK_INT(fake.tags_asked, 3);
    fake.broken = true;
    call(red, "cloudwatch", "DeleteAlarms", "{\"AlarmNames\":[\"red\"]}", "unknown error");
    call(ALLOW("\"*\"", "*"), "cloudwatch", "DeleteAlarms", "{\"AlarmNames\":[\"red\"]}", "");
}

/* Where no policy looks at a key, none is made. */
static void test_keys_that_nobody_wants(void **state) {
    (void)state;
    fake.broken = true;
    call_with(ALLOW("\"s3:*\"", "*"), "s3", "CopyObject",
              "{\"Bucket\":\"abc\",\"Key\":\"k\",\"CopySource\":\"from/here\"}", "");
    call_with(
        ALLOW_IF("lambda:*", "\"StringEquals\":{\"x:never\":\"\"}") "," ALLOW("\"s3:*\"", "*"),
        "s3", "CopyObject", "{\"Bucket\":\"abc\",\"Key\":\"k\",\"CopySource\":\"from/here\"}", "");
    /* One of the caller's is none of the service's. */
    call_with(ALLOW("\"s3:GetObject\"", "arn:aws:s3:::${aws:username}/*"), "s3", "GetObject",
              "{\"Bucket\":\"abc\",\"Key\":\"k\"}",
              "no identity-based policy allows the s3:GetObject action");
    CHECK_BUF(fake.asked, "");
    call_with(ALLOW("\"s3:GetObject\"", "arn:aws:s3:::${s3:prefix}/*"), "s3", "GetObject",
              "{\"Bucket\":\"abc\",\"Key\":\"k\"}", "internal error");
    CHECK_BUF(fake.asked, "s3:GetObject arn:aws:s3:::abc/k \n");
}

/* ---- Policies of resources, and who owns them ---- */

#define OF_TOPIC(effect, principal)                                                                \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"" effect                             \
    "\",\"Principal\":" principal ",\"Action\":\"sns:Publish\",\"Resource\":\"*\"}]}"
#define ANNA     "{\"AWS\":\"arn:aws:iam::000000000000:user/anna\"}"
#define OTHERS   "111111111111"
#define NO_ALLOW "no identity-based policy allows"

/* The refusal's text, or "" when the caller may; caller NULL: a stranger. */
static void publish(struct aws_identity *caller, struct buf *out) {
    CLEANUP_JSON json_t *doc = json_pack("{s:s,s:s}", "TopicArn", "t", "Message", "m");
    struct aws_call c = {.cloud = f.cloud,
                         .caller = caller,
                         .account = S("000000000000"),
                         .region = S("us-east-1"),
                         .service = "sns",
                         .op = "Publish",
                         .in = doc};
    fake.account = S("not run");
    aws_call(&c);
    if (c.error_code.len)
        buf_str(out, buf_view(&c.error_message));
    aws_call_deinit(&c);
}

static void test_policies_of_resources(void **state) {
    (void)state;
    static const char all[] = ALLOW("\"*\"", "*"), none[] = ALLOW("\"sns:List*\"", "*");
    static const struct {
        const char *name, *user, *topic, *owner; /* owner NULL: not told */
        bool stranger;
        const char *want;    /* what the refusal says, or "" */
        const char *account; /* whose the handler takes the request for */
        bool via_resource;
    } cases[] = {
        {"own policy", all, NULL, NULL, false, "", "ours", false},
        {"own topic", all, NULL, ACCOUNT, false, "", "ours", false},
        {"nothing allows", none, NULL, NULL, false, NO_ALLOW, "not run", false},
        {"the topic allows", none, OF_TOPIC("Allow", ANNA), NULL, false, "", "ours", true},
        {"the topic denies", all, OF_TOPIC("Deny", ANNA), NULL, false,
         "explicit deny in a resource-based policy", "not run", false},
        {"another's topic", all, NULL, OTHERS, false, "no resource-based policy allows", "not run",
         false},
        {"another's topic allows", all, OF_TOPIC("Allow", ANNA), OTHERS, false, "", "ours", true},
        {"another's topic alone", none, OF_TOPIC("Allow", ANNA), OTHERS, false, NO_ALLOW, "not run",
         false},
        {"stranger", all, NULL, OTHERS, true, "Access Denied", "not run", false},
        {"stranger let in", none, OF_TOPIC("Allow", "\"*\""), OTHERS, true, "", "theirs", true},
        {"stranger, no owner", none, OF_TOPIC("Allow", "\"*\""), NULL, true, "", "ours", true},
        {"stranger denied", none, OF_TOPIC("Deny", "\"*\""), OTHERS, true, "Access Denied",
         "not run", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf policy = {0}, said = {0};
        print_message("%s\n", cases[i].name);
        buf_printf(&policy, "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", cases[i].user);
        cloud_user_policy(&f, buf_cstr(&policy));
        CLEANUP(policy) struct policy *topic = NULL;
        if (cases[i].topic)
            CHECK_INT(policy_new(&topic, POLICY_RESOURCE, str_c(cases[i].topic), NULL), 0);
        fake.policy = topic;
        fake.owner = cases[i].owner ? str_c(cases[i].owner) : STR_NONE;
        for (int vetoed_too = 0; vetoed_too < 2; vetoed_too++) {
            bool allowed = !*cases[i].want;
            fake.vetoed = vetoed_too;
            fake.veto_via_resource = !cases[i].via_resource;
            buf_clear(&said);
            publish(cases[i].stranger ? NULL : f.user, &said);
            if (allowed && !vetoed_too)
                CHECK_BUF(said, "");
            else
                CHECK_HAS(buf_cstr(&said), allowed ? "vetoed" : cases[i].want);
            CHECK_STR(fake.account, str_c(vetoed_too ? "not run" : cases[i].account));
            if (allowed)
                CHECK_INT(fake.veto_via_resource, cases[i].via_resource);
        }
        fake.policy = NULL;
    }
}

/* A policy that cannot be read lets nobody through, and is our fault. */
static void test_a_policy_that_cannot_be_read(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf said = {0};
    fake.broken = true;
    cloud_user_policy(&f, "{\"Version\":\"2012-10-17\",\"Statement\":[" ALLOW("\"*\"", "*") "]}");
    publish(f.user, &said);
    CHECK_HAS(buf_cstr(&said), "failed because of an unknown error");
    CHECK_STR(fake.account, S("not run"));
}

static void test_a_right_that_no_row_has(void **state) {
    (void)state;
    call(ALLOW("\"*\"", "*"), "s3", "HeadBucket", "{\"Bucket\":\"abc\"}", "internal error");
}

/* ---- Rows that the cloud does not take ---- */

static void refused(const struct aws_op_row *rows, size_t n, const char *resource,
                    const char *want) {
    struct err err = {0};
    CLEANUP(aws_cloud) struct aws_cloud *cloud = NULL;
    const struct aws_op op = {"DeleteObjects", nothing, "s3:DeleteObject", resource, 0, NULL};
    struct aws_options options = {.store = f.store,
                                  .hub = f.hub,
                                  .identities = *aws_cloud_identities(f.cloud)};
    struct aws_service service =
        {.name = "s3", .api = &api_s3, .ops = &op, .n_ops = 1, .rows = rows, .n_rows = n};
    CHECK_INT(aws_cloud_new(&cloud, &options, &err), 0);
    CHECK_INT(aws_cloud_add(cloud, &service, &err), -EINVAL);
    if (!strstr(err.text, want))
        fail_msg("wanted \"%s\", got %s", want, err.text);
}

static void test_refuses_wrong_rows(void **state) {
    (void)state;
    static const struct aws_op_row op = {ROW_OP, "DeleteObjects", NULL, NULL, NULL, 0, NULL};
    const struct {
        struct aws_op_row row;
        const char *want;
    } cases[] = {
        {{ROW_ALSO, NULL, "NoSuch", "s3:x", "*", 0, NULL}, "no member \"NoSuch\""},
        {{ROW_ALSO, NULL, "", "s3:x", "arn:{NoSuch}", 0, NULL}, "no member \"NoSuch\""},
        {{ROW_ALSO, NULL, "", "s3:x", "arn:{Bucket", 0, NULL}, "open placeholder"},
        {{ROW_ALSO, NULL, "", "s3:x", "arn:{Delete}", 0, NULL}, "is no text: \"Delete\""},
        {{ROW_ALSO, NULL, "", "s3:x", "arn:{Delete.Objects.Key}", 0, NULL}, "no member"},
        {{ROW_ALSO, NULL, "", "s3:x", "arn:{Bucket[]}", 0, NULL}, "no member"},
        {{ROW_ALSO, NULL, "@other", "s3:x", "*", 0, NULL}, "derives no \"other\""},
        {{ROW_ALSO, NULL, "", "s3:x", "@", 0, NULL}, "resource hook"},
        {{ROW_ALSO, NULL, "", NULL, "*", 0, NULL}, "incomplete"},
        {{ROW_ALSO, NULL, "", "s3:x", "*", OP_ITEMWISE, NULL}, "names no list"},
        {{ROW_VERSIONED, NULL, "NoSuch", "s3:x", NULL, 0, NULL}, "no member \"NoSuch\""},
        {{ROW_TAGS, NULL, "NoSuch", NULL, NULL, 0, NULL}, "no member \"NoSuch\""},
        {{ROW_PASSES, "x.amazonaws.com", "NoSuch", "iam:PassRole", "iam:PassedToService", 0, NULL},
         "no member \"NoSuch\""},
        {{ROW_KEY, "s3:x", "Bucket", NULL, NULL, 0, NULL}, "KEY behind the row DeleteObjects"},
        {{ROW_OP, "Other", NULL, NULL, NULL, 0, NULL}, "\"Other\" belongs to no operation"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        refused((struct aws_op_row[]){op, cases[i].row}, 2, "*", cases[i].want);
    refused((struct aws_op_row[]){{ROW_KEY, "s3:x", "NoSuch", NULL, NULL, 0, NULL}, op}, 2, "*",
            "\"s3:x\" belongs to no operation");
    refused((struct aws_op_row[]){{ROW_ALSO, NULL, "Bucket", "s3:x", "*", 0, NULL}, op}, 2, "*",
            "\"Bucket\" belongs to no operation");
    refused(&op, 1, "arn:{NoSuch}", "no member \"NoSuch\"");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_versions),
        T(test_conditions),
        T(test_each_item),
        T(test_item_by_item),
        T(test_keys_of_each_question),
        T(test_roles_and_tags),
        T(test_keys_of_tags),
        T(test_keys_that_cannot_be_read),
        T(test_tags_of_resources),
        T(test_keys_that_nobody_wants),
        T(test_policies_of_resources),
        T(test_a_policy_that_cannot_be_read),
        T(test_a_right_that_no_row_has),
        T(test_refuses_wrong_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
