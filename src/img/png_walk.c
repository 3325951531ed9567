/*
 * img/png_walk: a table has what is done with a chunk; all others are stepped over unread, however large. Where a
 * chunk's head makes no sense the walk goes on at the next chunk of picture data that is whole.
 */
#include "img/png_walk.h"

#include "base/ascii.h"

#include <libdeflate.h>

#include <stdio.h>

enum {
    SIGNATURE = 8,
    HEAD = 8, /* of a chunk: length, type */
    SUM = 4,
    LENGTH_MAX = 0x7FFFFFFF,
    SEARCHES = 4,
    KEYWORD_MAX = 79,
};

static bool is_png(str file) { return str_starts(file, S("\x89PNG\r\n\x1A\n")); }

static int refuse(char reason[IMG_REASON_MAX], const char *text) {
    snprintf(reason, IMG_REASON_MAX, "%s", text);
    return IMG_E_REJECTED;
}

/* ---- Chunks ---- */

/* A chunk; views point into the file. */
struct chunk {
    str type;     /* four letters */
    str body;     /* what of it is there */
    bool cut;     /* not all of it is */
    uint32_t sum; /* its checksum, as it stands there */
};

static uint32_t be32(str s, size_t at) {
    struct cur c = cur_of(str_skip(s, at));
    return cur_u32(&c);
}

/* A head that may be one: a length that is allowed and four letters. */
static bool is_head(str file, size_t at) {
    if (at > file.len || file.len - at < HEAD || be32(file, at) > LENGTH_MAX)
        return false;
    for (int i = 4; i < HEAD; i++)
        if (!ascii_is_alpha(file.p[at + (size_t)i]))
            return false;
    return true;
}

/* Of a chunk whose head is one. */
static struct chunk chunk_at(str file, size_t at) {
    uint32_t len = be32(file, at);
    str rest = str_skip(file, at + HEAD);
    struct chunk c = {.type = str_slice(file, at + 4, at + HEAD), .body = str_slice(rest, 0, len)};
    c.cut = rest.len < (size_t)len + SUM;
    c.sum = be32(rest, len);
    return c;
}

/* Type and body stand one behind the other in the file. */
static bool is_sound(const struct chunk *c) {
    return !c->cut && libdeflate_crc32(0, c->type.p, 4 + c->body.len) == c->sum;
}

/*
 * Where the next sound chunk of picture data begins, from `at` on; SIZE_MAX: nowhere. A search costs what it passes and
 * what it computes checksums of; all searches of a file together cost SEARCHES times the file at most.
 */
static size_t find_data(str file, struct img_png_place *place, size_t at) {
    while (place->searched / SEARCHES < file.len) {
        ptrdiff_t found = str_find(str_skip(file, at), S("IDAT"));
        place->searched += found < 0 ? file.len - at : (size_t)found;
        if (found < 0)
            return SIZE_MAX;
        at += (size_t)found;
        if (at >= SIGNATURE + 4 && is_head(file, at - 4)) {
            struct chunk c = chunk_at(file, at - 4);
            if (is_sound(&c))
                return at - 4;
            place->searched += c.body.len;
        }
        at += 4;
    }
    return SIZE_MAX;
}

/* Its length is wrong: it passes the file's end, or its checksum does not fit and no chunk follows. */
static bool is_astray(str file, struct img_png_place *place, const struct chunk *c) {
    size_t end = (size_t)(c->body.p - file.p) + c->body.len + SUM;
    if (c->cut)
        return true;
    if (end >= file.len || is_head(file, end))
        return false;
    place->searched += c->body.len;
    return place->searched / SEARCHES < file.len && !is_sound(c);
}

/* The next chunk. What is none, or has a wrong length and is not picture data, is left for the next sound picture data. */
static bool next_chunk(str file, struct img_png_place *place, struct chunk *ret) {
    if (place->at >= file.len)
        return false;
    size_t from = place->at;
    if (is_head(file, from)) {
        *ret = chunk_at(file, from);
        place->at = from + HEAD + ret->body.len + SUM;
        if (str_is(ret->type, "IDAT") || str_is(ret->type, "IEND") || !is_astray(file, place, ret))
            return true;
        from += HEAD;
    }
    place->damaged = true;
    size_t data = find_data(file, place, from);
    if (data == SIZE_MAX)
        return false;
    *ret = chunk_at(file, data);
    place->at = data + HEAD + ret->body.len + SUM;
    return true;
}

