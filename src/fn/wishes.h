#pragma once
/*
 * fn/wishes: which derivatives are made, as DERIVATIVES says it: one to eight parts, comma-separated,
 *
 *   [NAME=]SIZE[:FIT][:QUALITY]     1600,800,thumb=200x200:cover:70
 *
 * SIZE is N (a box of N x N) or WxH, 1 to 16384; FIT `inside` (default), `cover` or `exact`; QUALITY
 * that of JPEG, 1 to 100 (default 80); NAME 1 to 32 of A-Z a-z 0-9 . _ -, by default SIZE as
 * written. Names are unique: they end the keys, and the row has them. Pure; any thread.
 */
#include "base/err.h"
#include "imgjob/imgjob.h"

enum { FN_WISH_NAME = 32 };
struct fn_wishes {
    size_t n;
    struct imgjob_wish wish[IMGJOB_MAX_DERIVATIVES]; /* as they stand in the text */
    char name[IMGJOB_MAX_DERIVATIVES][FN_WISH_NAME + 1];
};
#define FN_WISHES_DEFAULT "1600,800,200"

/* 0, or -EINVAL with the part and what is wrong with it; *ret is left alone then. */
int fn_wishes_parse(struct fn_wishes *ret, str text, struct err *err);
