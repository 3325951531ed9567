/* Who is let in, and who goes for it. Peers are made up: their connections are socket pairs. */
#include "cm.h"

#include "base/clock.h"
#include "net/net_priv.h"
#include "server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEER_MOST = 4, PORT_MOST = 64 };

static struct server s;
static struct net_origin *port;

static int start(void **state) {
    (void)state;
    server_start(&s, &(struct net_options){.port_most = PORT_MOST, .peer_most = PEER_MOST});
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
        cmocka_unit_test(an_address_has_a_share), cmocka_unit_test(the_one_that_waits_longest_goes),
        cmocka_unit_test(a_beat_begins_anew),     cmocka_unit_test(the_port_is_full),
        cmocka_unit_test(honest_clients_come_in),
    };
    return cmocka_run_group_tests_name("net/crowd", tests, start, stop);
}
