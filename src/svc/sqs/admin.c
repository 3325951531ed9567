/* Queues themselves: create, find, list, describe, change, purge, delete, tag. */
#include "base/clock.h"
#include "base/codec.h"
#include "svc/kit/name.h"
#include "svc/kit/page.h"
#include "svc/kit/tags.h"
#include "svc/sqs/attribute.h"
#include "svc/sqs/live.h"

static const json_t *attributes_of(const struct sqs_queue *queue) {
    return kit_doc_attributes(queue->of);
}

static void put(struct rq *rq, const struct kit_doc *doc) { kit_doc_put(rq_rows_newest(rq), doc); }

static const struct kit_tags tags = {
    .of = KIT_TAGS_SQS,
    .refuse = {[KIT_TAGS_KEY] = {&SQS_InvalidParameterValue, "Tag '{key}' is invalid."},
               [KIT_TAGS_VALUE] = {&SQS_InvalidParameterValue, "Tag '{key}' is invalid."},
               [KIT_TAGS_RESERVED] = {&SQS_InvalidParameterValue, "Tag '{key}' is invalid."},
               [KIT_TAGS_MANY] = {&SQS_InvalidParameterValue, "Too many tags added for queue."}}};

/* ---- CreateQueue ---- */

static int check_name(struct rq *rq, str name) {
    if (str_ends(name, S(".fifo")))
        return aws_fail(rq, &SQS_UnsupportedOperation, "FIFO queues are not supported by calotype");
    if (kit_name_ok(name, SQS_NAME_MAX))
        return 0;
    return aws_fail(
        rq, &SQS_InvalidParameterValue,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
}

/* Creating what is there already is fine when it says nothing else. */
static int compare_existing(struct rq *rq, const struct kit_doc *queue, const json_t *wanted) {
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)wanted, name, value)
        if (!str_eq(sqs_attribute_value(kit_doc_attributes(queue), name), json_text(value)))
            return aws_fail(
                rq, &SQS_QueueNameExists,
                "A queue already exists with the same name and a different value for attribute %s",
                name);
    return 0;
}

static void make_queue(struct sqs_svc *svc, struct rq *rq, str name, json_t *attributes,
                       struct kit_doc *queue) {
    uint64_t id = store_next_id(svc->store);
    json_t *doc = kit_doc_change(queue);
    json_set_str(doc, "Account", rq->account);
    json_set_str(doc, "Region", rq->region);
    json_set_str(doc, "Name", name);
    json_set_int(doc, "Id", (int64_t)id);
    json_set_int(doc, "Created", rq->now_ms);
    json_set_int(doc, "Modified", rq->now_ms);
    json_object_set(doc, "Attributes", attributes);
    json_set(doc, "Tags", kit_tags_map(json_obj(rq->in, "tags")));
    put(rq, queue);
    sqs_live_changes(svc, rq_batch(rq), &(struct sqs_queue){.of = queue, .id = id}, SQS_CHANGED);
}

int sqs_op_CreateQueue(struct sqs_svc *svc, struct rq *rq) {
    CLEANUP_JSON json_t *attributes = json_object();
    str name = json_str(rq->in, "QueueName"),
        arn = arn_str(&rq->arena, "sqs", rq->region, rq->account, STR_FMT, STR_ARG(name));
    struct kit_doc *queue;
    if (check_name(rq, name) || kit_tags_check(rq, &tags, json_obj(rq->in, "tags")) ||
        sqs_attributes_apply(rq, json_obj(rq->in, "Attributes"), attributes, arn))
        return AWS_FAILED;
    int r = kit_doc_use(rq, rq->account, rq->region, name, &queue);
    if (r == STORE_E_ABSENT)
        make_queue(svc, rq, name, attributes, queue);
    else if (r || (r = compare_existing(rq, queue, attributes)))
        return r;
    rq->out = json_object();
    json_set_str(rq->out, "QueueUrl", sqs_queue_url(rq, rq->account, name));
    return 0;
}

int sqs_op_GetQueueUrl(struct sqs_svc *, struct rq *rq) {
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    rq->out = json_object();
    json_set_str(rq->out, "QueueUrl", sqs_queue_url(rq, queue.account, queue.name));
    return 0;
}

/* ---- Lists ---- */

#define PAGING(member)                                                                             \
    {                                                                                              \
        .list = member, .token = "NextToken", .limit = "MaxResults", .most = 1000,                 \
        .error = &SQS_InvalidParameterValue, .text = "Invalid NextToken value."                    \
    }
static const struct kit_paging queues_paging = PAGING("QueueUrls"),
                               sources_paging = PAGING("queueUrls");

/*
 * Queues whose names begin with prefix, and with dead_letter_arn only those that send their dead
 * letters there.
 */
static int list(struct rq *rq, struct kit_page *page, str prefix, str dead_letter_arn) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "sqs");
    key_str(&from, rq->account);
    key_str(&from, rq->region);
    buf_str(&from, prefix);
    kit_page_rows(page, STORE_META, buf_view(&from));
    while (kit_page_next(page)) {
        CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0};
        struct sqs_queue queue;
        int r = kit_doc_of(page->key, page->value, &doc);
        if (r == 0)
            r = sqs_queue_of(&doc, &queue);
        if (r)
            return aws_fault(rq, r, "reading a queue");
        if (!dead_letter_arn.p || str_is(dead_letter_arn, queue.dead_letter_arn))
            kit_page_add(page, STR_NONE, json_of_str(sqs_queue_url(rq, queue.account, queue.name)));
    }
    return kit_page_end(page);
}

