/*
 * What follows on the end of a function's program: its environment stays, and the next event starts
 * the program anew in the same sandbox; a start that fails is tried twice. For one level.
 */
#include "lambda_fixture.h"

#include "svc/lambda/lambda_priv.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>

static struct answer invoke(const char *name, const char *payload) {
    return call_as(&fx.root, "Invoke", json_pack("{s:s}", "FunctionName", name), str_c(payload));
}

/* init: the variable INIT, or NULL. */
static void make(const char *name, int timeout_s, const char *init) {
    json_t *more = json_pack("{s:i}", "Timeout", timeout_s);
    if (init)
        json_object_set_new(more, "Environment", json_pack("{s:{s:s}}", "Variables", "INIT", init));
    must(call_op("CreateFunction", new_function(name, testfn_code(), more)));
}

static void check_error(struct answer *a, const char *what, const char *type, const char *message) {
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&a->body), NULL);
    CHECK_CASE(a->status == 200 && str_is(json_str(a->out, "FunctionError"), "Unhandled"), what);
    CHECK_STR(json_str(doc, "errorType"), str_c(type));
    CHECK_HAS(json_str(doc, "errorMessage").p, message);
    answer_deinit(a);
}

static void check_answer(const char *name, const char *payload, const char *want) {
    CLEANUP_DEINIT(answer) struct answer a = invoke(name, payload);
    CHECK_CASE(json_str(a.out, "FunctionError").len == 0, payload);
    CHECK_BUF(a.body, want);
}

/* ---- The log ---- */
/* '#' stands for digits, dots, and the hex of ids. */
static bool is_like(str line, const char *pattern) {
    for (; *pattern; pattern++) {
        if (*pattern != '#') {
            if (line.len == 0 || line.p[0] != *pattern)
                return false;
            line = str_skip(line, 1);
            continue;
        }
        while (line.len && strchr("0123456789.abcdef-", line.p[0]))
            line = str_skip(line, 1);
    }
    return line.len == 0;
}

#define START "START RequestId: # Version: $LATEST"
#define END   "END RequestId: #"
#define REPORT                                                                                     \
    "REPORT RequestId: #\tDuration: # ms\tBilled Duration: # ms\tMemory Size: 128 MB\tMax Memory " \
    "Used: # MB\t"
#define INIT_START  "INIT_START Runtime Version: provided:al2023.calotype"
#define INIT_REPORT "INIT_REPORT Init Duration: # ms\tPhase: "

/* All lines of the function's log, in one stream. want: NULL ends. */
static void check_log(const char *name, const char *const *want) {
    CLEANUP_DEINIT(buf) struct buf group = {0}, stream = {0};
    buf_printf(&group, "/aws/lambda/%s|", name);
    size_t n = 0, reports = 0;
    while (want[n])
        reports += strncmp(want[n++], "REPORT", 6) == 0;
    for (int ms = 0; count_of(&fx.log, "REPORT RequestId: ") < reports; ms++) {
        CHECK(ms < PATIENCE_MS);
        poll(NULL, 0, 1);
    }
    LOCK_SCOPE(&fx.lock);
    str line, rest = buf_view(&fx.log), in, text;
    for (size_t at = 0; rest.len;) {
        if (!str_cut(rest, '\n', &line, &rest))
            line = rest, rest = STR_NONE;
        if (line.len == 0)
            continue;
        if (str_starts(line, buf_view(&group)) &&
            str_cut(str_skip(line, group.len), '|', &in, &text)) {
            if (stream.len == 0)
                buf_str(&stream, in);
            CHECK_STR(in, buf_view(&stream));
        } else {
            text = line; /* the second line of an event */
        }
        if (at >= n || !is_like(text, want[at]))
            fail_msg("line %zu is not \"%s\" but \"" STR_FMT "\" in:\n%s", at,
                     at < n ? want[at] : "", STR_ARG(text), buf_cstr(&fx.log));
        at++;
    }
}

/* ---- The environment ---- */
/* The only one there is, under the lock. */
static struct lambda_env *only_locked(void) {
    struct lambda_walk walk = {0};
    struct lambda_env *env = lambda_walk_locked(fx.lambda, &walk);
    CHECK(env && !lambda_walk_locked(fx.lambda, &walk));
    return env;
}

