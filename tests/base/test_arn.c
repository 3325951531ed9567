/* base/arn: ARNs taken apart, refused, made. */
#include "cm.h"

#include "base/arn.h"

static void test_parse(void **state) {
    (void)state;
    static const struct {
        const char *text, *parts[4]; /* parts NULL: no ARN */
    } cases[] = {
        {"arn:aws:sqs:us-east-1:000000000000:jobs", {"sqs", "us-east-1", "000000000000", "jobs"}},
        {"arn:aws:s3:::bucket/a:b", {"s3", "", "", "bucket/a:b"}},
        {"arn:aws-cn:iam::123456789012:role/x", {NULL}},
        {"arn:aws:sns:::", {"sns", "", "", ""}},
        {"arn:aws:sqs:us-east-1:000000000000", {NULL}},
        {"arn:gcp:sqs:us-east-1:000000000000:jobs", {NULL}},
        {"arn:aws::us-east-1:000000000000:jobs", {NULL}},
        {"ARN:aws:sqs:us-east-1:000000000000:jobs", {NULL}},
        {"*", {NULL}},
        {"", {NULL}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arn arn;
        bool is = arn_parse(str_c(cases[i].text), &arn);
        CHECK_CASE(is == (cases[i].parts[0] != NULL), cases[i].text);
        const str got[] = {arn.service, arn.region, arn.account, arn.resource};
        for (size_t k = 0; k < ARRAY_LEN(got); k++)
            CHECK_STR(got[k], is ? str_c(cases[i].parts[k]) : STR_NONE);
    }
}

static void test_regional(void **state) {
    (void)state;
    struct arn a, b;
    CHECK(arn_parse_regional(S("arn:aws:sqs:us-east-1:000000000000:jobs"), "sqs", &a));
    CHECK(arn_parse_regional(S("arn:aws:sns:us-east-1:000000000000:news:id"), "sns", &b));
    CHECK_STR(b.resource, S("news:id"));
    CHECK(arn_same_place(&a, &b));
    CHECK(arn_parse(S("arn:aws:sqs:eu-west-1:000000000000:jobs"), &b));
    CHECK(!arn_same_place(&a, &b));
    CHECK(arn_parse(S("arn:aws:sqs:us-east-1:000000000001:jobs"), &b));
    CHECK(!arn_same_place(&a, &b));
    CHECK(!arn_parse_regional(S("arn:aws:sqs:us-east-1:000000000000:jobs"), "sns", &a));
    CHECK(!arn_parse_regional(S("arn:aws:sqs::000000000000:jobs"), "sqs", &a));
    CHECK(!arn_parse_regional(S("arn:aws:sqs:us-east-1:00000000000:jobs"), "sqs", &a));
    CHECK(!arn_parse_regional(S("arn:aws:sqs:us-east-1:00000000000x:jobs"), "sqs", &a));
    CHECK(!arn_parse_regional(S("arn:aws:sqs:us-east-1:000000000000:"), "sqs", &a));
}

static void test_make(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    arn_add(&out, "sqs", S("us-east-1"), S("000000000000"), "%s", "jobs");
    CHECK_BUF(out, "arn:aws:sqs:us-east-1:000000000000:jobs");
    CHECK_STR(arn_str(&arena, "s3", STR_NONE, STR_NONE, "%s/*", "bucket"),
              S("arn:aws:s3:::bucket/*"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_regional), cmocka_unit_test(test_make)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
