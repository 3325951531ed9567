#pragma once
/* fn/steps: one record through its steps. The list of steps is the table in steps.c. */
#include "fn/budget.h"
#include "fn/item.h"
#include "fn/processor.h"

enum { FN_STEPS_SKIPPED = 1 /* a later event of the key was there first, or the object is gone */ };

/* What the records of one invocation share. */
struct fn_work {
    const struct fn_context *context;
    struct fn_budget *budget;
    size_t n;         /* records */
    int64_t until_ms; /* clock_mono_ms; nothing goes on behind it. 0: none */
};
/*
 * 0: image->status is set and the row is written; FN_STEPS_SKIPPED; -EIO: a service is at fault, or
 * the time is over: with the reason in err. Writes the record's log line in any case.
 */
int fn_steps_run(const struct fn_work *work, struct fn_image *image, struct err *err);
