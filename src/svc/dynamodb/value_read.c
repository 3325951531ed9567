/*
 * Attribute values from the JSON text of a request, in one pass and without a tree. What value_in.c
 * would refuse, or what the model knows nothing of, is not taken: the tree's reader is asked then,
 * and has the words.
 */
#include "svc/dynamodb/value.h"

#include "base/codec.h"

/*
 * Elements of the lists and maps that are being read, the innermost last: how many there are is
 * known at a closing bracket, and they move to an array of their own then.
 */
struct slot {
    str name; /* of a map's */
    struct ddb_value value;
};
enum { SLOTS_FIRST = 24 };
struct slots {
    struct slot *p, first[SLOTS_FIRST];
    size_t n, cap;
};

static struct slot *slot_new(struct slots *s) {
    if (s->n == s->cap) {
        struct slot *old = s->p == s->first ? NULL : s->p;
        s->p = mem_realloc(old, s->cap * 2 * sizeof *s->p);
        if (!old)
            memcpy(s->p, s->first, sizeof s->first);
        s->cap *= 2;
    }
    return &s->p[s->n++];
}

static void slots_deinit(struct slots *s) {
    if (s->p != s->first)
        free(s->p);
}

struct reader {
    struct json_in *in;
    struct slots *slots;
};

static bool read_value(struct reader *r, unsigned depth, struct ddb_value *ret);

/* ---- Scalars and sets ---- */
static bool read_scalar(struct reader *r, enum ddb_type type, struct ddb_value *ret) {
    struct arena *a = r->in->arena;
    str text;
    if (!json_in_text(r->in, &text))
        return false;
    *ret = (struct ddb_value){.type = type, .text = text};
    if (type == DDB_N) {
        struct ddb_number *n = arena_alloc(a, sizeof *n);
        ret->number = n;
        return ddb_number_parse(n, text) == DDB_NUMBER_OK;
    }
    if (type == DDB_B) {
        CLEANUP_DEINIT(buf) struct buf bytes = {0};
        bool fine = codec_unbase64(&bytes, text);
        ret->text = arena_str(a, buf_view(&bytes));
        return fine;
    }
    return true;
}