static enum lambda_env_state state_now(void) {
    LOCK_SCOPE(&fx.lambda->lock);
    return only_locked()->state;
}

static void wait_until(enum lambda_env_state state) {
    for (int ms = 0; state_now() != state; ms++) {
        CHECK(ms < PATIENCE_MS);
        poll(NULL, 0, 1);
    }
}

/*
 * Whoever means to meet the same environment again waits until it is back: on a busy machine that can
 * take so long that another one is started.
 */
static void keep(const char *name) {
    check_answer(name, "{\"do\":\"keep\"}", "\"kept\"");
    wait_until(ENV_IDLE);
}

/* Which life it is, with what was kept of the ones before, and nothing else. */
static void check_life(const char *name, int life) {
    char want[64];
    snprintf(want, sizeof want, "{\"life\":%d,\"kept\":\"so\",\"processes\":1}", life);
    check_answer(name, "{\"do\":\"life\"}", want);
    wait_until(ENV_IDLE);
}

/* Dead, with all that it had open closed; its parent may be frozen and not know. */
static bool is_dead(int pid) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    return io_read_file(&text, path, 1 << 12, NULL) || str_find(buf_view(&text), S(") Z ")) >= 0;
}

/* Programs of that environment that run, found by what they were given; each dies of the signal, or it is 0. */
static size_t signal_programs(int sig) {
    char mark[96], path[300];
    size_t n = 0;
    int pids[8];
    lock_take(&fx.lambda->lock);
    snprintf(mark, sizeof mark, "STREAM_NAME=%s", only_locked()->stream);
    lock_drop(&fx.lambda->lock);
    DIR *dir = opendir("/proc");
    for (struct dirent *e; (e = readdir(dir));) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        snprintf(path, sizeof path, "/proc/%.200s/environ", e->d_name);
        if (e->d_name[0] >= '0' && e->d_name[0] <= '9' &&
            io_read_file(&text, path, 1 << 16, NULL) == 0 &&
            str_find(buf_view(&text), str_c(mark)) >= 0)
            n += n < ARRAY_LEN(pids) && kill(pids[n] = atoi(e->d_name), sig) == 0;
    }
    closedir(dir);
    for (size_t i = 0; sig && i < n; i++)
        for (int ms = 0; !is_dead(pids[i]); ms++) {
            CHECK(ms < PATIENCE_MS);
            poll(NULL, 0, 1);
        }
    return n;
}

static size_t count_programs(void) { return signal_programs(0); }

static int setup(void **) {
    fixture_open(true);
    return 0;
}
static int teardown(void **) {
    fixture_close();
    return 0;
}

/* ---- Ends ---- */
static void test_after_a_timeout(void **) {
    make("slow", 1, NULL);
    keep("slow");
    struct answer a = invoke("slow", "{\"do\":\"leave\"}");
    check_error(&a, "leave", "Sandbox.Timedout", " Error: Task timed out after 1.00 seconds");
    check_life("slow", 2); /* what it left behind does not run, nor does it take the event */
    check_life("slow", 2);
    CHECK_INT(fx.assumed, 1);
    check_log("slow", (const char *const[]){INIT_START, START, END, REPORT "Init Duration: # ms\t",
                                            START, "#T#:#:#Z # Task timed out after 1.00 seconds",
                                            END, REPORT "Status: timeout", START, END, REPORT,
                                            START, END, REPORT, NULL});
}

static void test_after_an_end(void **) {
    static const struct {
        const char *act, *type, *message;
    } cases[] = {
        {"{\"do\":\"exit\"}", "Runtime.ExitError", "Runtime exited with error: exit status 3"},
        {"{\"do\":\"crash\"}", "Runtime.ExitError",
         "Runtime exited with error: signal: segmentation fault"},
        {"{\"do\":\"oom\"}", "Runtime.ExitError", "Runtime exited with error: signal: "},
    };
    make("ends", 30, NULL);
    keep("ends");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct answer a = invoke("ends", cases[i].act);
        check_error(&a, cases[i].act, cases[i].type, cases[i].message);
        check_life("ends", (int)i + 2);
    }
    CHECK_INT(fx.assumed, 1);
    wait_for(&fx.log, "MB\tStatus: error\tError Type: Runtime.ExitError\n");
    CHECK_INT(count_of(&fx.log, "Init Duration: "), 1);
}

