/* tmpl/types: properties coerced to their kinds. */
#include "cm.h"

#include "tmpl/eval.h"
#include "tmpl/types.h"

static void coerces(void **state) {
    (void)state;
    static const struct {
        const char *type, *in, *want;
    } cases[] = {
        {"AWS::SQS::Queue", "{\"VisibilityTimeout\":\"30\",\"FifoQueue\":\"true\",\"QueueName\":7}",
         "{\"VisibilityTimeout\":30,\"FifoQueue\":true,\"QueueName\":\"7\"}"},
        {"AWS::SQS::Queue", "{\"VisibilityTimeOut\":30}",
         "Properties validation failed: [#: extraneous key [VisibilityTimeOut] is not permitted]"},
        {"AWS::SQS::Queue", "{\"VisibilityTimeout\":\"soon\"}",
         "Properties validation failed: [#/VisibilityTimeout: expected type: Integer]"},
        {"AWS::SQS::Queue", "{\"Arn\":\"x\"}",
         "Properties validation failed: [#: the property Arn is read-only]"},
        {"AWS::S3::Bucket",
         "{\"PublicAccessBlockConfiguration\":{\"BlockPublicAcls\":\"true\"},\"Tags\":{\"Key\":\"a\",\"Value\":1}}",
         "{\"PublicAccessBlockConfiguration\":{\"BlockPublicAcls\":true},\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"}]}"},
        {"AWS::S3::Bucket", "{\"VersioningConfiguration\":{\"Status\":\"On\"}}",
         "Properties validation failed: [#/VersioningConfiguration/Status: On is not a valid enum value]"},
        {"AWS::S3::Bucket", "{\"LifecycleConfiguration\":{\"Rules\":[{\"Id\":\"x\"}]}}",
         "Properties validation failed: [#/LifecycleConfiguration/Rules/0: required key [Status] not found]"},
        {"AWS::Lambda::Function",
         "{\"Code\":{},\"Role\":\"r\",\"Environment\":{\"Variables\":{\"A\":true,\"B\":1.5}}}",
         "{\"Code\":{},\"Role\":\"r\",\"Environment\":{\"Variables\":{\"A\":\"true\",\"B\":\"1.5\"}}}"},
        {"AWS::SQS::Queue", "{\"VisibilityTimeout\":30.0}", "{\"VisibilityTimeout\":30}"},
        {"AWS::SQS::Queue", "{\"VisibilityTimeout\":30.5}",
         "Properties validation failed: [#/VisibilityTimeout: expected type: Integer]"},
        {"AWS::SQS::Queue", "{\"VisibilityTimeout\":true}",
         "Properties validation failed: [#/VisibilityTimeout: expected type: Integer]"},
        {"AWS::SQS::Queue", "{\"VisibilityTimeout\":1e20}",
         "Properties validation failed: [#/VisibilityTimeout: expected type: Integer]"},
        {"AWS::SQS::Queue", "{\"FifoQueue\":\"TRUE\",\"ContentBasedDeduplication\":\"False\"}",
         "{\"FifoQueue\":true,\"ContentBasedDeduplication\":false}"},
        {"AWS::SQS::Queue", "{\"FifoQueue\":false}", "{\"FifoQueue\":false}"},
        {"AWS::SQS::Queue", "{\"FifoQueue\":\"yes\"}",
         "Properties validation failed: [#/FifoQueue: expected type: Boolean]"},
        {"AWS::SQS::Queue", "{\"FifoQueue\":1}",
         "Properties validation failed: [#/FifoQueue: expected type: Boolean]"},
        {"AWS::SQS::Queue", "{\"QueueName\":[\"x\"]}",
         "Properties validation failed: [#/QueueName: expected type: String, found: JSONArray]"},
        {"AWS::SQS::Queue", "{\"QueueName\":{}}",
         "Properties validation failed: [#/QueueName: expected type: String, found: JSONObject]"},
        {"AWS::SQS::Queue", "{\"Tags\":[1]}",
         "Properties validation failed: [#/Tags/0: expected type: JSONObject]"},
        {"AWS::SQS::Queue", "{\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\"}]}",
         "Properties validation failed: [#/Tags/1: required key [Value] not found]"},
        {"AWS::SQS::Queue", "{}", "{}"},
        {"AWS::CloudWatch::Alarm",
         "{\"ComparisonOperator\":\"GreaterThanThreshold\",\"EvaluationPeriods\":\"1\",\"Threshold\":\"1.5\"}",
         "{\"ComparisonOperator\":\"GreaterThanThreshold\",\"EvaluationPeriods\":1,\"Threshold\":1.5}"},
        {"AWS::CloudWatch::Alarm",
         "{\"ComparisonOperator\":\"GreaterThanThreshold\",\"EvaluationPeriods\":1,\"Threshold\":\"7\"}",
         "{\"ComparisonOperator\":\"GreaterThanThreshold\",\"EvaluationPeriods\":1,\"Threshold\":7}"},
        {"AWS::CloudWatch::Alarm",
         "{\"ComparisonOperator\":\"GreaterThanThreshold\",\"EvaluationPeriods\":1,\"Threshold\":\"7x\"}",
         "Properties validation failed: [#/Threshold: expected type: Number]"},
        {"AWS::CloudWatch::Alarm",
         "{\"ComparisonOperator\":\"GreaterThanThreshold\",\"EvaluationPeriods\":1,\"Threshold\":\"\"}",
         "Properties validation failed: [#/Threshold: expected type: Number]"},
        {"AWS::CloudWatch::Alarm",
         "{\"ComparisonOperator\":\"GreaterThanThreshold\",\"EvaluationPeriods\":1,\"Threshold\":\"inf\"}",
         "Properties validation failed: [#/Threshold: expected type: Number]"},
        {"Custom::X", "{\"ServiceToken\":\"t\",\"Any\":[1]}",
         "{\"ServiceToken\":\"t\",\"Any\":[1]}"},
        {"Custom::X", "{}",
         "Properties validation failed: [#: required key [ServiceToken] not found]"},
        {"Custom::X", "{\"ServiceToken\":\"t\",\"ServiceTimeout\":\"60\"}",
         "{\"ServiceToken\":\"t\",\"ServiceTimeout\":\"60\"}"},
        {"Custom::X", "{\"ServiceToken\":\"t\",\"ServiceTimeout\":3600}",
         "{\"ServiceToken\":\"t\",\"ServiceTimeout\":3600}"},
        {"Custom::X", "{\"ServiceToken\":\"t\",\"ServiceTimeout\":0}",
         "Properties validation failed: [#/ServiceTimeout: 0 is not greater or equal to 1]"},
        {"AWS::CloudFormation::CustomResource",
         "{\"ServiceToken\":\"t\",\"ServiceTimeout\":\"3601\"}",
         "Properties validation failed: [#/ServiceTimeout: 3601 is not less or equal to 3600]"},
        {"Custom::X", "{\"ServiceToken\":\"t\",\"ServiceTimeout\":\"soon\"}",
         "Properties validation failed: [#/ServiceTimeout: expected type: Integer]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *in = json_parse(str_c(cases[i].in), NULL);
        CLEANUP_JSON json_t *out = NULL;
        CLEANUP_DEINIT(buf) struct buf got = {0};
        struct err err;
        if (tmpl_type_coerce(tmpl_type_find(str_c(cases[i].type)), in, &out, &err))
            buf_c(&got, err.text);
        else
            json_write(&got, out);
        CHECK_BUF(got, cases[i].want);
    }
}

