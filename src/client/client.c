/*
 * client/client: the client: what it is made of, where a request goes, its signature.
 */
#include "client/client_priv.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/codec.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* ---- Making one ---- */

/* The first that is set and not empty. */
static const char *first_of(const char *const texts[], size_t n) {
    for (size_t i = 0; i < n; i++)
        if (texts[i] && texts[i][0])
            return texts[i];
    return NULL;
}

static char *choose_region(const struct client_options *o, const struct client_profile *profile) {
    const char *const texts[] = {o->region, getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"),
                                 profile->region, "us-east-1"};
    return mem_strdup(first_of(texts, ARRAY_LEN(texts)));
}

static char *choose_ca(const struct client_options *o, const struct client_profile *profile) {
    const char *const texts[] = {o->ca_file, getenv("AWS_CA_BUNDLE"), profile->ca_bundle,
                                 getenv("SSL_CERT_FILE")};
    const char *text = first_of(texts, ARRAY_LEN(texts));
    return text ? mem_strdup(text) : NULL;
}

int client_new(struct client **ret_client, const struct client_options *o, struct err *err) {
    CLEANUP(client) struct client *c = mem_new(struct client);
    CLEANUP_DEINIT(client_profile) struct client_profile profile = {.name = "default"};
    if (!o->endpoint || !o->endpoint[0] || !o->access_key || !o->access_key[0])
        client_profile_read(&profile);
    c->region = choose_region(o, &profile);
    c->ca_file = choose_ca(o, &profile);
    c->user_agent = mem_strdup(o->user_agent ? o->user_agent : "calotype/" CALOTYPE_VERSION);
    c->idle_ms = o->idle_ms ? o->idle_ms : 60000;
    c->attempts = o->attempts ? o->attempts : 3;
    c->backoff_ms = o->backoff_ms ? o->backoff_ms : 100;
    client_pool_init(&c->pool, c->ca_file, o->connect_ms ? o->connect_ms : 3000);
    if (!ascii_only_alnum(str_c(c->region), "-")) /* it stands in a header and in host names */
        return err_set(err, CLIENT_E_OPTIONS, "the region \"%s\" is not a region's name",
                       c->region);
    int r = client_settings_read(&c->settings, o, &profile, err);
    if (r == CLIENT_OK)
        *ret_client = STEAL(c);
    return r;
}

struct client *client_free(struct client *client) {
    if (!client)
        return NULL;
    client_pool_deinit(&client->pool);
    client_settings_deinit(&client->settings);
    char *texts[] = {client->region, client->ca_file, client->user_agent};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(texts[i]);
    free(client);
    return NULL;
}

const char *client_region(const struct client *client) { return client->region; }

void client_set_until(struct client *client, int64_t mono_ms) { client->until_ms = mono_ms; }

/* ---- Where a request goes ---- */

/* The endpoint that was named for this service, or in general; NULL: AWS's own. */
static const char *named_endpoint(const struct client *client, const char *service) {
    return client_settings_url(&client->settings, service);
}

static bool is_global(const char *service) { return strcmp(service, "iam") == 0; }

/* The one region that signs a global service's requests. */
static str signing_region(const struct client *client, const char *service) {
    return is_global(service) && !named_endpoint(client, service) ? S("us-east-1")
                                                                  : str_c(client->region);
}

/* A bucket can stand in a host name under AWS's certificate when it has no dot. */
static bool in_host_name(str bucket) { return bucket.len > 0 && str_chr(bucket, '.') < 0; }

static str aws_url(struct arena *arena, const struct client *client,
                   const struct client_request *request, bool *ret_in_host) {
    const char *tail = strncmp(client->region, "cn-", 3) == 0 ? ".cn" : "";
    *ret_in_host = in_host_name(request->bucket);
    if (is_global(request->service))
        return arena_printf(arena, "https://%s.amazonaws.com%s", request->service, tail);
    return arena_printf(arena, "https://" STR_FMT "%s%s.%s.amazonaws.com%s",
                        STR_ARG(*ret_in_host ? request->bucket : S("")), *ret_in_host ? "." : "",
                        request->service, client->region, tail);
}

/* ---- Signing ---- */

struct call {
    struct client *client;
    const struct client_request *request;
    struct arena arena;
    const struct client_keys *keys;
    str path; /* encoded, without the query */
    str host;
    str payload_hash;
    struct buf headers; /* of this attempt */
};

