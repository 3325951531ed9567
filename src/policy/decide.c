/*
 * The decision. Source: "Policy evaluation logic", "Determining whether a request is allowed or
 * denied within an account", "Cross-account policy evaluation logic" and the table of principals
 * and resource-based policies there, IAM User Guide.
 *
 * What a resource policy gives depends on how closely it names the caller (same account):
 *   the user, session or root itself   granted, whatever identity, boundary and session policies
 *                                      say
 *   the session's role, or everyone    granted, as far as boundary and session policies allow
 *   the account                        only delegated: an identity policy must allow
 */
#include "policy/condition_priv.h"

static const char by_identity[] = "identity-based policy";
static const char by_resource[] = "resource-based policy";
static const char by_trust[] = "role trust policy";
static const char by_session[] = "session policy";
static const char by_boundary[] = "permissions boundary";

struct decider {
    const struct policy_request *request;
    const struct policy_set *set;
    struct policy_scope scope;
    bool same_account;
};

/* ---- Does a statement speak of this request? ---- */

static bool action_matches(struct decider *d, const struct policy_statement *st) {
    return policy_actions_list(st, &d->scope, d->request->action) != st->not_action;
}

/*
 * A variable without a value matches nothing; under NotResource it must not widen an Allow either.
 */
static bool resource_matches(struct decider *d, const struct policy_statement *st) {
    if (st->n_resources == 0)
        return true;
    bool listed = false;
    d->scope.unresolved = false;
    for (size_t i = 0; i < st->n_resources && !listed; i++)
        listed = policy_pattern_match_arn(&st->resources[i], &d->scope, d->request->resource);
    if (st->not_resource && !listed && d->scope.unresolved && !st->deny)
        return false;
    return listed != st->not_resource;
}

static bool conditions_hold(struct decider *d, const struct policy_statement *st) {
    for (size_t i = 0; i < st->n_tests; i++)
        if (!policy_test_holds(&st->tests[i], &d->scope, st->deny))
            return false;
    return true;
}

/* ---- For who watches ---- */

static void tell_missing(void *decider, str key) {
    struct decider *d = decider;
    const struct policy_watch *watch = d->request->watch;
    if (policy_context_get(policy_scope_context(&d->scope), key).n == 0)
        watch->missing(watch->arg, key);
}

/* A resource that a variable without a value keeps from matching is one more reason to tell. */
static void tell_statement(struct decider *d, const struct policy_statement *st, bool resource) {
    if (resource || d->scope.unresolved)
        policy_statement_each_key(st, tell_missing, d);
}

/* ---- What one document says ---- */

/* Does the statement apply? */
static bool applies(struct decider *d, const struct policy_statement *st) {
    if (!action_matches(d, st))
        return false;
    bool resource = resource_matches(d, st);
    if (d->request->watch)
        tell_statement(d, st, resource);
    return resource && conditions_hold(d, st);
}

struct verdict {
    bool deny;
    enum policy_match allow; /* MATCH_NONE: not allowed; identity documents: MATCH_SELF */
};

static struct verdict ask(struct decider *d, const struct policy *policy) {
    struct verdict v = {false, MATCH_NONE};
    const struct policy_watch *watch = d->request->watch;
    for (size_t i = 0; policy && i < policy->n_statements; i++) {
        const struct policy_statement *st = &policy->statements[i];
        enum policy_match match = MATCH_SELF;
        if (!policy_is_of_caller(policy))
            match = policy_principals_match(st, &d->request->principal);
        /* Nothing new to learn from an Allow that names the caller no closer. */
        if (match == MATCH_NONE || (!st->deny && match <= v.allow && !watch))
            continue;
        if (!applies(d, st))
            continue;
        if (st->deny)
            v.deny = true;
        else if (match > v.allow)
            v.allow = match;
        if (watch)
            watch->matched(watch->arg, policy, i, st->deny);
    }
    return v;
}

static struct verdict ask_all(struct decider *d, const struct policy *const *policies, size_t n) {
    struct verdict all = {false, MATCH_NONE};
    for (size_t i = 0; i < n; i++) {
        struct verdict v = ask(d, policies[i]);
        all.deny |= v.deny;
        if (v.allow > all.allow)
            all.allow = v.allow;
    }
    return all;
}

/* ---- The answer ---- */

static struct policy_decision allowed(const char *by) {
    return (struct policy_decision){POLICY_ALLOWED, by};
}
static struct policy_decision denied(const char *by) {
    return (struct policy_decision){POLICY_DENIED_EXPLICIT, by};
}
static struct policy_decision missing(const char *by) {
    return (struct policy_decision){POLICY_DENIED_IMPLICIT, by};
}

struct verdicts {
    struct verdict identity, resource, session, boundary;
    const char *resource_by;
};

