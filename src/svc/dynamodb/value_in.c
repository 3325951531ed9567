/* From a request's document, with DynamoDB's checks in DynamoDB's words. */
#include "svc/dynamodb/value.h"

#include "base/codec.h"

#define INVALID "One or more parameter values were invalid: "

static bool read_value(struct arena *a, const json_t *json, unsigned depth, struct ddb_value *v,
                       struct err *err);

static bool fault(struct err *err, const char *text) {
    err_set(err, 0, "%s", text);
    return false;
}

static bool read_number(struct arena *a, str text, struct ddb_value *v, struct err *err) {
    struct ddb_number *n = arena_alloc(a, sizeof *n);
    int outcome = ddb_number_parse(n, text);
    if (outcome) {
        CLEANUP_DEINIT(buf) struct buf why = {0};
        ddb_number_explain(outcome, text, &why);
        return fault(err, buf_cstr(&why));
    }
    v->number = n;
    return true;
}

static bool read_binary(struct arena *a, str text, struct ddb_value *v, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    if (!codec_unbase64(&bytes, text))
        return fault(err, INVALID "Bad base64 in a binary value");
    v->text = arena_str(a, buf_view(&bytes));
    return true;
}

static bool read_scalar(struct arena *a, enum ddb_type type, const json_t *json,
                        struct ddb_value *v, struct err *err) {
    if (!json_is_string(json))
        return fault(err, INVALID "A scalar attribute value must be a string");
    v->type = type;
    v->n = 0;
    if (type == DDB_N)
        return read_number(a, json_text(json), v, err);
    if (type == DDB_B)
        return read_binary(a, json_text(json), v, err);
    v->text = json_text(json);
    return true;
}

/* ---- Sets ---- */
static bool duplicate(enum ddb_type type, const struct ddb_value *v, struct err *err) {
    if (type == DDB_NS)
        return fault(err, "Input collection contains duplicates");
    CLEANUP_DEINIT(buf) struct buf list = {0};
    for (size_t i = 0; i < v->n && list.len < 200 && type == DDB_SS; i++) {
        buf_c(&list, i ? ", " : "");
        buf_str(&list, str_slice(v->elements[i].text, 0, 100));
    }
    err_set(err, 0, INVALID "Input collection [%s]%s contains duplicates.", buf_cstr(&list),
            type == DDB_BS ? "of type BS" : "");
    return false;
}

static bool read_set(struct arena *a, enum ddb_type type, const json_t *json, struct ddb_value *v,
                     struct err *err) {
    static const char *const empty[] = {INVALID "An string set  may not be empty",
                                        INVALID "An number set  may not be empty",
                                        INVALID "Binary sets should not be empty"};
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n == 0)
        return fault(err, empty[type - DDB_SS]);
    struct ddb_value *elements = arena_alloc(a, n * sizeof *elements);
    for (size_t i = 0; i < n; i++)
        if (!read_scalar(a, ddb_element_type(type), json_array_get(json, i), &elements[i], err))
            return false;
    *v = (struct ddb_value){.type = type, .n = (uint32_t)n, .elements = elements};
    return ddb_set_sort(elements, n) || duplicate(type, v, err);
}

/* ---- Documents ---- */
static bool read_list(struct arena *a, const json_t *json, unsigned depth, struct ddb_value *v,
                      struct err *err) {
    if (!json_is_array(json))
        return fault(err, INVALID "A list attribute value must be a list");
    size_t n = json_array_size(json);
    struct ddb_value *elements = arena_alloc(a, n * sizeof *elements);
    for (size_t i = 0; i < n; i++)
        if (!read_value(a, json_array_get(json, i), depth, &elements[i], err))
            return false;
    *v = (struct ddb_value){.type = DDB_L, .n = (uint32_t)n, .elements = elements};
    return true;
}

static int by_name(const void *a, const void *b) {
    return str_cmp(((const struct ddb_attr *)a)->name, ((const struct ddb_attr *)b)->name);
}

static bool read_map(struct arena *a, const json_t *json, unsigned depth, struct ddb_value *v,
                     struct err *err) {
    if (!json_is_object(json))
        return fault(err, INVALID "A map attribute value must be a map");
    size_t size = json_object_size(json), n = 0;
    struct ddb_attr *attrs = arena_alloc(a, size * sizeof *attrs);
    struct ddb_value *values = arena_alloc(a, size * sizeof *values);
    const char *name;
    size_t name_len;
    json_t *child;
    json_object_keylen_foreach ((json_t *)json, name, name_len, child) {
        if (name_len == 0)
            return fault(err, INVALID "Empty attribute name");
        if (name_len > DDB_ATTRIBUTE_NAME_MAX)
            return fault(err, "Attribute name is too large, must be less than 65536 characters");
        if (!read_value(a, child, depth, &values[n], err))
            return false;
        attrs[n] = (struct ddb_attr){str_n(name, name_len), &values[n]};
        n++;
    }
    qsort(attrs, n, sizeof *attrs, by_name);
    *v = (struct ddb_value){.type = DDB_M, .n = (uint32_t)n, .attrs = attrs};
    return true;
}

/* depth counts the maps and lists around the value. */
static bool read_value(struct arena *a, const json_t *json, unsigned depth, struct ddb_value *v,
                       struct err *err) {
    size_t members = json_object_size(json);
    if (members == 0)
        return fault(err, "Supplied AttributeValue is empty, must contain exactly one of the "
                          "supported datatypes");
    if (members > 1)
        return fault(err, "Supplied AttributeValue has more than one datatypes set, must contain "
                          "exactly one of the supported datatypes");
    void *member = json_object_iter((json_t *)json);
    const json_t *content = json_object_iter_value(member);
    enum ddb_type type;
    if (!ddb_type_of_name(str_c(json_object_iter_key(member)), &type))
        return fault(err, "Supplied AttributeValue is empty, must contain exactly one of the "
                          "supported datatypes");
    *v = (struct ddb_value){.type = type};
    if ((type == DDB_M || type == DDB_L) && depth >= DDB_DEPTH)
        return fault(err, "Nesting Levels have exceeded supported limits");
    switch (type) {
    case DDB_S:
    case DDB_N:
    case DDB_B: return read_scalar(a, type, content, v, err);
    case DDB_BOOL: v->boolean = json_is_true(content); return true;
    case DDB_NULL:
        return json_is_true(content) ||
               fault(err, INVALID "Null attribute value types must have the value of true");
    case DDB_M: return read_map(a, content, depth + 1, v, err);
    case DDB_L: return read_list(a, content, depth + 1, v, err);
    default: return read_set(a, type, content, v, err);
    }
}

bool ddb_value_from_json(struct arena *a, const json_t *json, const struct ddb_value **ret,
                         struct err *err) {
    if ((*ret = aws_taken(json, ddb_value_read)))
        return true;
    struct ddb_value *v = arena_new(a, struct ddb_value);
    *ret = v;
    return read_value(a, json, 0, v, err);
}

bool ddb_item_from_json(struct arena *a, const json_t *json, const struct ddb_value **ret,
                        struct err *err) {
    if ((*ret = aws_taken(json, ddb_item_read)))
        return true;
    struct ddb_value *v = arena_new(a, struct ddb_value);
    *ret = v;
    return read_map(a, json, 0, v, err);
}
