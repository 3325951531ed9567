/*
 * A server in which every modelled operation of every service has a row. Each answers with the
 * document in DIR/out.json (an empty one without the file) and leaves what it was asked in
 * DIR/in.json: roundtrip.py speaks to it with a real SDK and compares.
 *
 *   echo_server DIR     prints "PORT\n", ends when its standard input does
 *   echo_server DIR -   the same, but answers with nothing at once: to measure what aws itself
 *   costs
 */
#include "aws/model.h"
#include "lib/cloud.h"
#include "base/io.h"
#include "daemon/services.h"
#include "net/net.h"

#include <pthread.h>
#include <unistd.h>

static const char *dir;
static bool silent;

static void write_file(const char *name, str text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (!f)
        abort();
    fwrite(text.p ? text.p : "", 1, text.len, f);
    fclose(f);
}

static int sink(void *stream, struct rq *rq, const void *p, size_t n) {
    (void)rq;
    buf_add(stream, p, n);
    return 0;
}
static void free_sink(void *stream) {
    buf_deinit(stream);
    free(stream);
}
static int open_echo(void *svc, struct rq *rq) {
    (void)svc;
    struct buf *body = mem_new(struct buf);
    rq_on_done(rq, free_sink, body);
    aws_set_sink(rq, sink, body);
    return 0;
}

static void write_question(struct rq *rq) {
    CLEANUP_JSON json_t *all = json_object();
    CLEANUP_DEINIT(buf) struct buf text = {0};
    str body = rq->stream ? buf_view(rq->stream) : rq->payload.bytes;
    json_set(all, "in", json_incref(rq->in));
    json_set_str(all, "op", str_c(rq->op->name));
    json_set_str(all, "service", str_c(rq->service->name));
    json_set_int(all, "body_size", (int64_t)body.len);
    json_set(all, "body", str_is_utf8(body) && body.p ? json_of_str(body) : NULL);
    json_write(&text, all);
    write_file("in.json", buf_view(&text));
}

static ssize_t read_text(void *ctx, uint64_t offset, void *p, size_t n) {
    struct buf *text = ctx;
    str rest = str_skip(buf_view(text), offset);
    size_t take = rest.len < n ? rest.len : n;
    memcpy(p, rest.p, take);
    return (ssize_t)take;
}

/* ---- "(park)": milliseconds to wait, as a long poll does ---- */

struct waiter {
    pthread_mutex_t lock;
    struct rq *rq; /* NULL: the request is over */
    unsigned ms;
};
static void let_go(void *ctx) {
    struct waiter *w = ctx;
    pthread_mutex_lock(&w->lock);
    w->rq = NULL;
    pthread_mutex_unlock(&w->lock);
}
static void *wake(void *ctx) {
    struct waiter *w = ctx;
    usleep(w->ms * 1000);
    pthread_mutex_lock(&w->lock);
    if (w->rq)
        aws_resume(w->rq);
    pthread_mutex_unlock(&w->lock);
    return NULL; /* w is left: the server lives for a few requests */
}
/*
 * What the document says to this server, and the payload that stands elsewhere (null), is no part
 * of the answer.
 */
static void drop_orders(json_t *out) {
    const char *name;
    json_t *v;
    void *next;
    json_object_foreach_safe (out, next, name, v)
        if (name[0] == '(' || json_is_null(v))
            json_object_del(out, name);
}

static int woken(void *svc, struct rq *rq) {
    (void)svc;
    drop_orders(rq->out);
    rq_out_header(rq, "x-was-parked", S("yes"));
    return 0;
}
static int park(struct rq *rq, unsigned ms) {
    static struct waiter waiters[64];
    static unsigned n;
    pthread_t thread;
    struct waiter *w = &waiters[n++ % 64];
    pthread_mutex_init(&w->lock, NULL);
    w->rq = rq;
    w->ms = ms;
    rq_on_done(rq, let_go, w);
    if (pthread_create(&thread, NULL, wake, w) == 0)
        pthread_detach(thread);
    return aws_suspend(rq, woken);
}

