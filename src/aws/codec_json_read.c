/*
 * JSON bodies in one pass: what the model's shapes say is looked at while the text is read, so that
 * the document is made once and walked never.
 *
 * Only what is plainly in order is taken. Members that the model does not have, nulls, names twice,
 * values of another type or outside of their bounds: for all of these the answer is "not taken",
 * and the tree's readers (codec_json.c, validate.c) say what the document is, or what is wrong.
 */
#include "aws/codec_priv.h"
#include "aws/fits.h"
#include "base/codec.h"

/* Members are told apart by bits; a structure with more of them is read as a tree. */
enum { MEMBERS_MOST = 64, DIGITS_MOST = 18 };

struct reader {
    struct json_in *in;
    const struct aws_take *takes;
};

static json_t *read_value(struct reader *r, const struct api_shape *shape, unsigned depth);

/* ---- Scalars ---- */

static json_t *read_text(struct reader *r, const struct api_shape *shape) {
    str text;
    if (!json_in_text(r->in, &text) || (!aws_fits_any(shape) && !aws_fits_text(shape, text)))
        return NULL;
    return json_stringn_nocheck(text.p, text.len);
}

static json_t *read_blob(struct reader *r, const struct api_shape *shape) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    str text;
    if (!json_in_text(r->in, &text) || !codec_unbase64(&bytes, text) ||
        !aws_fits_length(shape, aws_blob_length(text)))
        return NULL;
    return json_stringn_nocheck(text.p, text.len);
}

static json_t *read_boolean(struct reader *r) {
    if (json_in_word(r->in, S("true")))
        return json_true();
    return json_in_word(r->in, S("false")) ? json_false() : NULL;
}

/* Short whole numbers are read here; all others by jansson, which knows reals and their bounds. */
static json_t *number_of(str text) {
    str digits = str_starts(text, S("-")) ? str_skip(text, 1) : text;
    int64_t v;
    bool whole = digits.len <= DIGITS_MOST && (digits.len == 1 || !str_starts(digits, S("0")));
    if (whole && str_to_i64(text, &v))
        return json_integer(v);
    return json_loadb(text.p, text.len, JSON_DECODE_ANY, NULL);
}

static json_t *read_number(struct reader *r, const struct api_shape *shape) {
    str text;
    if (!json_in_number(r->in, &text))
        return NULL;
    CLEANUP_JSON json_t *v = number_of(text);
    bool bounded = shape->type != API_TIMESTAMP; /* as validate.c has it */
    if (!v || !wire_scalar_fits(shape, v) ||
        (bounded && !aws_fits_number(shape, json_number_value(v))))
        return NULL;
    return STEAL(v);
}

/* ---- Structures, lists, maps ---- */

static bool has_required(const struct api_shape *shape, uint64_t seen) {
    for (size_t i = 0; i < shape->n; i++)
        if ((shape->members[i].flags & API_REQUIRED) && !(seen >> i & 1))
            return false;
    return true;
}

/* Of this name, not seen before, and part of the body. Its index, or -1. */
static ptrdiff_t member_of(const struct api_shape *shape, str name, unsigned depth, uint64_t seen) {
    const struct api_member *m = api_member_find(shape, name);
    if (!m || (depth == 0 && m->location != API_IN_BODY) || (m->flags & API_STREAMING))
        return -1;
    ptrdiff_t at = m - shape->members;
    return seen >> at & 1 ? -1 : at;
}

static bool read_members(struct reader *r, const struct api_shape *shape, unsigned depth,
                         json_t *obj) {
    enum json_in_next next;
    uint64_t seen = 0;
    str name;
    for (bool first = true; (next = json_in_next(r->in, '}', first)) == JSON_IN_ONE;
         first = false) {
        ptrdiff_t at = json_in_name(r->in, &name) ? member_of(shape, name, depth, seen) : -1;
        json_t *v = at < 0 ? NULL : read_value(r, shape->members[at].shape, depth + 1);
        if (!v)
            return false;
        json_object_set_new_nocheck(obj, shape->members[at].name.p, v);
        seen |= (uint64_t)1 << at;
    }
    return next == JSON_IN_NONE && has_required(shape, seen);
}

