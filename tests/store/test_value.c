/* store/value and store/pack: forms of values on disk, and what does not verify. */
#include "lib/tmp.h"

#include "base/rand.h"
#include "store/key.h"
#include "store/seal_priv.h"
#include "store/store_priv.h"

static void fill(struct buf *text, const char *word, size_t len) {
    buf_clear(text);
    while (text->len < len)
        buf_printf(text, "%s %zu,", word, text->len);
    text->len = len;
}

static void fill_random(struct buf *text, size_t len) {
    buf_clear(text);
    rand_bytes(buf_reserve(text, len), len);
    text->len = len;
}

/* ---- Packing ---- */
static void test_packed_and_back(void **state) {
    (void)state;
    static const struct {
        size_t len;
        bool random, packs;
    } cases[] = {
        {0, false, false},    {1, false, false},      {100, false, false},    {300, false, true},
        {300, true, false},   {5000, false, true},    {5000, true, false},    {70000, false, true},
        {70000, true, false}, {3 << 20, false, true}, {3 << 20, true, false},
    };
    CLEANUP_DEINIT(buf) struct buf plain = {0}, packed = {0}, back = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (cases[i].random)
            fill_random(&plain, cases[i].len);
        else
            fill(&plain, "same", cases[i].len);
        buf_clear(&packed);
        buf_clear(&back);
        buf_char(&back, '<');
        CHECK_INT(value_pack(buf_view(&plain), &packed), cases[i].packs);
        if (!cases[i].packs) {
            CHECK_INT(packed.len, 0);
            continue;
        }
        CHECK(packed.len < plain.len);
        CHECK_INT(value_unpack(buf_view(&packed), &back), 0);
        CHECK_STR(str_skip(buf_view(&back), 1), buf_view(&plain));
    }
}

/* A length that its bytes cannot have is refused before memory is taken for it. */
static void test_packed_bombs(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str packed;
    } cases[] = {
        {"nothing", S_INIT("")},
        {"a cut length", S_INIT("\0\0\1")},
        {"no block", S_INIT("\0\0\0\1")},
        {"4 GiB of a few bytes", S_INIT("\xff\xff\xff\xff\x1f\0\1\0\xff\xff\xff\xff")},
        {"more than it says", S_INIT("\0\0\0\2\x30"
                                     "abc")},
        {"less than it says", S_INIT("\0\0\0\5\x30"
                                     "abc")},
        {"a distance before the text", S_INIT("\0\0\0\x10\x10"
                                              "a\xff\xff\0")},
    };
    CLEANUP_DEINIT(buf) struct buf out = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_CASE(value_unpack(cases[i].packed, &out) == STORE_E_DAMAGED, cases[i].name);
        CHECK_CASE(out.len == 0 && out.cap < 4096, cases[i].name);
    }
    CHECK_INT(value_unpack(S("\0\0\0\3\x30"
                             "abc"),
                           &out),
              0);
    CHECK_BUF(out, "abc");
}

/* ---- Forms ---- */
static void test_forms(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0}, disk = {0}, got = {0};
    fill(&text, "mark", 4000);
    for (int cf = 0; cf < STORE_N_CF; cf++) {
        CHECK_INT(put_row(tmp_store, (enum store_cf)cf, S("short"), S("mark")), 0);
        raw_row(tmp_store, (enum store_cf)cf, S("short"), &disk);
        CHECK_INT(disk.p[0], VALUE_SEALED);
        CHECK_INT(disk.len, 1 + 4 + SEAL_OVERHEAD);
        CHECK_INT(str_find(buf_view(&disk), S("mark")), -1);
        CHECK_INT(put_row(tmp_store, (enum store_cf)cf, S("long"), buf_view(&text)), 0);
        raw_row(tmp_store, (enum store_cf)cf, S("long"), &disk);
        CHECK_INT(disk.p[0], VALUE_PACKED);
        CHECK(disk.len < 2000);
        CHECK_INT(str_find(buf_view(&disk), S("mark")), -1);
        CHECK_INT(put_row(tmp_store, (enum store_cf)cf, S("empty"), S("")), 0);
        raw_row(tmp_store, (enum store_cf)cf, S("empty"), &disk);
        CHECK_INT(disk.len, 1 + SEAL_OVERHEAD);
        CHECK_INT(store_get(tmp_store, NULL, (enum store_cf)cf, S("short"), &got), 0);
        CHECK_BUF(got, "mark");
        CHECK_INT(store_get(tmp_store, NULL, (enum store_cf)cf, S("long"), &got), 0);
        CHECK_STR(buf_view(&got), buf_view(&text));
        CHECK_INT(store_get(tmp_store, NULL, (enum store_cf)cf, S("empty"), &got), 0);
        CHECK_INT(got.len, 0);
    }
}

