/* Sealed records of a piece: the last one lets all go, and whatever the client takes, it gets all. */
#include "cm.h"

#include "tls.h"

#include "net/net_priv.h"

#include <sys/socket.h>
#include <unistd.h>

enum { RECORD = 16 * 1024, PIECE = 4 * RECORD };

/* A session's both ends in this thread, over a pair of sockets; none shows a certificate. */
struct pair {
    struct net_conn conn;
    gnutls_session_t server, client;
    gnutls_anon_server_credentials_t server_cred;
    gnutls_anon_client_credentials_t client_cred;
    int client_fd;
};

static gnutls_session_t side(unsigned flags, void *cred, int fd) {
    gnutls_session_t t;
    gnutls_init(&t, flags | GNUTLS_NONBLOCK);
    CHECK_INT(gnutls_priority_set_direct(t, "NORMAL:-VERS-ALL:+VERS-TLS1.2:+ANON-ECDH", NULL), 0);
    gnutls_credentials_set(t, GNUTLS_CRD_ANON, cred);
    gnutls_transport_set_int(t, fd);
    return t;
}

static void begin(struct pair *p) {
    int fds[2];
    *p = (struct pair){0};
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    gnutls_anon_allocate_server_credentials(&p->server_cred);
    gnutls_anon_allocate_client_credentials(&p->client_cred);
    p->server = side(GNUTLS_SERVER, p->server_cred, fds[0]);
    p->client = side(GNUTLS_CLIENT, p->client_cred, fds[1]);
    p->client_fd = fds[1];
    tls_meet(p->server, p->client);
    p->conn.fd = fds[0];
    p->conn.tls = true;
    net_gather_begin(&p->conn, p->server);
}

static void end(struct pair *p) {
    gnutls_deinit(p->server);
    gnutls_deinit(p->client);
    gnutls_anon_free_server_credentials(p->server_cred);
    gnutls_anon_free_client_credentials(p->client_cred);
    close(p->conn.fd);
    close(p->client_fd);
}

/* The next n bytes of the answer, which is a pattern; how many the session took. */
static ssize_t give(struct pair *p, size_t at, size_t n) {
    char bytes[RECORD];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)('a' + (at + i) % 26);
    return gnutls_record_send(p->server, bytes, n);
}

/* Reads what is there; the pattern goes on at *at. */
static void take(struct pair *p, size_t *at) {
    char bytes[RECORD];
    ssize_t n;
    size_t wrong = 0;
    while ((n = gnutls_record_recv(p->client, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++)
            wrong += bytes[i] != (char)('a' + (*at)++ % 26);
    CHECK_INT(n, GNUTLS_E_AGAIN);
    CHECK_INT(wrong, 0);
}

static void the_last_of_a_piece(void **) {
    static const struct {
        size_t piece, records[5];
    } cases[] = {
        {4 * RECORD, {RECORD, RECORD, RECORD, RECORD}},
        {3 * RECORD + 1, {RECORD, RECORD, RECORD, 1}}, /* as long as what the three add */
        {2 * RECORD + 500, {RECORD, RECORD, 500}},
        {100, {100}},
        {1, {1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct pair p;
        size_t at = 0;
        begin(&p);
        net_gather(&p.conn, cases[i].piece);
        CHECK_INT(p.conn.piece, cases[i].piece);
        for (const size_t *n = cases[i].records; *n; n++) {
            size_t before = p.conn.piece;
            CHECK_INT(give(&p, at, *n), *n);
            at += *n;
            CHECK(p.conn.piece == 0 || (p.conn.piece < before - *n && at < cases[i].piece));
            CHECK(p.conn.piece != 0 || cases[i].piece - at < 100);
        }
        CHECK_INT(give(&p, at, 5), 5); /* nothing was announced */
        CHECK_INT(p.conn.piece, 0);
        size_t got = 0;
        take(&p, &got);
        CHECK_INT(got, at + 5);
        end(&p);
    }
}

/* The client looks only when the socket is full. */
static void a_full_socket(void **) {
    struct pair p;
    size_t sent = 0, at = 0, stood = 0;
    begin(&p);
    for (size_t piece = 0; piece < 40; piece++) {
        net_gather(&p.conn, PIECE);
        for (size_t end_of_it = sent + PIECE; sent < end_of_it;) {
            ssize_t n = give(&p, sent, RECORD);
            if (n > 0) {
                sent += (size_t)n;
                continue;
            }
            CHECK_INT(n, GNUTLS_E_AGAIN);
            CHECK_INT(p.conn.piece, 0);
            stood++;
            take(&p, &at);
        }
    }
    take(&p, &at);
    CHECK(stood > 3);
    CHECK_INT(at, sent);
    end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_last_of_a_piece),
                                       cmocka_unit_test(a_full_socket)};
    return cmocka_run_group_tests_name("net/gather", tests, NULL, NULL);
}
