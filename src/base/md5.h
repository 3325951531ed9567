#pragma once
/*
 * base/md5: the MD5 that clients of S3 and SQS compare (RFC 1321), and nothing that anybody's safety
 * hangs on. One text's steps wait for each other, so a processor with wide registers hashes eight
 * texts in the time of one: whoever has several bodies under way hands them over together. Any
 * thread; no allocation, nothing to release.
 */
#include "base/str.h"

enum { MD5_LEN = 16, MD5_BLOCK = 64, MD5_LANES = 8 };

struct md5 {
    uint32_t state[4];
    uint64_t n; /* bytes so far */
    unsigned char tail[MD5_BLOCK];
};

void md5_init(struct md5 *md5);
void md5_add(struct md5 *md5, const void *p, size_t n);
/* Once, at the end. */
void md5_finish(struct md5 *md5, unsigned char out[MD5_LEN]);
/* Of one text. */
void md5_of(str text, unsigned char out[MD5_LEN]);

/* n bytes at p that go on a text. */
struct md5_piece {
    struct md5 *md5;
    const void *p;
    size_t n;
};
/* As md5_add of each; the texts are different ones, and `pieces` is used up. */
void md5_add_all(struct md5_piece *pieces, unsigned n_pieces);
/* How many texts this processor hashes in about the time of one: MD5_LANES, or 1. */
unsigned md5_width(void);

/* For tests, before any thread: as on a processor that has no better vectors than these. */
enum md5_vectors { MD5_NO_VECTORS, MD5_AVX2, MD5_AVX512 };
void md5_limit(enum md5_vectors vectors);
