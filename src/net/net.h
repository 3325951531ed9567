#pragma once
/*
 * net: listeners, TLS and requests; the only room that includes microhttpd.h.
 *
 * One port speaks TLS and plain HTTP: an accepting thread peeks at the first byte (never blocking)
 * and hands the connection to one of two libmicrohttpd daemons. A request is driven by the
 * application through four callbacks, all in one pool thread at a time:
 *
 *   begin (headers are complete, nothing of the body was read, no 100 Continue was sent)
 *   body* (pieces as they come)      end (the body is complete)      done (always last)
 *
 * begin or body may already answer (net_reply_*). What is then left of the body is drained: up to
 * 1 MiB the connection lives on; beyond that, or where the client waits for 100 Continue, it is
 * closed after the answer, softly, so that a client still busy sending sees the answer and no
 * broken pipe. end answers or suspends; begin and `then` may suspend too, body may not.
 *
 * A strict gate (net/gate.h) has refused smuggling forms, a bad Host and oversized heads before
 * begin is called; such requests reach `refuse` alone. When an answer is missing after end, the
 * client gets 500.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

struct net;
struct net_origin; /* one listener: what its connections mean */

/* A header of a request, as it came; the value without the blanks around it. */
struct net_field {
    str name, value;
};

struct net_req {
    str method;      /* "GET" */
    str target;      /* as sent: "/a%20b?x=1" */
    str path, query; /* target cut at '?', both still encoded; query absent without '?' */
    bool tls;
    bool local;       /* came over a sandbox's socket: never left the kernel */
    str peer_ip;      /* "127.0.0.1"; empty for unix and sandbox sockets */
    void *origin_ctx; /* of the listener (net_listen_fd) */
    bool has_body;
    bool has_length;
    uint64_t content_length; /* when has_length */
    bool expects_continue;
    const struct net_field *headers; /* in the order they came */
    size_t n_headers;
    void *app;          /* the application's own, set in begin */
    struct arena arena; /* lives until done */
};

/* "1.2" or "1.3": the version of TLS that the connection speaks; absent without TLS. Static. */
str net_tls_version(const struct net_req *req);
/* First header of that name (case-insensitive), absent when missing. */
str net_header(const struct net_req *req, const char *name);

/* Why net refuses a request itself. */
struct net_refusal {
    /*
     * As HTTP has it: 400, 413 (a length beyond all bounds), 417, 431 (the head is too long), 501,
     * 505
     */
    int status;
    const char *words; /* static */
};

struct net_app {
    void *ctx;
    void (*begin)(void *ctx, struct net_req *req);
    void (*body)(void *ctx, struct net_req *req, const void *p, size_t n);
    void (*end)(void *ctx, struct net_req *req);
    /* free what begin made; the client may be gone */
    void (*done)(void *ctx, struct net_req *req);
    /*
     * Says in the application's form (net_reply_*) that net refuses the request, with the status
     * that its clients expect; done follows. NULL: a line of text. Called instead of begin, where
     * method and headers may be missing or malformed; or after it, when the rest of the body cannot
     * be read.
     */
    void (*refuse)(void *ctx, struct net_req *req, const struct net_refusal *why);
};

/* ---- Answers. Exactly one net_reply_* a request. ---- */
/* before net_reply_*; Date is added */
void net_reply_header(struct net_req *req, str name, str value);
void net_reply_bytes(struct net_req *req, int status, str body);       /* copies */
void net_reply_buf(struct net_req *req, int status, struct buf *body); /* takes the memory */
/*
 * size bytes pulled as the client takes them: read(ctx, offset, p, n) > 0 bytes, < 0 aborts the
 * connection.
 */
void net_reply_stream(struct net_req *req, int status, uint64_t size,
                      ssize_t (*read)(void *ctx, uint64_t offset, void *p, size_t n),
                      void (*release)(void *ctx), void *ctx);
/* HEAD: the headers of a reply of this size without its bytes. */
void net_reply_head(struct net_req *req, int status, uint64_t size);
void net_close_after(struct net_req *req); /* Connection: close */
bool net_replied(const struct net_req *req);

/*
 * Parks the request: the callback returns without an answer and the thread goes on to others.
 * Later any thread calls net_resume, upon which then(ctx, req) runs in a pool thread and answers
 * (or suspends again). net_resume may come before the suspending callback has returned, and even
 * before net_suspend was called: it is remembered.
 *
 * A parked request whose listener is closed, whose client is found gone, or that outlasts
 * net_stop's patience gets done without then: whoever holds it for net_resume must drop it in
 * done, under a lock of its own.
 */
