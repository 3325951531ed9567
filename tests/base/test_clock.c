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
        {"2026-11-22T05:56:59+0100", true, 1795323419000},
        {"2026-11-21T23:26:59-05:30", true, 1795323419000},
        {"2026-11-22 04:56z", true, 1795323360000},
        {"2026-11-22T04:56:59", true, 1795323419000},
        {"2026-11-22T04:56:59.1Z", true, 1795323419100},
        {"2026-11-22T04:56:59.1239999Z", true, 1795323419123},
        {"2026-11-22T23:59:60Z", true, 1795392000000},
        {"1969-12-31T23:59:59.999Z", true, -1},
        {"2024-02-29", true, 1709164800000},
        {"2000-02-29", true, 951782400000},
        {"2026-12-31", true, 1798675200000},
        {"0001-01-01", true, -62135596800000},
        {"2026-02-29", false, 0},
        {"1900-02-29", false, 0},
        {"2024-02-30", false, 0},
        {"2026-11-31", false, 0},
        {"2026-11-00", false, 0},
        {"2026-00-22", false, 0},
        {"0000-01-01", false, 0},
        {"2026-11-22T24:00:00Z", false, 0},
        {"2026-11-22T04:60:00Z", false, 0},
        {"2026-11-22T04:56:61Z", false, 0},
        {"2026-11-22T04:56:59.Z", false, 0},
        {"2026-11-22T05:56:59+23:59", true, 1795240679000},
        {"2026-11-22T05:56:59-23:59", true, 1795413359000},
        {"2026-11-22T04:56:59+24:00", false, 0},
        {"2026-11-22T04:56:59+01:60", false, 0},
        {"2026-11-22T04:56:59+1", false, 0},
        {"2026-11-22T04:56:59+01:", false, 0},
        {"2026-11-22x04:56:59Z", false, 0},
        {"2026-11-22T", false, 0},
        {"2026-11-22T04", false, 0},
        {"2026/11-22", false, 0},
        {"2026-11/22", false, 0},
        {"202a-11-22", false, 0},
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
}

static void reads_other_forms(void **state) {
    (void)state;
    static const struct {
        bool (*parse)(str s, int64_t *ret_epoch_ms);
        const char *text;
        int64_t want; /* 0: refused */
    } cases[] = {
        {clock_parse_amz, "20261122T045659Z", 1795323419000},
        {clock_parse_amz, "20261122T045659", 0},
        {clock_parse_amz, "20261122T045659ZZ", 0},
        {clock_parse_amz, "20261122 045659Z", 0},
        {clock_parse_amz, "20261322T045659Z", 0},
        {clock_parse_amz, "20261122T04565Z", 0},
        {clock_parse_http, "Sun, 22 Nov 2026 04:56:59 GMT", 1795323419000},
        {clock_parse_http, "Thu, 01 Jan 1970 00:00:01 GMT", 1000},
        {clock_parse_http, "Thu, 31 Dec 2026 00:00:00 GMT", 1798675200000},
        {clock_parse_http, "Sun, 22 Nov 2026 04:56:59", 0},
        {clock_parse_http, "Sun, 22 Nov 2026 04:56:59 UTC", 0},
        {clock_parse_http, "Sun 22 Nov 2026 04:56:59 GMT", 0},
        {clock_parse_http, "Sun, 22 Nox 2026 04:56:59 GMT", 0},
        {clock_parse_http, "Sun, 22-Nov 2026 04:56:59 GMT", 0},
        {clock_parse_http, "Sun, 22 Nov 2026 04-56:59 GMT", 0},
        {clock_parse_http, "Sun, 22 Nov 2026 04:56-59 GMT", 0},
        {clock_parse_http, "Sun, 2 Nov 2026 04:56:59 GMT", 0},
        {clock_parse_http, "Sun, 22 ", 0},
        {clock_parse_http, "Sun, 31 Nov 2026 04:56:59 GMT", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t got = 0;
        CHECK_CASE(cases[i].parse(str_c(cases[i].text), &got) == (cases[i].want != 0),
                   cases[i].text);
        CHECK_CASE(cases[i].want == 0 || got == cases[i].want, cases[i].text);
    }
}

/*
 * Before 1970 the second is the one that has begun, and every month and day has its English name.
 */
static void writes_other_days(void **state) {
    (void)state;
    char out[CLOCK_ISO_MAX];
    CHECK_TEXT(clock_iso8601_ms(out, -1), "1969-12-31T23:59:59.999Z");
    CHECK_TEXT(clock_iso8601(out, -1000), "1969-12-31T23:59:59Z");
    CHECK_TEXT(clock_iso8601_ms(out, 7), "1970-01-01T00:00:00.007Z");
    CHECK_TEXT(clock_http(out, 1769990400000), "Mon, 02 Feb 2026 00:00:00 GMT");
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    for (int i = 0; i < 12; i++) {
        int64_t at = 0, again = 0;
        char text[32];
        snprintf(text, sizeof text, "2026-%02d-15", i + 1);
        CHECK(clock_parse_iso8601(str_c(text), &at));
        CHECK_STR(str_n(clock_http(out, at) + 8, 3), str_c(months[i]));
        CHECK(clock_parse_http(str_c(out), &again));
        CHECK_INT(again, at);
    }
    for (int i = 0; i < 7; i++)
        CHECK_STR(str_n(clock_http(out, (int64_t)i * 86400000), 3), str_c(days[i]));
}

/*
 * Days are written by the C library's calendar and read by ours. A fifth of all that have a year of
 * four digits, each at another time of the day.
 */
static void any_day_is_read_as_it_is_written(void **state) {
    (void)state;
    enum { FROM = -354285, TO = 2932896, STEP = 5 }; /* 1000-01-01 to 9999-12-31 */
    static const int64_t day_ms = 86400000;
    char out[CLOCK_ISO_MAX];
    CHECK_TEXT(clock_day(out, FROM * day_ms), "1000-01-01");
    CHECK_TEXT(clock_day(out, TO * day_ms), "9999-12-31");
    for (int64_t day = FROM; day <= TO; day += STEP) {
        int64_t at = day * day_ms + (day - FROM) * 7919 % day_ms, again = 0;
        CHECK_CASE(clock_parse_iso8601(str_c(clock_iso8601_ms(out, at)), &again), out);
        CHECK_CASE(again == at, out);
    }
}

static void world_time_is_moved(void **state) {
    (void)state;
    int64_t before = clock_mono_ns();
    clock_set_offset_ms(86400000);
    CHECK_INT(clock_offset_ms(), 86400000);
    CHECK_RANGE(clock_world_ms() - clock_real_ms(), 86400000 - 1000, 86400000 + 1000);
    clock_set_offset_ms(0);
    CHECK_RANGE(clock_real_ms(), 1577836800000, 4102444800000); /* from 2020 to 2100 */
    CHECK_RANGE(clock_mono_ns() - before, 0, 10000000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes),
                                       cmocka_unit_test(reads),
                                       cmocka_unit_test(reads_other_forms),
                                       cmocka_unit_test(writes_other_days),
                                       cmocka_unit_test(any_day_is_read_as_it_is_written),
                                       cmocka_unit_test(world_time_is_moved)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
