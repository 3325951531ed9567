/* What functions are: creating, reading, changing, deleting, permissions. Nothing runs here. */
#include "lambda_fixture.h"

#include "base/rand.h"
#include "svc/lambda/fn.h"

/* ---- Names ---- */
static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *text, *account, *region, *name, *qualifier; /* name NULL: refused */
    } cases[] = {
        {"fn", "1", "r", "fn", NULL},
        {"fn:$LATEST", "1", "r", "fn", "$LATEST"},
        {"function:fn", "1", "r", "fn", NULL},
        {"123456789012:function:fn", "123456789012", "r", "fn", NULL},
        {"123456789012:function:fn:7", "123456789012", "r", "fn", "7"},
        {"arn:aws:lambda:eu-west-1:123456789012:function:fn", "123456789012", "eu-west-1", "fn",
         NULL},
        {"arn:aws:lambda:eu-west-1:123456789012:function:fn:prod", "123456789012", "eu-west-1",
         "fn", "prod"},
        {"", NULL, NULL, NULL, NULL},
        {"a b", NULL, NULL, NULL, NULL},
        {"a:b:c:d", NULL, NULL, NULL, NULL},
        {"arn:aws:s3:eu-west-1:123456789012:function:fn", NULL, NULL, NULL, NULL},
        {"arn:aws:lambda:eu-west-1:12345:function:fn", NULL, NULL, NULL, NULL},
        {"arn:aws:lambda:eu-west-1:123456789012:layer:fn", NULL, NULL, NULL, NULL},
        {"arn:aws:lambda:eu-west-1:function:fn:prod", NULL, NULL, NULL, NULL},
        {"arn:aws:lambda:eu-west-1:123456789012:fn", NULL, NULL, NULL, NULL},
        {"123456789012:function:", NULL, NULL, NULL, NULL},
        {"arn:aws:lambda:eu-west-1:123456789012:function:fn:a:b", NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lambda_name n;
        bool ok = lambda_name_parse(str_c(cases[i].text), S("1"), S("r"), &n);
        CHECK_CASE(ok == (cases[i].name != NULL), cases[i].text);
        if (!ok)
            continue;
        CHECK_CASE(str_is(n.account, cases[i].account) && str_is(n.region, cases[i].region) &&
                       str_is(n.name, cases[i].name),
                   cases[i].text);
        CHECK_CASE(str_eq(n.qualifier, str_c(cases[i].qualifier)), cases[i].text);
    }
}

/* ---- Life of a row ---- */
static void test_create_and_read(void **state) {
    (void)state;
    struct answer a = call_op("CreateFunction",
                              new_function("photo", small_code(),
                                           json_pack("{s:s,s:i,s:{s:s}}", "Description", "words",
                                                     "MemorySize", 512, "Tags", "Team", "a")));
    CHECK_INT(a.status, 201);
    CHECK_STR(json_str(a.out, "FunctionArn"), S(FN_ARN("photo")));
    CHECK_STR(json_str(a.out, "State"), S("Active"));
    CHECK_STR(json_str(a.out, "Version"), S("$LATEST"));
    CHECK_STR(json_str(a.out, "PackageType"), S("Zip"));
    CHECK_INT(json_int(a.out, "Timeout", 0), 3);
    CHECK_INT(json_int(a.out, "MemorySize", 0), 512);
    CHECK_INT(json_int(json_obj(a.out, "EphemeralStorage"), "Size", 0), 512);
    CHECK_INT(json_str(a.out, "CodeSha256").len, 44);
    CHECK(str_ends(json_str(a.out, "LastModified"), S("+0000")));
    answer_deinit(&a);

    a = call_op("GetFunction", named(FN_ARN("photo")));
    CHECK_INT(a.status, 200);
    CHECK_STR(json_str(json_obj(a.out, "Configuration"), "Description"), S("words"));
    CHECK_STR(json_str(json_obj(a.out, "Tags"), "Team"), S("a"));
    answer_deinit(&a);
    refused(call_op("CreateFunction", new_function("photo", small_code(), NULL)), 409,
            "ResourceConflictException", "Function already exist: photo");
    refused(call_op("GetFunction", named("photo:7")), 404, "ResourceNotFoundException",
            "Function not found: " FN_ARN("photo:7"));

    must(call_op("DeleteFunction", named("photo")));
    refused(call_op("DeleteFunction", named("photo")), 404, "ResourceNotFoundException",
            "Function not found: " FN_ARN("photo"));
    make_small("photo");
}

