/* daemon/notify and daemon/watchdog: what a service manager hears, at a socket of the test's own. */
#include "cm.h"
#include "base/clock.h"
#include "daemon/notify.h"
#include "daemon/watchdog.h"

#include "lib/tmp.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, MOST_HEARD = 4096 };

static char dir[128];
static int manager = -1;

static int setup(void **state) {
    (void)state;
    tmp_dir(dir);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    close(manager);
    manager = -1;
    tmp_remove(dir);
    return 0;
}

/* A socket of that name ('@': without a path), in NOTIFY_SOCKET too. */
static void listen_at(const char *name) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(name);
    CHECK_RANGE(n, 1, sizeof at.sun_path - 1);
    memcpy(at.sun_path, name, n);
    at.sun_path[0] = name[0] == '@' ? '\0' : name[0];
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(manager, (struct sockaddr *)&at,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
              0);
    setenv("NOTIFY_SOCKET", name, 1);
}

static void listen_here(void) {
    char name[160];
    snprintf(name, sizeof name, "%s/notify", dir);
    listen_at(name);
}

/* The next datagram; "" when none comes in time. */
static const char *hear(int ms) {
    static char text[MOST_HEARD];
    struct pollfd p = {.fd = manager, .events = POLLIN};
    text[0] = '\0';
    if (poll(&p, 1, ms) == 1)
        text[recv(manager, text, sizeof text - 1, 0)] = '\0';
    return text;
}

static void await(const char *want) {
    const char *got;
    do
        got = hear(PATIENCE_MS);
    while (*got && !strstr(got, want));
    CHECK_HAS(got, want);
}

static void check_silence(void) { CHECK_TEXT(hear(0), ""); }

/* ---- The protocol ---- */

static void both_kinds_of_names(void **state) {
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "@calotype-test-%d", (int)getpid());
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            listen_here();
        else
            listen_at(name);
        daemon_notify_begin();
        CHECK(daemon_notify_is_on());
        CHECK(getenv("NOTIFY_SOCKET") == NULL);
        daemon_notify("READY=1\nMAINPID=%d\n", 7);
        CHECK_TEXT(hear(PATIENCE_MS), "READY=1\nMAINPID=7\n");
        daemon_notify_status("a text\nREADY=1\x1b", "ERRNO=2\n");
        CHECK_TEXT(hear(PATIENCE_MS), "STATUS=a text READY=1 \nERRNO=2\n");
        check_silence();
        close(manager);
    }
}

static void a_status_that_is_too_long(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf words = {0}, want = {0};
    buf_c(&words, "x");
    buf_c(&want, "STATUS=x");
    for (int i = 0; i < 600; i++) {
        buf_c(&words, "é");
        if (i < 499) /* the thousandth byte would be the half of one */
            buf_c(&want, "é");
    }
    buf_c(&want, "\n");
    listen_here();
    daemon_notify_begin();
    daemon_notify_status(buf_cstr(&words), "");
    CHECK_TEXT(hear(PATIENCE_MS), buf_cstr(&want));
}

static void nobody_listens(void **state) {
    (void)state;
    static const char *const names[] = {NULL, "", "/", "@", "vsock:2:1234", "relative/path"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        unsetenv("NOTIFY_SOCKET");
        if (names[i])
            setenv("NOTIFY_SOCKET", names[i], 1);
        setenv("WATCHDOG_USEC", "1000000", 1);
        daemon_notify_begin();
        CHECK_CASE(!daemon_notify_is_on(), names[i] ? names[i] : "none");
        CHECK_INT(daemon_notify_watchdog_ms(), 0);
        daemon_notify("READY=1\n");
        CHECK_INT(daemon_watchdog_begin(NULL), 0);
        daemon_watchdog_ending(1);
        daemon_watchdog_end();
    }
    /* A manager that is gone keeps nobody. */
    setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
    daemon_notify_begin();
    daemon_notify("READY=1\n");
    CHECK(daemon_notify_is_on());
}

static void whose_watchdog(void **state) {
    (void)state;
    char own[16];
    snprintf(own, sizeof own, "%d", (int)getpid());
    const struct {
        const char *usec, *pid;
        int64_t want_ms;
    } cases[] = {
        {NULL, NULL, 0},
        {"3000000", NULL, 3000},
        {"3000000", own, 3000},
        {"3000000", "1", 0},
        {"soon", own, 0},
        {"3000000", "me", 0},
        {"99999999999999999999", own, 0},
    };
    listen_here();
    close(manager);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char name[160];
        snprintf(name, sizeof name, "%s/notify", dir);
        setenv("NOTIFY_SOCKET", name, 1);
        if (cases[i].usec)
            setenv("WATCHDOG_USEC", cases[i].usec, 1);
        if (cases[i].pid)
            setenv("WATCHDOG_PID", cases[i].pid, 1);
        daemon_notify_begin();
        CHECK_INT(daemon_notify_watchdog_ms(), cases[i].want_ms);
        CHECK(getenv("WATCHDOG_USEC") == NULL);
        CHECK(getenv("WATCHDOG_PID") == NULL);
    }
}

