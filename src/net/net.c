/*
 * net/net: daemons, listeners and the table of connections.
 *
 * Both daemons have no listener of their own (MHD_USE_NO_LISTEN_SOCKET, with MHD_USE_ITC so that
 * they notice what is handed to them), an epoll loop in each thread of their pool, and may suspend.
 * A connection is told apart by its descriptor from accept until libmicrohttpd says that it closes.
 */
#include "net/net.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/net_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DEFAULT_THREADS = 64,
    DEFAULT_IDLE_S = 75,
    BACKLOG = 511,
    /* Handlers parse documents nested 2048 deep by recursion; untouched pages cost nothing. */
    STACK_BYTES = 1024 * 1024,
};

/* ---- Connections ---- */

static struct net_conn *conn_by_fd(struct net *net, int fd) {
    LOCK_SCOPE(&net->lock);
    return fd >= 0 && (size_t)fd < net->n_by_fd ? net->by_fd[fd] : NULL;
}

static void set_by_fd(struct net *net, int fd, struct net_conn *conn) {
    if ((size_t)fd >= net->n_by_fd) {
        size_t n = ((size_t)fd + 1) * 2, one = sizeof(void *);
        net->by_fd = mem_realloc(net->by_fd, n * one);
        memset(net->by_fd + net->n_by_fd, 0, (n - net->n_by_fd) * one);
        net->n_by_fd = n;
    }
    net->by_fd[fd] = conn;
}

static void name_peer(struct net_conn *conn) {
    if (conn->origin->local)
        return;
    const void *ip = NULL;
    if (conn->peer.ss_family == AF_INET)
        ip = &((const struct sockaddr_in *)&conn->peer)->sin_addr;
    else if (conn->peer.ss_family == AF_INET6)
        ip = &((const struct sockaddr_in6 *)&conn->peer)->sin6_addr;
    if (ip)
        inet_ntop(conn->peer.ss_family, ip, conn->peer_ip, sizeof conn->peer_ip);
}

struct net_conn *net_conn_new(struct net_origin *origin, int fd,
                              const struct sockaddr_storage *peer, socklen_t peer_len) {
    struct net *net = origin->net;
    /*
     * libmicrohttpd drops a connection without a word when it has no room: its entry stays behind.
     */
    struct net_conn *stale = conn_by_fd(net, fd);
    if (stale)
        net_conn_free(stale);

    struct net_conn *conn = mem_new(struct net_conn);
    conn->watch = WATCH_PENDING;
    conn->origin = origin;
    conn->fd = fd;
    conn->peer = *peer;
    conn->peer_len = peer_len;
    list_init(&conn->pending);
    pthread_mutex_init(&conn->lock, NULL);
    name_peer(conn);

    LOCK_SCOPE(&net->lock);
    origin->refs++;
    conn->cut = origin->closed;
    list_append(&origin->conns, &conn->node);
    set_by_fd(net, fd, conn);
    net_crowd_join(net, conn);
    return conn;
}

void net_conn_free(struct net_conn *conn) {
    struct net_origin *origin = conn->origin;
    struct net *net = origin->net;
    pthread_mutex_lock(&net->lock);
    if (net->by_fd[conn->fd] == conn)
        net->by_fd[conn->fd] = NULL;
    list_remove(&conn->node);
    net_crowd_leave(net, conn);
    pthread_mutex_unlock(&net->lock);
    if (conn->cert)
        net_sni_drop(net->sni, conn->cert);
    pthread_mutex_destroy(&conn->lock);
    free(conn);
    net_origin_unref(origin);
}

void net_conn_serve(struct net_conn *conn, bool tls) {
    struct net *net = conn->origin->net;
    int fd = conn->fd;
    struct sockaddr_storage peer = conn->peer;
    socklen_t peer_len = conn->peer_len;
    conn->tls = tls;
    net_beat(&conn->member, PHASE_HEAD);
    /* From here on it may be served, closed and freed at any moment; on failure fd is closed. */
    if (MHD_add_connection(tls ? net->tls : net->plain, fd, (struct sockaddr *)&peer, peer_len) ==
        MHD_YES)
        return;
    net->crowd.refused++;
    struct net_conn *left = conn_by_fd(net, fd);
    if (left)
        net_conn_free(left);
}

