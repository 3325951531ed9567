#pragma once
/* What the steps of a record share: the pass of one record, by one thread. */
#include "base/arena.h"
#include "fn/spans.h"
#include "fn/steps.h"

/* What a step says to the one who runs them; negative: the invocation fails. */
enum fn_step {
    FN_NEXT = 0,
    FN_SKIP = FN_STEPS_SKIPPED,
    FN_WRITE_ROW,   /* the picture's way ends here: status and reason are set */
    FN_DONE_BEFORE, /* the row is that of another attempt */
    FN_AGAIN,       /* the original was cut off on its way */
    FN_MORE,        /* the worker may need more memory than its share */
};

struct fn_pass {
    const struct fn_work *work;
    const struct fn_context *context;
    struct fn_image *image;
    struct arena arena;
    struct fn_spans spans;
    bool is_redo; /* its own row is there, with a status that nobody knows */
    struct fn_stored uploaded[IMGJOB_MAX_DERIVATIVES]; /* what is there, whatever becomes of it */
};

/* FN_WRITE_ROW, with what the row says. */
int fn_pass_end(struct fn_pass *pass, const char *status, const char *reason);
/* -EIO, with what was tried, on which object, and what the service said. */
int fn_pass_fault(struct fn_pass *pass, const char *what, const struct client_fault *fault,
                  struct err *err);
/* The object that the event told of. */
struct client_object fn_pass_original(const struct fn_pass *pass);
/* Content-Type, and Content-Length where there is one, of an answer about the original. */
void fn_pass_read_head(struct fn_pass *pass, const struct client_response *response);
/* FN_NEXT, or FN_WRITE_ROW: the size is one that is refused. */
int fn_pass_check_size(struct fn_pass *pass);

/* The step: fetches, hashes, derives and stores, all at once. */
int fn_fetch(struct fn_pass *pass, struct err *err);
