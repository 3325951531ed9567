/* net/gate: which request heads are let in. */
#include "cm.h"

#include "net/gate.h"

/* One head a row, headers split by '|'. */
static const struct {
    const char *name, *line, *headers;
    int want;
} cases[] = {
    {"plain GET", "GET / HTTP/1.1", "Host: a", 0},
    {"IPv6 host", "GET / HTTP/1.1", "Host: [::1]:4566", 0},
    {"1.0 without host", "GET / HTTP/1.0", "", 0},
    {"missing host", "GET / HTTP/1.1", "Accept: */*", 400},
    {"two hosts", "GET / HTTP/1.1", "Host: a|host: a", 400},
    {"empty host", "GET / HTTP/1.1", "Host: ", 400},
    {"host with user", "GET / HTTP/1.1", "Host: a@b", 400},
    {"host with path", "GET / HTTP/1.1", "Host: a/b", 400},
    {"raw UTF-8 in target", "GET /\xc3\xa4 HTTP/1.1", "Host: a", 0},
    {"control in target", "GET /\x01 HTTP/1.1", "Host: a", 400},
    {"fragment", "GET /a#b HTTP/1.1", "Host: a", 400},
    {"absolute form", "GET http://a/ HTTP/1.1", "Host: a", 400},
    {"asterisk", "OPTIONS * HTTP/1.1", "Host: a", 400},
    {"authority form", "CONNECT a:443 HTTP/1.1", "Host: a", 400},
    {"odd method", "G(T / HTTP/1.1", "Host: a", 400},
    {"HTTP/1.2", "GET / HTTP/1.2", "Host: a", 505},
    {"HTTP/2.0", "GET / HTTP/2.0", "Host: a", 505},
    {"lower-case version", "GET / http/1.1", "Host: a", 505},
    {"length", "PUT / HTTP/1.1", "Host: a|Content-Length: 5", 0},
    {"two equal lengths", "PUT / HTTP/1.1", "Host: a|Content-Length: 5|Content-Length: 5", 400},
    {"two lengths", "PUT / HTTP/1.1", "Host: a|Content-Length: 5|content-length: 6", 400},
    {"list of lengths", "PUT / HTTP/1.1", "Host: a|Content-Length: 5, 5", 400},
    {"signed length", "PUT / HTTP/1.1", "Host: a|Content-Length: +5", 400},
    {"length of nothing", "PUT / HTTP/1.1", "Host: a|Content-Length: ", 400},
    {"length too large", "PUT / HTTP/1.1", "Host: a|Content-Length: 99999999999999999999", 400},
    {"chunked", "PUT / HTTP/1.1", "Host: a|Transfer-Encoding: Chunked", 0},
    {"length and chunked", "PUT / HTTP/1.1", "Host: a|Content-Length: 5|Transfer-Encoding: chunked",
     400},
    {"chunked and length", "PUT / HTTP/1.1", "Host: a|Transfer-Encoding: chunked|Content-Length: 5",
     400},
    {"chunked twice", "PUT / HTTP/1.1",
     "Host: a|Transfer-Encoding: chunked|Transfer-Encoding: chunked", 400},
    {"gzip, chunked", "PUT / HTTP/1.1", "Host: a|Transfer-Encoding: gzip, chunked", 501},
    {"chunked in 1.0", "PUT / HTTP/1.0", "Host: a|Transfer-Encoding: chunked", 400},
    {"xchunked", "PUT / HTTP/1.1", "Host: a|Transfer-Encoding: xchunked", 501},
    {"space before colon", "PUT / HTTP/1.1", "Host: a|Content-Length : 5", 400},
    {"tab before colon", "PUT / HTTP/1.1", "Host: a|Content-Length\t: 5", 400},
    {"no name", "GET / HTTP/1.1", "Host: a|: b", 400},
    {"bare CR in value", "GET / HTTP/1.1", "Host: a|X: a\rContent-Length: 5", 400},
    {"bare CR at start", "GET / HTTP/1.1", "Host: a|X: \ra", 400},
    {"DEL in value", "GET / HTTP/1.1", "Host: a|X: \x7f", 400},
    {"tab in value", "GET / HTTP/1.1", "Host: a|X: a\tb", 0},
    {"high bytes in value", "GET / HTTP/1.1", "Host: a|X: \xe4", 0},
    {"expect", "PUT / HTTP/1.1", "Host: a|Content-Length: 1|Expect: 100-Continue", 0},
    {"other expectation", "PUT / HTTP/1.1", "Host: a|Content-Length: 1|Expect: magic", 417},
    {"last printable in target", "GET /~ HTTP/1.1", "Host: a", 0},
    {"DEL in target", "GET /\x7f HTTP/1.1", "Host: a", 400},
    {"empty target", "GET  HTTP/1.1", "Host: a", 400},
    {"a method of 32", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1", "Host: a", 0},
    {"a method of 33", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1", "Host: a", 400},
    {"empty method", " / HTTP/1.1", "Host: a", 400},
    {"every mark of a token", "!#$%&'*+-.^_`|~ / HTTP/1.1", "Host: a|!#$%&'*+-.^_`~: b", 0},
    {"unit separator in value", "GET / HTTP/1.1", "Host: a|X: a\x1f", 400},
    {"tilde in value", "GET / HTTP/1.1", "Host: a|X: ~", 0},
    {"largest length", "PUT / HTTP/1.1", "Host: a|Content-Length: 18446744073709551615", 0},
    {"two expectations", "PUT / HTTP/1.1", "Host: a|Expect: 100-continue|Expect: 100-continue",
     400},
    {"one authorization", "GET / HTTP/1.1", "Host: a|Authorization: x", 0},
    {"two accepts", "GET / HTTP/1.1", "Host: a|Accept: x|Accept: y", 0},
    {"length in 1.0", "PUT / HTTP/1.0", "Content-Length: 5", 0},
    {"two authorizations", "GET / HTTP/1.1", "Host: a|Authorization: x|Authorization: y", 400},
};

static int judge(str line, str headers, size_t *ret_len) {
    struct gate g;
    str method, target, version, one, name, value;
    size_t len = line.len + 2 + 2;
    str_cut(line, ' ', &method, &line);
    str_cut(line, ' ', &target, &version);
    gate_start(&g, method, target, version);
    while (headers.len) {
        str_cut(headers, '|', &one, &headers);
        str_cut(one, ':', &name, &value);
        value = str_starts(value, S(" ")) ? str_skip(value, 1) : value;
        gate_header(&g, name, value, one.len);
        len += one.len + 2;
    }
    size_t given = ret_len ? *ret_len : len;
    if (ret_len)
        *ret_len = len;
    return gate_finish(&g, given);
}

static void judges_heads(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(judge(str_c(cases[i].line), str_c(cases[i].headers), NULL) == cases[i].want,
                   cases[i].name);
}

static void sum_must_agree(void **state) {
    (void)state;
    size_t len = 0;
    judge(S("GET / HTTP/1.1"), S("Host: a|X: b"), &len);
    CHECK_INT(judge(S("GET / HTTP/1.1"), S("Host: a|X: b"), &len), 0);
    len--; /* a bare line feed somewhere */
    CHECK_INT(judge(S("GET / HTTP/1.1"), S("Host: a|X: b"), &len), 400);
    len += 2; /* a zero byte, a fold, a spare space */
    CHECK_INT(judge(S("GET / HTTP/1.1"), S("Host: a|X: b"), &len), 400);
}

/* 255 bytes of a name, and ":65535" behind. */
static void longest_host(void **state) {
    (void)state;
    char name[262];
    memset(name, 'a', sizeof name);
    for (size_t n = 261; n <= 262; n++) {
        struct gate g;
        gate_start(&g, S("GET"), S("/"), S("HTTP/1.1"));
        gate_header(&g, S("Host"), str_n(name, n), n + 6);
        CHECK_INT(gate_finish(&g, 0), n == 261 ? 0 : 400);
    }
}

/* The first fault is the one that is told. */
static void tells_the_first(void **state) {
    (void)state;
    struct gate g;
    gate_start(&g, S("GET"), S("x"), S("HTTP/3"));
    gate_header(&g, S("Host"), S("a b"), 9);
    CHECK_INT(gate_finish(&g, 0), 400);
    CHECK_TEXT(g.reason, "the request target must begin with a slash");
}

static void too_many_headers(void **state) {
    (void)state;
    struct gate g;
    gate_start(&g, S("GET"), S("/"), S("HTTP/1.1"));
    gate_header(&g, S("Host"), S("a"), 7);
    for (int i = 1; i < GATE_MAX_HEADERS; i++)
        gate_header(&g, S("X"), S("a"), 4);
    struct gate fits = g;
    CHECK_INT(gate_finish(&fits, 0), 0);
    gate_header(&g, S("X"), S("a"), 4);
    CHECK_INT(gate_finish(&g, 0), 431);
}

static void too_long(void **state) {
    (void)state;
    static char value[GATE_MAX_HEAD];
    struct gate g;
    for (int over = 0; over < 2; over++) {
        size_t line = GATE_MAX_HEAD - strlen("GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n") + over;
        memset(value, 'v', sizeof value);
        gate_start(&g, S("GET"), S("/"), S("HTTP/1.1"));
        gate_header(&g, S("Host"), S("a"), 7);
        gate_header(&g, S("X"), str_n(value, line - 3), line);
        CHECK_INT(gate_finish(&g, GATE_MAX_HEAD + over), over ? 431 : 0);
    }
}

static void garbage(void **state) {
    (void)state;
    static const struct {
        str first;
        bool want;
    } begins[] = {
        {S_INIT("G"), false},        {S_INIT("GET /"), false},
        {S_INIT("BREW "), false},    {S_INIT("\r\n\r\nGET /"), false},
        {S_INIT("\r\n"), false},     {S_INIT("GARBAGE\r\n"), true},
        {S_INIT("GARBAGE\n"), true}, {S_INIT(" / HTTP"), true},
        {S_INIT("\x15\x03"), true},  {S_INIT("G(T / HTTP"), true},
        {S_INIT("\r\n /"), true},    {S_INIT("\0"), true},
    };
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        CHECK_CASE(gate_is_garbage(begins[i].first) == begins[i].want, begins[i].first.p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_heads),     cmocka_unit_test(sum_must_agree),
        cmocka_unit_test(longest_host),     cmocka_unit_test(tells_the_first),
        cmocka_unit_test(too_many_headers), cmocka_unit_test(too_long),
        cmocka_unit_test(garbage),
    };
    return cmocka_run_group_tests_name("net/gate", tests, NULL, NULL);
}
