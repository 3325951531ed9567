/* The order of creation: what lets others do something goes before what needs it. */
#include "cm.h"

#include "cfn/order.h"

#define BUCKET(name, kind, target)                                                                 \
    "  " name ": {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {" kind ": "      \
    "[{Event: 's3:ObjectCreated:*', " target "}]}}}\n"
#define FUNCTION(name)                                                                             \
    "  " name ": {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn}}\n"
#define LETS(name, function)                                                                       \
    "  " name ": {Type: AWS::Lambda::Permission, Properties: {FunctionName: " function             \
    ", Principal: s3.amazonaws.com}}\n"
#define ROLE "  R: {Type: AWS::IAM::Role}\n"

static const struct {
    const char *name, *resources, *want;
} cases[] = {
    {"a bucket and a function's permission",
     BUCKET("B", "LambdaConfigurations", "Function: !GetAtt F.Arn") FUNCTION("F")
         LETS("P", "!Ref F") ROLE,
     "R F P B "},
    {"the permission names the bucket: it must wait",
     BUCKET("B", "LambdaConfigurations", "Function: !GetAtt F.Arn") FUNCTION("F") ROLE
     "  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, SourceArn: !GetAtt "
     "B.Arn}}\n",
     "R F B P "},
    {"a bucket and a queue's policy",
     BUCKET(
         "B", "QueueConfigurations",
         "Queue: !GetAtt Q.Arn") "  Q: {Type: AWS::SQS::Queue}\n"
                                 "  P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Q]}}\n",
     "Q P B "},
    {"a bucket and a topic's policy",
     BUCKET("B", "TopicConfigurations",
            "Topic: !Ref T") "  T: {Type: AWS::SNS::Topic}\n"
                             "  P: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref T]}}\n",
     "T P B "},
    {"a subscription and its queue's policy, an alarm and its topic's",
     "  S: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref T, Endpoint: !GetAtt Q.Arn}}\n"
     "  A: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!Ref T]}}\n"
     "  Q: {Type: AWS::SQS::Queue}\n  T: {Type: AWS::SNS::Topic}\n"
     "  PT: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref T]}}\n"
     "  PQ: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Q]}}\n",
     "T Q PT PQ S A "},
    {"a custom resource's function has a role with a policy",
     "  X: {Type: 'Custom::X', Properties: {ServiceToken: !GetAtt F.Arn}}\n" FUNCTION("F") ROLE
     "  P: {Type: AWS::IAM::Policy, Properties: {Roles: [!Ref R]}}\n",
     "R P F X "},
    {"a policy that names the function: what uses the function waits all the same",
     "  X: {Type: 'Custom::X', Properties: {ServiceToken: !GetAtt F.Arn}}\n" FUNCTION("F") ROLE
     "  P: {Type: AWS::IAM::Policy, Properties: {Roles: [!Ref R], PolicyName: !GetAtt F.Arn}}\n",
     "R F P X "},
    {"two pairs that would wait for each other: the first one wins",
     LETS("P1", "!Ref F1") LETS("P2", "!Ref F2") FUNCTION("F1") FUNCTION("F2") ROLE
     "  C1: {Type: AWS::SQS::Queue, DependsOn: [F1, P2]}\n"
     "  C2: {Type: AWS::SQS::Queue, DependsOn: [F2, P1]}\n",
     "R F1 P1 F2 P2 C1 C2 "},
    {"policies that need what others let: no circle",
     LETS("P1", "!Ref F1") FUNCTION("F1") FUNCTION("F2") ROLE
     "  C1: {Type: AWS::SQS::Queue, DependsOn: [F1]}\n"
     "  C2: {Type: AWS::SQS::Queue, DependsOn: [F2]}\n"
     "  P2: {Type: AWS::Lambda::Permission, DependsOn: C1, Properties: {FunctionName: !Ref F2}}\n"
     "  P3: {Type: AWS::Lambda::Permission, DependsOn: C2, Properties: {FunctionName: !Ref F1}}\n",
     "R F1 P1 F2 C1 P2 C2 P3 "},
    {"policies do not wait for policies, nor for what is not there",
     LETS("P1", "!Ref F") LETS("P2", "!Ref F") LETS("P3", "somebody-else-s") FUNCTION("F") ROLE,
     "R F P1 P2 P3 "},
};

static const struct cfn_type *type_of(void *ctx, str name) {
    (void)ctx;
    return cfn_type_find(name);
}

static void what_lets_goes_first(void **state) {
    (void)state;
    const struct cfn_backend backend = {.type = type_of};
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        CLEANUP(tmpl) struct tmpl *tree = NULL;
        CLEANUP_DEINIT(arena) struct arena arena = {0};
        CLEANUP_DEINIT(buf) struct buf text = {0}, names = {0};
        const struct tmpl_model *m;
        struct tmpl_fault fault;
        struct tmpl_graph graph, order;
        buf_printf(&text, "Resources:\n%s", cases[c].resources);
        CHECK_CASE(tmpl_new(&tree, buf_view(&text), &fault) == 0, cases[c].name);
        CHECK_CASE(tmpl_model_new(tree, &m, &fault) == 0, cases[c].name);
        CHECK_CASE(tmpl_graph_new(m, NULL, &arena, &graph, &fault) == 0, cases[c].name);
        cfn_order(&backend, m, &graph, &arena, &order);
        for (size_t i = 0; i < order.n_order; i++)
            buf_printf(&names, STR_FMT " ", STR_ARG(m->resources[order.order[i]].name));
        if (!str_is(buf_view(&names), cases[c].want))
            fail_msg("%s: %s, not %s", cases[c].name, buf_cstr(&names), cases[c].want);
    }
}

/* As many pairs as a template can have: a function, 249 permissions, 249 that use it. */
static void many_pairs(void **state) {
    (void)state;
    const struct cfn_backend backend = {.type = type_of};
    CLEANUP(tmpl) struct tmpl *tree = NULL;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    const struct tmpl_model *m;
    struct tmpl_graph graph, order;
    buf_c(&text, "Resources:\n" FUNCTION("F") ROLE);
    for (int i = 0; i < 249; i++)
        buf_printf(&text, "  C%d: {Type: AWS::SQS::Queue, DependsOn: F}\n" LETS("P%d", "!Ref F"), i,
                   i);
    CHECK_INT(tmpl_new(&tree, buf_view(&text), NULL), 0);
    CHECK_INT(tmpl_model_new(tree, &m, NULL), 0);
    CHECK_INT(tmpl_graph_new(m, NULL, &arena, &graph, NULL), 0);
    cfn_order(&backend, m, &graph, &arena, &order);
    CHECK_INT(order.n_order, 500);
    for (size_t i = 0; i < 251; i++)
        CHECK(!str_starts(m->resources[order.order[i]].name, S("C")));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_lets_goes_first),
                                       cmocka_unit_test(many_pairs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
