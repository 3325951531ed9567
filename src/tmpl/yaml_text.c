/* tmpl/yaml_text: our own YAML reader's way through the text: lines, columns, what lies between tokens. */
#include "tmpl/yaml_priv.h"

int tmpl_yaml_wrong(struct yaml *y, struct tmpl_pos at, const char *fmt, ...) {
    if (!yaml_is_mending(y))
        return YAML_OVER;
    if (y->told_line == at.line)
        return 0;
    y->told_line = at.line;
    struct tmpl_fault fault = {{0}, {{0}}};
    CLEANUP_DEINIT(buf) struct buf what = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&what, fmt, args);
    va_end(args);
    tmpl_fail(&fault, at, "Template format error: %s", buf_cstr(&what));
    tmpl_faults_add(y->b->faults, at, str_c(fault.why.text));
    return y->b->faults->n == TMPL_MAX_FAULTS ? YAML_OVER : 0;
}

/* ---- Places ---- */

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* Goes from the byte that was asked for last: a long line is not counted again for each of its nodes. */
struct tmpl_pos tmpl_yaml_pos(struct yaml *y, size_t at) {
    size_t column = at - y->line_at + 1;
    if (!y->is_ascii) {
        if (y->counted_line != y->line_at) {
            y->counted_line = y->counted_at = y->line_at;
            y->n_continued = 0;
        }
        for (; y->counted_at < at; y->counted_at++)
            y->n_continued += continues(y->p[y->counted_at]);
        for (; y->counted_at > at; y->counted_at--)
            y->n_continued -= continues(y->p[y->counted_at - 1]);
        column -= y->n_continued;
    }
    return (struct tmpl_pos){y->line, (uint32_t)column, y->b->file};
}

int tmpl_yaml_column(const struct yaml *y) {
    int column = (int)(y->at - y->line_at);
    if (yaml_is_mending(y) && y->p[y->line_at] <= ' ')
        for (size_t i = y->line_at; i < y->at && yaml_is_blank(y->p[i]); i++)
            column += y->p[i] == '\t' ? y->tab_width - 1 : 0;
    return column;
}

void tmpl_yaml_next_line(struct yaml *y) {
    y->at += y->p[y->at] == '\r' ? 2 : 1;
    y->line_at = y->at;
    y->line++;
}

void tmpl_yaml_to_line_end(struct yaml *y) {
    while (y->p[y->at] && !yaml_is_break(y->p[y->at]))
        y->at++;
}

bool tmpl_yaml_at_end(const struct yaml *y) {
    const char *p = y->p + y->at;
    if (!*p)
        return true;
    return y->at == y->line_at && (*p == '-' || *p == '.') && p[1] == *p && p[2] == *p &&
           yaml_is_blankz(p[3]);
}

/* ---- Between tokens ---- */

/*
 * libyaml takes a tab for a space only behind a token and within brackets; as indentation, which may only
 * be of spaces, it is wrong.
 */
static int skip_tab(struct yaml *y, bool is_flow, size_t token_end) {
    if (!yaml_is_mending(y))
        return yaml_unsure(y);
    size_t next = y->at;
    while (yaml_is_blank(y->p[next]))
        next++;
    bool is_indent =
        y->line_at >= token_end && !is_flow && y->p[next] && !yaml_is_break(y->p[next]);
    if (is_indent &&
        tmpl_yaml_wrong(y, tmpl_yaml_pos(y, y->at),
                        "YAML not well-formed: a tab in the indentation: only spaces indent"))
        return YAML_OVER;
    y->at++;
    return 0;
}

int tmpl_yaml_skip(struct yaml *y, bool is_flow) {
    size_t token_end = y->at;
    for (;;) {
        char c = y->p[y->at];
        if (c == ' ') {
            y->at++;
        } else if (c == '\t') {
            if (skip_tab(y, is_flow, token_end))
                return YAML_OVER;
        } else if (yaml_is_break(c)) {
            tmpl_yaml_next_line(y);
        } else if (c == '#') {
            /* libyaml takes "'x'#" for a comment, too: nobody means that. */
            if (y->at > y->line_at && !yaml_is_blank(y->p[y->at - 1]) && yaml_unsure(y))
                return YAML_OVER;
            tmpl_yaml_to_line_end(y);
        } else {
            return 0;
        }
    }
}