/* What is the same for every function: the stack tools ask for it. */
static void test_fixed_answers(void **state) {
    (void)state;
    static const struct {
        const char *op, *member, *want;
    } cases[] = {
        {"GetFunctionCodeSigningConfig", "FunctionName", "fixed"},
        {"GetFunctionRecursionConfig", "RecursiveLoop", "Allow"},
        {"GetRuntimeManagementConfig", "UpdateRuntimeOn", "Auto"},
        {"GetRuntimeManagementConfig", "FunctionArn", FN_ARN("fixed")},
    };
    make_small("fixed");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer a = call_op(cases[i].op, named("fixed"));
        CHECK_CASE(a.status == 200, cases[i].op);
        CHECK_STR(json_str(a.out, cases[i].member), str_c(cases[i].want));
    }
}

static void test_refused_configurations(void **state) {
    (void)state;
    static const struct {
        const char *name, *json, *words;
    } cases[] = {
        {"java", "{\"Runtime\":\"java21\"}", "java21 is not offered by this build"},
        {"arm", "{\"Architectures\":[\"arm64\"]}",
         "Architecture arm64 is not offered here for provided.al2023"},
        {"timeout", "{\"Timeout\":901}", "less than or equal to 900"},
        {"memory", "{\"MemorySize\":10241}", "less than or equal to 10240"},
        {"reserved",
         "{\"Environment\":{\"Variables\":{\"MINE\":\"x\",\"AWS_REGION\":\"x\",\"AWS_LAMBDA_METADATA_API\":\"x\","
         "\"AWS_LAMBDA_METADATA_TOKEN\":\"x\",\"AWS_LAMBDA_MAX_CONCURRENCY\":\"x\"}}}",
         "Reserved keys used in this request: AWS_REGION, AWS_LAMBDA_METADATA_API, "
         "AWS_LAMBDA_METADATA_TOKEN, AWS_LAMBDA_MAX_CONCURRENCY"},
        {"role", "{\"Role\":\"arn:aws:iam::000000000000:role/nobody\"}",
         "The role defined for the function cannot be assumed by Lambda."},
        {"dead letter", "{\"DeadLetterConfig\":{\"TargetArn\":\"arn:aws:s3:::bucket\"}}",
         "neither an SQS queue nor an SNS topic"},
        {"code", "{\"Code\":{}}", "Please provide a source for function code."},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer)
        struct answer a =
            call_op("CreateFunction",
                    new_function("fn", small_code(), json_parse(str_c(cases[i].json), NULL)));
        CHECK_CASE(a.status == 400 && str_is(buf_view(&a.code), "InvalidParameterValueException"),
                   cases[i].name);
        if (str_find(buf_view(&a.message), str_c(cases[i].words)) < 0)
            fail_msg("%s: %s", cases[i].name, buf_cstr(&a.message));
    }
    refused(call_op("GetFunction", named("fn")), 404, "ResourceNotFoundException", "");
}

static void test_update(void **state) {
    (void)state;
    make_small("fn");
    CLEANUP_DEINIT(answer) struct answer before = call_op("GetFunctionConfiguration", named("fn"));
    CLEANUP_DEINIT(answer)
    struct answer a = call_op("UpdateFunctionConfiguration",
                              json_pack("{s:s,s:i,s:{s:{s:s}}}", "FunctionName", "fn", "Timeout",
                                        60, "Environment", "Variables", "COLOUR", "b"));
    if (a.status != 200)
        fail_msg("%s", buf_cstr(&a.message));
    CHECK_INT(a.status, 200);
    CHECK_INT(json_int(a.out, "Timeout", 0), 60);
    CHECK_INT(json_int(a.out, "MemorySize", 0), 128);
    CHECK_STR(json_str(json_obj(json_obj(a.out, "Environment"), "Variables"), "COLOUR"), S("b"));
    CHECK(!str_eq(json_str(a.out, "RevisionId"), json_str(before.out, "RevisionId")));
    CLEANUP_JSON json_t *stale = json_pack("{s:s,s:O}", "FunctionName", "fn", "RevisionId",
                                           json_object_get(before.out, "RevisionId"));
    refused(call_op("UpdateFunctionConfiguration", json_incref(stale)), 412,
            "PreconditionFailedException", "RevisionId");

    json_t *code = code_of("#!/bin/false", 12);
    json_object_set_new(code, "FunctionName", json_string("fn"));
    CLEANUP_DEINIT(answer) struct answer coded = call_op("UpdateFunctionCode", code);
    CHECK_INT(coded.status, 200);
    CHECK(!str_eq(json_str(coded.out, "CodeSha256"), json_str(before.out, "CodeSha256")));
    CHECK_INT(json_int(coded.out, "Timeout", 0), 60);
}

