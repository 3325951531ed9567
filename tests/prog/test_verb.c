/* One verb's command line: what its flags set, what is refused, and how it ends. */
#include "cm.h"

#include "prog/verb.h"

#include <errno.h>

struct sample {
    bool on;
    const char *text;
    unsigned number, choice;
    struct prog_texts list;
    const char *path;
    const char *from_file; /* what read_file puts into text */
    int answer;            /* what run returns */
};

/* What the verb was run with; the list is copied, because deinit releases it. */
static struct {
    struct sample sample;
    unsigned runs, releases;
    int n;
    const char *rest[8], *list[8];
} seen;

static const char *const choices[] = {"red", "green", NULL};
static int refuse_no(const char *text, struct err *err) {
    return strcmp(text, "no") == 0 ? err_set(err, -EINVAL, "no is none") : 0;
}
static const struct prog_flag flags[] = {
    PROG_SWITCH(struct sample, on, "on", "a switch"),
    PROG_TEXT(struct sample, text, "text", "TEXT", "a text"),
    PROG_NUMBER(struct sample, number, "number", "N", 2, 9, "a number"),
    PROG_CHOICE(struct sample, choice, "choice", "C", choices, "a choice"),
    PROG_LIST(struct sample, list, "list", "X", refuse_no, "a list"),
    PROG_PATH(struct sample, path, "path", "FILE", "a path"),
};

static int run(void *ctx, char **rest, int n, struct err *err) {
    const struct sample *sample = ctx;
    seen.sample = *sample;
    seen.runs++;
    seen.n = n;
    for (int i = 0; i < n; i++)
        seen.rest[i] = rest[i];
    CHECK(rest[n] == NULL);
    for (size_t i = 0; i < sample->list.n; i++)
        seen.list[i] = sample->list.p[i];
    return sample->answer < 0 ? err_set(err, sample->answer, "it went wrong") : sample->answer;
}

static void deinit(void *ctx) {
    free(((struct sample *)ctx)->list.p);
    seen.releases++;
}

static const struct prog_verb verb = {
    .name = "test",
    .arguments = "",
    .about = "",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .most = 2,
    .size = sizeof(struct sample),
    .defaults = &(const struct sample){.text = "default", .number = 5},
    .run = run,
    .deinit = deinit,
};

enum { MOST = 8 };
static int run_verb(const struct prog_verb *v, const char *const args[MOST]) {
    int argc = 0;
    while (argc < MOST && args[argc])
        argc++;
    memset(&seen, 0, sizeof seen);
    int code = prog_verb_run(v, argc, (char **)args);
    CHECK_INT(seen.releases, v->deinit ? 1 : 0);
    return code;
}
#define ARGS(...) ((const char *const[MOST]){__VA_ARGS__})

static void reads_all_forms(void **state) {
    (void)state;
    CHECK_INT(run_verb(&verb, ARGS("a", "--on", "--text=x=y", "--number", "9", "b")), PROG_OK);
    CHECK_INT(seen.n, 2);
    CHECK_TEXT(seen.rest[0], "a");
    CHECK_TEXT(seen.rest[1], "b");
    CHECK(seen.sample.on);
    CHECK_TEXT(seen.sample.text, "x=y");
    CHECK_INT(seen.sample.number, 9);
    CHECK_INT(run_verb(&verb, ARGS("--choice", "green", "--list", "1", "--list=2")), PROG_OK);
    CHECK_INT(seen.sample.choice, 1);
    CHECK_INT(seen.sample.list.n, 2);
    CHECK_TEXT(seen.list[0], "1");
    CHECK_TEXT(seen.list[1], "2");
    /* Behind -- everything is an argument; a single dash is one anyway. */
    CHECK_INT(run_verb(&verb, ARGS("-", "--", "--on")), PROG_OK);
    CHECK_INT(seen.n, 2);
    CHECK_TEXT(seen.rest[1], "--on");
    CHECK(!seen.sample.on);
    CHECK_INT(run_verb(&verb, ARGS("--on=false")), PROG_OK);
    CHECK(!seen.sample.on);
}

static void begins_with_the_defaults(void **state) {
    (void)state;
    CHECK_INT(run_verb(&verb, ARGS("--text", "given")), PROG_OK);
    CHECK_INT(run_verb(&verb, ARGS(NULL)), PROG_OK);
    CHECK_TEXT(seen.sample.text, "default");
    CHECK_INT(seen.sample.number, 5);
    CHECK_INT(seen.n, 0);
}

