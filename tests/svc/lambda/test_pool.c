/* Which environment an invocation gets, when it gets none, and what time brings. */
#include "env_fixture.h"

#include <fcntl.h>
#include <sys/eventfd.h>

/*
 * Dispatches one invocation: the environment of the pool that has it, or NULL. Where a new one was
 * needed the start fails, for there is no spawner, and the answer says so.
 */
static struct lambda_env *given(struct lambda_fn *fn, int *ret) {
    struct lambda_inv *inv = invocation(fn);
    *ret = lambda_dispatch(svc, inv);
    if (*ret)
        lambda_inv_free(inv);
    if (*ret || answered.n)
        return NULL;
    LOCK_SCOPE(&svc->lock);
    return inv->env;
}

static void check_given(struct lambda_fn *fn, const struct lambda_env *want, const char *name) {
    int r;
    answered.n = 0;
    const struct lambda_env *env = given(fn, &r);
    CHECK_CASE(r == 0 && env == want && (want || answered.n == 1), name);
    if (!want)
        CHECK_TEXT(answered.fault, "this daemon runs no functions");
}

static void check_refused(struct lambda_fn *fn, int want, const char *name) {
    int r;
    answered.n = 0;
    CHECK_CASE(!given(fn, &r) && r == want && answered.n == 0, name);
}

/* ---- Choosing ---- */
static void test_choice(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "\"Generation\":4");
    CLEANUP(lambda_fn) struct lambda_fn *newer = function("fn", "", "\"Generation\":5");
    CLEANUP(lambda_fn) struct lambda_fn *other = function("other", "", "\"Generation\":4");
    lock_take(&svc->lock);
    struct lambda_env *idle = idle_locked(fn);
    struct lambda_env *settling = settling_locked(fn);
    struct lambda_env *busy = busy_locked(fn);
    lock_drop(&svc->lock);
    check_given(other, NULL, "another function's are not for it");
    check_given(fn, idle, "an idle one first");
    check_given(fn, settling, "then one that has just answered");
    check_given(fn, NULL, "then a new one");
    CHECK_INT(busy->state, ENV_BUSY);

    lock_take(&svc->lock);
    idle = idle_locked(fn);
    settling = settling_locked(fn);
    lock_drop(&svc->lock);
    check_given(newer, NULL, "none of an older generation");
    CHECK_INT(idle->state, ENV_DYING);
    CHECK_INT(settling->state, ENV_SETTLING);

    lock_take(&svc->lock);
    settling->settled_ns -= 21 * 1000000LL;
    lock_drop(&svc->lock);
    check_given(fn, NULL, "none that should have been back long ago");
}

static void test_keys_must_last(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "\"Timeout\":30", "");
    static const struct {
        const char *name;
        int64_t left_ms;
        bool usable;
    } cases[] = {{"for all of it", 92000, true}, {"not so long", 89000, false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        lock_take(&svc->lock);
        struct lambda_env *env = idle_locked(fn);
        env->keys_expire_ms = clock_real_ms() + cases[i].left_ms;
        lock_drop(&svc->lock);
        check_given(fn, cases[i].usable ? env : NULL, cases[i].name);
        CHECK_INT(env->state, cases[i].usable ? ENV_BUSY : ENV_DYING);
    }
}

/* What is behind the one that is found costs nothing, neither looks at files nor its end. */
static void test_no_more_are_looked_into(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    lock_take(&svc->lock);
    struct lambda_env *behind = idle_locked(fn), *first = idle_locked(fn);
    behind->keys_expire_ms = clock_real_ms();
    lock_drop(&svc->lock);
    check_given(fn, first, "the one that was used last");
    CHECK_INT(behind->state, ENV_IDLE);
    check_given(fn, NULL, "none whose keys are old");
    CHECK_INT(behind->state, ENV_DYING);
}

