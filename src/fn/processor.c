/*
 * fn/processor: runs an event's records on threads, and tells the result: answer, report and
 * metrics.
 */
#include "fn/processor.h"

#include "base/clock.h"
#include "fn/log.h"
#include "fn/report.h"
#include "fn/steps.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum { MAX_THREADS = 8 };

struct job {
    const struct fn_context *context;
    struct fn_record *records;
    struct fn_image *images;
    size_t n;
    atomic_size_t next;
    atomic_size_t skipped;
    atomic_bool failed;
    pthread_mutex_t lock; /* guards why */
    struct err why;       /* of the first failure */
};

static void run_record(struct job *job, size_t i) {
    struct err err = {{0}};
    struct fn_image *image = &job->images[i];
    image->record = &job->records[i];
    int r = fn_steps_run(job->context, image, &err);
    if (r == FN_STEPS_SKIPPED) {
        image->status = NULL;
        job->skipped++;
    } else if (r != 0) {
        image->status = NULL;
        pthread_mutex_lock(&job->lock);
        if (!job->failed)
            job->why = err;
        job->failed = true;
        pthread_mutex_unlock(&job->lock);
    }
}

static void *thread_main(void *arg) {
    struct job *job = arg;
    for (size_t i; (i = job->next++) < job->n;)
        run_record(job, i);
    return NULL;
}

/*
 * How many records fit beside each other: the largest original, its copy in the worker, its pixels.
 */
static size_t threads_for(const struct job *job) {
    uint64_t largest = 0;
    for (size_t i = 0; i < job->n; i++)
        if ((uint64_t)job->records[i].size > largest)
            largest = (uint64_t)job->records[i].size;
    uint64_t need = 2 * largest + (96u << 20);
    size_t fit = (size_t)(job->context->config.memory_bytes / need);
    if (fit > MAX_THREADS)
        fit = MAX_THREADS;
    if (fit > job->n)
        fit = job->n;
    return fit ? fit : 1;
}

static void run_all(struct job *job) {
    pthread_t threads[MAX_THREADS];
    size_t wanted = threads_for(job), started = 0;
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, thread_main, job) == 0)
        started++;
    thread_main(job); /* this thread is one of them */
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
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
    const struct sign_header params[] = {{S("TopicArn"), str_c(job->context->config.topic_arn)},
                                         {S("Subject"), S("Image Processing Report")},
                                         {S("Message"), buf_view(&text)}};
    const struct client_form form = {"sns", "Publish", "2010-03-31", params, ARRAY_LEN(params)};
    int r = client_query(job->context->client, &form, &answer, &fault);
    return r == CLIENT_OK
               ? 0
               : err_set(err, -EIO, "publish the report: %s %s", fault.code, fault.message);
}

/* Counted when the work is done, so that a retry does not count twice what a cut attempt did. */
static void report_metrics(const struct job *job, struct counts c, double ms) {
    const struct fn_count metrics[] = {{"ImagesProcessed", (double)c.processed, "Count"},
                                       {"ImagesRejected", (double)c.rejected, "Count"},
                                       {"ImagesFailed", (double)c.failed, "Count"},
                                       {"BatchDuration", ms, "Milliseconds"}};
    fn_log_metrics(job->context->config.environment, metrics, ARRAY_LEN(metrics));
}

static int finish(struct job *job, size_t ignored, double ms, struct buf *out, struct err *err) {
    struct fn_log log = {job->context->request_id, S("")};
    struct counts c = count(job);
    if (job->failed) {
        fn_log_step(&log, "error", "batch", ms, job->why.text);
        return err_set(err, -EIO, "%s", job->why.text);
    }
    int r = job->n > job->skipped ? publish(job, err) : 0;
    if (r != 0)
        return r;
    report_metrics(job, c, ms);
    buf_printf(out, "{\"processed\":%zu,\"rejected\":%zu,\"failed\":%zu,\"skipped\":%zu}",
               c.processed, c.rejected, c.failed, (size_t)job->skipped + ignored);
    return 0;
}

int fn_process(const struct fn_context *context, str event, struct buf *out, struct err *err) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct job job = {.context = context, .lock = PTHREAD_MUTEX_INITIALIZER};
    size_t ignored;
    int64_t start = clock_mono_ns();
    CLEANUP_JSON json_t *doc = json_parse(event, err);
    if (!doc)
        return -EINVAL;
    int r = fn_event_parse(doc, &arena, &job.records, &job.n, &ignored, err);
    if (r != 0)
        return r;
    job.images = arena_zalloc(&arena, (job.n + 1) * sizeof *job.images);
    run_all(&job);
    r = finish(&job, ignored, (double)(clock_mono_ns() - start) / 1e6, out, err);
    for (size_t i = 0; i < job.n; i++)
        fn_image_deinit(&job.images[i]);
    return r;
}
