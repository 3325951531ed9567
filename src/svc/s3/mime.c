/* s3/mime: encoded words of RFC 2047, cut where S3 cuts them. */
#include "svc/s3/mime.h"

#include "base/codec.h"

/* What 75 bytes leave between "=?UTF-8?B?" and "?=". */
enum { WORD_MAX = 63 };

/* The text, and where each of its characters, counted as UTF-16 does, begins. */
struct units {
    str text;
    size_t *at, n; /* at[n] is the end; the second half of a pair begins where the first does */
    bool is_q;
    struct buf *out;
};

static bool is_plain(unsigned char c) { return c >= ' ' && c < 127; }

/* Of ASCII, to JavaMail; a header can have no other control character. */
static bool is_ascii(unsigned char c) { return is_plain(c) || c == '\t'; }

static bool all_ascii(str text) {
    for (size_t i = 0; i < text.len; i++)
        if (!is_ascii((unsigned char)text.p[i]))
            return false;
    return true;
}

static void count_units(struct units *u) {
    size_t ascii = 0;
    for (size_t i = 0; i < u->text.len; i++) {
        unsigned char c = (unsigned char)u->text.p[i];
        if ((c & 0xC0) == 0x80)
            continue;
        u->at[u->n++] = i;
        if (c >= 0xF0)
            u->at[u->n++] = i;
        ascii += is_ascii(c);
    }
    u->at[u->n] = u->text.len;
    u->is_q = ascii > u->n - ascii;
}

static bool is_marked_in_q(char c) {
    return !is_plain((unsigned char)c) || c == '=' || c == '_' || c == '?';
}

static size_t length_of(const struct units *u, str piece) {
    if (!u->is_q)
        return (piece.len + 2) / 3 * 4;
    size_t n = 0;
    for (size_t i = 0; i < piece.len; i++)
        n += is_marked_in_q(piece.p[i]) ? 3 : 1;
    return n;
}

static void add_q(struct buf *out, str piece) {
    for (size_t i = 0; i < piece.len; i++)
        if (is_marked_in_q(piece.p[i]))
            buf_printf(out, "=%02X", (unsigned char)piece.p[i]);
        else
            buf_char(out, piece.p[i] == ' ' ? '_' : piece.p[i]);
}

/* The characters from first to end. Halving ends it: a single one always fits. */
static void add_words(struct units *u, size_t first, size_t end) {
    str piece = str_slice(u->text, u->at[first], u->at[end]);
    if (length_of(u, piece) > WORD_MAX && end - first > 2) {
        size_t half = first + (end - first) / 2;
        half -= u->at[half] == u->at[half - 1]; /* within a pair */
        add_words(u, first, half);
        buf_char(u->out, ' ');
        add_words(u, half, end);
        return;
    }
    buf_c(u->out, u->is_q ? "=?UTF-8?Q?" : "=?UTF-8?B?");
    if (u->is_q)
        add_q(u->out, piece);
    else
        codec_add_base64(u->out, piece.p, piece.len);
    buf_c(u->out, "?=");
}

void s3_mime_add(struct buf *out, str text) {
    if (all_ascii(text)) {
        buf_str(out, text);
        return;
    }
    CLEANUP_MEM size_t *at = mem_alloc((text.len + 2) * sizeof *at);
    struct units u = {.text = text, .at = at, .out = out};
    count_units(&u);
    add_words(&u, 0, u.n);
}
