#pragma once
/*
 * A function in front of a scripted AWS (tests/client/server_fixture.h): a client to it, the
 * function's configuration, and what both sides saw.
 */
#include "client/server_fixture.h"
#include "fn/processor.h"

#define HTTP(status, body) "HTTP/1.1 " status "\r\nContent-Length: @\r\n\r\n" body

struct fn_test {
    struct server server;
    struct fn_context context;
    struct client *client;
};

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
    server_start(&t->server, NULL, steps, n);
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
}

/* Every step of the script was asked for. */
static inline void fn_test_stop(struct fn_test *t) {
    client_free(t->client);
    server_stop(&t->server);
}

/* "METHOD /path?query", or "SERVICE.Operation" / the query protocol's action where there is one. */
static inline void fn_test_asked(const struct server *s, size_t i, struct buf *out) {
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

/* What the function asked for, one a line. */
static inline void check_asked(struct server *s, const char *want) {
    CLEANUP_DEINIT(buf) struct buf got = {0};
    for (size_t i = 0; i < s->n_seen; i++)
        fn_test_asked(s, i, &got);
    CHECK_BUF(got, want);
}
