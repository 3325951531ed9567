/*
 * Findings as lines: file:line:column: severity: id: what (resource) - why; fix. The same one of
 * several resources is one line, at the first, with the places of the others; on a terminal with the
 * line that it is about, underlined.
 */
#include "audit/format_priv.h"

enum { MOST_COLUMNS = 160 };

/* One line: the first finding, and those that say the same of others. */
struct line {
    const struct audit_finding *first;
    const struct audit_finding **others;
    size_t n, cap;
};

static const char *colour_of(enum audit_severity severity, bool colours) {
    static const char *const all[] = {"\033[36m", "\033[33m", "\033[31m"};
    return colours ? all[severity] : "";
}

/* As a line and a terminal may show it: tabs are spaces, other control characters '?'. */
static void add_shown(struct buf *out, str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.p[i];
        buf_char(out, c == '\t' ? ' ' : c < 0x20 || c == 0x7F ? '?' : text.p[i]);
    }
}

static void add_resource(struct buf *out, const struct audit_finding *f) {
    add_shown(out, f->resource.len ? f->resource : S("the template"));
}

static void add_places(struct buf *out, const struct line *line) {
    if (!line->first->resource.len && !line->n)
        return;
    buf_c(out, " (");
    add_resource(out, line->first);
    for (size_t i = 0; i < line->n; i++) {
        const struct audit_finding *f = line->others[i];
        buf_c(out, ", ");
        if (!str_eq(f->resource, line->first->resource)) {
            add_resource(out, f);
            buf_char(out, ' ');
        }
        buf_printf(out, "%u:%u", f->start.line, f->start.column);
    }
    buf_char(out, ')');
}

/* ---- The excerpt ---- */

static str excerpt_of(const struct audit_file *file, uint32_t line) {
    size_t from = file->lines[line - 1];
    size_t to = line < file->n_lines ? file->lines[line] - 1 : file->text.len;
    str text = str_slice(file->text, from, to);
    if (str_ends(text, S("\r")))
        text.len--;
    return str_utf8_slice(text, MOST_COLUMNS);
}

static void add_excerpt(struct buf *out, const struct audit *a, const struct audit_finding *f,
                        bool colours) {
    const struct audit_file *file = audit_file_of(a, f->start.file);
    if (f->start.line == 0 || f->start.line > file->n_lines)
        return;
    str text = excerpt_of(file, f->start.line);
    uint32_t columns = 1;
    for (size_t i = 0; i < text.len; i++)
        columns += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    uint32_t from = f->start.column < columns ? f->start.column : columns;
    uint32_t to = f->end.line == f->start.line && f->end.column < columns ? f->end.column : columns;
    buf_printf(out, "%6u | ", f->start.line);
    add_shown(out, text);
    buf_printf(out, "\n       | %*s%s", (int)from - 1, "", colour_of(f->rule->severity, colours));
    for (uint32_t i = from; i == from || i < to; i++)
        buf_char(out, i == from || i < to ? '^' : ' ');
    buf_printf(out, "%s\n", colours ? "\033[0m" : "");
}

/* ---- Lines ---- */

static void write_line(struct buf *out, const struct audit *a, const struct line *line,
                       const struct audit_format_options *options) {
    CLEANUP_DEINIT(buf) struct buf message = {0};
    const struct audit_finding *f = line->first;
    add_shown(out, str_c(audit_file_of(a, f->start.file)->path));
    buf_printf(out, ":%u:%u: %s%s%s: %s: ", f->start.line, f->start.column,
               colour_of(f->rule->severity, options->colours),
               audit_severity_name(f->rule->severity), options->colours ? "\033[0m" : "",
               f->rule->id);
    audit_format_message(&message, f);
    add_shown(out, buf_view(&message));
    add_places(out, line);
    buf_printf(out, " \xE2\x80\x94 %s; %s\n", f->rule->why, f->rule->fix);
    if (options->excerpt)
        add_excerpt(out, a, f, options->colours);
}

/* What makes two findings the same but for their places. */
static void add_identity(struct buf *out, const struct audit_finding *f) {
    buf_clear(out);
    buf_printf(out, "%u %s ", f->start.file, f->rule->id);
    audit_format_message(out, f);
}

static void join(struct line *line, const struct audit_finding *f) {
    if (line->n == line->cap) {
        line->cap = line->cap ? line->cap * 2 : 8;
        line->others = mem_realloc(line->others, line->cap * sizeof(*line->others));
    }
    line->others[line->n++] = f;
}

static size_t group(struct audit_finding *const *findings, size_t n, struct line *lines) {
    CLEANUP_DEINIT(map) struct map seen = {0};
    CLEANUP_DEINIT(buf) struct buf identity = {0};
    size_t n_lines = 0;
    for (size_t i = 0; i < n; i++) {
        add_identity(&identity, findings[i]);
        struct line *line = map_get(&seen, buf_view(&identity));
        if (line) {
            join(line, findings[i]);
            continue;
        }
        line = &lines[n_lines++];
        line->first = findings[i];
        map_put(&seen, buf_view(&identity), line);
    }
    return n_lines;
}

void audit_format_text(struct buf *out, struct audit *a,
                       const struct audit_format_options *options) {
    size_t n;
    struct audit_finding *const *findings = audit_findings(a, &n);
    CLEANUP_MEM struct line *lines = mem_zalloc((n + 1) * sizeof *lines);
    size_t n_lines = group(findings, n, lines);
    for (size_t i = 0; i < n_lines; i++) {
        write_line(out, a, &lines[i], options);
        free(lines[i].others);
    }
}
