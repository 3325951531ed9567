/*
 * net/sni: which certificate a client gets.
 *
 * Inside a sandbox every *.amazonaws.com resolves to the cloud, and outside bucket names stand
 * before localhost; no fixed list of names covers both, so certificates for those two are made when
 * they are first asked for. One certificate covers a name and its siblings (*.s3.us-east-1.…);
 * under a parent without a dot clients accept no wildcard (*.localhost), so there it is one a name.
 * The table only grows, since a handshake may be using any of it, and so it is bounded.
 */
#include "base/ascii.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/map.h"
#include "net/net_priv.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

enum { MOST_NAMES = 512, MOST_NAME = 200 };

struct net_sni {
    struct net_sni_cert fixed;
    struct buf ca_cert, ca_key;
    pthread_mutex_t lock;
    struct map made; /* name → struct net_sni_cert */
};

static void cert_deinit(struct net_sni_cert *c) {
    for (unsigned i = 0; i < c->n_chain; i++)
        gnutls_pcert_deinit(&c->chain[i]);
    free(c->chain);
    if (c->key)
        gnutls_privkey_deinit(c->key);
    *c = (struct net_sni_cert){0};
}

static int cert_load(struct net_sni_cert *c, str cert, str key, struct err *err) {
    enum { MOST_CHAIN = 8 };
    gnutls_datum_t cert_pem = {(unsigned char *)cert.p, (unsigned)cert.len};
    gnutls_datum_t key_pem = {(unsigned char *)key.p, (unsigned)key.len};
    c->chain = mem_zalloc(MOST_CHAIN * sizeof *c->chain);
    unsigned n = MOST_CHAIN;
    int r = gnutls_pcert_list_import_x509_raw(c->chain, &n, &cert_pem, GNUTLS_X509_FMT_PEM, 0);
    if (r == 0)
        c->n_chain = n;
    r = r ? r : gnutls_privkey_init(&c->key);
    r = r ? r : gnutls_privkey_import_x509_raw(c->key, &key_pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (r == 0)
        return 0;
    cert_deinit(c);
    return err_set(err, -EINVAL, "the TLS certificate or its key is not usable: %s",
                   gnutls_strerror(r));
}

int net_sni_new(struct net_sni **ret_sni, const struct net_options *o, struct err *err) {
    CLEANUP(net_sni) struct net_sni *sni = mem_new(struct net_sni);
    pthread_mutex_init(&sni->lock, NULL);
    int r = cert_load(&sni->fixed, str_c(o->tls_cert_pem), str_c(o->tls_key_pem), err);
    if (r < 0)
        return r;
    if (o->tls_ca_cert_pem && o->tls_ca_key_pem) {
        buf_c(&sni->ca_cert, o->tls_ca_cert_pem);
        buf_c(&sni->ca_key, o->tls_ca_key_pem);
    }
    *ret_sni = STEAL(sni);
    return 0;
}

struct net_sni *net_sni_free(struct net_sni *sni) {
    if (!sni)
        return NULL;
    size_t at = 0;
    str name;
    void *cert;
    while (map_next(&sni->made, &at, &name, &cert)) {
        cert_deinit(cert);
        free(cert);
    }
    map_deinit(&sni->made);
    cert_deinit(&sni->fixed);
    if (sni->ca_key.p)
        explicit_bzero(sni->ca_key.p, sni->ca_key.len);
    buf_deinit(&sni->ca_cert);
    buf_deinit(&sni->ca_key);
    pthread_mutex_destroy(&sni->lock);
    free(sni);
    return NULL;
}

/* Ours to certify, and nothing but letters, digits, dots and hyphens. */
static bool is_ours(str name) {
    if (name.len == 0 || name.len > MOST_NAME || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        if (!ascii_is_lower(c) && !ascii_is_digit(c) && !ascii_is_one_of(c, ".-_"))
            return false;
    }
    return str_ends(name, S(".amazonaws.com")) || str_ends(name, S(".localhost"));
}

/* name's own certificate, or its parent's: see the top. */
static str table_name(str name) {
    str head, parent;
    str_cut(name, '.', &head, &parent);
    return str_chr(parent, '.') >= 0 ? parent : name;
}

/* sni.lock is held. NULL when it cannot be made. */
static struct net_sni_cert *make(struct net_sni *sni, str name, str key_name) {
    CLEANUP_DEINIT(buf) struct buf star = {0};
    CLEANUP_DEINIT(buf) struct buf cert = {0};
    CLEANUP_DEINIT(buf) struct buf key = {0};
    buf_c(&star, "*.");
    buf_str(&star, key_name);
    str names[] = {name, key_name, buf_view(&star)};
    /* A name of its own needs no second and third. */
    size_t n = str_eq(name, key_name) ? 1 : 3;

    struct err err;
    struct net_sni_cert *c = mem_new(struct net_sni_cert);
    if (net_make_cert(buf_view(&sni->ca_cert), buf_view(&sni->ca_key), names, n, &cert, &key,
                      &err) < 0 ||
        cert_load(c, buf_view(&cert), buf_view(&key), &err) < 0) {
        log_warn("net", "no certificate for %.*s: %s", STR_ARG(name), err.text);
        free(c);
        return NULL;
    }
    map_put(&sni->made, key_name, c);
    return c;
}

const struct net_sni_cert *net_sni_pick(struct net_sni *sni, str name) {
    if (sni->ca_cert.len == 0 || !is_ours(name))
        return &sni->fixed;
    str key_name = table_name(name);
    LOCK_SCOPE(&sni->lock);
    const struct net_sni_cert *c = map_get(&sni->made, key_name);
    if (!c && sni->made.n < MOST_NAMES)
        c = make(sni, name, key_name);
    return c ? c : &sni->fixed;
}
