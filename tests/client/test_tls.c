/* client/tls: whom the client trusts, and bodies over TLS. */
#include "client_fixture.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct tls_fixture {
    SSL_CTX *ctx;
    char ca_path[64];
};

/* A self-signed certificate for name ("IP:127.0.0.1"), its PEM in a temporary file. */
static void tls_fixture_init(struct tls_fixture *t, const char *name) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    X509_add_ext(cert, san, -1);
    X509_EXTENSION_free(san);
    CHECK(X509_sign(cert, key, EVP_sha256()) > 0);
    t->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(t->ctx, cert);
    SSL_CTX_use_PrivateKey(t->ctx, key);
    snprintf(t->ca_path, sizeof t->ca_path, "/tmp/calotype-test-XXXXXX");
    int fd = mkstemp(t->ca_path);
    FILE *f = fdopen(fd, "w");
    PEM_write_X509(f, cert);
    fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void tls_fixture_deinit(struct tls_fixture *t) {
    SSL_CTX_free(t->ctx);
    unlink(t->ca_path);
}

static void test_tls(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
        {ANSWER, OK_EMPTY},
        {ANSWER, OK_EMPTY}};
    static const struct {
        const char *name, *san;
        bool trusted;
        int want;
        const char *text;
    } cases[] = {
        {"trusted", "IP:127.0.0.1", true, CLIENT_OK, NULL},
        {"unknown", "IP:127.0.0.1", false, CLIENT_E_TRANSPORT, "not trusted"},
        {"other address", "IP:127.0.0.2", true, CLIENT_E_TRANSPORT, "not trusted"},
        {"by name", "DNS:localhost", true, CLIENT_OK, NULL},
        {"other name", "DNS:otherhost", true, CLIENT_E_TRANSPORT, "not trusted"},
        {"name of an address", "DNS:127.0.0.1", true, CLIENT_E_TRANSPORT, "not trusted"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server s;
        struct tls_fixture t;
        tls_fixture_init(&t, cases[i].san);
        server_start(&s, t.ctx, steps, ARRAY_LEN(steps));
        bool by_name = strstr(cases[i].name, "name") && !strstr(cases[i].name, "address");
        struct client *c = client_at(by_name ? "localhost" : "127.0.0.1", &s, "https",
                                     cases[i].trusted ? t.ca_path : NULL);
        struct client_response response = {0};
        struct client_fault fault;
        struct client_object object = {.bucket = S("b"), .key = S("k")};
        int r = client_get_object(c, &object, 0, &response, &fault);
        if (r != cases[i].want)
            print_error("%s: %d %s\n", cases[i].name, r, fault.message);
        CHECK_CASE(r == cases[i].want, cases[i].name);
        CHECK_CASE(!cases[i].text || strstr(fault.message, cases[i].text), cases[i].name);
        if (r == CLIENT_OK) {
            CHECK_BUF(response.body, "hello");
            CHECK_INT(client_put_object(c, &object, S("x"), &response, &fault), CLIENT_OK);
            CHECK_INT(s.connections, 1);
        }
        client_response_deinit(&response);
        client_free(c);
        server_stop(&s);
        tls_fixture_deinit(&t);
    }
    struct server s = {.port = 1};
    CLEANUP(client) struct client *c = client_for(&s, "https", "/nonexistent/ca.pem");
    struct client_fault fault;
    CHECK_INT(client_json(c, "sns", "x", NULL, NULL, &fault), CLIENT_E_TRANSPORT);
    CHECK(strstr(fault.message, "/nonexistent/ca.pem") != NULL);
}

/* More than the connection takes at once: the rest is sent when there is room again. */
static void test_large_put_over_tls(void **state) {
    (void)state;
    enum { SIZE = 8 << 20 };
    static const struct step steps[] = {{ANSWER, OK_EMPTY}};
    struct server s;
    struct tls_fixture t;
    tls_fixture_init(&t, "IP:127.0.0.1");
    server_start(&s, t.ctx, steps, ARRAY_LEN(steps));
    struct client *c = client_for(&s, "https", t.ca_path);
    CLEANUP_MEM char *body = mem_alloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        body[i] = (char)(i * 31 + (i >> 12));
    struct client_response response = {0};
    struct client_fault fault;
    struct client_object object = {.bucket = S("b"), .key = S("k")};
    CHECK_INT(client_put_object(c, &object, str_n(body, SIZE), &response, &fault), CLIENT_OK);
    str text = buf_view(&s.seen[0]);
    size_t head = (size_t)str_find(text, S("\r\n\r\n")) + 4;
    CHECK_INT(text.len - head, SIZE);
    CHECK(memcmp(text.p + head, body, SIZE) == 0);
    client_response_deinit(&response);
    client_free(c);
    server_stop(&s);
    tls_fixture_deinit(&t);
}

int main(void) {
    clearenv(); /* whoever runs this may have a profile and keys */
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tls),
                                       cmocka_unit_test(test_large_put_over_tls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
