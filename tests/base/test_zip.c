/* The zip that `package` writes: every byte of the frame, and what an inflater gets back. */
#include "cm.h"

#include "base/crc.h"
#include "base/zip.h"

#include <errno.h>
#include <zlib.h>

static unsigned get16(const char *p) { return (unsigned char)p[0] | (unsigned char)p[1] << 8; }
static uint32_t get32(const char *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }

/* Inflates the entry whose local header stands at `at`; returns where the next thing begins. */
static size_t check_entry(const struct buf *zip, size_t at, const char *name, str want) {
    const char *head = zip->p + at;
    CHECK_INT(get32(head), 0x04034b50);
    CHECK_INT(get16(head + 8), 8);
    CHECK_INT(get32(head + 14), crc32_ieee(0, want.p, want.len));
    CHECK_INT(get32(head + 22), want.len);
    CHECK_INT(get16(head + 26), strlen(name));
    CHECK_INT(get16(head + 28), 0);
    CHECK_STR(str_n(head + 30, strlen(name)), str_c(name));

    uint32_t packed = get32(head + 18);
    CLEANUP_MEM char *out = mem_zalloc(want.len + 1);
    z_stream z = {.next_in = (unsigned char *)head + 30 + strlen(name),
                  .avail_in = packed,
                  .next_out = (unsigned char *)out,
                  .avail_out = (unsigned)want.len + 1};
    CHECK_INT(inflateInit2(&z, -MAX_WBITS), Z_OK);
    CHECK_INT(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    CHECK_STR(str_n(out, z.total_out), want);
    return at + 30 + strlen(name) + packed;
}

static size_t check_central(const struct buf *zip, size_t at, const char *name, unsigned mode,
                            size_t entry) {
    const char *head = zip->p + at;
    CHECK_INT(get32(head), 0x02014b50);
    CHECK_INT(get16(head + 4) >> 8, 3); /* made by Unix: the mode counts */
    CHECK_INT(get32(head + 38) >> 16, 0100000 | mode);
    CHECK_INT(get32(head + 42), entry);
    CHECK_STR(str_n(head + 46, strlen(name)), str_c(name));
    return at + 46 + strlen(name);
}

static void make(struct zip *zip, str first, str second) {
    CHECK_INT(zip_add(zip, "one", 0755, first, NULL), 0);
    CHECK_INT(zip_add(zip, "two.txt", 0644, second, NULL), 0);
    zip_end(zip);
}

static void can_be_read(void **state) {
    (void)state;
    CLEANUP_DEINIT(zip) struct zip zip = {0};
    CLEANUP_DEINIT(buf) struct buf big = {0};
    for (int i = 0; i < 20000; i++)
        buf_printf(&big, "%d ", i);
    make(&zip, buf_view(&big), S(""));
    size_t second = check_entry(&zip.out, 0, "one", buf_view(&big));
    size_t central = check_entry(&zip.out, second, "two.txt", S(""));
    size_t at = check_central(&zip.out, central, "one", 0755, 0);
    at = check_central(&zip.out, at, "two.txt", 0644, second);
    const char *end = zip.out.p + at;
    CHECK_INT(get32(end), 0x06054b50);
    CHECK_INT(get16(end + 8), 2);
    CHECK_INT(get16(end + 10), 2);
    CHECK_INT(get32(end + 12), at - central);
    CHECK_INT(get32(end + 16), central);
    CHECK_INT(zip.out.len, at + 22);
    CHECK(second < big.len); /* it was deflated */
}

static void same_entries_same_bytes(void **state) {
    (void)state;
    CLEANUP_DEINIT(zip) struct zip a = {0}, b = {0};
    make(&a, S("abc"), S("def"));
    make(&b, S("abc"), S("def"));
    CHECK_STR(buf_view(&a.out), buf_view(&b.out));
}

static void refuses_what_is_too_large(void **state) {
    (void)state;
    CLEANUP_DEINIT(zip) struct zip zip = {0};
    struct err err = {0};
    str huge = {"", (size_t)1 << 31}; /* refused before a byte is looked at */
    CHECK_INT(zip_add(&zip, "huge", 0644, huge, &err), -EFBIG);
    CHECK_HAS(err.text, "huge is too large");
    CHECK_INT(zip.out.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(can_be_read),
        cmocka_unit_test(same_entries_same_bytes),
        cmocka_unit_test(refuses_what_is_too_large),
    };
    return cmocka_run_group_tests_name("base/zip", tests, NULL, NULL);
}
