/* Text in the columns of a terminal: how wide, and cut without breaking a character. */
#include "cm.h"

#include "prog/text.h"

static void widths(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t want;
    } cases[] = {
        {"", 0},      {"abc", 3},     {"4 × 3", 5},           {"\xff", 1},
        {"a\xc3", 2}, {"写真", 4},    {"e\u0301te\u0301", 3}, /* as macOS spells "été" */
        {"📷.jpg", 6}, {"\033[1m", 4},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(prog_width(str_c(cases[i].text)) == cases[i].want, cases[i].text);
}

static void cuts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
        const char *want;
    } cases[] = {
        {"abc", 3, "abc"},       {"abcd", 3, "ab…"},
        {"写真帳", 6, "写真帳"}, {"写真帳", 5, "写真…"},
        {"写真帳", 4, "写…"},    {"e\u0301te\u0301s", 3, "e\u0301t…"},
        {"abc", 1, "…"},         {"a\033[2Jb\n\xc2\x9b\u202e\x9b", 20, "a?[2Jb????"},
        {"a\tb", 20, "a b"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        prog_add_cut(&out, str_c(cases[i].text), cases[i].columns);
        CHECK_STR(buf_view(&out), str_c(cases[i].want));
    }
}

static void whole_texts(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    prog_add_shown(&out, S("写真\rx\xc3"));
    CHECK_STR(buf_view(&out), S("写真?x?"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths),
        cmocka_unit_test(cuts),
        cmocka_unit_test(whole_texts),
    };
    return cmocka_run_group_tests_name("prog/text", tests, NULL, NULL);
}
