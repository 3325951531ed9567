/*
 * What the batches of one group see of each other: a range that one drops, and the sums that the
 * committer remembers between groups.
 */
#include "lib/tmp.h"

#include "store/fault.h"
#include "store/store_priv.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>

/* ---- Groups ---- */
enum { GROUP_MOST = 4 };
struct caller {
    pthread_t thread;
    struct store_batch *batch;
    int result;
};
static atomic_bool held, go;

static void hold(void *ctx) {
    (void)ctx;
    atomic_store(&held, true);
    while (!atomic_load(&go))
        sched_yield();
}

static void *commit_and_hold(void *arg) {
    struct caller *c = arg;
    store_put_blind(c->batch, STORE_META, S("holds"), S(""));
    store_after(c->batch, hold, NULL);
    c->result = store_commit(tmp_store, c->batch, NULL);
    return NULL;
}

static void *commit(void *arg) {
    struct caller *c = arg;
    c->result = store_commit(tmp_store, c->batch, NULL);
    return NULL;
}

static size_t waiting(void) {
    struct store_committer *c = &tmp_store->committer;
    size_t n = 0;
    pthread_mutex_lock(&c->lock);
    for (const struct store_wait *w = c->lanes.ordinary.first; w; w = w->next)
        n++;
    pthread_mutex_unlock(&c->lock);
    return n;
}

/* Commits the batches in one group, in their order: they wait until all are there. */
static void commit_together(struct caller *callers, size_t n) {
    struct caller first = {.batch = store_batch_new()};
    atomic_store(&held, false);
    atomic_store(&go, false);
    CHECK_INT(pthread_create(&first.thread, NULL, commit_and_hold, &first), 0);
    while (!atomic_load(&held))
        sched_yield();
    for (size_t i = 0; i < n; i++) {
        CHECK_INT(pthread_create(&callers[i].thread, NULL, commit, &callers[i]), 0);
        while (waiting() != i + 1)
            sched_yield();
    }
    atomic_store(&go, true);
    pthread_join(first.thread, NULL);
    for (size_t i = 0; i < n; i++)
        pthread_join(callers[i].thread, NULL);
    CHECK_INT(first.result, 0);
    store_batch_free(first.batch);
}

static void begin(struct caller *callers, size_t n) {
    for (size_t i = 0; i < n; i++)
        callers[i] = (struct caller){.batch = store_batch_new()};
}
static void end(struct caller *callers, size_t n) {
    for (size_t i = 0; i < n; i++)
        store_batch_free(callers[i].batch);
}

static void check_row(enum store_cf cf, str key, const char *want) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    CHECK_INT(store_get(tmp_store, NULL, cf, key, &value), want ? 0 : STORE_E_ABSENT);
    if (want)
        CHECK_BUF(value, want);
}

/* ---- Ranges ---- */
static void test_a_range_is_seen_by_those_behind_it(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf value = {0};
    struct caller c[4];
    struct store_stamp in, out;
    CHECK_INT(put_row(tmp_store, STORE_META, S("r-in"), S("1")), 0);
    CHECK_INT(put_row(tmp_store, STORE_META, S("s-out"), S("1")), 0);
    CHECK_INT(store_get_stamped(tmp_store, NULL, STORE_META, S("r-in"), &value, &in), 0);
    CHECK_INT(store_get_stamped(tmp_store, NULL, STORE_META, S("s-out"), &value, &out), 0);
    begin(c, 4);
    store_del_below(c[0].batch, STORE_META, S("r"));
    store_expect_value(c[1].batch, STORE_META, S("r-in"), &in, S(""));
    store_put(c[1].batch, STORE_META, S("r-in"), S("from the dead"));
    store_expect_absent(c[2].batch, STORE_META, S("r-in"), 0);
    store_put(c[2].batch, STORE_META, S("r-in"), S("2"));
    store_expect_value(c[3].batch, STORE_META, S("s-out"), &out, S(""));
    store_expect_absent(c[3].batch, STORE_META, S("r-none"), 0);
    store_put(c[3].batch, STORE_META, S("s-out"), S("2"));
    commit_together(c, 4);
    CHECK_INT(c[0].result, 0);
    CHECK_INT(c[1].result, STORE_E_CONDITION);
    CHECK_INT(c[2].result, 0);
    CHECK_INT(c[3].result, 0);
    check_row(STORE_META, S("r-in"), "2");
    check_row(STORE_META, S("s-out"), "2");
    end(c, 4);
}

