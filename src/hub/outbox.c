/*
 * hub/outbox: events on their way, as due rows of kind "event" (docs/formats/due.md).
 *
 * What a target's port adds is committed together with the removal of the event's row: an event is
 * accepted once, whenever the process dies. A target that is not ready gets the event again later.
 */
#include "hub/event.h"
#include "hub/hub_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/fault.h"

static const int64_t give_up_ms = 6LL * 3600 * 1000; /* as asynchronous invocations do */

static void put(struct hub *hub, struct store_batch *batch, const struct hub_event *event) {
    CLEANUP_DEINIT(buf) struct buf payload = {0};
    hub_event_encode(&payload, event);
    const struct hub_due_item item = {.born_ms = clock_world_ms(), .payload = buf_view(&payload)};
    hub_due_put(hub->outbox, batch, &item);
}

void hub_deliver(struct hub *hub, struct store_batch *batch, const struct hub_event *event) {
    if (store_fault_on(STORE_FAULT_SKIP_OUTBOX))
        return; /* the crash harness shows that it notices */
    put(hub, batch, event);
}

/* The port that may take the event in the batch of whoever causes it; NULL: none may. */
static struct hub_target *near_target(struct hub *hub, const struct store_batch *batch, str arn) {
    enum { SMALL = 64 }; /* rows: whoever has many events to tell does not wait for their targets */
    struct hub_target *target = hub_target_of(hub, hub_arn_service(arn));
    return target && target->near && store_batch_rows(batch) < SMALL && hub_due_is_idle(hub->outbox)
               ? target
               : NULL;
}

void hub_deliver_near(struct hub *hub, struct store_batch *batch, const struct hub_event *event) {
    struct hub_target *target = near_target(hub, batch, event->target);
    if (target && !store_fault_on(STORE_FAULT_SKIP_OUTBOX) &&
        target->accept(target->accept_ctx, batch, event) == HUB_OK)
        hub_tell_source(hub, batch, event, HUB_OK);
    else
        hub_deliver(hub, batch, event);
}

/* What the target will never take goes to the dead-letter queue, or is said in the log. */
static enum hub_due_result refuse(struct hub *hub, struct store_batch *batch,
                                  const struct hub_event *event, int outcome, const char *why) {
    hub_tell_source(hub, batch, event, outcome);
    if (event->dead_letter.len == 0) {
        log_error("hub", "an event from " STR_FMT " to " STR_FMT " is lost: %s",
                  STR_ARG(event->source_arn), STR_ARG(event->target), why);
        return HUB_DUE_DONE;
    }
    log_warn("hub",
             "an event from " STR_FMT " to " STR_FMT " goes to the dead letters in " STR_FMT ": %s",
             STR_ARG(event->source_arn), STR_ARG(event->target), STR_ARG(event->dead_letter), why);
    struct hub_event dead = *event;
    dead.target = event->dead_letter;
    dead.dead_letter = STR_NONE;
    put(hub, batch, &dead);
    return HUB_DUE_DONE;
}

static enum hub_due_result put_off(struct hub *hub, struct store_batch *batch,
                                   struct hub_due_item *item, const struct hub_event *event) {
    int64_t now = clock_world_ms();
    if (item->born_ms > now) /* the clock went back: else it is tried for as long as that was */
        item->born_ms = now;
    int64_t able = hub_able_since_ms(hub);
    if (now - (item->born_ms > able ? item->born_ms : able) >= give_up_ms)
        return refuse(hub, batch, event, HUB_E_RETRY, "the target was not ready for six hours");
    item->attempts++;
    item->due_ms = now + hub_backoff_ms(item->attempts);
    return HUB_DUE_AGAIN;
}

static enum hub_due_result hand_over(void *hub_, struct store_batch *batch,
                                     struct hub_due_item *item) {
    struct hub *hub = hub_;
    struct hub_event event;
    if (!hub_event_decode(item->payload, &event))
        return HUB_DUE_DAMAGED;
    struct hub_target *target = hub_target_of(hub, hub_arn_service(event.target));
    int r = target && target->accept ? target->accept(target->accept_ctx, batch, &event)
                                     : HUB_E_NO_TARGET;
    switch (r) {
    case HUB_OK: hub_tell_source(hub, batch, &event, HUB_OK); return HUB_DUE_DONE;
    case HUB_E_DENIED:
        return refuse(hub, batch, &event, r, "the target's policy does not allow the source");
    case HUB_E_NO_TARGET: return refuse(hub, batch, &event, r, "the target does not exist");
    default: /* HUB_E_RETRY and faults */ return put_off(hub, batch, item, &event);
    }
}

void hub_outbox_open(struct hub *hub) {
    hub->outbox = hub_due_add(hub, &(struct hub_due_kind){.name = HUB_OUTBOX,
                                                          .longest_ms = HUB_BACKOFF_MOST_MS,
                                                          .at_once = HUB_DUE_MOST,
                                                          .run = hand_over,
                                                          .ctx = hub});
}
