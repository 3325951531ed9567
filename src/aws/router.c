/*
 * Which service and which operation a request means. In this order: rpc-v2 path, X-Amz-Target, the
 * credential scope's service, the host name, a dated path, a form's Version, else the default (S3).
 * Paths of the rest services are matched against the model's templates: among those that fit, the
 * one with the most literal parts and the most query parameters wins (GET /b?acl is GetBucketAcl,
 * GET /b?anything is ListObjects, as AWS has it).
 */
#include "aws/aws_priv.h"

#include "base/codec.h"

enum { SEGMENTS_MAX = 8, METHODS = 5 };

struct segment {
    str text; /* literal, or the label's name */
    bool label, greedy;
};
struct rest_op {
    const struct api_op *op;
    struct segment segments[SEGMENTS_MAX];
    unsigned n, literals;
};
struct rest_list {
    struct rest_op *ops;
    size_t n;
};
struct router {
    struct rest_list lists[API_N_SERVICES][METHODS][SEGMENTS_MAX + 1];
};

static int method_index(str method) {
    static const char *const names[METHODS] = {"GET", "PUT", "POST", "DELETE", "HEAD"};
    for (int i = 0; i < METHODS; i++)
        if (str_is(method, names[i]))
            return i;
    return -1;
}

static bool is_rest(const struct api_service *api) {
    return api->protocols & (API_REST_XML | API_REST_JSON);
}

/* ---- Templates ---- */

static void parse_template(struct rest_op *r, const struct api_op *op) {
    str path = str_skip(op->path, 1), part;
    r->op = op;
    while (path.len && r->n < SEGMENTS_MAX) {
        str_cut(path, '/', &part, &path);
        struct segment *s = &r->segments[r->n++];
        s->label = part.p[0] == '{';
        s->text = s->label ? str_slice(part, 1, part.len - 1) : part;
        s->greedy = s->label && str_ends(s->text, S("+"));
        if (s->greedy)
            s->text.len--;
        r->literals += !s->label;
    }
}

static void add_service(struct router *router, const struct api_service *api) {
    for (size_t i = 0; i < api->n_ops; i++) {
        struct rest_op r = {0};
        int method = method_index(api->ops[i].method);
        parse_template(&r, &api->ops[i]);
        if (method < 0)
            continue;
        struct rest_list *list = &router->lists[api->index][method][r.n];
        list->ops = mem_realloc(list->ops, (list->n + 1) * sizeof *list->ops);
        list->ops[list->n++] = r;
    }
}

struct router *aws_router_new(void) {
    struct router *router = mem_new(struct router);
    for (size_t i = 0; api_services[i]; i++)
        if (is_rest(api_services[i]))
            add_service(router, api_services[i]);
    return router;
}

struct router *aws_router_free(struct router *router) {
    for (size_t s = 0; router && s < API_N_SERVICES; s++)
        for (size_t m = 0; m < METHODS; m++)
            for (size_t n = 0; n <= SEGMENTS_MAX; n++)
                free(router->lists[s][m][n].ops);
    free(router);
    return NULL;
}

/* ---- Matching ---- */

static const struct codec_param *find_param(const struct route *route, str key) {
    for (size_t i = 0; i < route->n_params; i++)
        if (str_eq(route->params[i].key, key))
            return &route->params[i];
    return NULL;
}

/* How well the operation fits: -1 not at all. */
static int score(const struct rest_op *r, const struct route *route, const struct aws_wire *wire,
                 const str *parts) {
    const struct api_op *op = r->op;
    for (unsigned i = 0; i < r->n; i++)
        if (!r->segments[i].label && !str_eq(r->segments[i].text, parts[i]))
            return -1;
    for (size_t i = 0; i < op->n_query; i++) {
        const struct codec_param *p = find_param(route, op->query[i].key);
        if (!p || (op->query[i].value.p && !str_eq(p->value, op->query[i].value)))
            return -1;
    }
    if (op->required_header.p && !aws_wire_header(wire, op->required_header.p).p)
        return -1;
    return (int)(r->literals * 1000 + op->n_query * 10u + (op->required_header.p ? 5u : 0u) +
                 (op->modelled ? 2u : 0u) + (op->older ? 0u : 1u));
}

static int decode_label(struct arena *arena, str text, str *ret) {
    CLEANUP_DEINIT(buf) struct buf b = {0};
    if (!codec_unuri(&b, text, false))
        return AWS_FAILED;
    *ret = arena_str(arena, buf_view(&b));
    return 0;
}