static void test_a_range_takes_what_the_group_has_made(void **state) {
    (void)state;
    struct caller c[4];
    begin(c, 4);
    store_put_blind(c[0].batch, STORE_META, S("r-put"), S("1"));
    store_stat(c[0].batch, STORE_METRICS, S("r-stat"), 1, 5);
    store_count(c[0].batch, STORE_METRICS, S("r-count"), 1, 5);
    store_count(c[0].batch, STORE_METRICS, S("r-gone"), 1, 5);
    store_del_below(c[1].batch, STORE_META, S("r"));
    store_del_below(c[1].batch, STORE_METRICS, S("r"));
    store_expect_absent(c[2].batch, STORE_META, S("r-put"), 0);
    store_put(c[2].batch, STORE_META, S("r-put"), S("2"));
    store_stat(c[2].batch, STORE_METRICS, S("r-stat"), 1, 2);
    store_count(c[3].batch, STORE_METRICS, S("r-count"), 3, 4);
    commit_together(c, 4);
    for (size_t i = 0; i < 4; i++)
        CHECK_INT(c[i].result, 0);
    check_row(STORE_META, S("r-put"), "2");
    check_row(STORE_METRICS, S("r-gone"), NULL);
    CLEANUP_DEINIT(buf) struct buf row = {0};
    CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0};
    int64_t many, large;
    CHECK_INT(store_get(tmp_store, NULL, STORE_METRICS, S("r-stat"), &row), 0);
    CHECK(stat_merge(&sum, buf_view(&row)) && sum.count == 2);
    CHECK_INT(store_get(tmp_store, NULL, STORE_METRICS, S("r-count"), &row), 0);
    CHECK(store_count_read(buf_view(&row), &many, &large) && many == 3 && large == 4);
    end(c, 4);
}

/* ---- Sums that are remembered ---- */
static size_t n_remembered(void) {
    size_t n = 0;
    for (size_t i = 0; tmp_store->committer.sums.places && i < STORE_SUMS; i++)
        n += !store_sum_is_free(&tmp_store->committer.sums.places[i]);
    return n;
}

enum { KEYS = 24, STEPS = 1500, OPS_MOST = 6 };

static unsigned draw(unsigned below) {
    static uint32_t at = 1;
    at = at * 1664525u + 1013904223u;
    return (at >> 8) % below;
}

static const double counts[] = {1, 1, 1, 2.5, 3e9, 1.5e308};

static void add_op(struct store_batch *a, struct store_batch *b) {
    char key[8], to[8];
    unsigned k = draw(KEYS), what = draw(20), many = draw(1000);
    double value = (double)draw(40) * (draw(2) ? 1e6 : -0.5), count = counts[draw(6)];
    snprintf(key, sizeof key, "k%02u", k);
    snprintf(to, sizeof to, "k%02u", k + draw(4));
    for (int i = 0; i < 2; i++) {
        struct store_batch *batch = i ? b : a;
        switch (what) {
        case 0: store_put_blind(batch, STORE_METRICS, str_c(key), str_c(to)); break;
        case 1: store_del_blind(batch, STORE_METRICS, str_c(key)); break;
        case 2: store_del_range(batch, STORE_METRICS, str_c(key), str_c(to)); break;
        case 3:
        case 4:
        case 5:
        case 6: store_count(batch, STORE_METRICS, str_c(key), many, -(int64_t)many); break;
        default: store_stat(batch, STORE_METRICS, str_c(key), value, count); break;
        }
    }
}

