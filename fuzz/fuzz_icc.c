/*
 * Fuzzes img/icc and what img/color makes of it: a file's space, what a PNG says of its colours (41 bytes),
 * then the profile. Light is from 0 to 1, what travels is a part of the profile, and small.
 */
#include "img/color.h"
#include "img/icc.h"

static void check_profile(str bytes) {
    struct img_icc icc;
    if (!img_icc_read(bytes, &icc) || !icc.has_light)
        return;
    for (int i = 0; i < (icc.space == IMG_ICC_RGB ? 3 : 1) * 256; i++)
        if (!(icc.light.curve[i / 256][i % 256] >= 0 && icc.light.curve[i / 256][i % 256] <= 1))
            __builtin_trap();
}

static void read_said(struct cur *c, struct img_said *ret) {
    uint8_t has = cur_u8(c);
    *ret = (struct img_said){.has_srgb = has & 1,
                             .has_gama = has & 2,
                             .has_chrm = has & 4,
                             .has_cicp = has & 8,
                             .gama = cur_u32(c)};
    for (int i = 0; i < 8; i++)
        ret->chrm[i] = cur_u32(c);
    for (int i = 0; i < 4; i++)
        ret->cicp[i] = cur_u8(c);
}

static void check_choice(const struct img_head *head, enum img_profiles wish) {
    struct img_color color;
    img_color_choose(head, wish, &color);
    str all = buf_view(&head->icc), keep = color.keep;
    if (keep.len > 0 && (color.job || keep.len > IMG_ICC_KEEP_MAX || keep.p < all.p ||
                         keep.p + keep.len > all.p + all.len))
        __builtin_trap();
    struct img_planes p;
    img_planes_init(&p, head->space, true, 19, 1, 1, 1);
    for (unsigned c = 0; c < p.n; c++)
        for (int x = 0; x < 19; x++)
            p.plane[c].px[x] = (uint8_t)(x * (13 - c));
    img_color_apply(&color, &p);
    img_planes_deinit(&p);
    img_color_deinit(&color);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static const char *const names[] = {"RGB", "CMYK", "Gray"};
    struct cur c = cur_of(str_n(p, n));
    struct img_head head = {0};
    uint8_t kind = cur_u8(&c) % ARRAY_LEN(names);
    head.color_space = names[kind];
    head.space = kind == 2 ? IMG_GRAY : IMG_RGB;
    read_said(&c, &head.said);
    if (c.bad)
        return 0;
    buf_str(&head.icc, c.s);
    check_profile(buf_view(&head.icc));
    check_choice(&head, IMG_PROFILES_CONVERT);
    check_choice(&head, IMG_PROFILES_KEEP);
    buf_deinit(&head.icc);
    return 0;
}
