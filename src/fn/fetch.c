/*
 * fn/fetch: the original streams from S3 through the hash into the worker, whose derivatives are
 * uploaded as they come. The worker is told the whole size and works on nothing less: where the
 * stream is cut off it is killed, and all begins anew. What is uploaded is noted for the step `put`,
 * which alone removes.
 */
#include "fn/steps_priv.h"

#include "base/clock.h"
#include "base/codec.h"
#include "fn/store.h"
#include "fn/worker.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

enum { CPU_SECONDS = 30, PATIENCE_MS = 45000, MOST_FETCHES = 3 };

/* One fetch of the original. */
struct stream {
    struct fn_pass *p;
    uint64_t memory; /* the worker's */
    struct client_response response;
    EVP_MD_CTX *hash;
    struct fn_store *store;
    struct fn_worker *worker; /* NULL before the first byte */
    int64_t start_ns, worker_ns;
    uint64_t got;
    int verdict; /* not FN_NEXT: the receiver gave up because of it */
    struct err *err;
};

static void take(void *ctx, const struct imgjob_derivative *derivative, struct buf *bytes) {
    fn_store_take(ctx, derivative, bytes);
}

static int start_worker(struct stream *s) {
    const struct fn_config *config = &s->p->context->config;
    struct imgjob_request request = {.size = s->p->image->size,
                                     .max_pixels = config->max_pixels,
                                     .keep_gps = config->keep_gps,
                                     .keep_profiles = config->keep_profiles,
                                     .n = config->wishes.n};
    memcpy(request.wishes, config->wishes.wish, sizeof request.wishes);
    const struct fn_worker_limits limits = {.path = config->worker,
                                            .memory_bytes = s->memory,
                                            .cpu_seconds = CPU_SECONDS,
                                            .patience_ms = PATIENCE_MS,
                                            .until_ms = s->p->work->until_ms};
    const struct fn_taker taker = {take, s->store};
    struct err why = {{0}};
    s->worker_ns = clock_mono_ns();
    int r = fn_worker_start(&s->worker, &limits, &request, &taker, &why);
    return r == 0 ? FN_NEXT : err_set(s->err, -EIO, "%s", why.text);
}

/* The answer's head is there: what it says of the size comes before the worker. */
static int check_head(struct stream *s) {
    fn_pass_read_head(s->p, &s->response);
    if (s->response.status != 200) /* such as a part, which nobody has asked for */
        return err_set(s->err, -EIO, "the answer to GetObject has status %d", s->response.status);
    return fn_pass_check_size(s->p);
}

static int begin(struct stream *s) {
    int r = check_head(s);
    if (r == FN_WRITE_ROW && s->p->image->size == 0)
        return err_set(s->err, -EIO, "the answer to GetObject has no Content-Length");
    return r == FN_NEXT ? start_worker(s) : r;
}

/* Another number of bytes than was announced: no stream of that object. */
static int check_got(struct stream *s) {
    if (s->got == s->p->image->size)
        return FN_NEXT;
    return err_set(s->err, FN_AGAIN, "GetObject: %llu of %llu bytes came",
                   (unsigned long long)s->got, (unsigned long long)s->p->image->size);
}

static int on_bytes(void *ctx, const void *p, size_t n) {
    struct stream *s = ctx;
    if (!s->worker)
        s->verdict = begin(s);
    if (s->verdict != FN_NEXT)
        return -1;
    s->got += n;
    if (s->got > s->p->image->size) {
        s->verdict = check_got(s);
        return -1;
    }
    EVP_DigestUpdate(s->hash, p, n);
    return fn_worker_feed(s->worker, p, n);
}

/* Without versions the object may have been replaced since: the event of that one is on its way. */
static int get(struct stream *s, struct client_fault *fault) {
    const struct fn_record *record = s->p->image->record;
    struct client_object object = fn_pass_original(s->p);
    str tag = arena_printf(&s->p->arena, "\"" STR_FMT "\"", STR_ARG(record->etag));
    const struct sign_header same[] = {{S("If-Match"), tag}};
    if (!object.version_id.len && record->etag.len) {
        object.headers = same;
        object.n_headers = 1;
    }
    return client_get_object_to(s->p->context->client, &object, on_bytes, s, &s->response, fault);
}

/* ---- The end ---- */

static void add_worker_span(struct stream *s, const char *outcome,
                            const struct fn_worker_usage *usage) {
    const struct imgjob_result *result = &s->p->image->result;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"cpu", usage->cpu_ms},
                   {"peakMB", (double)usage->peak_bytes / 1e6},
                   {"probe", (double)result->probe_us / 1e3},
                   {"decode", (double)result->decode_us / 1e3},
                   {"resize", (double)result->resize_us / 1e3},
                   {"encode", (double)result->encode_us / 1e3}};
    struct fn_span *span = fn_span_add(&s->p->spans, "worker", s->worker_ns, outcome);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        fn_span_number(span, numbers[i].name, numbers[i].value);
}

/* What had only a share of the memory is tried with all of it. */
static int refuse(struct stream *s, const char *status, const char *reason) {
    if (s->memory < s->p->work->budget->whole)
        return FN_MORE;
    return fn_pass_end(s->p, status, reason);
}

