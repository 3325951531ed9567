/* img/jpeg_walk: one pass over the markers of a JPEG; what a scan costs is reckoned before it is decoded. */
#include "img/jpeg_walk.h"

#include "img/jpeg_priv.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    SOI = 0xD8,
    EOI = 0xD9,
    COEFFICIENTS = 64,   /* of a block */
    UNKNOWN = 127,       /* of a coefficient nothing was seen */
    SIDE_MAX = 65500,    /* libjpeg's */
    MCU_BLOCKS_MAX = 10, /* of a scan of several components: T.81, B.2.3 */
    PIECES_MAX = 8192,   /* more than twice as many scans as have something to add */
};

/*
 * What a scan costs though it has next to no bytes, in nanoseconds: each is a pass over its components, and one that
 * refines AC coefficients looks at each of them. The file's bytes pay for some, the picture for as many as encoders
 * write; scans beyond that are dropped.
 */
enum {
    BLOCK_NS = 10,
    BLOCK_ARITHMETIC_NS = 80,
    SCAN_NS = 15000,
    BYTE_NS = 40,
    FREE_BLOCK_NS = 250,
    FREE_BLOCK_ARITHMETIC_NS = 700,
    FREE_SCANS = 20,
};

struct walker {
    str file;
    size_t at; /* the next byte */
    struct img_jpeg_walk *to;
    char *reason;
    int result; /* not 0: refused */
    bool has_frame, has_scan, done;
    struct img_jpeg_apps apps;
    uint64_t cost_ns, budget_ns;
    uint8_t missing[IMG_JPEG_COMPONENTS][COEFFICIENTS]; /* low bits that no scan has brought */
    size_t room;                                        /* of to->piece */
    struct img_jpeg_piece beyond;                       /* what is one too many */
};

int img_jpeg_reject(char reason[IMG_REASON_MAX], const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(reason, IMG_REASON_MAX, fmt, args);
    va_end(args);
    return IMG_E_REJECTED;
}

/* ---- Pieces ---- */

/* Where there are too many the walk ends: such a file is made to cost memory. */
static struct img_jpeg_piece *add_piece(struct walker *k, const void *p, size_t len) {
    struct img_jpeg_walk *w = k->to;
    if (w->n_pieces == PIECES_MAX) {
        w->warnings |= IMG_WARN_DAMAGED;
        k->done = true;
        return &k->beyond;
    }
    if (w->n_pieces == k->room) {
        k->room = k->room ? 2 * k->room : 32;
        w->piece = mem_realloc(w->piece, k->room * sizeof *w->piece);
    }
    struct img_jpeg_piece *piece = &w->piece[w->n_pieces++];
    *piece = (struct img_jpeg_piece){.p = p, .len = len};
    return piece;
}

/* What lies behind the piece before it, makes it longer. */
static void keep(struct walker *k, size_t from, size_t to) {
    struct img_jpeg_walk *w = k->to;
    const uint8_t *p = (const uint8_t *)k->file.p + from;
    struct img_jpeg_piece *last = w->n_pieces ? &w->piece[w->n_pieces - 1] : NULL;
    if (last && !last->is_scan && last->p + last->len == p)
        last->len += to - from;
    else
        add_piece(k, p, to - from);
}

/* ---- The frame ---- */

/* Every kind of frame; words for those that are not decoded. */
static const struct frame_kind {
    uint8_t marker;
    bool progressive, arithmetic;
    const char *refused;
} frame_kinds[] = {
    {0xC0, false, false, NULL},
    {0xC1, false, false, NULL},
    {0xC2, true, false, NULL},
    {0xC3, false, false, "lossless"},
    {0xC5, false, false, "hierarchical"},
    {0xC6, false, false, "hierarchical"},
    {0xC7, false, false, "lossless hierarchical"},
    {0xC9, false, true, NULL},
    {0xCA, true, true, NULL},
    {0xCB, false, true, "lossless"},
    {0xCD, false, true, "hierarchical"},
    {0xCE, false, true, "hierarchical"},
    {0xCF, false, true, "lossless hierarchical"},
    {0xF7, false, false, "JPEG-LS"},
};

