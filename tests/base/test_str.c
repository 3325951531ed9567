/* base/str: numbers, UTF-8, globs, cutting. */
#include "cm.h"

static void numbers(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
        bool ok;
        uint64_t want;
    } cases[] = {
        {"zero", "0", true, 0},
        {"largest", "18446744073709551615", true, UINT64_MAX},
        {"one more", "18446744073709551616", false, 0},
        {"sign", "-1", false, 0},
        {"plus", "+1", false, 0},
        {"space", " 1", false, 0},
        {"empty", "", false, 0},
        {"hex", "0x10", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t v = 77;
        CHECK_CASE(str_to_u64(str_c(cases[i].text), &v) == cases[i].ok, cases[i].name);
        CHECK_CASE(v == (cases[i].ok ? cases[i].want : 77), cases[i].name);
    }
    int64_t least = 0;
    CHECK(str_to_i64(S("-9223372036854775808"), &least));
    CHECK(least == INT64_MIN);
    CHECK(!str_to_i64(S("9223372036854775808"), &least));
}

static void utf8(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str text;
        bool ok;
    } cases[] = {
        {"ascii", S_INIT("abc"), true},
        {"nul", S_INIT("a\0b"), true},
        {"two", S_INIT("\xC3\xA4"), true},
        {"overlong slash", S_INIT("\xC0\xAF"), false},
        {"surrogate", S_INIT("\xED\xA0\x80"), false},
        {"four", S_INIT("\xF0\x9F\x93\xB7"), true},
        {"too large", S_INIT("\xF4\x90\x80\x80"), false},
        {"cut", S_INIT("\xE2\x82"), false},
        {"lone tail", S_INIT("\x80"), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(str_is_utf8(cases[i].text) == cases[i].ok, cases[i].name);
}

static void globs(void **state) {
    (void)state;
    CHECK(str_glob(S("s3:Get*"), S("s3:GetObject"), false));
    CHECK(str_glob(S("*"), S(""), false));
    CHECK(str_glob(S("a*b*c"), S("axxbyyc"), false));
    CHECK(str_glob(S("a?c"), S("abc"), false));
    CHECK(!str_glob(S("a?c"), S("ac"), false));
    CHECK(!str_glob(S("s3:get*"), S("s3:GetObject"), false));
    CHECK(str_glob(S("s3:get*"), S("s3:GetObject"), true));
}

static void cutting(void **state) {
    (void)state;
    str head, tail;
    CHECK(str_cut(S("a=b=c"), '=', &head, &tail));
    CHECK_STR(head, S("a"));
    CHECK_STR(tail, S("b=c"));
    CHECK(!str_cut(S("abc"), '=', &head, &tail));
    CHECK(!tail.p);
    CHECK_STR(str_trim(S(" \ta b\t ")), S("a b"));
    CHECK_STR(str_slice(S("abc"), 2, 99), S("c"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(utf8),
                                       cmocka_unit_test(globs), cmocka_unit_test(cutting)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
