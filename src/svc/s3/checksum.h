#pragma once
/*
 * s3/checksum: the flexible checksums of objects and parts ("Checking object integrity", S3 user
 * guide): computing, combining and naming them. Pure.
 *
 * FULL_OBJECT: over all bytes of the object. COMPOSITE: over the raw checksums of the parts, with
 * "-N" behind it. The CRCs of parts can be combined into the one of the whole; the SHAs cannot.
 */
#include "base/json.h"

enum s3_sum {
    S3_SUM_NONE,
    S3_SUM_CRC32,
    S3_SUM_CRC32C,
    S3_SUM_CRC64NVME,
    S3_SUM_SHA1,
    S3_SUM_SHA256,
    S3_N_SUMS
};
enum s3_sum_type { S3_SUM_FULL_OBJECT, S3_SUM_COMPOSITE };
enum { S3_SUM_MAX = 32 }; /* bytes of the longest */

/* An algorithm, as the API names it and as this file computes it. */
struct s3_sum_row {
    const char *name;     /* "CRC32" */
    const char *member;   /* of documents: "ChecksumCRC32" */
    size_t len;           /* raw bytes */
    bool full, composite; /* which types multipart uploads may ask for */
};
extern const struct s3_sum_row s3_sum_rows[S3_N_SUMS];

/*
 * By name ("CRC32C"); S3_SUM_NONE when it is none of ours. The type's name, "FULL_OBJECT", is
 * static.
 */
enum s3_sum s3_sum_by_name(str name);
const char *s3_sum_type_name(enum s3_sum_type type);

/*
 * Computing one: init, add pieces, finish writes s3_sum_rows[].len bytes. deinit may be called at
 * any time.
 */
struct s3_sum_ctx {
    enum s3_sum algorithm;
    uint64_t crc;
    struct evp_md_ctx_st *md;
};
void s3_sum_init(struct s3_sum_ctx *ctx, enum s3_sum algorithm);
void s3_sum_add(struct s3_sum_ctx *ctx, const void *p, size_t n);
void s3_sum_finish(struct s3_sum_ctx *ctx, uint8_t out[S3_SUM_MAX]);
void s3_sum_deinit(struct s3_sum_ctx *ctx);

/*
 * The checksum of A followed by B (len_b bytes) from the ones of A and B, for the CRCs. a and b are
 * raw big-endian bytes; the result replaces a.
 */
void s3_sum_combine(enum s3_sum algorithm, uint8_t *a, const uint8_t *b, uint64_t len_b);

/* Raw bytes of a base64 checksum of this algorithm; false when it is not one. */
bool s3_sum_decode(enum s3_sum algorithm, str base64, uint8_t out[S3_SUM_MAX]);
/* Sets doc["Checksum…"] (base64, with "-parts" when parts > 0). Nothing for S3_SUM_NONE. */
void s3_sum_set(json_t *doc, enum s3_sum algorithm, str raw, unsigned parts);
/* The one checksum that a document carries in its Checksum… members, or S3_SUM_NONE. */
enum s3_sum s3_sum_of(const json_t *doc, str *ret_base64);
