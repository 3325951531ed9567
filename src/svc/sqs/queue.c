/*
 * The row of a queue:
 *   {"Account","Region","Name","Id":n,"Created":ms,"Modified":ms,"Attributes":{…},"Tags":{…}}
 * Attributes holds what was set, as the API's strings.
 */
#include "svc/sqs/queue.h"

#include "base/codec.h"
#include "svc/sqs/attribute.h"

#include <errno.h>

bool sqs_redrive_parse(const json_t *policy, str *ret_target, int64_t *ret_count) {
    *ret_target = json_str(policy, "deadLetterTargetArn");
    *ret_count = json_int(policy, "maxReceiveCount", 0);
    if (*ret_count == 0)
        (void)str_to_i64(json_str(policy, "maxReceiveCount"), ret_count);
    return ret_target->len > 0;
}

static void take_redrive(struct sqs_queue *q) {
    const json_t *policy = kit_doc_part(q->of, KIT_DOC_REDRIVE_POLICY);
    str arn;
    int64_t count;
    if (!policy || !sqs_redrive_parse(policy, &arn, &count) || count < 1 ||
        arn.len >= sizeof q->dead_letter_arn)
        return;
    memcpy(q->dead_letter_arn, arn.p, arn.len); /* zeroed, so it ends */
    q->max_receives = count;
}

int sqs_queue_of(struct kit_doc *doc, struct sqs_queue *ret) {
    const json_t *a = kit_doc_attributes(doc);
    struct sqs_queue q = {
        .of = doc,
        .id = (uint64_t)json_int(doc->doc, "Id", 0),
        .account = json_str(doc->doc, "Account"),
        .region = json_str(doc->doc, "Region"),
        .name = json_str(doc->doc, "Name"),
        .delay_s = sqs_attribute_integer(a, "DelaySeconds"),
        .max_bytes = sqs_attribute_integer(a, "MaximumMessageSize"),
        .retention_s = sqs_attribute_integer(a, "MessageRetentionPeriod"),
        .wait_s = sqs_attribute_integer(a, "ReceiveMessageWaitTimeSeconds"),
        .visibility_s = sqs_attribute_integer(a, "VisibilityTimeout"),
    };
    take_redrive(&q);
    *ret = q;
    return 0;
}

int sqs_queue_get(const struct rows *rows, str arn, struct kit_doc *doc, struct sqs_queue *ret) {
    struct arn name;
    if (!arn_parse_regional(arn, "sqs", &name))
        return STORE_E_ABSENT;
    kit_doc_key(&doc->row.key, "sqs", name.account, name.region, name.resource);
    int r = kit_doc_get(rows, doc);
    return r ? r : sqs_queue_of(doc, ret);
}

void sqs_queue_arn(const struct sqs_queue *queue, struct buf *arn) {
    arn_add(arn, "sqs", queue->region, queue->account, STR_FMT, STR_ARG(queue->name));
}
