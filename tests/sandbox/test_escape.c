/*
 * The escape suite and the life of sandboxes, for one level (jail_fixture.h).
 */
#include "jail_fixture.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

/* ---- Help ---- */
static int listen_outside(uint16_t *ret_port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof at;
    CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_INT(listen(fd, 4), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static int listen_abstract(const char *name) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "%s", name);
    socklen_t len = (socklen_t)(sizeof(sa_family_t) + 1 + strlen(name));
    CHECK_INT(bind(fd, (struct sockaddr *)&at, len), 0);
    CHECK_INT(listen(fd, 4), 0);
    return fd;
}

/* ---- Walls ---- */
static void test_walls(void **state) {
    (void)state;
    uint16_t port;
    CLEANUP_FD int tcp = listen_outside(&port);
    char name[64], number[8];
    snprintf(name, sizeof name, "calotype-escape-%d", getpid());
    snprintf(number, sizeof number, "%u", port);
    CLEANUP_FD int abstract = listen_abstract(name);

    CLEANUP(sandbox)
    struct sandbox *other = run((const char *const[]){"/var/task/jailed", "neighbour", NULL}, 0);
    CLEANUP_FD int other_out = sandbox_take_output(other, 1);
    wait_for_byte(other_out);

    CLEANUP(sandbox)
    struct sandbox *sb =
        run((const char *const[]){"/var/task/jailed", "walls", number, name, NULL}, 0);
    CLEANUP_DEINIT(buf) struct buf out = {0};
    read_output(sb, 1, &out);
    struct sandbox_end end = wait_end(sb);
    if (end.code != 0 || end.signaled || !strstr(out.p, "done "))
        fail_msg("%s", out.p);
    CHECK(gets_silent(tcp, 0));
    CHECK(gets_silent(abstract, 0));
}

static void test_forks_are_bounded(void **state) {
    (void)state;
    CLEANUP(sandbox)
    struct sandbox *sb = run((const char *const[]){"/var/task/jailed", "forks", NULL}, 50);
    CLEANUP_FD int out = sandbox_take_output(sb, 1);
    struct sandbox_end end = wait_end(sb);
    CHECK_INT(end.code, 0);
    char text[64] = "";
    CHECK(read(out, text, sizeof text - 1) > 0);
    int n = atoi(text + strlen("forks "));
    CHECK_RANGE(n, 10, 50);
}

static void test_memory_is_bounded(void **state) {
    (void)state;
    CLEANUP(sandbox)
    struct sandbox *sb = run((const char *const[]){"/var/task/jailed", "memory", NULL}, 0);
    struct sandbox_end end;
    for (int i = 0; !sandbox_ended(sb, &end); i++) {
        CHECK(i < PATIENCE_MS);
        sandbox_check_memory(sb);
        poll(NULL, 0, 1);
    }
    CHECK(end.signaled);
    CHECK_INT(end.code, SIGKILL);
    CHECK(end.oom);
    CHECK_RANGE(end.memory_peak, 32 * MIB, 90 * MIB);
}

/*
 * Memory that no process maps: where a cgroup counts, the kernel bounds it; where none does, the
 * call is refused or what it costs is charged. Half a GiB was wanted by a program of 64 MiB.
 */
static void test_unseen_memory_is_bounded(void **state) {
    (void)state;
    static const char *const kinds[] = {"memfd", "sysv",     "shared",  "zero",
                                        "sems",  "messages", "sockets", "pipes"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP(sandbox)
        struct sandbox *sb =
            run((const char *const[]){"/var/task/jailed", "hoard", kinds[i], NULL}, 0);
        struct sandbox_end end;
        for (int ms = 0; !sandbox_ended(sb, &end); ms++) {
            CHECK_CASE(ms < PATIENCE_MS, kinds[i]);
            sandbox_check_memory(sb);
            poll(NULL, 0, 1);
        }
        CLEANUP_DEINIT(buf) struct buf out = {0};
        read_output(sb, 1, &out);
        int got = atoi(out.p);
        print_message("%s: %s%s", kinds[i], end.oom ? "killed for its memory" : out.p,
                      end.oom ? "\n" : "");
        CHECK_CASE(end.oom || got < 128, kinds[i]);
    }
}

