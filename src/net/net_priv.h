#pragma once
/*
 * net: what its files share.
 *
 * Threads. One accepting thread (accept.c) owns every listening socket, every connection until its
 * first byte has come, and the sockets that are being closed softly. Two libmicrohttpd pools own
 * the connections after that. Any thread may resume a request or close an origin.
 *
 * Locks, in the order in which they are taken: net.lock (connections, origins), conn.lock (which
 * request a connection is busy with), libmicrohttpd's own. Callbacks of the application are called
 * with none of them held.
 */
#include "base/list.h"
#include "base/lock.h"
#include "net/crowd.h"
#include "net/net.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>

enum {
    /* a connection's memory: head, body buffer, head of the answer */
    /* (zeroed for each request, so not larger than need be) */
    NET_POOL_BYTES = 16 * 1024,
    /* … of which so much is left for the head of the answer at least */
    NET_ANSWER_BYTES = 2560,
    /* for each of the two daemons: crowd.h bounds what gets there */
    NET_CONNECTIONS = NET_PORT_MOST + NET_LOCAL_MOST + NET_DYING_MOST,
    /* body left after an answer of begin that keeps the connection */
    NET_DRAIN_EARLY = 1024 * 1024,
    NET_DRAIN_LATE = 64 * 1024 * 1024, /* body left after an answer of body: then it is cut */
};

/* What an epoll event of the accepting thread points at. */
enum net_watch { WATCH_WAKE, WATCH_LISTENER, WATCH_PENDING, WATCH_GREETING, WATCH_LINGER };

/*
 * One listening socket and the application behind it. It lives until it is closed and its last
 * connection is over; then released(ctx) is called, once, by the thread that dropped the last
 * reference.
 */
struct net_origin {
    enum net_watch watch; /* WATCH_LISTENER; first, see accept.c */
    struct net *net;
    int fd;
    const struct net_app *app;
    void *ctx;
    void (*released)(void *ctx);
    bool local;
    atomic_uint marks;      /* net_mark */
    _Atomic bool closed;    /* set under net.lock; the acceptor looks without it */
    bool gone;              /* accepting thread: the listener is no longer watched */
    unsigned refs;          /* under net.lock: the listener and each connection */
    struct list node;       /* in net.origins */
    struct list conns;      /* under net.lock */
    struct net_share share; /* local: under net.lock */
    struct net_app own_app;
};

/* One accepted connection, from accept until its socket is closed. */
struct net_conn {
    enum net_watch watch;      /* WATCH_PENDING, then WATCH_GREETING */
    struct net_origin *origin; /* holds a reference */
    struct list node;          /* in origin.conns */
    struct list pending;       /* accepting thread: waits for its first byte */
    int64_t deadline_ms;       /* … until then, monotonic */
    struct net_member member;
    int fd;
    bool started; /* under net.lock: libmicrohttpd has it */
    bool tls;
    struct MHD_Connection *mhd; /* TLS */
    bool greeted;               /* the handshake waits for nothing more; pool thread */
    atomic_bool waits;          /* it does, and is suspended; set and reset by the pool thread */
    size_t piece;               /* bytes left of a piece of an answer (gather.c); pool thread */
    bool linger;                /* close softly: the client may still be sending */
    bool refused;               /* net_refuse has answered; nothing follows */
    bool for_head;              /* the first request, in clear, is a HEAD; false once it is over */
    atomic_bool cut;            /* answer nothing more */
    /* what the client was shown: GnuTLS points to it; the connection's pool thread */
    const struct net_sni_cert *cert;
    char peer_ip[INET6_ADDRSTRLEN];
    struct sockaddr_storage peer;
    socklen_t peer_len;
    pthread_mutex_t lock;
    struct net_request *request; /* under lock; NULL between requests */
};

/* The fields above `lock` are set by net_start and stay until net_stop. */
struct net {
    struct net_app app;
    bool strict; /* libmicrohttpd frames chunks as RFC 9112 does */
    unsigned idle_s;
    _Atomic unsigned head_s, body_s;
    struct MHD_Daemon *plain, *tls;
    struct net_sni *sni;
    struct net_tickets *tickets;

    pthread_mutex_t lock;
    struct list origins;
    struct net_conn **by_fd; /* fd → connection */
    size_t n_by_fd;
    struct net_crowd crowd;

    struct net_acceptor *acceptor; /* under lock; NULL once it is stopping */

    atomic_uint under_way;      /* requests between begin and done */
    atomic_uint parked;         /* connections that libmicrohttpd holds suspended */
    atomic_uint parked_of_port; /* … and no local ones */
    atomic_bool stopping;       /* no new requests */
    atomic_bool cutting;        /* no new answers either */
    pthread_mutex_t quiet_lock;
    pthread_cond_t quiet; /* under_way or parked fell to 0 while stopping */
};

/* ---- net.c: connections ---- */
/*
 * Takes a reference on origin and fills the table. Called by the accepting thread alone. fd becomes
 * the connection's.
 */
