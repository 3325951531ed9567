/*
 * The model's constraints: required, length, range, pattern, enum; once, before the handler, with
 * AWS's wording ("1 validation error detected: Value '…' at 'tableName' failed to satisfy
 * constraint: Member must have length greater than or equal to 3").
 *
 * A service may have words of its own (struct aws_service, invalid).
 */
#include "aws/validate.h"

#include "aws/aws_priv.h"

#include "aws/pattern.h"
#include "base/ascii.h"

enum { FAULTS_MAX = 8, SHOWN_MAX = 1024 };

struct check {
    struct buf path;
    struct buf faults; /* "Value … at …; Value …" */
    unsigned n;
    struct aws_violation first; /* for services that speak of one only */
    const struct api_member *top; /* the member of the operation's input that is being looked at */
};

static void show_value(const struct api_shape *shape, const json_t *v, struct buf *out) {
    if (shape->flags & API_SENSITIVE)
        return buf_c(out, "***Sensitive Data Redacted***");
    size_t from = out->len;
    if (json_is_string(v))
        buf_str(out, json_text(v));
    else
        json_write(out, v);
    if (out->len - from > SHOWN_MAX) {
        out->len = from + SHOWN_MAX;
        while (((unsigned char)out->p[out->len] & 0xc0) == 0x80)
            out->len--;
    }
}

static void fault(struct check *c, const struct api_shape *shape, const json_t *v, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
static void fault(struct check *c, const struct api_shape *shape, const json_t *v, const char *fmt, ...) {
    if (c->n == 0) {
        c->first.missing = !v;
        c->first.member = c->top;
    }
    if (c->n++ >= FAULTS_MAX)
        return;
    if (c->faults.len)
        buf_c(&c->faults, "; ");
    buf_c(&c->faults, "Value ");
    if (v) {
        buf_char(&c->faults, '\'');
        show_value(shape, v, &c->faults);
        buf_char(&c->faults, '\'');
    } else {
        buf_c(&c->faults, "null");
    }
    buf_printf(&c->faults, " at '" STR_FMT "' failed to satisfy constraint: ", STR_ARG(buf_view(&c->path)));
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&c->faults, fmt, args);
    va_end(args);
}

/* "KeySchema" is called "keySchema" in the message. Returns the length to go back to. */
static size_t enter(struct check *c, str name) {
    size_t before = c->path.len;
    if (before)
        buf_char(&c->path, '.');
    size_t at = c->path.len;
    buf_str(&c->path, name);
    if (name.len)
        c->path.p[at] = ascii_lower(c->path.p[at]);
    return before;
}
static void leave(struct check *c, size_t length) { c->path.len = length; }

static void check_value(struct check *c, const struct api_shape *shape, const json_t *v, unsigned depth);

/* Characters, as AWS counts: UTF-16 units. */
static int64_t text_length(str s) {
    int64_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char b = (unsigned char)s.p[i];
        n += (b & 0xc0) != 0x80;
        n += b >= 0xf0;
    }
    return n;
}

static void check_length(struct check *c, const struct api_shape *shape, const json_t *v, int64_t n) {
    if ((shape->flags & API_HAS_MIN) && n < shape->min)
        fault(c, shape, v, "Member must have length greater than or equal to %lld", (long long)shape->min);
    if ((shape->flags & API_HAS_MAX) && n > shape->max)
        fault(c, shape, v, "Member must have length less than or equal to %lld", (long long)shape->max);
}

static void check_string(struct check *c, const struct api_shape *shape, const json_t *v) {
    str text = json_text(v);
    check_length(c, shape, v, text_length(text));
    if (shape->pattern && !api_pattern_match(shape->pattern, text))
        fault(c, shape, v, "Member must satisfy regular expression pattern: %s", shape->pattern->text);
    if (shape->values && !api_enum_has(shape, text)) {
        CLEANUP_DEINIT(buf) struct buf set = {0};
        for (size_t i = 0; i < shape->n; i++) {
            buf_c(&set, i ? ", " : "");
            buf_str(&set, shape->values[i]);
        }
        if (!c->first.odd.p)
            c->first.odd = text;
        fault(c, shape, v, "Member must satisfy enum value set: [%s]", buf_cstr(&set));
    }
}

