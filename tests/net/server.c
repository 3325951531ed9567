/* A server on net for the tests of the room, whose requests say what to do, and a plain client. */
#include "cm.h"

#include "server.h"

#include "base/clock.h"
#include "base/lock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct seen {
    struct server *s;
    uint64_t body;
    int rounds;
};

static bool is(const struct net_req *req, const char *path) { return str_is(req->path, path); }

static void woken(void *ctx, struct net_req *req) {
    (void)ctx;
    net_reply_bytes(req, 200, S("woken"));
}

static void refused(void *ctx, struct net_req *req) {
    (void)ctx;
    net_reply_bytes(req, 403, S("refused"));
}

static void again(void *ctx, struct net_req *req) {
    struct seen *seen = req->app;
    if (seen->rounds++ == 3) {
        woken(ctx, req);
        return;
    }
    net_suspend(req, again, ctx);
    net_resume(req);
}

static void park(struct server *s, struct net_req *req, void (*then)(void *, struct net_req *),
                 typeof(net_suspend) *how) {
    LOCK_SCOPE(&s->lock);
    int i = 0;
    while (s->parked[i])
        i++;
    s->parked[i] = req;
    how(req, then, s);
    s->n_parked++;
}

static void on_begin(void *ctx, struct net_req *req) {
    struct server *s = ctx;
    s->begun++;
    struct seen *seen = arena_new(&req->arena, struct seen);
    seen->s = s;
    req->app = seen;
    if (is(req, "/early"))
        net_reply_bytes(req, 403, S("refused"));
    else if (is(req, "/hold"))
        park(s, req, refused, net_suspend);
}

static void on_body(void *ctx, struct net_req *req, const void *p, size_t n) {
    (void)ctx;
    (void)p;
    struct seen *seen = req->app;
    seen->body += n;
    if (is(req, "/late"))
        net_reply_bytes(req, 507, S("full"));
}

static ssize_t pattern(void *ctx, uint64_t offset, void *p, size_t n) {
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        ((char *)p)[i] = (char)('a' + (offset + i) % 26);
    return (ssize_t)n;
}

static ssize_t broken(void *ctx, uint64_t offset, void *p, size_t n) {
    return offset >= STREAM_SIZE / 2 ? -1 : pattern(ctx, offset, p, n);
}

static void released(void *ctx) { ((struct server *)ctx)->released++; }

static void answer_headers(struct net_req *req) {
    struct buf text = {0};
    for (size_t i = 0; i < req->n_headers; i++)
        buf_printf(&text, "[" STR_FMT "=" STR_FMT "]", STR_ARG(req->headers[i].name),
                   STR_ARG(req->headers[i].value));
    net_reply_buf(req, 200, &text);
}

static void on_end(void *ctx, struct net_req *req) {
    struct server *s = ctx;
    struct seen *seen = req->app;
    s->ended++;
    net_reply_header(req, S("X-One"), S("1"));
    net_reply_header(req, S("X-Two"), S("2"));
    if (is(req, "/park")) {
        park(s, req, woken, net_suspend);
    } else if (is(req, "/worked")) {
        park(s, req, woken, net_hold);
    } else if (is(req, "/before")) {
        net_resume(req);
        net_suspend(req, woken, s);
    } else if (is(req, "/inside")) {
        net_suspend(req, woken, s);
        net_resume(req);
    } else if (is(req, "/again")) {
        again(s, req);
    } else if (is(req, "/stream")) {
        net_reply_stream(req, 200, STREAM_SIZE, pattern, released, s);
    } else if (is(req, "/broken")) {
        net_reply_stream(req, 200, STREAM_SIZE, broken, released, s);
    } else if (is(req, "/empty")) {
        net_reply_stream(req, 200, 0, pattern, released, s);
    } else if (is(req, "/close")) {
        net_close_after(req);
        net_reply_bytes(req, 200, S("bye"));
    } else if (is(req, "/block")) {
        s->blocked++;
        while (sem_wait(&s->block) != 0)
            ;
        net_reply_bytes(req, 200, S("unblocked"));
    } else if (is(req, "/head")) {
        net_reply_head(req, 200, 1234);
    } else if (is(req, "/headers")) {
        answer_headers(req);
    } else if (is(req, "/longhead")) {
        char value[16000];
        memset(value, 'v', sizeof value);
        net_reply_header(req, S("X-Long"), str_n(value, sizeof value));
        net_reply_bytes(req, 200, S("long"));
    } else if (!is(req, "/silent")) {
        struct buf text = {0};
        buf_printf(&text, STR_FMT " " STR_FMT " %llu", STR_ARG(req->method), STR_ARG(req->target),
                   (unsigned long long)seen->body);
        net_reply_buf(req, 200, &text);
    }
}

static void on_done(void *ctx, struct net_req *req) {
    struct server *s = ctx;
    LOCK_SCOPE(&s->lock);
    for (size_t i = 0; i < ARRAY_LEN(s->parked); i++)
        if (s->parked[i] == req)
            s->parked[i] = NULL;
    s->done++;
}