static int echo(void *svc, struct rq *rq) {
    (void)svc;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err err = {0};
    char path[256];
    if (silent)
        return 0;
    write_question(rq);
    snprintf(path, sizeof path, "%s/out.json", dir);
    if (io_read_file(&text, path, 1 << 24, NULL) == 0)
        rq->out = json_parse(buf_view(&text), &err);
    str payload = json_str(rq->out, "(payload)"), stream = json_str(rq->out, "(stream)");
    if (payload.p) {
        struct buf bytes = {0};
        buf_str(&bytes, payload);
        rq_out_payload(rq, &bytes);
    }
    if (stream.p) {
        struct buf *bytes = mem_new(struct buf);
        buf_str(bytes, stream);
        rq_out_stream(rq, bytes->len, read_text, free_sink, bytes);
    }
    if (json_has(rq->out, "(park)"))
        return park(rq, (unsigned)json_int(rq->out, "(park)", 0));
    static struct aws_error asked;
    if (json_has(rq->out, "(error)")) {
        asked = (struct aws_error){.code = json_str(rq->out, "(error)").p,
                                   .status = (int)json_int(rq->out, "(status)", 400),
                                   .text = "no text"};
        asked.code = arena_cstr(&rq->arena, str_c(asked.code));
        aws_fail(rq, &asked, "as you wish");
        if (json_has(rq->out, "(detail)"))
            aws_fail_detail(rq, "Type", json_str(rq->out, "(detail)"));
        return AWS_FAILED;
    }
    drop_orders(rq->out);
    return 0;
}

static bool streams_in(const struct api_op *op) {
    return op->in && op->in->payload >= 0 &&
           (op->in->members[op->in->payload].flags & API_STREAMING);
}

static struct aws_service make_service(const struct api_service *api) {
    struct aws_op *ops = mem_zalloc(api->n_ops * sizeof *ops);
    size_t n = 0;
    for (size_t i = 0; i < api->n_ops; i++) {
        if (!api->ops[i].modelled)
            continue;
        aws_handler_fn *open = streams_in(&api->ops[i]) ? open_echo : NULL;
        ops[n++] = (struct aws_op){api->ops[i].name.p, echo, "x:Echo", "*", 0, open};
    }
    /* The real services lend their words for what aws itself answers. */
    struct aws_service real = daemon_service_of(api);
    return (struct aws_service){.name = api->name.p,
                                .api = api,
                                .ops = ops,
                                .n_ops = n,
                                .common = real.common,
                                .invalid = real.invalid};
}

static int serve(struct cloud *f) {
    struct err err = {0};
    struct net *net;
    uint16_t port;
    struct net_options options = {.app = aws_cloud_app(f->cloud), .threads = 4};
    CLEANUP_DEINIT(buf) struct buf ca = {0}, ca_key = {0}, cert = {0}, key = {0};
    str names[] = {S("127.0.0.1"), S("localhost")};
    if (net_make_ca(NULL, &ca, &ca_key, &err) ||
        net_make_cert(buf_view(&ca), buf_view(&ca_key), names, 2, &cert, &key, &err))
        return fprintf(stderr, "%s\n", err.text), 1;
    write_file("ca.pem", buf_view(&ca));
    options.tls_cert_pem = buf_cstr(&cert);
    options.tls_key_pem = buf_cstr(&key);
    int fd = -1;
    if (net_start(&net, &options, &err) || net_bind("127.0.0.1", 0, &fd, &port, &err) ||
        net_listen(net, fd, &err))
        return fprintf(stderr, "%s\n", err.text), 1;
    printf("%u\n", port);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    net_stop(net, 1000);
    return 0;
}

int main(int argc, char **argv) {
    struct cloud f;
    static struct aws_service services[16];
    if (argc < 2)
        return 2;
    cloud_open(&f, NULL);
    silent = argc > 2;
    dir = argv[1];
    for (size_t i = 0; api_services[i]; i++) {
        services[i] = make_service(api_services[i]);
        cloud_add(&f, &services[i]);
    }
    int r = serve(&f);
    cloud_close(&f);
    for (size_t i = 0; api_services[i]; i++)
        free((void *)services[i].ops);
    return r;
}