static void test_tmp_is_bounded(void **state) {
    (void)state;
    CLEANUP(sandbox)
    struct sandbox *sb = run((const char *const[]){"/var/task/jailed", "tmp", NULL}, 0);
    CLEANUP_DEINIT(buf) struct buf out = {0};
    read_output(sb, 1, &out);
    CHECK_INT(wait_end(sb).code, 0);
    CHECK_STR(str_c(out.p), str_c("tmp 8388608\n"));
}

/* ---- Life ---- */
static void test_environment_and_exit(void **state) {
    (void)state;
    CLEANUP(sandbox)
    struct sandbox *sb = run((const char *const[]){"/var/task/jailed", "env", NULL}, 0);
    CLEANUP_DEINIT(buf) struct buf out = {0}, errors = {0};
    read_output(sb, 1, &out);
    read_output(sb, 2, &errors);
    CHECK_STR(str_c(out.p), str_c("GREETING=hello there\nEMPTY=\n"));
    CHECK_STR(str_c(errors.p), str_c("to stderr\n"));
    struct sandbox_end end = wait_end(sb);
    CHECK_INT(end.code, 7);
    CHECK(!(end.signaled || end.oom || end.lost || end.exec_errno));
    CHECK_INT(sandbox_take_output(sb, 1), -1);
}

static void test_missing_program(void **state) {
    (void)state;
    CLEANUP(sandbox) struct sandbox *sb = run((const char *const[]){"/var/task/none", NULL}, 0);
    CHECK_INT(wait_end(sb).exec_errno, ENOENT);
}

static void test_missing_code(void **state) {
    (void)state;
    static const char *const argv[] = {"/var/task/x", NULL};
    const struct sandbox_spec spec = {.code = "/proc/nonexistent",
                                      .argv = argv,
                                      .env = argv + 1,
                                      .memory_bytes = MIB,
                                      .tmp_bytes = MIB};
    struct sandbox *sb = NULL;
    struct err err = {0};
    CHECK_INT(sandbox_start(spawner, &spec, &sb, &err), -ENOENT);
    CHECK(!sb);
    CHECK_HAS(err.text, "opening the code");
}

static void test_freeze_thaw_kill(void **state) {
    (void)state;
    CLEANUP(sandbox)
    struct sandbox *sb = run((const char *const[]){"/var/task/jailed", "tick", NULL}, 0);
    CLEANUP_FD int out = sandbox_take_output(sb, 1);
    char rest[65536];
    wait_for_byte(out);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(sandbox_freeze(sb), 0);
        CHECK_INT(sandbox_freeze(sb), 0); /* as it is already */
        /* Stopping takes effect within microseconds, not at once: let it settle, then it must be
         * still. */
        for (int settled = 0; settled < 2; settled = gets_silent(out, 10) ? settled + 1 : 0)
            (void)!read(out, rest, sizeof rest);
        CHECK(gets_silent(out, 50));
        CHECK_INT(sandbox_thaw(sb), 0);
        wait_for_byte(out);
    }
    CHECK(sandbox_memory_peak(sb) > 0);
    CHECK_INT(sandbox_freeze(sb), 0);
    struct sandbox_end end;
    CHECK(!sandbox_ended(sb, &end));
    CHECK_INT(sandbox_wait(sb, 1, &end), -ETIMEDOUT);
    sandbox_kill(sb);
    end = wait_end(sb);
    CHECK(end.signaled && end.code == SIGKILL && !end.oom);
}

/*
 * What blocks goes on when its environment is thawed, as docs/lambda.md says. The program says up
 * when all of it blocks, waits for a byte on its port 9001, and then tells what became of each call.
 */
