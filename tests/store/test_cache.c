/*
 * store/cache, store/view: what is answered from memory is what the database holds, for the newest
 * state, for snapshots and for conditions, while rows are put, deleted, dropped by ranges and raced
 * for; and the cache stays within its bound.
 */
#include "lib/tmp.h"

#include "store/fault.h"
#include "store/store_priv.h"

#include <errno.h>
#include <pthread.h>

static bool is_cached(enum store_cf cf, str key) {
    bool fill;
    struct store_cache_row row = {cf, key, store_key_hash(cf, key)};
    struct store_entry *entry = store_cache_find(&tmp_store->cache, &row, 0, &fill);
    bool there = entry != NULL;
    store_entry_unref(entry);
    return there;
}

/* What the row is; "-": absent. Read often enough to be taken in. */
static void check_row(const struct store_snap *snap, enum store_cf cf, str key, const char *want) {
    for (int i = 0; i < 3; i++) {
        CLEANUP_DEINIT(buf) struct buf value = {0};
        if (store_get(tmp_store, snap, cf, key, &value) == STORE_E_ABSENT)
            buf_c(&value, "-");
        CHECK_BUF(value, want);
        CHECK_INT(store_has(tmp_store, snap, cf, key), *want == '-' ? STORE_E_ABSENT : 0);
    }
}

/* ---- One thread ---- */
static void test_what_is_kept(void **state) {
    (void)state;
    CHECK_INT(put_row(tmp_store, STORE_META, S("row"), S("1")), 0);
    CLEANUP_DEINIT(buf) struct buf value = {0};
    CHECK_INT(store_get(tmp_store, NULL, STORE_META, S("row"), &value), 0);
    CHECK(!is_cached(STORE_META, S("row"))); /* the look counts as asking */
    check_row(NULL, STORE_META, S("row"), "1");
    CHECK(is_cached(STORE_META, S("row")));
    check_row(NULL, STORE_META, S("none"), "-");
    CHECK(is_cached(STORE_META, S("none")));
    check_row(NULL, STORE_QUEUE, S("none"), "-");
    CHECK(!is_cached(STORE_QUEUE, S("none")));

    static const str own[] = {S_INIT("sys\0\1identity"), S_INIT("dek\0\1x")};
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        for (int n = 0; n < 3; n++)
            (void)store_get(tmp_store, NULL, STORE_META, own[i], &value);
        CHECK(!is_cached(STORE_META, own[i]));
    }
}

static void test_writes_are_seen(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum { PUT, DEL, RANGE, BELOW, REFUSED } change;
        const char *then;
    } cases[] = {
        {"put", PUT, "2"},      {"del", DEL, "-"},          {"put again", PUT, "2"},
        {"range", RANGE, "-"},  {"put after it", PUT, "2"}, {"below", BELOW, "-"},
        {"put last", PUT, "2"}, {"refused", REFUSED, "2"},
    };
    const char *before = "-";
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
        check_row(NULL, STORE_META, S("key"), before);
        CLEANUP(store_snap) struct store_snap *snap = store_snap_new(tmp_store);
        switch (cases[i].change) {
        case PUT: store_put_blind(batch, STORE_META, S("key"), S("2")); break;
        case DEL: store_del_blind(batch, STORE_META, S("key")); break;
        case RANGE: store_del_range(batch, STORE_META, S("ke"), S("key0")); break;
        case BELOW: store_del_below(batch, STORE_META, S("k")); break;
        case REFUSED:
            store_put_blind(batch, STORE_META, S("key"), S("3"));
            store_expect_absent(batch, STORE_META, S("key"), 0);
            break;
        }
        bool refused = cases[i].change == REFUSED;
        CHECK_CASE(store_commit(tmp_store, batch, NULL) == (refused ? STORE_E_CONDITION : 0),
                   cases[i].name);
        check_row(snap, STORE_META, S("key"), before);
        check_row(NULL, STORE_META, S("key"), cases[i].then);
        check_row(snap, STORE_META, S("key"), before);
        before = cases[i].then;
    }
}

