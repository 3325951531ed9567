#pragma once
/*
 * aws/checksum: the flexible checksums of S3 ("Checking object integrity"). One thread; a zeroed
 * struct is not started. Supported: CRC32, CRC32C, CRC64NVME, SHA1, SHA256. S3 knows more (SHA512,
 * MD5, XXHASH64, XXHASH3, XXHASH128): those are told apart from names that mean nothing.
 */
#include "base/buf.h"

enum aws_checksum_algorithm {
    AWS_CHECKSUM_NONE,
    AWS_CHECKSUM_CRC32,
    AWS_CHECKSUM_CRC32C,
    AWS_CHECKSUM_CRC64NVME,
    AWS_CHECKSUM_SHA1,
    AWS_CHECKSUM_SHA256,
    AWS_CHECKSUM_UNSUPPORTED, /* S3's, and not ours */
    AWS_CHECKSUM_UNKNOWN
};
enum { AWS_CHECKSUM_MAX = 32 }; /* bytes of the longest */

/* "crc32c", "CRC32C": case does not matter. */
enum aws_checksum_algorithm aws_checksum_find(str name);
/* "CRC32C"; absent for the last two and NONE */
str aws_checksum_name(enum aws_checksum_algorithm algorithm);
size_t aws_checksum_size(enum aws_checksum_algorithm algorithm); /* bytes; 0 likewise */

/* A checksum under way. digest is owned; the algorithm says which of both is in use. */
struct aws_checksum {
    enum aws_checksum_algorithm algorithm;
    uint64_t crc;
    void *digest; /* EVP_MD_CTX */
};
/* algorithm is one of the five that are supported. */
void aws_checksum_init(struct aws_checksum *sum, enum aws_checksum_algorithm algorithm);
/* Bytes in any split. */
void aws_checksum_update(struct aws_checksum *sum, const void *p, size_t n);
/* Big-endian bytes, aws_checksum_size of them. The checksum is over then. */
size_t aws_checksum_final(struct aws_checksum *sum, unsigned char out[AWS_CHECKSUM_MAX]);
void aws_checksum_deinit(struct aws_checksum *sum); /* any time; twice is harmless */
