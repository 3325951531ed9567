/*
 * Edits of templates: test_fix FILE. A case is a template, edits, and what the template is afterwards.
 * Edits are lines, each of a finding of its own but those that begin with "+", which are of the one
 * before. A value is the rest of the line, with \n for a line's end:
 *
 *   property RESOURCE PATH VALUE      member NODE KEY VALUE    resource AFTER NAME VALUE
 *   attribute RESOURCE NAME VALUE     append NODE VALUE        section SECTION NAME VALUE
 *   text FROM TO VALUE                replace NODE VALUE       remove NODE
 *   waits: EDIT: the edit must not be put in
 *
 * NODE is a path from the root: Resources.Uploads.Properties.Tags.0. With CALOTYPE_RECORD=1 the file is
 * printed as it should be.
 */
#include "case_file.h"
#include "cm.h"

#include "audit/audit_priv.h"
#include "audit/fix.h"
#include "base/io.h"

#include <stdlib.h>

enum { EDIT, FIXED };
enum { MOST_FINDINGS = 32 };
static struct {
    struct buf file;
    struct case_file read;
} all = {.read.part_names = {"edit", "fixed"}};

/* ---- Edits as lines ---- */

static const struct audit_options no_rule = {.only = &audit_rule_template_invalid};

static str word(str *line) {
    str head, tail;
    str_cut(*line, ' ', &head, &tail);
    *line = tail.p ? tail : S("");
    return head;
}

/* With the line ends that \n stands for; the arena's. */
static const char *unescape(struct arena *arena, str text) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    for (size_t i = 0; i < text.len; i++) {
        bool is_end = str_starts(str_skip(text, i), S("\\n"));
        buf_char(&out, is_end ? '\n' : text.p[i]);
        i += is_end;
    }
    return arena_cstr(arena, buf_view(&out));
}

/* One step is a key, or an element's number. */
static const struct tmpl_node *node_at(const struct audit_template *t, str path,
                                       const struct tmpl_node **ret_within) {
    const struct tmpl_node *node = t->root;
    while (path.len && node) {
        str step, rest;
        str_cut(path, '.', &step, &rest);
        uint64_t number;
        *ret_within = node;
        if (node->kind == TMPL_LIST)
            node =
                str_to_u64(step, &number) && number < node->n ? node->members[number].value : NULL;
        else
            node = tmpl_member(node, step) ? tmpl_member(node, step)->value : NULL;
        path = rest.p ? rest : S("");
    }
    CHECK(node);
    return node;
}

struct line {
    struct audit_template *t;
    struct audit_finding *f;
    str rest;
};

static const char *next(struct line *l) { return arena_cstr(l->t->arena, word(&l->rest)); }
static const char *value(struct line *l) { return unescape(l->t->arena, l->rest); }
static const struct audit_resource *resource(struct line *l) {
    return audit_find(l->t, word(&l->rest));
}
static const struct tmpl_node *node(struct line *l) {
    const struct tmpl_node *within;
    return node_at(l->t, word(&l->rest), &within);
}

static void edit_property(struct line *l) {
    const struct audit_resource *r = resource(l);
    const char *path = next(l);
    audit_fix_property(l->f, r, path, "%s", value(l));
}
static void edit_attribute(struct line *l) {
    const struct audit_resource *r = resource(l);
    const char *name = next(l);
    audit_fix_attribute(l->f, r, name, "%s", value(l));
}
static void edit_member(struct line *l) {
    const struct tmpl_node *map = node(l);
    const char *key = next(l);
    audit_fix_member(l->f, map, key, "%s", value(l));
}
static void edit_append(struct line *l) {
    const struct tmpl_node *list = node(l);
    audit_fix_append(l->f, list, "%s", value(l));
}
static void edit_replace(struct line *l) {
    const struct tmpl_node *old = node(l);
    audit_fix_replace(l->f, old, "%s", value(l));
}
static void edit_remove(struct line *l) {
    const struct tmpl_node *within = NULL, *old = node_at(l->t, word(&l->rest), &within);
    audit_fix_remove(l->f, within, old);
}
static void edit_resource(struct line *l) {
    const struct audit_resource *after = resource(l);
    str name = word(&l->rest);
    audit_fix_resource(l->f, after, name, "%s", value(l));
}
static void edit_section(struct line *l) {
    const char *section = next(l);
    str name = word(&l->rest);
    audit_fix_section(l->f, section, name, "%s", value(l));
}
static void edit_text(struct line *l) {
    size_t from = (size_t)atol(next(l)), to = (size_t)atol(next(l));
    audit_fix_text(l->f, l->t->file, from, to, "%s", value(l));
}

static const struct {
    const char *verb;
    void (*edit)(struct line *l);
} verbs[] = {
    {"property", edit_property}, {"attribute", edit_attribute}, {"member", edit_member},
    {"append", edit_append},     {"replace", edit_replace},     {"remove", edit_remove},
    {"resource", edit_resource}, {"section", edit_section},     {"text", edit_text},
};

static void add_edit(struct audit_template *t, struct audit_finding *f, str text) {
    struct line l = {t, f, text};
    str verb = word(&l.rest);
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (str_is(verb, verbs[i].verb)) {
            verbs[i].edit(&l);
            return;
        }
    }
    CHECK_STR(verb, S("a verb"));
}

