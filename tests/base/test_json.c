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
                 {1e16, "[1e+16]"},
                 {123456789012345678.0, "[1.2345678901234568e+17]"},
                 {5e-324, "[4.94065645841247e-324]"},
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

/* As it is shown to people: by two, empty ones on their line. */
static void pretty(void **state) {
    (void)state;
    CLEANUP_JSON json_t *j =
        json_parse(S("{\"a\":[1,{\"b\":-2.5}],\"c\":{},\"d\":[],\"e\":false}"), NULL);
    CLEANUP_DEINIT(buf) struct buf b = {0};
    json_write_pretty(&b, j);
    CHECK_BUF(b, "{\n  \"a\": [\n    1,\n    {\n      \"b\": -2.5\n    }\n  ],\n"
                 "  \"c\": {},\n  \"d\": [],\n  \"e\": false\n}");
    buf_clear(&b);
    json_write(&b, j);
    CHECK_BUF(b, "{\"a\":[1,{\"b\":-2.5}],\"c\":{},\"d\":[],\"e\":false}");
}

static void quotes(void **state) {
    (void)state;
    static const struct {
        str text;
        const char *want;
    } cases[] = {
        {S_INIT(""), "\"\""},
        {S_INIT(" ~"), "\" ~\""},
        {S_INIT("a\"b\\c/"), "\"a\\\"b\\\\c/\""},
        {S_INIT("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\""},
        {S_INIT("\0\x1F\x7F"), "\"\\u0000\\u001f\\u007f\""},
        {S_INIT("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\xB7."),
         "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\xB7.\""},
        {S_INIT("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        /* around the eight bytes that are looked at together */
        {S_INIT("1234567"), "\"1234567\""},
        {S_INIT("12345678"), "\"12345678\""},
        {S_INIT("12345678\n"), "\"12345678\\n\""},
        {S_INIT("123456789ABCDEF\""), "\"123456789ABCDEF\\\"\""},
        {S_INIT("1234567890\xC3\xA4\xFF\xC3\xA4\t1234567890"),
         "\"1234567890\xC3\xA4\xEF\xBF\xBD\xC3\xA4\\t1234567890\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        json_add_quoted(&b, cases[i].text);
        CHECK_BUF(b, cases[i].want);
    }
}

/* A member of another type is as good as none. */
static void members(void **state) {
    (void)state;
    CLEANUP_JSON json_t *j = json_parse(
        S("{\"s\":\"x\",\"i\":7,\"r\":2.5,\"t\":true,\"f\":false,\"n\":null,\"o\":{},\"a\":[]}"),
        NULL);
    CHECK_STR(json_str(j, "s"), S("x"));
    CHECK(!json_str(j, "i").p && !json_str(j, "none").p && !json_str(NULL, "s").p);
    CHECK_INT(json_int(j, "i", 1), 7);
    CHECK_INT(json_int(j, "r", 1), 1);
    CHECK_INT(json_int(j, "none", 1), 1);
    CHECK(json_num(j, "i", 1) == 7 && json_num(j, "r", 1) == 2.5 && json_num(j, "s", 1) == 1);
    CHECK(json_bool(j, "t", false) && !json_bool(j, "f", true));
    CHECK(json_bool(j, "n", true) && !json_bool(j, "i", false));
    CHECK(json_obj(j, "o") && !json_obj(j, "a") && !json_obj(j, "n"));
    CHECK(json_arr(j, "a") && !json_arr(j, "o") && !json_arr(j, "none"));
    CHECK(json_has(j, "f") && !json_has(j, "n") && !json_has(j, "none"));
}

static void sets(void **state) {
    (void)state;
    CLEANUP_JSON json_t *j = json_object();
    CLEANUP_JSON json_t *list = json_array();
    json_set_str(j, "a", S("x\0y"));
    json_set_str(j, "none", STR_NONE);
    json_set_str(j, "empty", S(""));
    json_set_int(j, "i", INT64_MIN);
    json_set_bool(j, "t", true);
    json_set_bool(j, "f", false);
    json_set(j, "null", NULL);
    json_push_str(list, S("1"));
    json_push_str(list, STR_NONE);
    json_set(j, "list", json_incref(list));
    CLEANUP_DEINIT(buf) struct buf b = {0};
    json_write(&b, j);
    CHECK_BUF(b, "{\"a\":\"x\\u0000y\",\"empty\":\"\",\"i\":-9223372036854775808,\"t\":true,"
                 "\"f\":false,\"list\":[\"1\",\"\"]}");
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
                                       cmocka_unit_test(pretty),
                                       cmocka_unit_test(quotes),
                                       cmocka_unit_test(members),
                                       cmocka_unit_test(sets),
                                       cmocka_unit_test(round_trip),
                                       cmocka_unit_test(refuses),
                                       cmocka_unit_test(quotes_what_is_not_utf8),
                                       cmocka_unit_test(finds_a_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
