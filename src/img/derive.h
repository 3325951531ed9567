#pragma once
/*
 * img/derive: one image from bytes to answer: probe, decode, orient, reduce in a cascade, encode.
 * Never fails: a file that is no picture is a result with status rejected and a reason.
 */
#include "imgjob/imgjob.h"

/* Where the answer goes, piece by piece, as it is made. Embedded in whatever the taker needs. */
struct img_sink {
    bool (*take)(struct img_sink *sink, str bytes); /* false: nobody reads; nothing more is sent */
};
/* Sends the derivatives (imgjob_put_derivative and the bytes), then the result. False: the sink took not all. */
bool img_process(const struct imgjob_request *request, str file, struct img_sink *sink);
