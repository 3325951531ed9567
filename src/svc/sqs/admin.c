/* Queues themselves: create, find, list, describe, change, purge, delete, tag. */
#include "base/clock.h"
#include "base/codec.h"
#include "svc/sqs/attribute.h"
#include "svc/sqs/live.h"

enum { TAGS_MAX = 50, LIST_MAX = 1000 };

/* The row as it is now, for the expectation of a change. */
static int load_to_change(struct svc *svc, struct rq *rq, struct sqs_queue *queue, struct buf *row) {
    if (sqs_use_queue(svc, rq, queue))
        return AWS_FAILED;
    int r = store_get(svc->store, NULL, STORE_META, buf_view(&queue->key), row);
    return r ? aws_fault(rq, r, "reading a queue") : 0;
}

static void touch(struct sqs_queue *queue, int64_t now_ms) { json_set_int(queue->doc, "Modified", now_ms); }

static json_t *attributes_of(const struct sqs_queue *queue) { return json_obj(queue->doc, "Attributes"); }

/* ---- CreateQueue ---- */

static int check_name(struct rq *rq, str name) {
    if (str_ends(name, S(".fifo")))
        return aws_fail(rq, &SQS_UnsupportedOperation, "FIFO queues are not supported by calotype");
    if (sqs_name_ok(name))
        return 0;
    return aws_fail(rq, &SQS_InvalidParameterValue, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
}

static int check_tags(struct rq *rq, const json_t *tags) {
    const char *key;
    json_t *value;
    if (json_object_size(tags) > TAGS_MAX)
        return aws_fail(rq, &SQS_InvalidParameterValue, "Too many tags added for queue.");
    json_object_foreach((json_t *)tags, key, value) {
        if (strlen(key) < 1 || strlen(key) > 128 || str_starts_nocase(str_c(key), S("aws:")) || json_text(value).len > 256)
            return aws_fail(rq, &SQS_InvalidParameterValue, "Tag '%s' is invalid.", key);
    }
    return 0;
}

/* Creating what is there already is fine when it says nothing else. */
static int compare_existing(struct rq *rq, const struct sqs_queue *queue, const json_t *wanted) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)wanted, name, value)
        if (!str_eq(sqs_attribute_value(attributes_of(queue), name), json_text(value)))
            return aws_fail(rq, &SQS_QueueNameExists, "A queue already exists with the same name and a different value for attribute %s", name);
    return 0;
}

static int make_queue(struct svc *svc, struct rq *rq, str name, const json_t *attributes, struct sqs_queue *queue) {
    char seal_id[SEAL_KEY_ID_LEN], hex[2 * SEAL_KEY_ID_LEN];
    struct err err = {0};
    int r = seal_key_create(svc->store, rq_batch(rq), seal_id, &err);
    if (r)
        return aws_fault(rq, r, err.text);
    codec_hex(hex, seal_id, sizeof seal_id);
    CLEANUP_JSON json_t *doc = json_object();
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    json_set_str(doc, "Account", rq->account);
    json_set_str(doc, "Region", rq->region);
    json_set_str(doc, "Name", name);
    json_set_int(doc, "Id", (int64_t)store_next_id(svc->store));
    json_set_str(doc, "Seal", str_n(hex, sizeof hex));
    json_set_int(doc, "Created", rq->now_ms);
    json_set_int(doc, "Modified", rq->now_ms);
    json_object_set(doc, "Attributes", (json_t *)attributes);
    json_t *tags = json_obj(rq->in, "tags");
    json_set(doc, "Tags", tags ? json_incref(tags) : json_object());
    sqs_queue_key(&key, rq->account, rq->region, name);
    json_write(&row, doc);
    r = sqs_queue_parse(buf_view(&key), buf_view(&row), queue);
    if (r)
        return aws_fault(rq, r, "making a queue");
    sqs_queue_put(rq_batch(rq), queue, STR_NONE);
    sqs_live_changes(svc, rq_batch(rq), queue->id, SQS_CHANGED);
    return 0;
}

int sqs_op_CreateQueue(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    CLEANUP_JSON json_t *attributes = json_object();
    str name = json_str(rq->in, "QueueName");
    if (check_name(rq, name) || check_tags(rq, json_obj(rq->in, "tags")))
        return AWS_FAILED;
    str arn = arena_printf(&rq->arena, "arn:aws:sqs:" STR_FMT ":" STR_FMT ":" STR_FMT, STR_ARG(rq->region), STR_ARG(rq->account), STR_ARG(name));
    if (sqs_attributes_apply(svc, rq, json_obj(rq->in, "Attributes"), attributes, arn))
        return AWS_FAILED;
    int r = sqs_queue_load(svc, rq->account, rq->region, name, &queue);
    if (r == 0)
        r = compare_existing(rq, &queue, attributes);
    else if (r == STORE_E_ABSENT)
        r = make_queue(svc, rq, name, attributes, &queue);
    else
        r = aws_fault(rq, r, "reading a queue");
    if (r)
        return r;
    rq->out = json_object();
    json_set_str(rq->out, "QueueUrl", sqs_queue_url(rq, &queue));
    return 0;
}