static int take_labels(struct route *route, const struct rest_op *r, const str *parts,
                       struct arena *arena) {
    for (unsigned i = 0; i < r->n; i++) {
        const struct segment *s = &r->segments[i];
        if (!s->label || route->n_labels == LABELS_MAX)
            continue;
        struct label *label = &route->labels[route->n_labels++];
        label->name = s->text;
        if (decode_label(arena, parts[i], &label->value)) {
            route->error = COMMON_INVALID_URI;
            return AWS_FAILED;
        }
    }
    return 0;
}

static int match(const struct rest_list *list, struct route *route, const struct aws_wire *wire,
                 const str *parts, struct arena *arena) {
    const struct rest_op *best = NULL;
    int best_score = -1;
    for (size_t i = 0; i < list->n; i++) {
        int s = score(&list->ops[i], route, wire, parts);
        if (s > best_score) {
            best = &list->ops[i];
            best_score = s;
        }
    }
    if (!best) {
        route->error = COMMON_UNKNOWN_OP;
        return AWS_FAILED;
    }
    route->op = best->op;
    return take_labels(route, best, parts, arena);
}

/* bucket_hosts: the bucket is the host's or the first part, the key everything behind it. */
static unsigned split_bucket(str path, str host_bucket, str parts[SEGMENTS_MAX]) {
    str rest = str_skip(path, 1), key = STR_NONE;
    if (host_bucket.p) {
        parts[0] = host_bucket;
        key = rest;
    } else if (rest.len == 0) {
        return 0;
    } else {
        str_cut(rest, '/', &parts[0], &key);
    }
    parts[1] = key;
    return key.len ? 2 : 1;
}

static unsigned split_path(str path, str parts[SEGMENTS_MAX]) {
    unsigned n = 0;
    path = str_skip(path, 1);
    if (str_ends(path, S("/")))
        path.len--;
    while (path.len && n < SEGMENTS_MAX)
        str_cut(path, '/', &parts[n++], &path);
    return path.len ? SEGMENTS_MAX + 1 : n;
}

/* A browser's form upload: an operation that the model does not have. */
static bool is_form_upload(const struct route *route, const struct aws_wire *wire) {
    return route->api->form_upload.p && str_is(wire->method, "POST") &&
           str_starts_nocase(aws_wire_header(wire, "Content-Type"), S("multipart/form-data"));
}

static int route_rest(const struct router *router, struct route *route, const struct aws_wire *wire,
                      struct arena *arena) {
    str parts[SEGMENTS_MAX] = {{0}};
    const struct api_service *api = route->api;
    int method = method_index(wire->method);
    unsigned n = api->bucket_hosts ? split_bucket(wire->path, route->host_bucket, parts)
                                   : split_path(route->path, parts);
    route->protocol = api->protocols & API_REST_XML ? PROTOCOL_REST_XML : PROTOCOL_REST_JSON;
    route->target = wire->method;
    if (is_form_upload(route, wire)) {
        route->target = api->form_upload;
        route->error = COMMON_NOT_IMPLEMENTED;
        return AWS_FAILED;
    }
    if (method < 0 || n > SEGMENTS_MAX) {
        route->error = COMMON_UNKNOWN_OP;
        return AWS_FAILED;
    }
    return match(&router->lists[api->index][method][n], route, wire, parts, arena);
}

/* ---- The service ---- */

/*
 * A label of a host name that is the endpoint of the service with buckets in its hosts: "s3",
 * "s3-eu-west-1"; "NAME-s3alias" is an access point's bucket.
 */
static bool is_bucket_label(str label) {
    str endpoint = api_default->endpoint;
    if (!str_starts(label, endpoint))
        return false;
    str rest = str_skip(label, endpoint.len);
    bool alias = str_ends(rest, S("alias")) &&
                 str_ends(str_slice(rest, 0, rest.len - strlen("alias")), endpoint);
    return rest.len == 0 || (rest.p[0] == '-' && !alias);
}

static str without_port(str host) {
    ptrdiff_t colon = str_rchr(host, ':');
    return colon >= 0 && !str_ends(host, S("]")) ? str_slice(host, 0, (size_t)colon) : host;
}

