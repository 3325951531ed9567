/*
 * CBOR (RFC 8949) as smithy's rpc-v2 uses it: maps with text keys, tag 1 for timestamps, byte
 * strings for blobs. Decoding follows the model; what the model does not have is skipped. Lengths
 * are believed only as far as bytes are there, so nothing is allocated for a length alone.
 */
#include "aws/codec_priv.h"

#include "base/codec.h"

#include <math.h>

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { INDEFINITE = 31, BREAK = 0xff, TAG_EPOCH = 1 };

struct head {
    enum major major;
    unsigned info;
    uint64_t value; /* argument: length, number, tag, or a float's bits */
};

static int bad(struct err *err, const char *what) {
    return err_set(err, AWS_E_MALFORMED, "CBOR: %s", what);
}

static bool read_head(struct cur *c, struct head *h) {
    uint8_t first = cur_u8(c);
    h->major = (enum major)(first >> 5);
    h->info = first & 31;
    switch (h->info) {
    case 24: h->value = cur_u8(c); break;
    case 25: h->value = cur_u16(c); break;
    case 26: h->value = cur_u32(c); break;
    case 27: h->value = cur_u64(c); break;
    case 28:
    case 29:
    case 30: return false;
    default: h->value = h->info;
    }
    return !c->bad;
}

static bool at_break(struct cur *c) {
    if (c->s.len == 0 || (unsigned char)c->s.p[0] != BREAK)
        return false;
    cur_u8(c);
    return true;
}

/* One more item? Counts *left down, or looks for the break of an indefinite one. */
static bool more(struct cur *c, const struct head *h, uint64_t *left) {
    bool wanted = h->info == INDEFINITE ? !at_break(c) : (*left)-- > 0;
    if (wanted && c->s.len == 0)
        c->bad = true; /* cut */
    return wanted && !c->bad;
}

/* The bytes of a string whose head was read. */
static int read_bytes(struct cur *c, const struct head *h, struct buf *out, struct err *err) {
    if (h->info != INDEFINITE) {
        if (h->value > c->s.len)
            return bad(err, "a string is cut");
        buf_str(out, cur_take(c, (size_t)h->value));
        return 0;
    }
    while (!at_break(c)) {
        struct head part;
        if (!read_head(c, &part) || part.major != h->major || part.info == INDEFINITE ||
            part.value > c->s.len)
            return bad(err, "a chunk of a string is wrong");
        buf_str(out, cur_take(c, (size_t)part.value));
    }
    return 0;
}

static double half_value(uint64_t bits) {
    unsigned exponent = bits >> 10 & 31;
    double mantissa = (double)(bits & 1023), v;
    if (exponent == 0)
        v = ldexp(mantissa, -24);
    else if (exponent != 31)
        v = ldexp(mantissa + 1024, (int)exponent - 25);
    else
        v = mantissa == 0 ? INFINITY : NAN;
    return bits & 0x8000 ? -v : v;
}

static bool float_value(const struct head *h, double *ret) {
    uint32_t bits = (uint32_t)h->value;
    float f;
    if (h->major != SIMPLE || h->info < 25 || h->info > 27)
        return false;
    if (h->info == 25) {
        *ret = half_value(h->value);
    } else if (h->info == 26) {
        memcpy(&f, &bits, sizeof f);
        *ret = (double)f;
    } else {
        memcpy(ret, &h->value, sizeof *ret);
    }
    return isfinite(*ret);
}

static int skip(struct cur *c, unsigned depth, struct err *err) {
    struct head h;
    if (depth > CODEC_DEPTH)
        return bad(err, "nested too deeply");
    if (!read_head(c, &h))
        return bad(err, "the document is cut");
    if (h.major == TAG)
        return skip(c, depth + 1, err);
    if (h.major == BYTES || h.major == TEXT) {
        CLEANUP_DEINIT(buf) struct buf drop = {0};
        return read_bytes(c, &h, &drop, err);
    }
    if (h.major == ARRAY || h.major == MAP) {
        uint64_t left = h.value;
        int r = 0;
        while (r == 0 && more(c, &h, &left)) {
            r = skip(c, depth + 1, err);
            if (r == 0 && h.major == MAP)
                r = skip(c, depth + 1, err);
        }
        return r == 0 && c->bad ? bad(err, "the document is cut") : r;
    }
    return 0;
}

static int read_value(const struct api_shape *shape, struct cur *c, unsigned depth, json_t **ret,
                      struct err *err);

