#pragma once
/*
 * daemon/tls: the cloud's certificates. The CA is made at the first start and kept in DATA/tls
 * (ca.pem is what clients trust; ca.key is 0600); the server's own certificate is made anew at each
 * start and never written, so it cannot go stale. Neither depends on the clock (net/ca.c).
 */
#include "base/buf.h"
#include "base/err.h"

struct daemon_tls {
    struct buf ca_cert, ca_key, cert, key; /* PEM */
};
/*
 * listen: the address the server listens on, for which the certificate must hold too. Makes the CA
 * where there is no ca.pem, or refuses: its files cannot be read or written, or are not a CA: 0, or
 * -errno with words that say what to do. One that clients will not take, by the clock, is said in
 * the log. Called once, before anything is listened to.
 */
int daemon_tls_ensure(struct daemon_tls *tls, const char *data, const char *listen,
                      struct err *err);
/* Frees all; the keys are overwritten first. */
void daemon_tls_deinit(struct daemon_tls *tls);

/*
 * Makes another CA in place of the one that is there, if any, which is kept as ca.pem and ca.key
 * with a suffix: ".old-20261127T033000Z". Killed at any step, the old one is in force or the new
 * one. The caller holds the lock on DATA. 0 or -errno with words.
 */
int daemon_tls_rotate(const char *data, struct buf *ret_suffix, struct err *err);

struct net_validity;
/*
 * What is to be said about a CA of that validity at that time, and what to do: nothing; that it is
 * not valid; that it ends within a year.
 */
void daemon_tls_judge(const struct net_validity *valid, int64_t now_s, const char *data,
                      struct buf *out);
