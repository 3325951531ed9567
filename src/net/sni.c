/*
 * net/sni: which certificate a client gets.
 *
 * Inside a sandbox every name of AWS's endpoints resolves to the cloud, and outside bucket names stand
 * before localhost; no fixed list of names covers both, so certificates for those two are made when
 * they are first asked for. One certificate covers a name and its siblings (*.s3.us-east-1.…);
 * under a parent without a dot clients accept no wildcard (*.localhost), so there it is one a name.
 *
 * Anybody may ask for any name. So all certificates have the server's own key, and making one costs
 * a signature, about as much as the handshake that asks for it. Those of parents that AWS has (a
 * finite number) stay; of the others the ones that were asked for last are kept. One is made outside
 * of the table's lock, and clients that ask for the same name meanwhile wait for it alone. What is
 * thrown out lives until the last connection that was shown it is over: GnuTLS copies nothing.
 */
#include "base/ascii.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/map.h"
#include "net/net_priv.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdio.h>

enum { MOST_OTHERS = 128, MOST_NAME = 200 };

enum state { MAKING, MADE, FAILED };
struct sni_entry {
    struct net_sni_cert cert; /* first: see entry_of */
    enum state state;
    unsigned refs;    /* the table's, and each pick's */
    bool known;       /* not in others */
    struct list node; /* in others, or alone */
    char name[MOST_NAME + 1];
};

struct net_sni {
    struct net_sni_cert fixed;
    struct net_ca *ca; /* NULL: there is only the fixed one */
    gnutls_x509_privkey_t key;
    pthread_mutex_t sign_lock; /* the CA's key signs one at a time */
    pthread_mutex_t lock;
    pthread_cond_t made_one;
    struct map table;   /* under lock: name → struct sni_entry */
    struct list others; /* under lock: those of no known parent, asked for last at the end */
    unsigned n_others;
};

/* ---- Certificates ---- */

static void chain_deinit(struct net_sni_cert *c) {
    for (unsigned i = 0; i < c->n_chain; i++)
        gnutls_pcert_deinit(&c->chain[i]);
    free(c->chain);
    *c = (struct net_sni_cert){0};
}

