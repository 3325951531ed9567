/*
 * net/tickets: the key that session tickets are sealed with.
 *
 * A client that comes again shows its ticket, and is spared the certificate: the server keeps
 * nothing of it (RFC 5077; RFC 8446, 2.2). Whoever gets the key can read all connections of TLS 1.2
 * that were resumed under it, and make believe that he is this server to whoever comes with one of
 * its tickets. So it is made in memory, never written down, used for an hour, and wiped when that is
 * over, whether a client comes or not; a ticket that is older is taken for none, and the client is
 * given a whole handshake. GnuTLS derives what it seals with from this key and from the time, and
 * keeps a copy as long as the connection lives.
 */
#include "base/lock.h"
#include "base/rand.h"
#include "net/net_priv.h"

#include <gnutls/gnutls.h>

/* What GnuTLS takes for a key (gnutls_session_ticket_key_generate), in bytes. */
enum { KEY_BYTES = 64 };

struct net_tickets {
    pthread_mutex_t lock;
    unsigned char key[KEY_BYTES]; /* under lock */
    int64_t until_ms;             /* under lock: monotonic; 0: there is no key */
};

struct net_tickets *net_tickets_new(void) {
    struct net_tickets *t = mem_new(struct net_tickets);
    lock_init(&t->lock);
    return t;
}

struct net_tickets *net_tickets_free(struct net_tickets *t) {
    if (!t)
        return NULL;
    explicit_bzero(t->key, sizeof t->key);
    pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

int64_t net_tickets_look(struct net_tickets *t, int64_t now_ms) {
    LOCK_SCOPE(&t->lock);
    if (t->until_ms && now_ms >= t->until_ms) {
        explicit_bzero(t->key, sizeof t->key);
        t->until_ms = 0;
    }
    return t->until_ms ? t->until_ms : INT64_MAX;
}

int net_tickets_lend(struct net_tickets *t, gnutls_session_t session, int64_t now_ms) {
    LOCK_SCOPE(&t->lock);
    if (now_ms >= t->until_ms) {
        rand_bytes(t->key, sizeof t->key);
        t->until_ms = now_ms + NET_TICKET_MS;
    }
    /* What a ticket says of its own life, and how often GnuTLS derives anew (three times that). */
    gnutls_db_set_cache_expiration(session, NET_TICKET_MS / 1000);
    return gnutls_session_ticket_enable_server(session, &(gnutls_datum_t){t->key, KEY_BYTES});
}
