/* net/gate: which request heads are let in. */
#include "cm.h"

#include "base/buf.h"
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
    {"CONNECT to a path", "CONNECT / HTTP/1.1", "Host: a", 400},
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
    {"largest length", "PUT / HTTP/1.1", "Host: a|Content-Length: 18446744073709551614", 0},
    {"a length without an end", "PUT / HTTP/1.1", "Host: a|Content-Length: 18446744073709551615",
     413},
    {"a blank behind a length", "PUT / HTTP/1.1", "Host: a|Content-Length: 5 ", 400},
    {"a blank behind a coding", "PUT / HTTP/1.1", "Host: a|Transfer-Encoding: chunked ", 501},
    {"a blank behind a host", "GET / HTTP/1.1", "Host: a ", 0},
    {"two expectations", "PUT / HTTP/1.1", "Host: a|Expect: 100-continue|Expect: 100-continue",
     400},
    {"one authorization", "GET / HTTP/1.1", "Host: a|Authorization: x", 0},
    {"two accepts", "GET / HTTP/1.1", "Host: a|Accept: x|Accept: y", 0},
    {"length in 1.0", "PUT / HTTP/1.0", "Content-Length: 5", 0},
    {"two authorizations", "GET / HTTP/1.1", "Host: a|Authorization: x|Authorization: y", 400},
};

/*
 * A head as the parser leaves it: zero bytes for what ended a part. line_feed: what it leaves of
 * that.
 */
struct left {
    struct buf bytes;
    char line_feed;
};

static size_t add_part(struct left *l, str part) {
    size_t at = l->bytes.len;
    buf_str(&l->bytes, part);
    buf_char(&l->bytes, '\0');
    return at;
}

static void end_line(struct left *l) { buf_char(&l->bytes, l->line_feed); }

/* line and headers, and the walk over them as the parser left them. */
static int judge(str line, str headers, char line_feed) {
    struct left l = {{0}, line_feed};
    struct gate g;
    str method, target, version, one, name, value;
    size_t at[2 * 160], n = 0;
    str_cut(line, ' ', &method, &line);
    str_cut(line, ' ', &target, &version);
    add_part(&l, method);
    add_part(&l, target);
    size_t version_at = add_part(&l, version);
    end_line(&l);
    for (str rest = headers; rest.len;) {
        str_cut(rest, '|', &one, &rest);
        str_cut(one, ':', &name, &value);
        at[n++] = add_part(&l, name);
        for (; str_starts(value, S(" ")); value = str_skip(value, 1))
            buf_char(&l.bytes, ' ');
        at[n++] = add_part(&l, value);
        end_line(&l);
    }
    buf_str(&l.bytes, line_feed ? S("\r\n") : S("\0\0"));
    str head = buf_view(&l.bytes);
    gate_start(&g, str_n(head.p, method.len), target, str_n(head.p + version_at, version.len),
               head);
    for (size_t i = 0; i < n; i += 2)
        gate_header(&g, str_c(head.p + at[i]), str_c(head.p + at[i + 1]));
    int status = gate_finish(&g);
    buf_deinit(&l.bytes);
    return status;
}

static void judges_heads(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int lf = 0; lf < 2; lf++)
            CHECK_CASE(judge(str_c(cases[i].line), str_c(cases[i].headers), lf ? '\n' : '\0') ==
                           cases[i].want,
                       cases[i].name);
}

/*
 * Heads as the parser leaves them: of 0.9.75, which makes zero bytes of both bytes of a line's end,
 * and of 1.0, which leaves the line feed, and cuts blanks off values.
 */
