/*
 * A creation whose outcome nobody wrote down: the engine died, or its commit was lost. What was made
 * is found and removed, and what somebody else made stays.
 */
#include "cfn/world.h"

static void lose_and_take_over(struct world *w) {
    lose_outcome(w);
    take_over(w);
}

static void die(struct world *w) {
    lose_outcome(w);
    cfn_engine_stop(w->engine);
}

/* The deletion is answered while nobody runs. */
static void start_and_take_over(struct world *w) {
    restart(w);
    take_over(w);
    cfn_engine_work(w->engine);
}

static void a_deletion_finds_what_was_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {A: {" QUEUE "}}\n", (struct cfn_operation){0});
    w->meanwhile = lose_and_take_over;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create A;find A;remove A;");
    check_status(w, "DELETE_COMPLETE");

    buf_clear(&w->log);
    create_stack(w, "t", "Resources: {A: {" QUEUE "}, B: {" QUEUE ", DependsOn: A}}\n",
                 (struct cfn_operation){0});
    w->meanwhile = die;
    cfn_engine_work(w->engine);
    start_and_take_over(w);
    CHECK_BUF(w->log, "create A;find A;remove A;");
    check_status(w, "DELETE_COMPLETE");
}

/* What is kept is not looked for: nothing says that it is gone. */
static void a_deletion_keeps_what_it_cannot_know(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {A: {" QUEUE ", DeletionPolicy: Retain}}\n",
                 (struct cfn_operation){0});
    w->meanwhile = lose_and_take_over;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create A;");
    check_events(
        w,
        "s CREATE_IN_PROGRESS;A CREATE_IN_PROGRESS;s DELETE_IN_PROGRESS;A DELETE_SKIPPED;s DELETE_COMPLETE;");
}

/* It waits because the store takes no changes; another fails: it may have been made before that. */
static void a_rollback_finds_what_was_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  R: {" QUEUE ", Properties: {QueueName: refused}}\n  X: {" QUEUE
                 ", Properties: {QueueName: bad}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create R;create X;find R;remove R;");
    check_status(w, "ROLLBACK_COMPLETE");

    buf_clear(&w->log);
    create_stack(w, "t", "Resources: {F: {" QUEUE ", Properties: {QueueName: flaky}}}\n",
                 (struct cfn_operation){0});
    w->meanwhile = lose_outcome;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create F;create F again;find F;remove F;");
    check_status(w, "ROLLBACK_COMPLETE");
}

/* A failed stack that stays as it is, and is deleted another day. */
static void a_later_deletion_finds_what_was_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {F: {" QUEUE ", Properties: {QueueName: flaky}}}\n",
                 (struct cfn_operation){.on_failure = CFN_FAIL_DO_NOTHING});
    w->meanwhile = lose_outcome;
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_FAILED");
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create F;create F again;find F;remove F;");
    check_status(w, "DELETE_COMPLETE");
}

static void an_update_s_rollback_finds_what_was_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources: {Same: {" QUEUE "}, New: {" QUEUE ", Properties: {QueueName: one}}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    update_stack(w, "Resources: {Same: {" QUEUE "}, New: {" QUEUE
                    ", Properties: {QueueName: flaky}}}\n");
    w->meanwhile = lose_outcome;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create New;create New again;find New;remove New;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");

    buf_clear(&w->log);
    update_stack(w, "Resources: {Same: {" QUEUE "}, New: {" QUEUE
                    ", Properties: {QueueName: one}}, Added: {" QUEUE
                    ", Properties: {QueueName: flaky}}}\n");
    w->meanwhile = lose_outcome;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create Added;create Added again;find Added;remove Added;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
}

/* Delete names what it is to undo; Create is not sent for that. */
static void a_request_that_may_be_on_its_way_is_undone(void **state) {
    struct world *w = *state;
    create_stack(w, "s", custom, (struct cfn_operation){0});
    w->meanwhile = die;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "invoke;");
    start_and_take_over(w);
    CHECK_BUF(w->log, "invoke;invoke;");
    CLEANUP_JSON json_t *request = json_parse(buf_view(&w->request), NULL);
    CHECK_STR(json_str(request, "RequestType"), S("Delete"));
    CHECK(str_starts(json_str(request, "PhysicalResourceId"), S("s-X-")));
    answer(w, "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"x\"}");
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_COMPLETE");
    no_answer_is_awaited(w);
}

