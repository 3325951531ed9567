/* Lines and records in the bytes of a program's pipes. */
#include "svc/lambda/pieces.h"

#include "base/buf.h"

/*
 * A record: u32 type, u32 length of its text, u64 microseconds where the type says so, text; all
 * big-endian. The type is 0xa55a0000 and these bits; the others of the low byte are the level (0:
 * none, 1: TRACE, … 6: FATAL), by which the runtimes have filtered already.
 */
enum {
    MAGIC = 0xa55a00,
    IS_TEXT = 1, /* else JSON: the same to us */
    HAS_TIME = 2,
    LEVEL_SHIFT = 2,
    SHORT_HEADER = 8,
    LONG_HEADER = 16,
};

/* ---- Headers ---- */
struct header {
    size_t len; /* its own; 0: there is none */
    bool cut;   /* the bytes may be the first ones of one */
    size_t text;
    int64_t time_us;
    enum lambda_level level;
};

static bool is_type(uint32_t type) {
    uint32_t bits = type & 0xff;
    return type >> 8 == MAGIC && bits >> LEVEL_SHIFT <= LAMBDA_FATAL &&
           (bits & (IS_TEXT | HAS_TIME));
}

/* True where the bytes, fewer than a type's, are the first ones of it. */
static bool begins_type(str bytes) {
    static const char magic[] = {'\xa5', '\x5a', '\0'};
    return bytes.len <= sizeof magic && memcmp(bytes.p, magic, bytes.len) == 0;
}

static struct header header_of(str bytes) {
    struct cur c = cur_of(bytes);
    if (bytes.len < sizeof(uint32_t))
        return (struct header){.cut = begins_type(bytes)};
    uint32_t type = cur_u32(&c);
    if (!is_type(type))
        return (struct header){0};
    struct header h = {.len = type & HAS_TIME ? LONG_HEADER : SHORT_HEADER,
                       .time_us = -1,
                       .level = (enum lambda_level)((type & 0xff) >> LEVEL_SHIFT)};
    h.text = cur_u32(&c);
    if (type & HAS_TIME)
        h.time_us = (int64_t)cur_u64(&c);
    if (c.bad)
        return (struct header){.cut = true};
    if (h.text > LAMBDA_RECORD_MOST)
        return (struct header){0};
    return h;
}

/* Where the first header, or what may become one, begins between from and to. to: nowhere. */
static size_t find_header(str bytes, size_t from, size_t to) {
    for (ptrdiff_t at; (at = str_chr(str_slice(bytes, from, to), '\xa5')) >= 0; from++) {
        from += (size_t)at;
        struct header h = header_of(str_skip(bytes, from));
        if (h.len || h.cut)
            return from;
    }
    return to;
}

/* ---- Text ---- */
/* The most of it that an event may have; no character is cut that is one. */
static str first_part(str text) {
    enum { LONGEST = 4 }; /* bytes of a character */
    if (text.len <= LAMBDA_EVENT_MOST)
        return text;
    text = str_slice(text, 0, LAMBDA_EVENT_MOST);
    for (size_t n = 1; n < LONGEST; n++) {
        unsigned char byte = (unsigned char)text.p[text.len - n];
        if (byte >= 0xc0)
            return str_is_utf8(str_skip(text, text.len - n)) ? text
                                                             : str_slice(text, 0, text.len - n);
        if (byte < 0x80)
            break;
    }
    return text;
}

static bool give(struct lambda_piece *ret, str text, int64_t time_us) {
    *ret = (struct lambda_piece){.len = text.len, .text = text, .time_us = time_us};
    return true;
}

/* The first line with its newline, which is not among the first `looked` bytes; or all of it. */
static str first_line(str bytes, size_t looked) {
    ptrdiff_t newline = str_chr(str_skip(bytes, looked), '\n');
    return newline < 0 ? bytes : str_slice(bytes, 0, looked + (size_t)newline + 1);
}

/* A line, or as much of one as an event may have. */
static bool next_line(str bytes, size_t looked, struct lambda_piece *ret) {
    str line = first_line(bytes, looked);
    bool whole = str_ends(line, S("\n"));
    return (whole || line.len > LAMBDA_EVENT_MOST) && give(ret, first_part(line), -1);
}

/* ---- Records ---- */
static bool next_of_record(struct lambda_pieces *pieces, str bytes, struct lambda_piece *ret) {
    str text = str_slice(bytes, 0, pieces->left);
    if (text.len < pieces->left && text.len <= LAMBDA_EVENT_MOST)
        return false;
    give(ret, first_part(text), pieces->time_us);
    ret->level = pieces->level;
    pieces->left -= ret->len;
    return true;
}

/* What stands before the next header is text; its last line need have no newline. */
static bool next_stray(str bytes, size_t looked, struct lambda_piece *ret) {
    size_t safe = looked < LONG_HEADER ? 0 : looked - LONG_HEADER; /* behind it: a cut header */
    str line = first_line(bytes, safe);
    size_t len = find_header(bytes, safe, line.len);
    str text = str_slice(line, 0, len);
    if (next_line(text, safe < len ? safe : len, ret))
        return true;
    return len < line.len && header_of(str_skip(bytes, len)).len && give(ret, text, -1);
}

static bool next_record(struct lambda_pieces *pieces, str bytes, size_t looked,
                        struct lambda_piece *ret) {
    if (pieces->left)
        return next_of_record(pieces, bytes, ret);
    struct header h = header_of(bytes);
    if (h.cut)
        return false;
    if (!h.len)
        return next_stray(bytes, looked, ret);
    pieces->left = h.text;
    pieces->time_us = h.time_us;
    pieces->level = h.level;
    *ret = (struct lambda_piece){.len = h.len, .text = str_slice(bytes, 0, 0), .time_us = -1};
    return true;
}

bool lambda_pieces_next(struct lambda_pieces *pieces, str bytes, size_t looked,
                        struct lambda_piece *ret) {
    if (bytes.len == 0)
        return false;
    return pieces->framed ? next_record(pieces, bytes, looked, ret) : next_line(bytes, looked, ret);
}

/* Many newlines are counted at once. */
static void drop_lines(str bytes, struct lambda_dropped *d) {
    ptrdiff_t end = (ptrdiff_t)bytes.len;
    while (end > 0 && bytes.p[end - 1] != '\n')
        end--;
    for (ptrdiff_t i = 0; i < end; i++)
        d->events += bytes.p[i] == '\n';
    d->len = d->bytes = (size_t)end;
}

struct lambda_dropped lambda_pieces_drop(struct lambda_pieces *pieces, str bytes) {
    struct lambda_dropped d = {0};
    struct lambda_piece piece;
    if (!pieces->framed)
        drop_lines(bytes, &d);
    while (lambda_pieces_next(pieces, str_skip(bytes, d.len), 0, &piece)) {
        d.len += piece.len;
        d.events += piece.text.len > 0;
        d.bytes += piece.text.len;
    }
    return d;
}

bool lambda_pieces_last(struct lambda_pieces *pieces, str bytes, struct lambda_piece *ret) {
    if (lambda_pieces_next(pieces, bytes, 0, ret))
        return true;
    if (bytes.len == 0)
        return false;
    give(ret, bytes, -1);
    if (pieces->left) {
        ret->time_us = pieces->time_us;
        ret->level = pieces->level;
        pieces->left -= bytes.len;
    }
    return true;
}