/*
 * While planning, a value that is not known yet passes for any scalar, and is seen wherever it is.
 */
static void plans(void **state) {
    (void)state;
    static const struct {
        const char *in;
        bool unknown;
    } cases[] = {
        {"{\"a\":[1,{\"b\":\"x\\u0001unknowny\"}]}", true},
        {"[[\"\\u0001unknown\"]]", true},
        {"{\"\\u0001unknown\":1}", false},
        {"{\"a\":[1,{\"b\":\"x\"}]}", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *in = json_parse(str_c(cases[i].in), NULL);
        CHECK_INT(tmpl_is_unknown(in), cases[i].unknown);
    }
    const struct tmpl_type *queue = tmpl_type_find(S("AWS::SQS::Queue"));
    CLEANUP_JSON json_t *in = json_pack("{s:s}", "VisibilityTimeout", TMPL_UNKNOWN);
    CLEANUP_JSON json_t *planned = NULL;
    CLEANUP_JSON json_t *made = NULL;
    struct err err;
    CHECK_INT(tmpl_type_coerce_plan(queue, in, &planned, &err), 0);
    CHECK(json_equal(planned, in));
    CHECK(tmpl_type_coerce(queue, in, &made, &err) != 0);
}

static void knows(void **state) {
    (void)state;
    CHECK(!tmpl_type_find(S("AWS::EC2::Instance")));
    const struct tmpl_type *queue = tmpl_type_find(S("AWS::SQS::Queue"));
    CHECK(tmpl_has_attribute(queue, S("QueueName")));
    CHECK(!tmpl_has_attribute(queue, S("Nope")));
    CHECK_STR(queue->tag_property, S("Tags"));
    CHECK(tmpl_prop_find(queue->properties, S("QueueName"))->flags & TMPL_PROP_CREATE_ONLY);
    CHECK_TEXT(tmpl_prop_find(queue->properties, S("MaximumMessageSize"))->otherwise, "1048576");
    CHECK(!tmpl_prop_find(queue->properties, S("QueueName"))->otherwise);
    CHECK_STR(queue->name_property, S("QueueName"));
    CHECK_STR(tmpl_type_find(S("AWS::S3::Bucket"))->name_property, S("BucketName"));
    CHECK_STR(tmpl_type_find(S("AWS::S3::BucketPolicy"))->name_property, STR_NONE);
    CHECK_STR(tmpl_type_find(S("AWS::IAM::Policy"))->name_property, STR_NONE);
    CHECK(tmpl_has_attribute(tmpl_type_find(S("Custom::Y")), S("Anything")));
}

/* What AWS has, built here or not. */
static void aws_types(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool is_aws;
    } cases[] = {
        {"AWS::S3::Bucket", true},
        {"AWS::KMS::Key", true},
        {"AWS::CDK::Metadata", true},
        {"AWS::CloudFormation::Stack", true},
        {"Alexa::ASK::Skill", true},
        {"Custom::Anything", true},
        {"AWS::CloudFormation::CustomResource", true},
        {"AWS::KMS::key", false},
        {"AWS::KMS::Ke", false},
        {"AWS::KMS::Key ", false},
        {"AWS::KMS::Alias Key", false},
        {"AWS::KMS::", false},
        {"AWS::KMS", false},
        {"KMS::Key", false},
        {"AWS::S3::Bucket::Deep", false},
        {"AWS::Serverless::Function", false},
        {"Module", false},
        {"::", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(tmpl_is_aws_type(str_c(cases[i].name)) == cases[i].is_aws, cases[i].name);
    for (size_t i = 0; i < tmpl_n_types; i++)
        CHECK_CASE(tmpl_is_aws_type(tmpl_types[i].name), tmpl_types[i].name.p);
}

static void note_violation(void *ctx, str path, str text) {
    buf_printf(ctx, STR_FMT " " STR_FMT "\n", STR_ARG(path), STR_ARG(text));
}

/* All that is wrong, not the first of it. */
static void violations(void **state) {
    (void)state;
    static const char in[] =
        "{\"BucketNam\":1,\"Arn\":\"a\",\"VersioningConfiguration\":{\"Status\":\"On\"},"
        "\"Tags\":[{\"Key\":\"k\"},{\"Key\":[],\"Value\":\"\\u0001unknown\"}]}";
    CLEANUP_JSON json_t *props = json_parse(str_c(in), NULL);
    CLEANUP_DEINIT(buf) struct buf told = {0};
    tmpl_type_violations(tmpl_type_find(S("AWS::S3::Bucket")), props, note_violation, &told);
    CHECK_BUF(
        told,
        "/BucketNam Properties validation failed: [#: extraneous key [BucketNam] is not permitted]\n"
        "/Arn Properties validation failed: [#: the property Arn is read-only]\n"
        "/VersioningConfiguration/Status Properties validation failed: [#/VersioningConfiguration/Status: On is not a valid enum value]\n"
        "/Tags/0 Properties validation failed: [#/Tags/0: required key [Value] not found]\n"
        "/Tags/1/Key Properties validation failed: [#/Tags/1/Key: expected type: String, found: JSONArray]\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(coerces), cmocka_unit_test(plans),
                                       cmocka_unit_test(knows), cmocka_unit_test(aws_types),
                                       cmocka_unit_test(violations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
