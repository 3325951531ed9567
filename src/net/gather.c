/*
 * net/gather: sealed records of one piece of an answer leave together.
 *
 * libmicrohttpd gives a piece (64 KiB of a stream) to GnuTLS record by record, 16 KiB each, and
 * GnuTLS sends each by itself, which wakes the client each time. So the kernel is told with each
 * that more will come (MSG_MORE), until no more of the piece may be left: a record is longer than
 * what it seals, so that is never later than with its last one. Where nothing was announced, or the
 * socket has once taken less than all, the kernel is told nothing.
 */
#include "net/net_priv.h"

#include <gnutls/gnutls.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { MOST_PARTS = 32 };

void net_gather(struct net_conn *conn, size_t piece) {
    if (conn->tls)
        conn->piece = piece;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *parts, int n) {
    struct net_conn *conn = ptr;
    struct iovec all[MOST_PARTS];
    size_t len = 0;
    n = n < MOST_PARTS ? n : MOST_PARTS;
    for (int i = 0; i < n; i++) {
        all[i] = (struct iovec){parts[i].iov_base, parts[i].iov_len};
        len += parts[i].iov_len;
    }
    bool more = conn->piece > len;
    struct msghdr message = {.msg_iov = all, .msg_iovlen = (size_t)n};
    ssize_t sent = sendmsg(conn->fd, &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    conn->piece = more && sent == (ssize_t)len ? conn->piece - len : 0;
    return sent;
}

void net_gather_begin(struct net_conn *conn, gnutls_session_t session) {
    gnutls_transport_set_ptr(session, conn);
    gnutls_transport_set_vec_push_function(session, push);
}
