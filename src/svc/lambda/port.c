/* The hub's doors: events for functions, checks at configuration time, synchronous calls from
 * inside. */
#include "base/rand.h"
#include "svc/kit/resource_policy.h"
#include "svc/lambda/lambda_priv.h"

#include <errno.h>

/* ---- May the source invoke it? ---- */
static int may_invoke(const struct lambda_fn *fn, const struct hub_event *event) {
    CLEANUP_DEINIT(buf) struct buf policy = {0};
    lambda_policy_text(fn, &policy);
    return kit_port_admits(event, buf_view(&policy), "lambda:InvokeFunction", buf_view(&fn->arn),
                           fn->name.account);
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

/* ---- Synchronous ---- */
struct caller {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    struct lambda_outcome outcome;
};

static void answer_caller(struct lambda_inv *inv, void *caller_) {
    struct caller *caller = caller_;
    LOCK_SCOPE(&caller->lock);
    caller->outcome = inv->outcome;
    inv->outcome.payload = (struct buf){0};
    caller->is_done = true;
    pthread_cond_signal(&caller->done);
}

static int take_outcome(struct caller *caller, struct buf *ret_payload, struct err *err) {
    const struct lambda_outcome *outcome = &caller->outcome;
    if (outcome->fault)
        return err_set(err, -EREMOTEIO, "%s", outcome->fault_text);
    if (outcome->function_error)
        return err_set(err, -EREMOTEIO, "%.400s", buf_cstr(&outcome->payload));
    buf_str(ret_payload, buf_view(&outcome->payload));
    return 0;
}

static int invoke(void *svc_, str function_arn, str payload, struct buf *ret_payload,
                  struct err *err) {
    struct lambda_svc *svc = svc_;
    CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
    int r = find(&(struct rows){.store = svc->store}, function_arn, &fn);
    if (r)
        return err_set(err, r, "Function not found: " STR_FMT, STR_ARG(function_arn));
    struct caller caller = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
    CLEANUP(lambda_inv) struct lambda_inv *inv = lambda_inv_new(fn, payload);
    inv->answer = answer_caller;
    inv->ctx = &caller;
    if (lambda_dispatch(svc, inv))
        return err_set(err, -EAGAIN, "%s", lambda_e_TooManyRequestsException.text);
    (void)STEAL(inv);
    pthread_mutex_lock(&caller.lock);
    while (!caller.is_done)
        pthread_cond_wait(&caller.done, &caller.lock);
    pthread_mutex_unlock(&caller.lock);
    r = take_outcome(&caller, ret_payload, err);
    lambda_outcome_deinit(&caller.outcome);
    return r;
}

void lambda_ports_plug(struct lambda_svc *svc) {
    hub_plug_target(svc->hub, S("lambda"), accept_event, svc);
    hub_plug_check(svc->hub, S("lambda"), check_event, svc);
    hub_plug_invoke(svc->hub, invoke, svc);
}
