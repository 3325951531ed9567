/* tmpl/yaml_scalar: plain, quoted and block scalars, folded as libyaml folds them (YAML 1.1, chapter 9). */
#include "tmpl/yaml_priv.h"

#include "base/ascii.h"
#include "base/utf8.h"

static str kept(struct yaml *y, size_t from, size_t to) {
    return arena_str(y->b->arena, str_n(y->p + from, to - from));
}

static str kept_scratch(struct yaml *y) { return arena_str(y->b->arena, buf_view(&y->scratch)); }

/* ---- Plain ---- */

/* What may end a plain scalar: within brackets, and everywhere. */
static bool may_end(char c, bool is_flow) {
    static const bool everywhere[256] = {
        ['\0'] = true, ['\n'] = true, ['\r'] = true, [':'] = true, ['#'] = true, ['\t'] = true};
    static const bool in_flow[256] = {
        ['\0'] = true, ['\n'] = true, ['\r'] = true, [':'] = true, ['#'] = true, ['\t'] = true,
        [','] = true,  ['['] = true,  [']'] = true,  ['{'] = true, ['}'] = true, ['?'] = true};
    return (is_flow ? in_flow : everywhere)[(unsigned char)c];
}

/* Does the character at `at` end the scalar? It is one that may. */
static int ends_plain(struct yaml *y, size_t at, bool is_flow, bool *ret) {
    char c = y->p[at], next = c ? y->p[at + 1] : '\0';
    *ret = true;
    if (c == '#') {
        *ret = yaml_is_blank(y->p[at - 1]);
    } else if (c == '\t') {
        *ret = false;
        return yaml_is_mending(y) ? 0 : yaml_unsure(y);
    } else if (c == ':') {
        *ret = yaml_is_blankz(next);
        return is_flow && !*ret && ascii_is_one_of(next, ",?[]{}") ? yaml_unsure(y) : 0;
    } else if (c == '?') {
        return yaml_unsure(y);
    }
    return 0;
}

int tmpl_yaml_plain_line(struct yaml *y, bool is_flow, size_t *ret_end) {
    size_t at = y->at;
    for (bool is_end = false; !is_end; at += !is_end) {
        while (!may_end(y->p[at], is_flow))
            at++;
        if (ends_plain(y, at, is_flow, &is_end))
            return YAML_OVER;
    }
    size_t end = at;
    while (end > y->at && yaml_is_blank(y->p[end - 1]))
        end--;
    y->at = at;
    *ret_end = end;
    return 0;
}

/*
 * To the next line that has something, if it may belong to the scalar: *ret_breaks lines on. Else the
 * reader stays where it is.
 */
static int next_plain_line(struct yaml *y, bool is_flow, int indent, unsigned *ret_breaks) {
    const struct yaml_mark before = yaml_mark(y);
    *ret_breaks = 0;
    while (yaml_is_break(y->p[y->at])) {
        tmpl_yaml_next_line(y);
        ++*ret_breaks;
        while (y->p[y->at] == ' ')
            y->at++;
        if (y->p[y->at] == '\t' && !yaml_is_mending(y))
            return yaml_unsure(y);
        while (yaml_is_blank(y->p[y->at]) && (is_flow || (int)(y->at - y->line_at) >= indent))
            y->at++;
    }
    if (!*ret_breaks || tmpl_yaml_at_end(y) || y->p[y->at] == '#' || y->p[y->at] == '\t' ||
        (!is_flow && tmpl_yaml_column(y) < indent)) {
        yaml_go_back(y, before);
        *ret_breaks = 0;
    }
    return 0;
}

static void add_breaks(struct buf *out, unsigned breaks) {
    buf_char(out, breaks == 1 ? ' ' : '\n');
    for (unsigned i = 2; i < breaks; i++)
        buf_char(out, '\n');
}

/* Mending: is a line that would go on a plain scalar a key of the block around? */
static bool is_key_of_block(const struct yaml *y, bool is_flow, size_t from) {
    return yaml_is_mending(y) && y->p[y->at] == ':' &&
           (!is_flow || (int)(from - y->line_at) <= y->flow_indent);
}

