#pragma once
/*
 * daemon/tls: the cloud's certificates. The CA is made at the first start and kept in DATA/tls
 * (ca.pem is what clients trust; ca.key is 0600); the server's own certificate is made anew at each
 * start and never written, so it cannot go stale.
 */
#include "base/buf.h"
#include "base/err.h"

struct daemon_tls {
    struct buf ca_cert, ca_key, cert, key; /* PEM */
};
/*
 * listen: the address the server listens on, for which the certificate must hold too. 0, or -errno
 * with words: the CA's files cannot be read or written, or are not what they should be. Called
 * once, before anything is listened to.
 */
int daemon_tls_ensure(struct daemon_tls *tls, const char *data, const char *listen,
                      struct err *err);
/* Frees all; the keys are overwritten first. */
void daemon_tls_deinit(struct daemon_tls *tls);
