/*
 * net/accept: the accepting thread.
 *
 * It accepts, looks at a connection's first byte (0x16 begins a TLS handshake) and hands the
 * connection to the daemon for it. It never blocks on one client: a connection whose first byte has
 * not come waits in epoll, one-shot, until its deadline. It also closes softly: a socket
 * whose answer was sent while the client was still sending is read on for a while, because closing
 * it with unread bytes makes the kernel send a reset, which takes the answer away from the client.
 *
 * The thread alone frees what its epoll events point at, and only between two batches of events.
 */
#include "base/clock.h"
#include "base/log.h"
#include "net/gate.h"
#include "net/net_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BATCH = 64,            /* events, and accepts of one listener, at a time */
    LINGER_MS = 5000,      /* how long, */
    LINGER_MOST = 1 << 30, /* how many bytes, */
    LINGER_AT_ONCE = 256,  /* and how many sockets are closed softly */
    LINGER_STEP = 1 << 20, /* bytes before the others get their turn */
    STACK_BYTES = 256 * 1024,
    FIRST_BYTES = 256,    /* longer than any method, and most request lines */
    TLS_HANDSHAKE = 0x16, /* RFC 8446 section 5.1: content type of the first record */
};

struct softly {
    enum net_watch watch; /* WATCH_LINGER; first */
    struct list node;
    int fd;
    int64_t deadline_ms;
    size_t seen;
};

struct net_acceptor {
    enum net_watch watch; /* WATCH_WAKE; first */
    struct net *net;
    int epoll_fd, wake_fd;
    int spare_fd; /* given up for a moment where descriptors have run out */
    pthread_t thread;
    struct list pending; /* of net_conn.pending, earliest deadline first */
    struct list lingers; /* of linger.node, earliest deadline first */
    unsigned n_lingers;
    pthread_mutex_t lock;
    struct list arriving; /* under lock: lingers that pool threads brought */
    bool stop;            /* under lock */
};

void net_acceptor_wake(struct net_acceptor *a) {
    uint64_t one = 1;
    (void)!write(a->wake_fd, &one, sizeof one);
}

/* ---- First bytes ---- */

static void drop_conn(struct net_conn *conn) {
    int fd = conn->fd;
    list_remove(&conn->pending);
    net_conn_free(conn);
    close(fd);
}

/* It did not begin with a request line: answered, and read on from until the client closes. */
static void drop_garbage(struct net_acceptor *a, struct net_conn *conn) {
    int fd = conn->fd;
    list_remove(&conn->pending);
    net_refuse_garbage(conn);
    net_conn_free(conn);
    net_acceptor_linger(a, fd);
}

/* True when the connection went on its way (or away). */
static bool peek(struct net_acceptor *a, struct net_conn *conn) {
    char first[FIRST_BYTES];
    ssize_t n = recv(conn->fd, first, sizeof first, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    bool tls = n > 0 && first[0] == TLS_HANDSHAKE;
    if (n <= 0 || conn->cut || (tls && !conn->origin->net->tls)) {
        drop_conn(conn);
    } else if (!tls && gate_is_garbage(str_n(first, (size_t)n))) {
        drop_garbage(a, conn);
    } else {
        list_remove(&conn->pending);
        conn->for_head = str_starts(str_n(first, (size_t)n), S("HEAD "));
        net_conn_serve(conn, tls);
    }
    return true;
}

static void wait_for_first_byte(struct net_acceptor *a, struct net_conn *conn, int op) {
    struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = conn};
    if (epoll_ctl(a->epoll_fd, op, conn->fd, &ev) != 0)
        drop_conn(conn);
}

static void on_pending(struct net_acceptor *a, struct net_conn *conn) {
    int fd = conn->fd;
    /* Out of our epoll before libmicrohttpd gets it; back in when it was a false alarm. */
    epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    if (!peek(a, conn))
        wait_for_first_byte(a, conn, EPOLL_CTL_ADD);
}

/* ---- Handshakes that wait ---- */

bool net_acceptor_greet(struct net_acceptor *a, struct net_conn *conn) {
    struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = conn};
    /* net_stop sets cutting first and looks for who waits then; so one of us sees the other. */
    if (a->net->cutting)
        return false;
    conn->watch = WATCH_GREETING;
    return epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, conn->fd, &ev) == 0;
}

