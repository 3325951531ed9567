/* Trees: looking things up, comparing, sizes, and the way back to JSON. */
#include "svc/dynamodb/value.h"

#include "base/codec.h"

static const str names[DDB_N_TYPES] = {S_INIT("S"),    S_INIT("N"), S_INIT("B"), S_INIT("BOOL"),
                                       S_INIT("NULL"), S_INIT("M"), S_INIT("L"), S_INIT("SS"),
                                       S_INIT("NS"),   S_INIT("BS")};

const char *ddb_type_name(enum ddb_type type) { return names[type].p; }

bool ddb_type_of_name(str name, enum ddb_type *ret) {
    for (int i = 0; i < DDB_N_TYPES; i++)
        if (str_eq(name, names[i])) {
            *ret = (enum ddb_type)i;
            return true;
        }
    return false;
}

/* ---- Maps and sets ---- */
/* Position of name, or where it would be inserted. */
static size_t attr_position(const struct ddb_value *map, str name, bool *ret_found) {
    size_t from = 0, to = map->n;
    while (from < to) {
        size_t mid = (from + to) / 2;
        int c = str_cmp(map->attrs[mid].name, name);
        if (c == 0) {
            *ret_found = true;
            return mid;
        }
        if (c < 0)
            from = mid + 1;
        else
            to = mid;
    }
    *ret_found = false;
    return from;
}

const struct ddb_value *ddb_map_get(const struct ddb_value *map, str name) {
    bool found;
    size_t at = attr_position(map, name, &found);
    return found ? map->attrs[at].value : NULL;
}

const struct ddb_value *ddb_map_with(struct arena *a, const struct ddb_value *map, str name,
                                     const struct ddb_value *value) {
    static const struct ddb_value empty = {.type = DDB_M};
    const struct ddb_value *old = map ? map : &empty;
    bool found;
    size_t at = attr_position(old, name, &found);
    if (!found && !value)
        return old;
    struct ddb_attr *attrs = arena_alloc(a, (old->n + 1u) * sizeof *attrs);
    size_t n = 0;
    for (; n < at; n++)
        attrs[n] = old->attrs[n];
    if (value)
        attrs[n++] = (struct ddb_attr){name, value};
    for (size_t i = at + found; i < old->n; i++)
        attrs[n++] = old->attrs[i];
    struct ddb_value *v = arena_new(a, struct ddb_value);
    *v = (struct ddb_value){.type = DDB_M, .n = (uint32_t)n, .attrs = attrs};
    return v;
}

