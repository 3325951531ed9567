/* The frame of the batch operations: entries checked together, done one by one, told one by one. */
#include "svc/kit/name.h"
#include "svc/sqs/sqs_priv.h"

#include <stdarg.h>

enum { ID_MAX = 80 };

int sqs_entry_fail(struct sqs_entry_error *error, struct rq *rq, const struct aws_error *row,
                   const char *fmt, ...) {
    va_list args;
    error->row = row;
    error->message = str_c(row->text);
    if (fmt) {
        va_start(args, fmt);
        error->message = arena_vprintf(&rq->arena, fmt, args);
        va_end(args);
    }
    return SQS_ENTRY_FAILED;
}

static int check_entries(struct rq *rq, const json_t *entries) {
    size_t n = json_array_size(entries);
    if (n == 0)
        return aws_fail(rq, &SQS_EmptyBatchRequest,
                        "There should be at least one entry in the request.");
    if (n > SQS_BATCH_MAX)
        return aws_fail(rq, &SQS_TooManyEntriesInBatchRequest,
                        "Maximum number of entries per request are %d. You have sent %zu.",
                        SQS_BATCH_MAX, n);
    for (size_t i = 0; i < n; i++) {
        str id = json_str(json_array_get(entries, i), "Id");
        if (!kit_name_ok(id, ID_MAX))
            return aws_fail(rq, &SQS_InvalidBatchEntryId, NULL);
        for (size_t k = 0; k < i; k++)
            if (str_eq(id, json_str(json_array_get(entries, k), "Id")))
                return aws_fail(rq, &SQS_BatchEntryIdsNotDistinct, "Id " STR_FMT " repeated.",
                                STR_ARG(id));
    }
    return 0;
}

static void add_failed(json_t *failed, str id, const struct sqs_entry_error *error) {
    json_t *f = json_object();
    json_set_str(f, "Id", id);
    json_set_bool(f, "SenderFault", error->row->status < 500);
    json_set_str(f, "Code", str_c(error->row->code));
    json_set_str(f, "Message", error->message);
    json_array_append_new(failed, f);
}

static int run_batch(struct sqs_batch *b) {
    const json_t *entries = json_arr(b->rq->in, "Entries");
    if (check_entries(b->rq, entries))
        return AWS_FAILED;
    CLEANUP_JSON json_t *successful = json_array(), *failed = json_array();
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        CLEANUP_JSON json_t *result = json_object();
        struct sqs_entry_error error = {0};
        int r = b->one(b, entry, result, &error);
        if (r == AWS_FAILED)
            return r;
        if (r == SQS_ENTRY_FAILED) {
            add_failed(failed, json_str(entry, "Id"), &error);
            continue;
        }
        json_set_str(result, "Id", json_str(entry, "Id"));
        json_array_append(successful, result);
    }
    b->rq->out = json_object();
    json_object_set(b->rq->out, "Successful", successful);
    /* Both are required members; older clients take an empty list for what it is. */
    json_object_set(b->rq->out, "Failed", failed);
    return 0;
}

int sqs_run_entries(struct sqs_svc *svc, struct rq *rq, sqs_entry_fn *one) {
    struct sqs_queue queue;
    struct sqs_batch b = {.svc = svc, .rq = rq, .queue = &queue, .one = one};
    return sqs_use_queue(rq, &queue) ? AWS_FAILED : run_batch(&b);
}

int sqs_run_single(struct sqs_svc *svc, struct rq *rq, sqs_entry_fn *one) {
    struct sqs_queue queue;
    struct sqs_entry_error error = {0};
    struct sqs_batch b = {.svc = svc, .rq = rq, .queue = &queue, .one = one};
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    rq->out = json_object();
    int r = one(&b, rq->in, rq->out, &error);
    return r == SQS_ENTRY_FAILED ? aws_fail(rq, error.row, STR_FMT, STR_ARG(error.message)) : r;
}
