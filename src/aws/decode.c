/* From the parts of a request to rq->in, by the operation's protocol. */
#include "aws/aws_priv.h"

#include "base/ascii.h"

struct rest_in {
    struct rq *rq;
    const struct api_shape *shape;
    json_t *doc;
    struct err err;
};

static int malformed(struct rq *rq, const struct err *err) {
    if (rq->priv->route.protocol == PROTOCOL_REST_XML)
        return aws_fail_common(rq, COMMON_MALFORMED, NULL); /* S3 gives no position */
    return aws_fail_common(rq, COMMON_MALFORMED, "%s", err->text);
}

/* ---- Rest: labels, query string, headers ---- */

static int set_scalar(struct rest_in *in, const struct api_member *m, str text) {
    enum api_time fallback = m->location == API_IN_HEADER ? API_TIME_RFC822 : API_TIME_ISO8601;
    json_t *v = wire_scalar_in(m->shape, text, (enum api_time)m->time, fallback, &in->err);
    if (v) {
        json_set(in->doc, m->name.p, v);
        return 0;
    }
    /* A condition's date that cannot be read is no condition (RFC 9110, 13.1.3). */
    if (m->shape->type == API_TIMESTAMP && str_starts_nocase(m->wire, S("If-")))
        return 0;
    if (in->rq->priv->route.protocol == PROTOCOL_REST_XML) {
        aws_fail_common(in->rq, COMMON_VALIDATION, "Provided " STR_FMT " is not valid: %s",
                        STR_ARG(m->wire), in->err.text);
        aws_fail_detail(in->rq, "ArgumentName", m->wire);
        aws_fail_detail(in->rq, "ArgumentValue", str_is_utf8(text) ? text : STR_NONE);
        return AWS_FAILED;
    }
    return aws_fail_common(in->rq, COMMON_VALIDATION, STR_FMT ": %s", STR_ARG(m->name),
                           in->err.text);
}

static void push(struct rest_in *in, const struct api_member *m, str text) {
    json_t *list = json_arr(in->doc, m->name.p);
    if (!list) {
        list = json_array();
        json_set(in->doc, m->name.p, list);
    }
    json_push_str(list, text);
}

static int take_labels(struct rest_in *in) {
    const struct route *route = &in->rq->priv->route;
    for (size_t i = 0; i < route->n_labels; i++) {
        const struct api_member *m = api_member_by_wire(in->shape, route->labels[i].name);
        int r = m ? set_scalar(in, m, route->labels[i].value) : 0;
        if (r)
            return r;
    }
    return 0;
}

static int take_params(struct rest_in *in) {
    const struct route *route = &in->rq->priv->route;
    for (size_t i = 0; i < route->n_params; i++) {
        const struct codec_param *p = &route->params[i];
        const struct api_member *m = api_member_by_wire(in->shape, p->key);
        if (!m || m->location != API_IN_QUERY)
            continue;
        /* An empty value is no value for what is not text ("?max-keys="). */
        int r = 0;
        if (m->shape->type == API_LIST)
            push(in, m, p->value);
        else if (p->value.len || m->shape->type == API_STRING)
            r = set_scalar(in, m, p->value);
        if (r)
            return r;
    }
    return 0;
}

/* "a, b": a list in a header (x-amz-object-attributes). */
static void split_header(struct rest_in *in, const struct api_member *m, str text) {
    str item;
    while (text.p) {
        str_cut(text, ',', &item, &text);
        if (str_trim(item).len)
            push(in, m, str_trim(item));
    }
}

/*
 * The bytes of a header are characters of ISO 8859-1, as S3 reads them: its own example has the
 * UTF-8 of "Ä" come back as that of two characters ("Working with object metadata", S3 user guide).
 */
static str text_of_header(struct rest_in *in, str bytes) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    bool plain = true;
    for (size_t i = 0; i < bytes.len && plain; i++)
        plain = (unsigned char)bytes.p[i] < 0x80;
    for (size_t i = 0; i < bytes.len && !plain; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if (c >= 0x80)
            buf_u8(&text, (uint8_t)(0xC0 | c >> 6));
        buf_u8(&text, (uint8_t)(c < 0x80 ? c : 0x80 | (c & 0x3F)));
    }
    return plain ? bytes : arena_str(&in->rq->arena, buf_view(&text));
}

