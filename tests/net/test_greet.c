/* Handshakes: what they settle on, how a client that comes again is spared most, how they wait. */
#include "cm.h"

#include "server.h"
#include "tls.h"

#include "base/clock.h"
#include "net/net_priv.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

static struct server s;
static struct tls_certs certs;

#define REQUEST S("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
#define ONLY_12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define ONLY_13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static void start_server(struct server *ret) {
    const struct net_options o = tls_net_options(&certs);
    server_start(ret, &o);
}

static int start(void **) {
    tls_certs_make(&certs);
    start_server(&s);
    return 0;
}

static int stop(void **) {
    server_stop(&s, 1000);
    tls_certs_deinit(&certs);
    return 0;
}

static struct tls_options options(uint16_t port, const char *priorities) {
    return (struct tls_options){.port = port,
                                .ca = buf_view(&certs.ca),
                                .name = "localhost",
                                .sni = "localhost",
                                .priorities = priorities};
}

/* ---- What is settled on ---- */

static int on_retry(gnutls_session_t session, unsigned, unsigned, unsigned,
                    const gnutls_datum_t *) {
    *(int *)gnutls_session_get_ptr(session) += 1;
    return 0;
}

/* A client that sends its half for one group is answered with that group, not asked for another. */
static void no_second_hello(void **) {
    static const struct {
        const char *priorities;
        gnutls_group_t group;
    } cases[] = {
        {"NORMAL:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP521R1", GNUTLS_GROUP_X25519},
        {"NORMAL:-GROUP-ALL:+GROUP-SECP256R1:+GROUP-SECP384R1", GNUTLS_GROUP_SECP256R1},
        {"NORMAL:-GROUP-ALL:+GROUP-SECP384R1", GNUTLS_GROUP_SECP384R1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls t;
        struct tls_options o = options(s.port, cases[i].priorities);
        o.flags = GNUTLS_KEY_SHARE_TOP;
        int retries = 0;
        tls_begin(&t, &o);
        gnutls_session_set_ptr(t.session, &retries);
        gnutls_handshake_set_hook_function(t.session, GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST,
                                           GNUTLS_HOOK_POST, on_retry);
        CHECK_CASE(tls_shake(&t) == 0, cases[i].priorities);
        CHECK_CASE(retries == 0, cases[i].priorities);
        CHECK_CASE(gnutls_group_get(t.session) == cases[i].group, cases[i].priorities);
        tls_close(&t);
    }
}

static void what_is_not_spoken(void **) {
    static const char *const refused[] = {
        "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT",
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE8192",
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA",
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct tls t;
        struct tls_options o = options(s.port, refused[i]);
        CHECK_CASE(tls_connect(&t, &o) < 0, refused[i]);
        tls_close(&t);
    }
}

/* ---- Coming again ---- */

static const char *const versions[] = {ONLY_12, ONLY_13};

/* One connection with one request; *ret_data, if wanted, is for coming again. Was it resumed? */
static bool visit(uint16_t port, const char *priorities, const gnutls_datum_t *resume,
                  gnutls_datum_t *ret_data) {
    struct tls t;
    struct tls_options o = options(port, priorities);
    o.resume = resume;
    CHECK_INT(tls_connect(&t, &o), 0);
    CHECK(tls_ask(&t, REQUEST, "GET /echo 0"));
    bool resumed = gnutls_session_is_resumed(t.session);
    if (ret_data)
        CHECK_INT(gnutls_session_get_data2(t.session, ret_data), 0);
    tls_close(&t);
    return resumed;
}

static void who_comes_again_is_known(void **) {
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        gnutls_datum_t first, second;
        CHECK(!visit(s.port, versions[i], NULL, &first));
        CHECK_CASE(visit(s.port, versions[i], &first, &second), versions[i]);
        CHECK_CASE(visit(s.port, versions[i], &second, NULL), versions[i]);
        gnutls_free(first.data);
        gnutls_free(second.data);
    }
}

/* The daemon was restarted meanwhile, or it is another one: a whole handshake, and all is well. */
static void a_strange_ticket_is_none(void **) {
    struct server other;
    start_server(&other);
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        gnutls_datum_t ticket, fresh;
        visit(other.port, versions[i], NULL, &ticket);
        CHECK_CASE(!visit(s.port, versions[i], &ticket, &fresh), versions[i]);
        CHECK_CASE(visit(s.port, versions[i], &fresh, NULL), versions[i]);
        gnutls_free(ticket.data);
        gnutls_free(fresh.data);
    }
    server_stop(&other, 0);
}