static int load_fixed(struct net_sni *sni, const struct net_options *o, struct err *err) {
    enum { MOST_CHAIN = 8 };
    struct net_sni_cert *c = &sni->fixed;
    gnutls_datum_t cert = {(unsigned char *)o->tls_cert_pem, (unsigned)strlen(o->tls_cert_pem)};
    gnutls_datum_t key = {(unsigned char *)o->tls_key_pem, (unsigned)strlen(o->tls_key_pem)};
    c->chain = mem_zalloc(MOST_CHAIN * sizeof *c->chain);
    unsigned n = MOST_CHAIN;
    int r = gnutls_pcert_list_import_x509_raw(c->chain, &n, &cert, GNUTLS_X509_FMT_PEM, 0);
    if (r == 0)
        c->n_chain = n;
    r = r ? r : gnutls_privkey_init(&c->key);
    r = r ? r : gnutls_privkey_import_x509_raw(c->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    r = r ? r : gnutls_x509_privkey_init(&sni->key);
    r = r ? r : gnutls_x509_privkey_import2(sni->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (r == 0)
        return 0;
    return err_set(err, -EINVAL, "the TLS certificate or its key is not usable: %s",
                   gnutls_strerror(r));
}

int net_sni_new(struct net_sni **ret_sni, const struct net_options *o, struct err *err) {
    CLEANUP(net_sni) struct net_sni *sni = mem_new(struct net_sni);
    pthread_mutex_init(&sni->lock, NULL);
    pthread_mutex_init(&sni->sign_lock, NULL);
    pthread_cond_init(&sni->made_one, NULL);
    list_init(&sni->others);
    int r = load_fixed(sni, o, err);
    if (r == 0 && o->tls_ca_cert_pem && o->tls_ca_key_pem)
        r = net_ca_new(&sni->ca, str_c(o->tls_ca_cert_pem), str_c(o->tls_ca_key_pem), err);
    if (r < 0)
        return r;
    *ret_sni = STEAL(sni);
    return 0;
}

struct net_sni *net_sni_free(struct net_sni *sni) {
    if (!sni)
        return NULL;
    size_t at = 0;
    str name;
    void *entry;
    while (map_next(&sni->table, &at, &name, &entry)) {
        chain_deinit(&((struct sni_entry *)entry)->cert);
        free(entry);
    }
    map_deinit(&sni->table);
    if (sni->fixed.key)
        gnutls_privkey_deinit(sni->fixed.key);
    chain_deinit(&sni->fixed);
    if (sni->key)
        gnutls_x509_privkey_deinit(sni->key);
    net_ca_free(sni->ca);
    pthread_mutex_destroy(&sni->lock);
    pthread_mutex_destroy(&sni->sign_lock);
    pthread_cond_destroy(&sni->made_one);
    free(sni);
    return NULL;
}

/* ---- Names ---- */

/* Ours to certify, and nothing but letters, digits, dots and hyphens. */
static bool is_ours(str name) {
    if (name.len == 0 || name.len > MOST_NAME || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        if (!ascii_is_lower(c) && !ascii_is_digit(c) && !ascii_is_one_of(c, ".-_"))
            return false;
    }
    static const str domains[] = {S_INIT(".amazonaws.com"), S_INIT(".amazonaws.com.cn"),
                                  S_INIT(".api.aws"), S_INIT(".localhost")};
    for (size_t i = 0; i < ARRAY_LEN(domains); i++)
        if (str_ends(name, domains[i]))
            return true;
    return false;
}

/* name's own certificate, or its parent's: see the top. */
static str table_name(str name) {
    str head, parent;
    str_cut(name, '.', &head, &parent);
    return str_chr(parent, '.') >= 0 ? parent : name;
}

/* "AWS Regions", AWS General Reference. */
static const char *const regions[] = {
    "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-south-1",     "ap-south-2",     "ap-southeast-1", "ap-southeast-2",
    "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
    "ca-central-1",   "ca-west-1",      "eu-central-1",   "eu-central-2",   "eu-north-1",
    "eu-south-1",     "eu-south-2",     "eu-west-1",      "eu-west-2",      "eu-west-3",
    "il-central-1",   "me-central-1",   "me-south-1",     "mx-central-1",   "sa-east-1",
    "us-east-1",      "us-east-2",      "us-gov-east-1",  "us-gov-west-1",  "us-west-1",
    "us-west-2"};
/* Endpoints with names below them: BUCKET.s3.REGION, ACCOUNT.ddb.REGION, streams.dynamodb.REGION. */
static const char *const endpoints[] = {"ddb", "dualstack",     "dynamodb",       "queue",
                                        "s3",  "s3-accelerate", "s3-accesspoint", "s3-control"};

/* Takes the first label off where it is one of those. */
static str without(str name, const char *const *words, size_t n) {
    str word, rest;
    str_cut(name, '.', &word, &rest);
    for (size_t i = 0; i < n; i++)
        if (str_is(word, words[i]))
            return rest;
    return name;
}

/* An endpoint, a region, both or none, and then the domain: a few hundred parents. */
static bool is_known(str key_name) {
    str rest = without(key_name, endpoints, ARRAY_LEN(endpoints));
    rest = without(rest, regions, ARRAY_LEN(regions));
    return str_is(rest, "amazonaws.com") || str_is(rest, "api.aws") ||
           (str_is(rest, "localhost") && !str_is(key_name, "localhost"));
}

/* ---- The table ---- */

static struct sni_entry *entry_of(const struct net_sni_cert *cert) {
    return (struct sni_entry *)(void *)cert;
}

/* sni.lock is held. */
static void unref(struct sni_entry *e) {
    if (--e->refs > 0)
        return;
    chain_deinit(&e->cert);
    free(e);
}

/* Out of the table, which may be done already. sni.lock is held. */
static void throw_out(struct net_sni *sni, struct sni_entry *e) {
    if (map_get(&sni->table, str_c(e->name)) != e)
        return;
    map_remove(&sni->table, str_c(e->name));
    sni->n_others -= !e->known;
    list_remove(&e->node);
    unref(e);
}

/* With a reference for the caller. sni.lock is held. */
static struct sni_entry *add(struct net_sni *sni, str key_name) {
    struct sni_entry *e = mem_new(struct sni_entry);
    list_init(&e->node);
    memcpy(e->name, key_name.p, key_name.len);
    e->known = is_known(key_name);
    e->refs = 2;
    map_put(&sni->table, key_name, e);
    if (!e->known) {
        list_append(&sni->others, &e->node);
        if (++sni->n_others > MOST_OTHERS)
            throw_out(sni, LIST_ENTRY(sni->others.next, struct sni_entry, node));
    }
    return e;
}

/* Without sni.lock: nobody but the maker touches an entry's certificate. */
static enum state make(struct net_sni *sni, struct sni_entry *e, str name) {
    char star[MOST_NAME + 3];
    str key_name = str_c(e->name);
    snprintf(star, sizeof star, "*.%.*s", STR_ARG(key_name));
    str names[] = {name, key_name, str_c(star)};
    /* A name of its own needs no second and third. */
    size_t n = str_eq(name, key_name) ? 1 : 3;

    struct err err;
    e->cert.key = sni->fixed.key;
    e->cert.chain = mem_new(gnutls_pcert_st);
    LOCK_SCOPE(&sni->sign_lock);
    if (net_ca_certify(sni->ca, sni->key, names, n, e->cert.chain, &err) < 0) {
        log_warn("net", "no certificate for %.*s: %s", STR_ARG(name), err.text);
        return FAILED;
    }
    e->cert.n_chain = 1;
    return MADE;
}

const struct net_sni_cert *net_sni_pick(struct net_sni *sni, str name) {
    if (!sni->ca || !is_ours(name))
        return &sni->fixed;
    str key_name = table_name(name);
    pthread_mutex_lock(&sni->lock);
    struct sni_entry *e = map_get(&sni->table, key_name);
    if (!e) {
        e = add(sni, key_name);
        pthread_mutex_unlock(&sni->lock);
        enum state state = make(sni, e, name);
        pthread_mutex_lock(&sni->lock);
        e->state = state;
        if (state == FAILED)
            throw_out(sni, e);
        pthread_cond_broadcast(&sni->made_one);
    } else {
        e->refs++;
        if (!e->known) {
            list_remove(&e->node);
            list_append(&sni->others, &e->node);
        }
        while (e->state == MAKING)
            pthread_cond_wait(&sni->made_one, &sni->lock);
    }
    bool made = e->state == MADE;
    if (!made)
        unref(e);
    pthread_mutex_unlock(&sni->lock);
    return made ? &e->cert : &sni->fixed;
}

void net_sni_drop(struct net_sni *sni, const struct net_sni_cert *cert) {
    if (!cert || cert == &sni->fixed)
        return;
    LOCK_SCOPE(&sni->lock);
    unref(entry_of(cert));
}