/* ---- Limits ---- */
static void test_limits(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "\"Reserved\":1");
    CLEANUP(lambda_fn) struct lambda_fn *none = function("none", "", "\"Reserved\":0");
    CLEANUP(lambda_fn) struct lambda_fn *free_one = function("free", "", "");
    check_refused(none, LAMBDA_E_LIMIT, "none reserved");
    lock_take(&svc->lock);
    struct lambda_env *env = idle_locked(fn);
    lock_drop(&svc->lock);
    check_given(fn, env, "the one that is reserved");
    check_refused(fn, LAMBDA_E_LIMIT, "a second");

    lock_take(&svc->lock);
    struct lambda_count *count = map_get(&svc->running, S(ACCOUNT));
    unsigned n = count->n;
    env = idle_locked(free_one);
    count->n = LAMBDA_ACCOUNT_CONCURRENCY;
    lock_drop(&svc->lock);
    check_refused(free_one, LAMBDA_E_LIMIT, "the account's");
    count->n = LAMBDA_ACCOUNT_CONCURRENCY - 1;
    check_given(free_one, env, "the account's last");
    count->n = n + 1;

    svc->stopping = true;
    check_refused(free_one, LAMBDA_E_ROOM, "a service that stops");
    svc->stopping = false;
    svc->net = NULL;
    check_refused(free_one, LAMBDA_E_ROOM, "a service that has not started");
}

/*
 * The budget is 2048 MB here. Each of these may take 504 of memory, 512 of /tmp and 8
 * that a sandbox costs.
 */
static void test_memory(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *a = function("a", "\"MemorySize\":504", "");
    CLEANUP(lambda_fn) struct lambda_fn *b = function("b", "\"MemorySize\":504", "");
    CLEANUP(lambda_fn) struct lambda_fn *c = function("c", "\"MemorySize\":504", "");
    CLEANUP(lambda_fn) struct lambda_fn *huge = function("huge", "\"MemorySize\":4096", "");
    svc->memory_bytes = 2048ULL << 20;
    check_given(huge, NULL, "larger than all, alone");
    lock_take(&svc->lock);
    struct lambda_env *older = idle_locked(a), *newer = idle_locked(b);
    lock_drop(&svc->lock);
    CHECK_INT(svc->memory_used, 2048LL << 20);
    check_given(c, NULL, "room is made");
    CHECK_INT(older->state, ENV_DYING);
    CHECK_INT(newer->state, ENV_IDLE);
    check_given(c, NULL, "what dies is as good as gone");
    CHECK_INT(newer->state, ENV_IDLE);

    lock_take(&svc->lock);
    lambda_env_reap_locked(older);
    lambda_env_assign_locked(newer, invocation(b));
    older = busy_locked(a);
    lock_drop(&svc->lock);
    check_refused(c, LAMBDA_E_ROOM, "all of them run");
    check_refused(huge, LAMBDA_E_ROOM, "larger than all, not alone");
    CHECK_INT(older->state, ENV_BUSY);
    CHECK_INT(newer->state, ENV_BUSY);
}

static int64_t mib_used(void) { return (int64_t)(svc->memory_used >> 20); }

/* What an idle one holds is charged, and what may run is charged whole, at every moment. */
static void test_idle_memory(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *a = function("a", "\"MemorySize\":504", "");
    CLEANUP(lambda_fn) struct lambda_fn *b = function("b", "\"MemorySize\":504", "");
    struct lambda_env *idle[6];
    svc->memory_bytes = 2048ULL << 20;
    lock_take(&svc->lock);
    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        idle[i] = idle_locked(a);
        CHECK_INT(idle[i]->charged >> 20, 1024); /* it may still run to the end of a call */
        lambda_env_weigh_locked(idle[i], 92 << 20);
        CHECK_INT(idle[i]->charged >> 20, 100);
    }
    CHECK_INT(mib_used(), 600);
    lambda_env_weigh_locked(idle[0], 2048ULL << 20);
    CHECK_INT(idle[0]->charged >> 20, 1024); /* never more than it may take */
    lambda_env_weigh_locked(idle[0], 92 << 20);
    lock_drop(&svc->lock);

    check_given(b, NULL, "there is room beside idle ones"); /* its start fails: it is gone */
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        CHECK_INT(idle[i]->state, ENV_IDLE);
    check_given(a, idle[5], "an idle one is used");
    CHECK_INT(mib_used(), 500 + 1024);

    /* One more may run: the others leave, the heaviest first, never the one that is wanted. */
    lock_take(&svc->lock);
    lambda_env_weigh_locked(idle[2], 112 << 20);
    lock_drop(&svc->lock);
    check_given(a, idle[4], "a second one");
    CHECK_INT(idle[2]->state, ENV_DYING);
    int alive = 0;
    for (int i = 0; i < 4; i++)
        alive += idle[i]->state == ENV_IDLE;
    CHECK_INT(alive, 0); /* all of the budget may be taken by the two */
    lock_take(&svc->lock);
    for (int i = 0; i < 4; i++)
        lambda_env_reap_locked(idle[i]);
    CHECK_INT(mib_used(), 2048);
    lock_drop(&svc->lock);
    check_refused(a, LAMBDA_E_ROOM, "a third");

    lock_take(&svc->lock);
    lambda_inv_free(lambda_env_settle_locked(idle[4]));
    lambda_env_park_locked(idle[4], some_request());
    lambda_env_weigh_locked(idle[4], 12 << 20);
    CHECK_INT(mib_used(), 1024 + 20);
    /* Its runtime hangs up: it is thawed, and may take all again. */
    lambda_env_unpark_locked(idle[4], some_request());
    CHECK_INT(mib_used(), 2048);
    CHECK_INT(idle[4]->state, ENV_IDLE);
    lambda_env_park_locked(idle[4], some_request());
    lambda_env_weigh_locked(idle[4], 12 << 20);
    struct lambda_env *other = busy_locked(b);
    CHECK_INT(mib_used(), 2048 + 20);
    lambda_env_unpark_locked(idle[4], some_request());
    CHECK_INT(idle[4]->state, ENV_DYING); /* there is no memory for it to run */
    CHECK_INT(other->state, ENV_BUSY);
    lock_drop(&svc->lock);
}

