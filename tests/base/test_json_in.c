/* base/json_in: what is taken is what json_parse makes of it; and what is plain is taken. */
#include "cm.h"

#include "base/json.h"
#include "base/json_in.h"

static struct arena arena;
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

/* The text of a whole document that is one string; absent: not taken. */
static str text_of(str document, bool copies) {
    struct json_in in = json_in_of(document, &arena, copies);
    str got;
    return json_in_text(&in, &got) && json_in_end(&in) ? got : STR_NONE;
}

#define T(literal) S_INIT(literal)
static void texts(void **state) {
    (void)state;
    static const struct {
        str in;
        bool taken;
    } cases[] = {
        {T("\"\""), true},
        {T(" \t\r\n\"a\" \n"), true},
        {T("\"12345678\""), true},
        {T("\"1234567\\\"90123456789\""), true},
        {T("\"h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80 and more\""), true},
        {T("\"\\b\\f\\n\\r\\t\\/\\\\\\\"\""), true},
        {T("\"\\u00e9\\u20AC\\ud83d\\ude00\\u0000x\""), true},
        {T("\"\x7f behind\""), true},
        {T("\"\\uFFFF\\uDBFF\\uDFFF\""), true},
        {T("\""), false},
        {T("\"abcdefghijk"), false},
        {T("\"a\" b"), false},
        {T("\"a\nb\""), false},
        {T("\"12345678\x1f\""), false},
        {T("\"a\\\""), false},
        {T("\"a\\"), false},
        {T("\"\\x\""), false},
        {T("\"\\\xC3\xA9\""), false},
        {T("\"\\u12\""), false},
        {T("\"\\u12g4\""), false},
        {T("\"\\ud83d\""), false},
        {T("\"\\ud83dx\""), false},
        {T("\"\\ud83d\\u0041\""), false},
        {T("\"\\ude00\""), false},
        {T("\"\xC3\""), false},
        {T("\"\xC0\xAF\""), false},
        {T("\"\xED\xA0\x80\""), false},
        {T("\"\xF4\x90\x80\x80\""), false},
        {T("\"\xFF\""), false},
        {T("a"), false},
        {T(""), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *json = json_parse(cases[i].in, NULL);
        str got = text_of(cases[i].in, false), copy = text_of(cases[i].in, true);
        CHECK_CASE((got.p != NULL) == cases[i].taken, cases[i].in.p);
        CHECK_CASE((json != NULL) == cases[i].taken, cases[i].in.p);
        CHECK_CASE(str_eq(got, json_text(json)) && str_eq(copy, got), cases[i].in.p);
        CHECK_CASE(!copy.p || copy.p < cases[i].in.p || copy.p >= cases[i].in.p + cases[i].in.len,
                   cases[i].in.p);
    }
}

/* Every byte at every place of a text, beside what jansson says of it. */
static void every_byte(void **state) {
    (void)state;
    for (int c = 0; c < 256; c++)
        for (int at = 1; at < 18; at++) {
            char text[] = "\"abcdefghijklmnopq\"";
            text[at] = (char)c;
            str document = str_n(text, sizeof text - 1);
            CLEANUP_JSON json_t *json = json_parse(document, NULL);
            str got = text_of(document, false);
            CHECK((json != NULL) == (got.p != NULL));
            CHECK_STR(got, json_text(json));
            if (!json)
                continue;
            CLEANUP_DEINIT(buf) struct buf written = {0};
            json_add_quoted(&written, got);
            CLEANUP_JSON json_t *back = json_parse(buf_view(&written), NULL);
            CHECK(json_equal(back, json));
        }
}

/* The names of an object and how many values there are, as a caller walks it. */
static bool walk(str document, struct buf *names) {
    struct json_in in = json_in_of(document, &arena, false);
    enum json_in_next next;
    str name;
    if (!json_in_char(&in, '{'))
        return false;
    for (bool first = true; (next = json_in_next(&in, '}', first)) == JSON_IN_ONE; first = false) {
        if (!json_in_name(&in, &name) || !json_in_word(&in, S("null")))
            return false;
        buf_str(names, name);
    }
    return next == JSON_IN_NONE && json_in_end(&in);
}

static void members(void **state) {
    (void)state;
    static const struct {
        str in;
        const char *names; /* NULL: not taken */
    } cases[] = {
        {T("{}"), ""},
        {T(" { } "), ""},
        {T("{\"a\":null}"), "a"},
        {T("{ \"a\" : null , \"b\":null\n}"), "ab"},
        {T("{\"a\":null,}"), NULL},
        {T("{,\"a\":null}"), NULL},
        {T("{\"a\":null \"b\":null}"), NULL},
        {T("{\"a\" null}"), NULL},
        {T("{\"a\\u0000\":null}"), NULL},
        {T("{\"a\":null"), NULL},
        {T("{\"a\":nul}"), NULL},
        {T("{\"a\":null}}"), NULL},
        {T("{\0}"), NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf names = {0};
        bool taken = walk(cases[i].in, &names);
        CHECK_CASE(taken == (cases[i].names != NULL), cases[i].in.p);
        if (taken)
            CHECK_BUF(names, cases[i].names);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(members),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
