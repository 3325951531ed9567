/* The authority and the certificates it gives out, read back field by field. */
#include "cm.h"

#include "base/clock.h"
#include "net/net.h"

#include <errno.h>
#include <gnutls/x509.h>

static gnutls_x509_crt_t load(const struct buf *pem) {
    gnutls_x509_crt_t crt;
    gnutls_datum_t data = {(unsigned char *)pem->p, (unsigned)pem->len};
    CHECK_INT(gnutls_x509_crt_init(&crt), 0);
    CHECK_INT(gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_PEM), 0);
    return crt;
}

static int64_t days_from_now(time_t t) {
    return (t - clock_real_ms() / 1000 + 43200) / 86400; /* to the nearest */
}

/* What both have: version 3, a positive serial of 16 bytes, a day of grace, P-256, SHA-256. */
static void check_common(gnutls_x509_crt_t crt, int64_t days) {
    unsigned char serial[32], id[64];
    size_t n = sizeof serial;
    unsigned bits = 0;
    CHECK_INT(gnutls_x509_crt_get_version(crt), 3);
    CHECK_INT(gnutls_x509_crt_get_serial(crt, serial, &n), 0);
    CHECK_INT(n, 16);
    CHECK_RANGE(serial[0], 0x40, 0x7f);
    CHECK_INT((clock_real_ms() / 1000 - gnutls_x509_crt_get_activation_time(crt)) / 3600, 24);
    CHECK_INT(days_from_now(gnutls_x509_crt_get_expiration_time(crt)), days);
    CHECK_INT(gnutls_x509_crt_get_pk_algorithm(crt, &bits), GNUTLS_PK_ECDSA);
    CHECK_INT(bits, 256);
    CHECK_INT(gnutls_x509_crt_get_signature_algorithm(crt), GNUTLS_SIGN_ECDSA_SHA256);
    n = sizeof id;
    CHECK_INT(gnutls_x509_crt_get_subject_key_id(crt, id, &n, NULL), 0);
    CHECK_INT(n, 20);
}

static void makes_an_authority(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf cert = {0}, key = {0}, other = {0}, other_key = {0};
    char name[2][128];
    size_t n = sizeof name[0], m = sizeof name[1];
    unsigned critical, usage, is_ca;
    int path_len;
    CHECK_INT(net_make_ca(&cert, &key, NULL), 0);
    CHECK_INT(net_make_ca(&other, &other_key, NULL), 0);
    gnutls_x509_crt_t a = load(&cert), b = load(&other);
    check_common(a, 3650);
    CHECK(gnutls_x509_crt_get_basic_constraints(a, &critical, &is_ca, &path_len) >= 0);
    CHECK_INT(is_ca, 1);
    CHECK_INT(path_len, 0);
    CHECK_INT(gnutls_x509_crt_get_key_usage(a, &usage, &critical), 0);
    CHECK_INT(usage, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    CHECK_INT(gnutls_x509_crt_get_dn_by_oid(a, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name[0], &n), 0);
    CHECK_INT(gnutls_x509_crt_get_dn_by_oid(b, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name[1], &m), 0);
    CHECK(str_starts(str_c(name[0]), S("Calotype local CA ")));
    CHECK_INT(strlen(name[0]), sizeof "Calotype local CA 01234567" - 1);
    CHECK(strcmp(name[0], name[1]) != 0); /* two of them are told apart */
    CHECK(gnutls_x509_crt_check_issuer(a, a));
    CHECK(str_starts(buf_view(&key), S("-----BEGIN PRIVATE KEY-----\n")));
    gnutls_x509_crt_deinit(a);
    gnutls_x509_crt_deinit(b);
}

static void makes_certificates(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf ca = {0}, ca_key = {0}, cert = {0}, key = {0};
    static const str names[] = {S_INIT("localhost"), S_INIT("*.s3.localhost"), S_INIT("127.0.0.1"),
                                S_INIT("::1")};
    unsigned critical, usage, is_ca, verdict;
    int path_len;
    CHECK_INT(net_make_ca(&ca, &ca_key, NULL), 0);
    CHECK_INT(net_make_cert(buf_view(&ca), buf_view(&ca_key), names, 4, &cert, &key, NULL), 0);
    gnutls_x509_crt_t issuer = load(&ca), crt = load(&cert);
    check_common(crt, 825);
    static const struct {
        const char *name;
        bool covered;
    } cases[] = {
        {"localhost", true},
        {"b.s3.localhost", true},
        {"a.b.s3.localhost", false},
        {"127.0.0.1", true},
        {"::1", true},
        {"127.0.0.2", false},
        {"s3.localhost", false},
        {"example.com", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE((gnutls_x509_crt_check_hostname(crt, cases[i].name) != 0) == cases[i].covered,
                   cases[i].name);
    CHECK_INT(gnutls_x509_crt_get_basic_constraints(crt, &critical, &is_ca, &path_len), 0);
    CHECK_INT(is_ca, 0);
    CHECK_INT(gnutls_x509_crt_get_key_usage(crt, &usage, &critical), 0);
    CHECK_INT(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
    char purpose[64];
    size_t n = sizeof purpose;
    CHECK_INT(gnutls_x509_crt_get_key_purpose_oid(crt, 0, purpose, &n, &critical), 0);
    CHECK_TEXT(purpose, GNUTLS_KP_TLS_WWW_SERVER);
    unsigned char authority[64], subject[64];
    size_t an = sizeof authority, sn = sizeof subject;
    CHECK_INT(gnutls_x509_crt_get_authority_key_id(crt, authority, &an, NULL), 0);
    CHECK_INT(gnutls_x509_crt_get_subject_key_id(issuer, subject, &sn, NULL), 0);
    CHECK_STR(str_n(authority, an), str_n(subject, sn));
    CHECK_INT(gnutls_x509_crt_list_verify(&crt, 1, &issuer, 1, NULL, 0, 0, &verdict), 0);
    CHECK_INT(verdict, 0);
    gnutls_x509_crt_deinit(issuer);
    gnutls_x509_crt_deinit(crt);
}

static void refuses(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf ca = {0}, ca_key = {0}, cert = {0}, key = {0};
    struct err err;
    char longest[256];
    memset(longest, 'a', sizeof longest);
    for (size_t i = 60; i < sizeof longest; i += 60)
        longest[i] = '.';
    str name = S("localhost");
    CHECK_INT(net_make_ca(&ca, &ca_key, NULL), 0);
    CHECK_INT(net_make_cert(S("no"), buf_view(&ca_key), &name, 1, &cert, &key, &err), -EINVAL);
    CHECK_HAS(err.text, "cannot make a certificate with this authority: ");
    CHECK_INT(net_make_cert(buf_view(&ca), S("no"), &name, 1, &cert, &key, &err), -EINVAL);
    name = S("");
    CHECK_INT(net_make_cert(buf_view(&ca), buf_view(&ca_key), &name, 1, &cert, &key, &err),
              -EINVAL);
    name = str_n(longest, 256);
    CHECK_INT(net_make_cert(buf_view(&ca), buf_view(&ca_key), &name, 1, &cert, &key, &err),
              -EINVAL);
    CHECK_INT(cert.len, 0);
    name = str_n(longest, 255);
    CHECK_INT(net_make_cert(buf_view(&ca), buf_view(&ca_key), &name, 1, &cert, &key, &err), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_an_authority),
        cmocka_unit_test(makes_certificates),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests_name("net/ca", tests, NULL, NULL);
}