bool img_png_data(str file, struct img_png_place *place, str *ret, unsigned *warnings) {
    struct chunk c;
    bool before = place->damaged;
    do {
        if (!next_chunk(file, place, &c) || str_is(c.type, "IEND"))
            return false;
    } while (!str_is(c.type, "IDAT"));
    if (place->damaged && !before)
        *warnings |= IMG_WARN_DAMAGED;
    *ret = c.body;
    if (is_sound(&c))
        return true;
    /* One of a wrong length ends where a sound one begins. */
    size_t body = (size_t)(c.body.p - file.p);
    size_t next = is_astray(file, place, &c) ? find_data(file, place, body) : SIZE_MAX;
    if (next != SIZE_MAX && next >= body + SUM) {
        *ret = str_slice(file, body, next - SUM);
        place->at = next;
        *warnings |= IMG_WARN_DAMAGED;
    } else if (!c.cut) {
        *warnings |= IMG_WARN_CHECKSUM;
    }
    return true;
}

/* ---- What chunks say ---- */

static void on_palette(struct img_png_walk *w, str body) { w->palette = body; }
static void on_clear(struct img_png_walk *w, str body) { w->clear = body; }

static void on_gama(struct img_png_walk *w, str body) {
    w->said.gama = be32(body, 0);
    w->said.has_gama = w->said.gama > 0;
}
static void on_chrm(struct img_png_walk *w, str body) {
    for (size_t i = 0; i < 8; i++)
        w->said.chrm[i] = be32(body, i * 4);
    w->said.has_chrm = true;
}
static void on_srgb(struct img_png_walk *w, str) { w->said.has_srgb = true; }
static void on_cicp(struct img_png_walk *w, str body) {
    memcpy(w->said.cicp, body.p, sizeof w->said.cicp);
    w->said.has_cicp = true;
}

/* Name, NUL, method 0, a zlib stream. */
static void on_iccp(struct img_png_walk *w, str body) {
    ptrdiff_t nul = str_chr(str_slice(body, 0, KEYWORD_MAX + 1), '\0');
    if (nul >= 0 && (size_t)nul + 2 < body.len && body.p[nul + 1] == 0)
        w->icc = str_skip(body, (size_t)nul + 2);
    else
        w->warnings |= IMG_WARN_PROFILE_DROPPED;
}

static void on_exif(struct img_png_walk *w, str body) {
    if (str_starts(body, S("Exif\0\0"))) /* as some writers put it there, from a JPEG */
        body = str_skip(body, 6);
    if (w->n_exif < IMG_EXIF_BLOCKS)
        w->exif[w->n_exif++] = body;
    else
        w->warnings |= IMG_WARN_METADATA;
}

static void on_itxt(struct img_png_walk *w, str body) {
    if (w->itxt.len == 0)
        w->itxt = str_skip(body, sizeof "XML:com.adobe.xmp");
}

static void add_raw(struct img_png_walk *w, str body, bool packed) {
    if (w->n_raw == IMG_PNG_RAW_PROFILES) {
        w->warnings |= IMG_WARN_METADATA;
        return;
    }
    w->raw_packed[w->n_raw] = packed;
    w->raw[w->n_raw++] = body;
}
static void on_text(struct img_png_walk *w, str body) { add_raw(w, body, false); }
static void on_ztxt(struct img_png_walk *w, str body) { add_raw(w, body, true); }

enum {
    PIXELS = 1 << 0, /* read although its checksum is wrong: the picture is nothing without it */
    OF_PICTURE = 1 << 1, /* of no meaning behind the picture data */
    ONCE = 1 << 2,
};
/* Sizes of a body that make sense; `begins` is what it must begin with, for the checksum is computed of no other. */
static const struct chunk_kind {
    char type[5];
    unsigned flags;
    uint32_t least, most;
    const char *begins;
    void (*on)(struct img_png_walk *w, str body);
} kinds[] = {
    {"PLTE", PIXELS | OF_PICTURE | ONCE, 3, 768, "", on_palette},
    {"tRNS", PIXELS | OF_PICTURE | ONCE, 1, 256, "", on_clear},
    {"gAMA", OF_PICTURE | ONCE, 4, 4, "", on_gama},
    {"cHRM", OF_PICTURE | ONCE, 32, 32, "", on_chrm},
    {"sRGB", OF_PICTURE | ONCE, 1, 1, "", on_srgb},
    {"cICP", OF_PICTURE | ONCE, 4, 4, "", on_cicp},
    {"iCCP", OF_PICTURE | ONCE, 12, UINT32_MAX, "", on_iccp},
    {"eXIf", 0, 8, UINT32_MAX, "", on_exif},
    {"iTXt", 0, 22, UINT32_MAX, "XML:com.adobe.xmp", on_itxt},
    {"tEXt", 0, 18, UINT32_MAX, "Raw profile type ", on_text},
    {"zTXt", 0, 18, UINT32_MAX, "Raw profile type ", on_ztxt},
};

