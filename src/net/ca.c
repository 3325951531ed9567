/*
 * net/ca: a certificate authority for one machine, and server certificates under it.
 *
 * No validity depends on the clock: a certificate that was made while the clock was wrong, before
 * the network had told the time or behind an empty battery, would never be valid again. So all of
 * them hold from 1970 to 2099. Apple's clients refuse more than 825 days in a server certificate
 * that begins after June 2019 ("Requirements for trusted certificates in iOS 13 and macOS 10.15",
 * which holds for added authorities too); ours begin before that. 2099 is a GeneralizedTime (RFC
 * 5280, 4.1.2.5).
 */
#include "base/rand.h"
#include "net/net_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>

/* 1970-01-01T00:00:00Z and 2099-12-31T23:59:59Z, in seconds. */
static const struct net_validity always = {0, 4102444799};

/* A certificate being made, with its key. */
struct draft {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
};

static void draft_deinit(struct draft *d) {
    if (d->crt)
        gnutls_x509_crt_deinit(d->crt);
    if (d->key)
        gnutls_x509_privkey_deinit(d->key);
}

/* GnuTLS' first fault stays in *r; later steps are skipped by `r = r ? r : step`. */
static int failed(int r, struct err *err, const char *what) {
    return err_set(err, -EINVAL, "cannot make %s: %s", what, gnutls_strerror(r));
}

static int add_key_id(gnutls_x509_crt_t crt) {
    unsigned char id[64];
    size_t len = sizeof id;
    int r = gnutls_x509_crt_get_key_id(crt, 0, id, &len);
    return r ? r : gnutls_x509_crt_set_subject_key_id(crt, id, len);
}

