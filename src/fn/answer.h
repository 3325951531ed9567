#pragma once
/*
 * fn/answer: the worker's answer, cut from its stdout as it comes: each derivative's bytes go
 * straight into their own buffer. Holds every message against the request. Owned by a fn/worker.
 */
#include "fn/worker.h"

/* Zeroed, with wishes and taker set, it is ready. */
struct fn_answer {
    size_t wishes; /* of the request */
    struct fn_taker taker;
    struct buf front; /* a message, as far as it is there; the views below point into it */
    struct imgjob_derivative current;
    struct buf body; /* of current */
    bool in_body, has_result;
    bool seen[IMGJOB_MAX_DERIVATIVES];
    size_t n_seen;
    struct imgjob_result result;
};
/*
 * Reads what is there. > 0: go on; 0: the end; -EAGAIN: nothing yet; -EBADMSG: the worker is not
 * sound, nothing more is to be read.
 */
int fn_answer_read(struct fn_answer *answer, int fd);
/* At the end: there is a result, and all that it promises came. */
bool fn_answer_is_whole(const struct fn_answer *answer);
void fn_answer_deinit(struct fn_answer *answer);
