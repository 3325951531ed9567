/* kit/resource_policy: what a policy lets in at a port, and what it does not. */
#include "cm.h"

#include "svc/kit/resource_policy.h"

#define QUEUE "arn:aws:sqs:us-east-1:000000000000:jobs"
#define ALLOW(source)                                                                                                    \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s3.amazonaws.com\"}," \
    "\"Action\":\"sqs:SendMessage\",\"Resource\":\"" QUEUE                                                               \
    "\",\"Condition\":{\"ArnLike\":{\"aws:SourceArn\":\"" source "\"}}}]}"

static int admits(const char *service, const char *account, const char *text) {
    struct hub_event event = {.target = S(QUEUE),
                              .source_service = str_c(service),
                              .source_arn = S("arn:aws:s3:::photos"),
                              .source_account = str_c(account),
                              .account = str_c(account),
                              .region = S("us-east-1")};
    return kit_port_admits(&event, str_c(text), "sqs:SendMessage", event.target, S("000000000000"));
}

static void test_port(void **state) {
    (void)state;
    CHECK_INT(admits("s3.amazonaws.com", "000000000000", ALLOW("arn:aws:s3:::photos")), HUB_OK);
    CHECK_INT(admits("s3.amazonaws.com", "000000000000", ALLOW("arn:aws:s3:::others")),
              HUB_E_DENIED);
    CHECK_INT(admits("sns.amazonaws.com", "000000000000", ALLOW("arn:aws:s3:::photos")),
              HUB_E_DENIED);
    CHECK_INT(admits("s3.amazonaws.com", "000000000000", ""), HUB_E_DENIED);
    CHECK_INT(admits("s3.amazonaws.com", "000000000000", "{}"), HUB_E_DENIED);
}

/* The function's role was asked before. */
static void test_what_lambda_sends_on(void **state) {
    (void)state;
    CHECK_INT(admits("lambda.amazonaws.com", "000000000000", ""), HUB_OK);
    CHECK_INT(admits("lambda.amazonaws.com", "111111111111", ""), HUB_E_DENIED);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_port),
                                       cmocka_unit_test(test_what_lambda_sends_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
