/* audit/finding: what rules tell, and the edits that go with it. */
#include "audit/audit_priv.h"
#include "audit/fix.h"

#include "base/ascii.h"

/* ---- Findings ---- */

static struct audit_finding *keep(struct audit_template *t, const struct audit_rule *rule,
                                  const struct audit_resource *r, struct tmpl_pos start,
                                  struct tmpl_pos end, const struct audit_guard *guard,
                                  const char *fmt, va_list args) {
    const struct audit_guard *both = audit_guard_and(t, r ? r->guard : NULL, guard);
    if (!audit_possible(t, both))
        return NULL;
    struct audit_finding *f = arena_new(t->arena, struct audit_finding);
    *f = (struct audit_finding){.rule = rule,
                                .start = start,
                                .end = end,
                                .resource = r ? r->name : S(""),
                                .guard = both,
                                .template = t,
                                .message = arena_vprintf(t->arena, fmt, args)};
    audit_keep(t->audit, f);
    return f;
}

#define KEEP(r, start, end, guard)                                                                 \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, fmt);                                                                       \
        struct audit_finding *f = keep(t, rule, (r), (start), (end), (guard), fmt, args);          \
        va_end(args);                                                                              \
        return f;                                                                                  \
    } while (0)

struct audit_finding *audit_tell(struct audit_template *t, const struct audit_rule *rule,
                                 const struct audit_resource *r, const struct audit_guard *guard,
                                 const char *fmt, ...) {
    KEEP(r, r->at, audit_name_end(t, r->at), guard);
}

struct audit_finding *audit_tell_node(struct audit_template *t, const struct audit_rule *rule,
                                      const struct audit_resource *r, const struct tmpl_node *node,
                                      const struct audit_guard *guard, const char *fmt, ...) {
    KEEP(r, node->start, node->end, guard);
}

struct audit_finding *audit_tell_range(struct audit_template *t, const struct audit_rule *rule,
                                       const struct audit_resource *r, struct tmpl_pos start,
                                       struct tmpl_pos end, const struct audit_guard *guard,
                                       const char *fmt, ...) {
    KEEP(r, start, end, guard);
}

struct tmpl_pos audit_name_end(const struct audit_template *t, struct tmpl_pos at) {
    const struct audit_file *file = audit_file(t, at.file);
    size_t i = audit_offset(file, at), n = file->text.len;
    const char *p = file->text.p;
    if (i < n && (p[i] == '"' || p[i] == '\'')) {
        char quote = p[i++];
        while (i < n && p[i] != quote && p[i] != '\n')
            i++;
        i += i < n && p[i] == quote;
    } else {
        while (i < n && !ascii_is_one_of(p[i], ":\r\n,{}[]"))
            i++;
    }
    return audit_pos(file, i);
}

/* ---- Edits ---- */

/* Behind those that the finding has. */
static void edit(struct audit_finding *f, struct audit_edit e, const char *fmt, va_list args) {
    struct arena *arena = f->template->arena;
    if (fmt)
        e.value = arena_vprintf(arena, fmt, args);
    struct audit_edit *copy = arena_new(arena, struct audit_edit);
    *copy = e;
    copy->next = NULL;
    const struct audit_edit **last = &f->edits;
    while (*last)
        last = (const struct audit_edit **)&(*last)->next;
    *last = copy;
}

#define EDIT(...)                                                                                  \
    do {                                                                                           \
        if (!f)                                                                                    \
            return;                                                                                \
        va_list args;                                                                              \
        va_start(args, fmt);                                                                       \
        edit(f, (struct audit_edit){__VA_ARGS__}, fmt, args);                                      \
        va_end(args);                                                                              \
    } while (0)

#define COPY(text) arena_str(f->template->arena, (text))

void audit_fix_property(struct audit_finding *f, const struct audit_resource *r, const char *path,
                        const char *fmt, ...) {
    EDIT(.kind = AUDIT_EDIT_PROPERTY, .resource = r, .file = r->at.file, .name = COPY(str_c(path)));
}
void audit_fix_attribute(struct audit_finding *f, const struct audit_resource *r, const char *name,
                         const char *fmt, ...) {
    EDIT(.kind = AUDIT_EDIT_ATTRIBUTE, .resource = r, .file = r->at.file,
         .name = COPY(str_c(name)));
}
void audit_fix_member(struct audit_finding *f, const struct tmpl_node *map, const char *key,
                      const char *fmt, ...) {
    EDIT(.kind = AUDIT_EDIT_MEMBER, .node = map, .file = map->start.file, .name = COPY(str_c(key)));
}
void audit_fix_append(struct audit_finding *f, const struct tmpl_node *list, const char *fmt, ...) {
    EDIT(.kind = AUDIT_EDIT_APPEND, .node = list, .file = list->start.file);
}
void audit_fix_replace(struct audit_finding *f, const struct tmpl_node *node, const char *fmt,
                       ...) {
    EDIT(.kind = AUDIT_EDIT_REPLACE, .node = node, .file = node->start.file);
}
void audit_fix_remove(struct audit_finding *f, const struct tmpl_node *collection,
                      const struct tmpl_node *value) {
    if (f)
        edit(f,
             (struct audit_edit){.kind = AUDIT_EDIT_REMOVE,
                                 .node = value,
                                 .within = collection,
                                 .file = value->start.file},
             NULL, (va_list){0});
}
void audit_fix_resource(struct audit_finding *f, const struct audit_resource *after, str name,
                        const char *fmt, ...) {
    EDIT(.kind = AUDIT_EDIT_RESOURCE, .resource = after, .name = COPY(name),
         .file = after ? after->at.file : f->template->file->number);
}
void audit_fix_section(struct audit_finding *f, const char *section, str name, const char *fmt,
                       ...) {
    EDIT(.kind = AUDIT_EDIT_SECTION, .section = COPY(str_c(section)), .name = COPY(name),
         .file = f->template->file->number);
}
void audit_fix_text(struct audit_finding *f, const struct audit_file *file, size_t from, size_t to,
                    const char *fmt, ...) {
    EDIT(.kind = AUDIT_EDIT_TEXT, .file = file->number, .from = from, .to = to);
}

static bool is_taken(const struct audit_template *t, str name) {
    return audit_find(t, name) || audit_parameter(t, name) || audit_has_condition(t, name) ||
           tmpl_member(t->outputs, name);
}

str audit_new_name(struct audit_template *t, str base) {
    str name = base;
    for (unsigned i = 2; is_taken(t, name) || map_get(&t->new_names, name); i++)
        name = arena_printf(t->arena, STR_FMT "%u", STR_ARG(base), i);
    map_put(&t->new_names, name, t);
    return name;
}
