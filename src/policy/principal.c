/*
 * Principal and NotPrincipal: parsing, and how closely they name a caller.
 * Source: "AWS JSON policy elements: Principal" and "… NotPrincipal" in the IAM User Guide.
 */
#include "policy/policy_priv.h"

#include "base/arn.h"
#include "base/ascii.h"

static bool is_principal_arn(const struct arn *arn) {
    static const char *const kinds[] = {"user/", "role/", "assumed-role/", "federated-user/"};
    str name = arn->resource;
    if ((!str_is(arn->service, "iam") && !str_is(arn->service, "sts")) || arn->region.len ||
        !arn_is_account(arn->account))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_starts(name, str_c(kinds[i])) && name.len > strlen(kinds[i]))
            return str_chr(name, '*') < 0 && str_chr(name, '?') < 0;
    return false;
}

/* *ret_name is set where the text is a principal of that kind. */
static bool parse_aws(str s, struct policy_principal_name *ret_name) {
    struct arn arn;
    arn_parse(s, &arn);
    if (str_is(s, "*"))
        *ret_name = (struct policy_principal_name){TYPE_EVERYONE, s};
    else if (arn_is_account(s))
        *ret_name = (struct policy_principal_name){TYPE_ACCOUNT, s};
    else if (str_is(arn.service, "iam") && arn_is_account(arn.account) &&
             str_is(arn.resource, "root"))
        *ret_name = (struct policy_principal_name){TYPE_ACCOUNT, arn.account};
    else if (is_principal_arn(&arn))
        *ret_name = (struct policy_principal_name){TYPE_ARN, s};
    else
        return false;
    return true;
}

static bool parse_service(str s, struct policy_principal_name *ret_name) {
    if (s.len == 0 || s.len > 128 || str_chr(s, '.') < 1)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (!ascii_is_lower(c) && !ascii_is_digit(c) && c != '.' && c != '-')
            return false;
    }
    *ret_name = (struct policy_principal_name){TYPE_SERVICE, s};
    return true;
}

/*
 * Accepted in documents; nobody signs in to Calotype with an outside provider, so it never matches.
 */
static bool parse_federated(str s, struct policy_principal_name *ret_name) {
    *ret_name = (struct policy_principal_name){TYPE_FEDERATED, s};
    return s.len > 0;
}

static const struct principal_kind {
    const char *name;
    bool (*parse)(str s, struct policy_principal_name *ret_name);
} kinds[] = {{"AWS", parse_aws}, {"Service", parse_service}, {"Federated", parse_federated}};

static int add_name(struct policy *policy, struct policy_statement *st,
                    const struct principal_kind *kind, const json_t *value, struct err *err) {
    struct policy_principal_name name = {0};
    str text = arena_str(&policy->arena, json_text(value));
    if (!json_is_string(value) || !kind->parse(text, &name))
        return policy_malformed(err, "Invalid principal in policy: \"%s\":\"" STR_FMT "\"",
                                kind->name, STR_ARG(text));
    st->principals[st->n_principals++] = name;
    return 0;
}

static int add_names(struct policy *policy, struct policy_statement *st,
                     const struct principal_kind *kind, const json_t *value, struct err *err) {
    if (!json_is_array(value))
        return add_name(policy, st, kind, value, err);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (add_name(policy, st, kind, json_array_get(value, i), err))
            return POLICY_E_MALFORMED;
    return 0;
}

static const struct principal_kind *kind_named(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static size_t count_names(const json_t *value) {
    size_t n = 0;
    const char *key;
    json_t *names;
    json_object_foreach ((json_t *)value, key, names)
        n += json_is_array(names) ? json_array_size(names) : 1;
    return n;
}

int policy_principals_parse(struct policy *policy, struct policy_statement *st, const json_t *value,
                            struct err *err) {
    if (json_is_string(value) && str_is(json_text(value), "*")) {
        st->principals = arena_new(&policy->arena, struct policy_principal_name);
        st->principals[0] = (struct policy_principal_name){TYPE_EVERYONE, S("*")};
        st->n_principals = 1;
        return 0;
    }
    size_t n = count_names(value);
    if (!json_is_object(value) || n == 0)
        return policy_malformed(err, "Invalid principal in policy");
    st->principals = arena_alloc(&policy->arena, n * sizeof *st->principals);
    const char *key;
    json_t *names;
    json_object_foreach ((json_t *)value, key, names) {
        const struct principal_kind *kind = kind_named(key);
        if (!kind && strcmp(key, "CanonicalUser") == 0)
            return policy_malformed(err,
                                    "Invalid principal in policy: CanonicalUser is not supported");
        if (!kind)
            return policy_malformed(err, "Invalid principal in policy: Unknown principal type %s",
                                    key);
        if (add_names(policy, st, kind, names, err))
            return POLICY_E_MALFORMED;
    }
    return 0;
}

/* ---- Matching ---- */

static enum policy_match match_one(const struct policy_principal_name *name,
                                   const struct policy_principal *caller) {
    switch (name->type) {
    case TYPE_EVERYONE: return MATCH_EVERYONE;
    case TYPE_ACCOUNT:
        if (!caller->account.len || !str_eq(name->name, caller->account))
            return MATCH_NONE;
        return caller->kind == PRINCIPAL_ROOT ? MATCH_SELF : MATCH_ACCOUNT;
    case TYPE_ARN:
        if (caller->kind == PRINCIPAL_SERVICE || caller->kind == PRINCIPAL_ANONYMOUS)
            return MATCH_NONE;
        if (str_eq(name->name, caller->arn))
            return MATCH_SELF;
        if (caller->role_arn.len && str_eq(name->name, caller->role_arn))
            return MATCH_ROLE;
        break;
    case TYPE_SERVICE:
        if (caller->kind == PRINCIPAL_SERVICE && str_eq(name->name, caller->arn))
            return MATCH_SELF;
        break;
    case TYPE_FEDERATED: break;
    }
    return MATCH_NONE;
}

/*
 * NotPrincipal exempts a caller only when every name it goes by is listed: account and user, or
 * account, role and session (the guide's examples list them all). "*" exempts everyone.
 */
static bool is_exempt(const struct policy_statement *st, const struct policy_principal *caller) {
    bool seen[MATCH_SELF + 1] = {false};
    for (size_t i = 0; i < st->n_principals; i++)
        seen[match_one(&st->principals[i], caller)] = true;
    if (seen[MATCH_EVERYONE])
        return true;
    bool has_account = caller->kind == PRINCIPAL_USER || caller->kind == PRINCIPAL_SESSION;
    bool has_role = caller->kind == PRINCIPAL_SESSION;
    return seen[MATCH_SELF] && (!has_account || seen[MATCH_ACCOUNT]) &&
           (!has_role || seen[MATCH_ROLE]);
}

enum policy_match policy_principals_match(const struct policy_statement *st,
                                          const struct policy_principal *caller) {
    if (st->not_principal)
        return is_exempt(st, caller) ? MATCH_NONE : MATCH_EVERYONE;
    enum policy_match best = MATCH_NONE;
    for (size_t i = 0; i < st->n_principals; i++) {
        enum policy_match m = match_one(&st->principals[i], caller);
        if (m > best)
            best = m;
    }
    return best;
}
