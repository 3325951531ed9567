/*
 * One rule over its templates: test_cases RULE FILE. A file of cases is
 *
 *   === what the template shows
 *   Resources: …
 *   --- finds
 *   LINE:COLUMN-LINE:COLUMN RESOURCE: message
 *   --- fixed
 *   Resources: …
 *
 * "finds" has a line for each finding of the rule, in their order, and none where there is nothing to
 * find; "fixed" is what --fix makes of the template, and may be left out. With CALOTYPE_RECORD=1 the
 * file is printed as it should be, with what was found: to be read before it is kept.
 */
#include "cm.h"

#include "audit/fix.h"
#include "audit/format.h"
#include "base/io.h"

#include <stdlib.h>

enum { MOST_CASES = 100, LEAST_CASES = 6, LEAST_OF_EACH = 2 };

struct one {
    str name, text, finds, fixed; /* fixed absent: not said */
};
static struct {
    const struct audit_rule *rule;
    struct buf file;
    struct one cases[MOST_CASES];
    size_t n;
} all;

/* ---- Reading the file ---- */

/* The next line with its end, or false. */
static bool next_line(str *text, str *ret_line) {
    if (text->len == 0)
        return false;
    ptrdiff_t end = str_chr(*text, '\n');
    size_t n = end < 0 ? text->len : (size_t)end + 1;
    *ret_line = str_slice(*text, 0, n);
    *text = str_skip(*text, n);
    return true;
}

static str bare(str line) {
    return str_ends(line, S("\n")) ? str_slice(line, 0, line.len - 1) : line;
}

static void extend(str *part, str line) {
    *part = part->p ? str_n(part->p, part->len + line.len) : line;
}

static void read_cases(str text) {
    str line, *part = NULL;
    while (next_line(&text, &line)) {
        if (str_starts(line, S("=== "))) {
            CHECK(all.n < MOST_CASES);
            all.cases[all.n++] = (struct one){.name = str_skip(bare(line), 4), .finds = S("")};
            part = &all.cases[all.n - 1].text;
        } else if (part && str_is(bare(line), "--- finds")) {
            part = &all.cases[all.n - 1].finds;
            *part = STR_NONE;
        } else if (part && str_is(bare(line), "--- fixed")) {
            part = &all.cases[all.n - 1].fixed;
            *part = str_n(text.p, 0);
        } else if (part) {
            extend(part, line);
        }
    }
}

/* ---- What is found ---- */

static const struct audit_options *only_the_rule(void) {
    static struct audit_options options;
    options = (struct audit_options){.profile = AUDIT_ALL, .only = all.rule};
    return &options;
}

static void find(const struct one *c, struct buf *out) {
    CLEANUP(audit) struct audit *a = audit_new(only_the_rule());
    audit_template_read(a, "template", c->text);
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    for (size_t i = 0; i < n; i++) {
        const struct audit_finding *f = findings[i];
        buf_printf(out, "%u:%u-%u:%u " STR_FMT ": ", f->start.line, f->start.column, f->end.line,
                   f->end.column, STR_ARG(f->resource));
        audit_format_message(out, f);
        buf_char(out, '\n');
    }
}

static void test_finds(void **) {
    for (size_t i = 0; i < all.n; i++) {
        CLEANUP_DEINIT(buf) struct buf found = {0};
        find(&all.cases[i], &found);
        if (!str_eq(buf_view(&found), all.cases[i].finds))
            print_error("case \"" STR_FMT "\":\n", STR_ARG(all.cases[i].name));
        CHECK_STR(buf_view(&found), all.cases[i].finds);
    }
}

/* Failing templates and passing near misses, enough of each. */
static void test_both_kinds(void **) {
    size_t found = 0;
    for (size_t i = 0; i < all.n; i++)
        found += all.cases[i].finds.len > 0;
    CHECK_RANGE(all.n, LEAST_CASES, MOST_CASES);
    CHECK_RANGE(found, LEAST_OF_EACH, all.n - LEAST_OF_EACH);
}

/* All other rules meet the templates, too. */
static void test_all_rules(void **) {
    for (size_t i = 0; i < all.n; i++) {
        const struct audit_options options = {.profile = AUDIT_ALL};
        CLEANUP(audit) struct audit *a = audit_new(&options);
        audit_template_read(a, "template", all.cases[i].text);
        size_t n;
        audit_findings(a, &n);
        CHECK_CASE(n > 0 || all.cases[i].finds.len == 0, all.rule->id);
    }
}

/* ---- Recording ---- */

static int record(void) {
    for (size_t i = 0; i < all.n; i++) {
        CLEANUP_DEINIT(buf) struct buf found = {0};
        const struct one *c = &all.cases[i];
        find(c, &found);
        printf("=== " STR_FMT "\n" STR_FMT "--- finds\n%s", STR_ARG(c->name), STR_ARG(c->text),
               buf_cstr(&found));
        if (c->fixed.p)
            printf("--- fixed\n" STR_FMT, STR_ARG(c->fixed));
    }
    return 0;
}

int main(int argc, char **argv) {
    struct err err;
    all.rule = argc == 3 ? audit_rule_find(str_c(argv[1])) : NULL;
    if (!all.rule || io_read_file(&all.file, argv[2], 1 << 20, &err)) {
        fprintf(stderr, "usage: test_cases RULE FILE\n");
        return 2;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_finds),
                                       cmocka_unit_test(test_both_kinds),
                                       cmocka_unit_test(test_all_rules)};
    read_cases(buf_view(&all.file));
    int r = getenv("CALOTYPE_RECORD") ? record() : cmocka_run_group_tests(tests, NULL, NULL);
    buf_deinit(&all.file);
    return r;
}
