/* base/json: what is parsed, refused and written. */
#include "cm.h"

#include "base/json.h"

static void numbers_are_short(void **state) {
    (void)state;
    static const struct {
        double v;
        const char *want;
    } cases[] = {{0.1, "[0.1]"},
                 {1.0, "[1]"},
                 {1.5e300, "[1.5e+300]"},
                 {1.0 / 3, "[0.3333333333333333]"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        CLEANUP_JSON json_t *j = json_pack("[f]", cases[i].v);
        json_write(&b, j);
        CHECK_BUF(b, cases[i].want);
    }
}

static void round_trip(void **state) {
    (void)state;
    const char *text = "{\"a\":[1,true,null,\"\\u0000\\n\\\"\xC3\xA4\"],\"b\":{}}";
    CLEANUP_JSON json_t *j = json_parse(str_c(text), NULL);
    CHECK(j);
    CLEANUP_DEINIT(buf) struct buf b = {0};
    json_write(&b, j);
    CHECK_BUF(b, text);
}

static void refuses(void **state) {
    (void)state;
    static const char *const bad[] = {"{\"a\":1,\"a\":2}", "[1] x", "", "[1,]",
                                      "\"\xC0\xAF\"",      "[01]"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {{0}};
        CHECK_CASE(json_parse(str_c(bad[i]), &err) == NULL, bad[i]);
        CHECK_CASE(str_starts(str_c(err.text), S("line ")), bad[i]);
    }
}

static void quotes_what_is_not_utf8(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    json_add_quoted(&b, S("a\xFF\x01"));
    CHECK_BUF(b, "\"a\xEF\xBF\xBD\\u0001\"");
}

static void finds_a_text(void **state) {
    (void)state;
    CLEANUP_JSON json_t *list = json_parse(S("[\"a\", 1, \"b\"]"), NULL);
    CHECK_INT(json_find_text(list, S("b")), 2);
    CHECK_INT(json_find_text(list, S("1")), -1);
    CHECK_INT(json_find_text(NULL, S("a")), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_short),
                                       cmocka_unit_test(round_trip), cmocka_unit_test(refuses),
                                       cmocka_unit_test(quotes_what_is_not_utf8),
                                       cmocka_unit_test(finds_a_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
