#include "cm.h"

#include "prog/flag.h"
#include "prog/verb.h"

#include <stdlib.h>

static struct {
    bool on;
    const char *text;
    unsigned number, choice;
    struct prog_texts list;
} got;

static const char *const choices[] = {"red", "green", NULL};
static const struct prog_flag rows[] = {
    {"on", FLAG_SWITCH, &got.on, NULL, "a switch", 0, 0, NULL},
    {"text", FLAG_TEXT, &got.text, "TEXT", "a text", 0, 0, NULL},
    {"number", FLAG_NUMBER, &got.number, "N", "a number", 2, 9, NULL},
    {"choice", FLAG_CHOICE, &got.choice, "C", "a choice", 0, 0, choices},
    {"list", FLAG_LIST, &got.list, "X", "a list", 0, 0, NULL},
};
static const struct prog_flags flags = {.verb = "test",
                                        .arguments = "",
                                        .about = "",
                                        .rows = rows,
                                        .n_rows = ARRAY_LEN(rows),
                                        .least = 0,
                                        .most = 2};

enum { MOST = 8 };
/* Exit code, or -1 when it is to go on; the rest's length in *n. */
static int read_flags(const struct prog_flags *f, const char *const args[MOST], int *n) {
    CLEANUP_MEM char **rest = NULL;
    int argc = 0, code = -2;
    while (argc < MOST && args[argc])
        argc++;
    free(got.list.p);
    memset(&got, 0, sizeof got);
    return prog_flags_read(f, argc, (char **)args, &rest, n, &code) ? -1 : code;
}

static void reads_all_forms(void **state) {
    (void)state;
    int n;
    CHECK_INT(read_flags(&flags,
                         (const char *const[MOST]){"a", "--on", "--text=x=y", "--number", "9", "b"},
                         &n),
              -1);
    CHECK_INT(n, 2);
    CHECK(got.on);
    CHECK_TEXT(got.text, "x=y");
    CHECK_INT(got.number, 9);
    CHECK_INT(read_flags(&flags,
                         (const char *const[MOST]){"--choice", "green", "--list", "1", "--list=2"},
                         &n),
              -1);
    CHECK_INT(got.choice, 1);
    CHECK_INT(got.list.n, 2);
    CHECK_TEXT(got.list.p[1], "2");
    /* Behind -- everything is an argument; a single dash is one anyway. */
    CHECK_INT(read_flags(&flags, (const char *const[MOST]){"-", "--", "--on"}, &n), -1);
    CHECK_INT(n, 2);
    CHECK(!got.on);
    CHECK_INT(read_flags(&flags, (const char *const[MOST]){"--on=false"}, &n), -1);
    CHECK(!got.on);
}

static void refuses(void **state) {
    (void)state;
    static const char *const cases[][MOST] = {
        {"--nothing"},  {"--number"},      {"--number", "1"}, {"--number", "10"},
        {"--number=x"}, {"--choice=blue"}, {"--on=maybe"},    {"a", "b", "c"},
    };
    int n;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(read_flags(&flags, cases[i], &n) == PROG_USAGE, cases[i][0]);
}

static void stops_at_the_first_argument(void **state) {
    (void)state;
    struct prog_flags with = flags;
    with.stop_at_first = true;
    with.most = -1;
    int n;
    CHECK_INT(read_flags(&with,
                         (const char *const[MOST]){"--number", "3", "aws", "--on", "--", "--help"},
                         &n),
              -1);
    CHECK_INT(got.number, 3);
    CHECK(!got.on);
    CHECK_INT(n, 4);
}

static int clean(void **state) {
    (void)state;
    free(got.list.p);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_forms),
        cmocka_unit_test(refuses),
        cmocka_unit_test(stops_at_the_first_argument),
    };
    return cmocka_run_group_tests_name("prog/flag", tests, NULL, clean);
}
