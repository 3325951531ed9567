/*
 * load: asks one endpoint for the same operation from several threads for a while, and says how
 * often it was answered. The peer of a comparison gets exactly the same requests.
 *
 *   load ENDPOINT OPERATION CLIENTS SECONDS [SIZE]
 *     OPERATION: put get (S3, SIZE bytes, bucket "bench"), putitem getitem (DynamoDB, table
 *     "bench"), hot (all clients add to one item of it), send (SQS, SIZE bytes, queue "bench"),
 *     receive (one message of it, which is deleted)
 *
 * Prints: rate (answers a second), p50, p99 and the longest in milliseconds, errors. Keys and region come from
 * the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_CA_BUNDLE).
 */
#include "base/clock.h"
#include "client/client.h"

#include <pthread.h>
#include <stdio.h>

enum { MAX_THREADS = 256, KEYS = 1000 };

struct worker {
    pthread_t thread;
    struct client *client;
    struct load *load;
    unsigned index;
    uint64_t errors;
    uint32_t *latencies_us; /* grows */
    size_t n, cap;
};

struct load {
    int (*once)(struct worker *w, uint64_t i);
    str body;
    int64_t end_ns;
    char first_error[256];
    pthread_mutex_t lock;
    struct worker workers[MAX_THREADS];
};

static int failed(struct worker *w, const struct client_fault *fault) {
    pthread_mutex_lock(&w->load->lock);
    if (!w->load->first_error[0])
        snprintf(w->load->first_error, sizeof w->load->first_error, "%d %s %.150s", fault->status,
                 fault->code, fault->message);
    pthread_mutex_unlock(&w->load->lock);
    return -1;
}

static struct client_object object_of(char *key, size_t size, const struct worker *w, uint64_t i) {
    int n = snprintf(key, size, "%u/%llu", w->index, (unsigned long long)(i % KEYS));
    return (struct client_object){.bucket = S("bench"), .key = str_n(key, (size_t)n)};
}

static int put(struct worker *w, uint64_t i) {
    char key[64];
    struct client_object object = object_of(key, sizeof key, w, i);
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_put_object(w->client, &object, w->load->body, &response, &fault);
    client_response_deinit(&response);
    return r == CLIENT_OK ? 0 : failed(w, &fault);
}

/* Every thread reads one object that the set-up has put there. */
static int get(struct worker *w, uint64_t i) {
    (void)i;
    struct client_object object = {.bucket = S("bench"), .key = S("0/0")};
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_get_object(w->client, &object, 64 << 20, &response, &fault);
    bool whole = response.body.len == w->load->body.len;
    client_response_deinit(&response);
    return r == CLIENT_OK && whole ? 0 : failed(w, &fault);
}

static int call(struct worker *w, const char *service, const char *target, json_t *in,
                json_t **ret_out) {
    struct client_fault fault;
    int r = client_json(w->client, service, target, in, ret_out, &fault);
    json_decref(in);
    return r == CLIENT_OK ? 0 : failed(w, &fault);
}

/* Nine attributes, as the function writes them. */
static int put_item(struct worker *w, uint64_t i) {
    char id[40], stamp[24];
    snprintf(id, sizeof id, "%08x%024llx", w->index, (unsigned long long)i);
    snprintf(stamp, sizeof stamp, "%llu", 1795323419ULL + (unsigned long long)(i % 5000));
    return call(
        w, "dynamodb", "DynamoDB_20120810.PutItem",
        json_pack(
            "{s:s,s:{s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:s}}}",
            "TableName", "bench", "Item", "ImageId", "S", id, "BucketName", "S",
            "image-storage-bucket-dev-000000000000", "ObjectKey", "S",
            "uploads/2026/11/photograph.jpg", "FileSize", "N", "3211264", "ContentType", "S",
            "image/jpeg", "UploadTimestamp", "N", stamp, "UploadDate", "S",
            "2026-11-22T04:56:59.123Z", "ProcessedAt", "S", "2026-11-22T04:57:00.004Z", "Status",
            "S", "processed"),
        NULL);
}

static int get_item(struct worker *w, uint64_t i) {
    (void)i;
    char id[40];
    snprintf(id, sizeof id, "%08x%024llx", 0u, 0ULL);
    return call(w, "dynamodb", "DynamoDB_20120810.GetItem",
                json_pack("{s:s,s:{s:{s:s}}}", "TableName", "bench", "Key", "ImageId", "S", id),
                NULL);
}

static int hot(struct worker *w, uint64_t i) {
    (void)i;
    return call(w, "dynamodb", "DynamoDB_20120810.UpdateItem",
                json_pack("{s:s,s:{s:{s:s}},s:s,s:{s:{s:s}}}", "TableName", "bench", "Key",
                          "ImageId", "S", "hot", "UpdateExpression", "ADD Hits :one",
                          "ExpressionAttributeValues", ":one", "N", "1"),
                NULL);
}

static const char queue[] = "https://sqs.us-east-1.amazonaws.com/000000000000/bench";

static int send(struct worker *w, uint64_t i) {
    (void)i;
    return call(w, "sqs", "AmazonSQS.SendMessage",
                json_pack("{s:s,s:s%}", "QueueUrl", queue, "MessageBody", w->load->body.p,
                          w->load->body.len),
                NULL);
}

static int receive(struct worker *w, uint64_t i) {
    (void)i;
    json_t *out = NULL;
    int r = call(w, "sqs", "AmazonSQS.ReceiveMessage", json_pack("{s:s}", "QueueUrl", queue), &out);
    const json_t *message = json_array_get(json_object_get(out, "Messages"), 0);
    if (message)
        r = call(w, "sqs", "AmazonSQS.DeleteMessage",
                 json_pack("{s:s,s:O}", "QueueUrl", queue, "ReceiptHandle",
                           json_object_get(message, "ReceiptHandle")),
                 NULL);
    json_decref(out);
    return r;
}

static const struct {
    const char *name;
    int (*once)(struct worker *w, uint64_t i);
} operations[] = {
    {"put", put}, {"get", get},   {"putitem", put_item}, {"getitem", get_item},
    {"hot", hot}, {"send", send}, {"receive", receive},
};

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
    printf("rate %.0f p50 %.3f p99 %.3f most %.3f errors %llu %s\n", (double)total / seconds,
           total ? all[total / 2] / 1000.0 : 0, total ? all[total - 1 - total / 100] / 1000.0 : 0,
           total ? all[total - 1] / 1000.0 : 0, (unsigned long long)errors, load->first_error);
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
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (str_is(str_c(argv[2]), operations[i].name))
            load.once = operations[i].once;
    if (!load.once)
        return usage();
    char *body = mem_alloc(size);
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('!' + (i * 2654435761u >> 13) % 94);
    load.body = str_n(body, size);

    struct err err;
    struct client_options options = {.endpoint = argv[1], .attempts = 1};
    int64_t start = clock_mono_ns();
    load.end_ns = start + (int64_t)seconds * 1000000000;
    for (unsigned i = 0; i < clients; i++) {
        struct worker *w = &load.workers[i];
        w->load = &load;
        w->index = i;
        if (client_new(&w->client, &options, &err) != 0) {
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
