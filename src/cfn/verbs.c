/* Create, update and remove for every type that is no more than its tables. */
#include "cfn/type_priv.h"

/* ---- Is it there already? ---- */

/* Who may not ask may still make: the creating operation then says what is wrong. */
static const char denied[] = "AccessDenied|AccessDeniedException|AuthorizationError";

static bool has_items(const json_t *out, const char *members) {
    for (str rest = str_c(members), name; rest.p;) {
        str_cut(rest, '|', &name, &rest);
        if (json_array_size(json_object_getn(out, name.p, name.len)))
            return true;
    }
    return false;
}

/* The name that the template gives; empty without one. */
static str given_name(const struct cfn_work *w, const struct cfn_type *type) {
    str prop = cfn_name_property(type);
    return prop.len ? json_text(json_object_getn(w->props, prop.p, prop.len)) : STR_NONE;
}

static bool has_drawn_name(const struct cfn_work *w, const struct cfn_type *type) {
    return cfn_name_property(type).len && !given_name(w, type).len;
}

/* The name that the template gives, else the generated one. */
static void add_name(const struct cfn_work *w, const struct cfn_type *type, struct buf *out) {
    str given = given_name(w, type);
    buf_str(out, given.len ? given : w->name);
    if (type->fifo && json_bool(w->props, type->fifo, false) &&
        !str_ends(buf_view(out), S(".fifo")))
        buf_c(out, ".fifo");
}

/* *ret_there: it is. 0 also when a failure has one of the codes of why, which is in w->code. */
static int look_for(struct cfn_work *w, const struct cfn_scope *s, const char *why, bool *ret_there,
                    json_t **ret_out) {
    const struct cfn_type *type = s->type;
    const char *in = type->ask.in ? type->ask.in : type->make.in ? type->make.in : type->on;
    if (cfn_call_unless(w, type->service, type->ask.op, cfn_fill_input(s, in), why, ret_out))
        return CFN_FAILED;
    *ret_there = !w->code[0] && (!type->found || has_items(*ret_out, type->found));
    return CFN_DONE;
}

static bool is_denied(const struct cfn_work *w) {
    return w->code[0] && strstr(denied, w->code) != NULL;
}

bool cfn_is_ours(const struct cfn_type *type, const struct cfn_work *w) {
    return !type->ask.op || w->is_free || has_drawn_name(w, type);
}

int cfn_ask(const struct cfn_type *type, struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    CLEANUP_DEINIT(buf) struct buf name = {0}, codes = {0}, reason = {0};
    bool is_there = false;
    if (cfn_is_ours(type, w))
        return CFN_DONE;
    struct cfn_scope s = cfn_scope_of(w);
    add_name(w, type, &name);
    s.name = buf_view(&name);
    buf_printf(&codes, "%s|%s", type->gone, denied);
    if (look_for(w, &s, buf_cstr(&codes), &is_there, &out)) {
        if (type->adopts)
            return CFN_FAILED;
        buf_clear(&w->reason); /* make says what is wrong */
        return CFN_DONE;
    }
    w->is_free = !is_there && !is_denied(w);
    if (!is_there || !type->adopts)
        return CFN_DONE;
    cfn_fill(&s, type->taken ? str_c(type->taken) : S("{name} already exists"), &reason);
    return cfn_fail(w, "%s", buf_cstr(&reason));
}

/* ---- Create ---- */

static json_t *make_input(struct cfn_work *w, const struct cfn_scope *s) {
    const struct cfn_type *type = s->type;
    json_t *in = cfn_fill_input(s, type->make.in ? type->make.in : type->on);
    for (const struct cfn_prop *p = type->props; p && p->name; p++) {
        json_t *value = p->create ? cfn_value(p, w->props) : NULL;
        if (value)
            cfn_place(in, p->create, p->name, p->shape ? p->shape(w, value) : json_incref(value));
    }
    json_t *tags = type->tags.create && !w->old ? json_object_get(w->props, "Tags") : NULL;
    if (tags)
        cfn_place(in, type->tags.create, "Tags",
                  type->tags.shape ? type->tags.shape(w, tags) : json_incref(tags));
    if (type->add)
        type->add(w, in);
    return in;
}

