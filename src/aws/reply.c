/* The answer: status, headers and body in the protocol's form. */
#include "aws/aws_priv.h"
#include "aws/check_answer.h"
#include "aws/items_priv.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/crc.h"

static const char *content_type(const struct rq *rq) {
    const struct route *route = &rq->priv->route;
    switch (route->protocol) {
    case PROTOCOL_JSON:
        return str_is(route->api->json_version, "1.1") ? "application/x-amz-json-1.1"
                                                       : "application/x-amz-json-1.0";
    case PROTOCOL_QUERY: return "text/xml";
    case PROTOCOL_REST_XML: return "application/xml";
    case PROTOCOL_REST_JSON: return "application/json";
    case PROTOCOL_CBOR: return "application/cbor";
    }
    return "application/octet-stream";
}

static void put_header(struct rq *rq, const char *name, str value) {
    net_reply_header(rq->net, str_c(name), value);
}

static bool handler_set(const struct rq *rq, const char *name) {
    for (const struct out_header *h = rq->priv->headers; h; h = h->next)
        if (str_eq_nocase(str_c(h->name), str_c(name)))
            return true;
    return false;
}

/* ---- Headers of every answer ---- */

static void common_headers(struct rq *rq) {
    const struct route *route = &rq->priv->route;
    str id = str_c(rq->id);
    put_header(rq, route->api->request_id_header.p, id);
    if (route->api->host_id_header.p)
        put_header(rq, route->api->host_id_header.p, id);
    if (route->protocol == PROTOCOL_CBOR)
        put_header(rq, "smithy-protocol", S("rpc-v2-cbor"));
    for (const struct out_header *h = rq->priv->headers; h; h = h->next)
        put_header(rq, h->name, h->value);
}

/* ---- Success ---- */

/* scratch: whatever is in it is overwritten. */
static void member_header(struct rq *rq, const struct api_member *m, const json_t *v,
                          struct buf *scratch) {
    buf_clear(scratch);
    if (json_is_array(v)) {
        for (size_t i = 0; i < json_array_size(v); i++) {
            buf_c(scratch, i ? ", " : "");
            wire_scalar_out(m->shape->element, json_array_get(v, i), API_TIME_DEFAULT,
                            API_TIME_RFC822, scratch);
        }
    } else {
        wire_scalar_out(m->shape, v, (enum api_time)m->time, API_TIME_RFC822, scratch);
    }
    put_header(rq, m->wire.p, buf_view(scratch));
}

static void prefixed_headers(struct rq *rq, const struct api_member *m, const json_t *map) {
    const char *key;
    json_t *v;
    json_object_foreach ((json_t *)map, key, v) {
        str name = arena_printf(&rq->arena, STR_FMT "%s", STR_ARG(m->wire), key);
        put_header(rq, name.p, json_text(v));
    }
}

/* Headers and status out of the document. *ret_type: a Content-Type that the document names. */
static void rest_members(struct rq *rq, const struct api_shape *shape, bool *ret_has_type) {
    CLEANUP_DEINIT(buf) struct buf scratch = {0};
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        const json_t *v = json_object_get(rq->out, m->name.p);
        if (!v || json_is_null(v))
            continue;
        if (m->location == API_IN_STATUS) {
            rq->priv->status = (int)json_integer_value(v);
        } else if (m->location == API_IN_HEADERS) {
            prefixed_headers(rq, m, v);
        } else if (m->location == API_IN_HEADER && str_is(m->wire, "Content-Length")) {
            continue; /* net writes it */
        } else if (m->location == API_IN_HEADER) {
            *ret_has_type |= str_is(m->wire, "Content-Type");
            member_header(rq, m, v, &scratch);
        }
    }
}

static bool has_body_members(const struct api_shape *shape) {
    for (size_t i = 0; i < shape->n; i++)
        if (shape->members[i].location == API_IN_BODY)
            return true;
    return false;
}

/* <LocationConstraint xmlns="…">eu-west-1</LocationConstraint> */
static void bare_root(struct rq *rq, const struct api_op *op, struct buf *body) {
    const struct api_member *m = &op->out->members[0];
    buf_printf(body,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" STR_FMT " xmlns=\"" STR_FMT "\">",
               STR_ARG(op->result), STR_ARG(rq->priv->route.api->xml_namespace));
    wire_xml_text(body, json_str(rq->out, m->name.p));
    buf_printf(body, "</" STR_FMT ">", STR_ARG(op->result));
}

static void rest_payload(struct rq *rq, const struct api_member *m, struct buf *body) {
    const json_t *v = json_object_get(rq->out, m->name.p);
    if (json_is_string(v))
        buf_str(body, json_text(v));
    else if (v && rq->priv->route.protocol == PROTOCOL_REST_XML)
        wire_xml_out(m->shape, v, NULL, m->flags & API_LONG_NAME ? m->wire : m->shape->name,
                     rq->priv->route.api->xml_namespace, body);
    else if (v)
        wire_json_out(m->shape, v, body);
}

