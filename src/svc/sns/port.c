/* What other services publish: the hub's port "sns". */
#include "base/clock.h"
#include "base/rand.h"
#include "svc/sns/sns_priv.h"

static int find(struct sns_svc *svc, struct store_batch *batch, const struct hub_event *event) {
    CLEANUP_DEINIT(kit_doc) struct kit_doc topic = {0};
    return kit_doc_admit(&(struct rows){svc->store, NULL, batch}, event, "sns", "sns:Publish",
                         sns_default_policy, &topic);
}

static int check(void *ctx, const struct hub_event *event) { return find(ctx, NULL, event); }

static int accept_event(void *ctx, struct store_batch *batch, const struct hub_event *event) {
    struct sns_svc *svc = ctx;
    struct sns_arn topic;
    int r = find(svc, batch, event);
    if (r)
        return r;
    if (!sns_arn_parse(event->target, &topic))
        return HUB_E_NO_TARGET;
    if (event->payload.len > SNS_MESSAGE_MAX)
        return HUB_E_DENIED; /* it will never fit */
    CLEANUP_JSON json_t *attributes =
        event->attributes.len ? json_parse(event->attributes, NULL) : NULL;
    struct sns_message m = {.subject = event->subject,
                            .body = event->payload,
                            .attributes = attributes,
                            .time_ms = clock_world_ms()};
    rand_uuid(m.id);
    return sns_fan_out(svc, batch, NULL, &topic, &m) ? HUB_E_RETRY : HUB_OK;
}

void sns_plug(struct sns_svc *svc) {
    hub_plug_target(svc->hub, S("sns"), accept_event, svc);
    hub_plug_check(svc->hub, S("sns"), check, svc);
}
