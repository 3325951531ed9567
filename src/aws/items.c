/* aws/items: lists of the answer, written item by item in XML or JSON. */
#include "aws/items_priv.h"

#include "aws/aws_priv.h"
#include "aws/check_answer.h"
#include "base/clock.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Where a value stands: its shape, its name, and the frame it goes into. */
struct place {
    struct items_frame *in;
    const struct api_member *member; /* NULL: an item of a list */
    const struct api_shape *shape;
    str tag;
    bool first; /* in its frame */
};

/* How a protocol writes. Scalars come as the text that they are. */
struct items_form {
    void (*open)(struct buf *out, const struct place *place);
    void (*close)(struct buf *out, const struct items_frame *frame);
    void (*text)(struct buf *out, const struct place *place, str text); /* to be escaped */
    void (*word)(struct buf *out, const struct place *place, str text); /* numbers, true, false */
    enum api_time time; /* where the model names no format */
};

/* ---- XML ---- */

static bool is_flat(const struct place *place) {
    return place->member && (place->member->flags & API_FLATTENED) &&
           place->shape->type == API_LIST;
}

static void xml_open(struct buf *out, const struct place *place) {
    if (!is_flat(place))
        wire_xml_open(out, place->tag);
}
static void xml_close(struct buf *out, const struct items_frame *frame) {
    if (!frame->flat)
        wire_xml_close(out, frame->tag);
}
static void xml_text(struct buf *out, const struct place *place, str text) {
    wire_xml_element(out, place->tag, text);
}

static const struct items_form xml = {xml_open, xml_close, xml_text, xml_text, API_TIME_ISO8601};

/* ---- JSON ---- */

static void json_lead(struct buf *out, const struct place *place) {
    if (!place->first)
        buf_char(out, ',');
    if (!place->member)
        return;
    json_add_quoted(out, place->member->name);
    buf_char(out, ':');
}
static void json_open(struct buf *out, const struct place *place) {
    json_lead(out, place);
    buf_char(out, place->shape->type == API_LIST ? '[' : '{');
}
static void json_close(struct buf *out, const struct items_frame *frame) {
    buf_char(out, frame->shape->type == API_LIST ? ']' : '}');
}
static void json_words(struct buf *out, const struct place *place, str text) {
    json_lead(out, place);
    json_add_quoted(out, text);
}
static void json_word(struct buf *out, const struct place *place, str text) {
    json_lead(out, place);
    buf_str(out, text);
}

static const struct items_form json = {json_open, json_close, json_words, json_word, API_TIME_UNIX};

/* ---- Places ---- */

static struct items_frame *top(struct items *it) { return &it->frames[it->depth - 1]; }

static _Noreturn void misuse(const struct items *it, const char *name) {
    fprintf(stderr, "the answer's %s: %s is not to be told here\n", it->member->name.p,
            name ? name : "an item");
    abort();
}

static const struct api_member *take_member(struct items *it, struct items_frame *in,
                                            const char *name) {
    while (in->next < in->shape->n) {
        const struct api_member *m = &in->shape->members[in->next++];
        if (strcmp(m->name.p, name) == 0)
            return m;
    }
    misuse(it, name);
}

static struct place place_of(struct items *it, const char *name) {
    struct items_frame *in = top(it);
    struct place place = {.in = in, .first = in->n++ == 0};
    if ((in->shape->type == API_LIST) != (name == NULL))
        misuse(it, name);
    if (name) {
        place.member = take_member(it, in, name);
        place.shape = place.member->shape;
        place.tag = place.member->wire;
    } else {
        place.shape = in->shape->element;
        place.tag = in->flat ? in->tag : in->shape->element_wire;
    }
    return place;
}

static void add_to_document(const struct place *place, json_t *value) {
    if (place->member)
        json_set(place->in->value, place->member->name.p, value);
    else
        json_array_append_new(place->in->value, value);
}

static void push(struct items *it, const struct place *place) {
    if (it->depth == ITEMS_DEPTH)
        misuse(it, "a structure so deep");
    json_t *value = NULL;
    if (place->in->value) {
        value = place->shape->type == API_LIST ? json_array() : json_object();
        add_to_document(place, value);
    }
    it->frames[it->depth++] = (struct items_frame){.shape = place->shape,
                                                   .tag = place->tag,
                                                   .flat = is_flat(place),
                                                   .value = value};
}

/* ---- Telling ---- */

void items_open(struct items *it, const char *name) {
    struct place place = place_of(it, name);
    if (place.shape->type != API_STRUCTURE && place.shape->type != API_LIST)
        misuse(it, name);
    if (it->form)
        it->form->open(&it->bytes, &place);
    push(it, &place);
}

void items_begin(struct items *it) { items_open(it, NULL); }

void items_close(struct items *it) {
    if (it->depth == 1)
        misuse(it, "an end");
    if (it->form)
        it->form->close(&it->bytes, top(it));
    it->depth--;
}

void items_str(struct items *it, const char *name, str text) {
    if (!text.p)
        return;
    struct place place = place_of(it, name);
    if (place.shape->type != API_STRING)
        misuse(it, name);
    if (it->form)
        it->form->text(&it->bytes, &place, text);
    if (place.in->value)
        add_to_document(&place, json_of_str(text));
}

static void tell_word(struct items *it, const struct place *place, str word) {
    if (it->form)
        it->form->word(&it->bytes, place, word);
}

enum { DIGITS_MAX = 24 };

static str digits_of(char text[DIGITS_MAX], int64_t v) {
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    char *at = text + DIGITS_MAX;
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (v < 0)
        *--at = '-';
    return str_n(at, (size_t)(text + DIGITS_MAX - at));
}

