/* net/crowd: bounds, deadlines and evictions of connections. See the header. */
#include "net/crowd.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/net_priv.h"

#include <dirent.h>
#include <linux/sockios.h>
#include <linux/tcp.h> /* glibc's struct tcp_info counts no bytes */
#include <malloc.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

enum {
    PHASE_BITS = 3,
    LOOK_MS = 1000,
    SAY_MS = 5000,
    YOUNG_MS = 2000,          /* a head that is younger is likely to be on its way */
    STALLED_MS = 10000,       /* where the kernel counts no bytes: may be cut for somebody else */
    GRACE_MS = 5000,          /* a body or an answer that is younger has no rate yet */
    WINDOW_MS = 15000,        /* rates are those of one or two windows */
    TCP_STATE_CLOSE_WAIT = 8, /* net/tcp_states.h of the kernel: the client sends no more */
    BATCH_PARTS = 32,         /* of a full share, this part is cut at once: looking is not free */
};

/* ---- Beats ---- */

void net_beat(struct net_member *m, enum net_phase phase) {
    /* One thread drives a connection; the accepting thread only compares. */
    unsigned beat = atomic_load_explicit(&m->beat, memory_order_relaxed);
    beat = ((beat >> PHASE_BITS) + 1) << PHASE_BITS | phase;
    atomic_store_explicit(&m->beat, beat, memory_order_relaxed);
}

enum net_phase net_phase_of(const struct net_member *m) {
    unsigned beat = atomic_load_explicit(&m->beat, memory_order_relaxed);
    return (enum net_phase)(beat & ((1 << PHASE_BITS) - 1));
}

/* ---- Shares ---- */

/* The bytes that tell one peer from another; empty: without a bound of its own. */
static str peer_key(const struct sockaddr_storage *peer) {
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (peer->ss_family == AF_INET) {
        const struct in_addr *v4 = &((const struct sockaddr_in *)peer)->sin_addr;
        return *(const unsigned char *)v4 == 127 ? S("") : str_n(v4, 4);
    }
    if (peer->ss_family != AF_INET6)
        return S("");
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)peer)->sin6_addr;
    if (memcmp(v6, mapped, sizeof mapped) == 0)
        return v6->s6_addr[12] == 127 ? S("") : str_n(&v6->s6_addr[12], 4);
    return IN6_IS_ADDR_LOOPBACK(v6) ? S("") : str_n(v6, 8);
}

static struct net_share *whole_of(struct net *net, const struct net_origin *origin) {
    return origin->local ? &net->crowd.local : &net->crowd.port;
}

/* NULL: counted in the whole alone. */
static struct net_share *share_of(struct net *net, struct net_origin *origin,
                                  const struct sockaddr_storage *peer) {
    if (origin->local)
        return &origin->share;
    str key = peer_key(peer);
    return key.len ? map_get(&net->crowd.peers, key) : NULL;
}

static struct net_share *new_share(struct net *net, str key) {
    struct net_share *share = mem_new(struct net_share);
    share->most = net->crowd.peer_most;
    list_init(&share->conns);
    map_put(&net->crowd.peers, key, share);
    return share;
}

void net_crowd_join(struct net *net, struct net_conn *conn) {
    struct net_member *m = &conn->member;
    m->since_ms = clock_mono_ms();
    list_init(&m->in_share);
    m->share = share_of(net, conn->origin, &conn->peer);
    str key = conn->origin->local ? S("") : peer_key(&conn->peer);
    if (!m->share && key.len)
        m->share = new_share(net, key);
    if (m->share) {
        m->share->n++;
        list_append(&m->share->conns, &m->in_share);
    }
    whole_of(net, conn->origin)->n++;
    m->joined = true;
}

void net_crowd_leave(struct net *net, struct net_conn *conn) {
    struct net_member *m = &conn->member;
    if (!m->joined)
        return;
    m->joined = false;
    whole_of(net, conn->origin)->n--;
    list_remove(&m->in_share);
    struct net_share *share = STEAL(m->share);
    if (share && --share->n == 0 && !conn->origin->local) {
        map_remove(&net->crowd.peers, peer_key(&conn->peer));
        free(share);
    }
}