static json_t *read_structure(struct reader *r, const struct api_shape *shape, unsigned depth) {
    if (shape->n > MEMBERS_MOST || !json_in_char(r->in, '{'))
        return NULL;
    CLEANUP_JSON json_t *obj = json_object();
    return read_members(r, shape, depth, obj) ? STEAL(obj) : NULL;
}

static json_t *read_list(struct reader *r, const struct api_shape *shape, unsigned depth) {
    enum json_in_next next;
    if (!json_in_char(r->in, '['))
        return NULL;
    CLEANUP_JSON json_t *array = json_array();
    for (bool first = true; (next = json_in_next(r->in, ']', first)) == JSON_IN_ONE;
         first = false) {
        json_t *v = read_value(r, shape->element, depth + 1);
        if (!v)
            return NULL;
        json_array_append_new(array, v);
    }
    return next == JSON_IN_NONE && aws_fits_length(shape, (int64_t)json_array_size(array))
               ? STEAL(array)
               : NULL;
}

static json_t *read_map(struct reader *r, const struct api_shape *shape, unsigned depth) {
    enum json_in_next next;
    str name;
    if (!json_in_char(r->in, '{'))
        return NULL;
    CLEANUP_JSON json_t *obj = json_object();
    for (bool first = true; (next = json_in_next(r->in, '}', first)) == JSON_IN_ONE;
         first = false) {
        size_t before = json_object_size(obj);
        if (!json_in_name(r->in, &name) ||
            (!aws_fits_any(shape->key) && !aws_fits_text(shape->key, name)))
            return NULL;
        json_t *v = read_value(r, shape->element, depth + 1);
        if (!v)
            return NULL;
        json_object_setn_new_nocheck(obj, name.p, name.len, v);
        if (json_object_size(obj) == before) /* the name a second time */
            return NULL;
    }
    return next == JSON_IN_NONE && aws_fits_length(shape, (int64_t)json_object_size(obj))
               ? STEAL(obj)
               : NULL;
}

/* ---- What the service reads itself ---- */

static const struct aws_take *take_of(const struct reader *r, const struct api_shape *shape) {
    for (const struct aws_take *t = r->takes; t && t->shape.p; t++)
        if (str_eq(t->shape, shape->name))
            return t;
    return NULL;
}

/* Never freed by itself: it lies in the arena, and jansson counts no references of such a node. */
static json_t *read_taken(struct reader *r, const struct aws_take *take) {
    const void *value;
    if (!take->read(r->in, &value))
        return NULL;
    struct aws_taken *taken = arena_alloc(r->in->arena, sizeof *taken);
    *taken = (struct aws_taken){{JSON_TRUE, (size_t)-1}, take->read, value};
    return &taken->node;
}

static json_t *read_value(struct reader *r, const struct api_shape *shape, unsigned depth) {
    if (depth > CODEC_DEPTH)
        return NULL;
    const struct aws_take *take = shape->type <= API_MAP ? take_of(r, shape) : NULL;
    if (take)
        return read_taken(r, take);
    switch ((enum api_type)shape->type) {
    case API_STRUCTURE: return read_structure(r, shape, depth);
    case API_LIST: return read_list(r, shape, depth);
    case API_MAP: return read_map(r, shape, depth);
    case API_STRING: return read_text(r, shape);
    case API_BLOB: return read_blob(r, shape);
    case API_BOOLEAN: return read_boolean(r);
    case API_INTEGER:
    case API_DOUBLE:
    case API_TIMESTAMP: return read_number(r, shape);
    }
    return NULL;
}

bool wire_json_read(const struct api_shape *shape, struct json_in *in, const struct aws_take *takes,
                    json_t **ret_doc) {
    struct reader r = {in, takes};
    CLEANUP_JSON json_t *doc = shape ? read_structure(&r, shape, 0) : NULL;
    if (!doc || !json_in_end(in))
        return false;
    *ret_doc = STEAL(doc);
    return true;
}