static uint32_t blocks(uint32_t side, unsigned factor, unsigned max) {
    uint32_t parts = max * 8;
    return (uint32_t)(((uint64_t)side * factor + parts - 1) / parts);
}

static bool read_components(struct walker *k, struct cur *c) {
    struct img_jpeg_walk *w = k->to;
    w->max_h = w->max_v = 1;
    for (unsigned i = 0; i < w->n; i++) {
        unsigned id = cur_u8(c), hv = cur_u8(c), table = cur_u8(c);
        unsigned h = hv >> 4, v = hv & 15;
        if (c->bad || h < 1 || h > 4 || v < 1 || v > 4 || table > 3)
            return false;
        w->of[i] = (struct img_jpeg_component){.id = (uint8_t)id,
                                               .h = (uint8_t)h,
                                               .v = (uint8_t)v,
                                               .table = (uint8_t)table};
        w->max_h = h > w->max_h ? h : w->max_h;
        w->max_v = v > w->max_v ? v : w->max_v;
    }
    return true;
}

static void read_frame(struct walker *k, unsigned marker, str data) {
    struct img_jpeg_walk *w = k->to;
    const struct frame_kind *kind = frame_kinds;
    while (kind->marker != marker)
        kind++;
    if (k->has_frame)
        return; /* a second one cannot be meant */
    struct cur c = cur_of(data);
    w->precision = cur_u8(&c);
    w->height = cur_u16(&c);
    w->width = cur_u16(&c);
    w->n = cur_u8(&c);
    w->progressive = kind->progressive;
    w->arithmetic = kind->arithmetic;
    k->has_frame = true;
    if (kind->refused)
        k->result = img_jpeg_reject(k->reason, "The picture is a %s JPEG, a kind that is not read",
                                    kind->refused);
    else if (c.bad)
        k->result =
            img_jpeg_reject(k->reason, "The JPEG's description of the picture is cut short");
    else if (w->precision != 8)
        k->result = img_jpeg_reject(
            k->reason, "The JPEG has %u bits for each colour of a pixel; only 8 are read",
            w->precision);
    else if (w->n != 1 && w->n != 3 && w->n != 4)
        k->result = img_jpeg_reject(k->reason,
                                    "The JPEG has %u colour channels; 1, 3 and 4 are read", w->n);
    else if (!read_components(k, &c))
        k->result = img_jpeg_reject(k->reason,
                                    "The JPEG's description of its colour channels makes no sense");
    else if (w->width == 0)
        k->result = img_jpeg_reject(k->reason, "The JPEG says that the picture is 0 pixels wide");
    else
        add_piece(k, w->sof, 0)->len = 10 + 3 * w->n;
    if (!k->result)
        w->sof[1] = (uint8_t)marker;
}

/* The frame header as the decoder reads it. */
static void write_frame(struct img_jpeg_walk *w) {
    uint8_t *p = w->sof;
    *p++ = 0xFF;
    p++; /* its marker is there */
    *p++ = 0;
    *p++ = (uint8_t)(8 + 3 * w->n);
    *p++ = (uint8_t)w->precision;
    *p++ = (uint8_t)(w->height >> 8);
    *p++ = (uint8_t)w->height;
    *p++ = (uint8_t)(w->width >> 8);
    *p++ = (uint8_t)w->width;
    *p++ = (uint8_t)w->n;
    for (unsigned i = 0; i < w->n; i++) {
        *p++ = w->of[i].id;
        *p++ = (uint8_t)(w->of[i].h << 4 | w->of[i].v);
        *p++ = w->of[i].table;
    }
}

