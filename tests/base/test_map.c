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
        assert_null(map_put(&m, str_n(key, (size_t)n), &values[i]));
    }
    for (int i = 0; i < MANY; i += 2) {
        int n = snprintf(key, sizeof key, "k%d", i);
        assert_ptr_equal(map_remove(&m, str_n(key, (size_t)n)), &values[i]);
    }
    assert_true(m.n == MANY / 2);
    for (int i = 0; i < MANY; i++) {
        int n = snprintf(key, sizeof key, "k%d", i);
        assert_ptr_equal(map_get(&m, str_n(key, (size_t)n)), i % 2 ? &values[i] : NULL);
    }
    assert_ptr_equal(map_put(&m, S("k1"), &values[0]), &values[1]);
    assert_null(map_get(&m, S("")));
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
    assert_true(map_next(&m, &at, &key, NULL));
    check_str(key, S("b"));
    assert_true(map_next(&m, &at, &key, NULL));
    check_str(key, S("c"));
    assert_false(map_next(&m, &at, &key, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(puts_gets_removes),
                                       cmocka_unit_test(walks_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