/* A condition says what was read: which edition, or absent, and the state in which it was so. */
static void test_conditions(void **state) {
    (void)state;
    for (int there = 0; there < 2; there++)
        for (int cached = 0; cached < 2; cached++)
            for (int changed = 0; changed < 2; changed++)
                for (int known = 0; known < 2; known++) {
                    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
                    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
                    struct store_stamp stamp;
                    buf_printf(&key, "%d%d%d%d", there, cached, changed, known);
                    str k = buf_view(&key);
                    if (there)
                        CHECK_INT(put_row(tmp_store, STORE_META, k, S("1")), 0);
                    CHECK_INT(store_get_stamped(tmp_store, NULL, STORE_META, k, &value, &stamp),
                              there ? 0 : STORE_E_ABSENT);
                    CHECK(stamp.state > 0);
                    if (!known)
                        stamp.state = 0;
                    if (changed)
                        CHECK_INT(put_row(tmp_store, STORE_META, k, S("1")), 0);
                    if (cached)
                        check_row(NULL, STORE_META, k, there || changed ? "1" : "-");
                    if (there)
                        store_expect_value(batch, STORE_META, k, &stamp, S(""));
                    else
                        store_expect_absent(batch, STORE_META, k, stamp.state);
                    store_put_blind(batch, STORE_META, S("mark"), S(""));
                    CHECK_CASE(store_commit(tmp_store, batch, NULL) ==
                                   (changed ? STORE_E_CONDITION : 0),
                               buf_cstr(&key));
                }
}

/* An edition that a batch was to make and did not: the next condition on it does not hold. */
static void test_edition_of_a_commit_that_failed(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf value = {0};
    struct store_stamp stamp;
    CHECK_INT(put_row(tmp_store, STORE_META, S("row"), S("1")), 0);
    CHECK_INT(store_get_stamped(tmp_store, NULL, STORE_META, S("row"), &value, &stamp), 0);
    store_expect_value(batch, STORE_META, S("row"), &stamp, S(""));
    store_put_stamped(batch, STORE_META, S("row"), S("2"), &stamp);
    store_expect_absent(batch, STORE_META, S("row"), 0);
    CHECK_INT(store_commit(tmp_store, batch, NULL), STORE_E_CONDITION);
    store_batch_clear(batch);
    store_expect_value(batch, STORE_META, S("row"), &stamp, S(""));
    store_put_blind(batch, STORE_META, S("mark"), S(""));
    CHECK_INT(store_commit(tmp_store, batch, NULL), STORE_E_CONDITION);
}

/* Of a write that failed nothing is known: its row is not kept, whatever is read of it. */
static void test_failed_write(void **state) {
    (void)state;
    CHECK_INT(put_row(tmp_store, STORE_META, S("row"), S("1")), 0);
    CHECK_INT(put_row(tmp_store, STORE_META, S("other"), S("1")), 0);
    check_row(NULL, STORE_META, S("row"), "1");
    CHECK_INT(store_fault_set("fail-commit", NULL), 0);
    CHECK_INT(put_row(tmp_store, STORE_META, S("row"), S("2")), -EIO);
    check_row(NULL, STORE_META, S("row"), "1");
    CHECK(!is_cached(STORE_META, S("row")));
    check_row(NULL, STORE_META, S("other"), "1");
    CHECK(is_cached(STORE_META, S("other")));
}

static void test_bound(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    enum { ROWS = 1200, BYTES = 16 << 10 };
    memset(buf_reserve(&value, BYTES + 1), 'x', BYTES);
    value.len = BYTES;
    value.p[BYTES] = '\0';
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < ROWS; i++) {
            buf_clear(&key);
            buf_printf(&key, "%d", i);
            if (round) {
                check_row(NULL, STORE_META, buf_view(&key), buf_cstr(&value));
                CHECK_RANGE(tmp_store->cache.bytes, 0, STORE_CACHE_MOST + STORE_CACHE_ROW);
                continue;
            }
            store_put_blind(batch, STORE_META, buf_view(&key), buf_view(&value));
            if (store_batch_is_full(batch) || i == ROWS - 1) {
                CHECK_INT(store_commit(tmp_store, batch, NULL), 0);
                store_batch_clear(batch);
            }
        }
    CHECK_RANGE(tmp_store->cache.bytes, STORE_CACHE_MOST / 2, STORE_CACHE_MOST);
    CHECK_INT(put_row(tmp_store, STORE_META, S("large"), S("")), 0);
    memset(buf_reserve(&value, BYTES), 'x', BYTES);
    value.len += BYTES;
    buf_reserve(&value, 1);
    value.p[value.len] = '\0';
    CHECK_INT(put_row(tmp_store, STORE_META, S("large"), buf_view(&value)), 0);
    check_row(NULL, STORE_META, S("large"), buf_cstr(&value));
    CHECK(!is_cached(STORE_META, S("large")));
}

/* ---- Kept objects ---- */
struct word {
    struct store_kept kept;
    char text[16];
};
static atomic_int made, freed;

