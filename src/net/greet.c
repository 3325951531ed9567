/*
 * net/greet: a handshake of TLS waits for its client without spinning.
 *
 * libmicrohttpd takes a socket for readable until a read of a request's bytes has found nothing;
 * it does not look at what a handshake finds. So its thread would call the handshake again and
 * again until the client's answer comes: at the least for a round trip, which costs more than all
 * of the handshake's arithmetic, and for 20 s where a client sends half a hello. (Seen in
 * 0.9.75, where recv_tls_adapter alone takes the read-ready mark off.)
 *
 * Bytes of the handshake come through our pull function. Where there are none it suspends the
 * connection, and the accepting thread resumes it when its socket has something to say: bytes, an
 * end, or the shutdown that cuts a connection. Until then the connection cannot go away.
 */
#include "net/net_priv.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <sys/socket.h>

void net_greet_cut_locked(struct net_conn *conn) {
    if (conn->waits)
        shutdown(conn->fd, SHUT_RDWR);
}

void net_greet_over(struct net_conn *conn) {
    struct net *net = conn->origin->net;
    if (!atomic_exchange(&conn->waits, false))
        return;
    if (--net->parked == 0)
        net_wake_quiet(net);
}

static void wait_for_client(struct net_conn *conn) {
    struct net *net = conn->origin->net;
    conn->waits = true;
    net->parked++;
    MHD_suspend_connection(conn->mhd);
    pthread_mutex_lock(&net->lock);
    bool watched = net->acceptor && net_acceptor_greet(net->acceptor, conn);
    pthread_mutex_unlock(&net->lock);
    if (watched)
        return;
    shutdown(conn->fd, SHUT_RDWR); /* the next read finds the end */
    MHD_resume_connection(conn->mhd);
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *p, size_t n) {
    struct net_conn *conn = ptr;
    net_greet_over(conn);
    ssize_t got = recv(conn->fd, p, n, 0);
    if (got < 0 && errno == EAGAIN && !conn->greeted) {
        wait_for_client(conn);
        errno = EAGAIN;
    }
    return got;
}

static int pull_within(gnutls_transport_ptr_t ptr, unsigned ms) {
    struct pollfd on = {.fd = ((const struct net_conn *)ptr)->fd, .events = POLLIN};
    return poll(&on, 1, ms > INT32_MAX ? -1 : (int)ms);
}

/* The client's Finished is the last that a handshake of either version waits for. */
static int on_finished(gnutls_session_t session, unsigned, unsigned, unsigned incoming,
                       const gnutls_datum_t *) {
    struct net_conn *conn = gnutls_transport_get_ptr(session);
    conn->greeted |= incoming;
    return 0;
}

void net_greet_begin(struct net_conn *conn, gnutls_session_t session) {
    gnutls_transport_set_ptr(session, conn);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_within);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
                                       on_finished);
}
