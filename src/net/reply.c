/* net/reply: answers, as libmicrohttpd's responses. They are queued by net/request. */
#include "base/log.h"
#include "net/net_priv.h"

enum { STREAM_BLOCK = 64 * 1024 }; /* one sealed frame of the store at a time */

static struct net_request *request_of(struct net_req *req) {
    return LIST_ENTRY((char *)req, struct net_request, req);
}

bool net_replied(const struct net_req *req) {
    return LIST_ENTRY((const char *)req, struct net_request, req)->response != NULL;
}

void net_close_after(struct net_req *req) { request_of(req)->close = true; }

void net_reply_header(struct net_req *req, str name, str value) {
    struct net_request *r = request_of(req);
    struct net_reply_head *h = arena_new(&req->arena, struct net_reply_head);
    h->name = arena_cstr(&req->arena, name);
    h->value = arena_cstr(&req->arena, value);
    h->next = r->heads;
    r->heads = h;
}

/* In the order in which they were given; a line break in a value would be a header of its own. */
static void add_headers(struct MHD_Response *response, const struct net_reply_head *h) {
    if (!h)
        return;
    add_headers(response, h->next);
    /* libmicrohttpd refuses an empty value; white space around a value is none of it. */
    if (MHD_add_response_header(response, h->name, *h->value ? h->value : " ") != MHD_YES)
        log_warn("net", "the answer's header %s cannot be sent and was left out", h->name);
}

/* The most that add_headers makes of them. */
static size_t size_of_heads(const struct net_reply_head *h) {
    size_t n = 0;
    for (; h; h = h->next)
        n += strlen(h->name) + strlen(h->value) + sizeof ": \r\n" - 1;
    return n;
}

static void reply(struct net_req *req, int status, struct MHD_Response *response) {
    struct net_request *r = request_of(req);
    enum { OUR_OWN_BYTES = 512 }; /* status line, Date, Content-Length, Connection */
    if (!response)
        abort(); /* out of memory: docs/decisions/0001 */
    if (r->response) {
        log_error("net", "a second answer, %d, to %.*s was dropped", status, STR_ARG(req->path));
        MHD_destroy_response(response);
        return;
    }
    /* libmicrohttpd closes the connection without a word where it has no room for the head. */
    if (size_of_heads(r->heads) + OUR_OWN_BYTES + r->cost > NET_POOL_BYTES) {
        log_error("net", "the head of the answer to %.*s %.*s is too long", STR_ARG(req->method),
                  STR_ARG(req->path));
        MHD_destroy_response(response);
        r->heads = NULL;
        status = 500;
        response = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    }
    add_headers(response, r->heads);
    r->response = response;
    r->status = (unsigned)status;
}

/* A refusal is written past libmicrohttpd (refuse.c), which takes its body from here. */
static bool by_hand(struct net_req *req, int status, str body) {
    struct net_request *r = request_of(req);
    if (!r->by_hand)
        return false;
    buf_clear(r->by_hand);
    buf_str(r->by_hand, body);
    r->status = (unsigned)status;
    return true;
}

void net_reply_bytes(struct net_req *req, int status, str body) {
    if (by_hand(req, status, body))
        return;
    reply(req, status,
          MHD_create_response_from_buffer(
              body.len, (void *)body.p, body.len ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT));
}

void net_reply_buf(struct net_req *req, int status, struct buf *body) {
    size_t len = body->len;
    if (by_hand(req, status, buf_view(body)))
        return;
    reply(req, status, MHD_create_response_from_buffer(len, buf_take(body), MHD_RESPMEM_MUST_FREE));
}

struct stream {
    struct net_conn *conn; /* lives as long as the answer */
    ssize_t (*read)(void *ctx, uint64_t offset, void *p, size_t n);
    void (*release)(void *ctx);
    void *ctx;
};

static ssize_t stream_read(void *cls, uint64_t pos, char *p, size_t max) {
    const struct stream *s = cls;
    net_beat(&s->conn->member, PHASE_SEND);
    ssize_t n = s->read(s->ctx, pos, p, max);
    /*
     * The length was announced: all that is left when bytes fail to come is to cut the connection.
     */
    if (n <= 0 || (size_t)n > max)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    net_gather(s->conn, (size_t)n);
    return n;
}

static void stream_free(void *cls) {
    struct stream *s = cls;
    if (s->release)
        s->release(s->ctx);
    free(s);
}

void net_reply_stream(struct net_req *req, int status, uint64_t size,
                      ssize_t (*read)(void *ctx, uint64_t offset, void *p, size_t n),
                      void (*release)(void *ctx), void *ctx) {
    struct stream *s = mem_new(struct stream);
    *s = (struct stream){request_of(req)->conn, read, release, ctx};
    size_t block = size < STREAM_BLOCK ? (size_t)size + 1 : STREAM_BLOCK;
    reply(req, status, MHD_create_response_from_callback(size, block, stream_read, s, stream_free));
}

static ssize_t read_nothing(void *cls, uint64_t pos, char *p, size_t max) {
    (void)cls;
    (void)pos;
    (void)p;
    (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

void net_reply_head(struct net_req *req, int status, uint64_t size) {
    if (by_hand(req, status, S("")))
        return;
    reply(req, status, MHD_create_response_from_callback(size, 1, read_nothing, NULL, NULL));
}
