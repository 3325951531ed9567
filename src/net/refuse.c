/*
 * net/refuse: answers to what no application sees: a head that is not HTTP, is too long, or whose
 * body is not framed as it says.
 *
 * libmicrohttpd would refuse some of these itself, with a page of its own, some without a word, and
 * some with two heads (0.9.75 goes on after its parse_connection_headers has failed). All its
 * refusals go through MHD_queue_response, an exported function, which this file defines anew: the
 * program's definition goes before the library's (ELF symbol interposition; the library calls it
 * through its PLT). So each refusal is written here, by hand, and what the library sends after it
 * meets a closed door. Where a build of the library binds the call to itself, its own page is what
 * the client gets; net_start looks for that and warns (docs/decisions/0009).
 *
 * By hand also because the connection's memory may have no room for an answer's head any more.
 */
#include "base/clock.h"
#include "net/gate.h"
#include "net/net_priv.h"

#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The library's function ---- */

typedef enum MHD_Result queue_fn(struct MHD_Connection *, unsigned, struct MHD_Response *);
static queue_fn *library_queue;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_bool probe_was_asked; /* on a connection that is not net's */

static void find_library_queue(void) {
    union {
        void *object;
        queue_fn *function;
    } found = {.object = dlsym(RTLD_NEXT, "MHD_queue_response")};
    if (!found.object)
        abort(); /* linked statically: then the linker has refused two definitions */
    library_queue = found.function;
}

enum MHD_Result net_queue(struct MHD_Connection *mhd, unsigned status,
                          struct MHD_Response *response) {
    pthread_once(&once, find_library_queue);
    return library_queue(mhd, status, response);
}

/* ---- Words ---- */

static void refuse_in_words(struct net_req *req, const struct net_refusal *why) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "%s\n", why->words);
    net_reply_header(req, S("Content-Type"), S("text/plain"));
    net_reply_buf(req, why->status, &text);
}

/* ---- By hand ---- */

static void write_answer(const struct net_request *r, struct buf *out) {
    char date[CLOCK_ISO_MAX];
    buf_printf(out, "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\n", r->status,
               MHD_get_reason_phrase_for(r->status), clock_http(date, clock_real_ms()));
    size_t n = 0;
    const struct net_reply_head *inverse[32];
    for (const struct net_reply_head *h = r->heads; h && n < ARRAY_LEN(inverse); h = h->next)
        inverse[n++] = h;
    while (n--)
        buf_printf(out, "%s: %s\r\n", inverse[n]->name, inverse[n]->value);
    buf_printf(out, "Content-Length: %zu\r\n\r\n", r->by_hand->len);
    if (!str_is(r->req.method, "HEAD"))
        buf_str(out, buf_view(r->by_hand));
}

/*
 * What does not fit into the socket at once is lost: the client has not read the answers before.
 * The sending side is shut, so that nothing follows; the receiving side stays, for net/accept reads
 * on.
 */
