/* From one message to what each subscription gets of it. */
#include "base/clock.h"
#include "svc/kit/metric.h"
#include "svc/sns/filter.h"
#include "svc/sns/sns_priv.h"

#include <errno.h>

static const str source = S_INIT("sns.amazonaws.com");

static void put_metric(struct sns_svc *svc, struct store_batch *batch, const struct sns_arn *topic,
                       const char *name, double value, const char *unit) {
    const struct kit_metrics metrics = {.hub = svc->hub,
                                        .account = topic->account,
                                        .region = topic->region,
                                        .name_space = "AWS/SNS",
                                        .dimensions = {{S("TopicName"), topic->topic}}};
    kit_metric_put(&metrics, batch, name, value, 1, unit);
}

size_t sns_message_bytes(const struct sns_message *m) {
    size_t bytes = m->body.len;
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)m->attributes, name, value)
        bytes += strlen(name) + json_str(value, "DataType").len +
                 json_str(value, "StringValue").len + json_str(value, "BinaryValue").len / 4 * 3;
    return bytes;
}

static str body_for(const struct sns_message *m, const char *protocol) {
    str own = json_str(m->by_protocol, protocol);
    return own.p ? own : m->body;
}

/* {"name": {"Type": "String", "Value": "…"}} */
static json_t *show_attributes(const struct sns_message *m) {
    json_t *out = json_object(), *value;
    const char *name;
    json_object_foreach ((json_t *)m->attributes, name, value) {
        str type = json_str(value, "DataType");
        json_t *one = json_object();
        json_set_str(one, "Type", type);
        json_set_str(
            one, "Value",
            json_str(value, str_starts(type, S("Binary")) ? "BinaryValue" : "StringValue"));
        json_set(out, name, one);
    }
    return out;
}

/*
 * The notification as SQS and Lambda see it. Signature, SigningCertURL and their like are left out:
 * nobody but AWS can make one that verifies against AWS's certificate.
 */
static json_t *notification(const struct sns_message *m, str topic_arn, const char *protocol) {
    char when[CLOCK_ISO_MAX];
    json_t *out = json_object();
    json_set_str(out, "Type", S("Notification"));
    json_set_str(out, "MessageId", str_c(m->id));
    json_set_str(out, "TopicArn", topic_arn);
    if (m->subject.len)
        json_set_str(out, "Subject", m->subject);
    json_set_str(out, "Message", body_for(m, protocol));
    json_set_str(out, "Timestamp", str_c(clock_iso8601_ms(when, m->time_ms)));
    if (json_object_size(m->attributes))
        json_set(out, "MessageAttributes", show_attributes(m));
    return out;
}

static void write_for_lambda(const struct sns_message *m, str topic_arn, str subscription_arn,
                             struct buf *out) {
    json_t *sns = notification(m, topic_arn, "lambda"), *record = json_object(),
           *records = json_array();
    CLEANUP_JSON json_t *event = json_object();
    if (!json_has(sns, "Subject"))
        json_set(sns, "Subject", json_null());
    if (!json_has(sns, "MessageAttributes"))
        json_set(sns, "MessageAttributes", json_object());
    json_set_str(record, "EventSource", S("aws:sns"));
    json_set_str(record, "EventVersion", S("1.0"));
    json_set_str(record, "EventSubscriptionArn", subscription_arn);
    json_set(record, "Sns", sns);
    json_array_append_new(records, record);
    json_set(event, "Records", records);
    json_write(out, event);
}

static void deliver(struct sns_svc *svc, struct store_batch *batch, struct sns_walk *walk,
                    const struct sns_message *m) {
    CLEANUP_DEINIT(buf) struct buf topic_arn = {0}, own_arn = {0}, payload = {0}, attributes = {0};
    const json_t *doc = walk->row.doc, *settings = kit_doc_attributes(&walk->row),
                 *redrive = kit_doc_part(&walk->row, KIT_DOC_REDRIVE_POLICY);
    str protocol = json_str(doc, "Protocol"), endpoint = json_str(doc, "Endpoint");
    struct sns_arn topic = sns_topic_of(&walk->arn);
    sns_arn_add(&topic_arn, &topic);
    sns_arn_add(&own_arn, &walk->arn);
    if (str_is(protocol, "lambda")) {
        write_for_lambda(m, buf_view(&topic_arn), buf_view(&own_arn), &payload);
    } else if (str_is(json_str(settings, "RawMessageDelivery"), "true")) {
        buf_str(&payload, body_for(m, "sqs"));
        if (json_object_size(m->attributes))
            json_write(&attributes, m->attributes);
    } else {
        CLEANUP_JSON json_t *shown = notification(m, buf_view(&topic_arn), "sqs");
        json_write(&payload, shown);
    }
    struct hub_event event = {.target = endpoint,
                              .source_service = source,
                              .source_arn = buf_view(&topic_arn),
                              .source_account = topic.account,
                              .payload = buf_view(&payload),
                              .attributes = buf_view(&attributes),
                              .subject =
                                  endpoint, /* for on_outcome: a dead letter's target is another */
                              .dead_letter = json_str(redrive, "deadLetterTargetArn"),
                              .account = topic.account,
                              .region = topic.region};
    (m->near ? hub_deliver_near : hub_deliver)(svc->hub, batch, &event);
}