/* ---- Cases ---- */

/* The text after all edits; *ret_waits: how many of them have to wait. */
static size_t fix(str text, str edits, struct buf *out, size_t *ret_n, size_t *ret_waits) {
    CLEANUP(audit) struct audit *a = audit_new(&no_rule);
    CHECK_INT(audit_template_read(a, "template", text), 0);
    struct audit_finding *findings[MOST_FINDINGS];
    size_t n = 0, n_fixed;
    str line;
    *ret_waits = 0;
    while (case_file_line(&edits, &line)) {
        line = case_file_bare(line);
        bool is_more = str_starts(line, S("+ ")), waits = str_starts(line, S("waits: "));
        *ret_waits += waits;
        if (!is_more) {
            CHECK(n < MOST_FINDINGS);
            findings[n] = arena_new(a->templates[0]->arena, struct audit_finding);
            findings[n++]->template = a->templates[0];
        }
        add_edit(a->templates[0], findings[n - 1],
                 str_skip(line, is_more ? 2
                                : waits ? strlen("waits: ")
                                        : 0));
    }
    audit_fix_file(a, a->templates[0]->file, findings, n, out, &n_fixed);
    *ret_n = n;
    return n_fixed;
}

static void say(const struct test_case *c) {
    print_error("case \"" STR_FMT "\":\n", STR_ARG(c->name));
}

static void check_text(const struct test_case *c, str got, str want) {
    if (!str_eq(got, want))
        say(c);
    CHECK_STR(got, want);
}

static void test_edits(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        const struct test_case *c = &all.read.cases[i];
        CLEANUP_DEINIT(buf) struct buf out = {0};
        size_t n, waits, n_fixed = fix(c->text, c->parts[EDIT], &out, &n, &waits);
        check_text(c, buf_view(&out), c->parts[FIXED]);
        if (n_fixed != n - waits)
            say(c);
        CHECK_INT(n_fixed, n - waits);
    }
}

/* ---- The same in other line ends ---- */

static void with_line_ends(struct buf *out, str text, const char *end) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\n')
            buf_c(out, end);
        else
            buf_char(out, text.p[i]);
    }
}

static bool has_text_edit(const struct test_case *c) {
    return str_find(c->parts[EDIT], S("text ")) >= 0;
}

static void test_crlf(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        const struct test_case *c = &all.read.cases[i];
        CLEANUP_DEINIT(buf) struct buf text = {0}, want = {0}, out = {0};
        size_t n, waits;
        if (has_text_edit(c))
            continue;
        with_line_ends(&text, c->text, "\r\n");
        with_line_ends(&want, c->parts[FIXED], "\r\n");
        fix(buf_view(&text), c->parts[EDIT], &out, &n, &waits);
        check_text(c, buf_view(&out), buf_view(&want));
    }
}

/* A text that does not end its last line does not end it afterwards. */
static void test_no_newline(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        const struct test_case *c = &all.read.cases[i];
        CLEANUP_DEINIT(buf) struct buf out = {0};
        size_t n, waits;
        fix(case_file_bare(c->text), c->parts[EDIT], &out, &n, &waits);
        check_text(c, buf_view(&out), case_file_bare(c->parts[FIXED]));
    }
}

static void test_byte_order_mark(void **) {
    for (size_t i = 0; i < all.read.n; i++) {
        const struct test_case *c = &all.read.cases[i];
        CLEANUP_DEINIT(buf) struct buf text = {0}, want = {0}, out = {0};
        size_t n, waits;
        if (has_text_edit(c))
            continue;
        buf_printf(&text, "\xEF\xBB\xBF" STR_FMT, STR_ARG(c->text));
        buf_printf(&want, "\xEF\xBB\xBF" STR_FMT, STR_ARG(c->parts[FIXED]));
        fix(buf_view(&text), c->parts[EDIT], &out, &n, &waits);
        check_text(c, buf_view(&out), buf_view(&want));
    }
}

/* ---- Recording ---- */

static int record(void) {
    for (size_t i = 0; i < all.read.n; i++) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        const struct test_case *c = &all.read.cases[i];
        size_t n, waits, n_fixed = fix(c->text, c->parts[EDIT], &out, &n, &waits);
        printf("=== " STR_FMT "\n" STR_FMT "--- edit\n" STR_FMT "--- fixed\n%s", STR_ARG(c->name),
               STR_ARG(c->text), STR_ARG(c->parts[EDIT]), buf_cstr(&out));
        if (n_fixed != n - waits)
            fprintf(stderr, "" STR_FMT ": %zu of %zu\n", STR_ARG(c->name), n_fixed, n);
    }
    return 0;
}

int main(int argc, char **argv) {
    struct err err;
    if (argc != 2 || io_read_file(&all.file, argv[1], 1 << 20, &err)) {
        fprintf(stderr, "usage: test_fix FILE\n");
        return 2;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edits), cmocka_unit_test(test_crlf),
                                       cmocka_unit_test(test_no_newline),
                                       cmocka_unit_test(test_byte_order_mark)};
    case_file_read(&all.read, buf_view(&all.file));
    int r = getenv("CALOTYPE_RECORD") ? record() : cmocka_run_group_tests(tests, NULL, NULL);
    buf_deinit(&all.file);
    return r;
}
