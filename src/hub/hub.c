/* hub/hub: the ports that services plug into, and the hub's life. */
#include "hub/hub_priv.h"

#include "base/arn.h"

struct hub *hub_new(struct store *store) {
    struct hub *hub = mem_new(struct hub);
    hub->store = store;
    list_init(&hub->kinds);
    hub_outbox_open(hub);
    hub_room_open(hub);
    return hub;
}

struct hub *hub_free(struct hub *hub) {
    if (!hub)
        return NULL;
    hub_due_free_all(hub);
    for (size_t i = 0; i < hub->n_targets; i++)
        free(hub->targets[i].service);
    free(hub->targets);
    free(hub->sources);
    free(hub->waiters);
    free(hub);
    return NULL;
}

str hub_arn_service(str arn) {
    struct arn parts;
    arn_parse(arn, &parts);
    return parts.service;
}

struct hub_target *hub_target_of(struct hub *hub, str service) {
    for (size_t i = 0; i < hub->n_targets; i++)
        if (str_is(service, hub->targets[i].service))
            return &hub->targets[i];
    return NULL;
}

/* The row of that service, made when there is none. Plugging happens before any thread runs. */
static struct hub_target *target_row(struct hub *hub, str service) {
    struct hub_target *target = hub_target_of(hub, service);
    if (target)
        return target;
    CLEANUP_DEINIT(buf) struct buf name = {0};
    buf_str(&name, service);
    hub->targets = mem_realloc(hub->targets, (hub->n_targets + 1) * sizeof *hub->targets);
    target = &hub->targets[hub->n_targets++];
    *target = (struct hub_target){.service = buf_take(&name)};
    return target;
}

void hub_plug_target(struct hub *hub, str service, hub_accept_fn *accept, void *ctx) {
    struct hub_target *target = target_row(hub, service);
    target->accept = accept;
    target->accept_ctx = ctx;
}

void hub_plug_near(struct hub *hub, str service) { target_row(hub, service)->near = true; }

void hub_plug_check(struct hub *hub, str service, hub_check_fn *check, void *ctx) {
    struct hub_target *target = target_row(hub, service);
    target->check = check;
    target->check_ctx = ctx;
}

void hub_plug_outcome(struct hub *hub, const char *source_service, hub_outcome_fn *outcome,
                      void *ctx) {
    hub->sources = mem_realloc(hub->sources, (hub->n_sources + 1) * sizeof *hub->sources);
    hub->sources[hub->n_sources++] = (struct hub_source){source_service, outcome, ctx};
}

void hub_tell_source(struct hub *hub, struct store_batch *batch, const struct hub_event *event,
                     int outcome) {
    for (size_t i = 0; i < hub->n_sources; i++)
        if (str_is(event->source_service, hub->sources[i].service))
            hub->sources[i].outcome(hub->sources[i].ctx, batch, event, outcome);
}

int hub_check(struct hub *hub, const struct hub_event *event) {
    struct hub_target *target = hub_target_of(hub, hub_arn_service(event->target));
    return target && target->check ? target->check(target->check_ctx, event) : HUB_E_NO_TARGET;
}

void hub_plug_metric(struct hub *hub, hub_metric_fn *put, void *ctx) {
    hub->metric = put;
    hub->metric_ctx = ctx;
}

void hub_put_metric(struct hub *hub, struct store_batch *batch, const struct hub_metric *metric) {
    if (hub->metric)
        hub->metric(hub->metric_ctx, batch, metric);
}

void hub_plug_log(struct hub *hub, hub_log_fn *put, void *ctx) {
    hub->log = put;
    hub->log_ctx = ctx;
}

void hub_put_log(struct hub *hub, struct store_batch *batch, const struct hub_log *lines,
                 size_t n) {
    if (hub->log)
        hub->log(hub->log_ctx, batch, lines, n);
}

void hub_no_metric(void *, struct store_batch *, const struct hub_metric *) {}
void hub_no_log(void *, struct store_batch *, const struct hub_log *, size_t) {}

int hub_start(struct hub *hub, struct err *err) {
    if (!hub->metric || !hub->log)
        return err_set(err, HUB_E_NO_TARGET, "nothing takes the hub's %s: hub_plug_%s is missing",
                       hub->metric ? "log lines" : "metrics", hub->metric ? "log" : "metric");
    int r = hub_due_start(hub, err);
    if (r != 0)
        hub_stop(hub);
    return r;
}

void hub_stop(struct hub *hub) { hub_due_stop(hub); }
