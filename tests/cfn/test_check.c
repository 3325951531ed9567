/* cfn/check: all that is wrong with a template, in one answer, and what a false condition allows. */
#include "cm.h"

#include "cfn/check.h"
#include "tmpl/params.h"

#define HANDLE "AWS::CloudFormation::WaitConditionHandle"

struct check_case {
    const char *text;
    const char *given; /* parameters, JSON; NULL: they are not known */
    const char *want;  /* NULL: nothing is wrong */
};

static void check_one(const struct check_case *c) {
    CLEANUP(tmpl) struct tmpl *tree = NULL;
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    CLEANUP_DEINIT(buf) struct buf told = {0};
    CLEANUP_JSON json_t *given = c->given ? json_parse(str_c(c->given), NULL) : NULL;
    CLEANUP_JSON json_t *params = NULL;
    struct cfn_stack stack = {.name = S("s"), .id = S("arn:s")};
    struct cfn_check check = {.stack = &stack, .faults = &faults};
    struct tmpl_fault fault = {{0}, {{0}}};
    stack.place = (struct cfn_place){S("000000000000"), S("us-east-1")};
    CHECK_CASE(tmpl_new(&tree, str_c(c->text), &fault) == 0, fault.why.text);
    tmpl_model_check(tree, &check.model, &check.evaluates, &faults);
    if (given && check.evaluates)
        CHECK_CASE(tmpl_params_resolve(check.model, given, &params, &fault) == 0, fault.why.text);
    check.params = params;
    cfn_check_template(&check);
    tmpl_faults_tell(&faults, &told);
    CHECK_STR(buf_view(&told), str_c(c->want ? c->want : ""));
}

/* ---- Types ---- */

#define CONDITIONAL                                                                                \
    "Parameters: {P: {Type: String, Default: a}}\n"                                                \
    "Conditions: {Big: !Equals [!Ref P, b]}\n"                                                     \
    "Resources:\n"                                                                                 \
    "  Key: {Type: AWS::KMS::Key, Condition: Big, Properties: {KeyPolicy: {}}}\n"                  \
    "  Alias: {Type: AWS::KMS::Alias, Condition: Big, Properties: {TargetKeyId: !Ref Key}}\n"      \
    "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !If [Big, !Ref Key, q]}}\n"          \
    "Outputs: {O: {Condition: Big, Value: !GetAtt Key.Arn}}\n"

#define LISTS(type)                                                                                \
    "Resources:\n"                                                                                 \
    "  X: {Type: '" type "', Version: '1.0', Properties: {ServiceToken: t}}\n"                     \
    "  Z: {Type: AWS::SNS::Topic, Properties: {TopicName: !Join ['-', !GetAtt X.List], "           \
    "DisplayName: !Select [1, !GetAtt [X, List]]}}\n"                                              \
    "Outputs: {O: {Value: !Join ['+', !GetAtt X.List]}}\n"

