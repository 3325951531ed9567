/*
 * Code as rules see it: test_code python|javascript FILE. A file of cases is
 *
 *   === what the code shows
 *   def handler(event, context): …
 *   --- calls
 *   LINE:COLUMN CALLEE …
 *
 * with a part for each of what is shown: tokens, blocks, calls, aws, env. With CALOTYPE_RECORD=1 the
 * file is printed as it should be: to be read before it is kept.
 */
#include "cm.h"

#include "audit/audit_priv.h"
#include "audit/code_map.h"
#include "base/io.h"

#include <stdlib.h>

static struct {
    enum code_language language;
    struct buf file;
} all;

/* ---- What is shown ---- */

static void add_place(struct buf *out, const struct audit_code *c, uint32_t at) {
    struct tmpl_pos pos = audit_code_pos(c, at);
    buf_printf(out, "%u:%u ", pos.line, pos.column);
}

static void add_text(struct buf *out, str text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] == '\n')
            buf_c(out, "\\n");
        else
            buf_char(out, text.p[i]);
}

static void add_tokens(struct buf *out, struct arena *arena, const struct audit_code *c) {
    static const char *const kinds[] = {"name",    "number", "string", "regex", "op",
                                        "newline", "indent", "dedent", "end"};
    for (uint32_t i = 0; i < c->n_tokens; i++) {
        add_place(out, c, c->tokens[i].at);
        buf_c(out, kinds[c->tokens[i].kind]);
        buf_c(out, c->tokens[i].has_holes ? " with holes " : " ");
        add_text(out, c->tokens[i].kind == CODE_NEWLINE ? S("") : audit_code_token(c, i));
        if (c->tokens[i].kind == CODE_STRING) {
            buf_c(out, " says ");
            add_text(out, audit_code_string(arena, c, i));
        }
        if (c->tokens[i].match != i && c->tokens[i].kind != CODE_INDENT) {
            buf_c(out, " with ");
            add_place(out, c, c->tokens[c->tokens[i].match].at);
            out->len--;
        }
        buf_char(out, '\n');
    }
    if (c->is_damaged)
        buf_c(out, "damaged\n");
}

static const char *const block_kinds[] = {"module", "function", "class", "loop", "try",
                                          "catch",  "finally",  "if",    "with"};

/* "LINE:COLUMN if in function handler: first … last token [of a try at LINE:COLUMN]". */
static void add_blocks(struct buf *out, struct arena *, const struct audit_code *c) {
    for (uint32_t i = 1; i < c->n_blocks; i++) {
        const struct code_block *b = &c->blocks[i];
        for (uint32_t p = b->parent; p != 0; p = c->blocks[p].parent)
            buf_c(out, "  ");
        add_place(out, c, c->tokens[b->head].at);
        buf_printf(out, "%s%s%s%s" STR_FMT ": ", b->is_async ? "async " : "", block_kinds[b->kind],
                   b->is_loop ? " per element" : "", b->name.len ? " " : "", STR_ARG(b->name));
        add_place(out, c, c->tokens[b->first].at);
        buf_c(out, "to ");
        add_place(out, c, c->tokens[b->end].at);
        if (b->of != i) {
            buf_c(out, "of ");
            add_place(out, c, c->tokens[c->blocks[b->of].head].at);
        }
        if (audit_code_per_record(c, i))
            buf_c(out, "per record ");
        if (c->handler == i)
            buf_c(out, "handler ");
        out->len--;
        buf_char(out, '\n');
    }
}

static void add_calls(struct buf *out, struct arena *, const struct audit_code *c) {
    for (uint32_t i = 0; i < c->n_calls; i++) {
        const struct code_call *k = &c->calls[i];
        add_place(out, c, c->tokens[k->token].at);
        buf_printf(out, "%s\"" STR_FMT "\"%s%s in %s\n", k->is_awaited ? "await " : "",
                   STR_ARG(k->callee), audit_code_per_record(c, k->block) ? " per record" : "",
                   audit_code_try(c, k->block) ? " tried" : "",
                   block_kinds[c->blocks[k->block].kind]);
    }
}

