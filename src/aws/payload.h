#pragma once
/*
 * aws/payload: the body between net and whoever takes its bytes: unframes, verifies, counts.
 *
 *   aws_body_init   from the request's headers and the result of aws_auth_check. Refuses all that
 *                   can be refused before the body is read (InvalidDigest, a checksum algorithm
 *                   that is not supported, a missing length, EntityTooLarge).
 *   aws_body_feed   bytes as they came, in any split; decoded ones go to the sink. A signed
 *                   chunk's signature is verified at its end: nothing of it is kept here.
 *   aws_body_end    the body is complete: lengths, digests, trailers; then aws_auth_body.
 *
 * Only after aws_body_end returned 0 may anything be made of what the sink took.
 *
 * Forms (x-amz-content-sha256): a literal SHA-256, UNSIGNED-PAYLOAD, absent,
 * STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER] (signed chunks), STREAMING-UNSIGNED-PAYLOAD-TRAILER
 * (with or without a trailer). Transfer-Encoding was removed by net before. Verified: Content-MD5,
 * x-amz-decoded-content-length, and one flexible checksum in a header or trailer: CRC32, CRC32C,
 * CRC64NVME, SHA1, SHA256; any other algorithm is refused by name.
 * Source: "Signature calculations for the Authorization header: transferring a payload in multiple
 * chunks" and "Checking object integrity" in the S3 documentation.
 */
#include "aws/auth.h"
#include "aws/op.h"
#include "aws/rq.h"

/*
 * 0, or any other value: the feed stops and answers that value (AWS_FAILED when the sink called
 * aws_fail).
 */
typedef int aws_body_sink_fn(void *ctx, const void *p, size_t n);

struct aws_body_options {
    enum aws_dialect dialect;
    uint64_t max_bytes;      /* decoded; 0: no limit */
    const struct api_op *op; /* for the words of a body that is too large; NULL: not known yet */
    bool is_object;          /* S3 has other words for an object than for a document */
    bool has_length;         /* of the wire: Content-Length */
    uint64_t content_length;
    bool want_sha256; /* compute it even when no signature needs it */
    bool want_md5;    /* compute it even without Content-MD5 (S3's ETag) */
    /*
     * The x-amz-checksum-* headers describe something else than this body: CompleteMultipartUpload
     * carries the whole object's. They are neither verified nor reported.
     */
    bool foreign_checksum;
    aws_body_sink_fn *sink; /* may be NULL: bytes are only verified */
    void *sink_ctx;
};

struct aws_body {
    struct aws_wire_fault fault; /* set where a function answered AWS_FAILED by itself */
    uint64_t decoded_length;     /* expected decoded bytes; meaningful when has_decoded_length */
    /* Content-Length, or x-amz-decoded-content-length when chunked */
    bool has_decoded_length;
    struct aws_body_priv *priv; /* in the arena of the wire; aws_body_deinit empties it */
};

/* wire and auth must outlive the body. 0 or AWS_FAILED. */
int aws_body_init(struct aws_body *body, const struct aws_wire *wire, struct aws_auth *auth,
                  const struct aws_body_options *options);
/*
 * Before the first byte: who makes the MD5 of all that the sink takes in any case. A Content-MD5 is
 * then held against that one, for which md5 is asked once, in aws_body_end.
 */
void aws_body_borrow_md5(struct aws_body *body, aws_sink_md5_fn *md5, void *ctx);
/*
 * 0, AWS_FAILED with body->fault, or the sink's own answer. After a failure feed and end answer it
 * again.
 */
int aws_body_feed(struct aws_body *body, const void *p, size_t n);
/*
 * The last step. Fills everything of *ret but bytes. 0; AWS_FAILED with body->fault (a wrong
 * signature over the body included).
 */
int aws_body_end(struct aws_body *body, struct aws_payload *ret);
void aws_body_deinit(struct aws_body *body);

/*
 * What is stored of the Content-Encoding of a framed body (struct aws_payload): the value without
 * its aws-chunked tokens, and otherwise as it was sent; absent when nothing is left. Of any other
 * body it is stored whole, as S3 does (versity/versitygw, pull request 2400).
 */
str aws_content_encoding(struct arena *arena, str value);
