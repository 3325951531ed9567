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
 * find; "fixed" is what --fix makes of the template for this rule alone, and may be left out. Whether or
 * not it is there: what --fix makes has none of the rule's findings that can be fixed, nothing else is
 * found in it that was not found before, and lines that no edit is about are as they were. With
 * CALOTYPE_RECORD=1 the file is printed as it should be, with what was found: to be read before it is
 * kept.
 */
#include "case_file.h"
#include "cm.h"

#include "audit/fix.h"
#include "audit/format.h"
#include "base/io.h"

#include <stdlib.h>

enum { LEAST_CASES = 6, LEAST_OF_EACH = 2 };

enum { FINDS, FIXED };
static struct {
    const struct audit_rule *rule;
    struct buf file;
    struct case_file read;
} all = {.read.part_names = {"finds", "fixed"}};

/* ---- What is found ---- */

static const struct audit_options *only_the_rule(void) {
    static struct audit_options options;
    options = (struct audit_options){.profile = AUDIT_ALL, .only = all.rule};
    return &options;
}

static void find(const struct test_case *c, struct buf *out) {
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
    for (size_t i = 0; i < all.read.n; i++) {
        CLEANUP_DEINIT(buf) struct buf found = {0};
        find(&all.read.cases[i], &found);
        if (!str_eq(buf_view(&found), all.read.cases[i].parts[FINDS]))
            print_error("case \"" STR_FMT "\":\n", STR_ARG(all.read.cases[i].name));
        CHECK_STR(buf_view(&found), all.read.cases[i].parts[FINDS]);
    }
}

/* Failing templates and passing near misses, enough of each. */
static void test_both_kinds(void **) {
    size_t found = 0;
    for (size_t i = 0; i < all.read.n; i++)
        found += all.read.cases[i].parts[FINDS].len > 0;
    CHECK_RANGE(all.read.n, LEAST_CASES, CASE_MOST);
    CHECK_RANGE(found, LEAST_OF_EACH, all.read.n - LEAST_OF_EACH);
}

/* All other rules meet the templates, too. */
static void test_all_rules(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        const struct audit_options options = {.profile = AUDIT_ALL};
        CLEANUP(audit) struct audit *a = audit_new(&options);
        audit_template_read(a, "template", all.read.cases[i].text);
        size_t n;
        audit_findings(a, &n);
        CHECK_CASE(n > 0 || all.read.cases[i].parts[FINDS].len == 0, all.rule->id);
    }
}

/* ---- What is fixed ---- */

static void fix(const struct test_case *c, struct buf *out) {
    size_t fixed, left;
    audit_fix_text_whole(only_the_rule(), "template", c->text, out, &fixed, &left);
}

static void say(const struct test_case *c) {
    print_error("case \"" STR_FMT "\":\n", STR_ARG(c->name));
}

static void test_fixed(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        const struct test_case *c = &all.read.cases[i];
        CLEANUP_DEINIT(buf) struct buf fixed = {0};
        fix(c, &fixed);
        if (!c->parts[FIXED].p)
            continue;
        if (!str_eq(buf_view(&fixed), c->parts[FIXED]))
            say(c);
        CHECK_STR(buf_view(&fixed), c->parts[FIXED]);
    }
}

/* All of the rule's fixes are in the fixed template: nothing that could be fixed is left. */
static void test_nothing_fixable_is_left(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        CLEANUP_DEINIT(buf) struct buf fixed = {0};
        fix(&all.read.cases[i], &fixed);
        CLEANUP(audit) struct audit *a = audit_new(only_the_rule());
        int r = audit_template_read(a, "template", buf_view(&fixed));
        size_t n;
        struct audit_finding *const *findings = audit_findings(a, &n);
        bool is_left = r && !str_eq(buf_view(&fixed), all.read.cases[i].text);
        for (size_t j = 0; j < n; j++)
            is_left |= findings[j]->edits != NULL;
        if (is_left) {
            say(&all.read.cases[i]);
            print_error("%s\n", buf_cstr(&fixed));
        }
        CHECK_CASE(!is_left, all.rule->id);
    }
}

static void count(str text, size_t *counts) {
    const struct audit_options options = {.profile = AUDIT_ALL, .least = AUDIT_WARNING};
    CLEANUP(audit) struct audit *a = audit_new(&options);
    audit_template_read(a, "template", text);
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t rule = 0; rule < audit_n_rules; rule++)
            counts[rule] += audit_rules[rule] == findings[i]->rule;
}

static void test_nothing_new_is_found(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        CLEANUP_DEINIT(buf) struct buf fixed = {0};
        fix(&all.read.cases[i], &fixed);
        CLEANUP_MEM size_t *before = mem_zalloc(2 * audit_n_rules * sizeof *before);
        size_t *after = before + audit_n_rules;
        count(all.read.cases[i].text, before);
        count(buf_view(&fixed), after);
        for (size_t rule = 0; rule < audit_n_rules; rule++) {
            if (after[rule] > before[rule]) {
                say(&all.read.cases[i]);
                print_error("%s\n", buf_cstr(&fixed));
            }
            CHECK_CASE(after[rule] <= before[rule], audit_rules[rule]->id);
        }
    }
}

/* ---- What stays as it was ---- */

/* Lines of the template that an edit is about, by number from 1. */
struct touched {
    bool *lines;
    size_t n;
};

static void touch(struct touched *t, uint32_t from, uint32_t to) {
    for (size_t i = from; i <= to && i < t->n; i++)
        t->lines[i] = true;
}

