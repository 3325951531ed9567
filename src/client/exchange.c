/* client: one request over a connection, and what is tried again. */
#include "client/client_priv.h"

#include "base/clock.h"
#include "base/rand.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

enum {
    EXPECT_FROM = 1 << 20, /* bodies from this size on ask first: Expect: 100-continue */
    EXPECT_WAIT_MS = 1000, /* then they go anyway: not every server answers it */
    ERROR_BODY_MAX = 1 << 20,
    PIECE = 64 * 1024, /* of a body, either way */
    WRITE_PIECE = 4 * PIECE,
};

/* One attempt. */
struct attempt {
    const struct client *client;
    const struct client_wire *wire;
    struct client_response *response;
    struct client_http http;
    struct client_conn *conn;
    struct err err;
    char *in;       /* PIECE bytes, unset: most answers are small */
    bool any_bytes; /* of the answer */
    bool sunk;      /* bytes were given to the sink: no second attempt */
};

/* How long may be waited, of ms: not beyond the moment when all must be over. */
static unsigned wait_of(const struct client *client, unsigned ms) {
    int64_t until = client->until_ms, left = until ? until - clock_mono_ms() : INT64_MAX;
    return left >= ms ? ms : left > 0 ? (unsigned)left : 0;
}

static bool is_over(const struct client *client) { return wait_of(client, 1) == 0; }

static int on_headers(void *ctx) {
    struct attempt *a = ctx;
    a->response->status = a->http.status;
    buf_clear(&a->response->head);
    buf_str(&a->response->head, buf_view(&a->http.head));
    return 0;
}

static int on_bytes(void *ctx, const void *p, size_t n) {
    struct attempt *a = ctx;
    bool good = a->http.status < 300;
    a->response->body_size += n;
    if (good && a->wire->sink) {
        a->sunk = true;
        return a->wire->sink(a->wire->sink_ctx, p, n) == 0 ? 0 : CLIENT_E_SINK;
    }
    uint64_t most = !good ? ERROR_BODY_MAX : a->wire->max_body ? a->wire->max_body : 8 << 20;
    if (a->response->body.len + n > most) {
        err_set(&a->err, 0, "the answer is larger than %llu bytes", (unsigned long long)most);
        return CLIENT_E_TOO_LARGE;
    }
    buf_add(&a->response->body, p, n);
    return 0;
}

/* Reads until the answer is complete, or a 100 Continue came where one is waited for. */
static int read_answer(struct attempt *a, bool until_continue, unsigned wait_ms) {
    while (!a->http.done && !(until_continue && a->http.continued)) {
        size_t used;
        ssize_t n = client_conn_read(a->conn, a->in, PIECE, wait_of(a->client, wait_ms), &a->err);
        if (is_over(a->client)) {
            err_set(&a->err, 0, "the time for it is over");
            return CLIENT_E_TRANSPORT;
        }
        if (n == -ETIMEDOUT && until_continue)
            return 0;
        if (n < 0)
            return CLIENT_E_TRANSPORT;
        if (n == 0) {
            if (client_http_eof(&a->http) == CLIENT_HTTP_OK)
                return 0;
            err_set(&a->err, 0,
                    a->any_bytes ? "the answer was cut off"
                                 : "the server closed the connection without an answer");
            return CLIENT_E_TRANSPORT;
        }
        a->any_bytes = true;
        int r = client_http_feed(&a->http, a->in, (size_t)n, &used);
        if (r == CLIENT_HTTP_E_FORM) {
            err_set(&a->err, 0, "the answer is not HTTP");
            return CLIENT_E_TRANSPORT;
        }
        if (r)
            return r;
        if (used < (size_t)n)
            a->http.keep_alive = false; /* bytes nobody asked for */
    }
    return 0;
}

