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

bool audit_permission_is_first(const struct audit_template *t,
                               const struct audit_trigger *trigger) {
    for (const struct audit_trigger *i = t->system->triggers; i != trigger; i = i->next)
        if (i->owner == trigger->owner && i->target == trigger->target)
            return false;
    return true;
}

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
