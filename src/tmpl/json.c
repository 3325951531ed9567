/*
 * JSON with positions: RFC 8259 to the letter. jansson gives no places and YAML's flow style
 * accepts what JSON forbids (single quotes, trailing commas, bare words), so this is an own
 * scanner. Mending (the builder has faults), it tells what is wrong and goes on.
 */
#include "tmpl/build_priv.h"

#include "base/ascii.h"
#include "base/utf8.h"

struct reader {
    struct tmpl_builder *b;
    str text;
    size_t at;
    struct tmpl_pos pos; /* of text.p[at] */
    bool is_broken;      /* mending: the text is over, and brackets are open */
};

static bool is_mending(const struct reader *r) { return r->b->faults != NULL; }

static int peek(const struct reader *r) {
    return r->at < r->text.len ? (unsigned char)r->text.p[r->at] : -1;
}

/* One byte on; continuation bytes of UTF-8 do not move the column. */
static void step(struct reader *r) {
    unsigned char c = (unsigned char)r->text.p[r->at++];
    if (c == '\n') {
        r->pos.line++;
        r->pos.column = 1;
    } else if ((c & 0xC0) != 0x80) {
        r->pos.column++;
    }
    /* The column after a multi-byte character was counted at its first byte. */
}

/* Strict: the end. Mending: 0, to go on. */
static int refuse_at(struct reader *r, struct tmpl_pos at, const char *what) {
    struct tmpl_fault one = {{0}, {{0}}};
    bool mending = is_mending(r);
    int f = tmpl_fail(mending ? &one : r->b->fault, at,
                      "Template format error: JSON not well-formed: %s", what);
    if (!mending)
        return f;
    tmpl_faults_add(r->b->faults, at, str_c(one.why.text));
    return r->b->faults->n == TMPL_MAX_FAULTS ? TMPL_E_TEMPLATE : 0;
}

static int refuse(struct reader *r, const char *what) { return refuse_at(r, r->pos, what); }

static void skip_line(struct reader *r) {
    while (peek(r) >= 0 && peek(r) != '\n')
        step(r);
}

static int skip_space(struct reader *r) {
    for (;;) {
        int c = peek(r);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            step(r);
        } else if (is_mending(r) && (c == '#' || str_starts(str_skip(r->text, r->at), S("//")))) {
            if (refuse(r, "JSON has no comments"))
                return TMPL_E_TEMPLATE;
            skip_line(r);
        } else {
            return 0;
        }
    }
}

static int expect(struct reader *r, char c, const char *what) {
    if (peek(r) != (unsigned char)c)
        return refuse(r, what);
    step(r);
    return 0;
}

/* ---- Strings ---- */

static int read_hex4(struct reader *r, uint32_t *ret) {
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int c = peek(r), digit = c < 0 ? -1 : ascii_hex((char)c);
        if (digit < 0) {
            *ret = '?';
            return refuse(r, "\\u wants four hexadecimal digits");
        }
        v = v << 4 | (uint32_t)digit;
        step(r);
    }
    *ret = v;
    return 0;
}

static void add_utf8(struct buf *out, uint32_t c) {
    char bytes[UTF8_MAX];
    buf_add(out, bytes, utf8_put(bytes, c));
}

/* Behind "\u". */
static int read_unicode(struct reader *r, struct buf *out) {
    uint32_t c, low;
    if (read_hex4(r, &c))
        return TMPL_E_TEMPLATE;
    if (c == 0)
        return refuse(r, "\\u0000 is not allowed");
    if (c >= 0xD800 && c < 0xDC00) {
        if (expect(r, '\\', "a high surrogate wants a low one behind it") ||
            expect(r, 'u', "a high surrogate wants a low one behind it") || read_hex4(r, &low))
            return TMPL_E_TEMPLATE;
        if (low < 0xDC00 || low > 0xDFFF)
            return refuse(r, "a high surrogate wants a low one behind it");
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    } else if (c >= 0xDC00 && c < 0xE000) {
        return refuse(r, "a low surrogate stands alone");
    }
    add_utf8(out, c);
    return 0;
}

