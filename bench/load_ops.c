/* The operations of load: one request each, the same for every endpoint. */
#include "load.h"

#include <stdio.h>

enum { KEYS = 1000 };

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
    return r == CLIENT_OK ? 0 : load_failed(w, &fault);
}

static int get_of(struct worker *w, str key) {
    struct client_object object = {.bucket = S("bench"), .key = key};
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_get_object(w->client, &object, 64 << 20, &response, &fault);
    bool whole = response.body.len == w->load->body.len;
    client_response_deinit(&response);
    return r == CLIENT_OK && whole ? 0 : load_failed(w, &fault);
}

/* Every thread reads one object that a put has left there. */
static int get(struct worker *w, uint64_t i) {
    (void)i;
    return get_of(w, S("0/0"));
}

static int call(struct worker *w, const char *service, const char *target, json_t *in,
                json_t **ret_out) {
    struct client_fault fault;
    int r = client_json(w->client, service, target, in, ret_out, &fault);
    json_decref(in);
    return r == CLIENT_OK ? 0 : load_failed(w, &fault);
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

/* The 25 items of one partition of an index, which the set-up has put there. */
static int query(struct worker *w, uint64_t i) {
    (void)i;
    return call(w, "dynamodb", "DynamoDB_20120810.Query",
                json_pack("{s:s,s:s,s:s,s:{s:{s:s}},s:i}", "TableName", "bench", "IndexName",
                          "ByTime", "KeyConditionExpression", "UploadTimestamp = :t",
                          "ExpressionAttributeValues", ":t", "N", "7", "Limit", 25),
                NULL);
}

static int publish(struct worker *w, uint64_t i) {
    (void)i;
    struct client_fault fault;
    const struct sign_header params[] = {
        {S("TopicArn"), S("arn:aws:sns:us-east-1:000000000000:bench")},
        {S("Message"), w->load->body},
    };
    struct client_form form = {"sns", "Publish", "2010-03-31", params, ARRAY_LEN(params)};
    int r = client_query(w->client, &form, NULL, &fault);
    return r == CLIENT_OK ? 0 : load_failed(w, &fault);
}

static int list_pages(struct worker *w, str query_text) {
    struct client_request request = {.service = "s3",
                                     .method = "GET",
                                     .bucket = S("pages"),
                                     .query = query_text};
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_send(w->client, &request, &response, &fault);
    client_response_deinit(&response);
    return r == CLIENT_OK ? 0 : load_failed(w, &fault);
}

/* A page of 1,000 keys, and one of the prefixes that stand for 10,000. */
static int list(struct worker *w, uint64_t i) {
    (void)i;
    return list_pages(w, S("list-type=2&prefix=flat%2F"));
}
static int list_prefixes(struct worker *w, uint64_t i) {
    (void)i;
    return list_pages(w, S("delimiter=%2F&list-type=2&prefix=deep%2F"));
}

/* A new connection for each request: over TLS a whole handshake. */
static int connect_and_get(struct worker *w, uint64_t i) {
    (void)i;
    struct err err;
    w->client = client_free(w->client);
    if (client_new(&w->client, &w->load->options, &err) == 0)
        return get_of(w, S("small"));
    fprintf(stderr, "load: %s\n", err.text);
    abort();
}

static int invoke(struct worker *w, uint64_t i) {
    (void)i;
    struct client_request request = {.service = "lambda",
                                     .method = "POST",
                                     .path = S("/2015-03-31/functions/bench/invocations"),
                                     .body = S("{}")};
    struct client_response response = {0};
    struct client_fault fault;
    int r = client_send(w->client, &request, &response, &fault);
    bool right = str_is(buf_view(&response.body), "null");
    client_response_deinit(&response);
    return r == CLIENT_OK && right ? 0 : load_failed(w, &fault);
}

static const struct {
    const char *name;
    load_once_fn *once;
} operations[] = {
    {"put", put}, /* S3: SIZE bytes, bucket "bench" */
    {"get", get}, /* the object 0/0 of it */
    {"connect", connect_and_get},
    {"list", list}, /* bucket "pages" */
    {"prefixes", list_prefixes},
    {"putitem", put_item}, /* DynamoDB: table "bench" */
    {"getitem", get_item},
    {"query", query},
    {"hot", hot},         /* all clients add to one item */
    {"send", send},       /* SQS: SIZE bytes, queue "bench" */
    {"receive", receive}, /* one message of it, which is deleted */
    {"publish", publish}, /* SNS: SIZE bytes, topic "bench" */
    {"invoke", invoke},   /* Lambda: function "bench", which answers null */
};

load_once_fn *load_operation(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (str_is(str_c(name), operations[i].name))
            return operations[i].once;
    return NULL;
}