/*
 * The lines behind the first, which is in scratch. A line that has a key is, mending, no part of the
 * scalar; fast, the caller sees the colon and is not sure.
 */
static int read_more_lines(struct yaml *y, bool is_flow, int indent, unsigned breaks,
                           struct yaml_mark before, struct tmpl_pos *ret_end) {
    while (breaks) {
        size_t from = y->at, end;
        if (tmpl_yaml_plain_line(y, is_flow, &end))
            return YAML_OVER;
        if (end == from || is_key_of_block(y, is_flow, from)) {
            bool is_sure = is_flow || yaml_is_mending(y);
            yaml_go_back(y, before);
            return is_sure ? 0 : yaml_unsure(y);
        }
        add_breaks(&y->scratch, breaks);
        buf_add(&y->scratch, y->p + from, end - from);
        *ret_end = tmpl_yaml_pos(y, end);
        before = yaml_mark(y);
        if (next_plain_line(y, is_flow, indent, &breaks))
            return YAML_OVER;
    }
    return 0;
}

int tmpl_yaml_plain(struct yaml *y, bool is_flow, int indent, str *ret, struct tmpl_pos *ret_end) {
    size_t from = y->at, end;
    unsigned breaks;
    if (tmpl_yaml_plain_line(y, is_flow, &end))
        return YAML_OVER;
    *ret_end = tmpl_yaml_pos(y, end);
    const struct yaml_mark before = yaml_mark(y);
    if (next_plain_line(y, is_flow, indent, &breaks))
        return YAML_OVER;
    if (!breaks) {
        *ret = kept(y, from, end);
        return 0;
    }
    buf_clear(&y->scratch);
    buf_add(&y->scratch, y->p + from, end - from);
    if (read_more_lines(y, is_flow, indent, breaks, before, ret_end))
        return YAML_OVER;
    *ret = kept_scratch(y);
    return 0;
}

/* ---- Quoted ---- */

/* The character that an escape of one letter stands for; -1: another kind of escape. */
static int simple_escape(char c) {
    static const char letters[] = "abtnvfre \"/\\\t";
    static const char meanings[] = "\a\b\t\n\v\f\r\x1B \"/\\\t";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? meanings[at - letters] : -1;
}

/*
 * Mending: an escape that is none is told; of those that are rare (a character by its number, a line that
 * goes on) nobody learns the meaning.
 */
static int mend_escape(struct yaml *y) {
    char c = y->p[y->at + 1];
    bool is_rare = !c || yaml_is_break(c) || ascii_is_one_of(c, "0N_LPxuU'");
    if (!is_rare &&
        tmpl_yaml_wrong(y, tmpl_yaml_pos(y, y->at),
                        "YAML not well-formed: \\%c is no escape of a text in double quotes", c))
        return YAML_OVER;
    y->at += is_rare ? 1 : 2;
    return 0;
}

/* The next byte is the backslash. */
static int read_escape(struct yaml *y) {
    int meaning = simple_escape(y->p[y->at + 1]);
    if (meaning >= 0) {
        buf_char(&y->scratch, (char)meaning);
        y->at += 2;
        return 0;
    }
    uint32_t c = 0;
    size_t n = 0;
    if (y->p[y->at + 1] == 'u')
        for (; n < 4; n++) {
            int digit = ascii_hex(y->p[y->at + 2 + n]);
            if (digit < 0)
                break;
            c = c << 4 | (uint32_t)digit;
        }
    if (n < 4 || c == 0 || (c >= 0xD800 && c < 0xE000))
        return yaml_is_mending(y) ? mend_escape(y) : yaml_unsure(y);
    char bytes[UTF8_MAX];
    buf_add(&y->scratch, bytes, utf8_put(bytes, c));
    y->at += 6;
    return 0;
}

