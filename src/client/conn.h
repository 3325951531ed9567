#pragma once
/*
 * client/conn: one connection, plain or TLS, with time-outs, and the pool of those kept alive.
 * Shared inside the room. Never raises SIGPIPE.
 */
#include "base/err.h"
#include "client/url.h"

#include <pthread.h>

struct client_conn;
struct client_tls; /* a client's TLS settings: made at the first https connection */

/* The connections of one client that are between two requests. Any thread, under lock. */
struct client_pool {
    pthread_mutex_t lock;
    struct client_conn *idle; /* newest first */
    unsigned n_idle;
    struct client_tls *tls;
    const char *ca_file; /* borrowed; NULL: SSL_CERT_FILE or the system's */
    unsigned connect_ms;
};
/* connect_ms: longest wait for a connection, and again for its TLS handshake. */
void client_pool_init(struct client_pool *pool, const char *ca_file, unsigned connect_ms);
/* Closes the idle connections; none may be in use. */
void client_pool_deinit(struct client_pool *pool);

/*
 * A kept one (*ret_reused), or a new one, for which most_ms may shorten the pool's connect_ms. 0 or
 * -errno with words. fresh: only a new one will do.
 */
int client_conn_get(struct client_pool *pool, const struct client_url *url, bool fresh,
                    unsigned most_ms, struct client_conn **ret_conn, bool *ret_reused,
                    struct err *err);
/* Takes conn: keeps it for the next request, or closes it (also when enough are kept). */
void client_conn_put(struct client_pool *pool, struct client_conn *conn, bool keep);

/* All n bytes. idle_ms: longest wait for the peer to take some; UINT_MAX: for ever. 0 or -errno. */
int client_conn_write(struct client_conn *conn, const void *p, size_t n, unsigned idle_ms,
                      struct err *err);
/* > 0 bytes, 0 at the end, -ETIMEDOUT, or another -errno. */
ssize_t client_conn_read(struct client_conn *conn, void *p, size_t n, unsigned idle_ms,
                         struct err *err);
