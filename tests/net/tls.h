#pragma once
/*
 * tests/net/tls: what a server over TLS is started with, and a client that asks it.
 */
#include "net/net.h"

#include <gnutls/gnutls.h>

/* An authority, and a certificate of it for localhost, 127.0.0.1, ::1 and *.example.test. PEM. */
struct tls_certs {
    struct buf ca, ca_key, cert, key;
};

/* The caller releases them. */
void tls_certs_make(struct tls_certs *ret);
void tls_certs_deinit(struct tls_certs *certs);
/* For a server that shows them. The texts are borrowed. */
struct net_options tls_net_options(struct tls_certs *certs);

struct tls {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t cred;
};

struct tls_options {
    uint16_t port;
    str ca; /* PEM: the server must prove to be `name` under it */
    const char *name;
    const char *sni;              /* NULL: none is sent */
    const char *priorities;       /* NULL: GnuTLS' own */
    unsigned flags;               /* of gnutls_init */
    const gnutls_datum_t *resume; /* of an earlier session; NULL: none */
};

/* Everything but the handshake. The caller closes. */
void tls_begin(struct tls *t, const struct tls_options *o);
/* Shakes hands. 0 or GnuTLS' error. */
int tls_shake(struct tls *t);
/* Both; the caller closes either way. */
int tls_connect(struct tls *t, const struct tls_options *o);
void tls_close(struct tls *t);
/* Sends all, reads until the answer ends with `tail` (true) or the connection does. */
bool tls_ask(struct tls *t, str ask, const char *tail);

/* Both ends of a session shake hands in this thread; neither waits for its socket. */
void tls_meet(gnutls_session_t server, gnutls_session_t client);
