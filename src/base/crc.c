/* base/crc: CRC-32C and CRC-64/NVME by tables, eight bytes a step; CRC-32 is zlib's. */
#include "base/crc.h"

#include <pthread.h>
#include <zlib.h>

/* Reflected polynomials: CRC-32C (RFC 3720) and CRC-64/NVME (NVM Express, as used by S3). */
static const uint32_t poly32c = 0x82F63B78u;
static const uint64_t poly64nvme = 0x9A6C9329AC4BC9B5u;

/* Slicing by eight: tables[k][b] is the effect of byte b followed by k zero bytes. */
static uint64_t tables32c[8][256], tables64[8][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_tables(void) {
    for (unsigned b = 0; b < 256; b++) {
        uint64_t c32 = b, c64 = b;
        for (int bit = 0; bit < 8; bit++) {
            c32 = c32 >> 1 ^ (c32 & 1 ? poly32c : 0);
            c64 = c64 >> 1 ^ (c64 & 1 ? poly64nvme : 0);
        }
        tables32c[0][b] = c32;
        tables64[0][b] = c64;
    }
    for (unsigned k = 1; k < 8; k++)
        for (unsigned b = 0; b < 256; b++) {
            tables32c[k][b] = tables32c[k - 1][b] >> 8 ^ tables32c[0][tables32c[k - 1][b] & 255];
            tables64[k][b] = tables64[k - 1][b] >> 8 ^ tables64[0][tables64[k - 1][b] & 255];
        }
}

uint32_t crc32_ieee(uint32_t crc, const void *p, size_t n) { return (uint32_t)crc32_z(crc, p, n); }

/* The state after n bytes; the 32 bits of CRC-32C are the lower half of it. */
static uint64_t walk(const uint64_t tables[8][256], uint64_t state, const void *p, size_t n) {
    const unsigned char *at = p;
    for (; n >= 8; n -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        word ^= state;
        state = 0;
        for (unsigned k = 0; k < 8; k++)
            state ^= tables[7 - k][word >> (8 * k) & 255];
    }
    for (; n > 0; n--, at++)
        state = state >> 8 ^ tables[0][(state ^ *at) & 255];
    return state;
}

uint32_t crc32c(uint32_t crc, const void *p, size_t n) {
    pthread_once(&made, make_tables);
    return ~(uint32_t)walk(tables32c, ~crc, p, n);
}

uint64_t crc64nvme(uint64_t crc, const void *p, size_t n) {
    pthread_once(&made, make_tables);
    return ~walk(tables64, ~crc, p, n);
}