static void compare(struct store *other) {
    for (unsigned k = 0; k < KEYS; k++) {
        CLEANUP_DEINIT(buf) struct buf a = {0}, b = {0};
        char key[8];
        snprintf(key, sizeof key, "k%02u", k);
        CHECK_INT(store_get(tmp_store, NULL, STORE_METRICS, str_c(key), &a),
                  store_get(other, NULL, STORE_METRICS, str_c(key), &b));
        CHECK_STR(buf_view(&a), buf_view(&b));
    }
}

/* A store that remembers holds what one does that reads each sum again. */
static void test_what_is_remembered_is_what_is_there(void **state) {
    (void)state;
    char dir[128];
    tmp_dir(dir);
    struct store *other = tmp_open(dir);
    CHECK_INT(store_fault_set("skip-wal-sync", NULL), 0); /* for speed */
    CLEANUP(store_batch) struct store_batch *a = store_batch_new(), *b = store_batch_new();
    size_t remembered = 0;
    for (int step = 0; step < STEPS; step++) {
        for (unsigned n = 1 + draw(OPS_MOST); n > 0; n--)
            add_op(a, b);
        bool refused = step % 50 == 7;
        if (refused) {
            store_expect_value(a, STORE_META, S("none"), &(struct store_stamp){.sealed = true},
                               S(""));
            store_expect_value(b, STORE_META, S("none"), &(struct store_stamp){.sealed = true},
                               S(""));
        }
        store_sums_forget_all(&other->committer.sums);
        CHECK_INT(store_commit(tmp_store, a, NULL), refused ? STORE_E_CONDITION : 0);
        CHECK_INT(store_commit(other, b, NULL), refused ? STORE_E_CONDITION : 0);
        store_batch_clear(a);
        store_batch_clear(b);
        if (step % 25 == 0)
            compare(other);
        remembered += n_remembered();
    }
    compare(other);
    CHECK(remembered > STEPS);
    store_free(other);
    tmp_remove(dir);
}

static int commit_stat(str key, double value, double count) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_stat(batch, STORE_METRICS, key, value, count);
    return store_commit(tmp_store, batch, NULL);
}

/* What is not worth it, or would be read as another sum, is read each time. */
static void test_what_is_not_remembered(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    memset(buf_reserve(&key, STORE_SUM_KEY + 1), 'k', STORE_SUM_KEY + 1);
    key.len = STORE_SUM_KEY + 1;
    CHECK_INT(commit_stat(buf_view(&key), 1, 1), 0);
    CHECK_INT(n_remembered(), 0);
    CHECK_INT(commit_stat(S("endless"), 1, 1.5e308), 0);
    CHECK_INT(n_remembered(), 1);
    CHECK_INT(commit_stat(S("endless"), 1, 1.5e308), 0);
    CHECK_INT(n_remembered(), 0);
    for (int i = 0; i <= STORE_SUM_BINS; i++)
        store_stat(batch, STORE_METRICS, S("wide"), pow(1.02, i), 1);
    CHECK_INT(store_commit(tmp_store, batch, NULL), 0);
    CHECK_INT(n_remembered(), 0);
    for (int i = 0; i < 3 * STORE_SUMS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        CHECK_INT(commit_stat(str_c(name), i, 1), 0);
    }
    CHECK_RANGE(n_remembered(), STORE_SUMS / 2, STORE_SUMS);
}

/* Nobody knows what the disk holds. */
static void test_a_failed_write_has_all_forgotten(void **state) {
    (void)state;
    CHECK_INT(commit_stat(S("a"), 1, 1), 0);
    CHECK_INT(commit_stat(S("b"), 1, 1), 0);
    CHECK_INT(n_remembered(), 2);
    CHECK_INT(store_fault_set("fail-commit", NULL), 0);
    CHECK_INT(commit_stat(S("a"), 1, 1), -EIO);
    CHECK_INT(n_remembered(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_STORE(test_a_range_is_seen_by_those_behind_it),
        IN_STORE(test_a_range_takes_what_the_group_has_made),
        IN_STORE(test_what_is_remembered_is_what_is_there),
        IN_STORE(test_what_is_not_remembered),
        IN_STORE(test_a_failed_write_has_all_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