static void test_blocked_calls_go_on(void **state) {
    (void)state;
    CLEANUP(sandbox)
    struct sandbox *sb = run((const char *const[]){"/var/task/jailed", "blocked", NULL}, 0);
    CLEANUP_FD int listener = sandbox_take_listener(sb, 9001);
    CHECK(!gets_silent(listener, PATIENCE_MS));
    CLEANUP_FD int peer = accept(listener, NULL, NULL);
    wait_for_byte(peer);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(sandbox_freeze(sb), 0);
        int64_t until = clock_mono_ms() + PATIENCE_MS;
        while (!sandbox_is_still(sb) && clock_mono_ms() < until)
            poll(NULL, 0, 1);
        CHECK(sandbox_is_still(sb));
        CHECK_INT(sandbox_thaw(sb), 0);
    }
    CHECK_INT(write(peer, "!", 1), 1);
    CLEANUP_DEINIT(buf) struct buf out = {0};
    read_output(sb, 1, &out);
    CHECK_INT(wait_end(sb).code, 0);
    static const char *const go_on[] = {"read",  "recv",  "accept", "poll",       "select",
                                        "futex", "sleep", "wait",   "sleep_until"};
    for (size_t i = 0; i < ARRAY_LEN(go_on); i++) {
        char line[32];
        snprintf(line, sizeof line, "%s went on\n", go_on[i]);
        if (!strstr(out.p, line))
            fail_msg("%s did not go on:\n%s", go_on[i], out.p);
    }
    /* The page says that these do not, so that whoever reads it is not surprised. */
    CHECK(strstr(out.p, "epoll_wait ") && strstr(out.p, "recv_timed "));
    print_message("%s", out.p);
}

static void test_listener(void **state) {
    (void)state;
    uint16_t port;
    CLEANUP_FD int tcp = listen_outside(&port);
    CLEANUP(sandbox)
    struct sandbox *sb = run((const char *const[]){"/var/task/jailed", "walls", "1", "x", NULL}, 0);
    CLEANUP_FD int listener = sandbox_take_listener(sb, 9001);
    CHECK(listener >= 0);
    CHECK_INT(sandbox_take_listener(sb, 9001), -1);
    CHECK_INT(sandbox_take_listener(sb, 80), -1);
    /* The walls program connects to 9001 from inside; the connection arrives here. */
    CHECK(!gets_silent(listener, PATIENCE_MS));
    CLEANUP_FD int peer = accept(listener, NULL, NULL);
    CHECK(peer >= 0);
    wait_end(sb);
}

/* ---- The end of the daemon ---- */
static size_t count_mounts(void) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CHECK_INT(io_read_file(&text, "/proc/self/mounts", 1 << 20, NULL), 0);
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.p[i] == '\n';
    return lines;
}

/* A daemon of its own with two sandboxes, one frozen; says so, then waits to be killed. */
static void doomed_daemon(int say, const char *mark) {
    struct sandbox_options options = {0};
    if (sandbox_spawner_start(&spawner, &options, NULL))
        _exit(1);
    const char *const argv[] = {"/var/task/jailed", "tick", mark, NULL};
    struct sandbox *a = run(argv, 0), *b = run(argv, 0);
    int out[2] = {sandbox_take_output(a, 1), sandbox_take_output(b, 1)};
    wait_for_byte(out[0]);
    wait_for_byte(out[1]);
    sandbox_freeze(b);
    (void)!write(say, "!", 1);
    for (;;)
        pause();
}

static void test_nothing_survives_the_daemon(void **state) {
    (void)state;
    size_t mounts = count_mounts();
    char mark[64];
    snprintf(mark, sizeof mark, "doomed-%d", getpid());
    int said[2];
    CHECK_INT(pipe2(said, O_CLOEXEC), 0);
    pid_t daemon = fork();
    if (daemon == 0)
        doomed_daemon(said[1], mark);
    close(said[1]);
    wait_for_byte(said[0]);
    CHECK_INT(count_marked(mark), 2);
    kill(daemon, SIGKILL);
    waitpid(daemon, NULL, 0);
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (count_marked(mark) > 0 && clock_mono_ms() < until)
        poll(NULL, 0, 2);
    CHECK_INT(count_marked(mark), 0);
    /* The spawner held the other end of the pipe's lineage only through the daemon: it is gone too.
     */
    CHECK(!gets_silent(said[0], PATIENCE_MS));
    close(said[0]);
    CHECK_INT(count_mounts(), mounts);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walls),
        cmocka_unit_test(test_forks_are_bounded),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_unseen_memory_is_bounded),
        cmocka_unit_test(test_tmp_is_bounded),
        cmocka_unit_test(test_environment_and_exit),
        cmocka_unit_test(test_missing_program),
        cmocka_unit_test(test_missing_code),
        cmocka_unit_test(test_freeze_thaw_kill),
        cmocka_unit_test(test_blocked_calls_go_on),
        cmocka_unit_test(test_listener),
        cmocka_unit_test(test_nothing_survives_the_daemon),
    };
    return jail_main(argc, argv, tests, ARRAY_LEN(tests));
}