/* A second descriptor keeps the socket open when libmicrohttpd closes its own. */
static void close_softly(const struct net_conn *conn) {
    struct net *net = conn->origin->net;
    LOCK_SCOPE(&net->lock);
    int fd = net->acceptor ? fcntl(conn->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (fd < 0)
        return;
    shutdown(fd, SHUT_WR);
    net_acceptor_linger(net->acceptor, fd);
}

static struct net_conn *started(struct net *net, int fd) {
    LOCK_SCOPE(&net->lock);
    struct net_conn *conn = fd >= 0 && (size_t)fd < net->n_by_fd ? net->by_fd[fd] : NULL;
    if (!conn)
        return NULL;
    conn->started = true;
    if (conn->cut)
        shutdown(fd, SHUT_RDWR);
    return conn;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code) {
    struct net *net = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct net_conn *conn = started(net, info->connect_fd);
        if (conn && conn->tls)
            net_tls_begin(conn, mhd);
        *context = conn;
        return;
    }
    struct net_conn *conn = *context;
    *context = NULL;
    if (!conn)
        return;
    net_greet_over(conn);
    /* libmicrohttpd completes no request whose head it has refused or could not keep. */
    void *refused = conn->request;
    if (refused)
        net_on_completed(net, mhd, &refused, MHD_REQUEST_TERMINATED_WITH_ERROR);
    if (conn->linger)
        close_softly(conn);
    net_conn_free(conn);
}

/* ---- Origins ---- */

void net_origin_unref(struct net_origin *origin) {
    struct net *net = origin->net;
    pthread_mutex_lock(&net->lock);
    bool last = --origin->refs == 0;
    pthread_mutex_unlock(&net->lock);
    if (!last)
        return;
    if (origin->released)
        origin->released(origin->ctx);
    free(origin);
}

static int add_origin(struct net *net, struct net_origin *origin, struct err *err) {
    origin->watch = WATCH_LISTENER;
    origin->net = net;
    origin->refs = 1;
    list_init(&origin->conns);
    list_init(&origin->share.conns);
    origin->share.most = NET_ORIGIN_MOST;
    pthread_mutex_lock(&net->lock);
    list_append(&net->origins, &origin->node);
    pthread_mutex_unlock(&net->lock);
    int r = net_acceptor_add(net->acceptor, origin, err);
    if (r < 0) {
        pthread_mutex_lock(&net->lock);
        list_remove(&origin->node);
        pthread_mutex_unlock(&net->lock);
        close(origin->fd);
        free(origin);
    }
    return r;
}

static int parse_addr(const char *addr, uint16_t port, struct sockaddr_storage *ret,
                      socklen_t *ret_len) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
    memset(ret, 0, sizeof *ret);
    if (strcmp(addr, "localhost") == 0)
        addr = "127.0.0.1";
    if (inet_pton(AF_INET, addr, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *ret_len = sizeof *v4;
    } else if (inet_pton(AF_INET6, addr, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *ret_len = sizeof *v6;
    } else {
        return -EINVAL;
    }
    return 0;
}

static int steal_fd(int *fd) {
    int v = *fd;
    *fd = -1;
    return v;
}

int net_bind(const char *addr, uint16_t port, int *ret_fd, uint16_t *ret_port, struct err *err) {
    struct sockaddr_storage at;
    socklen_t len;
    if (parse_addr(addr, port, &at, &len) < 0)
        return err_set(err, -EINVAL, "%s is not an IP address to listen on", addr);
    CLEANUP_FD int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_sys(err, -errno, "cannot make a socket");
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, len) != 0) {
        int r = -errno;
        if (r == -EADDRINUSE)
            return err_set(err, r, "port %u on %s is taken by another program", port, addr);
        return err_sys(err, r, "cannot listen on port %u on %s", port, addr);
    }
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return err_sys(err, -errno, "cannot tell the port that was picked");
    if (ret_port)
        *ret_port = ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                                   : ((struct sockaddr_in *)&at)->sin_port);
    *ret_fd = steal_fd(&fd);
    return 0;
}

int net_listen(struct net *net, int fd, struct err *err) {
    if (listen(fd, BACKLOG) != 0) {
        int r = -errno;
        close(fd);
        /*
         * Two may bind a port of which nobody listens yet (SO_REUSEADDR); the second finds out
         * here.
         */
        if (r == -EADDRINUSE)
            return err_set(err, r, "the port is taken by another program");
        return err_sys(err, r, "cannot listen");
    }
    struct net_origin *origin = mem_new(struct net_origin);
    origin->fd = fd;
    origin->app = &net->app;
    return add_origin(net, origin, err);
}