static void add_header(struct buf *out, str name, str value) {
    buf_str(out, name);
    buf_c(out, ": ");
    buf_str(out, value);
    buf_c(out, "\r\n");
}

/* Signed anew for each attempt: the time moves on. */
static void sign_attempt(void *ctx, struct client_wire *wire) {
    struct call *call = ctx;
    const struct client_request *request = call->request;
    struct client *client = call->client;
    bool s3 = strcmp(request->service, "s3") == 0;
    char date[CLOCK_ISO_MAX];
    struct sign_header *headers =
        arena_alloc(&call->arena, (request->n_headers + 4) * sizeof *headers);
    size_t n = 0;
    headers[n++] = (struct sign_header){S("Host"), call->host};
    headers[n++] = (struct sign_header){S("X-Amz-Date"), str_c(clock_amz(date, clock_real_ms()))};
    if (s3)
        headers[n++] = (struct sign_header){S("X-Amz-Content-Sha256"), call->payload_hash};
    if (call->keys->token)
        headers[n++] = (struct sign_header){S("X-Amz-Security-Token"), str_c(call->keys->token)};
    for (size_t i = 0; i < request->n_headers; i++)
        headers[n++] = request->headers[i];

    struct sign_request to_sign = {.method = str_c(request->method),
                                   .path = call->path,
                                   .query = request->query,
                                   .headers = headers,
                                   .n_headers = n,
                                   .payload_hash = call->payload_hash,
                                   .s3 = s3};
    struct sign_credentials credentials = {str_c(call->keys->access), str_c(call->keys->secret),
                                           str_c(call->keys->token)};
    struct buf authorization = {0};
    sign_authorize(&authorization, &to_sign, &credentials, str_c(date),
                   signing_region(client, request->service), str_c(request->service), NULL);
    buf_clear(&call->headers);
    for (size_t i = 0; i < n; i++)
        add_header(&call->headers, headers[i].name, headers[i].value);
    add_header(&call->headers, S("Authorization"), buf_view(&authorization));
    add_header(&call->headers, S("User-Agent"), str_c(client->user_agent));
    buf_deinit(&authorization);
    wire->headers = buf_view(&call->headers);
}

/*
 * S3 lets a body go unsigned. Under TLS, or on a connection that never leaves the machine, signing
 * it would only cost time.
 */
static str payload_hash_of(struct call *call, const struct client_url *url) {
    const struct client_request *request = call->request;
    char hash[SIGN_HEX + 1];
    bool s3 = strcmp(request->service, "s3") == 0;
    if (s3 && (request->source || (request->body.len && (url->tls || client_url_is_loopback(url)))))
        return S("UNSIGNED-PAYLOAD");
    sign_sha256_hex(hash, request->body);
    return arena_str(&call->arena, str_c(hash));
}

static bool is_header_text(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
            return false;
    return true;
}

static bool is_idempotent(const struct client_request *request) {
    return request->idempotent || strcmp(request->method, "POST") != 0;
}

/* What would let a value break out of its place in the request, or cannot be signed. */
static const char *fault_of_request(const struct client_request *request) {
    for (size_t i = 0; i < request->n_headers; i++)
        if (!is_header_text(request->headers[i].name) ||
            !is_header_text(request->headers[i].value) ||
            str_chr(request->headers[i].name, ':') >= 0)
            return "a header holds a line end";
    for (size_t i = 0; i < request->query.len; i++)
        if ((unsigned char)request->query.p[i] <= ' ')
            return "the query is not encoded";
    if (request->source && request->body.len)
        return "a body from both bytes and a source";
    if (request->source && strcmp(request->service, "s3") != 0)
        return "only S3 takes a body without its hash";
    return NULL;
}

static int options_fault(struct client_fault *fault, const char *text) {
    if (fault) {
        *fault = (struct client_fault){0};
        client_copy_text(fault->message, sizeof fault->message, str_c(text));
    }
    return CLIENT_E_OPTIONS;
}