static void *come_to_rest(void *env_) {
    struct lambda_env *env = env_;
    poll(NULL, 0, 20);
    LOCK_SCOPE(&svc->lock);
    lambda_env_park_locked(env, some_request());
    env->parked = NULL;
    lambda_env_weigh_locked(env, 12 << 20);
    return NULL;
}

/* Room that is about to come is waited for; where everybody runs the caller is told at once. */
static void test_patience(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *a = function("a", "\"MemorySize\":504", "");
    CLEANUP(lambda_fn) struct lambda_fn *b = function("b", "\"MemorySize\":504", "");
    CLEANUP(lambda_inv) struct lambda_inv *refused = invocation(b);
    svc->memory_bytes = 2100ULL << 20;
    lock_take(&svc->lock);
    struct lambda_env *env = busy_locked(a);
    struct lambda_env *busy = busy_locked(a), *idle = idle_locked(a);
    lambda_env_weigh_locked(idle, 12 << 20);
    lock_drop(&svc->lock);
    CHECK_INT(lambda_dispatch_soon(svc, refused), LAMBDA_E_ROOM);
    CHECK_INT(idle->state, ENV_IDLE); /* nobody ends for nothing */
    CHECK_INT(svc->patient, 0);

    lock_take(&svc->lock);
    lambda_inv_free(lambda_env_settle_locked(env));
    lock_drop(&svc->lock);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, come_to_rest, env), 0);
    answered.n = 0;
    CHECK_INT(lambda_dispatch_soon(svc, invocation(b)), 0);
    pthread_join(thread, NULL);
    CHECK_TEXT(answered.fault, "this daemon runs no functions"); /* it was to be started */
    CHECK_INT(env->state, ENV_IDLE);
    CHECK_INT(busy->state, ENV_BUSY);
    CHECK_INT(svc->patient, 0);
}

static void *weigh_late(void *env) {
    poll(NULL, 0, 20);
    LOCK_SCOPE(&svc->lock);
    lambda_env_weigh_locked(env, 12 << 20);
    return NULL;
}

/* One that has not come to a stand is charged whole: no other one ends for that. */
static void test_rest_is_waited_for(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *a = function("a", "\"MemorySize\":504", "");
    CLEANUP(lambda_fn) struct lambda_fn *b = function("b", "\"MemorySize\":504", "");
    svc->memory_bytes = 2060ULL << 20;
    lock_take(&svc->lock);
    struct lambda_env *old = idle_locked(a), *fresh = idle_locked(a);
    lambda_env_weigh_locked(old, 12 << 20);
    lock_drop(&svc->lock);
    CHECK_INT(mib_used(), 20 + 1024);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, weigh_late, fresh), 0);
    answered.n = 0;
    CHECK_INT(lambda_dispatch_soon(svc, invocation(b)), 0);
    pthread_join(thread, NULL);
    CHECK_TEXT(answered.fault, "this daemon runs no functions"); /* it was to be started */
    CHECK_INT(old->state, ENV_IDLE);
    CHECK_INT(fresh->state, ENV_IDLE);
    CHECK_INT(mib_used(), 20 + 20);
}