/* One that answers and then goes: nobody is told, and the next event finds the next life. */
static void test_after_an_answer(void **) {
    make("goes", 30, NULL);
    keep("goes");
    for (int life = 2; life < 6; life++) {
        check_answer("goes", "{\"do\":\"answer\"}", "\"answered\"");
        wait_until(ENV_HALTED);
        check_life("goes", life);
    }
}

static void check_runs(const char *name) {
    CLEANUP_DEINIT(answer) struct answer a = invoke(name, "{\"do\":\"life\"}");
    CHECK_CASE(json_str(a.out, "FunctionError").len == 0, buf_cstr(&a.body));
    CHECK_HAS(buf_cstr(&a.body), "{\"life\":");
}

/*
 * An event may be given to a program that has answered and is not back at /next. What that one does
 * instead is nothing of the event's: whoever sent it notices nothing.
 */
static void test_unread_events(void **) {
    static const struct {
        const char *act;
        int times;
    } cases[] = {{"answer", 20}, {"linger", 20}, {"dawdle", 1}};
    make("unread", 1, NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char act[32];
        snprintf(act, sizeof act, "{\"do\":\"%s\"}", cases[i].act);
        for (int n = 0; n < cases[i].times; n++) {
            check_answer("unread", act, "\"answered\"");
            check_runs("unread");
        }
    }
    CHECK_INT(count_of(&fx.log, "Status: "), 0);
}

static atomic_bool is_answered;

/* The sandbox ends as if something had killed its init. */
static void *kill_unread(void *) {
    for (; !is_answered; poll(NULL, 0, 1)) {
        LOCK_SCOPE(&fx.lambda->lock);
        struct lambda_walk walk = {0};
        struct lambda_env *env = lambda_walk_locked(fx.lambda, &walk);
        if (env && lambda_env_is_unread(env))
            sandbox_kill(env->sandbox);
    }
    return NULL;
}

/* As where the machine had no memory left: it is noticed when the next event wakes the sandbox. */
static void test_killed_at_rest(void **) {
    make("idle", 30, NULL);
    keep("idle");
    for (int life = 2; life < 5; life++) {
        CHECK_INT(signal_programs(SIGKILL), 1);
        check_life("idle", life);
    }
}

static void test_unread_where_the_sandbox_ends(void **) {
    pthread_t thread;
    make("killed", 30, NULL);
    check_answer("killed", "{\"do\":\"dawdle\"}", "\"answered\"");
    is_answered = false;
    pthread_create(&thread, NULL, kill_unread, NULL);
    check_runs("killed");
    is_answered = true;
    pthread_join(thread, NULL);
    CHECK_INT(count_of(&fx.log, "Status: "), 0);
}

/* What the program wrote stands before what Lambda says of its end, a line without a newline too. */
static void test_last_words(void **) {
    make("mutters", 1, NULL);
    struct answer a = invoke("mutters", "{\"do\":\"mutter\"}");
    check_error(&a, "mutter", "Runtime.ExitError", "exit status 3");
    a = invoke("mutters", "{\"do\":\"muse\"}");
    check_error(&a, "muse", "Sandbox.Timedout", " Error: Task timed out after 1.00 seconds");
    check_log("mutters",
              (const char *const[]){
                  INIT_START, START, "a line", "no line",
                  "RequestId: # Error: Runtime exited with error: exit status 3",
                  "Runtime.ExitError", END,
                  REPORT "Init Duration: # ms\tStatus: error\tError Type: Runtime.ExitError", START,
                  "a line", "no line", "#T#:#:#Z # Task timed out after 1.00 seconds", END,
                  REPORT "Status: timeout", NULL});
}

/* What one life does to the pipe that is its stdout is not there for the next. */
static void test_flags_of_outputs(void **) {
    make("flags", 30, NULL);
    for (int life = 1; life < 4; life++) {
        check_answer("flags", "{\"do\":\"flags\"}", "\"patient\"");
        wait_until(ENV_HALTED);
    }
}

