/*
 * img/text: texts that cameras and people wrote, in the character sets that they took, as UTF-8 that is safe to show.
 * Sources: Exif 3.0 (ASCII, UTF-8), what writers put into Exif's ASCII fields in practice (UTF-8, as the Metadata Working
 * Group asks, or Latin-1), and Unicode's categories Cc and Cf.
 */
#include "base/own.h"
#include "base/utf8.h"
#include "img/meta_priv.h"

/*
 * Left out: controls, what turns the direction of the text around, and what is invisible and can hide something else. The
 * joiners U+200C and U+200D stay, for scripts and emoji need them.
 */
static const struct range {
    uint32_t first, last;
} left_out[] = {
    {0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x061C, 0x061C},   {0x180E, 0x180E},
    {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},   {0xD800, 0xDFFF},
    {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE007F},
};

struct writer {
    char *out;
    size_t len, most;
    size_t spaces; /* seen, and written once a character follows */
    bool full;
};

static bool is_left_out(uint32_t c) {
    for (size_t i = 0; i < ARRAY_LEN(left_out); i++)
        if (c <= left_out[i].last)
            return c >= left_out[i].first;
    return false;
}

static void put(struct writer *w, uint32_t c) {
    if (c == ' ') {
        w->spaces++;
    } else if (c >= '\t' && c <= '\r') {
        w->spaces = w->spaces ? w->spaces : 1;
    } else if (!is_left_out(c)) {
        char bytes[UTF8_MAX];
        size_t n = utf8_put(bytes, c), gap = w->len ? w->spaces : 0;
        if (w->full || gap > w->most - w->len || n > w->most - w->len - gap) {
            w->full = true;
            return;
        }
        memset(w->out + w->len, ' ', gap);
        memcpy(w->out + w->len + gap, bytes, n);
        w->len += gap + n;
        w->spaces = 0;
    }
}

static void put_utf8(struct writer *w, str s) {
    for (size_t i = 0; i < s.len && !w->full;) {
        uint8_t lead = (uint8_t)s.p[i++];
        size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        uint32_t c = more ? lead & (0x3Fu >> more) : lead;
        for (; more; more--)
            c = c << 6 | ((uint8_t)s.p[i++] & 0x3F);
        put(w, c);
    }
}

static void put_latin1(struct writer *w, str s) {
    for (size_t i = 0; i < s.len && !w->full; i++)
        put(w, (uint8_t)s.p[i]);
}

static void put_utf16(struct writer *w, str s, bool big_endian) {
    uint32_t high = 0;
    for (size_t i = 0; i + 1 < s.len && !w->full; i += 2) {
        uint32_t a = (uint8_t)s.p[i], b = (uint8_t)s.p[i + 1];
        uint32_t c = big_endian ? a << 8 | b : b << 8 | a;
        if (c == 0)
            break;
        if (i == 0 && c == 0xFFFE) {
            big_endian = !big_endian;
        } else if (c >= 0xD800 && c <= 0xDBFF) {
            high = c;
        } else {
            bool pair = high && c >= 0xDC00 && c <= 0xDFFF;
            put(w, pair ? 0x10000 + ((high - 0xD800) << 10) + (c - 0xDC00) : c);
            high = 0;
        }
    }
}

/*
 * How much of s is UTF-8: all, or all but a last character that a field of fixed size has cut. "Caf\xE9" could be both: what
 * is cut has another character beyond ASCII before, else it is Latin-1. 0: it is not UTF-8.
 */
static size_t utf8_part(str s) {
    size_t n = str_utf8_len(s);
    if (n == s.len)
        return n;
    bool cut = s.len - n < 4 && (uint8_t)s.p[n] >= 0xC2 && (uint8_t)s.p[n] <= 0xF4;
    for (size_t i = n + 1; i < s.len; i++)
        cut = cut && ((uint8_t)s.p[i] & 0xC0) == 0x80;
    bool beyond = false;
    for (size_t i = 0; i < n && !beyond; i++)
        beyond = (uint8_t)s.p[i] >= 0x80;
    return cut && beyond ? n : 0;
}

void img_text(char *out, size_t most, str bytes, enum img_charset charset) {
    struct writer w = {.out = out, .most = most};
    if (charset == IMG_CHARSET_UTF16BE || charset == IMG_CHARSET_UTF16LE) {
        put_utf16(&w, bytes, charset == IMG_CHARSET_UTF16BE);
    } else {
        ptrdiff_t end = str_chr(bytes, '\0');
        str text = end < 0 ? bytes : str_slice(bytes, 0, (size_t)end);
        size_t utf8 = charset == IMG_CHARSET_GUESS ? utf8_part(text) : 0;
        if (utf8)
            put_utf8(&w, str_slice(text, 0, utf8));
        else
            put_latin1(&w, text);
    }
    out[w.len] = '\0';
}

void img_text_add(char *out, size_t most, str bytes, enum img_charset charset) {
    size_t len = strlen(out), gap = len ? 2 : 0;
    if (most - len <= gap)
        return;
    img_text(out + len + gap, most - len - gap, bytes, charset);
    if (out[len + gap] != '\0')
        memcpy(out + len, "; ", gap);
    else
        out[len] = '\0';
}
