/* audit/rules/statement: takes statements of policies apart for the rules of access. */
#include "audit/rules/statement_priv.h"

#include "base/ascii.h"

struct audit_values audit_element(const struct audit_template *t, const struct audit_statement *s,
                                  const char *element) {
    return audit_path(t, tmpl_get(s->node, element), s->guard, "[]");
}

bool audit_element_at(const struct audit_template *t, const struct audit_statement *s,
                      const char *element, struct tmpl_pos *ret_start, struct tmpl_pos *ret_end) {
    const struct tmpl_member *m = tmpl_member(s->node, str_c(element));
    if (!m)
        return false;
    *ret_start = m->key_at;
    *ret_end = audit_name_end(t, m->key_at);
    return true;
}

bool audit_action_covers(str pattern, const char *action) {
    return str_glob(pattern, str_c(action), true);
}

/* ---- Resources ---- */

bool audit_is_all_stars(str text) {
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_one_of(text.p[i], "*/:"))
            return false;
    return str_chr(text, '*') >= 0;
}

/*
 * Services whose resources have names that a template knows, and what stands before the name in an
 * ARN ("Resource types", Service Authorization Reference). Of others (network interfaces, executions)
 * the names are made while they run, and a star is all that can be said.
 */
static const struct {
    const char *service, *before;
} named[] = {
    {"s3", ""},
    {"dynamodb", "table/"},
    {"lambda", "function:"},
    {"sns", ""},
    {"sqs", ""},
    {"kms", "key/"},
    {"secretsmanager", "secret:"},
    {"iam", "role/"},
    {"iam", "policy/"},
    {"iam", "user/"},
    {"iam", "group/"},
    {"ssm", "parameter/"},
    {"states", "stateMachine:"},
    {"logs", "log-group:"},
};

/* What stands behind "arn:P:SERVICE:R:A:"; names in braces may hold colons. */
static bool cut_arn(str text, str *ret_service, str *ret_resource) {
    if (!str_starts(text, S("arn:")))
        return false;
    size_t colons = 0, begin = 0, depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        depth += text.p[i] == '{';
        depth -= text.p[i] == '}' && depth;
        if (text.p[i] != ':' || depth)
            continue;
        colons++;
        if (colons == 3)
            *ret_service = str_slice(text, begin, i);
        begin = i + 1;
        if (colons == 5) {
            *ret_resource = str_skip(text, begin);
            return true;
        }
    }
    return false;
}

bool audit_resource_is_everything(str text, str *ret_service) {
    str resource;
    *ret_service = S("");
    if (!text.p)
        return false;
    if (audit_is_all_stars(text))
        return true;
    if (!cut_arn(text, ret_service, &resource))
        return false;
    /* Of a bucket the name before the slash counts: in a star's all buckets are. */
    str head = resource, tail;
    if (str_is(*ret_service, "s3"))
        str_cut(resource, '/', &head, &tail);
    if (head.len < resource.len && audit_is_all_stars(head))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        str before = str_c(named[i].before);
        if (str_is(*ret_service, named[i].service) &&
            (audit_is_all_stars(resource) ||
             (str_starts(resource, before) && audit_is_all_stars(str_skip(resource, before.len)))))
            return true;
    }
    return false;
}

const struct audit_value *audit_statement_everything(const struct audit_template *t,
                                                     const struct audit_statement *s,
                                                     const struct audit_values *resources,
                                                     const char *service) {
    for (size_t i = 0; i < resources->n; i++) {
        const struct audit_value *value = &resources->v[i];
        str of;
        if (value->kind != AUDIT_ABSENT && audit_possible(t, value->guard) &&
            audit_resource_is_everything(audit_text(t, value->node), &of) &&
            (of.len == 0 || str_is(of, service)) && !s->is_deny)
            return value;
    }
    return NULL;
}

/* ---- Conditions ---- */

static bool each_key(const struct audit_template *t, const struct tmpl_member *op,
                     const struct audit_value *keys,
                     bool (*fn)(void *ctx, const struct audit_condition_key *key), void *ctx) {
    if (keys->kind == AUDIT_UNKNOWN)
        return fn(ctx, &(struct audit_condition_key){.is_unknown = true});
    for (size_t i = 0; tmpl_is(keys->node, TMPL_MAP) && i < keys->node->n; i++) {
        const struct tmpl_member *m = &keys->node->members[i];
        const struct audit_condition_key key = {op->key, m->key,
                                                audit_path(t, m->value, keys->guard, "[]"), false};
        if (fn(ctx, &key))
            return true;
    }
    return false;
}

