/* Who is let in, and who goes for it. Peers are made up: their connections are socket pairs. */
#include "cm.h"

#include "base/clock.h"
#include "net/net_priv.h"
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEER_MOST = 4, PORT_MOST = 64 };

static struct server s;
static struct net_origin *port;

static int start(void **state) {
    (void)state;
    enum { NEVER = 86400 }; /* the accepting thread looks too, and shall find nobody late */
    server_start(&s, &(struct net_options){.port_most = PORT_MOST,
                                           .peer_most = PEER_MOST,
                                           .head_s = NEVER,
                                           .body_s = NEVER,
                                           .idle_s = NEVER});
    port = LIST_ENTRY(s.net->origins.next, struct net_origin, node);
    return 0;
}

static int stop(void **state) {
    (void)state;
    server_stop(&s, 0);
    return 0;
}

static struct sockaddr_storage address(const char *text) {
    struct sockaddr_storage at = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
    bool six = strchr(text, ':');
    at.ss_family = six ? AF_INET6 : AF_INET;
    CHECK_INT(inet_pton(at.ss_family, text, six ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr),
              1);
    return at;
}

/* A connection that no thread but this one knows. */
struct made {
    struct net_conn *conn;
    int far;
};

static bool come(struct made *m, const char *from) {
    int pair[2];
    struct sockaddr_storage at = address(from);
    if (!net_crowd_make_room(s.net, port, &at))
        return false;
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    m->conn = net_conn_new(port, pair[0], &at, sizeof at);
    m->far = pair[1];
    return true;
}

static void go(struct made *m) {
    int fd = m->conn->fd;
    net_conn_free(m->conn);
    close(fd);
    close(m->far);
}

/* In that phase, seen so ms ago. */
static void stand(struct made *m, enum net_phase phase, int64_t ms) {
    net_beat(&m->conn->member, phase);
    m->conn->member.seen = m->conn->member.beat;
    m->conn->member.since_ms = clock_mono_ms() - ms;
}

static void an_address_has_a_share(void **state) {
    (void)state;
    static const struct {
        const char *name, *one, *other;
        bool together; /* one share for both */
    } cases[] = {
        {"one address", "192.0.2.1", "192.0.2.1", true},
        {"two addresses", "192.0.2.1", "192.0.2.2", false},
        {"one /64", "2001:db8::1", "2001:db8::2:3", true},
        {"two /64", "2001:db8::1", "2001:db8:0:1::1", false},
        {"written twice", "192.0.2.1", "::ffff:192.0.2.1", true},
        {"loopback", "127.0.0.1", "127.0.0.1", false},
        {"loopback of IPv6", "::1", "::1", false},
        {"loopback written so", "::ffff:127.0.0.1", "127.9.9.9", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made made[PEER_MOST + 1];
        for (int n = 0; n < PEER_MOST; n++) {
            CHECK_CASE(come(&made[n], cases[i].one), cases[i].name);
            stand(&made[n], PHASE_BUSY, 0);
        }
        bool in = come(&made[PEER_MOST], cases[i].other);
        CHECK_CASE(in == !cases[i].together, cases[i].name);
        for (int n = 0; n < PEER_MOST + in; n++)
            go(&made[n]);
        CHECK_CASE(s.net->crowd.peers.n == 0, cases[i].name);
        CHECK_CASE(s.net->crowd.port.n == 0, cases[i].name);
    }
}

static void the_one_that_waits_longest_goes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct {
            enum net_phase phase;
            int64_t ms;
        } all[PEER_MOST];
        int goes; /* -1: the new one is turned away */
    } cases[] = {
        {"the oldest head",
         {{PHASE_HEAD, 3000}, {PHASE_HEAD, 5000}, {PHASE_HEAD, 4000}, {PHASE_HEAD, 10}},
         1},
        {"a silent one before an idle one",
         {{PHASE_IDLE, 60000}, {PHASE_FIRST, 3000}, {PHASE_BUSY, 99000}, {PHASE_BODY, 99000}},
         1},
        {"an idle one before a young head",
         {{PHASE_HEAD, 100}, {PHASE_HEAD, 200}, {PHASE_IDLE, 50}, {PHASE_BUSY, 99000}},
         2},
        {"a young head before a body",
         {{PHASE_BODY, 99000}, {PHASE_SEND, 99000}, {PHASE_HEAD, 1}, {PHASE_BUSY, 99000}},
         2},
        {"an answer that nobody takes",
         {{PHASE_BUSY, 99000}, {PHASE_BODY, 9000}, {PHASE_SEND, 11000}, {PHASE_BUSY, 1}},
         2},
        {"nobody",
         {{PHASE_BUSY, 99000}, {PHASE_BODY, 9000}, {PHASE_SEND, 9000}, {PHASE_BUSY, 1}},
         -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made made[PEER_MOST + 1];
        for (int n = 0; n < PEER_MOST; n++) {
            CHECK_CASE(come(&made[n], "192.0.2.1"), cases[i].name);
            stand(&made[n], cases[i].all[n].phase, cases[i].all[n].ms);
        }
        bool in = come(&made[PEER_MOST], "192.0.2.1");
        CHECK_CASE(in == (cases[i].goes >= 0), cases[i].name);
        for (int n = 0; n < PEER_MOST; n++)
            CHECK_CASE(made[n].conn->cut == (n == cases[i].goes), cases[i].name);
        for (int n = 0; n < PEER_MOST + in; n++)
            go(&made[n]);
    }
}

