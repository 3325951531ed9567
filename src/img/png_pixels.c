/* img/png_pixels: a table of what up to 256 samples mean, and loops for what is larger than that. */
#include "img/png_pixels.h"

static unsigned be16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

/* To the nearest of eight bits: libpng's png_set_scale_16. */
static uint8_t rounded(unsigned v) { return (uint8_t)((v * 255 + 32895) >> 16); }

/* Grey of up to 8 bits: spread over all 256; one of them may be transparent. */
static void grey_table(struct img_png_pixels *px) {
    unsigned top = (1u << px->depth) - 1;
    for (unsigned v = 0; v <= top; v++) {
        uint8_t *to = px->table[v];
        to[0] = (uint8_t)(v * 255 / top);
        to[1] = px->keyed && v == px->key[0] ? 0 : 255;
    }
}

/* Numbers that the palette does not have are black. */
static void palette_table(struct img_png_pixels *px, str palette, str clear) {
    size_t n = palette.len / 3;
    for (size_t i = 0; i < 256; i++)
        px->table[i][3] = 255;
    for (size_t i = 0; i < n; i++) {
        memcpy(px->table[i], palette.p + i * 3, 3);
        if (i < clear.len)
            px->table[i][3] = (uint8_t)clear.p[i];
        px->alpha |= px->table[i][3] != 255;
    }
}

static void read_key(struct img_png_pixels *px, str clear) {
    const uint8_t *p = (const uint8_t *)clear.p;
    if (clear.len < 2 * (size_t)px->from)
        return;
    px->keyed = px->alpha = true;
    for (unsigned i = 0; i < px->from; i++)
        px->key[i] = (uint16_t)(be16(p + (size_t)2 * i) & ((1u << px->depth) - 1));
}

void img_png_pixels_init(struct img_png_pixels *px, const struct img_png_walk *walk) {
    static const uint8_t channels[] = {[IMG_PNG_GRAY] = 1,
                                       [IMG_PNG_RGB] = 3,
                                       [IMG_PNG_PALETTE] = 1,
                                       [IMG_PNG_GRAY_ALPHA] = 2,
                                       [IMG_PNG_RGBA] = 4};
    *px = (struct img_png_pixels){.depth = walk->depth, .from = channels[walk->type]};
    px->bits = px->from * px->depth;
    px->bytes = px->bits < 8 ? 1 : px->bits / 8;
    bool palette = walk->type == IMG_PNG_PALETTE;
    px->alpha = walk->type == IMG_PNG_GRAY_ALPHA || walk->type == IMG_PNG_RGBA;
    if (palette)
        palette_table(px, walk->palette, walk->clear);
    else if (!px->alpha)
        read_key(px, walk->clear);
    if (walk->type == IMG_PNG_GRAY && px->depth <= 8)
        grey_table(px);
    px->channels = (palette || px->from >= 3 ? 3 : 1) + px->alpha;
    px->as_it_is = !palette && px->depth == 8 && !px->keyed;
}

uint64_t img_png_row_bytes(const struct img_png_pixels *px, uint32_t width) {
    return ((uint64_t)width * px->bits + 7) / 8;
}

/* Up to 8 bits through the table; four bytes are written, the next pixel overwrites what is too much. */
static void by_table(const struct img_png_pixels *px, const uint8_t *from, uint8_t *to,
                     uint32_t width) {
    unsigned depth = px->depth, mask = (1u << depth) - 1, shift = 8;
    for (uint32_t x = 0; x < width; x++) {
        shift -= depth;
        memcpy(to, px->table[*from >> shift & mask], 4);
        to += px->channels;
        if (shift == 0) {
            shift = 8;
            from++;
        }
    }
}

static void from_16(const struct img_png_pixels *px, const uint8_t *from, uint8_t *to,
                    uint32_t width) {
    size_t n = (size_t)width * px->from;
    for (size_t i = 0; i < n; i++)
        to[i] = rounded(be16(from + 2 * i));
}

/* RGB of 8 bits, RGB and grey of 16, with a transparent colour: that one exactly. */
static void by_key(const struct img_png_pixels *px, const uint8_t *from, uint8_t *to,
                   uint32_t width) {
    bool wide = px->depth == 16;
    for (uint32_t x = 0; x < width; x++) {
        bool is_key = true;
        for (unsigned c = 0; c < px->from; c++) {
            unsigned v = wide ? be16(from) : *from;
            is_key &= v == px->key[c];
            *to++ = wide ? rounded(v) : (uint8_t)v;
            from += wide ? 2 : 1;
        }
        *to++ = is_key ? 0 : 255;
    }
}

void img_png_pixels_expand(const struct img_png_pixels *px, const uint8_t *from, uint8_t *to,
                           uint32_t width) {
    if (px->from == 1 && px->depth <= 8)
        by_table(px, from, to, width);
    else if (px->keyed)
        by_key(px, from, to, width);
    else
        from_16(px, from, to, width);
}
