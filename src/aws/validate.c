/*
 * The model's constraints: required, length, range, pattern, enum; once, before the handler, with
 * AWS's wording ("1 validation error detected: Value '…' at 'tableName' failed to satisfy
 * constraint: Member must have length greater than or equal to 3").
 *
 * A service may have words of its own (struct aws_service, invalid).
 */
#include "aws/validate.h"

#include "aws/aws_priv.h"

#include "aws/fits.h"
#include "aws/pattern.h"
#include "base/ascii.h"

enum { FAULTS_MAX = 8, SHOWN_MAX = 1024 };

/*
 * Where a value is; NULL: it is the operation's input. Written out when something is wrong with it.
 */
struct at {
    const struct at *above;
    enum { AT_MEMBER, AT_ITEM, AT_ENTRY } kind;
    str name;    /* of a member, or a map's key */
    size_t item; /* of a list, from 0 */
};

struct check {
    struct buf faults; /* "Value … at …; Value …" */
    unsigned n;
    struct aws_violation first; /* for services that speak of one only */
    /* the member of the operation's input that is being looked at */
    const struct api_member *top;
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

/* "KeySchema" is called "keySchema". */
static void add_path(struct buf *out, const struct at *at) {
    if (at->above) {
        add_path(out, at->above);
        buf_char(out, '.');
    }
    if (at->kind == AT_ITEM)
        buf_printf(out, "%zu.member", at->item + 1);
    else if (at->kind == AT_ENTRY)
        buf_printf(out, STR_FMT ".member", STR_ARG(at->name));
    else {
        buf_char(out, ascii_lower(at->name.p[0]));
        buf_str(out, str_skip(at->name, 1));
    }
}

static void fault(struct check *c, const struct at *at, const struct api_shape *shape,
                  const json_t *v, const char *fmt, ...) PRINTF_LIKE(5, 6);
static void fault(struct check *c, const struct at *at, const struct api_shape *shape,
                  const json_t *v, const char *fmt, ...) {
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
    buf_c(&c->faults, " at '");
    add_path(&c->faults, at);
    buf_c(&c->faults, "' failed to satisfy constraint: ");
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&c->faults, fmt, args);
    va_end(args);
}

static void check_value(struct check *c, const struct at *at, const struct api_shape *shape,
                        const json_t *v);

static void check_length(struct check *c, const struct at *at, const struct api_shape *shape,
                         const json_t *v, int64_t n) {
    if ((shape->flags & API_HAS_MIN) && n < shape->min)
        fault(c, at, shape, v, "Member must have length greater than or equal to %lld",
              (long long)shape->min);
    if ((shape->flags & API_HAS_MAX) && n > shape->max)
        fault(c, at, shape, v, "Member must have length less than or equal to %lld",
              (long long)shape->max);
}

static void check_string(struct check *c, const struct at *at, const struct api_shape *shape,
                         const json_t *v) {
    str text = json_text(v);
    if (aws_fits_text(shape, text))
        return;
    check_length(c, at, shape, v, aws_text_length(text));
    if (shape->pattern && !api_pattern_match(shape->pattern, text))
        fault(c, at, shape, v, "Member must satisfy regular expression pattern: %s",
              shape->pattern->text);
    if (shape->values && !api_enum_has(shape, text)) {
        CLEANUP_DEINIT(buf) struct buf set = {0};
        for (size_t i = 0; i < shape->n; i++) {
            buf_c(&set, i ? ", " : "");
            buf_str(&set, shape->values[i]);
        }
        if (!c->first.odd.p)
            c->first.odd = text;
        fault(c, at, shape, v, "Member must satisfy enum value set: [%s]", buf_cstr(&set));
    }
}

static void check_number(struct check *c, const struct at *at, const struct api_shape *shape,
                         const json_t *v) {
    double d = json_number_value(v);
    if (aws_fits_number(shape, d))
        return;
    if ((shape->flags & API_HAS_MIN) && d < (double)shape->min)
        fault(c, at, shape, v, "Member must have value greater than or equal to %lld",
              (long long)shape->min);
    if ((shape->flags & API_HAS_MAX) && d > (double)shape->max)
        fault(c, at, shape, v, "Member must have value less than or equal to %lld",
              (long long)shape->max);
}

