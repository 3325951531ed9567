/* policy: documents and patterns that are too large, too deep or costly. */
#include "cm.h"

#include "base/json.h"
#include "policy/policy.h"

static int try_text(str text, struct err *err) {
    struct policy *policy = NULL;
    int rc = policy_new(&policy, POLICY_RESOURCE, text, err);
    policy_free(policy);
    return rc;
}

static void size_is_bounded(void **state) {
    (void)state;
    static const char tail[] =
        "\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}";
    for (size_t over = 0; over < 2; over++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        buf_c(&text, "{\"Id\":\"");
        while (text.len + strlen(tail) < POLICY_MAX_BYTES + over)
            buf_char(&text, 'x');
        buf_c(&text, tail);
        struct err err = {{0}};
        CHECK_INT(try_text(buf_view(&text), &err), over ? POLICY_E_MALFORMED : 0);
        if (over)
            CHECK_STR(str_c(err.text), S("Policy is larger than 20480 bytes"));
    }
}

static void depth_is_bounded(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (size_t i = 0; i < 10000; i++)
        buf_char(&text, '[');
    for (size_t i = 0; i < 10000; i++)
        buf_char(&text, ']');
    struct err err;
    CHECK_INT(try_text(buf_view(&text), &err), POLICY_E_MALFORMED);
}

static void statements_are_bounded(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "{\"Statement\":[{}");
    for (size_t i = 0; i < POLICY_MAX_STATEMENTS; i++)
        buf_c(&text, ",{}");
    buf_c(&text, "]}");
    struct err err;
    CHECK_INT(try_text(buf_view(&text), &err), POLICY_E_MALFORMED);
    CHECK_STR(str_c(err.text), S("Policy has more than 512 statements"));
}

/* Many stars against a long text: must not explode. */
static void stars_are_cheap(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0}, arn = {0};
    buf_c(
        &text,
        "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::");
    for (size_t i = 0; i < 2000; i++)
        buf_c(&text, "*a");
    buf_c(&text, "b\"}}");
    buf_c(&arn, "arn:aws:s3:::");
    for (size_t i = 0; i < 4000; i++)
        buf_char(&arn, 'a');
    CLEANUP(policy) struct policy *policy = NULL;
    CHECK_INT(policy_new(&policy, POLICY_RESOURCE, buf_view(&text), NULL), 0);
    struct policy_request request = {.principal = {.kind = PRINCIPAL_ANONYMOUS},
                                     .action = S("s3:GetObject"),
                                     .resource = buf_view(&arn)};
    struct policy_set set = {.resource = policy};
    CHECK_INT(policy_decide(&request, &set).effect, POLICY_DENIED_IMPLICIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_is_bounded), cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(statements_are_bounded), cmocka_unit_test(stars_are_cheap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
