/* Adopted listening sockets: a context of their own, callbacks of their own, and their end. */
#include "cm.h"

#include "server.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct server s;
static atomic_int released_calls;

static void on_released(void *ctx) {
    CHECK(ctx == &released_calls);
    released_calls++;
}

static int unix_listener(const struct sockaddr_un *at) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(fd, (const struct sockaddr *)at, sizeof *at), 0);
    CHECK_INT(listen(fd, 16), 0);
    return fd;
}

static int unix_connect(const struct sockaddr_un *to) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fd, (const struct sockaddr *)to, sizeof *to), 0);
    struct timeval patience = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

/* An application of its own that shows what the request knows. */
static void show_begin(void *ctx, struct net_req *req) {
    (void)ctx;
    struct buf text = {0};
    buf_printf(&text, "local=%d tls=%d ip=" STR_FMT " ctx=%d", req->local, req->tls,
               STR_ARG(req->peer_ip), req->origin_ctx == &released_calls);
    net_reply_buf(req, 200, &text);
}
static void show_body(void *ctx, struct net_req *req, const void *p, size_t n) {
    (void)ctx;
    (void)req;
    (void)p;
    (void)n;
}
static void show_nothing(void *ctx, struct net_req *req) {
    (void)ctx;
    (void)req;
}
static const struct net_app show = {NULL, show_begin, show_body, show_nothing, show_nothing, NULL};

static struct sockaddr_un fresh_address(char dir[static 32]) {
    snprintf(dir, 32, "/tmp/calotype-net-XXXXXX");
    CHECK(mkdtemp(dir));
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/sock", dir);
    return at;
}

static void knows_its_origin(void **state) {
    (void)state;
    char dir[32];
    struct sockaddr_un at = fresh_address(dir);
    struct err err = {0};
    struct net_origin *origin = NULL;
    server_start(&s, NULL);
    released_calls = 0;
    CHECK_INT(net_listen_fd(s.net, unix_listener(&at), &show, &released_calls, on_released, &origin,
                            &err),
              0);
    CLEANUP_FD int fd = unix_connect(&at);
    CHECK_INT(client_ask(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "local=1 tls=0 ip= ctx=1"), 200);
    net_origin_close(origin);
    CHECK(client_is_closed(fd));
    wait_for(&released_calls, 1);
    /* The others live on. */
    CLEANUP_FD int other = client_connect(s.port);
    CHECK_INT(client_ask(other, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
    server_stop(&s, 1000);
    CHECK_INT(released_calls, 1);
    unlink(at.sun_path);
    rmdir(dir);
}

static void closing_cuts_parked_and_silent(void **state) {
    (void)state;
    char dir[32];
    struct sockaddr_un at = fresh_address(dir);
    struct err err = {0};
    struct net_origin *origin = NULL;
    server_start(&s, NULL);
    released_calls = 0;
    CHECK_INT(
        net_listen_fd(s.net, unix_listener(&at), NULL, &released_calls, on_released, &origin, &err),
        0);
    CLEANUP_FD int parked = unix_connect(&at);
    CLEANUP_FD int silent = unix_connect(&at);
    CLEANUP_FD int half = unix_connect(&at);
    CLEANUP_FD int outside = client_connect(s.port);
    SEND(parked, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    SEND(outside, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    SEND(half, "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    server_wait_parked(&s, 2);
    wait_for(&s.begun, 3);
    net_origin_close(origin);
    CHECK(client_is_closed(parked));
    CHECK(client_is_closed(silent));
    CHECK(client_is_closed(half));
    wait_for(&released_calls, 1);
    wait_for(&s.done, 2);
    server_wake(&s); /* the one outside is still there */
    CHECK_INT(client_ask(outside, "", "woken"), 200);
    server_stop(&s, 1000);
    unlink(at.sun_path);
    rmdir(dir);
}

static void stop_releases(void **state) {
    (void)state;
    char dir[32];
    struct sockaddr_un at = fresh_address(dir);
    struct err err = {0};
    struct net_origin *origin = NULL;
    server_start(&s, NULL);
    released_calls = 0;
    CHECK_INT(
        net_listen_fd(s.net, unix_listener(&at), NULL, &released_calls, on_released, &origin, &err),
        0);
    CLEANUP_FD int fd = unix_connect(&at);
    CHECK_INT(client_ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
    server_stop(&s, 1000);
    CHECK_INT(released_calls, 1);
    unlink(at.sun_path);
    rmdir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_origin),
        cmocka_unit_test(closing_cuts_parked_and_silent),
        cmocka_unit_test(stop_releases),
    };
    return cmocka_run_group_tests_name("net/origin", tests, NULL, NULL);
}
