/*
 * The completer: commits what finished invocations leave behind (log lines, metrics, the queue's
 * rows, dead letters), many in one batch, in its own thread, so that neither the runtime nor the
 * client waits for a disk. Lines of an invocation may be in batches before that of its end. A
 * daemon killed in between delivers an asynchronous event once more.
 */
#include "base/clock.h"
#include "base/log.h"
#include "svc/kit/metric.h"
#include "svc/lambda/lambda_priv.h"

/*
 * What comes within GATHER_MS of the last write is written together: a busy function's traces cost a
 * synced write a hundred times a second and not one an invocation. The first of all waits for nobody.
 */
enum { AT_ONCE = 64, GATHER_MS = 10 };

static void put_metric(struct lambda_svc *svc, struct store_batch *batch,
                       const struct lambda_name *of, const char *name, double value,
                       const char *unit) {
    const struct kit_metrics metrics = {.hub = svc->hub,
                                        .account = of->account,
                                        .region = of->region,
                                        .name_space = "AWS/Lambda",
                                        .dimensions = {{S("FunctionName"), of->name}}};
    kit_metric_put(&metrics, batch, name, value, 1, unit);
}

void lambda_count_metric(struct lambda_svc *svc, struct store_batch *batch,
                         const struct lambda_fn *fn, const char *name, double value,
                         const char *unit) {
    put_metric(svc, batch, &fn->name, name, value, unit);
}

void lambda_count_one(struct lambda_svc *svc, struct store_batch *batch,
                      const struct lambda_name *of, const char *name) {
    put_metric(svc, batch, of, name, 1, "Count");
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

/* ---- One write after the other ---- */
/*
 * What is being gathered. Lines go in batches of a size that shares a write with others' (the store
 * says which); what must go together, an invocation's metrics with the end of its row, is in one.
 */
struct work {
    struct lambda_svc *svc;
    struct store_batch *batch;
    struct lambda_inv *const *ended; /* their ends are in the batch */
    size_t n_ended;
};

static void put_end(struct lambda_svc *svc, struct store_batch *batch, struct lambda_inv *inv,
                    bool metrics) {
    if (metrics)
        put_metrics(svc, batch, inv);
    if (inv->async && !inv->returned)
        lambda_after(svc, batch, inv);
    else if (!inv->async && inv->outcome.function_error)
        lambda_tell_failed(inv, 0);
}

static int write_batch(struct work *w, const char *what) {
    struct err err = {0};
    int r = store_batch_idle(w->batch) ? 0 : store_commit(w->svc->store, w->batch, &err);
    store_batch_clear(w->batch);
    if (r)
        log_error("lambda", "%s of %zu invocations could not be written: %s", what, w->n_ended,
                  err.text);
    return r;
}

/* Where the whole cannot be committed, what must not be lost goes without the rest. */
static void write_rows_alone(struct work *w) {
    for (size_t i = 0; i < w->n_ended; i++)
        put_end(w->svc, w->batch, w->ended[i], false);
    store_batch_frees(w->batch);
    (void)write_batch(w, "the outcomes");
}

static void write_all(struct work *w) {
    if (write_batch(w, "log lines and metrics"))
        write_rows_alone(w);
    w->ended += w->n_ended;
    w->n_ended = 0;
}

static void write_if_full(struct work *w) {
    if (store_batch_is_full(w->batch))
        write_all(w);
}

/* ---- Lines ---- */
/* So many lines, or bytes of theirs, go to the log's port at a time. */
enum { LINES_AT_ONCE = 64, LINE_BYTES_AT_ONCE = 64 * 1024 };
struct lot {
    struct hub_log lines[LINES_AT_ONCE];
    size_t n, bytes;
};

static void put_lot(struct work *w, struct lot *lot) {
    if (lot->n)
        hub_put_log(w->svc->hub, w->batch, lot->lines, lot->n);
    lot->n = lot->bytes = 0;
    write_if_full(w);
}

static void add_to_lot(struct work *w, struct lot *lot, const struct hub_log *line) {
    lot->lines[lot->n++] = *line;
    lot->bytes += line->message.len;
    if (lot->n == LINES_AT_ONCE || lot->bytes >= LINE_BYTES_AT_ONCE)
        put_lot(w, lot);
}

/* A line that may carry metrics goes alone, for it may be thousands of rows. */
static void put_with_metrics(struct work *w, struct lambda_pool *pool, struct hub_log line) {
    size_t before = store_batch_rows(w->batch);
    int64_t began_ns = clock_mono_ns();
    line.plain = !lambda_metrics_may(&pool->metrics, began_ns);
    hub_put_log(w->svc->hub, w->batch, &line, 1);
    size_t rows = line.plain ? 0 : store_batch_rows(w->batch) - before;
    write_if_full(w);
    lambda_metrics_took(&pool->metrics, rows, clock_mono_ns() - began_ns);
}

static struct lambda_pool *pool_of(struct lambda_svc *svc, const struct lambda_inv *inv) {
    LOCK_SCOPE(&svc->lock);
    return lambda_pool_of_locked(svc, buf_view(&inv->fn->arn));
}

/* A line of ours, as an application's that logs JSON. */
static void add_as_json(struct buf *out, str text) {
    char when[CLOCK_ISO_MAX];
    buf_printf(out, "{\"timestamp\":\"%s\",\"level\":\"WARN\",\"message\":",
               clock_iso8601_ms(when, clock_world_ms()));
    json_add_quoted(out, str_slice(text, 0, text.len - 1)); /* without its newline */
    buf_char(out, '}');
}

static void tell_lost_metrics(struct work *w, struct lambda_pool *pool, struct hub_log line,
                              const struct lambda_inv *inv) {
    CLEANUP_DEINIT(buf) struct buf text = {0}, json = {0};
    if (!lambda_metrics_tell(&pool->metrics, clock_mono_ns(), !inv->logs_only, &text))
        return;
    if (inv->fn->json_logs)
        add_as_json(&json, buf_view(&text));
    line.message = buf_view(inv->fn->json_logs ? &json : &text);
    hub_put_log(w->svc->hub, w->batch, &line, 1);
}

static void put_lines(struct work *w, const struct lambda_inv *inv) {
    if (!inv->may_log || inv->lines.n == 0)
        return;
    struct lambda_pool *pool = pool_of(w->svc, inv);
    struct hub_log line = {.account = inv->fn->name.account,
                           .region = inv->fn->name.region,
                           .group = buf_view(&inv->log_group),
                           .stream = str_c(inv->stream)};
    struct lot lot = {.n = 0};
    struct cur at = cur_of(buf_view(&inv->lines.bytes));
    while (lambda_lines_next(&at, &line.time_ms, &line.message)) {
        if (str_find(line.message, S("\"_aws\"")) < 0) {
            add_to_lot(w, &lot, &line);
            continue;
        }
        put_lot(w, &lot);
        put_with_metrics(w, pool, line);
    }
    put_lot(w, &lot);
    tell_lost_metrics(w, pool, line, inv);
}

static void complete(struct work *w, struct lambda_inv *inv) {
    put_lines(w, inv);
    /* What was none at its end stays none, though the store may have room by now. */
    if (!inv->logs_only && (inv->returned || lambda_was_no_attempt(w->svc, inv))) {
        inv->returned = true;
        lambda_queue_return(w->svc, inv);
    }
    if (!inv->logs_only)
        put_end(w->svc, w->batch, inv, true);
    w->n_ended++;
    write_if_full(w);
}

/* ---- The thread ---- */
/* Waits for the first, and for company where the last write was just now. */
static void wait_locked(struct lambda_svc *svc, int64_t wrote_ms) {
    int64_t until_ms = wrote_ms + GATHER_MS;
    struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                             .tv_nsec = (long)(until_ms % 1000) * 1000000};
    LOCK_HELD(&svc->lock);
    while (list_empty(&svc->finished) && !svc->completer_stops)
        pthread_cond_wait(&svc->finished_some, &svc->lock);
    while (svc->n_finished < AT_ONCE && svc->backlog <= LAMBDA_BACKLOG_MOST / 2 &&
           !svc->completer_stops && clock_mono_ms() < until_ms)
        pthread_cond_timedwait(&svc->finished_some, &svc->lock, &until);
}

