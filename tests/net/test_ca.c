/* The authority and the certificates it gives out, read back field by field. */
#include "cm.h"

#include "net/net.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <time.h>

static gnutls_x509_crt_t load(const struct buf *pem) {
    gnutls_x509_crt_t crt;
    gnutls_datum_t data = {(unsigned char *)pem->p, (unsigned)pem->len};
    CHECK_INT(gnutls_x509_crt_init(&crt), 0);
    CHECK_INT(gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_PEM), 0);
    return crt;
}

/* What both have: version 3, a positive serial of 16 bytes, 1970 to 2099, P-256, SHA-256. */
static void check_common(gnutls_x509_crt_t crt) {
    unsigned char serial[32], id[64];
    size_t n = sizeof serial;
    unsigned bits = 0;
    CHECK_INT(gnutls_x509_crt_get_version(crt), 3);
    CHECK_INT(gnutls_x509_crt_get_serial(crt, serial, &n), 0);
    CHECK_INT(n, 16);
    CHECK_RANGE(serial[0], 0x40, 0x7f);
    CHECK_INT(gnutls_x509_crt_get_activation_time(crt), 0);
    CHECK_INT(gnutls_x509_crt_get_expiration_time(crt), 4102444799);
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
    CHECK_INT(net_make_ca(NULL, &cert, &key, NULL), 0);
    CHECK_INT(net_make_ca(NULL, &other, &other_key, NULL), 0);
    gnutls_x509_crt_t a = load(&cert), b = load(&other);
    check_common(a);
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
    CHECK_INT(net_make_ca(NULL, &ca, &ca_key, NULL), 0);
    CHECK_INT(net_make_cert(buf_view(&ca), buf_view(&ca_key), names, 4, &cert, &key, NULL), 0);
    gnutls_x509_crt_t issuer = load(&ca), crt = load(&cert);
    check_common(crt);
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

/* ---- Whatever the clock says ---- */

static time_t pretended;
static time_t pretend(time_t *t) {
    if (t)
        *t = pretended;
    return pretended;
}

static const struct {
    const char *name;
    time_t now;
    bool narrow_is_valid; /* a CA of ten years from 2001 on */
} clocks[] = {
    {"never set", 3, false},     {"2001", 1000000000, true},
    {"2026", 1795000000, false}, {"beyond 32 bits", 2200000000, false},
    {"2099", 4102444799, false},
};

static bool verifies(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer) {
    unsigned verdict = ~0u;
    CHECK_INT(gnutls_x509_crt_list_verify(&crt, 1, &issuer, 1, NULL, 0, 0, &verdict), 0);
    return verdict == 0;
}

static void holds_at_any_time(void **state) {
    (void)state;
    static const struct net_validity ten_years = {999999999, 999999999 + 3650 * 86400};
    CLEANUP_DEINIT(buf) struct buf ca = {0}, ca_key = {0}, old = {0}, old_key = {0};
    str name = S("localhost");
    CHECK_INT(net_make_ca(NULL, &ca, &ca_key, NULL), 0);
    CHECK_INT(net_make_ca(&ten_years, &old, &old_key, NULL), 0);
    gnutls_x509_crt_t issuer = load(&ca), old_issuer = load(&old);
    gnutls_global_set_time_function(pretend);
    for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
        CLEANUP_DEINIT(buf) struct buf cert = {0}, key = {0}, narrow = {0}, narrow_key = {0};
        pretended = clocks[i].now;
        CHECK_INT(net_make_cert(buf_view(&ca), buf_view(&ca_key), &name, 1, &cert, &key, NULL), 0);
        CHECK_INT(
            net_make_cert(buf_view(&old), buf_view(&old_key), &name, 1, &narrow, &narrow_key, NULL),
            0);
        gnutls_x509_crt_t crt = load(&cert), narrow_crt = load(&narrow);
        CHECK_CASE(verifies(crt, issuer), clocks[i].name);
        /* The check can fail: an authority of ten years holds for them alone. */
        CHECK_CASE(verifies(narrow_crt, old_issuer) == clocks[i].narrow_is_valid, clocks[i].name);
        gnutls_x509_crt_deinit(crt);
        gnutls_x509_crt_deinit(narrow_crt);
    }
    gnutls_global_set_time_function(time);
    gnutls_x509_crt_deinit(issuer);
    gnutls_x509_crt_deinit(old_issuer);
}

static void checks_an_authority(void **state) {
    (void)state;
    static const struct net_validity some = {1000, 2000};
    CLEANUP_DEINIT(buf) struct buf ca = {0}, ca_key = {0}, other = {0}, other_key = {0};
    CLEANUP_DEINIT(buf) struct buf cert = {0}, key = {0};
    str name = S("localhost");
    CHECK_INT(net_make_ca(&some, &ca, &ca_key, NULL), 0);
    CHECK_INT(net_make_ca(NULL, &other, &other_key, NULL), 0);
    CHECK_INT(net_make_cert(buf_view(&ca), buf_view(&ca_key), &name, 1, &cert, &key, NULL), 0);
    const struct {
        str cert, key;
        const char *says; /* NULL: it is one */
    } cases[] = {
        {buf_view(&ca), buf_view(&ca_key), NULL},
        {buf_view(&ca), buf_view(&other_key), "the key is not the certificate's"},
        {buf_view(&cert), buf_view(&key), "the certificate is not an authority's"},
        {S(""), buf_view(&ca_key), "the certificate cannot be read: "},
        {buf_view(&ca_key), buf_view(&ca_key), "the certificate cannot be read: "},
        {buf_view(&ca), str_slice(buf_view(&ca_key), 0, 100), "the key cannot be read: "},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_validity valid = {0};
        struct err err = {0};
        int r = net_check_ca(cases[i].cert, cases[i].key, &valid, &err);
        CHECK_INT(r, cases[i].says ? -EINVAL : 0);
        CHECK_HAS(err.text, cases[i].says ? cases[i].says : "");
        CHECK_INT(valid.until_s, cases[i].says ? 0 : 2000);
        CHECK_INT(valid.from_s, cases[i].says ? 0 : 1000);
    }
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
    CHECK_INT(net_make_ca(NULL, &ca, &ca_key, NULL), 0);
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
        cmocka_unit_test(holds_at_any_time),
        cmocka_unit_test(checks_an_authority),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests_name("net/ca", tests, NULL, NULL);
}