/* One-shot, so no further event of this batch points at it once it may go away. */
static void on_greeting(struct net_acceptor *a, struct net_conn *conn) {
    epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, conn->fd, NULL);
    MHD_resume_connection(conn->mhd);
}

/* ---- Accepting ---- */

static void accepted(struct net_acceptor *a, struct net_origin *origin, int fd,
                     const struct sockaddr_storage *peer, socklen_t peer_len) {
    if (peer->ss_family == AF_INET || peer->ss_family == AF_INET6) {
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (!net_crowd_make_room(a->net, origin, peer)) {
        close(fd);
        return;
    }
    struct net_conn *conn = net_conn_new(origin, fd, peer, peer_len);
    conn->deadline_ms = clock_mono_ms() + (int64_t)a->net->idle_s * 1000;
    list_append(&a->pending, &conn->pending);
    if (!peek(a, conn))
        wait_for_first_byte(a, conn, EPOLL_CTL_ADD);
}

/*
 * Descriptors have run out: the waiting client is turned away at once, which tells it more than a
 * silence, and keeps the listener from waking us for it without end.
 */
static void turn_one_away(struct net_acceptor *a, const struct net_origin *origin) {
    a->net->crowd.refused++;
    close(a->spare_fd);
    int fd = accept4(origin->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        close(fd);
    a->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_listener(struct net_acceptor *a, struct net_origin *origin) {
    for (int i = 0; i < BATCH && !origin->closed; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t peer_len = sizeof peer;
        int fd =
            accept4(origin->fd, (struct sockaddr *)&peer, &peer_len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            accepted(a, origin, fd, &peer, peer_len);
        } else if (errno == EMFILE || errno == ENFILE) {
            turn_one_away(a, origin);
        } else if (errno == ENOBUFS || errno == ENOMEM) {
            poll(NULL, 0, 10);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return; /* EAGAIN, or a fault of that one connection (accept(2)) */
        }
    }
}

/* Closes the sockets of closed origins: here, so that no event of this batch points at them. */
static void drop_closed_listeners(struct net_acceptor *a) {
    for (;;) {
        struct net_origin *dropped = NULL;
        pthread_mutex_lock(&a->net->lock);
        LIST_EACH (node, &a->net->origins) {
            struct net_origin *o = LIST_ENTRY(node, struct net_origin, node);
            if (o->closed && !o->gone) {
                o->gone = true;
                list_remove(&o->node);
                dropped = o;
                break;
            }
        }
        pthread_mutex_unlock(&a->net->lock);
        if (!dropped)
            return;
        epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, dropped->fd, NULL);
        close(dropped->fd);
        dropped->fd = -1;
        net_origin_unref(dropped);
    }
}

/* ---- Soft closes ---- */

static void linger_end(struct net_acceptor *a, struct softly *l) {
    list_remove(&l->node);
    a->n_lingers--;
    /* The library may still hold the socket under its own number: closing ours is not enough. */
    epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, l->fd, NULL);
    close(l->fd);
    free(l);
}

static void on_linger(struct net_acceptor *a, struct softly *l) {
    static char nowhere[64 * 1024]; /* only this thread writes to it, and nobody reads it */
    for (size_t step = 0; step < LINGER_STEP;) {
        ssize_t n = recv(l->fd, nowhere, sizeof nowhere, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0 || l->seen + (size_t)n > LINGER_MOST) {
            linger_end(a, l);
            return;
        }
        step += (size_t)n;
        l->seen += (size_t)n;
    }
}

void net_acceptor_linger(struct net_acceptor *a, int fd) {
    struct softly *l = mem_new(struct softly);
    l->watch = WATCH_LINGER;
    l->fd = fd;
    pthread_mutex_lock(&a->lock);
    list_append(&a->arriving, &l->node);
    pthread_mutex_unlock(&a->lock);
    net_acceptor_wake(a);
}

static void take_arriving(struct net_acceptor *a) {
    LOCK_SCOPE(&a->lock);
    LIST_EACH (node, &a->arriving) {
        struct softly *l = LIST_ENTRY(node, struct softly, node);
        list_remove(&l->node);
        l->deadline_ms = clock_mono_ms() + LINGER_MS;
        list_append(&a->lingers, &l->node);
        a->n_lingers++;
        struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = l};
        if (a->n_lingers > LINGER_AT_ONCE || epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, l->fd, &ev) != 0)
            linger_end(a, l);
    }
}

/* ---- The loop ---- */