/* ---- Cutting ---- */

static void cut(struct net *net, struct net_conn *conn) {
    net_conn_cut(conn);
    net_crowd_leave(net, conn);
}

/* Where the beat has moved, the time of standing still begins anew. */
static int64_t stands_ms(struct net_member *m, int64_t now_ms) {
    unsigned beat = atomic_load_explicit(&m->beat, memory_order_relaxed);
    if (beat != m->seen) {
        m->seen = beat;
        m->since_ms = now_ms;
        m->begun = false;
    }
    return now_ms - m->since_ms;
}

/* ---- What the kernel counts ---- */

/* False: not a socket of TCP. */
static bool ask_kernel(const struct net_conn *conn, struct tcp_info *info) {
    socklen_t len = sizeof *info;
    *info = (struct tcp_info){0};
    return getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

static uint64_t moved(const struct tcp_info *info) {
    return info->tcpi_bytes_received + info->tcpi_bytes_acked;
}

static int count_bytes(const struct net_conn *conn, unsigned long what) {
    int n = 0;
    return ioctl(conn->fd, what, &n) == 0 ? n : 0;
}

static bool has_pace(enum net_phase phase) { return phase == PHASE_BODY || phase == PHASE_SEND; }

/* A body or an answer has begun, or a window is over. */
static void follow(struct net_conn *conn, enum net_phase phase, int64_t now_ms) {
    struct net_pace *p = &conn->member.pace;
    struct tcp_info info;
    bool same = p->phase == phase;
    p->phase = phase;
    if (!has_pace(phase) || (same && now_ms - p->at_ms[1] < WINDOW_MS) || !ask_kernel(conn, &info))
        return;
    p->at_ms[0] = same ? p->at_ms[1] : now_ms;
    p->bytes[0] = same ? p->bytes[1] : moved(&info);
    p->at_ms[1] = now_ms;
    p->bytes[1] = moved(&info);
}

/* Bytes that came and wait for us, or an answer that the client has taken as far as it is made. */
static bool is_our_turn(const struct net_conn *conn, enum net_phase phase) {
    return phase == PHASE_BODY ? count_bytes(conn, SIOCINQ) > 0 : count_bytes(conn, SIOCOUTQ) == 0;
}

/* Bytes a second; INT64_MAX: nothing to complain of. stands_ms tells where the kernel does not. */
static int64_t rate_of(struct net_conn *conn, enum net_phase phase, int64_t stands_ms,
                       int64_t now_ms) {
    const struct net_pace *p = &conn->member.pace;
    struct tcp_info info;
    follow(conn, phase, now_ms);
    if (!ask_kernel(conn, &info))
        return stands_ms >= STALLED_MS ? 0 : INT64_MAX;
    int64_t ms = now_ms - p->at_ms[0];
    if (ms < GRACE_MS || is_our_turn(conn, phase))
        return INT64_MAX;
    return (int64_t)(moved(&info) - p->bytes[0]) * 1000 / ms;
}

/* ---- Room ---- */

struct candidate {
    struct net_conn *conn;
    int rank;
    int64_t rate; /* of bodies and answers */
    int64_t stands_ms;
};

/* Who goes first; -1: stays. */
static int rank_of(enum net_phase phase, int64_t ms, int64_t rate) {
    switch (phase) {
    case PHASE_FIRST:
    case PHASE_HEAD: return ms >= YOUNG_MS ? 0 : 2;
    case PHASE_IDLE: return 1;
    case PHASE_BODY:
    case PHASE_SEND: return rate < NET_HONEST_RATE ? 3 : -1;
    case PHASE_BUSY: break;
    }
    return -1;
}

static int by_rank(const void *a, const void *b) {
    const struct candidate *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    if (x->rate != y->rate)
        return x->rate < y->rate ? -1 : 1;
    return x->stands_ms < y->stands_ms ? 1 : x->stands_ms > y->stands_ms ? -1 : 0;
}

static void consider(struct candidate *all, size_t *n, struct net_conn *conn, int64_t now_ms) {
    int64_t ms = stands_ms(&conn->member, now_ms);
    enum net_phase phase = net_phase_of(&conn->member);
    int64_t rate = has_pace(phase) ? rate_of(conn, phase, ms, now_ms) : 0;
    int rank = rank_of(phase, ms, rate);
    if (rank >= 0)
        all[(*n)++] = (struct candidate){conn, rank, rate, ms};
}

/*
 * Cuts a part of those in share (in whole, where share is NULL) that have kept us waiting longest.
 * net.lock is held.
 */
static void evict(struct net *net, const struct net_share *whole, const struct net_share *share) {
    const struct net_share *full = share ? share : whole;
    struct candidate *all = mem_alloc((full->n + 1) * sizeof *all);
    size_t n = 0;
    int64_t now_ms = clock_mono_ms();
    if (share)
        LIST_EACH (node, &share->conns)
            consider(all, &n, LIST_ENTRY(node, struct net_conn, member.in_share), now_ms);
    for (size_t fd = 0; !share && fd < net->n_by_fd; fd++) {
        struct net_conn *conn = net->by_fd[fd];
        if (conn && conn->member.joined && whole_of(net, conn->origin) == whole)
            consider(all, &n, conn, now_ms);
    }
    qsort(all, n, sizeof *all, by_rank);
    size_t most = full->most / BATCH_PARTS + 1;
    for (size_t i = 0; i < n && i < most; i++)
        cut(net, all[i].conn);
    net->crowd.evicted += (unsigned)(n < most ? n : most);
    free(all);
}

static bool is_full(const struct net_share *share) {
    return share && share->most && share->n >= share->most;
}

bool net_crowd_make_room(struct net *net, struct net_origin *origin,
                         const struct sockaddr_storage *peer) {
    LOCK_SCOPE(&net->lock);
    const struct net_share *whole = whole_of(net, origin);
    if (is_full(share_of(net, origin, peer)))
        evict(net, whole, share_of(net, origin, peer));
    /* The last connection of the share may have gone, and the share with it. */
    if (!is_full(share_of(net, origin, peer)) && is_full(whole))
        evict(net, whole, NULL);
    bool room = !is_full(whole) && !is_full(share_of(net, origin, peer));
    net->crowd.refused += !room;
    return room;
}

/* ---- Looking ---- */

/* Whether bytes came since the connection has been idle: its next head has begun. */
static bool head_has_begun(const struct net_conn *conn, int64_t idle_ms) {
    struct tcp_info info;
    /* The request before may have ended up to one look earlier than we saw it. */
    return idle_ms > LOOK_MS && ask_kernel(conn, &info) &&
           info.tcpi_last_data_recv < idle_ms - LOOK_MS;
}

/*
 * The client has closed its end, all that it sent was read, and nothing has come of it for a while:
 * the rest will not come. libmicrohttpd misses an end of the stream that comes together with bytes.
 */
static bool is_cut_short(const struct net_conn *conn, int64_t stands_ms) {
    struct tcp_info info;
    return stands_ms >= (int64_t)NET_SHORT_S * 1000 && ask_kernel(conn, &info) &&
           info.tcpi_state == TCP_STATE_CLOSE_WAIT && count_bytes(conn, SIOCINQ) == 0;
}

static bool is_late(const struct net *net, struct net_conn *conn, int64_t now_ms) {
    struct net_member *m = &conn->member;
    int64_t ms = stands_ms(m, now_ms), head_ms = (int64_t)net->head_s * 1000;
    enum net_phase phase = net_phase_of(m);
    follow(conn, phase, now_ms);
    switch (phase) {
    case PHASE_HEAD: return ms >= head_ms || is_cut_short(conn, ms);
    case PHASE_BODY: return ms >= (int64_t)net->body_s * 1000 || is_cut_short(conn, ms);
    case PHASE_IDLE:
        if (!m->begun && head_has_begun(conn, ms)) {
            m->begun = true;
            m->since_ms = now_ms;
        }
        return ms >= head_ms + (m->begun ? 0 : (int64_t)net->idle_s * 1000) ||
               is_cut_short(conn, ms);
    case PHASE_FIRST: /* the accepting thread's own list */
    case PHASE_BUSY:
    case PHASE_SEND: break;
    }
    return false;
}

static bool has_to_say(const struct net_crowd *c) { return c->late || c->evicted || c->refused; }

/* Seldom enough for each to be in the log, which takes 30 of a kind a minute. */
static void say(struct net_crowd *c, int64_t now_ms) {
    if (now_ms < c->say_ms || !has_to_say(c))
        return;
    if (c->late)
        log_debug("net", "%u connections were cut: too slow", c->late);
    if (c->evicted)
        log_warn("net", "%u connections were cut to make room for others", c->evicted);
    if (c->refused)
        log_warn("net", "%u clients were turned away: too many connections", c->refused);
    c->late = c->evicted = c->refused = 0;
    c->say_ms = now_ms + SAY_MS;
}

/* Up to 50 KiB a connection (TLS) lie free in malloc's arenas when a crowd has gone. */
static void give_back(struct net_crowd *c) {
    enum { CROWD = 1024 };
    unsigned n = c->port.n + c->local.n;
    if (n > c->peak)
        c->peak = n;
    if (c->peak < CROWD || n > CROWD / 8)
        return;
    c->peak = n;
    malloc_trim(0);
}

int64_t net_crowd_look(struct net *net, int64_t now_ms) {
    struct net_crowd *c = &net->crowd;
    if (now_ms < c->next_ms)
        return c->next_ms;
    give_back(c);
    say(c, now_ms); /* before the lock: a log that nobody reads takes its time */
    LOCK_SCOPE(&net->lock);
    for (size_t fd = 0; fd < net->n_by_fd; fd++) {
        struct net_conn *conn = net->by_fd[fd];
        if (conn && conn->member.joined && is_late(net, conn, now_ms)) {
            cut(net, conn);
            c->late++;
        }
    }
    bool nobody = c->port.n + c->local.n == 0 && !has_to_say(c);
    c->next_ms = nobody ? 0 : now_ms + LOOK_MS;
    return nobody ? INT64_MAX : c->next_ms;
}

/* ---- Parking ---- */

bool net_may_wait(const struct net_req *req) {
    const struct net_conn *conn = LIST_ENTRY((const char *)req, struct net_request, req)->conn;
    struct net *net = conn->origin->net;
    return conn->origin->local || net->parked_of_port < net->crowd.port.most / 4 * 3;
}

/* ---- Life ---- */

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* That this process may still open; what it has open are threads' and the store's. */
static unsigned descriptors_left(void) {
    struct rlimit files = {.rlim_cur = RLIM_INFINITY};
    getrlimit(RLIMIT_NOFILE, &files);
    unsigned most = files.rlim_cur > 1 << 20 ? 1 << 20 : (unsigned)files.rlim_cur, used = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        used++;
    if (dir)
        closedir(dir);
    return used < most ? most - used : 0;
}

void net_crowd_init(struct net_crowd *crowd, unsigned port_most, unsigned peer_most) {
    unsigned fds = descriptors_left();
    crowd->port.most = port_most ? port_most : least(NET_PORT_MOST, fds / 2 + 1);
    crowd->local.most = least(NET_LOCAL_MOST, fds / 4 + 1); /* 0 were no bound */
    crowd->peer_most = peer_most ? peer_most : least(NET_PEER_MOST, crowd->port.most / 8 + 1);
}

void net_crowd_deinit(struct net_crowd *crowd) { map_deinit(&crowd->peers); }
