/*
 * aws/checksum: the flexible checksums by name, over base/crc for the CRCs and OpenSSL's digests
 * for the SHAs.
 */
#include "aws/checksum.h"

#include "base/crc.h"

#include <openssl/evp.h>

static const struct {
    const char *name;
    enum aws_checksum_algorithm algorithm;
    size_t size;
} rows[] = {
    {"CRC32", AWS_CHECKSUM_CRC32, 4},         {"CRC32C", AWS_CHECKSUM_CRC32C, 4},
    {"CRC64NVME", AWS_CHECKSUM_CRC64NVME, 8}, {"SHA1", AWS_CHECKSUM_SHA1, 20},
    {"SHA256", AWS_CHECKSUM_SHA256, 32},      {"SHA512", AWS_CHECKSUM_UNSUPPORTED, 0},
    {"MD5", AWS_CHECKSUM_UNSUPPORTED, 0},     {"XXHASH64", AWS_CHECKSUM_UNSUPPORTED, 0},
    {"XXHASH3", AWS_CHECKSUM_UNSUPPORTED, 0}, {"XXHASH128", AWS_CHECKSUM_UNSUPPORTED, 0},
};

enum aws_checksum_algorithm aws_checksum_find(str name) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq_nocase(name, str_c(rows[i].name)))
            return rows[i].algorithm;
    return AWS_CHECKSUM_UNKNOWN;
}

str aws_checksum_name(enum aws_checksum_algorithm algorithm) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].algorithm == algorithm && rows[i].size)
            return str_c(rows[i].name);
    return STR_NONE;
}

size_t aws_checksum_size(enum aws_checksum_algorithm algorithm) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].algorithm == algorithm)
            return rows[i].size;
    return 0;
}

static void *start_digest(const EVP_MD *md) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || !EVP_DigestInit_ex(ctx, md, NULL))
        abort();
    return ctx;
}

void aws_checksum_init(struct aws_checksum *sum, enum aws_checksum_algorithm algorithm) {
    *sum = (struct aws_checksum){.algorithm = algorithm};
    if (algorithm == AWS_CHECKSUM_SHA1)
        sum->digest = start_digest(EVP_sha1());
    else if (algorithm == AWS_CHECKSUM_SHA256)
        sum->digest = start_digest(EVP_sha256());
}

void aws_checksum_update(struct aws_checksum *sum, const void *p, size_t n) {
    if (sum->digest) {
        if (!EVP_DigestUpdate(sum->digest, p, n))
            abort();
    } else if (sum->algorithm == AWS_CHECKSUM_CRC32) {
        sum->crc = crc32_ieee((uint32_t)sum->crc, p, n);
    } else if (sum->algorithm == AWS_CHECKSUM_CRC32C) {
        sum->crc = crc32c((uint32_t)sum->crc, p, n);
    } else if (sum->algorithm == AWS_CHECKSUM_CRC64NVME) {
        sum->crc = crc64nvme(sum->crc, p, n);
    }
}

size_t aws_checksum_final(struct aws_checksum *sum, unsigned char out[AWS_CHECKSUM_MAX]) {
    size_t size = aws_checksum_size(sum->algorithm);
    if (sum->digest) {
        if (!EVP_DigestFinal_ex(sum->digest, out, NULL))
            abort();
    } else {
        for (size_t i = 0; i < size; i++)
            out[i] = (unsigned char)(sum->crc >> (8 * (size - 1 - i)));
    }
    aws_checksum_deinit(sum);
    return size;
}

void aws_checksum_deinit(struct aws_checksum *sum) {
    EVP_MD_CTX_free(sum->digest);
    *sum = (struct aws_checksum){0};
}