/* names: what stands before AWS's domain. Looks for the endpoint's label from the right. */
static str amazon_bucket(str names, str *ret_service) {
    str rest = names;
    for (unsigned i = 0; i < 4; i++) { /* REGION, dualstack, the endpoint */
        ptrdiff_t dot = str_rchr(rest, '.');
        str label = str_skip(rest, (size_t)(dot + 1));
        if (is_bucket_label(label)) {
            *ret_service = api_default->endpoint;
            return dot > 0 ? str_slice(rest, 0, (size_t)dot) : STR_NONE;
        }
        if (dot < 0)
            break;
        rest = str_slice(rest, 0, (size_t)dot);
    }
    str tail;
    str_cut(names, '.', ret_service, &tail);
    return STR_NONE;
}

static str before_endpoint(str host, str *ret_service) {
    static const str suffixes[] = {S_INIT(".amazonaws.com"), S_INIT(".amazonaws.com.cn"),
                                   S_INIT(".api.aws")};
    *ret_service = STR_NONE;
    host = without_port(host);
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (str_ends(host, suffixes[i]))
            return amazon_bucket(str_slice(host, 0, host.len - suffixes[i].len), ret_service);
    if (!str_ends(host, S(".localhost")))
        return STR_NONE;
    str names = str_slice(host, 0, host.len - strlen(".localhost")),
        endpoint = api_default->endpoint;
    if (!str_ends(names, endpoint))
        return names;
    str before = str_slice(names, 0, names.len - endpoint.len);
    if (before.len == 0)
        return STR_NONE;
    return str_ends(before, S(".")) ? str_slice(before, 0, before.len - 1) : names;
}

/* The bucket in a Host header's value, or absent; *ret_service: an endpoint prefix found there. */
static str host_bucket(str host, str *ret_service) {
    str bucket = before_endpoint(host, ret_service);
    return bucket.len ? bucket : STR_NONE; /* ".s3.localhost" names none */
}

str aws_host_bucket(str host) {
    str service;
    return host_bucket(host, &service);
}

static const struct api_service *by_target(str prefix) {
    for (size_t i = 0; api_services[i]; i++)
        if (prefix.len && str_eq(api_services[i]->target_prefix, prefix))
            return api_services[i];
    return NULL;
}
static const struct api_service *by_name(str name) {
    for (size_t i = 0; name.len && api_services[i]; i++)
        if (str_eq(api_services[i]->signing_name, name) || str_eq(api_services[i]->endpoint, name))
            return api_services[i];
    return NULL;
}
static const struct api_service *by_version(str version) {
    for (size_t i = 0; version.len && api_services[i]; i++)
        if ((api_services[i]->protocols & API_QUERY) && str_eq(api_services[i]->version, version))
            return api_services[i];
    return NULL;
}

static bool is_dated_path(str path) {
    static const char shape[] = "/dddd-dd-dd/";
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        char c = (char)(i < path.len ? path.p[i] : '\0');
        if (shape[i] == 'd' ? c < '0' || c > '9' : c != shape[i])
            return false;
    }
    return true;
}

static bool is_form(const struct aws_wire *wire) {
    return str_starts_nocase(aws_wire_header(wire, "Content-Type"),
                             S("application/x-www-form-urlencoded"));
}

static int named_op(struct route *route, str name) {
    route->target = name;
    route->op = api_op_find(route->api, name);
    route->error = COMMON_UNKNOWN_OP;
    return route->op ? 0 : AWS_FAILED;
}

/* "/service/GraniteServiceVersion20100801/operation/PutMetricData" */
static bool route_rpc(struct route *route, const struct aws_wire *wire, int *ret) {
    str rest = wire->path, target, word;
    if (!str_is(aws_wire_header(wire, "smithy-protocol"), "rpc-v2-cbor") ||
        !str_starts(rest, S("/service/")))
        return false;
    str_cut(str_skip(rest, strlen("/service/")), '/', &target, &rest);
    str_cut(rest, '/', &word, &rest);
    route->api = by_target(target);
    if (!route->api || !str_is(word, "operation"))
        return false;
    route->protocol = PROTOCOL_CBOR;
    *ret = named_op(route, rest);
    return true;
}

static bool route_target(struct route *route, const struct aws_wire *wire, int *ret) {
    str target = aws_wire_header(wire, "X-Amz-Target"), prefix;
    if (!target.len)
        return false;
    ptrdiff_t dot = str_rchr(target, '.');
    prefix = str_slice(target, 0, dot < 0 ? 0 : (size_t)dot);
    const struct api_service *api = by_target(prefix);
    if (!api)
        return false;
    route->api = api;
    route->protocol = PROTOCOL_JSON;
    *ret = named_op(route, str_skip(target, (size_t)(dot + 1)));
    return true;
}