struct net_conn *net_conn_new(struct net_origin *origin, int fd,
                              const struct sockaddr_storage *peer, socklen_t peer_len);
/*
 * Takes the connection out of the tables, drops its reference on the origin and frees it. Leaves
 * the socket open: whoever closes it comes after, when nobody can find the connection by a number
 * that the kernel gives out anew.
 */
void net_conn_free(struct net_conn *conn);
/*
 * Shuts the socket, upon which its owner closes it, and lets no answer out. net.lock is held.
 */
void net_conn_cut(struct net_conn *conn);
/* Drops a reference; the last one calls released and frees. Without net.lock. */
void net_origin_unref(struct net_origin *origin);
/*
 * Hands the connection to the daemon that its first byte asks for. A connection that the daemon
 * refuses is closed and freed. Accepting thread alone.
 */
void net_conn_serve(struct net_conn *conn, bool tls);
/* Tells whoever waits in net_stop that under_way or parked fell to 0. Any thread. */
void net_wake_quiet(struct net *net);

/* ---- accept.c ---- */
struct net_acceptor;
/* Starts the accepting thread. 0, or -errno with words and nothing left behind. */
int net_acceptor_start(struct net_acceptor **ret_acceptor, struct net *net, struct err *err);
/*
 * Stops accepting, closes what waits for its first byte, and ends the thread. Joins and frees; NULL
 * is fine, and returned.
 */
struct net_acceptor *net_acceptor_stop(struct net_acceptor *acceptor);
/*
 * Watches the origin's socket from here on: connections may be served before this returns. 0 or
 * -errno.
 */
int net_acceptor_add(struct net_acceptor *acceptor, struct net_origin *origin, struct err *err);
/*
 * Tells the thread to look for origins that were closed, sockets to linger on, and its end. Any
 * thread.
 */
void net_acceptor_wake(struct net_acceptor *acceptor);
/*
 * Resumes the connection, which was suspended in its handshake, as soon as its socket can be read
 * or was shut. False: net stops, or the socket cannot be watched; the caller ends it. net.lock is
 * held.
 */
bool net_acceptor_greet(struct net_acceptor *acceptor, struct net_conn *conn);
/*
 * Reads on from fd (taken) for a while before it closes, so that the client gets the last answer
 * and no reset. Bounded in time, bytes and sockets (accept.c). Any thread.
 */
void net_acceptor_linger(struct net_acceptor *acceptor, int fd);

/* ---- request.c: what libmicrohttpd calls ---- */
/*
 * The request line has come: makes the net_request, which libmicrohttpd hands to the other two as
 * *request. The connection's pool thread calls all three, one after the other.
 */
void *net_on_uri(void *net, const char *uri, struct MHD_Connection *mhd);
/*
 * Head, piece of the body, end, or resumed, as `step` and `parked` say. MHD_NO cuts the connection.
 */
enum MHD_Result net_on_request(void *net, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *data_len, void **request);
/* The request is over, answered or not: calls the application's done, and frees. */
void net_on_completed(void *net, struct MHD_Connection *mhd, void **request,
                      enum MHD_RequestTerminationCode code);
/*
 * Resumes the connection's request if it is parked, so that it finds out that it was cut. Any
 * thread.
 */
void net_request_cut(struct net_conn *conn);
/* NULL where libmicrohttpd serves a connection that we do not know. */
struct net_conn *net_conn_of(struct MHD_Connection *mhd);
struct net_request;
/* A request that is known by its target alone; mhd may be NULL. net_request_over frees it. */
struct net_request *net_request_new(struct net_conn *conn, struct MHD_Connection *mhd, str target);
struct gate;
/* Shows the gate each header that libmicrohttpd has found. The connection's pool thread. */
void net_gate_headers(struct MHD_Connection *mhd, struct gate *g);
/* What the head says; method "" where it is not known. */
void net_request_fill(struct net_request *r, const char *method);
/* The application will hear of the request, so done must be called. */
void net_request_begun(struct net_request *r);
/* Calls done where begin was called, and frees. */
void net_request_over(struct net_request *r);

/* ---- refuse.c ---- */
/*
 * Answers in the application's form (net_app.refuse), at once and past libmicrohttpd, and shuts the
 * sending side: what is queued afterwards does not reach the client. The second refusal on a
 * connection does nothing. The connection's pool thread.
 */
void net_refuse(struct net_request *r, const struct net_refusal *why);
/* The connection, in clear, did not begin with a request (gate_is_garbage). The accepting thread. */
void net_refuse_garbage(struct net_conn *conn);
/*
 * Whether the library's own refusals come to us: asks it for one. False too where that cannot be
 * tried. Any thread.
 */
bool net_refusals_are_ours(void);
/* MHD_queue_response of the library: ours is called by the library alone. */
enum MHD_Result net_queue(struct MHD_Connection *mhd, unsigned status,
                          struct MHD_Response *response);

/*
 * Where a request is. HEAD: begin has not been answered for yet; BODY: pieces go to the
 * application; DRAIN: the answer is there, and what is left of the body is thrown away; END: the
 * body is over.
 */
