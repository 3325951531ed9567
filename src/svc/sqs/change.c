/* DeleteMessage, ChangeMessageVisibility, and their batches: by receipt handle. */
#include "base/clock.h"
#include "svc/sqs/handle.h"
#include "svc/sqs/live.h"

/* One message was named twice in a batch: its state is known only once. */
static bool seen_before(struct sqs_batch *b, uint64_t id) {
    for (size_t i = 0; i < b->n_done; i++)
        if (b->done[i] == id)
            return true;
    b->done[b->n_done++] = id;
    return false;
}

static int parse(struct sqs_batch *b, const json_t *entry, uint64_t *ret_id, uint64_t *ret_receipt,
                 struct sqs_entry_error *error) {
    str handle = json_str(entry, "ReceiptHandle");
    uint64_t queue_id;
    if (sqs_handle_parse(handle, &queue_id, ret_id, ret_receipt) && queue_id == b->queue->id)
        return 0;
    return sqs_entry_fail(error, b->rq, &SQS_ReceiptHandleIsInvalid,
                          "The input receipt handle \"" STR_FMT "\" is not a valid receipt handle.",
                          STR_ARG(handle));
}

/*
 * A message that is gone, or was received again since, is left alone and the answer is success
 * ("DeleteMessage", SQS API reference: use the most recent handle).
 */
static int delete_one(struct sqs_batch *b, const json_t *entry, json_t *,
                      struct sqs_entry_error *error) {
    CLEANUP_DEINIT(sqs_state) struct sqs_state state = {0};
    const struct rows *rows = rq_rows_newest(b->rq);
    uint64_t id, receipt;
    int r = parse(b, entry, &id, &receipt, error);
    if (r || seen_before(b, id))
        return r;
    r = sqs_state_peek(rows, b->queue->id, id, &state);
    if (r == STORE_E_ABSENT || (r == 0 && state.receipt != receipt))
        return 0;
    if (r)
        return aws_fault(b->rq, r, "reading a message");
    struct store_batch *batch = rq_batch(b->rq);
    store_batch_frees(batch);
    sqs_message_drop(rows, b->queue->id, id, &state);
    sqs_live_changes(b->svc, batch, b->queue, SQS_CHANGED);
    sqs_put_metric(b->svc, batch, b->queue, "NumberOfMessagesDeleted", 1, 1, "Count");
    return 0;
}

static int change_one(struct sqs_batch *b, const json_t *entry, json_t *,
                      struct sqs_entry_error *error) {
    CLEANUP_DEINIT(sqs_state) struct sqs_state before = {0};
    const struct rows *rows = rq_rows_newest(b->rq);
    uint64_t id, receipt;
    int64_t seconds = json_int(entry, "VisibilityTimeout", b->queue->visibility_s),
            now = b->rq->now_ms;
    int r = parse(b, entry, &id, &receipt, error);
    if (r)
        return r;
    if (seconds < 0 || seconds > 43200)
        return sqs_entry_fail(error, b->rq, &SQS_InvalidParameterValue,
                              "Value %lld for parameter VisibilityTimeout is invalid. Reason: "
                              "VisibilityTimeout must be an integer between 0 and 43200.",
                              (long long)seconds);
    bool again = seen_before(b, id);
    r = sqs_state_peek(rows, b->queue->id, id, &before);
    if (again || r == STORE_E_ABSENT || (r == 0 && before.receipt != receipt))
        return sqs_entry_fail(
            error, b->rq, &SQS_InvalidParameterValue,
            "Value " STR_FMT " for parameter ReceiptHandle is invalid. Reason: "
            "Message does not exist or is not available for visibility timeout change.",
            STR_ARG(json_str(entry, "ReceiptHandle")));
    if (r)
        return aws_fault(b->rq, r, "reading a message");
    if (before.due_ms <= now)
        return sqs_entry_fail(error, b->rq, &SQS_MessageNotInflight, NULL);
    struct sqs_state after = before;
    after.due_ms = now + seconds * 1000;
    sqs_state_change(rows, b->queue->id, id, &before, &after, SQS_IN_FLIGHT);
    sqs_live_changes(b->svc, rq_batch(b->rq), b->queue, seconds ? SQS_CHANGED : SQS_ARRIVED);
    return 0;
}

int sqs_op_DeleteMessage(struct sqs_svc *svc, struct rq *rq) {
    return sqs_run_single(svc, rq, delete_one);
}
int sqs_op_ChangeMessageVisibility(struct sqs_svc *svc, struct rq *rq) {
    return sqs_run_single(svc, rq, change_one);
}
int sqs_op_DeleteMessageBatch(struct sqs_svc *svc, struct rq *rq) {
    return sqs_run_entries(svc, rq, delete_one);
}
int sqs_op_ChangeMessageVisibilityBatch(struct sqs_svc *svc, struct rq *rq) {
    return sqs_run_entries(svc, rq, change_one);
}
