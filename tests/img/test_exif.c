/* img/exif: the fields of a good block; damaged blocks do no harm. */
#include "cm.h"

#include "img/exif.h"

/* A little-endian TIFF, written entry by entry; values over 4 bytes go behind the directories. */

static void le(struct buf *b, uint32_t v, int n) {
    for (int i = 0; i < n; i++)
        buf_u8(b, (uint8_t)(v >> (8 * i)));
}

static void entry(struct buf *b, uint32_t tag, uint32_t type, uint32_t count, uint32_t value) {
    le(b, tag, 2);
    le(b, type, 2);
    le(b, count, 4);
    le(b, value, 4);
}

/* Make at 100, model at 110, date at 120 in the Exif directory at 60, GPS directory at 160. */
static void sample(struct buf *b) {
    buf_add(b, "II*\0", 4);
    le(b, 8, 4);
    le(b, 4, 2);
    entry(b, 0x010F, 2, 9, 100);
    entry(b, 0x0112, 3, 1, 6);
    entry(b, 0x8769, 4, 1, 62);
    entry(b, 0x8825, 4, 1, 160);
    le(b, 0, 4); /* no further directory; the Exif one stands at 62 */
    le(b, 1, 2);
    entry(b, 0x9003, 2, 20, 120);
    while (b->len < 100)
        buf_u8(b, 0);
    buf_add(b, "Cam\x01\xE9ra\0\0", 9);
    while (b->len < 120)
        buf_u8(b, 0);
    buf_add(b, "2014:10:31 13:32:37", 20);
    while (b->len < 160)
        buf_u8(b, 0);
    le(b, 4, 2);
    entry(b, 1, 2, 2, 'S');
    entry(b, 2, 5, 3, 220);
    entry(b, 3, 2, 2, 'E');
    entry(b, 4, 5, 3, 244);
    while (b->len < 220)
        buf_u8(b, 0);
    static const uint32_t angles[] = {33, 1, 30, 1, 0, 1, 151, 1, 12, 1, 36, 1};
    for (size_t i = 0; i < ARRAY_LEN(angles); i++)
        le(b, angles[i], 4);
}

static void reads_the_fields(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    sample(&b);
    struct img_exif x;
    img_exif_parse(buf_view(&b), &x);
    CHECK_INT(x.orientation, 6);
    CHECK_STR(str_c(x.make), S("Cam?ra")); /* a control byte dropped, a Latin-1 byte replaced */
    CHECK_STR(str_c(x.captured_at), S("2014-10-31T13:32:37"));
    CHECK(x.has_gps && x.latitude == -33.5);
    CHECK(x.longitude > 151.209 && x.longitude < 151.211);
}

/* Every prefix, and every single byte changed: no crash (ASan watches), and always sane values. */
static void survives_damage(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    sample(&b);
    struct img_exif x;
    for (size_t n = 0; n <= b.len; n++) {
        CLEANUP_MEM char *copy = mem_alloc(n);
        memcpy(copy, b.p, n);
        img_exif_parse(str_n(copy, n), &x);
        CHECK_RANGE(x.orientation, 1, 8);
    }
    for (size_t i = 0; i < b.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            b.p[i] ^= (char)(1 << bit);
            img_exif_parse(buf_view(&b), &x);
            CHECK_RANGE(x.orientation, 1, 8);
            CHECK(str_is_utf8(str_c(x.make)));
            b.p[i] ^= (char)(1 << bit);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_the_fields),
                                       cmocka_unit_test(survives_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
