/*
 * Properties, lists and tags brought to what the template wants: after creation those that the
 * creating operation does not take, in an update those that changed.
 */
#include "cfn/type_priv.h"

#include "svc/kit/tags.h"

json_t *cfn_value(const struct cfn_prop *p, const json_t *props) {
    json_t *value = json_object_get(props, p->name);
    return value && p->flag && !json_bool(value, p->flag, false) ? NULL : value;
}

static json_t *shaped(const struct cfn_work *w, const struct cfn_prop *p, const json_t *value) {
    return p->shape && value ? p->shape(w, value) : json_incref((json_t *)value);
}

static const char *place_of(const struct cfn_prop *p) {
    return p->as ? p->as : p->create ? p->create : "*";
}

/* ---- One value ---- */

static bool differs(const struct cfn_work *w, const struct cfn_prop *p) {
    const json_t *now = cfn_value(p, w->props), *before = w->old ? cfn_value(p, w->old) : NULL;
    return now && before ? !json_equal(now, before) : now != before;
}

static bool is_due(const struct cfn_work *w, const struct cfn_prop *p) {
    return p->set && !p->each && (w->old ? !p->once : !p->create) && differs(w, p);
}

/* What says "as if nothing was said": the type's word for it, switched off, or the default. */
static json_t *cleared(const struct cfn_work *w, const struct cfn_prop *p) {
    if (p->empty)
        return json_parse(str_c(p->empty), NULL);
    if (p->flag) {
        const json_t *named = json_has(w->props, p->name) ? w->props : w->old;
        CLEANUP_JSON json_t *off = json_copy(json_object_get(named, p->name));
        json_set_bool(off, p->flag, false);
        return shaped(w, p, off);
    }
    const struct tmpl_type *known = tmpl_type_find(w->type);
    const struct tmpl_prop *fact = tmpl_prop_find(known->properties, str_c(p->name));
    CLEANUP_JSON json_t *otherwise =
        fact && fact->otherwise ? json_parse(str_c(fact->otherwise), NULL) : NULL;
    return shaped(w, p, otherwise);
}

static void add_value(const struct cfn_work *w, const struct cfn_prop *p, json_t *in) {
    const json_t *value = cfn_value(p, w->props);
    cfn_place(in, place_of(p), p->name, value ? shaped(w, p, value) : cleared(w, p));
}

static bool is_pair(const struct cfn_prop *p) { return strchr(place_of(p), ':') != NULL; }
static bool is_taken_away(const struct cfn_work *w, const struct cfn_prop *p) {
    return p->clear && !cfn_value(p, w->props);
}

/* Do two properties travel in one call? */
static bool travel_together(const struct cfn_work *w, const struct cfn_prop *a,
                            const struct cfn_prop *b) {
    return a == b ||
           (b->set && !b->each && strcmp(a->set, b->set) == 0 && !is_pair(a) &&
            !is_taken_away(w, b) && (is_due(w, b) || (b->whole && cfn_value(b, w->props))));
}

static bool was_sent(const struct cfn_work *w, const struct cfn_type *type,
                     const struct cfn_prop *p) {
    for (const struct cfn_prop *before = type->props; before < p; before++)
        if (is_due(w, before) && !is_taken_away(w, before) && travel_together(w, before, p))
            return true;
    return false;
}

void cfn_take_note(struct cfn_work *w, const struct cfn_type *type, const json_t *out) {
    if (!type->note || !out)
        return;
    buf_clear(&w->note);
    buf_str(&w->note, json_str(out, type->note));
}

static int set_value(struct cfn_work *w, const struct cfn_type *type, const struct cfn_prop *p) {
    json_t *in = cfn_on(w);
    if (is_taken_away(w, p))
        return cfn_call_unless(w, type->service, p->clear, in, w->again ? type->gone : NULL, NULL);
    for (const struct cfn_prop *other = type->props; other->name; other++)
        if (travel_together(w, p, other))
            add_value(w, other, in);
    CLEANUP_JSON json_t *out = NULL;
    if (cfn_call(w, type->service, p->set, in, &out))
        return CFN_FAILED;
    cfn_take_note(w, type, out);
    return CFN_DONE;
}

/* ---- Lists ---- */

struct list {
    struct cfn_work *w;
    const struct cfn_type *type;
    const struct cfn_prop *prop;
    struct cfn_scope scope; /* props: those of the list that is walked */
};

static const json_t *find_item(const struct list *l, const json_t *items, const json_t *item) {
    size_t i;
    json_t *one;
    json_array_foreach (items, i, one)
        if (l->prop->key ? str_eq(json_str(one, l->prop->key), json_str(item, l->prop->key))
                         : json_equal(one, item))
            return one;
    return NULL;
}