int client_send(struct client *client, const struct client_request *request,
                struct client_response *response, struct client_fault *fault) {
    const char *wrong = fault_of_request(request);
    const struct client_keys *keys = client_settings_keys(&client->settings, request->service);
    if (!wrong && !keys)
        wrong = "there are no credentials for this service, only for others";
    if (wrong)
        return options_fault(fault, wrong);
    struct call call = {.client = client, .request = request, .keys = keys};
    struct client_wire wire = {.method = request->method,
                               .body = request->body,
                               .source = request->source,
                               .source_ctx = request->source_ctx,
                               .body_size =
                                   request->source ? request->body_size : request->body.len,
                               .idempotent = is_idempotent(request),
                               .no_retry = request->no_retry,
                               .max_body = request->max_body,
                               .sink = request->sink,
                               .sink_ctx = request->sink_ctx,
                               .idle_ms = request->idle_ms ? request->idle_ms : client->idle_ms};
    bool in_host = false;
    const char *named = named_endpoint(client, request->service);
    str url = named ? str_c(named) : aws_url(&call.arena, client, request, &in_host);
    int r;
    if (client_url_parse(&wire.url, url)) {
        struct buf path = {0}, host = {0};
        if (wire.url.path.len > 1) /* an endpoint may stand below a path */
            buf_str(&path, str_ends(wire.url.path, S("/"))
                               ? str_slice(wire.url.path, 0, wire.url.path.len - 1)
                               : wire.url.path);
        if (request->bucket.len && !in_host) {
            buf_char(&path, '/');
            codec_add_uri(&path, request->bucket, false);
        }
        codec_add_uri(&path, request->path, true);
        if (path.len == 0)
            buf_char(&path, '/');
        client_url_add_host(&host, &wire.url);
        call.path = arena_str(&call.arena, buf_view(&path));
        call.host = arena_str(&call.arena, buf_view(&host));
        call.payload_hash = payload_hash_of(&call, &wire.url);
        wire.target = request->query.len ? arena_printf(&call.arena, STR_FMT "?" STR_FMT,
                                                        STR_ARG(call.path), STR_ARG(request->query))
                                         : call.path;
        buf_deinit(&path);
        buf_deinit(&host);
        r = client_exchange(client, &wire, sign_attempt, &call, response, fault);
    } else {
        r = options_fault(fault, "the region does not make a host name");
    }
    buf_deinit(&call.headers);
    arena_deinit(&call.arena);
    return r;
}

int client_plain(struct client *client, const struct client_plain *request,
                 struct client_response *response, struct client_fault *fault) {
    const char *method = request->method;
    struct client_wire wire = {.method = method,
                               .body = request->body,
                               .body_size = request->body.len,
                               .idempotent =
                                   strcmp(method, "GET") == 0 || strcmp(method, "PUT") == 0,
                               .idle_ms = request->idle_ms ? request->idle_ms : client->idle_ms};
    struct arena arena = {0};
    struct buf text = {0};
    struct client_request as_request = {.service = "s3",
                                        .method = method,
                                        .headers = request->headers,
                                        .n_headers = request->n_headers};
    const char *wrong = fault_of_request(&as_request);
    if (wrong || !client_url_parse(&wire.url, request->url))
        return options_fault(fault, wrong ? wrong : "not an http or https URL");
    client_url_add_host(&text, &wire.url);
    str host = arena_str(&arena, buf_view(&text));
    buf_clear(&text);
    add_header(&text, S("Host"), host);
    for (size_t i = 0; i < request->n_headers; i++)
        add_header(&text, request->headers[i].name, request->headers[i].value);
    add_header(&text, S("User-Agent"), str_c(client->user_agent));
    wire.headers = buf_view(&text);
    wire.target = wire.url.query.p ? arena_printf(&arena, STR_FMT "?" STR_FMT,
                                                  STR_ARG(wire.url.path), STR_ARG(wire.url.query))
                                   : wire.url.path;
    int r = client_exchange(client, &wire, NULL, NULL, response, fault);
    buf_deinit(&text);
    arena_deinit(&arena);
    return r;
}

/* ---- Small helpers ---- */

void client_response_deinit(struct client_response *response) {
    buf_deinit(&response->head);
    buf_deinit(&response->body);
    *response = (struct client_response){0};
}

str client_header(const struct client_response *response, const char *name) {
    return client_http_header(buf_view(&response->head), str_c(name));
}

void client_add_query(struct buf *query, const char *name, str value) {
    if (query->len)
        buf_char(query, '&');
    codec_add_uri(query, str_c(name), false);
    buf_char(query, '=');
    codec_add_uri(query, value, false);
}

ssize_t client_file_source(void *client_file, uint64_t offset, void *p, size_t n) {
    const struct client_file *file = client_file;
    ssize_t got;
    do
        got = pread(file->fd, p, n, (off_t)(file->offset + offset));
    while (got < 0 && errno == EINTR);
    return got;
}
