/*
 * How fast the store commits: threads that each commit batches of four rows of 400 bytes (an item,
 * its index entry, an event, a previous image), the item on condition that it is new; then bodies.
 *   store_bench [DIR [SECONDS [PART [MOST]]]]   DIR: where to work (a folder in it is made and removed);
 *                                        PART: only the figures whose name and a space behind it have it
 *   MOST: commits of a thread, for profilers, which make SECONDS say nothing
 */
#include "base/clock.h"
#include "base/rand.h"
#include "store/blob.h"
#include "store/key.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROW = 400, MAX_THREADS = 64, MAX_SAMPLES = 1 << 16 };

static struct store *store;
static char key_id[SEAL_KEY_ID_LEN];
static atomic_bool stop;
static size_t body_size;
static uint64_t commits; /* of all figures: what a profile of the whole run is divided by */
static const char *part = "";
static uint64_t most = UINT64_MAX;

struct worker {
    pthread_t thread;
    uint64_t done;
    int64_t *samples; /* nanoseconds, the first MAX_SAMPLES */
};

static void must(int r, const char *what, const struct err *err) {
    if (r == 0)
        return;
    fprintf(stderr, "%s: %d %s\n", what, r, err->text);
    exit(1);
}

static void put_one(struct store_batch *batch, struct buf *key, const char *row) {
    static const struct {
        enum store_cf cf;
        const char *kind;
    } rows[] = {{STORE_ITEMS, "item"},
                {STORE_ITEMS, "index"},
                {STORE_QUEUE, "event"},
                {STORE_HISTORY, "image"}};
    struct err err;
    char hash[16];
    rand_bytes(hash, sizeof hash);
    store_batch_clear(batch);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        key_begin(key, rows[i].kind);
        key_str(key, S("000000000000"));
        key_raw(key, str_n(hash, sizeof hash));
        if (i == 0)
            store_expect_absent(batch, rows[i].cf, buf_view(key), 0);
        store_put_blind(batch, rows[i].cf, buf_view(key), str_n(row, ROW));
    }
    must(store_commit(store, batch, &err), "commit", &err);
}

static void put_body(struct store_batch *batch, struct buf *key, const char *body) {
    struct blob_writer *w = NULL;
    struct err err;
    struct buf ref = {0};
    must(blob_create(store, str_n(key_id, sizeof key_id), body_size, &w, &err), "create", &err);
    for (size_t at = 0; at < body_size; at += 65536) {
        size_t n = body_size - at < 65536 ? body_size - at : 65536;
        must(blob_write(w, body + at, n, &err), "write", &err);
    }
    must(blob_finish(w, &ref, &err), "finish", &err);
    store_batch_clear(batch);
    blob_keep(batch, buf_view(&ref));
    key_begin(key, "obj");
    key_u64(key, rand_u64());
    store_put_blind(batch, STORE_META, buf_view(key), buf_view(&ref));
    must(store_commit(store, batch, &err), "commit", &err);
    buf_deinit(&ref);
}

static void *work(void *arg) {
    struct worker *w = arg;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    char *bytes = mem_alloc(body_size > ROW ? body_size : ROW);
    for (size_t i = 0; i < (body_size > ROW ? body_size : ROW); i++)
        bytes[i] = (char)('a' + i % 23);
    while (!atomic_load_explicit(&stop, memory_order_relaxed) && w->done < most) {
        int64_t t = clock_mono_ns();
        if (body_size)
            put_body(batch, &key, bytes);
        else
            put_one(batch, &key, bytes);
        if (w->done < MAX_SAMPLES)
            w->samples[w->done] = clock_mono_ns() - t;
        w->done++;
    }
    free(bytes);
    return NULL;
}

