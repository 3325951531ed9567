#pragma once
/*
 * tests/img/icc_builder: makes ICC profiles, good ones and others. The layout is ICC.1:2022's;
 * nothing here is shared with the reader.
 */
#include "base/buf.h"

#include <math.h>

/* The caller's: buf_deinit when done. Tags are added to `body`, which comes behind the table. */
struct icc_builder {
    const char *device, *space, *pcs; /* four letters each; NULL: mntr, RGB, XYZ */
    uint32_t version;                 /* 0: 2.1 */
    struct buf table, body;
    uint32_t tags;
};

enum { ICC_HEADER = 128, ICC_ROOM = 20 /* entries of the table that there is room for */ };

static inline void icc_sign(struct buf *b, const char *four) { buf_add(b, four, 4); }
static inline void icc_fixed(struct buf *b, double v) {
    buf_u32(b, (uint32_t)(int32_t)lrint(v * 65536));
}

static inline void icc_tag(struct icc_builder *p, const char *sign, const struct buf *tag) {
    icc_sign(&p->table, sign);
    buf_u32(&p->table, (uint32_t)(ICC_HEADER + 4 + ICC_ROOM * 12 + p->body.len));
    buf_u32(&p->table, (uint32_t)tag->len);
    buf_str(&p->body, buf_view(tag));
    while (p->body.len % 4)
        buf_u8(&p->body, 0);
    p->tags++;
}

static inline struct buf icc_type(const char *type) {
    struct buf b = {0};
    icc_sign(&b, type);
    buf_u32(&b, 0);
    return b;
}

static inline void icc_xyz(struct icc_builder *p, const char *sign, const double xyz[3]) {
    struct buf b = icc_type("XYZ ");
    for (int i = 0; i < 3; i++)
        icc_fixed(&b, xyz[i]);
    icc_tag(p, sign, &b);
    buf_deinit(&b);
}

/* n points of (i / (n - 1)) to a power; n of 1: the power itself, 0: identity. */
static inline void icc_curv(struct icc_builder *p, const char *sign, uint32_t n, double power) {
    struct buf b = icc_type("curv");
    buf_u32(&b, n);
    if (n == 1)
        buf_u16(&b, (uint16_t)lrint(power * 256));
    for (uint32_t i = 0; i < n && n > 1; i++)
        buf_u16(&b, (uint16_t)lrint(65535 * pow(i / (n - 1.0), power)));
    icc_tag(p, sign, &b);
    buf_deinit(&b);
}

static inline double icc_srgb(double v) {
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}
/* sRGB's curve in 1024 points, as the oldest of its profiles have it. */
static inline void icc_curv_srgb(struct icc_builder *p, const char *sign) {
    struct buf b = icc_type("curv");
    buf_u32(&b, 1024);
    for (int i = 0; i < 1024; i++)
        buf_u16(&b, (uint16_t)lrint(65535 * icc_srgb(i / 1023.0)));
    icc_tag(p, sign, &b);
    buf_deinit(&b);
}

static inline void icc_para(struct icc_builder *p, const char *sign, unsigned function,
                            const double *numbers, size_t n) {
    struct buf b = icc_type("para");
    buf_u16(&b, (uint16_t)function);
    buf_u16(&b, 0);
    for (size_t i = 0; i < n; i++)
        icc_fixed(&b, numbers[i]);
    icc_tag(p, sign, &b);
    buf_deinit(&b);
}

/* A tag of n bytes that nobody reads. */
static inline void icc_bulk(struct icc_builder *p, const char *sign, size_t n) {
    struct buf b = icc_type("data");
    while (b.len < n)
        buf_u8(&b, (uint8_t)b.len);
    icc_tag(p, sign, &b);
    buf_deinit(&b);
}

