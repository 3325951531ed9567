/*
 * An untrusted PNG: its chunks, its profiles, its stream and its rows. Whatever they hold, every row comes once and the
 * head's views lie where they say; what our inflate says is whole, zlib finds whole, with the same bytes.
 */
#include "img/inflate.h"
#include "img/source.h"

#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { PIXELS_MOST = 1 << 16, TAKE = 1000 };

struct seen {
    struct img_component of;
    uint32_t rows;
    unsigned sum;
};

static void on_row(void *ctx, unsigned of, const uint8_t *row) {
    struct seen *seen = ctx;
    if (of != 0 || ++seen->rows > seen->of.height)
        __builtin_trap();
    for (size_t i = 0; i < (size_t)seen->of.width * seen->of.channels + IMG_PLANE_PAD; i++)
        seen->sum += row[i];
}

static unsigned sum_of(str s) {
    unsigned sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum += (uint8_t)s.p[i];
    return sum;
}

static void decode_png(str file) {
    struct img_source *source = NULL;
    char reason[IMG_REASON_MAX] = "";
    int r = img_png_decoder.open(file, &source, reason);
    struct img_layout layout;
    struct img_outcome outcome;
    if (r == 0) {
        const struct img_head *head = &source->head;
        struct seen seen = {.sum = sum_of(head->xmp) + sum_of(buf_view(&head->icc))};
        for (size_t i = 0; i < head->n_exif; i++)
            seen.sum += sum_of(head->exif[i]);
        img_png_decoder.layout(source, 1, &layout);
        seen.of = layout.of[0];
        uint64_t need = img_png_decoder.need(source, 1);
        if ((uint64_t)head->width * head->height <= PIXELS_MOST) {
            if (need > 16 * PIXELS_MOST)
                __builtin_trap();
            r = img_png_decoder.decode(source, 1, need, on_row, &seen, &outcome, reason);
            if (r == 0 && seen.rows != seen.of.height)
                __builtin_trap();
        }
    }
    if (r != 0 && (reason[0] != 'T' || r != IMG_E_REJECTED))
        __builtin_trap();
    img_png_decoder.close(source);
}

struct pieces {
    str left;
    size_t size;
};
static bool next_piece(void *ctx, str *ret) {
    struct pieces *p = ctx;
    *ret = str_slice(p->left, 0, p->size);
    p->left = str_skip(p->left, p->size);
    return ret->len > 0;
}

/* The first byte says how large pieces are; the second how much is taken at a time. */
static void compare_inflate(str text) {
    if (text.len < 4)
        return;
    struct pieces pieces = {str_skip(text, 2), 1 + (uint8_t)text.p[0] * 16u};
    z_stream z = {.next_in = (Bytef *)text.p + 2, .avail_in = (uInt)text.len - 2};
    if (inflateInit(&z) != Z_OK)
        __builtin_trap();
    size_t most = 1 + (uint8_t)text.p[1] * 8u;
    CLEANUP(img_inflate) struct img_inflate *ours = img_inflate_new(most, next_piece, &pieces);
    size_t got, total = 0;
    int r = Z_OK;
    do {
        uint8_t want[1 + 255 * 8];
        const uint8_t *at;
        got = img_inflate_take(ours, most, &at);
        z.next_out = want;
        z.avail_out = (uInt)got;
        while (z.avail_out && r == Z_OK)
            r = inflate(&z, Z_SYNC_FLUSH);
        size_t same = got - z.avail_out;
        if (same && memcmp(want, at, same) != 0)
            __builtin_trap();
        total += got;
        /* zlib minds the two bytes of the header and the window that they promise; we do not. */
        if (z.avail_out)
            break;
    } while (got == most && total < (1 << 22));
    uint8_t more;
    z.next_out = &more;
    z.avail_out = 1;
    if (r == Z_OK)
        r = inflate(&z, Z_SYNC_FLUSH);
    if (img_inflate_how(ours) == IMG_INFLATE_WHOLE && r == Z_DATA_ERROR && z.msg &&
        strcmp(z.msg, "incorrect data check") == 0)
        __builtin_trap();
    if (r == Z_STREAM_END && z.total_out == total && img_inflate_how(ours) != IMG_INFLATE_WHOLE &&
        img_inflate_how(ours) != IMG_INFLATE_GOING)
        __builtin_trap();
    inflateEnd(&z);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    str input = str_n(p, n);
    if (n && p[0] == 0x89)
        decode_png(input);
    else
        compare_inflate(input);
    return 0;
}
