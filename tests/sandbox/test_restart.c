/*
 * Sandboxes that outlive their program (spec.stays), and what else a program is given: folders,
 * empty ones, the records pipe. For one level (jail_fixture.h).
 */
#include "jail_fixture.h"

#include <signal.h>
#include <sys/socket.h>

/* ---- Help ---- */
static struct sandbox_spec stays(const char *const *argv) {
    struct sandbox_spec spec = jail_spec(argv);
    spec.stays = true;
    return spec;
}

static void check_killed(const struct sandbox_end *end) {
    CHECK(end->signaled && end->code == SIGKILL && end->stays && !end->oom && !end->lost);
}

/* The next connection of the program says which life it is; it stays open. */
static int hear_life(int listener, char want) {
    CHECK(!gets_silent(listener, PATIENCE_MS));
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(!gets_silent(peer, PATIENCE_MS));
    char life = 0;
    CHECK_INT(read(peer, &life, 1), 1);
    CHECK_INT(life, want);
    return peer;
}

/* Nothing of what ran writes any more; what is in the pipe is thrown away. */
static void check_still(int out) {
    char rest[65536];
    while (read(out, rest, sizeof rest) > 0)
        ;
    CHECK(gets_silent(out, 30));
}

static void check_line(int out, const char *want) {
    char text[256] = "";
    for (size_t n = 0; n < sizeof text - 1 && (n == 0 || text[n - 1] != '\n'); n++) {
        CHECK(!gets_silent(out, PATIENCE_MS));
        CHECK_INT(read(out, text + n, 1), 1);
    }
    CHECK_TEXT(text, want);
}

/* ---- Starting anew ---- */
/*
 * The program of every life has the same argument, environment, outputs and listener and finds what
 * the one before left in /tmp; nothing else of that is left, whatever it was doing.
 */
static void test_lives(void **) {
    static const struct {
        const char *name;
        bool freeze, halt;
    } ways[] = {{"while it runs", false, false},
                {"frozen", true, false},
                {"halted", false, true},
                {"frozen, then halted", true, true}};
    const struct sandbox_spec spec = stays((const char *const[]){"/var/task/jailed", "live", NULL});
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    CLEANUP_FD int out = sandbox_take_output(sb, 1), leftover = sandbox_take_output(sb, 2);
    CLEANUP_FD int listener = sandbox_take_listener(sb, 9001);
    for (size_t i = 0; i < 2 * ARRAY_LEN(ways); i++) {
        CLEANUP_FD int peer = hear_life(listener, (char)('1' + i));
        char want[64], c;
        snprintf(want, sizeof want, "life %zu, 0 left, hello there\n", i + 1);
        check_line(out, want);
        wait_for_byte(leftover); /* the child that the program left behind writes */
        struct sandbox_end end = {0};
        CHECK(!sandbox_ended(sb, &end));
        size_t way = i % ARRAY_LEN(ways);
        if (ways[way].freeze)
            CHECK_INT(sandbox_freeze(sb), 0);
        if (ways[way].halt) {
            CHECK_INT(sandbox_halt(sb), 0);
            end = wait_end(sb);
            check_killed(&end);
            CHECK_CASE(read(peer, &c, 1) <= 0, ways[way].name);
            check_still(leftover);
            CHECK_INT(sandbox_halt(sb), 0); /* there is nothing to halt */
            CHECK(sandbox_ended(sb, &end));
        }
        CHECK_INT(sandbox_restart(sb), 0);
        CHECK_CASE(read(peer, &c, 1) <= 0, ways[way].name);
        CHECK_CASE(!sandbox_ended(sb, &end), ways[way].name);
    }
}

/* The end of the program that is killed for the next is not the next one's. */
static void test_an_end_is_of_its_own_program(void **) {
    struct sandbox_spec spec = stays((const char *const[]){"/var/task/jailed", "quit", NULL});
    CLEANUP(sandbox) struct sandbox *quick = start(&spec);
    CLEANUP_FD int leftover = sandbox_take_output(quick, 2);
    struct sandbox_end end;
    for (int life = 1; life < 10; life++) {
        end = wait_end(quick);
        CHECK(!end.signaled && end.stays && !end.exec_errno);
        CHECK_INT(end.code, life);
        check_still(leftover);
        CHECK_INT(sandbox_restart(quick), 0);
    }
    spec.argv = (const char *const[]){"/var/task/jailed", "tick", NULL};
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    CLEANUP_FD int out = sandbox_take_output(sb, 1);
    for (int i = 0; i < 20; i++)
        CHECK_INT(sandbox_restart(sb), 0);
    char rest[4096];
    for (int i = 0; i < 20; i++) {
        CHECK(!sandbox_ended(sb, &end));
        wait_for_byte(out);
        (void)!read(out, rest, sizeof rest);
    }
}