/* What lies between two lines of a quoted scalar: blanks at both ends go, breaks are folded. */
static int fold_quoted(struct yaml *y, size_t blanks_from) {
    unsigned breaks = 0;
    if (!yaml_is_break(y->p[y->at])) {
        buf_add(&y->scratch, y->p + blanks_from, y->at - blanks_from);
        return 0;
    }
    while (yaml_is_break(y->p[y->at])) {
        tmpl_yaml_next_line(y);
        breaks++;
        if (tmpl_yaml_at_end(y))
            return yaml_unsure(y);
        while (yaml_is_blank(y->p[y->at]))
            y->at++;
    }
    add_breaks(&y->scratch, breaks);
    return 0;
}

/* The text up to the closing quote, which is the next byte afterwards. */
static int read_quoted_rest(struct yaml *y, char quote) {
    for (;;) {
        size_t from = y->at;
        char c;
        while ((c = y->p[y->at]) && c != quote && c != '\\' && !yaml_is_blank(c) &&
               !yaml_is_break(c))
            y->at++;
        buf_add(&y->scratch, y->p + from, y->at - from);
        from = y->at;
        if (c == '\0')
            return yaml_unsure(y);
        if (c == '\\' && quote == '\'') {
            buf_char(&y->scratch, c);
            y->at++;
        } else if (c == '\\') {
            if (read_escape(y))
                return YAML_OVER;
        } else if (c == quote && quote == '\'' && y->p[y->at + 1] == quote) {
            buf_char(&y->scratch, c);
            y->at += 2;
        } else if (c == quote) {
            return 0;
        } else {
            while (yaml_is_blank(y->p[y->at]))
                y->at++;
            if (fold_quoted(y, from))
                return YAML_OVER;
        }
    }
}

/* Mending: what stands behind a closing quote that closes what was meant. */
static bool may_follow_quote(const struct yaml *y) {
    size_t at = y->at + 1;
    while (yaml_is_blank(y->p[at]))
        at++;
    return yaml_is_break(y->p[at]) || !y->p[at] || ascii_is_one_of(y->p[at], "#,]}:");
}

/* Mending: a quote that is never closed, or only where another text begins, ends with its line. */
static int mend_quoted(struct yaml *y, struct yaml_mark before, str *ret) {
    yaml_go_back(y, before);
    if (tmpl_yaml_wrong(y, tmpl_yaml_pos(y, y->at), "YAML not well-formed: a quote is not closed"))
        return YAML_OVER;
    size_t from = y->at + 1;
    tmpl_yaml_to_line_end(y);
    *ret = kept(y, from, y->at);
    return 0;
}

int tmpl_yaml_quoted(struct yaml *y, str *ret) {
    char quote = y->p[y->at];
    const struct yaml_mark before = yaml_mark(y);
    size_t from = ++y->at;
    char c;
    while ((c = y->p[y->at]) && c != quote && c != '\\' && !yaml_is_break(c))
        y->at++;
    if (c == quote && !(quote == '\'' && y->p[y->at + 1] == quote)) {
        *ret = kept(y, from, y->at++);
        return 0;
    }
    y->at = from;
    buf_clear(&y->scratch);
    bool is_over = read_quoted_rest(y, quote) != 0;
    bool is_doubtful = is_over || (y->line != before.line && !may_follow_quote(y));
    if (is_doubtful && yaml_is_mending(y))
        return mend_quoted(y, before, ret);
    if (is_over)
        return YAML_OVER;
    y->at++;
    *ret = kept_scratch(y);
    return 0;
}

/* ---- Block scalars ---- */

struct block {
    bool is_folded;
    char chomp;      /* '-', '+' or 0 */
    int increment;   /* as written; 0: by the first line */
    int indent;      /* the column of its lines; 0: not known yet */
    unsigned breaks; /* of empty lines that wait */
};

