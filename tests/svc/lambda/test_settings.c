/* Which settings of a function are taken, and which are refused by their names and values. */
#include "lambda_fixture.h"

/* Members of a request, as JSON, and what is said to them; words NULL: they are taken. */
struct setting {
    const char *json, *words;
};
#define OFFER " is not offered by this build of calotype"
#define TEXT_LEVEL                                                                                 \
    "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from your "      \
    "request or change the LogFormat to \"JSON\" and try again."
#define KMS     "arn:aws:kms:us-east-1:000000000000:key/1"
#define SIGNING "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0"

/* Of CreateFunction and UpdateFunctionConfiguration. */
static const struct setting both[] = {
    {"{'Runtime':'provided'}",
     "The runtime parameter of provided" OFFER ": it runs provided.al2023"},
    {"{'Runtime':'provided.al2'}",
     "The runtime parameter of provided.al2" OFFER ": it runs provided.al2023"},
    {"{'TracingConfig':{'Mode':'Active'}}", NULL},
    {"{'TracingConfig':{'Mode':'PassThrough'}}", NULL},
    {"{'TracingConfig':{}}", NULL},
    {"{'LoggingConfig':{'LogFormat':'Text'}}", NULL},
    {"{'LoggingConfig':{'LogFormat':'Text','LogGroup':'/aws/lambda/fn'}}", NULL},
    {"{'LoggingConfig':{}}", NULL},
    {"{'LoggingConfig':{'LogFormat':'JSON'}}", NULL},
    {"{'LoggingConfig':{'LogFormat':'JSON','ApplicationLogLevel':'TRACE','SystemLogLevel':'WARN'}}",
     NULL},
    {"{'LoggingConfig':{'LogFormat':'Text','ApplicationLogLevel':'DEBUG'}}", TEXT_LEVEL},
    {"{'LoggingConfig':{'SystemLogLevel':'WARN'}}", TEXT_LEVEL},
    {"{'VpcConfig':{'SubnetIds':[],'SecurityGroupIds':[],'Ipv6AllowedForDualStack':false}}", NULL},
    {"{'VpcConfig':{'SubnetIds':['subnet-1']}}", "VpcConfig.SubnetIds [\"subnet-1\"]" OFFER},
    {"{'VpcConfig':{'SecurityGroupIds':['sg-1']}}", "VpcConfig.SecurityGroupIds [\"sg-1\"]" OFFER},
    {"{'VpcConfig':{'Ipv6AllowedForDualStack':true}}",
     "VpcConfig.Ipv6AllowedForDualStack true" OFFER},
    {"{'SnapStart':{'ApplyOn':'None'}}", NULL},
    {"{'SnapStart':{'ApplyOn':'PublishedVersions'}}", "SnapStart.ApplyOn PublishedVersions" OFFER},
    {"{'KMSKeyArn':''}", NULL},
    {"{'KMSKeyArn':'" KMS "'}", "KMSKeyArn " KMS OFFER},
    {"{'Layers':[]}", NULL},
    {"{'FileSystemConfigs':[]}", NULL},
    {"{'ImageConfig':{'Command':['x']}}", "ImageConfig {\"Command\":[\"x\"]}" OFFER},
    {"{'DurableConfig':{'ExecutionTimeout':5}}", "DurableConfig {\"ExecutionTimeout\":5}" OFFER},
    {"{'EphemeralStorage':{'Size':600}}", NULL},
    {"{'DeadLetterConfig':{'TargetArn':'arn:aws:sqs:us-east-1:000000000000:q'}}", NULL},
};

static const struct setting create[] = {
    {"{'Publish':false}", NULL},
    {"{'Publish':true}", "Publish true" OFFER},
    {"{'PublishTo':'LATEST_PUBLISHED'}", "PublishTo LATEST_PUBLISHED" OFFER},
    {"{'PackageType':'Zip'}", NULL},
    {"{'PackageType':'Image'}", "PackageType Image" OFFER},
    {"{'Code':{'ImageUri':'r/x'}}", "Code.ImageUri r/x" OFFER},
    {"{'Code':{'ZipFile':'eA==','SourceKMSKeyArn':'" KMS "'}}", "Code.SourceKMSKeyArn " KMS OFFER},
    {"{'CodeSigningConfigArn':'" SIGNING "'}", "CodeSigningConfigArn " SIGNING OFFER},
    {"{'TenancyConfig':{'TenantIsolationMode':'PER_TENANT'}}",
     "TenancyConfig {\"TenantIsolationMode\":\"PER_TENANT\"}" OFFER},
    {"{'Tags':{'a b':'+-=._:/@'}}", NULL},
    {"{'Tags':{'a!':'b'}}",
     "Value of tag a! at 'tags' failed to satisfy constraint: Map keys must"},
    {"{'Tags':{'a':'%'}}", "Value of tag a at 'tags' failed to satisfy constraint: Map value must"},
};

static const struct setting code[] = {
    {"{'Publish':false,'DryRun':true}", NULL},
    {"{'Publish':true}", "Publish true" OFFER},
    {"{'PublishTo':'LATEST_PUBLISHED'}", "PublishTo LATEST_PUBLISHED" OFFER},
    {"{'ImageUri':'r/x'}", "ImageUri r/x" OFFER},
    {"{'SourceKMSKeyArn':'" KMS "'}", "SourceKMSKeyArn " KMS OFFER},
};

static json_t *members(const char *text) {
    CLEANUP_DEINIT(buf) struct buf json = {0};
    buf_c(&json, text);
    for (size_t i = 0; i < json.len; i++)
        if (json.p[i] == '\'')
            json.p[i] = '"';
    json_t *out = json_parse(buf_view(&json), NULL);
    CHECK(out);
    return out;
}

