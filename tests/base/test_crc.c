/* base/crc: the published check values, in one piece and in many. */
#include "cm.h"

#include "base/crc.h"

/* The published check values, over "123456789". */
static void check_values(void **state) {
    (void)state;
    CHECK(crc32_ieee(0, "123456789", 9) == 0xCBF43926u);
    CHECK(crc32c(0, "123456789", 9) == 0xE3069283u);
    CHECK(crc64nvme(0, "123456789", 9) == 0xAE8B14860A799888u);
}

static void pieces_equal_the_whole(void **state) {
    (void)state;
    char text[1000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7);
    for (size_t cut = 0; cut <= sizeof text; cut += 13) {
        CHECK(crc32c(crc32c(0, text, cut), text + cut, sizeof text - cut) ==
              crc32c(0, text, sizeof text));
        CHECK(crc32_ieee(crc32_ieee(0, text, cut), text + cut, sizeof text - cut) ==
              crc32_ieee(0, text, sizeof text));
        CHECK(crc64nvme(crc64nvme(0, text, cut), text + cut, sizeof text - cut) ==
              crc64nvme(0, text, sizeof text));
    }
}

/* By the definition, a bit at a time. */
static uint64_t bit_by_bit(uint64_t poly, uint64_t ones, const unsigned char *p, size_t n) {
    uint64_t state = ones;
    for (size_t i = 0; i < n; i++) {
        state ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            state = state >> 1 ^ (state & 1 ? poly : 0);
    }
    return state ^ ones;
}

/* Folded texts: each length of a few steps, at each place in a word, and some long ones. */
static void any_length_and_place(void **state) {
    (void)state;
    static unsigned char text[70000];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)((random = random * 1664525u + 1013904223u) >> 24);
    for (size_t n = 0; n < 700; n += n < 460 ? 1 : 37) {
        const unsigned char *at = text + n % 17;
        CHECK(crc32_ieee(0, at, n) == bit_by_bit(0xEDB88320u, UINT32_MAX, at, n));
        CHECK(crc32c(0, at, n) == bit_by_bit(0x82F63B78u, UINT32_MAX, at, n));
        CHECK(crc64nvme(0, at, n) == bit_by_bit(0x9A6C9329AC4BC9B5u, UINT64_MAX, at, n));
    }
    CHECK(crc32_ieee(0, text, 66001) == bit_by_bit(0xEDB88320u, UINT32_MAX, text, 66001));
    CHECK(crc32c(0, text, 66001) == bit_by_bit(0x82F63B78u, UINT32_MAX, text, 66001));
    CHECK(crc64nvme(0, text, 66001) == bit_by_bit(0x9A6C9329AC4BC9B5u, UINT64_MAX, text, 66001));
}

/* A state that is not the first goes into the folds. */
static void long_pieces_equal_the_whole(void **state) {
    (void)state;
    static char text[5000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i);
    for (size_t cut = 0; cut <= sizeof text; cut += 331) {
        const char *rest = text + cut;
        size_t n = sizeof text - cut;
        CHECK(crc32_ieee(crc32_ieee(0, text, cut), rest, n) == crc32_ieee(0, text, sizeof text));
        CHECK(crc32c(crc32c(0, text, cut), rest, n) == crc32c(0, text, sizeof text));
        CHECK(crc64nvme(crc64nvme(0, text, cut), rest, n) == crc64nvme(0, text, sizeof text));
    }
}

/* What this processor has not is left out by crc.c. */
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_values), cmocka_unit_test(pieces_equal_the_whole),
        cmocka_unit_test(any_length_and_place), cmocka_unit_test(long_pieces_equal_the_whole)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    crc_limit(false);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