/* Whoever moves is not standing, whenever the last look was. */
static void a_beat_begins_anew(void **state) {
    (void)state;
    struct made made[PEER_MOST + 1];
    for (int n = 0; n < PEER_MOST; n++) {
        CHECK(come(&made[n], "192.0.2.1"));
        stand(&made[n], PHASE_HEAD, 4000 + n);
    }
    net_beat(&made[3].conn->member, PHASE_HEAD);
    CHECK(come(&made[PEER_MOST], "192.0.2.1"));
    CHECK(made[2].conn->cut && !made[3].conn->cut);
    for (int n = 0; n <= PEER_MOST; n++)
        go(&made[n]);
}

/* The port's bound, over many addresses; each time a part of the oldest goes. */
static void the_port_is_full(void **state) {
    (void)state;
    struct made made[PORT_MOST * 2];
    for (int n = 0; n < PORT_MOST * 2; n++) {
        char from[32];
        snprintf(from, sizeof from, "198.51.100.%d", n);
        CHECK(come(&made[n], from));
        stand(&made[n], PHASE_HEAD, 100000 - n);
        CHECK(s.net->crowd.port.n <= PORT_MOST);
    }
    int alive = 0;
    for (int n = 0; n < PORT_MOST * 2; n++)
        alive += !made[n].conn->cut;
    CHECK_RANGE(alive, PORT_MOST / 2, PORT_MOST);
    CHECK(made[0].conn->cut && !made[PORT_MOST * 2 - 1].conn->cut);
    for (int n = 0; n < PORT_MOST * 2; n++)
        go(&made[n]);
    CHECK_INT(s.net->crowd.peers.n, 0);
}

/* ---- Rates: over TCP, whose bytes the kernel counts ---- */

