#pragma once
/*
 * img/inflate: a zlib stream (RFC 1950, 1951) that comes in pieces, read a stretch at a time at fixed memory. What
 * was decoded before damage is given, which libdeflate does not do; it is as fast as libdeflate, for what it writes
 * stays in the cache until it is read. One thread has a stream at a time.
 */
#include "base/own.h"
#include "base/str.h"

/* The next piece of input, borrowed until the next call; perhaps empty. False: there is no more. */
typedef bool img_inflate_piece_fn(void *ctx, str *ret);

enum img_inflate_end {
    IMG_INFLATE_GOING, /* more may come */
    IMG_INFLATE_WHOLE, /* the stream ended and its checksum fits */
    IMG_INFLATE_SUM, /* the stream ended; its checksum is wrong or missing, or its first two bytes are no zlib's */
    IMG_INFLATE_CUT, /* the input ended first */
    IMG_INFLATE_BAD, /* the data makes no sense */
};

struct img_inflate;
/* most: the largest n of img_inflate_take. */
struct img_inflate *img_inflate_new(size_t most, img_inflate_piece_fn *next, void *ctx);
/*
 * The next n bytes, or as many as there are: fewer only where the stream has ended. Borrowed until the next call;
 * 64 bytes behind them may be read.
 */
size_t img_inflate_take(struct img_inflate *z, size_t n, const uint8_t **ret);
/* How it ended, of what was decoded up to now: the decoder is ahead of what was taken. */
enum img_inflate_end img_inflate_how(const struct img_inflate *z);
/* What img_inflate_new allocates. */
uint64_t img_inflate_bytes(uint64_t most);
struct img_inflate *img_inflate_free(struct img_inflate *z);
DEFINE_FREEP(img_inflate)
