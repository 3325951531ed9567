/*
 * What rows say about the input document: members by their path, conditions on them, ARNs made of
 * them.
 */
#include "aws/right_priv.h"

#include "base/arena.h"

#include <errno.h>

static int refuse(const struct reading *r, const char *what, str text) {
    return err_set(r->err, -EINVAL, "%s: the row %s: %s \"" STR_FMT "\"", r->service->name,
                   r->op->name, what, STR_ARG(text));
}

/* ---- Members ---- */

static int read_derived(const struct reading *r, str name, struct member *ret) {
    for (const struct aws_derived *d = r->service->derived; d && d->name; d++)
        if (str_is(name, d->name)) {
            *ret = (struct member){.list = NO_LIST, .derived = d->get};
            return 0;
        }
    return refuse(r, "the service derives no", name);
}

static const struct api_shape *shape_below(const struct api_shape *shape, str name) {
    const struct api_member *m =
        shape && shape->type == API_STRUCTURE ? api_member_find(shape, name) : NULL;
    return m && str_eq(m->name, name) ? m->shape : NULL;
}

int member_read(const struct reading *r, str text, bool wants_text, struct member *ret) {
    const struct api_shape *shape = r->in;
    str rest = text, name = STR_NONE;
    if (str_starts(text, S("@")))
        return read_derived(r, str_skip(text, 1), ret);
    *ret = (struct member){.list = NO_LIST};
    for (bool more = true; more;) {
        more = str_cut(rest, '.', &name, &rest);
        bool list = str_ends(name, S("[]"));
        if (list)
            name = str_slice(name, 0, name.len - 2);
        shape = shape_below(shape, name);
        if (!shape || ret->n == MEMBER_DEPTH ||
            (list && (shape->type != API_LIST || ret->list != NO_LIST)))
            return refuse(r, "its input has no member", text);
        if (list) {
            ret->list = ret->n;
            shape = shape->element;
        }
        ret->names[ret->n++] = name;
    }
    return wants_text && shape->type != API_STRING ? refuse(r, "is no text:", text) : 0;
}

static const json_t *walk(const json_t *doc, const struct member *m, int from, int to) {
    for (int i = from; i < to; i++)
        doc = json_object_getn(doc, m->names[i].p, m->names[i].len);
    return doc;
}

static const json_t *list_of(const struct rq *rq, const struct member *m) {
    return walk(rq->in, m, 0, m->list + 1);
}

size_t member_items(const struct rq *rq, const struct member *m) {
    return json_array_size(list_of(rq, m));
}

const json_t *member_value(const struct rq *rq, const struct member *m, size_t item) {
    if (m->derived)
        return NULL;
    if (m->list == NO_LIST)
        return walk(rq->in, m, 0, m->n);
    return walk(json_array_get(list_of(rq, m), item), m, m->list + 1, m->n);
}

int member_text(struct rq *rq, const struct member *m, size_t item, str *ret_text) {
    *ret_text = STR_NONE;
    if (m->derived)
        return m->derived(rq, ret_text);
    *ret_text = json_text(member_value(rq, m, item));
    return 0;
}

/* ---- Conditions ---- */

/* [!]member, member=value or member!=value. */
static int read_test(const struct reading *r, str text, struct test *ret) {
    str name = text, value = STR_NONE;
    *ret = (struct test){.negated = str_starts(text, S("!"))};
    if (ret->negated)
        name = str_skip(text, 1);
    ret->compared = str_cut(name, '=', &name, &value);
    if (ret->compared && str_ends(name, S("!"))) {
        ret->negated = true;
        name = str_slice(name, 0, name.len - 1);
    }
    ret->value = value;
    return member_read(r, name, ret->compared, &ret->member);
}

static size_t count(const char *text, char c) {
    size_t n = 0;
    for (; *text; text++)
        n += *text == c;
    return n;
}

