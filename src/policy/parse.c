/*
 * Documents: JSON text to statements. Sentences are those of IAM's MalformedPolicyDocument where it
 * has one; where S3 alone words a case, S3's.
 */
#include "policy/condition_priv.h"

#include "base/ascii.h"

/* ---- Resource, NotResource ---- */

/*
 * May an ARN have fewer than six fields? In identity policies it is completed; session policies "do
 * not support incomplete ARNs" (IAM identifiers); elsewhere it must end in a star.
 */
static bool may_be_short(const struct policy *policy, const struct policy_pattern *resource) {
    bool open_ended = str_ends(resource->text, S("*"));
    return resource->fields >= 3 &&
           (policy->kind == POLICY_IDENTITY || (policy->kind != POLICY_SESSION && open_ended));
}

static int check_resource(const struct policy *policy, const struct policy_pattern *resource,
                          struct err *err) {
    if (resource->all)
        return 0;
    if (!str_starts(resource->text, S("arn:")) ||
        (resource->fields < ARN_FIELDS && !may_be_short(policy, resource)))
        return policy_malformed(err, "Resource " STR_FMT " must be in ARN format or \"*\".",
                                STR_ARG(resource->text));
    str partition;
    str_cut(str_skip(resource->text, 4), ':', &partition, &(str){0});
    if (!str_starts(partition, S("aws")) && !str_is(partition, "*"))
        return policy_malformed(
            err, "Partition \"" STR_FMT "\" is not valid for resource \"" STR_FMT "\".",
            STR_ARG(partition), STR_ARG(resource->text));
    return 0;
}

static int parse_resources(struct policy *policy, struct policy_statement *st, const json_t *value,
                           struct err *err) {
    struct policy_strings list;
    if (!policy_strings_of(value, &list))
        return policy_malformed(err, "Syntax errors in policy.");
    if (list.n == 0)
        return policy_malformed(err, "Policy statement must contain resources.");
    unsigned flags = PATTERN_WILDCARDS | PATTERN_ARN |
                     (policy->has_variables ? PATTERN_VARIABLES : 0) |
                     (policy->kind == POLICY_IDENTITY ? PATTERN_COMPLETED : 0);
    st->resources = arena_alloc(&policy->arena, list.n * sizeof *st->resources);
    for (size_t i = 0; i < list.n; i++) {
        struct policy_pattern *resource = &st->resources[st->n_resources++];
        policy_pattern_init(resource, &policy->arena, policy_string_at(&list, i), flags);
        if (check_resource(policy, resource, err))
            return POLICY_E_MALFORMED;
    }
    return 0;
}

/* ---- Statements ---- */

/* Either of a pair such as Action and NotAction; both together is a fault. */
static int pick(const json_t *statement, const char *plain, const char *negated,
                const json_t **ret_value, bool *ret_negated, struct err *err) {
    const json_t *a = json_object_get(statement, plain), *b = json_object_get(statement, negated);
    if (a && b)
        return policy_malformed(err,
                                "Syntax errors in policy. A statement may have %s or %s, not both.",
                                plain, negated);
    *ret_value = a ? a : b;
    *ret_negated = b != NULL;
    return 0;
}

static int check_fields(const json_t *object, const char *const *known, size_t n, struct err *err) {
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        bool found = false;
        for (size_t i = 0; i < n && !found; i++)
            found = strcmp(known[i], key) == 0;
        if (!found)
            return policy_malformed(err, "Syntax errors in policy. Unknown field %s", key);
    }
    return 0;
}

static int parse_effect(struct policy_statement *st, const json_t *statement, struct err *err) {
    const json_t *effect = json_object_get(statement, "Effect");
    if (!effect)
        return policy_malformed(err, "Missing required field Effect");
    st->deny = str_is(json_text(effect), "Deny");
    if (!st->deny && !str_is(json_text(effect), "Allow"))
        return policy_malformed(err, "Invalid effect: " STR_FMT, STR_ARG(json_text(effect)));
    return 0;
}

static int parse_principal_of(struct policy *policy, struct policy_statement *st,
                              const json_t *statement, struct err *err) {
    const json_t *value = NULL;
    if (pick(statement, "Principal", "NotPrincipal", &value, &st->not_principal, err))
        return POLICY_E_MALFORMED;
    if (policy_is_of_caller(policy))
        return value ? policy_malformed(err, "Policy document should not specify a principal.") : 0;
    if (!value)
        return policy_malformed(err, "Missing required field Principal");
    if (st->not_principal && (policy->kind == POLICY_TRUST || !st->deny))
        return policy_malformed(err, "Allow with NotPrincipal is not allowed");
    return policy_principals_parse(policy, st, value, err);
}

static int parse_action_of(struct policy *policy, struct policy_statement *st,
                           const json_t *statement, struct err *err) {
    const json_t *value = NULL;
    if (pick(statement, "Action", "NotAction", &value, &st->not_action, err))
        return POLICY_E_MALFORMED;
    if (!value)
        return policy_malformed(err, policy_is_of_caller(policy)
                                         ? "Policy statement must contain actions."
                                         : "Missing required field Action");
    if (policy->kind == POLICY_TRUST && st->not_action)
        return policy_malformed(err, "Has prohibited field NotAction");
    if (policy_actions_parse(policy, st, value, err))
        return POLICY_E_MALFORMED;
    for (size_t i = 0; policy->kind == POLICY_TRUST && i < st->n_actions; i++)
        if (!str_starts_nocase(st->actions[i].text, S("sts:")) && !st->actions[i].all)
            return policy_malformed(err,
                                    "AssumeRole policy may only specify STS AssumeRole actions.");
    return 0;
}

