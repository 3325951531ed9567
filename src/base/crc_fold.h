#pragma once
/*
 * base/crc_fold: checksums of large texts by carry-less multiplication, where the processor has it.
 * What is left at the end is for crc.c's tables. Any thread.
 */
#include "base/str.h"

enum {
    CRC_FOLD_BLOCK = 16,
    CRC_FOLD_STEP = 4 * CRC_FOLD_BLOCK,
    CRC_FOLD_LEAST = 4 * CRC_FOLD_STEP /* shorter texts are the tables' */
};

/* Of one polynomial: what moves a block's two halves over a step, and over one block. */
struct crc_fold {
    uint64_t step[2], block[2];
};

/* Whether this processor can. */
bool crc_fold_can(void);
/* poly is reflected and has `bits` bits (32 or 64). */
void crc_fold_init(struct crc_fold *fold, uint64_t poly, unsigned bits);
/*
 * Puts into out 16 bytes that stand for the first of the n bytes at p: tables that go on from state
 * 0 over out, and then over the rest of p, come to the state that they would reach from `state`
 * over p. Answers how many bytes of p these are: whole blocks, CRC_FOLD_LEAST at least. Only where
 * crc_fold_can, and n >= CRC_FOLD_LEAST.
 */
size_t crc_fold_run(const struct crc_fold *fold, uint64_t state, const void *p, size_t n,
                    unsigned char out[CRC_FOLD_BLOCK]);
