/* What a template builds: every list of audit/system.h, a line for each of its members. */
#include "shown.h"

static void name(struct buf *out, const char *word, const struct audit_resource *r) {
    if (r)
        buf_printf(out, " %s=" STR_FMT, word, STR_ARG(r->name));
}
static void text(struct buf *out, const char *word, str value) {
    if (value.p)
        buf_printf(out, " %s=\"" STR_FMT "\"", word, STR_ARG(value));
}
static void flag(struct buf *out, const char *word, bool is_so) {
    if (is_so)
        buf_printf(out, " %s", word);
}
static void end(struct buf *out, const struct audit_guard *guard) {
    if (guard)
        buf_c(out, " if ");
    audit_guard_tell(out, guard);
    buf_char(out, '\n');
}

static void show_functions(const struct audit_system *s, struct buf *out) {
    for (const struct audit_function *f = s->functions; f; f = f->next) {
        buf_printf(out, "function " STR_FMT, STR_ARG(f->r->name));
        flag(out, "sam", f->is_sam);
        flag(out, "image-work", f->is_image_work);
        flag(out, "custom", f->is_custom);
        flag(out, "container", f->is_image);
        flag(out, "inline", f->is_inline);
        flag(out, "code", f->code);
        text(out, "runtime", f->runtime);
        name(out, "role", f->role);
        text(out, "name", f->name);
        end(out, f->r->guard);
    }
}

static void element(void *ctx, const struct audit_value *value) {
    struct buf *out = ctx;
    buf_char(out, ' ');
    if (value->kind == AUDIT_LITERAL && value->text.p)
        buf_str(out, value->text);
    else
        tmpl_dump(out, value->node);
}

static void show_statements(const struct audit_template *t, struct buf *out) {
    static const char *const kinds[] = {"role",  "trust", "bucket", "topic",
                                        "queue", "key",   "other"};
    static const char *const elements[] = {"Action", "NotAction", "Resource", "Principal"};
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        buf_printf(out, "statement %s %u:%u " STR_FMT, kinds[s->kind], s->node->start.line,
                   s->node->start.column, STR_ARG(s->owner->name));
        flag(out, "deny", s->is_deny);
        flag(out, "made", s->is_made);
        for (size_t i = 0; i < s->n_on; i++)
            name(out, "on", s->on[i]);
        for (size_t i = 0; i < ARRAY_LEN(elements); i++)
            if (tmpl_get(s->node, elements[i])) {
                buf_printf(out, " %s:", elements[i]);
                audit_statement_each(t, s, elements[i], element, out);
            }
        end(out, s->guard);
    }
    for (const struct audit_managed *m = t->system->managed; m; m = m->next) {
        buf_printf(out, "managed " STR_FMT " " STR_FMT, STR_ARG(m->owner->name),
                   STR_ARG(m->value.text));
        end(out, m->value.guard);
    }
}

static void show_invokers(const struct audit_system *s, struct buf *out) {
    static const char *const kinds[] = {"property", "custom", "sam", "eventbridge"};
    for (const struct audit_trigger *i = s->triggers; i; i = i->next) {
        buf_printf(out, "trigger %s %u:%u " STR_FMT, kinds[i->kind], i->node->start.line,
                   i->node->start.column, STR_ARG(i->owner->name));
        name(out, "bucket", i->bucket);
        text(out, "named", i->bucket_name);
        name(out, "target", i->target);
        flag(out, "created", i->is_created);
        flag(out, "filtered", i->has_filter);
        text(out, "prefix", i->prefix);
        text(out, "suffix", i->suffix);
        end(out, i->guard);
    }
    for (const struct audit_permission *i = s->permissions; i; i = i->next) {
        buf_printf(out, "permission " STR_FMT, STR_ARG(i->r->name));
        name(out, "function", i->function);
        text(out, "named", i->function_text);
        text(out, "principal", i->principal);
        text(out, "arn", i->source_arn);
        text(out, "account", i->source_account);
        end(out, i->guard);
    }
    for (const struct audit_mapping *i = s->mappings; i; i = i->next) {
        buf_printf(out, "mapping %u:%u " STR_FMT, i->node->start.line, i->node->start.column,
                   STR_ARG(i->owner->name));
        name(out, "function", i->function ? i->function->r : NULL);
        name(out, "source", i->source);
        end(out, i->guard);
    }
}

static void show_watchers(const struct audit_system *s, struct buf *out) {
    for (const struct audit_alarm *i = s->alarms; i; i = i->next) {
        buf_printf(out, "alarm " STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(i->r->name),
                   STR_ARG(i->namespace), STR_ARG(i->metric));
        name(out, "of", i->of);
        flag(out, "of-all", i->is_of_all);
        flag(out, "unknown", i->is_unknown);
        buf_char(out, '\n');
    }
    for (const struct audit_log_group *i = s->log_groups; i; i = i->next) {
        buf_printf(out, "logs " STR_FMT, STR_ARG(i->r->name));
        name(out, "function", i->function ? i->function->r : NULL);
        text(out, "name", i->name);
        buf_char(out, '\n');
    }
}

static void show(const struct audit_template *t, struct buf *out) {
    show_functions(t->system, out);
    show_statements(t, out);
    show_invokers(t->system, out);
    show_watchers(t->system, out);
}

int main(int argc, char **argv) { return shown_main(argc, argv, show); }
