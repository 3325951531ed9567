/* client/fault: which answers are tried again, and what is read out of a refusal. */
#include "client_fixture.h"

/* Which answers are worth another attempt: faults of the server, and being too fast for it. */
static void test_worth_another(void **state) {
    (void)state;
    static const struct {
        const char *status, *type;
        unsigned attempts;
    } cases[] = {
        {"500", "", 2},
        {"502", "", 2},
        {"503", "", 2},
        {"504", "", 2},
        {"429", "", 2},
        {"501", "", 1},
        {"400", "", 1},
        {"403", "", 1},
        {"404", "", 1},
        {"409", "", 1},
        {"400", "Throttling", 2},
        {"400", "ThrottlingException", 2},
        {"400", "ThrottledException", 2},
        {"400", "RequestThrottled", 2},
        {"400", "RequestThrottledException", 2},
        {"400", "TooManyRequestsException", 2},
        {"400", "ProvisionedThroughputExceededException", 2},
        {"400", "RequestLimitExceeded", 2},
        {"400", "BandwidthLimitExceeded", 2},
        {"400", "SlowDown", 2},
        {"400", "PriorRequestNotComplete", 2},
        {"400", "TransactionInProgressException", 2},
        {"400", "RequestTimeout", 2},
        {"400", "EC2ThrottledException", 2},
        {"400", "ValidationException", 1},
        {"400", "ConditionalCheckFailedException", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server s;
        char answer[256];
        snprintf(answer, sizeof answer,
                 "HTTP/1.1 %s X\r\nContent-Length: @\r\n\r\n{\"__type\":\"%s\"}", cases[i].status,
                 cases[i].type);
        struct step steps[] = {{ANSWER, answer}, {ANSWER, OK_EMPTY}};
        server_start(&s, NULL, steps, cases[i].attempts);
        CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
        struct client_fault fault;
        int r = client_json(c, "dynamodb", "T.X", NULL, NULL, &fault);
        CHECK_CASE(r == (cases[i].attempts == 2 ? CLIENT_OK : CLIENT_E_ANSWER), cases[i].type);
        CHECK_INT(fault.attempts, cases[i].attempts);
        CHECK_CASE(r == CLIENT_OK || fault.status == atoi(cases[i].status), cases[i].status);
        server_stop(&s);
    }
}

/* The code, message and id of a refusal, in all the places where services put them. */
static void test_faults(void **state) {
    (void)state;
    static const struct {
        const char *answer, *code, *message, *id;
    } cases[] = {
        {"HTTP/1.1 400 B\r\nx-amzn-RequestId: A\r\nx-amz-request-id: B\r\nContent-Length: @\r\n\r\n"
         "{\"code\":\"C\",\"Message\":\"M\"}",
         "C", "M", "A"},
        {"HTTP/1.1 400 B\r\nx-amz-request-id: B\r\nContent-Length: @\r\n\r\n"
         "{\"Code\":\"C\",\"errorMessage\":\"M\"}",
         "C", "M", "B"},
        {"HTTP/1.1 400 B\r\nX-Amzn-ErrorType: NotFound:http://x/\r\nContent-Length: @\r\n\r\n"
         "{\"__type\":\"Other\",\"message\":\"M\"}",
         "NotFound", "M", ""},
        {"HTTP/1.1 400 B\r\nContent-Length: @\r\n\r\n"
         "<E><Error><Code>C</Code><Message>a &amp; b</Message></Error></E>",
         "C", "a & b", ""},
        {"HTTP/1.1 301 B\r\nContent-Length: 0\r\n\r\n", "PermanentRedirect", "HTTP status 301", ""},
        {"HTTP/1.1 304 B\r\n\r\n", "NotModified", "HTTP status 304", ""},
        {"HTTP/1.1 400 B\r\nContent-Length: 0\r\n\r\n", "BadRequest", "HTTP status 400", ""},
        {"HTTP/1.1 403 B\r\nContent-Length: 0\r\n\r\n", "Forbidden", "HTTP status 403", ""},
        {"HTTP/1.1 404 B\r\nContent-Length: 0\r\n\r\n", "NotFound", "HTTP status 404", ""},
        {"HTTP/1.1 412 B\r\nContent-Length: 0\r\n\r\n", "PreconditionFailed", "HTTP status 412",
         ""},
        {"HTTP/1.1 418 B\r\nContent-Length: @\r\n\r\nnothing known", "", "HTTP status 418", ""},
        {"HTTP/1.1 300 B\r\nContent-Length: 0\r\n\r\n", "", "HTTP status 300", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server s;
        struct step step = {ANSWER, cases[i].answer};
        server_start(&s, NULL, &step, 1);
        CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
        struct client_fault fault;
        CHECK_INT(client_json(c, "dynamodb", "T.X", NULL, NULL, &fault), CLIENT_E_ANSWER);
        CHECK_TEXT(fault.code, cases[i].code);
        CHECK_TEXT(fault.message, cases[i].message);
        CHECK_TEXT(fault.request_id, cases[i].id);
        server_stop(&s);
    }
}

static void test_xml(void **state) {
    (void)state;
    static const struct {
        const char *xml, *element, *want;
        bool found;
    } cases[] = {
        {"<a><Code>x</Code></a>", "Code", "x", true},
        {"<a><Codes>y</Codes><Code>x</Code></a>", "Code", "x", true},
        {"<Code a='b'>x</Code>", "Code", "x", true},
        {"<Code/>", "Code", "", true},
        {"<a>", "Code", "", false},
        {"<Code>&amp;&#10;&#65;&x;</Code>", "Code", "&\nA&x;", true},
        {"<Code>&#xa;&#x41;&#X41;&#xg;&#x;</Code>", "Code", "\nA&#X41;&#xg;&#x;", true},
        {"<Code>&#x\x14\x11;</Code>", "Code", "&#x\x14\x11;", true},
        {"<Code>&lt;&gt;&quot;&apos;&amp;amp;</Code>", "Code", "<>\"'&amp;", true},
        {"<Code>&#127;&#128;&#0;&#x41;&#99999;&#65</Code>", "Code", "\x7f&#128;&#0;A&#99999;&#65",
         true},
        {"<Code\n>x</Code>", "Code", "", false},
        {"<a/><Code/><Code>x</Code>", "Code", "", true},
        {"<Code>x<b/>y</Code>", "Code", "x", true},
        {"<Code>cut", "Code", "", false},
        {"<Code", "Code", "", false},
        {"", "Code", "", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = {0};
        CHECK_CASE(client_xml_text(str_c(cases[i].xml), cases[i].element, &out) == cases[i].found,
                   cases[i].xml);
        CHECK_BUF(out, cases[i].want);
        buf_deinit(&out);
    }
}

int main(void) {
    clearenv(); /* whoever runs this may have a profile and keys */
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_worth_another),
                                       cmocka_unit_test(test_faults), cmocka_unit_test(test_xml)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
