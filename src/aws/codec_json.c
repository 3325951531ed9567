/*
 * JSON bodies. A document is nearly the same thing as the JSON that carries it, so decoding checks
 * the parsed tree in place and encoding mostly just writes it out.
 */
#include "aws/codec_priv.h"

#include "base/clock.h"
#include "base/codec.h"

#include <math.h>

static int check(const struct api_shape *shape, json_t *v, unsigned depth, struct err *err);

/*
 * From this depth on a member's location does not matter: whole documents are checked from there.
 */
enum { BODY_ONLY = 0, WHOLE = 1 };

/* How AWS's JSON parser calls what it found (SerializationException texts). */
static const char *token_name(const json_t *v) {
    switch (json_typeof(v)) {
    case JSON_STRING: return "STRING_VALUE";
    case JSON_INTEGER:
    case JSON_REAL: return "NUMBER_VALUE";
    case JSON_TRUE: return "TRUE_VALUE";
    case JSON_FALSE: return "FALSE_VALUE";
    case JSON_ARRAY:
    case JSON_OBJECT:
    case JSON_NULL: break;
    }
    return NULL;
}

static int mismatch(const struct api_shape *shape, const json_t *v, struct err *err) {
    static const char *const wanted[] = {
        [API_STRING] = "String",
        [API_BOOLEAN] = "Boolean",
        [API_INTEGER] = "Integer",
        [API_DOUBLE] = "Double",
        [API_TIMESTAMP] = "milliseconds since epoch",
        [API_BLOB] = "Blob",
    };
    const char *token = token_name(v);
    if (!token)
        return err_set(err, AWS_E_MALFORMED, "Start of structure or map found where not expected.");
    if (shape->type <= API_MAP)
        return err_set(err, AWS_E_MALFORMED, "Unexpected value type in payload");
    const char *type =
        shape->type == API_INTEGER && (shape->flags & API_LONG) ? "Long" : wanted[shape->type];
    return err_set(err, AWS_E_MALFORMED, "%s can not be converted to %s", token, type);
}

static int check_structure(const struct api_shape *shape, json_t *obj, unsigned depth,
                           struct err *err) {
    if (!json_is_object(obj))
        return mismatch(shape, obj, err);
    const char *name;
    json_t *v;
    void *next;
    json_object_foreach_safe (obj, next, name, v) {
        const struct api_member *m = json_is_null(v) ? NULL : api_member_find(shape, str_c(name));
        if (!m || (depth == BODY_ONLY && m->location != API_IN_BODY)) {
            json_object_del(obj, name);
            continue;
        }
        int r = check(m->shape, v, depth + 1, err);
        if (r)
            return r;
    }
    return 0;
}

static int check_list(const struct api_shape *shape, json_t *array, unsigned depth,
                      struct err *err) {
    if (!json_is_array(array))
        return mismatch(shape, array, err);
    size_t i;
    json_t *v;
    json_array_foreach (array, i, v) {
        int r = json_is_null(v) ? 0 : check(shape->element, v, depth + 1, err);
        if (r)
            return r;
    }
    return 0;
}

static int check_map(const struct api_shape *shape, json_t *obj, unsigned depth, struct err *err) {
    if (!json_is_object(obj))
        return mismatch(shape, obj, err);
    const char *key;
    json_t *v;
    void *next;
    json_object_foreach_safe (obj, next, key, v) {
        int r =
            json_is_null(v) ? json_object_del(obj, key) : check(shape->element, v, depth + 1, err);
        if (r)
            return r;
    }
    return 0;
}

static bool is_base64(str text) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    return codec_unbase64(&bytes, text);
}

static bool fits_integer(const struct api_shape *shape, const json_t *v) {
    if (!json_is_integer(v))
        return false;
    json_int_t i = json_integer_value(v);
    return (shape->flags & API_LONG) || (i <= INT32_MAX && i >= INT32_MIN);
}

