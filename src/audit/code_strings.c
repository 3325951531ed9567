/* audit/code_strings: what the strings of code say. */
#include "audit/code_priv.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/utf8.h"

/* How a string begins: its prefix's letters, and its quotes. */
struct opening {
    size_t prefix, quotes;
    bool is_raw;
};

static struct opening opening_of(const struct code *c, uint32_t token) {
    str text = code_text(c, token);
    struct opening o = {.quotes = 1};
    while (o.prefix < text.len && ascii_is_alpha(text.p[o.prefix]))
        o.is_raw |= ascii_lower(text.p[o.prefix++]) == 'r';
    str rest = str_skip(text, o.prefix);
    if (c->pub.language == CODE_PYTHON &&
        (str_starts(rest, S("\"\"\"")) || str_starts(rest, S("'''"))))
        o.quotes = 3;
    return o;
}

/* The bytes between the quotes, or between a quote and an expression. */
static str inside(const struct code *c, uint32_t token, bool *ret_is_raw) {
    const struct code_token *t = &c->tokens[token];
    str text = code_text(c, token);
    bool is_first = !t->has_holes || t->match > token || !ascii_is_one_of(text.p[0], "}:!");
    bool is_last = !t->has_holes || t->match < token;
    struct opening o = opening_of(c, is_first ? token : t->match < token ? t->match : token);
    *ret_is_raw = o.is_raw;
    text = str_skip(text, is_first ? o.prefix + o.quotes : 1);
    size_t behind = is_last ? o.quotes : c->pub.language == CODE_PYTHON ? 1 : 2;
    static const char *const ends[] = {"'", "\"", "`", "{", NULL};
    bool has_end = false;
    for (size_t i = 0; ends[i]; i++)
        has_end |= str_ends(text, str_c(ends[i]));
    return has_end && text.len >= behind ? str_slice(text, 0, text.len - behind) : text;
}

/* The digits of \xHH, \uHHHH, \UHHHHHHHH, \u{H…} as UTF-8; how many bytes they are, 0: none. */
static size_t add_character(struct buf *out, str rest) {
    size_t most = rest.p[0] == 'x' ? 2 : rest.p[0] == 'u' ? 4 : 8, at = 1, n = 0;
    bool is_braced = rest.len > 1 && rest.p[1] == '{';
    uint32_t value = 0;
    if (is_braced)
        most = 6, at = 2;
    for (; n < most && at < rest.len && ascii_hex(rest.p[at]) >= 0; n++, at++)
        value = value * 16 + (uint32_t)ascii_hex(rest.p[at]);
    at += is_braced && at < rest.len && rest.p[at] == '}';
    char bytes[UTF8_MAX];
    if (n == 0 || value > 0x10FFFF)
        return 0;
    buf_str(out, str_n(bytes, utf8_put(bytes, value)));
    return at;
}

/* One escape, rest beginning behind the backslash; how many bytes it takes. */
static size_t add_escape(struct buf *out, str rest) {
    static const char names[] = "nrtbfv0", means[] = "\n\r\t\b\f\v";
    const char *at = strchr(names, rest.p[0]);
    if (ascii_is_one_of(rest.p[0], "xuU")) {
        size_t n = add_character(out, rest);
        if (n)
            return n;
    }
    if (rest.p[0] == '\n')
        return 1;
    if (rest.p[0] != '\0' && at)
        buf_char(out, means[at - names]);
    else
        buf_char(out, rest.p[0]);
    return 1;
}

str audit_code_string(struct arena *arena, const struct audit_code *code, uint32_t token) {
    const struct code *c = code_of(code);
    bool is_raw;
    if (token >= code->n_tokens || c->tokens[token].kind != CODE_STRING)
        return STR_NONE;
    str text = inside(c, token, &is_raw);
    if (is_raw || str_chr(text, '\\') < 0)
        return text;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    for (size_t i = 0; i < text.len;) {
        if (text.p[i] == '\\' && i + 1 < text.len)
            i += 1 + add_escape(&out, str_skip(text, i + 1));
        else
            buf_char(&out, text.p[i++]);
    }
    return arena_str(arena, buf_view(&out));
}
