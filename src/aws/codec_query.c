/*
 * Forms of the query protocol: "Entries.member.1.Id=a&Attributes.entry.1.key=b". The parameters are
 * sorted by their dotted parts (numbers as numbers), so that what belongs together is one run of
 * the array; structures, lists and maps then read their runs recursively. Nothing is quadratic in
 * the number of parameters, whatever they are called.
 */
#include "aws/codec_priv.h"

#include "base/codec.h"

enum { PARAM_MAX_KEY = 4096 };

static size_t count_parts(str text) {
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == '&';
    return n;
}

static int decode(struct arena *arena, str text, bool plus, str *ret) {
    if (str_chr(text, '%') < 0 && (!plus || str_chr(text, '+') < 0)) {
        *ret = arena_str(arena, text.p ? text : S(""));
        return 0;
    }
    CLEANUP_DEINIT(buf) struct buf b = {0};
    if (!codec_unuri(&b, text, plus))
        return AWS_E_MALFORMED;
    *ret = arena_str(arena, buf_view(&b));
    return 0;
}

int wire_params(struct arena *arena, str text, bool plus, struct codec_param **ret_params,
                size_t *ret_n, struct err *err) {
    size_t room = text.len ? count_parts(text) : 0, n = 0;
    if (room > CODEC_PARTS)
        return err_set(err, AWS_E_MALFORMED, "The request has too many parameters");
    struct codec_param *params = arena_alloc(arena, room * sizeof *params + 1);
    while (text.len) {
        str part, key, value;
        str_cut(text, '&', &part, &text);
        if (part.len == 0)
            continue;
        struct codec_param *p = &params[n++];
        p->has_value = str_cut(part, '=', &key, &value);
        if (decode(arena, key, plus, &p->key) || decode(arena, value, plus, &p->value))
            return err_set(err, AWS_E_MALFORMED, "A percent sign without two hexadecimal digits");
        if (p->key.len > PARAM_MAX_KEY)
            return err_set(err, AWS_E_MALFORMED, "A parameter's name is too long");
    }
    *ret_params = params;
    *ret_n = n;
    return 0;
}

/* ---- Order ---- */

static bool is_number(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len > 0;
}

