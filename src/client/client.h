#pragma once
/*
 * client: signed calls to any AWS-compatible endpoint: AWS itself, the embedded cloud, or whatever
 * AWS_ENDPOINT_URL names. Used by the Lambda function (statically linked, where cold start counts)
 * and by the CLI.
 *
 * An own HTTP/1.1 client over sockets: a pool of kept-alive connections, Content-Length and chunked
 * answers, time-outs, retries with back-off. OpenSSL's TLS is set up at the first https connection
 * only; names are looked up only where the host is not an IP literal. Nothing here touches locale,
 * users or groups, so it works in an empty root.
 *
 * What is tried again: refused connections, answers 500, 502, 503, 504, 429 and throttling by code;
 * a cut connection only where the request is idempotent, or where a kept-alive connection turned
 * out closed before any byte of an answer. A source is asked again from offset 0.
 *
 * A struct client may be used by any number of threads; a request and a response belong to one.
 *
 * Errors. Functions answer 0, -errno, or an outcome of the enum below; words go into the err or the
 * fault that they are given.
 *
 *   CLEANUP(client) struct client *c = NULL;
 *   client_new(&c, &(struct client_options){0}, &err);           // everything from AWS_*
 *   CLEANUP_JSON json_t *out = NULL;
 *   client_json(c, "dynamodb", "DynamoDB_20120810.PutItem", item, &out, &fault);
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"
#include "sign/sign.h"

struct client;

struct client_options {
    /*
     * For every service. NULL: AWS_ENDPOINT_URL_<SERVICE>, then AWS_ENDPOINT_URL, then the
     * profile's `services` section, then its endpoint_url, then
     * https://SERVICE.REGION.amazonaws.com
     */
    const char *endpoint;
    const char *region; /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1 */
    /*
     * For every service. NULL: CALOTYPE_ACCESS_KEY_ID_<SERVICE> and its companions, then the
     * profile that AWS_PROFILE names, AWS_ACCESS_KEY_ID and its companions, the default profile
     */
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* NULL or empty: none */
    const char *ca_file;       /* NULL: AWS_CA_BUNDLE, the profile's, SSL_CERT_FILE, the system's */
    const char *user_agent;    /* NULL: calotype/VERSION */
    unsigned connect_ms;       /* 0: 3,000 */
    unsigned idle_ms;          /* longest silence of the peer; 0: 60,000 */
    unsigned attempts;         /* in all; 0: 3 */
    unsigned backoff_ms;       /* longest wait before the second attempt, doubling; 0: 100 */
};
/*
 * Texts are copied. CLIENT_E_OPTIONS (with words): no credentials, half of a pair, an endpoint that
 * is no http(s) URL, a region or a key of another form, a profile whose services section is not
 * there. The environment and the profile's files are read here, and not again.
 */
int client_new(struct client **ret_client, const struct client_options *options, struct err *err);
struct client *client_free(struct client *client); /* no request may be under way */
DEFINE_FREEP(client)
const char *client_region(const struct client *client);
/*
 * When (clock_mono_ms) all that this client does must be over: what is under way then ends as
 * CLIENT_E_TRANSPORT, and nothing is begun any more. 0: no such moment. Any thread; for requests of
 * all threads, plain ones too.
 */
void client_set_until(struct client *client, int64_t mono_ms);

/* Outcomes of a request. */
enum {
    CLIENT_OK = 0, /* status 200 to 299 */
    /* the endpoint answered an error: fault has its status, code and message */
    CLIENT_E_ANSWER = OUTCOMES_CLIENT,
    /* no (whole) answer: refused, cut off, timed out, bad certificate, not HTTP */
    CLIENT_E_TRANSPORT,
    CLIENT_E_TOO_LARGE, /* the answer is larger than max_body */
    CLIENT_E_SINK,      /* the sink or the body's source gave up */
    CLIENT_E_OPTIONS,
};

/* What went wrong, for people and for deciding. Zeroed by every call. */
struct client_fault {
    int status;          /* HTTP; 0: there was no answer */
    char code[96];       /* "NoSuchKey", "ConditionalCheckFailedException"; "" when unknown */
    char message[16384]; /* cut there; that is room for all the faults of most templates */
    char request_id[64];
    unsigned attempts; /* how often it was tried */
};
/* printf("…: " CLIENT_FAULT_FMT, CLIENT_FAULT_ARG(fault)): the code, where there is one, and the message. */
#define CLIENT_FAULT_FMT        "%s%s%s"
#define CLIENT_FAULT_ARG(fault) (fault)->code, (fault)->code[0] ? " " : "", (fault)->message

/* ---- The general form ---- */
/*
 * Up to n bytes at offset into p: > 0, or < 0 to give up. Called again from 0 for a further
 * attempt.
 */
typedef ssize_t client_source_fn(void *ctx, uint64_t offset, void *p, size_t n);
/*
 * Bytes of a successful answer as they come; non-zero gives up. The status is good and the headers
 * may be read (client_header of the request's response); an empty body brings no call.
 */
typedef int client_sink_fn(void *ctx, const void *p, size_t n);

