#pragma once
/* svc/calotype, inside the room. */
#include "svc/calotype/calotype.h"

struct calotype_scrub; /* scrub.c: one at a time, in a thread of its own */

/* Constant after calotype_open: any thread. */
struct calotype_svc {
    struct calotype_options options;
    struct calotype_scrub *scrub;
};

/* Reads the row of the last scrub. 0 or -errno with words; the caller frees in any case. */
int calotype_scrub_new(struct calotype_scrub **ret_scrub, const struct calotype_options *options,
                       struct err *err);
/* Ends the one that runs, and waits for that. */
struct calotype_scrub *calotype_scrub_free(struct calotype_scrub *scrub);

#define KIT_OPS    "svc/calotype/ops.def"
#define KIT_PREFIX calotype
#include "svc/kit/op_handlers.h"
