/* base/clock: the date forms, written and read. */
#include "cm.h"

#include "base/clock.h"

static const int64_t instant = 1795323419123; /* 2026-11-22T04:56:59.123Z */

static void writes(void **state) {
    (void)state;
    char out[CLOCK_ISO_MAX];
    CHECK_STR(str_c(clock_iso8601(out, instant)), S("2026-11-22T04:56:59Z"));
    CHECK_STR(str_c(clock_iso8601_ms(out, instant)), S("2026-11-22T04:56:59.123Z"));
    CHECK_STR(str_c(clock_amz(out, instant)), S("20261122T045659Z"));
    CHECK_STR(str_c(clock_http(out, instant)), S("Sun, 22 Nov 2026 04:56:59 GMT"));
    CHECK_STR(str_c(clock_day(out, instant)), S("2026-11-22"));
}

static void reads(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t want;
    } cases[] = {
        {"2026-11-22T04:56:59.123Z", true, 1795323419123},
        {"2026-11-22T04:56:59Z", true, 1795323419000},
        {"2026-11-22T05:56:59+01:00", true, 1795323419000},
        {"2026-11-22", true, 1795305600000},
        {"2026-13-22", false, 0},
        {"2026-11-22T25:00:00Z", false, 0},
        {"2026-11-22T04:56:59Zx", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t got = 0;
        CHECK_CASE(clock_parse_iso8601(str_c(cases[i].text), &got) == cases[i].ok, cases[i].text);
        if (cases[i].ok)
            CHECK_CASE(got == cases[i].want, cases[i].text);
    }
    int64_t got = 0;
    CHECK(clock_parse_amz(S("20261122T045659Z"), &got) && got == 1795323419000);
    CHECK(!clock_parse_amz(S("20261122T045659"), &got));
    CHECK(clock_parse_http(S("Sun, 22 Nov 2026 04:56:59 GMT"), &got) && got == 1795323419000);
    CHECK(!clock_parse_http(S("Sun, 22 Nov 2026 04:56:59"), &got));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes), cmocka_unit_test(reads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