/*
 * An end that comes while a stop by signals is answered is not heard through the descriptor any more;
 * whoever asks is told that there is news, until it is taken.
 */
static void test_an_end_beside_a_stop(void **) {
    const struct sandbox_spec spec = stays((const char *const[]){"/var/task/jailed", "quit", NULL});
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    struct sandbox_end end;
    CHECK(!gets_silent(sandbox_end_fd(sb), PATIENCE_MS));
    CHECK_INT(sandbox_freeze(sb), 0);
    CHECK_INT(sandbox_has_news(sb), !sandbox_is_firm(sb));
    CHECK(sandbox_ended(sb, &end));
    CHECK(!sandbox_has_news(sb));
    CHECK_INT(end.code, 1);
    CHECK_INT(sandbox_restart(sb), 0);
    CHECK_INT(wait_end(sb).code, 2);
}

static void test_forks_are_killed_too(void **) {
    char mark[64];
    snprintf(mark, sizeof mark, "multiplies-%d", getpid());
    struct sandbox_spec spec =
        stays((const char *const[]){"/var/task/jailed", "multiply", mark, NULL});
    spec.max_processes = 100;
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    CLEANUP_FD int out = sandbox_take_output(sb, 1);
    for (int i = 0; i < 10; i++) {
        wait_for_byte(out);
        wait_for_byte(out);
        poll(NULL, 0, i); /* in the middle of it, each time elsewhere */
        CHECK_INT(sandbox_halt(sb), 0);
        struct sandbox_end end = wait_end(sb);
        check_killed(&end);
        CHECK_INT(count_marked(mark), 0);
        CHECK_INT(sandbox_restart(sb), 0);
    }
}

/* The second start's exec fails: that is heard as the first one's is; a third may go well. */
static void test_exec_fails_later(void **) {
    CHECK_INT(put_program("second", 0755), 0);
    char path[128];
    snprintf(path, sizeof path, "%s/second", code);
    const struct sandbox_spec spec = stays((const char *const[]){"/var/task/second", "quit", NULL});
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    CHECK_INT(wait_end(sb).code, 1);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(sandbox_restart(sb), 0);
    struct sandbox_end end = wait_end(sb);
    CHECK_INT(end.exec_errno, ENOENT);
    CHECK(end.stays);
    CHECK_INT(put_program("second", 0755), 0);
    CHECK_INT(sandbox_restart(sb), 0);
    end = wait_end(sb);
    CHECK_INT(end.exec_errno, 0);
    CHECK_INT(end.code, 2);
    unlink(path);
}

/* Over its memory: the program dies, and the sandbox may stay. */
static void test_memory_and_on(void **) {
    const struct sandbox_spec spec =
        stays((const char *const[]){"/var/task/jailed", "memory", NULL});
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    for (int life = 0; life < 2; life++) {
        struct sandbox_end end;
        for (int i = 0; !sandbox_ended(sb, &end); i++) {
            CHECK(i < PATIENCE_MS);
            if (i % 50 == 0)
                sandbox_check_memory(sb);
            poll(NULL, 0, 1);
        }
        CHECK(end.oom && end.signaled && end.code == SIGKILL);
        CHECK(end.stays);
        CHECK_RANGE(end.memory_peak, 32 * MIB, 160 * MIB);
        CHECK_INT(sandbox_restart(sb), 0);
        CHECK(!sandbox_ended(sb, &end));
    }
}

/* One that does not stay ends with its program, and cannot be started anew. */
static void test_one_that_does_not_stay(void **) {
    CLEANUP(sandbox)
    struct sandbox *sb = run((const char *const[]){"/var/task/jailed", "quit", NULL}, 0);
    struct sandbox_end end = wait_end(sb);
    CHECK_INT(end.code, 1);
    CHECK(!end.stays);
    CHECK_INT(sandbox_restart(sb), -ESRCH);
    CHECK_INT(sandbox_halt(sb), -ESRCH);
}