int sqs_op_GetQueueUrl(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    if (sqs_use_queue(svc, rq, &queue))
        return AWS_FAILED;
    rq->out = json_object();
    json_set_str(rq->out, "QueueUrl", sqs_queue_url(rq, &queue));
    return 0;
}

/* ---- Lists ---- */

struct listing {
    struct rq *rq;
    const char *member;
    str prefix;          /* of names */
    str dead_letter_arn; /* only queues that send their dead letters there; absent: all */
    size_t most;
};

static bool is_listed(const struct listing *l, const struct sqs_queue *queue) {
    if (l->dead_letter_arn.p)
        return str_eq(queue->dead_letter_arn, l->dead_letter_arn);
    return str_starts(queue->name, l->prefix);
}

/* NextToken is the base64 of the last name. */
static int list_start(struct rq *rq, const struct listing *l, struct buf *from, bool *ret_after) {
    str token = json_str(rq->in, "NextToken");
    CLEANUP_DEINIT(buf) struct buf name = {0};
    if (token.len && !codec_unbase64(&name, token))
        return aws_fail(rq, &SQS_InvalidParameterValue, "Invalid NextToken value.");
    key_begin(from, "sqs");
    key_str(from, rq->account);
    key_str(from, rq->region);
    if (token.len)
        key_str(from, buf_view(&name));
    else
        buf_str(from, l->dead_letter_arn.p ? S("") : l->prefix);
    *ret_after = token.len > 0;
    return 0;
}

static int list(struct svc *svc, const struct listing *l) {
    struct rq *rq = l->rq;
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    CLEANUP_JSON json_t *urls = json_array();
    bool after = false;
    if (list_start(rq, l, &from, &after))
        return AWS_FAILED;
    key_begin(&to, "sqs");
    key_str(&to, rq->account);
    key_str(&to, rq->region);
    key_after(&to);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(svc->store, rq_snap(rq), STORE_META, buf_view(&from), buf_view(&to), false);
    CLEANUP_DEINIT(buf) struct buf last = {0};
    rq->out = json_object();
    while (store_iter_next(it)) {
        CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
        if (after && str_eq(it->key, buf_view(&from)))
            continue;
        int r = sqs_queue_parse(it->key, it->value, &queue);
        if (r)
            return aws_fault(rq, r, "reading a queue");
        if (!is_listed(l, &queue))
            continue;
        if (json_array_size(urls) == l->most) {
            CLEANUP_DEINIT(buf) struct buf token = {0};
            codec_add_base64(&token, last.p, last.len);
            json_set_str(rq->out, "NextToken", buf_view(&token));
            break;
        }
        json_push_str(urls, sqs_queue_url(rq, &queue));
        buf_clear(&last);
        buf_str(&last, queue.name);
    }
    if (store_iter_fault(it))
        return aws_fault(rq, store_iter_fault(it), "listing queues");
    if (json_array_size(urls) || l->dead_letter_arn.p)
        json_object_set(rq->out, l->member, urls);
    return 0;
}

static size_t page_size(const struct rq *rq) {
    int64_t n = json_int(rq->in, "MaxResults", LIST_MAX);
    return n >= 1 && n < LIST_MAX ? (size_t)n : LIST_MAX;
}

int sqs_op_ListQueues(struct svc *svc, struct rq *rq) {
    struct listing l = {.rq = rq, .member = "QueueUrls", .prefix = json_str(rq->in, "QueueNamePrefix"), .most = page_size(rq)};
    return list(svc, &l);
}

int sqs_op_ListDeadLetterSourceQueues(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    if (sqs_use_queue(svc, rq, &queue))
        return AWS_FAILED;
    sqs_queue_arn(&queue, &arn);
    struct listing l = {.rq = rq, .member = "queueUrls", .dead_letter_arn = buf_view(&arn), .most = page_size(rq)};
    return list(svc, &l);
}

/* ---- Attributes ---- */

static bool is_asked(const json_t *names, const char *name) {
    for (size_t i = 0; i < json_array_size(names); i++) {
        str want = json_text(json_array_get(names, i));
        if (str_is(want, "All") || str_is(want, name))
            return true;
    }
    return false;
}

