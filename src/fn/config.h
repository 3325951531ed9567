#pragma once
/*
 * fn/config: what the function is told by its environment, checked once at start.
 * Contract with the template (docs/function.md): METADATA_TABLE, SNS_TOPIC_ARN, DERIVATIVES_BUCKET,
 * ENVIRONMENT. Optional: DERIVATIVES (fn/wishes.h), PROFILES (`convert`, the default: colours become
 * sRGB; `keep`: profiles that fit stay), KEEP_GPS=true, MAX_BYTES, MAX_PIXELS, IMAGE_WORKER (path; by
 * default calotype-image beside bootstrap in LAMBDA_TASK_ROOT).
 */
#include "fn/wishes.h"

struct fn_config {
    const char *table, *topic_arn, *derivatives_bucket, *environment;
    char worker[512];
    struct fn_wishes wishes;
    bool keep_gps, keep_profiles;
    uint64_t max_bytes; /* of one original */
    uint64_t max_pixels;
    uint64_t memory_bytes; /* of the function */
};
/* 0, or -EINVAL with the variable's name. The texts are the environment's own. */
int fn_config_load(struct fn_config *ret_config, struct err *err);