static int read_escape(struct reader *r, struct buf *out) {
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    int c = peek(r);
    const char *at = c > 0 ? strchr(letters, c) : NULL;
    if (at) {
        buf_char(out, meanings[at - letters]);
        step(r);
        return 0;
    }
    if (c != 'u') {
        int f = refuse(r, "an unknown escape in a string");
        if (!f && c >= 0x20)
            step(r);
        return f;
    }
    step(r);
    return read_unicode(r, out);
}

/* Bytes of a string that mean themselves: the column moves by their characters. */
static str plain_piece(struct reader *r) {
    size_t from = r->at;
    const char *p = r->text.p;
    uint32_t n = 0;
    for (; r->at < r->text.len && p[r->at] != '"' && p[r->at] != '\\' &&
           (unsigned char)p[r->at] >= 0x20;
         r->at++)
        n += ((unsigned char)p[r->at] & 0xC0) != 0x80;
    r->pos.column += n;
    return str_slice(r->text, from, r->at);
}

/*
 * Mending: a string that does not end on its line. A comma or bracket at the line's end was meant to
 * stand behind it.
 */
static str cut_string(struct reader *r, struct tmpl_pos start, size_t from, str line) {
    while (line.len && ascii_is_one_of(line.p[line.len - 1], " \t\r,]}"))
        line.len--;
    r->at = from;
    r->pos = start;
    while (r->at < from + line.len)
        step(r);
    return line;
}

/* What is read as a string where there is none: a word, or one in other quotes. */
static int mend_string(struct reader *r, str *ret) {
    char quote = peek(r) == '\'' ? '\'' : 0;
    if (quote)
        step(r);
    size_t from = r->at;
    for (int c = peek(r); c >= 0x20 && (quote ? c != quote : !strchr(" ,:[]{}\"", c)); c = peek(r))
        step(r);
    *ret = arena_str(r->b->arena, str_slice(r->text, from, r->at));
    if (quote && peek(r) == quote)
        step(r);
    return 0;
}

/* Inside of the quotes; out has what needs to be put together. */
static int read_string_rest(struct reader *r, struct buf *out, str *ret) {
    const struct tmpl_pos start = r->pos;
    const size_t from = r->at;
    for (;;) {
        str piece = plain_piece(r);
        int c = peek(r);
        if (c == '"' && out->len == 0) {
            *ret = arena_str(r->b->arena, piece);
            return 0;
        }
        buf_str(out, piece);
        if (c == '"')
            break;
        if ((c < 0 || c == '\n') && is_mending(r)) {
            *ret =
                arena_str(r->b->arena, cut_string(r, start, from, str_slice(r->text, from, r->at)));
            return refuse_at(r, start, "a string does not end");
        }
        if (c < 0x20 &&
            refuse(r, c < 0 ? "a string does not end" : "a control character in a string"))
            return TMPL_E_TEMPLATE;
        step(r);
        if (c == '\\' && read_escape(r, out))
            return TMPL_E_TEMPLATE;
    }
    *ret = arena_str(r->b->arena, buf_view(out));
    return 0;
}

static int read_string(struct reader *r, str *ret) {
    if (peek(r) != '"' && (refuse(r, "a string was expected") || is_mending(r)))
        return is_mending(r) ? mend_string(r, ret) : TMPL_E_TEMPLATE;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    step(r);
    if (read_string_rest(r, &out, ret))
        return TMPL_E_TEMPLATE;
    if (peek(r) == '"')
        step(r);
    return 0;
}

/* ---- Values ---- */

static struct tmpl_node *read_value(struct reader *r);

static struct tmpl_node *read_word(struct reader *r) {
    struct tmpl_node *node = tmpl_build_node(r->b, TMPL_NULL, r->pos);
    if (!node)
        return NULL;
    size_t from = r->at;
    for (int c = peek(r); c > 0 && (ascii_is_alnum((char)c) || ascii_is_one_of((char)c, "+-."));
         c = peek(r))
        step(r);
    str word = str_slice(r->text, from, r->at);
    node->end = r->pos;
    tmpl_type_plain(node, arena_str(r->b->arena, word));
    bool known = node->kind == TMPL_NULL     ? str_is(word, "null")
                 : node->kind == TMPL_BOOL   ? str_is(word, "true") || str_is(word, "false")
                 : node->kind == TMPL_NUMBER ? word.p[0] != '+'
                                             : false;
    const char *what =
        word.len ? "a value must be quoted, a number, true, false or null" : "a value was expected";
    return known || refuse_at(r, node->start, what) == 0 ? node : NULL;
}

