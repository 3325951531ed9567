#pragma once
/* fn/report: one SNS message an invocation, subject "Image Processing Report". */
#include "fn/item.h"

/* Both counts, and a line for each image that did not become `processed`. At most 200 KiB. */
void fn_report_text(struct buf *out, const struct fn_image *images, size_t n, size_t skipped);
