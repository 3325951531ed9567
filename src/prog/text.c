/*
 * prog/text: measures and cuts text by the columns that its characters take. Marks take none, the
 * scripts of East Asia and pictures take two ("East Asian Width", Unicode Standard Annex 11, the
 * ranges W and F). Locales are not asked: a file's name is UTF-8 whatever they say.
 */
#include "prog/text.h"

struct range {
    unsigned from, to;
};

static const struct range marks[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f}, {0x0e34, 0x0e3a},
    {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20ff},
    {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x3247},   {0x3250, 0x4dbf},
    {0x4e00, 0xa4cf},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6b},   {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};
/* C0, DEL, C1; line and paragraph separators, and what turns the direction of writing. */
static const struct range controls[] = {
    {0, 0x1f}, {0x7f, 0x9f}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
};

static bool is_in(const struct range *ranges, size_t n, unsigned c) {
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    return false;
}

/* Of the sequence that such a byte begins. */
static size_t sequence_len(unsigned char first) {
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* One character off the front of *text (not empty): its bytes, and its code; 0 for a broken byte. */
static str next(str *text, unsigned *ret_code) {
    size_t n = sequence_len((unsigned char)text->p[0]);
    bool whole = str_utf8_len(str_slice(*text, 0, n)) == n;
    str one = str_slice(*text, 0, whole ? n : 1);
    unsigned code = n == 1 ? (unsigned char)one.p[0] : (unsigned char)one.p[0] & (0x7fu >> n);
    for (size_t i = 1; i < one.len; i++)
        code = code << 6 | ((unsigned char)one.p[i] & 0x3f);
    *text = str_skip(*text, one.len);
    *ret_code = whole ? code : 0;
    return one;
}

static bool is_control(unsigned code) { return is_in(controls, ARRAY_LEN(controls), code); }

static size_t columns_of(unsigned code) {
    if (is_control(code))
        return 1; /* of the '?' in its place */
    return is_in(marks, ARRAY_LEN(marks), code) ? 0 : is_in(wide, ARRAY_LEN(wide), code) ? 2 : 1;
}

size_t prog_width(str text) {
    size_t columns = 0;
    while (text.len) {
        unsigned code;
        next(&text, &code);
        columns += columns_of(code);
    }
    return columns;
}

/* As much as fits. */
static void add(struct buf *out, str text, size_t columns) {
    while (text.len) {
        unsigned code;
        str one = next(&text, &code);
        if (columns_of(code) > columns)
            return;
        columns -= columns_of(code);
        buf_str(out, code == '\t' ? S(" ") : is_control(code) ? S("?") : one);
    }
}

void prog_add_cut(struct buf *out, str text, size_t columns) {
    bool fits = prog_width(text) <= columns;
    add(out, text, fits ? columns : columns - 1);
    if (!fits)
        buf_c(out, "…");
}

void prog_add_shown(struct buf *out, str text) { add(out, text, SIZE_MAX); }