/* In pieces: a peer that reads slowly is not waited for beyond the moment. */
static int write_some(struct attempt *a, str bytes) {
    for (str left = bytes; left.len; left = str_skip(left, WRITE_PIECE)) {
        str piece = str_slice(left, 0, WRITE_PIECE);
        if (is_over(a->client)) {
            err_set(&a->err, 0, "the time for it is over");
            return CLIENT_E_TRANSPORT;
        }
        if (client_conn_write(a->conn, piece.p, piece.len, wait_of(a->client, a->wire->idle_ms),
                              &a->err) < 0)
            return CLIENT_E_TRANSPORT;
    }
    return 0;
}

static int write_head(struct attempt *a, bool expect) {
    struct buf head = {0};
    const struct client_wire *w = a->wire;
    buf_printf(&head, "%s " STR_FMT " HTTP/1.1\r\n" STR_FMT, w->method, STR_ARG(w->target),
               STR_ARG(w->headers));
    bool bodied = w->body_size || strcmp(w->method, "POST") == 0 || strcmp(w->method, "PUT") == 0;
    if (bodied)
        buf_printf(&head, "Content-Length: %llu\r\n", (unsigned long long)w->body_size);
    buf_c(&head, expect ? "Expect: 100-continue\r\n\r\n" : "\r\n");
    /* A small body travels in the same packet. */
    bool together = w->body.len && w->body.len <= PIECE && !expect;
    if (together)
        buf_str(&head, w->body);
    int r = write_some(a, buf_view(&head));
    buf_deinit(&head);
    if (r == 0 && !together && !expect && w->body.len)
        r = write_some(a, w->body);
    return r;
}

static int write_source(struct attempt *a) {
    const struct client_wire *w = a->wire;
    char *piece = mem_alloc(PIECE);
    int r = 0;
    for (uint64_t at = 0; at < w->body_size && r == 0;) {
        size_t want = w->body_size - at < PIECE ? (size_t)(w->body_size - at) : PIECE;
        ssize_t n = w->source(w->source_ctx, at, piece, want);
        if (n <= 0 || (size_t)n > want) {
            err_set(&a->err, 0, "the body's source ended after %llu of %llu bytes",
                    (unsigned long long)at, (unsigned long long)w->body_size);
            r = CLIENT_E_SINK;
        } else {
            r = write_some(a, str_n(piece, (size_t)n));
            at += (uint64_t)n;
        }
    }
    free(piece);
    return r;
}

static int write_request(struct attempt *a) {
    const struct client_wire *w = a->wire;
    bool expect = w->body_size >= EXPECT_FROM;
    int r = write_head(a, expect);
    if (r == 0 && expect) {
        r = read_answer(a, true, EXPECT_WAIT_MS);
        if (r == 0 && a->http.done) {
            a->http.keep_alive = false; /* refused: the body was never sent */
            return 0;
        }
        if (r == 0 && w->body.len)
            r = write_some(a, w->body);
    }
    if (r == 0 && w->source)
        r = write_source(a);
    return r;
}

static int try_once(struct client *client, struct attempt *a, bool fresh, bool *ret_reused) {
    unsigned connect_ms = wait_of(client, UINT_MAX);
    client_http_init(&a->http);
    a->http.no_body = strcmp(a->wire->method, "HEAD") == 0;
    a->http.headers = on_headers;
    a->http.bytes = on_bytes;
    a->http.ctx = a;
    *ret_reused = false;
    if (connect_ms == 0) {
        err_set(&a->err, 0, "the time for it is over");
        return CLIENT_E_TRANSPORT;
    }
    if (client_conn_get(&client->pool, &a->wire->url, fresh, connect_ms, &a->conn, ret_reused,
                        &a->err) < 0)
        return CLIENT_E_TRANSPORT;
    int r = write_request(a);
    /* A server that refuses may answer and close while the body is still on its way. */
    if (!a->http.done && r != CLIENT_E_SINK) {
        struct err sent = a->err;
        int read = read_answer(a, false, a->wire->idle_ms);
        if (r != 0 && read != 0 && !a->any_bytes)
            a->err = sent;
        if (r != 0 && read == 0)
            a->http.keep_alive = false;
        r = read;
    }
    client_conn_put(&client->pool, a->conn, r == 0 && a->http.done && a->http.keep_alive);
    a->conn = NULL;
    return r;
}

