/* iam: simulations: whose documents decide, what is told of them, and where it ends. */
#include "lib/cloud.h"

#define POLICY(statements)      "'{`Version`:`2012-10-17`,`Statement`:[" statements "]}'"
#define ALLOW(action, resource) "{`Effect`:`Allow`,`Action`:`" action "`,`Resource`:`" resource "`}"
#define DENY(action)            "{`Effect`:`Deny`,`Action`:`" action "`,`Resource`:`*`}"
#define TRUST                                                                                      \
    "'{`Statement`:{`Effect`:`Allow`,`Principal`:{`Service`:`lambda.amazonaws.com`},`Action`:`sts:AssumeRole`}}'"
#define USER "'arn:aws:iam::000000000000:user/team/ann'"

static const json_t *result(struct cloud *c, size_t i) {
    return json_array_get(json_arr(c->call.out, "EvaluationResults"), i);
}
static const json_t *statement(const json_t *result, size_t i) {
    return json_array_get(json_arr(result, "MatchedStatements"), i);
}

static void ann(struct cloud *c) {
    ok(cloud_call(c, "CreateUser",
                  "{'UserName':'ann','Path':'/team/','Tags':[{'Key':'team','Value':'red'}]}"));
    ok(cloud_call(c, "PutUserPolicy",
                  "{'UserName':'ann','PolicyName':'mine','PolicyDocument':" POLICY(
                      ALLOW("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*")) "}"));
    ok(cloud_call(c, "CreatePolicy",
                  "{'PolicyName':'own','PolicyDocument':" POLICY(DENY("s3:Delete*")) "}"));
    ok(cloud_call(c, "AttachUserPolicy",
                  "{'UserName':'ann','PolicyArn':'arn:aws:iam::000000000000:policy/own'}"));
    ok(cloud_call(c, "AttachUserPolicy",
                  "{'UserName':'ann','PolicyArn':'arn:aws:iam::aws:policy/AmazonSQSFullAccess'}"));
}