enum net_step { STEP_HEAD, STEP_BODY, STEP_DRAIN, STEP_END };
/*
 * net_suspend and net_resume may come in either order: WOKEN is a resume that came first, PARKED a
 * request that waits for one.
 */
enum { PARK_RUNNING, PARK_WOKEN, PARK_PARKED, PARK_HELD };

/*
 * From the request line until net_on_completed, owned by libmicrohttpd's pool thread of the
 * connection. Other threads touch `park` alone.
 */
struct net_request {
    struct net_req req; /* first: net_req * and net_request * are the same address */
    struct net_conn *conn;
    struct MHD_Connection *mhd;
    const struct net_app *app;
    str target;
    enum net_step step;
    bool begun;  /* begin was called, so done must be */
    bool parked; /* the callback that ran last suspended */
    bool held;   /* … by net_hold */
    bool close;
    uint64_t drained;
    size_t cost;       /* what the head has taken of the connection's memory */
    size_t step_bytes; /* of the body since the last beat */

    atomic_int park;
    void (*then)(void *ctx, struct net_req *req);
    void *then_ctx;

    struct net_reply_head *heads; /* headers of the answer, newest first */
    struct buf *by_hand;          /* net_refuse writes the answer: its body goes here */
    struct MHD_Response *response;
    unsigned status;
};
/* A header of the answer to be; texts live in the request's arena. */
struct net_reply_head {
    struct net_reply_head *next;
    const char *name, *value;
};

/* ---- tls.c ---- */
/* What the daemon for TLS is started with, ended by MHD_OPTION_END. Static; only read. */
struct MHD_OptionItem *net_tls_options(void);
/* For a connection that has begun, before its handshake. The connection's pool thread. */
void net_tls_begin(struct net_conn *conn, struct MHD_Connection *mhd);

/* ---- greet.c ---- */
struct gnutls_session_int;
/* Reads what the handshake reads, from here on; conn.mhd is set. The connection's pool thread. */
void net_greet_begin(struct net_conn *conn, struct gnutls_session_int *session);
/* The connection is no longer suspended for its handshake, if it was. Its pool thread. */
void net_greet_over(struct net_conn *conn);
/* Ends a handshake that waits. net.lock is held, and net.cutting set. */
void net_greet_cut_locked(struct net_conn *conn);

/* ---- gather.c: all by the connection's pool thread ---- */
/* Sends what the session sends. */
void net_gather_begin(struct net_conn *conn, struct gnutls_session_int *session);
/* So many bytes of an answer, all of which are there, will be sent next. */
void net_gather(struct net_conn *conn, size_t piece);

/* ---- tickets.c ---- */
/* For how long one key seals tickets, and how long a ticket lasts. */
enum { NET_TICKET_MS = 60 * 60 * 1000 };
struct net_tickets;
struct net_tickets *net_tickets_new(void);
struct net_tickets *net_tickets_free(struct net_tickets *tickets);
/*
 * Lets the session, whose handshake has not begun, give and take tickets. now_ms is monotonic: the
 * key is replaced when it has served its time. 0 or an error of GnuTLS. Any thread.
 */
int net_tickets_lend(struct net_tickets *tickets, struct gnutls_session_int *session,
                     int64_t now_ms);
/*
 * Wipes a key that has served its time. Returns when to look next (monotonic), INT64_MAX where
 * there is no key. Any thread.
 */
int64_t net_tickets_look(struct net_tickets *tickets, int64_t now_ms);

/* ---- sni.c ---- */
struct net_sni;
/*
 * Certificates by name; ca_* may be NULL. 0, or -EINVAL with words where a certificate or key
 * cannot be read.
 */
int net_sni_new(struct net_sni **ret_sni, const struct net_options *options, struct err *err);
struct net_sni *net_sni_free(struct net_sni *sni);
DEFINE_FREEP(net_sni)
/* A chain with its key, in the form that libmicrohttpd's callback takes. */
struct net_sni_cert {
    struct gnutls_pcert_st *chain;
    unsigned n_chain;
    struct gnutls_privkey_st *key;
};
/*
 * The certificate for that name, made at its first use where the CA's key is there; otherwise, and
 * where name is absent, the fixed one. Stays valid until the caller drops it. Any thread.
 */
const struct net_sni_cert *net_sni_pick(struct net_sni *sni, str name);
/* NULL is fine. */
void net_sni_drop(struct net_sni *sni, const struct net_sni_cert *cert);

/* ---- ca.c: without texts ---- */
struct net_ca;
struct gnutls_x509_privkey_int;
/* -EINVAL where the texts are not one. The caller frees it. */
int net_ca_new(struct net_ca **ret_ca, str cert, str key, struct err *err);
struct net_ca *net_ca_free(struct net_ca *ca);
/*
 * A server certificate, as net_make_cert makes them, for a key that is there. Fills *ret. One at a
 * time for each CA.
 */
int net_ca_certify(struct net_ca *ca, struct gnutls_x509_privkey_int *key, const str *names,
                   size_t n, struct gnutls_pcert_st *ret, struct err *err);
