#pragma once
/*
 * Several callers at once: each calls its operation with its input, all of them set off together.
 */
#include "cloud.h"

#include <pthread.h>

struct racer {
    const char *service, *op;
    json_t *in;    /* taken */
    char code[64]; /* of the error, or "" */
    struct cloud *cloud;
    pthread_barrier_t *start;
    pthread_t thread;
};

static inline void *race_run(void *ctx) {
    struct racer *r = ctx;
    struct cloud *c = r->cloud;
    struct aws_call call = {.cloud = c->cloud,
                            .caller = c->root,
                            .account = S(ACCOUNT),
                            .region = S("us-east-1"),
                            .service = r->service,
                            .op = r->op,
                            .in = r->in};
    pthread_barrier_wait(r->start);
    aws_call(&call);
    snprintf(r->code, sizeof r->code, "%s", buf_cstr(&call.error_code));
    aws_call_deinit(&call);
    json_decref(r->in);
    return NULL;
}

/* Returns when all have their answers. */
static inline void race(struct cloud *c, struct racer *racers, size_t n) {
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)n);
    for (size_t i = 0; i < n; i++) {
        racers[i].cloud = c;
        racers[i].start = &start;
        CHECK_INT(pthread_create(&racers[i].thread, NULL, race_run, &racers[i]), 0);
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(racers[i].thread, NULL);
    pthread_barrier_destroy(&start);
}