static const struct service services[] = {
    {"AWS::DynamoDB::Table", "TableName: mine, KeySchema: [{AttributeName: k, KeyType: HASH}]",
     "CreateTable", "DescribeTable", "DeleteTable", "ResourceNotFoundException",
     "ResourceInUseException", "{\"Table\":{\"TableStatus\":\"ACTIVE\"}}"},
    {"AWS::S3::Bucket", "BucketName: mine", "CreateBucket", "HeadBucket", "DeleteBucket",
     "NoSuchBucket", NULL, "{}"},
    {"AWS::S3::BucketPolicy", "Bucket: b, PolicyDocument: {}", "PutBucketPolicy", "GetBucketPolicy",
     "DeleteBucketPolicy", "NoSuchBucketPolicy", NULL, "{}"},
    {"AWS::SQS::Queue", "QueueName: mine", "CreateQueue", "GetQueueUrl", "DeleteQueue",
     "QueueDoesNotExist", NULL, "{\"QueueUrl\":\"http://x/mine\"}"},
    {"AWS::SNS::Topic", "TopicName: mine", "CreateTopic", "GetTopicAttributes", "DeleteTopic",
     "NotFound", NULL, "{\"TopicArn\":\"arn:mine\"}"},
    {"AWS::SNS::Subscription", "TopicArn: t, Protocol: sqs, Endpoint: q", "Subscribe", NULL,
     "Unsubscribe", "NotFound", NULL, "{\"SubscriptionArn\":\"arn:s\"}"},
    {"AWS::IAM::Role", "RoleName: mine, AssumeRolePolicyDocument: {}", "CreateRole", "GetRole",
     "DeleteRole", "NoSuchEntity", "EntityAlreadyExists", "{}"},
    {"AWS::IAM::User", "UserName: mine", "CreateUser", "GetUser", "DeleteUser", "NoSuchEntity",
     "EntityAlreadyExists", "{}"},
    {"AWS::IAM::ManagedPolicy", "ManagedPolicyName: mine, PolicyDocument: {}", "CreatePolicy",
     "GetPolicy", "DeletePolicy", "NoSuchEntity", "EntityAlreadyExists", "{}"},
    {"AWS::IAM::InstanceProfile", "InstanceProfileName: mine, Roles: [r]", "CreateInstanceProfile",
     "GetInstanceProfile", "DeleteInstanceProfile", "NoSuchEntity", "EntityAlreadyExists", "{}"},
    {"AWS::IAM::Policy", "PolicyName: p, PolicyDocument: {}, Roles: [r]", "PutRolePolicy", NULL,
     "DeleteRolePolicy", "NoSuchEntity", NULL, "{}"},
    {"AWS::Lambda::Function", "FunctionName: mine, Role: r, Code: {S3Bucket: b, S3Key: k}",
     "CreateFunction", "GetFunctionConfiguration", "DeleteFunction", "ResourceNotFoundException",
     "ResourceConflictException", "{\"State\":\"Active\"}"},
    {"AWS::Lambda::Permission", "FunctionName: f, Action: a, Principal: p", "AddPermission", NULL,
     "RemovePermission", "ResourceNotFoundException", "ResourceConflictException", "{}"},
    {"AWS::Lambda::EventInvokeConfig", "FunctionName: f, Qualifier: q",
     "PutFunctionEventInvokeConfig", "GetFunctionEventInvokeConfig",
     "DeleteFunctionEventInvokeConfig", "ResourceNotFoundException", NULL, "{}"},
    {"AWS::Logs::LogGroup", "LogGroupName: mine", "CreateLogGroup", "ListTagsForResource",
     "DeleteLogGroup", "ResourceNotFoundException", "ResourceAlreadyExistsException", "{}"},
    {"AWS::Logs::LogStream", "LogGroupName: g, LogStreamName: mine", "CreateLogStream",
     "GetLogEvents", "DeleteLogStream", "ResourceNotFoundException",
     "ResourceAlreadyExistsException", "{}"},
    {"AWS::CloudWatch::Alarm",
     "AlarmName: mine, ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1",
     "PutMetricAlarm", "DescribeAlarms", "DeleteAlarms", NULL, NULL, "{\"MetricAlarms\":[{}]}"},
    {"AWS::CloudWatch::Dashboard", "DashboardName: mine, DashboardBody: x", "PutDashboard",
     "GetDashboard", "DeleteDashboards", "DashboardNotFoundError", NULL, "{}"},
};

/* A stack with one resource of this service, which loses what becomes of its creation. */
static void begin_with(struct world *w, const struct service *s, bool is_there,
                       void (*meanwhile)(struct world *)) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "Resources: {A: {Type: '%s', Properties: {%s}}}\n", s->type, s->props);
    w->service = s;
    w->is_there = is_there;
    w->meanwhile = meanwhile;
    create_stack(w, "s", buf_cstr(&text), (struct cfn_operation){0});
    cfn_engine_work(w->engine);
}

static void every_type_finds_what_it_made(void **state) {
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        const struct service *s = &services[i];
        begin_with(w, s, false, lose_and_take_over);
        CHECK_CASE(!w->meanwhile, s->type);
        check_status(w, "DELETE_COMPLETE");
        CHECK_CASE(!w->is_there, s->type);
        begin_with(w, s, false, die);
        CHECK_CASE(w->is_there, s->type);
        start_and_take_over(w);
        check_status(w, "DELETE_COMPLETE");
        CHECK_CASE(!w->is_there, s->type);
        begin_with(w, s, false, lose_outcome); /* without a deletion it goes on */
        check_status(w, "CREATE_COMPLETE");
        CHECK_CASE(w->is_there, s->type);
    }
}

/* What was there before the stack is somebody else's, whatever is lost. */
static void no_type_takes_what_was_there(void **state) {
    struct world *w = *state;
    void (*const ways[])(struct world *) = {NULL, lose_outcome, lose_and_take_over, die};
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        for (size_t way = 0; services[i].ask && way < ARRAY_LEN(ways); way++) {
            begin_with(w, &services[i], true, ways[way]);
            bool asked = w->meanwhile || !ways[way]; /* and so make was not called */
            if (ways[way] == die && !asked)
                start_and_take_over(w);
            bool deletes = !asked && (ways[way] == die || ways[way] == lose_and_take_over);
            check_status(w, deletes ? "DELETE_COMPLETE" : "ROLLBACK_COMPLETE");
            CHECK_CASE(w->is_there, services[i].type);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {T(a_deletion_finds_what_was_made),
                                       T(a_deletion_keeps_what_it_cannot_know),
                                       T(a_rollback_finds_what_was_made),
                                       T(a_later_deletion_finds_what_was_made),
                                       T(an_update_s_rollback_finds_what_was_made),
                                       T(a_request_that_may_be_on_its_way_is_undone),
                                       T(every_type_finds_what_it_made),
                                       T(no_type_takes_what_was_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
