/* What other services send: the hub's port "sqs". */
#include "base/clock.h"
#include "base/rand.h"
#include "svc/sqs/sqs_priv.h"

static int check(void *ctx, const struct hub_event *event) {
    CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0};
    struct sqs_svc *svc = ctx;
    return kit_doc_admit(&(struct rows){svc->store, NULL, NULL}, event, "sqs", "sqs:SendMessage",
                         NULL, &doc);
}

static int accept_event(void *ctx, struct store_batch *batch, const struct hub_event *event) {
    struct sqs_svc *svc = ctx;
    CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0};
    struct rows rows = {svc->store, NULL, batch};
    struct sqs_queue queue;
    int r = kit_doc_admit(&rows, event, "sqs", "sqs:SendMessage", NULL, &doc);
    if (r)
        return r;
    if (sqs_queue_of(&doc, &queue))
        return HUB_E_RETRY;
    if (event->payload.len > (size_t)queue.max_bytes)
        return HUB_E_DENIED; /* it will never fit */
    int64_t now = clock_world_ms();
    struct sqs_message m = {.sent_ms = now,
                            .sender = event->source_service,
                            .body = event->payload,
                            .attributes = event->attributes};
    rand_uuid(m.message_id);
    sqs_message_put(svc, &rows, &queue, &m, now + queue.delay_s * 1000);
    sqs_put_metric(svc, batch, &queue, "NumberOfMessagesSent", 1, 1, "Count");
    sqs_put_metric(svc, batch, &queue, "SentMessageSize", (double)m.body.len, 1, "Bytes");
    return HUB_OK;
}

void sqs_plug(struct sqs_svc *svc) {
    hub_plug_target(svc->hub, S("sqs"), accept_event, svc);
    hub_plug_near(svc->hub, S("sqs"));
    hub_plug_check(svc->hub, S("sqs"), check, svc);
}