/* Sizes are known when the first scan begins, but for a height that comes behind it. */
static void measure(struct walker *k) {
    struct img_jpeg_walk *w = k->to;
    uint64_t all = 0;
    for (unsigned i = 0; i < w->n; i++) {
        struct img_jpeg_component *of = &w->of[i];
        of->blocks_x = blocks(w->width, of->h, w->max_h);
        of->blocks_y = blocks(w->height, of->v, w->max_v);
        all += (uint64_t)of->blocks_x * of->blocks_y;
    }
    k->budget_ns = all * (w->arithmetic ? FREE_BLOCK_ARITHMETIC_NS : FREE_BLOCK_NS) +
                   (uint64_t)FREE_SCANS * SCAN_NS + (uint64_t)k->file.len * BYTE_NS;
}

/* B.2.5: how many lines there are, told behind the first scan; what further ones would cost depends on it. */
static void read_lines(struct walker *k, unsigned marker, str data) {
    (void)marker;
    struct cur c = cur_of(data);
    uint32_t height = cur_u16(&c);
    if (c.bad || k->to->height != 0)
        return;
    k->to->height = height;
    measure(k);
}

/* ---- Scans ---- */

struct scan {
    unsigned n;
    unsigned of[IMG_JPEG_COMPONENTS]; /* indices */
    unsigned from, to;                /* coefficients */
    unsigned low;                     /* bits that are left out */
    bool refines;                     /* earlier scans brought higher bits */
};

static bool read_scan(const struct img_jpeg_walk *w, str data, struct scan *ret) {
    struct cur c = cur_of(data);
    ret->n = cur_u8(&c);
    if (ret->n < 1 || ret->n > w->n)
        return false;
    for (unsigned i = 0; i < ret->n; i++) {
        unsigned id = cur_u8(&c), at = 0;
        cur_u8(&c); /* tables */
        while (at < w->n && w->of[at].id != id)
            at++;
        if (at == w->n)
            return false;
        ret->of[i] = at;
    }
    ret->from = cur_u8(&c);
    ret->to = cur_u8(&c);
    unsigned bits = cur_u8(&c);
    ret->low = bits & 15;
    ret->refines = w->progressive && bits >> 4 > 0;
    if (!w->progressive) {
        ret->from = 0;
        ret->to = COEFFICIENTS - 1;
        ret->low = 0;
    }
    /* T.81, G.1.1.1.1: DC and AC do not mix, and AC scans have one component. */
    return !c.bad && ret->to < COEFFICIENTS && ret->from <= ret->to && ret->low <= 13 &&
           (!w->progressive || (ret->from == 0 ? ret->to == 0 : ret->n == 1));
}

/* How far the entropy-coded bytes go: to a marker that is no restart. */
static size_t skip_data(str file, size_t at) {
    while (at < file.len) {
        const char *ff = memchr(file.p + at, 0xFF, file.len - at);
        if (!ff || ff + 1 == file.p + file.len)
            return file.len;
        uint8_t next = (uint8_t)ff[1];
        at = (size_t)(ff - file.p);
        if (next != 0 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7))
            return at;
        at += next == 0xFF ? 1 : 2;
    }
    return at;
}

/* False: this many scans were not meant for people. */
static bool pay(struct walker *k, const struct scan *scan) {
    const struct img_jpeg_walk *w = k->to;
    uint64_t cost = SCAN_NS, each = w->arithmetic ? BLOCK_ARITHMETIC_NS : BLOCK_NS;
    if (scan->refines)
        each += scan->to - scan->from;
    for (unsigned i = 0; i < scan->n; i++) {
        const struct img_jpeg_component *of = &w->of[scan->of[i]];
        cost += each * of->blocks_x * of->blocks_y;
    }
    if (k->cost_ns + cost > k->budget_ns)
        return false;
    k->cost_ns += cost;
    return true;
}

static void note_scan(struct walker *k, const struct scan *scan) {
    for (unsigned i = 0; i < scan->n; i++)
        memset(&k->missing[scan->of[i]][scan->from], (int)scan->low, scan->to - scan->from + 1);
}