struct client_request {
    /* signing name and host's first label: "s3", "dynamodb", "sns", "lambda" */
    const char *service;
    const char *method;
    str bucket; /* S3 only: put into the host name or the path, as the endpoint wants */
    str path;   /* not encoded; S3: the key with a leading '/'; "" counts as "/" */
    str query;  /* encoded, without '?'; client_add_query helps */
    const struct sign_header *headers; /* further ones (Content-Type, x-amz-*) */
    size_t n_headers;

    /* The body: bytes, or a source of exactly body_size bytes; neither: none. */
    str body;
    client_source_fn *source;
    void *source_ctx;
    uint64_t body_size;
    /* A source is sent as UNSIGNED-PAYLOAD, which only S3 takes: give others bytes. */

    /* may be sent again after a cut connection; GET, HEAD, PUT, DELETE always may */
    bool idempotent;
    bool no_retry;
    uint64_t max_body;    /* of the answer kept in memory; 0: 8 MiB */
    client_sink_fn *sink; /* NULL: into response->body */
    void *sink_ctx;
    unsigned idle_ms; /* 0: the client's */
};

struct client_response {
    int status;
    struct buf head; /* what client_header reads */
    struct buf body;
    uint64_t body_size; /* received, sink or not */
};
/* Frees head and body; a zeroed response is a valid empty one, and may be used again. */
void client_response_deinit(struct client_response *response);
/* First header of that name, without case; absent when missing. Valid until the next call. */
str client_header(const struct client_response *response, const char *name);

/*
 * Sends the request, again where the head of this page says so, and blocks until the answer is
 * there or given up: connect_ms and idle_ms bound each wait, not their sum. The request is borrowed
 * for the call. response is reset first and filled for CLIENT_E_ANSWER too; fault may be NULL.
 */
int client_send(struct client *client, const struct client_request *request,
                struct client_response *response, struct client_fault *fault);
/* "&name=value" (the '&' only behind something), both encoded. */
void client_add_query(struct buf *query, const char *name, str value);
/* A source over an open file: pread from offset. ctx is a struct client_file. */
struct client_file {
    int fd;
    uint64_t offset;
};
ssize_t client_file_source(void *client_file, uint64_t offset, void *p, size_t n);

/*
 * An unsigned request to an absolute http or https URL: a presigned one, a custom resource's
 * ResponseURL, the Lambda runtime API. Not sent again after bytes of an answer came; GET and PUT
 * are after a refused or cut connection.
 */
struct client_plain {
    const char *method;
    str url;
    const struct sign_header *headers;
    size_t n_headers;
    str body;
    unsigned idle_ms; /* 0: the client's; UINT_MAX: waits for ever (/invocation/next) */
};
/* As client_send; an answer of 300 and more is CLIENT_E_ANSWER, redirections are not followed. */
int client_plain(struct client *client, const struct client_plain *request,
                 struct client_response *response, struct client_fault *fault);

/* ---- By protocol ---- */
/*
 * json protocols: target "DynamoDB_20120810.PutItem", "Logs_20140328.PutLogEvents",
 * "AmazonSQS.SendMessage". *ret_out (may be NULL) is a new reference. SQS and DynamoDB speak 1.0,
 * the others 1.1; this knows.
 */
int client_json(struct client *client, const char *service, const char *target, const json_t *in,
                json_t **ret_out, struct client_fault *fault);
/*
 * A call of the query protocol (sns, sts, iam, cloudformation, monitoring): a form of Action,
 * Version and the parameters as given ("Message", "Tags.member.1.Key").
 */
struct client_form {
    const char *service, *action, *version;
    const struct sign_header *params;
    size_t n_params;
};
/* As client_send. Appends the answer, XML, to out (may be NULL), an error's too. */
int client_query(struct client *client, const struct client_form *form, struct buf *out,
                 struct client_fault *fault);
/* Text of the first element of that name in an XML answer, entities decoded. False: none. */
bool client_xml_text(str xml, const char *element, struct buf *out);

/* ---- S3 objects ---- */
struct client_object {
    str bucket, key;
    str version_id;                    /* absent: the current one */
    const struct sign_header *headers; /* Content-Type, x-amz-meta-*, Range, If-Match, … */
    size_t n_headers;
};
/* Body from bytes. */
int client_put_object(struct client *client, const struct client_object *object, str body,
                      struct client_response *response, struct client_fault *fault);
/* Body from exactly size bytes of a source: client_file_source for files. */
struct client_from {
    client_source_fn *source;
    void *ctx;
    uint64_t size;
};
int client_put_object_from(struct client *client, const struct client_object *object,
                           const struct client_from *from, struct client_response *response,
                           struct client_fault *fault);
/* Into response->body. A cut answer is fetched again from its start. */
int client_get_object(struct client *client, const struct client_object *object, uint64_t max_body,
                      struct client_response *response, struct client_fault *fault);
/* To the sink, as the bytes come: once it was called, a cut answer is a fault. */
int client_get_object_to(struct client *client, const struct client_object *object,
                         client_sink_fn *sink, void *sink_ctx, struct client_response *response,
                         struct client_fault *fault);
int client_head_object(struct client *client, const struct client_object *object,
                       struct client_response *response, struct client_fault *fault);
