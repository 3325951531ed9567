/*
 * Text as roff. Only requests and escapes that groff and mandoc both have (groff_man(7),
 * mandoc_char(7)).
 */
#include "tools/pages/pages.h"

#include <string.h>

enum { WIDTH = 78 };

/* Bytes that mean something to roff, or are shown as another sign than a shell needs. */
static void add_char(struct buf *out, char c, bool literal) {
    static const struct {
        char c;
        bool always;
        const char *roff;
    } escapes[] = {{'\\', true, "\\e"},   {'-', false, "\\-"},  {'\'', false, "\\(aq"},
                   {'`', false, "\\(ga"}, {'^', true, "\\(ha"}, {'~', true, "\\(ti"}};
    for (size_t i = 0; i < ARRAY_LEN(escapes); i++)
        if (escapes[i].c == c && (escapes[i].always || literal)) {
            buf_c(out, escapes[i].roff);
            return;
        }
    buf_char(out, c);
}

static void add_all(struct buf *out, str text, bool literal) {
    for (size_t i = 0; i < text.len; i++)
        add_char(out, text.p[i], literal);
}

static void add_in(struct buf *out, char font, str text) {
    buf_printf(out, "\\f%c", font);
    add_all(out, text, true);
    buf_c(out, "\\fR");
}

static bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_small(char c) { return c >= 'a' && c <= 'z'; }
static bool is_name(char c) {
    return is_capital(c) || is_small(c) || (c >= '0' && c <= '9') || c == '_';
}

/* How many bytes at i are of these. */
static size_t span(str text, size_t i, bool (*is)(char c), char also) {
    size_t n = 0;
    while (i + n < text.len && (is(text.p[i + n]) || text.p[i + n] == also))
        n++;
    return n;
}

/* ---- Words that have a font of their own ---- */

/* `code` */
static size_t take_code(struct buf *out, const struct pages_style *, str text, size_t i) {
    ptrdiff_t end = text.p[i] == '`' ? str_chr(str_skip(text, i + 1), '`') : -1;
    if (end < 0)
        return 0;
    add_in(out, 'B', str_slice(text, i + 1, i + 1 + (size_t)end));
    return (size_t)end + 2;
}

/* --flag */
static size_t take_flag(struct buf *out, const struct pages_style *, str text, size_t i) {
    size_t n = str_starts(str_skip(text, i), S("--")) ? span(text, i, is_small, '-') : 0;
    if (n > 2)
        add_in(out, 'B', str_slice(text, i, i + n));
    return n > 2 ? n : 0;
}

/* calotype-up(1) */
static size_t take_page(struct buf *out, const struct pages_style *, str text, size_t i) {
    size_t n = is_small(text.p[i]) ? span(text, i, is_name, '-') : 0;
    str behind = str_slice(text, i + n, i + n + 3);
    if (!n || behind.len < 3 || behind.p[0] != '(' || behind.p[2] != ')')
        return 0;
    add_in(out, 'B', str_slice(text, i, i + n));
    buf_str(out, behind);
    return n + 3;
}

/* DIR, where it stands for what a user gives. */
static size_t take_name(struct buf *out, const struct pages_style *style, str text, size_t i) {
    CLEANUP_DEINIT(buf) struct buf padded = {0};
    size_t n = is_capital(text.p[i]) ? span(text, i, is_name, '_') : 0;
    str name = str_slice(text, i, i + n);
    buf_printf(&padded, " " STR_FMT " ", STR_ARG(name));
    if (!n || str_find(buf_view(&style->names), buf_view(&padded)) < 0)
        return 0;
    add_in(out, 'I', name);
    return n;
}

/* @prefix@ */
static size_t take_prefix(struct buf *out, const struct pages_style *style, str text, size_t i) {
    if (!str_starts(str_skip(text, i), S("@prefix@")))
        return 0;
    add_all(out, str_c(style->prefix), false);
    return strlen("@prefix@");
}

static void add_word(struct buf *out, const struct pages_style *style, str text) {
    static size_t (*const takers[])(struct buf * out, const struct pages_style *style, str text,
                                    size_t i) = {take_code, take_flag, take_page, take_name,
                                                 take_prefix};
    for (size_t i = 0; i < text.len;) {
        size_t taken = 0;
        bool begins = i == 0 || !is_name(text.p[i - 1]);
        for (size_t k = 0; begins && !taken && k < ARRAY_LEN(takers); k++)
            taken = takers[k](out, style, text, i);
        if (!taken)
            add_char(out, text.p[i], false);
        i += taken ? taken : 1;
    }
}

void pages_roff_line(struct buf *out, const struct pages_style *style, str text) {
    add_word(out, style, text);
}

/* ---- Lines ---- */

static str next_word(str text, size_t *at) {
    while (*at < text.len && strchr(" \n", text.p[*at]))
        ++*at;
    size_t from = *at;
    while (*at < text.len && !strchr(" \n", text.p[*at]))
        ++*at;
    return str_slice(text, from, *at);
}

/* Puts a finished word on the line, or on a new one where it is full or the sentence has ended. */
static void put_word(struct buf *out, size_t *column, str word) {
    bool ended = *column && out->len && out->p[out->len - 1] == '.';
    if (*column && (ended || *column + 1 + word.len > WIDTH)) {
        buf_char(out, '\n');
        *column = 0;
    }
    if (*column)
        buf_char(out, ' ');
    else if (word.p[0] == '.' || word.p[0] == '\'')
        buf_c(out, "\\&");
    buf_str(out, word);
    if (str_ends(word, S("...")) || str_ends(word, S("...]")))
        buf_c(out, "\\&"); /* no sentence ends here, nor a line */
    *column += word.len + 1;
}

void pages_roff_fill(struct buf *out, const struct pages_style *style, str text) {
    CLEANUP_DEINIT(buf) struct buf done = {0};
    add_word(&done, style, text);
    size_t at = 0, column = 0;
    for (str word; (word = next_word(buf_view(&done), &at)).len;)
        put_word(out, &column, word);
    buf_char(out, '\n');
}

void pages_roff_literal(struct buf *out, str text) {
    size_t indent = 0;
    while (indent < text.len && text.p[indent] == ' ')
        indent++;
    for (str line; text.len;) {
        str_cut(text, '\n', &line, &text);
        line = str_skip(line, indent);
        if (line.len && (line.p[0] == '.' || line.p[0] == '\''))
            buf_c(out, "\\&");
        add_all(out, line, true);
        buf_char(out, '\n');
    }
}