static int word_make(void *ctx, struct store_kept_row *row, struct store_kept **ret_kept) {
    struct word *w = mem_new(struct word);
    (void)ctx;
    snprintf(w->text, sizeof w->text, STR_FMT, STR_ARG(row->value));
    w->kept.bytes = sizeof *w;
    atomic_fetch_add(&made, 1);
    *ret_kept = &w->kept;
    return 0;
}
static void word_free(struct store_kept *kept) {
    atomic_fetch_add(&freed, 1);
    free((struct word *)(void *)kept);
}
static const struct store_kept_kind words = {word_make, word_free};

static int get_word(const struct store_snap *snap, str key, char ret[16],
                    struct store_stamp *stamp) {
    struct store_kept *kept = NULL;
    int r = store_get_kept(tmp_store, snap, STORE_META, key, &words, NULL, &kept, stamp);
    if (r == 0)
        memcpy(ret, ((struct word *)(void *)kept)->text, 16);
    store_kept_free(kept);
    return r;
}

static void test_kept(void **state) {
    (void)state;
    char text[16];
    struct store_stamp stamp, again;
    made = freed = 0;
    CHECK_INT(get_word(NULL, S("row"), text, &stamp), STORE_E_ABSENT);
    CHECK(stamp.state > 0 && !stamp.sealed);
    CHECK_INT(put_row(tmp_store, STORE_META, S("row"), S("1")), 0);
    for (int i = 0; i < 4; i++) {
        CHECK_INT(get_word(NULL, S("row"), text, &stamp), 0);
        CHECK_TEXT(text, "1");
    }
    int before = made;
    CHECK_RANGE(before, 1, 2);
    CLEANUP(store_snap) struct store_snap *snap = store_snap_new(tmp_store);
    CHECK_INT(get_word(snap, S("row"), text, &again), 0);
    CHECK_INT(made, before);
    CHECK(store_stamp_eq(&stamp, &again));
    CHECK_INT(put_row(tmp_store, STORE_META, S("row"), S("2")), 0);
    CHECK_INT(freed, made); /* with the edition that it was made of */
    CHECK_INT(get_word(NULL, S("row"), text, &again), 0);
    CHECK_TEXT(text, "2");
    CHECK(!store_stamp_eq(&stamp, &again));
    CHECK_INT(get_word(snap, S("row"), text, &again), 0);
    CHECK_TEXT(text, "1");
    CHECK(store_stamp_eq(&stamp, &again));
}

/* ---- Races ---- */
/*
 * Writers raise pairs of rows together, drop both by a range now and then, and each writes in a
 * third row what was committed last. Readers look at all through the cache: the two of a pair agree
 * in every snapshot, nothing read goes back behind what was answered before, and what a snapshot
 * shows by a walk of the database is what it shows by the cache.
 */
enum { PAIRS = 4, WRITERS = 3, READERS = 3, WRITES = 400 };
static _Atomic uint64_t acknowledged[PAIRS]; /* the number that a pair has at least */
static atomic_int writing;
static _Atomic uint64_t refused, hits;

struct pair {
    char a[16], b[16], end[16];
};
static struct pair pair_of(unsigned p) {
    struct pair keys;
    snprintf(keys.a, sizeof keys.a, "p%u-a", p);
    snprintf(keys.b, sizeof keys.b, "p%u-b", p);
    snprintf(keys.end, sizeof keys.end, "p%u-c", p);
    return keys;
}

struct seen {
    bool there;
    uint64_t n;
    struct store_stamp stamp;
};
static struct seen look(const struct store_snap *snap, const char *key, bool kept) {
    struct seen seen = {0};
    CLEANUP_DEINIT(buf) struct buf value = {0};
    char text[16] = "";
    int r = kept ? get_word(snap, str_c(key), text, &seen.stamp)
                 : store_get_stamped(tmp_store, snap, STORE_META, str_c(key), &value, &seen.stamp);
    seen.there = r == 0;
    CHECK(r == 0 || r == STORE_E_ABSENT);
    if (r == 0)
        CHECK(str_to_u64(kept ? str_c(text) : buf_view(&value), &seen.n));
    return seen;
}

static void expect(struct store_batch *batch, const char *key, const struct seen *seen) {
    if (seen->there)
        store_expect_value(batch, STORE_META, str_c(key), &seen->stamp, S(""));
    else
        store_expect_absent(batch, STORE_META, str_c(key), seen->stamp.state);
}

