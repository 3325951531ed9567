/* Properties brought to the kinds of their type's table. CloudFormation is lenient with scalars. */
#include "tmpl/types.h"

#include "tmpl/eval.h"

#include <math.h>

enum { REFUSED = 1 };

/* What is done with what is wrong: told, and gone on; or put into err, and that is all. */
struct judge {
    struct err *err;
    bool planning; /* strings with TMPL_UNKNOWN pass */
    tmpl_violation_fn *tell;
    void *ctx;
};
struct where {
    const struct where *up;
    str name;
    const struct judge *judge;
};

static void add_path(struct buf *out, const struct where *at) {
    if (at->up)
        add_path(out, at->up);
    buf_char(out, '/');
    buf_str(out, at->name);
}

/* REFUSED, or 0 where it is told. */
static int refuse_key(const struct where *at, str key, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int refuse_key(const struct where *at, str key, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    if (at->name.p)
        add_path(&path, at);
    buf_printf(&text, "Properties validation failed: [#%s: ", buf_cstr(&path));
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    buf_char(&text, ']');
    if (!at->judge->tell)
        return err_set(at->judge->err, REFUSED, "%s", buf_cstr(&text));
    if (key.p)
        buf_printf(&path, "/" STR_FMT, STR_ARG(key));
    at->judge->tell(at->judge->ctx, buf_view(&path), buf_view(&text));
    return 0;
}
#define refuse(at, ...) refuse_key((at), STR_NONE, __VA_ARGS__)

const struct tmpl_prop *tmpl_prop_find(const struct tmpl_shape *structure, str name) {
    for (size_t i = 0; i < structure->n; i++)
        if (str_eq(structure->props[i].name, name))
            return &structure->props[i];
    return NULL;
}

bool tmpl_is_custom(str type_name) {
    return str_starts(type_name, S("Custom::")) ||
           str_is(type_name, "AWS::CloudFormation::CustomResource");
}

/* "AWS::S3::Bucket" → "AWS::S3" and "Bucket". */
static bool cut_last(str name, str *ret_service, str *ret_last) {
    size_t at = name.len;
    while (at > 1 && !(name.p[at - 1] == ':' && name.p[at - 2] == ':'))
        at--;
    if (at < 2)
        return false;
    *ret_service = str_slice(name, 0, at - 2);
    *ret_last = str_skip(name, at);
    return true;
}

bool tmpl_is_aws_type(str name) {
    str service, last, one;
    if (tmpl_is_custom(name))
        return true;
    if (!cut_last(name, &service, &last))
        return false;
    for (size_t i = 0; i < tmpl_n_type_names; i++)
        if (str_eq(tmpl_type_names[i].service, service))
            for (str rest = str_c(tmpl_type_names[i].names); rest.p;) {
                str_cut(rest, ' ', &one, &rest);
                if (str_eq(one, last))
                    return true;
            }
    return false;
}

const struct tmpl_type *tmpl_type_find(str name) {
    if (str_starts(name, S("Custom::")))
        name = S("AWS::CloudFormation::CustomResource");
    for (size_t i = 0; i < tmpl_n_types; i++)
        if (str_eq(tmpl_types[i].name, name))
            return &tmpl_types[i];
    return NULL;
}

bool tmpl_has_attribute(const struct tmpl_type *type, str attribute) {
    if (tmpl_is_custom(type->name))
        return true;
    for (size_t i = 0; i < type->n_attributes; i++)
        if (str_eq(type->attributes[i], attribute))
            return true;
    return false;
}

/* ---- Scalars ---- */

static int coerce_string(const struct where *at, const struct tmpl_shape *shape, const json_t *in,
                         json_t **ret) {
    CLEANUP_JSON json_t *text = NULL;
    if (json_is_string(in)) {
        text = json_incref((json_t *)in);
    } else if (json_is_boolean(in)) {
        text = json_string(json_is_true(in) ? "true" : "false");
    } else if (json_is_number(in)) {
        CLEANUP_DEINIT(buf) struct buf written = {0};
        json_write(&written, in);
        text = json_of_str(buf_view(&written));
    } else {
        return refuse(at, "expected type: String, found: %s",
                      json_is_array(in) ? "JSONArray" : "JSONObject");
    }
    for (size_t i = 0; i < shape->n; i++) {
        if (str_eq(shape->values[i], json_text(text)))
            break;
        if (i + 1 == shape->n)
            return refuse(at, STR_FMT " is not a valid enum value", STR_ARG(json_text(text)));
    }
    *ret = STEAL(text);
    return 0;
}

static int coerce_integer(const struct where *at, const json_t *in, json_t **ret) {
    int64_t v;
    if (json_is_integer(in))
        v = json_integer_value(in);
    else if (json_is_real(in) && fabs(json_real_value(in)) < 1e15 &&
             floor(json_real_value(in)) >= json_real_value(in))
        v = (int64_t)json_real_value(in);
    else if (!json_is_string(in) || !str_to_i64(json_text(in), &v))
        return refuse(at, "expected type: Integer");
    *ret = json_integer(v);
    return 0;
}

static int coerce_number(const struct where *at, const json_t *in, json_t **ret) {
    if (json_is_number(in)) {
        *ret = json_incref((json_t *)in);
        return 0;
    }
    char *end = NULL;
    double v =
        json_is_string(in) && json_string_length(in) ? strtod(json_string_value(in), &end) : 0;
    if (!end || *end || !isfinite(v))
        return refuse(at, "expected type: Number");
    int64_t whole;
    *ret = str_to_i64(json_text(in), &whole) ? json_integer(whole) : json_real(v);
    return 0;
}

static int coerce_boolean(const struct where *at, const json_t *in, json_t **ret) {
    bool yes = json_is_true(in) || str_eq_nocase(json_text(in), S("true"));
    bool no = json_is_false(in) || str_eq_nocase(json_text(in), S("false"));
    if (!yes && !no)
        return refuse(at, "expected type: Boolean");
    *ret = json_boolean(yes);
    return 0;
}

/* ---- Collections ---- */

static int coerce(const struct where *at, const struct tmpl_shape *shape, const json_t *in,
                  json_t **ret);

/* CloudFormation takes one value where a list is wanted. */
static int coerce_list(const struct where *at, const struct tmpl_shape *shape, const json_t *in,
                       json_t **ret) {
    CLEANUP_JSON json_t *list = json_array();
    size_t n = json_is_array(in) ? json_array_size(in) : 1;
    for (size_t i = 0; i < n; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        struct where here = {at, str_c(index), at->judge};
        json_t *one = NULL;
        if (coerce(&here, shape->element, json_is_array(in) ? json_array_get(in, i) : in, &one))
            return REFUSED;
        json_array_append_new(list, one);
    }
    *ret = STEAL(list);
    return 0;
}

static int require_all(const struct where *at, const struct tmpl_shape *shape, const json_t *in) {
    for (size_t i = 0; i < shape->n; i++)
        if ((shape->props[i].flags & TMPL_PROP_REQUIRED) &&
            !json_object_get(in, shape->props[i].name.p) &&
            refuse(at, "required key [" STR_FMT "] not found", STR_ARG(shape->props[i].name)))
            return REFUSED;
    return 0;
}

static int coerce_members(const struct where *at, const struct tmpl_shape *shape, const json_t *in,
                          json_t **ret) {
    bool is_struct = shape->kind == TMPL_SHAPE_STRUCT;
    if (!json_is_object(in))
        return refuse(at, "expected type: JSONObject");
    if (is_struct && require_all(at, shape, in))
        return REFUSED;
    CLEANUP_JSON json_t *all = json_object();
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)in, name, value) {
        const struct tmpl_prop *prop = is_struct ? tmpl_prop_find(shape, str_c(name)) : NULL;
        struct where here = {at->name.p ? at : NULL, str_c(name), at->judge};
        bool is_read_only = prop && (prop->flags & TMPL_PROP_READ_ONLY);
        if ((is_struct && !prop) || is_read_only) {
            if (refuse_key(at, str_c(name),
                           prop ? "the property %s is read-only"
                                : "extraneous key [%s] is not permitted",
                           name))
                return REFUSED;
            continue;
        }
        json_t *one = NULL;
        if (coerce(&here, is_struct ? prop->shape : shape->element, value, &one))
            return REFUSED;
        json_object_set_new(all, name, one);
    }
    *ret = STEAL(all);
    return 0;
}

