/* fn/config: reads and checks the function's environment variables. */
#include "fn/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int need(const char **ret, const char *name, struct err *err) {
    *ret = getenv(name);
    return *ret && **ret ? 0
                         : err_set(err, -EINVAL, "the environment variable %s is not set", name);
}

static int number(uint64_t *ret, const char *name, uint64_t otherwise, struct err *err) {
    const char *text = getenv(name);
    *ret = otherwise;
    if (!text || !*text || (str_to_u64(str_c(text), ret) && *ret > 0))
        return 0;
    return err_set(err, -EINVAL, "the environment variable %s is \"%.40s\", not a number above 0",
                   name, text);
}

int fn_config_load(struct fn_config *ret_config, struct err *err) {
    struct fn_config c = {0};
    const struct {
        const char **to;
        const char *name;
    } texts[] = {
        {&c.table, "METADATA_TABLE"},
        {&c.topic_arn, "SNS_TOPIC_ARN"},
        {&c.derivatives_bucket, "DERIVATIVES_BUCKET"},
        {&c.environment, "ENVIRONMENT"},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int r = need(texts[i].to, texts[i].name, err);
        if (r != 0)
            return r;
    }
    uint64_t megabytes;
    const struct {
        uint64_t *to;
        const char *name;
        uint64_t otherwise;
    } numbers[] = {
        {&c.max_bytes, "MAX_BYTES", 100 << 20},
        {&c.max_pixels, "MAX_PIXELS", 64000000},
        {&megabytes, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 512},
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int r = number(numbers[i].to, numbers[i].name, numbers[i].otherwise, err);
        if (r != 0)
            return r;
    }
    c.memory_bytes = megabytes << 20;
    const char *gps = getenv("KEEP_GPS");
    const char *worker = getenv("IMAGE_WORKER"), *root = getenv("LAMBDA_TASK_ROOT");
    c.keep_gps = gps && str_is(S("true"), gps);
    if (worker)
        snprintf(c.worker, sizeof c.worker, "%s", worker);
    else
        snprintf(c.worker, sizeof c.worker, "%s/calotype-image", root ? root : ".");
    *ret_config = c;
    return 0;
}