static int by_time(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What the process used so far: microseconds of CPU, and how often a thread of it had to wait. */
static void used(double *ret_us, double *ret_waits) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    *ret_us = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
              (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    *ret_waits = (double)u.ru_nvcsw;
}

static void measure(const char *name, int threads, double seconds) {
    CLEANUP_DEINIT(buf) struct buf figure = {0};
    buf_printf(&figure, "%s_%d ", name, threads);
    if (!strstr(buf_cstr(&figure), part))
        return;
    static struct worker workers[MAX_THREADS];
    int64_t *all = mem_alloc(sizeof *all * MAX_SAMPLES * (size_t)threads);
    atomic_store(&stop, false);
    double us_before, waits_before, us, waits;
    used(&us_before, &waits_before);
    int64_t began = clock_mono_ns();
    for (int i = 0; i < threads; i++) {
        workers[i] = (struct worker){.samples = mem_alloc(sizeof(int64_t) * MAX_SAMPLES)};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            exit(1);
    }
    usleep((useconds_t)(seconds * 1e6));
    atomic_store(&stop, true);
    uint64_t done = 0;
    size_t n = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        size_t kept = workers[i].done < MAX_SAMPLES ? workers[i].done : MAX_SAMPLES;
        memcpy(all + n, workers[i].samples, kept * sizeof *all);
        n += kept;
        done += workers[i].done;
        free(workers[i].samples);
    }
    commits += done;
    double took = (double)(clock_mono_ns() - began) / 1e9;
    used(&us, &waits);
    printf("figure cpu_%s_%d %.1f us\nfigure waits_%s_%d %.2f\n", name, threads,
           (us - us_before) / (double)done, name, threads, (waits - waits_before) / (double)done);
    qsort(all, n, sizeof *all, by_time);
    printf("figure %s_%d %.0f per_second\n", name, threads, (double)done / took);
    if (n)
        printf("figure %s_%d_p50 %.3f ms\nfigure %s_%d_p99 %.3f ms\n", name, threads,
               (double)all[n / 2] / 1e6, name, threads, (double)all[n * 99 / 100] / 1e6);
    fflush(stdout);
    free(all);
}

static long rss_kib(void) {
    long kib = 0;
    char line[256];
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return kib;
}

static void reopen(const char *path, const char *figure) {
    struct err err;
    if (store && !strstr(figure, part))
        return;
    store = store_free(store);
    int64_t t = clock_mono_ns();
    must(store_open(&store, &(struct store_options){.data = path}, &err), "open", &err);
    printf("figure %s %.1f ms\n", figure, (double)(clock_mono_ns() - t) / 1e6);
}

int main(int argc, char **argv) {
    CLEANUP_DEINIT(buf) struct buf path = {0}, command = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct err err;
    double seconds = argc > 2 ? atof(argv[2]) : 3;
    part = argc > 3 ? argv[3] : "";
    most = argc > 4 ? strtoull(argv[4], NULL, 10) : most;
    buf_printf(&path, "%s/store-bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    if (!mkdtemp(path.p)) {
        perror(path.p);
        return 1;
    }
    reopen(path.p, "store_open_empty");
    printf("figure store_idle_rss %.1f MB\n", (double)rss_kib() / 1024);
    must(seal_key_create(store, batch, key_id, &err), "key", &err);
    must(store_commit(store, batch, &err), "key", &err);

    static const int threads[] = {1, 8, 16, 64};
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        measure("store_puts", threads[i], seconds);
    reopen(path.p, "store_open_again");
    static const struct {
        const char *name;
        size_t size;
    } bodies[] = {{"store_body_10k", 10 << 10},
                  {"store_body_100k", 100 << 10},
                  {"store_body_1m", 1 << 20}};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        body_size = bodies[i].size;
        measure(bodies[i].name, 8, seconds);
    }
    printf("figure store_commits %" PRIu64 "\nfigure store_rss_after %.1f MB\n", commits,
           (double)rss_kib() / 1024);
    reopen(path.p, "store_open_with_bodies");
    store_free(store);
    buf_printf(&command, "rm -rf '%s'", path.p);
    return system(command.p) != 0;
}