struct describing {
    const struct sqs_queue *queue;
    const json_t *names;
    json_t *out;
};

static void describe_set(void *ctx, const char *name) {
    struct describing *d = ctx;
    if (is_asked(d->names, name))
        json_set_str(d->out, name, sqs_attribute_value(attributes_of(d->queue), name));
}

static void describe_number(struct describing *d, const char *name, int64_t v) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)v);
    if (is_asked(d->names, name))
        json_set_str(d->out, name, str_c(text));
}

int sqs_op_GetQueueAttributes(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    CLEANUP_JSON json_t *out = json_object();
    struct sqs_counts counts;
    if (sqs_use_queue(svc, rq, &queue))
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
    if (is_asked(d.names, "QueueArn"))
        json_set_str(out, "QueueArn", buf_view(&arn));
    describe_number(&d, "CreatedTimestamp", json_int(queue.doc, "Created", 0) / 1000);
    describe_number(&d, "LastModifiedTimestamp", json_int(queue.doc, "Modified", 0) / 1000);
    describe_number(&d, "ApproximateNumberOfMessages", (int64_t)counts.visible);
    describe_number(&d, "ApproximateNumberOfMessagesNotVisible", (int64_t)counts.in_flight);
    describe_number(&d, "ApproximateNumberOfMessagesDelayed", (int64_t)counts.delayed);
    if (json_object_size(out))
        json_object_set(rq->out, "Attributes", out);
    return 0;
}

int sqs_op_SetQueueAttributes(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    CLEANUP_DEINIT(buf) struct buf row = {0}, arn = {0};
    if (load_to_change(svc, rq, &queue, &row))
        return AWS_FAILED;
    sqs_queue_arn(&queue, &arn);
    if (sqs_attributes_apply(svc, rq, json_obj(rq->in, "Attributes"), attributes_of(&queue), buf_view(&arn)))
        return AWS_FAILED;
    touch(&queue, rq->now_ms);
    sqs_queue_put(rq_batch(rq), &queue, buf_view(&row));
    return 0;
}

/* ---- Tags ---- */

int sqs_op_TagQueue(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    CLEANUP_DEINIT(buf) struct buf row = {0};
    if (load_to_change(svc, rq, &queue, &row))
        return AWS_FAILED;
    json_t *tags = json_obj(queue.doc, "Tags");
    json_object_update(tags, json_obj(rq->in, "Tags"));
    if (check_tags(rq, tags))
        return AWS_FAILED;
    sqs_queue_put(rq_batch(rq), &queue, buf_view(&row));
    return 0;
}

int sqs_op_UntagQueue(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    CLEANUP_DEINIT(buf) struct buf row = {0};
    if (load_to_change(svc, rq, &queue, &row))
        return AWS_FAILED;
    const json_t *keys = json_arr(rq->in, "TagKeys");
    for (size_t i = 0; i < json_array_size(keys); i++)
        json_object_del(json_obj(queue.doc, "Tags"), json_string_value(json_array_get(keys, i)));
    sqs_queue_put(rq_batch(rq), &queue, buf_view(&row));
    return 0;
}

int sqs_op_ListQueueTags(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    if (sqs_use_queue(svc, rq, &queue))
        return AWS_FAILED;
    rq->out = json_object();
    if (json_object_size(json_obj(queue.doc, "Tags")))
        json_object_set(rq->out, "Tags", json_obj(queue.doc, "Tags"));
    return 0;
}

/* ---- The end of messages, and of the queue ---- */

int sqs_op_PurgeQueue(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    if (sqs_use_queue(svc, rq, &queue))
        return AWS_FAILED;
    if (rq->attempt == 0 && !sqs_live_may_purge(svc, queue.id, rq->now_ms))
        return aws_fail(rq, &SQS_PurgeQueueInProgress, "Only one PurgeQueue operation on " STR_FMT " is allowed every 60 seconds.", STR_ARG(queue.name));
    store_batch_frees(rq_batch(rq));
    sqs_messages_drop_all(rq_batch(rq), queue.id);
    sqs_live_changes(svc, rq_batch(rq), queue.id, SQS_CHANGED);
    return 0;
}

int sqs_op_DeleteQueue(struct svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    if (sqs_use_queue(svc, rq, &queue))
        return AWS_FAILED;
    store_batch_frees(rq_batch(rq));
    store_expect_present(rq_batch(rq), STORE_META, buf_view(&queue.key));
    store_del(rq_batch(rq), STORE_META, buf_view(&queue.key));
    sqs_messages_drop_all(rq_batch(rq), queue.id);
    sqs_live_changes(svc, rq_batch(rq), queue.id, SQS_GONE);
    return 0;
}
