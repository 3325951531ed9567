/* Certificates and a client over TLS: see tls.h. */
#include "cm.h"

#include "server.h"
#include "tls.h"

#include <stdio.h>
#include <unistd.h>

void tls_certs_make(struct tls_certs *ret) {
    static const str names[] = {S_INIT("localhost"), S_INIT("127.0.0.1"), S_INIT("::1"),
                                S_INIT("*.example.test")};
    struct err err = {0};
    *ret = (struct tls_certs){0};
    if (net_make_ca(NULL, &ret->ca, &ret->ca_key, &err) != 0 ||
        net_make_cert(buf_view(&ret->ca), buf_view(&ret->ca_key), names, ARRAY_LEN(names),
                      &ret->cert, &ret->key, &err) != 0)
        fail_msg("%s", err.text);
}

void tls_certs_deinit(struct tls_certs *certs) {
    buf_deinit(&certs->ca);
    buf_deinit(&certs->ca_key);
    buf_deinit(&certs->cert);
    buf_deinit(&certs->key);
}

struct net_options tls_net_options(struct tls_certs *certs) {
    return (struct net_options){.tls_cert_pem = buf_cstr(&certs->cert),
                                .tls_key_pem = buf_cstr(&certs->key),
                                .tls_ca_cert_pem = buf_cstr(&certs->ca),
                                .tls_ca_key_pem = buf_cstr(&certs->ca_key)};
}

void tls_begin(struct tls *t, const struct tls_options *o) {
    gnutls_datum_t pem = {(unsigned char *)o->ca.p, (unsigned)o->ca.len};
    t->fd = client_connect(o->port);
    gnutls_certificate_allocate_credentials(&t->cred);
    CHECK_INT(gnutls_certificate_set_x509_trust_mem(t->cred, &pem, GNUTLS_X509_FMT_PEM), 1);
    gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | o->flags);
    if (o->priorities)
        CHECK_INT(gnutls_priority_set_direct(t->session, o->priorities, NULL), 0);
    else
        gnutls_set_default_priority(t->session);
    gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->cred);
    if (o->sni)
        gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, o->sni, strlen(o->sni));
    if (o->resume)
        CHECK_INT(gnutls_session_set_data(t->session, o->resume->data, o->resume->size), 0);
    gnutls_session_set_verify_cert(t->session, o->name, 0);
    gnutls_transport_set_int(t->session, t->fd);
    gnutls_handshake_set_timeout(t->session, 10000);
}

int tls_shake(struct tls *t) {
    int r;
    do
        r = gnutls_handshake(t->session);
    while (r < 0 && !gnutls_error_is_fatal(r));
    return r;
}

int tls_connect(struct tls *t, const struct tls_options *o) {
    tls_begin(t, o);
    return tls_shake(t);
}

void tls_close(struct tls *t) {
    gnutls_deinit(t->session);
    gnutls_certificate_free_credentials(t->cred);
    close(t->fd);
}

bool tls_ask(struct tls *t, str ask, const char *tail) {
    struct buf got = {0};
    while (ask.len) {
        ssize_t n = gnutls_record_send(t->session, ask.p, ask.len);
        if (n < 0 && gnutls_error_is_fatal((int)n))
            break;
        ask = str_skip(ask, n > 0 ? (size_t)n : 0);
    }
    bool found = false;
    for (ssize_t n = 1; n > 0 && !found;) {
        n = gnutls_record_recv(t->session, buf_reserve(&got, 65536), 65536);
        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) {
            n = 1;
            continue;
        }
        got.len += n > 0 ? (size_t)n : 0;
        found = str_ends(buf_view(&got), str_c(tail));
    }
    if (!found)
        print_error("got \"%.200s\"\n", buf_cstr(&got));
    buf_deinit(&got);
    return found;
}

void tls_meet(gnutls_session_t server, gnutls_session_t client) {
    int ours = GNUTLS_E_AGAIN, theirs = GNUTLS_E_AGAIN;
    while ((ours < 0 && !gnutls_error_is_fatal(ours)) ||
           (theirs < 0 && !gnutls_error_is_fatal(theirs))) {
        theirs = theirs < 0 ? gnutls_handshake(client) : theirs;
        ours = ours < 0 ? gnutls_handshake(server) : ours;
    }
    CHECK_INT(ours, 0);
    CHECK_INT(theirs, 0);
}