/* Where none comes to a stand in time, one ends. */
static void test_rest_is_not_waited_for_forever(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *a = function("a", "\"MemorySize\":504", "");
    CLEANUP(lambda_fn) struct lambda_fn *b = function("b", "\"MemorySize\":504", "");
    svc->memory_bytes = 2047ULL << 20;
    lock_take(&svc->lock);
    struct lambda_env *never = idle_locked(a);
    lock_drop(&svc->lock);
    answered.n = 0;
    CHECK_INT(lambda_dispatch_soon(svc, invocation(b)), 0);
    CHECK_TEXT(answered.fault, "this daemon runs no functions");
    CHECK_INT(never->state, ENV_DYING);
}

static void test_walk(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *a = function("a", "", "");
    CLEANUP(lambda_fn) struct lambda_fn *b = function("b", "", "");
    CLEANUP(lambda_fn) struct lambda_fn *none = function("none", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_walk walk = {0};
    CHECK(!lambda_walk_locked(svc, &walk));
    struct lambda_env *want[] = {busy_locked(a), busy_locked(b), busy_locked(a)};
    lambda_pool_of_locked(svc, buf_view(&none->arn)); /* a pool without any */
    int seen_of[3] = {0}, n = 0;
    walk = (struct lambda_walk){0};
    for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk)); n++)
        for (size_t i = 0; i < 3; i++)
            seen_of[i] += env == want[i];
    CHECK_INT(n, 3);
    CHECK(seen_of[0] == 1 && seen_of[1] == 1 && seen_of[2] == 1);
}

/* ---- What time brings ---- */
static void test_sleep(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    CHECK_INT(lambda_upkeep(svc, false), -1);
    lock_take(&svc->lock);
    struct lambda_env *env = idle_locked(fn);
    lock_drop(&svc->lock);
    /* Weighed when it stands still, and when the kernel took back what it could. */
    CHECK_RANGE(lambda_upkeep(svc, false), 1, LAMBDA_MEMORY_TICK_MS + 1);
    env->weigh_ns = clock_mono_ns() - 1;
    CHECK_RANGE(lambda_upkeep(svc, false), 1500, 2001);
    env->deadline_ns -= 2000 * 1000000LL;
    env->reclaimed = true; /* there is no sandbox */
    env->weigh_ns = clock_mono_ns() - 1;
    CHECK_INT(lambda_upkeep(svc, false), 60000);
    env->deadline_ns = clock_mono_ns() + 20 * 1000000LL;
    CHECK_RANGE(lambda_upkeep(svc, false), 1, 20);
    env->deadline_ns = clock_mono_ns() + 2000 * 1000000LL;
    CHECK_RANGE(lambda_upkeep(svc, false), 1000, 2000);
    lock_take(&svc->lock);
    lambda_env_assign_locked(env, invocation(fn));
    lock_drop(&svc->lock);
    CHECK_INT(lambda_upkeep(svc, false),
              LAMBDA_MEMORY_TICK_MS); /* it runs: its memory is looked at */
    env->deadline_ns = clock_mono_ns() - 1;
    CHECK_INT(lambda_upkeep(svc, false), LAMBDA_MEMORY_TICK_MS);
    CHECK_INT(env->state, ENV_HALTING);
    env->deadline_ns = clock_mono_ns() - 1; /* its init does not answer */
    CHECK_INT(lambda_upkeep(svc, false), -1);
    CHECK_INT(env->state, ENV_DYING);
}

/* How often the watch thread was woken since this was last asked. */
static uint64_t wakes(void) {
    uint64_t n = 0;
    return read(svc->wake_fd, &n, sizeof n) == (ssize_t)sizeof n ? n : 0;
}

/* An event that is read wakes the watch thread out of a long sleep; those that follow do not. */
static void test_wakes(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    svc->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK_INT(lambda_upkeep(svc, false), -1);
    lock_take(&svc->lock);
    busy_locked(fn);
    CHECK_INT(wakes(), 1);
    busy_locked(fn);
    CHECK_INT(wakes(), 0);
    lock_drop(&svc->lock);
    CHECK_INT(lambda_upkeep(svc, false), LAMBDA_MEMORY_TICK_MS);
    lock_take(&svc->lock);
    busy_locked(fn);
    CHECK_INT(wakes(), 0); /* for it looks by itself in time */
    lock_drop(&svc->lock);
    fd_closep(&svc->wake_fd);
}