/* The pair's number, which is kept in a row of its own, so that it survives the range. */
static void raise(struct store_batch *batch, unsigned p, unsigned round) {
    struct pair keys = pair_of(p);
    char number[16], text[24];
    snprintf(number, sizeof number, "n%u", p);
    for (;;) {
        store_batch_clear(batch);
        struct seen n = look(NULL, number, round % 2), a = look(NULL, keys.a, false),
                    b = look(NULL, keys.b, false);
        expect(batch, number, &n);
        expect(batch, keys.a, &a);
        expect(batch, keys.b, &b);
        snprintf(text, sizeof text, "%llu", (unsigned long long)n.n + 1);
        store_put(batch, STORE_META, str_c(number), str_c(text));
        if (round % 7 == 3) {
            store_del_range(batch, STORE_META, str_c(keys.a), str_c(keys.end));
        } else {
            store_put(batch, STORE_META, str_c(keys.a), str_c(text));
            store_put(batch, STORE_META, str_c(keys.b), str_c(text));
        }
        int r = store_commit(tmp_store, batch, NULL);
        if (r == 0) {
            /* Others may have said more by now. */
            uint64_t said = atomic_load(&acknowledged[p]);
            while (said < n.n + 1 &&
                   !atomic_compare_exchange_weak(&acknowledged[p], &said, n.n + 1))
                ;
            /* What a commit that held was made of agreed. */
            CHECK(a.there == b.there && a.n == b.n && (!a.there || a.n <= n.n));
            return;
        }
        CHECK_INT(r, STORE_E_CONDITION);
        atomic_fetch_add(&refused, 1);
    }
}

static void *write_many(void *arg) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    unsigned seed = (unsigned)(uintptr_t)arg;
    for (unsigned i = 0; i < WRITES; i++)
        raise(batch, (i + seed) % PAIRS, i + seed);
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

/* What the database itself holds in the snapshot. */
static struct seen walked(const struct store_snap *snap, const char *key) {
    struct seen seen = {0};
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(tmp_store, snap, STORE_META, str_c(key), STR_NONE, false);
    if (store_iter_next(it) && str_is(it->key, key)) {
        seen.there = true;
        CHECK(str_to_u64(it->value, &seen.n));
    }
    return seen;
}

static void read_snapshot(unsigned p, uint64_t least, bool walk_first) {
    struct pair keys = pair_of(p);
    char number[16];
    snprintf(number, sizeof number, "n%u", p);
    CLEANUP(store_snap) struct store_snap *snap = store_snap_new(tmp_store);
    struct seen a = {0}, b;
    if (walk_first)
        a = walked(snap, keys.a);
    struct seen n = look(snap, number, true);
    if (!walk_first)
        a = look(snap, keys.a, false);
    b = look(snap, keys.b, true);
    CHECK_RANGE(n.n, least, INT64_MAX);
    CHECK_INT(a.there, b.there);
    CHECK_INT(a.n, b.n);
    CHECK(!a.there || a.n <= n.n);
    b = walked(snap, keys.b);
    CHECK_INT(a.there, b.there);
    CHECK_INT(a.n, b.n);
    CHECK_INT(walked(snap, number).n, n.n);
    if (is_cached(STORE_META, str_c(keys.a)))
        atomic_fetch_add(&hits, 1);
}

static void *read_many(void *arg) {
    unsigned seed = (unsigned)(uintptr_t)arg;
    uint64_t last[PAIRS] = {0};
    for (unsigned i = seed; atomic_load(&writing); i++) {
        unsigned p = i / 8 % PAIRS;
        char number[16];
        snprintf(number, sizeof number, "n%u", p);
        uint64_t least = atomic_load(&acknowledged[p]);
        struct seen n = look(NULL, number, i % 2);
        CHECK_RANGE(n.n, least > last[p] ? least : last[p], INT64_MAX);
        last[p] = n.n;
        read_snapshot(p, last[p], i % 3 == 0);
    }
    return NULL;
}

static void test_race(void **state) {
    (void)state;
    pthread_t threads[WRITERS + READERS];
    writing = WRITERS;
    for (size_t i = 0; i < PAIRS; i++)
        acknowledged[i] = 0;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, i < WRITERS ? write_many : read_many,
                                 (void *)(uintptr_t)i),
                  0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    uint64_t sum = 0;
    for (unsigned p = 0; p < PAIRS; p++) {
        char number[16];
        snprintf(number, sizeof number, "n%u", p);
        sum += look(NULL, number, false).n;
        CHECK_INT(walked(NULL, number).n, acknowledged[p]);
    }
    CHECK_INT(sum, WRITERS * WRITES); /* no raise was lost */
    CHECK(refused > 0 && hits > 0);   /* there was a race, and the cache took part in it */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_STORE(test_what_is_kept), IN_STORE(test_writes_are_seen),
        IN_STORE(test_conditions),   IN_STORE(test_edition_of_a_commit_that_failed),
        IN_STORE(test_failed_write), IN_STORE(test_bound),
        IN_STORE(test_kept),         IN_STORE(test_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