/* data is what stands in the scan's header, from where the marker stands; the scan's bytes follow it. */
static void take_scan(struct walker *k, size_t from, str data) {
    struct img_jpeg_walk *w = k->to;
    struct scan scan = {0};
    bool sound = read_scan(w, data, &scan);
    if (!k->has_scan) {
        w->several_scans = w->progressive || !sound || scan.n < w->n;
        measure(k);
    }
    bool is_first = !k->has_scan;
    k->has_scan = true;
    if (!is_first && w->height == 0) {
        k->done = true; /* check_whole has the words */
        return;
    }
    const uint8_t *p = (const uint8_t *)k->file.p + from;
    if (!w->several_scans && w->height > 0) { /* all there is: the decoder finds its end */
        add_piece(k, p, k->file.len - from)->is_scan = true;
        k->done = true;
        return;
    }
    size_t end = skip_data(k->file, k->at);
    k->at = end;
    struct img_jpeg_piece *piece = add_piece(k, p, end - from);
    piece->is_scan = true;
    piece->only_ac = w->progressive && scan.from > 0;
    piece->drop = !sound || (!is_first && !pay(k, &scan));
    if (piece->drop)
        w->warnings |= IMG_WARN_DAMAGED;
    else
        note_scan(k, &scan);
}

/* ---- Segments ---- */

static void keep_tables(struct walker *k, unsigned marker, str data) {
    (void)marker;
    keep(k, k->at - data.len - 4, k->at);
}

static void read_app(struct walker *k, unsigned marker, str data) {
    img_jpeg_app(&k->apps, k->to, marker, data);
}

static void begin_scan(struct walker *k, unsigned marker, str data) {
    (void)marker;
    if (!k->has_frame) {
        k->result = img_jpeg_reject(
            k->reason, "The JPEG does not describe its picture before the picture's data begins");
        return;
    }
    take_scan(k, k->at - data.len - 4, data);
}

/* Called with k->at behind the segment; the tables that are kept have a marker of two bytes before their length. */
static const struct segment {
    uint8_t first, last;
    void (*take)(struct walker *k, unsigned marker, str data);
} segments[] = {
    {0xC4, 0xC4, keep_tables}, /* DHT */
    {0xCC, 0xCC, keep_tables}, /* DAC */
    {0xC0, 0xC3, read_frame},  /* SOF, between DHT, JPG and DAC */
    {0xC5, 0xC7, read_frame},  /* the same */
    {0xC9, 0xCB, read_frame},  /* the same */
    {0xCD, 0xCF, read_frame},  /* the same */
    {0xF7, 0xF7, read_frame},  /* JPEG-LS */
    {0xDA, 0xDA, begin_scan},  /* SOS */
    {0xDB, 0xDB, keep_tables}, /* DQT */
    {0xDC, 0xDC, read_lines},  /* DNL */
    {0xDD, 0xDD, keep_tables}, /* DRI */
    {0xE0, 0xEF, read_app},    /* APP0 to APP15 */
};

static void take_segment(struct walker *k, unsigned marker, str data) {
    for (size_t i = 0; i < ARRAY_LEN(segments); i++)
        if (marker >= segments[i].first && marker <= segments[i].last) {
            segments[i].take(k, marker, data);
            return;
        }
}

/* The second byte of the next marker, which k->at is put behind; 0: there is none. What lies before it is skipped. */
static unsigned next_marker(struct walker *k) {
    str f = k->file;
    while (k->at < f.len) {
        const char *ff = memchr(f.p + k->at, 0xFF, f.len - k->at);
        if (!ff)
            break;
        k->at = (size_t)(ff - f.p) + 1;
        if (k->at < f.len && (uint8_t)f.p[k->at] != 0xFF && f.p[k->at] != 0)
            return (uint8_t)f.p[k->at++];
    }
    k->at = f.len;
    return 0;
}

static bool stands_alone(unsigned marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= SOI) || marker < 0x80;
}

static void step(struct walker *k) {
    unsigned marker = next_marker(k);
    if (marker == 0 || marker == EOI) {
        k->to->has_end = marker == EOI;
        k->done = true;
        return;
    }
    if (stands_alone(marker))
        return;
    struct cur c = cur_of(str_skip(k->file, k->at));
    size_t len = cur_u16(&c);
    if (c.bad || len < 2)
        return; /* the next marker is looked for */
    str data = str_slice(c.s, 0, len - 2);
    k->at += 2 + data.len;
    take_segment(k, marker, data);
}