static void test_list(void **state) {
    (void)state;
    static const char *const names[] = {"a", "ab", "b", "c", "d"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        make_small(names[i]);
    CLEANUP_DEINIT(buf) struct buf marker = {0};
    size_t seen_names = 0;
    for (int pages = 1;; pages++) {
        json_t *in = json_pack("{s:i}", "MaxItems", 2);
        if (marker.len)
            json_set_str(in, "Marker", buf_view(&marker));
        CLEANUP_DEINIT(answer) struct answer a = call_op("ListFunctions", in);
        for (size_t i = 0; i < json_array_size(json_arr(a.out, "Functions")); i++)
            CHECK_STR(json_str(json_array_get(json_arr(a.out, "Functions"), i), "FunctionName"),
                      str_c(names[seen_names++]));
        buf_clear(&marker);
        buf_str(&marker, json_str(a.out, "NextMarker"));
        if (!marker.len) {
            CHECK_INT(pages, 3);
            break;
        }
    }
    CHECK_INT(seen_names, ARRAY_LEN(names));
}

/* ---- Permissions ---- */
static json_t *permission(const char *sid) {
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "FunctionName", "fn", "StatementId", sid,
                     "Action", "lambda:InvokeFunction", "Principal", "s3.amazonaws.com",
                     "SourceArn", "arn:aws:s3:::photos", "SourceAccount", ACCOUNT);
}

static void test_permissions(void **state) {
    (void)state;
    make_small("fn");
    refused(call_op("GetPolicy", named("fn")), 404, "ResourceNotFoundException",
            "The resource you requested does not exist.");
    CLEANUP_DEINIT(answer) struct answer a = call_op("AddPermission", permission("one"));
    CHECK_INT(a.status, 201);
    CLEANUP_JSON json_t *statement = json_parse(json_str(a.out, "Statement"), NULL);
    CHECK_STR(json_str(json_obj(statement, "Principal"), "Service"), S("s3.amazonaws.com"));
    CHECK_STR(json_str(json_obj(json_obj(statement, "Condition"), "ArnLike"), "AWS:SourceArn"),
              S("arn:aws:s3:::photos"));
    CHECK_STR(
        json_str(json_obj(json_obj(statement, "Condition"), "StringEquals"), "AWS:SourceAccount"),
        S(ACCOUNT));
    CHECK_STR(json_str(statement, "Resource"), S(FN_ARN("fn")));
    refused(call_op("AddPermission", permission("one")), 409, "ResourceConflictException",
            "already exists");
    must(call_op("AddPermission", permission("two")));
    must(call_op("RemovePermission",
                 json_pack("{s:s,s:s}", "FunctionName", "fn", "StatementId", "one")));
    refused(call_op("RemovePermission",
                    json_pack("{s:s,s:s}", "FunctionName", "fn", "StatementId", "one")),
            404, "ResourceNotFoundException", "one");
    CLEANUP_DEINIT(answer) struct answer policy = call_op("GetPolicy", named("fn"));
    CLEANUP_JSON json_t *doc = json_parse(json_str(policy.out, "Policy"), NULL);
    CHECK_INT(json_array_size(json_arr(doc, "Statement")), 1);
}

/* A caller with one policy. */
static struct answer as_user(const char *statements, const char *op, json_t *in, str body) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "{\"Version\":\"2012-10-17\",\"Statement\":%s}", statements);
    cloud_user_policy(&fx.c, buf_cstr(&text));
    return call_as(fx.c.user, op, in, body);
}

static void test_rights(void **state) {
    (void)state;
    make_small("fn");
    refused(as_user("[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]",
                    "GetFunction", named("fn"), STR_NONE),
            403, "AccessDeniedException", "lambda:GetFunction on resource: " FN_ARN("fn"));
    static const char get[] = "[{\"Effect\":\"Allow\",\"Action\":\"lambda:GetFunction\","
                              "\"Resource\":\"" FN_ARN("fn") "\"}]";
    must(as_user(get, "GetFunction", named("fn"), STR_NONE));
    /* Making a function needs the right to hand over its role, to Lambda. */
    static const char create[] =
        "[{\"Effect\":\"Allow\",\"Action\":\"lambda:*\",\"Resource\":\"*\"}]";
    refused(as_user(create, "CreateFunction", new_function("other", small_code(), NULL), STR_NONE),
            403, "AccessDeniedException", "iam:PassRole on resource: " ROLE_ARN);
    static const char pass[] =
        "[{\"Effect\":\"Allow\",\"Action\":\"lambda:*\",\"Resource\":\"*\"},{\"Effect\":\"Allow\","
        "\"Action\":\"iam:PassRole\","
        "\"Resource\":\"" ROLE_ARN
        "\",\"Condition\":{\"StringEquals\":{\"iam:PassedToService\":\"lambda.amazonaws.com\"}}}]";
    must(as_user(pass, "CreateFunction", new_function("other", small_code(), NULL), STR_NONE));
}