static int accept_result(struct stream *s) {
    struct fn_image *image = s->p->image;
    char reason[IMGJOB_MAX_TEXT];
    snprintf(reason, sizeof reason, STR_FMT, STR_ARG(image->result.reason));
    if (image->result.status == IMGJOB_NO_ROOM)
        return refuse(s, "rejected", reason);
    if (image->result.status == IMGJOB_REJECTED)
        return fn_pass_end(s->p, "rejected", reason);
    fn_pass_end(s->p, "processed", reason);
    return FN_NEXT;
}

static void end_hash(struct stream *s) {
    unsigned char digest[32];
    EVP_DigestFinal_ex(s->hash, digest, NULL);
    codec_hex(s->p->image->sha256, digest, sizeof digest);
}

/* All bytes were fed, or it is given up. */
static int end_worker(struct stream *s) {
    struct fn_image *image = s->p->image;
    struct fn_worker_usage usage;
    struct err why = {{0}};
    image->result = imgjob_result_none();
    buf_deinit(&image->text);
    if (s->got == image->size)
        end_hash(s);
    int r = fn_worker_end(s->worker, &image->result, &image->text, &usage, &why);
    bool refused = r == 0 && image->result.status != IMGJOB_DONE;
    add_worker_span(s, r == 0 ? refused ? "rejected" : "ok" : r > 0 ? "failed" : "fault", &usage);
    if (r == 0)
        return accept_result(s);
    if (r == FN_WORKER_E_MEMORY)
        return refuse(s, "failed", why.text);
    if (r == FN_WORKER_E_DIED)
        return fn_pass_end(s->p, "failed", why.text);
    return err_set(s->err, -EIO, "%s", why.text); /* the installation's fault, or out of time */
}

/* What became of the stream, and by that of the worker. */
static int outcome_of(struct stream *s, int r, const struct client_fault *fault) {
    if (r == CLIENT_E_SINK && s->verdict != FN_NEXT)
        return s->verdict;
    if (r == CLIENT_E_SINK)
        return end_worker(s);
    if (r == CLIENT_E_TRANSPORT && s->worker) {
        fn_pass_fault(s->p, "GetObject", fault, s->err);
        return FN_AGAIN;
    }
    if (r != CLIENT_OK)
        return fault->status == 404 || fault->status == 412
                   ? FN_SKIP
                   : fn_pass_fault(s->p, "GetObject", fault, s->err);
    if (s->worker) {
        int whole = check_got(s);
        return whole == FN_NEXT ? end_worker(s) : whole;
    }
    s->p->image->size = 0;
    int no_byte = check_head(s);
    return no_byte == FN_NEXT ? check_got(s) : no_byte;
}

static const char *word_of(int r) {
    static const char *const words[] = {[FN_NEXT] = "ok",
                                        [FN_SKIP] = "skipped",
                                        [FN_WRITE_ROW] = "ok",
                                        [FN_AGAIN] = "cut",
                                        [FN_MORE] = "ok"};
    return r < 0 ? "fault" : words[r];
}

/* What is there stays for now: `put` removes what the row that stands does not name. */
static int end_store(struct stream *s, int r) {
    struct err why = {{0}};
    struct fn_pass *p = s->p;
    int stored = fn_store_wait(s->store, p->uploaded, &p->spans, &why);
    if (r != FN_NEXT)
        return r;
    memcpy(p->image->stored, p->uploaded, sizeof p->uploaded);
    return stored == 0 ? FN_NEXT : err_set(s->err, -EIO, "%s", why.text);
}

static int fetch_once(struct fn_pass *p, uint64_t memory, struct err *err) {
    struct client_fault fault;
    struct stream s = {.p = p,
                       .memory = memory,
                       .hash = EVP_MD_CTX_new(),
                       .store = fn_store_new(p->context, p->image->record),
                       .start_ns = clock_mono_ns(),
                       .err = err};
    EVP_DigestInit_ex(s.hash, EVP_sha256(), NULL);
    int r = get(&s, &fault);
    struct fn_span *span = fn_span_add(&p->spans, "get", s.start_ns, "ok");
    fn_span_number(span, "bytes", (double)s.got);
    r = outcome_of(&s, r, &fault);
    span->outcome = word_of(r);
    s.worker = fn_worker_free(s.worker);
    r = end_store(&s, r);
    s.store = fn_store_free(s.store);
    EVP_MD_CTX_free(s.hash);
    client_response_deinit(&s.response);
    return r;
}

static bool is_over(const struct fn_pass *p) {
    return p->work->until_ms && clock_mono_ms() >= p->work->until_ms;
}

int fn_fetch(struct fn_pass *p, struct err *err) {
    struct fn_budget *budget = p->work->budget;
    uint64_t memory = fn_budget_share(budget, p->image->size, p->work->n);
    int r = FN_AGAIN;
    for (unsigned fetches = 0; r == FN_AGAIN || r == FN_MORE;) {
        if (is_over(p) || fetches == MOST_FETCHES)
            return fetches == MOST_FETCHES ? -EIO
                                           : err_set(err, -EIO, "the invocation's time is over");
        int64_t asked_ns = clock_mono_ns();
        fn_budget_take(budget, memory);
        if (p->work->n > 1)
            fn_span_add(&p->spans, "memory", asked_ns, "ok");
        r = fetch_once(p, memory, err);
        fn_budget_give(budget, memory);
        fetches += r == FN_AGAIN;
        if (r == FN_MORE)
            memory = budget->whole;
    }
    return r;
}
