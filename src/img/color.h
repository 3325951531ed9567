#pragma once
/*
 * img/color: what a file says of its colours (a profile; gAMA, cHRM, sRGB, cICP), and what is done
 * about it: nothing, converting to sRGB, or keeping the profile. Sources: ICC.1:2010 (and ICC.2
 * for cicp), the PNG specification's third edition (cICP over iCCP over sRGB over gAMA and cHRM),
 * ITU-T H.273 for cICP's numbers.
 */
#include "img/source.h"

/* What is wished, a setting of the function. */
enum img_profiles { IMG_PROFILES_CONVERT, IMG_PROFILES_KEEP };

struct img_color_job; /* matrices and curves of a conversion */
struct img_color {
    struct img_color_job *job; /* NULL: the samples stay as they are */
    str keep;                  /* view of head->icc: the profile that travels; empty: none */
    unsigned warnings;         /* enum img_warning */
};
/*
 * Decides. A profile travels only where its colour space fits what comes out (GRAY on grey, RGB on
 * colour) and it is small (IMG_ICC_KEEP_MAX); one that is sRGB in other words is dropped silently.
 * Matrix and grey-curve profiles are converted or kept as `wish` says, a large one is converted in
 * either case. One that cannot be converted (a table) is kept when it is small, else dropped with a
 * warning. cICP is over a profile, a profile over sRGB, that over gAMA and cHRM.
 */
enum { IMG_ICC_KEEP_MAX = 16 << 10 };
void img_color_choose(const struct img_head *head, enum img_profiles wish, struct img_color *ret);
void img_color_deinit(struct img_color *c);
/*
 * Converts a grey picture, or an IMG_RGB one, in place; alpha stays. Nothing where there is no
 * job.
 */
void img_color_apply(const struct img_color *c, struct img_planes *p);

/* In place; the chroma planes must have the picture's size. */
void img_ycc_to_rgb(struct img_planes *p);
/*
 * A new picture of IMG_YCC with chroma of half the samples each way (averaged); alpha is left out.
 */
void img_rgb_to_ycc(const struct img_planes *from, struct img_planes *ret);

/* For tests: loops in plain C, or (from the start) the vectors that this machine has. */
void img_color_use_vectors(bool yes);