/*
 * At rest nothing of it runs, and it takes of the budget what is left in /tmp; the next event starts
 * it, once, and that is all that happens.
 */
static void test_at_rest(void **) {
    make("rests", 30, NULL);
    keep("rests");
    CHECK_INT(count_programs(), 1);
    struct answer a = invoke("rests", "{\"do\":\"fill\"}");
    check_error(&a, "fill", "Runtime.ExitError", "exit status 6");
    wait_until(ENV_HALTED);
    CHECK_INT(count_programs(), 0);
    uint64_t charged = UINT64_MAX, used = 0;
    for (int ms = 0; charged > (60 << 20); ms++) {
        CHECK(ms < PATIENCE_MS);
        poll(NULL, 0, 1);
        LOCK_SCOPE(&fx.lambda->lock);
        charged = only_locked()->charged;
        used = fx.lambda->memory_used;
    }
    CHECK_RANGE(charged, 40 << 20, 60 << 20);
    CHECK_INT(used, charged);
    check_life("rests", 2);
    CHECK_INT(count_programs(), 1);
}

static void test_a_change_ends_it(void **) {
    make("changed", 30, NULL);
    keep("changed");
    struct answer a = invoke("changed", "{\"do\":\"exit\"}");
    check_error(&a, "exit", "Runtime.ExitError", "exit status 3");
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "changed", "Timeout", 20)));
    check_answer("changed", "{\"do\":\"life\"}", "{\"life\":1,\"kept\":\"\",\"processes\":1}");
    CHECK_INT(fx.assumed, 2);
}

/* The keys are the sandbox's: where they do not last for another invocation, there is another. */
static void test_keys_run_out(void **) {
    make("keys", 30, NULL);
    struct answer a = invoke("keys", "{\"do\":\"exit\"}");
    check_error(&a, "exit", "Runtime.ExitError", "exit status 3");
    wait_until(ENV_HALTED);
    lock_take(&fx.lambda->lock);
    only_locked()->keys_expire_ms = clock_real_ms() + 60000;
    lock_drop(&fx.lambda->lock);
    check_answer("keys", "{\"do\":\"life\"}", "{\"life\":1,\"kept\":\"\",\"processes\":1}");
    CHECK_INT(fx.assumed, 2);
}

/* ---- Starts ---- */
static void test_second_try_goes_well(void **) {
    static const struct {
        const char *name, *init, *report;
    } cases[] = {
        {"error", "error-once", INIT_REPORT "init\tStatus: error\tError Type: Runtime.Bad"},
        {"exit", "exit-once", INIT_REPORT "init\tStatus: error\tError Type: Runtime.ExitError"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make(cases[i].name, 30, cases[i].init);
        check_answer(cases[i].name, "{\"do\":\"life\"}",
                     "{\"life\":2,\"kept\":\"\",\"processes\":1}");
        check_log(cases[i].name,
                  (const char *const[]){INIT_START, cases[i].report, START, END, REPORT, NULL});
        forget_all();
    }
}

/* What the dead left in the backlog of the runtime API is not the next one's word. */
static void test_stale_words(void **) {
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        make(names[i], 30, "stale-once");
        check_answer(names[i], "{\"do\":\"life\"}", "{\"life\":2,\"kept\":\"\",\"processes\":1}");
        CHECK_INT(fx.assumed, i + 1);
    }
}

static void *expire_the_start(void *) {
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        poll(NULL, 0, 1);
        LOCK_SCOPE(&fx.lambda->lock);
        struct lambda_walk walk = {0};
        struct lambda_env *env = lambda_walk_locked(fx.lambda, &walk);
        if (!env || env->lines.n < 2)
            continue; /* its program has not begun: INIT_START stands alone */
        env->deadline_ns = clock_mono_ns() - 1;
        lambda_watch_wake(fx.lambda);
        break;
    }
    return NULL;
}

static void test_slow_start_is_tried_again(void **) {
    pthread_t thread;
    make("slow", 30, "slow-once");
    pthread_create(&thread, NULL, expire_the_start, NULL);
    check_answer("slow", "{\"do\":\"life\"}", "{\"life\":2,\"kept\":\"\",\"processes\":1}");
    pthread_join(thread, NULL);
    check_log("slow", (const char *const[]){INIT_START, "slow", INIT_REPORT "init\tStatus: timeout",
                                            START, END, REPORT, NULL});
}

