/*
 * policy: which patterns list an action, when there are many; what a decision tells whoever watches;
 * where statements stand in their text.
 */
#include "cm.h"

#include "policy/policy.h"

static struct policy *compiled(str json) {
    struct policy *policy = NULL;
    struct err err = {{0}};
    if (policy_new_within(&policy, POLICY_IDENTITY, json, 1 << 20, &err))
        CHECK_FAILED(__FILE__, __LINE__, "%s\n", err.text);
    return policy;
}

static bool allows(const struct policy *policy, const char *action) {
    const struct policy_request request = {.principal = {PRINCIPAL_USER, S("000000000000"), S("u")},
                                           .action = str_c(action),
                                           .resource = S("*")};
    const struct policy_set set = {.identity = &policy, .n_identity = 1};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED;
}

static void many_services(void **state) {
    static const char list[] =
        "{\"Statement\":{\"Effect\":\"Allow\",\"%s\":[\"sqs:Send*\",\"S3:Get*\",\"s3-object-lambda:*\","
        "\"s3:List?x\",\"SQS:ReceiveMessage\",\"a:b\",\"zz:*\",\"s3:PutObject\"],\"Resource\":\"*\"}}";
    static const struct {
        const char *action;
        bool listed;
    } cases[] = {
        {"s3:GetObject", true},
        {"S3:PUTOBJECT", true},
        {"s3:PutObjectAcl", false},
        {"s3:List1x", true},
        {"s3:Listx", false},
        {"s3-object-lambda:Any", true},
        {"s3-object-lambda", false},
        {"sqs:SendMessage", true},
        {"sqs:receivemessage", true},
        {"sqs:DeleteMessage", false},
        {"a:b", true},
        {"a:bc", false},
        {"a-:b", false},
        {"zz:Anything", true},
        {"z:Anything", false},
        {"zzz:Anything", false},
        {"s3", false},
        {":", false},
        {"dynamodb:GetItem", false},
    };
    (void)state;
    for (size_t not = 0; not < 2; not ++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        buf_printf(&text, list, not ? "NotAction" : "Action");
        CLEANUP(policy) struct policy *policy = compiled(buf_view(&text));
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
            CHECK_CASE(allows(policy, cases[i].action) == (cases[i].listed != not ),
                       cases[i].action);
    }
    CLEANUP(policy)
    struct policy *all = compiled(S(
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"s3:Get\",\"*\"],\"Resource\":\"*\"}}"));
    CHECK(allows(all, "zz:Anything"));
}

/*
 * A document with 8,000 actions of 1,000 services, as large as AWS's largest, costs a decision no
 * more than a few comparisons: all of them would be some hundred times of a short one.
 */
static void many_actions_are_cheap(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"x:y\"");
    for (int i = 0; i < 8000; i++)
        buf_printf(&text, ",\"service%d:%s\"", i % 1000,
                   (const char *[]){"Describe*", "Get*", "List*", "BatchGet*", "Search*", "Query*",
                                    "Scan*", "View*"}[i / 1000]);
    buf_c(&text, "],\"Resource\":\"*\"}}");
    CLEANUP(policy) struct policy *large = compiled(buf_view(&text));
    CLEANUP(policy)
    struct policy *small = compiled(S(
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"service500:Get*\",\"Resource\":\"*\"}}"));
    const struct policy_load load = {S("service500:GetObject"), 1, 1, 0};
    CHECK(allows(large, "service500:GetObject"));
    CHECK(policy_steps(large, &load) < 40 * policy_steps(small, &load));
}

/* ---- Watching ---- */

struct seen {
    struct buf text;
};
static void on_match(void *arg, const struct policy *, size_t statement, bool denies) {
    struct seen *seen = arg;
    buf_printf(&seen->text, "%s%zu ", denies ? "-" : "+", statement);
}
static void on_missing(void *arg, str key) {
    struct seen *seen = arg;
    buf_printf(&seen->text, "?" STR_FMT " ", STR_ARG(key));
}