/* x-amz-meta-*: a map whose keys are the lower-cased rest of the names. */
static int take_prefixed(struct rest_in *in, const struct api_member *m, str name, str value) {
    char key[256];
    str rest = str_skip(name, m->wire.len);
    if (rest.len == 0 || rest.len >= sizeof key || !str_is_utf8(value))
        return aws_fail_common(in->rq, COMMON_VALIDATION, "A header " STR_FMT "* is not valid",
                               STR_ARG(m->wire));
    memcpy(key, rest.p, rest.len);
    key[rest.len] = '\0';
    ascii_lower_all(key, rest.len);
    json_t *map = json_obj(in->doc, m->name.p);
    if (!map) {
        map = json_object();
        json_set(in->doc, m->name.p, map);
    }
    str before = json_str(map, key); /* repeated: joined by a comma, as HTTP has it */
    json_set_str(map, key,
                 before.p ? arena_printf(&in->rq->arena, STR_FMT "," STR_FMT, STR_ARG(before),
                                         STR_ARG(value))
                          : value);
    return 0;
}

/* moved: it stood in the query, where text is UTF-8. */
static int take_header(struct rest_in *in, const struct sign_header *h, bool moved) {
    for (size_t i = 0; i < in->shape->n; i++) {
        const struct api_member *m = &in->shape->members[i];
        if (m->location == API_IN_HEADERS && str_starts_nocase(h->name, m->wire))
            return take_prefixed(in, m, h->name, moved ? h->value : text_of_header(in, h->value));
        if (m->location != API_IN_HEADER || !str_eq_nocase(m->wire, h->name))
            continue;
        if (m->shape->type == API_LIST) {
            split_header(in, m, h->value);
            return 0;
        }
        if (json_has(in->doc, m->name.p) || (h->value.len == 0 && m->shape->type != API_STRING))
            return 0;
        return set_scalar(in, m, h->value);
    }
    return 0;
}

static int take_headers(struct rest_in *in) {
    const struct aws_wire *wire = &in->rq->priv->wire;
    for (size_t i = 0; i < wire->n_headers; i++) {
        int r = take_header(in, &wire->headers[i], i >= wire->n_headers - wire->n_moved);
        if (r)
            return r;
    }
    return 0;
}

/* S3 passes over headers that an operation does not have, but for this one. */
static int check_strict_header(struct rest_in *in) {
    str name = in->rq->priv->route.api->strict_header;
    str value = name.p ? aws_wire_header(&in->rq->priv->wire, name.p) : STR_NONE;
    if (!value.p || api_member_by_wire(in->shape, name))
        return 0;
    aws_fail_common(in->rq, COMMON_VALIDATION,
                    STR_FMT " header is not supported for this operation.", STR_ARG(name));
    aws_fail_detail(in->rq, "ArgumentName", name);
    aws_fail_detail(in->rq, "ArgumentValue", str_is_utf8(value) ? value : STR_NONE);
    return AWS_FAILED;
}

/* ---- Rest: the body ---- */

static int parse_body(struct rest_in *in, const struct api_shape *shape, json_t **ret) {
    struct rq *rq = in->rq;
    str body = rq->payload.bytes;
    int r = rq->priv->route.protocol == PROTOCOL_REST_XML
                ? wire_xml_in(shape, body, ret, &in->err)
                : wire_json_in(shape, body, ret, &in->err);
    return r ? malformed(rq, &in->err) : 0;
}

static int take_payload(struct rest_in *in, const struct api_member *m) {
    json_t *v = NULL;
    str body = in->rq->payload.bytes;
    if (m->shape->type == API_BLOB || (m->flags & API_STREAMING) || body.len == 0)
        return 0;
    if (m->shape->type == API_STRING) {
        v = json_of_str(body);
        if (!v)
            return aws_fail_common(in->rq, COMMON_MALFORMED, NULL);
    } else if (parse_body(in, m->shape, &v)) {
        return AWS_FAILED;
    }
    json_set(in->doc, m->name.p, v);
    return 0;
}

