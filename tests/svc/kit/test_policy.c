/* kit/resource_policy: what a policy lets in at a port, and what it does not. */
#include "cm.h"

#include "svc/kit/resource_policy.h"

#define QUEUE "arn:aws:sqs:us-east-1:000000000000:jobs"
#define ALLOW_IF(condition)                                                                                              \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s3.amazonaws.com\"}," \
    "\"Action\":\"sqs:SendMessage\",\"Resource\":\"" QUEUE "\",\"Condition\":" condition "}]}"
#define ALLOW(source) ALLOW_IF("{\"ArnLike\":{\"aws:SourceArn\":\"" source "\"}}")
#define TAGGED(team)  ALLOW_IF("{\"StringEquals\":{\"aws:ResourceTag/team\":\"" team "\"}}")

static int admits(const char *service, const char *account, const char *text) {
    struct hub_event event = {.target = S(QUEUE),
                              .source_service = str_c(service),
                              .source_arn = S("arn:aws:s3:::photos"),
                              .source_account = str_c(account),
                              .account = str_c(account),
                              .region = S("us-east-1")};
    CLEANUP_JSON json_t *tags = json_pack("{s:s}", "team", "red");
    const struct aws_port_question question = {"sqs:SendMessage", event.target, S("000000000000"),
                                               tags, false};
    return kit_port_admits(&event, str_c(text), &question);
}

static void test_port(void **state) {
    (void)state;
    CHECK_INT(admits("s3.amazonaws.com", "000000000000", ALLOW("arn:aws:s3:::photos")), HUB_OK);
    CHECK_INT(admits("s3.amazonaws.com", "000000000000", ALLOW("arn:aws:s3:::others")),
              HUB_E_DENIED);
    CHECK_INT(admits("sns.amazonaws.com", "000000000000", ALLOW("arn:aws:s3:::photos")),
              HUB_E_DENIED);
    CHECK_INT(admits("s3.amazonaws.com", "000000000000", TAGGED("red")), HUB_OK);
    CHECK_INT(admits("s3.amazonaws.com", "000000000000", TAGGED("blue")), HUB_E_DENIED);
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