static void types(void **state) {
    (void)state;
    static const struct check_case cases[] = {
        {"Resources:\n  K: {Type: AWS::KMS::Key}\n  L:\n    Type: AWS::KMS::Key\n", "{}",
         "Template error: resource K: the type AWS::KMS::Key is not supported by calotype (line 2, column 13)\n"
         "Template error: resource L: the type AWS::KMS::Key is not supported by calotype (line 4, column 11)"},
        {"Resources: {A: {Type: AWS::Foo::Bar}, B: {Type: Foo}, C: {Type: AWS::Foo::Bar}}", "{}",
         "Template format error: Unrecognized resource types: [AWS::Foo::Bar, Foo] (line 1, column 23; line 1, column 49)"},
        {CONDITIONAL, "{}", NULL},
        {CONDITIONAL, "{\"P\":\"b\"}",
         "Template error: resource Key: the type AWS::KMS::Key is not supported by calotype (line 4, column 15)\n"
         "Template error: resource Alias: the type AWS::KMS::Alias is not supported by calotype (line 5, column 17)"},
        {CONDITIONAL, NULL, NULL},        /* parameters will decide */
        {LISTS("Custom::T"), "{}", NULL}, /* what Data will have is not known */
        {LISTS("AWS::CloudFormation::CustomResource"), "{}", NULL},
        {"Resources:\n  X: {Type: AWS::SQS::Queue}\nOutputs: {O: {Value: !Join ['+', !GetAtt X.Arn]}}\n",
         "{}",
         "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or "
         "a function that returns a list of strings (such as Fn::GetAZs) to be joined. (line 3, column 22)"},
        /* a type that AWS has not is none under any condition */
        {"Conditions: {Never: !Equals [a, b]}\nResources: {A: {Type: AWS::Foo::Bar, Condition: Never}, B: {Type: " HANDLE
         "}}",
         "{}",
         "Template format error: Unrecognized resource types: [AWS::Foo::Bar] (line 2, column 23)"},
        {"Resources: {M: {Type: AWS::CDK::Metadata, Properties: {Analytics: 'v2:deflate64:H4'}}}",
         "{}", NULL},
        {"Resources: {M: {Type: AWS::CDK::Metadata, Properties: {Modules: a=1}}}", "{}", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_one(&cases[i]);
}

/* ---- All at once ---- */

static void all_at_once(void **state) {
    (void)state;
    static const struct check_case cases[] = {
        {"Resources:\n"
         "  Key: {Type: AWS::KMS::Key}\n"
         "  B:\n"
         "    Type: AWS::S3::Bucket\n"
         "    CreationPolicy: {}\n"
         "    DeletionPolicy: Snapshot\n"
         "    Properties:\n"
         "      WebsiteConfiguration: {IndexDocument: x}\n"
         "      BucketNam: x\n"
         "      VersioningConfiguration:\n"
         "        Status: On\n"
         "      Tags:\n"
         "        - Key: k\n"
         "  Q:\n"
         "    Type: AWS::SQS::Queue\n"
         "    Properties:\n"
         "      VisibilityTimeout: !Sub '${Nope}'\n"
         "      DelaySeconds: !Select [9, [a]]\n"
         "      QueueName: !GetAtt B.Nope\n"
         "      Tags: !If [Gone, a, b]\n"
         "Outputs: {O: {Value: [a]}, P: {Value: !Ref Away}}\n",
         "{}",
         "Template error: resource Key: the type AWS::KMS::Key is not supported by calotype (line 2, column 15)\n"
         "Template error: CreationPolicy of resource B is not supported by calotype (line 5, column 5)\n"
         "Template error: resource type AWS::S3::Bucket does not support deletion policy Snapshot (line 6, column 21)\n"
         "Resource B: the property WebsiteConfiguration of AWS::S3::Bucket is not supported by calotype (line 8, column 7)\n"
         "Resource B: Properties validation failed: [#: extraneous key [BucketNam] is not permitted] (line 9, column 7)\n"
         "Resource B: Properties validation failed: [#/VersioningConfiguration/Status: true is not a valid enum value] (line 11, column 9)\n"
         "Resource B: Properties validation failed: [#/Tags/0: required key [Value] not found] (line 13, column 11)\n"
         "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template (line 17, column 26)\n"
         "Template error: Fn::Select cannot select nonexistent value at index 9 (line 18, column 21)\n"
         "Template error: resource B does not support attribute type Nope in Fn::GetAtt (line 19, column 18)\n"
         "Resource Q: Properties validation failed: [#/Tags/0: expected type: JSONObject] (line 20, column 7)\n"
         "Template format error: Unresolved condition dependency Gone in the Resources block of the template (line 20, column 18)\n"
         "Template format error: Output O is malformed. The Value field of every Outputs member must evaluate to a String. (line 21, column 22)\n"
         "Template format error: Unresolved resource dependencies [Away] in the Outputs block of the template (line 21, column 39)"},
        /* what parameters are made of is wrong: no value is told, all else is */
        {"Parameters: {P: {Type: Strin}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {Nope: !Ref P}}, K: {Type: AWS::KMS::Key}}",
         "{}",
         "Template format error: Unrecognized parameter type: Strin (line 1, column 24)\n"
         "Template error: resource K: the type AWS::KMS::Key is not supported by calotype (line 2, column 79)"},
        /* what is left out by a condition is not there for the others */
        {"Conditions: {Never: !Equals [a, b]}\n"
         "Resources:\n"
         "  Gone: {Type: AWS::SQS::Queue, Condition: Never, Properties: {Nope: 1}}\n"
         "  Q: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: !GetAtt Gone.Arn, QueueName: !If [Never, !Ref Gone, q]}}\n"
         "Outputs: {O: {Value: !Ref Gone}, P: {Condition: Never, Value: !Ref Gone}}\n",
         "{}",
         "Template format error: Unresolved resource dependencies [Gone] in the Resources block of the template (line 4, column 58)\n"
         "Template format error: Unresolved resource dependencies [Gone] in the Outputs block of the template (line 5, column 22)"},
        {"Resources: {A: {Type: " HANDLE ", DependsOn: B}, B: {Type: " HANDLE
         ", DependsOn: [A, C]}}",
         "{}",
         "Circular dependency between resources: [A -> B -> A] (line 1, column 13)\n"
         "Template format error: Unresolved resource dependencies [C] in the Resources block of the template (line 1, column 147)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_one(&cases[i]);
}

/* ---- Attributes that no type answers ---- */

#define TABLE_ARN "B.MetadataTableConfiguration.S3TablesDestination.TableArn"
#define CHOICE                                                                                     \
    "Parameters: {P: {Type: String, Default: a}}\n"                                                \
    "Conditions: {Big: !Equals [!Ref P, b]}\n"                                                     \
    "Resources:\n"                                                                                 \
    "  B: {Type: AWS::S3::Bucket}\n"                                                               \
    "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !If [Big, !GetAtt " TABLE_ARN ", q]}}\n" \
    "Outputs: {O: {Value: !If [Big, !Sub '${" TABLE_ARN "}', q]}}\n"
#define UNANSWERED                                                                                 \
    "Resource B: the attribute MetadataTableConfiguration.S3TablesDestination.TableArn of "        \
    "AWS::S3::Bucket is not supported by calotype "

static void only_what_is_asked_for(void **state) {
    (void)state;
    static const struct check_case cases[] = {
        {CHOICE, "{}", NULL},
        {CHOICE, NULL, NULL},
        {CHOICE, "{\"P\":\"b\"}",
         UNANSWERED "(line 5, column 64)\n" UNANSWERED "(line 6, column 32)"},
        {"Resources: {B: {Type: AWS::S3::Bucket}}\nOutputs: {O: {Value: !GetAtt " TABLE_ARN "}}",
         NULL, UNANSWERED "(line 2, column 22)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_one(&cases[i]);
}

/* ---- Large templates ---- */

/* Time and answer stay in proportion: with a place looked up for each, this takes minutes. */
static void many_faults_and_long_names(void **state) {
    (void)state;
    enum { MANY = 30000, LONG = 100000, MOST = 60000 };
    CLEANUP_DEINIT(buf) struct buf name = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_DEINIT(buf) struct buf told = {0};
    CLEANUP(tmpl) struct tmpl *tree = NULL;
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    CLEANUP_JSON json_t *params = json_object();
    struct cfn_stack stack = {.name = S("s"), .id = S("arn:s")};
    struct cfn_check check = {.stack = &stack, .params = params, .faults = &faults};
    stack.place = (struct cfn_place){S("000000000000"), S("us-east-1")};
    for (size_t i = 0; i < LONG; i++)
        buf_c(&name, "\303\244");
    buf_printf(&text, "{\"Resources\":{\"C\":{\"Type\":\"Custom::X\",\"Properties\":{");
    for (size_t i = 0; i < MANY; i++)
        buf_printf(&text, "\"Own%zu\":1,", i);
    buf_printf(&text,
               "\"ServiceToken\":\"t\"}},\"%s\":{\"Type\":\"AWS::S3::Bucket\",\"Properties\":{",
               buf_cstr(&name));
    for (size_t i = 0; i < MANY; i++)
        buf_printf(&text, "%s\"Bad%zu\":1", i ? "," : "", i);
    buf_c(&text, "}}}}");
    CHECK_INT(tmpl_new(&tree, buf_view(&text), NULL), 0);
    tmpl_model_check(tree, &check.model, &check.evaluates, &faults);
    cfn_check_template(&check);
    tmpl_faults_tell(&faults, &told);
    CHECK(told.len < MOST && str_is_utf8(buf_view(&told)));
    CHECK_HAS(buf_cstr(&told), "extraneous key [Bad7] is not permitted] (line 1, column ");
    CHECK(str_ends(buf_view(&told), S("\nand 29951 more")));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(types), cmocka_unit_test(all_at_once),
                                       cmocka_unit_test(only_what_is_asked_for),
                                       cmocka_unit_test(many_faults_and_long_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