/* Ends what is over its time; returns the milliseconds until the next deadline, -1 without one. */
static int expire(struct net_acceptor *a) {
    int64_t now = clock_mono_ms(), next = net_crowd_look(a->net, now),
            key = net_tickets_look(a->net->tickets, now);
    next = key < next ? key : next;
    LIST_EACH (node, &a->pending) {
        struct net_conn *conn = LIST_ENTRY(node, struct net_conn, pending);
        if (conn->deadline_ms > now) {
            next = conn->deadline_ms < next ? conn->deadline_ms : next;
            break;
        }
        drop_conn(conn);
    }
    LIST_EACH (node, &a->lingers) {
        struct softly *l = LIST_ENTRY(node, struct softly, node);
        if (l->deadline_ms > now) {
            next = l->deadline_ms < next ? l->deadline_ms : next;
            break;
        }
        linger_end(a, l);
    }
    return next == INT64_MAX ? -1 : (int)(next - now) + 1;
}

static bool drain_wake(struct net_acceptor *a) {
    uint64_t n;
    (void)!read(a->wake_fd, &n, sizeof n);
    take_arriving(a);
    drop_closed_listeners(a);
    LOCK_SCOPE(&a->lock);
    return a->stop;
}

static void *run(void *arg) {
    struct net_acceptor *a = arg;
    pthread_setname_np(pthread_self(), "net-accept");
    for (bool stop = false; !stop;) {
        struct epoll_event events[BATCH];
        int n = epoll_wait(a->epoll_fd, events, BATCH, expire(a));
        bool woken = false;
        for (int i = 0; i < n; i++) {
            switch (*(enum net_watch *)events[i].data.ptr) {
            case WATCH_WAKE: woken = true; break;
            case WATCH_LISTENER: on_listener(a, events[i].data.ptr); break;
            case WATCH_PENDING: on_pending(a, events[i].data.ptr); break;
            case WATCH_GREETING: on_greeting(a, events[i].data.ptr); break;
            case WATCH_LINGER: on_linger(a, events[i].data.ptr); break;
            }
        }
        if (woken)
            stop = drain_wake(a);
    }
    LIST_EACH (node, &a->pending)
        drop_conn(LIST_ENTRY(node, struct net_conn, pending));
    LIST_EACH (node, &a->lingers)
        linger_end(a, LIST_ENTRY(node, struct softly, node));
    return NULL;
}

/* ---- Life ---- */

static struct net_acceptor *acceptor_free(struct net_acceptor *a) {
    if (!a)
        return NULL;
    fd_closep(&a->epoll_fd);
    fd_closep(&a->wake_fd);
    fd_closep(&a->spare_fd);
    pthread_mutex_destroy(&a->lock);
    free(a);
    return NULL;
}

static int start_thread(struct net_acceptor *a) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    int r = pthread_create(&a->thread, &attr, run, a);
    pthread_attr_destroy(&attr);
    return -r;
}

int net_acceptor_start(struct net_acceptor **ret_acceptor, struct net *net, struct err *err) {
    struct net_acceptor *a = mem_new(struct net_acceptor);
    a->watch = WATCH_WAKE;
    a->net = net;
    pthread_mutex_init(&a->lock, NULL);
    list_init(&a->pending);
    list_init(&a->lingers);
    list_init(&a->arriving);
    a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    a->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = a};
    int r = 0;
    if (a->epoll_fd < 0 || a->wake_fd < 0 ||
        epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, a->wake_fd, &ev) != 0)
        r = -errno;
    if (r == 0)
        r = start_thread(a);
    if (r < 0) {
        acceptor_free(a);
        return err_sys(err, r, "cannot start accepting connections");
    }
    *ret_acceptor = a;
    return 0;
}

struct net_acceptor *net_acceptor_stop(struct net_acceptor *a) {
    if (!a)
        return NULL;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_mutex_unlock(&a->lock);
    net_acceptor_wake(a);
    pthread_join(a->thread, NULL);
    LIST_EACH (node, &a->arriving) {
        struct softly *l = LIST_ENTRY(node, struct softly, node);
        close(l->fd);
        free(l);
    }
    return acceptor_free(a);
}

int net_acceptor_add(struct net_acceptor *a, struct net_origin *origin, struct err *err) {
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = origin};
    if (epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, origin->fd, &ev) != 0)
        return err_sys(err, -errno, "cannot watch a listening socket");
    return 0;
}
