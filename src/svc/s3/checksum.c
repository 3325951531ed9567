/* s3/checksum: computes checksums with OpenSSL and base/crc, and combines the CRCs of parts. */
#include "svc/s3/checksum.h"

#include "base/codec.h"
#include "base/crc.h"

#include <openssl/evp.h>
#include <stdio.h>

const struct s3_sum_row s3_sum_rows[S3_N_SUMS] = {
    [S3_SUM_NONE] = {"", "", 0, false, false},
    [S3_SUM_CRC32] = {"CRC32", "ChecksumCRC32", 4, true, true},
    [S3_SUM_CRC32C] = {"CRC32C", "ChecksumCRC32C", 4, true, true},
    [S3_SUM_CRC64NVME] = {"CRC64NVME", "ChecksumCRC64NVME", 8, true, false},
    [S3_SUM_SHA1] = {"SHA1", "ChecksumSHA1", 20, false, true},
    [S3_SUM_SHA256] = {"SHA256", "ChecksumSHA256", 32, false, true},
};

enum s3_sum s3_sum_by_name(str name) {
    for (int i = S3_SUM_NONE + 1; i < S3_N_SUMS; i++)
        if (str_is(name, s3_sum_rows[i].name))
            return (enum s3_sum)i;
    return S3_SUM_NONE;
}

const char *s3_sum_type_name(enum s3_sum_type type) {
    return type == S3_SUM_COMPOSITE ? "COMPOSITE" : "FULL_OBJECT";
}

/* ---- Computing ---- */
static bool is_digest(enum s3_sum algorithm) {
    return algorithm == S3_SUM_SHA1 || algorithm == S3_SUM_SHA256;
}

void s3_sum_init(struct s3_sum_ctx *ctx, enum s3_sum algorithm) {
    *ctx = (struct s3_sum_ctx){.algorithm = algorithm};
    if (!is_digest(algorithm))
        return;
    ctx->md = EVP_MD_CTX_new();
    /* Neither can fail but for want of memory, which ends the process here as elsewhere. */
    if (!ctx->md ||
        EVP_DigestInit_ex(ctx->md, algorithm == S3_SUM_SHA1 ? EVP_sha1() : EVP_sha256(), NULL) != 1)
        abort();
}

void s3_sum_add(struct s3_sum_ctx *ctx, const void *p, size_t n) {
    switch (ctx->algorithm) {
    case S3_SUM_CRC32: ctx->crc = crc32_ieee((uint32_t)ctx->crc, p, n); break;
    case S3_SUM_CRC32C: ctx->crc = crc32c((uint32_t)ctx->crc, p, n); break;
    case S3_SUM_CRC64NVME: ctx->crc = crc64nvme(ctx->crc, p, n); break;
    case S3_SUM_SHA1:
    case S3_SUM_SHA256: EVP_DigestUpdate(ctx->md, p, n); break;
    case S3_SUM_NONE:
    case S3_N_SUMS: break;
    }
}

static void put_be(uint8_t *out, size_t len, uint64_t v) {
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

static uint64_t get_be(const uint8_t *p, size_t len) {
    uint64_t v = 0;
    for (size_t i = 0; i < len; i++)
        v = v << 8 | p[i];
    return v;
}

void s3_sum_finish(struct s3_sum_ctx *ctx, uint8_t out[S3_SUM_MAX]) {
    if (is_digest(ctx->algorithm))
        EVP_DigestFinal_ex(ctx->md, out, NULL);
    else
        put_be(out, s3_sum_rows[ctx->algorithm].len, ctx->crc);
}

void s3_sum_deinit(struct s3_sum_ctx *ctx) {
    EVP_MD_CTX_free(ctx->md);
    ctx->md = NULL;
}

/* ---- Combining ---- */
/*
 * A CRC register is a vector over GF(2) and feeding it one zero bit is a linear map. Squaring that
 * map eight, sixteen, … times gives the maps for 1, 2, 4, … zero bytes; applying those of len_b's
 * bits to A's checksum moves it in front of B. (The ones before and behind cancel out.)
 */
struct matrix {
    uint64_t column[64];
};

static uint64_t times(const struct matrix *m, uint64_t v) {
    uint64_t sum = 0;
    for (unsigned i = 0; v; i++, v >>= 1)
        if (v & 1)
            sum ^= m->column[i];
    return sum;
}

static void square(struct matrix *out, const struct matrix *m, unsigned bits) {
    for (unsigned i = 0; i < bits; i++)
        out->column[i] = times(m, m->column[i]);
}

static uint64_t polynomial(enum s3_sum algorithm) {
    return algorithm == S3_SUM_CRC32    ? 0xEDB88320u
           : algorithm == S3_SUM_CRC32C ? 0x82F63B78u
                                        : 0x9A6C9329AC4BC9B5u;
}

void s3_sum_combine(enum s3_sum algorithm, uint8_t *a, const uint8_t *b, uint64_t len_b) {
    size_t len = s3_sum_rows[algorithm].len;
    unsigned bits = (unsigned)len * 8;
    struct matrix odd = {{0}}, even = {{0}};
    odd.column[0] = polynomial(algorithm); /* one zero bit, reflected: shift right, xor */
    for (unsigned i = 1; i < bits; i++)
        odd.column[i] = (uint64_t)1 << (i - 1);
    square(&even, &odd, bits); /* two zero bits */
    square(&odd, &even, bits); /* four */

    uint64_t crc = get_be(a, len);
    while (len_b > 0) {
        square(&even, &odd, bits); /* at first: one zero byte */
        if (len_b & 1)
            crc = times(&even, crc);
        len_b >>= 1;
        if (len_b == 0)
            break;
        square(&odd, &even, bits);
        if (len_b & 1)
            crc = times(&odd, crc);
        len_b >>= 1;
    }
    put_be(a, len, crc ^ get_be(b, len));
}

/* ---- In documents ---- */
bool s3_sum_decode(enum s3_sum algorithm, str base64, uint8_t out[S3_SUM_MAX]) {
    CLEANUP_DEINIT(buf) struct buf raw = {0};
    if (base64.len > 64 || !codec_unbase64(&raw, base64) || raw.len != s3_sum_rows[algorithm].len)
        return false;
    memcpy(out, raw.p, raw.len);
    return true;
}

void s3_sum_set(json_t *doc, enum s3_sum algorithm, str raw, unsigned parts) {
    if (algorithm == S3_SUM_NONE)
        return;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    codec_add_base64(&text, raw.p, raw.len);
    if (parts > 0)
        buf_printf(&text, "-%u", parts);
    json_set_str(doc, s3_sum_rows[algorithm].member, buf_view(&text));
}

enum s3_sum s3_sum_of(const json_t *doc, str *ret_base64) {
    for (int i = S3_SUM_NONE + 1; i < S3_N_SUMS; i++) {
        str value = json_str(doc, s3_sum_rows[i].member);
        if (value.p) {
            *ret_base64 = value;
            return (enum s3_sum)i;
        }
    }
    return S3_SUM_NONE;
}
