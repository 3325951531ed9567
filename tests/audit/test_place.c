/* Bytes of a text and the places that people read: there and back, in texts of every kind. */
#include "cm.h"

#include "audit/audit_priv.h"

static const char *const texts[] = {
    "",
    "a",
    "a\nbc\n\nd",
    "\xEF\xBB\xBFkey: value\nnext: 1\n",
    "k\xC3\xA9y: \xE2\x82\xAC\xF0\x9F\x93\xB7 x\nsecond: \xC3\xBC\n",
};

/* From the beginning of its line, character by character. */
static struct tmpl_pos counted(str text, size_t offset) {
    struct tmpl_pos at = {1, 1, 0};
    size_t from = str_starts(text, S("\xEF\xBB\xBF")) ? 3 : 0;
    for (size_t i = from; i < offset; i++) {
        bool is_end = text.p[i] == '\n';
        at.line += is_end;
        at.column = is_end ? 1 : at.column + (((unsigned char)text.p[i] & 0xC0) != 0x80);
    }
    return at;
}

static void check_text(str text) {
    const struct audit_options options = {.profile = AUDIT_ALL};
    CLEANUP(audit) struct audit *a = audit_new(&options);
    const struct audit_file *file = audit_file_new(a, "x", text);
    size_t from = str_starts(text, S("\xEF\xBB\xBF")) ? 3 : 0;
    for (size_t i = from; i <= text.len; i++) {
        if (i < text.len && ((unsigned char)text.p[i] & 0xC0) == 0x80)
            continue;
        struct tmpl_pos at = audit_pos(file, i), want = counted(text, i);
        CHECK_INT(at.line, want.line);
        CHECK_INT(at.column, want.column);
        CHECK_INT(audit_offset(file, at), i);
    }
}

static void test_there_and_back(void **) {
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        check_text(str_c(texts[i]));
}

/* More than one step of what is counted beforehand, with characters of several bytes on its edges. */
static void test_long_lines(void **) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (int i = 0; i < 700; i++)
        buf_c(&text, i % 300 == 299 ? "\n" : i % 3 ? "\xE2\x82\xAC" : "x");
    check_text(buf_view(&text));
    for (int i = 0; i < 256; i++)
        buf_char(&text, 'y');
    while (text.len % 256)
        buf_char(&text, 'z');
    check_text(buf_view(&text));
}

static void test_places_that_are_not_there(void **) {
    const struct audit_options options = {.profile = AUDIT_ALL};
    CLEANUP(audit) struct audit *a = audit_new(&options);
    const struct audit_file *file = audit_file_new(a, "x", S("ab\ncd"));
    CHECK_INT(audit_offset(file, (struct tmpl_pos){0, 0, 0}), 0);
    CHECK_INT(audit_offset(file, (struct tmpl_pos){9, 1, 0}), 5);
    CHECK_INT(audit_offset(file, (struct tmpl_pos){2, 99, 0}), 5);
    CHECK_INT(audit_pos(file, 99).column, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_there_and_back),
                                       cmocka_unit_test(test_long_lines),
                                       cmocka_unit_test(test_places_that_are_not_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