/* seen: a bit for each of kinds. */
static void take_chunk(struct img_png_walk *w, const struct chunk *c, unsigned *seen) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct chunk_kind *k = &kinds[i];
        if (!str_is(c->type, k->type))
            continue;
        bool late = (k->flags & OF_PICTURE) && w->has_data;
        bool again = (k->flags & ONCE) && (*seen >> i & 1);
        if (late || again || !str_starts(c->body, str_c(k->begins)))
            return;
        *seen |= 1u << i;
        bool sound = is_sound(c);
        if (!sound)
            w->warnings |= IMG_WARN_CHECKSUM;
        if (c->body.len < k->least || c->body.len > k->most)
            w->warnings |= IMG_WARN_DAMAGED;
        else if (sound || (k->flags & PIXELS))
            k->on(w, c->body);
        return;
    }
}

/* ---- The header ---- */

/* Depths that a colour type has, as bits: 1 << depth. */
static const unsigned depths[] = {
    [IMG_PNG_GRAY] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16,
    [IMG_PNG_RGB] = 1 << 8 | 1 << 16,
    [IMG_PNG_PALETTE] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8,
    [IMG_PNG_GRAY_ALPHA] = 1 << 8 | 1 << 16,
    [IMG_PNG_RGBA] = 1 << 8 | 1 << 16,
};

static int read_header(struct img_png_walk *w, const struct chunk *c, char reason[IMG_REASON_MAX]) {
    enum { SIZE = 13 };
    if (!str_is(c->type, "IHDR") || c->body.len != SIZE || !is_sound(c))
        return refuse(reason, "The PNG's header is damaged");
    const uint8_t *p = (const uint8_t *)c->body.p;
    unsigned depth = p[8], type = p[9], compression = p[10], filter = p[11], interlace = p[12];
    w->width = be32(c->body, 0);
    w->height = be32(c->body, 4);
    if (w->width == 0 || w->height == 0 || w->width > LENGTH_MAX || w->height > LENGTH_MAX)
        return refuse(reason, "The PNG's header claims a size that no picture has");
    if (type >= ARRAY_LEN(depths) || depth > 16 || !(depths[type] >> depth & 1))
        return refuse(reason, "The PNG's header claims a kind of colours that PNG does not have");
    if (compression != 0 || filter != 0 || interlace > 1)
        return refuse(reason, "The PNG's header asks for a way of packing that PNG does not have");
    w->depth = depth;
    w->type = type;
    w->interlaced = interlace == 1;
    return 0;
}

static int walk_on(struct img_png_walk *w, struct img_png_place *place,
                   char reason[IMG_REASON_MAX]) {
    struct chunk c;
    unsigned seen = 0;
    while (next_chunk(w->file, place, &c) && !str_is(c.type, "IEND")) {
        if (!str_is(c.type, "IDAT")) {
            take_chunk(w, &c, &seen);
        } else if (!w->has_data) {
            w->data.at = (size_t)(c.type.p - 4 - w->file.p);
            w->has_data = true;
        }
    }
    if (place->damaged)
        w->warnings |= IMG_WARN_DAMAGED;
    if (!w->has_data)
        return refuse(reason, place->damaged ? "The PNG is damaged before its picture data"
                                             : "The PNG ends before its picture data");
    if (w->type == IMG_PNG_PALETTE && w->palette.len < 3)
        return refuse(reason, "The PNG has no palette, and its colours are numbers of one");
    return 0;
}

int img_png_walk(str file, struct img_png_walk *ret, char reason[IMG_REASON_MAX]) {
    struct img_png_place place = {0};
    struct chunk c;
    *ret = (struct img_png_walk){.file = file};
    if (!is_png(file))
        return refuse(reason, "The file does not begin as a PNG does");
    if (file.len == SIGNATURE)
        return refuse(reason, "The PNG ends before its header");
    place.at = SIGNATURE;
    if (!is_head(file, SIGNATURE))
        return refuse(reason, "The PNG's header is damaged");
    c = chunk_at(file, SIGNATURE);
    if (c.cut)
        return refuse(reason, "The PNG ends inside its header");
    int r = read_header(ret, &c, reason);
    place.at = SIGNATURE + HEAD + c.body.len + SUM;
    return r ? r : walk_on(ret, &place, reason);
}
