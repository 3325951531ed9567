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

/* What is not set, or empty, is `otherwise`. */
static const char *text_of(const char *name, const char *otherwise) {
    const char *text = getenv(name);
    return text && *text ? text : otherwise;
}

/* *ret: it is the second word; not set, it is the first. */
static int choice(bool *ret, const char *name, const char *no, const char *yes, struct err *err) {
    const char *text = text_of(name, no);
    *ret = strcmp(text, yes) == 0;
    if (*ret || strcmp(text, no) == 0)
        return 0;
    return err_set(err, -EINVAL, "the environment variable %s is \"%.40s\", not %s or %s", name,
                   text, no, yes);
}

static int choices(struct fn_config *c, struct err *err) {
    struct err why = {{0}};
    int r = choice(&c->keep_profiles, "PROFILES", "convert", "keep", err);
    r = r ? r : choice(&c->keep_gps, "KEEP_GPS", "false", "true", err);
    if (r != 0)
        return r;
    r = fn_wishes_parse(&c->wishes, str_c(text_of("DERIVATIVES", FN_WISHES_DEFAULT)), &why);
    return r == 0 ? 0 : err_set(err, r, "the environment variable DERIVATIVES: %s", why.text);
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
        {&c.max_pixels, "MAX_PIXELS", 256000000},
        {&megabytes, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 512},
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int r = number(numbers[i].to, numbers[i].name, numbers[i].otherwise, err);
        if (r != 0)
            return r;
    }
    c.memory_bytes = megabytes << 20;
    int r = choices(&c, err);
    if (r != 0)
        return r;
    const char *worker = getenv("IMAGE_WORKER"), *root = getenv("LAMBDA_TASK_ROOT");
    if (worker)
        snprintf(c.worker, sizeof c.worker, "%s", worker);
    else
        snprintf(c.worker, sizeof c.worker, "%s/calotype-image", root ? root : ".");
    *ret_config = c;
    return 0;
}