static void test_slow_start_takes_the_functions_time(void **) {
    pthread_t thread;
    make("slower", 1, "slow");
    pthread_create(&thread, NULL, expire_the_start, NULL);
    struct answer a = invoke("slower", "{}");
    pthread_join(thread, NULL);
    check_error(&a, "slow", "Sandbox.Timedout", " Error: Task timed out after 1.00 seconds");
    check_log("slower",
              (const char *const[]){INIT_START, "slow", INIT_REPORT "init\tStatus: timeout", "slow",
                                    INIT_REPORT "invoke\tStatus: timeout", START,
                                    "#T#:#:#Z # Task timed out after 1.00 seconds", END,
                                    REPORT "Status: timeout", NULL});
}

/*
 * Both tries fail: that is the caller's error. The next event has one try, for its start is part of
 * it; between them nothing runs, however often it happens.
 */
static void test_never_starts(void **) {
    make("exits", 30, "exit");
    struct answer a = invoke("exits", "{}");
    check_error(&a, "exit", "Runtime.ExitError", "Runtime exited with error: exit status 4");
    const char *const once[] = {INIT_START,
                                INIT_REPORT "init\tStatus: error\tError Type: Runtime.ExitError",
                                INIT_REPORT "invoke\tStatus: error\tError Type: Runtime.ExitError",
                                START,
                                "RequestId: # Error: Runtime exited with error: exit status 4",
                                "Runtime.ExitError",
                                END,
                                REPORT "Status: error\tError Type: Runtime.ExitError",
                                NULL};
    check_log("exits", once);
    forget_all();
    a = invoke("exits", "{}");
    check_error(&a, "exit", "Runtime.ExitError", "exit status 4");
    check_log("exits", once + 2);
    for (int i = 0; i < 20; i++) {
        a = invoke("exits", "{}");
        check_error(&a, "exit", "Runtime.ExitError", "exit status 4");
    }
    wait_until(ENV_HALTED);
    for (int i = 0; i < 2; i++, poll(NULL, 0, 20)) {
        LOCK_SCOPE(&fx.lambda->lock);
        CHECK_INT(only_locked()->life, 22);
        CHECK_INT(only_locked()->state, ENV_HALTED);
    }
    CHECK_INT(fx.assumed, 1);
}

static void test_never_gets_ready(void **) {
    make("errs", 30, "error");
    struct answer a = invoke("errs", "{}");
    check_error(&a, "error", "Runtime.Bad", "cannot start");
    check_log("errs", (const char *const[]){
                          INIT_START, INIT_REPORT "init\tStatus: error\tError Type: Runtime.Bad",
                          INIT_REPORT "invoke\tStatus: error\tError Type: Runtime.Bad", START, END,
                          REPORT "Status: error\tError Type: Runtime.Bad", NULL});
}

int main(int argc, char **argv) {
    enum sandbox_level want = level_wanted(argc, argv);
    if (!testfn_read() || (want == SANDBOX_USERNS && !become_ordinary()))
        return 1;
    int missing_level = fixture_spawner(want);
    if (missing_level)
        return missing_level;
    const struct CMUnitTest tests[] = {
#define RUNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        RUNS(test_after_a_timeout),
        RUNS(test_after_an_end),
        RUNS(test_after_an_answer),
        RUNS(test_unread_events),
        RUNS(test_killed_at_rest),
        RUNS(test_unread_where_the_sandbox_ends),
        RUNS(test_last_words),
        RUNS(test_flags_of_outputs),
        RUNS(test_at_rest),
        RUNS(test_a_change_ends_it),
        RUNS(test_keys_run_out),
        RUNS(test_second_try_goes_well),
        RUNS(test_stale_words),
        RUNS(test_slow_start_is_tried_again),
        RUNS(test_slow_start_takes_the_functions_time),
        RUNS(test_never_starts),
        RUNS(test_never_gets_ready),
#undef RUNS
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_spawner_free(fx.spawner);
    buf_deinit(&testfn_program);
    return failed;
}
