/* client/conn: connections with time-outs on every wait, and the pool of idle ones. */
#include "client/conn.h"

#include "base/clock.h"
#include "base/lock.h"
#include "client/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MAX_IDLE = 32,
    MAX_IDLE_MS = 50000, /* shorter than servers keep theirs (ours: 75 s, AWS: 60 s and less) */
};

struct client_conn {
    struct client_conn *next; /* in the pool */
    int fd;
    struct client_tls_session *tls; /* NULL: plain */
    char host[CLIENT_HOST_MAX];
    uint16_t port;
    int64_t idle_since_ms;
};

static struct client_conn *conn_free(struct client_conn *conn) {
    if (!conn)
        return NULL;
    conn->tls = client_tls_session_free(conn->tls);
    if (conn->fd >= 0)
        close(conn->fd);
    free(conn);
    return NULL;
}

void client_pool_init(struct client_pool *pool, const char *ca_file, unsigned connect_ms) {
    *pool = (struct client_pool){.ca_file = ca_file, .connect_ms = connect_ms};
    pthread_mutex_init(&pool->lock, NULL);
}

void client_pool_deinit(struct client_pool *pool) {
    while (pool->idle) {
        struct client_conn *conn = pool->idle;
        pool->idle = conn->next;
        conn_free(conn);
    }
    pool->tls = client_tls_free(pool->tls);
    pthread_mutex_destroy(&pool->lock);
}

/* 0 when fd is ready for events, -ETIMEDOUT, -errno. */
static int wait_for(int fd, short events, unsigned ms) {
    struct pollfd p = {fd, events, 0};
    int n;
    do
        n = poll(&p, 1, ms > INT_MAX ? -1 : (int)ms);
    while (n < 0 && errno == EINTR);
    return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

static int connect_to(const struct sockaddr *addr, socklen_t len, unsigned ms) {
    int one = 1, failure = 0;
    socklen_t size = sizeof failure;
    int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, addr, len) < 0)
        failure = errno;
    if (failure == EINPROGRESS) {
        failure = -wait_for(fd, POLLOUT, ms);
        if (failure == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
            failure = errno;
    }
    if (failure == 0)
        return fd;
    close(fd);
    return -failure;
}

/* An IP literal needs no resolver, and none of what it drags in at run time. */
static int connect_literal(const struct client_url *url, unsigned ms, bool *ret_literal) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(url->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(url->port)};
    *ret_literal = true;
    if (inet_pton(AF_INET, url->host, &v4.sin_addr) == 1)
        return connect_to((const struct sockaddr *)&v4, sizeof v4, ms);
    if (inet_pton(AF_INET6, url->host, &v6.sin6_addr) == 1)
        return connect_to((const struct sockaddr *)&v6, sizeof v6, ms);
    *ret_literal = false;
    return -EINVAL;
}

static int connect_name(const struct client_url *url, unsigned ms, struct err *err) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", url->port);
    int r = getaddrinfo(url->host, port, &hints, &list);
    if (r != 0)
        return err_set(err, -EHOSTUNREACH, "cannot resolve %s: %s", url->host, gai_strerror(r));
    int fd = -EHOSTUNREACH;
    for (struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = connect_to(at->ai_addr, at->ai_addrlen, ms);
    freeaddrinfo(list);
    return fd < 0 ? err_sys(err, fd, "cannot connect to %s:%u", url->host, url->port) : fd;
}

static int open_socket(const struct client_url *url, unsigned ms, struct err *err) {
    bool literal;
    int fd = connect_literal(url, ms, &literal);
    if (!literal)
        return connect_name(url, ms, err);
    return fd < 0 ? err_sys(err, fd, "cannot connect to %s:%u", url->host, url->port) : fd;
}

static int tls_settings(struct client_pool *pool, struct client_tls **ret_tls, struct err *err) {
    LOCK_SCOPE(&pool->lock);
    int r = pool->tls ? 0 : client_tls_new(&pool->tls, pool->ca_file, err);
    *ret_tls = pool->tls;
    return r;
}

/* Steps of the handshake, waiting for what each wants: ms in all. */
static int shake_hands(struct client_conn *conn, unsigned ms, struct err *err) {
    int64_t end_ms = clock_mono_ms() + ms;
    for (;;) {
        int r = client_tls_handshake(conn->tls, err);
        int64_t now_ms = clock_mono_ms();
        if (r <= 0)
            return r;
        r = wait_for(conn->fd, r == CLIENT_TLS_WANT_READ ? POLLIN : POLLOUT,
                     (unsigned)(end_ms > now_ms ? end_ms - now_ms : 0));
        if (r < 0)
            return err_sys(err, r, "no TLS handshake with %s:%u", conn->host, conn->port);
    }
}

