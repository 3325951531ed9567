#pragma once
/* lib/race: several callers at once, as root. */
#include "lib/cloud.h"

#include <pthread.h>

/* ---- Once: each calls its operation with its input, all of them set off together ---- */
struct racer {
    const char *service, *op;
    json_t *in;    /* taken */
    char code[64]; /* of the error, or "" */
    struct cloud *cloud;
    pthread_barrier_t *start;
    pthread_t thread;
};
/* Returns when all have their answers. */
void race(struct cloud *c, struct racer *racers, size_t n);

/* ---- In rounds: each calls its operation once a round ---- */
enum { RACE_ROUNDS_MAX = 32 };
struct worker {
    const char *op;
    json_t *(*input)(int round); /* a new reference */
    int status[RACE_ROUNDS_MAX];
    struct race_rounds *rounds;
    pthread_t thread;
};
struct race_rounds {
    struct cloud *cloud;
    const char *service;
    int rounds;                                             /* at most RACE_ROUNDS_MAX */
    void (*before)(void);                                   /* each round; or NULL */
    void (*after)(const struct worker *workers, int round); /* or NULL */
    pthread_barrier_t start;
};
void race_rounds(struct race_rounds *rounds, struct worker *workers, unsigned n);
