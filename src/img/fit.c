/* img/fit: inside, cover, exact. */
#include "img/fit.h"

#include <math.h>

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* round(side * to / from), half up, at least 1. */
static uint32_t scaled(uint32_t side, uint32_t to, uint32_t from) {
    uint64_t v = ((uint64_t)side * to * 2 + from) / ((uint64_t)from * 2);
    return v ? (uint32_t)v : 1;
}

/* Wider, in relation, than the box. */
static bool is_wider(uint32_t width, uint32_t height, const struct imgjob_wish *box) {
    return (uint64_t)width * box->height >= (uint64_t)height * box->width;
}

/* The longer relation decides. */
static void fit_inside(uint32_t width, uint32_t height, const struct imgjob_wish *box,
                       struct img_fit *ret) {
    if (is_wider(width, height, box)) {
        ret->width = least(width, box->width);
        ret->height = scaled(height, ret->width, width);
    } else {
        ret->height = least(height, box->height);
        ret->width = scaled(width, ret->height, height);
    }
    ret->part = (struct img_window){0, 0, width, height};
    ret->whole = true;
    ret->full_width = ret->width;
    ret->full_height = ret->height;
}

/* Rounded up, what is next to a whole number down to it. */
static uint32_t whole(double side) { return (uint32_t)ceil(side - 1e-6); }

/* The largest part of the box's shape, from the middle. One that is not reduced lies on whole samples. */
static void fit_cover(uint32_t width, uint32_t height, const struct imgjob_wish *box,
                      struct img_fit *ret) {
    bool wider = is_wider(width, height, box);
    double part_width = wider ? (double)height * box->width / box->height : width;
    double part_height = wider ? height : (double)width * box->height / box->width;
    bool smaller = wider ? height < box->height : width < box->width;
    ret->width = box->width;
    ret->height = box->height;
    if (smaller) {
        ret->width = wider ? scaled(height, box->width, box->height) : width;
        ret->height = wider ? height : scaled(width, box->height, box->width);
        part_width = ret->width;
        part_height = ret->height;
    }
    double x = (width - part_width) / 2, y = (height - part_height) / 2;
    ret->part = (struct img_window){smaller ? floor(x) : x, smaller ? floor(y) : y, part_width,
                                    part_height};
    ret->whole = part_width == width && part_height == height;
    ret->full_width = least(whole(width * (ret->width / part_width)), width);
    ret->full_height = least(whole(height * (ret->height / part_height)), height);
}

/* As cover; of what cannot fill the box as much as is in it, not reduced: a small picture is there whole. */
static void fit_exact(uint32_t width, uint32_t height, const struct imgjob_wish *box,
                      struct img_fit *ret) {
    if (width >= box->width && height >= box->height) {
        fit_cover(width, height, box, ret);
        return;
    }
    ret->full_width = width;
    ret->full_height = height;
    ret->width = least(width, box->width);
    ret->height = least(height, box->height);
    uint32_t x = (width - ret->width) / 2, y = (height - ret->height) / 2;
    ret->part = (struct img_window){x, y, ret->width, ret->height};
    ret->whole = ret->width == width && ret->height == height;
}

struct img_fit img_fit_of(uint32_t width, uint32_t height, const struct imgjob_wish *wish) {
    struct img_fit fit = {0};
    static void (*const fits[])(uint32_t, uint32_t, const struct imgjob_wish *, struct img_fit *) =
        {[IMGJOB_INSIDE] = fit_inside, [IMGJOB_COVER] = fit_cover, [IMGJOB_EXACT] = fit_exact};
    fits[wish->fit](width, height, wish, &fit);
    bool exact = wish->fit == IMGJOB_EXACT;
    fit.canvas_width = exact ? wish->width : fit.width;
    fit.canvas_height = exact ? wish->height : fit.height;
    return fit;
}
