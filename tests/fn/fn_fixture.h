#pragma once
/*
 * A function in front of a scripted AWS: a client to it, the function's configuration, and what both
 * sides saw. Each connection has a thread of its own, since derivatives go up beside each other;
 * requests take the script's answers in the order in which they come.
 */
#include "base/lock.h"
#include "client/server_fixture.h"
#include "fn/processor.h"

#define HTTP(status, body) "HTTP/1.1 " status "\r\nContent-Length: @\r\n\r\n" body

enum { FN_TEST_PEERS = 64, FN_TEST_REQUESTS = 1024 };
struct fn_server {
    int fd;
    unsigned port;
    pthread_t accepts, peers[FN_TEST_PEERS];
    int fds[FN_TEST_PEERS]; /* -1: over */
    size_t n_peers;
    const struct step *steps;
    size_t n_steps;
    const char *otherwise; /* what comes behind the script; NULL: who asks waits for ever */
    pthread_mutex_t lock;  /* of what follows */
    size_t at;             /* steps that were taken */
    struct buf seen[FN_TEST_REQUESTS];
    size_t n_seen;
};

struct fn_test {
    struct fn_server server;
    struct fn_context context;
    struct client *client;
};

/* One request whole, which is kept, and its answer. False: the connection is over. */
static inline bool fn_test_serve(struct fn_server *s, struct peer *p) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (!peer_fill(p, &text, "\r\n\r\n", 0))
        return false;
    size_t head = (size_t)str_find(buf_view(&text), S("\r\n\r\n")) + 4;
    if (!peer_fill(p, &text, NULL, head + content_length(buf_view(&text))))
        return false;
    lock_take(&s->lock);
    const struct step *step = s->at < s->n_steps ? &s->steps[s->at] : NULL;
    s->at++;
    CHECK(s->n_seen < FN_TEST_REQUESTS);
    buf_str(&s->seen[s->n_seen++], buf_view(&text));
    lock_drop(&s->lock);
    const char *answer = step ? step->answer : s->otherwise;
    if (answer)
        peer_answer(p, answer);
    return !step || step->kind == ANSWER;
}

struct fn_test_place {
    struct fn_server *server;
    size_t i;
};
static inline void *fn_test_peer(void *arg) {
    struct fn_test_place *place = arg;
    struct peer p = {.fd = place->server->fds[place->i]};
    while (fn_test_serve(place->server, &p))
        ;
    shutdown(p.fd, SHUT_RDWR);
    free(place);
    return NULL;
}

static inline void *fn_test_accept(void *arg) {
    struct fn_server *s = arg;
    while (s->n_peers < FN_TEST_PEERS) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        struct fn_test_place *place = mem_new(struct fn_test_place);
        *place = (struct fn_test_place){s, s->n_peers};
        s->fds[s->n_peers] = fd;
        CHECK_INT(pthread_create(&s->peers[s->n_peers], NULL, fn_test_peer, place), 0);
        s->n_peers++;
    }
    return NULL;
}

static inline void fn_server_start(struct fn_server *s, const struct step *steps, size_t n) {
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    *s = (struct fn_server){.steps = steps, .n_steps = n};
    lock_init(&s->lock);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(s->fd, (struct sockaddr *)&addr, sizeof addr), 0);
    CHECK_INT(listen(s->fd, 64), 0);
    CHECK_INT(getsockname(s->fd, (struct sockaddr *)&addr, &len), 0);
    s->port = ntohs(addr.sin_port);
    CHECK_INT(pthread_create(&s->accepts, NULL, fn_test_accept, s), 0);
}

/* Whoever asked it is done with it. */
static inline void fn_server_stop(struct fn_server *s) {
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->accepts, NULL);
    for (size_t i = 0; i < s->n_peers; i++) {
        shutdown(s->fds[i], SHUT_RDWR);
        pthread_join(s->peers[i], NULL);
        close(s->fds[i]);
    }
    close(s->fd);
    for (size_t i = 0; i < s->n_seen; i++)
        buf_deinit(&s->seen[i]);
    pthread_mutex_destroy(&s->lock);
}

static inline struct client *fn_test_client(unsigned port) {
    static char endpoint[64];
    struct client *client = NULL;
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", port);
    struct client_options options = {.endpoint = endpoint,
                                     .access_key = "AKID",
                                     .secret_key = "secret",
                                     .region = "eu-west-1",
                                     .attempts = 1,
                                     .idle_ms = 10000};
    CHECK_INT(client_new(&client, &options, NULL), 0);
    return client;
}

static inline void fn_test_start(struct fn_test *t, const struct step *steps, size_t n) {
    fn_server_start(&t->server, steps, n);
    t->client = fn_test_client(t->server.port);
    t->context = (struct fn_context){.client = t->client,
                                     .config = {.table = "images",
                                                .topic_arn = "arn:aws:sns:eu-west-1:1:reports",
                                                .derivatives_bucket = "thumbs",
                                                .environment = "test",
                                                .max_bytes = 1500000,
                                                .max_pixels = 1000,
                                                .memory_bytes = 512u << 20},
                                     .request_id = "R1"};
    CHECK_INT(fn_wishes_parse(&t->context.config.wishes, S("big=800,200:cover:70"), NULL), 0);
}

static inline void fn_test_stop(struct fn_test *t) {
    client_free(t->client);
    fn_server_stop(&t->server);
}

/* "METHOD /path?query", or "SERVICE.Operation" / the query protocol's action where there is one. */
static inline void fn_test_asked(const struct fn_server *s, size_t i, struct buf *out) {
    str text = buf_view(&s->seen[i]), line, left;
    ptrdiff_t target = str_find(text, S("X-Amz-Target: ")), action = str_find(text, S("Action="));
    if (target >= 0) {
        str_cut(str_skip(text, (size_t)target + 14), '\r', &line, &left);
    } else if (action >= 0) {
        str_cut(str_skip(text, (size_t)action + 7), '&', &line, &left);
    } else {
        str_cut(text, '\r', &line, &left);
        line = str_slice(line, 0, line.len - sizeof " HTTP/1.1" + 1);
    }
    buf_str(out, line);
    buf_char(out, '\n');
}

/* What goes up side by side comes in any order: put by the key. */
static inline int fn_test_by_line(const void *a, const void *b) {
    const struct buf *one = a, *other = b;
    bool puts = str_starts(buf_view(one), S("PUT /thumbs/")) &&
                str_starts(buf_view(other), S("PUT /thumbs/"));
    return puts ? str_cmp(buf_view(one), buf_view(other)) : 0;
}

/* What the function asked for, one a line; uploads that follow each other are sorted. */
static inline void check_asked(struct fn_server *s, const char *want) {
    CLEANUP_DEINIT(buf) struct buf got = {0};
    struct buf swap;
    LOCK_SCOPE(&s->lock);
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 1; i < s->n_seen; i++)
            if (fn_test_by_line(&s->seen[i - 1], &s->seen[i]) > 0) {
                swap = s->seen[i];
                s->seen[i] = s->seen[i - 1];
                s->seen[i - 1] = swap;
                moved = true;
            }
    }
    for (size_t i = 0; i < s->n_seen; i++)
        fn_test_asked(s, i, &got);
    CHECK_BUF(got, want);
}