static struct tmpl_node *read_text(struct reader *r) {
    struct tmpl_node *node = tmpl_build_node(r->b, TMPL_STRING, r->pos);
    if (!node || read_string(r, &node->text))
        return NULL;
    node->end = r->pos;
    return node;
}

static int read_member(struct reader *r, bool is_map) {
    str key = STR_NONE;
    struct tmpl_pos key_at = r->pos;
    if (is_map && (read_string(r, &key) || skip_space(r) ||
                   expect(r, ':', "a colon was expected") || skip_space(r)))
        return TMPL_E_TEMPLATE;
    struct tmpl_node *value = read_value(r);
    if (!value)
        return TMPL_E_TEMPLATE;
    tmpl_build_push(r->b, key, key_at, value);
    return 0;
}

/* Behind a member: over the comma. */
static int read_comma(struct reader *r, bool is_map) {
    int c = peek(r);
    if (c == '}' || c == ']')
        return 0;
    if (expect(r, ',', is_map ? "a comma or } was expected" : "a comma or ] was expected") ||
        skip_space(r))
        return TMPL_E_TEMPLATE;
    int next = peek(r);
    return c == ',' && (next == '}' || next == ']')
               ? refuse(r, "a comma before the closing bracket")
               : 0;
}

static bool is_over(const struct reader *r) { return r->is_broken || peek(r) < 0; }

/* Mending: the text is over; the innermost bracket that is open is told, the others are not. */
static int mend_end(struct reader *r, struct tmpl_pos open) {
    bool is_told = r->is_broken;
    r->is_broken = true;
    return is_told ? 0 : refuse_at(r, open, "the bracket is not closed");
}

static int read_members(struct reader *r, bool is_map) {
    const struct tmpl_pos open = r->pos;
    char closing = is_map ? '}' : ']', other = is_map ? ']' : '}';
    step(r); /* the opening bracket */
    if (skip_space(r))
        return TMPL_E_TEMPLATE;
    while (peek(r) != closing && !(is_mending(r) && (peek(r) == other || is_over(r)))) {
        size_t before = r->at;
        if (read_member(r, is_map) || skip_space(r))
            return TMPL_E_TEMPLATE;
        if (is_mending(r) && is_over(r))
            break;
        /* What is no part of a member goes, so that the reading does. */
        if (is_mending(r) && r->at == before)
            step(r);
        if (read_comma(r, is_map))
            return TMPL_E_TEMPLATE;
    }
    if (is_mending(r) && is_over(r))
        return mend_end(r, open);
    if (peek(r) == other && refuse(r, "a bracket of the other kind closes"))
        return TMPL_E_TEMPLATE;
    step(r);
    return 0;
}

static struct tmpl_node *read_value(struct reader *r) {
    int c = peek(r);
    if (c == '"' || (c == '\'' && is_mending(r)))
        return read_text(r);
    if (c != '{' && c != '[')
        return read_word(r);
    struct tmpl_node *node = tmpl_build_node(r->b, c == '{' ? TMPL_MAP : TMPL_LIST, r->pos);
    size_t base = r->b->n;
    if (!node || tmpl_build_open(r->b, r->pos) || read_members(r, c == '{') ||
        tmpl_build_close(r->b, node, base))
        return NULL;
    node->end = r->pos;
    return node;
}

int tmpl_read_json(struct tmpl_builder *b, str text, struct tmpl_node **ret) {
    struct reader r = {.b = b, .text = text, .pos = {1, 1, b->file}};
    struct tmpl_node *root = skip_space(&r) ? NULL : read_value(&r);
    if (!root || skip_space(&r) || (peek(&r) >= 0 && refuse(&r, "something follows the document")))
        return TMPL_E_TEMPLATE;
    *ret = root;
    return 0;
}