static bool is_throttle(const char *code) {
    static const char *const codes[] = {"Throttling",
                                        "ThrottlingException",
                                        "ThrottledException",
                                        "RequestThrottled",
                                        "RequestThrottledException",
                                        "TooManyRequestsException",
                                        "ProvisionedThroughputExceededException",
                                        "RequestLimitExceeded",
                                        "BandwidthLimitExceeded",
                                        "LimitExceededException",
                                        "SlowDown",
                                        "PriorRequestNotComplete",
                                        "TransactionInProgressException",
                                        "RequestTimeout",
                                        "EC2ThrottledException"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

static bool is_worth_another(const struct attempt *a, int r, bool reused,
                             const struct client_fault *fault) {
    if (a->wire->no_retry || a->sunk || is_over(a->client))
        return false;
    if (r == CLIENT_E_ANSWER)
        return fault->status == 500 || fault->status == 502 || fault->status == 503 ||
               fault->status == 504 || fault->status == 429 || is_throttle(fault->code);
    if (r != CLIENT_E_TRANSPORT)
        return false;
    bool never_sent = !a->any_bytes && strncmp(a->err.text, "cannot connect", 14) == 0;
    return never_sent || a->wire->idempotent || (reused && !a->any_bytes);
}

static void back_off(const struct client *client, unsigned attempt) {
    unsigned shift = attempt < 8 ? attempt : 8;
    uint64_t most = (uint64_t)client->backoff_ms << shift;
    uint64_t ms = rand_u64() % (most + 1); /* full jitter */
    struct timespec wait = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    while (nanosleep(&wait, &wait) < 0 && errno == EINTR)
        ;
}

void client_copy_text(char *to, size_t size, str text) {
    size_t n = text.len < size ? text.len : size - 1;
    if (n)
        memcpy(to, text.p, n);
    to[n] = '\0';
}

static void reset(struct client_response *response) {
    response->status = 0;
    response->body_size = 0;
    buf_clear(&response->head);
    buf_clear(&response->body);
}

int client_exchange(struct client *client, struct client_wire *wire,
                    void (*resign)(void *ctx, struct client_wire *wire), void *ctx,
                    struct client_response *response, struct client_fault *fault) {
    struct client_fault own;
    bool fresh = false;
    int r = CLIENT_E_TRANSPORT;
    fault = fault ? fault : &own;
    for (unsigned attempt = 0;; attempt++) {
        struct attempt *a = mem_new(struct attempt);
        bool reused = false;
        a->client = client;
        a->in = mem_alloc(PIECE);
        a->wire = wire;
        a->response = response;
        *fault = (struct client_fault){.attempts = attempt + 1};
        reset(response);
        if (resign)
            resign(ctx, wire);
        r = try_once(client, a, fresh, &reused);
        if (r == 0 && response->status >= 300) {
            r = CLIENT_E_ANSWER;
            client_read_fault(response, fault);
        } else if (r != 0) {
            fault->status = 0;
            client_copy_text(fault->message, sizeof fault->message, str_c(a->err.text));
        }
        bool again = r != 0 && is_worth_another(a, r, reused, fault);
        client_http_deinit(&a->http);
        free(a->in);
        free(a);
        fresh = r == CLIENT_E_TRANSPORT; /* the other kept ones are no better */
        if (!again || attempt + 1 >= client->attempts)
            break;
        if (!(reused && r == CLIENT_E_TRANSPORT))
            back_off(client, attempt);
    }
    if (r == CLIENT_E_SINK && !fault->message[0])
        client_copy_text(fault->message, sizeof fault->message, S("the receiver gave up"));
    return r;
}