/* Behind "|" or ">": what is said of the scalar, up to the end of the line and over it. */
static int read_header(struct yaml *y, struct block *k) {
    k->is_folded = y->p[y->at++] == '>';
    for (int i = 0; i < 2; i++) {
        char c = y->p[y->at];
        if ((c == '-' || c == '+') && !k->chomp)
            k->chomp = c;
        else if (c >= '1' && c <= '9' && !k->increment)
            k->increment = c - '0';
        else
            break;
        y->at++;
    }
    size_t end = y->at;
    while (yaml_is_blank(y->p[y->at]))
        y->at++;
    if (y->p[y->at] == '#' && y->at > end)
        tmpl_yaml_to_line_end(y);
    if (yaml_is_break(y->p[y->at])) {
        tmpl_yaml_next_line(y);
    } else if (y->p[y->at]) {
        if (tmpl_yaml_wrong(
                y, tmpl_yaml_pos(y, y->at),
                "YAML not well-formed: a block of text begins on the line behind | or >"))
            return YAML_OVER;
        tmpl_yaml_to_line_end(y);
        if (y->p[y->at])
            tmpl_yaml_next_line(y);
    }
    return 0;
}

/* Over empty lines and the indentation of the next one. Fixes the indentation at the first. */
static int skip_indentation(struct yaml *y, struct block *k, int outer, struct tmpl_pos *ret_end) {
    int most = 0, column;
    *ret_end = tmpl_yaml_pos(y, y->at);
    for (;;) {
        while (y->p[y->at] == ' ' && (!k->indent || (int)(y->at - y->line_at) < k->indent))
            y->at++;
        column = (int)(y->at - y->line_at);
        most = column > most ? column : most;
        if (y->p[y->at] == '\t' && (!k->indent || column < k->indent)) {
            if (tmpl_yaml_wrong(
                    y, tmpl_yaml_pos(y, y->at),
                    "YAML not well-formed: a tab in the indentation: only spaces indent"))
                return YAML_OVER;
            break;
        }
        if (!yaml_is_break(y->p[y->at]))
            break;
        tmpl_yaml_next_line(y);
        k->breaks++;
        *ret_end = tmpl_yaml_pos(y, y->at);
    }
    if (!k->indent) {
        k->indent = most > outer + 1 ? most : outer + 1;
        k->indent = k->indent < 1 ? 1 : k->indent;
    }
    return 0;
}

static void add_waiting(struct yaml *y, struct block *k) {
    for (; k->breaks; k->breaks--)
        buf_char(&y->scratch, '\n');
}

int tmpl_yaml_block_scalar(struct yaml *y, int outer, str *ret, struct tmpl_pos *ret_end) {
    struct block k = {0};
    bool has_break = false, was_blank = false; /* of the line before */
    buf_clear(&y->scratch);
    if (read_header(y, &k))
        return YAML_OVER;
    k.indent = k.increment ? (outer >= 0 ? outer : 0) + k.increment : 0;
    if (skip_indentation(y, &k, outer, ret_end))
        return YAML_OVER;
    while ((int)(y->at - y->line_at) == k.indent && y->p[y->at]) {
        bool is_blank = yaml_is_blank(y->p[y->at]);
        size_t from = y->at;
        if (has_break && k.is_folded && !was_blank && !is_blank) {
            if (!k.breaks)
                buf_char(&y->scratch, ' ');
        } else if (has_break) {
            buf_char(&y->scratch, '\n');
        }
        add_waiting(y, &k);
        was_blank = is_blank;
        tmpl_yaml_to_line_end(y);
        buf_add(&y->scratch, y->p + from, y->at - from);
        has_break = y->p[y->at] != '\0';
        if (has_break)
            tmpl_yaml_next_line(y);
        if (skip_indentation(y, &k, outer, ret_end))
            return YAML_OVER;
    }
    if (k.chomp != '-' && has_break)
        buf_char(&y->scratch, '\n');
    if (k.chomp == '+')
        add_waiting(y, &k);
    /* The indentation of what follows is its own. */
    y->at = y->line_at < y->at && y->p[y->at] ? y->line_at : y->at;
    *ret = kept_scratch(y);
    return 0;
}