static int conn_new(struct client_pool *pool, const struct client_url *url, unsigned ms,
                    struct client_conn **ret, struct err *err) {
    struct client_tls *tls = NULL;
    int r = url->tls ? tls_settings(pool, &tls, err) : 0;
    if (r < 0)
        return r;
    int fd = open_socket(url, ms, err);
    if (fd < 0)
        return fd;
    struct client_conn *conn = mem_new(struct client_conn);
    conn->fd = fd;
    conn->port = url->port;
    memcpy(conn->host, url->host, sizeof conn->host);
    if (url->tls) {
        conn->tls = client_tls_session_new(tls, fd, url->host);
        r = shake_hands(conn, ms, err);
    }
    *ret = r < 0 ? conn_free(conn) : conn;
    return r;
}

/* A kept connection must be silent: bytes or an end on it mean the server is done with it. */
static bool is_alive(const struct client_conn *conn, int64_t now) {
    char c;
    if (now - conn->idle_since_ms > MAX_IDLE_MS)
        return false;
    return recv(conn->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

static struct client_conn *take_idle(struct client_pool *pool, const struct client_url *url) {
    int64_t now = clock_mono_ms();
    LOCK_SCOPE(&pool->lock);
    for (struct client_conn **at = &pool->idle; *at;) {
        struct client_conn *conn = *at;
        if (conn->port != url->port || !conn->tls != !url->tls ||
            strcmp(conn->host, url->host) != 0) {
            at = &conn->next;
            continue;
        }
        *at = conn->next;
        pool->n_idle--;
        if (is_alive(conn, now))
            return conn;
        conn_free(conn);
    }
    return NULL;
}

int client_conn_get(struct client_pool *pool, const struct client_url *url, bool fresh,
                    unsigned most_ms, struct client_conn **ret_conn, bool *ret_reused,
                    struct err *err) {
    struct client_conn *conn = fresh ? NULL : take_idle(pool, url);
    *ret_reused = conn != NULL;
    if (conn) {
        *ret_conn = conn;
        return 0;
    }
    return conn_new(pool, url, pool->connect_ms < most_ms ? pool->connect_ms : most_ms, ret_conn,
                    err);
}

void client_conn_put(struct client_pool *pool, struct client_conn *conn, bool keep) {
    if (keep) {
        LOCK_SCOPE(&pool->lock);
        if (pool->n_idle < MAX_IDLE) {
            conn->idle_since_ms = clock_mono_ms();
            conn->next = pool->idle;
            pool->idle = conn;
            pool->n_idle++;
            return;
        }
    }
    conn_free(conn);
}

int client_conn_write(struct client_conn *conn, const void *p, size_t n, unsigned idle_ms,
                      struct err *err) {
    const char *at = p;
    while (n > 0) {
        short want = POLLOUT;
        ssize_t sent;
        if (conn->tls) {
            sent = client_tls_write(conn->tls, at, n, &want);
        } else {
            sent = send(conn->fd, at, n, MSG_NOSIGNAL);
            sent = sent < 0 ? -errno : sent;
        }
        if (sent == -EAGAIN) {
            sent = wait_for(conn->fd, want, idle_ms);
        } else if (sent > 0) {
            at += sent;
            n -= (size_t)sent;
        }
        if (sent < 0 && sent != -EINTR)
            return err_sys(err, (int)sent, "cannot send to %s:%u", conn->host, conn->port);
    }
    return 0;
}

ssize_t client_conn_read(struct client_conn *conn, void *p, size_t n, unsigned idle_ms,
                         struct err *err) {
    for (;;) {
        short want = POLLIN;
        ssize_t got;
        if (conn->tls) {
            got = client_tls_read(conn->tls, p, n, &want);
        } else {
            got = recv(conn->fd, p, n, 0);
            got = got < 0 ? -errno : got;
        }
        if (got == -EAGAIN)
            got = wait_for(conn->fd, want, idle_ms);
        else if (got >= 0)
            return got;
        if (got < 0 && got != -EINTR)
            return err_sys(err, (int)got, "no answer from %s:%u", conn->host, conn->port);
    }
}
