/*
 * The row of a queue:
 *   {"Account","Region","Name","Id":n,"Seal":"hex","Created":ms,"Modified":ms,"Attributes":{…},"Tags":{…}}
 * Attributes holds what was set, as the API's strings.
 */
#include "svc/sqs/queue.h"

#include "base/codec.h"
#include "svc/sqs/sqs_priv.h"

#include <errno.h>

bool sqs_name_ok(str name) {
    if (name.len < 1 || name.len > 80)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

void sqs_queue_key(struct buf *key, str account, str region, str name) {
    key_begin(key, "sqs");
    key_str(key, account);
    key_str(key, region);
    key_str(key, name);
}

static int64_t number(const json_t *attributes, const char *name, int64_t otherwise) {
    int64_t v;
    return str_to_i64(json_str(attributes, name), &v) ? v : otherwise;
}

/* maxReceiveCount came as a number or as a string. */
static void take_redrive(struct sqs_queue *q, const json_t *attributes) {
    str text = json_str(attributes, "RedrivePolicy");
    CLEANUP_JSON json_t *policy = text.len ? json_parse(text, NULL) : NULL;
    if (!policy)
        return;
    str arn = json_str(policy, "deadLetterTargetArn");
    int64_t count = json_int(policy, "maxReceiveCount", 0);
    if (count == 0)
        (void)str_to_i64(json_str(policy, "maxReceiveCount"), &count);
    if (arn.len == 0 || count < 1)
        return;
    json_set_str(q->doc, "(dead)", arn); /* lives as long as the document; never written */
    q->dead_letter_arn = json_str(q->doc, "(dead)");
    q->max_receives = count;
}

int sqs_queue_parse(str key, str row, struct sqs_queue *ret) {
    json_t *doc = json_parse(row, NULL);
    struct sqs_queue q = {.doc = doc};
    if (!doc || !codec_unhex(json_str(doc, "Seal"), q.seal_id, sizeof q.seal_id)) {
        json_decref(doc);
        return -EBADMSG;
    }
    const json_t *a = json_obj(doc, "Attributes");
    q.id = (uint64_t)json_int(doc, "Id", 0);
    q.account = json_str(doc, "Account");
    q.region = json_str(doc, "Region");
    q.name = json_str(doc, "Name");
    q.delay_s = number(a, "DelaySeconds", 0);
    q.max_bytes = number(a, "MaximumMessageSize", 1048576);
    q.retention_s = number(a, "MessageRetentionPeriod", 345600);
    q.wait_s = number(a, "ReceiveMessageWaitTimeSeconds", 0);
    q.visibility_s = number(a, "VisibilityTimeout", 30);
    take_redrive(&q, a);
    buf_str(&q.key, key);
    *ret = q;
    return 0;
}

int sqs_queue_load(struct svc *svc, str account, str region, str name, struct sqs_queue *ret) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    sqs_queue_key(&key, account, region, name);
    int r = store_get(svc->store, NULL, STORE_META, buf_view(&key), &row);
    return r ? r : sqs_queue_parse(buf_view(&key), buf_view(&row), ret);
}

bool sqs_arn_parse(str arn, str *ret_region, str *ret_account, str *ret_name) {
    str rest = arn, parts[6];
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (str_cut(rest, ':', &parts[i], &rest) != (i + 1 < ARRAY_LEN(parts)))
            return false;
    if (!str_is(parts[0], "arn") || !str_starts(parts[1], S("aws")) || !str_is(parts[2], "sqs") ||
        parts[3].len == 0 || parts[4].len != 12 || parts[5].len == 0)
        return false;
    *ret_region = parts[3];
    *ret_account = parts[4];
    *ret_name = parts[5];
    return true;
}

int sqs_queue_load_arn(struct svc *svc, str arn, struct sqs_queue *ret) {
    str region, account, name;
    return sqs_arn_parse(arn, &region, &account, &name) ? sqs_queue_load(svc, account, region, name, ret)
                                                        : STORE_E_ABSENT;
}

void sqs_queue_deinit(struct sqs_queue *queue) {
    json_decref(queue->doc);
    buf_deinit(&queue->key);
    *queue = (struct sqs_queue){0};
}

void sqs_queue_arn(const struct sqs_queue *queue, struct buf *arn) {
    buf_printf(arn, "arn:aws:sqs:" STR_FMT ":" STR_FMT ":" STR_FMT, STR_ARG(queue->region),
               STR_ARG(queue->account), STR_ARG(queue->name));
}

void sqs_queue_put(struct store_batch *batch, const struct sqs_queue *queue, str row_before) {
    CLEANUP_DEINIT(buf) struct buf row = {0};
    json_object_del(queue->doc, "(dead)");
    json_write(&row, queue->doc);
    if (row_before.p)
        store_expect_value(batch, STORE_META, buf_view(&queue->key), row_before);
    else
        store_expect_absent(batch, STORE_META, buf_view(&queue->key));
    store_put(batch, STORE_META, buf_view(&queue->key), buf_view(&row));
}
