/*
 * StartScrub, GetScrub, StopScrub: one scrub at a time, in a thread of its own that waits as the
 * rate says, and what became of it.
 */
#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "svc/calotype/calotype_priv.h"
#include "svc/calotype/scrub_row.h"

#include <errno.h>

enum {
    DEFAULT_RATE = 20, /* MiB a second */
    MOST_FINDINGS = 100,
    STATUS_FINDINGS = 10, /* of those, in GetStatus */
    STOPPED = 1,          /* what pace answers; no errno */
};

struct calotype_scrub {
    struct store *store;
    const struct store_owner *const *owners;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    pthread_t thread;
    bool has_thread; /* to be joined */
    bool running, stop;
    bool closing; /* the daemon ends */
    int64_t rate; /* MiB a second */
    int64_t began_real_ms, began_mono_ms;
    uint64_t bytes;        /* read since paced_from_ms */
    int64_t paced_from_ms; /* monotonic: when the rate was set */
    struct store_scrub sum;
    json_t *findings;
    json_t *last; /* the report of the last one; NULL: there was none */
};

/* ---- Reports ---- */
static json_t *report_locked(const struct calotype_scrub *s, const char *state, const char *why) {
    const struct store_scrub *sum = &s->sum;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"Rows", sum->rows},
        {"RowBytes", sum->row_bytes},
        {"Bodies", sum->bodies},
        {"BodyBytes", sum->body_bytes},
        {"AllFileBytes", sum->all_file_bytes},
        {"Missing", sum->missing},
        {"Damaged", sum->damaged},
        {"DamagedRows", sum->damaged_rows},
        {"Leaked", sum->leaked},
    };
    char when[CLOCK_ISO_MAX];
    json_t *doc = json_object();
    json_set_str(doc, "State", str_c(state));
    if (why)
        json_set_str(doc, "Reason", str_c(why));
    json_set_str(doc, "Began", str_c(clock_iso8601(when, s->began_real_ms)));
    json_set_int(doc, "TookMs", clock_mono_ms() - s->began_mono_ms);
    json_set_int(doc, "Rate", s->rate);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        json_set_int(doc, numbers[i].name, (int64_t)numbers[i].value);
    json_set_bool(doc, "LeaksUnknown", sum->leaks_unknown);
    json_set(doc, "Findings", json_deep_copy(s->findings));
    return doc;
}

/* New reference. */
static json_t *newest_locked(const struct calotype_scrub *s) {
    if (s->running)
        return report_locked(s, "running", NULL);
    if (s->last)
        return json_deep_copy(s->last);
    json_t *doc = json_object();
    json_set_str(doc, "State", S("never"));
    return doc;
}

json_t *calotype_scrub_doc(struct calotype_svc *svc) {
    json_t *doc;
    {
        LOCK_SCOPE(&svc->scrub->lock);
        doc = newest_locked(svc->scrub);
    }
    json_t *findings = json_arr(doc, "Findings");
    while (json_array_size(findings) > STATUS_FINDINGS)
        json_array_remove(findings, json_array_size(findings) - 1);
    return doc;
}

/* ---- The thread ---- */
static void keep(struct calotype_scrub *s, const json_t *doc) {
    struct err err;
    if (calotype_scrub_row_write(s->store, doc, &err))
        log_error("scrub", "what the scrub found is not kept: %s", err.text);
}

/* Each finding is kept at once: a scrub may take hours, and the daemon may die. */
static void found(void *ctx, const json_t *finding, const struct store_scrub *so_far) {
    struct calotype_scrub *s = ctx;
    CLEANUP_JSON json_t *doc = NULL;
    log_error("scrub", STR_FMT, STR_ARG(json_str(finding, "Message")));
    {
        LOCK_SCOPE(&s->lock);
        s->sum = *so_far;
        if (json_array_size(s->findings) >= MOST_FINDINGS)
            return;
        json_array_append_new(s->findings, json_deep_copy(finding));
        doc = report_locked(s, "running", NULL);
    }
    keep(s, doc);
}

/* When so many bytes may have been read. */
static int64_t due_ms(const struct calotype_scrub *s) {
    return s->paced_from_ms + (int64_t)(s->bytes * 1000 / ((uint64_t)s->rate << 20));
}

static int pace(void *ctx, uint64_t bytes, const struct store_scrub *so_far) {
    struct calotype_scrub *s = ctx;
    LOCK_SCOPE(&s->lock);
    s->sum = *so_far;
    s->bytes += bytes;
    while (!s->stop) {
        int64_t due = due_ms(s), now = clock_mono_ms();
        if (now >= due)
            break;
        struct timespec until = {due / 1000, due % 1000 * 1000000};
        pthread_cond_timedwait(&s->changed, &s->lock, &until);
    }
    return s->stop ? STOPPED : 0;
}

