/* store: conditions, threads, hooks, snapshots, and the store after a failed write. */
#include "lib/tmp.h"

#include "store/fault.h"
#include "store/store_priv.h"

#include <errno.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static void check_row(str key, const char *want) {
    struct buf value = {0};
    int r = store_get(tmp_store, NULL, STORE_META, key, &value);
    CHECK_INT(r, want ? 0 : STORE_E_ABSENT);
    if (want)
        CHECK_BUF(value, want);
    buf_deinit(&value);
}

static void nothing(void *ctx) { (void)ctx; }

/* What is to be committed at all, and what a commit would change or start. */
static void test_empty_and_idle(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CHECK(store_batch_empty(batch) && store_batch_idle(batch));
    store_batch_frees(batch);
    CHECK(store_batch_empty(batch) && store_batch_idle(batch));
    store_expect_absent(batch, STORE_META, S("none"), 0);
    CHECK(!store_batch_empty(batch) && store_batch_idle(batch));
    store_batch_clear(batch);
    CHECK(store_batch_empty(batch) && store_batch_idle(batch));
    store_put_blind(batch, STORE_META, S("idle"), S("1"));
    CHECK(!store_batch_empty(batch) && !store_batch_idle(batch));
    store_batch_clear(batch);
    store_after(batch, nothing, NULL);
    CHECK(!store_batch_empty(batch) && !store_batch_idle(batch));
}

/* That the row of key is the edition that the row of `read` is. */
static void expect_edition(struct store_batch *batch, str key, str read) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    struct store_stamp stamp;
    CHECK_INT(store_get_stamped(tmp_store, NULL, STORE_META, read, &value, &stamp), 0);
    if (!str_eq(key, read))
        stamp.state = 0; /* it is a state of the row that was read */
    store_expect_value(batch, STORE_META, key, &stamp, buf_view(&value));
}

static void test_conditions(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err err;
    store_expect_absent(batch, STORE_META, S("a"), 0);
    store_put_blind(batch, STORE_META, S("a"), S("1"));
    store_put_blind(batch, STORE_META, S("b"), S(""));
    store_put_blind(batch, STORE_META, S("c"), S(""));
    CHECK_INT(store_commit(tmp_store, batch, &err), 0);
    check_row(S("a"), "1");
    check_row(S("b"), "");
    CHECK_INT(store_commit(tmp_store, batch, &err), STORE_E_CONDITION);

    static const struct {
        const char *name;
        str key, read; /* no read: expected to be absent */
        const char *rewritten;
        int want;
    } cases[] = {
        {"absent", S_INIT("x"), {NULL, 0}, NULL, 0},
        {"absent, there", S_INIT("b"), {NULL, 0}, NULL, STORE_E_CONDITION},
        {"as read", S_INIT("a"), S_INIT("a"), NULL, 0},
        {"as another was read", S_INIT("a"), S_INIT("b"), NULL, STORE_E_CONDITION},
        {"an empty value", S_INIT("b"), S_INIT("b"), NULL, 0},
        {"another that is empty too", S_INIT("b"), S_INIT("c"), NULL, STORE_E_CONDITION},
        {"not there", S_INIT("x"), S_INIT("b"), NULL, STORE_E_CONDITION},
        {"written again with other bytes", S_INIT("a"), S_INIT("a"), "2", STORE_E_CONDITION},
        {"written again with the same bytes", S_INIT("a"), S_INIT("a"), "2", STORE_E_CONDITION},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        store_batch_clear(batch);
        if (cases[i].read.p)
            expect_edition(batch, cases[i].key, cases[i].read);
        else
            store_expect_absent(batch, STORE_META, cases[i].key, 0);
        if (cases[i].rewritten)
            CHECK_INT(put_row(tmp_store, STORE_META, cases[i].key, str_c(cases[i].rewritten)), 0);
        store_put_blind(batch, STORE_META, S("mark"), str_c(cases[i].name));
        CHECK_CASE(store_commit(tmp_store, batch, &err) == cases[i].want, cases[i].name);
        if (cases[i].want == 0)
            check_row(S("mark"), cases[i].name);
    }
}