/* The values of the slots from `base` on, in an array of their own. */
static struct ddb_value *take_values(struct reader *r, size_t base, size_t *ret_n) {
    size_t n = r->slots->n - base;
    struct ddb_value *values = arena_alloc(r->in->arena, n * sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = r->slots->p[base + i].value;
    r->slots->n = base;
    *ret_n = n;
    return values;
}

/* element: the type of a set's; a list's are whole values. */
static bool read_array(struct reader *r, enum ddb_type type, unsigned depth,
                       struct ddb_value *ret) {
    enum json_in_next next;
    size_t base = r->slots->n, n;
    if (!json_in_char(r->in, '['))
        return false;
    for (bool first = true; (next = json_in_next(r->in, ']', first)) == JSON_IN_ONE;
         first = false) {
        struct ddb_value v;
        if (type == DDB_L ? !read_value(r, depth, &v) : !read_scalar(r, ddb_element_type(type), &v))
            return false;
        slot_new(r->slots)->value = v;
    }
    struct ddb_value *values = take_values(r, base, &n);
    *ret = (struct ddb_value){.type = type, .n = (uint32_t)n, .elements = values};
    return next == JSON_IN_NONE;
}

static bool read_set(struct reader *r, enum ddb_type type, struct ddb_value *ret) {
    return read_array(r, type, 0, ret) && ret->n > 0 &&
           ddb_set_sort((struct ddb_value *)ret->elements, ret->n);
}

/* ---- Maps ---- */
static int by_name(const void *a, const void *b) {
    return str_cmp(((const struct slot *)a)->name, ((const struct slot *)b)->name);
}

/* By name, ascending. Most items are small, and many come in order. False: a name came twice. */
static bool sort_slots(struct slot *slots, size_t n) {
    enum { FEW = 16 };
    if (n > FEW)
        qsort(slots, n, sizeof *slots, by_name);
    for (size_t i = 1; i < n; i++) {
        struct slot one = slots[i];
        size_t at = i;
        for (; at > 0 && str_cmp(slots[at - 1].name, one.name) > 0; at--)
            slots[at] = slots[at - 1];
        if (at > 0 && str_eq(slots[at - 1].name, one.name))
            return false;
        if (at < i)
            slots[at] = one;
    }
    return true;
}

static bool take_attrs(struct reader *r, size_t base, struct ddb_value *ret) {
    struct slot *slots = r->slots->p + base;
    size_t n = r->slots->n - base;
    if (!sort_slots(slots, n))
        return false;
    struct ddb_attr *attrs = arena_alloc(r->in->arena, n * (sizeof *attrs + sizeof *ret));
    struct ddb_value *values = (struct ddb_value *)(void *)(attrs + n);
    for (size_t i = 0; i < n; i++) {
        values[i] = slots[i].value;
        attrs[i] = (struct ddb_attr){slots[i].name, &values[i]};
    }
    r->slots->n = base;
    *ret = (struct ddb_value){.type = DDB_M, .n = (uint32_t)n, .attrs = attrs};
    return true;
}

static bool read_map(struct reader *r, unsigned depth, struct ddb_value *ret) {
    enum json_in_next next;
    size_t base = r->slots->n;
    if (!json_in_char(r->in, '{'))
        return false;
    for (bool first = true; (next = json_in_next(r->in, '}', first)) == JSON_IN_ONE;
         first = false) {
        struct slot one;
        if (!json_in_name(r->in, &one.name) || one.name.len == 0 ||
            one.name.len > DDB_ATTRIBUTE_NAME_MAX || !read_value(r, depth, &one.value))
            return false;
        *slot_new(r->slots) = one;
    }
    return next == JSON_IN_NONE && take_attrs(r, base, ret);
}

/* ---- Values ---- */
static bool read_boolean(struct reader *r, struct ddb_value *ret) {
    ret->boolean = json_in_word(r->in, S("true"));
    return ret->boolean || json_in_word(r->in, S("false"));
}

static bool read_content(struct reader *r, enum ddb_type type, unsigned depth,
                         struct ddb_value *ret) {
    *ret = (struct ddb_value){.type = type};
    if ((type == DDB_M || type == DDB_L) && depth >= DDB_DEPTH)
        return false;
    switch (type) {
    case DDB_S:
    case DDB_N:
    case DDB_B: return read_scalar(r, type, ret);
    case DDB_BOOL: return read_boolean(r, ret);
    case DDB_NULL: return json_in_word(r->in, S("true"));
    case DDB_M: return read_map(r, depth + 1, ret);
    case DDB_L: return read_array(r, type, depth + 1, ret);
    default: return read_set(r, type, ret);
    }
}

/* {"S": "x"}: one member. depth counts the maps and lists around it. */
static bool read_value(struct reader *r, unsigned depth, struct ddb_value *ret) {
    enum ddb_type type;
    str name;
    return json_in_char(r->in, '{') && json_in_name(r->in, &name) &&
           ddb_type_of_name(name, &type) && read_content(r, type, depth, ret) &&
           json_in_char(r->in, '}');
}

static bool take(struct json_in *in, bool (*read)(struct reader *, unsigned, struct ddb_value *),
                 const void **ret) {
    struct slots slots;
    struct reader r = {in, &slots};
    struct ddb_value *v = arena_alloc(in->arena, sizeof *v);
    slots.p = slots.first;
    slots.n = 0;
    slots.cap = SLOTS_FIRST;
    bool fine = read(&r, 0, v);
    slots_deinit(&slots);
    *ret = v;
    return fine;
}

bool ddb_value_read(struct json_in *in, const void **ret) { return take(in, read_value, ret); }
bool ddb_item_read(struct json_in *in, const void **ret) { return take(in, read_map, ret); }
