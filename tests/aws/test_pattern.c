/* aws/pattern: the generated patterns match what AWS's do, and none takes long. */
#include "aws/pattern.h"

#include "aws/model.h"
#include "base/clock.h"
#include "cm.h"

/* The pattern of a shape that some operation reaches. */
static const struct api_pattern *find(const struct api_service *api, const char *op,
                                      const char *member) {
    return api_member_find(api_op_find(api, str_c(op))->in, str_c(member))->shape->pattern;
}

static void test_match(void **state) {
    (void)state;
    const struct api_pattern *role = find(&api_lambda, "CreateFunction", "Role"),
                             *fn = find(&api_lambda, "GetFunction", "FunctionName"),
                             *path = find(&api_iam, "CreateRole", "Path"),
                             *stack =
                                 find(&api_cloudformation, "ExecuteChangeSet", "ChangeSetName"),
                             *group = find(&api_logs, "CreateLogGroup", "logGroupName"),
                             *tags = find(&api_iam, "CreateRole", "Description"),
                             *space = find(&api_cloudwatch, "PutMetricData", "Namespace"),
                             *bucket = find(&api_lambda, "UpdateFunctionCode", "S3Bucket");
    const struct {
        const char *name;
        const struct api_pattern *pattern;
        const char *value;
        bool want;
    } cases[] = {
        {"role", role, "arn:aws:iam::123456789012:role/service/x", true},
        {"role with a short account", role, "arn:aws:iam::12345678901:role/x", false},
        {"function's name", fn, "fn-1", true},
        {"function's ARN", fn, "arn:aws:lambda:eu-west-1:123456789012:function:fn:$LATEST", true},
        {"function with a space", fn, "f n", false},
        {"empty function", fn, "", false},
        {"root path", path, "/", true},
        {"path", path, "/a/b/", true},
        {"path without end", path, "/a", false},
        {"change set", stack, "cs-1", true},
        {"change set's ARN", stack, "arn:aws:cloudformation:us-east-1:0:changeSet/x/y", true},
        {"change set with underscore", stack, "a_b", false},
        {"log group", group, "/aws/lambda/fn", true},
        {"log group with colon", group, "a:b", false},
        {"description", tags, "caf\xc3\xa9 \n", true},
        {"description beyond latin 1", tags, "\xe2\x82\xac", false},
        {"namespace", space, "App/x", true},
        {"namespace with colon first", space, ":x", false},
        {"bucket that ends in a dot", bucket, "abc.", false},
        {"bucket", bucket, "abc", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_CASE(cases[i].pattern != NULL, cases[i].name);
        CHECK_CASE(api_pattern_match(cases[i].pattern, str_c(cases[i].value)) == cases[i].want,
                   cases[i].name);
    }
}

#define CHAR(c) PATTERN_CHAR, c
/* Each instruction by itself, written out as tools/genapi_pattern.py would. */
static void test_instructions(void **state) {
    (void)state;
    static const struct {
        const char *regex;
        uint32_t code[24];
        const char *yes[4], *no[5];
    } cases[] = {
        {"ab", {CHAR('a'), CHAR('b'), PATTERN_MATCH}, {"ab"}, {"", "a", "abc", "ba"}},
        {"\xC3\xA4", {CHAR(0xE4), PATTERN_MATCH}, {"\xC3\xA4"}, {"\xC3", "a", "\xC3\xA5"}},
        {"[b-y]",
         {PATTERN_CLASS, 1, 'b', 'y', PATTERN_MATCH},
         {"b", "m", "y"},
         {"a", "z", "", "bb"}},
        {"[b-dx]",
         {PATTERN_CLASS, 2, 'b', 'd', 'x', 'x', PATTERN_MATCH},
         {"b", "d", "x"},
         {"a", "e", "w", "y"}},
        {"[a-c]{2,3}",
         {PATTERN_REPEAT, 2, 3, PATTERN_CLASS, 1, 'a', 'c', PATTERN_MATCH},
         {"ab", "abc"},
         {"a", "abca", "abd", ""}},
        {"[a-c]{2,3}c",
         {PATTERN_REPEAT, 2, 3, PATTERN_CLASS, 1, 'a', 'c', CHAR('c'), PATTERN_MATCH},
         {"aac", "aacc", "ccc", "cccc"},
         {"cc", "ac", "ccccc", "aab"}},
        {"a|b",
         {PATTERN_SPLIT, 3, 7, CHAR('a'), PATTERN_JUMP, 9, CHAR('b'), PATTERN_MATCH},
         {"a", "b"},
         {"c", "ab", ""}},
        {"a|ab",
         {PATTERN_SPLIT, 3, 7, CHAR('a'), PATTERN_JUMP, 11, CHAR('a'), CHAR('b'), PATTERN_MATCH},
         {"a", "ab"},
         {"b", "abb"}},
        {"^a$", {PATTERN_BEGIN, CHAR('a'), PATTERN_END, PATTERN_MATCH}, {"a"}, {"aa", ""}},
        {"a^", {CHAR('a'), PATTERN_BEGIN, PATTERN_MATCH}, {NULL}, {"a", ""}},
        {"a$b", {CHAR('a'), PATTERN_END, CHAR('b'), PATTERN_MATCH}, {NULL}, {"a", "ab"}},
        {"a\\b-", {CHAR('a'), PATTERN_BOUNDARY, CHAR('-'), PATTERN_MATCH}, {"a-"}, {"a", "ab"}},
        {"\\ba", {PATTERN_BOUNDARY, CHAR('a'), PATTERN_MATCH}, {"a"}, {"-", ""}},
        {"_\\b", {CHAR('_'), PATTERN_BOUNDARY, PATTERN_MATCH}, {"_"}, {"-", "_a"}},
        {"-\\b", {CHAR('-'), PATTERN_BOUNDARY, PATTERN_MATCH}, {NULL}, {"-"}},
        {"(?=ab)[a-z]{3}",
         {PATTERN_LOOK, 0, 8, CHAR('a'), CHAR('b'), PATTERN_MATCH, PATTERN_REPEAT, 3, 3,
          PATTERN_CLASS, 1, 'a', 'z', PATTERN_MATCH},
         {"abc", "abz"},
         {"acb", "ab", "abcd", "xab"}},
        {"(?!ab)[a-z]{3}",
         {PATTERN_LOOK, 1, 8, CHAR('a'), CHAR('b'), PATTERN_MATCH, PATTERN_REPEAT, 3, 3,
          PATTERN_CLASS, 1, 'a', 'z', PATTERN_MATCH},
         {"acb", "xab"},
         {"abc", "ab", "acbd"}},
        {"[a-z]{1,}(?<!b)",
         {PATTERN_REPEAT, 1, UINT32_MAX, PATTERN_CLASS, 1, 'a', 'z', PATTERN_BEHIND, 1, 14,
          PATTERN_CLASS, 1, 'b', 'b', PATTERN_MATCH},
         {"a", "ba", "bc"},
         {"b", "ab", ""}},
        {"[a-z]{1,}(?<=b)",
         {PATTERN_REPEAT, 1, UINT32_MAX, PATTERN_CLASS, 1, 'a', 'z', PATTERN_BEHIND, 0, 14,
          PATTERN_CLASS, 1, 'b', 'b', PATTERN_MATCH},
         {"b", "ab"},
         {"a", "ba", ""}},
        {"an unknown instruction", {99, PATTERN_MATCH}, {NULL}, {"", "a"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct api_pattern pattern = {cases[i].regex, cases[i].code};
        for (size_t k = 0; k < 4 && cases[i].yes[k]; k++)
            if (!api_pattern_match(&pattern, str_c(cases[i].yes[k])))
                CHECK_FAILED(__FILE__, __LINE__, "%s does not match %s\n", cases[i].regex,
                             cases[i].yes[k]);
        for (size_t k = 0; k < 5 && cases[i].no[k]; k++)
            if (api_pattern_match(&pattern, str_c(cases[i].no[k])))
                CHECK_FAILED(__FILE__, __LINE__, "%s matches %s\n", cases[i].regex, cases[i].no[k]);
    }
}

/* No pattern of any model may take long over a hostile value. */
static void test_bounded_time(void **state) {
    (void)state;
    struct buf hostile[3] = {{0}};
    for (int i = 0; i < 65536; i++) {
        buf_char(&hostile[0], 'a');
        buf_c(&hostile[1], "/a");
        buf_c(&hostile[2], "aws:-");
    }
    int64_t start = clock_mono_ms();
    for (size_t s = 0; api_services[s]; s++)
        for (size_t o = 0; o < api_services[s]->n_ops; o++) {
            const struct api_shape *in = api_services[s]->ops[o].in;
            for (size_t m = 0; in && m < in->n; m++)
                for (size_t h = 0; h < 3 && in->members[m].shape->pattern; h++)
                    api_pattern_match(in->members[m].shape->pattern, buf_view(&hostile[h]));
        }
    for (size_t h = 0; h < 3; h++)
        buf_deinit(&hostile[h]);
    CHECK_RANGE(clock_mono_ms() - start, 0, 60000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_match),
                                       cmocka_unit_test(test_instructions),
                                       cmocka_unit_test(test_bounded_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
