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
#include "net/net.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>

enum {
    /* a connection's memory: head, body buffer, head of the answer */
    NET_POOL_BYTES = 16 * 1024,
    NET_CONNECTIONS = 8192, /* for each of the two daemons */
    /* body left after an answer of begin that keeps the connection */
    NET_DRAIN_EARLY = 1024 * 1024,
    NET_DRAIN_LATE = 64 * 1024 * 1024, /* body left after an answer of body: then it is cut */
};

/* What an epoll event of the accepting thread points at. */
enum net_watch { WATCH_WAKE, WATCH_LISTENER, WATCH_PENDING, WATCH_LINGER };

struct net_origin {
    enum net_watch watch; /* WATCH_LISTENER; first, see accept.c */
    struct net *net;
    int fd;
    const struct net_app *app;
    void *ctx;
    void (*released)(void *ctx);
    bool local;
    _Atomic bool closed; /* set under net.lock; the acceptor looks without it */
    bool gone;           /* accepting thread: the listener is no longer watched */
    unsigned refs;       /* under net.lock: the listener and each connection */
    struct list node;    /* in net.origins */
    struct list conns;   /* under net.lock */
    struct net_app own_app;
};

/* One accepted connection, from accept until its socket is closed. */
struct net_conn {
    enum net_watch watch;      /* WATCH_PENDING */
    struct net_origin *origin; /* holds a reference */
    struct list node;          /* in origin.conns */
    struct list pending;       /* accepting thread: waits for its first byte */
    int64_t deadline_ms;       /* … until then, monotonic */
    int fd;
    bool tls;
    bool linger;     /* close softly: the client may still be sending */
    atomic_bool cut; /* answer nothing more */
    char peer_ip[INET6_ADDRSTRLEN];
    struct sockaddr_storage peer;
    socklen_t peer_len;
    pthread_mutex_t lock;
    struct net_request *request; /* under lock; NULL between requests */
};

struct net {
    struct net_app app;
    unsigned idle_s;
    struct MHD_Daemon *plain, *tls;
    struct net_sni *sni;

    pthread_mutex_t lock;
    struct list origins;
    struct net_conn **by_fd; /* fd → connection */
    size_t n_by_fd;

    struct net_acceptor *acceptor; /* under lock; NULL once it is stopping */

    atomic_uint under_way; /* requests between begin and done */
    atomic_uint parked;    /* connections that libmicrohttpd holds suspended */
    atomic_bool stopping;  /* no new requests */
    atomic_bool cutting;   /* no new answers either */
    pthread_mutex_t quiet_lock;
    pthread_cond_t quiet; /* under_way or parked fell to 0 while stopping */
};

/* ---- net.c: connections ---- */
/* Takes a reference on origin and fills the table. Called by the accepting thread alone. */
struct net_conn *net_conn_new(struct net_origin *origin, int fd,
                              const struct sockaddr_storage *peer, socklen_t peer_len);
/* Out of the tables, drops the reference. Does not close the socket. */
void net_conn_free(struct net_conn *conn);
/* Drops a reference; the last one calls released and frees. */
void net_origin_unref(struct net_origin *origin);
/* Hands the connection to the daemon that its first byte asks for. */
void net_conn_serve(struct net_conn *conn, bool tls);
void net_wake_quiet(struct net *net);

/* ---- accept.c ---- */
struct net_acceptor;
int net_acceptor_start(struct net_acceptor **ret_acceptor, struct net *net, struct err *err);
/* Stops accepting, closes what waits for its first byte, and ends the thread. */
struct net_acceptor *net_acceptor_stop(struct net_acceptor *acceptor);
/* Watches the origin's socket. */
int net_acceptor_add(struct net_acceptor *acceptor, struct net_origin *origin, struct err *err);
/* Tells the thread to let go of closed origins. */
void net_acceptor_wake(struct net_acceptor *acceptor);
/*
 * Reads on from fd (taken) for a while before it closes, so that the client sees the last answer.
 */
void net_acceptor_linger(struct net_acceptor *acceptor, int fd);

/* ---- request.c: what libmicrohttpd calls ---- */
void *net_on_uri(void *net, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result net_on_request(void *net, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *data_len, void **request);
void net_on_completed(void *net, struct MHD_Connection *mhd, void **request,
                      enum MHD_RequestTerminationCode code);
/* Resumes the connection's request if it is parked, so that it finds out that it was cut. */
void net_request_cut(struct net_conn *conn);

enum net_step { STEP_HEAD, STEP_BODY, STEP_DRAIN, STEP_END };
enum { PARK_RUNNING, PARK_WOKEN, PARK_PARKED };

struct net_request {
    struct net_req req; /* first: net_req * and net_request * are the same address */
    struct net_conn *conn;
    struct MHD_Connection *mhd;
    const struct net_app *app;
    str target;
    enum net_step step;
    bool begun;  /* begin was called, so done must be */
    bool parked; /* the callback that ran last suspended */
    bool close;
    uint64_t drained;

    atomic_int park;
    void (*then)(void *ctx, struct net_req *req);
    void *then_ctx;

    struct net_reply_head *heads; /* headers of the answer, newest first */
    struct MHD_Response *response;
    unsigned status;
};
struct net_reply_head {
    struct net_reply_head *next;
    const char *name, *value;
};

/* ---- sni.c ---- */
struct net_sni;
/* Certificates by name; ca_* may be NULL. */
int net_sni_new(struct net_sni **ret_sni, const struct net_options *options, struct err *err);
struct net_sni *net_sni_free(struct net_sni *sni);
DEFINE_FREEP(net_sni)
/* Stays valid until net_sni_free. name may be absent. What libmicrohttpd's callback wants. */
struct net_sni_cert {
    struct gnutls_pcert_st *chain;
    unsigned n_chain;
    struct gnutls_privkey_st *key;
};
const struct net_sni_cert *net_sni_pick(struct net_sni *sni, str name);
