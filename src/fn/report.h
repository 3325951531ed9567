#pragma once
/* fn/report: one SNS message an invocation, subject "Image Processing Report". */
#include "fn/item.h"

/*
 * Appends both counts, and a line for each image that did not become `processed`; about 200 KiB at
 * most, because SNS takes 256. An image without a status was skipped, and is counted in `skipped`.
 */
void fn_report_text(struct buf *out, const struct fn_image *images, size_t n, size_t skipped);