int net_listen_fd(struct net *net, int fd, const struct net_app *app, void *ctx,
                  void (*released)(void *ctx), struct net_origin **ret_origin, struct err *err) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        int r = err_sys(err, -errno, "cannot adopt a listening socket");
        close(fd);
        return r;
    }
    struct net_origin *origin = mem_new(struct net_origin);
    origin->fd = fd;
    origin->own_app = app ? *app : net->app;
    origin->app = &origin->own_app;
    origin->ctx = ctx;
    origin->released = released;
    origin->local = true;
    int r = add_origin(net, origin, err);
    if (r == 0 && ret_origin)
        *ret_origin = origin;
    return r;
}

unsigned net_marks(const struct net_origin *origin) { return atomic_load(&origin->marks); }

void net_conn_cut(struct net_conn *conn) {
    conn->cut = true;
    /*
     * Not closed yet: net_conn_free comes first. Where libmicrohttpd has not said that it has it,
     * it may have dropped it, and the number be another file's.
     */
    if (conn->started || net_phase_of(&conn->member) == PHASE_FIRST)
        shutdown(conn->fd, SHUT_RDWR);
    net_request_cut(conn);
}

/* net.lock is held. */
static void cut_conns(struct net_origin *origin) {
    LIST_EACH (node, &origin->conns)
        net_conn_cut(LIST_ENTRY(node, struct net_conn, node));
}

void net_origin_close(struct net_origin *origin) {
    struct net *net = origin->net;
    LOCK_SCOPE(&net->lock);
    origin->closed = true;
    cut_conns(origin);
    if (net->acceptor)
        net_acceptor_wake(net->acceptor);
}

/* ---- The two daemons ---- */

static void log_mhd(void *cls, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
static void log_mhd(void *cls, const char *fmt, va_list args) {
    (void)cls;
    char text[256];
    vsnprintf(text, sizeof text, fmt, args);
    text[strcspn(text, "\n")] = '\0';
    log_debug("net", "%s", text);
}

/* We read the target ourselves (MHD_OPTION_URI_LOG_CALLBACK); its own copy stays as it came. */
static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *s) {
    (void)cls;
    (void)mhd;
    return strlen(s);
}

/*
 * 1.0's parser joins folded lines and takes bare line feeds before anybody sees them, unless it is
 * at its strict level (MHD_OPTION_CLIENT_DISCIPLINE_LVL 1, for which MHD_USE_PEDANTIC_CHECKS is
 * another name). 0.9.75 closes without an answer where that flag is set, and the gate sees all that
 * can be seen without it. Asked at run time: both libraries have one soname.
 */
static bool has_strict_level(void) { return strncmp(MHD_get_version(), "0.", 2) != 0; }

static struct MHD_Daemon *start_daemon(struct net *net, unsigned threads, bool tls) {
    struct MHD_OptionItem plain_options[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (net->strict ? MHD_USE_PEDANTIC_CHECKS : 0) | (tls ? MHD_USE_TLS : 0);
    return MHD_start_daemon(
        flags, 0, NULL, NULL, net_on_request, net, MHD_OPTION_EXTERNAL_LOGGER, log_mhd, NULL,
        MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)NET_POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)NET_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, net->idle_s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, net, MHD_OPTION_NOTIFY_COMPLETED,
        net_on_completed, net, MHD_OPTION_URI_LOG_CALLBACK, net_on_uri, net,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_ARRAY,
        tls ? net_tls_options() : plain_options, MHD_OPTION_END);
}

/* ---- Life ---- */

static struct net *net_free(struct net *net) {
    if (!net)
        return NULL;
    net->sni = net_sni_free(net->sni);
    net->tickets = net_tickets_free(net->tickets);
    free(net->by_fd);
    net_crowd_deinit(&net->crowd);
    pthread_mutex_destroy(&net->lock);
    pthread_mutex_destroy(&net->quiet_lock);
    pthread_cond_destroy(&net->quiet);
    free(net);
    return NULL;
}

static struct net *net_new(const struct net_options *o) {
    struct net *net = mem_new(struct net);
    net->app = o->app;
    net->strict = has_strict_level();
    net->idle_s = o->idle_s ? o->idle_s : DEFAULT_IDLE_S;
    net->head_s = o->head_s ? o->head_s : NET_HEAD_S;
    net->body_s = o->body_s ? o->body_s : NET_BODY_S;
    pthread_mutex_init(&net->lock, NULL);
    pthread_mutex_init(&net->quiet_lock, NULL);
    lock_cond_init(&net->quiet);
    list_init(&net->origins);
    return net;
}

void net_set_patience(struct net *net, unsigned head_s, unsigned body_s) {
    net->head_s = head_s;
    net->body_s = body_s;
    LOCK_SCOPE(&net->lock);
    if (net->acceptor)
        net_acceptor_wake(net->acceptor); /* it may sleep until a later deadline */
}

