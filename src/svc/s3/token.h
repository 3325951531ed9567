#pragma once
/*
 * s3/token: continuation tokens, the place in a list where the next page begins. Opaque to the
 * client, so they may carry any key; base64 of a version byte and the key. Pure.
 */
#include "base/buf.h"

void s3_token_write(struct buf *out, str place);
/* Appends the place to out. False: not a token of ours (at most 4 KiB are looked at). */
bool s3_token_read(struct buf *out, str token);
