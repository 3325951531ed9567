/* Inputs and ids written as texts with braces: "QueueName={name}", "arn:aws:s3:::{name}". */
#include "cfn/type_priv.h"

struct cfn_scope cfn_scope_of(const struct cfn_work *w) {
    return (struct cfn_scope){.w = w,
                              .type = cfn_type_find(w->type),
                              .name = cfn_physical(w),
                              .props = w->props};
}

/* The member at the end of A.B.C, borrowed. */
static const json_t *member_at(const json_t *doc, str path) {
    for (str name; doc && path.p;) {
        str_cut(path, '.', &name, &path);
        doc = json_object_getn(doc, name.p, name.len);
    }
    return doc;
}

/* A property, an attribute, or the property's default: a new reference or NULL. */
static json_t *named(const struct cfn_scope *s, str name) {
    json_t *value = json_object_getn(s->props, name.p, name.len);
    if (!value)
        value = json_object_getn(s->w->attributes, name.p, name.len);
    if (value)
        return json_incref(value);
    const struct tmpl_type *known = tmpl_type_find(s->w->type);
    const struct tmpl_prop *p = known ? tmpl_prop_find(known->properties, name) : NULL;
    return p && p->otherwise ? json_parse(str_c(p->otherwise), NULL) : NULL;
}

static bool add_value(struct buf *out, const json_t *value) {
    CLEANUP_JSON json_t *text = cfn_text(NULL, value);
    buf_str(out, json_text(text));
    return text && json_string_length(text) > 0;
}

static bool add_part(const struct cfn_scope *s, str part, struct buf *out) {
    const struct {
        const char *name;
        str value;
    } known[] = {{"id", cfn_physical(s->w)},
                 {"name", s->name},
                 {"generated", s->w->name},
                 {"region", s->w->region},
                 {"account", s->w->account}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_is(part, known[i].name)) {
            buf_str(out, known[i].value);
            return known[i].value.len > 0;
        }
    if (str_starts(part, S("out.")))
        return add_value(out, member_at(s->out, str_skip(part, 4)));
    CLEANUP_JSON json_t *value = named(s, part);
    return add_value(out, value);
}

bool cfn_fill(const struct cfn_scope *s, str text, struct buf *out) {
    bool whole = true;
    for (str head, part; text.p;) {
        bool more = str_cut(text, '{', &head, &text);
        buf_str(out, head);
        if (!more)
            break;
        str_cut(text, '}', &part, &text);
        whole = add_part(s, part, out) && whole;
    }
    return whole;
}

/* One "A=text" of an input. */
static void add_member(const struct cfn_scope *s, str name, str text, json_t *in) {
    bool list = str_ends(name, S("[]")), json = str_ends(name, S(":"));
    CLEANUP_DEINIT(buf) struct buf value = {0};
    name = str_slice(name, 0, name.len - (list ? 2 : json ? 1 : 0));
    if (!json && !cfn_fill(s, text, &value))
        return;
    json_t *member = json ? json_parse(text, NULL) : json_of_str(buf_view(&value));
    json_object_setn_new(in, name.p, name.len, list ? json_pack("[o]", member) : member);
}

json_t *cfn_fill_input(const struct cfn_scope *s, const char *in) {
    json_t *all = json_object();
    for (str rest = str_c(in), one, name, text; rest.p;) {
        str_cut(rest, ' ', &one, &rest);
        if (str_cut(one, '=', &name, &text))
            add_member(s, name, text, all);
    }
    return all;
}

json_t *cfn_on(const struct cfn_work *w) {
    struct cfn_scope s = cfn_scope_of(w);
    return cfn_fill_input(&s, s.type->on);
}

json_t *cfn_layer_version(str arn) {
    json_t *in = json_object();
    ptrdiff_t colon = str_rchr(arn, ':');
    uint64_t number = 0;
    if (colon > 0 && str_to_u64(str_skip(arn, (size_t)colon + 1), &number))
        arn = str_slice(arn, 0, (size_t)colon);
    json_set_str(in, "LayerName", arn);
    json_set_int(in, "VersionNumber", (int64_t)number);
    return in;
}

/*
 * The object that holds the last part of A.B.C, made where it is not there; *path becomes that
 * part.
 */
static json_t *holder_of(json_t *in, str *path) {
    for (str name, rest; str_cut(*path, '.', &name, &rest); *path = rest) {
        json_t *inner = json_object_getn(in, name.p, name.len);
        if (!inner) {
            inner = json_object();
            json_object_setn_new(in, name.p, name.len, inner);
        }
        in = inner;
    }
    return in;
}

void cfn_place(json_t *in, const char *where, const char *property, json_t *value) {
    CLEANUP_JSON json_t *mine = value;
    str path = str_c(where), name_member, value_member;
    if (!mine)
        return;
    if (str_is(path, ".")) {
        json_object_update(in, mine);
        return;
    }
    if (str_cut(path, ':', &name_member, &value_member)) {
        json_object_setn_new(in, name_member.p, name_member.len, json_string(property));
        path = value_member;
    }
    json_t *holder = holder_of(in, &path);
    if (str_is(path, "*"))
        path = str_c(property);
    json_object_setn_new(holder, path.p, path.len, json_incref(mine));
}
