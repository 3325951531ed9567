#pragma once
/*
 * fn/worker: calotype-image at work on one image. The image is fed as it comes, the derivatives are
 * handed on as they come; both at once, by the one thread that owns the worker. It may die at any
 * byte of a hostile file; what it answers is read with the bounds of imgjob.
 */
#include "base/err.h"
#include "base/outcomes.h"
#include "imgjob/imgjob.h"

/* How the worker is run. Limits hold for one image. */
struct fn_worker_limits {
    const char *path;
    uint64_t memory_bytes; /* its RLIMIT_AS */
    unsigned cpu_seconds;
    unsigned
        patience_ms;  /* how long it may be waited for in all: then the picture takes too long */
    int64_t until_ms; /* clock_mono_ms: then the invocation's time is over; 0: never */
};
enum {
    /* killed, crashed, over a limit, or answered nonsense: err says which; the picture's fault */
    FN_WORKER_E_DIED = OUTCOMES_FN,
    FN_WORKER_E_MEMORY, /* as DIED, for want of memory */
    FN_WORKER_E_LATE,   /* until_ms has come, the worker was killed: nobody's fault */
};

/* One derivative, whole: bytes may be taken (STEAL by buf). The texts of derivative are views. */
struct fn_taker {
    void (*take)(void *ctx, const struct imgjob_derivative *derivative, struct buf *bytes);
    void *ctx;
};

struct fn_worker;
/*
 * Starts it and hands it the request, whose size is what must be fed. 0 or -errno with words: it
 * cannot be started. limits' path is borrowed for the call.
 */
int fn_worker_start(struct fn_worker **ret, const struct fn_worker_limits *limits,
                    const struct imgjob_request *request, const struct fn_taker *taker,
                    struct err *err);
/*
 * Further bytes of the image. 0 also where the worker reads no more, since its end says why. Another
 * outcome than 0 stays: fn_worker_end answers it again, with words.
 */
int fn_worker_feed(struct fn_worker *worker, const void *p, size_t n);

/* What it took, when it has ended. */
struct fn_worker_usage {
    double cpu_ms;
    uint64_t peak_bytes; /* of resident memory */
};
/*
 * All is fed: takes the rest of the answer, and reaps. 0: *ret_result is sound, its texts are views
 * into *ret_text. An outcome, or -EIO where the worker's installation is at fault (no jail, another
 * version), with words. ret_usage is set in any case.
 */
int fn_worker_end(struct fn_worker *worker, struct imgjob_result *ret_result, struct buf *ret_text,
                  struct fn_worker_usage *ret_usage, struct err *err);
/* Kills it, unless it has ended, and reaps. */
struct fn_worker *fn_worker_free(struct fn_worker *worker);
DEFINE_FREEP(fn_worker)