enum verdict { DELIVER, SKIP, FILTERED_OUT, FILTERED_OUT_NO_ATTRIBUTES };

static enum verdict judge(struct kit_doc *row, const struct sns_message *m) {
    const json_t *doc = row->doc;
    str protocol = json_str(doc, "Protocol");
    if (!json_bool(doc, "Confirmed", false) ||
        (!str_is(protocol, "sqs") && !str_is(protocol, "lambda")))
        return SKIP;
    const json_t *filter = kit_doc_part(row, KIT_DOC_FILTER_POLICY);
    if (!filter || sns_filter_match(filter, m->attributes))
        return DELIVER;
    return json_object_size(m->attributes) ? FILTERED_OUT : FILTERED_OUT_NO_ATTRIBUTES;
}

static void notify(struct sns_svc *svc, struct store_batch *batch, struct sns_walk *walk,
                   const struct sns_arn *topic, const struct sns_message *m) {
    enum verdict verdict = judge(&walk->row, m);
    if (verdict == DELIVER)
        deliver(svc, batch, walk, m);
    else if (verdict != SKIP)
        put_metric(svc, batch, topic,
                   verdict == FILTERED_OUT ? "NumberOfNotificationsFilteredOut"
                                           : "NumberOfNotificationsFilteredOut-NoMessageAttributes",
                   1, "Count");
}

/* One that was there before subscriptions had numbers has none, and is served. */
static bool is_later(const json_t *doc, const struct sns_message *m) {
    return m->before && (uint64_t)json_int(doc, "Number", 0) > m->before;
}

int sns_fan_out_some(struct sns_svc *svc, struct store_batch *batch, const struct store_snap *snap,
                     const struct sns_arn *topic, const struct sns_message *m, struct buf *last) {
    struct sns_walk walk;
    bool full = false;
    int r;
    sns_walk_init(&walk, svc->store, snap, topic, buf_view(last));
    while ((r = sns_walk_next(&walk)) > 0 && !(full = store_batch_is_full(batch))) {
        if (!is_later(walk.row.doc, m))
            notify(svc, batch, &walk, topic, m);
        buf_clear(last);
        buf_str(last, walk.arn.subscription);
    }
    sns_walk_deinit(&walk);
    return r < 0 ? r : full;
}

int sns_fan_out(struct sns_svc *svc, struct store_batch *batch, const struct store_snap *snap,
                const struct sns_arn *topic, const struct sns_message *m) {
    CLEANUP_DEINIT(buf) struct buf last = {0};
    int r = sns_fan_out_some(svc, batch, snap, topic, m, &last);
    if (r < 0 && snap)
        return r;
    if (r)
        sns_later_put(svc, batch, topic, m, buf_view(&last));
    put_metric(svc, batch, topic, "NumberOfMessagesPublished", 1, "Count");
    put_metric(svc, batch, topic, "PublishSize", (double)sns_message_bytes(m), "Bytes");
    return 0;
}

/* What became of a notification: the hub tells, in the batch that settles it. */
static void on_outcome(void *ctx, struct store_batch *batch, const struct hub_event *event,
                       int outcome) {
    struct sns_arn topic;
    if (!sns_arn_parse(event->source_arn, &topic))
        return;
    bool dead_letter = !str_eq(event->target, event->subject);
    const char *name = outcome != HUB_OK ? "NumberOfNotificationsFailed"
                       : dead_letter     ? "NumberOfNotificationsRedrivenToDlq"
                                         : "NumberOfNotificationsDelivered";
    put_metric(ctx, batch, &topic,
               dead_letter && outcome != HUB_OK ? "NumberOfNotificationsFailedToRedriveToDlq"
                                                : name,
               1, "Count");
}

void sns_fan_out_plug(struct sns_svc *svc) {
    hub_plug_outcome(svc->hub, "sns.amazonaws.com", on_outcome, svc);
}