/* Both ends in this thread, over a pair of sockets: the clock of the key is the caller's. */
static bool meet(struct net_tickets *tickets, int64_t now_ms, const char *priorities,
                 const gnutls_datum_t *resume, gnutls_datum_t *ret_data) {
    gnutls_datum_t pem = {(unsigned char *)certs.cert.p, (unsigned)certs.cert.len};
    gnutls_datum_t pem_key = {(unsigned char *)certs.key.p, (unsigned)certs.key.len};
    gnutls_certificate_credentials_t own, none;
    gnutls_session_t server, client;
    int pair[2];
    char byte;
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    gnutls_certificate_allocate_credentials(&own);
    gnutls_certificate_allocate_credentials(&none);
    CHECK_INT(gnutls_certificate_set_x509_key_mem(own, &pem, &pem_key, GNUTLS_X509_FMT_PEM), 0);
    gnutls_init(&server, GNUTLS_SERVER | GNUTLS_NONBLOCK);
    gnutls_init(&client, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    gnutls_set_default_priority(server);
    CHECK_INT(gnutls_priority_set_direct(client, priorities, NULL), 0);
    gnutls_credentials_set(server, GNUTLS_CRD_CERTIFICATE, own);
    gnutls_credentials_set(client, GNUTLS_CRD_CERTIFICATE, none);
    gnutls_transport_set_int(server, pair[0]);
    gnutls_transport_set_int(client, pair[1]);
    CHECK_INT(net_tickets_lend(tickets, server, now_ms), 0);
    if (resume)
        gnutls_session_set_data(client, resume->data, resume->size);
    tls_meet(server, client);
    CHECK_INT(gnutls_record_recv(client, &byte, 1), GNUTLS_E_AGAIN); /* tickets of 1.3 */
    bool resumed = gnutls_session_is_resumed(server);
    if (ret_data)
        CHECK_INT(gnutls_session_get_data2(client, ret_data), 0);
    gnutls_deinit(server);
    gnutls_deinit(client);
    gnutls_certificate_free_credentials(own);
    gnutls_certificate_free_credentials(none);
    close(pair[0]);
    close(pair[1]);
    return resumed;
}

/* What was sealed an hour ago nobody can open any more. */
static void a_key_serves_an_hour(void **) {
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct net_tickets *tickets = net_tickets_new();
        gnutls_datum_t first, second;
        int64_t began = 5000;
        CHECK(!meet(tickets, began, versions[i], NULL, &first));
        CHECK_CASE(meet(tickets, began + NET_TICKET_MS - 1, versions[i], &first, NULL),
                   versions[i]);
        CHECK_CASE(!meet(tickets, began + NET_TICKET_MS, versions[i], &first, &second),
                   versions[i]);
        CHECK_CASE(meet(tickets, began + NET_TICKET_MS, versions[i], &second, NULL), versions[i]);
        CHECK_CASE(!meet(tickets, began + NET_TICKET_MS, versions[i], &first, NULL), versions[i]);
        gnutls_free(first.data);
        gnutls_free(second.data);
        net_tickets_free(tickets);
    }
}

static void a_key_that_nobody_asks_for_is_wiped(void **) {
    struct net_tickets *tickets = net_tickets_new();
    gnutls_datum_t ticket;
    int64_t began = 5000, ends = began + NET_TICKET_MS;
    CHECK(net_tickets_look(tickets, began) == INT64_MAX);
    CHECK(!meet(tickets, began, ONLY_13, NULL, &ticket));
    CHECK(net_tickets_look(tickets, began) == ends);
    CHECK(net_tickets_look(tickets, ends - 1) == ends);
    CHECK(meet(tickets, ends - 1, ONLY_13, &ticket, NULL));
    CHECK(net_tickets_look(tickets, ends) == INT64_MAX);
    CHECK(!meet(tickets, ends - 1, ONLY_13, &ticket, NULL)); /* another key, though it is time */
    gnutls_free(ticket.data);
    net_tickets_free(tickets);
}

/* ---- Waiting ---- */

static void wait_for_greeting(struct net *net, unsigned n) {
    int64_t until = clock_mono_ms() + 10000;
    while (net->parked != n) {
        if (clock_mono_ms() > until)
            fail_msg("%u handshakes wait instead of %u", net->parked, n);
        sched_yield();
    }
}

/* However much of a hello has come, nobody works until the rest does; and then it goes on. */
static void half_a_hello_costs_nothing(void **) {
    struct tls t;
    struct tls_options o = options(s.port, NULL);
    int half[3];
    static const char *const begun[] = {"\x16", "\x16\x03\x01", "\x16\x03\x01\x02\xff\x01"};
    for (size_t i = 0; i < ARRAY_LEN(half); i++) {
        half[i] = client_connect(s.port);
        client_send(half[i], str_n(begun[i], i == 0 ? 1 : i == 1 ? 3 : 6));
    }
    wait_for_greeting(s.net, 3);
    CHECK_INT(tls_connect(&t, &o), 0); /* others are served */
    CHECK(tls_ask(&t, REQUEST, "GET /echo 0"));
    tls_close(&t);
    wait_for_greeting(s.net, 3);
    for (size_t i = 0; i < ARRAY_LEN(half); i++)
        close(half[i]);
    wait_for_greeting(s.net, 0);
}

static bool held; /* the client does not look at what has come */

static ssize_t take(gnutls_transport_ptr_t fd, void *p, size_t n) {
    if (!held)
        return recv((int)(intptr_t)fd, p, n, 0);
    errno = EAGAIN;
    return -1;
}