/* Members of a JSON body that is the structure itself (Lambda). */
static int take_body(struct rest_in *in) {
    json_t *body = NULL;
    if (in->rq->payload.bytes.len == 0 || in->rq->priv->route.protocol == PROTOCOL_REST_XML)
        return 0;
    int r = parse_body(in, in->shape, &body);
    if (r == 0)
        json_object_update_missing(in->doc, body);
    json_decref(body);
    return r;
}

static int decode_rest(struct rq *rq) {
    const struct api_shape *shape = rq->priv->route.op->in;
    rq->in = json_object();
    if (!shape)
        return 0;
    struct rest_in in = {.rq = rq, .shape = shape, .doc = rq->in};
    if (check_strict_header(&in) || take_labels(&in) || take_params(&in) || take_headers(&in))
        return AWS_FAILED;
    if (rq->op->open)
        return 0;
    return shape->payload >= 0 ? take_payload(&in, &shape->members[shape->payload])
                               : take_body(&in);
}

/* ---- Forms ---- */

/* Parameters of the query string and of the body together. */
static int form_params(struct rq *rq, struct codec_param **ret, size_t *ret_n) {
    struct rq_priv *p = rq->priv;
    struct codec_param *body = NULL;
    size_t n = 0;
    struct err err;
    if (wire_params(&rq->arena, rq->payload.bytes, true, &body, &n, &err))
        return aws_fail_common(rq, COMMON_INVALID_URI, "%s", err.text);
    struct codec_param *all = arena_alloc(&rq->arena, (n + p->route.n_params) * sizeof *all + 1);
    if (n)
        memcpy(all, body, n * sizeof *all);
    if (p->route.n_params)
        memcpy(all + n, p->route.params, p->route.n_params * sizeof *all);
    *ret = all;
    *ret_n = n + p->route.n_params;
    return 0;
}

/* Old clients post to the resource's URL (SQS's queues); its member may be left out then. */
static void set_url_member(struct rq *rq) {
    const struct route *route = &rq->priv->route;
    str path = route->path, name = route->api->url_member;
    if (name.p && route->op->in && path.len > 1 && !json_has(rq->in, name.p) &&
        api_member_find(route->op->in, name))
        json_set_str(
            rq->in, name.p,
            arena_printf(&rq->arena, STR_FMT STR_FMT, STR_ARG(rq_endpoint(rq)), STR_ARG(path)));
}

static int decode_query(struct rq *rq) {
    struct codec_param *params = NULL;
    size_t n = 0;
    struct err err = {0};
    if (form_params(rq, &params, &n))
        return AWS_FAILED;
    if (wire_query_in(rq->priv->route.op->in, params, n, &rq->in, &err))
        return aws_fail_common(rq, COMMON_MALFORMED, "%s", err.text);
    set_url_member(rq);
    return 0;
}

/* In one pass where nothing is odd; what that left in the arena goes again where something is. */
static int decode_json(struct rq *rq, const struct api_shape *shape, struct err *err) {
    str body = rq->payload.bytes;
    struct arena mark = rq->arena;
    bool goes = rq->priv->held.decoded; /* the text does, before the handler runs */
    struct json_in in = json_in_of(body, &rq->arena, goes);
    rq->priv->fits = wire_json_read(shape, &in, rq->service ? rq->service->takes : NULL, &rq->in);
    if (rq->priv->fits)
        return 0;
    arena_rewind(&rq->arena, &mark);
    return wire_json_in(shape, body, &rq->in, err);
}

int aws_decode(struct rq *rq) {
    const struct api_shape *shape = rq->priv->route.op->in;
    struct err err = {0};
    int r = 0;
    switch (rq->priv->route.protocol) {
    case PROTOCOL_QUERY: return decode_query(rq);
    case PROTOCOL_REST_XML:
    case PROTOCOL_REST_JSON: return decode_rest(rq);
    case PROTOCOL_JSON: r = decode_json(rq, shape, &err); break;
    case PROTOCOL_CBOR: r = wire_cbor_in(shape, rq->payload.bytes, &rq->in, &err); break;
    }
    return r ? malformed(rq, &err) : 0;
}
