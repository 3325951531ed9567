/* The types by name, and what a verb knows and does. */
#include "cfn/type.h"

#include "svc/kit/tags.h"

#define TYPE(name) extern const struct cfn_type cfn_type_##name;
#include "cfn/types/types.inc"
#undef TYPE

static const struct cfn_type *const types[] = {
#define TYPE(name) &cfn_type_##name,
#include "cfn/types/types.inc"
#undef TYPE
};

const struct cfn_type *const *cfn_types(size_t *ret_n) {
    *ret_n = ARRAY_LEN(types);
    return types;
}

const struct cfn_type *cfn_type_find(str name) {
    if (tmpl_is_custom(name))
        name = S("AWS::CloudFormation::CustomResource");
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_is(name, types[i]->name))
            return types[i];
    return NULL;
}

str cfn_name_property(const struct cfn_type *type) {
    const struct tmpl_type *known = tmpl_type_find(str_c(type->name));
    return known ? known->name_property : STR_NONE;
}

/* The row of a property, or NULL. */
static const struct cfn_prop *find_prop(const struct cfn_type *type, str name) {
    for (const struct cfn_prop *p = type->props; p && p->name; p++)
        if (str_is(name, p->name))
            return p;
    return NULL;
}

/* Stands {property} in what names the resource? */
static bool is_named_by(const struct cfn_type *type, str property) {
    for (str rest = str_c(type->on), name; str_cut(rest, '{', &name, &rest);) {
        str_cut(rest, '}', &name, &rest);
        if (str_eq(name, property))
            return true;
    }
    return false;
}

/* Tags, the document that lists carry, what names it: beside the rows. */
static bool is_beside(const struct cfn_type *type, str property) {
    return (type->tags.set && str_is(property, "Tags")) || is_named_by(type, property) ||
           (type->carried.property && str_is(property, type->carried.property));
}

bool cfn_supports(const struct cfn_type *type, str property) {
    return tmpl_is_custom(str_c(type->name)) || str_eq(property, cfn_name_property(type)) ||
           is_beside(type, property) || find_prop(type, property);
}

bool cfn_answers(const struct cfn_type *type, str attribute) {
    bool any = tmpl_is_custom(str_c(type->name));
    for (const struct cfn_attribute *a = type->attributes; a->name && !any; a++)
        any = str_is(attribute, a->name);
    return any;
}

bool cfn_changes_in_place(const struct cfn_type *type, str property) {
    const struct cfn_prop *p = find_prop(type, property);
    return is_beside(type, property) || (p && ((p->set && !p->once) || type->put));
}

/* ---- Work ---- */

int cfn_fail(struct cfn_work *w, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    buf_clear(&w->reason);
    buf_vprintf(&w->reason, fmt, args);
    va_end(args);
    return CFN_FAILED;
}

void cfn_set_physical(struct cfn_work *w, str id) {
    CLEANUP_DEINIT(buf) struct buf copy = {0}; /* id may be a view into it */
    buf_str(&copy, id);
    buf_clear(&w->physical);
    buf_str(&w->physical, buf_view(&copy));
}

str cfn_physical(const struct cfn_work *w) { return buf_view(&w->physical); }

void cfn_set_attribute(struct cfn_work *w, const char *name, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    json_set_str(w->attributes, name, buf_view(&text));
}

bool cfn_changed(const struct cfn_work *w, const char *prop) {
    const json_t *now = json_object_get(w->props, prop),
                 *before = w->old ? json_object_get(w->old, prop) : NULL;
    if (!now || !before)
        return now != before;
    return !json_equal(now, before);
}

void cfn_move(json_t *to, const char *to_name, const json_t *from, const char *from_name) {
    json_t *value = json_object_get(from, from_name);
    if (value)
        json_object_set(to, to_name, value);
}

/* ---- Shapes ---- */

json_t *cfn_text(const struct cfn_work *w, const json_t *value) {
    (void)w;
    if (!value || json_is_string(value))
        return json_incref((json_t *)value);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, value);
    return json_of_str(buf_view(&text));
}

json_t *cfn_policy(const struct cfn_work *w, const json_t *value) {
    json_t *policy = json_copy((json_t *)value);
    json_set(policy, "PolicyDocument", cfn_text(w, json_object_get(value, "PolicyDocument")));
    return policy;
}

json_t *cfn_map(const struct cfn_work *w, const json_t *tags) {
    (void)w;
    return kit_tags_map(tags);
}
