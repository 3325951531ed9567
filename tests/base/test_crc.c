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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(check_values),
                                       cmocka_unit_test(pieces_equal_the_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