void net_suspend(struct net_req *req, void (*then)(void *ctx, struct net_req *req), void *ctx);
void net_resume(struct net_req *req);
/*
 * As net_suspend, for a request that another thread of the application's works on: nothing cuts it
 * before net_resume, and net_stop waits for that. A request whose client has gone meanwhile may
 * get done without then. It does not count for net_may_wait.
 */
void net_hold(struct net_req *req, void (*then)(void *ctx, struct net_req *req), void *ctx);
/*
 * False where three quarters of the port's connections are parked: who waits only for news answers
 * without it. Any thread.
 */
bool net_may_wait(const struct net_req *req);
/*
 * True when the client has closed its end (a client that only says that it sends no more looks the
 * same). For whoever holds a parked request, which nobody reads from meanwhile. Any thread.
 */
bool net_client_is_gone(const struct net_req *req);

/*
 * A count of each listener that the application keeps, of whatever its requests met. Any thread;
 * the origin is not closed yet.
 */
void net_mark(struct net_req *req);
unsigned net_marks(const struct net_origin *origin);

/* ---- Life ---- */
struct net_options {
    struct net_app app;
    unsigned threads;         /* 0: 64 */
    const char *tls_cert_pem; /* NULL: plain only */
    const char *tls_key_pem;
    /*
     * With a CA, clients that ask (SNI) for a name under amazonaws.com or localhost get a
     * certificate for that name, made when it is first asked for. NULL: always the one above.
     */
    const char *tls_ca_cert_pem, *tls_ca_key_pem;
    unsigned idle_s; /* idle connection time-out; 0: 75 */
    unsigned head_s; /* for a request's head, from its first byte to its last; 0: 20 */
    unsigned body_s; /* for each KiB of a request's body; 0: 60 */
    /* Connections of the port, and of one address; 0: 4096 and 512 (net/crowd.h). */
    unsigned port_most, peer_most;
};
/* Another head_s and body_s, neither 0, for what is under way too. Any thread. */
void net_set_patience(struct net *net, unsigned head_s, unsigned body_s);
int net_start(struct net **ret_net, const struct net_options *options, struct err *err);
/*
 * Reserves addr:port (0 picks one): *ret_fd is bound, but refuses clients until net_listen. The
 * port in force in *ret_port (may be NULL). -EADDRINUSE is told in words.
 */
int net_bind(const char *addr, uint16_t port, int *ret_fd, uint16_t *ret_port, struct err *err);
/* Serves what net_bind reserved, both protocols. Takes fd, also on failure. */
int net_listen(struct net *net, int fd, struct err *err);
/*
 * Adopts a listening socket that somebody else opened (a sandbox's, a unix socket); fd is taken,
 * also on failure. Its requests carry ctx and local = true. app (copied): other callbacks than the
 * net's own, or NULL.
 * net_origin_close stops accepting and cuts its connections; it may return before they are done,
 * but ctx is not used after released(ctx) was called.
 */
int net_listen_fd(struct net *net, int fd, const struct net_app *app, void *ctx,
                  void (*released)(void *ctx), struct net_origin **ret_origin, struct err *err);
void net_origin_close(struct net_origin *origin);
/* Stops accepting, lets requests under way finish (at most ms), then cuts. */
struct net *net_stop(struct net *net, unsigned ms);

/* ---- The local CA ---- */
/* From and until, both inclusive, in seconds since 1970. */
struct net_validity {
    int64_t from_s, until_s;
};
/*
 * Makes a CA for this machine alone: ECDSA P-256, PEM. valid NULL: from 1970 to 2099, whatever the
 * clock says, as all certificates here (ca.c says why).
 */
int net_make_ca(const struct net_validity *valid, struct buf *ret_ca_cert, struct buf *ret_ca_key,
                struct err *err);
/*
 * Whether the two texts are a CA: both can be read, belong together, and may sign. -EINVAL: err says
 * what is wrong with them. Does not judge the validity.
 */
int net_check_ca(str cert, str key, struct net_validity *ret_valid, struct err *err);
/*
 * Makes a server certificate for names: DNS names, with wildcards, and IP addresses. -EINVAL where
 * the CA's texts are not one.
 */
int net_make_cert(str ca_cert, str ca_key, const str *names, size_t n, struct buf *ret_cert,
                  struct buf *ret_key, struct err *err);