static int compare_parts(str a, str b) {
    bool na = is_number(a), nb = is_number(b);
    if (na != nb)
        return na ? -1 : 1;
    if (na && a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return str_cmp(a, b);
}

static int compare_keys(const void *x, const void *y) {
    str a = ((const struct codec_param *)x)->key, b = ((const struct codec_param *)y)->key;
    while (a.len && b.len) {
        str part_a, part_b;
        str_cut(a, '.', &part_a, &a);
        str_cut(b, '.', &part_b, &b);
        int c = compare_parts(part_a, part_b);
        if (c)
            return c;
    }
    return (a.len != 0) - (b.len != 0);
}

/* ---- Runs ---- */

/*
 * Parameters whose keys agree in their first `skip` bytes (with the dot behind, when more follows).
 */
struct run {
    const struct codec_param *p;
    size_t n, skip;
};

static str rest_of(const struct codec_param *p, size_t skip) { return str_skip(p->key, skip); }

/*
 * Cuts the leading run of one part off *run: its name, and what follows the name. False at the end.
 */
static bool next_part(struct run *run, str *ret_part, struct run *ret_below) {
    if (run->n == 0)
        return false;
    str part, tail;
    str_cut(rest_of(run->p, run->skip), '.', &part, &tail);
    size_t n = 0;
    while (n < run->n) {
        str other;
        str_cut(rest_of(&run->p[n], run->skip), '.', &other, &tail);
        if (!str_eq(other, part))
            break;
        n++;
    }
    *ret_part = part;
    *ret_below = (struct run){run->p, n, run->skip + part.len + 1};
    run->p += n;
    run->n -= n;
    return true;
}

/* The parameter that ends here ("Name=x"), not one below it; NULL without. */
static const struct codec_param *leaf(const struct run *run) {
    return run->n && run->p->key.len + 1 == run->skip ? run->p : NULL;
}

static int read_value(const struct api_shape *shape, bool flat, struct run run, unsigned depth,
                      json_t **ret, struct err *err);

static int read_structure(const struct api_shape *shape, struct run run, unsigned depth,
                          json_t **ret, struct err *err) {
    CLEANUP_JSON json_t *obj = json_object();
    struct run below;
    str part;
    while (next_part(&run, &part, &below)) {
        const struct api_member *m = api_member_by_wire(shape, part);
        json_t *v = NULL;
        if (!m)
            continue;
        int r = read_value(m->shape, m->flags & API_FLATTENED, below, depth + 1, &v, err);
        if (r)
            return r;
        json_set(obj, m->name.p, v);
    }
    *ret = STEAL(obj);
    return 0;
}

/* "1", "2", …: the items in their order. */
static int read_items(const struct api_shape *shape, struct run run, unsigned depth, json_t **ret,
                      struct err *err) {
    CLEANUP_JSON json_t *array = json_array();
    struct run below;
    str part;
    while (next_part(&run, &part, &below)) {
        json_t *v = NULL;
        if (!is_number(part))
            return err_set(err, AWS_E_MALFORMED,
                           "Key (" STR_FMT ") is not valid: an index was expected",
                           STR_ARG(str_slice(below.p->key, 0, 128)));
        int r = read_value(shape->element, false, below, depth + 1, &v, err);
        if (r)
            return r;
        if (v)
            json_array_append_new(array, v);
    }
    *ret = STEAL(array);
    return 0;
}

/* An entry of a map: key and value under their names. */
static int read_entry(const struct api_shape *shape, struct run run, unsigned depth, json_t *map,
                      struct err *err) {
    struct run below;
    str part, key = STR_NONE;
    CLEANUP_JSON json_t *v = NULL;
    while (next_part(&run, &part, &below)) {
        if (str_eq(part, shape->key_wire) && leaf(&below)) {
            key = leaf(&below)->value;
        } else if (str_eq(part, shape->element_wire)) {
            int r = read_value(shape->element, false, below, depth + 1, &v, err);
            if (r)
                return r;
        }
    }
    if (!key.p)
        return err_set(err, AWS_E_MALFORMED, "A map's entry has no " STR_FMT,
                       STR_ARG(shape->key_wire));
    if (!str_is_utf8(key) || memchr(key.p, '\0', key.len))
        return err_set(err, AWS_E_MALFORMED, "A map's key is not valid text");
    json_set(map, key.p, v ? STEAL(v) : json_string(""));
    return 0;
}

static int read_map(const struct api_shape *shape, struct run run, unsigned depth, json_t **ret,
                    struct err *err) {
    CLEANUP_JSON json_t *map = json_object();
    struct run below;
    str part;
    while (next_part(&run, &part, &below)) {
        int r = read_entry(shape, below, depth, map, err);
        if (r)
            return r;
    }
    *ret = STEAL(map);
    return 0;
}

/* Lists and maps have one more part ("member", "entry") unless they are flattened. */
static struct run unwrap(const struct api_shape *shape, bool flat, struct run run) {
    str name = shape->type == API_MAP ? S("entry") : shape->element_wire;
    struct run walk = run, below;
    str part;
    while (!flat && next_part(&walk, &part, &below))
        if (str_eq(part, name))
            return below;
    return run;
}

static int read_value(const struct api_shape *shape, bool flat, struct run run, unsigned depth,
                      json_t **ret, struct err *err) {
    const struct codec_param *here = leaf(&run);
    if (depth > CODEC_DEPTH)
        return err_set(err, AWS_E_MALFORMED, "The request is nested too deeply");
    if (shape->type > API_MAP) {
        *ret = here ? wire_scalar_in(shape, here->value, API_TIME_DEFAULT, API_TIME_ISO8601, err)
                    : NULL;
        return here && !*ret ? AWS_E_MALFORMED : 0;
    }
    if (here) { /* "List=": an empty one */
        run.p++;
        run.n--;
    }
    if (shape->type == API_STRUCTURE)
        return read_structure(shape, run, depth, ret, err);
    run = unwrap(shape, flat, run);
    return shape->type == API_LIST ? read_items(shape, run, depth, ret, err)
                                   : read_map(shape, run, depth, ret, err);
}

int wire_query_in(const struct api_shape *shape, struct codec_param *params, size_t n,
                  json_t **ret_doc, struct err *err) {
    if (!shape) {
        *ret_doc = json_object();
        return 0;
    }
    if (n)
        qsort(params, n, sizeof *params, compare_keys);
    return read_structure(shape, (struct run){params, n, 0}, 0, ret_doc, err);
}