/* The profile; the builder is empty afterwards. */
static inline struct buf icc_done(struct icc_builder *p) {
    struct buf b = {0};
    buf_u32(&b, (uint32_t)(ICC_HEADER + 4 + ICC_ROOM * 12 + p->body.len));
    icc_sign(&b, "test");
    buf_u32(&b, p->version ? p->version : 0x02100000);
    icc_sign(&b, p->device ? p->device : "mntr");
    icc_sign(&b, p->space ? p->space : "RGB ");
    icc_sign(&b, p->pcs ? p->pcs : "XYZ ");
    for (int i = 0; i < 12; i++)
        buf_u8(&b, 0);
    icc_sign(&b, "acsp");
    while (b.len < 68)
        buf_u8(&b, 0);
    const double d50[3] = {0.9642, 1, 0.8249};
    for (int i = 0; i < 3; i++)
        icc_fixed(&b, d50[i]);
    while (b.len < ICC_HEADER)
        buf_u8(&b, 0);
    buf_u32(&b, p->tags);
    buf_str(&b, buf_view(&p->table));
    while (b.len < ICC_HEADER + 4 + ICC_ROOM * 12)
        buf_u8(&b, 0);
    buf_str(&b, buf_view(&p->body));
    buf_deinit(&p->table);
    buf_deinit(&p->body);
    *p = (struct icc_builder){0};
    return b;
}

/* ---- Known colour spaces: colorants under D50, as their makers' profiles have them ---- */

struct icc_space {
    double red[3], green[3], blue[3];
};
static const struct icc_space icc_srgb_space = {
    {0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}};
static const struct icc_space icc_display_p3 = {
    {0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}};
static const struct icc_space icc_adobe_rgb = {
    {0.60974, 0.31111, 0.01947}, {0.20528, 0.62567, 0.06087}, {0.14919, 0.06322, 0.74457}};
static const struct icc_space icc_prophoto = {
    {0.79767, 0.28804, 0.00000}, {0.13519, 0.71188, 0.00000}, {0.03134, 0.00009, 0.82491}};
static const struct icc_space icc_rec2020 = {
    {0.67348, 0.27904, -0.00194}, {0.16566, 0.67534, 0.02998}, {0.12505, 0.04561, 0.79686}};

static inline void icc_colorants(struct icc_builder *p, const struct icc_space *space) {
    icc_xyz(p, "rXYZ", space->red);
    icc_xyz(p, "gXYZ", space->green);
    icc_xyz(p, "bXYZ", space->blue);
}
static const char *const icc_trc[3] = {"rTRC", "gTRC", "bTRC"};

/* ---- Whole profiles ---- */

/* Curves as icc_curv has them; a power of 0: sRGB's. */
static inline struct buf icc_rgb(const struct icc_space *space, uint32_t points, double power) {
    struct icc_builder p = {0};
    icc_colorants(&p, space);
    for (int i = 0; i < 3; i++)
        if (power > 0)
            icc_curv(&p, icc_trc[i], points, power);
        else
            icc_curv_srgb(&p, icc_trc[i]);
    return icc_done(&p);
}

/* Version 4, with parametric curves: g, a, b, c, d. */
static inline struct buf icc_rgb4(const struct icc_space *space, const double curve[5]) {
    struct icc_builder p = {.version = 0x04300000};
    icc_colorants(&p, space);
    for (int i = 0; i < 3; i++)
        icc_para(&p, icc_trc[i], 3, curve, 5);
    return icc_done(&p);
}
static const double icc_para_srgb[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
static const double icc_para_2020[5] = {1 / 0.45, 1 / 1.0993, 0.0993 / 1.0993, 1 / 4.5, 0.08145};

static inline struct buf icc_gray(const char *pcs, uint32_t points, double power) {
    struct icc_builder p = {.space = "GRAY", .pcs = pcs};
    icc_curv(&p, "kTRC", points, power);
    return icc_done(&p);
}

/* What camera software calls by these names. */
static inline struct buf icc_make_p3(void) { return icc_rgb4(&icc_display_p3, icc_para_srgb); }
static inline struct buf icc_make_adobe(void) { return icc_rgb(&icc_adobe_rgb, 1, 563 / 256.0); }
static inline struct buf icc_make_prophoto(void) { return icc_rgb(&icc_prophoto, 1, 1.8); }
static inline struct buf icc_make_2020(void) { return icc_rgb4(&icc_rec2020, icc_para_2020); }
static inline struct buf icc_make_srgb(void) { return icc_rgb(&icc_srgb_space, 1024, 0); }
static inline struct buf icc_make_srgb18(void) { return icc_rgb(&icc_srgb_space, 256, 1.8); }