static void send_by_hand(const struct net_request *r, str bytes) {
    struct net_conn *conn = r->conn;
    const union MHD_ConnectionInfo *info =
        conn->tls ? MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION) : NULL;
    if (info) {
        gnutls_session_t session = info->tls_session;
        ssize_t n = 1; /* a record's worth at a time */
        while (bytes.len && (n = gnutls_record_send(session, bytes.p, bytes.len)) > 0)
            bytes = str_skip(bytes, (size_t)n);
        if (n > 0)
            gnutls_bye(session, GNUTLS_SHUT_WR);
    } else if (!conn->tls) {
        (void)!send(conn->fd, bytes.p, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    shutdown(conn->fd, SHUT_WR);
}

void net_refuse(struct net_request *r, const struct net_refusal *why) {
    struct net_conn *conn = r->conn;
    if (conn->refused || conn->cut)
        return;
    CLEANUP_DEINIT(buf) struct buf body = {0};
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    conn->refused = true;
    conn->linger = true;
    r->by_hand = &body;
    r->heads = NULL;
    if (r->app->refuse && r->mhd) {
        if (!r->begun)
            net_request_begun(r);
        r->app->refuse(r->app->ctx, &r->req, why);
    } else {
        refuse_in_words(&r->req, why);
    }
    write_answer(r, &bytes);
    send_by_hand(r, buf_view(&bytes));
    r->by_hand = NULL;
}

/* ---- What the library refuses ---- */

/* What the gate has against the headers: the library does not say which of them it refuses. */
static struct net_refusal of_headers(struct MHD_Connection *mhd) {
    struct gate g;
    gate_start(&g, S("GET"), S("/"), S("HTTP/1.1"), STR_NONE);
    net_gate_headers(mhd, &g);
    if (gate_finish(&g) == 0)
        gate_refuse(&g, 400, "this is not the head of an HTTP request");
    return (struct net_refusal){g.status, g.reason};
}

/* status: what it was about to say. */
static struct net_refusal reason(const struct net_request *r, unsigned status, bool whole_head) {
    if (status == 414 || status == 431)
        return (struct net_refusal){431, "the request's head is too long"};
    if (status == 413 && !r->begun)
        return (struct net_refusal){413, "the Content-Length is larger than any body may be"};
    if (status == 413)
        return (struct net_refusal){413, "a chunk is larger than any body may be"};
    if (status == 505)
        return (struct net_refusal){505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    if (r->begun)
        return (struct net_refusal){400, "the body is not in well-formed chunks"};
    if (whole_head)
        return of_headers(r->mhd);
    return (struct net_refusal){400, "this is not the head of an HTTP request"};
}

static void refuse_instead(struct MHD_Connection *mhd, struct net_conn *conn, unsigned status) {
    struct net_request *r = conn->request, *made = NULL;
    if (!r)
        r = made = net_request_new(conn, mhd, S(""));
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (!r->begun)
        net_request_fill(r, conn->for_head ? "HEAD" : "");
    struct net_refusal why = reason(r, status, size && size->header_size);
    net_refuse(r, &why);
    if (made)
        net_request_over(made);
}

/* The library's own calls, never ours (net_queue). The connection's pool thread. */
__attribute__((visibility("default"))) enum MHD_Result MHD_queue_response(
    struct MHD_Connection *mhd, unsigned status, struct MHD_Response *response) {
    struct net_conn *conn = net_conn_of(mhd);
    if (conn)
        refuse_instead(mhd, conn, status);
    else
        probe_was_asked = true;
    return net_queue(mhd, status, response);
}

/* ---- Whether the library asks us ---- */

static enum MHD_Result serve_nothing(void *cls, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *data,
                                     size_t *data_len, void **request) {
    (void)cls;
    (void)mhd;
    (void)url;
    (void)method;
    (void)version;
    (void)data;
    (void)data_len;
    (void)request;
    return MHD_NO;
}

static void say_nothing(void *cls, const char *fmt, va_list args) {
    (void)cls;
    (void)fmt;
    (void)args;
}

bool net_refusals_are_ours(void) {
    static const char bad[] = "GET / HTTP/9.9\r\n\r\n";
    int pair[2];
    struct sockaddr from = {.sa_family = AF_UNIX};
    struct MHD_Daemon *probe = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL, serve_nothing,
        NULL, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_END);
    if (!probe)
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0) {
        (void)!send(pair[1], bad, sizeof bad - 1, MSG_NOSIGNAL);
        bool added = MHD_add_connection(probe, pair[0], &from, sizeof from) == MHD_YES;
        for (int i = 0; added && i < 4; i++)
            MHD_run(probe);
        close(pair[1]);
    }
    MHD_stop_daemon(probe);
    return probe_was_asked;
}

/* ---- What the library would close without a word ---- */

void net_refuse_garbage(struct net_conn *conn) {
    struct net_request *r = net_request_new(conn, NULL, S(""));
    net_refuse(r, &(struct net_refusal){400, "this is not the head of an HTTP request"});
    net_request_over(r);
}