static int start_parts(struct net *net, const struct net_options *o, struct err *err) {
    unsigned threads = o->threads ? o->threads : DEFAULT_THREADS;
    int r;
    if (o->tls_cert_pem && (r = net_sni_new(&net->sni, o, err)) < 0)
        return r;
    net->tickets = net_tickets_new();
    net->plain = start_daemon(net, threads, false);
    if (net->plain && o->tls_cert_pem)
        net->tls = start_daemon(net, threads, true);
    if (!net->plain || (o->tls_cert_pem && !net->tls))
        return err_sys(err, errno ? -errno : -EIO, "cannot start %u threads for HTTP", threads);
    net_crowd_init(&net->crowd, o->port_most, o->peer_most);
    return net_acceptor_start(&net->acceptor, net, err);
}

/* The library may have been replaced since the build: both known versions have one soname. */
static void look_at_library(void) {
    str rest = S(NET_LIBRARIES), one, version = str_c(MHD_get_version());
    bool known = false;
    while (rest.len) {
        str_cut(rest, ',', &one, &rest);
        known |= str_eq(one, version);
    }
    if (!known)
        log_warn("net",
                 "libmicrohttpd " STR_FMT " is installed, how it reads malformed requests is not "
                 "known: let nobody in whom you do not trust (tried with " NET_LIBRARIES ")",
                 STR_ARG(version));
    if (!net_refusals_are_ours())
        log_warn("net",
                 "this build of libmicrohttpd (" STR_FMT ") answers malformed requests by itself, "
                 "in HTML and at times twice: see docs/decisions/0009",
                 STR_ARG(version));
}

int net_start(struct net **ret_net, const struct net_options *options, struct err *err) {
    struct net *net = net_new(options);
    look_at_library();
    int r = start_parts(net, options, err);
    if (r < 0) {
        if (net->plain)
            MHD_stop_daemon(net->plain);
        if (net->tls)
            MHD_stop_daemon(net->tls);
        net_free(net);
        return r;
    }
    *ret_net = net;
    return 0;
}

void net_wake_quiet(struct net *net) {
    if (!net->stopping)
        return;
    LOCK_SCOPE(&net->quiet_lock);
    pthread_cond_broadcast(&net->quiet);
}

/* Waits for the count to fall to 0; deadline_ms (monotonic) < 0: as long as it takes. */
static void wait_for_none(struct net *net, atomic_uint *count, int64_t deadline_ms) {
    struct timespec until = {deadline_ms / 1000, deadline_ms % 1000 * 1000000};
    LOCK_SCOPE(&net->quiet_lock);
    int r = 0;
    while (*count && r == 0)
        r = deadline_ms < 0 ? pthread_cond_wait(&net->quiet, &net->quiet_lock)
                            : pthread_cond_timedwait(&net->quiet, &net->quiet_lock, &until);
}

static void close_all_origins(struct net *net) {
    LOCK_SCOPE(&net->lock);
    LIST_EACH (node, &net->origins)
        LIST_ENTRY(node, struct net_origin, node)->closed = true;
    net_acceptor_wake(net->acceptor); /* the accepting thread closes the listeners */
}

static void stop_acceptor(struct net *net) {
    pthread_mutex_lock(&net->lock);
    struct net_acceptor *a = STEAL(net->acceptor);
    pthread_mutex_unlock(&net->lock);
    net_acceptor_stop(a);
}

static void cut_all(struct net *net) {
    net->cutting = true;
    LOCK_SCOPE(&net->lock);
    for (size_t i = 0; i < net->n_by_fd; i++)
        if (net->by_fd[i]) {
            net_request_cut(net->by_fd[i]);
            net_greet_cut_locked(net->by_fd[i]);
        }
}

struct net *net_stop(struct net *net, unsigned ms) {
    if (!net)
        return NULL;
    net->stopping = true;
    close_all_origins(net);
    wait_for_none(net, &net->under_way, clock_mono_ms() + ms);
    cut_all(net);
    /* libmicrohttpd must not be stopped with suspended connections. */
    wait_for_none(net, &net->parked, -1);
    stop_acceptor(net);
    MHD_stop_daemon(net->plain);
    if (net->tls)
        MHD_stop_daemon(net->tls);
    for (size_t i = 0; i < net->n_by_fd; i++)
        if (net->by_fd[i])
            net_conn_free(net->by_fd[i]); /* handed over, but never begun */
    return net_free(net);
}