/* ---- The watchdog ---- */

/* A daemon that answers as `outcome` says; under `blocked` it waits to be let go. */
static struct {
    _Atomic int outcome;
    _Atomic bool blocked;
    sem_t asked, let_go;
} subject;

static int probe(void *, struct buf *ret_words, struct err *err) {
    sem_post(&subject.asked);
    if (subject.blocked)
        sem_wait(&subject.let_go);
    if (subject.outcome)
        return err_set(err, subject.outcome, "it does not answer");
    buf_c(ret_words, "ok; all is well");
    return 0;
}

/* Two whole probes: whatever the first of them tells was told. */
static void await_probes(void) {
    while (sem_trywait(&subject.asked) == 0)
        ;
    for (int i = 0; i < 3; i++)
        sem_wait(&subject.asked);
}

static void begin(void) {
    subject.outcome = 0;
    subject.blocked = false;
    sem_init(&subject.asked, 0, 0);
    sem_init(&subject.let_go, 0, 0);
    listen_here();
    setenv("WATCHDOG_USEC", "400000", 1); /* a beat of 50 ms */
    daemon_notify_begin();
    CHECK_INT(daemon_watchdog_begin(NULL), 0);
}

static void drain(void) {
    while (*hear(0))
        ;
}

static void fed_while_it_works(void **state) {
    (void)state;
    begin();
    await("EXTEND_TIMEOUT_USEC=60000000\n");
    daemon_watchdog_ready(probe, NULL);
    await("READY=1\n");
    await("WATCHDOG=1\n");
    await("STATUS=ok; all is well\n");
    await("WATCHDOG=1\n");
    subject.outcome = -ETIMEDOUT;
    await("STATUS=it does not answer\n");
    await_probes();
    drain();
    await_probes();
    check_silence(); /* nor is the same said again */
    subject.outcome = 0;
    await("WATCHDOG=1\n");
    await("STATUS=ok; all is well\n");

    daemon_watchdog_reloading(true);
    await("RELOADING=1\nMONOTONIC_USEC=");
    daemon_watchdog_reloading(false);
    await("READY=1\n");

    daemon_watchdog_ending(10);
    await("STOPPING=1\nEXTEND_TIMEOUT_USEC=70000000\n");
    await("WATCHDOG=1\n"); /* its end has a time-out of its own */
    daemon_watchdog_reloading(true);
    daemon_watchdog_end();
    for (const char *got = hear(0); *got; got = hear(0))
        CHECK(!strstr(got, "RELOADING"));
}

static void starved_while_a_probe_hangs(void **state) {
    (void)state;
    begin();
    daemon_watchdog_ready(probe, NULL);
    await("WATCHDOG=1\n");
    subject.blocked = true;
    while (sem_trywait(&subject.asked) == 0)
        ;
    sem_wait(&subject.asked); /* this one, or the one before it, hangs */
    sem_post(&subject.let_go);
    sem_wait(&subject.asked);
    drain();
    CHECK_TEXT(hear(200), ""); /* four beats */
    subject.blocked = false;
    sem_post(&subject.let_go);
    sem_post(&subject.let_go);
    await("WATCHDOG=1\n");
    daemon_watchdog_ending(0);
    daemon_watchdog_end();
}

static void a_start_that_does_nothing(void **state) {
    (void)state;
    begin();
    await("EXTEND_TIMEOUT_USEC=60000000\n"); /* what came before is work */
    drain();
    CHECK_TEXT(hear(200), "");
    /* And one that does. */
    CLEANUP_DEINIT(buf) struct buf heap = {0};
    const char *got;
    do {
        for (int i = 0; i < 1000000; i++)
            buf_char(&heap, 'x');
        buf_clear(&heap);
        got = hear(0);
    } while (!*got);
    CHECK_TEXT(got, "EXTEND_TIMEOUT_USEC=60000000\n");
    daemon_watchdog_end();
}

static void an_end_waits_for_no_beat(void **state) {
    (void)state;
    int64_t began_ms = clock_mono_ms();
    subject.outcome = 0;
    subject.blocked = false;
    sem_init(&subject.asked, 0, 0);
    listen_here();
    daemon_notify_begin(); /* a beat of 15 s */
    for (int i = 0; i < 20; i++) {
        CHECK_INT(daemon_watchdog_begin(NULL), 0);
        if (i % 2) {
            daemon_watchdog_ready(probe, NULL);
            daemon_watchdog_ending(0);
        }
        daemon_watchdog_end();
        drain();
    }
    CHECK_RANGE(clock_mono_ms() - began_ms, 0, 14000);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(both_kinds_of_names),
                                       T(a_status_that_is_too_long),
                                       T(an_end_waits_for_no_beat),
                                       T(nobody_listens),
                                       T(whose_watchdog),
                                       T(fed_while_it_works),
                                       T(starved_while_a_probe_hangs),
                                       T(a_start_that_does_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
