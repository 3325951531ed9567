/* logs/pattern: what a pattern matches and refuses. */
#include "cm.h"

#include "base/own.h"
#include "svc/logs/pattern.h"

#define EVENT                                                                                      \
    "{\"level\":\"ERROR\",\"n\":5,\"f\":-1.5e1,\"ok\":true,\"off\":false,\"none\":null,\"a\":{\"b\":[{\"c\":\"x y\"},2]}}"

static void matches(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *message;
        bool want;
    } cases[] = {
        {"", "anything", true},
        {"  ", "anything", true},
        {"ERROR", "an ERROR here", true},
        {"ERROR", "an error here", false},
        {"ERROR ARGUMENTS", "ARGUMENTS before ERROR", true},
        {"ERROR ARGUMENTS", "ERROR only", false},
        {"\"not found\"", "it was not found", true},
        {"\"not found\"", "found not", false},
        {"\"a \\\"b\\\"\"", "a \"b\"", true},
        {"ERROR -EXIT", "ERROR", true},
        {"ERROR -EXIT", "ERROR EXIT", false},
        {"-\"a b\"", "a b", false},
        {"?ERROR ?WARN", "WARN x", true},
        {"?ERROR ?WARN", "INFO x", false},
        {"?ERROR INFO", "INFO x", true},
        {"{ $.level = \"ERROR\" }", EVENT, true},
        {"{ $.level = ERROR }", EVENT, true},
        {"{ $.level = \"ERR*\" }", EVENT, true},
        {"{ $.level = \"err*\" }", EVENT, false},
        {"{ $.level != \"INFO\" }", EVENT, true},
        {"{ $.missing != \"INFO\" }", EVENT, false},
        {"{ $.n = 5 }", EVENT, true},
        {"{ $.n = 5.0 }", EVENT, true},
        {"{$.n>=5&&$.n<6}", EVENT, true},
        {"{ $.n > 5 }", EVENT, false},
        {"{ $.f = -15 }", EVENT, true},
        {"{ $.level > 5 }", EVENT, false},
        {"{ $.a.b[0].c = \"x y\" }", EVENT, true},
        {"{ $.a.b[1] = 2 }", EVENT, true},
        {"{ $.a.b[7] = 2 }", EVENT, false},
        {"{ $.none IS NULL }", EVENT, true},
        {"{ $.missing IS NULL }", EVENT, false},
        {"{ $.missing NOT EXISTS }", EVENT, true},
        {"{ $.n NOT EXISTS }", EVENT, false},
        {"{ $.ok IS TRUE && $.off IS FALSE }", EVENT, true},
        {"{ $.ok = true }", EVENT, true},
        {"{ $.n = 1 || $.n = 2 && $.ok IS FALSE || $.level = \"ERROR\" }", EVENT, true},
        {"{ ($.n = 5 || $.n = 2) && $.ok IS FALSE }", EVENT, false},
        {"{ $.n = 5 }", "n = 5", false},
        {"{ $.n = 5 }", "{\"n\":5", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(logs_pattern) struct logs_pattern *p = NULL;
        struct err err = {{0}};
        if (logs_pattern_new(&p, str_c(cases[i].pattern), &err))
            fail_msg("%s: %s", cases[i].pattern, err.text);
        CHECK_CASE(logs_pattern_match(p, str_c(cases[i].message)) == cases[i].want,
                   cases[i].pattern);
    }
}

static void refuses(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *why;
    } cases[] = {
        {"\"open", "a quote is not closed"},
        {"-", "a term is empty"},
        {"[ip, user]", "space-delimited patterns ([a, b]) are not supported by calotype"},
        {"%[0-9]%", "regular expressions (%...%) are not supported by calotype"},
        {"{ $.a }", "a comparison is missing"},
        {"{ a = 1 }", "a property begins with $"},
        {"{ $ = 1 }", "a property's name is missing"},
        {"{ $.a = 1", "} is missing"},
        {"{ $.a = 1 } x", "there is something behind }"},
        {"{ $.a > b }", "<, <=, > and >= compare numbers"},
        {"{ $.a = %x% }", "regular expressions (%...%) are not supported by calotype"},
        {"{ ($.a = 1 }", "a parenthesis is not closed"},
        {"{ $.a[x] = 1 }", "an index must be a number"},
        {"{ $.a = 1 && }", "a property begins with $"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct logs_pattern *p = NULL;
        struct err err = {{0}};
        CHECK_CASE(logs_pattern_new(&p, str_c(cases[i].pattern), &err) == LOGS_PATTERN_E_INVALID,
                   cases[i].pattern);
        CHECK_STR(str_skip(str_c(err.text), strlen("Invalid filter pattern: ")),
                  str_c(cases[i].why));
    }
}

static void is_bounded(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf deep = {0}, wide = {0}, large = {0};
    buf_c(&deep, "{ ");
    for (int i = 0; i <= LOGS_PATTERN_DEPTH; i++)
        buf_char(&deep, '(');
    buf_c(&deep, "$.a = 1");
    for (int i = 0; i < 200; i++)
        buf_c(&wide, "a ");
    for (int i = 0; i <= LOGS_PATTERN_MAX; i++)
        buf_char(&large, 'a');
    const struct buf *all[] = {&deep, &wide, &large};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct logs_pattern *p = NULL;
        struct err err;
        CHECK_INT(logs_pattern_new(&p, buf_view(all[i]), &err), LOGS_PATTERN_E_INVALID);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(refuses),
                                       cmocka_unit_test(is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
