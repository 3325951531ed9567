/* base/json_in: a cursor over a JSON text. */
#include "base/json_in.h"

#include "base/json_plain.h"
#include "base/utf8.h"

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static void skip_space(struct json_in *in) {
    while (in->at < in->end && *in->at <= ' ' && is_space(*in->at))
        in->at++;
}

/* The first byte behind white space, which is not taken; NUL at the end. */
static char peek(struct json_in *in) {
    skip_space(in);
    return in->at < in->end ? *in->at : '\0';
}

bool json_in_char(struct json_in *in, char c) {
    if (peek(in) != c || in->at == in->end)
        return false;
    in->at++;
    return true;
}

bool json_in_word(struct json_in *in, str word) {
    skip_space(in);
    if ((size_t)(in->end - in->at) < word.len || memcmp(in->at, word.p, word.len) != 0)
        return false;
    in->at += word.len;
    return true;
}

bool json_in_end(struct json_in *in) {
    skip_space(in);
    return in->at == in->end;
}

enum json_in_next json_in_next(struct json_in *in, char close, bool first) {
    char c = peek(in);
    if (c == close && in->at < in->end) {
        in->at++;
        return JSON_IN_NONE;
    }
    if (first)
        return JSON_IN_ONE;
    if (c != ',')
        return JSON_IN_BAD;
    in->at++;
    /* "[1,]": what follows a comma is a value, and the caller finds none there. */
    return JSON_IN_ONE;
}

/* ---- Texts ---- */

/* The end of the string's raw bytes; NULL: there is none. *ret_escapes, *ret_wide: what it has. */
static const char *find_quote(const char *p, const char *end, bool *ret_escapes, bool *ret_wide) {
    for (;;) {
        p = json_plain_end(p, end);
        if (p == end || (unsigned char)*p < 0x20)
            return NULL;
        if (*p == '"')
            return p;
        if (*p == '\\') {
            *ret_escapes = true;
            if (++p == end)
                return NULL;
            /* what is escaped is looked at when it is decoded, but it must not be raw bytes */
            if ((unsigned char)*p < 0x20)
                return NULL;
        }
        *ret_wide |= (unsigned char)*p >= 0x80;
        p++;
    }
}

static bool hex4(const char *p, const char *end, uint32_t *ret) {
    *ret = 0;
    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        *ret = *ret << 4 | (uint32_t)digit;
    }
    return true;
}

/* The character of "\uXXXX" at *p, behind the 'u'; a surrogate only together with its other half. */
static bool take_unicode(const char **p, const char *end, uint32_t *ret) {
    uint32_t low;
    if (!hex4(*p, end, ret))
        return false;
    *p += 4;
    if (*ret < 0xD800 || *ret > 0xDFFF)
        return true;
    if (*ret > 0xDBFF || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' ||
        !hex4(*p + 2, end, &low) || low < 0xDC00 || low > 0xDFFF)
        return false;
    *p += 6;
    *ret = 0x10000 + ((*ret - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* A text is never longer than what it is written as. */
static bool unescape(struct json_in *in, str raw, str *ret) {
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char *p = raw.p, *end = raw.p + raw.len;
    char *out = arena_alloc(in->arena, raw.len + 1), *to = out;
    while (p < end) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        char c = *++p; /* find_quote has seen that there is one */
        const char *at = memchr(letters, c, sizeof letters - 1);
        uint32_t unicode;
        p++;
        if (at) {
            *to++ = means[at - letters];
        } else if (c == 'u' && take_unicode(&p, end, &unicode)) {
            to += utf8_put(to, unicode);
        } else {
            return false;
        }
    }
    *to = '\0';
    *ret = str_n(out, (size_t)(to - out));
    return true;
}

static bool take_text(struct json_in *in, str *ret, bool *ret_escapes) {
    bool wide = false;
    *ret_escapes = false;
    if (!json_in_char(in, '"'))
        return false;
    const char *quote = find_quote(in->at, in->end, ret_escapes, &wide);
    if (!quote)
        return false;
    str raw = str_n(in->at, (size_t)(quote - in->at));
    in->at = quote + 1;
    if (wide && !str_is_utf8(raw))
        return false;
    if (*ret_escapes)
        return unescape(in, raw, ret);
    *ret = in->copies ? arena_str(in->arena, raw) : raw;
    return true;
}

bool json_in_text(struct json_in *in, str *ret) {
    bool escapes;
    return take_text(in, ret, &escapes);
}

bool json_in_name(struct json_in *in, str *ret) {
    bool escapes; /* a NUL is written as one */
    return take_text(in, ret, &escapes) && (!escapes || str_chr(*ret, '\0') < 0) &&
           json_in_char(in, ':');
}

bool json_in_number(struct json_in *in, str *ret) {
    skip_space(in);
    const char *from = in->at;
    while (in->at < in->end && *in->at && strchr("+-.0123456789eE", *in->at))
        in->at++;
    *ret = str_n(from, (size_t)(in->at - from));
    return ret->len > 0;
}
