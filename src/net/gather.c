/*
 * net/gather: sealed records of one piece of an answer leave in one system call.
 *
 * libmicrohttpd gives a piece (64 KiB of a stream) to GnuTLS record by record, 16 KiB each, and
 * GnuTLS sends each by itself, which wakes the client each time. So records are kept until the
 * piece is over: a record is longer than what it seals, so as soon as what is kept and what comes
 * are as long as the piece there may be no more of it, and all goes out. Where nothing was
 * announced, or the socket has once taken less than all, nothing is kept.
 */
#include "net/net_priv.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { MOST_PARTS = 32 };

void net_gather(struct net_conn *conn, size_t piece) {
    if (conn->tls)
        conn->piece = piece;
}

static size_t length_of(const giovec_t *parts, int n) {
    size_t len = 0;
    for (int i = 0; i < n; i++)
        len += parts[i].iov_len;
    return len;
}

/* What is kept goes first; returns how much of the parts went too. */
static ssize_t send_all(struct net_conn *conn, const giovec_t *parts, int n) {
    struct iovec all[MOST_PARTS + 1] = {{conn->kept.p, conn->kept.len}};
    for (int i = 0; i < n; i++)
        all[i + 1] = (struct iovec){parts[i].iov_base, parts[i].iov_len};
    struct msghdr message = {.msg_iov = all, .msg_iovlen = (size_t)n + 1};
    ssize_t sent = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
    if (sent < 0)
        return -1;
    size_t of_kept = (size_t)sent < conn->kept.len ? (size_t)sent : conn->kept.len;
    if (of_kept) {
        memmove(conn->kept.p, conn->kept.p + of_kept, conn->kept.len - of_kept);
        conn->kept.len -= of_kept;
    }
    if (conn->kept.len == 0)
        buf_deinit(&conn->kept);
    if ((size_t)sent > of_kept)
        return sent - (ssize_t)of_kept;
    errno = EAGAIN; /* GnuTLS keeps the record, and comes with it again */
    return -1;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *parts, int n) {
    struct net_conn *conn = ptr;
    n = n < MOST_PARTS ? n : MOST_PARTS;
    size_t len = length_of(parts, n);
    if (conn->kept.len + len >= conn->piece) {
        conn->piece = 0;
        return send_all(conn, parts, n);
    }
    if (conn->kept.len == 0)
        buf_reserve(&conn->kept, conn->piece);
    for (int i = 0; i < n; i++)
        buf_add(&conn->kept, parts[i].iov_base, parts[i].iov_len);
    return (ssize_t)len;
}

void net_gather_begin(struct net_conn *conn, gnutls_session_t session) {
    gnutls_transport_set_ptr(session, conn);
    gnutls_transport_set_vec_push_function(session, push);
}
