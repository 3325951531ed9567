#pragma once
/*
 * client/http: an HTTP/1.1 answer, cut from bytes in any split. Strict where leniency would let two
 * readers disagree (lengths, chunk sizes). Shared inside the room, and fuzzed.
 */
#include "base/buf.h"
#include "base/outcomes.h"

enum {
    CLIENT_HTTP_MAX_HEAD = 64 * 1024, /* status line and headers of one answer */
    CLIENT_HTTP_MAX_LINE = 16 * 1024,
    CLIENT_HTTP_MAX_INTERIM = 16, /* 1xx answers before the real one */
};
enum { CLIENT_HTTP_OK = 0, CLIENT_HTTP_E_FORM = OUTCOMES_CLIENT_HTTP, CLIENT_HTTP_E_CUT };

/* One answer under way. Its owner reads the fields below the callbacks and writes none. */
struct client_http {
    /* Set by the caller. */
    bool no_body; /* the request was HEAD */
    /* the final answer's head is complete: status and head may be read. Non-zero stops. */
    int (*headers)(void *ctx);
    int (*bytes)(void *ctx, const void *p, size_t n);
    void *ctx;

    int status;
    struct buf head; /* "Name: value\n" of each header */
    bool continued;  /* a 100 Continue came */
    bool done;       /* the whole answer is there */
    bool keep_alive; /* the connection may be used again (meaningful when done) */

    int (*state)(struct client_http *, str *);
    struct buf line;
    size_t head_bytes;
    unsigned interim;
    bool chunked, has_length, http10;
    uint64_t left;
};

/* On a zeroed struct, whose callbacks and no_body the caller sets before the first bytes. */
void client_http_init(struct client_http *http);
/*
 * Eats up to the end of the answer; *ret_used of n were used. CLIENT_HTTP_*, or what a callback
 * answered.
 */
int client_http_feed(struct client_http *http, const void *p, size_t n, size_t *ret_used);
/*
 * The peer closed: CLIENT_HTTP_OK where that ends the answer (then done is set), else
 * CLIENT_HTTP_E_CUT.
 */
int client_http_eof(struct client_http *http);
void client_http_deinit(struct client_http *http);
/* First header of that name in such a head, trimmed; absent when missing. */
str client_http_header(str head, str name);