int sqs_op_ListQueues(struct sqs_svc *, struct rq *rq) {
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    str prefix = json_str(rq->in, "QueueNamePrefix");
    if (kit_page_begin(&page, rq, &queues_paging, prefix) || list(rq, &page, prefix, STR_NONE))
        return AWS_FAILED;
    if (json_array_size(page.items) == 0)
        json_object_del(rq->out, "QueueUrls");
    return 0;
}

int sqs_op_ListDeadLetterSourceQueues(struct sqs_svc *, struct rq *rq) {
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    sqs_queue_arn(&queue, &arn);
    return kit_page_begin(&page, rq, &sources_paging, buf_view(&arn)) ||
                   list(rq, &page, S(""), buf_view(&arn))
               ? AWS_FAILED
               : 0;
}

/* ---- Attributes ---- */

struct describing {
    const struct sqs_queue *queue;
    const json_t *names;
    json_t *out;
};

static void describe_set(void *ctx, const char *name) {
    struct describing *d = ctx;
    if (sqs_is_asked(d->names, name))
        json_set_str(d->out, name, sqs_attribute_value(attributes_of(d->queue), name));
}

static void describe_number(struct describing *d, const char *name, int64_t v) {
    if (sqs_is_asked(d->names, name))
        sqs_set_number(d->out, name, v);
}

int sqs_op_GetQueueAttributes(struct sqs_svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    CLEANUP_JSON json_t *out = json_object();
    struct sqs_counts counts;
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    struct describing d = {&queue, json_arr(rq->in, "AttributeNames"), out};
    rq->out = json_object();
    if (json_array_size(d.names) == 0)
        return 0;
    int r = sqs_count(svc, queue.id, rq->now_ms, &counts);
    if (r)
        return aws_fault(rq, r, "counting messages");
    sqs_attributes_each(describe_set, &d);
    sqs_queue_arn(&queue, &arn);
    if (sqs_is_asked(d.names, "QueueArn"))
        json_set_str(out, "QueueArn", buf_view(&arn));
    describe_number(&d, "CreatedTimestamp", json_int(queue.of->doc, "Created", 0) / 1000);
    describe_number(&d, "LastModifiedTimestamp", json_int(queue.of->doc, "Modified", 0) / 1000);
    describe_number(&d, "ApproximateNumberOfMessages", (int64_t)counts.visible);
    describe_number(&d, "ApproximateNumberOfMessagesNotVisible", (int64_t)counts.in_flight);
    describe_number(&d, "ApproximateNumberOfMessagesDelayed", (int64_t)counts.delayed);
    if (json_object_size(out))
        json_object_set(rq->out, "Attributes", out);
    return 0;
}

int sqs_op_SetQueueAttributes(struct sqs_svc *, struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    sqs_queue_arn(&queue, &arn);
    if (sqs_attributes_apply(rq, json_obj(rq->in, "Attributes"),
                             kit_doc_change_attributes(queue.of), buf_view(&arn)))
        return AWS_FAILED;
    json_set_int(kit_doc_change(queue.of), "Modified", rq->now_ms);
    put(rq, queue.of);
    return 0;
}

/* ---- Tags ---- */

int sqs_op_TagQueue(struct sqs_svc *, struct rq *rq) {
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue) ||
        kit_tags_merge(rq, &tags, kit_doc_change(queue.of), json_obj(rq->in, "Tags")))
        return AWS_FAILED;
    put(rq, queue.of);
    return 0;
}

int sqs_op_UntagQueue(struct sqs_svc *, struct rq *rq) {
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    kit_tags_remove(&tags, kit_doc_change(queue.of), json_arr(rq->in, "TagKeys"));
    put(rq, queue.of);
    return 0;
}

int sqs_op_ListQueueTags(struct sqs_svc *, struct rq *rq) {
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    rq->out = json_object();
    if (json_object_size(kit_tags_stored(&tags, queue.of->doc)))
        json_set(rq->out, "Tags", kit_tags_map(kit_tags_stored(&tags, queue.of->doc)));
    return 0;
}

/* ---- The end of messages, and of the queue ---- */

int sqs_op_PurgeQueue(struct sqs_svc *svc, struct rq *rq) {
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    if (rq->attempt == 0 && !sqs_live_may_purge(svc, queue.id, rq->now_ms))
        return aws_fail(rq, &SQS_PurgeQueueInProgress,
                        "Only one PurgeQueue operation on " STR_FMT " is allowed every 60 seconds.",
                        STR_ARG(queue.name));
    store_batch_frees(rq_batch(rq));
    sqs_messages_drop_all(rq_batch(rq), queue.id);
    sqs_live_changes(svc, rq_batch(rq), &queue, SQS_CHANGED);
    return 0;
}

int sqs_op_DeleteQueue(struct sqs_svc *svc, struct rq *rq) {
    struct sqs_queue queue;
    if (sqs_use_queue(rq, &queue))
        return AWS_FAILED;
    store_batch_frees(rq_batch(rq));
    row_del(rq_rows_newest(rq), &queue.of->row);
    sqs_messages_drop_all(rq_batch(rq), queue.id);
    sqs_live_changes(svc, rq_batch(rq), &queue, SQS_GONE);
    return 0;
}
