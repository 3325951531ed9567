#pragma once
/*
 * A server that answers from a script, in a thread: one step for each request it reads, on as many
 * connections as come. What it read is kept for the test to look at.
 */
#include "base/own.h"
#include "cm.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum step_kind {
    ANSWER,         /* reads a request with its body, answers */
    ANSWER_CLOSE,   /* … and closes */
    CLOSE_AT_ONCE,  /* closes the accepted connection without reading or answering */
    CLOSE_AFTER,    /* reads the request, then closes without an answer */
    ANSWER_EARLY,   /* answers when the head is there, reads no body, closes */
    CONTINUE_FIRST, /* 100 Continue behind the head, then as ANSWER */
};
struct step {
    enum step_kind kind;
    const char *answer;
};

struct server {
    pthread_t thread;
    int fd;
    unsigned port;
    SSL_CTX *tls; /* NULL: plain */
    const struct step *steps;
    size_t n_steps;
    struct buf seen[16]; /* head and body of each request */
    size_t n_seen;
    unsigned connections;
};

struct peer {
    int fd;
    SSL *ssl;
};

static inline ssize_t peer_read(struct peer *p, void *to, size_t n) {
    return p->ssl ? SSL_read(p->ssl, to, (int)n) : read(p->fd, to, n);
}
static inline void peer_write(struct peer *p, const char *text) {
    size_t n = strlen(text);
    if (p->ssl)
        (void)SSL_write(p->ssl, text, (int)n);
    else
        (void)!send(p->fd, text, n, MSG_NOSIGNAL);
}

/* "Content-Length: @" stands for the length of what follows the head. */
static inline void peer_answer(struct peer *p, const char *answer) {
    struct buf text = {0};
    const char *at = strstr(answer, "Content-Length: @"), *body = strstr(answer, "\r\n\r\n");
    if (at && body)
        buf_printf(&text, "%.*sContent-Length: %zu%s", (int)(at - answer), answer, strlen(body + 4),
                   at + 17);
    else
        buf_c(&text, answer);
    peer_write(p, buf_cstr(&text));
    buf_deinit(&text);
}

/* Reads on until the text holds `until` or, with until NULL, `size` bytes. */
static inline bool peer_fill(struct peer *p, struct buf *text, const char *until, size_t size) {
    while (until ? str_find(buf_view(text), str_c(until)) < 0 : text->len < size) {
        char piece[4096];
        ssize_t n = peer_read(p, piece, sizeof piece);
        if (n <= 0)
            return false;
        buf_add(text, piece, (size_t)n);
    }
    return true;
}

static inline size_t content_length(str head) {
    ptrdiff_t at = str_find(head, S("Content-Length: "));
    return at < 0 ? 0 : (size_t)strtoul(head.p + at + 16, NULL, 10);
}

/* One request and its answer. False: the connection is over. */
static inline bool serve_one(struct server *s, struct peer *p, const struct step *step) {
    struct buf *text = &s->seen[s->n_seen];
    if (!peer_fill(p, text, "\r\n\r\n", 0))
        return false;
    s->n_seen++;
    if (step->kind == ANSWER_EARLY) {
        peer_answer(p, step->answer);
        return false;
    }
    if (step->kind == CONTINUE_FIRST)
        peer_write(p, "HTTP/1.1 100 Continue\r\n\r\n");
    size_t head = (size_t)str_find(buf_view(text), S("\r\n\r\n")) + 4;
    if (!peer_fill(p, text, NULL, head + content_length(buf_view(text))))
        return false;
    if (step->kind == CLOSE_AFTER)
        return false;
    peer_answer(p, step->answer);
    return step->kind != ANSWER_CLOSE;
}

static inline void *server_run(void *ctx) {
    struct server *s = ctx;
    for (size_t at = 0; at < s->n_steps;) {
        struct peer p = {.fd = accept(s->fd, NULL, NULL)};
        if (p.fd < 0)
            return NULL;
        s->connections++;
        if (s->steps[at].kind == CLOSE_AT_ONCE) {
            close(p.fd);
            at++;
            continue;
        }
        bool ok = true;
        if (s->tls) {
            p.ssl = SSL_new(s->tls);
            SSL_set_fd(p.ssl, p.fd);
            ok = SSL_accept(p.ssl) == 1;
            at += !ok;
        }
        while (ok && at < s->n_steps) {
            size_t before = s->n_seen;
            ok = serve_one(s, &p, &s->steps[at]);
            at += ok || s->n_seen > before;
        }
        if (p.ssl) {
            SSL_shutdown(p.ssl);
            SSL_free(p.ssl);
        }
        shutdown(p.fd, SHUT_WR);
        close(p.fd);
    }
    return NULL;
}

static inline void server_start(struct server *s, SSL_CTX *tls, const struct step *steps,
                                size_t n) {
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    *s = (struct server){.tls = tls, .steps = steps, .n_steps = n};
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (tls) /* a small window, so that who sends much has to wait */
        setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &(int){8192}, sizeof(int));
    CHECK_INT(bind(s->fd, (struct sockaddr *)&addr, sizeof addr), 0);
    CHECK_INT(listen(s->fd, 8), 0);
    CHECK_INT(getsockname(s->fd, (struct sockaddr *)&addr, &len), 0);
    s->port = ntohs(addr.sin_port);
    CHECK_INT(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static inline void server_stop(struct server *s) {
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    for (size_t i = 0; i < ARRAY_LEN(s->seen); i++)
        buf_deinit(&s->seen[i]);
}