#ifdef CALOTYPE_CHECKS
/* What a build with checks refuses: a change of a row that the batch knows nothing of. */
static void test_unread_changes_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool put, blind, same_key, other_family;
        int want;
    } cases[] = {
        {"a put of what was read", true, false, true, false, 0},
        {"a put of another row", true, false, false, false, -EINVAL},
        {"a put of that key in another family", true, false, true, true, -EINVAL},
        {"a blind put of another row", true, true, false, false, 0},
        {"a del of what was read", false, false, true, false, 0},
        {"a del of another row", false, false, false, false, -EINVAL},
        {"a blind del of another row", false, true, false, false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
        struct err err = {{0}};
        str key = cases[i].same_key ? S("read") : S("other");
        enum store_cf cf = cases[i].other_family ? STORE_QUEUE : STORE_META;
        store_put_blind(batch, STORE_META, S("read"), S("1"));
        CHECK_INT(store_commit(tmp_store, batch, &err), 0);
        store_batch_clear(batch);
        expect_edition(batch, S("read"), S("read"));
        if (cases[i].put)
            (cases[i].blind ? store_put_blind : store_put)(batch, cf, key, S("2"));
        else
            (cases[i].blind ? store_del_blind : store_del)(batch, cf, key);
        CHECK_CASE(store_commit(tmp_store, batch, &err) == cases[i].want, cases[i].name);
        CHECK_CASE(cases[i].want == 0 || str_find(str_c(err.text), key) >= 0, cases[i].name);
    }
}
#endif

static void test_nothing_of_a_refused_batch_is_written(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_put_blind(batch, STORE_META, S("a"), S("1"));
    store_del_blind(batch, STORE_META, S("b"));
    store_expect_value(batch, STORE_META, S("none"), &(struct store_stamp){.sealed = false}, S(""));
    CHECK_INT(store_commit(tmp_store, batch, NULL), STORE_E_CONDITION);
    check_row(S("a"), NULL);
}

/* Counters that many threads raise by read, expect, write: none is lost, and each hook ran once. */
enum { THREADS = 8, ROUNDS = 60 };
static atomic_int hooks_run, refused;
static void hook(void *ctx) {
    (void)ctx;
    atomic_fetch_add(&hooks_run, 1);
}

static void raise_once(struct store_batch *batch, str key) {
    struct buf value = {0};
    for (int tries = 0;; tries++) {
        unsigned turn = store_turn_of(batch);
        if (tries > 1)
            store_turn_take(tmp_store, turn);
        store_batch_clear(batch);
        uint64_t n = 0;
        struct store_stamp stamp;
        if (store_get_stamped(tmp_store, NULL, STORE_META, key, &value, &stamp) == STORE_E_ABSENT) {
            store_expect_absent(batch, STORE_META, key, 0);
        } else {
            store_expect_value(batch, STORE_META, key, &stamp, S(""));
            CHECK(str_to_u64(buf_view(&value), &n));
        }
        buf_clear(&value);
        buf_printf(&value, "%llu", (unsigned long long)n + 1);
        store_put_blind(batch, STORE_META, key, buf_view(&value));
        store_after(batch, hook, NULL);
        int r = store_commit(tmp_store, batch, NULL);
        if (tries > 1)
            store_turn_drop(tmp_store, turn);
        if (r == 0)
            break;
        CHECK_INT(r, STORE_E_CONDITION);
        atomic_fetch_add(&refused, 1);
    }
    buf_deinit(&value);
}

static void *raise_many(void *arg) {
    (void)arg;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    for (int i = 0; i < ROUNDS; i++)
        raise_once(batch, i % 2 ? S("x") : S("y"));
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, raise_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    char want[16];
    snprintf(want, sizeof want, "%d", THREADS * ROUNDS / 2);
    check_row(S("x"), want);
    check_row(S("y"), want);
    CHECK_INT(atomic_load(&hooks_run), THREADS * ROUNDS);
}

/* ---- Who commits ---- */

static pthread_t hook_ran_in;
static void note_thread(void *ctx) {
    (void)ctx;
    hook_ran_in = pthread_self();
}

/* Holds the commit of whoever commits first, until another has come. */
static void await_another(void *ctx) {
    (void)ctx;
    struct store_committer *c = &tmp_store->committer;
    for (bool alone = true; alone;) {
        sched_yield();
        pthread_mutex_lock(&c->lock);
        alone = store_lanes_empty(&c->lanes);
        pthread_mutex_unlock(&c->lock);
    }
}

static void *commit_and_hold(void *arg) {
    (void)arg;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_put_blind(batch, STORE_META, S("first"), S("1"));
    store_after(batch, await_another, NULL);
    CHECK_INT(store_commit(tmp_store, batch, NULL), 0);
    return NULL;
}

