/* fn/store: one upload is one thread; the lock guards how many bytes are on their way. */
#include "fn/store.h"

#include "base/clock.h"
#include "base/lock.h"

#include <errno.h>
#include <stdio.h>

/* More wait for those before them: with the one that comes in, what a store holds of memory. */
static const size_t most_on_their_way = 16 << 20;

struct upload {
    struct fn_store *store;
    pthread_t thread;
    bool threaded; /* to be joined */
    bool there;    /* uploaded */
    bool refused;
    str type; /* of the media types' table: lives for ever */
    size_t size;
    struct buf bytes;
    struct fn_stored stored;
    int64_t start_ns;
    double ms;
    struct err err;
};

struct fn_store {
    const struct fn_context *context;
    const struct fn_record *record;
    pthread_mutex_t lock;
    pthread_cond_t less;
    size_t on_their_way; /* bytes; under the lock */
    struct upload upload[IMGJOB_MAX_DERIVATIVES];
};

struct fn_store *fn_store_new(const struct fn_context *context, const struct fn_record *record) {
    struct fn_store *s = mem_new(struct fn_store);
    s->context = context;
    s->record = record;
    lock_init(&s->lock);
    lock_cond_init(&s->less);
    return s;
}

/* ---- One upload ---- */

static void put_object(struct upload *u) {
    const struct fn_context *context = u->store->context;
    const struct sign_header type[] = {{S("Content-Type"), u->type}};
    struct client_object object = {.bucket = str_c(context->config.derivatives_bucket),
                                   .key = str_c(u->stored.key),
                                   .headers = type,
                                   .n_headers = 1};
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_put_object(context->client, &object, buf_view(&u->bytes), &response, &fault);
    client_response_deinit(&response);
    u->there = r == CLIENT_OK;
    u->refused = !u->there;
    if (u->refused)
        err_set(&u->err, -EIO,
                "PutObject of a derivative of " STR_FMT "/" STR_FMT ": " CLIENT_FAULT_FMT,
                STR_ARG(u->store->record->bucket), STR_ARG(u->store->record->key),
                CLIENT_FAULT_ARG(&fault));
}

static void *run(void *arg) {
    struct upload *u = arg;
    put_object(u);
    buf_deinit(&u->bytes);
    u->ms = (double)(clock_mono_ns() - u->start_ns) / 1e6;
    LOCK_SCOPE(&u->store->lock);
    u->store->on_their_way -= u->size;
    pthread_cond_signal(&u->store->less);
    return NULL;
}

static void join(struct upload *u) {
    if (u->threaded)
        pthread_join(u->thread, NULL);
    u->threaded = false;
}

static void describe(struct upload *u, const struct imgjob_derivative *d) {
    const struct fn_record *r = u->store->record;
    bool png = str_eq(d->content_type, S("image/png"));
    u->type = png ? S("image/png") : S("image/jpeg");
    u->stored = (struct fn_stored){.name = u->store->context->config.wishes.name[d->wish],
                                   .width = d->width,
                                   .height = d->height,
                                   .size = d->size};
    snprintf(u->stored.key, sizeof u->stored.key, "%s/%s/%s.%s", r->image_id, r->sequencer,
             u->stored.name, png ? "png" : "jpg");
}

void fn_store_take(struct fn_store *s, const struct imgjob_derivative *d, struct buf *bytes) {
    struct upload *u = &s->upload[d->wish];
    *u = (struct upload){.store = s,
                         .size = bytes->len,
                         .bytes = *bytes,
                         .start_ns = clock_mono_ns()};
    *bytes = (struct buf){0};
    describe(u, d);
    lock_take(&s->lock);
    while (s->on_their_way > most_on_their_way)
        pthread_cond_wait(&s->less, &s->lock);
    s->on_their_way += u->size;
    lock_drop(&s->lock);
    u->threaded = pthread_create(&u->thread, NULL, run, u) == 0;
    if (!u->threaded)
        run(u);
}

/* ---- All of them ---- */

int fn_store_wait(struct fn_store *s, struct fn_stored *io_stored, struct fn_spans *spans,
                  struct err *err) {
    int r = 0;
    for (size_t i = 0; i < IMGJOB_MAX_DERIVATIVES; i++) {
        struct upload *u = &s->upload[i];
        join(u);
        if (u->store) {
            struct fn_span *span =
                fn_span_add(spans, "store", u->start_ns, u->there ? "ok" : "fault");
            span->ms = u->ms;
            snprintf(span->name, sizeof span->name, "%s", u->stored.name);
        }
        if (u->refused && r == 0)
            r = err_set(err, -EIO, "%s", u->err.text);
        if (u->there)
            io_stored[i] = u->stored;
    }
    return r;
}

bool fn_store_delete(const struct fn_context *context, str key, struct err *why) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    buf_printf(&path, "/" STR_FMT, STR_ARG(key));
    struct client_request request = {.service = "s3",
                                     .method = "DELETE",
                                     .path = buf_view(&path),
                                     .bucket = str_c(context->config.derivatives_bucket)};
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_send(context->client, &request, &response, &fault);
    client_response_deinit(&response);
    if (r != CLIENT_OK)
        err_set(why, -EIO, CLIENT_FAULT_FMT, CLIENT_FAULT_ARG(&fault));
    return r == CLIENT_OK;
}

struct fn_store *fn_store_free(struct fn_store *s) {
    if (!s)
        return NULL;
    for (size_t i = 0; i < IMGJOB_MAX_DERIVATIVES; i++)
        join(&s->upload[i]);
    pthread_cond_destroy(&s->less);
    pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}
