/*
 * audit/code_map: code in a template, and where each of its bytes is written: in block scalars each
 * line has its indentation before it, in quotes an escape is longer than what it stands for, and lines
 * of folded text are joined.
 */
#include "audit/code_map.h"
#include "base/ascii.h"
#include "base/buf.h"

struct pieces {
    struct buf text;
    struct code_piece *v; /* on the heap */
    size_t n, cap;
};

static void pieces_deinit(struct pieces *p) {
    buf_deinit(&p->text);
    free(p->v);
}

/* From byte `at` of the code on, it is written at a byte of the file. */
static void add_piece(struct pieces *p, size_t at, size_t offset) {
    if (p->n > 0 && p->v[p->n - 1].at == at)
        p->n--;
    if (p->n > 0 && p->v[p->n - 1].offset + (at - p->v[p->n - 1].at) == offset)
        return;
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 64;
        p->v = mem_realloc(p->v, p->cap * sizeof *p->v);
    }
    p->v[p->n++] = (struct code_piece){(uint32_t)at, (uint32_t)offset};
}

/* ---- Scalars ---- */

static size_t line_end(str file, size_t at) {
    ptrdiff_t n = str_chr(str_skip(file, at), '\n');
    return n < 0 ? file.len : at + (size_t)n;
}

/* Without the "\r" of a line's end. */
static size_t bare_end(str file, size_t from, size_t end) {
    return end > from && file.p[end - 1] == '\r' ? end - 1 : end;
}

/* "|": each line of the text is the end of one of the file. */
static void map_literal(struct pieces *p, str file, size_t at, str text) {
    size_t base = p->text.len, line = line_end(file, at) + 1;
    for (size_t from = 0; from < text.len && line <= file.len;) {
        size_t end = line_end(file, line), last = line_end(text, from);
        size_t bare = bare_end(file, line, end);
        if (last - from <= bare - line)
            add_piece(p, base + from, bare - (last - from));
        from = last + 1;
        line = end + 1;
    }
}

/* ">": lines of the file follow each other in the text, with a space or line ends between. */
static void map_folded(struct pieces *p, str file, size_t at, str text) {
    size_t base = p->text.len, line = line_end(file, at) + 1, from = 0, indent = 0;
    for (; from < text.len && line < file.len; line = line_end(file, line) + 1) {
        size_t end = bare_end(file, line, line_end(file, line)), begin = line;
        while (begin < end && file.p[begin] == ' ' && (indent == 0 || begin - line < indent))
            begin++;
        if (begin == end)
            continue;
        indent = indent ? indent : begin - line;
        while (from < text.len && file.p[begin] != text.p[from] &&
               ascii_is_one_of(text.p[from], " \n"))
            from++;
        if (!str_starts(str_skip(text, from), str_slice(file, begin, end)))
            return;
        add_piece(p, base + from, begin);
        from += end - begin;
    }
}

/* How many bytes an escape of a quoted scalar takes in the file, from its backslash on. */
static size_t escape_len(str file, size_t at) {
    char c = at + 1 < file.len ? file.p[at + 1] : '\0';
    size_t n = c == 'x' ? 4 : c == 'u' ? 6 : c == 'U' ? 10 : 2;
    bool is_pair = c == 'u' && at + 6 < file.len && file.p[at + 6] == '\\' &&
                   ascii_lower(file.p[at + 2]) == 'd' && ascii_hex(file.p[at + 3]) >= 8 &&
                   ascii_hex(file.p[at + 3]) < 12;
    return is_pair ? 12 : n;
}

