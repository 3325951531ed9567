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
}

static void signed_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t want;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-1", true, -1},
        {"42", true, 42},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"--1", false, 0},
        {"-", false, 0},
        {"", false, 0},
        {"1-", false, 0},
        {"/", false, 0},
        {":", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t v = 77;
        CHECK_CASE(str_to_i64(str_c(cases[i].text), &v) == cases[i].ok, cases[i].text);
        CHECK_CASE(v == (cases[i].ok ? cases[i].want : 77), cases[i].text);
    }
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
        {"empty", S_INIT(""), true},
        {"last of one", S_INIT("\x7F"), true},
        {"first of two", S_INIT("\xC2\x80"), true},
        {"overlong two", S_INIT("\xC1\xBF"), false},
        {"last of two", S_INIT("\xDF\xBF"), true},
        {"two cut", S_INIT("a\xC3"), false},
        {"two without a tail", S_INIT("\xC3z"), false},
        {"tail too high", S_INIT("\xC3\xC0"), false},
        {"first of three", S_INIT("\xE0\xA0\x80"), true},
        {"overlong three", S_INIT("\xE0\x9F\xBF"), false},
        {"three whose tail is low", S_INIT("\xE1\x80\x80"), true},
        {"before the surrogates", S_INIT("\xED\x9F\xBF"), true},
        {"behind the surrogates", S_INIT("\xEE\x80\x80"), true},
        {"last of three", S_INIT("\xEF\xBF\xBF"), true},
        {"third is no tail", S_INIT("\xE2\x82z"), false},
        {"first of four", S_INIT("\xF0\x90\x80\x80"), true},
        {"overlong four", S_INIT("\xF0\x8F\xBF\xBF"), false},
        {"four whose tail is low", S_INIT("\xF1\x80\x80\x80"), true},
        {"last of all", S_INIT("\xF4\x8F\xBF\xBF"), true},
        {"fourth is no tail", S_INIT("\xF0\x9F\x93z"), false},
        {"five", S_INIT("\xF8\x88\x80\x80\x80"), false},
        {"good then bad", S_INIT("\xC3\xA4\xFF"), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(str_is_utf8(cases[i].text) == cases[i].ok, cases[i].name);
}

static void globs(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool nocase, matches;
    } cases[] = {
        {"s3:Get*", "s3:GetObject", false, true},
        {"s3:get*", "s3:GetObject", false, false},
        {"s3:get*", "s3:GetObject", true, true},
        {"S3:GET*", "s3:getobject", true, true},
        {"*", "", false, true},
        {"**", "", false, true},
        {"", "", false, true},
        {"", "a", false, false},
        {"a", "", false, false},
        {"?", "", false, false},
        {"a?c", "abc", false, true},
        {"a?c", "ac", false, false},
        {"a?c", "abbc", false, false},
        {"a*b*c", "axxbyyc", false, true},
        {"a*b*c", "abbc", false, true},
        {"a*b*c", "axxc", false, false},
        {"a*c", "abcbc", false, true},
        {"a*c", "abcb", false, false},
        {"*abc", "ababc", false, true},
        {"*aab", "aaaab", false, true},
        {"a*", "a", false, true},
        {"a*?", "a", false, false},
        {"*a", "bab", false, false},
        {"ab", "abc", false, false},
        {"abc", "ab", false, false},
        {"a[b", "a[b", false, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(str_glob(str_c(cases[i].pattern), str_c(cases[i].text), cases[i].nocase) ==
                       cases[i].matches,
                   cases[i].pattern);
}

static void orders(void **state) {
    (void)state;
    /* Ascending: each is below all that follow. */
    static const str list[] = {S_INIT(""),   S_INIT("\0"),   S_INIT("A"),  S_INIT("a"),
                               S_INIT("aa"), S_INIT("aa\0"), S_INIT("ab"), S_INIT("\xff")};
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        for (size_t k = 0; k < ARRAY_LEN(list); k++) {
            int order = str_cmp(list[i], list[k]);
            CHECK_INT((order > 0) - (order < 0), (i > k) - (i < k));
            CHECK_INT(str_eq_secret(list[i], list[k]), i == k);
            CHECK_INT(str_eq(list[i], list[k]), i == k);
        }
    CHECK_INT(str_cmp(STR_NONE, S("")), 0);
    CHECK(!str_eq_secret(S("ab"), S("bb")));
    CHECK(!str_eq_secret(S("ab"), S("ba")));
}

static void finds(void **state) {
    (void)state;
    CHECK_INT(str_chr(S("abca"), 'a'), 0);
    CHECK_INT(str_chr(S("abca"), 'c'), 2);
    CHECK_INT(str_chr(S("abca"), 'd'), -1);
    CHECK_INT(str_chr(STR_NONE, 'a'), -1);
    CHECK_INT(str_rchr(S("abca"), 'a'), 3);
    CHECK_INT(str_rchr(S("abca"), 'd'), -1);
    CHECK_INT(str_rchr(STR_NONE, 'a'), -1);
    CHECK_INT(str_find(S("abcabc"), S("ca")), 2);
    CHECK_INT(str_find(S("abc"), S("")), 0);
    CHECK_INT(str_find(S("abc"), S("abcd")), -1);
    CHECK_INT(str_find(STR_NONE, S("a")), -1);
    CHECK(str_starts_nocase(S("X-Amz-Date"), S("x-AMZ-")));
    CHECK(str_starts_nocase(S("x"), S("X")));
    CHECK(!str_starts_nocase(S("x-am"), S("x-amz-")));
    CHECK(!str_starts_nocase(S("y-amz-"), S("x-amz-")));
    CHECK(str_eq_nocase(S("Host"), S("hOST")));
    CHECK(!str_eq_nocase(S("Host"), S("Hos")));
    CHECK(!str_eq_nocase(S("Hos"), S("Host")));
    CHECK(!str_eq_nocase(S("[a"), S("{a"))); /* no letters, though 32 apart */
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
    CHECK(str_cut(S("=b"), '=', &head, &tail));
    CHECK(head.len == 0 && head.p);
    CHECK(str_cut(S("a="), '=', &head, &tail));
    CHECK(tail.len == 0 && tail.p);
    CHECK_STR(str_trim(S(" \t")), S(""));
    CHECK_STR(str_trim(S("\na\r")), S("\na\r"));
    CHECK_STR(str_slice(S("abc"), 2, 99), S("c"));
    CHECK_STR(str_slice(S("abc"), 0, 3), S("abc"));
    CHECK_STR(str_slice(S("abc"), 1, 2), S("b"));
    CHECK_STR(str_slice(S("abc"), 3, 3), S(""));
    CHECK_STR(str_slice(S("abc"), 4, 9), S(""));
    CHECK_STR(str_slice(S("abc"), 2, 1), S(""));
    CHECK(!str_slice(STR_NONE, 1, 2).p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(signed_numbers),
                                       cmocka_unit_test(orders),  cmocka_unit_test(finds),
                                       cmocka_unit_test(utf8),    cmocka_unit_test(globs),
                                       cmocka_unit_test(cutting)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