static void test_a_stay_ends(void **) {
    const struct sandbox_spec spec = stays((const char *const[]){"/var/task/jailed", "quit", NULL});
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    struct sandbox_end end = wait_end(sb);
    CHECK(end.stays);
    sandbox_kill(sb);
    for (int i = 0; end.stays; i++) {
        CHECK(i < PATIENCE_MS);
        poll(NULL, 0, 1);
        CHECK(sandbox_ended(sb, &end));
    }
    CHECK_INT(end.code, 1); /* the program's end is what is told */
    CHECK_INT(sandbox_restart(sb), -ESRCH);
    CHECK(sandbox_ended(sb, &end));
}

/* ---- What it is given ---- */
static void test_binds(void **) {
    char inner[128], file[160];
    snprintf(inner, sizeof inner, "%s/inner", code);
    snprintf(file, sizeof file, "%s/x", inner);
    CHECK_INT(mkdir(inner, 0777), 0);
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
    struct sandbox_spec spec = jail_spec((const char *const[]){"/var/task/jailed", "binds", NULL});
    spec.binds[0] = (struct sandbox_bind){code, "/opt/all"};
    spec.binds[1] = (struct sandbox_bind){"", "/opt/all/inner"};
    spec.binds[2] = (struct sandbox_bind){"", "/opt/none"};
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    CHECK_INT(wait_end(sb).code, 0);
    CHECK_INT(access(file, F_OK), 0); /* outside it is as it was */
    unlink(file);
    rmdir(inner);
}

/*
 * As many as there can be: the program is in the last one. What they cost is said, and stands in
 * docs/internals/sandbox.md.
 */
static void test_many_binds(void **) {
    enum { ROUNDS = 20, BINDS = SANDBOX_MAX_BINDS };
    static char inside[BINDS][24];
    char last[48];
    snprintf(last, sizeof last, "/opt/%d/jailed", BINDS - 1);
    int64_t spent_ns[2] = {INT64_MAX, INT64_MAX};
    for (int round = 0; round < 2 * ROUNDS; round++) {
        struct sandbox_spec spec =
            jail_spec((const char *const[]){round % 2 ? last : "/var/task/jailed", "quit", NULL});
        for (int i = 0; round % 2 && i < BINDS; i++) {
            snprintf(inside[i], sizeof inside[i], "/opt/%d", i);
            spec.binds[i] = (struct sandbox_bind){code, inside[i]};
        }
        int64_t from_ns = clock_mono_ns();
        CLEANUP(sandbox) struct sandbox *sb = start(&spec);
        int64_t took_ns = clock_mono_ns() - from_ns;
        if (took_ns < spent_ns[round % 2])
            spent_ns[round % 2] = took_ns;
        CHECK_INT(wait_end(sb).code, 1);
    }
    print_message("a start takes %.2f ms, with %d binds %.2f ms\n", (double)spent_ns[0] / 1e6,
                  BINDS, (double)spent_ns[1] / 1e6);
}

static void test_records(void **) {
    struct sandbox_spec spec =
        jail_spec((const char *const[]){"/var/task/jailed", "records", NULL});
    spec.records = true;
    CLEANUP(sandbox) struct sandbox *sb = start(&spec);
    CLEANUP_DEINIT(buf) struct buf out = {0}, records = {0};
    read_output(sb, SANDBOX_RECORDS_FD, &records);
    read_output(sb, 1, &out);
    CHECK_TEXT(records.p, "one record");
    CHECK_TEXT(out.p, "");
    CHECK_INT(wait_end(sb).code, 0);
    CHECK_INT(sandbox_take_output(sb, SANDBOX_RECORDS_FD), -1);

    spec.records = false; /* then there is no such descriptor, on either side */
    CLEANUP(sandbox) struct sandbox *none = start(&spec);
    CHECK_INT(sandbox_take_output(none, SANDBOX_RECORDS_FD), -1);
    CHECK_INT(wait_end(none).code, 1);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lives),
        cmocka_unit_test(test_an_end_is_of_its_own_program),
        cmocka_unit_test(test_an_end_beside_a_stop),
        cmocka_unit_test(test_forks_are_killed_too),
        cmocka_unit_test(test_exec_fails_later),
        cmocka_unit_test(test_memory_and_on),
        cmocka_unit_test(test_one_that_does_not_stay),
        cmocka_unit_test(test_a_stay_ends),
        cmocka_unit_test(test_binds),
        cmocka_unit_test(test_many_binds),
        cmocka_unit_test(test_records),
    };
    return jail_main(argc, argv, tests, ARRAY_LEN(tests));
}