/* Numbers stay plain, in one family; what the store needs before it has keys has no form. */
static void test_what_is_plain(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf disk = {0}, key = {0}, value = {0};
    int64_t many, large;
    store_count(batch, STORE_METRICS, S("count"), 3, -4);
    store_stat(batch, STORE_METRICS, S("stat"), 2, 1);
    CHECK_INT(store_commit(tmp_store, batch, NULL), 0);
    raw_row(tmp_store, STORE_METRICS, S("count"), &disk);
    CHECK_INT(disk.p[0], VALUE_PLAIN);
    CHECK(store_count_read(str_skip(buf_view(&disk), 1), &many, &large) && many == 3 &&
          large == -4);
    raw_row(tmp_store, STORE_METRICS, S("stat"), &disk);
    CHECK_INT(disk.p[0], VALUE_PLAIN);
    (void)store_next_id(tmp_store);
    key_begin(&key, "sys");
    key_raw(&key, S("ids"));
    raw_row(tmp_store, STORE_META, buf_view(&key), &disk);
    CHECK_INT(disk.len, 8);
    CHECK(value_is_own(STORE_META, buf_view(&key)) && !value_is_own(STORE_QUEUE, buf_view(&key)));
    CHECK(!value_is_own(STORE_META, S("system")) && !value_is_own(STORE_META, S("dek")));
    /* A plain row anywhere else is somebody's forgery. */
    put_raw_row(tmp_store, STORE_META, S("forged"), S("\0{\"Admin\":true}"));
    CHECK_INT(store_get(tmp_store, NULL, STORE_META, S("forged"), &value), STORE_E_DAMAGED);
    CHECK_STR(buf_view(&value), S("\0{\"Admin\":true}")); /* for whoever keeps it aside */
}

static void test_what_does_not_verify(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0}, disk = {0}, got = {0};
    fill(&text, "mark", 400);
    static const str keys[] = {S_INIT("sealed"), S_INIT("packed")};
    for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
        CHECK_INT(put_row(tmp_store, STORE_META, keys[k], k ? buf_view(&text) : S("value")), 0);
        raw_row(tmp_store, STORE_META, keys[k], &disk);
        for (size_t i = 0; i < disk.len; i++) {
            disk.p[i] ^= 1;
            put_raw_row(tmp_store, STORE_META, keys[k], buf_view(&disk));
            CHECK_INT(store_get(tmp_store, NULL, STORE_META, keys[k], &got), STORE_E_DAMAGED);
            disk.p[i] ^= 1;
        }
        disk.p[0] = (char)(VALUE_SEALED + VALUE_PACKED - disk.p[0]); /* the other form */
        put_raw_row(tmp_store, STORE_META, keys[k], buf_view(&disk));
        CHECK_INT(store_get(tmp_store, NULL, STORE_META, keys[k], &got), STORE_E_DAMAGED);
        disk.p[0] = (char)(VALUE_SEALED + VALUE_PACKED - disk.p[0]);
        for (size_t n = 0; n < disk.len; n += n < 40 ? 1 : 7) {
            put_raw_row(tmp_store, STORE_META, keys[k], str_n(disk.p, n));
            CHECK_INT(store_get(tmp_store, NULL, STORE_META, keys[k], &got), STORE_E_DAMAGED);
        }
        put_raw_row(tmp_store, STORE_META, S("moved"), buf_view(&disk));
        CHECK_INT(store_get(tmp_store, NULL, STORE_META, S("moved"), &got), STORE_E_DAMAGED);
        put_raw_row(tmp_store, STORE_ITEMS, keys[k], buf_view(&disk));
        CHECK_INT(store_get(tmp_store, NULL, STORE_ITEMS, keys[k], &got), STORE_E_DAMAGED);
        put_raw_row(tmp_store, STORE_META, keys[k], buf_view(&disk));
        CHECK_INT(store_get(tmp_store, NULL, STORE_META, keys[k], &got), 0);
    }
}