static bool text_is_unknown(const json_t *value) {
    return json_is_string(value) && str_find(json_text(value), S(TMPL_UNKNOWN)) >= 0;
}

bool tmpl_is_unknown(const json_t *value) {
    const char *name;
    json_t *one;
    size_t i;
    json_object_foreach ((json_t *)value, name, one)
        if (tmpl_is_unknown(one))
            return true;
    json_array_foreach (value, i, one)
        if (tmpl_is_unknown(one))
            return true;
    return text_is_unknown(value);
}

static int coerce(const struct where *at, const struct tmpl_shape *shape, const json_t *in,
                  json_t **ret) {
    if (at->judge->planning && text_is_unknown(in)) {
        *ret = json_incref((json_t *)in);
        return 0;
    }
    switch (shape->kind) {
    case TMPL_SHAPE_STRING: return coerce_string(at, shape, in, ret);
    case TMPL_SHAPE_INTEGER: return coerce_integer(at, in, ret);
    case TMPL_SHAPE_NUMBER: return coerce_number(at, in, ret);
    case TMPL_SHAPE_BOOLEAN: return coerce_boolean(at, in, ret);
    case TMPL_SHAPE_LIST: return coerce_list(at, shape, in, ret);
    case TMPL_SHAPE_STRUCT:
    case TMPL_SHAPE_MAP: return coerce_members(at, shape, in, ret);
    case TMPL_SHAPE_ANY: *ret = json_incref((json_t *)in); return 0;
    }
    return 0;
}