static void json_body(struct rq *rq, const struct api_shape *shape, struct buf *body) {
    if (rq->priv->items)
        aws_items_json(rq, shape, body);
    else
        wire_json_out(shape, rq->out, body);
}

static void rest_body(struct rq *rq, struct buf *body) {
    const struct api_op *op = rq->priv->route.op;
    const struct api_shape *shape = op->out;
    if (!shape)
        return;
    if (op->bare_output)
        bare_root(rq, op, body);
    else if (shape->payload >= 0)
        rest_payload(rq, &shape->members[shape->payload], body);
    else if (!has_body_members(shape))
        return;
    else if (rq->priv->route.protocol == PROTOCOL_REST_XML)
        wire_xml_out(shape, rq->out, rq->priv->items, op->result.p ? op->result : shape->name,
                     rq->priv->route.api->xml_namespace, body);
    else
        json_body(rq, shape, body);
}

static void encode(struct rq *rq, struct buf *body) {
    const struct route *route = &rq->priv->route;
    switch (route->protocol) {
    case PROTOCOL_JSON: json_body(rq, route->op->out, body); break;
    case PROTOCOL_QUERY:
        wire_query_out(route->api, route->op, rq->out, rq->priv->items, str_c(rq->id), body);
        break;
    case PROTOCOL_CBOR: wire_cbor_out(route->op->out, rq->out, body); break;
    case PROTOCOL_REST_XML:
    case PROTOCOL_REST_JSON: rest_body(rq, body); break;
    }
}

static void send_bytes(struct rq *rq, int status, struct buf *body, bool has_type) {
    const struct route *route = &rq->priv->route;
    if (body->len && !has_type && !handler_set(rq, "Content-Type"))
        put_header(rq, "Content-Type", str_c(content_type(rq)));
    if (route->api->crc32) {
        char crc[16];
        snprintf(crc, sizeof crc, "%u", (unsigned)crc32_ieee(0, body->p ? body->p : "", body->len));
        put_header(rq, "x-amz-crc32", str_c(crc));
    }
    if (str_is(rq->net->method, "HEAD"))
        net_reply_head(rq->net, status, 0);
    else
        net_reply_buf(rq->net, status, body);
}

static bool is_json(const struct rq *rq) {
    enum aws_protocol protocol = rq->priv->route.protocol;
    return protocol == PROTOCOL_JSON || protocol == PROTOCOL_REST_JSON;
}

/* What was written item by item is what the document encodes to. */
static int check_written(struct rq *rq) {
    CLEANUP_DEINIT(buf) struct buf of_document = {0};
    struct items *items = STEAL(rq->priv->items);
    encode(rq, &of_document);
    rq->priv->items = items;
    return aws_check_same(rq, is_json(rq), buf_view(&rq->priv->payload), buf_view(&of_document));
}

/*
 * The body, but for a stream or one that the handler gave. 0, or AWS_FAILED: nothing was sent yet.
 */
static int make_body(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    if (p->has_stream || p->has_payload || (p->has_json && p->route.protocol == PROTOCOL_JSON))
        return 0;
    if (p->has_json && aws_take_json(rq))
        return AWS_FAILED;
    encode(rq, &p->payload);
    if (AWS_CHECKS && p->items && check_written(rq))
        return AWS_FAILED;
    return AWS_CHECKS && is_json(rq) ? aws_check_json(rq, buf_view(&p->payload)) : 0;
}

static void reply_success(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    bool rest = p->route.protocol == PROTOCOL_REST_XML || p->route.protocol == PROTOCOL_REST_JSON,
         has_type = false;
    common_headers(rq);
    if (rest && p->route.op->out && rq->out)
        rest_members(rq, p->route.op->out, &has_type);
    int status = p->status ? p->status : p->route.op->status;
    if (p->has_stream) {
        if (str_is(rq->net->method, "HEAD")) {
            net_reply_head(rq->net, status, p->stream_size);
            return;
        }
        p->has_stream = false; /* net releases it from here on */
        net_reply_stream(rq->net, status, p->stream_size, p->stream_read, p->stream_release,
                         p->stream_ctx);
        return;
    }
    send_bytes(rq, status, &p->payload, has_type);
}

/* ---- Errors ---- */

