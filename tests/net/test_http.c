/* Requests and answers over plain connections, byte by byte. */
#include "cm.h"

#include "net/net_priv.h"
#include "server.h"

#include <sys/socket.h>
#include <unistd.h>

static struct server s;

static int start(void **state) {
    (void)state;
    server_start(&s, NULL);
    return 0;
}

static int stop(void **state) {
    (void)state;
    server_stop(&s, 1000);
    return 0;
}

/* Sends on a new connection; the first answer's status. */
static int ask_new(const char *bytes) {
    CLEANUP_FD int fd = client_connect(s.port);
    return client_ask(fd, bytes, NULL);
}

static void keeps_alive(void **state) {
    (void)state;
    CLEANUP_FD int fd = client_connect(s.port);
    CHECK_INT(client_ask(fd, "GET /echo?a=%20b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo?a=%20b 0"),
              200);
    CHECK_INT(client_ask(fd, "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                         "PUT /echo 3"),
              200);
    CHECK_INT(client_ask(fd, "GET /a%2Fb//./c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a%2Fb//./c 0"),
              200);
    /* Two at once, in one packet. */
    SEND(fd, "GET /echo?1 HTTP/1.1\r\nHost: a\r\n\r\nGET /echo?2 HTTP/1.1\r\nHost: a\r\n\r\n");
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CHECK_INT(client_answer(fd, &got, false), 200);
    CHECK(str_ends(buf_view(&got), S("GET /echo?1 0")));
    CHECK_INT(client_answer(fd, &got, false), 200);
    CHECK(str_ends(buf_view(&got), S("GET /echo?2 0")));
}

static void headers_come_trimmed_and_in_order(void **state) {
    (void)state;
    CLEANUP_FD int fd = client_connect(s.port);
    CHECK_INT(client_ask(fd,
                         "GET /headers HTTP/1.1\r\nHost: a\r\nx-B:  1 \t\r\nX-a: 2\r\nx-b: 3\r\n"
                         "Empty:\r\n\r\n",
                         "[Host=a][x-B=1][X-a=2][x-b=3][Empty=]"),
              200);
}

static void one_date_and_own_headers(void **state) {
    (void)state;
    CLEANUP_FD int fd = client_connect(s.port);
    CLEANUP_DEINIT(buf) struct buf got = {0};
    SEND(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_INT(client_answer(fd, &got, false), 200);
    ptrdiff_t first = str_find(buf_view(&got), S("\r\nDate: "));
    CHECK(first > 0);
    CHECK(str_find(str_skip(buf_view(&got), (size_t)first + 2), S("\r\nDate: ")) < 0);
    CHECK(str_find(buf_view(&got), S("X-One: 1\r\nX-Two: 2\r\n")) > 0);
}

static void long_heads(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf head = {0};
    static const struct {
        size_t bytes;
        int want;
    } cases[] = {{8000, 200}, {12000, 200}, {14000, 431}, {17000, 431}, {40000, 431}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_FD int fd = client_connect(s.port);
        buf_clear(&head);
        buf_c(&head, "GET /echo HTTP/1.1\r\nHost: a\r\n");
        while (head.len + 510 < cases[i].bytes)
            buf_printf(&head, "X-%05zu: %0490d\r\n", head.len, 0);
        buf_c(&head, "\r\n");
        int got = client_ask(fd, buf_cstr(&head), NULL);
        if (got != cases[i].want)
            print_error("%zu bytes: %d\n", cases[i].bytes, got);
        CHECK_INT(got, cases[i].want);
    }
    CLEANUP_FD int fd = client_connect(s.port);
    buf_clear(&head);
    buf_c(&head, "GET /");
    while (head.len < 40000)
        buf_char(&head, 'a');
    buf_c(&head, " HTTP/1.1\r\nHost: a\r\n\r\n");
    int got = client_ask(fd, buf_cstr(&head), NULL);
    CHECK_INT(got, 431);
}

static void chunked_bodies(void **state) {
    (void)state;
    CLEANUP_FD int fd = client_connect(s.port);
    CHECK_INT(client_ask(fd,
                         "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
                         "PUT /echo 13"),
              200);
    CLEANUP_FD int other = client_connect(s.port); /* the first may be closed */
    CHECK_INT(client_ask(other,
                         "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "0\r\nX-Trailer: 1\r\n\r\n",
                         "PUT /echo 0"),
              200);
}

static void continue_only_when_wanted(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CLEANUP_FD int fd = client_connect(s.port);
    SEND(fd, "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK_INT(client_answer(fd, &got, false), 100);
    CHECK_INT(client_ask(fd, "abc", "PUT /echo 3"), 200);

    /* Without a body: a 100, or an end of the connection behind the answer (libmicrohttpd 1.0). */
    CLEANUP_FD int none = client_connect(s.port);
    SEND(none,
         "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n");
    if (client_answer(none, &got, false) == 100)
        CHECK_INT(client_answer(none, &got, false), 200);
    else
        CHECK(client_is_closed(none));

    SEND(fd, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK_INT(client_answer(fd, &got, false), 403);
    CHECK(client_is_closed(fd));
}

static void continue_after_suspended_begin(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CLEANUP_FD int fd = client_connect(s.port);
    int parked = s.n_parked;
    SEND(fd, "PUT /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    server_wait_parked(&s, parked + 1);
    server_wake(&s);
    CHECK_INT(client_answer(fd, &got, false), 403);
}

static void early_answer_drains_small_body(void **state) {
    (void)state;
    CLEANUP_FD int fd = client_connect(s.port);
    SEND(fd, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    CHECK_INT(client_ask(fd, "def", "refused"), 403);
    /* … and the connection lives on. */
    CHECK_INT(client_ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
    CHECK_INT(client_ask(fd, "GET /early HTTP/1.1\r\nHost: a\r\n\r\n", "refused"), 403);
    CHECK_INT(client_ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
}

/* The client sends it all before it reads: without the soft close it would meet a reset. */
static void early_answer_survives_large_body(void **state) {
    (void)state;
    enum { SIZE = 24 * 1024 * 1024 };
    char *body = mem_zalloc(SIZE);
    for (int round = 0; round < 3; round++) {
        CLEANUP_FD int fd = client_connect(s.port);
        CLEANUP_DEINIT(buf) struct buf got = {0};
        buf_printf(&got, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", SIZE);
        client_send(fd, buf_view(&got));
        client_send(fd, str_n(body, SIZE));
        CHECK_INT(client_answer(fd, &got, false), 403);
        CHECK(client_is_closed(fd));
    }
    free(body);
}

static void late_answer_waits_for_the_body(void **state) {
    (void)state;
    enum { SIZE = 3 * 1024 * 1024 };
    char *body = mem_zalloc(SIZE);
    CLEANUP_FD int fd = client_connect(s.port);
    CLEANUP_DEINIT(buf) struct buf got = {0};
    buf_printf(&got, "PUT /late HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", SIZE);
    client_send(fd, buf_view(&got));
    client_send(fd, str_n(body, SIZE));
    CHECK_INT(client_answer(fd, &got, false), 507);
    CHECK_INT(client_ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
    free(body);
}

static void heads_have_no_body(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CLEANUP_FD int fd = client_connect(s.port);
    static const struct {
        const char *ask, *length;
    } cases[] = {
        {"HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: 12\r\n"},
        {"HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: 1234\r\n"},
        {"HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: 1048576\r\n"},
    };
    int released = s.released;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        client_send(fd, str_c(cases[i].ask));
        CHECK_INT(client_answer(fd, &got, true), 200);
        CHECK_CASE(str_find(buf_view(&got), str_c(cases[i].length)) > 0, cases[i].ask);
        CHECK_CASE(str_ends(buf_view(&got), S("\r\n\r\n")), cases[i].ask);
    }
    CHECK_INT(client_ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
    wait_for(&s.released, released + 1);
}

static void streams(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CLEANUP_FD int fd = client_connect(s.port);
    int released = s.released;
    SEND(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_INT(client_answer(fd, &got, false), 200);
    size_t head = (size_t)str_find(buf_view(&got), S("\r\n\r\n")) + 4;
    CHECK_INT(got.len - head, STREAM_SIZE);
    for (size_t i = 0; i < STREAM_SIZE; i++)
        CHECK_INT(got.p[head + i], 'a' + i % 26);
    CHECK_INT(client_ask(fd, "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n", ""), 200);
    wait_for(&s.released, released + 2);
    /* Cut, never padded. */
    SEND(fd, "GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_INT(client_answer(fd, &got, false), 0);
    wait_for(&s.released, released + 3);
}

static void closes_when_told(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf got = {0};
    static const char *const asks[] = {
        "GET /close HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        CLEANUP_FD int fd = client_connect(s.port);
        client_send(fd, str_c(asks[i]));
        CHECK_INT(client_answer(fd, &got, false), 200);
        CHECK(str_find(buf_view(&got), S("Connection: close\r\n")) > 0);
        CHECK(client_is_closed(fd));
    }
    CHECK_INT(ask_new("GET /echo HTTP/1.0\r\n\r\n"), 200);
}

static void a_missing_answer_is_500(void **state) {
    (void)state;
    CHECK_INT(ask_new("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n"), 500);
}

static void gone_clients_are_done(void **state) {
    (void)state;
    int done = s.done;
    int fd = client_connect(s.port);
    SEND(fd, "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
    wait_for(&s.begun, done + 1);
    close(fd);
    wait_for(&s.done, done + 1);
}

/* Arguments cost a connection no memory but their bytes. */
static void many_arguments(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf target = {0};
    CLEANUP_DEINIT(buf) struct buf head = {0};
    CLEANUP_DEINIT(buf) struct buf want = {0};
    buf_c(&target, "/echo?");
    for (int i = 0; i < 1000; i++)
        buf_c(&target, "tagKeys=a&");
    buf_printf(&head, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", buf_cstr(&target));
    buf_printf(&want, "GET %s 0", buf_cstr(&target));
    CLEANUP_FD int fd = client_connect(s.port);
    for (int i = 0; i < 3; i++)
        CHECK_INT(client_ask(fd, buf_cstr(&head), buf_cstr(&want)), 200);
}

/*
 * More cookies than a connection has memory for: refused once, the application does not hear of the
 * request, and nothing stays (LeakSanitizer).
 */
static void refused_heads_leave_nothing(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf head = {0};
    buf_c(&head, "GET /echo HTTP/1.1\r\nHost: a\r\nCookie: ");
    for (int i = 0; i < 3000; i++)
        buf_c(&head, "a=;");
    buf_c(&head, "\r\n\r\n");
    int begun = s.begun;
    CLEANUP_FD int fd = client_connect(s.port);
    CHECK_INT(client_ask(fd, buf_cstr(&head), "the request's head is too long\n"), 431);
    CHECK(client_is_closed(fd));
    CHECK_INT(s.begun, begun);
}

/* An answer with more head than fits is 500, not a closed door. */
static void an_answer_with_a_long_head(void **state) {
    (void)state;
    CLEANUP_FD int fd = client_connect(s.port);
    CHECK_INT(client_ask(fd, "GET /longhead HTTP/1.1\r\nHost: a\r\n\r\n", ""), 500);
    CHECK_INT(client_ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
}

static void silent_clients_block_nobody(void **state) {
    (void)state;
    int silent[200];
    for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
        silent[i] = client_connect(s.port);
        if (i % 2)
            SEND(silent[i], "G");
    }
    CHECK_INT(ask_new("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    for (size_t i = 0; i < ARRAY_LEN(silent); i++)
        close(silent[i]);
}

static void port_taken_is_said(void **state) {
    (void)state;
    struct err err = {0};
    int fd = -1;
    CHECK(net_bind("127.0.0.1", s.port, &fd, NULL, &err) != 0);
    CHECK(str_find(str_c(err.text), S("is taken by another program")) > 0);
    CHECK(net_bind("nowhere", 0, &fd, NULL, &err) != 0);
    CHECK_INT(fd, -1);
    CHECK_INT(net_bind("::1", 0, &fd, NULL, &err), 0);
    CHECK_INT(net_listen(s.net, fd, &err), 0);
}

static void silent_clients_time_out(void **state) {
    (void)state;
    struct server quick;
    server_start(&quick, &(struct net_options){.idle_s = 1});
    CLEANUP_FD int mute = client_connect(quick.port);
    CLEANUP_FD int slow = client_connect(quick.port);
    SEND(slow, "GET /ec");
    CHECK(client_is_closed(mute));
    CHECK(client_is_closed(slow));
    server_stop(&quick, 0);
}

/* Too long for libmicrohttpd to tell the method: no body all the same, and then the close. */
static void a_long_head_of_HEAD_has_no_body(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf head = {0}, got = {0};
    CLEANUP_FD int fd = client_connect(s.port);
    buf_c(&head, "HEAD /echo HTTP/1.1\r\nHost: a\r\nX: ");
    while (head.len < 40000)
        buf_char(&head, 'a');
    buf_c(&head, "\r\n\r\n");
    client_send(fd, buf_view(&head));
    CHECK_INT(client_answer(fd, &got, true), 431);
    CHECK(str_find(buf_view(&got), S("Connection: close")) > 0);
    CHECK(client_is_closed(fd));
}

static void the_library_leaves_refusals_to_us(void **state) {
    (void)state;
    CHECK(net_refusals_are_ours());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_alive),
        cmocka_unit_test(headers_come_trimmed_and_in_order),
        cmocka_unit_test(one_date_and_own_headers),
        cmocka_unit_test(long_heads),
        cmocka_unit_test(a_long_head_of_HEAD_has_no_body),
        cmocka_unit_test(the_library_leaves_refusals_to_us),
        cmocka_unit_test(chunked_bodies),
        cmocka_unit_test(continue_only_when_wanted),
        cmocka_unit_test(continue_after_suspended_begin),
        cmocka_unit_test(early_answer_drains_small_body),
        cmocka_unit_test(early_answer_survives_large_body),
        cmocka_unit_test(late_answer_waits_for_the_body),
        cmocka_unit_test(heads_have_no_body),
        cmocka_unit_test(streams),
        cmocka_unit_test(closes_when_told),
        cmocka_unit_test(a_missing_answer_is_500),
        cmocka_unit_test(gone_clients_are_done),
        cmocka_unit_test(many_arguments),
        cmocka_unit_test(refused_heads_leave_nothing),
        cmocka_unit_test(an_answer_with_a_long_head),
        cmocka_unit_test(silent_clients_block_nobody),
        cmocka_unit_test(port_taken_is_said),
        cmocka_unit_test(silent_clients_time_out),
    };
    return cmocka_run_group_tests_name("net/http", tests, start, stop);
}
