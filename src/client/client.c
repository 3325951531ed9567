/*
 * client/client: the client: endpoints and credentials from the environment, signing, the retries
 * of one request.
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

static char *copy_or_null(const char *text) { return text && text[0] ? mem_strdup(text) : NULL; }

/* The first that is set and not empty. */
static const char *first_of(const char *given, const char *variable, const char *other,
                            const char *otherwise) {
    const char *value = given && given[0] ? given : getenv(variable);
    if ((!value || !value[0]) && other)
        value = getenv(other);
    return value && value[0] ? value : otherwise;
}

static void add_endpoint(struct client *client, str service, str url) {
    struct arena arena = {0};
    client->endpoints =
        mem_realloc(client->endpoints, (client->n_endpoints + 1) * sizeof *client->endpoints);
    client->endpoints[client->n_endpoints++] = (struct client_endpoint){
        mem_strdup(arena_cstr(&arena, service)), mem_strdup(arena_cstr(&arena, url))};
    arena_deinit(&arena);
}

/* AWS_ENDPOINT_URL_DYNAMODB=…: the part behind names the service, as the SDKs' settings do. */
static void read_environment_endpoints(struct client *client) {
    static const str prefix = S_INIT("AWS_ENDPOINT_URL_");
    static const struct {
        const char *id, *signing_name;
    } odd[] = {{"CLOUDWATCH", "monitoring"},
               {"CLOUDWATCH_LOGS", "logs"},
               {"EVENTBRIDGE", "events"}};
    for (char **at = environ; at && *at; at++) {
        str name, url;
        if (!str_cut(str_c(*at), '=', &name, &url) || !str_starts(name, prefix) || url.len == 0)
            continue;
        str id = str_skip(name, prefix.len);
        char service[64] = "";
        for (size_t i = 0; i < ARRAY_LEN(odd); i++)
            if (str_is(id, odd[i].id))
                client_copy_text(service, sizeof service, str_c(odd[i].signing_name));
        for (size_t i = 0; !service[0] && i < id.len && i + 1 < sizeof service; i++)
            service[i] = ascii_lower(id.p[i]);
        add_endpoint(client, str_c(service), url);
    }
    const char *general = getenv("AWS_ENDPOINT_URL");
    if (general && general[0])
        add_endpoint(client, S(""), str_c(general));
}

static int check_endpoints(const struct client *client, struct err *err) {
    struct client_url url;
    for (size_t i = 0; i < client->n_endpoints; i++)
        if (!client_url_parse(&url, str_c(client->endpoints[i].url)))
            return err_set(err, CLIENT_E_OPTIONS, "the endpoint %s is not an http or https URL",
                           client->endpoints[i].url);
    return CLIENT_OK;
}

/* Keys given, or all three from the environment: never a mixture. */
static int take_credentials(struct client *client, const struct client_options *o,
                            struct err *err) {
    bool given = o->access_key && o->access_key[0];
    const char *access = given ? o->access_key : getenv("AWS_ACCESS_KEY_ID");
    const char *secret = given ? o->secret_key : getenv("AWS_SECRET_ACCESS_KEY");
    if (!access || !access[0] || !secret || !secret[0])
        return err_set(err, CLIENT_E_OPTIONS,
                       "no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    client->access_key = mem_strdup(access);
    client->secret_key = mem_strdup(secret);
    client->session_token = copy_or_null(given ? o->session_token : getenv("AWS_SESSION_TOKEN"));
    return CLIENT_OK;
}

int client_new(struct client **ret_client, const struct client_options *o, struct err *err) {
    CLEANUP(client) struct client *c = mem_new(struct client);
    c->region = mem_strdup(first_of(o->region, "AWS_REGION", "AWS_DEFAULT_REGION", "us-east-1"));
    c->ca_file = copy_or_null(first_of(o->ca_file, "AWS_CA_BUNDLE", "SSL_CERT_FILE", NULL));
    c->user_agent = mem_strdup(o->user_agent ? o->user_agent : "calotype/" CALOTYPE_VERSION);
    c->idle_ms = o->idle_ms ? o->idle_ms : 60000;
    c->attempts = o->attempts ? o->attempts : 3;
    c->backoff_ms = o->backoff_ms ? o->backoff_ms : 100;
    client_pool_init(&c->pool, c->ca_file, o->connect_ms ? o->connect_ms : 3000);
    if (o->endpoint && o->endpoint[0])
        add_endpoint(c, S(""), str_c(o->endpoint));
    else
        read_environment_endpoints(c);
    int r = check_endpoints(c, err);
    if (r == CLIENT_OK)
        r = take_credentials(c, o, err);
    if (r == CLIENT_OK)
        *ret_client = STEAL(c);
    return r;
}

struct client *client_free(struct client *client) {
    if (!client)
        return NULL;
    client_pool_deinit(&client->pool);
    for (size_t i = 0; i < client->n_endpoints; i++) {
        free(client->endpoints[i].service);
        free(client->endpoints[i].url);
    }
    free(client->endpoints);
    if (client->secret_key)
        explicit_bzero(client->secret_key, strlen(client->secret_key));
    char *texts[] = {client->region,        client->access_key, client->secret_key,
                     client->session_token, client->ca_file,    client->user_agent};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(texts[i]);
    free(client);
    return NULL;
}

const char *client_region(const struct client *client) { return client->region; }

/* ---- Where a request goes ---- */

/* The endpoint that was named for this service, or in general; NULL: AWS's own. */
static const char *named_endpoint(const struct client *client, const char *service) {
    const char *general = NULL;
    for (size_t i = 0; i < client->n_endpoints; i++) {
        if (strcmp(client->endpoints[i].service, service) == 0)
            return client->endpoints[i].url;
        if (!client->endpoints[i].service[0])
            general = client->endpoints[i].url;
    }
    return general;
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
    if (client->session_token)
        headers[n++] =
            (struct sign_header){S("X-Amz-Security-Token"), str_c(client->session_token)};
    for (size_t i = 0; i < request->n_headers; i++)
        headers[n++] = request->headers[i];

    struct sign_request to_sign = {.method = str_c(request->method),
                                   .path = call->path,
                                   .query = request->query,
                                   .headers = headers,
                                   .n_headers = n,
                                   .payload_hash = call->payload_hash,
                                   .s3 = s3};
    struct sign_credentials credentials = {str_c(client->access_key), str_c(client->secret_key),
                                           str_c(client->session_token)};
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
    if (wrong)
        return options_fault(fault, wrong);
    struct call call = {.client = client, .request = request};
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
