#pragma once
/*
 * client/tls: OpenSSL's client side over a non-blocking socket, verifying chain and name. Shared
 * inside the room. Nothing of it runs until client_tls_new: a cold start over plain HTTP pays
 * nothing.
 */
#include "base/err.h"

#include <sys/types.h>

struct client_tls;
struct client_tls_session;

/* Loads the CA certificates. 0 or -errno with words. */
int client_tls_new(struct client_tls **ret_tls, const char *ca_file, struct err *err);
struct client_tls *client_tls_free(struct client_tls *tls);

/* fd stays the caller's. host is what the certificate must be for: a name or an IP literal. */
struct client_tls_session *client_tls_session_new(struct client_tls *tls, int fd, const char *host);
struct client_tls_session *client_tls_session_free(struct client_tls_session *session);

enum { CLIENT_TLS_WANT_READ = 1, CLIENT_TLS_WANT_WRITE = 2 };
/* 0 done, CLIENT_TLS_WANT_*, or -errno with words (an unknown certificate among them: -EACCES). */
int client_tls_handshake(struct client_tls_session *session, struct err *err);
/* > 0, 0 (read: the peer closed), -EAGAIN with *want_events set to what to poll for, -EIO. */
ssize_t client_tls_read(struct client_tls_session *session, void *p, size_t n, short *want_events);
ssize_t client_tls_write(struct client_tls_session *session, const void *p, size_t n,
                         short *want_events);
