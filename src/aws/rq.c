/* The request object: what handlers read from and write to. */
#include "aws/aws_priv.h"
#include "aws/items_priv.h"

#include "base/clock.h"
#include "base/rand.h"

#include <errno.h>

struct rq *aws_rq_new(struct aws_cloud *cloud) {
    struct whole {
        struct rq rq;
        struct rq_priv priv;
    };
    struct arena arena = {0}; /* it lies in its own */
    struct whole *whole = arena_new(&arena, struct whole);
    struct rq *rq = &whole->rq;
    rq->arena = arena;
    rq->priv = &whole->priv;
    rq->cloud = cloud;
    rq->now_ms = clock_world_ms();
    rq->began_ns = clock_mono_ns();
    rq->account = str_c(cloud->default_account);
    rq->region = str_c(cloud->default_region);
    rq->priv->headers_end = &rq->priv->headers;
    pthread_mutex_init(&rq->priv->wait_lock, NULL);
    pthread_cond_init(&rq->priv->wait_cond, NULL);
    rand_uuid(rq->id);
    return rq;
}

static void drop_stream(struct rq_priv *p) {
    if (p->has_stream && p->stream_release)
        p->stream_release(p->stream_ctx);
    p->has_stream = false;
}

void aws_rq_reset(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    json_decref(STEAL(rq->out));
    aws_items_drop(rq);
    p->snap = store_snap_free(p->snap);
    if (p->batch)
        store_batch_clear(p->batch);
    p->error = NULL;
    p->details = NULL;
    p->status = 0;
    p->headers = NULL;
    p->headers_end = &p->headers;
    p->has_payload = p->has_json = false;
    buf_clear(&p->payload);
    drop_stream(p);
}

struct rq *aws_rq_free(struct rq *rq) {
    if (!rq)
        return NULL;
    struct rq_priv *p = rq->priv;
    while (p->hooks) {
        struct done_hook *h = p->hooks;
        p->hooks = h->next;
        h->fn(h->ctx);
    }
    drop_stream(p);
    if (p->has_body)
        aws_body_deinit(&p->body);
    if (p->has_auth)
        aws_auth_deinit(&p->auth);
    json_decref(rq->in);
    json_decref(rq->out);
    aws_items_drop(rq);
    store_snap_free(p->snap);
    store_batch_free(p->batch);
    policy_context_free(p->context);
    buf_deinit(&p->payload);
    aws_held_deinit(&p->held);
    buf_deinit(&p->unpacked);
    aws_identity_free(rq->caller);
    pthread_cond_destroy(&p->wait_cond);
    pthread_mutex_destroy(&p->wait_lock);
    struct arena arena = rq->arena;
    arena_deinit(&arena);
    return NULL;
}

struct store *rq_store(struct rq *rq) {
    return rq->cloud->options.store;
}

const struct store_snap *rq_snap(struct rq *rq) {
    if (!rq->priv->snap)
        rq->priv->snap = store_snap_new(rq_store(rq));
    return rq->priv->snap;
}

struct store_batch *rq_batch(struct rq *rq) {
    if (!rq->priv->batch)
        rq->priv->batch = store_batch_new();
    return rq->priv->batch;
}

str rq_header(const struct rq *rq, const char *name) {
    return rq->net ? aws_wire_header(&rq->priv->wire, name) : STR_NONE;
}

bool rq_is_secure(const struct rq *rq) { return !rq->net || rq->net->tls || rq->net->local; }

str rq_source_ip(const struct rq *rq) {
    return rq->net && rq->net->peer_ip.len ? rq->net->peer_ip : S("127.0.0.1");
}

str rq_endpoint(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    str host = rq_header(rq, "Host");
    if (p->endpoint.p)
        return p->endpoint;
    if (host.len && p->route.host_bucket.len)
        host = str_skip(host, p->route.host_bucket.len + 1);
    if (host.len)
        p->endpoint = arena_printf(&rq->arena, "%s://" STR_FMT, rq->net->tls ? "https" : "http",
                                   STR_ARG(host));
    else
        p->endpoint = str_c(rq->cloud->endpoint);
    return p->endpoint;
}

static bool is_amazons(str host) {
    static const str names[] = {S_INIT("amazonaws.com"), S_INIT("amazonaws.com.cn"),
                                S_INIT("api.aws"), S_INIT("on.aws")};
    ptrdiff_t colon = str_chr(host, ':');
    host = colon < 0 ? host : str_slice(host, 0, (size_t)colon);
    if (str_ends(host, S(".")))
        host = str_slice(host, 0, host.len - 1);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        str name = names[i];
        if (host.len >= name.len && str_eq_nocase(str_skip(host, host.len - name.len), name))
            return true;
    }
    return false;
}

str rq_own_endpoint(struct rq *rq) {
    if (!is_amazons(rq_header(rq, "Host")))
        return rq_endpoint(rq);
    return rq->net->local ? S("http://127.0.0.1") : str_c(rq->cloud->endpoint);
}

/* ---- The answer ---- */

void rq_out_header(struct rq *rq, const char *name, str value) {
    struct out_header *h = arena_new(&rq->arena, struct out_header);
    h->name = name;
    h->value = arena_str(&rq->arena, value);
    *rq->priv->headers_end = h;
    rq->priv->headers_end = &h->next;
}

void rq_out_status(struct rq *rq, int status) { rq->priv->status = status; }

void rq_out_payload(struct rq *rq, struct buf *bytes) {
    buf_deinit(&rq->priv->payload);
    rq->priv->payload = *bytes;
    *bytes = (struct buf){0};
    rq->priv->has_payload = true;
}

struct buf *rq_out_json(struct rq *rq) {
    buf_clear(&rq->priv->payload);
    rq->priv->has_json = true;
    return &rq->priv->payload;
}

int aws_take_json(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    struct err err;
    if (!p->has_json)
        return 0;
    json_decref(rq->out);
    rq->out = json_parse(buf_view(&p->payload), &err);
    p->has_json = false;
    buf_clear(&p->payload);
    return rq->out ? 0 : aws_fault(rq, -EBADMSG, err.text);
}

void rq_out_stream(struct rq *rq, uint64_t size,
                   ssize_t (*read)(void *ctx, uint64_t offset, void *p, size_t n),
                   void (*release)(void *ctx), void *ctx) {
    struct rq_priv *p = rq->priv;
    drop_stream(p);
    p->has_stream = true;
    p->stream_size = size;
    p->stream_read = read;
    p->stream_release = release;
    p->stream_ctx = ctx;
}

void rq_on_done(struct rq *rq, void (*fn)(void *ctx), void *ctx) {
    struct done_hook *h = arena_new(&rq->arena, struct done_hook);
    h->fn = fn;
    h->ctx = ctx;
    h->next = rq->priv->hooks;
    rq->priv->hooks = h;
}

bool rq_went_well(const struct rq *rq) { return !rq->priv->error; }

void aws_set_sink(struct rq *rq, aws_sink_fn *write, void *stream) {
    rq->priv->sink = write;
    rq->priv->sink_stream = stream;
    rq->stream = stream;
}

/* Calls from inside have no Content-MD5. */
void aws_set_sink_md5(struct rq *rq, aws_sink_md5_fn *md5) {
    if (rq->priv->has_body)
        aws_body_borrow_md5(&rq->priv->body, md5, rq->priv->sink_stream);
}