static const struct {
    const char *name;
    str left;
    int want;
} walks[] = {
    {"plain, old", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0\0X\0b\0\0\0\0"), 0},
    {"plain, new", S_INIT("GET\0/\0HTTP/1.1\0\nHost\0 a\0\nX\0b\0\n\r\n"), 0},
    {"blanks, new", S_INIT("GET\0/\0HTTP/1.1\0\nHost\0\t a\0\r\nX\0b\0 \t\r\n\r\n"), 0},
    {"a last value under a body", S_INIT("GET\0/\0HTTP/1.1\0\nHost\0 a\0\nX\0b\0body"), 0},
    {"blanks, old", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0 \r\nX\0b\0\0\0\0"), 400},
    {"two blanks", S_INIT("GET\0 /\0HTTP/1.1\0\0Host\0 a\0\0X\0b\0\0\0\0"), 400},
    {"two blanks behind", S_INIT("GET\0/ \0HTTP/1.1\0\0Host\0 a\0\0X\0b\0\0\0\0"), 400},
    {"a blank at the end", S_INIT("GET\0/\0HTTP/1.1\0 \0\0Host\0 a\0\0X\0b\0\0\0\0"), 400},
    {"bare after the line", S_INIT("GET\0/\0HTTP/1.1\0Host\0 a\0\0X\0b\0\0\0\0"), 400},
    {"bare after a header, old", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0X\0b\0\0\0\0"), 400},
    {"bare after a header, new", S_INIT("GET\0/\0HTTP/1.1\0\nHost\0 a\0X\0b\0\n\r\n"), 400},
    {"bare at the end, old", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0\0X\0b\0\0\0"), 400},
    {"bare at the end, new", S_INIT("GET\0/\0HTTP/1.1\0\nHost\0 a\0\nX\0b\0\n\n"), 400},
    {"a zero byte in a value", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0c\0\0X\0b\0\0\0\0"), 400},
    {"a zero byte after it", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0\0\0X\0b\0\0\0\0"), 400},
    {"bare, and a zero byte", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0X\0b\0\0\0\0\0"), 400},
    {"bytes before a value", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0.a\0\0X\0b\0\0\0\0"), 400},
    {"a strange end", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0\0X\0b\0\0c\0"), 400},
    {"too long", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0\0X\0b\0\0\0\0\0"), 400},
    {"mixed", S_INIT("GET\0/\0HTTP/1.1\0\0Host\0 a\0\nX\0b\0\0\0\0"), 400},
};

static void parts_must_adjoin(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(walks); i++) {
        struct gate g;
        str l = walks[i].left;
        const char *version = l.p + str_find(l, S("HTTP")), *host = l.p + str_find(l, S("Host"));
        const char *x = l.p + str_find(l, S("X"));
        gate_start(&g, str_n(l.p, 3), S("/"), str_n(version, 8), l);
        gate_header(&g, str_n(host, 4), str_n(l.p + str_chr(l, 'a'), 1));
        gate_header(&g, str_n(x, 1), str_n(x + 2, 1));
        CHECK_CASE(gate_finish(&g) == walks[i].want, walks[i].name);
    }
}

/* A value that lies elsewhere, as a folded one may. */
static void parts_must_lie_in_the_head(void **state) {
    (void)state;
    struct gate g;
    str l = S("GET\0/\0HTTP/1.1\0\0Host\0 a\0\0\0\0");
    gate_start(&g, str_n(l.p, 3), S("/"), str_n(l.p + 6, 8), l);
    gate_header(&g, str_n(l.p + 16, 4), S("a"));
    CHECK_INT(gate_finish(&g), 400);
    gate_start(&g, S("GET"), S("/"), str_n(l.p + 6, 8), l);
    gate_header(&g, str_n(l.p + 16, 4), str_n(l.p + 22, 1));
    CHECK_INT(gate_finish(&g), 400);
    gate_start(&g, str_n(l.p, 3), S("/"), S(""), l);
    CHECK_INT(gate_finish(&g), 505);
}

/* 255 bytes of a name, and ":65535" behind. */
static void longest_host(void **state) {
    (void)state;
    char name[262];
    memset(name, 'a', sizeof name);
    for (size_t n = 261; n <= 262; n++) {
        struct gate g;
        gate_start(&g, S("GET"), S("/"), S("HTTP/1.1"), STR_NONE);
        gate_header(&g, S("Host"), str_n(name, n));
        CHECK_INT(gate_finish(&g), n == 261 ? 0 : 400);
    }
}

/* The first fault is the one that is told. */
static void tells_the_first(void **state) {
    (void)state;
    struct gate g;
    gate_start(&g, S("GET"), S("x"), S("HTTP/3"), STR_NONE);
    gate_header(&g, S("Host"), S("a b"));
    CHECK_INT(gate_finish(&g), 400);
    CHECK_TEXT(g.reason, "the request target must begin with a slash");
}

static void too_many_headers(void **state) {
    (void)state;
    struct gate g;
    gate_start(&g, S("GET"), S("/"), S("HTTP/1.1"), STR_NONE);
    gate_header(&g, S("Host"), S("a"));
    for (int i = 1; i < GATE_MAX_HEADERS; i++)
        gate_header(&g, S("X"), S("a"));
    struct gate fits = g;
    CHECK_INT(gate_finish(&fits), 0);
    gate_header(&g, S("X"), S("a"));
    CHECK_INT(gate_finish(&g), 431);
}

static void too_long(void **state) {
    (void)state;
    static char value[GATE_MAX_HEAD];
    struct gate g;
    for (int over = 0; over < 2; over++) {
        size_t line = GATE_MAX_HEAD - strlen("GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n") + over;
        memset(value, 'v', sizeof value);
        gate_start(&g, S("GET"), S("/"), S("HTTP/1.1"), STR_NONE);
        gate_header(&g, S("Host"), S("a"));
        gate_header(&g, S("X"), str_n(value, line - 3));
        CHECK_INT(gate_finish(&g), over ? 431 : 0);
    }
}

static void garbage(void **state) {
    (void)state;
    static const struct {
        str first;
        bool want;
    } begins[] = {
        {S_INIT("G"), false},         {S_INIT("GET /"), false},
        {S_INIT("BREW "), false},     {S_INIT("\r\n\r\nGET /"), true},
        {S_INIT("\r\nGET /"), false}, {S_INIT("\nGET /"), true},
        {S_INIT("\r"), false},        {S_INIT("GET /\0"), true},
        {S_INIT("\rGET /"), true},    {S_INIT("\r\r\nGET /"), true},
        {S_INIT("GET /\v"), true},    {S_INIT("GET /a\n"), false},
        {S_INIT("GET /a\r"), false},  {S_INIT("GET /a\r\n\0"), false},
        {S_INIT("GET /a\rb"), false}, {S_INIT("GET /\xc3\xa4"), false},
        {S_INIT("\r\n"), false},      {S_INIT("GARBAGE\r\n"), true},
        {S_INIT("GARBAGE\n"), true},  {S_INIT(" / HTTP"), true},
        {S_INIT("\x15\x03"), true},   {S_INIT("G(T / HTTP"), true},
        {S_INIT("\r\n /"), true},     {S_INIT("\0"), true},
    };
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        CHECK_CASE(gate_is_garbage(begins[i].first) == begins[i].want, begins[i].first.p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_heads),
        cmocka_unit_test(parts_must_adjoin),
        cmocka_unit_test(parts_must_lie_in_the_head),
        cmocka_unit_test(longest_host),
        cmocka_unit_test(tells_the_first),
        cmocka_unit_test(too_many_headers),
        cmocka_unit_test(too_long),
        cmocka_unit_test(garbage),
    };
    return cmocka_run_group_tests_name("net/gate", tests, NULL, NULL);
}
