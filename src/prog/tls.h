#pragma once
/*
 * prog/tls: the cloud's certificates. The CA is made at the first start and kept in DATA/tls
 * (ca.pem is what clients trust; ca.key is 0600); the server's own certificate is made anew at each
 * start and never written, so it cannot go stale.
 */
#include "base/buf.h"
#include "base/err.h"

struct prog_tls {
    struct buf ca_cert, ca_key, cert, key; /* PEM */
};
/* listen: the address the server listens on, for which the certificate must hold too. */
int prog_tls_ensure(struct prog_tls *tls, const char *data, const char *listen, struct err *err);
void prog_tls_deinit(struct prog_tls *tls);
