/* Lines on their way to the log: what they cost, how many there may be, and what is said of the rest. */
#include "env_fixture.h"

#include <fcntl.h>

#define SECOND INT64_C(1000000000)

static void test_lines(void **) {
    CLEANUP_DEINIT(lambda_lines) struct lambda_lines a = {0}, b = {0};
    CHECK_INT(lambda_lines_cost(&a), 0);
    lambda_lines_add(&a, 5, S("one\n"));
    lambda_lines_add(&b, 6, S(""));
    lambda_lines_add(&b, 7, S("three"));
    CHECK_INT(lambda_lines_cost(&b), 9 + 14 + 2 * LAMBDA_LINE_ROWS_COST);
    lambda_lines_move(&a, &b);
    CHECK(b.n == 0 && !b.bytes.p);
    lambda_lines_move(&a, &b); /* none */
    CHECK_INT(a.n, 3);
    CHECK_INT(a.first_ms, 5);
    lambda_lines_move(&b, &a);
    CHECK_INT(a.n, 0);
    CHECK_INT(b.first_ms, 5);
    static const char *const want[] = {"one\n", "", "three"};
    struct cur at = cur_of(buf_view(&b.bytes));
    int64_t time_ms;
    str text;
    for (int i = 0; i < 3; i++) {
        CHECK(lambda_lines_next(&at, &time_ms, &text));
        CHECK_INT(time_ms, 5 + i);
        CHECK_STR(text, str_c(want[i]));
    }
    CHECK(!lambda_lines_next(&at, &time_ms, &text));
}

/* ---- The rate ---- */
/* How many lines of so many bytes go at that time. */
static size_t taken(struct lambda_rate *rate, size_t bytes, int64_t now_ns) {
    size_t n = 0;
    lambda_rate_fill(rate, now_ns);
    while (n < 1000000 && lambda_rate_take(rate, bytes, now_ns))
        n++;
    return n;
}

static void test_rate(void **) {
    static const struct {
        const char *name;
        size_t bytes, burst, a_second;
    } cases[] = {
        {"empty lines", 1, LAMBDA_LINES_BURST, LAMBDA_LINES_A_SECOND},
        {"ordinary lines", 100, LAMBDA_LINES_BURST, LAMBDA_LINES_A_SECOND},
        {"long lines", 1 << 18, 32, 8},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lambda_rate rate = {0};
        int64_t now = SECOND;
        CHECK_CASE(taken(&rate, cases[i].bytes, now) == cases[i].burst, cases[i].name);
        CHECK_CASE(rate.dry, cases[i].name);
        /* It stays so for a second, and tells then. */
        CHECK_CASE(!lambda_rate_fill(&rate, now + SECOND - 1), cases[i].name);
        CHECK_CASE(!lambda_rate_take(&rate, 1, now + SECOND - 1), cases[i].name);
        CHECK_CASE(lambda_rate_fill(&rate, now + SECOND), cases[i].name);
        CHECK_CASE(taken(&rate, cases[i].bytes, now + SECOND) == cases[i].a_second, cases[i].name);
        /* After a quiet time the burst is there again, and no more. */
        CHECK_CASE(taken(&rate, cases[i].bytes, now + 3600 * SECOND) == cases[i].burst,
                   cases[i].name);
    }
}

/* What is under the limit goes on for ever. */
static void test_rate_goes_on(void **) {
    struct lambda_rate rate = {0};
    for (int64_t ms = 1; ms <= 100000; ms++) {
        lambda_rate_fill(&rate, ms * SECOND / 1000);
        for (int i = 0; i < LAMBDA_LINES_A_SECOND / 1000; i++)
            CHECK(lambda_rate_take(&rate, 200, ms * SECOND / 1000));
    }
}

static void test_loss_is_told(void **) {
    struct lambda_rate rate = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CHECK(!lambda_rate_tell(&rate, &text));
    lambda_rate_lose(&rate, 3, 100);
    lambda_rate_lose(&rate, 4, 11);
    CHECK(lambda_rate_tell(&rate, &text));
    CHECK_BUF(text, "calotype: 7 lines (111 bytes) were dropped: over the limit of 10000 lines or "
                    "2097152 bytes a second, or of what the log can take\n");
    CHECK(!lambda_rate_tell(&rate, &text));
}

/* ---- Through a pipe ---- */
static int ends[2];
/* An environment whose stdout is a pipe that holds a mebibyte. */
static struct lambda_env *piped_locked(struct lambda_fn *fn) {
    struct lambda_env *env = busy_locked(fn);
    CHECK_INT(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    CHECK(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= 0);
    env->out[0].fd = ends[0];
    return env;
}

static void print(const char *what, size_t n) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (size_t i = 0; i < n; i++)
        buf_c(&text, what);
    CHECK_INT(write(ends[1], text.p, text.len), text.len);
}

/* As the end of an invocation does, without a REPORT: that has to have a sandbox. */
static struct lambda_inv *finished_locked(struct lambda_env *env) {
    for (int i = 0; i < 8; i++)
        lambda_log_drain_locked(&env->out[0]);
    lambda_log_flush_locked(env);
    return lambda_env_settle_locked(env);
}

/* How many lines the invocation has of calotype's; ret_last may be NULL. */
static size_t times_told(const struct lambda_inv *inv, str *ret_last) {
    str line;
    size_t n = 0;
    int64_t time_ms;
    struct cur at = cur_of(buf_view(&inv->lines.bytes));
    while (lambda_lines_next(&at, &time_ms, &line))
        if (str_starts(line, S("calotype: "))) {
            n++;
            if (ret_last)
                *ret_last = line;
        }
    return n;
}

