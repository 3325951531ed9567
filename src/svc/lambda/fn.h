#pragma once
/*
 * svc/lambda/fn: the row of a function, and the function as it runs.
 *
 * One row a function in STORE_META, a JSON document (docs/formats/lambda.md):
 *   Config       the API's FunctionConfiguration as it is answered
 *   CodeRef      base64 of the blob reference of its zip;  CodeDir  name under DATA/functions
 *   Generation   counts up with every change of configuration or code: environments belong to one
 *   Tags, Reserved, Policy {Statements, RevisionId}, EventInvoke
 */
#include "aws/row.h"
#include "base/buf.h"
#include "base/json.h"
#include "svc/lambda/level.h"

/*
 * A name as requests give it: NAME, ACCOUNT:function:NAME, function:NAME or an ARN, each with an
 * optional :QUALIFIER.
 */
struct lambda_name {
    str account, region, name, qualifier; /* views; qualifier absent without one */
};
/* False where text is none of these forms. account and region fill in what text leaves out. */
bool lambda_name_parse(str text, str account, str region, struct lambda_name *ret);
/* arn:aws:lambda:REGION:ACCOUNT:function:NAME, without qualifier. Appends. */
void lambda_name_arn(const struct lambda_name *name, struct buf *out);

/* Key of the function's row in STORE_META. Clears key first. */
void lambda_row_key(const struct lambda_name *name, struct buf *key);
/* What the keys of one account's functions in one region begin with. */
void lambda_row_prefix(str account, str region, struct buf *prefix);

/* Lambda's defaults for asynchronous invocations, and the longest name. */
enum { LAMBDA_RETRIES = 2, LAMBDA_MAX_AGE_S = 6 * 3600, LAMBDA_NAME_MOST = 64 };
/* Room for the name of a log stream, which may have the function's in it. */
enum { LAMBDA_STREAM_MOST = LAMBDA_NAME_MOST + 64 };

/*
 * Immutable, shared by requests, pools, environments and invocations; the store keeps it with the row
 * (row_get_kept). All str point into doc or the names.
 */
struct lambda_fn {
    struct store_kept kept; /* the first */
    json_t *doc;
    json_t *config; /* borrowed from doc */
    struct lambda_name name;
    char *account, *region, *fn_name;
    struct buf arn;
    int64_t generation;   /* an environment of another one is outdated */
    int64_t timeout_ms;   /* of one invocation */
    uint64_t memory_mb;   /* MiB of its processes */
    uint64_t tmp_mb;      /* MiB of /tmp */
    int64_t reserved;     /* invocations at once; -1: none reserved */
    struct buf log_group; /* name, the default or the configured one */
    bool own_log_group;   /* a configured one, which others may write to as well */
    /*
     * LoggingConfig: in JSON, what the function and what Lambda writes is left out below these
     * levels. In the format Text nothing is.
     */
    bool json_logs;
    enum lambda_level application_level, system_level;
};
/*
 * Parses the bytes of a row and copies name: one reference, the caller's, and nobody else's yet. NULL
 * when the row is damaged.
 */
struct lambda_fn *lambda_fn_new(const struct lambda_name *name, str row);
/* Another reference to the same, for whoever keeps it beyond the call. */
static inline struct lambda_fn *lambda_fn_ref(struct lambda_fn *fn) {
    fn->kept.refs++;
    return fn;
}
struct lambda_fn *lambda_fn_free(struct lambda_fn *fn); /* drops one reference */
DEFINE_FREEP(lambda_fn)
/* Bytes that an environment of it may use, of memory and of /tmp. */
static inline uint64_t lambda_fn_memory(const struct lambda_fn *fn) {
    return fn->memory_mb * 1024 * 1024;
}
static inline uint64_t lambda_fn_tmp(const struct lambda_fn *fn) {
    return fn->tmp_mb * 1024 * 1024;
}
/*
 * By row_get_kept: 0, STORE_E_ABSENT, STORE_E_DAMAGED or -errno. On 0 the caller owns one reference.
 */
int lambda_fn_load(const struct rows *rows, const struct lambda_name *name,
                   struct lambda_fn **ret_fn);

/* Of EventInvoke, or Lambda's defaults. */
int64_t lambda_fn_max_retries(const struct lambda_fn *fn);
int64_t lambda_fn_max_age_ms(const struct lambda_fn *fn);
/* OnSuccess, OnFailure: the destination's ARN, or absent. */
str lambda_fn_destination(const struct lambda_fn *fn, const char *which);
/* ARN of DeadLetterConfig; absent without one. A view into doc. */
str lambda_fn_dead_letter(const struct lambda_fn *fn);