static void check_structure(struct check *c, const struct at *above, const struct api_shape *shape,
                            const json_t *obj) {
    struct at at = {.above = above, .kind = AT_MEMBER};
    size_t left = json_object_size(obj); /* most inputs have few of their members */
    for (size_t i = 0; i < shape->n; i++) {
        const struct api_member *m = &shape->members[i];
        bool required = m->flags & API_REQUIRED;
        if ((m->flags & API_STREAMING) || (!left && !required))
            continue;
        const json_t *v = json_object_get(obj, m->name.p);
        left -= v != NULL;
        if (!v && !required)
            continue;
        if (!above)
            c->top = m;
        at.name = m->name;
        if (!v)
            fault(c, &at, m->shape, NULL, "Member must not be null");
        else
            check_value(c, &at, m->shape, v);
    }
}

static void check_list(struct check *c, const struct at *above, const struct api_shape *shape,
                       const json_t *array) {
    struct at at = {.above = above, .kind = AT_ITEM};
    check_length(c, above, shape, array, (int64_t)json_array_size(array));
    for (; at.item < json_array_size(array); at.item++) {
        const json_t *v = json_array_get(array, at.item);
        if (json_is_null(v))
            fault(c, &at, shape->element, NULL, "Member must not be null");
        else
            check_value(c, &at, shape->element, v);
    }
}

static void check_key(struct check *c, const struct at *above, const struct api_shape *shape,
                      const char *key) {
    CLEANUP_JSON json_t *name = json_string(key);
    const struct at at = {.above = above, .kind = AT_MEMBER, .name = S("key")};
    bool first = !c->first.odd.p;
    check_string(c, &at, shape, name);
    if (first && c->first.odd.p)
        c->first.odd = str_c(key); /* name is not to outlive this */
}

static void check_map(struct check *c, const struct at *above, const struct api_shape *shape,
                      const json_t *obj) {
    struct at at = {.above = above, .kind = AT_ENTRY};
    const char *key;
    json_t *v;
    check_length(c, above, shape, obj, (int64_t)json_object_size(obj));
    json_object_foreach ((json_t *)obj, key, v) {
        if (!aws_fits_any(shape->key))
            check_key(c, above, shape->key, key);
        at.name = str_c(key);
        check_value(c, &at, shape->element, v);
    }
}

/* Depth is bounded by the decoder, which refuses deeper documents. */
static void check_value(struct check *c, const struct at *at, const struct api_shape *shape,
                        const json_t *v) {
    switch ((enum api_type)shape->type) {
    case API_STRUCTURE: check_structure(c, at, shape, v); break;
    case API_LIST: check_list(c, at, shape, v); break;
    case API_MAP: check_map(c, at, shape, v); break;
    case API_STRING:
        if (!aws_fits_any(shape))
            check_string(c, at, shape, v);
        break;
    case API_BLOB:
        if (shape->flags & (API_HAS_MIN | API_HAS_MAX))
            check_length(c, at, shape, v, aws_blob_length(json_text(v)));
        break;
    case API_INTEGER:
    case API_DOUBLE: check_number(c, at, shape, v); break;
    case API_BOOLEAN:
    case API_TIMESTAMP: break;
    }
}

static int fail(struct rq *rq, const struct check *c) {
    if (rq->service->invalid && rq->service->invalid(rq->svc, rq, &c->first))
        return AWS_FAILED;
    return aws_fail_common(rq, COMMON_VALIDATION, "%u validation error%s detected: " STR_FMT, c->n,
                           c->n == 1 ? "" : "s", STR_ARG(buf_view(&c->faults)));
}

bool aws_document_fits(const struct api_shape *shape, const json_t *doc) {
    struct check c = {0};
    check_structure(&c, NULL, shape, doc);
    buf_deinit(&c.faults);
    return c.n == 0;
}

int aws_validate(struct rq *rq) {
    const struct api_shape *shape = rq->priv->route.op->in;
    struct check c = {0};
    int r = 0;
    if (shape && !rq->priv->fits)
        check_structure(&c, NULL, shape, rq->in);
    if (c.n)
        r = fail(rq, &c);
    buf_deinit(&c.faults);
    return r;
}
