#pragma once
/*
 * s3/digest: the MD5 (ETag) and, where the client gave no verified checksum, a flexible checksum
 * of a body as it streams by. MD5 is what costs most on a PUT, so from S3_DIGEST_AHEAD bytes on a
 * helper thread of its own hashes, while the caller goes on to receive, seal and write.
 *
 * One thread calls; the helper is joined by finish and by free.
 */
#include "svc/s3/checksum.h"

enum { S3_MD5_LEN = 16, S3_DIGEST_AHEAD = 512 * 1024 };

struct s3_digest;
/* sum: what is computed beside the MD5; S3_SUM_NONE: nothing. */
struct s3_digest *s3_digest_new(enum s3_sum sum);
/* Copies what it hands to the helper: p is the caller's again at once. May wait for the helper. */
void s3_digest_add(struct s3_digest *digest, const void *p, size_t n);
/* Once, at the end: waits for the helper. sum gets s3_sum_rows[].len bytes, none for _NONE. */
void s3_digest_finish(struct s3_digest *digest, uint8_t md5[S3_MD5_LEN], uint8_t sum[S3_SUM_MAX]);
struct s3_digest *s3_digest_free(struct s3_digest *digest);
DEFINE_FREEP(s3_digest)
