/* base/buf and base/arena: growth, reading back, lengths that lie. */
#include "cm.h"

#include "base/arena.h"

static void grows_and_reads_back(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    buf_u8(&b, 7);
    buf_u32(&b, 0xDEADBEEF);
    buf_u64(&b, 1);
    buf_varint(&b, 300);
    buf_lstr(&b, S("calotype"));
    struct cur c = cur_of(buf_view(&b));
    CHECK_INT(cur_u8(&c), 7);
    CHECK(cur_u32(&c) == 0xDEADBEEF);
    CHECK(cur_u64(&c) == 1);
    CHECK(cur_varint(&c) == 300);
    CHECK_STR(cur_lstr(&c), S("calotype"));
    CHECK(!c.bad);
    cur_u8(&c);
    CHECK(c.bad);
}

static void a_lying_length_is_bad(void **state) {
    (void)state;
    struct cur c = cur_of(S("\xFF\xFF\xFF\xFF\x0Fxyz"));
    CHECK_INT(cur_lstr(&c).len, 0);
    CHECK(c.bad);
    c = cur_of(S("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
    cur_varint(&c);
    CHECK(c.bad);
}

static void prints(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i);
    CHECK(b.len == 3890);
    buf_clear(&b);
    buf_printf(&b, "%0500d", 1);
    CHECK(b.len == 500 && b.p[499] == '1' && b.p[500] == '\0');
}

static void arena_keeps_what_it_gave(void **state) {
    (void)state;
    CLEANUP_DEINIT(arena) struct arena a = {0};
    str first = arena_printf(&a, "%s-%d", "one", 1);
    for (int i = 0; i < 10000; i++)
        arena_alloc(&a, (size_t)i % 300);
    char *large = arena_zalloc(&a, 3 << 20);
    CHECK(large[(3 << 20) - 1] == 0);
    CHECK_STR(first, S("one-1"));
    CHECK((uintptr_t)arena_alloc(&a, 1) % 16 == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_reads_back), cmocka_unit_test(a_lying_length_is_bad),
        cmocka_unit_test(prints), cmocka_unit_test(arena_keeps_what_it_gave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