/* ---- The whole ---- */

static const struct {
    unsigned n;
    bool adobe;
    unsigned transform;
    enum img_jpeg_colors is;
} adobe_colors[] = {
    {3, true, 0, IMG_JPEG_RGB},
    {4, true, 0, IMG_JPEG_CMYK},
    {4, true, 2, IMG_JPEG_YCCK},
};

/* JFIF's word before Adobe's, Adobe's before the names of the components: as libjpeg decides. */
static enum img_jpeg_colors colors_of(const struct walker *k) {
    const struct img_jpeg_walk *w = k->to;
    const struct img_jpeg_apps *a = &k->apps;
    if (w->n == 1)
        return IMG_JPEG_GRAY;
    if (a->saw_adobe && !(w->n == 3 && a->saw_jfif))
        for (size_t i = 0; i < ARRAY_LEN(adobe_colors); i++)
            if (adobe_colors[i].n == w->n && adobe_colors[i].transform == a->adobe_transform)
                return adobe_colors[i].is;
    if (w->n == 4)
        return a->saw_adobe ? IMG_JPEG_YCCK : IMG_JPEG_CMYK;
    bool named_rgb = w->of[0].id == 'R' && w->of[1].id == 'G' && w->of[2].id == 'B';
    return named_rgb && !a->saw_jfif && !a->saw_adobe ? IMG_JPEG_RGB : IMG_JPEG_YCC;
}

static int check_whole(struct walker *k) {
    struct img_jpeg_walk *w = k->to;
    if (k->result)
        return k->result;
    if (!k->has_scan)
        return img_jpeg_reject(k->reason,
                               "The JPEG ends before its first scan: there is no picture data");
    if (w->height == 0)
        return img_jpeg_reject(k->reason, "The JPEG does not say how high the picture is");
    if (w->width > SIDE_MAX || w->height > SIDE_MAX)
        return img_jpeg_reject(k->reason, "The JPEG claims %u x %u pixels; %d each way are read",
                               w->width, w->height, SIDE_MAX);
    unsigned mcu = 0;
    for (unsigned i = 0; i < w->n; i++)
        mcu += (unsigned)w->of[i].h * w->of[i].v;
    if (!w->several_scans && w->n > 1 && mcu > MCU_BLOCKS_MAX)
        return img_jpeg_reject(k->reason,
                               "The JPEG's description of its colour channels makes no sense");
    return 0;
}

static void sum_up(struct walker *k) {
    struct img_jpeg_walk *w = k->to;
    w->is_whole = true;
    for (unsigned i = 0; i < w->n; i++) {
        for (unsigned c = 0; c < COEFFICIENTS; c++)
            w->is_whole = w->is_whole && k->missing[i][c] == 0;
        w->lacks_colors = w->lacks_colors || k->missing[i][0] == UNKNOWN;
    }
    measure(k);
    write_frame(w);
}

int img_jpeg_walk(str file, struct img_jpeg_walk *ret, char reason[IMG_REASON_MAX]) {
    static const uint8_t begin[] = {0xFF, SOI};
    struct walker k = {.file = file,
                       .at = sizeof begin,
                       .to = ret,
                       .reason = reason,
                       .apps.file = file};
    if (!str_starts(file, str_n(begin, sizeof begin)))
        return img_jpeg_reject(reason, "The file does not begin as a JPEG does");
    memset(k.missing, UNKNOWN, sizeof k.missing);
    add_piece(&k, begin, sizeof begin);
    while (!k.done && !k.result)
        step(&k);
    if (k.has_frame && !k.result)
        ret->colors = colors_of(&k);
    int r = check_whole(&k);
    if (r)
        return r;
    img_jpeg_apps_end(&k.apps, ret);
    sum_up(&k);
    return 0;
}

void img_jpeg_walk_deinit(struct img_jpeg_walk *w) {
    free(w->piece);
    w->piece = NULL;
    buf_deinit(&w->icc);
}
