/* TLS and plain HTTP on one port; certificates by name; the CA. */
#include "cm.h"

#include "server.h"
#include "tls.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct server s;
static struct tls_certs certs;

static int start(void **state) {
    (void)state;
    tls_certs_make(&certs);
    const struct net_options o = tls_net_options(&certs);
    server_start(&s, &o);
    return 0;
}

static int stop(void **state) {
    (void)state;
    server_stop(&s, 1000);
    tls_certs_deinit(&certs);
    return 0;
}

/*
 * Handshakes; the server must prove to be `name` under our CA. sni NULL: none is sent. 0 or GnuTLS'
 * error.
 */
static int tls_open(struct tls *t, const char *sni, const char *name) {
    return tls_connect(
        t,
        &(struct tls_options){.port = s.port, .ca = buf_view(&certs.ca), .sni = sni, .name = name});
}

static void both_on_one_port(void **state) {
    (void)state;
    struct tls t;
    CLEANUP_FD int plain = client_connect(s.port);
    CHECK_INT(client_ask(plain, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo 0"), 200);
    CHECK_INT(tls_open(&t, "localhost", "localhost"), 0);
    CHECK(tls_ask(&t, S("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /echo 0"));
    CHECK(tls_ask(&t, S("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
                  "PUT /echo 3"));
    CHECK(tls_ask(&t, S("GET /inside HTTP/1.1\r\nHost: a\r\n\r\n"), "woken"));
    tls_close(&t);
}

static void parks_and_streams(void **state) {
    (void)state;
    struct tls t;
    CHECK_INT(tls_open(&t, NULL, "localhost"), 0);
    SEND(t.fd, ""); /* nothing in clear */
    int parked = s.n_parked;
    gnutls_record_send(t.session, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n", 31);
    server_wait_parked(&s, parked + 1);
    server_wake(&s);
    CHECK(tls_ask(&t, S(""), "woken"));
    char tail[9];
    for (int i = 0; i < 8; i++)
        tail[i] = (char)('a' + (STREAM_SIZE - 8 + i) % 26);
    tail[8] = '\0';
    CHECK(tls_ask(&t, S("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"), tail));
    tls_close(&t);
}

/* The socket takes a part of what is sent, time and again. */
static void a_narrow_client_gets_every_byte(void **state) {
    (void)state;
    struct tls t;
    int narrow = 16 * 1024;
    char piece[1000];
    size_t n = 0, wrong = 0;
    CHECK_INT(tls_open(&t, NULL, "localhost"), 0);
    CHECK_INT(setsockopt(t.fd, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow), 0);
    gnutls_record_send(t.session, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n", 33);
    ssize_t got;
    do /* past the tickets; the head has a record of its own */
        got = gnutls_record_recv(t.session, piece, sizeof piece);
    while (got == GNUTLS_E_AGAIN);
    CHECK(got > 0 && str_ends(str_n(piece, (size_t)got), S("\r\n\r\n")));
    while (n < STREAM_SIZE && (got = gnutls_record_recv(t.session, piece, sizeof piece)) > 0)
        for (ssize_t i = 0; i < got; i++, n++)
            wrong += piece[i] != (char)('a' + n % 26);
    CHECK_INT(n, STREAM_SIZE);
    CHECK_INT(wrong, 0);
    tls_close(&t);
}

static void early_answer_survives_large_body(void **state) {
    (void)state;
    enum { SIZE = 8 * 1024 * 1024 };
    struct tls t;
    struct buf ask = {0};
    CHECK_INT(tls_open(&t, NULL, "localhost"), 0);
    buf_printf(&ask, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", SIZE);
    memset(buf_reserve(&ask, SIZE), 'x', SIZE);
    ask.len += SIZE;
    CHECK(tls_ask(&t, buf_view(&ask), "refused"));
    buf_deinit(&ask);
    tls_close(&t);
}

static void certificates_by_name(void **state) {
    (void)state;
    static const struct {
        const char *sni, *name;
        bool good;
    } cases[] = {
        {"localhost", "localhost", true},
        {NULL, "127.0.0.1", true},
        {"x.example.test", "x.example.test", true},
        {"sts.amazonaws.com", "sts.amazonaws.com", true},
        {"photos.s3.us-east-1.amazonaws.com", "photos.s3.us-east-1.amazonaws.com", true},
        {"other.s3.us-east-1.amazonaws.com", "other.s3.us-east-1.amazonaws.com", true},
        {"s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com", true},
        {"photos.localhost", "photos.localhost", true},
        {"photos.s3.localhost", "photos.s3.localhost", true},
        {"a.dotted.bucket.s3.us-east-1.amazonaws.com", "a.dotted.bucket.s3.us-east-1.amazonaws.com",
         true},
        {"streams.dynamodb.eu-west-3.amazonaws.com", "streams.dynamodb.eu-west-3.amazonaws.com",
         true},
        {"dynamodb.us-east-1.api.aws", "dynamodb.us-east-1.api.aws", true},
        {"b.s3.cn-north-1.amazonaws.com.cn", "b.s3.cn-north-1.amazonaws.com.cn", true},
        {"bank.test", "bank.test", false},
        {"amazonaws.com.bank.test", "amazonaws.com.bank.test", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls t;
        int r = tls_open(&t, cases[i].sni, cases[i].name);
        if ((r == 0) != cases[i].good)
            print_error("%s: %s\n", cases[i].name, gnutls_strerror(r));
        CHECK_CASE((r == 0) == cases[i].good, cases[i].name);
        tls_close(&t);
    }
}

enum { STRANGE_NAMES = 200 }; /* more than the table keeps, each under a parent of its own */

/* Made-up names go by; an honest client gets its certificate all the while, and the same one. */
static void made_up_names_fill_nothing(void **state) {
    (void)state;
    static const char *const honest[] = {"photos.s3.us-east-1.amazonaws.com", "sts.amazonaws.com",
                                         "photos.localhost"};
    char name[64];
    for (int i = 0; i < STRANGE_NAMES; i++) {
        struct tls t;
        snprintf(name, sizeof name, i % 2 ? "a.made-up-%d.amazonaws.com" : "made-up-%d.localhost",
                 i);
        CHECK_CASE(tls_open(&t, name, name) == 0, name);
        tls_close(&t);
        if (i % 50)
            continue;
        for (size_t j = 0; j < ARRAY_LEN(honest); j++) {
            CHECK_CASE(tls_open(&t, honest[j], honest[j]) == 0, honest[j]);
            CHECK(tls_ask(&t, S("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /echo 0"));
            tls_close(&t);
        }
    }
}

static atomic_bool over;

static void *strangers(void *arg) {
    char name[64];
    for (int i = 0; !over; i++) {
        struct tls t;
        snprintf(name, sizeof name, "a.%d-%d.amazonaws.com", i, (int)(intptr_t)arg);
        if (tls_open(&t, name, name) != 0)
            over = true; /* the test says so */
        tls_close(&t);
    }
    return NULL;
}

/* Many ask for new names at once; connections outlive the entry that they were shown. */
static void names_from_many_sides(void **state) {
    (void)state;
    pthread_t threads[2];
    struct tls kept;
    over = false;
    CHECK_INT(tls_open(&kept, "a.kept.amazonaws.com", "a.kept.amazonaws.com"), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, strangers, (void *)(intptr_t)i), 0);
    for (int i = 0; i < 20; i++) {
        struct tls t;
        CHECK_INT(tls_open(&t, "s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"), 0);
        tls_close(&t);
    }
    CHECK(!over);
    over = true;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    CHECK(tls_ask(&kept, S("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /echo 0"));
    tls_close(&kept);
}

static void half_a_handshake_blocks_nobody(void **state) {
    (void)state;
    int half[50];
    for (size_t i = 0; i < ARRAY_LEN(half); i++) {
        half[i] = client_connect(s.port);
        SEND(half[i], "\x16\x03\x01");
    }
    struct tls t;
    CHECK_INT(tls_open(&t, "localhost", "localhost"), 0);
    CHECK(tls_ask(&t, S("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /echo 0"));
    tls_close(&t);
    for (size_t i = 0; i < ARRAY_LEN(half); i++)
        close(half[i]);
}

static void plain_only_turns_tls_away(void **state) {
    (void)state;
    struct server own;
    server_start(&own, NULL);
    CLEANUP_FD int fd = client_connect(own.port);
    SEND(fd, "\x16\x03\x01\x02");
    CHECK(client_is_closed(fd));
    server_stop(&own, 0);
}

static void bad_texts_are_refused(void **state) {
    (void)state;
    struct buf a = {0}, b = {0};
    struct err err = {0};
    str names[] = {S("localhost")};
    CHECK(net_make_cert(S("no"), S("pem"), names, 1, &a, &b, &err) != 0);
    CHECK(err.text[0] != '\0');
    struct net *net = NULL;
    struct net_options o = {.tls_cert_pem = "no", .tls_key_pem = "pem", .threads = 1};
    CHECK(net_start(&net, &o, &err) != 0);
    CHECK(!net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_on_one_port),
        cmocka_unit_test(parks_and_streams),
        cmocka_unit_test(a_narrow_client_gets_every_byte),
        cmocka_unit_test(early_answer_survives_large_body),
        cmocka_unit_test(certificates_by_name),
        cmocka_unit_test(made_up_names_fill_nothing),
        cmocka_unit_test(names_from_many_sides),
        cmocka_unit_test(half_a_handshake_blocks_nobody),
        cmocka_unit_test(plain_only_turns_tls_away),
        cmocka_unit_test(bad_texts_are_refused),
    };
    return cmocka_run_group_tests_name("net/tls", tests, start, stop);
}
