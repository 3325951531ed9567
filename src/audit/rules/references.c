/* audit/rules/references: names, and what they lead to. */
#include "audit/rules/references_priv.h"

enum { MOST_NAME = 255 /* of a resource */, MOST_LOOKED_AT = 8 << 10 };

const struct audit_guard *audit_references_guard(const struct audit_template *t,
                                                 const struct audit_guard *guard,
                                                 const struct tmpl_way *way) {
    for (; way; way = way->up)
        guard = audit_guard_condition(t, guard, way->condition, way->holds);
    return guard;
}

/* What SAM makes of a function begins with the function's name and goes on with one of these, or with an event's. */
static bool is_made_of_function(const struct audit_resource *r, str rest) {
    static const char *const ends[] = {"Role", "Version",           "Alias",
                                       "Url",  "EventInvokeConfig", "DeploymentGroup"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (str_starts(rest, str_c(ends[i])))
            return true;
    const struct tmpl_node *events = tmpl_get(r->properties, "Events");
    for (size_t i = 0; tmpl_is(events, TMPL_MAP) && i < events->n; i++)
        if (str_starts(rest, events->members[i].key))
            return true;
    return false;
}

static const struct audit_resource *made_by_sam(const struct audit_template *t, str name) {
    for (size_t n = name.len <= MOST_NAME ? name.len : MOST_NAME + 1; n-- > 1;) {
        const struct audit_resource *r = audit_find(t, str_slice(name, 0, n));
        if (!r || !str_starts(r->type, S("AWS::Serverless::")))
            continue;
        if (!audit_is(r, "AWS::Serverless::Function") || is_made_of_function(r, str_skip(name, n)))
            return r;
    }
    return NULL;
}

const struct audit_resource *audit_references_resource(const struct audit_template *t, str name) {
    const struct audit_resource *r = audit_find(t, name);
    if (r || !t->is_sam)
        return r;
    /* !Ref Function.Version, Function.Alias, Api.Stage */
    str head, attribute;
    if (str_cut(name, '.', &head, &attribute) && audit_find(t, head))
        return audit_find(t, head);
    return made_by_sam(t, name);
}

struct tmpl_pos audit_references_place(const struct audit_template *t, const struct tmpl_node *node,
                                       str name, struct tmpl_pos *ret_end) {
    const struct audit_file *file = audit_file(t, node->start.file);
    size_t from = audit_offset(file, node->start), to = audit_offset(file, node->end);
    /* Of a text that names a hundred thousand, those far behind are told at its beginning. */
    str text = str_slice(file->text, from, to - from < MOST_LOOKED_AT ? to : from + MOST_LOOKED_AT);
    for (size_t at = 0; at < text.len;) {
        ptrdiff_t found = str_find(str_skip(text, at), S("${"));
        if (found < 0)
            break;
        at += (size_t)found + 2;
        while (at < text.len && text.p[at] == ' ')
            at++;
        str rest = str_skip(text, at);
        char next = rest.len > name.len ? rest.p[name.len] : '\0';
        if (str_starts(rest, name) && (next == '}' || next == '.' || next == ' ')) {
            *ret_end = audit_pos(file, from + at + name.len);
            return audit_pos(file, from + at);
        }
    }
    *ret_end = node->end;
    return node->start;
}