static int read_key(struct cur *c, struct buf *key, struct err *err) {
    struct head h;
    buf_clear(key);
    if (!read_head(c, &h) || h.major != TEXT)
        return bad(err, "a map's key is not text");
    int r = read_bytes(c, &h, key, err);
    if (r == 0 && (!str_is_utf8(buf_view(key)) || memchr(buf_cstr(key), '\0', key->len)))
        return bad(err, "a map's key is not valid text");
    return r;
}

static int read_map(const struct api_shape *shape, const struct head *h, struct cur *c,
                    unsigned depth, json_t **ret, struct err *err) {
    CLEANUP_JSON json_t *obj = json_object();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    uint64_t left = h->value;
    while (more(c, h, &left)) {
        json_t *v = NULL;
        int r = read_key(c, &key, err);
        if (r)
            return r;
        const struct api_member *m =
            shape->type == API_MAP ? NULL : api_member_find(shape, buf_view(&key));
        const struct api_shape *below = shape->type == API_MAP ? shape->element
                                        : m                    ? m->shape
                                                               : NULL;
        r = below ? read_value(below, c, depth + 1, &v, err) : skip(c, depth + 1, err);
        if (r)
            return r;
        if (v && json_is_null(v))
            json_decref(v);
        else if (v)
            json_set(obj, buf_cstr(&key), v);
    }
    if (c->bad)
        return bad(err, "the document is cut");
    *ret = STEAL(obj);
    return 0;
}

static int read_list(const struct api_shape *shape, const struct head *h, struct cur *c,
                     unsigned depth, json_t **ret, struct err *err) {
    CLEANUP_JSON json_t *array = json_array();
    uint64_t left = h->value;
    while (more(c, h, &left)) {
        json_t *v = NULL;
        int r = read_value(shape->element, c, depth + 1, &v, err);
        if (r)
            return r;
        json_array_append_new(array, v);
    }
    if (c->bad)
        return bad(err, "the document is cut");
    *ret = STEAL(array);
    return 0;
}

static json_t *read_number(const struct api_shape *shape, const struct head *h) {
    double d;
    bool negative = h->major == NEGATIVE;
    if (h->major == UNSIGNED || negative) {
        if (h->value > INT64_MAX)
            return NULL;
        int64_t i = negative ? -1 - (int64_t)h->value : (int64_t)h->value;
        return shape->type == API_INTEGER && !(shape->flags & API_LONG) &&
                       (i > INT32_MAX || i < INT32_MIN)
                   ? NULL
                   : json_integer(i);
    }
    if (!float_value(h, &d))
        return NULL;
    if (shape->type == API_TIMESTAMP)
        return fabs(d) < 9e15 ? wire_time_value(llround(d * 1000.0)) : NULL;
    if (shape->type == API_INTEGER)
        return d == floor(d) && fabs(d) < 9e15 ? json_integer((json_int_t)d) : NULL;
    return json_real(d);
}

static json_t *read_string(const struct api_shape *shape, const struct head *h, struct cur *c,
                           struct err *err) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0}, text = {0};
    if (read_bytes(c, h, &bytes, err))
        return NULL;
    if (shape->type == API_BLOB)
        codec_add_base64(&text, bytes.p, bytes.len);
    return json_of_str(buf_view(shape->type == API_BLOB ? &text : &bytes));
}

static json_t *read_scalar(const struct api_shape *shape, const struct head *h, struct cur *c,
                           struct err *err) {
    switch ((enum api_type)shape->type) {
    case API_STRING: return h->major == TEXT ? read_string(shape, h, c, err) : NULL;
    case API_BLOB: return h->major == BYTES ? read_string(shape, h, c, err) : NULL;
    case API_BOOLEAN:
        return h->major == SIMPLE && (h->info == 20 || h->info == 21) ? json_boolean(h->info == 21)
                                                                      : NULL;
    case API_INTEGER:
    case API_DOUBLE:
    case API_TIMESTAMP: return read_number(shape, h);
    case API_STRUCTURE:
    case API_LIST:
    case API_MAP: break;
    }
    return NULL;
}

static int read_value(const struct api_shape *shape, struct cur *c, unsigned depth, json_t **ret,
                      struct err *err) {
    struct head h;
    if (depth > CODEC_DEPTH)
        return bad(err, "nested too deeply");
    do
        if (!read_head(c, &h))
            return bad(err, "the document is cut");
    while (h.major == TAG && h.info != INDEFINITE);
    if (h.major == SIMPLE && (h.info == 22 || h.info == 23)) {
        *ret = json_null();
        return 0;
    }
    if (shape->type == API_STRUCTURE || shape->type == API_MAP)
        return h.major == MAP ? read_map(shape, &h, c, depth, ret, err)
                              : bad(err, "a map was expected");
    if (shape->type == API_LIST)
        return h.major == ARRAY ? read_list(shape, &h, c, depth, ret, err)
                                : bad(err, "a list was expected");
    *ret = read_scalar(shape, &h, c, err);
    return *ret ? 0 : err_set(err, AWS_E_MALFORMED, "CBOR: a value does not fit %s", shape->name.p);
}

