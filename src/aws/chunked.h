#pragma once
/*
 * aws/chunked: the aws-chunked framing of streamed S3 uploads, cut from bytes in any split.
 *
 *   HEX[;chunk-signature=SIG] CRLF  bytes CRLF  …  0[;chunk-signature=SIG] CRLF  [name:value CRLF]…
 *   CRLF
 *
 * Bytes are handed on as they come, and none are kept: how large a chunk is said to be costs
 * nothing. The signature of a signed one is told at its end, so the caller hashes along.
 */
#include "base/buf.h"
#include "base/outcomes.h"

enum {
    AWS_CHUNK_MAX_LINE = 2048, /* a size line, or one trailer */
    AWS_CHUNK_MAX_TRAILERS = 16,
};
enum {
    AWS_CHUNK_OK = 0,
    AWS_CHUNK_E_FORM = OUTCOMES_AWS_CHUNK, /* not this framing */
    AWS_CHUNK_E_CUT,                       /* ended before its end */
};

/*
 * Whom the pieces go to. Each answers 0 to go on; anything else stops the reading and is handed up.
 */
struct aws_chunk_events {
    void *ctx;
    /* Bytes, in order. */
    int (*bytes)(void *ctx, str bytes);
    /* A signed chunk is over, the closing one of size 0 too. */
    int (*chunk)(void *ctx, str signature);
    /* A trailing header; name in lower case, value trimmed. */
    int (*trailer)(void *ctx, str name, str value);
};

/* One body under way; one thread. The fields are the reader's own. */
struct aws_chunked {
    struct aws_chunk_events events;
    bool is_signed;
    int (*state)(struct aws_chunked *, str *);
    struct buf line; /* the line so far */
    uint64_t left;   /* bytes of this chunk still to come */
    char signature[65];
    bool over;  /* the closing chunk has come */
    bool ended; /* the empty line behind it too */
    unsigned trailers;
};

/* events is copied; its ctx is borrowed until aws_chunked_deinit. */
void aws_chunked_init(struct aws_chunked *chunked, bool is_signed,
                      const struct aws_chunk_events *events);
/* AWS_CHUNK_OK, AWS_CHUNK_E_*, or what an event answered. Not to be fed again after a failure. */
int aws_chunked_feed(struct aws_chunked *chunked, const void *p, size_t n);
/* No more bytes: AWS_CHUNK_OK or AWS_CHUNK_E_CUT. */
int aws_chunked_end(struct aws_chunked *chunked);
void aws_chunked_deinit(struct aws_chunked *chunked);
