/* iam: AWS's own managed policies: that each is one, is found, and decides as AWS's does. */
#include "lib/cloud.h"

#include "base/map.h"
#include "svc/iam/builtin.h"

#define NAMED(path) "arn:aws:iam::aws:policy/" path

static void every_one_is_a_policy(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(map) struct map ids = {0};
    CHECK(iam_builtin_n > 1000);
    for (size_t i = 0; i < iam_builtin_n; i++) {
        const struct iam_builtin *b = &iam_builtin_table[i];
        char id[IAM_BUILTIN_ID];
        iam_builtin_id(b, id);
        CHECK_CASE(iam_builtin_find(str_c(b->arn)) == b, b->arn);
        CHECK_CASE(i == 0 || strcmp(b[-1].arn, b->arn) < 0, b->arn);
        CHECK_CASE(strlen(id) == IAM_BUILTIN_ID - 1 && !map_put(&ids, str_c(id), (void *)b),
                   b->arn);
        CHECK_CASE(b->document_len == strlen(b->document) && b->version[0] == 'v', b->arn);
        CHECK_CASE(b->created_s > 1420000000 && b->updated_s >= b->created_s, b->arn);
        CHECK_CASE(iam_builtin_policy(c->iam, b) != NULL, b->arn);
        CHECK_CASE(iam_builtin_policy(c->iam, b) == iam_builtin_policy(c->iam, b), b->arn);
    }
}

/* What people attach to stacks of this kind, with the version that AWS has had at least. */
static void the_named_ones_are_there(void **state) {
    static const char *const names[] = {
        "AdministratorAccess",
        "PowerUserAccess",
        "ReadOnlyAccess",
        "SecurityAudit",
        "job-function/ViewOnlyAccess",
        "job-function/SystemAdministrator",
        "job-function/DatabaseAdministrator",
        "job-function/DataScientist",
        "job-function/NetworkAdministrator",
        "job-function/SupportUser",
        "job-function/Billing",
        "IAMFullAccess",
        "IAMReadOnlyAccess",
        "IAMUserChangePassword",
        "AmazonS3FullAccess",
        "AmazonS3ReadOnlyAccess",
        "AmazonDynamoDBFullAccess",
        "AmazonDynamoDBReadOnlyAccess",
        "AmazonSNSFullAccess",
        "AmazonSNSReadOnlyAccess",
        "service-role/AmazonSNSRole",
        "AmazonSQSFullAccess",
        "AmazonSQSReadOnlyAccess",
        "CloudWatchFullAccess",
        "CloudWatchFullAccessV2",
        "CloudWatchReadOnlyAccess",
        "CloudWatchAgentServerPolicy",
        "CloudWatchLogsFullAccess",
        "CloudWatchLogsReadOnlyAccess",
        "CloudWatchLambdaInsightsExecutionRolePolicy",
        "AWSCloudFormationFullAccess",
        "AWSCloudFormationReadOnlyAccess",
        "AWSLambda_FullAccess",
        "AWSLambda_ReadOnlyAccess",
        "AWSLambdaExecute",
        "AWSLambdaInvocation-DynamoDB",
        "service-role/AWSLambdaBasicExecutionRole",
        "service-role/AWSLambdaDynamoDBExecutionRole",
        "service-role/AWSLambdaENIManagementAccess",
        "service-role/AWSLambdaKinesisExecutionRole",
        "service-role/AWSLambdaMSKExecutionRole",
        "service-role/AWSLambdaRole",
        "service-role/AWSLambdaSQSQueueExecutionRole",
        "service-role/AWSLambdaVPCAccessExecutionRole",
        "AWSXRayDaemonWriteAccess",
        "AWSXrayFullAccess",
        "AmazonRekognitionFullAccess",
        "AmazonSSMReadOnlyAccess",
        "AmazonSSMManagedInstanceCore",
        "SecretsManagerReadWrite",
        "AWSKeyManagementServicePowerUser",
        "AmazonEventBridgeFullAccess",
        "AWSStepFunctionsFullAccess",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP_DEINIT(buf) struct buf arn = {0};
        buf_printf(&arn, NAMED("%s"), names[i]);
        const struct iam_builtin *b = iam_builtin_find(buf_view(&arn));
        CHECK_CASE(b != NULL, names[i]);
        const char *slash = strrchr(names[i], '/');
        CHECK_STR(iam_builtin_name(b), str_c(slash ? slash + 1 : names[i]));
    }
    CHECK_STR(iam_builtin_path(iam_builtin_find(S(NAMED("ReadOnlyAccess")))), S("/"));
    CHECK_STR(iam_builtin_path(iam_builtin_find(S(NAMED("job-function/ViewOnlyAccess")))),
              S("/job-function/"));
    CHECK(!iam_builtin_find(S(NAMED("NobodyHasThis"))));
    CHECK(!iam_builtin_find(S("arn:aws:iam::000000000000:policy/ReadOnlyAccess")));
    CHECK(!iam_builtin_find(S("arn:aws:iam::aws:policy")));
}