static void check_number(struct check *c, const struct api_shape *shape, const json_t *v) {
    double d = json_number_value(v);
    if ((shape->flags & API_HAS_MIN) && d < (double)shape->min)
        fault(c, shape, v, "Member must have value greater than or equal to %lld", (long long)shape->min);
    if ((shape->flags & API_HAS_MAX) && d > (double)shape->max)
        fault(c, shape, v, "Member must have value less than or equal to %lld", (long long)shape->max);
}

static void check_structure(struct check *c, const struct api_shape *shape, const json_t *obj, unsigned depth) {
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        if (m->flags & API_STREAMING)
            continue;
        const json_t *v = json_object_get(obj, m->name.p);
        if (!v && !(m->flags & API_REQUIRED))
            continue;
        if (depth == 0)
            c->top = m;
        size_t back = enter(c, m->name);
        if (!v)
            fault(c, m->shape, NULL, "Member must not be null");
        else
            check_value(c, m->shape, v, depth + 1);
        leave(c, back);
    }
}

static void check_list(struct check *c, const struct api_shape *shape, const json_t *array, unsigned depth) {
    check_length(c, shape, array, (int64_t)json_array_size(array));
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *v = json_array_get(array, i);
        size_t back = c->path.len;
        buf_printf(&c->path, ".%zu.member", i + 1);
        if (json_is_null(v))
            fault(c, shape->element, NULL, "Member must not be null");
        else
            check_value(c, shape->element, v, depth + 1);
        leave(c, back);
    }
}

static void check_key(struct check *c, const struct api_shape *shape, const char *key) {
    CLEANUP_JSON json_t *name = json_string(key);
    size_t back = c->path.len;
    bool first = !c->first.odd.p;
    buf_c(&c->path, ".key");
    check_string(c, shape, name);
    if (first && c->first.odd.p)
        c->first.odd = str_c(key); /* name is not to outlive this */
    leave(c, back);
}

static void check_map(struct check *c, const struct api_shape *shape, const json_t *obj, unsigned depth) {
    const char *key;
    json_t *v;
    check_length(c, shape, obj, (int64_t)json_object_size(obj));
    bool plain_key = !shape->key->pattern && !shape->key->values && !(shape->key->flags & (API_HAS_MIN | API_HAS_MAX));
    json_object_foreach((json_t *)obj, key, v) {
        size_t back = c->path.len;
        if (!plain_key) {
            check_key(c, shape->key, key);
        }
        buf_printf(&c->path, ".%s.member", key);
        check_value(c, shape->element, v, depth + 1);
        leave(c, back);
    }
}

/* depth is bounded by the decoder, which refuses deeper documents. */
static void check_value(struct check *c, const struct api_shape *shape, const json_t *v, unsigned depth) {
    switch ((enum api_type)shape->type) {
    case API_STRUCTURE:
        check_structure(c, shape, v, depth);
        break;
    case API_LIST:
        check_list(c, shape, v, depth);
        break;
    case API_MAP:
        check_map(c, shape, v, depth);
        break;
    case API_STRING:
        if (shape->pattern || shape->values || (shape->flags & (API_HAS_MIN | API_HAS_MAX)))
            check_string(c, shape, v);
        break;
    case API_BLOB:
        if (shape->flags & (API_HAS_MIN | API_HAS_MAX))
            check_length(c, shape, v, (int64_t)(json_text(v).len / 4 * 3));
        break;
    case API_INTEGER:
    case API_DOUBLE:
        check_number(c, shape, v);
        break;
    case API_BOOLEAN:
    case API_TIMESTAMP:
        break;
    }
}

static int fail(struct rq *rq, const struct check *c) {
    if (rq->service->invalid && rq->service->invalid(rq->svc, rq, &c->first))
        return AWS_FAILED;
    return aws_fail_common(rq, COMMON_VALIDATION, "%u validation error%s detected: " STR_FMT, c->n,
                           c->n == 1 ? "" : "s", STR_ARG(buf_view(&c->faults)));
}

int aws_validate(struct rq *rq) {
    const struct api_shape *shape = rq->priv->route.op->in;
    struct check c = {0};
    int r = 0;
    if (shape)
        check_structure(&c, shape, rq->in, 0);
    if (c.n)
        r = fail(rq, &c);
    buf_deinit(&c.path);
    buf_deinit(&c.faults);
    return r;
}