static size_t character_len(str text, size_t at) {
    size_t n = 1;
    while (at + n < text.len && ((unsigned char)text.p[at + n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* A fold: spaces and line ends at `at` of the file; how many bytes they are, 0: none. */
static size_t fold_len(str file, size_t at, size_t *ret_lines) {
    size_t n = 0;
    *ret_lines = 0;
    for (; at + n < file.len && ascii_is_one_of(file.p[at + n], " \t\r\n"); n++)
        *ret_lines += file.p[at + n] == '\n';
    return *ret_lines ? n : 0;
}

/* Quoted or plain, on one line or over several. at: behind the quote; quote NUL: plain. */
static void map_flow(struct pieces *p, str file, size_t at, char quote, str text) {
    size_t base = p->text.len, lines;
    for (size_t from = 0; from < text.len && at < file.len;) {
        add_piece(p, base + from, at);
        size_t fold = fold_len(file, at, &lines);
        if (fold > 0) {
            at += fold;
            from += lines == 1 ? 1 : lines - 1;
        } else if (quote == '"' && file.p[at] == '\\') {
            size_t n = escape_len(file, at);
            bool is_join = at + 1 < file.len && ascii_is_one_of(file.p[at + 1], "\r\n");
            if (is_join) {
                at += 1 + fold_len(file, at + 1, &lines);
                from += lines - 1;
            } else {
                from += character_len(text, from);
                at += n;
            }
        } else {
            at += quote == '\'' && file.p[at] == '\'' ? 2 : 1;
            from++;
        }
    }
}

/* Where a scalar's own text begins: behind its tag. */
static size_t over_tag(str file, size_t at) {
    if (at < file.len && file.p[at] == '!') {
        while (at < file.len && !ascii_is_one_of(file.p[at], " \t\r\n"))
            at++;
        while (at < file.len && ascii_is_one_of(file.p[at], " \t\r\n"))
            at++;
    }
    return at;
}

static void add_scalar(struct pieces *p, const struct audit_file *file,
                       const struct tmpl_node *node) {
    size_t at = over_tag(file->text, audit_offset(file, node->start));
    char sign = at < file->text.len ? file->text.p[at] : '\0';
    str text = tmpl_text(node);
    add_piece(p, p->text.len, at);
    if (sign == '|')
        map_literal(p, file->text, at, text);
    else if (sign == '>')
        map_folded(p, file->text, at, text);
    else if (sign == '"' || sign == '\'')
        map_flow(p, file->text, at + 1, sign, text);
    else
        map_flow(p, file->text, at, '\0', text);
    buf_str(&p->text, text);
}

/* ---- Functions ---- */

/* What raw has, but "${x}" for "${!x}". */
static void add_sub(struct pieces *p, const struct pieces *raw) {
    str text = buf_view(&raw->text);
    size_t piece = 0, shift = 0;
    for (size_t from = 0; from < text.len;) {
        ptrdiff_t sign = str_find(str_skip(text, from), S("${!"));
        size_t end = sign < 0 ? text.len : from + (size_t)sign + 2;
        for (; piece < raw->n && raw->v[piece].at < end; piece++)
            add_piece(p, raw->v[piece].at - shift, raw->v[piece].offset);
        buf_str(&p->text, str_slice(text, from, end));
        from = end;
        if (sign >= 0) {
            from++;
            shift++;
            const struct code_piece *last = &raw->v[piece - 1];
            add_piece(p, from - shift, last->offset + (from - last->at));
        }
    }
}

static bool add_node(const struct audit_template *t, struct pieces *p,
                     const struct tmpl_node *node);

static bool add_joined(const struct audit_template *t, struct pieces *p,
                       const struct tmpl_node *value) {
    if (value->kind != TMPL_LIST || value->n != 2)
        return false;
    const struct tmpl_node *between = value->members[0].value, *list = value->members[1].value;
    if (!tmpl_text(between).p || list->kind != TMPL_LIST)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        if (i)
            buf_str(&p->text, tmpl_text(between));
        if (!add_node(t, p, list->members[i].value))
            return false;
    }
    return list->n > 0;
}

/* False: what it is cannot be seen. */
static bool add_node(const struct audit_template *t, struct pieces *p,
                     const struct tmpl_node *node) {
    const struct tmpl_member *f = tmpl_function(node);
    const struct audit_file *file = audit_file(t, node->start.file);
    if (!f) {
        if (!tmpl_text(node).p)
            return false;
        add_scalar(p, file, node);
        return true;
    }
    if (str_is(f->key, "Fn::Sub")) {
        const struct tmpl_node *text = f->value;
        if (text->kind == TMPL_LIST && text->n > 0)
            text = text->members[0].value;
        if (text->kind != TMPL_STRING)
            return false;
        CLEANUP_DEINIT(pieces) struct pieces raw = {0};
        add_scalar(&raw, file, text);
        struct pieces whole = {0};
        add_sub(&whole, &raw);
        for (size_t i = 0; i < whole.n; i++)
            add_piece(p, p->text.len + whole.v[i].at, whole.v[i].offset);
        buf_str(&p->text, buf_view(&whole.text));
        pieces_deinit(&whole);
        return true;
    }
    str text =
        str_is(f->key, "Ref") || str_is(f->key, "Fn::GetAtt") ? audit_text(t, node) : STR_NONE;
    if (text.p) {
        add_piece(p, p->text.len, audit_offset(file, node->start));
        buf_str(&p->text, text);
    }
    return text.p != NULL;
}

bool audit_code_of_node(const struct audit_template *t, const struct tmpl_node *node, str *ret_text,
                        const struct code_map **ret_map) {
    CLEANUP_DEINIT(pieces) struct pieces p = {0};
    const struct tmpl_member *f = tmpl_function(node);
    if (f && str_is(f->key, "Fn::Join") ? !add_joined(t, &p, f->value) : !add_node(t, &p, node))
        return false;
    struct code_map *map = arena_new(t->arena, struct code_map);
    struct code_piece *v = arena_alloc(t->arena, (p.n + 1) * sizeof *v);
    memcpy(v, p.v, p.n * sizeof *v);
    *map = (struct code_map){audit_file(t, node->start.file), v, p.n};
    *ret_text = arena_str(t->arena, buf_view(&p.text));
    *ret_map = map;
    return true;
}

const struct code_map *audit_code_map_of_file(struct arena *arena, const struct audit_file *file) {
    struct code_map *map = arena_new(arena, struct code_map);
    *map = (struct code_map){file, arena_new(arena, struct code_piece), 1};
    return map;
}
