/*
 * How soon and how fast events leave: from the moment an event is durable to its target's port, one
 * at a time; then so many at once that they wait, from threads that commit each
 * alone. At last how long a queue of a million rows takes to load.
 *   hub_bench [DIR [SECONDS [PART]]]   DIR: where to work (a folder in it is made and removed);
 *                                      PART: only the figures whose name has it
 */
#include "base/clock.h"
#include "hub/hub.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_SAMPLES = 1 << 16, WRITERS = 16, A_MILLION = 1000000, OF_A_BATCH = 1000 };

static struct store *store;
static struct hub *hub;
static _Atomic int64_t durable_ns, accepted_ns;
static _Atomic uint64_t n_accepted;
static atomic_bool stop;
static const char *part = "";

static void must(int r, const char *what, const struct err *err) {
    if (r == 0)
        return;
    fprintf(stderr, "%s: %d %s\n", what, r, err->text);
    exit(1);
}

static int accept_event(void *, struct store_batch *, const struct hub_event *) {
    accepted_ns = clock_mono_ns();
    n_accepted++;
    return HUB_OK;
}

static void mark_durable(void *) { durable_ns = clock_mono_ns(); }

static void drop_metric(void *, struct store_batch *, const struct hub_metric *) {}
static void drop_log(void *, struct store_batch *, const struct hub_log *, size_t) {}

static void open_hub(const char *data) {
    struct err err = {{0}};
    must(store_open(&store, &(struct store_options){.data = data, .reserve_bytes = 1}, &err),
         "store", &err);
    hub = hub_new(store);
    hub_plug_metric(hub, drop_metric, NULL);
    hub_plug_log(hub, drop_log, NULL);
    hub_plug_target(hub, S("sqs"), accept_event, NULL);
}

static void close_hub(void) {
    hub_stop(hub);
    hub = hub_free(hub);
    store = store_free(store);
}

static void put(struct store_batch *batch) {
    static char payload[500];
    const struct hub_event event = {.target = S("arn:aws:sqs:us-east-1:000000000000:q"),
                                    .source_service = S("s3.amazonaws.com"),
                                    .payload = str_n(payload, sizeof payload)};
    hub_deliver(hub, batch, &event);
}

static void commit(struct store_batch *batch) {
    struct err err;
    must(store_commit(store, batch, &err), "commit", &err);
    store_batch_clear(batch);
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* One event in flight: how long after its commit it is with its target. */
static void latency(int seconds) {
    static int64_t samples[MAX_SAMPLES];
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err err = {{0}};
    size_t n = 0;
    must(hub_start(hub, &err), "start", &err);
    int64_t end = clock_mono_ns() + seconds * 1000000000LL;
    while (n < MAX_SAMPLES && clock_mono_ns() < end) {
        uint64_t before = n_accepted;
        store_after(batch, mark_durable, NULL);
        put(batch);
        commit(batch);
        while (n_accepted == before)
            usleep(20);
        samples[n++] = accepted_ns - durable_ns;
        usleep(300); /* the event's own commit ends */
    }
    qsort(samples, n, sizeof *samples, by_size);
    printf(
        "latency     %6zu events   p50 %4lld us   p99 %4lld us   p99.9 %5lld us   max %5lld us\n",
        n, (long long)samples[n / 2] / 1000, (long long)samples[n * 99 / 100] / 1000,
        (long long)samples[n * 999 / 1000] / 1000, (long long)samples[n - 1] / 1000);
}

static void *write_events(void *) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    while (!stop) {
        put(batch);
        commit(batch);
    }
    return NULL;
}

static void throughput(int seconds) {
    pthread_t threads[WRITERS];
    struct err err = {{0}};
    must(hub_start(hub, &err), "start", &err);
    uint64_t before = n_accepted;
    for (size_t i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, write_events, NULL);
    sleep((unsigned)seconds);
    stop = true;
    uint64_t after = n_accepted;
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    printf("throughput  %6llu events a second are accepted, %d writers\n",
           (unsigned long long)(after - before) / (unsigned)seconds, WRITERS);
}

static void fill(size_t many) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    for (size_t i = 0; i < many; i++) {
        put(batch);
        if (i % OF_A_BATCH == OF_A_BATCH - 1)
            commit(batch);
    }
}

static void load_and_drain(const char *data) {
    struct err err = {{0}};
    fill(A_MILLION);
    close_hub();
    int64_t began = clock_mono_ns();
    open_hub(data);
    int64_t opened = clock_mono_ns();
    uint64_t before = n_accepted;
    must(hub_start(hub, &err), "start", &err);
    int64_t started = clock_mono_ns();
    while (n_accepted - before < A_MILLION)
        usleep(1000);
    int64_t drained = clock_mono_ns();
    printf("a million   open %.2f s   start %.2f s   drain %.2f s (%.0f a second)\n",
           (double)(opened - began) / 1e9, (double)(started - opened) / 1e9,
           (double)(drained - started) / 1e9, A_MILLION * 1e9 / (double)(drained - started));
}

int main(int argc, char **argv) {
    const char *dir = argc > 1 ? argv[1] : ".";
    int seconds = argc > 2 ? atoi(argv[2]) : 3;
    part = argc > 3 ? argv[3] : "";
    char data[512], command[600];
    snprintf(data, sizeof data, "%s/hub-bench-XXXXXX", dir);
    if (!mkdtemp(data))
        return 1;
    open_hub(data);
    if (strstr("latency", part)) {
        latency(seconds);
        close_hub();
        open_hub(data);
    }
    if (strstr("throughput", part)) {
        throughput(seconds);
        close_hub();
        open_hub(data);
    }
    if (strstr("million", part))
        load_and_drain(data);
    close_hub();
    snprintf(command, sizeof command, "rm -rf %s", data);
    return system(command);
}
