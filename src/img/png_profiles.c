/*
 * img/png_profiles: iCCP's stream says how long the profile is in its first bytes, so no more than that is inflated.
 * Raw profiles are hexadecimal text: ImageMagick's coders/png.c wrote them before PNG had eXIf, and ExifTool reads them.
 */
#include "img/png_profiles.h"

#include "base/ascii.h"
#include "img/inflate.h"

enum {
    ICC_HEADER = 128,
    ICC_COUNT = 4, /* of tags, behind the header */
    TAKE = 16 << 10,
};

void img_png_profiles_deinit(struct img_png_profiles *p) {
    buf_deinit(&p->xmp);
    for (size_t i = 0; i < IMG_PNG_RAW_PROFILES; i++)
        buf_deinit(&p->raw[i]);
}

static bool one_piece(void *ctx, str *ret) {
    *ret = *(str *)ctx;
    *(str *)ctx = STR_NONE;
    return ret->p != NULL;
}

/* Appends the n next bytes, or those that there are; true: all of them. */
static bool take_into(struct img_inflate *z, size_t n, struct buf *to) {
    const uint8_t *p;
    while (n) {
        size_t want = n < TAKE ? n : TAKE, got = img_inflate_take(z, want, &p);
        buf_add(to, p, got);
        n -= got;
        if (got < want)
            return false;
    }
    return true;
}

/* At most `most` bytes; false, and nothing, when there are more or the stream has no end. */
static bool unpack(str packed, size_t most, struct buf *to) {
    CLEANUP(img_inflate) struct img_inflate *z = img_inflate_new(TAKE, one_piece, &packed);
    bool more = take_into(z, most + 1, to);
    enum img_inflate_end how = img_inflate_how(z);
    if (!more && (how == IMG_INFLATE_WHOLE || how == IMG_INFLATE_SUM))
        return true;
    buf_deinit(to);
    return false;
}

static bool read_icc(str packed, struct buf *icc) {
    CLEANUP(img_inflate) struct img_inflate *z = img_inflate_new(TAKE, one_piece, &packed);
    if (!take_into(z, ICC_HEADER + ICC_COUNT, icc))
        return false;
    struct cur c = cur_of(buf_view(icc));
    uint32_t size = cur_u32(&c);
    return size >= icc->len && size <= IMG_ICC_MAX && take_into(z, size - icc->len, icc);
}

/* Behind the keyword and its NUL: packed or not, method, language, translated keyword, text. */
static void read_itxt(struct img_png_profiles *p, str body, struct img_head *head) {
    str language, translated, text;
    if (body.len < 2 || !str_cut(str_skip(body, 2), '\0', &language, &translated) ||
        !str_cut(translated, '\0', &translated, &text))
        return;
    if (body.p[0] == 0)
        head->xmp = text;
    else if (unpack(text, IMG_PNG_TEXT_MAX, &p->xmp))
        head->xmp = buf_view(&p->xmp);
    else
        head->warnings |= IMG_WARN_METADATA;
}

/* "\nNAME\n    LENGTH\n" and the bytes in hexadecimal, in lines: in place. False: it is not that. */
static bool unhex(struct buf *b) {
    str name, length, digits = buf_view(b);
    size_t n = 0;
    if (digits.len && digits.p[0] == '\n')
        digits = str_skip(digits, 1);
    if (!str_cut(digits, '\n', &name, &digits) || !str_cut(digits, '\n', &length, &digits))
        return false;
    int high = -1;
    for (size_t i = 0; i < digits.len; i++) {
        int digit = ascii_hex(digits.p[i]);
        if (digit < 0)
            continue;
        if (high >= 0)
            b->p[n++] = (char)(high << 4 | digit);
        high = high >= 0 ? -1 : digit;
    }
    b->len = n;
    b->p[n] = '\0';
    return n > 0;
}

static void add_exif(struct img_head *head, str block) {
    if (head->n_exif < IMG_EXIF_BLOCKS)
        head->exif[head->n_exif++] = block;
    else
        head->warnings |= IMG_WARN_METADATA;
}

/* "Raw profile type exif", "... APP1" (of a JPEG: Exif or XMP) and "... xmp". */
static void read_raw(struct img_png_profiles *p, const struct img_png_walk *walk, size_t i,
                     struct img_head *head) {
    str keyword, text;
    if (!str_cut(walk->raw[i], '\0', &keyword, &text))
        return;
    str type = str_skip(keyword, sizeof "Raw profile type " - 1);
    if (!str_is(type, "exif") && !str_is(type, "APP1") && !str_is(type, "xmp"))
        return;
    bool there = false;
    if (walk->raw_packed[i]) {
        there = text.len > 1 && unpack(str_skip(text, 1), IMG_PNG_TEXT_MAX, &p->raw[i]);
    } else if (text.len <= IMG_PNG_TEXT_MAX) {
        buf_str(&p->raw[i], text);
        there = true;
    }
    if (!there || !unhex(&p->raw[i])) {
        head->warnings |= IMG_WARN_METADATA;
        return;
    }
    static const str xmp = S_INIT("http://ns.adobe.com/xap/1.0/\0"), exif = S_INIT("Exif\0\0");
    str block = buf_view(&p->raw[i]);
    bool is_xmp = str_is(type, "xmp") || str_starts(block, xmp);
    if (!is_xmp)
        add_exif(head, str_skip(block, str_starts(block, exif) ? exif.len : 0));
    else if (head->xmp.len == 0)
        head->xmp = str_skip(block, str_starts(block, xmp) ? xmp.len : 0);
}

void img_png_profiles_read(struct img_png_profiles *p, const struct img_png_walk *walk,
                           struct img_head *head) {
    if (walk->icc.len && !read_icc(walk->icc, &head->icc)) {
        buf_deinit(&head->icc);
        head->warnings |= IMG_WARN_PROFILE_DROPPED;
    }
    for (size_t i = 0; i < walk->n_exif; i++)
        add_exif(head, walk->exif[i]);
    read_itxt(p, walk->itxt, head);
    for (size_t i = 0; i < walk->n_raw; i++)
        read_raw(p, walk, i, head);
}