static void test_deadlines(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "\"Timeout\":2", "");
    lock_take(&svc->lock);
    struct lambda_env *idle = idle_locked(fn), *busy = busy_locked(fn), *other = busy_locked(fn);
    idle->deadline_ns = busy->deadline_ns = clock_mono_ns() - 1;
    lock_drop(&svc->lock);
    lambda_upkeep(svc, false);
    CHECK_INT(idle->state, ENV_DYING);
    CHECK_INT(busy->state, ENV_HALTING);
    CHECK_INT(other->state, ENV_BUSY);
    CHECK(!busy->inv && other->inv);
    CHECK_INT(answered.n, 1);
    CHECK_HAS(buf_cstr(&answered.payload), "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":"
                                           "\"RequestId: ");
    CHECK_HAS(buf_cstr(&answered.payload), " Error: Task timed out after 2.00 seconds\"}");
}

/*
 * A first start that takes more than ten seconds is tried once more in the same sandbox; where the
 * init cannot do that, elsewhere: here there is no room.
 */
static void test_slow_start(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    lock_take(&svc->lock);
    struct lambda_inv *inv = invocation(fn);
    struct lambda_env *env =
        lambda_env_new_locked(svc, lambda_pool_of_locked(svc, buf_view(&fn->arn)), inv);
    lambda_env_started_locked(env, true);
    lambda_env_watched_locked(env);
    env->deadline_ns = clock_mono_ns() - 1;
    svc->has_completer = true; /* none runs: what is finished stays to be looked at */
    svc->net = NULL;
    lock_drop(&svc->lock);
    lambda_upkeep(svc, false);
    CHECK_INT(env->state, ENV_HALTING);
    CHECK(inv->init_again && env->inv == inv);
    CHECK_INT(answered.n, 0);
    env->deadline_ns = clock_mono_ns() - 1;
    lambda_upkeep(svc, false);
    CHECK_INT(env->state, ENV_DYING);
    CHECK_INT(answered.n, 1);
    CHECK_TEXT(answered.fault, "Rate Exceeded.");
    CHECK(answered.throttled);
    CHECK(svc->finished.next == &inv->node);
    CHECK(str_starts(line_at(&inv->lines, 0), S("INIT_REPORT Init Duration: ")));
    CHECK(str_ends(line_at(&inv->lines, 0), S(" ms\tPhase: init\tStatus: timeout\n")));
}

/* Lines of a long invocation reach the log within a second or so, or when they are many. */
static void test_old_lines(void **) {
    static const struct {
        const char *name;
        int64_t age_ms;
        size_t more;
        bool go;
    } cases[] = {
        {"young and few", 500, 0, false},
        {"old", 1100, 0, true},
        {"many", 0, 256 * 1024 / LAMBDA_LINE_ROWS_COST, true},
    };
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "\"Timeout\":60", "");
    svc->has_completer = true;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        lock_take(&svc->lock);
        struct lambda_env *env = busy_locked(fn);
        env->lines.first_ms -= cases[i].age_ms;
        for (size_t n = 0; n < cases[i].more; n++)
            lambda_log_line_locked(env, "x\n");
        size_t cost = lambda_lines_cost(&env->lines);
        lock_drop(&svc->lock);
        lambda_upkeep(svc, false);
        lock_take(&svc->lock);
        CHECK_CASE((env->lines.n == 0) == cases[i].go, cases[i].name);
        CHECK_CASE(list_empty(&svc->finished) != cases[i].go, cases[i].name);
        CHECK_INT(svc->backlog, cost);
        CHECK_INT(env->pool->backlog, cost);
        CHECK(env->inv && env->state == ENV_BUSY);
        if (cases[i].go)
            CHECK(LIST_ENTRY(svc->finished.next, struct lambda_inv, node)->logs_only);
        forget_finished();
        CHECK_INT(svc->backlog, cases[i].go ? 0 : cost);
        struct lambda_inv *inv = lambda_env_settle_locked(env);
        lambda_log_committed_locked(svc, inv->fn, &inv->lines);
        CHECK_INT(svc->backlog, 0);
        CHECK_INT(env->pool->backlog, 0);
        lambda_inv_free(inv);
        lock_drop(&svc->lock);
    }
}