/*
 * "The root user of the account that owns the bucket can get, put and delete its policy even if
 * the policy explicitly denies it" (PutBucketPolicy): nobody locks an account out of its bucket.
 */
static bool is_owner_rescue(const struct decider *d) {
    static const char *const actions[] = {"s3:GetBucketPolicy", "s3:PutBucketPolicy",
                                          "s3:DeleteBucketPolicy"};
    if (d->request->principal.kind != PRINCIPAL_ROOT || !d->same_account)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (str_eq_nocase(d->request->action, str_c(actions[i])))
            return true;
    return false;
}

static bool find_deny(const struct decider *d, const struct verdicts *v,
                      struct policy_decision *ret) {
    if (v->identity.deny)
        *ret = denied(by_identity);
    else if (v->resource.deny && !is_owner_rescue(d))
        *ret = denied(v->resource_by);
    else if (v->boundary.deny)
        *ret = denied(by_boundary);
    else if (v->session.deny)
        *ret = denied(by_session);
    else
        return false;
    return true;
}

/* What boundary and session policies leave of a permission; NULL: all of it. */
static const char *narrowed_by(const struct decider *d, const struct verdicts *v) {
    if (d->set->boundary && !v->boundary.allow)
        return by_boundary;
    if (d->set->has_session && !v->session.allow)
        return by_session;
    return NULL;
}

static struct policy_decision within_account(const struct decider *d, const struct verdicts *v) {
    bool is_trust = v->resource_by == by_trust;
    enum policy_match grant = v->resource.allow;
    const char *narrow = narrowed_by(d, v);
    if (grant == MATCH_SELF)
        return allowed(v->identity.allow && !narrow ? by_identity : v->resource_by);
    if (is_trust && !grant)
        return missing(by_trust);
    if (v->identity.allow || grant >= MATCH_EVERYONE) {
        if (narrow)
            return missing(narrow);
        return allowed(v->identity.allow ? by_identity : v->resource_by);
    }
    return missing(by_identity);
}

/*
 * Both accounts must agree: the caller's by its own policies, the owner's by the resource policy.
 */
static struct policy_decision across_accounts(const struct decider *d, const struct verdicts *v) {
    if (!v->identity.allow)
        return missing(by_identity);
    const char *narrow = narrowed_by(d, v);
    if (narrow)
        return missing(narrow);
    return v->resource.allow ? allowed(v->resource_by) : missing(v->resource_by);
}

static struct policy_decision decide(struct decider *d) {
    const struct policy_set *set = d->set;
    enum policy_principal_kind kind = d->request->principal.kind;
    bool is_root = kind == PRINCIPAL_ROOT;
    struct verdicts v = {
        .identity = ask_all(d, set->identity, set->n_identity),
        .resource = ask(d, set->resource),
        .session = ask_all(d, set->session, set->n_session),
        .boundary = ask(d, set->boundary),
        .resource_by =
            set->resource && set->resource->kind == POLICY_TRUST ? by_trust : by_resource,
    };
    if (is_root)
        v.identity.allow = MATCH_SELF;
    struct policy_decision decision;
    if (find_deny(d, &v, &decision))
        return decision;
    if (kind == PRINCIPAL_ANONYMOUS || kind == PRINCIPAL_SERVICE)
        return v.resource.allow ? allowed(v.resource_by) : missing(v.resource_by);
    return d->same_account ? within_account(d, &v) : across_accounts(d, &v);
}

struct policy_decision policy_decide(const struct policy_request *request,
                                     const struct policy_set *set) {
    struct decider d = {
        .request = request,
        .set = set,
        .scope = {.request = request},
        .same_account = request->resource_account.len == 0 ||
                        str_eq(request->resource_account, request->principal.account),
    };
    struct policy_decision decision = decide(&d);
    arena_deinit(&d.scope.scratch);
    return decision;
}

void policy_explain(const struct policy_request *request, struct policy_decision decision,
                    struct buf *out) {
    str who =
        request->principal.kind == PRINCIPAL_ANONYMOUS ? S("anonymous") : request->principal.arn;
    buf_printf(out,
               "User: " STR_FMT " is %sauthorized to perform: " STR_FMT " on resource: " STR_FMT,
               STR_ARG(who), decision.effect == POLICY_ALLOWED ? "" : "not ",
               STR_ARG(request->action), STR_ARG(request->resource));
    if (decision.effect == POLICY_DENIED_EXPLICIT)
        buf_printf(out, " with an explicit deny in %s %s", decision.by == by_identity ? "an" : "a",
                   decision.by);
    else if (decision.effect == POLICY_DENIED_IMPLICIT)
        buf_printf(out, " because no %s allows the " STR_FMT " action", decision.by,
                   STR_ARG(request->action));
}
