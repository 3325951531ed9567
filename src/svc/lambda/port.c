/*
 * The hub's doors to Lambda: events for functions become rows of the queue, and a source asks at
 * configuration time whether it may send them. Who wants a function's answer calls Invoke through
 * aws_call, with rights of its own.
 */
#include "base/rand.h"
#include "svc/kit/resource_policy.h"
#include "svc/lambda/lambda_priv.h"

/* ---- May the source invoke it? ---- */
static int may_invoke(const struct lambda_fn *fn, const struct hub_event *event) {
    CLEANUP_DEINIT(buf) struct buf policy = {0};
    lambda_policy_text(fn->doc, &policy);
    const struct aws_port_question question = {"lambda:InvokeFunction", buf_view(&fn->arn),
                                               fn->name.account,
                                               kit_tags_stored(&lambda_tags, fn->doc), false};
    return kit_port_admits(event, buf_view(&policy), &question);
}

static int find(const struct rows *rows, str arn, struct lambda_fn **ret_fn) {
    struct lambda_name name;
    if (!str_starts(arn, S("arn:")) || !lambda_name_parse(arn, STR_NONE, STR_NONE, &name))
        return HUB_E_NO_TARGET;
    int r = lambda_fn_load(rows, &name, ret_fn);
    return r == STORE_E_ABSENT ? HUB_E_NO_TARGET : r ? HUB_E_RETRY : HUB_OK;
}

static int check_event(void *svc_, const struct hub_event *event) {
    struct lambda_svc *svc = svc_;
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    int r = find(&(struct rows){.store = svc->store}, event->target, &fn);
    return r ? r : may_invoke(fn, event);
}

/* The function, its policy with it, must still be so when the event is accepted or refused. */
static int accept_event(void *svc_, struct store_batch *batch, const struct hub_event *event) {
    struct lambda_svc *svc = svc_;
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    char id[RAND_UUID_LEN + 1];
    int r = find(&(struct rows){.store = svc->store, .batch = batch}, event->target, &fn);
    if (r == HUB_OK)
        r = may_invoke(fn, event);
    if (r)
        return r;
    rand_uuid(id);
    lambda_queue_add(svc, batch, fn, id, event->payload);
    return HUB_OK;
}

/*
 * A dead letter or a record that its target refused; what the role may not send is counted before
 * it gets here (after.c). Dead letters have attributes, records have none.
 */
static void on_outcome(void *svc, struct store_batch *batch, const struct hub_event *event,
                       int outcome) {
    struct lambda_name name;
    if (outcome == HUB_OK ||
        !lambda_name_parse(event->source_arn, event->account, event->region, &name))
        return;
    lambda_count_one(svc, batch, &name,
                     event->attributes.len ? "DeadLetterErrors" : "DestinationDeliveryFailures");
}

void lambda_ports_plug(struct lambda_svc *svc) {
    hub_plug_target(svc->hub, S("lambda"), accept_event, svc);
    hub_plug_check(svc->hub, S("lambda"), check_event, svc);
    hub_plug_outcome(svc->hub, "lambda.amazonaws.com", on_outcome, svc);
}
