#pragma once
/*
 * s3/digest: the MD5 (ETag) and, where the client gave no verified checksum, a flexible checksum
 * of a body as it streams by. MD5 is what costs most on a PUT. So the lots of a body that is longer
 * than S3_DIGEST_AHEAD are hashed by hashers, several bodies' at once (base/md5.h), while the caller
 * goes on to receive, seal and write.
 *
 * A digest has one caller, and at most S3_DIGEST_LOTS lots of memory.
 */
#include "base/md5.h"
#include "svc/s3/checksum.h"

enum {
    S3_DIGEST_LOT = 64 * 1024, /* a frame of the store's, so that it is sealed without a copy */
    S3_DIGEST_LOTS = 4,
    S3_DIGEST_AHEAD = 2 * S3_DIGEST_LOT
};

/* Threads, made when they are first needed. Any thread may hand lots over. */
struct s3_hashers;
struct s3_hashers *s3_hashers_new(void);
/* After the last digest. NULL is fine, and returned. */
struct s3_hashers *s3_hashers_free(struct s3_hashers *hashers);
DEFINE_FREEP(s3_hashers)

struct s3_digest;
/*
 * sum: what is computed beside the MD5; S3_SUM_NONE: nothing. expected: the body's size if known,
 * else 0; bytes beyond it are taken as well.
 */
struct s3_digest *s3_digest_new(struct s3_hashers *hashers, enum s3_sum sum, uint64_t expected);
/* Copies bytes into the lot under way. Answers how many; 0: it is full. */
size_t s3_digest_fill(struct s3_digest *digest, const void *p, size_t n);
/*
 * Hashes the lot under way, or has it hashed, and begins another. Answers its bytes, which stay
 * what they are until more are filled in. May wait for a hasher.
 */
str s3_digest_next(struct s3_digest *digest);
/*
 * Once, at the end: hashes what was not yet, and waits for the hashers. sum gets s3_sum_rows[].len
 * bytes, none for _NONE.
 */
void s3_digest_finish(struct s3_digest *digest, uint8_t md5[MD5_LEN], uint8_t sum[S3_SUM_MAX]);
/* Waits for the hashers. */
struct s3_digest *s3_digest_free(struct s3_digest *digest);
DEFINE_FREEP(s3_digest)
