/* What other services publish: the hub's port "sns". */
#include "aws/port.h"
#include "base/clock.h"
#include "base/rand.h"
#include "svc/sns/sns_priv.h"

static int find(struct svc *svc, const struct hub_event *event, struct sns_arn *ret_topic) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    CLEANUP(policy) struct policy *policy = NULL;
    if (!sns_arn_parse(event->target, ret_topic) || ret_topic->subscription.len)
        return HUB_E_NO_TARGET;
    sns_topic_key(&key, ret_topic);
    int r = store_get(svc->store, NULL, STORE_META, buf_view(&key), &row);
    if (r)
        return r == STORE_E_ABSENT ? HUB_E_NO_TARGET : HUB_E_RETRY;
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&row), NULL);
    str text = json_str(sns_attributes(doc), "Policy");
    if (text.len == 0 || policy_new(&policy, POLICY_RESOURCE, text, NULL))
        return HUB_E_DENIED;
    return aws_port_decide(event, policy, "sns:Publish", event->target, ret_topic->account);
}

static int check(void *ctx, const struct hub_event *event) {
    struct sns_arn topic;
    return find(ctx, event, &topic);
}

static int accept_event(void *ctx, struct store_batch *batch, const struct hub_event *event) {
    struct svc *svc = ctx;
    struct sns_arn topic;
    int r = find(svc, event, &topic);
    if (r)
        return r;
    if (event->payload.len > SNS_MESSAGE_MAX)
        return HUB_E_DENIED; /* it will never fit */
    CLEANUP_JSON json_t *attributes = event->attributes.len ? json_parse(event->attributes, NULL) : NULL;
    struct sns_message m = {.subject = event->subject, .body = event->payload, .attributes = attributes, .time_ms = clock_world_ms()};
    rand_uuid(m.id);
    return sns_fan_out(svc, batch, NULL, &topic, &m) ? HUB_E_RETRY : HUB_OK;
}

void sns_plug(struct svc *svc) {
    hub_plug_target(svc->hub, S("sns"), accept_event, svc);
    hub_plug_check(svc->hub, S("sns"), check, svc);
}