bool audit_condition_each(const struct audit_template *t, const struct audit_statement *s,
                          bool (*fn)(void *ctx, const struct audit_condition_key *key), void *ctx) {
    const struct audit_values ways = audit_values(t, tmpl_get(s->node, "Condition"), s->guard);
    for (size_t i = 0; i < ways.n; i++) {
        if (ways.v[i].kind == AUDIT_UNKNOWN &&
            fn(ctx, &(struct audit_condition_key){.is_unknown = true}))
            return true;
        const struct tmpl_node *map = ways.v[i].node;
        bool is_map = ways.v[i].kind == AUDIT_LITERAL && map->kind == TMPL_MAP;
        for (size_t k = 0; is_map && k < map->n; k++) {
            const struct tmpl_member *op = &map->members[k];
            const struct audit_values keys = audit_values(t, op->value, ways.v[i].guard);
            for (size_t j = 0; j < keys.n; j++)
                if (each_key(t, op, &keys.v[j], fn, ctx))
                    return true;
        }
    }
    return false;
}

struct wanted {
    const struct audit_template *t;
    const char *const *keys;
    size_t n;
};

/* An operator that an absent key or another value passes demands nothing. */
static bool is_demanding(str op) {
    str name, rest;
    if (str_cut(op, ':', &name, &rest) && rest.p)
        op = rest;
    return str_find(op, S("Not")) < 0 && !str_ends(op, S("IfExists")) && !str_is(op, "Null") &&
           !str_starts(name, S("ForAllValues"));
}

static bool is_every_value(str text) {
    return audit_is_all_stars(text) || str_is(text, "0.0.0.0/0") || str_is(text, "::/0");
}

static bool is_wanted(void *ctx, const struct audit_condition_key *key) {
    const struct wanted *w = ctx;
    if (key->is_unknown)
        return true;
    bool found = false;
    for (size_t i = 0; i < w->n && !found; i++)
        found = str_glob(str_c(w->keys[i]), key->key, true);
    if (!found || !is_demanding(key->op))
        return false;
    for (size_t i = 0; i < key->values.n; i++)
        if (is_every_value(audit_text(w->t, key->values.v[i].node)))
            return false;
    return true;
}

bool audit_condition_has(const struct audit_template *t, const struct audit_statement *s,
                         const char *const *keys, size_t n) {
    struct wanted w = {t, keys, n};
    return audit_condition_each(t, s, is_wanted, &w);
}

/*
 * What makes a policy for everybody one for somebody ("The meaning of public", S3 user guide, and the
 * keys of KMS and SNS that do the same).
 */
static const char *const caller_keys[] = {
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOwner",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceIp",
    "aws:VpcSourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalTag/*",
    "aws:userid",
    "aws:username",
    "elasticfilesystem:AccessPointArn",
    "elasticfilesystem:AccessedViaMountTarget",
    "kms:CallerAccount",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "sns:Endpoint",
};

/* To a caller: his account, organisation, network, or what he acts for. */
static bool scopes_caller(const struct audit_template *t, const struct audit_statement *s) {
    return audit_condition_has(t, s, caller_keys, ARRAY_LEN(caller_keys));
}

/* ---- Principals ---- */

/* "*"; or {AWS: "*"}, alone or in a list. */
static const struct audit_value *everybody_in(const struct audit_template *t,
                                              const struct audit_value *principal) {
    if (principal->kind != AUDIT_LITERAL)
        return NULL;
    if (str_is(principal->text, "*"))
        return principal;
    for (size_t i = 0; tmpl_is(principal->node, TMPL_MAP) && i < principal->node->n; i++) {
        const struct audit_values each =
            audit_path(t, principal->node->members[i].value, principal->guard, "[]");
        for (size_t k = 0; k < each.n; k++)
            if (each.v[k].kind == AUDIT_LITERAL && str_is(each.v[k].text, "*"))
                return &each.v[k];
    }
    return NULL;
}

const struct audit_value *audit_statement_everybody(const struct audit_template *t,
                                                    const struct audit_statement *s) {
    if (s->is_deny || !tmpl_get(s->node, "Principal"))
        return NULL;
    const struct audit_values ways = audit_values(t, tmpl_get(s->node, "Principal"), s->guard);
    for (size_t i = 0; i < ways.n; i++) {
        const struct audit_value *found = everybody_in(t, &ways.v[i]);
        if (found && !scopes_caller(t, s))
            return found;
    }
    return NULL;
}
