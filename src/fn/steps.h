#pragma once
/* fn/steps: one record through its steps. The list of steps is the table in steps.c. */
#include "fn/item.h"
#include "fn/processor.h"

enum { FN_STEPS_SKIPPED = 1 /* a later event of the key was there first, or the object is gone */ };
/*
 * 0: image->status is set and the row is written; FN_STEPS_SKIPPED; -EIO: a service is at fault.
 * With the reason in err.
 */
int fn_steps_run(const struct fn_context *context, struct fn_image *image, struct err *err);