static void commit_and_note(void) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_put_blind(batch, STORE_META, S("second"), S("2"));
    store_after(batch, note_thread, NULL);
    CHECK_INT(store_commit(tmp_store, batch, NULL), 0);
}

/* A caller alone commits by itself; who comes while another commits is the thread's; then again. */
static void test_who_commits(void **state) {
    (void)state;
    pthread_t first;
    commit_and_note();
    CHECK(pthread_equal(hook_ran_in, pthread_self()));

    CHECK_INT(pthread_create(&first, NULL, commit_and_hold, NULL), 0);
    for (bool held = false; !held;) {
        sched_yield();
        pthread_mutex_lock(&tmp_store->committer.lock);
        held = tmp_store->committer.who == COMMITTER_CALLER;
        pthread_mutex_unlock(&tmp_store->committer.lock);
    }
    commit_and_note();
    pthread_join(first, NULL);
    CHECK(pthread_equal(hook_ran_in, tmp_store->committer.thread));

    for (bool free = false; !free;) { /* the thread wakes its callers before it looks again */
        sched_yield();
        pthread_mutex_lock(&tmp_store->committer.lock);
        free = tmp_store->committer.who == COMMITTER_NONE;
        pthread_mutex_unlock(&tmp_store->committer.lock);
    }
    commit_and_note();
    CHECK(pthread_equal(hook_ran_in, pthread_self()));
}

/* ---- Turns ---- */

struct waiter {
    pthread_t thread;
    unsigned turn;
    int place; /* in the order in which they had their turn */
    atomic_int *order;
};

static void *take_turn(void *arg) {
    struct waiter *w = arg;
    store_turn_take(tmp_store, w->turn);
    w->place = atomic_fetch_add(w->order, 1);
    store_turn_drop(tmp_store, w->turn);
    return NULL;
}

/* As many as have come, so that the next is behind them. */
static void await_turn(const struct store_turn *turn, unsigned n) {
    while (atomic_load(&turn->given) - atomic_load(&turn->served) < n)
        sched_yield();
}

static void test_turns(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_expect_absent(batch, STORE_META, S("turn-1"), 0);
    store_expect_value(batch, STORE_META, S("turn-2"), &(struct store_stamp){.sealed = true},
                       S(""));
    CHECK_INT(store_commit(tmp_store, batch, NULL), STORE_E_CONDITION);
    unsigned turn = store_turn_of(batch);
    CHECK_INT(turn, store_key_hash(STORE_META, S("turn-2")) % STORE_TURNS);
    CHECK(!store_turn_awaited(tmp_store, batch));

    atomic_int order = 0;
    struct waiter waiters[5];
    store_turn_take(tmp_store, turn);
    CHECK(store_turn_awaited(tmp_store, batch));
    CHECK_INT(store_turn_of(batch), turn);
    for (size_t i = 0; i < ARRAY_LEN(waiters); i++) {
        waiters[i] = (struct waiter){.turn = turn, .order = &order};
        CHECK_INT(pthread_create(&waiters[i].thread, NULL, take_turn, &waiters[i]), 0);
        await_turn(&tmp_store->turns[turn], (unsigned)i + 2);
    }
    store_turn_drop(tmp_store, turn);
    for (size_t i = 0; i < ARRAY_LEN(waiters); i++) {
        pthread_join(waiters[i].thread, NULL);
        CHECK_INT(waiters[i].place, i);
    }
    CHECK(!store_turn_awaited(tmp_store, batch));
}

