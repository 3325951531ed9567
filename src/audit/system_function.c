/* audit/system: functions, and what each is there for. */
#include "audit/system_priv.h"

const struct audit_function *audit_function_of(const struct audit_template *t,
                                               const struct audit_resource *r) {
    return r ? t->system->by_resource[r->index] : NULL;
}

/* ---- One function ---- */

void audit_read_function(struct audit_build *b, const struct audit_resource *r) {
    const struct audit_template *t = b->t;
    struct audit_function *f = arena_new(t->arena, struct audit_function);
    f->r = r;
    f->is_sam = audit_is(r, "AWS::Serverless::Function");
    f->is_image_work = true;
    f->is_image = str_is(audit_text_of(t, r, "PackageType"), "Image");
    f->runtime = audit_text_of(t, r, "Runtime");
    f->name = audit_name(t, r);
    struct audit_values role = audit_property(t, r, "Role");
    for (size_t i = 0; i < role.n && !f->role; i++)
        if (role.v[i].kind != AUDIT_ABSENT)
            f->role = audit_target(t, role.v[i].node, NULL);
    audit_read_code(t, f);
    AUDIT_APPEND(b->functions, f);
}

/* ---- What it is used for ---- */

/*
 * Types whose references say nothing of what a function is for: they watch it, version it, or let
 * somebody invoke it (permissions are looked at for themselves).
 */
static const char *const silent[] = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::SubscriptionFilter",
};

static bool is_silent(const struct audit_resource *r) {
    for (size_t i = 0; i < ARRAY_LEN(silent); i++)
        if (str_is(r->type, silent[i]))
            return true;
    return false;
}

struct uses {
    struct audit_build *b;
    const struct audit_resource *by; /* the resource that refers */
    bool *is_used;                   /* by index of the function's resource */
};

static int note_use(void *ctx, const struct tmpl_reference *ref) {
    struct uses *u = ctx;
    const struct audit_resource *r =
        ref->kind == TMPL_CONDITION ? NULL : audit_find(u->b->t, ref->name);
    if (r && r != u->by &&
        (audit_is(r, "AWS::Lambda::Alias") || audit_is(r, "AWS::Lambda::Version")))
        r = audit_invoked(u->b->t, tmpl_get(r->properties, "FunctionName"));
    if (r && r != u->by)
        u->is_used[r->index] = true;
    return 0;
}

static void read_tokens(struct audit_build *b, const struct audit_resource *r) {
    struct audit_values values = audit_property(b->t, r, "ServiceToken");
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_function *f =
            values.v[i].kind == AUDIT_ABSENT
                ? NULL
                : audit_function_of(b->t, audit_invoked(b->t, values.v[i].node));
        if (f)
            ((struct audit_function *)f)->is_custom = true;
    }
}

static void note_uses(struct uses *u, const struct audit_resource *r) {
    u->by = r;
    if (is_silent(r) || !r->properties)
        return;
    for (size_t i = 0; i < r->properties->n; i++)
        if (!audit_is_custom(r) || !str_is(r->properties->members[i].key, "ServiceToken"))
            tmpl_each_reference(r->properties->members[i].value, note_use, u);
}

/* What invokes it by a name that is written out shows in the lists. */
static void note_lists(struct uses *u) {
    const struct audit_system *s = u->b->system;
    for (const struct audit_trigger *i = s->triggers; i; i = i->next)
        if (i->target)
            u->is_used[i->target->index] = true;
    for (const struct audit_mapping *i = s->mappings; i; i = i->next)
        if (i->function)
            u->is_used[i->function->r->index] = true;
    for (const struct audit_permission *i = s->permissions; i; i = i->next)
        if (i->function && !str_is(i->principal, "cloudformation.amazonaws.com"))
            u->is_used[i->function->index] = true;
}

void audit_read_uses(struct audit_build *b) {
    const struct audit_template *t = b->t;
    bool has_custom = false;
    for (size_t i = 0; i < t->n_resources; i++)
        if (audit_is_custom(&t->resources[i])) {
            has_custom = true;
            read_tokens(b, &t->resources[i]);
        }
    if (!has_custom)
        return;
    struct uses u = {.b = b, .is_used = arena_zalloc(t->arena, t->n_resources * sizeof(bool))};
    for (size_t i = 0; i < t->n_resources; i++)
        note_uses(&u, &t->resources[i]);
    note_lists(&u);
    for (const struct audit_function *f = b->system->functions; f; f = f->next)
        if (f->is_custom && !u.is_used[f->r->index] && !audit_has(t, f->r, "Events"))
            ((struct audit_function *)f)->is_image_work = false;
}