static void end(struct calotype_scrub *s, int r, const struct store_scrub *sum, const char *why) {
    CLEANUP_JSON json_t *doc = NULL;
    bool worth;
    {
        LOCK_SCOPE(&s->lock);
        s->sum = *sum;
        const char *state = r == 0         ? "complete"
                            : r == STOPPED ? s->closing ? "interrupted" : "stopped"
                                           : "failed";
        doc = report_locked(s, state, r == 0 || r == STOPPED ? NULL : why);
        worth = r != STOPPED || json_array_size(s->findings) > 0;
    }
    log_info("scrub",
             "%llu rows and %llu bodies were read: %llu missing, %llu damaged, %llu damaged rows",
             (unsigned long long)sum->rows, (unsigned long long)sum->bodies,
             (unsigned long long)sum->missing, (unsigned long long)sum->damaged,
             (unsigned long long)sum->damaged_rows);
    if (worth)
        keep(s, doc);
    LOCK_SCOPE(&s->lock);
    json_decref(s->last);
    s->last = json_incref(doc);
    s->running = false;
}

static void *run(void *ctx) {
    struct calotype_scrub *s = ctx;
    const struct store_scrub_options options = {.owners = s->owners,
                                                .pace = pace,
                                                .found = found,
                                                .ctx = s};
    struct store_scrub sum;
    struct err err = {"for no known reason"};
    int r = store_scrub_run(s->store, &options, &sum, &err);
    if (r < 0)
        log_error("scrub", "the scrub ended early: %s", err.text);
    end(s, r, &sum, err.text);
    return NULL;
}

/* ---- Life ---- */
int calotype_scrub_new(struct calotype_scrub **ret_scrub, const struct calotype_options *options,
                       struct err *err) {
    struct calotype_scrub *s = *ret_scrub = mem_new(struct calotype_scrub);
    lock_cond_init(&s->changed);
    lock_init(&s->lock);
    s->store = options->store;
    s->owners = options->owners;
    return s->store ? calotype_scrub_row_read(s->store, &s->last, err) : 0;
}

static void stop_locked(struct calotype_scrub *s) {
    s->stop = true;
    pthread_cond_broadcast(&s->changed);
}

struct calotype_scrub *calotype_scrub_free(struct calotype_scrub *s) {
    if (!s)
        return NULL;
    lock_take(&s->lock);
    s->closing = true;
    stop_locked(s);
    lock_drop(&s->lock);
    if (s->has_thread)
        pthread_join(s->thread, NULL);
    json_decref(s->findings);
    json_decref(s->last);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

static void set_rate_locked(struct calotype_scrub *s, int64_t rate) {
    s->rate = rate;
    s->bytes = 0;
    s->paced_from_ms = clock_mono_ms();
    pthread_cond_broadcast(&s->changed);
}

/* 0, or -errno: there is no thread to be had. */
static int begin_locked(struct calotype_scrub *s, int64_t rate) {
    if (s->has_thread)
        pthread_join(s->thread, NULL); /* it has ended: running is the last that it sets */
    json_decref(s->findings);
    s->findings = json_array();
    s->sum = (struct store_scrub){0};
    s->stop = s->has_thread = false;
    s->began_real_ms = clock_real_ms();
    s->began_mono_ms = clock_mono_ms();
    set_rate_locked(s, rate);
    int r = -pthread_create(&s->thread, NULL, run, s);
    s->running = s->has_thread = r == 0;
    return r;
}

/* ---- Operations ---- */
static void answer_locked(struct rq *rq, const struct calotype_scrub *s) {
    rq->out = json_object();
    json_set(rq->out, "Scrub", newest_locked(s));
}

int calotype_op_StartScrub(struct calotype_svc *svc, struct rq *rq) {
    struct calotype_scrub *s = svc->scrub;
    int64_t rate = json_int(rq->in, "Rate", 0);
    LOCK_SCOPE(&s->lock);
    bool joined = s->running;
    int r = joined || !s->store ? 0 : begin_locked(s, rate ? rate : DEFAULT_RATE);
    if (r)
        return aws_fault(rq, r, "begin a scrub");
    if (joined && rate)
        set_rate_locked(s, rate);
    answer_locked(rq, s);
    json_set_bool(rq->out, "Joined", joined);
    return 0;
}

int calotype_op_GetScrub(struct calotype_svc *svc, struct rq *rq) {
    LOCK_SCOPE(&svc->scrub->lock);
    answer_locked(rq, svc->scrub);
    return 0;
}

int calotype_op_StopScrub(struct calotype_svc *svc, struct rq *rq) {
    LOCK_SCOPE(&svc->scrub->lock);
    stop_locked(svc->scrub);
    answer_locked(rq, svc->scrub);
    return 0;
}