/*
 * Custom resources' properties stay as they are written; two are CloudFormation's own. ServiceTimeout
 * is "a value between 1 and 3600" (AWS::CloudFormation::CustomResource), a number or its text.
 */
static int coerce_custom(const struct where *top, const json_t *in, json_t **ret) {
    enum { MOST_TIMEOUT_S = 3600 };
    const json_t *timeout = json_object_get(in, "ServiceTimeout");
    const struct where at = {NULL, S("ServiceTimeout"), top->judge};
    CLEANUP_JSON json_t *seconds = NULL;
    if (!json_str(in, "ServiceToken").p)
        return refuse(top, "required key [ServiceToken] not found");
    if (timeout && !(top->judge->planning && text_is_unknown(timeout))) {
        if (coerce_integer(&at, timeout, &seconds))
            return REFUSED;
        long long n = seconds ? json_integer_value(seconds) : 1;
        if ((n < 1 && refuse(&at, "%lld is not greater or equal to 1", n)) ||
            (n > MOST_TIMEOUT_S &&
             refuse(&at, "%lld is not less or equal to %d", n, MOST_TIMEOUT_S)))
            return REFUSED;
    }
    *ret = json_incref((json_t *)in);
    return 0;
}

static int coerce_type(const struct tmpl_type *type, const json_t *properties,
                       const struct judge *judge, json_t **ret) {
    CLEANUP_JSON json_t *none = json_object();
    const json_t *in = properties ? properties : none;
    struct where top = {NULL, STR_NONE, judge};
    if (tmpl_is_custom(type->name))
        return coerce_custom(&top, in, ret);
    return coerce(&top, type->properties, in, ret);
}

int tmpl_type_coerce(const struct tmpl_type *type, const json_t *properties, json_t **ret,
                     struct err *err) {
    return coerce_type(type, properties, &(struct judge){.err = err}, ret);
}

int tmpl_type_coerce_plan(const struct tmpl_type *type, const json_t *properties, json_t **ret,
                          struct err *err) {
    return coerce_type(type, properties, &(struct judge){.err = err, .planning = true}, ret);
}

void tmpl_type_violations(const struct tmpl_type *type, const json_t *properties,
                          tmpl_violation_fn *tell, void *ctx) {
    CLEANUP_JSON json_t *coerced = NULL;
    const struct judge judge = {.planning = true, .tell = tell, .ctx = ctx};
    coerce_type(type, properties, &judge, &coerced);
}