static void check(const char *op, const struct setting *s, json_t *in) {
    CLEANUP_DEINIT(answer) struct answer a = call_op(op, in);
    bool taken = a.status < 300;
    if (taken != !s->words ||
        (!taken && !str_is(buf_view(&a.code), "InvalidParameterValueException")) ||
        (s->words && str_find(buf_view(&a.message), str_c(s->words)) < 0))
        fail_msg("%s %s: %d %s: %s", op, s->json, a.status, buf_cstr(&a.code),
                 buf_cstr(&a.message));
}

static void check_create(const struct setting *s) {
    check("CreateFunction", s, new_function("fn", small_code(), members(s->json)));
    if (!s->words)
        must(call_op("DeleteFunction", named("fn")));
    refused(call_op("GetFunction", named("fn")), 404, "ResourceNotFoundException", "");
}

static void test_create(void **) {
    for (size_t i = 0; i < ARRAY_LEN(both); i++)
        check_create(&both[i]);
    for (size_t i = 0; i < ARRAY_LEN(create); i++)
        check_create(&create[i]);
}

static void test_update(void **) {
    make_small("fn");
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        json_t *in = named("fn");
        CLEANUP_JSON json_t *more = members(both[i].json);
        json_object_update(in, more);
        check("UpdateFunctionConfiguration", &both[i], in);
    }
    for (size_t i = 0; i < ARRAY_LEN(code); i++) {
        json_t *in = small_code();
        CLEANUP_JSON json_t *more = members(code[i].json);
        json_object_update(in, more);
        json_set_str(in, "FunctionName", S("fn"));
        check("UpdateFunctionCode", &code[i], in);
    }
}

static void check_kept(const char *op, json_t *in, const char *mode, const char *group) {
    CLEANUP_DEINIT(answer) struct answer a = call_op(op, in);
    CHECK_CASE(a.status < 300, op);
    CHECK_STR(json_str(json_obj(a.out, "TracingConfig"), "Mode"), str_c(mode));
    CHECK_STR(json_str(json_obj(a.out, "LoggingConfig"), "LogGroup"), str_c(group));
    CHECK_STR(json_str(json_obj(a.out, "LoggingConfig"), "LogFormat"), S("Text"));
}

static void test_list(void **) {
    refused(
        call_op("ListFunctions", members("{'FunctionVersion':'ALL','MasterRegion':'eu-west-1'}")),
        400, "InvalidParameterValueException", "MasterRegion eu-west-1" OFFER);
    must(call_op("ListFunctions", members("{'FunctionVersion':'ALL'}")));
}

/* What is taken is answered, and stays until it is changed. */
static void test_kept(void **) {
    static const char update[] = "UpdateFunctionConfiguration", get[] = "GetFunctionConfiguration";
    json_t *in = members("{'FunctionName':'fn','TracingConfig':{'Mode':'PassThrough'}}");
    check_kept("CreateFunction", new_function("fn", small_code(), NULL), "PassThrough",
               "/aws/lambda/fn");
    check_kept(update,
               members("{'FunctionName':'fn','TracingConfig':{'Mode':'Active'},"
                       "'LoggingConfig':{'LogGroup':'/mine'}}"),
               "Active", "/mine");
    check_kept(update, members("{'FunctionName':'fn','Timeout':9}"), "Active", "/mine");
    check_kept(get, named("fn"), "Active", "/mine");
    check_kept(update, in, "PassThrough", "/mine");
    check_kept(update, members("{'FunctionName':'fn','LoggingConfig':{}}"), "PassThrough",
               "/aws/lambda/fn");
}

/* LoggingConfig in a request, and as it is answered from then on. */
static void test_logging(void **) {
    static const struct {
        const char *in, *want;
    } cases[] = {
        {"{'LogFormat':'JSON'}", "{'LogFormat':'JSON','ApplicationLogLevel':'INFO',"
                                 "'SystemLogLevel':'INFO','LogGroup':'/aws/lambda/fn'}"},
        {"{'LogFormat':'JSON','ApplicationLogLevel':'FATAL','SystemLogLevel':'DEBUG','LogGroup':'g'}",
         "{'LogFormat':'JSON','ApplicationLogLevel':'FATAL','SystemLogLevel':'DEBUG',"
         "'LogGroup':'g'}"},
        {NULL, "{'LogFormat':'JSON','ApplicationLogLevel':'FATAL','SystemLogLevel':'DEBUG',"
               "'LogGroup':'g'}"},
        {"{'LogFormat':'JSON','SystemLogLevel':'WARN'}",
         "{'LogFormat':'JSON','ApplicationLogLevel':'INFO','SystemLogLevel':'WARN',"
         "'LogGroup':'/aws/lambda/fn'}"},
        {"{'LogFormat':'Text'}", "{'LogFormat':'Text','LogGroup':'/aws/lambda/fn'}"},
        {"{'LogGroup':'g'}", "{'LogFormat':'Text','LogGroup':'g'}"},
    };
    make_small("fn");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *in = members("{'FunctionName':'fn','Description':'d'}");
        if (cases[i].in)
            json_set(in, "LoggingConfig", members(cases[i].in));
        CLEANUP_JSON json_t *want = members(cases[i].want);
        must(call_op("UpdateFunctionConfiguration", in));
        CLEANUP_DEINIT(answer) struct answer a = call_op("GetFunctionConfiguration", named("fn"));
        CHECK_CASE(json_equal(json_obj(a.out, "LoggingConfig"), want), cases[i].want);
    }
}

int main(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {CASE(test_create), CASE(test_update), CASE(test_list),
                                       CASE(test_kept), CASE(test_logging)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
