#pragma once
/*
 * fn/metrics: what one invocation did, in the embedded metric format, a JSON object a line on
 * stdout. Namespace Calotype. ImagesProcessed, ImagesRejected, ImagesFailed, ImageDuration (ms) and
 * OriginalBytes come in the dimension sets {Environment} and {Environment, Format}; BatchDuration
 * (ms) in {Environment}. Source: "Embedded metric format specification" in the CloudWatch User
 * Guide.
 */
#include "fn/item.h"

/* Images without a status were skipped, and are not counted. ms: of the invocation. */
void fn_metrics_log(const char *environment, const struct fn_image *images, size_t n, double ms);