/* The only one, or absent. */
static str told(const struct lambda_inv *inv) {
    str found = STR_NONE;
    CHECK(times_told(inv, &found) <= 1);
    return found;
}

static void test_newlines(void **) {
    enum { MANY = 1 << 20, OWN = 2 /* START, and what was dropped */ };
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = piped_locked(fn);
    print("\n", MANY);
    CLEANUP(lambda_inv) struct lambda_inv *inv = finished_locked(env);
    CHECK_INT(inv->lines.n, LAMBDA_LINES_BURST + OWN);
    CHECK_RANGE(inv->lines.bytes.cap, 1, 1 << 20); /* no struct a line */
    CHECK_INT(svc->backlog, lambda_lines_cost(&inv->lines));
    CLEANUP_DEINIT(buf) struct buf want = {0};
    buf_printf(&want, "calotype: %d lines (%d bytes) were dropped: ", MANY - LAMBDA_LINES_BURST,
               MANY - LAMBDA_LINES_BURST);
    CHECK(str_starts(told(inv), buf_view(&want)));
    CHECK(lambda_log_behind_locked(env->pool, svc)); /* that much is a function's share */
    lambda_log_committed_locked(svc, fn, &inv->lines);
    CHECK(!lambda_log_behind_locked(env->pool, svc));
    close(ends[1]);
}

/* Ten thousand lines of one invocation are all there, and so is one that ends without a newline. */
static void test_a_talkative_function_loses_nothing(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = piped_locked(fn);
    print(
        "a line of a hundred bytes, which says what a function does at some length, and then some more\n",
        10000);
    print("the end", 1);
    CLEANUP(lambda_inv) struct lambda_inv *inv = finished_locked(env);
    CHECK_INT(inv->lines.n, 1 + 10000 + 1);
    CHECK_STR(line_at(&inv->lines, 10001), S("the end\n"));
    CHECK(!told(inv).p);
    lambda_log_committed_locked(svc, fn, &inv->lines);
    close(ends[1]);
}

/*
 * Bytes that are no text cost three of the log's each, and count as three. On a busy machine this
 * takes seconds, in which the rate fills again.
 */
static void test_binary(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    int64_t began_ns = clock_mono_ns();
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = piped_locked(fn);
    for (int i = 0; i < 12; i++) {
        print("\xff", 1 << 20);
        while (lambda_log_drain_locked(&env->out[0]) && env->out[0].partial.len > (1 << 18))
            ;
        for (int more = 0; more < 4; more++)
            lambda_log_drain_locked(&env->out[0]);
    }
    int64_t more = (clock_mono_ns() - began_ns) / SECOND * LAMBDA_LINE_BYTES_A_SECOND;
    CHECK_RANGE(env->lines.bytes.len, 1,
                2 * LAMBDA_LINE_BYTES_BURST + more); /* 36 MiB at once without it */
    CLEANUP(lambda_inv) struct lambda_inv *inv = finished_locked(env);
    CHECK(times_told(inv, NULL) > 0);
    CHECK_INT(env->out[0].partial.cap, 0); /* an idle environment keeps no buffer */
    lambda_log_committed_locked(svc, fn, &inv->lines);
    CHECK_INT(svc->backlog, 0);
    close(ends[1]);
}

/* Where too much waits already, the end of an invocation adds nothing. */
static void test_full_log(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = piped_locked(fn);
    svc->backlog += LAMBDA_BACKLOG_FULL;
    print("x\n", 100);
    CLEANUP(lambda_inv) struct lambda_inv *inv = finished_locked(env);
    CHECK(str_starts(told(inv), S("calotype: 100 lines (200 bytes) were dropped: ")));
    svc->backlog -= LAMBDA_BACKLOG_FULL;
    lambda_log_committed_locked(svc, fn, &inv->lines);
    CHECK_INT(svc->backlog, 0);
    close(ends[1]);
}

/* ---- Metrics in lines ---- */
/* Where lines of 3,000 observations come without end: how many are taken in a minute. */
static int64_t metrics_of_a_minute(int64_t write_ns, int64_t *ret_writing_ns) {
    struct lambda_metrics_rate rate = {0};
    const int64_t plain_ns = SECOND / 1000, began_ns = SECOND;
    int64_t n = 0;
    *ret_writing_ns = 0;
    for (int64_t now_ns = began_ns; now_ns < began_ns + 60 * SECOND;) {
        bool may = lambda_metrics_may(&rate, now_ns);
        now_ns += may ? write_ns : plain_ns;
        lambda_metrics_took(&rate, may ? 3000 : 0, may ? write_ns : plain_ns);
        n += may;
        *ret_writing_ns += may ? write_ns : 0;
    }
    return n;
}

/* Observations where the store is quick; half of the time, and the burst, where it is slow. */
static void test_metrics_rate(void **) {
    int64_t writing_ns, n = metrics_of_a_minute(SECOND / 100, &writing_ns);
    CHECK(n >= 65 * LAMBDA_METRICS_A_SECOND / 3000 && n <= 66 * LAMBDA_METRICS_A_SECOND / 3000);
    metrics_of_a_minute(2 * SECOND, &writing_ns);
    CHECK(writing_ns >= 30 * SECOND && writing_ns <= 36 * SECOND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_rate_goes_on),
        cmocka_unit_test(test_loss_is_told),
        cmocka_unit_test(test_metrics_rate),
        cmocka_unit_test_setup_teardown(test_newlines, env_setup, env_teardown),
        cmocka_unit_test_setup_teardown(test_a_talkative_function_loses_nothing, env_setup,
                                        env_teardown),
        cmocka_unit_test_setup_teardown(test_binary, env_setup, env_teardown),
        cmocka_unit_test_setup_teardown(test_full_log, env_setup, env_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