static void add_aws(struct buf *out, struct arena *, const struct audit_code *c) {
    static const char *const arguments[] = {"Bucket", "Key", "TableName", "Body", "MessageBody"};
    struct code_aws aws;
    for (uint32_t i = 0; i < c->n_calls; i++) {
        if (!audit_code_aws(c, &c->calls[i], &aws))
            continue;
        add_place(out, c, c->tokens[c->calls[i].token].at);
        buf_printf(out, "%s:%s%s", aws.service, aws.operation, aws.is_write ? " writes" : "");
        for (size_t k = 0; k < ARRAY_LEN(arguments); k++) {
            uint32_t first, end;
            if (!audit_code_argument(c, &c->calls[i], arguments[k], &first, &end))
                continue;
            uint32_t to = c->tokens[end - 1].at + c->tokens[end - 1].len;
            buf_printf(out, " %s=", arguments[k]);
            add_text(out, str_slice(c->text, c->tokens[first].at, to));
            str env = audit_code_env_of(c, first, end);
            if (env.p)
                buf_printf(out, " ($" STR_FMT ")", STR_ARG(env));
        }
        buf_char(out, '\n');
    }
}

struct told {
    struct buf *out;
    const struct audit_code *c;
};

static void tell_env(void *ctx, str name, uint32_t token, bool has_default) {
    struct told *t = ctx;
    add_place(t->out, t->c, t->c->tokens[token].at);
    buf_printf(t->out, STR_FMT "%s\n", STR_ARG(name), has_default ? " has a default" : "");
}

static void add_env(struct buf *out, struct arena *, const struct audit_code *c) {
    struct told told = {out, c};
    audit_code_each_env(c, tell_env, &told);
}

static const struct {
    const char *name;
    void (*add)(struct buf *out, struct arena *arena, const struct audit_code *c);
} parts[] = {{"tokens", add_tokens},
             {"blocks", add_blocks},
             {"calls", add_calls},
             {"aws", add_aws},
             {"env", add_env}};

/* ---- Cases ---- */

static void show(struct buf *out, str text, size_t part) {
    CLEANUP(audit) struct audit *a = audit_new(&(struct audit_options){0});
    const struct audit_file *file = audit_file_new(a, "code", text);
    const struct audit_code *c = audit_code_read(&a->arena, all.language, file->text, S("handler"),
                                                 audit_code_map_of_file(&a->arena, file));
    parts[part].add(out, &a->arena, c);
}

/* The lines up to the next that begins with "--- " or "=== ". */
static str next_part(str *text) {
    size_t n = 0;
    while (n < text->len && !str_starts(str_skip(*text, n), S("--- ")) &&
           !str_starts(str_skip(*text, n), S("=== "))) {
        ptrdiff_t end = str_chr(str_skip(*text, n), '\n');
        n = end < 0 ? text->len : n + (size_t)end + 1;
    }
    str part = str_slice(*text, 0, n);
    *text = str_skip(*text, n);
    return part;
}

/* Calls each with every part of every case; code is what it is of. */
static void each_part(void (*fn)(str name, str code, str part_name, str want)) {
    str text = buf_view(&all.file), name = S(""), code = S(""), line;
    while (str_cut(text, '\n', &line, &text)) {
        bool is_case = str_starts(line, S("=== "));
        CHECK(is_case || str_starts(line, S("--- ")));
        str rest = next_part(&text);
        if (is_case) {
            name = str_skip(line, 4);
            code = rest;
            fn(name, code, STR_NONE, rest);
        } else {
            fn(name, code, str_skip(line, 4), rest);
        }
    }
}

static size_t part_of(str name) {
    size_t k = 0;
    while (k < ARRAY_LEN(parts) && !str_is(name, parts[k].name))
        k++;
    CHECK(k < ARRAY_LEN(parts));
    return k;
}

static void check_part(str name, str code, str part, str want) {
    if (!part.p)
        return;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    show(&out, code, part_of(part));
    if (!str_eq(buf_view(&out), want))
        print_error("case \"" STR_FMT "\":\n", STR_ARG(name));
    CHECK_STR(buf_view(&out), want);
}

static void test_cases(void **) { each_part(check_part); }

static void print_part(str name, str code, str part, str) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    if (part.p)
        show(&out, code, part_of(part));
    if (part.p)
        printf("--- " STR_FMT "\n%s", STR_ARG(part), buf_cstr(&out));
    else
        printf("=== " STR_FMT "\n" STR_FMT, STR_ARG(name), STR_ARG(code));
}

int main(int argc, char **argv) {
    struct err err;
    if (argc != 3 || io_read_file(&all.file, argv[2], 1 << 20, &err)) {
        fprintf(stderr, "usage: test_code python|javascript FILE\n");
        return 2;
    }
    all.language = strcmp(argv[1], "python") == 0 ? CODE_PYTHON : CODE_JAVASCRIPT;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    int r = 0;
    if (getenv("CALOTYPE_RECORD"))
        each_part(print_part);
    else
        r = cmocka_run_group_tests(tests, NULL, NULL);
    buf_deinit(&all.file);
    return r;
}
