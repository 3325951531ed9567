/* store/key: the byte order of keys is the order of their parts. */
#include "cm.h"

#include "store/key.h"

static void test_order_is_that_of_the_parts(void **state) {
    (void)state;
    /* Pairs of parts, ascending. */
    static const str parts[][2] = {
        {S_INIT(""), S_INIT("")},      {S_INIT(""), S_INIT("z")},
        {S_INIT("\0"), S_INIT("a")},   {S_INIT("\0\0"), S_INIT("a")},
        {S_INIT("\0\1"), S_INIT("a")}, {S_INIT("\0\xff"), S_INIT("")},
        {S_INIT("\1"), S_INIT("")},    {S_INIT("a"), S_INIT("")},
        {S_INIT("a"), S_INIT("b")},    {S_INIT("a\0"), S_INIT("")},
        {S_INIT("a\0b"), S_INIT("")},  {S_INIT("a\1"), S_INIT("")},
        {S_INIT("ab"), S_INIT("")},    {S_INIT("b"), S_INIT("")},
        {S_INIT("\xff"), S_INIT("")},
    };
    struct buf last = {0}, key = {0}, part = {0};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        key_begin(&key, "kind");
        key_str(&key, parts[i][0]);
        key_str(&key, parts[i][1]);
        if (i)
            CHECK(str_cmp(buf_view(&last), buf_view(&key)) < 0);
        struct cur c = cur_of(buf_view(&key));
        CHECK_STR(key_take_kind(&c), S("kind"));
        for (int k = 0; k < 2; k++) {
            buf_clear(&part);
            CHECK(key_take_str(&c, &part));
            CHECK_STR(buf_view(&part), parts[i][k]);
        }
        CHECK(!c.bad && c.s.len == 0);
        buf_clear(&last);
        buf_str(&last, buf_view(&key));
    }
    buf_deinit(&last);
    buf_deinit(&key);
    buf_deinit(&part);
}

/* Random tuples over a nasty alphabet: the keys compare as the tuples do. */
static int sign(int v) { return (v > 0) - (v < 0); }

static void test_order_property(void **state) {
    (void)state;
    unsigned seed = 12345;
    static const char alphabet[] = {0, 1, 2, 'a', (char)0xFE, (char)0xFF};
    struct buf keys[2] = {{0}, {0}};
    for (int round = 0; round < 20000; round++) {
        char text[2][2][4];
        str part[2][2];
        uint64_t number[2];
        for (int k = 0; k < 2; k++) {
            for (int j = 0; j < 2; j++) {
                size_t n = (size_t)rand_r(&seed) % 4;
                for (size_t i = 0; i < n; i++)
                    text[k][j][i] = alphabet[(size_t)rand_r(&seed) % sizeof alphabet];
                part[k][j] = str_n(text[k][j], n);
            }
            number[k] = (uint64_t)rand_r(&seed) % 3 << (rand_r(&seed) % 60);
            key_begin(&keys[k], "k");
            key_str(&keys[k], part[k][0]);
            key_u64(&keys[k], number[k]);
            key_str(&keys[k], part[k][1]);
        }
        int want = str_cmp(part[0][0], part[1][0]);
        if (want == 0)
            want = number[0] < number[1] ? -1 : number[0] > number[1];
        if (want == 0)
            want = str_cmp(part[0][1], part[1][1]);
        CHECK_INT(sign(str_cmp(buf_view(&keys[0]), buf_view(&keys[1]))), sign(want));
    }
    buf_deinit(&keys[0]);
    buf_deinit(&keys[1]);
}

static void test_after_bounds_the_prefix(void **state) {
    (void)state;
    struct buf prefix = {0}, after = {0}, inside = {0}, outside = {0};
    key_begin(&prefix, "obj");
    key_str(&prefix, S("b"));
    buf_str(&after, buf_view(&prefix));
    key_after(&after);
    key_begin(&inside, "obj");
    key_str(&inside, S("b"));
    key_raw(&inside, S("\xff\xff\xff\xff"));
    key_begin(&outside, "obj");
    key_str(&outside, str_n("b\0", 2));
    CHECK(str_cmp(buf_view(&inside), buf_view(&after)) < 0);
    CHECK(str_cmp(buf_view(&outside), buf_view(&after)) >= 0);

    buf_clear(&after);
    buf_str(&after, S("a\xff\xff"));
    key_after(&after);
    CHECK_STR(buf_view(&after), S("b"));
    buf_deinit(&prefix);
    buf_deinit(&after);
    buf_deinit(&inside);
    buf_deinit(&outside);
}

static void test_damaged_keys_are_seen(void **state) {
    (void)state;
    static const str bad[] = {S_INIT(""), S_INIT("abc"), S_INIT("abc\0"), S_INIT("abc\0\2"),
                              S_INIT("\0\xff")};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf part = {0};
        struct cur c = cur_of(bad[i]);
        CHECK(!key_take_str(&c, &part));
        CHECK(c.bad);
        CHECK(!key_take_str(&c, &part));
        struct cur k = cur_of(bad[i]);
        CHECK_STR(key_take_kind(&k), S(""));
        CHECK(k.bad);
        buf_deinit(&part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_that_of_the_parts),
        cmocka_unit_test(test_order_property),
        cmocka_unit_test(test_after_bounds_the_prefix),
        cmocka_unit_test(test_damaged_keys_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