static size_t take(struct lambda_svc *svc, int64_t wrote_ms, struct lambda_inv **invs) {
    LOCK_SCOPE(&svc->lock);
    size_t n = 0;
    wait_locked(svc, wrote_ms);
    LIST_EACH (node, &svc->finished) {
        if (n == AT_ONCE)
            break;
        list_remove(node);
        svc->n_finished--;
        invs[n++] = LIST_ENTRY(node, struct lambda_inv, node);
    }
    return n;
}

static void forget_all(struct lambda_svc *svc, struct lambda_inv *const *invs, size_t n) {
    lock_take(&svc->lock);
    for (size_t i = 0; i < n; i++)
        lambda_log_committed_locked(svc, invs[i]->fn, &invs[i]->lines);
    lock_drop(&svc->lock);
    for (size_t i = 0; i < n; i++)
        lambda_inv_free(invs[i]);
}

static void *complete_main(void *svc_) {
    struct lambda_svc *svc = svc_;
    struct lambda_inv *invs[AT_ONCE];
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    pthread_setname_np(pthread_self(), "lambda-done");
    int64_t wrote_ms = 0;
    for (size_t n; (n = take(svc, wrote_ms, invs)) > 0; wrote_ms = clock_mono_ms()) {
        struct work work = {.svc = svc, .batch = batch, .ended = invs};
        for (size_t i = 0; i < n; i++)
            complete(&work, invs[i]);
        write_all(&work);
        forget_all(svc, invs, n);
    }
    return NULL;
}

void lambda_complete_add(struct lambda_svc *svc, struct lambda_inv *inv) {
    LOCK_SCOPE(&svc->lock);
    if (inv->outcome.interrupted || !svc->has_completer) {
        lambda_log_committed_locked(svc, inv->fn, &inv->lines);
        lambda_inv_free(inv);
        return;
    }
    list_append(&svc->finished, &inv->node);
    /* one that gathers is woken by the first and by the one that makes it enough */
    if (++svc->n_finished == 1 || svc->n_finished == AT_ONCE)
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