int wire_cbor_in(const struct api_shape *shape, str body, json_t **ret_doc, struct err *err) {
    struct cur c = cur_of(body);
    if (!shape || body.len == 0) {
        *ret_doc = json_object();
        return 0;
    }
    json_t *doc = NULL;
    int r = read_value(shape, &c, 0, &doc, err);
    if (r == 0 && (c.s.len || !json_is_object(doc)))
        r = bad(err, "one map was expected");
    if (r == 0)
        *ret_doc = doc;
    else
        json_decref(doc);
    return r;
}

/* ---- Encoding ---- */

static void put_head(struct buf *out, enum major major, uint64_t value) {
    uint8_t top = (uint8_t)(major << 5);
    if (value < 24) {
        buf_u8(out, (uint8_t)(top | value));
    } else if (value <= UINT8_MAX) {
        buf_u8(out, top | 24);
        buf_u8(out, (uint8_t)value);
    } else if (value <= UINT16_MAX) {
        buf_u8(out, top | 25);
        buf_u16(out, (uint16_t)value);
    } else if (value <= UINT32_MAX) {
        buf_u8(out, top | 26);
        buf_u32(out, (uint32_t)value);
    } else {
        buf_u8(out, top | 27);
        buf_u64(out, value);
    }
}

static void put_text(struct buf *out, str text) {
    put_head(out, TEXT, text.len);
    buf_str(out, text);
}

static void put_double(struct buf *out, double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    buf_u8(out, SIMPLE << 5 | 27);
    buf_u64(out, bits);
}

static void put_value(const struct api_shape *shape, const json_t *v, struct buf *out);

static void put_structure(const struct api_shape *shape, const json_t *obj, struct buf *out) {
    uint64_t n = 0;
    for (size_t i = 0; i < shape->n; i++)
        n += json_has(obj, shape->members[i].name.p);
    put_head(out, MAP, n);
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        if (json_has(obj, m->name.p)) {
            put_text(out, m->name);
            put_value(m->shape, json_object_get(obj, m->name.p), out);
        }
    }
}

static void put_scalar(const struct api_shape *shape, const json_t *v, struct buf *out) {
    if (shape->type == API_TIMESTAMP) {
        put_head(out, TAG, TAG_EPOCH);
        put_double(out, json_number_value(v));
    } else if (shape->type == API_BLOB) {
        CLEANUP_DEINIT(buf) struct buf bytes = {0};
        if (codec_unbase64(&bytes, json_text(v))) {
            put_head(out, BYTES, bytes.len);
            buf_str(out, buf_view(&bytes));
        } else {
            put_head(out, BYTES, 0);
        }
    } else if (json_is_string(v)) {
        put_text(out, json_text(v));
    } else if (json_is_boolean(v)) {
        buf_u8(out, (uint8_t)(SIMPLE << 5 | (json_is_true(v) ? 21 : 20)));
    } else if (json_is_integer(v) && shape->type == API_INTEGER) {
        json_int_t i = json_integer_value(v);
        put_head(out, i < 0 ? NEGATIVE : UNSIGNED, i < 0 ? (uint64_t)(-1 - i) : (uint64_t)i);
    } else if (json_is_number(v)) {
        put_double(out, json_number_value(v));
    } else {
        buf_u8(out, SIMPLE << 5 | 22);
    }
}

static void put_value(const struct api_shape *shape, const json_t *v, struct buf *out) {
    if (shape->type == API_STRUCTURE) {
        put_structure(shape, v, out);
    } else if (shape->type == API_LIST) {
        put_head(out, ARRAY, json_array_size(v));
        for (size_t i = 0; i < json_array_size(v); i++)
            put_value(shape->element, json_array_get(v, i), out);
    } else if (shape->type == API_MAP) {
        const char *key;
        json_t *item;
        put_head(out, MAP, json_object_size(v));
        json_object_foreach ((json_t *)v, key, item) {
            put_text(out, str_c(key));
            put_value(shape->element, item, out);
        }
    } else {
        put_scalar(shape, v, out);
    }
}

void wire_cbor_out(const struct api_shape *shape, const json_t *doc, struct buf *out) {
    if (shape && doc)
        put_structure(shape, doc, out);
    else
        put_head(out, MAP, 0);
}

void wire_cbor_error(str type, str message, struct buf *out) {
    put_head(out, MAP, 2);
    put_text(out, S("__type"));
    put_text(out, type);
    put_text(out, S("message"));
    put_text(out, message);
}