static int make_key(gnutls_x509_privkey_t *ret) {
    int r = gnutls_x509_privkey_init(ret);
    return r ? r
             : gnutls_x509_privkey_generate(*ret, GNUTLS_PK_ECDSA,
                                            GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

/* Version, serial number, name, time, key (draft.key). */
static int begin(struct draft *d, const char *name, const struct net_validity *valid) {
    unsigned char serial[16];
    rand_bytes(serial, sizeof serial);
    serial[0] &= 0x7f; /* RFC 5280 4.1.2.2: positive, */
    serial[0] |= 0x40; /* and without a leading zero byte */
    CLEANUP_DEINIT(buf) struct buf dn = {0};
    buf_printf(&dn, "CN=%s,O=Calotype", name);

    int r = gnutls_x509_crt_init(&d->crt);
    r = r ? r : gnutls_x509_crt_set_version(d->crt, 3);
    r = r ? r : gnutls_x509_crt_set_serial(d->crt, serial, sizeof serial);
    r = r ? r : gnutls_x509_crt_set_dn(d->crt, buf_cstr(&dn), NULL);
    r = r ? r : gnutls_x509_crt_set_activation_time(d->crt, (time_t)valid->from_s);
    r = r ? r : gnutls_x509_crt_set_expiration_time(d->crt, (time_t)valid->until_s);
    r = r ? r : gnutls_x509_crt_set_key(d->crt, d->key);
    return r ? r : add_key_id(d->crt);
}

static int write_pem(const struct draft *d, struct buf *ret_cert, struct buf *ret_key) {
    gnutls_datum_t cert = {0}, key = {0};
    int r = gnutls_x509_crt_export2(d->crt, GNUTLS_X509_FMT_PEM, &cert);
    r = r ? r
          : gnutls_x509_privkey_export2_pkcs8(d->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                              &key);
    if (r == 0) {
        buf_add(ret_cert, cert.data, cert.size);
        buf_add(ret_key, key.data, key.size);
    }
    gnutls_free(cert.data);
    gnutls_free(key.data);
    return r;
}

int net_make_ca(const struct net_validity *valid, struct buf *ret_ca_cert, struct buf *ret_ca_key,
                struct err *err) {
    CLEANUP_DEINIT(draft) struct draft d = {0};
    /* A name of its own, so that a client that trusts two of them picks the right one. */
    char tag[9], name[64];
    rand_hex(tag, 4);
    snprintf(name, sizeof name, "Calotype local CA %s", tag);

    int r = make_key(&d.key);
    r = r ? r : begin(&d, name, valid ? valid : &always);
    r = r ? r : gnutls_x509_crt_set_basic_constraints(d.crt, 1, 0);
    r = r ? r
          : gnutls_x509_crt_set_key_usage(d.crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    r = r ? r : gnutls_x509_crt_sign2(d.crt, d.crt, d.key, GNUTLS_DIG_SHA256, 0);
    r = r ? r : write_pem(&d, ret_ca_cert, ret_ca_key);
    return r ? failed(r, err, "a certificate authority") : 0;
}

/* ---- Reading ---- */

static int load_crt(struct draft *ca, str pem) {
    gnutls_datum_t text = {(unsigned char *)pem.p, (unsigned)pem.len};
    int r = gnutls_x509_crt_init(&ca->crt);
    return r ? r : gnutls_x509_crt_import(ca->crt, &text, GNUTLS_X509_FMT_PEM);
}

static int load_key(struct draft *ca, str pem) {
    gnutls_datum_t text = {(unsigned char *)pem.p, (unsigned)pem.len};
    int r = gnutls_x509_privkey_init(&ca->key);
    return r ? r : gnutls_x509_privkey_import2(ca->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
}

static int load_ca(struct draft *ca, str cert, str key) {
    int r = load_crt(ca, cert);
    return r ? r : load_key(ca, key);
}

/* ---- Checking ---- */

static bool key_is_its_own(const struct draft *ca) {
    unsigned char of_crt[64], of_key[64];
    size_t n = sizeof of_crt, m = sizeof of_key;
    return gnutls_x509_crt_get_key_id(ca->crt, 0, of_crt, &n) == 0 &&
           gnutls_x509_privkey_get_key_id(ca->key, 0, of_key, &m) == 0 && n == m &&
           memcmp(of_crt, of_key, n) == 0;
}

int net_check_ca(str cert, str key, struct net_validity *ret_valid, struct err *err) {
    CLEANUP_DEINIT(draft) struct draft ca = {0};
    unsigned critical;
    int r = load_crt(&ca, cert);
    if (r)
        return err_set(err, -EINVAL, "the certificate cannot be read: %s", gnutls_strerror(r));
    r = load_key(&ca, key);
    if (r)
        return err_set(err, -EINVAL, "the key cannot be read: %s", gnutls_strerror(r));
    if (!key_is_its_own(&ca))
        return err_set(err, -EINVAL, "the key is not the certificate's");
    if (gnutls_x509_crt_get_ca_status(ca.crt, &critical) <= 0)
        return err_set(err, -EINVAL, "the certificate is not an authority's");
    ret_valid->from_s = gnutls_x509_crt_get_activation_time(ca.crt);
    ret_valid->until_s = gnutls_x509_crt_get_expiration_time(ca.crt);
    return 0;
}

/* ---- Server certificates ---- */

static int add_name(gnutls_x509_crt_t crt, str name) {
    char text[256];
    if (name.len == 0 || name.len >= sizeof text)
        return GNUTLS_E_INVALID_REQUEST;
    memcpy(text, name.p, name.len);
    text[name.len] = '\0';
    unsigned char ip[16];
    if (inet_pton(AF_INET, text, ip) == 1)
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 4,
                                                    GNUTLS_FSAN_APPEND);
    if (inet_pton(AF_INET6, text, ip) == 1)
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 16,
                                                    GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, text, (unsigned)name.len,
                                                GNUTLS_FSAN_APPEND);
}

static int add_issuer_id(gnutls_x509_crt_t crt, gnutls_x509_crt_t ca) {
    unsigned char id[64];
    size_t len = sizeof id;
    int r = gnutls_x509_crt_get_subject_key_id(ca, id, &len, NULL);
    return r ? r : gnutls_x509_crt_set_authority_key_id(crt, id, len);
}

/* The whole certificate, for draft.key. */
static int certify(const struct draft *ca, struct draft *d, const str *names, size_t n) {
    int r = begin(d, "Calotype", &always);
    for (size_t i = 0; i < n; i++)
        r = r ? r : add_name(d->crt, names[i]);
    r = r ? r : gnutls_x509_crt_set_basic_constraints(d->crt, 0, -1);
    r = r ? r : gnutls_x509_crt_set_key_usage(d->crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
    r = r ? r : gnutls_x509_crt_set_key_purpose_oid(d->crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
    r = r ? r : add_issuer_id(d->crt, ca->crt);
    return r ? r : gnutls_x509_crt_sign2(d->crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
}

int net_make_cert(str ca_cert, str ca_key, const str *names, size_t n, struct buf *ret_cert,
                  struct buf *ret_key, struct err *err) {
    CLEANUP_DEINIT(draft) struct draft ca = {0};
    CLEANUP_DEINIT(draft) struct draft d = {0};
    int r = load_ca(&ca, ca_cert, ca_key);
    if (r)
        return failed(r, err, "a certificate with this authority");
    r = make_key(&d.key);
    r = r ? r : certify(&ca, &d, names, n);
    r = r ? r : write_pem(&d, ret_cert, ret_key);
    return r ? failed(r, err, "a certificate") : 0;
}

/* ---- Many certificates ---- */

struct net_ca {
    struct draft whole;
};

int net_ca_new(struct net_ca **ret_ca, str cert, str key, struct err *err) {
    struct net_ca *ca = mem_new(struct net_ca);
    int r = load_ca(&ca->whole, cert, key);
    if (r) {
        net_ca_free(ca);
        return failed(r, err, "certificates with this authority");
    }
    *ret_ca = ca;
    return 0;
}

struct net_ca *net_ca_free(struct net_ca *ca) {
    if (ca)
        draft_deinit(&ca->whole);
    free(ca);
    return NULL;
}

int net_ca_certify(struct net_ca *ca, gnutls_x509_privkey_t key, const str *names, size_t n,
                   gnutls_pcert_st *ret, struct err *err) {
    CLEANUP_DEINIT(draft) struct draft d = {.key = key};
    int r = certify(&ca->whole, &d, names, n);
    r = r ? r : gnutls_pcert_import_x509(ret, d.crt, 0);
    d.key = NULL; /* the caller's */
    return r ? failed(r, err, "a certificate") : 0;
}