static void refuses(void **state) {
    (void)state;
    static const char *const cases[][MOST] = {
        {"--nothing"},  {"--number"},      {"--number", "1"}, {"--number", "10"},
        {"--number=x"}, {"--choice=blue"}, {"--on=maybe"},    {"a", "b", "c"},
        {"--path="},    {"--path", ""},    {"--list=no"},     {"--list=yes", "--list", "no"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_CASE(run_verb(&verb, cases[i]) == PROG_USAGE, cases[i][0]);
        CHECK_CASE(seen.runs == 0, cases[i][0]);
    }
    struct prog_verb wants_one = verb;
    wants_one.least = 1;
    CHECK_INT(run_verb(&wants_one, ARGS("--on")), PROG_USAGE);
    CHECK_INT(run_verb(&wants_one, ARGS("a")), PROG_OK);
}

static void takes_the_bounds_of_a_number(void **state) {
    (void)state;
    CHECK_INT(run_verb(&verb, ARGS("--number=2")), PROG_OK);
    CHECK_INT(seen.sample.number, 2);
    CHECK_INT(run_verb(&verb, ARGS("--number=9")), PROG_OK);
    CHECK_INT(seen.sample.number, 9);
}

static void stops_at_the_first_argument(void **state) {
    (void)state;
    struct prog_verb with = verb;
    with.stop_at_first = true;
    with.most = -1;
    CHECK_INT(run_verb(&with, ARGS("--number", "3", "aws", "--on", "--", "--help")), PROG_OK);
    CHECK_INT(seen.sample.number, 3);
    CHECK(!seen.sample.on);
    CHECK_INT(seen.n, 4);
    CHECK_TEXT(seen.rest[3], "--help");
}

static void help_runs_nothing(void **state) {
    (void)state;
    static const char *const cases[][MOST] = {{"--help"}, {"-h"}, {"a", "--help", "--nothing"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_CASE(run_verb(&verb, cases[i]) == PROG_OK, cases[i][0]);
        CHECK_CASE(seen.runs == 0, cases[i][0]);
    }
}

static int read_file(void *ctx, struct err *err) {
    struct sample *sample = ctx;
    if (strcmp(sample->text, "unreadable") == 0)
        return err_set(err, -EINVAL, "the file is wrong");
    CHECK_INT(sample->number, 7); /* the flags were read before */
    sample->text = "from the file";
    sample->number = 8;
    return 0;
}

static void the_command_line_wins_over_a_file(void **state) {
    (void)state;
    struct prog_verb up = verb;
    up.read_file = read_file;
    CHECK_INT(run_verb(&up, ARGS("--number", "7", "a")), PROG_OK);
    CHECK_TEXT(seen.sample.text, "from the file");
    CHECK_INT(seen.sample.number, 7);
    CHECK_INT(seen.n, 1);
    CHECK_INT(run_verb(&up, ARGS("--text=unreadable")), PROG_FAILED);
    CHECK_INT(seen.runs, 0);
}

static void ends_as_it_ran(void **state) {
    (void)state;
    static const struct {
        int answer, want;
    } cases[] = {{PROG_OK, 0}, {PROG_PARTIAL, 1}, {PROG_USAGE, 2}, {PROG_FAILED, 255}, {-EIO, 255}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sample first = {.answer = cases[i].answer};
        struct prog_verb v = verb;
        v.defaults = &first;
        CHECK_INT(run_verb(&v, ARGS(NULL)), cases[i].want);
        CHECK_INT(seen.runs, 1);
    }
}

static int count_arguments(const struct prog_verb *, int argc, char **) { return argc; }

static void a_verb_may_read_its_arguments_itself(void **state) {
    (void)state;
    const struct prog_verb up = {.name = "up", .take_over = count_arguments};
    CHECK_INT(run_verb(&up, ARGS("--help", "--nothing", "--")), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_forms),
        cmocka_unit_test(begins_with_the_defaults),
        cmocka_unit_test(refuses),
        cmocka_unit_test(takes_the_bounds_of_a_number),
        cmocka_unit_test(stops_at_the_first_argument),
        cmocka_unit_test(help_runs_nothing),
        cmocka_unit_test(the_command_line_wins_over_a_file),
        cmocka_unit_test(ends_as_it_ran),
        cmocka_unit_test(a_verb_may_read_its_arguments_itself),
    };
    return cmocka_run_group_tests_name("prog/verb", tests, NULL, NULL);
}