static int parse_resource_of(struct policy *policy, struct policy_statement *st,
                             const json_t *statement, struct err *err) {
    const json_t *value = NULL;
    if (pick(statement, "Resource", "NotResource", &value, &st->not_resource, err))
        return POLICY_E_MALFORMED;
    if (policy->kind == POLICY_TRUST)
        return value ? policy_malformed(err, "Has prohibited field Resource") : 0;
    if (!value)
        return policy_malformed(err, policy_is_of_caller(policy)
                                         ? "Policy statement must contain resources."
                                         : "Missing required field Resource");
    return parse_resources(policy, st, value, err);
}

static int parse_sid(struct policy *policy, struct policy_statement *st, const json_t *statement,
                     struct err *err) {
    const json_t *sid = json_object_get(statement, "Sid");
    if (!sid)
        return 0;
    if (!json_is_string(sid))
        return policy_malformed(err, "Syntax errors in policy.");
    st->sid = arena_str(&policy->arena, json_text(sid));
    if (policy->kind != POLICY_RESOURCE && !ascii_only_alnum(st->sid, ""))
        return policy_malformed(err,
                                "Statement IDs (SID) must be alpha-numeric. Check that your input "
                                "satisfies the regular expression [0-9A-Za-z]*");
    for (const struct policy_statement *other = policy->statements; other < st; other++)
        if (st->sid.len && str_eq(other->sid, st->sid))
            return policy_malformed(err, "Statement IDs (SID) in a single policy must be unique.");
    return 0;
}

static int parse_statement(struct policy *policy, struct policy_statement *st,
                           const json_t *statement, struct err *err) {
    static const char *const fields[] = {"Sid",          "Effect",      "Principal",
                                         "NotPrincipal", "Action",      "NotAction",
                                         "Resource",     "NotResource", "Condition"};
    if (!json_is_object(statement))
        return policy_malformed(err, "Syntax errors in policy.");
    if (check_fields(statement, fields, ARRAY_LEN(fields), err) ||
        parse_sid(policy, st, statement, err) || parse_effect(st, statement, err) ||
        parse_principal_of(policy, st, statement, err) ||
        parse_action_of(policy, st, statement, err) ||
        parse_resource_of(policy, st, statement, err))
        return POLICY_E_MALFORMED;
    const json_t *condition = json_object_get(statement, "Condition");
    return condition ? policy_condition_parse(policy, st, condition, err) : 0;
}

/* ---- The document ---- */

static int parse_version(struct policy *policy, const json_t *doc, struct err *err) {
    const json_t *version = json_object_get(doc, "Version"), *id = json_object_get(doc, "Id");
    str text = json_text(version);
    policy->has_variables = str_is(text, "2012-10-17");
    if (version && !policy->has_variables && !str_is(text, "2008-10-17"))
        return policy_malformed(err, "The policy must contain a valid version string");
    if (id && !json_is_string(id))
        return policy_malformed(err, "Syntax errors in policy.");
    return 0;
}

static int parse_document(struct policy *policy, const json_t *doc, struct err *err) {
    static const char *const fields[] = {"Version", "Id", "Statement"};
    if (!json_is_object(doc))
        return policy_malformed(err, "Syntax errors in policy.");
    if (check_fields(doc, fields, ARRAY_LEN(fields), err) || parse_version(policy, doc, err))
        return POLICY_E_MALFORMED;
    const json_t *statements = json_object_get(doc, "Statement");
    if (!statements)
        return policy_malformed(err, "Missing required field Statement");
    bool many = json_is_array(statements);
    size_t n = many ? json_array_size(statements) : 1;
    if (n == 0)
        return policy_malformed(err, "Could not parse the policy: Statement is empty!");
    if (n > POLICY_MAX_STATEMENTS)
        return policy_malformed(err, "Policy has more than %d statements", POLICY_MAX_STATEMENTS);
    policy->statements = arena_zalloc(&policy->arena, n * sizeof *policy->statements);
    for (size_t i = 0; i < n; i++) {
        const json_t *statement = many ? json_array_get(statements, i) : statements;
        if (parse_statement(policy, &policy->statements[policy->n_statements++], statement, err))
            return POLICY_E_MALFORMED;
    }
    return 0;
}

int policy_new(struct policy **ret_policy, enum policy_kind kind, str json, struct err *err) {
    return policy_new_within(ret_policy, kind, json, POLICY_MAX_BYTES, err);
}

int policy_new_within(struct policy **ret_policy, enum policy_kind kind, str json, size_t max_bytes,
                      struct err *err) {
    if (json.len > max_bytes)
        return policy_malformed(err, "Policy is larger than %zu bytes", max_bytes);
    struct err why;
    CLEANUP_JSON json_t *doc = json_parse(json, &why);
    if (!doc)
        return policy_malformed(err, "Syntax errors in policy. %s", why.text);
    CLEANUP(policy) struct policy *policy = mem_new(struct policy);
    policy->kind = kind;
    policy->refs = 1;
    if (parse_document(policy, doc, err))
        return POLICY_E_MALFORMED;
    *ret_policy = STEAL(policy);
    return 0;
}

size_t policy_bytes(const struct policy *policy) {
    return sizeof *policy + arena_bytes(&policy->arena);
}

struct policy *policy_free(struct policy *policy) {
    if (policy && atomic_fetch_sub(&policy->refs, 1) == 1) {
        arena_deinit(&policy->arena);
        free(policy);
    }
    return NULL;
}