/* ---- Lines ---- */
static void write_all(int fd, const char *p, size_t n) { CHECK_INT(write(fd, p, n), n); }

static void test_output(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = settling_locked(fn);
    int ends[2];
    CHECK_INT(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    CHECK(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= 0);
    env->out[0].fd = ends[0];
    write_all(ends[1], "one\n\ntw", 7);
    CHECK(lambda_log_drain_locked(&env->out[0]));
    CHECK_STR(line_at(&env->lines, 0), S("one\n"));
    CHECK_STR(line_at(&env->lines, 1), S("\n"));
    CHECK(!line_at(&env->lines, 2).p);
    write_all(ends[1],
              "o\n\xff"
              "a\xc3\xa9\xc3\n",
              8);
    CHECK(lambda_log_drain_locked(&env->out[0]));
    CHECK_STR(line_at(&env->lines, 2), S("two\n"));
    CHECK_STR(line_at(&env->lines, 3), S("\xef\xbf\xbd"
                                         "a\xc3\xa9\xef\xbf\xbd\n"));
    CHECK_INT(lambda_lines_cost(&env->lines), 4 + 1 + 4 + 10 + 4 * (9 + LAMBDA_LINE_ROWS_COST));
    write_all(ends[1], "the end", 7);
    close(ends[1]);
    CHECK(!lambda_log_drain_locked(&env->out[0]));
    CHECK(!line_at(&env->lines, 4).p);
    lambda_log_flush_locked(env);
    lambda_log_flush_locked(env); /* nothing is left */
    CHECK_STR(line_at(&env->lines, 4), S("the end\n"));
    CHECK(!line_at(&env->lines, 5).p);
}

/* A line that does not end is cut where an event of the log is full. */
static void test_long_line(void **) {
    enum { MOST = 256 * 1024 - 64 };
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = settling_locked(fn);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int ends[2];
    memset(buf_reserve(&text, MOST + 10), 'x', MOST + 10);
    CHECK_INT(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    CHECK(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= 0);
    env->out[1].fd = ends[0];
    write_all(ends[1], text.p, MOST);
    CHECK(lambda_log_drain_locked(&env->out[1]));
    CHECK(!line_at(&env->lines, 0).p); /* it may still end */
    write_all(ends[1], text.p, 10);
    CHECK(lambda_log_drain_locked(&env->out[1]));
    CHECK_INT(line_at(&env->lines, 0).len, MOST);
    CHECK(!line_at(&env->lines, 1).p);
    CHECK_INT(env->out[1].partial.len, 10);
    close(ends[1]);
}

/* The last 4 KiB of an invocation's log, and more only as long as it is cheap. */
static void test_tail(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    LOCK_SCOPE(&svc->lock);
    struct lambda_env *env = busy_locked(fn);
    char line[1025];
    memset(line, 'x', sizeof line);
    line[1023] = '\n';
    line[1024] = '\0';
    for (int i = 0; i < 100; i++) {
        line[0] = (char)('0' + i % 10);
        lambda_log_line_locked(env, "%s", line);
        CHECK_RANGE(env->inv->tail.len, 1024, 4 * LAMBDA_TAIL);
    }
    str tail = buf_view(&env->inv->tail);
    str last = str_skip(tail, tail.len - 2048);
    CHECK(last.p[0] == '8' && last.p[1024] == '9');
}

/* ---- Failures of invocations ---- */
static void test_failures(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("fn", "", "");
    CLEANUP(lambda_inv) struct lambda_inv *inv = lambda_inv_new(fn, STR_NONE);
    CHECK_BUF(inv->payload, "{}");
    CHECK_INT(strlen(inv->id), 36);
    lambda_fail_run(inv, "Type.One", "not \"%d\"", 7);
    CLEANUP_DEINIT(buf) struct buf want = {0};
    buf_printf(&want,
               "{\"errorType\":\"Type.One\",\"errorMessage\":\"RequestId: %s Error: not "
               "\\\"7\\\"\"}",
               inv->id);
    CHECK_STR(buf_view(&inv->outcome.payload), buf_view(&want));
    CHECK(inv->outcome.function_error && !inv->outcome.fault);
    lambda_fail_run(inv, "Two", "again");
    CHECK(str_find(buf_view(&inv->outcome.payload), S("Type.One")) < 0);

    char text[600];
    memset(text, 'y', sizeof text);
    text[599] = '\0';
    lambda_fail_service(inv, &lambda_e_ServiceException, text);
    CHECK(inv->outcome.fault == &lambda_e_ServiceException);
    CHECK_INT(strlen(inv->outcome.fault_text), 511);
}

/* ---- A queued event whose function cannot be read ---- */
static void put_damaged_row(const struct lambda_fn *fn) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    lambda_row_key(&fn->name, &key);
    store_put_blind(batch, STORE_META, buf_view(&key), S("no row of a function"));
    lambda_queue_add(svc, batch, fn, "00000000-0000-4000-8000-000000000000", S("{}"));
    CHECK_INT(store_commit(svc->store, batch, NULL), 0);
}

static void test_damaged_function(void **) {
    enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
    static const struct {
        int64_t age_ms, wait_ms;
    } looks[] = {{0, SECOND},
                 {MINUTE, MINUTE},
                 {HOUR, 5 * MINUTE},
                 {6 * HOUR - MINUTE, 5 * MINUTE}};
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("damaged", "", "");
    put_damaged_row(fn);
    for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
        clock_set_offset_ms(looks[i].age_ms);
        int64_t wait = hub_due_work(svc->queue) - clock_world_ms();
        CHECK_RANGE(wait, looks[i].wait_ms - SECOND, looks[i].wait_ms + SECOND);
    }
    /* Born ahead of a clock that went back, it ages from there. */
    clock_set_offset_ms(-24 * HOUR);
    CHECK_INT(hub_due_reload(svc->queue, NULL), 0);
    CHECK_RANGE(hub_due_work(svc->queue) - clock_world_ms(), 0, SECOND);
    clock_set_offset_ms(-17 * HOUR);
    CHECK_INT(hub_due_work(svc->queue), INT64_MAX);
    CHECK_INT(hub_due_reload(svc->queue, NULL), 0); /* its row is gone, too */
    CHECK_INT(hub_due_work(svc->queue), INT64_MAX);
    clock_set_offset_ms(0);
}