static void what_is_told(void **state) {
    static const char document[] =
        "{\"Version\":\"2012-10-17\",\"Statement\":["
        "{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"},"
        "{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"},"
        "{\"Effect\":\"Deny\",\"Action\":\"s3:Delete*\",\"Resource\":\"*\"},"
        "{\"Effect\":\"Allow\",\"Action\":\"s3:List*\",\"Resource\":\"arn:aws:s3:::${aws:username}\"},"
        "{\"Effect\":\"Allow\",\"Action\":\"sns:*\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":"
        "{\"aws:a\":\"x\",\"aws:b\":\"y\"}}},"
        "{\"Effect\":\"Allow\",\"Action\":\"sqs:*\",\"Resource\":\"arn:aws:sqs:::q\",\"Condition\":"
        "{\"Null\":{\"aws:c\":true}}}]}";
    static const struct {
        const char *action, *resource, *told;
    } cases[] = {
        {"s3:PutObject", "arn:aws:s3:::b", "+0 "},
        {"s3:GetObject", "arn:aws:s3:::b", "+0 +1 "},
        {"s3:DeleteObject", "arn:aws:s3:::b", "+0 -2 "},
        {"s3:ListBucket", "arn:aws:s3:::b", "+0 ?aws:username "},
        {"sns:Publish", "*", "?aws:b "},
        {"sqs:SendMessage", "arn:aws:sqs:::q", "?aws:c +5 "},
        {"sqs:SendMessage", "arn:aws:sqs:::r", ""},
        {"ec2:RunInstances", "*", ""},
    };
    (void)state;
    CLEANUP(policy) struct policy *policy = compiled(str_c(document));
    CLEANUP(policy_context) struct policy_context *context = policy_context_new();
    policy_context_add(context, S("AWS:A"), S("x"));
    const struct policy *const policies[] = {policy};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct seen seen = {{0}};
        const struct policy_watch watch = {on_match, on_missing, &seen};
        const struct policy_request request = {
            .principal = {PRINCIPAL_USER, S("000000000000"), S("u")},
            .action = str_c(cases[i].action),
            .resource = str_c(cases[i].resource),
            .context = context,
            .watch = &watch};
        const struct policy_set set = {.identity = policies, .n_identity = 1};
        policy_decide(&request, &set);
        CHECK_CASE(strcmp(seen.text.p ? buf_cstr(&seen.text) : "", cases[i].told) == 0,
                   cases[i].action);
        buf_deinit(&seen.text);
    }
}

/* ---- Places ---- */

/* As IAM tells them: the first is of its own example, the third of AdministratorAccess as it is written. */
static void places(void **state) {
#define BODY "\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\""
    static const struct {
        const char *text;
        size_t index;
        int line, column, to_line, to_column; /* line 0: there is none */
    } cases[] = {
        {"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"dynamodb:*\","
         "\"Resource\":\"*\",\"Condition\":{\"DateGreaterThan\":{\"aws:CurrentTime\":"
         "\"2018-08-16T12:00:00Z\"}}}}",
         0, 1, 38, 1, 167},
        {"{\"Version\":\"2012-10-17\",\"Statement\":[{" BODY "}]}", 0, 1, 38, 1, 84},
        {"{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n"
         "      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}",
         0, 3, 17, 8, 6},
        {"{\"Statement\":[{" BODY "},{" BODY "}]}", 1, 1, 61, 1, 108},
        {"{\"Statement\":[{" BODY "},{" BODY "}]}", 2, 0, 0, 0, 0},
        {"{\"Statement\":{" BODY "}}", 1, 0, 0, 0, 0},
        {"{\"Id\":\"}],\\\"Statement\\\":[{\\\\\",\"Statement\":[{" BODY
         "}],\"Version\":\"2012-10-17\"}",
         0, 1, 44, 1, 90},
        {"{\"Id\":\"\xC3\xA9\",\"Statement\":[{" BODY "}]}", 0, 1, 24, 1, 70},
        {"{\"Id\":\"x\"}", 0, 0, 0, 0, 0},
        {"", 0, 0, 0, 0, 0},
        {"{\"Statement", 0, 0, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct policy_place place = {{0, 0}, {0, 0}};
        bool found = policy_place_of(str_c(cases[i].text), cases[i].index, &place);
        CHECK_CASE(found == (cases[i].line > 0), cases[i].text);
        if (!found)
            continue;
        CHECK_INT(place.start.line, cases[i].line);
        CHECK_INT(place.start.column, cases[i].column);
        CHECK_INT(place.end.line, cases[i].to_line);
        CHECK_INT(place.end.column, cases[i].to_column);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_services),
                                       cmocka_unit_test(many_actions_are_cheap),
                                       cmocka_unit_test(what_is_told), cmocka_unit_test(places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