int when_read(const struct reading *r, const char *text, struct when *ret) {
    *ret = (struct when){0};
    if (!*text)
        return 0;
    ret->tests =
        arena_alloc(r->arena, (count(text, '|') + count(text, '&') + 1) * sizeof *ret->tests);
    str rest = str_c(text), alternative, one;
    for (bool more = true; more;) {
        more = str_cut(rest, '|', &alternative, &rest);
        for (bool also = true; also;) {
            also = str_cut(alternative, '&', &one, &alternative);
            if (read_test(r, one, &ret->tests[ret->n]))
                return -EINVAL;
            ret->tests[ret->n++].ends = !also;
        }
    }
    return 0;
}

static bool says_something(const json_t *value) {
    if (json_is_array(value) || json_is_object(value))
        return json_array_size(value) || json_object_size(value);
    return value && !json_is_null(value) && !json_is_false(value);
}

/* A comparison holds only of what is given. */
static int test_holds(struct rq *rq, const struct test *t, bool *ret) {
    str text = STR_NONE;
    if (t->compared || t->member.derived) {
        int r = member_text(rq, &t->member, NO_ITEM, &text);
        if (r)
            return r;
    }
    bool given =
        t->member.derived ? text.p != NULL : says_something(member_value(rq, &t->member, NO_ITEM));
    *ret = t->compared ? given && str_eq(text, t->value) != t->negated : given != t->negated;
    return 0;
}

int when_holds(struct rq *rq, const struct when *when, bool *ret_holds) {
    bool all = true;
    *ret_holds = when->n == 0;
    for (size_t i = 0; i < when->n && !*ret_holds; i++) {
        bool holds = false;
        int r = all ? test_holds(rq, &when->tests[i], &holds) : 0;
        if (r)
            return r;
        all = all && holds;
        if (when->tests[i].ends) {
            *ret_holds = all;
            all = true;
        }
    }
    return 0;
}

/* ---- Resources ---- */

static int read_piece(const struct reading *r, str name, struct piece *ret) {
    if (str_is(name, "region"))
        *ret = (struct piece){.kind = PIECE_REGION};
    else if (str_is(name, "account"))
        *ret = (struct piece){.kind = PIECE_ACCOUNT};
    else {
        ret->kind = PIECE_MEMBER;
        return member_read(r, name, true, &ret->member);
    }
    return 0;
}

int arn_form_read(const struct reading *r, const char *text, struct arn_form *ret) {
    *ret = (struct arn_form){.hook = strcmp(text, "@") == 0};
    if (ret->hook)
        return r->service->resource ? 0 : refuse(r, "wants a resource hook", str_c(text));
    ret->pieces = arena_alloc(r->arena, (2 * count(text, '{') + 1) * sizeof *ret->pieces);
    str head, name, rest = str_c(text);
    for (bool more = true; more;) {
        more = str_cut(rest, '{', &head, &rest);
        if (head.len)
            ret->pieces[ret->n++] = (struct piece){.kind = PIECE_TEXT, .text = head};
        if (!more)
            break;
        struct piece *piece = &ret->pieces[ret->n++];
        if (!str_cut(rest, '}', &name, &rest))
            return refuse(r, "an open placeholder in", str_c(text));
        if (read_piece(r, name, piece))
            return -EINVAL;
        if (piece->kind == PIECE_MEMBER && piece->member.list != NO_LIST)
            ret->list = &piece->member;
    }
    return 0;
}

static int fill(struct rq *rq, const struct piece *piece, size_t item, struct buf *arn) {
    if (piece->kind != PIECE_MEMBER) {
        buf_str(arn, piece->kind == PIECE_TEXT     ? piece->text
                     : piece->kind == PIECE_REGION ? rq->region
                                                   : rq->account);
        return 0;
    }
    str text;
    int r = member_text(rq, &piece->member, item, &text);
    buf_str(arn, piece->member.list != NO_LIST && item == NO_ITEM ? S("*") : text);
    return r;
}

int arn_form_fill(struct rq *rq, const struct arn_form *form, size_t item, struct buf *arn) {
    for (size_t i = 0; i < form->n; i++) {
        int r = fill(rq, &form->pieces[i], item, arn);
        if (r)
            return r;
    }
    return 0;
}
