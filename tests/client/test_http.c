/* client/http: answers in any split, limits, what stands behind an answer; and client/url. */
#include "client/http.h"

#include "client/url.h"
#include "cm.h"

static int collect(void *ctx, const void *p, size_t n) {
    buf_add(ctx, p, n);
    return 0;
}

#define I1 "HTTP/1.1 102 Processing\r\n\r\n"
#define I4 I1 I1 I1 I1

static void test_answers(void **state) {
    (void)state;
    static const struct {
        const char *name, *wire, *body;
        int status, want; /* 0 done, or the error */
        bool head, keep, eof;
    } cases[] = {
        {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, 0, false,
         true, false},
        {"no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "", 200, 0, false, true, false},
        {"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", "x", 200, 0, false, true,
         false},
        {"chunked",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nA: b\r\n\r\n",
         "hello!", 200, 0, false, true, false},
        {"until close", "HTTP/1.1 200 OK\r\n\r\nall of it", "all of it", 200, 0, false, false,
         true},
        {"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "x", 200, 0,
         false, false, false},
        {"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", 200, 0, false, false, false},
        {"head", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", "", 200, 0, true, true, false},
        {"no content", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, 0, false, true, false},
        {"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "", 304, 0,
         false, true, false},
        {"continue first",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", "no", 403,
         0, false, true, false},
        {"same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
         "x", 200, 0, false, true, false},
        {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "",
         200, CLIENT_HTTP_E_FORM, false, false, false},
        {"length and chunked",
         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "", 200,
         CLIENT_HTTP_E_FORM, false, false, false},
        {"other coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "", 200,
         CLIENT_HTTP_E_FORM, false, false, false},
        {"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "", 200,
         CLIENT_HTTP_E_FORM, false, false, false},
        {"not http", "SSH-2.0-OpenSSH\r\n", "", 0, CLIENT_HTTP_E_FORM, false, false, false},
        {"http 2", "HTTP/2.0 200 OK\r\n\r\n", "", 0, CLIENT_HTTP_E_FORM, false, false, false},
        {"bad status", "HTTP/1.1 2x0 OK\r\n\r\n", "", 0, CLIENT_HTTP_E_FORM, false, false, false},
        {"switching", "HTTP/1.1 101 Switching\r\n\r\n", "", 101, CLIENT_HTTP_E_FORM, false, false,
         false},
        {"no colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "", 200, CLIENT_HTTP_E_FORM, false,
         false, false},
        {"folded", "HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n", "", 200, CLIENT_HTTP_E_FORM, false,
         false, false},
        {"bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "", 200,
         CLIENT_HTTP_E_FORM, false, false, false},
        {"long chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "a", 200,
         CLIENT_HTTP_E_FORM, false, false, false},
        {"cut", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "hel", 200, CLIENT_HTTP_E_CUT,
         false, false, true},
        {"cut head", "HTTP/1.1 200 OK\r\nCont", "", 200, CLIENT_HTTP_E_CUT, false, false, true},
        {"1.0 kept alive",
         "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", "x", 200, 0,
         false, true, false},
        {"least status", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", 200, 0, false, true,
         false},
        {"greatest status", "HTTP/1.1 599 X\r\nContent-Length: 0\r\n\r\n", "", 599, 0, false, true,
         false},
        {"status too great", "HTTP/1.1 600 X\r\n\r\n", "", 0, CLIENT_HTTP_E_FORM, false, false,
         false},
        {"status too small", "HTTP/1.1 099 X\r\n\r\n", "", 0, CLIENT_HTTP_E_FORM, false, false,
         false},
        {"http 1.2", "HTTP/1.2 200 OK\r\n\r\n", "", 0, CLIENT_HTTP_E_FORM, false, false, false},
        {"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "", 0, CLIENT_HTTP_E_FORM, false,
         false, false},
        {"no status", "HTTP/1.1 OK\r\n\r\n", "", 0, CLIENT_HTTP_E_FORM, false, false, false},
        {"tab for the space", "HTTP/1.1\t200 OK\r\n\r\n", "", 0, CLIENT_HTTP_E_FORM, false, false,
         false},
        {"empty name", "HTTP/1.1 200 OK\r\n: b\r\n\r\n", "", 200, CLIENT_HTTP_E_FORM, false, false,
         false},
        {"space before the colon", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "", 200, CLIENT_HTTP_E_FORM,
         false, false, false},
        {"folded with a tab", "HTTP/1.1 200 OK\r\nA: b\r\n\tc: d\r\n\r\n", "", 200,
         CLIENT_HTTP_E_FORM, false, false, false},
        {"sixteen interim answers", I4 I4 I4 I4 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "",
         200, 0, false, true, false},
        {"seventeen interim answers", I4 I4 I4 I4 I1, "", 102, CLIENT_HTTP_E_FORM, false, false,
         false},
        {"large hexadecimal digits",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0A\r\n0123456789\r\n b \r\n"
         "01234567890\r\n000\r\n\r\n",
         "012345678901234567890", 200, 0, false, true, false},
        {"no chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n;x\r\n", "", 200,
         CLIENT_HTTP_E_FORM, false, false, false},
        {"chunk size without end",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n", "", 200,
         CLIENT_HTTP_E_FORM, false, false, false},
        {"cut before the last chunk",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "a", 200,
         CLIENT_HTTP_E_CUT, false, false, true},
        {"silence", "", "", 0, CLIENT_HTTP_E_CUT, false, false, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t step = 1; step < 100; step = step * 3 + 1) {
            struct client_http http = {.no_body = cases[i].head};
            struct buf body = {0};
            str wire = str_c(cases[i].wire);
            int r = 0;
            client_http_init(&http);
            http.bytes = collect;
            http.ctx = &body;
            for (size_t at = 0, used; at < wire.len && r == 0 && !http.done; at += used)
                r = client_http_feed(&http, wire.p + at,
                                     wire.len - at < step ? wire.len - at : step, &used);
            if (cases[i].eof && r == 0)
                r = client_http_eof(&http);
            CHECK_CASE(r == cases[i].want, cases[i].name);
            CHECK_CASE(http.done == (cases[i].want == 0), cases[i].name);
            CHECK_CASE(http.status == cases[i].status || cases[i].want, cases[i].name);
            CHECK_CASE(!http.done || http.keep_alive == cases[i].keep, cases[i].name);
            CHECK_BUF(body, cases[i].body);
            buf_deinit(&body);
            client_http_deinit(&http);
        }
}

static void test_limits(void **state) {
    (void)state;
    struct client_http http = {0};
    size_t used;
    int r = 0;
    client_http_init(&http);
    str line = S("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    CHECK_INT(client_http_feed(&http, "HTTP/1.1 200 OK\r\n", 17, &used), 0);
    for (int i = 0; i < 2000 && r == 0; i++)
        r = client_http_feed(&http, line.p, line.len, &used);
    CHECK_INT(r, CLIENT_HTTP_E_FORM);
    client_http_deinit(&http);
}

/* A line of 16 KiB is read, a longer one is not; of trailers as much as of headers. */
static void test_longest_lines(void **state) {
    (void)state;
    static const struct {
        const char *before;
        size_t line;
        int want;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n", CLIENT_HTTP_MAX_LINE, 0},
        {"HTTP/1.1 200 OK\r\n", CLIENT_HTTP_MAX_LINE + 1, CLIENT_HTTP_E_FORM},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", CLIENT_HTTP_MAX_LINE, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", CLIENT_HTTP_MAX_LINE + 1,
         CLIENT_HTTP_E_FORM},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf wire = {0};
        struct client_http http = {0};
        size_t used, start = strlen(cases[i].before);
        buf_c(&wire, cases[i].before);
        buf_c(&wire, "A: ");
        while (wire.len - start < cases[i].line)
            buf_char(&wire, 'a');
        buf_c(&wire, "\n");
        client_http_init(&http);
        CHECK_INT(client_http_feed(&http, wire.p, wire.len, &used), cases[i].want);
        client_http_deinit(&http);
    }
    /* Trailers without end. */
    struct client_http http = {0};
    size_t used;
    int r = 0, lines = 0;
    str head = S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    str line = S("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    client_http_init(&http);
    CHECK_INT(client_http_feed(&http, head.p, head.len, &used), 0);
    for (; lines < 2000 && r == 0; lines++)
        r = client_http_feed(&http, line.p, line.len, &used);
    CHECK_INT(r, CLIENT_HTTP_E_FORM);
    CHECK_RANGE(lines, 64 * 1024 / (int)line.len - 2, 64 * 1024 / (int)line.len + 2);
    client_http_deinit(&http);
}

static void test_behind(void **state) {
    (void)state;
    /* Bytes behind the answer are left where they are. */
    struct client_http http = {0};
    size_t used;
    client_http_init(&http);
    CHECK_INT(client_http_feed(&http, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz", 41, &used),
              0);
    CHECK(http.done);
    CHECK_INT(used, 39);
    CHECK_STR(client_http_header(buf_view(&http.head), S("content-LENGTH")), S("1"));
    client_http_deinit(&http);
}

static void test_urls(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok, tls;
        const char *host;
        unsigned port;
        const char *path, *query, *header;
    } cases[] = {
        {"http://127.0.0.1:4566", true, false, "127.0.0.1", 4566, "/", NULL, "127.0.0.1:4566"},
        {"https://s3.us-east-1.amazonaws.com", true, true, "s3.us-east-1.amazonaws.com", 443, "/",
         NULL, "s3.us-east-1.amazonaws.com"},
        {"https://h/a%20b?x=1&y", true, true, "h", 443, "/a%20b", "x=1&y", "h"},
        {"HTTP://h?x", true, false, "h", 80, "/", "x", "h"},
        {"https://[::1]:8443/p", true, true, "::1", 8443, "/p", NULL, "[::1]:8443"},
        {"http://[::1]/", true, false, "::1", 80, "/", NULL, "[::1]"},
        {"https://h:443/", true, true, "h", 443, "/", NULL, "h"},
        {"http://h:443/#part", true, false, "h", 443, "/", NULL, "h:443"},
        {"http://h:65535/", true, false, "h", 65535, "/", NULL, "h:65535"},
        {"http://h:1/?", true, false, "h", 1, "/", "", "h:1"},
        {"https://h:80", true, true, "h", 80, "/", NULL, "h:80"},
        {"http://h/p#a?b", true, false, "h", 80, "/p", NULL, "h"},
        {"http://[::1]x/", false, false, "", 0, NULL, NULL, ""},
        {"http://h:65536/", false, false, "", 0, NULL, NULL, ""},
        {"http://h:1:2/", false, false, "", 0, NULL, NULL, ""},
        {"http://:80/", false, false, "", 0, NULL, NULL, ""},
        {"http://h\x7f/", false, false, "", 0, NULL, NULL, ""},
        {"http://h\\/", false, false, "", 0, NULL, NULL, ""},
        {"http://h/\x7f", false, false, "", 0, NULL, NULL, ""},
        {"http://?x", false, false, "", 0, NULL, NULL, ""},
        {"http:///x", false, false, "", 0, NULL, NULL, ""},
        {"http:/h/", false, false, "", 0, NULL, NULL, ""},
        {"ftp://h/", false, false, "", 0, NULL, NULL, ""},
        {"http://", false, false, "", 0, NULL, NULL, ""},
        {"http://user@h/", false, false, "", 0, NULL, NULL, ""},
        {"http://h:0/", false, false, "", 0, NULL, NULL, ""},
        {"http://h:70000/", false, false, "", 0, NULL, NULL, ""},
        {"http://h:x/", false, false, "", 0, NULL, NULL, ""},
        {"http://h /", false, false, "", 0, NULL, NULL, ""},
        {"http://h/a b", false, false, "", 0, NULL, NULL, ""},
        {"http://h/a\r\nb", false, false, "", 0, NULL, NULL, ""},
        {"http://[::1", false, false, "", 0, NULL, NULL, ""},
        {"", false, false, "", 0, NULL, NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct client_url url;
        CHECK_CASE(client_url_parse(&url, str_c(cases[i].text)) == cases[i].ok, cases[i].text);
        if (!cases[i].ok)
            continue;
        struct buf host = {0};
        CHECK_CASE(url.tls == cases[i].tls && url.port == cases[i].port, cases[i].text);
        CHECK_STR(str_c(url.host), str_c(cases[i].host));
        CHECK_STR(url.path, str_c(cases[i].path));
        CHECK_STR(url.query, str_c(cases[i].query));
        client_url_add_host(&host, &url);
        CHECK_BUF(host, cases[i].header);
        buf_deinit(&host);
    }
}

/* Where a body need not be signed: the connection stays on this machine. */
static void test_loopback(void **state) {
    (void)state;
    static const struct {
        const char *url;
        bool local;
    } cases[] = {
        {"http://127.0.0.1:4566/", true},
        {"http://127.255.255.254/", true},
        {"http://[::1]:4566/", true},
        {"http://[0:0::1]/", true},
        {"http://localhost:4566/", true},
        {"http://LocalHost/", true},
        {"http://127.example.com/", false},
        {"http://127.0.0.1.example.com/", false},
        {"http://127.1/", false},
        {"http://126.0.0.1/", false},
        {"http://128.0.0.1/", false},
        {"http://0.0.0.127/", false},
        {"http://[::2]/", false},
        {"http://[::]/", false},
        {"http://localhost.example.com/", false},
        {"http://localhos/", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct client_url url;
        CHECK_CASE(client_url_parse(&url, str_c(cases[i].url)), cases[i].url);
        CHECK_CASE(client_url_is_loopback(&url) == cases[i].local, cases[i].url);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),       cmocka_unit_test(test_limits),
        cmocka_unit_test(test_longest_lines), cmocka_unit_test(test_behind),
        cmocka_unit_test(test_urls),          cmocka_unit_test(test_loopback)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
