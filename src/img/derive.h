#pragma once
/*
 * img/derive: one image from bytes to reply: probe, decode, orient, reduce in a cascade, encode.
 * Never fails: a file that is no picture is a reply with status rejected and a reason.
 */
#include "imgjob/imgjob.h"

/* Appends the encoded reply (imgjob_put_reply) and the derivatives' bytes to out. */
void img_process(const struct imgjob_request *request, str file, struct buf *out);
