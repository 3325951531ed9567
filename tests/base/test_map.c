/* base/map: many keys put, found, removed and walked. */
#include "cm.h"

#include "base/map.h"

enum { MANY = 5000 };

static void puts_gets_removes(void **state) {
    (void)state;
    CLEANUP_DEINIT(map) struct map m = {0};
    static int values[MANY];
    char key[16];
    for (int i = 0; i < MANY; i++) {
        int n = snprintf(key, sizeof key, "k%d", i);
        CHECK(!map_put(&m, str_n(key, (size_t)n), &values[i]));
    }
    for (int i = 0; i < MANY; i += 2) {
        int n = snprintf(key, sizeof key, "k%d", i);
        CHECK(map_remove(&m, str_n(key, (size_t)n)) == &values[i]);
    }
    CHECK(m.n == MANY / 2);
    for (int i = 0; i < MANY; i++) {
        int n = snprintf(key, sizeof key, "k%d", i);
        CHECK(map_get(&m, str_n(key, (size_t)n)) == (i % 2 ? &values[i] : NULL));
    }
    CHECK(map_put(&m, S("k1"), &values[0]) == &values[1]);
    CHECK(!map_get(&m, S("")));
}

/* A table that is filled and emptied again and again holds what is in it, at its size. */
static void is_used_again(void **state) {
    (void)state;
    CLEANUP_DEINIT(map) struct map m = {0};
    static int values[8];
    char key[16];
    CHECK(!map_remove(&m, S("none")));
    for (int round = 0; round < 2000; round++) {
        int n = snprintf(key, sizeof key, "k%d", round);
        CHECK(!map_put(&m, str_n(key, (size_t)n), &values[round % 8]));
        if (round < 8)
            continue;
        n = snprintf(key, sizeof key, "k%d", round - 8);
        CHECK(map_remove(&m, str_n(key, (size_t)n)) == &values[round % 8]);
        CHECK(!map_remove(&m, str_n(key, (size_t)n)));
        CHECK_INT(m.n, 8);
    }
    CHECK_RANGE(m.cap, 8, 64);
    size_t at = 0, n = 0;
    str name;
    void *value;
    while (map_next(&m, &at, &name, &value)) {
        CHECK_INT(snprintf(key, sizeof key, "k%zu", 1992 + n), name.len);
        CHECK_STR(name, str_c(key));
        CHECK(value == &values[n % 8]);
        CHECK_TEXT(name.p, key); /* a NUL behind, as C functions want it */
        n++;
    }
    CHECK_INT(n, 8);
}

/* Keys of bytes: with NULs, of every length, and the empty one. */
static void keys_are_bytes(void **state) {
    (void)state;
    CLEANUP_DEINIT(map) struct map m = {0};
    static const char zeros[40];
    static int values[ARRAY_LEN(zeros)];
    for (size_t n = 0; n < ARRAY_LEN(zeros); n++)
        CHECK(!map_put(&m, str_n(zeros, n), &values[n]));
    for (size_t n = 0; n < ARRAY_LEN(zeros); n++)
        CHECK(map_get(&m, str_n(zeros, n)) == &values[n]);
}

/*
 * Every byte of a key counts in its hash, in whatever word it is; 64 bits do not collide by chance.
 */
static void hashes_all_of_it(void **state) {
    (void)state;
    char key[24] = {0};
    uint64_t seen[ARRAY_LEN(key) * 2 + 1];
    size_t n = 0;
    seen[n++] = map_hash(str_n(key, sizeof key));
    CHECK(seen[0] == map_hash(str_n(key, sizeof key)));
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = 1;
        seen[n++] = map_hash(str_n(key, sizeof key));
        key[i] = 0;
        seen[n++] = map_hash(str_n(key, i));
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(seen[i] != seen[k]);
    /* The low bits choose the slot: of 1,024 keys in 1,024 slots about 647 have their own. */
    bool used[1024] = {false};
    int slots = 0;
    for (uint32_t i = 0; i < 1024; i++) {
        bool *slot = &used[map_hash(str_n(&i, sizeof i)) & 1023];
        slots += !*slot;
        *slot = true;
    }
    CHECK_RANGE(slots, 560, 740);
}

static void walks_in_order(void **state) {
    (void)state;
    CLEANUP_DEINIT(map) struct map m = {0};
    int v = 0;
    map_put(&m, S("b"), &v);
    map_put(&m, S("a"), &v);
    map_put(&m, S("c"), &v);
    map_remove(&m, S("a"));
    size_t at = 0;
    str key;
    CHECK(map_next(&m, &at, &key, NULL));
    CHECK_STR(key, S("b"));
    CHECK(map_next(&m, &at, &key, NULL));
    CHECK_STR(key, S("c"));
    CHECK(!map_next(&m, &at, &key, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_gets_removes), cmocka_unit_test(is_used_again),
        cmocka_unit_test(keys_are_bytes), cmocka_unit_test(hashes_all_of_it),
        cmocka_unit_test(walks_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