/* The client takes its time before it answers the server's part. */
static void a_slow_client_is_waited_for(void **) {
    struct tls t;
    struct tls_options o = options(s.port, NULL);
    o.flags = GNUTLS_NONBLOCK;
    tls_begin(&t, &o);
    gnutls_handshake_set_timeout(t.session, 0);
    gnutls_transport_set_pull_function(t.session, take);
    held = true;
    CHECK_INT(gnutls_handshake(t.session), GNUTLS_E_AGAIN); /* the hello is out */
    wait_for_greeting(s.net, 1);
    held = false;
    CHECK_INT(tls_shake(&t), 0);
    CHECK(tls_ask(&t, REQUEST, "GET /echo 0"));
    wait_for_greeting(s.net, 0);
    tls_close(&t);
}

static size_t room; /* for bytes that the client still sends */

static ssize_t send_some(gnutls_transport_ptr_t fd, const void *p, size_t n) {
    size_t now = n < room ? n : room;
    if (now && send((int)(intptr_t)fd, p, now, MSG_NOSIGNAL) < 0)
        return -1;
    room -= now;
    if (now)
        return (ssize_t)now;
    errno = EAGAIN;
    return -1;
}

/*
 * Shakes hands, but sends no more than so many bytes; then the client goes, by an end of its stream
 * or a reset, or waits to be greeted and goes then. True: more had not been needed.
 */
static bool cut_short(const char *priorities, const gnutls_datum_t *resume, size_t bytes) {
    struct tls t;
    struct tls_options o = options(s.port, priorities);
    o.flags = GNUTLS_NONBLOCK;
    o.resume = resume;
    tls_begin(&t, &o);
    gnutls_transport_set_push_function(t.session, send_some);
    room = bytes;
    int r;
    do
        r = gnutls_handshake(t.session);
    while (r < 0 && !gnutls_error_is_fatal(r) && room > 0);
    if (r < 0 && bytes % 3 == 0)
        shutdown(t.fd, SHUT_WR);
    struct linger reset = {.l_onoff = bytes % 3 == 1};
    setsockopt(t.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    tls_close(&t);
    return r == 0;
}

/* Wherever a client stops, nobody waits for it for ever, and others are served. */
static void cut_at_many_places(void **) {
    enum { STEP = 7 }; /* no multiple of 3: so each round has all ways to go (cut_short) */
    for (size_t i = 0; i < ARRAY_LEN(versions) * 2; i++) {
        gnutls_datum_t ticket;
        const char *version = versions[i / 2];
        bool resumes = i % 2;
        CHECK(!visit(s.port, version, NULL, &ticket));
        size_t n = 1 + i % STEP;
        while (n < 4096 && !cut_short(version, resumes ? &ticket : NULL, n))
            n += STEP;
        CHECK_CASE(n > 100 && n < 4096, version);
        CHECK_CASE(visit(s.port, version, &ticket, NULL), version);
        gnutls_free(ticket.data);
    }
    wait_for_greeting(s.net, 0);
}

/* A ticket is no proof of a name: whoever comes with it under another one is served as himself. */
static void a_ticket_under_another_name(void **) {
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        gnutls_datum_t ticket;
        struct tls t;
        struct tls_options o = options(s.port, versions[i]);
        CHECK(!visit(s.port, versions[i], NULL, &ticket));
        o.resume = &ticket;
        o.sni = o.name = "sts.amazonaws.com";
        CHECK_CASE(tls_connect(&t, &o) == 0, versions[i]);
        CHECK_CASE(tls_ask(&t, REQUEST, "GET /echo 0"), versions[i]);
        tls_close(&t);
        gnutls_free(ticket.data);
    }
}

static void stopping_ends_handshakes(void **) {
    struct server own;
    int half[8];
    start_server(&own);
    for (size_t i = 0; i < ARRAY_LEN(half); i++) {
        half[i] = client_connect(own.port);
        SEND(half[i], "\x16\x03\x01");
    }
    wait_for_greeting(own.net, ARRAY_LEN(half));
    server_stop(&own, 0);
    for (size_t i = 0; i < ARRAY_LEN(half); i++) {
        CHECK(client_is_closed(half[i]));
        close(half[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_second_hello),
        cmocka_unit_test(what_is_not_spoken),
        cmocka_unit_test(who_comes_again_is_known),
        cmocka_unit_test(a_strange_ticket_is_none),
        cmocka_unit_test(a_key_serves_an_hour),
        cmocka_unit_test(a_key_that_nobody_asks_for_is_wiped),
        cmocka_unit_test(half_a_hello_costs_nothing),
        cmocka_unit_test(a_slow_client_is_waited_for),
        cmocka_unit_test(cut_at_many_places),
        cmocka_unit_test(a_ticket_under_another_name),
        cmocka_unit_test(stopping_ends_handshakes),
    };
    return cmocka_run_group_tests_name("net/greet", tests, start, stop);
}
