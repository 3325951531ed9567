/* audit/ignore: ids that comments and Metadata ignore. */
#include "audit/ignore.h"

#include "base/ascii.h"

enum { MOST_SILENCES = 2000 };

/* ---- Lines ---- */

static str line_of(const struct audit_file *file, size_t line) {
    size_t from = file->lines[line];
    size_t to = line + 1 < file->n_lines ? file->lines[line + 1] : file->text.len;
    str text = str_slice(file->text, from, to);
    while (text.len && ascii_is_one_of(text.p[text.len - 1], "\r\n"))
        text.len--;
    return text;
}

static size_t indent_of(str line) {
    size_t n = 0;
    while (n < line.len && ascii_is_one_of(line.p[n], " \t"))
        n++;
    return n;
}

/* Says nothing itself: blank, a comment, the beginning of a document. */
static bool is_bare(str line) {
    str text = str_skip(line, indent_of(line));
    return text.len == 0 || text.p[0] == '#' || str_starts(text, S("//")) || str_is(text, "---");
}

static bool is_element(str line) {
    str text = str_skip(line, indent_of(line));
    return str_starts(text, S("- ")) || str_is(text, "-");
}

/* ---- Comments ---- */

/* The last line of what begins at `first`: up to the next line that is not further in. */
static size_t last_of(const struct audit_file *file, size_t first) {
    str head = line_of(file, first);
    size_t indent = indent_of(head), last = first;
    for (size_t i = first + 1; i < file->n_lines; i++) {
        str line = line_of(file, i);
        if (is_bare(line))
            continue;
        size_t mine = indent_of(line);
        bool is_within = mine > indent || (mine == indent && is_element(line) && !is_element(head));
        if (!is_within)
            break;
        last = i;
    }
    return last;
}

struct reading {
    const struct audit_file *file;
    size_t begins;      /* the first line that says something */
    size_t first, last; /* what was found last; first is a line, last its last_of */
    struct audit_silence *v;
    size_t n;
};

static size_t next_said(const struct audit_file *file, size_t line) {
    while (line < file->n_lines && is_bare(line_of(file, line)))
        line++;
    return line;
}

/* What the comment at that line speaks of. Comments above one thing look for its end once. */
static void reach(struct reading *r, size_t line, struct audit_silence *ret) {
    const struct audit_file *file = r->file;
    ret->first = ret->last = (uint32_t)line + 1;
    if (!is_bare(line_of(file, line)))
        return;
    if (line < r->begins) {
        ret->first = 1;
        ret->last = (uint32_t)file->n_lines;
        return;
    }
    size_t first = next_said(file, line);
    if (first == file->n_lines)
        return;
    if (first != r->first)
        r->last = last_of(file, first);
    r->first = first;
    ret->first = (uint32_t)first + 1;
    ret->last = (uint32_t)r->last + 1;
}

/* Does a comment begin right before the byte, spaces left out? */
static bool is_in_comment(const struct audit_file *file, size_t at) {
    const char *p = file->text.p;
    while (at > 0 && ascii_is_one_of(p[at - 1], " \t"))
        at--;
    if (at > 0 && p[at - 1] == '#')
        return at == 1 || ascii_is_one_of(p[at - 2], " \t\n");
    return str_ends(str_slice(file->text, 0, at), S("//"));
}

static bool is_id_byte(char c) { return ascii_is_alnum(c) || c == '-'; }

/* From behind the mark: ids with commas between. */
static void read_ids(struct reading *r, size_t at) {
    struct audit_silence one = {0};
    str text = r->file->text;
    if (at == text.len || !ascii_is_one_of(text.p[at], " \t"))
        return;
    while (at < text.len && ascii_is_one_of(text.p[at], " \t"))
        at++;
    reach(r, audit_pos(r->file, at).line - 1, &one);
    while (at < text.len && r->n < MOST_SILENCES) {
        size_t from = at;
        while (at < text.len && is_id_byte(text.p[at]))
            at++;
        if (at == from)
            return;
        one.id = str_slice(text, from, at);
        one.at = audit_pos(r->file, from);
        r->v[r->n++] = one;
        if (at == text.len || text.p[at] != ',')
            return;
        at++;
    }
}

struct audit_silences audit_silences_read(struct arena *arena, const struct audit_file *file) {
    static const char mark[] = "calotype:ignore";
    struct reading r = {.file = file, .first = SIZE_MAX};
    size_t at = 0;
    for (ptrdiff_t next;
         r.n < MOST_SILENCES && (next = str_find(str_skip(file->text, at), str_c(mark))) >= 0;) {
        size_t from = at + (size_t)next;
        at = from + strlen(mark);
        if (!is_in_comment(file, from))
            continue;
        if (!r.v) {
            r.v = arena_alloc(arena, MOST_SILENCES * sizeof *r.v);
            r.begins = next_said(file, 0);
        }
        read_ids(&r, at);
    }
    return (struct audit_silences){r.v, r.n};
}

/* ---- Metadata ---- */

bool audit_metadata_ignores(const struct tmpl_node *metadata,
                            bool (*fn)(void *ctx, const struct tmpl_node *id), void *ctx) {
    const struct tmpl_node *list = tmpl_get(tmpl_get(metadata, "calotype"), "ignore");
    if (!tmpl_is(list, TMPL_LIST))
        return tmpl_text(list).p && fn(ctx, list);
    for (size_t i = 0; i < list->n; i++) {
        const struct tmpl_node *one = list->members[i].value;
        const struct tmpl_node *id = one->kind == TMPL_MAP ? tmpl_get(one, "id") : one;
        if (tmpl_text(id).p && fn(ctx, id))
            return true;
    }
    return false;
}