static void decisions(void **state) {
    static const struct {
        const char *policy, *action;
        bool allowed;
    } cases[] = {
        {NAMED("ReadOnlyAccess"), "s3:GetObject", true},
        {NAMED("ReadOnlyAccess"), "S3:getobject", true},
        {NAMED("ReadOnlyAccess"), "s3:PutObject", false},
        {NAMED("ReadOnlyAccess"), "dynamodb:Query", true},
        {NAMED("ReadOnlyAccess"), "dynamodb:DeleteItem", false},
        {NAMED("ReadOnlyAccess"), "xray:BatchGetTraces", true},
        {NAMED("ReadOnlyAccess"), "a4b:GetRoom", true},
        {NAMED("ReadOnlyAccess"), "zzz:GetRoom", false},
        {NAMED("SecurityAudit"), "iam:GetAccountAuthorizationDetails", true},
        {NAMED("SecurityAudit"), "s3:GetObject", false},
        {NAMED("SecurityAudit"), "lambda:GetPolicy", true},
        {NAMED("job-function/ViewOnlyAccess"), "s3:ListAllMyBuckets", true},
        {NAMED("job-function/ViewOnlyAccess"), "s3:GetObject", false},
        {NAMED("PowerUserAccess"), "s3:PutObject", true},
        {NAMED("PowerUserAccess"), "iam:CreateUser", false},
        {NAMED("PowerUserAccess"), "iam:ListRoles", true},
        {NAMED("AmazonDynamoDBFullAccess"), "dynamodb:PutItem", true},
        {NAMED("AmazonDynamoDBFullAccess"), "sqs:SendMessage", false},
        {NAMED("CloudWatchLogsFullAccess"), "logs:PutLogEvents", true},
        {NAMED("AdministratorAccess"), "anything:AtAll", true},
    };
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct policy *policy =
            iam_builtin_policy(c->iam, iam_builtin_find(str_c(cases[i].policy)));
        const struct policy_request request = {.principal = {PRINCIPAL_USER, S(ACCOUNT), S("u")},
                                               .action = str_c(cases[i].action),
                                               .resource = S("*")};
        const struct policy_set set = {.identity = &policy, .n_identity = 1};
        CHECK_CASE((policy_decide(&request, &set).effect == POLICY_ALLOWED) == cases[i].allowed,
                   cases[i].action);
    }
}

static void attaching(void **state) {
    struct cloud *c = *state;
    ok(cloud_call(c, "CreateUser", "{'UserName':'u'}"));
    ok(cloud_call(c, "AttachUserPolicy",
                  "{'UserName':'u','PolicyArn':'" NAMED("ReadOnlyAccess") "'}"));
    ok(cloud_call(c, "GetPolicy", "{'PolicyArn':'" NAMED("ReadOnlyAccess") "'}"));
    CHECK_INT(json_int(json_obj(c->call.out, "Policy"), "AttachmentCount", -1), 1);
    ok(cloud_call(c, "ListPolicies", "{'Scope':'AWS','OnlyAttached':true}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Policies")), 1);
    ok(cloud_call(c, "ListPolicies", "{'Scope':'AWS','PathPrefix':'/job-function/'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Policies")), 8);
    ok(cloud_call(c, "PutUserPermissionsBoundary",
                  "{'UserName':'u','PermissionsBoundary':'" NAMED("PowerUserAccess") "'}"));
    ok(cloud_call(c, "ListPolicies", "{'PolicyUsageFilter':'PermissionsBoundary'}"));
    CHECK_STR(json_str(json_array_get(json_arr(c->call.out, "Policies"), 0), "PolicyName"),
              S("PowerUserAccess"));
    fails(cloud_call(c, "AttachUserPolicy",
                     "{'UserName':'u','PolicyArn':'" NAMED("NobodyHasThis") "'}"),
          "NoSuchEntity");
    fails(cloud_call(c, "AttachUserPolicy",
                     "{'UserName':'u','PolicyArn':'" NAMED(
                         "aws-service-role/AWSSupportServiceRolePolicy") "'}"),
          "PolicyNotAttachable");
}

#define T(f) cmocka_unit_test_setup_teardown(f, cloud_setup, cloud_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(every_one_is_a_policy), T(the_named_ones_are_there),
                                       T(decisions), T(attaching)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
