/* Which permission lets which notification invoke its function. */
#include "audit/rules/order_priv.h"
#include "audit/rules/permission_priv.h"

static bool is_suffix(str text) {
    return str_starts(text, S("amazonaws.com")) || str_is(text, "${AWS::URLSuffix}");
}

bool audit_permission_names(const struct audit_permission *p, const char *service) {
    str name, rest;
    return str_cut(p->principal, '.', &name, &rest) && str_is(name, service) && is_suffix(rest);
}

bool audit_permission_names_service(const struct audit_permission *p) {
    str name, rest;
    for (rest = p->principal; str_cut(rest, '.', &name, &rest);)
        if (is_suffix(rest))
            return !str_starts(p->principal, S("arn:"));
    return false;
}

/* Text that is not known may be any. */
static bool may_name(const struct audit_permission *p, const char *service) {
    return audit_permission_names(p, service) || str_is(p->principal, "*") ||
           (str_find(p->principal, S("${")) >= 0 && !audit_permission_names_service(p));
}

const char *audit_permission_service(const struct audit_trigger *trigger) {
    return trigger->kind == AUDIT_TRIGGER_EVENTBRIDGE ? "events" : "s3";
}

bool audit_permission_lets(const struct audit_permission *p, const struct audit_trigger *trigger) {
    bool may_be = !p->function && str_find(p->function_text, S("${")) >= 0;
    return (may_be || p->function == trigger->target) &&
           may_name(p, audit_permission_service(trigger));
}

/* ---- By function ---- */

void audit_permission_index_init(struct permission_index *index, const struct audit_template *t) {
    size_t size = t->n_resources * sizeof *index->first;
    *index = (struct permission_index){.first = arena_zalloc(t->arena, size),
                                       .next = arena_zalloc(t->arena, size)};
    const struct audit_permission **last = arena_zalloc(t->arena, size), *last_any = NULL;
    for (const struct audit_permission *p = t->system->permissions; p; p = p->next) {
        const struct audit_permission **behind =
            p->function ? &last[p->function->index] : &last_any;
        const struct audit_permission **begin =
            p->function ? &index->first[p->function->index] : &index->any;
        *(*behind ? &index->next[(*behind)->r->index] : begin) = p;
        *behind = p;
    }
}

void audit_permission_index_deinit(struct permission_index *index) { map_deinit(&index->told); }

bool audit_permission_is_needed(struct permission_index *index, const struct audit_template *t,
                                const struct audit_trigger *trigger) {
    if (trigger->kind == AUDIT_TRIGGER_SAM || !audit_function_of(t, trigger->target))
        return false;
    const size_t pair[] = {trigger->owner->index, trigger->target->index};
    return !map_put(&index->told, str_n(pair, sizeof pair), index);
}

const struct audit_permission *audit_permission_next(const struct permission_index *index,
                                                     const struct audit_trigger *trigger,
                                                     const struct audit_permission *before) {
    const struct audit_permission *p =
        before ? index->next[before->r->index] : index->first[trigger->target->index];
    for (bool is_any = before && !before->function;; p = index->next[p->r->index]) {
        if (!p && !is_any) {
            is_any = true;
            p = index->any;
        }
        if (!p || audit_permission_lets(p, trigger))
            return p;
    }
}

/* ---- The source ---- */

static str sub(const struct audit_template *t, str arn) {
    return arn.p ? arena_printf(t->arena, "!Sub '" STR_FMT "'", STR_ARG(arn)) : STR_NONE;
}

str audit_permission_source(const struct audit_template *t, const struct audit_trigger *trigger) {
    if (trigger->kind == AUDIT_TRIGGER_EVENTBRIDGE)
        return arena_printf(t->arena, "!GetAtt " STR_FMT ".Arn", STR_ARG(trigger->owner->name));
    if (!trigger->bucket)
        return STR_NONE;
    if (trigger->kind == AUDIT_TRIGGER_PROPERTY)
        return sub(t, audit_order_bucket_arn(t, trigger->bucket));
    return arena_printf(t->arena, "!GetAtt " STR_FMT ".Arn", STR_ARG(trigger->bucket->name));
}