bool wire_scalar_fits(const struct api_shape *shape, const json_t *v) {
    switch ((enum api_type)shape->type) {
    case API_STRING: return json_is_string(v);
    case API_BLOB: return json_is_string(v) && is_base64(json_text(v));
    case API_BOOLEAN: return json_is_boolean(v);
    case API_INTEGER: return fits_integer(shape, v);
    case API_DOUBLE:
    case API_TIMESTAMP: return json_is_number(v);
    case API_STRUCTURE:
    case API_LIST:
    case API_MAP: break;
    }
    return false;
}

static int check(const struct api_shape *shape, json_t *v, unsigned depth, struct err *err) {
    if (depth > CODEC_DEPTH)
        return err_set(err, AWS_E_MALFORMED, "The document is nested too deeply");
    switch ((enum api_type)shape->type) {
    case API_STRUCTURE: return check_structure(shape, v, depth, err);
    case API_LIST: return check_list(shape, v, depth, err);
    case API_MAP: return check_map(shape, v, depth, err);
    default: return wire_scalar_fits(shape, v) ? 0 : mismatch(shape, v, err);
    }
}

int wire_document_check(const struct api_shape *shape, json_t *doc, struct err *err) {
    return check(shape, doc, WHOLE, err);
}

int wire_json_in(const struct api_shape *shape, str body, json_t **ret_doc, struct err *err) {
    CLEANUP_JSON json_t *doc = body.len == 0 ? json_object() : json_parse(body, err);
    if (!doc)
        return AWS_E_MALFORMED;
    if (!json_is_object(doc))
        return err_set(err, AWS_E_MALFORMED, "Unexpected value type in payload");
    if (!shape)
        json_object_clear(doc);
    int r = shape ? check(shape, doc, BODY_ONLY, err) : 0;
    if (r == 0)
        *ret_doc = STEAL(doc);
    return r;
}

/* ---- Encoding ---- */

static void out_value(const struct api_shape *shape, const json_t *v, enum api_time time,
                      struct buf *out);

static void out_structure(const struct api_shape *shape, const json_t *obj, struct buf *out) {
    bool first = true;
    buf_char(out, '{');
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        const json_t *v = json_object_get(obj, m->name.p);
        if (!v || json_is_null(v) || m->location != API_IN_BODY)
            continue;
        if (!first)
            buf_char(out, ',');
        first = false;
        json_add_quoted(out, m->name);
        buf_char(out, ':');
        out_value(m->shape, v, (enum api_time)m->time, out);
    }
    buf_char(out, '}');
}

static void out_list(const struct api_shape *shape, const json_t *array, struct buf *out) {
    buf_char(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i)
            buf_char(out, ',');
        out_value(shape->element, json_array_get(array, i), API_TIME_DEFAULT, out);
    }
    buf_char(out, ']');
}

static void out_map(const struct api_shape *shape, const json_t *obj, struct buf *out) {
    const char *key;
    json_t *v;
    bool first = true;
    buf_char(out, '{');
    json_object_foreach ((json_t *)obj, key, v) {
        if (!first)
            buf_char(out, ',');
        first = false;
        json_add_quoted(out, str_c(key));
        buf_char(out, ':');
        out_value(shape->element, v, API_TIME_DEFAULT, out);
    }
    buf_char(out, '}');
}

static void out_value(const struct api_shape *shape, const json_t *v, enum api_time time,
                      struct buf *out) {
    bool is_text_time =
        shape->type == API_TIMESTAMP && (time == API_TIME_ISO8601 || time == API_TIME_RFC822);
    if (is_text_time) {
        buf_char(out, '"');
        wire_scalar_out(shape, v, time, time, out);
        buf_char(out, '"');
        return;
    }
    bool as_it_is = (shape->flags & API_PLAIN) || shape->type > API_MAP || json_is_null(v);
    if (as_it_is)
        json_write(out, v);
    else if (shape->type == API_STRUCTURE)
        out_structure(shape, v, out);
    else if (shape->type == API_LIST)
        out_list(shape, v, out);
    else
        out_map(shape, v, out);
}

void wire_json_out(const struct api_shape *shape, const json_t *doc, struct buf *out) {
    if (!shape || !doc)
        buf_c(out, "{}");
    else
        out_value(shape, doc, API_TIME_DEFAULT, out);
}
