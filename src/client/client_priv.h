#pragma once
/* What the files of client share: the client itself, and one attempt at a request. */
#include "client/client.h"
#include "client/conn.h"
#include "client/http.h"
#include "client/settings.h"

/*
 * Set by client_new and constant afterwards, but for the pool, which has a lock of its own, and
 * until_ms: any number of threads.
 */
struct client {
    struct client_pool pool;
    struct client_settings settings; /* endpoints and keys */
    char *region, *ca_file, *user_agent;
    unsigned idle_ms, attempts, backoff_ms;
    _Atomic int64_t until_ms; /* clock_mono_ms; 0: none */
};

/*
 * One request in wire form. headers are complete but for Content-Length and Connection; target is
 * path and query, encoded.
 */
struct client_wire {
    struct client_url url;
    const char *method;
    str target;
    str headers; /* "Name: value\r\n" each */
    str body;    /* or … */
    client_source_fn *source;
    void *source_ctx;
    uint64_t body_size;
    bool idempotent, no_retry;
    uint64_t max_body;
    client_sink_fn *sink;
    void *sink_ctx;
    unsigned idle_ms;
};
/*
 * Sends with retries. resign (may be NULL) makes the headers of each attempt anew, because a
 * signature has a time. CLIENT_OK or an outcome, with fault filled.
 */
int client_exchange(struct client *client, struct client_wire *wire,
                    void (*resign)(void *ctx, struct client_wire *wire), void *ctx,
                    struct client_response *response, struct client_fault *fault);

/* Code, message and request id of an error answer, in whichever protocol it speaks. */
void client_read_fault(const struct client_response *response, struct client_fault *fault);
/* Copies as much as fits, and a NUL. */
void client_copy_text(char *to, size_t size, str text);
