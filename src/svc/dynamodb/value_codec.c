/* Stored form: a type byte, then the content; lengths are varints (docs/formats/dynamodb.md). */
#include "svc/dynamodb/value.h"

/* The bytes on disk; never renumbered. */
static const char tags[DDB_N_TYPES] = {'s', 'n', 'b', 'o', '0', 'm', 'l', 'S', 'N', 'B'};

static void encode_content(const struct ddb_value *v, struct buf *out) {
    switch (v->type) {
    case DDB_S:
    case DDB_B: buf_lstr(out, v->text); break;
    case DDB_N: ddb_number_key(v->number, out); break;
    case DDB_BOOL: buf_u8(out, v->boolean); break;
    case DDB_NULL: break;
    case DDB_M:
        buf_varint(out, v->n);
        for (size_t i = 0; i < v->n; i++) {
            buf_lstr(out, v->attrs[i].name);
            ddb_value_encode(v->attrs[i].value, out);
        }
        break;
    case DDB_L:
        buf_varint(out, v->n);
        for (size_t i = 0; i < v->n; i++)
            ddb_value_encode(&v->elements[i], out);
        break;
    default:
        buf_varint(out, v->n);
        for (size_t i = 0; i < v->n; i++)
            encode_content(&v->elements[i], out);
        break;
    }
}

void ddb_value_encode(const struct ddb_value *v, struct buf *out) {
    buf_char(out, tags[v->type]);
    encode_content(v, out);
}

static bool decode(struct arena *a, struct cur *c, unsigned depth, struct ddb_value *v);

static bool decode_number(struct arena *a, struct cur *c, struct ddb_value *v) {
    struct ddb_number *n = arena_alloc(a, sizeof *n);
    v->number = n;
    return ddb_number_unkey(c, n);
}

/* A count of things that take at least one byte each. */
static bool decode_count(struct cur *c, struct ddb_value *v) {
    uint64_t n = cur_varint(c);
    v->n = (uint32_t)n;
    return !c->bad && n <= c->s.len;
}

static bool decode_map(struct arena *a, struct cur *c, unsigned depth, struct ddb_value *v) {
    if (!decode_count(c, v))
        return false;
    struct ddb_attr *attrs = arena_alloc(a, v->n * sizeof *attrs);
    struct ddb_value *values = arena_alloc(a, v->n * sizeof *values);
    for (size_t i = 0; i < v->n; i++) {
        attrs[i] = (struct ddb_attr){cur_lstr(c), &values[i]};
        if (i > 0 && str_cmp(attrs[i - 1].name, attrs[i].name) >= 0)
            return false;
        if (!decode(a, c, depth, &values[i]))
            return false;
    }
    v->attrs = attrs;
    return true;
}

static bool decode_list(struct arena *a, struct cur *c, unsigned depth, struct ddb_value *v) {
    if (!decode_count(c, v))
        return false;
    struct ddb_value *elements = arena_alloc(a, v->n * sizeof *elements);
    v->elements = elements;
    for (size_t i = 0; i < v->n; i++)
        if (!decode(a, c, depth, &elements[i]))
            return false;
    return true;
}

static bool decode_set(struct arena *a, struct cur *c, struct ddb_value *v) {
    if (!decode_count(c, v) || v->n == 0)
        return false;
    struct ddb_value *elements = arena_alloc(a, v->n * sizeof *elements);
    v->elements = elements;
    for (size_t i = 0; i < v->n; i++) {
        elements[i] = (struct ddb_value){.type = ddb_element_type(v->type)};
        if (v->type == DDB_NS ? !decode_number(a, c, &elements[i])
                              : (elements[i].text = cur_lstr(c), c->bad))
            return false;
        if (i > 0 && ddb_value_cmp(&elements[i - 1], &elements[i]) >= 0)
            return false;
    }
    return true;
}

static bool decode_content(struct arena *a, struct cur *c, unsigned depth, struct ddb_value *v) {
    switch (v->type) {
    case DDB_S:
    case DDB_B: v->text = cur_lstr(c); return !c->bad;
    case DDB_N: return decode_number(a, c, v);
    case DDB_BOOL: v->boolean = cur_u8(c) == 1; return !c->bad;
    case DDB_NULL: return true;
    case DDB_M: return decode_map(a, c, depth, v);
    case DDB_L: return decode_list(a, c, depth, v);
    default: return decode_set(a, c, v);
    }
}

static bool decode(struct arena *a, struct cur *c, unsigned depth, struct ddb_value *v) {
    char tag = (char)cur_u8(c);
    /* The item itself stands around what DDB_DEPTH counts. */
    if (c->bad || depth > DDB_DEPTH + 1)
        return false;
    for (int i = 0; i < DDB_N_TYPES; i++)
        if (tags[i] == tag) {
            *v = (struct ddb_value){.type = (enum ddb_type)i};
            return decode_content(a, c, depth + 1, v);
        }
    return false;
}

bool ddb_value_decode(struct arena *a, struct cur *c, const struct ddb_value **ret) {
    struct ddb_value *v = arena_new(a, struct ddb_value);
    *ret = v;
    return decode(a, c, 0, v);
}
