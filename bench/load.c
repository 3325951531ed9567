/*
 * load: asks one endpoint for the same operation from several threads for a while, and says how
 * often it was answered. The peer of a comparison gets exactly the same requests.
 *
 *   load ENDPOINT OPERATION CLIENTS SECONDS [SIZE]
 *     OPERATION: a row of load_ops.c; what it needs (bucket, table, queue, topic "bench") is there
 *
 * Prints: rate (answers a second), answers, p50, p99 and the longest in milliseconds, the CPU that one
 * answer cost this program in microseconds, errors. Keys and region come from the environment
 * (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_CA_BUNDLE).
 */
#include "load.h"

#include "base/clock.h"

#include <stdio.h>
#include <sys/resource.h>

int load_failed(struct worker *w, const struct client_fault *fault) {
    pthread_mutex_lock(&w->load->lock);
    if (!w->load->first_error[0])
        snprintf(w->load->first_error, sizeof w->load->first_error, "%d %s %.150s", fault->status,
                 fault->code, fault->message);
    pthread_mutex_unlock(&w->load->lock);
    return -1;
}

static void *worker_main(void *arg) {
    struct worker *w = arg;
    for (uint64_t i = 0;; i++) {
        int64_t start = clock_mono_ns();
        if (start >= w->load->end_ns)
            return NULL;
        if (w->load->once(w, i) != 0) {
            w->errors++;
            continue;
        }
        if (w->n == w->cap) {
            w->cap = w->cap ? w->cap * 2 : 4096;
            w->latencies_us = mem_realloc(w->latencies_us, w->cap * sizeof *w->latencies_us);
        }
        w->latencies_us[w->n++] = (uint32_t)((clock_mono_ns() - start) / 1000);
    }
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Of this whole process. */
static double cpu_us(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void report(struct load *load, unsigned n, double seconds) {
    size_t total = 0, at = 0;
    uint64_t errors = 0;
    for (unsigned i = 0; i < n; i++) {
        total += load->workers[i].n;
        errors += load->workers[i].errors;
    }
    uint32_t *all = mem_alloc((total + 1) * sizeof *all);
    for (unsigned i = 0; i < n; i++) {
        if (load->workers[i].n)
            memcpy(all + at, load->workers[i].latencies_us, load->workers[i].n * sizeof *all);
        at += load->workers[i].n;
    }
    qsort(all, total, sizeof *all, by_value);
    printf("rate %.0f answers %zu p50 %.3f p99 %.3f most %.3f cpu %.1f errors %llu %s\n",
           (double)total / seconds, total, total ? all[total / 2] / 1000.0 : 0,
           total ? all[total - 1 - total / 100] / 1000.0 : 0, total ? all[total - 1] / 1000.0 : 0,
           total ? cpu_us() / (double)total : 0, (unsigned long long)errors, load->first_error);
    free(all);
}

static int usage(void) {
    fputs("usage: load ENDPOINT OPERATION CLIENTS SECONDS [SIZE]\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    uint64_t clients, seconds, size = 10240;
    static struct load load = {.lock = PTHREAD_MUTEX_INITIALIZER};
    if (argc < 5 || !str_to_u64(str_c(argv[3]), &clients) || clients < 1 || clients > MAX_THREADS ||
        !str_to_u64(str_c(argv[4]), &seconds) || (argc > 5 && !str_to_u64(str_c(argv[5]), &size)))
        return usage();
    load.once = load_operation(argv[2]);
    if (!load.once)
        return usage();
    char *body = mem_alloc(size);
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('!' + (i * 2654435761u >> 13) % 94);
    load.body = str_n(body, size);

    struct err err;
    load.options = (struct client_options){.endpoint = argv[1], .attempts = 1};
    int64_t start = clock_mono_ns();
    load.end_ns = start + (int64_t)seconds * 1000000000;
    for (unsigned i = 0; i < clients; i++) {
        struct worker *w = &load.workers[i];
        w->load = &load;
        w->index = i;
        if (client_new(&w->client, &load.options, &err) != 0) {
            fprintf(stderr, "load: %s\n", err.text);
            return 1;
        }
        pthread_create(&w->thread, NULL, worker_main, w);
    }
    for (unsigned i = 0; i < clients; i++)
        pthread_join(load.workers[i].thread, NULL);
    report(&load, (unsigned)clients, (double)(clock_mono_ns() - start) / 1e9);
    for (unsigned i = 0; i < clients; i++) {
        client_free(load.workers[i].client);
        free(load.workers[i].latencies_us);
    }
    free(body);
    return 0;
}