ptrdiff_t ddb_set_find(const struct ddb_value *set, const struct ddb_value *element) {
    if (ddb_element_type(set->type) != element->type)
        return -1;
    size_t from = 0, to = set->n;
    while (from < to) {
        size_t mid = (from + to) / 2;
        int c = ddb_value_cmp(&set->elements[mid], element);
        if (c == 0)
            return (ptrdiff_t)mid;
        if (c < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return -1;
}

const struct ddb_value *ddb_value_new_text(struct arena *a, enum ddb_type type, str text) {
    struct ddb_value *v = arena_new(a, struct ddb_value);
    *v = (struct ddb_value){.type = type, .text = text};
    return v;
}

const struct ddb_value *ddb_value_new_number(struct arena *a, const struct ddb_number *number) {
    struct ddb_number *copy = arena_alloc(a, sizeof *copy);
    struct ddb_value *v = arena_new(a, struct ddb_value);
    *copy = *number;
    *v = (struct ddb_value){.type = DDB_N, .number = copy};
    return v;
}

/* ---- Comparing ---- */
int ddb_value_cmp(const struct ddb_value *a, const struct ddb_value *b) {
    return a->type == DDB_N ? ddb_number_cmp(a->number, b->number) : str_cmp(a->text, b->text);
}

static int by_element(const void *a, const void *b) { return ddb_value_cmp(a, b); }

bool ddb_set_sort(struct ddb_value *elements, size_t n) {
    qsort(elements, n, sizeof *elements, by_element);
    for (size_t i = 1; i < n; i++)
        if (ddb_value_cmp(&elements[i - 1], &elements[i]) == 0)
            return false;
    return true;
}

static bool attrs_equal(const struct ddb_value *a, const struct ddb_value *b) {
    for (size_t i = 0; i < a->n; i++)
        if (!str_eq(a->attrs[i].name, b->attrs[i].name) ||
            !ddb_value_equal(a->attrs[i].value, b->attrs[i].value))
            return false;
    return true;
}

static bool elements_equal(const struct ddb_value *a, const struct ddb_value *b) {
    for (size_t i = 0; i < a->n; i++)
        if (!ddb_value_equal(&a->elements[i], &b->elements[i]))
            return false;
    return true;
}

bool ddb_value_equal(const struct ddb_value *a, const struct ddb_value *b) {
    if (a->type != b->type || a->n != b->n)
        return false;
    switch (a->type) {
    case DDB_S:
    case DDB_N:
    case DDB_B: return ddb_value_cmp(a, b) == 0;
    case DDB_BOOL: return a->boolean == b->boolean;
    case DDB_NULL: return true;
    case DDB_M: return attrs_equal(a, b);
    default: return elements_equal(a, b);
    }
}

/* ---- Sizes ---- */
size_t ddb_value_size(const struct ddb_value *v) {
    size_t size = 3; /* of a map or list, and one for each element */
    switch (v->type) {
    case DDB_S:
    case DDB_B: return v->text.len;
    case DDB_N: return ddb_number_size(v->number);
    case DDB_BOOL:
    case DDB_NULL: return 1;
    case DDB_M: return size + v->n + ddb_item_size(v);
    case DDB_L:
        for (size_t i = 0; i < v->n; i++)
            size += 1 + ddb_value_size(&v->elements[i]);
        return size;
    default:
        size = 0;
        for (size_t i = 0; i < v->n; i++)
            size += ddb_value_size(&v->elements[i]);
        return size;
    }
}

size_t ddb_item_size(const struct ddb_value *item) {
    size_t size = 0;
    for (size_t i = 0; i < item->n; i++)
        size += item->attrs[i].name.len + ddb_value_size(item->attrs[i].value);
    return size;
}

/* ---- To JSON ---- */
static json_t *scalar_json(const struct ddb_value *v) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (v->type == DDB_N)
        ddb_number_text(v->number, &text);
    else if (v->type == DDB_B)
        codec_add_base64(&text, v->text.p, v->text.len);
    else
        return json_of_str(v->text);
    return json_of_str(buf_view(&text));
}

static json_t *content_json(const struct ddb_value *v) {
    json_t *array;
    switch (v->type) {
    case DDB_S:
    case DDB_N:
    case DDB_B: return scalar_json(v);
    case DDB_BOOL: return json_boolean(v->boolean);
    case DDB_NULL: return json_true();
    case DDB_M: return ddb_item_to_json(v);
    case DDB_L:
        array = json_array();
        for (size_t i = 0; i < v->n; i++)
            json_array_append_new(array, ddb_value_to_json(&v->elements[i]));
        return array;
    default:
        array = json_array();
        for (size_t i = 0; i < v->n; i++)
            json_array_append_new(array, scalar_json(&v->elements[i]));
        return array;
    }
}

json_t *ddb_value_to_json(const struct ddb_value *v) {
    json_t *json = json_object();
    json_object_set_new_nocheck(json, names[v->type].p, content_json(v));
    return json;
}

json_t *ddb_item_to_json(const struct ddb_value *item) {
    json_t *json = json_object();
    for (size_t i = 0; i < item->n; i++)
        json_object_setn_new_nocheck(json, item->attrs[i].name.p, item->attrs[i].name.len,
                                     ddb_value_to_json(item->attrs[i].value));
    return json;
}

void ddb_value_show(const struct ddb_value *v, struct buf *out) {
    CLEANUP_JSON json_t *json = content_json(v);
    buf_printf(out, "{%s:", names[v->type].p);
    if (json_is_string(json))
        buf_str(out, str_slice(json_text(json), 0, 100));
    else
        json_write(out, json);
    buf_char(out, '}');
}