static void s3_error(struct rq *rq, struct buf *body) {
    const struct rq_priv *p = rq->priv;
    buf_c(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    wire_xml_element(body, S("Code"), str_c(p->error->code));
    wire_xml_element(body, S("Message"), p->message);
    for (const struct out_detail *d = p->details; d; d = d->next)
        wire_xml_element(body, str_c(d->name), d->value);
    wire_xml_element(body, S("Resource"), str_is_utf8(p->wire.path) ? p->wire.path : S(""));
    wire_xml_element(body, S("RequestId"), str_c(rq->id));
    wire_xml_element(body, S("HostId"), str_c(rq->id));
    buf_c(body, "</Error>");
}

static void query_error(struct rq *rq, str code, bool sender, struct buf *body) {
    const struct rq_priv *p = rq->priv;
    buf_c(body, "<ErrorResponse");
    if (p->route.api->xml_namespace.p)
        buf_printf(body, " xmlns=\"" STR_FMT "\"", STR_ARG(p->route.api->xml_namespace));
    buf_c(body, "><Error>");
    wire_xml_element(body, S("Type"), sender ? S("Sender") : S("Receiver"));
    wire_xml_element(body, S("Code"), code);
    wire_xml_element(body, S("Message"), p->message);
    for (const struct out_detail *d = p->details; d; d = d->next)
        wire_xml_element(body, str_c(d->name), d->value);
    buf_c(body, "</Error>");
    wire_xml_element(body, S("RequestId"), str_c(rq->id));
    buf_c(body, "</ErrorResponse>");
}

static void add_type(const struct rq *rq, str name, struct buf *type) {
    const char *prefix = rq->priv->error->prefix;
    buf_str(type, prefix ? str_c(prefix) : rq->priv->route.api->error_prefix);
    buf_str(type, name);
}

static void json_error(struct rq *rq, str name, bool sender, struct buf *body) {
    const struct rq_priv *p = rq->priv;
    bool rest = p->route.protocol == PROTOCOL_REST_JSON;
    /* DynamoDB writes "Message" for coral's own errors; SDKs take either. */
    buf_c(body, "{");
    if (!rest) {
        CLEANUP_DEINIT(buf) struct buf type = {0};
        add_type(rq, name, &type);
        buf_c(body, "\"__type\":");
        json_add_quoted(body, buf_view(&type));
        buf_char(body, ',');
    } else {
        buf_printf(body, "\"Type\":\"%s\",", sender ? "User" : "Service");
    }
    buf_c(body, rest ? "\"Message\":" : "\"message\":");
    json_add_quoted(body, p->message);
    for (const struct out_detail *d = p->details; d; d = d->next) {
        buf_char(body, ',');
        json_add_quoted(body, str_c(d->name));
        buf_char(body, ':');
        if (d->is_json)
            buf_str(body, d->value);
        else
            json_add_quoted(body, d->value);
    }
    buf_char(body, '}');
}

/* Old error codes for clients that know the service as a query service. */
static void query_error_header(struct rq *rq, str code, bool sender) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_str(&text, code);
    buf_c(&text, sender ? ";Sender" : ";Receiver");
    put_header(rq, "x-amzn-query-error", buf_view(&text));
}

/*
 * The error's two names: by its shape, and by its code where the service used to be a query
 * service.
 */
struct names {
    str name, code;
    bool sender;
};

static struct names names_of(const struct rq *rq) {
    const struct rq_priv *p = rq->priv;
    str code = str_c(p->error->code);
    const struct api_error *known =
        p->route.api->query_compatible ? api_error_find(p->route.api, code) : NULL;
    return (struct names){known ? known->name : code, known ? known->code : code,
                          p->error->status < 500};
}

static void encode_error(struct rq *rq, const struct names *n, struct buf *body) {
    switch (rq->priv->route.protocol) {
    case PROTOCOL_REST_XML:
        if (rq->priv->error->status != 304)
            s3_error(rq, body);
        break;
    case PROTOCOL_QUERY: query_error(rq, n->code, n->sender, body); break;
    case PROTOCOL_CBOR: wire_cbor_error(n->name, rq->priv->message, body); break;
    case PROTOCOL_JSON:
    case PROTOCOL_REST_JSON: json_error(rq, n->name, n->sender, body); break;
    }
}

static void reply_error(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    CLEANUP_DEINIT(buf) struct buf body = {0};
    struct names n = names_of(rq);
    encode_error(rq, &n, &body);
    if (AWS_CHECKS && is_json(rq) && aws_check_json(rq, buf_view(&body))) {
        n = names_of(rq);
        buf_clear(&body);
        encode_error(rq, &n, &body);
    }
    common_headers(rq);
    if (is_json(rq))
        put_header(rq, "x-amzn-ErrorType", n.name);
    if (p->route.api->query_compatible && p->route.protocol != PROTOCOL_QUERY)
        query_error_header(rq, n.code, n.sender);
    send_bytes(rq, p->error->status, &body, false);
}

void aws_reply(struct rq *rq, bool failed) {
    if (failed || make_body(rq))
        reply_error(rq);
    else
        reply_success(rq);
}