static void a_users_own(void **state) {
    struct cloud *c = *state;
    ann(c);
    ok(cloud_call(
        c, "SimulatePrincipalPolicy",
        "{'PolicySourceArn':" USER
        ",'ActionNames':['s3:GetObject','s3:DeleteObject','sqs:SendMessage','sns:Publish'],"
        "'ResourceArns':['arn:aws:s3:::red/k']}"));
    static const struct {
        const char *decision, *source;
    } want[] = {{"allowed", "user_ann_mine"},
                {"explicitDeny", "own"},
                {"allowed", "AmazonSQSFullAccess"},
                {"implicitDeny", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        CHECK_STR(json_str(result(c, i), "EvalDecision"), str_c(want[i].decision));
        CHECK_STR(json_str(result(c, i), "EvalResourceName"), S("arn:aws:s3:::red/k"));
        CHECK_INT(json_array_size(json_arr(result(c, i), "MatchedStatements")),
                  want[i].source != NULL);
        if (want[i].source)
            CHECK_STR(json_str(statement(result(c, i), 0), "SourcePolicyId"),
                      str_c(want[i].source));
        CHECK_INT(json_array_size(json_arr(result(c, i), "ResourceSpecificResults")), 1);
    }
    /* What the request says of a key goes before what is known of the user. */
    ok(cloud_call(
        c, "SimulatePrincipalPolicy",
        "{'PolicySourceArn':" USER ",'ActionNames':['s3:GetObject'],"
        "'ResourceArns':['arn:aws:s3:::red/k'],'ContextEntries':[{'ContextKeyName':"
        "'AWS:principaltag/team','ContextKeyValues':['blue'],'ContextKeyType':'string'}]}"));
    CHECK_STR(json_str(result(c, 0), "EvalDecision"), S("implicitDeny"));
}

static void boundaries(void **state) {
    struct cloud *c = *state;
    ann(c);
    ok(cloud_call(c, "PutUserPermissionsBoundary",
                  "{'UserName':'ann','PermissionsBoundary':'arn:aws:iam::aws:policy/"
                  "AmazonSQSFullAccess'}"));
    static const char own[] =
        "{'PolicySourceArn':" USER ",'ActionNames':['s3:GetObject','sqs:SendMessage'],"
        "'ResourceArns':['arn:aws:s3:::red/k']}";
    ok(cloud_call(c, "SimulatePrincipalPolicy", own));
    for (size_t i = 0; i < 2; i++) {
        const json_t *detail = json_obj(result(c, i), "PermissionsBoundaryDecisionDetail");
        CHECK_STR(json_str(result(c, i), "EvalDecision"), i ? S("allowed") : S("implicitDeny"));
        CHECK_INT(json_bool(detail, "AllowedByPermissionsBoundary", !i), i);
    }
    CHECK_STR(json_str(statement(result(c, 1), 1), "SourcePolicyType"),
              S("Permissions Boundary Policy"));
    /* The request's goes before the user's. */
    ok(cloud_call(c, "SimulatePrincipalPolicy",
                  "{'PolicySourceArn':" USER ",'ActionNames':['s3:GetObject'],"
                  "'ResourceArns':['arn:aws:s3:::red/k'],'PermissionsBoundaryPolicyInputList':"
                  "[" POLICY(ALLOW("s3:*", "*")) "]}"));
    CHECK_STR(json_str(result(c, 0), "EvalDecision"), S("allowed"));
    fails(cloud_call(c, "SimulateCustomPolicy",
                     "{'PolicyInputList':[" POLICY(
                         ALLOW("s3:*", "*")) "],'ActionNames':['s3:GetObject'],"
                                             "'PermissionsBoundaryPolicyInputList':[" POLICY(ALLOW(
                                                 "s3:*", "*")) "," POLICY(ALLOW("s3:*", "*")) "]}"),
          "InvalidInput");
}

/* A resource policy needs a user to be asked about, and an owner to be another's. */
static void resource_policies(void **state) {
    struct cloud *c = *state;
#define BUCKET(effect, who)                                                                        \
    "'{`Statement`:{`Effect`:`" effect "`,`Principal`:{`AWS`:`" who "`},`Action`:`s3:GetObject`,"  \
    "`Resource`:`arn:aws:s3:::b/*`}}'"
#define CALL(more)                                                                                 \
    "{'PolicyInputList':[" POLICY(                                                                 \
        ALLOW("s3:Get*", "*")) "],'ActionNames':['s3:GetObject'],"                                 \
                               "'ResourceArns':['arn:aws:s3:::b/k']," more "}"
    fails(
        cloud_call(c, "SimulateCustomPolicy",
                   CALL("'ResourcePolicy':" BUCKET("Deny", "arn:aws:iam::000000000000:user/bob"))),
        "InvalidInput");
    message("Invalid caller - Caller must be an IAM user in this context.");
    ok(cloud_call(
        c, "SimulateCustomPolicy",
        CALL("'ResourcePolicy':" BUCKET(
            "Deny",
            "arn:aws:iam::000000000000:user/bob") ",'CallerArn':'arn:aws:iam::000000000000:user/bob'")));
    CHECK_STR(json_str(result(c, 0), "EvalDecision"), S("explicitDeny"));
    /* Of each kind of document what decided in it. */
    CHECK_INT(json_array_size(json_arr(result(c, 0), "MatchedStatements")), 2);
    CHECK_STR(json_str(statement(result(c, 0), 0), "SourcePolicyId"), S("PolicyInputList.1"));
    CHECK_STR(json_str(statement(result(c, 0), 1), "SourcePolicyId"), S("ResourcePolicy"));
    CHECK_STR(json_str(statement(result(c, 0), 1), "SourcePolicyType"), S("Resource Policy"));
    CHECK_INT(json_object_size(json_obj(result(c, 0), "EvalDecisionDetails")), 0);
    /* Another account's bucket: both must allow. */
    ok(cloud_call(
        c, "SimulateCustomPolicy",
        CALL("'ResourcePolicy':" BUCKET(
            "Allow", "111111111111") ",'CallerArn':'arn:aws:iam::000000000000:user/bob',"
                                     "'ResourceOwner':'arn:aws:iam::111111111111:root'")));
    CHECK_STR(json_str(result(c, 0), "EvalDecision"), S("implicitDeny"));
    const json_t *details = json_obj(result(c, 0), "EvalDecisionDetails");
    CHECK_STR(json_str(details, "IAM Policy"), S("allowed"));
    CHECK_STR(json_str(details, "Resource Policy"), S("implicitDeny"));
}

static void refusals(void **state) {
    struct cloud *c = *state;
#define CUSTOM(more) "{'PolicyInputList':[" POLICY(ALLOW("s3:*", "*")) "]," more "}"
    static const struct {
        const char *op, *in, *code, *message;
    } cases[] = {
        {"SimulateCustomPolicy", "{'PolicyInputList':['{}'],'ActionNames':['s3:GetObject']}",
         "InvalidInput", "PolicyInputList.1: Missing required field Statement"},
        {"SimulateCustomPolicy", CUSTOM("'ActionNames':['s3:Get*']"), "InvalidInput",
         "Invalid Input Actions: \"s3:Get*\""},
        {"SimulateCustomPolicy", CUSTOM("'ActionNames':['GetObject']"), "InvalidInput",
         "Invalid Input Actions: \"GetObject\""},
        {"SimulateCustomPolicy", CUSTOM("'ActionNames':['s3:GetObject'],'ResourceArns':['bucket']"),
         "InvalidInput", "ResourceNames are not in a valid ARN format: bucket."},
        {"SimulateCustomPolicy",
         CUSTOM("'ActionNames':['s3:GetObject'],'ResourceOwner':'123456789012'"), "InvalidInput",
         "'123456789012' is not a valid as a Resource Owner."},
        {"SimulateCustomPolicy",
         CUSTOM("'ActionNames':['s3:GetObject'],'CallerArn':'arn:aws:iam::000000000000:role/r'"),
         "InvalidInput", "Invalid caller - Caller must be an IAM user in this context."},
        {"SimulateCustomPolicy",
         CUSTOM("'ActionNames':['s3:GetObject'],'ResourceHandlingOption':'EC2-VPC-EBS'"),
         "InvalidInput", "ResourceHandlingOption EC2-VPC-EBS is not supported by calotype"},
        {"SimulateCustomPolicy", CUSTOM("'ActionNames':['s3:GetObject'],'Marker':'x'"),
         "ValidationError", "Invalid Marker."},
        {"SimulatePrincipalPolicy",
         "{'PolicySourceArn':'arn:aws:iam::000000000000:root','ActionNames':['s3:GetObject']}",
         "InvalidInput",
         "Invalid Entity Arn: arn:aws:iam::000000000000:root does not clearly define entity type and name."},
        {"SimulatePrincipalPolicy",
         "{'PolicySourceArn':'arn:aws:iam::000000000000:role/none','ActionNames':['s3:GetObject']}",
         "NoSuchEntity", "The role with name none cannot be found."},
        {"SimulatePrincipalPolicy",
         "{'PolicySourceArn':'arn:aws:iam::000000000000:group/none','ActionNames':['s3:GetObject']}",
         "NoSuchEntity", "The group with name none cannot be found."},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fails(cloud_call(c, cases[i].op, cases[i].in), cases[i].code);
        CHECK_BUF(c->call.error_message, cases[i].message);
    }
    ann(c);
    fails(
        cloud_call(
            c, "SimulatePrincipalPolicy",
            "{'PolicySourceArn':'arn:aws:iam::000000000000:user/ann','ActionNames':['s3:GetObject']}"),
        "NoSuchEntity");
}

static void keys_of_documents(void **state) {
    struct cloud *c = *state;
    ann(c);
    ok(cloud_call(c, "GetContextKeysForPrincipalPolicy", "{'PolicySourceArn':" USER "}"));
    const json_t *names = json_arr(c->call.out, "ContextKeyNames");
    CHECK_INT(json_array_size(names), 1);
    CHECK_STR(json_text(json_array_get(names, 0)), S("aws:PrincipalTag/team"));
    ok(cloud_call(
        c, "GetContextKeysForCustomPolicy",
        "{'PolicyInputList':['{`Version`:`2012-10-17`,`Statement`:{`Effect`:`Allow`,`Action`:"
        "`*`,`Resource`:`*`,`Condition`:{`StringLike`:{`s3:prefix`:[`${aws:username}`,`x`]},"
        "`Bool`:{`aws:SecureTransport`:true}}}}']}"));
    names = json_arr(c->call.out, "ContextKeyNames");
    static const char *const want[] = {"aws:SecureTransport", "aws:username", "s3:prefix"};
    CHECK_INT(json_array_size(names), ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_STR(json_text(json_array_get(names, i)), str_c(want[i]));
}

static void missing_keys(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(
        c, "SimulateCustomPolicy",
        "{'PolicyInputList':['{`Version`:`2012-10-17`,`Statement`:[{`Effect`:`Allow`,`Action`:"
        "`s3:*`,`Resource`:`*`,`Condition`:{`StringEquals`:{`aws:ResourceAccount`:`1`},"
        "`DateGreaterThan`:{`aws:CurrentTime`:`2018-08-16T12:00:00Z`}}},{`Effect`:`Allow`,"
        "`Action`:`sns:*`,`Resource`:`*`,`Condition`:{`Bool`:{`aws:ViaAWSService`:true}}}]}'],"
        "'ActionNames':['s3:GetObject','sqs:SendMessage']}"));
    const json_t *missing = json_arr(result(c, 0), "MissingContextValues");
    CHECK_INT(json_array_size(missing), 1); /* the time is known */
    CHECK_STR(json_text(json_array_get(missing, 0)), S("aws:ResourceAccount"));
    CHECK_INT(json_array_size(json_arr(result(c, 1), "MissingContextValues")), 0);
    CHECK(!json_has(result(c, 0), "ResourceSpecificResults"));
    CHECK(!json_has(result(c, 0), "EvalDecisionDetails"));
}

static void pages(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    str marker = STR_NONE;
    CLEANUP_JSON json_t *held = NULL;
    for (size_t page = 0; page < 3; page++) {
        buf_clear(&in);
        buf_c(&in, "{'PolicyInputList':[" POLICY(
                       ALLOW("s3:*", "*")) "],'MaxItems':2,"
                                           "'ActionNames':['s3:A','s3:B','s3:C','s3:A','sqs:E']");
        if (marker.p)
            buf_printf(&in, ",'Marker':'" STR_FMT "'", STR_ARG(marker));
        buf_c(&in, "}");
        ok(cloud_call(c, "SimulateCustomPolicy", buf_cstr(&in)));
        CHECK_INT(json_array_size(json_arr(c->call.out, "EvaluationResults")), page < 2 ? 2 : 1);
        CHECK_INT(json_bool(c->call.out, "IsTruncated", true), page < 2);
        json_decref(held);
        held = json_incref(c->call.out);
        marker = json_str(held, "Marker");
    }
    CHECK_STR(json_str(result(c, 0), "EvalActionName"), S("sqs:E"));
    CHECK_STR(json_str(result(c, 0), "EvalDecision"), S("implicitDeny"));
}

/* So often a text. */
static void add_often(struct buf *out, size_t n, const char *text) {
    while (n--)
        buf_c(out, text);
}

static void resources(struct buf *in) {
    buf_c(in, "'PolicyInputList':['{`Statement`:{`Effect`:`Allow`,`Action`:`s3:*`,`Resource`:[");
    add_often(in, 600, "`arn:aws:s3:::*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b`,");
    buf_c(in, "`arn:aws:s3:::x`]}}'],'ActionNames':['s3:GetObject'],'ResourceArns':['*'");
    for (size_t i = 0; i < 40; i++) {
        buf_c(in, ",'arn:aws:s3:::");
        add_often(in, 2000, "a");
        buf_c(in, "'");
    }
    buf_c(in, "]");
}

static void actions(struct buf *in) {
    buf_c(in, "'PolicyInputList':['{`Statement`:{`Effect`:`Allow`,`Resource`:`*`,`Action`:[");
    add_often(in, 700, "`s3:*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab`,");
    buf_c(in, "`s3:x`]}}'],'ActionNames':['s3:");
    add_often(in, 120, "a");
    buf_c(in, "'],'ResourceArns':['*'");
    add_often(in, 600, ",'arn:aws:s3:::b'");
    buf_c(in, "]");
}

/* A variable is short where it stands, and as long as its value where it is compared. */
static void variables(struct buf *in) {
    buf_c(in, "'PolicyInputList':['{`Version`:`2012-10-17`,`Statement`:{`Effect`:`Allow`,"
              "`Action`:`s3:*`,`Resource`:`*`,`Condition`:{`StringLike`:{`aws:UserAgent`:[");
    add_often(in, 40, "`*${aws:Referer}b`,");
    buf_c(in, "`x`]}}}}'],'ActionNames':['s3:GetObject'],'ContextEntries':[");
    for (int i = 0; i < 2; i++) {
        buf_printf(in, "%s{'ContextKeyName':'%s','ContextKeyType':'string','ContextKeyValues':['",
                   i ? "," : "", i ? "aws:Referer" : "aws:UserAgent");
        add_often(in, 10000, "a");
        buf_c(in, "']}");
    }
    buf_c(in, "]");
}

/* A key is looked for among the names of all. */
static void keys(struct buf *in) {
    buf_c(in, "'PolicyInputList':['{`Statement`:{`Effect`:`Allow`,`Action`:`s3:*`,`Resource`:`*`,"
              "`Condition`:{`StringLike`:{");
    for (int i = 0; i < 150; i++)
        buf_printf(in, "`aws:RequestTag/%0100d`:`a`,", i);
    buf_c(in, "`aws:UserAgent`:`a`}}}}'],'ActionNames':['s3:GetObject'],'ContextEntries':[");
    for (int i = 0; i < 400; i++)
        buf_printf(in,
                   "%s{'ContextKeyName':'aws:RequestTag/%0100d','ContextKeyType':'string',"
                   "'ContextKeyValues':['']}",
                   i ? "," : "", 1000 + i);
    buf_c(in, "],'ResourceArns':['*'");
    add_often(in, 99, ",'arn:aws:s3:::b'");
    buf_c(in, "]");
}

/* Patterns by what they are compared with: more than one action may cost is refused before it costs. */
static void too_much(void **state) {
    static void (*const parts[])(struct buf * in) = {resources, actions, variables, keys};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{");
        parts[i](&in);
        buf_c(&in, "}");
        fails(cloud_call(c, "SimulateCustomPolicy", buf_cstr(&in)), "InvalidInput");
        message("These are more policies, resources and context values than calotype simulates for "
                "one action");
    }
}

/* Of a document with 500 statements that all apply: with so many actions, or resources. */
static const char *simulate_wide(struct cloud *c, size_t actions, size_t resources) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in, "{'PolicyInputList':['{`Statement`:[");
    for (size_t i = 0; i < 500; i++)
        buf_printf(&in, "%s" ALLOW("s3:*", "*"), i ? "," : "");
    buf_c(&in, "]}'],'ActionNames':['s3:A0'");
    for (size_t i = 1; i < actions; i++)
        buf_printf(&in, ",'s3:A%zu'", i);
    buf_c(&in, "],'ResourceArns':['arn:aws:s3:::b'");
    for (size_t i = 1; i < resources; i++)
        buf_printf(&in, ",'arn:aws:s3:::b%zu'", i);
    buf_c(&in, "]}");
    return cloud_call(c, "SimulateCustomPolicy", buf_cstr(&in));
}

/* What is told is bounded too: a page ends before it is full, and an action may not tell more. */
static void much_to_tell(void **state) {
    struct cloud *c = *state;
    ok(simulate_wide(c, 90, 1));
    size_t n = json_array_size(json_arr(c->call.out, "EvaluationResults"));
    CHECK_RANGE(n, 2, 89);
    CHECK(json_bool(c->call.out, "IsTruncated", false));
    ok(simulate_wide(c, 1, 30));
    CHECK_INT(json_array_size(json_arr(result(c, 0), "MatchedStatements")), 500);
    fails(simulate_wide(c, 1, 60), "InvalidInput");
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(a_users_own), T(boundaries),        T(resource_policies),
                                       T(refusals),    T(keys_of_documents), T(missing_keys),
                                       T(pages),       T(too_much),          T(much_to_tell)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
