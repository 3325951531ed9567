/* What other services send: the hub's port "sqs". */
#include "aws/port.h"
#include "base/clock.h"
#include "base/rand.h"
#include "svc/sqs/sqs_priv.h"

/*
 * Lambda's dead letters carry no policy of the queue's: they are sent with the rights of the
 * function's role, which Lambda has checked before.
 */
static bool is_sent_by_role(const struct hub_event *event) { return str_is(event->source_service, "lambda.amazonaws.com"); }

static int admit(const struct hub_event *event, const struct sqs_queue *queue) {
    CLEANUP(policy) struct policy *policy = NULL;
    str text = json_str(json_obj(queue->doc, "Attributes"), "Policy");
    if (is_sent_by_role(event))
        return str_eq(event->source_account, queue->account) ? HUB_OK : HUB_E_DENIED;
    if (text.len == 0 || policy_new(&policy, POLICY_RESOURCE, text, NULL))
        return HUB_E_DENIED;
    return aws_port_decide(event, policy, "sqs:SendMessage", event->target, queue->account);
}

static int find(struct svc *svc, const struct hub_event *event, struct sqs_queue *queue) {
    int r = sqs_queue_load_arn(svc, event->target, queue);
    if (r == STORE_E_ABSENT)
        return HUB_E_NO_TARGET;
    return r ? HUB_E_RETRY : admit(event, queue);
}

static int check(void *ctx, const struct hub_event *event) {
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    return find(ctx, event, &queue);
}

static int accept_event(void *ctx, struct store_batch *batch, const struct hub_event *event) {
    struct svc *svc = ctx;
    CLEANUP_DEINIT(sqs_queue) struct sqs_queue queue = {0};
    int r = find(svc, event, &queue);
    if (r)
        return r;
    if (event->payload.len > (size_t)queue.max_bytes)
        return HUB_E_DENIED; /* it will never fit */
    int64_t now = clock_world_ms();
    struct sqs_message m = {.sent_ms = now, .sender = event->source_service, .body = event->payload, .attributes = event->attributes};
    rand_uuid(m.message_id);
    if (sqs_message_put(svc, batch, &queue, &m, now + queue.delay_s * 1000))
        return HUB_E_RETRY;
    sqs_put_metric(svc, batch, &queue, "NumberOfMessagesSent", 1, 1, "Count");
    sqs_put_metric(svc, batch, &queue, "SentMessageSize", (double)m.body.len, 1, "Bytes");
    return HUB_OK;
}

void sqs_plug(struct svc *svc) {
    hub_plug_target(svc->hub, S("sqs"), accept_event, svc);
    hub_plug_check(svc->hub, S("sqs"), check, svc);
}
