#pragma once
/*
 * img/fit: how large a derivative is and which part of the picture it shows, from the size of the original alone. Nothing
 * is ever enlarged. Pure.
 */
#include "img/reduce.h"
#include "imgjob/imgjob.h"

struct img_fit {
    uint32_t width, height; /* of what is drawn */
    struct img_window part; /* of the original that is drawn, in its samples */
    bool whole;             /* all of it */
    /* The whole picture, as large as it is drawn: what it is cut from has at least this size. */
    uint32_t full_width, full_height;
    uint32_t canvas_width, canvas_height; /* of the derivative: what is drawn lies in its middle */
};

/* width, height: of the upright original, at least 1 x 1; the wish was checked (imgjob_get_request). */
struct img_fit img_fit_of(uint32_t width, uint32_t height, const struct imgjob_wish *wish);