static void test_snapshots_and_walks(void **state) {
    (void)state;
    static const str keys[] = {S_INIT("a"), S_INIT("b"), S_INIT("c"), S_INIT("d")};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        CHECK_INT(put_row(tmp_store, STORE_ITEMS, keys[i], keys[i]), 0);
    struct store_snap *snap = store_snap_new(tmp_store);
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_del_range(batch, STORE_ITEMS, S("b"), S("d"));
    store_put_blind(batch, STORE_ITEMS, S("e"), S("e"));
    CHECK_INT(store_commit(tmp_store, batch, NULL), 0);

    static const struct {
        const char *name, *from, *to;
        bool snap, reverse;
        const char *want;
    } cases[] = {
        {"all, now", "", NULL, false, false, "ade"},
        {"all, then", "", NULL, true, false, "abcd"},
        {"backwards", "", NULL, true, true, "dcba"},
        {"bounds", "b", "d", true, false, "bc"},
        {"bounds backwards", "b", "d", true, true, "cb"},
        {"nothing", "x", NULL, false, true, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf got = {0};
        struct store_iter *it =
            store_iter_new(tmp_store, cases[i].snap ? snap : NULL, STORE_ITEMS,
                           str_c(cases[i].from), str_c(cases[i].to), cases[i].reverse);
        while (store_iter_next(it)) {
            CHECK_STR(it->key, it->value);
            buf_str(&got, it->key);
        }
        CHECK(!store_iter_next(it));
        CHECK_INT(store_iter_fault(it), 0);
        CHECK_CASE(str_is(buf_view(&got), cases[i].want), cases[i].name);
        store_iter_free(it);
        buf_deinit(&got);
    }

    struct store_iter *it = store_iter_new(tmp_store, snap, STORE_ITEMS, S("a"), S("d"), false);
    CHECK(store_iter_next(it));
    store_iter_seek(it, S("bb"));
    CHECK(store_iter_next(it));
    CHECK_STR(it->key, S("c"));
    CHECK(!store_iter_next(it));
    store_iter_free(it);
    it = store_iter_new(tmp_store, snap, STORE_ITEMS, S("a"), S("d"), true);
    store_iter_seek(it, S("c"));
    CHECK(store_iter_next(it));
    CHECK_STR(it->key, S("b"));
    CHECK(store_iter_next(it));
    CHECK_STR(it->key, S("a"));
    CHECK(!store_iter_next(it));
    store_iter_seek(it, S("zz"));
    CHECK(store_iter_next(it));
    CHECK_STR(it->key, S("c"));
    store_iter_free(it);
    store_snap_free(snap);
}

static void test_a_failed_write_stops_the_store(void **state) {
    (void)state;
    struct err err;
    CHECK_INT(put_row(tmp_store, STORE_META, S("a"), S("1")), 0);
    CHECK(!store_is_readonly(tmp_store, NULL));
    CHECK_INT(store_fault_set("fail-commit", &err), 0);
    int r = put_row(tmp_store, STORE_META, S("b"), S("2"));
    CHECK(r < 0);
    CHECK_INT(put_row(tmp_store, STORE_META, S("c"), S("3")), STORE_E_READONLY);
    CHECK(store_is_readonly(tmp_store, &err));
    CHECK_HAS(err.text, "injected");
    check_row(S("a"), "1");
    check_row(S("b"), NULL);
    check_row(S("c"), NULL);
    store_free(tmp_store);
    tmp_store = tmp_open(tmp_own);
    CHECK_INT(put_row(tmp_store, STORE_META, S("c"), S("3")), 0);
}

static void test_reserve(void **state) {
    (void)state;
    struct err err;
    CHECK_INT(put_row(tmp_store, STORE_META, S("a"), S("1")), 0);
    store_free(tmp_store);
    CHECK_INT(store_open(&tmp_store,
                         &(struct store_options){.data = tmp_own, .reserve_bytes = UINT64_MAX / 4},
                         &err),
              0);
    CHECK_INT(put_row(tmp_store, STORE_META, S("b"), S("2")), STORE_E_FULL);
    check_row(S("a"), "1");
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_put_blind(batch, STORE_META, S("marker"), S("1"));
    store_batch_frees(batch);
    CHECK_INT(store_commit(tmp_store, batch, &err), 0);
    store_batch_clear(batch);
    store_del_blind(batch, STORE_META, S("a"));
    CHECK_INT(store_commit(tmp_store, batch, &err), 0);
    check_row(S("a"), NULL);
    CHECK(store_next_id(tmp_store) > 0);
}

static void test_unknown_fault_is_refused(void **state) {
    (void)state;
    struct err err;
    CHECK_INT(store_fault_set("skip-dir-sync,nonsense", &err), -EINVAL);
    CHECK_HAS(err.text, "nonsense");
    CHECK(!store_fault_on(STORE_FAULT_SKIP_DIR_SYNC));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_STORE(test_conditions),
#ifdef CALOTYPE_CHECKS
        IN_STORE(test_unread_changes_are_refused),
#endif
        IN_STORE(test_nothing_of_a_refused_batch_is_written),
        IN_STORE(test_empty_and_idle),
        IN_STORE(test_threads),
        IN_STORE(test_who_commits),
        IN_STORE(test_turns),
        IN_STORE(test_snapshots_and_walks),
        IN_STORE(test_a_failed_write_stops_the_store),
        IN_STORE(test_reserve),
        IN_STORE(test_unknown_fault_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
