/*
 * aws/check_answer: walks an answer beside its shape in the API model. Only builds with
 * -Dchecks=true call this.
 */
#include "aws/check_answer.h"

#include "aws/aws_priv.h"
#include "base/log.h"

#include <errno.h>

struct check {
    struct buf path;
    struct err *err;
};

static int wrong(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int wrong(struct check *c, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf what = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&what, fmt, args);
    va_end(args);
    return err_set(c->err, -EBADMSG, "%s: %s", c->path.len ? buf_cstr(&c->path) : "the document",
                   buf_cstr(&what));
}

static int check_value(struct check *c, const struct api_shape *shape, const json_t *v);

/* The value under a further step of the path, ".Name" or "[3]". */
static int check_below(struct check *c, const struct api_shape *shape, const json_t *v,
                       const char *fmt, ...) PRINTF_LIKE(4, 5);
static int check_below(struct check *c, const struct api_shape *shape, const json_t *v,
                       const char *fmt, ...) {
    size_t back = c->path.len;
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&c->path, fmt, args);
    va_end(args);
    int r = json_is_null(v) ? wrong(c, "is null") : check_value(c, shape, v);
    c->path.len = back;
    if (c->path.p)
        c->path.p[back] = '\0';
    return r;
}

/* The body of an answer may travel beside the document. */
static bool travels_apart(const struct api_shape *shape, size_t i) {
    const struct api_member *m = &shape->members[i];
    return (m->flags & API_STREAMING) || (shape->payload == (int)i && m->shape->type == API_BLOB);
}

static int check_required(struct check *c, const struct api_shape *shape, const json_t *obj) {
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        if ((m->flags & API_REQUIRED) && !travels_apart(shape, i) &&
            !json_object_get(obj, m->name.p))
            return wrong(c, "lacks the required " STR_FMT, STR_ARG(m->name));
    }
    return 0;
}

static int check_structure(struct check *c, const struct api_shape *shape, const json_t *obj) {
    const char *name;
    json_t *v;
    if (!json_is_object(obj))
        return wrong(c, "is no structure");
    if ((shape->flags & API_UNION) && json_object_size(obj) != 1)
        return wrong(c, "is a union with %zu members", json_object_size(obj));
    json_object_foreach ((json_t *)obj, name, v) {
        const struct api_member *m = api_member_find(shape, str_c(name));
        if (!m)
            return wrong(c, "has the unknown member %s", name);
        int r = check_below(c, m->shape, v, c->path.len ? ".%s" : "%s", name);
        if (r)
            return r;
    }
    return check_required(c, shape, obj);
}

static int check_list(struct check *c, const struct api_shape *shape, const json_t *array) {
    if (!json_is_array(array))
        return wrong(c, "is no list");
    for (size_t i = 0; i < json_array_size(array); i++) {
        int r = check_below(c, shape->element, json_array_get(array, i), "[%zu]", i);
        if (r)
            return r;
    }
    return 0;
}

static int check_enum(struct check *c, const struct api_shape *shape, str v) {
    return api_enum_has(shape, v) ? 0
                                  : wrong(c, "'" STR_FMT "' is not in the enum " STR_FMT,
                                          STR_ARG(v), STR_ARG(shape->name));
}

static int check_map(struct check *c, const struct api_shape *shape, const json_t *obj) {
    const char *key;
    json_t *v;
    if (!json_is_object(obj))
        return wrong(c, "is no map");
    json_object_foreach ((json_t *)obj, key, v) {
        int r = shape->key->values ? check_enum(c, shape->key, str_c(key)) : 0;
        if (r == 0)
            r = check_below(c, shape->element, v, "[%s]", key);
        if (r)
            return r;
    }
    return 0;
}

static int check_scalar(struct check *c, const struct api_shape *shape, const json_t *v) {
    static const char *const kinds[] = {
        [API_STRING] = "string", [API_BOOLEAN] = "boolean",  [API_INTEGER] = "integer",
        [API_DOUBLE] = "number", [API_TIMESTAMP] = "number", [API_BLOB] = "base64",
    };
    if (wire_scalar_fits(shape, v))
        return shape->values ? check_enum(c, shape, json_text(v)) : 0;
    if (shape->type == API_INTEGER && json_is_integer(v))
        return wrong(c, "does not fit in 32 bits");
    return wrong(c, "is no %s", kinds[shape->type]);
}

static int check_value(struct check *c, const struct api_shape *shape, const json_t *v) {
    switch ((enum api_type)shape->type) {
    case API_STRUCTURE: return check_structure(c, shape, v);
    case API_LIST: return check_list(c, shape, v);
    case API_MAP: return check_map(c, shape, v);
    default: return check_scalar(c, shape, v);
    }
}

int aws_check_document(const struct api_shape *shape, const json_t *doc, struct err *err) {
    CLEANUP_JSON json_t *nothing = json_object();
    struct check c = {.err = err};
    if (!doc)
        doc = nothing;
    int r = shape ? check_structure(&c, shape, doc)
            : json_is_object(doc) && json_object_size(doc) == 0
                ? 0
                : wrong(&c, "the operation answers nothing");
    buf_deinit(&c.path);
    return r;
}

/* ---- In a request ---- */

static int refuse(struct rq *rq, const struct err *err) {
    struct rq_priv *p = rq->priv;
    log_error("aws", "request %s: the answer of %s:" STR_FMT " is not what the API model says: %s",
              rq->id, p->route.api->name.p, STR_ARG(p->route.op ? p->route.op->name : S("?")),
              err->text);
    p->error = NULL;
    p->details = NULL;
    return aws_fail_common(rq, COMMON_INTERNAL, "The answer is not what the API model says: %s",
                           err->text);
}

int aws_check_answer(struct rq *rq) {
    struct err err;
    const struct rq_priv *p = rq->priv;
    CLEANUP_JSON json_t *parsed = p->has_json ? json_parse(buf_view(&p->payload), &err) : NULL;
    if (p->has_json && !parsed)
        return refuse(rq, &err);
    return aws_check_document(p->route.op->out, parsed ? parsed : rq->out, &err) ? refuse(rq, &err)
                                                                                 : 0;
}

int aws_check_json(struct rq *rq, str body) {
    struct err err;
    CLEANUP_JSON json_t *doc = body.len ? json_parse(body, &err) : json_null();
    return doc ? 0 : refuse(rq, &err);
}

int aws_check_same(struct rq *rq, bool json, str written, str encoded) {
    CLEANUP_JSON json_t *a = json ? json_parse(written, NULL) : NULL,
                        *b = json ? json_parse(encoded, NULL) : NULL;
    struct err err;
    if (json ? a && json_equal(a, b) : str_eq(written, encoded))
        return 0;
    err_set(&err, -EBADMSG, "what was written item by item is another answer: " STR_FMT,
            STR_ARG(str_slice(written, 0, 160)));
    return refuse(rq, &err);
}