static int set_item(struct list *l, const json_t *item) {
    const char *carried = l->type->carried.property;
    json_t *in = cfn_fill_input(&l->scope, l->type->on);
    cfn_place(in, l->prop->as, l->prop->name, shaped(l->w, l->prop, item));
    if (carried)
        cfn_place(in, l->type->carried.member, carried,
                  cfn_text(l->w, json_object_get(l->scope.props, carried)));
    if (cfn_call_unless(l->w, l->type->service, l->prop->set, in,
                        l->w->again ? l->type->there : NULL, NULL))
        return CFN_FAILED;
    if (!l->w->physical.len)
        cfn_claim(l->w, &l->scope);
    return CFN_DONE;
}

static int clear_item(struct list *l, const json_t *item) {
    const char *key = l->prop->key;
    json_t *in = cfn_fill_input(&l->scope, l->type->on);
    cfn_place(in, key ? key : l->prop->as, l->prop->name,
              json_incref(key ? json_object_get(item, key) : (json_t *)item));
    if (l->type->carried.empty)
        cfn_place(in, l->type->carried.member, NULL, json_string(l->type->carried.empty));
    return cfn_call_unless(l->w, l->type->service, l->prop->clear, in, l->type->gone, NULL);
}

/* Is every item to be set again, because the list's owner has another name? */
static bool is_renamed(const struct list *l) {
    struct cfn_scope before = l->scope;
    before.props = l->w->old;
    CLEANUP_JSON json_t *a = cfn_fill_input(&l->scope, l->type->on);
    CLEANUP_JSON json_t *b = cfn_fill_input(&before, l->type->on);
    return !json_equal(a, b);
}

static int set_items(struct list *l, bool renamed) {
    const json_t *before = json_object_get(l->w->old, l->prop->name);
    bool anew =
        renamed || (l->type->carried.property && cfn_changed(l->w, l->type->carried.property));
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(l->w->props, l->prop->name), i, item) {
        const json_t *old = anew ? NULL : find_item(l, before, item);
        if ((!old || !json_equal(old, item)) && set_item(l, item))
            return CFN_FAILED;
    }
    return CFN_DONE;
}

/* Takes away every item of from that is not in keep. */
static int clear_items(struct list *l, const json_t *from, const json_t *keep) {
    size_t i;
    json_t *item;
    l->scope.props = from;
    json_array_foreach (json_object_get(from, l->prop->name), i, item)
        if (!find_item(l, json_object_get(keep, l->prop->name), item) && clear_item(l, item))
            return CFN_FAILED;
    return CFN_DONE;
}

static struct list list_of(struct cfn_work *w, const struct cfn_type *type,
                           const struct cfn_prop *p) {
    return (struct list){.w = w, .type = type, .prop = p, .scope = cfn_scope_of(w)};
}

static int apply_list(struct cfn_work *w, const struct cfn_type *type, const struct cfn_prop *p) {
    struct list now = list_of(w, type, p), before = now;
    bool renamed = w->old && is_renamed(&now), clears = w->old && p->clear;
    const json_t *keep = renamed ? NULL : w->props;
    if (w->old && p->once)
        return CFN_DONE;
    if (p->one && clears && clear_items(&before, w->old, keep))
        return CFN_FAILED;
    if (set_items(&now, renamed))
        return CFN_FAILED;
    return !p->one && clears ? clear_items(&before, w->old, keep) : CFN_DONE;
}

int cfn_detach(struct cfn_work *w, const struct cfn_type *type) {
    for (const struct cfn_prop *p = type->props; p && p->name; p++) {
        struct list l = list_of(w, type, p);
        if (p->each && p->clear && clear_items(&l, w->props, NULL))
            return CFN_FAILED;
    }
    return CFN_DONE;
}

/* ---- Tags ---- */

int cfn_apply_tags(struct cfn_work *w, const struct cfn_type *type) {
    if (!type->tags.set || (!w->old && type->tags.create) || !cfn_changed(w, "Tags"))
        return CFN_DONE;
    const char *on = type->tags.on ? type->tags.on : type->on;
    struct cfn_scope s = cfn_scope_of(w);
    const json_t *tags = json_object_get(w->props, "Tags");
    CLEANUP_JSON json_t *dropped = kit_tags_gone(json_object_get(w->old, "Tags"), tags);
    if (json_array_size(dropped)) {
        json_t *in = cfn_fill_input(&s, on);
        json_object_set(in, type->tags.keys ? type->tags.keys : "TagKeys", dropped);
        if (cfn_call(w, type->service, type->tags.clear, in, NULL))
            return CFN_FAILED;
    }
    if (!tags)
        return CFN_DONE;
    json_t *in = cfn_fill_input(&s, on);
    json_set(in, type->tags.list ? type->tags.list : "Tags",
             type->tags.shape ? type->tags.shape(w, tags) : json_incref((json_t *)tags));
    return cfn_call(w, type->service, type->tags.set, in, NULL);
}

/* ---- All ---- */

int cfn_apply(struct cfn_work *w, const struct cfn_type *type) {
    for (const struct cfn_prop *p = type->props; p && p->name; p++) {
        int r = p->each                                 ? apply_list(w, type, p)
                : is_due(w, p) && !was_sent(w, type, p) ? set_value(w, type, p)
                                                        : CFN_DONE;
        if (r)
            return CFN_FAILED;
    }
    return cfn_apply_tags(w, type);
}