void cfn_claim(struct cfn_work *w, const struct cfn_scope *s) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    if (cfn_fill(s, str_c(s->type->id), &value))
        cfn_set_physical(w, buf_view(&value));
    for (const struct cfn_attribute *a = s->type->attributes; a->name; a++) {
        buf_clear(&value);
        if (a->value && cfn_fill(s, str_c(a->value), &value))
            cfn_set_attribute(w, a->name, "%s", buf_cstr(&value));
    }
}

/* *ret_out: the answer of the creating operation, or of the one that reads what was there. */
static int make(struct cfn_work *w, struct cfn_scope *s, json_t **ret_out) {
    const struct cfn_type *type = s->type;
    if (!type->make.op)
        return CFN_DONE;
    if (cfn_call_unless(w, type->service, type->make.op, make_input(w, s),
                        w->again ? type->there : NULL, ret_out))
        return CFN_FAILED;
    if (w->code[0])
        json_decref(STEAL(*ret_out));
    s->out = *ret_out;
    cfn_take_note(w, type, *ret_out);
    cfn_claim(w, s);
    if (!w->code[0] || !type->read)
        return CFN_DONE;
    if (cfn_call(w, type->service, type->read, cfn_on(w), ret_out))
        return CFN_FAILED;
    s->out = *ret_out;
    cfn_claim(w, s);
    return CFN_DONE;
}

int cfn_create(struct cfn_work *w) {
    struct cfn_scope s = cfn_scope_of(w);
    CLEANUP_DEINIT(buf) struct buf name = {0};
    CLEANUP_JSON json_t *out = NULL;
    add_name(w, s.type, &name);
    s.name = buf_view(&name);
    if (!w->physical.len) { /* else it was made in an earlier look */
        if (make(w, &s, &out))
            return CFN_FAILED;
    } else {
        cfn_claim(w, &s);
    }
    int r = s.type->ready ? s.type->ready(w, out) : CFN_DONE;
    if (r == CFN_DONE)
        r = cfn_apply(w, s.type);
    if (r == CFN_DONE && !w->physical.len) /* lists that are empty */
        cfn_claim(w, &s);
    return r;
}

/* Its id is for the service to say: the one that asks, or make, which answers for what is there. */
static int find_id(struct cfn_work *w, struct cfn_scope *s, json_t **ret_out) {
    const struct cfn_type *type = s->type;
    bool is_there = true;
    int r = type->ask.op ? look_for(w, s, type->gone, &is_there, ret_out)
                         : cfn_call_unless(w, type->service, type->make.op, make_input(w, s),
                                           type->gone, ret_out);
    if (r || !is_there || w->code[0])
        return r;
    s->out = *ret_out;
    cfn_claim(w, s);
    return CFN_DONE;
}

int cfn_find(struct cfn_work *w) {
    struct cfn_scope s = cfn_scope_of(w);
    CLEANUP_DEINIT(buf) struct buf name = {0};
    CLEANUP_JSON json_t *out = NULL;
    if (!cfn_is_ours(s.type, w))
        return CFN_DONE;
    add_name(w, s.type, &name);
    s.name = buf_view(&name);
    cfn_claim(w, &s); /* it may not be there: what is gone is removed */
    return w->physical.len ? CFN_DONE : find_id(w, &s, &out);
}

/* ---- Update and remove ---- */

int cfn_update(struct cfn_work *w) {
    struct cfn_scope s = cfn_scope_of(w);
    if (s.type->put && cfn_call(w, s.type->service, s.type->make.op, make_input(w, &s), NULL))
        return CFN_FAILED;
    return s.type->put ? cfn_apply_tags(w, s.type) : cfn_apply(w, s.type);
}

int cfn_remove(struct cfn_work *w) {
    const struct cfn_type *type = cfn_type_find(w->type);
    if (cfn_detach(w, type))
        return CFN_FAILED;
    return type->drop ? cfn_call_unless(w, type->service, type->drop, cfn_on(w), type->gone, NULL)
                      : CFN_DONE;
}
