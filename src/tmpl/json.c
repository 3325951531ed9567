/*
 * JSON with positions: RFC 8259 to the letter. jansson gives no places and YAML's flow style
 * accepts what JSON forbids (single quotes, trailing commas, bare words), so this is an own
 * scanner.
 */
#include "tmpl/build_priv.h"

#include "base/ascii.h"
#include "base/utf8.h"

struct reader {
    struct tmpl_builder *b;
    str text;
    size_t at;
    struct tmpl_pos pos; /* of text.p[at] */
};

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

static void skip_space(struct reader *r) {
    for (int c = peek(r); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(r))
        step(r);
}

static int refuse(struct reader *r, const char *what) {
    return tmpl_fail(r->b->fault, r->pos, "Template format error: JSON not well-formed: %s", what);
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
        if (digit < 0)
            return refuse(r, "\\u wants four hexadecimal digits");
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
    if (c != 'u')
        return refuse(r, "an unknown escape in a string");
    step(r);
    return read_unicode(r, out);
}

static int read_string(struct reader *r, str *ret) {
    if (expect(r, '"', "a string was expected"))
        return TMPL_E_TEMPLATE;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    for (;;) {
        int c = peek(r);
        if (c == '"')
            break;
        if (c < 0)
            return refuse(r, "a string does not end");
        if (c < 0x20)
            return refuse(r, "a control character in a string");
        step(r);
        if (c != '\\')
            buf_char(&out, (char)c);
        else if (read_escape(r, &out))
            return TMPL_E_TEMPLATE;
    }
    step(r);
    *ret = arena_str(r->b->arena, buf_view(&out));
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
    if (!known) {
        tmpl_fail(r->b->fault, node->start, "Template format error: JSON not well-formed: %s",
                  word.len ? "a value must be quoted, a number, true, false or null"
                           : "a value was expected");
        return NULL;
    }
    return node;
}

static int read_member(struct reader *r, bool is_map) {
    str key = STR_NONE;
    struct tmpl_pos key_at = r->pos;
    if (is_map) {
        if (read_string(r, &key))
            return TMPL_E_TEMPLATE;
        skip_space(r);
        if (expect(r, ':', "a colon was expected"))
            return TMPL_E_TEMPLATE;
        skip_space(r);
    }
    struct tmpl_node *value = read_value(r);
    if (!value)
        return TMPL_E_TEMPLATE;
    tmpl_build_push(r->b, key, key_at, value);
    return 0;
}

static int read_members(struct reader *r, bool is_map) {
    char closing = is_map ? '}' : ']';
    step(r); /* the opening bracket */
    skip_space(r);
    while (peek(r) != closing) {
        if (read_member(r, is_map))
            return TMPL_E_TEMPLATE;
        skip_space(r);
        if (peek(r) == closing)
            break;
        if (expect(r, ',', is_map ? "a comma or } was expected" : "a comma or ] was expected"))
            return TMPL_E_TEMPLATE;
        skip_space(r);
        if (peek(r) == closing)
            return refuse(r, "a comma before the closing bracket");
    }
    step(r);
    return 0;
}

static struct tmpl_node *read_value(struct reader *r) {
    int c = peek(r);
    if (c == '"') {
        struct tmpl_node *node = tmpl_build_node(r->b, TMPL_STRING, r->pos);
        if (!node || read_string(r, &node->text))
            return NULL;
        node->end = r->pos;
        return node;
    }
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
    skip_space(&r);
    struct tmpl_node *root = read_value(&r);
    if (!root)
        return TMPL_E_TEMPLATE;
    skip_space(&r);
    if (peek(&r) >= 0)
        return refuse(&r, "something follows the document");
    *ret = root;
    return 0;
}
