/*
 * fn/processor: runs an event's records on threads, and tells the result: answer, report and
 * metrics.
 */
#include "fn/processor.h"

#include "base/clock.h"
#include "base/lock.h"
#include "fn/log.h"
#include "fn/metrics.h"
#include "fn/report.h"
#include "fn/steps.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    MAX_THREADS = 8,
    /* kept back of the invocation's time, to end what is under way and to say so */
    MARGIN_MS = 1500,
};

struct job {
    struct fn_work work;
    struct fn_record *records;
    struct fn_image *images;
    size_t n;
    atomic_size_t next;
    atomic_size_t skipped;
    atomic_size_t late;         /* not begun, for want of time */
    _Atomic int64_t longest_ms; /* that a record took */
    atomic_bool failed;
    pthread_mutex_t lock; /* guards why */
    struct err why;       /* of the first failure */
};

static void note_failure(struct job *job, const struct err *why) {
    LOCK_SCOPE(&job->lock);
    if (!job->failed)
        job->why = *why;
    job->failed = true;
}

static void run_record(struct job *job, size_t i) {
    struct err err = {{0}};
    struct fn_image *image = &job->images[i];
    int64_t start_ms = clock_mono_ms();
    int r = fn_steps_run(&job->work, image, &err);
    int64_t ms = clock_mono_ms() - start_ms, longest = job->longest_ms;
    while (ms > longest && !atomic_compare_exchange_weak(&job->longest_ms, &longest, ms))
        ;
    if (r == 0)
        return;
    image->status = NULL;
    if (r == FN_STEPS_SKIPPED)
        job->skipped++;
    else
        note_failure(job, &err);
}

/* Each is expected to take as long as the longest so far. */
static bool is_time_for(const struct job *job) {
    return !job->work.until_ms || clock_mono_ms() + job->longest_ms < job->work.until_ms;
}

static void *thread_main(void *arg) {
    struct job *job = arg;
    for (size_t i; (i = job->next++) < job->n;) {
        if (is_time_for(job))
            run_record(job, i);
        else
            job->late++;
    }
    return NULL;
}

/* The workers' memory is their budget's; these only wait for services meanwhile. */
static void run_all(struct job *job) {
    pthread_t threads[MAX_THREADS];
    size_t wanted = job->n < MAX_THREADS ? job->n : MAX_THREADS, started = 0;
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, thread_main, job) == 0)
        started++;
    thread_main(job); /* this thread is one of them */
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    struct err why;
    err_set(&why, 0, "%zu of %zu records were not begun: the invocation's time is over",
            (size_t)job->late, job->n);
    if (job->late)
        note_failure(job, &why);
}

struct counts {
    size_t processed, rejected, failed;
};

static struct counts count(const struct job *job) {
    struct counts c = {0};
    for (size_t i = 0; i < job->n; i++) {
        str status = str_c(job->images[i].status);
        c.processed += str_eq(status, S("processed"));
        c.rejected += str_eq(status, S("rejected"));
        c.failed += str_eq(status, S("failed"));
    }
    return c;
}

static int publish(const struct job *job, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0}, answer = {0};
    struct client_fault fault;
    fn_report_text(&text, job->images, job->n, job->skipped);
    const struct sign_header params[] = {
        {S("TopicArn"), str_c(job->work.context->config.topic_arn)},
        {S("Subject"), S("Image Processing Report")},
        {S("Message"), buf_view(&text)}};
    const struct client_form form = {"sns", "Publish", "2010-03-31", params, ARRAY_LEN(params)};
    int r = client_query(job->work.context->client, &form, &answer, &fault);
    return r == CLIENT_OK ? 0
                          : err_set(err, -EIO, "publish the report: " CLIENT_FAULT_FMT,
                                    CLIENT_FAULT_ARG(&fault));
}

static int finish(struct job *job, size_t ignored, double ms, struct buf *out, struct err *err) {
    struct fn_log log = {job->work.context->request_id, S("")};
    struct counts c = count(job);
    if (job->failed) {
        fn_log_step(&log, "error", "batch", ms, job->why.text);
        return err_set(err, -EIO, "%s", job->why.text);
    }
    int r = job->n > job->skipped ? publish(job, err) : 0;
    if (r != 0)
        return r;
    /* When the work is done, so that a retry does not count twice what a cut attempt did. */
    fn_metrics_log(job->work.context->config.environment, job->images, job->n, ms);
    buf_printf(out, "{\"processed\":%zu,\"rejected\":%zu,\"failed\":%zu,\"skipped\":%zu}",
               c.processed, c.rejected, c.failed, (size_t)job->skipped + ignored);
    return 0;
}

/* On the clock of waits, with the margin off; 0: never. */
static int64_t until_of(const struct fn_context *context) {
    if (!context->deadline_ms)
        return 0;
    int64_t until = clock_mono_ms() + context->deadline_ms - clock_real_ms() - MARGIN_MS;
    return until > 1 ? until : 1;
}

static void run_job(struct job *job) {
    const struct fn_context *context = job->work.context;
    struct fn_budget budget;
    lock_init(&job->lock);
    fn_budget_init(&budget, context->config.memory_bytes);
    job->work.budget = &budget;
    job->work.n = job->n;
    client_set_until(context->client, job->work.until_ms);
    run_all(job);
    fn_budget_deinit(&budget);
    pthread_mutex_destroy(&job->lock);
}

int fn_process(const struct fn_context *context, str event, struct buf *out, struct err *err) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct job job = {.work = {.context = context, .until_ms = until_of(context)}};
    size_t ignored;
    int64_t start = clock_mono_ns();
    CLEANUP_JSON json_t *doc = json_parse(event, err);
    if (!doc)
        return -EINVAL;
    int r = fn_event_parse(doc, &arena, &job.records, &job.n, &ignored, err);
    if (r != 0)
        return r;
    job.images = arena_alloc(&arena, (job.n + 1) * sizeof *job.images);
    for (size_t i = 0; i < job.n; i++)
        fn_image_init(&job.images[i], &job.records[i]);
    if (job.n)
        run_job(&job);
    r = finish(&job, ignored, (double)(clock_mono_ns() - start) / 1e6, out, err);
    if (job.n)
        client_set_until(context->client, 0); /* the runtime's own calls have no end */
    for (size_t i = 0; i < job.n; i++)
        fn_image_deinit(&job.images[i]);
    return r;
}
