/* Suspension and resumption, and stopping while requests are parked. */
#include "cm.h"

#include "server.h"

#include "base/clock.h"

#include <pthread.h>
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

static void resumed_by_another_thread(void **state) {
    (void)state;
    enum { N = 40 }; /* more than threads: parked requests hold none */
    int fds[N], before = s.n_parked;
    for (int i = 0; i < N; i++) {
        fds[i] = client_connect(s.port);
        SEND(fds[i], "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server_wait_parked(&s, before + N);
    CLEANUP_FD int other = client_connect(s.port);
    CHECK_INT(client_ask(other, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
    server_wake(&s);
    for (int i = 0; i < N; i++) {
        CHECK_INT(client_ask(fds[i], "", "woken"), 200);
        /* The connection goes on as ever. */
        CHECK_INT(client_ask(fds[i], "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
        close(fds[i]);
    }
}

static void resumed_early(void **state) {
    (void)state;
    CLEANUP_FD int fd = client_connect(s.port);
    for (int i = 0; i < 50; i++) {
        CHECK_INT(client_ask(fd, "GET /before HTTP/1.1\r\nHost: a\r\n\r\n", "woken"), 200);
        CHECK_INT(client_ask(fd, "GET /inside HTTP/1.1\r\nHost: a\r\n\r\n", "woken"), 200);
        CHECK_INT(client_ask(fd, "PUT /again HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
                             "woken"),
                  200);
    }
}

static void client_leaves_while_parked(void **state) {
    (void)state;
    int parked = s.n_parked, done = s.done;
    int fd = client_connect(s.port);
    SEND(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    server_wait_parked(&s, parked + 1);
    close(fd);
    server_wake(&s);
    wait_for(&s.done, done + 1);
}

static void stop_cuts_what_is_parked(void **state) {
    (void)state;
    struct server own;
    server_start(&own, NULL);
    enum { N = 20 };
    int fds[N];
    for (int i = 0; i < N; i++) {
        fds[i] = client_connect(own.port);
        SEND(fds[i], "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server_wait_parked(&own, N);
    int64_t began = clock_mono_ms();
    server_stop(&own, 50); /* checks that each got its done */
    CHECK(clock_mono_ms() - began < 5000);
    for (int i = 0; i < N; i++) {
        CHECK(client_is_closed(fds[i]));
        close(fds[i]);
    }
}

static void *stop_now(void *arg) {
    server_stop(arg, 0);
    return NULL;
}

/* Whoever works on it may touch it until net_resume, so neither its client's end nor ours frees it. */
static void what_is_worked_on_is_not_cut(void **state) {
    (void)state;
    struct server own;
    server_start(&own, NULL);
    CLEANUP_FD int left = client_connect(own.port);
    CLEANUP_FD int fd = client_connect(own.port);
    SEND(fd, "GET /worked HTTP/1.1\r\nHost: a\r\n\r\n");
    SEND(left, "GET /worked HTTP/1.1\r\nHost: a\r\n\r\n");
    server_wait_parked(&own, 2);
    fd_closep(&left);
    CLEANUP_FD int parked = client_connect(own.port);
    SEND(parked, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    server_wait_parked(&own, 3);
    pthread_t t;
    pthread_create(&t, NULL, stop_now, &own);
    wait_for(&own.done, 1); /* the parked one was cut; the others … */
    CHECK(client_is_closed(parked));
    CHECK_INT(own.done, 1); /* … are still there … */
    server_wake(&own);
    pthread_join(t, NULL); /* … and each got its done (server_stop) */
}

static void *wake_soon(void *arg) {
    struct server *own = arg;
    usleep(50000); /* so that net_stop is waiting by then */
    server_wake(own);
    return NULL;
}

static void stop_lets_requests_finish(void **state) {
    (void)state;
    struct server own;
    server_start(&own, NULL);
    CLEANUP_FD int fd = client_connect(own.port);
    CLEANUP_FD int idle = client_connect(own.port);
    CHECK_INT(client_ask(idle, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", NULL), 200);
    SEND(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    server_wait_parked(&own, 1);
    pthread_t t;
    pthread_create(&t, NULL, wake_soon, &own);
    int64_t began = clock_mono_ms();
    server_stop(&own, 60000);
    CHECK(clock_mono_ms() - began <
          20000); /* it ends with the last request, not with its patience */
    pthread_join(t, NULL);
    CHECK_INT(client_ask(fd, "", "woken"), 200);
    CHECK(client_is_closed(idle));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_by_another_thread),    cmocka_unit_test(resumed_early),
        cmocka_unit_test(client_leaves_while_parked),   cmocka_unit_test(stop_cuts_what_is_parked),
        cmocka_unit_test(what_is_worked_on_is_not_cut), cmocka_unit_test(stop_lets_requests_finish),
    };
    return cmocka_run_group_tests_name("net/park", tests, start, stop);
}