/* ---- Concurrency, tags, retries ---- */
static void test_concurrency(void **state) {
    (void)state;
    make_small("fn");
    make_small("other");
    must(call_op("PutFunctionConcurrency", json_pack("{s:s,s:i}", "FunctionName", "fn",
                                                     "ReservedConcurrentExecutions", 900)));
    refused(call_op("PutFunctionConcurrency", json_pack("{s:s,s:i}", "FunctionName", "other",
                                                        "ReservedConcurrentExecutions", 1)),
            400, "InvalidParameterValueException", "below its minimum value of [100]");
    CLEANUP_DEINIT(answer) struct answer got = call_op("GetFunctionConcurrency", named("fn"));
    CHECK_INT(json_int(got.out, "ReservedConcurrentExecutions", 0), 900);
    CLEANUP_DEINIT(answer) struct answer account = call_op("GetAccountSettings", NULL);
    CHECK_INT(json_int(json_obj(account.out, "AccountLimit"), "UnreservedConcurrentExecutions", 0),
              100);
    CHECK_INT(json_int(json_obj(account.out, "AccountUsage"), "FunctionCount", 0), 2);
    must(call_op("DeleteFunctionConcurrency", named("fn")));
    CLEANUP_DEINIT(answer) struct answer none = call_op("GetFunctionConcurrency", named("fn"));
    CHECK(!json_has(none.out, "ReservedConcurrentExecutions"));
}

static void test_tags(void **state) {
    (void)state;
    make_small("fn");
    must(call_op("TagResource", json_pack("{s:s,s:{s:s,s:s}}", "Resource", FN_ARN("fn"), "Tags",
                                          "a", "1", "b", "2")));
    must(call_op("UntagResource",
                 json_pack("{s:s,s:[s]}", "Resource", FN_ARN("fn"), "TagKeys", "a")));
    CLEANUP_DEINIT(answer)
    struct answer a = call_op("ListTags", json_pack("{s:s}", "Resource", FN_ARN("fn")));
    CHECK_INT(json_object_size(json_obj(a.out, "Tags")), 1);
    CHECK_STR(json_str(json_obj(a.out, "Tags"), "b"), S("2"));

    json_t *many = json_object();
    for (char key[8] = "A"; key[0] <= 'A' + 50; key[0]++)
        json_set_str(many, key, S(""));
    refused(call_op("CreateFunction",
                    new_function("tagged", small_code(), json_pack("{s:o}", "Tags", many))),
            400, "InvalidParameterValueException", "exceeds the limit of 50");
}

static void test_event_invoke_config(void **state) {
    (void)state;
    make_small("fn");
    refused(call_op("GetFunctionEventInvokeConfig", named("fn")), 404, "ResourceNotFoundException",
            "doesn't have an EventInvokeConfig");
    must(call_op("PutFunctionEventInvokeConfig",
                 json_pack("{s:s,s:i}", "FunctionName", "fn", "MaximumRetryAttempts", 0)));
    must(call_op("UpdateFunctionEventInvokeConfig",
                 json_pack("{s:s,s:i}", "FunctionName", "fn", "MaximumEventAgeInSeconds", 60)));
    CLEANUP_DEINIT(answer) struct answer a = call_op("GetFunctionEventInvokeConfig", named("fn"));
    CHECK_INT(json_int(a.out, "MaximumRetryAttempts", -1), 0);
    CHECK_INT(json_int(a.out, "MaximumEventAgeInSeconds", -1), 60);
    CHECK_STR(json_str(a.out, "FunctionArn"), S(FN_ARN("fn") ":$LATEST"));
    refused(call_op("PutFunctionEventInvokeConfig",
                    json_pack("{s:s,s:{s:{s:s}}}", "FunctionName", "fn", "DestinationConfig",
                              "OnFailure", "Destination",
                              "arn:aws:events:us-east-1:123456789012:event-bus/x")),
            400, "InvalidParameterValueException", "is invalid");
    must(call_op("DeleteFunctionEventInvokeConfig", named("fn")));
    refused(call_op("DeleteFunctionEventInvokeConfig", named("fn")), 404,
            "ResourceNotFoundException", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        cmocka_unit_test(test_names),
        CASE(test_create_and_read),
        CASE(test_fixed_answers),
        CASE(test_refused_configurations),
        CASE(test_update),
        CASE(test_list),
        CASE(test_permissions),
        CASE(test_rights),
        CASE(test_concurrency),
        CASE(test_tags),
        CASE(test_event_invoke_config),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
