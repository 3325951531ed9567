/*
 * base/crc: three checksums, by tables, eight bytes a step. Texts that are not short are folded
 * first, where the processor can.
 */
#include "base/crc.h"

#include "base/crc_fold.h"

#include <pthread.h>

enum { CRC32, CRC32C, CRC64NVME, N_CRCS };
struct crc {
    uint64_t poly; /* reflected */
    unsigned bits;
    struct crc_fold fold;
    /* Slicing by eight: tables[k][b] is the effect of byte b followed by k zero bytes. */
    uint64_t tables[8][256];
};
/* Of IEEE 802.3, RFC 3720, and NVM Express as S3 uses it. */
static struct crc crcs[N_CRCS] = {
    [CRC32] = {.poly = 0xEDB88320u, .bits = 32},
    [CRC32C] = {.poly = 0x82F63B78u, .bits = 32},
    [CRC64NVME] = {.poly = 0x9A6C9329AC4BC9B5u, .bits = 64},
};
static pthread_once_t made = PTHREAD_ONCE_INIT;
static bool folds;

static void make_tables(struct crc *crc) {
    uint64_t(*tables)[256] = crc->tables;
    for (unsigned b = 0; b < 256; b++) {
        uint64_t state = b;
        for (int bit = 0; bit < 8; bit++)
            state = state >> 1 ^ (state & 1 ? crc->poly : 0);
        tables[0][b] = state;
    }
    for (unsigned k = 1; k < 8; k++)
        for (unsigned b = 0; b < 256; b++)
            tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 255];
}

static void make(void) {
    folds = crc_fold_can();
    for (size_t i = 0; i < N_CRCS; i++) {
        make_tables(&crcs[i]);
        crc_fold_init(&crcs[i].fold, crcs[i].poly, crcs[i].bits);
    }
}

void crc_limit(bool may_fold) {
    pthread_once(&made, make);
    folds = may_fold && crc_fold_can();
}

/* The state after n bytes. */
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

static uint64_t run(int which, uint64_t state, const void *p, size_t n) {
    pthread_once(&made, make);
    const struct crc *crc = &crcs[which];
    if (folds && n >= CRC_FOLD_LEAST) {
        unsigned char folded[CRC_FOLD_BLOCK];
        size_t done = crc_fold_run(&crc->fold, state, p, n, folded);
        state = walk(crc->tables, 0, folded, sizeof folded);
        p = (const char *)p + done;
        n -= done;
    }
    return walk(crc->tables, state, p, n);
}

uint32_t crc32_ieee(uint32_t crc, const void *p, size_t n) {
    return ~(uint32_t)run(CRC32, (uint32_t)~crc, p, n);
}

uint32_t crc32c(uint32_t crc, const void *p, size_t n) {
    return ~(uint32_t)run(CRC32C, (uint32_t)~crc, p, n);
}

uint64_t crc64nvme(uint64_t crc, const void *p, size_t n) { return ~run(CRC64NVME, ~crc, p, n); }