static void tcp_pair(int pair[2]) {
    CLEANUP_FD int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    CHECK_INT(bind(listener, (struct sockaddr *)&at, len), 0);
    CHECK_INT(listen(listener, 1), 0);
    CHECK_INT(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    pair[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(pair[1], (struct sockaddr *)&at, len), 0);
    pair[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(pair[0] >= 0);
}

/* One whose body or answer began ms ago and has moved so many bytes; its last beat is new. */
static bool come_moving(struct made *m, enum net_phase phase, int64_t ms, size_t bytes) {
    static char data[512 * 1024];
    int pair[2];
    struct sockaddr_storage at = address("192.0.2.1");
    if (!net_crowd_make_room(s.net, port, &at))
        return false;
    tcp_pair(pair);
    *m = (struct made){net_conn_new(port, pair[0], &at, sizeof at), pair[1]};
    stand(m, phase, 0);
    int from = phase == PHASE_BODY ? pair[1] : pair[0],
        to = phase == PHASE_BODY ? pair[0] : pair[1];
    for (size_t left = bytes; left;) {
        ssize_t n = send(from, data, left < 4096 ? left : 4096, 0);
        CHECK(n > 0);
        CHECK_INT(recv(to, data, (size_t)n, MSG_WAITALL), n);
        left -= (size_t)n;
    }
    /* More of the answer than the client takes: it is the client's turn. */
    if (phase == PHASE_SEND)
        while (send(from, data, sizeof data, MSG_DONTWAIT) > 0)
            ;
    int64_t began = clock_mono_ms() - ms;
    m->conn->member.pace = (struct net_pace){phase, {began, began}, {0, 0}};
    return true;
}

/* Each gets on, so none stands still: the slowest goes, and nobody who is honest. */
static void the_slowest_goes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct {
            enum net_phase phase;
            int64_t ms;
            size_t bytes;
        } all[PEER_MOST];
        int goes;
    } cases[] = {
        {"the slowest body",
         {{PHASE_BODY, 14000, 1680},
          {PHASE_BODY, 14000, 1200},
          {PHASE_BODY, 10000, 4000},
          {PHASE_BODY, 14000, 400000}},
         1},
        {"a drip before a slower but young one",
         {{PHASE_BODY, 1000, 1},
          {PHASE_BODY, 14000, 30000},
          {PHASE_BODY, 14000, 400000},
          {PHASE_BODY, 2000, 1}},
         1},
        {"all are honest or young",
         {{PHASE_BODY, 10000, 120000},
          {PHASE_BODY, 10000, 90000},
          {PHASE_BODY, 1000, 1},
          {PHASE_BODY, 0, 0}},
         -1},
        {"a reader that stands",
         {{PHASE_BODY, 10000, 120000},
          {PHASE_SEND, 10000000, 0},
          {PHASE_BODY, 1000, 1},
          {PHASE_BODY, 0, 0}},
         1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made made[PEER_MOST + 1];
        for (int n = 0; n < PEER_MOST; n++)
            CHECK_CASE(come_moving(&made[n], cases[i].all[n].phase, cases[i].all[n].ms,
                                   cases[i].all[n].bytes),
                       cases[i].name);
        bool in = come_moving(&made[PEER_MOST], PHASE_BODY, 0, 0);
        CHECK_CASE(in == (cases[i].goes >= 0), cases[i].name);
        for (int n = 0; n < PEER_MOST; n++)
            CHECK_CASE(made[n].conn->cut == (n == cases[i].goes), cases[i].name);
        for (int n = 0; n < PEER_MOST + in; n++)
            go(&made[n]);
    }
}

/* In a head, a body or between two: the end that nobody noticed is found by a look. */
static void an_end_is_found(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum net_phase phase;
        int64_t ms;
        bool closes, unread, goes;
    } cases[] = {
        {"half a head", PHASE_HEAD, NET_SHORT_S * 1000, true, false, true},
        {"half a body", PHASE_BODY, NET_SHORT_S * 1000, true, false, true},
        {"between two", PHASE_IDLE, NET_SHORT_S * 1000, true, false, true},
        {"at once", PHASE_BODY, 1000, true, false, false},
        {"bytes that we have to read", PHASE_BODY, NET_SHORT_S * 1000, true, true, false},
        {"an open end", PHASE_BODY, NET_SHORT_S * 1000, false, false, false},
        {"our turn", PHASE_BUSY, NET_SHORT_S * 1000, true, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made m;
        CHECK_CASE(come_moving(&m, PHASE_BODY, 0, 0), cases[i].name);
        if (cases[i].unread)
            SEND(m.far, "x");
        if (cases[i].closes)
            shutdown(m.far, SHUT_WR);
        stand(&m, cases[i].phase, cases[i].ms);
        s.net->crowd.next_ms = 0;
        net_crowd_look(s.net, clock_mono_ms());
        CHECK_CASE(m.conn->cut == cases[i].goes, cases[i].name);
        go(&m);
    }
}

/* Long polls leave a quarter of the port to the others. */
static void three_quarters_may_wait(void **state) {
    (void)state;
    struct made m;
    CHECK(come(&m, "192.0.2.1"));
    struct net_request r = {.conn = m.conn};
    s.net->parked_of_port = PORT_MOST / 4 * 3 - 1;
    CHECK(net_may_wait(&r.req));
    s.net->parked_of_port++;
    CHECK(!net_may_wait(&r.req));
    port->local = true;
    CHECK(net_may_wait(&r.req));
    port->local = false;
    s.net->parked_of_port = 0;
    go(&m);
}

/* Over the wire: a loopback client may fill the port, and the next is served all the same. */
static void honest_clients_come_in(void **state) {
    (void)state;
    int held[PORT_MOST * 3];
    for (size_t i = 0; i < ARRAY_LEN(held); i++) {
        held[i] = client_connect(s.port);
        SEND(held[i], "GET /echo HTTP/1.1\r\nX: ");
        if (i % 16)
            continue;
        CLEANUP_FD int fd = client_connect(s.port);
        CHECK_INT(client_ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
    }
    for (size_t i = 0; i < ARRAY_LEN(held); i++)
        close(held[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_a_share),
        cmocka_unit_test(the_one_that_waits_longest_goes),
        cmocka_unit_test(a_beat_begins_anew),
        cmocka_unit_test(the_port_is_full),
        cmocka_unit_test(the_slowest_goes),
        cmocka_unit_test(an_end_is_found),
        cmocka_unit_test(three_quarters_may_wait),
        cmocka_unit_test(honest_clients_come_in),
    };
    return cmocka_run_group_tests_name("net/crowd", tests, start, stop);
}
