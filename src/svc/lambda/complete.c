/*
 * The completer: commits what finished invocations leave behind (log lines, metrics, the queue's
 * rows, dead letters), many in one batch, in its own thread, so that neither the runtime nor the
 * client waits for a disk. A daemon killed in between delivers an asynchronous event once more.
 */
#include "base/log.h"
#include "svc/kit/metric.h"
#include "svc/lambda/lambda_priv.h"

enum { AT_ONCE = 256 };

void lambda_count_metric(struct lambda_svc *svc, struct store_batch *batch,
                         const struct lambda_fn *fn, const char *name, double value,
                         const char *unit) {
    const struct kit_metrics metrics = {.hub = svc->hub,
                                        .account = fn->name.account,
                                        .region = fn->name.region,
                                        .name_space = "AWS/Lambda",
                                        .dimensions = {{S("FunctionName"), fn->name.name}}};
    kit_metric_put(&metrics, batch, name, value, 1, unit);
}

static void put_metrics(struct lambda_svc *svc, struct store_batch *batch,
                        const struct lambda_inv *inv) {
    if (inv->outcome.throttled) {
        lambda_count_metric(svc, batch, inv->fn, "Throttles", 1, "Count");
        return;
    }
    double ms = (double)(inv->finished_ns - inv->delivered_ns) / 1e6;
    bool failed = inv->outcome.function_error || inv->outcome.fault;
    lambda_count_metric(svc, batch, inv->fn, "Invocations", 1, "Count");
    lambda_count_metric(svc, batch, inv->fn, "Errors", failed ? 1 : 0, "Count");
    lambda_count_metric(svc, batch, inv->fn, "Throttles", 0, "Count");
    lambda_count_metric(svc, batch, inv->fn, "Duration", ms, "Milliseconds");
    lambda_count_metric(svc, batch, inv->fn, "ConcurrentExecutions", (double)inv->concurrent,
                        "Count");
}

static void put_lines(struct lambda_svc *svc, struct store_batch *batch,
                      const struct lambda_inv *inv) {
    if (!inv->may_log || list_empty(&inv->lines))
        return;
    struct hub_log lines[64];
    size_t n = 0;
    LIST_EACH (node, &inv->lines) {
        const struct lambda_line *line = LIST_ENTRY(node, struct lambda_line, node);
        lines[n++] = (struct hub_log){.account = inv->fn->name.account,
                                      .region = inv->fn->name.region,
                                      .group = buf_view(&inv->log_group),
                                      .stream = str_c(inv->stream),
                                      .time_ms = line->time_ms,
                                      .message = buf_view(&line->text)};
        if (n == ARRAY_LEN(lines)) {
            hub_put_log(svc->hub, batch, lines, n);
            n = 0;
        }
    }
    if (n)
        hub_put_log(svc->hub, batch, lines, n);
}

struct again {
    uint64_t id;
    int64_t due_ms;
};

/* rows_only: what must not be lost, where the whole could not be committed. */
static int commit(struct lambda_svc *svc, struct lambda_inv *const *invs, size_t n,
                  bool rows_only) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct again again[AT_ONCE];
    size_t n_again = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t due_ms = 0;
        if (!rows_only)
            put_lines(svc, batch, invs[i]);
        if (invs[i]->logs_only)
            continue;
        if (!rows_only)
            put_metrics(svc, batch, invs[i]);
        if (invs[i]->async)
            lambda_after(svc, batch, invs[i], &due_ms);
        if (due_ms)
            again[n_again++] = (struct again){invs[i]->row_id, due_ms};
    }
    if (store_batch_empty(batch))
        return 0;
    if (rows_only)
        store_batch_frees(batch);
    struct err err = {0};
    int r = store_commit(svc->store, batch, &err);
    if (r)
        log_error("lambda", "what %zu invocations left behind was not committed: %s", n, err.text);
    for (size_t i = 0; r == 0 && i < n_again; i++)
        lambda_queue_due(svc, again[i].id, again[i].due_ms);
    return r;
}

static size_t take(struct lambda_svc *svc, struct lambda_inv **invs) {
    LOCK_SCOPE(&svc->lock);
    size_t n = 0;
    while (list_empty(&svc->finished) && !svc->completer_stops)
        pthread_cond_wait(&svc->finished_some, &svc->lock);
    LIST_EACH (node, &svc->finished) {
        if (n == AT_ONCE)
            break;
        list_remove(node);
        invs[n++] = LIST_ENTRY(node, struct lambda_inv, node);
    }
    return n;
}

static void forget_all(struct lambda_svc *svc, struct lambda_inv *const *invs, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += invs[i]->lines_bytes;
        lambda_inv_free(invs[i]);
    }
    LOCK_SCOPE(&svc->lock);
    svc->backlog -= bytes;
}

static void *complete_main(void *svc_) {
    struct lambda_svc *svc = svc_;
    struct lambda_inv *invs[AT_ONCE];
    pthread_setname_np(pthread_self(), "lambda-done");
    for (size_t n; (n = take(svc, invs)) > 0;) {
        if (commit(svc, invs, n, false))
            (void)commit(svc, invs, n, true);
        forget_all(svc, invs, n);
    }
    return NULL;
}

void lambda_complete_add(struct lambda_svc *svc, struct lambda_inv *inv) {
    LOCK_SCOPE(&svc->lock);
    if (inv->outcome.interrupted || !svc->has_completer) {
        lambda_inv_free(inv);
        return;
    }
    list_append(&svc->finished, &inv->node);
    svc->backlog += inv->lines_bytes;
    pthread_cond_signal(&svc->finished_some);
}

int lambda_complete_start(struct lambda_svc *svc, struct err *err) {
    int r = pthread_create(&svc->completer, NULL, complete_main, svc);
    if (r)
        return err_sys(err, -r, "starting the thread that completes invocations");
    svc->has_completer = true;
    return 0;
}

void lambda_complete_stop(struct lambda_svc *svc) {
    if (!svc->has_completer)
        return;
    lock_take(&svc->lock);
    svc->completer_stops = true;
    pthread_cond_signal(&svc->finished_some);
    lock_drop(&svc->lock);
    pthread_join(svc->completer, NULL);
    svc->has_completer = false;
}
