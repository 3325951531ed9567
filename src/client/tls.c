/* client/tls: OpenSSL as a TLS client, over a BIO of our own that sends without SIGPIPE. */
#include "client/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client_tls {
    SSL_CTX *ctx;
    BIO_METHOD *method;
};

struct client_tls_session {
    SSL *ssl;
    int fd;
};

/* ---- A BIO over send and recv: OpenSSL's own uses write, which raises SIGPIPE ---- */

static int bio_fd(BIO *bio) { return (int)(intptr_t)BIO_get_data(bio); }

static int bio_write(BIO *bio, const char *p, int n) {
    BIO_clear_retry_flags(bio);
    ssize_t sent = send(bio_fd(bio), p, (size_t)n, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)sent;
}

static int bio_read(BIO *bio, char *p, int n) {
    BIO_clear_retry_flags(bio);
    ssize_t got = recv(bio_fd(bio), p, (size_t)n, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)got;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *new_method(void) {
    BIO_METHOD *method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    if (!method || !BIO_meth_set_write(method, bio_write) || !BIO_meth_set_read(method, bio_read) ||
        !BIO_meth_set_ctrl(method, bio_ctrl))
        abort();
    return method;
}

/* ---- Settings ---- */

static const char *ssl_reason(void) {
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return reason ? reason : "unknown reason";
}

/*
 * Where systems keep their authorities in one file. OpenSSL's own places are those of the machine that
 * built it, and a static program goes elsewhere: on AWS Lambda (Amazon Linux) there is the second.
 */
static const char *const system_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, and our own sandbox */
    "/etc/pki/tls/certs/ca-bundle.crt",   /* Amazon Linux, Fedora */
    "/etc/ssl/cert.pem",                  /* Alpine */
    "/etc/ssl/ca-bundle.pem",             /* openSUSE */
};

static bool is_there(const char *path) { return path && access(path, R_OK) == 0; }

/* 1 where any were found, as OpenSSL has it. */
static int load_system(SSL_CTX *ctx) {
    if (is_there(X509_get_default_cert_file()) || is_there(X509_get_default_cert_dir()) ||
        is_there(getenv(X509_get_default_cert_dir_env())))
        return SSL_CTX_set_default_verify_paths(ctx);
    for (size_t i = 0; i < ARRAY_LEN(system_files); i++)
        if (is_there(system_files[i]))
            return SSL_CTX_load_verify_locations(ctx, system_files[i], NULL);
    return 0;
}

int client_tls_new(struct client_tls **ret_tls, const char *ca_file, struct err *err) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION)) {
        SSL_CTX_free(ctx);
        return err_set(err, -EIO, "cannot set up TLS: %s", ssl_reason());
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    /* Peers that close without saying so are common; HTTP's own lengths tell a cut answer. */
    SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (!(ca_file ? SSL_CTX_load_verify_locations(ctx, ca_file, NULL) : load_system(ctx))) {
        SSL_CTX_free(ctx);
        return ca_file ? err_set(err, -ENOENT, "cannot read CA certificates from %s: %s", ca_file,
                                 ssl_reason())
                       : err_set(err, -ENOENT,
                                 "this system has no CA certificates that can be read; "
                                 "SSL_CERT_FILE names a file of them");
    }
    struct client_tls *tls = mem_new(struct client_tls);
    tls->ctx = ctx;
    tls->method = new_method();
    *ret_tls = tls;
    return 0;
}

struct client_tls *client_tls_free(struct client_tls *tls) {
    if (!tls)
        return NULL;
    SSL_CTX_free(tls->ctx);
    BIO_meth_free(tls->method);
    free(tls);
    return NULL;
}

/* ---- Sessions ---- */

static bool is_ip(const char *host) {
    struct in6_addr any;
    return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

struct client_tls_session *client_tls_session_new(struct client_tls *tls, int fd,
                                                  const char *host) {
    struct client_tls_session *s = mem_new(struct client_tls_session);
    BIO *bio = BIO_new(tls->method);
    s->ssl = SSL_new(tls->ctx);
    s->fd = fd;
    if (!s->ssl || !bio)
        abort();
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    int ok = is_ip(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s->ssl), host)
                         : SSL_set1_host(s->ssl, host) && SSL_set_tlsext_host_name(s->ssl, host);
    if (!ok)
        abort(); /* only for lack of memory: the host was checked by client_url_parse */
    SSL_set_connect_state(s->ssl);
    return s;
}

struct client_tls_session *client_tls_session_free(struct client_tls_session *session) {
    if (!session)
        return NULL;
    ERR_clear_error();
    SSL_shutdown(session->ssl); /* says goodbye as far as the socket takes it; never waits */
    ERR_clear_error();
    SSL_free(session->ssl);
    free(session);
    return NULL;
}

int client_tls_handshake(struct client_tls_session *session, struct err *err) {
    ERR_clear_error();
    int r = SSL_do_handshake(session->ssl);
    if (r == 1)
        return 0;
    int why = SSL_get_error(session->ssl, r);
    if (why == SSL_ERROR_WANT_READ)
        return CLIENT_TLS_WANT_READ;
    if (why == SSL_ERROR_WANT_WRITE)
        return CLIENT_TLS_WANT_WRITE;
    long verified = SSL_get_verify_result(session->ssl);
    if (verified != X509_V_OK)
        return err_set(err, -EACCES, "the server's certificate is not trusted: %s",
                       X509_verify_cert_error_string(verified));
    if (why == SSL_ERROR_SYSCALL)
        return err_set(err, -ECONNRESET, "the connection was closed during the TLS handshake");
    return err_set(err, -EPROTO, "TLS handshake failed: %s", ssl_reason());
}

static ssize_t outcome(struct client_tls_session *session, int r, short *want_events) {
    int why = SSL_get_error(session->ssl, r);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        *want_events = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        return -EAGAIN;
    }
    if (why == SSL_ERROR_ZERO_RETURN)
        return 0;
    return why == SSL_ERROR_SYSCALL ? -ECONNRESET : -EIO;
}

ssize_t client_tls_read(struct client_tls_session *session, void *p, size_t n, short *want_events) {
    ERR_clear_error();
    int r = SSL_read(session->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
    return r > 0 ? r : outcome(session, r, want_events);
}

ssize_t client_tls_write(struct client_tls_session *session, const void *p, size_t n,
                         short *want_events) {
    ERR_clear_error();
    int r = SSL_write(session->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
    if (r > 0)
        return r;
    ssize_t what = outcome(session, r, want_events);
    return what == 0 ? -ECONNRESET : what;
}
