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
    const struct CMUnitTest tests[] = {cmocka_unit_test(puts_gets_removes),
                                       cmocka_unit_test(walks_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
