#pragma once
/*
 * tests/net/tls: a client over TLS.
 */
#include "base/buf.h"

#include <gnutls/gnutls.h>

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
/* Connects and shakes hands. 0 or GnuTLS' error; the caller closes either way. */
int tls_connect(struct tls *t, const struct tls_options *o);
void tls_close(struct tls *t);
/* Sends all, reads until the answer ends with `tail` (true) or the connection does. */
bool tls_ask(struct tls *t, str ask, const char *tail);
