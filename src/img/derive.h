#pragma once
/*
 * img/derive: one image from bytes to answer: what it is, what it says of itself, whether it fits, its pixels, its
 * derivatives. Never fails: a file that is no picture is a result with status rejected and a reason. Out of memory
 * ends the program (base/own.h).
 */
#include "imgjob/imgjob.h"

/* Where the answer goes, piece by piece, as it is made. Embedded in whatever the taker needs. */
struct img_sink {
    bool (*take)(struct img_sink *sink, str bytes); /* false: nobody reads; nothing more is sent */
};
/* Whether a file of that size can be held at all; where it cannot, img_process says so without it. */
bool img_file_fits(uint64_t memory_bytes, uint64_t size);
/*
 * Sends the derivatives (imgjob_put_derivative and the bytes), then the result. memory_bytes: what this process may
 * have in all, the file counted; 0: no limit. False: the sink took not all.
 */
bool img_process(const struct imgjob_request *request, uint64_t memory_bytes, str file,
                 struct img_sink *sink);