/* A value, and the line of its key. */
static void touch_node(struct touched *t, const struct tmpl_node *node) {
    touch(t, node->start.line > 1 ? node->start.line - 1 : 1, node->end.line);
}

/* What lies at the path, or the map that lacks it. */
static const struct tmpl_node *at_path(const struct tmpl_node *node, str path) {
    str key = path, rest = STR_NONE;
    for (bool more = true; more; path = rest) {
        more = str_cut(path, '.', &key, &rest);
        const struct tmpl_member *m = tmpl_member(node, more ? key : path);
        if (!m)
            return node;
        node = m->value;
    }
    return node;
}

/* New members stand below old ones; but those in brackets and nothing at all change. */
static void touch_holder(struct touched *t, str text, const struct audit_finding *f,
                         const struct tmpl_node *node) {
    size_t at = audit_offset(audit_file(f->template, node->start.file), node->start);
    bool is_scalar = node->kind != TMPL_MAP && node->kind != TMPL_LIST;
    if (is_scalar || node->n == 0 || (at < text.len && (text.p[at] == '{' || text.p[at] == '[')))
        touch_node(t, node);
}

static void touch_edit(struct touched *t, str text, const struct audit_finding *f,
                       const struct audit_edit *e) {
    const struct audit_file *file = audit_file(f->template, e->file);
    const struct tmpl_node *root = file->tree ? tmpl_root(file->tree) : NULL;
    if (e->kind == AUDIT_EDIT_TEXT)
        touch(t, audit_pos(file, e->from).line, audit_pos(file, e->to).line);
    else if (e->kind == AUDIT_EDIT_REMOVE)
        touch_node(t, e->within);
    else if (e->kind == AUDIT_EDIT_REPLACE)
        touch_node(t, e->node);
    else if (e->kind == AUDIT_EDIT_APPEND)
        touch_holder(t, text, f, e->node);
    else if (e->kind == AUDIT_EDIT_MEMBER)
        touch_holder(t, text, f, at_path(e->node, e->name));
    else if (e->kind == AUDIT_EDIT_ATTRIBUTE)
        touch_holder(t, text, f, at_path(e->resource->body, e->name));
    else if (e->kind == AUDIT_EDIT_PROPERTY && tmpl_get(e->resource->body, "Properties"))
        touch_holder(t, text, f, at_path(tmpl_get(e->resource->body, "Properties"), e->name));
    else if (e->kind == AUDIT_EDIT_PROPERTY)
        touch_holder(t, text, f, e->resource->body);
    else if (root)
        touch_holder(t, text, f, at_path(root, e->section.p ? e->section : S("Resources")));
}

static struct touched touched_lines(const struct test_case *c) {
    struct touched t = {.n = c->text.len + 2};
    t.lines = mem_zalloc(t.n * sizeof *t.lines);
    CLEANUP(audit) struct audit *a = audit_new(only_the_rule());
    audit_template_read(a, "template", c->text);
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    for (size_t i = 0; i < n; i++)
        for (const struct audit_edit *e = findings[i]->edits; e; e = e->next)
            if (e->file == 0)
                touch_edit(&t, c->text, findings[i], e);
    return t;
}

/* The lines that `diff` says are gone. */
static void check_gone(const struct test_case *c, const struct touched *t, str diff) {
    str line;
    size_t number = 0;
    for (int i = 0; case_file_line(&diff, &line); i++) {
        if (str_starts(line, S("@@ -")))
            number = (size_t)atol(line.p + 4);
        else if (i >= 2 && str_starts(line, S("-"))) {
            bool is_known = t->lines[number] || str_starts(diff, S("\\"));
            if (!is_known)
                say(c);
            CHECK_STR(is_known ? S("") : line, S(""));
            number++;
        } else if (str_starts(line, S(" "))) {
            number++;
        }
    }
}

static void test_the_rest_stays(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        CLEANUP_DEINIT(buf) struct buf fixed = {0}, diff = {0};
        fix(&all.read.cases[i], &fixed);
        audit_diff(&diff, "template", all.read.cases[i].text, buf_view(&fixed));
        struct touched t = touched_lines(&all.read.cases[i]);
        check_gone(&all.read.cases[i], &t, buf_view(&diff));
        free(t.lines);
    }
}

/* ---- Recording ---- */

static int record(void) {
    for (size_t i = 0; i < all.read.n; i++) {
        CLEANUP_DEINIT(buf) struct buf found = {0};
        const struct test_case *c = &all.read.cases[i];
        find(c, &found);
        printf("=== " STR_FMT "\n" STR_FMT "--- finds\n%s", STR_ARG(c->name), STR_ARG(c->text),
               buf_cstr(&found));
        CLEANUP_DEINIT(buf) struct buf fixed = {0};
        fix(c, &fixed);
        if (!str_eq(buf_view(&fixed), c->text))
            printf("--- fixed\n%s", buf_cstr(&fixed));
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
                                       cmocka_unit_test(test_all_rules),
                                       cmocka_unit_test(test_fixed),
                                       cmocka_unit_test(test_nothing_fixable_is_left),
                                       cmocka_unit_test(test_nothing_new_is_found),
                                       cmocka_unit_test(test_the_rest_stays)};
    case_file_read(&all.read, buf_view(&all.file));
    int r = getenv("CALOTYPE_RECORD") ? record() : cmocka_run_group_tests(tests, NULL, NULL);
    buf_deinit(&all.file);
    return r;
}