void items_int(struct items *it, const char *name, int64_t v) {
    char text[DIGITS_MAX];
    struct place place = place_of(it, name);
    if (place.shape->type != API_INTEGER)
        misuse(it, name);
    tell_word(it, &place, digits_of(text, v));
    if (place.in->value)
        add_to_document(&place, json_integer(v));
}

static void tell_value(struct items *it, const struct place *place, const json_t *value) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, value);
    tell_word(it, place, buf_view(&text));
}

/* Is it written with the digits of a whole number? */
static bool is_plainly_whole(double v) {
    return fabs(v) < 1e15 && v == (double)(int64_t)v && !(v == 0 && signbit(v));
}

void items_num(struct items *it, const char *name, double v) {
    char text[DIGITS_MAX];
    struct place place = place_of(it, name);
    if (place.shape->type != API_DOUBLE)
        misuse(it, name);
    if (!isfinite(v)) /* there is no such JSON: the nearest number that there is */
        v = isnan(v) ? 0 : copysign(DBL_MAX, v);
    if (place.in->value)
        add_to_document(&place, json_real(v));
    if (is_plainly_whole(v)) {
        tell_word(it, &place, digits_of(text, (int64_t)v));
        return;
    }
    CLEANUP_JSON json_t *value = json_real(v);
    tell_value(it, &place, value);
}

void items_bool(struct items *it, const char *name, bool v) {
    struct place place = place_of(it, name);
    if (place.shape->type != API_BOOLEAN)
        misuse(it, name);
    tell_word(it, &place, v ? S("true") : S("false"));
    if (place.in->value)
        add_to_document(&place, json_boolean(v));
}

/* Only a time in seconds since 1970 needs the value: as documents have it. */
static void tell_time(struct items *it, const struct place *place, int64_t epoch_ms) {
    char digits[DIGITS_MAX], text[CLOCK_ISO_MAX];
    enum api_time time = place->member ? (enum api_time)place->member->time : API_TIME_DEFAULT;
    if (time == API_TIME_DEFAULT)
        time = it->form->time;
    if (time == API_TIME_ISO8601) {
        it->form->text(&it->bytes, place, str_c(clock_iso8601_ms(text, epoch_ms)));
    } else if (time == API_TIME_RFC822) {
        it->form->text(&it->bytes, place, str_c(clock_http(text, epoch_ms)));
    } else if (epoch_ms % 1000 == 0) {
        it->form->word(&it->bytes, place, digits_of(digits, epoch_ms / 1000));
    } else {
        CLEANUP_JSON json_t *value = wire_time_value(epoch_ms);
        tell_value(it, place, value);
    }
}

void items_time(struct items *it, const char *name, int64_t epoch_ms) {
    struct place place = place_of(it, name);
    if (place.shape->type != API_TIMESTAMP)
        misuse(it, name);
    if (it->form)
        tell_time(it, &place, epoch_ms);
    if (place.in->value)
        add_to_document(&place, wire_time_value(epoch_ms));
}

/* ---- The answer ---- */

static const struct items_form *form_of(const struct rq *rq) {
    static const struct items_form *const forms[] = {
        [PROTOCOL_JSON] = &json,    [PROTOCOL_REST_JSON] = &json, [PROTOCOL_QUERY] = &xml,
        [PROTOCOL_REST_XML] = &xml, [PROTOCOL_CBOR] = NULL,
    };
    return rq->net ? forms[rq->priv->route.protocol] : NULL;
}

struct items *rq_out_items(struct rq *rq, const char *member) {
    struct rq_priv *p = rq->priv;
    struct items *it = arena_new(&rq->arena, struct items);
    it->member = api_member_find(p->route.op->out, str_c(member));
    if (!it->member || it->member->shape->type != API_LIST || items_find(p->items, it->member))
        abort(); /* no such list, or told twice */
    it->form = form_of(rq);
    if (AWS_CHECKS || !it->form)
        it->document = json_array();
    it->frames[it->depth++] = (struct items_frame){.shape = it->member->shape,
                                                   .tag = it->member->wire,
                                                   .flat = it->member->flags & API_FLATTENED,
                                                   .value = it->document};
    it->next = p->items;
    p->items = it;
    return it;
}

const struct items *items_find(const struct items *list, const struct api_member *member) {
    while (list && list->member != member)
        list = list->next;
    return list;
}

void aws_items_settle(struct rq *rq) {
    for (struct items *it = rq->priv->items; it; it = it->next) {
        if (it->depth != 1)
            misuse(it, "an answer with an item that was not closed");
        if (!rq->out)
            rq->out = json_object();
        json_set(rq->out, it->member->name.p, STEAL(it->document));
    }
}

void aws_items_json(struct rq *rq, const struct api_shape *shape, struct buf *body) {
    CLEANUP_JSON json_t *rest = AWS_CHECKS ? json_copy(rq->out) : json_incref(rq->out);
    for (const struct items *it = rq->priv->items; AWS_CHECKS && it; it = it->next)
        json_object_del(rest, it->member->name.p);
    wire_json_out(shape, rest, body);
    bool first = body->len == 2; /* "{}" */
    for (const struct items *it = rq->priv->items; it; it = it->next) {
        body->len--;
        if (!first)
            buf_char(body, ',');
        first = false;
        json_add_quoted(body, it->member->name);
        buf_c(body, ":[");
        buf_str(body, buf_view(&it->bytes));
        buf_c(body, "]}");
    }
}

void aws_items_drop(struct rq *rq) {
    for (struct items *it = rq->priv->items; it; it = it->next) {
        buf_deinit(&it->bytes);
        json_decref(it->document);
    }
    rq->priv->items = NULL;
}
