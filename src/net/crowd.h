#pragma once
/*
 * net/crowd: how many connections there may be, for how long each may keep us waiting, and which
 * one goes when there is no room.
 *
 * Every connection has a beat: a number that its owner raises whenever it gets on, with the phase
 * it is in. The accepting thread looks at all beats once a second; the connection whose beat stands
 * still too long for its phase is cut. So getting on costs a store, and nobody keeps a timer.
 *
 *   first   no byte has come                     idle_s
 *   head    from a head's first byte (TLS: from the handshake's) to its end: head_s, however it drips
 *   body    we wait for the body                 body_s for each NET_BODY_STEP of it
 *   busy    our turn, or parked                  no limit; never cut for another
 *   send    the client takes the answer          libmicrohttpd's idle time-out
 *   idle    between two requests                 libmicrohttpd's idle time-out; a head that has begun
 *                                                has head_s
 *
 * Connections of the port have a bound, and each peer address but loopback a share of it (IPv6: each
 * /64); those of our own sockets (sandboxes, admin) have a bound of their own, and each socket a
 * share. At a bound the new connection is let in, and those that have kept us waiting longest are
 * cut, a batch at a time: half-sent heads and silent ones first, then idle ones, then bodies and
 * answers that the client moves by less than NET_HONEST_RATE, the slowest first. Where all are busy
 * or honest the new one is turned away. So that all cannot be busy waiting, at most three quarters
 * of the port may be parked (net_may_wait).
 *
 * A client that has closed its end in the middle of a head or body is cut after NET_SHORT_S.
 */
#include "base/list.h"
#include "base/map.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>

struct net;
struct net_conn;
struct net_origin;

enum {
    NET_HEAD_S = 20,
    NET_BODY_S = 60,
    NET_BODY_STEP = 1024,
    NET_SHORT_S = 5,
    NET_HONEST_RATE = 8192, /* bytes a second of a body or an answer */
    NET_PORT_MOST = 4096,   /* connections of the port, at most half of the descriptors left, */
    NET_PEER_MOST = 512,    /* of one address, */
    NET_LOCAL_MOST = 2048,  /* of our own sockets, at most a quarter of them, */
    NET_ORIGIN_MOST = 512,  /* and of one of them */
    NET_DYING_MOST = 4096,  /* cut, but not closed yet */
};

enum net_phase { PHASE_FIRST, PHASE_HEAD, PHASE_BODY, PHASE_BUSY, PHASE_SEND, PHASE_IDLE };

/* What a connection is counted in. */
struct net_share {
    unsigned n;
    unsigned most;     /* 0: no bound */
    struct list conns; /* of net_member.in_share; what was cut is not there */
};

/* What a body or an answer has moved, at two moments 15 s apart. Accepting thread, net.lock. */
struct net_pace {
    enum net_phase phase;
    int64_t at_ms[2]; /* the older one first */
    uint64_t bytes[2];
};

/* Part of a connection. */
struct net_member {
    atomic_uint beat; /* phase in the low bits; written by who drives the connection */
    /* under net.lock */
    bool joined;
    struct net_share *share;
    struct list in_share;
    /* accepting thread */
    unsigned seen;
    bool begun; /* idle, but bytes of the next head have come */
    int64_t since_ms;
    struct net_pace pace;
};

/* Of a net, under net.lock. */
struct net_crowd {
    struct net_share port, local; /* all of them; only n and most */
    struct map peers;             /* address → struct net_share: there while a connection is */
    unsigned peer_most;
    unsigned peak;                   /* since memory was given back last */
    int64_t next_ms;                 /* accepting thread: when to look next */
    unsigned evicted, refused, late; /* accepting thread: since the last lines about them */
    int64_t say_ms;                  /* no lines before */
};

/*
 * most: of the port, for tests; 0: as above. After the pools' threads, whose descriptors count as
 * used.
 */
void net_crowd_init(struct net_crowd *crowd, unsigned port_most, unsigned peer_most);
void net_crowd_deinit(struct net_crowd *crowd);
/*
 * Makes room for one more connection of origin. False: it must be turned away. Accepting thread,
 * without net.lock.
 */
bool net_crowd_make_room(struct net *net, struct net_origin *origin,
                         const struct sockaddr_storage *peer);
/* Counts the new connection, or stops counting one. net.lock is held; leaving twice is harmless. */
void net_crowd_join(struct net *net, struct net_conn *conn);
void net_crowd_leave(struct net *net, struct net_conn *conn);
/*
 * Cuts what is too slow, once a second, and says what happened. Returns the moment of the next look
 * (monotonic), INT64_MAX where nobody is there. Accepting thread.
 */
int64_t net_crowd_look(struct net *net, int64_t now_ms);

/* The connection gets on, in that phase. */
void net_beat(struct net_member *m, enum net_phase phase);
enum net_phase net_phase_of(const struct net_member *m);
