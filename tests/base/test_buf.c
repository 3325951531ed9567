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

/* The bytes that files and keys hold: big-endian, and seven bits at a time. */
static void has_the_bytes_of_the_formats(void **state) {
    (void)state;
    static const struct {
        uint64_t v;
        str bytes;
    } varints[] = {
        {0, S_INIT("\0")},
        {0x7F, S_INIT("\x7F")},
        {0x80, S_INIT("\x80\x01")},
        {300, S_INIT("\xAC\x02")},
        {0x3FFF, S_INIT("\xFF\x7F")},
        {0x4000, S_INIT("\x80\x80\x01")},
        {UINT64_MAX, S_INIT("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")},
    };
    for (size_t i = 0; i < ARRAY_LEN(varints); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        buf_varint(&b, varints[i].v);
        CHECK_STR(buf_view(&b), varints[i].bytes);
        struct cur c = cur_of(varints[i].bytes);
        CHECK(cur_varint(&c) == varints[i].v && !c.bad && c.s.len == 0);
    }
    CLEANUP_DEINIT(buf) struct buf b = {0};
    buf_u8(&b, 0x01);
    buf_u16(&b, 0x0203);
    buf_u32(&b, 0x04050607);
    buf_u64(&b, 0x08090A0B0C0D0E0F);
    CHECK_STR(buf_view(&b), S("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F"));
    struct cur c = cur_of(buf_view(&b));
    CHECK_INT(cur_u8(&c), 0x01);
    CHECK_INT(cur_u16(&c), 0x0203);
    CHECK_INT(cur_u32(&c), 0x04050607);
    CHECK(cur_u64(&c) == 0x08090A0B0C0D0E0F && !c.bad);
}

/* Once bad, a cursor gives nothing, even where bytes are left. */
static void bad_stays(void **state) {
    (void)state;
    struct cur c = cur_of(S("abc"));
    CHECK_STR(cur_take(&c, 2), S("ab"));
    CHECK_INT(cur_u16(&c), 0);
    CHECK(c.bad);
    CHECK_INT(cur_u8(&c), 0);
    CHECK_STR(cur_take(&c, 1), S(""));
    c = cur_of(S("abc"));
    CHECK_STR(cur_take(&c, 3), S("abc"));
    CHECK(!c.bad);
    CHECK_STR(cur_take(&c, 0), S(""));
    CHECK(!c.bad);
    c = cur_of(S("\x03"
                 "abc"));
    CHECK_STR(cur_lstr(&c), S("abc"));
    CHECK(!c.bad && c.s.len == 0);
    c = cur_of(S("\x04"
                 "abc"));
    CHECK_STR(cur_lstr(&c), S(""));
    CHECK(c.bad);
}

/* Whatever was done last, a NUL stands behind; what is taken is the caller's. */
static void ends_with_nul(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    CHECK_TEXT(buf_cstr(&b), "");
    CHECK_STR(buf_view(&b), S(""));
    for (size_t n = 0; n < 300; n++) {
        CHECK_INT(strlen(buf_cstr(&b)), n);
        buf_char(&b, 'x');
    }
    CLEANUP_MEM char *taken = buf_take(&b);
    CHECK_INT(strlen(taken), 300);
    CHECK(!b.p && b.len == 0 && b.cap == 0);
    CLEANUP_MEM char *nothing = buf_take(&b);
    CHECK_TEXT(nothing, "");
    buf_add(&b, NULL, 0);
    CHECK_TEXT(b.p, "");
    for (int n = 120; n < 140; n++) { /* around the room that printing begins with */
        CLEANUP_DEINIT(buf) struct buf printed = {0};
        buf_printf(&printed, "%0*d", n, 7);
        CHECK_INT(printed.len, n);
        CHECK_INT(strlen(printed.p), n);
        CHECK_INT(printed.p[n - 1], '7');
    }
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

/* What it gave does not overlap, whatever the sizes. */
static void arena_gives_each_its_own(void **state) {
    (void)state;
    CLEANUP_DEINIT(arena) struct arena a = {0};
    enum { MANY = 600 };
    char *given[MANY];
    for (size_t i = 0; i < MANY; i++)
        given[i] = memset(arena_alloc(&a, i * 3), (int)(i % 251), i * 3);
    for (size_t i = 0; i < MANY; i++)
        for (size_t k = 0; k < i * 3; k++)
            CHECK_INT((unsigned char)given[i][k], i % 251);
    CHECK(arena_alloc(&a, 0) != arena_alloc(&a, 0));
    const unsigned char *zero = arena_zalloc(&a, 100);
    for (int i = 0; i < 100; i++)
        CHECK_INT(zero[i], 0);
    CHECK_TEXT(arena_cstr(&a, STR_NONE), "");
    CHECK_TEXT(arena_str(&a, str_n("abcdef", 3)).p, "abc");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(grows_and_reads_back),
                                       cmocka_unit_test(a_lying_length_is_bad),
                                       cmocka_unit_test(prints),
                                       cmocka_unit_test(has_the_bytes_of_the_formats),
                                       cmocka_unit_test(bad_stays),
                                       cmocka_unit_test(ends_with_nul),
                                       cmocka_unit_test(arena_gives_each_its_own),
                                       cmocka_unit_test(arena_keeps_what_it_gave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
