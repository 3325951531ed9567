#pragma once
/*
 * fn/worker: runs calotype-image for one image. The worker may die at any byte of a hostile file;
 * what it answers is read with the bounds of imgjob.
 */
#include "base/err.h"
#include "base/outcomes.h"
#include "imgjob/imgjob.h"

/* How the worker is run. Limits hold for one image. */
struct fn_worker {
    const char *path;
    uint64_t memory_bytes; /* its RLIMIT_AS */
    unsigned cpu_seconds;
    unsigned timeout_ms; /* wall clock: then it is killed */
};
/* killed, crashed, over a limit, or answered nonsense: err says which */
enum { FN_WORKER_E_DIED = OUTCOMES_FN };

/*
 * Sends request and image, reads the reply. *ret_out holds the whole answer; *ret_reply points into
 * it, the derivatives' bytes begin at *ret_bodies. 0, FN_WORKER_E_DIED, or -errno.
 */
int fn_worker_run(const struct fn_worker *worker, const struct imgjob_request *request, str image,
                  struct buf *ret_out, struct imgjob_reply *ret_reply, size_t *ret_bodies,
                  struct err *err);