/* A key of kilobytes is bound as a short one is. */
static void test_long_keys(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf key = {0}, got = {0}, disk = {0};
    fill(&key, "key", 3000);
    CHECK_INT(put_row(tmp_store, STORE_META, buf_view(&key), S("value")), 0);
    CHECK_INT(store_get(tmp_store, NULL, STORE_META, buf_view(&key), &got), 0);
    CHECK_BUF(got, "value");
    raw_row(tmp_store, STORE_META, buf_view(&key), &disk);
    key.p[2900] ^= 1;
    put_raw_row(tmp_store, STORE_META, buf_view(&key), buf_view(&disk));
    CHECK_INT(store_get(tmp_store, NULL, STORE_META, buf_view(&key), &got), STORE_E_DAMAGED);
}

/* ---- Walks ---- */
static void test_walks(void **state) {
    (void)state;
    static const str keys[] = {S_INIT("a"), S_INIT("b"), S_INIT("c")};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        CHECK_INT(put_row(tmp_store, STORE_QUEUE, keys[i], keys[i]), 0);
    for (int reverse = 0; reverse < 2; reverse++) {
        CLEANUP(store_iter)
        struct store_iter *it =
            store_iter_new(tmp_store, NULL, STORE_QUEUE, S(""), STR_NONE, reverse);
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
            str want = keys[reverse ? ARRAY_LEN(keys) - 1 - i : i];
            CHECK(store_iter_next(it));
            CHECK_STR(it->key, want);
            CHECK_STR(it->value, want);
            CHECK(it->stamp.sealed && !it->damaged);
        }
        CHECK(!store_iter_next(it));
        CHECK_INT(store_iter_fault(it), 0);
    }
}

/* One that is damaged ends a walk, is shown to whoever asks for it, and costs those nothing who look at keys. */
static void test_walks_over_damage(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool reverse, keys_only, damaged_too;
        int shown, fault;
    } cases[] = {
        {"forth", false, false, false, 1, STORE_E_DAMAGED},
        {"back", true, false, false, 1, STORE_E_DAMAGED},
        {"keys alone", false, true, false, 3, 0},
        {"keys alone, back", true, true, false, 3, 0},
        {"damaged too", false, false, true, 3, 0},
    };
    CHECK_INT(put_row(tmp_store, STORE_QUEUE, S("a"), S("1")), 0);
    CHECK_INT(put_row(tmp_store, STORE_QUEUE, S("c"), S("3")), 0);
    put_raw_row(tmp_store, STORE_QUEUE, S("b"),
                S("\1 not sealed, but long enough for a nonce and a tag"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(store_iter)
        struct store_iter *it =
            store_iter_new(tmp_store, NULL, STORE_QUEUE, S(""), STR_NONE, cases[i].reverse);
        if (cases[i].keys_only)
            store_iter_keys_only(it);
        if (cases[i].damaged_too)
            store_iter_damaged_too(it);
        int shown = 0;
        while (store_iter_next(it)) {
            shown++;
            CHECK_CASE(it->value.p == NULL ? cases[i].keys_only : !cases[i].keys_only,
                       cases[i].name);
            CHECK_CASE(it->damaged == (cases[i].damaged_too && str_is(it->key, "b")),
                       cases[i].name);
        }
        CHECK_CASE(shown == cases[i].shown, cases[i].name);
        CHECK_CASE(store_iter_fault(it) == cases[i].fault, cases[i].name);
        CHECK_CASE(!store_iter_next(it), cases[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_and_back),
        cmocka_unit_test(test_packed_bombs),
        IN_STORE(test_forms),
        IN_STORE(test_what_is_plain),
        IN_STORE(test_what_does_not_verify),
        IN_STORE(test_long_keys),
        IN_STORE(test_walks),
        IN_STORE(test_walks_over_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