struct net_app server_app(struct server *s) {
    return (struct net_app){s, on_begin, on_body, on_end, on_done, NULL};
}

void server_start(struct server *s, const struct net_options *options) {
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    sem_init(&s->block, 0, 0);
    struct net_options o = options ? *options : (struct net_options){0};
    o.app = server_app(s);
    o.threads = o.threads ? o.threads : 4;
    struct err err = {0};
    int fd = -1;
    if (net_start(&s->net, &o, &err) != 0 || net_bind("127.0.0.1", 0, &fd, &s->port, &err) != 0 ||
        net_listen(s->net, fd, &err) != 0)
        fail_msg("%s", err.text);
}

void server_stop(struct server *s, unsigned ms) {
    net_stop(s->net, ms);
    CHECK_INT(s->begun, s->done);
    sem_destroy(&s->block);
    pthread_mutex_destroy(&s->lock);
}

void wait_for(atomic_int *counter, int n) {
    int64_t until = clock_mono_ms() + 10000;
    while (*counter < n) {
        if (clock_mono_ms() > until)
            fail_msg("waited in vain for %d, have %d", n, *counter);
        sched_yield();
    }
}

void server_wait_parked(struct server *s, int n) { wait_for(&s->n_parked, n); }

void server_wake(struct server *s) {
    LOCK_SCOPE(&s->lock);
    for (size_t i = 0; i < ARRAY_LEN(s->parked); i++) {
        if (s->parked[i])
            net_resume(s->parked[i]);
        s->parked[i] = NULL;
    }
}

/* ---- The client ---- */

int client_connect(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    struct timeval patience = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int on = 1; /* what is sent in pieces comes in pieces */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void client_send(int fd, str bytes) {
    while (bytes.len) {
        ssize_t n = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the answer tells */
        bytes = str_skip(bytes, (size_t)n);
    }
}

static in_port_t port_of(int fd, typeof(getsockname) *name) {
    struct sockaddr_in at = {0};
    socklen_t len = sizeof at;
    return name(fd, (struct sockaddr *)&at, &len) == 0 ? at.sin_port : 0;
}

/* The server's end of the connection; -1: it is closed. */
static int peer_of(int client) {
    in_port_t port = port_of(client, getsockname);
    for (int fd = 0; fd < 1024; fd++)
        if (fd != client && port_of(fd, getpeername) == port)
            return fd;
    return -1;
}

void client_wait_read(int fd) {
    int64_t until = clock_mono_ms() + 10000;
    int left = 0, peer;
    while ((peer = peer_of(fd)) >= 0 && ioctl(peer, FIONREAD, &left) == 0 && left > 0) {
        if (clock_mono_ms() > until)
            fail_msg("%d bytes are not read", left);
        sched_yield();
    }
}

/* Grows *b by what comes; false at the end. */
static bool read_some(int fd, struct buf *b, size_t most) {
    ssize_t n = recv(fd, buf_reserve(b, most), most, 0);
    if (n <= 0)
        return false;
    b->len += (size_t)n;
    return true;
}

static str header_of(str head, const char *name) {
    while (head.len) {
        str line, key, value;
        str_cut(head, '\n', &line, &head);
        if (str_cut(line, ':', &key, &value) && str_eq_nocase(key, str_c(name)))
            return str_trim(str_slice(value, 0, value.len - 1));
    }
    return STR_NONE;
}

int client_answer(int fd, struct buf *ret, bool for_head) {
    buf_clear(ret);
    ptrdiff_t end;
    /* Byte by byte, so that nothing of a following answer is taken. */
    while ((end = str_find(buf_view(ret), S("\r\n\r\n"))) < 0)
        if (!read_some(fd, ret, 1))
            return 0;
    size_t head = (size_t)end + 4;
    uint64_t status = 0, length = 0;
    str_to_u64(str_slice(buf_view(ret), 9, 12), &status);
    str_to_u64(header_of(str_slice(buf_view(ret), 0, head), "Content-Length"), &length);
    if (status == 100) /* an interim answer has no body */
        return 100;
    while (!for_head && ret->len < head + length)
        if (!read_some(fd, ret, head + length - ret->len))
            return 0;
    return (int)status;
}

int client_ask(int fd, const char *bytes, const char *want) {
    struct buf got = {0};
    client_send(fd, str_c(bytes));
    int status = client_answer(fd, &got, false);
    if (want) {
        ptrdiff_t end = str_find(buf_view(&got), S("\r\n\r\n"));
        CHECK(end >= 0);
        CHECK_STR(str_skip(buf_view(&got), (size_t)end + 4), str_c(want));
    }
    buf_deinit(&got);
    return status;
}

bool client_is_closed(int fd) {
    char c;
    ssize_t n = recv(fd, &c, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}
