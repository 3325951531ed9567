/*
 * net/tls: what a connection over TLS is given: ciphers, the key of its tickets, a certificate.
 */
#include "base/clock.h"
#include "base/log.h"
#include "net/net_priv.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

/*
 * Our order decides, as one that begins with what costs both sides least. PERFORMANCE has the 128
 * bit ciphers first, and ChaCha before all where the processor has no instructions for AES.
 * X25519: nearly every client sends its half of that exchange at once (OpenSSL 1.1 to 3.4 no
 * other); to be asked for another group costs a client a round trip, and both a second hello.
 * FFDHE would let anybody make us work for tens of milliseconds with one packet.
 */
static char priorities[] =
    "PERFORMANCE:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:"
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:"
    "-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE";

void net_tls_begin(struct net_conn *conn, struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!info || !info->tls_session)
        return;
    conn->mhd = mhd;
    net_greet_begin(conn, info->tls_session);
    net_gather_begin(conn, info->tls_session);
    int r = net_tickets_lend(conn->origin->net->tickets, info->tls_session, clock_mono_ms());
    if (r < 0) /* its client gets whole handshakes */
        log_debug("net", "no session tickets: %s", gnutls_strerror(r));
}

/*
 * gnutls_certificate_retrieve_function3: the certificate for the name that the client asks for,
 * which conn.cert holds until the connection is over. Not called where a session is resumed.
 */
static int pick(gnutls_session_t session, const gnutls_datum_t *authorities, int n_authorities,
                const gnutls_pk_algorithm_t *algorithms, int n_algorithms,
                gnutls_pcert_st **ret_chain, unsigned *ret_n, gnutls_privkey_t *ret_key) {
    (void)authorities;
    (void)n_authorities;
    (void)algorithms;
    (void)n_algorithms;
    struct MHD_Connection *mhd = gnutls_session_get_ptr(session);
    const union MHD_ConnectionInfo *info =
        mhd ? MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT) : NULL;
    struct net_conn *conn = info ? info->socket_context : NULL;
    if (!conn)
        return -1;
    char name[256];
    size_t len = sizeof name;
    unsigned type = 0;
    bool named =
        gnutls_server_name_get(session, name, &len, &type, 0) == 0 && type == GNUTLS_NAME_DNS;
    const struct net_sni_cert *cert =
        net_sni_pick(conn->origin->net->sni, named ? str_n(name, strnlen(name, len)) : STR_NONE);
    net_sni_drop(conn->origin->net->sni, conn->cert);
    conn->cert = cert;
    *ret_chain = cert->chain;
    *ret_n = cert->n_chain;
    *ret_key = cert->key;
    return 0;
}

struct MHD_OptionItem *net_tls_options(void) {
    static struct MHD_OptionItem options[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)pick},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    return options;
}
