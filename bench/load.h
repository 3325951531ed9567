#pragma once
/* What the operations of load (load_ops.c) and its threads (load.c) share. */
#include "client/client.h"

#include <pthread.h>

enum { MAX_THREADS = 256 };

struct load;
/* One thread with a connection of its own. */
struct worker {
    pthread_t thread;
    struct client *client;
    struct load *load;
    unsigned index;
    uint64_t errors;
    uint32_t *latencies_us; /* grows */
    size_t n, cap;
};

/* i: how many this worker has asked for before. 0, or -1 after load_failed. */
typedef int load_once_fn(struct worker *w, uint64_t i);

struct load {
    load_once_fn *once;
    str body; /* of the size that was asked for */
    struct client_options options;
    int64_t end_ns;
    char first_error[256];
    pthread_mutex_t lock; /* over first_error */
    struct worker workers[MAX_THREADS];
};

/* NULL: there is no such operation. */
load_once_fn *load_operation(const char *name);
/* Keeps the first fault for the report. Returns -1. */
int load_failed(struct worker *w, const struct client_fault *fault);