static const struct api_service *guess_service(struct route *route, const struct aws_wire *wire,
                                               const struct aws_auth *auth) {
    str host_service, version = STR_NONE;
    route->host_bucket = host_bucket(aws_wire_header(wire, "Host"), &host_service);
    const struct api_service *api = by_name(auth->scope_service);
    if (!api && !auth->scope_service.p)
        api = by_name(host_service);
    if (!api && !auth->scope_service.p && is_dated_path(wire->path))
        api = api_default_dated;
    const struct codec_param *p = find_param(route, S("Version"));
    if (p && find_param(route, S("Action")))
        version = p->value;
    if (!api && !auth->scope_service.p)
        api = by_version(version);
    if (api && !api->bucket_hosts)
        route->host_bucket = STR_NONE;
    return api;
}

/* A query service: the Action stands in the query string, or in a form that is still to come. */
static int route_query(struct route *route, const struct aws_wire *wire) {
    const struct codec_param *action = find_param(route, S("Action"));
    route->protocol = route->api->protocols & API_QUERY ? PROTOCOL_QUERY : PROTOCOL_JSON;
    route->target = S("");
    if (action)
        return named_op(route, action->value);
    if (route->protocol == PROTOCOL_QUERY && is_form(wire))
        return 0;
    route->error = COMMON_UNKNOWN_OP;
    return AWS_FAILED;
}

/*
 * Services that we do not have: refused by name, in a form that their clients are likely to read.
 */
static const struct api_service json_unknown = {.name = S_INIT("?json"),
                                                .index = API_N_SERVICES,
                                                .dialect = AWS_DIALECT_JSON,
                                                .json_version = S_INIT("1.1"),
                                                .request_id_header = S_INIT("x-amzn-RequestId")};
static const struct api_service query_unknown = {.name = S_INIT("?query"),
                                                 .index = API_N_SERVICES,
                                                 .dialect = AWS_DIALECT_QUERY,
                                                 .request_id_header = S_INIT("x-amzn-RequestId")};

static int route_unknown(struct route *route, const struct aws_wire *wire, str service) {
    route->target = service;
    route->unknown_service = true;
    route->error = COMMON_NOT_IMPLEMENTED;
    if (aws_wire_header(wire, "X-Amz-Target").p) {
        route->api = &json_unknown;
        route->protocol = PROTOCOL_JSON;
    } else if (is_form(wire)) {
        route->api = &query_unknown;
        route->protocol = PROTOCOL_QUERY;
    }
    return AWS_FAILED;
}

/*
 * The path as all services but S3 sign it: "/a/./b" and "/a/b" are one request, whoever wrote the
 * dot.
 */
static str normal_path(struct arena *arena, str path) {
    if (str_find(path, S("//")) < 0 && str_find(path, S("/.")) < 0)
        return path;
    CLEANUP_DEINIT(buf) struct buf normal = {0};
    sign_add_normal_path(&normal, path);
    return arena_str(arena, buf_view(&normal));
}

int aws_route_request(const struct router *router, const struct aws_wire *wire,
                      const struct aws_auth *auth, struct arena *arena, struct route *route) {
    int r;
    *route = (struct route){.api = api_default, .protocol = PROTOCOL_REST_XML, .target = S("")};
    if (route_rpc(route, wire, &r) || route_target(route, wire, &r))
        return r;
    if (wire_params(arena, wire->query, true, &route->params, &route->n_params, NULL)) {
        route->error = COMMON_INVALID_URI;
        return AWS_FAILED;
    }
    const struct api_service *api = guess_service(route, wire, auth);
    if (!api && auth->scope_service.p)
        return route_unknown(route, wire, auth->scope_service);
    /* Unsigned, to a bare host: the form's own Version will tell. */
    if (!api && is_form(wire) && str_is(wire->method, "POST") && str_is(wire->path, "/"))
        api = api_default_form;
    route->api = api ? api : api_default;
    route->path = route->api->bucket_hosts ? wire->path : normal_path(arena, wire->path);
    return is_rest(route->api) ? route_rest(router, route, wire, arena) : route_query(route, wire);
}