/* An event of one that cannot run grows no older; those of others do. */
static void test_ages(void **) {
    CLEANUP(lambda_fn) struct lambda_fn *fn = function("unable", "", "");
    CLEANUP(lambda_fn) struct lambda_fn *other = function("able", "", "");
    const int64_t born = clock_world_ms(), unable = born + 5000;
    clock_set_offset_ms(10000);
    lock_take(&svc->lock);
    lambda_pool_of_locked(svc, buf_view(&fn->arn))->unable_ms = unable;
    lock_drop(&svc->lock);
    CHECK_INT(lambda_counts_from(svc, fn, born), unable);
    CHECK_INT(lambda_counts_from(svc, fn, unable + 1), unable + 1);
    CHECK_INT(lambda_counts_from(svc, other, born), born);
    CHECK_INT(lambda_counts_from(svc, NULL, born), born);
    /* Found so by a clock that went back, it counts from there. */
    clock_set_offset_ms(2000);
    CHECK_RANGE(lambda_counts_from(svc, fn, born), born + 2000, clock_world_ms());
    clock_set_offset_ms(10000);
    CHECK_RANGE(lambda_counts_from(svc, fn, born), born + 2000, unable - 1);
    clock_set_offset_ms(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define LIVES(test) cmocka_unit_test_setup_teardown(test, env_setup, env_teardown)
        LIVES(test_choice),
        LIVES(test_keys_must_last),
        LIVES(test_no_more_are_looked_into),
        LIVES(test_limits),
        LIVES(test_memory),
        LIVES(test_idle_memory),
        LIVES(test_patience),
        LIVES(test_rest_is_waited_for),
        LIVES(test_rest_is_not_waited_for_forever),
        LIVES(test_walk),
        LIVES(test_sleep),
        LIVES(test_wakes),
        LIVES(test_deadlines),
        LIVES(test_slow_start),
        LIVES(test_old_lines),
        LIVES(test_output),
        LIVES(test_long_line),
        LIVES(test_tail),
        LIVES(test_failures),
        LIVES(test_damaged_function),
        LIVES(test_ages),
#undef LIVES
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
