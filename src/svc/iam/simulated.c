/*
 * What a simulation is about. The ids of documents are those that AWS tells: PolicyInputList.1,
 * user_NAME_POLICY and role_NAME_POLICY for inline policies, the names of managed ones,
 * ResourcePolicy. Refusals are worded as AWS words them where that is known ("… does not clearly
 * define entity type and name", "Caller must be an IAM user in this context", "ResourceNames are not
 * in a valid ARN format", "… is not a valid as a Resource Owner").
 */
#include "svc/iam/simulated.h"

#include "base/arn.h"
#include "base/clock.h"
#include "svc/iam/builtin.h"

#include <errno.h>

/* Of a document here: policyDocumentType, IAM API reference. AWS's own are smaller. */
enum { MAX_TEXT = 131072 };

void iam_simulation_deinit(struct iam_simulation *s) {
    for (size_t i = 0; i < s->n; i++)
        if (s->sources[i].owned)
            policy_free((struct policy *)s->sources[i].policy);
    free(s->sources);
    free(s->identity);
    policy_context_free(s->context);
    policy_context_free(s->caller);
}

/* ---- Documents ---- */

static void add(struct iam_simulation *s, struct iam_source source) {
    s->sources = mem_realloc(s->sources, (s->n + 1) * sizeof *s->sources);
    s->sources[s->n++] = source;
    if (source.type == SOURCE_RESOURCE)
        s->resource = source.policy;
    else if (source.type == SOURCE_BOUNDARY)
        s->boundary = source.policy;
    if (source.type != SOURCE_IDENTITY)
        return;
    s->identity = mem_realloc(s->identity, (s->n_identity + 1) * sizeof *s->identity);
    s->identity[s->n_identity++] = source.policy;
}

/* The text must live as long as the request. POLICY_E_MALFORMED with err. */
static int add_text(struct iam_simulation *s, enum iam_source_type type, str id, str text,
                    struct err *err) {
    enum policy_kind kind = type == SOURCE_RESOURCE ? POLICY_RESOURCE : POLICY_IDENTITY;
    struct policy *policy = NULL;
    int r = policy_new_within(&policy, kind, text, MAX_TEXT, err);
    if (r == 0)
        add(s, (struct iam_source){type, id, text, policy, true});
    return r;
}

static int add_given(struct iam_simulation *s, enum iam_source_type type, str id, str text) {
    struct err err = {{0}};
    return add_text(s, type, id, text, &err)
               ? aws_fail(s->rq, &IAM_InvalidInput, STR_FMT ": %s", STR_ARG(id), err.text)
               : 0;
}

static int add_stored(struct iam_simulation *s, enum iam_source_type type, str id, str text) {
    return add_text(s, type, arena_str(&s->rq->arena, id), arena_str(&s->rq->arena, text), NULL)
               ? aws_fault(s->rq, -EBADMSG, "a stored policy")
               : 0;
}

/* "PolicyInputList.1" and so on. */
static int add_list(struct iam_simulation *s, enum iam_source_type type, const char *member) {
    const json_t *texts = json_arr(s->rq->in, member);
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (add_given(s, type, arena_printf(&s->rq->arena, "%s.%zu", member, i + 1),
                      json_text(json_array_get(texts, i))))
            return AWS_FAILED;
    return 0;
}

static int add_boundary_given(struct iam_simulation *s) {
    static const char member[] = "PermissionsBoundaryPolicyInputList";
    if (json_array_size(json_arr(s->rq->in, member)) > 1)
        return aws_fail(s->rq, &IAM_InvalidInput, "You can input only one permissions boundary: %s",
                        member);
    return add_list(s, SOURCE_BOUNDARY, member);
}

/* ---- The documents of a principal ---- */

/*
 * A managed policy by its ARN. One that is gone gives nothing; as boundary it allows nothing. AWS's
 * own are shared with those who have them, but for a boundary, whose statements are told apart.
 */
static int add_managed(struct iam_simulation *s, enum iam_source_type type, str arn) {
    const struct iam_builtin *builtin = iam_builtin_find(arn);
    str name = str_skip(arn, (size_t)str_rchr(arn, '/') + 1);
    if (builtin && type == SOURCE_IDENTITY) {
        const struct policy *policy = iam_builtin_policy(s->rq->svc, builtin);
        add(s, (struct iam_source){type, iam_builtin_name(builtin), iam_builtin_document(builtin),
                                   policy, false});
        return 0;
    }
    if (builtin)
        return add_stored(s, type, name, iam_builtin_document(builtin));
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    iam_key_named(&row.key, iam_kind_policy.row, s->rq->account, name);
    int r = rq_row_get_json(s->rq, &row, &doc);
    if (r && r != STORE_E_ABSENT)
        return r;
    if (r == 0)
        return add_stored(s, type, json_str(doc, "PolicyName"), iam_policy_text(doc, S("")));
    return type == SOURCE_BOUNDARY ? add_stored(s, type, name, iam_boundary_gone) : 0;
}

static int add_entity(struct iam_simulation *s, const struct iam_entity *entity) {
    const json_t *doc = entity->doc, *attached = json_arr(doc, "Attached");
    str name = json_str(doc, entity->kind->name_member);
    const char *inline_name;
    json_t *text;
    json_object_foreach (json_obj(doc, "Inline"), inline_name, text) {
        str id = arena_printf(&s->rq->arena, "%s_" STR_FMT "_%s", entity->kind->title,
                              STR_ARG(name), inline_name);
        if (add_stored(s, SOURCE_IDENTITY, id, json_text(text)))
            return AWS_FAILED;
    }
    for (size_t i = 0; i < json_array_size(attached); i++)
        if (add_managed(s, SOURCE_IDENTITY, json_text(json_array_get(attached, i))))
            return AWS_FAILED;
    bool given = s->boundary || !json_has(doc, "PermissionsBoundary");
    return given ? 0 : add_managed(s, SOURCE_BOUNDARY, json_str(doc, "PermissionsBoundary"));
}

static int fail_entity(struct rq *rq, str arn) {
    return aws_fail(rq, &IAM_InvalidInput,
                    "Invalid Entity Arn: " STR_FMT " does not clearly define entity type and name.",
                    STR_ARG(arn));
}

/* The user or role that PolicySourceArn names. 0 or AWS_FAILED. */
static int find_source(struct rq *rq, struct iam_entity *ret_entity) {
    static const struct iam_kind *const kinds[] = {&iam_kind_user, &iam_kind_role};
    str text = json_str(rq->in, "PolicySourceArn"), type, path;
    struct arn arn;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "iam") || !arn_is_account(arn.account) ||
        !str_cut(arn.resource, '/', &type, &path))
        return fail_entity(rq, text);
    str name = str_skip(path, (size_t)(str_rchr(path, '/') + 1));
    if (str_is(type, "group")) /* there are none */
        return aws_fail(rq, &IAM_NoSuchEntity, "The group with name " STR_FMT " cannot be found.",
                        STR_ARG(name));
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_is(type, kinds[i]->arn_type))
            continue;
        if (iam_entity_named(kinds[i], rq, name, ret_entity))
            return AWS_FAILED;
        if (str_eq(json_str(ret_entity->doc, "Arn"), text))
            return 0;
        return aws_fail(rq, &IAM_NoSuchEntity, "%s" STR_FMT " cannot be found.", kinds[i]->missing,
                        STR_ARG(name));
    }
    return fail_entity(rq, text);
}

/* ---- Who calls ---- */

static void add_key(struct iam_simulation *s, const char *key, str value) {
    if (value.len)
        policy_context_add(s->caller, str_c(key), value);
}

static void add_time(struct iam_simulation *s) {
    char text[CLOCK_ISO_MAX];
    int64_t now = clock_real_ms();
    add_key(s, "aws:CurrentTime", str_c(clock_iso8601(text, now)));
    add_key(s, "aws:EpochTime", arena_printf(&s->rq->arena, "%lld", (long long)(now / 1000)));
}

/* entity: the caller's row, or NULL where the request names a caller of its own. */
static void add_caller(struct iam_simulation *s, str arn, const struct iam_entity *entity) {
    bool role = entity && entity->kind == &iam_kind_role;
    struct arn parts;
    arn_parse(arn, &parts);
    s->principal = (struct policy_principal){.kind = role ? PRINCIPAL_SESSION : PRINCIPAL_USER,
                                             .account = arena_str(&s->rq->arena, parts.account),
                                             .arn = arena_str(&s->rq->arena, arn)};
    if (role)
        s->principal.role_arn = s->principal.arn;
    add_key(s, "aws:PrincipalArn", arn);
    add_key(s, "aws:PrincipalAccount", parts.account);
    add_key(s, "aws:PrincipalType", role ? S("AssumedRole") : S("User"));
    if (!role)
        add_key(s, "aws:username",
                str_skip(parts.resource, (size_t)(str_rchr(parts.resource, '/') + 1)));
    if (!entity)
        return;
    if (!role)
        add_key(s, "aws:userid", json_str(entity->doc, entity->kind->id_member));
    const json_t *tags = json_arr(entity->doc, "Tags");
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        str key =
            arena_printf(&s->rq->arena, "aws:PrincipalTag/" STR_FMT, STR_ARG(json_str(tag, "Key")));
        policy_context_add(s->caller, key, json_str(tag, "Value"));
    }
}

static bool is_user_arn(str text) {
    struct arn arn;
    return arn_parse(text, &arn) && str_is(arn.service, "iam") && arn_is_account(arn.account) &&
           str_starts(arn.resource, S("user/"));
}

/* CallerArn, or else the user or role whose policies they are. */
static int take_caller(struct iam_simulation *s, const struct iam_entity *source) {
    str caller = json_str(s->rq->in, "CallerArn");
    bool user = source && source->kind == &iam_kind_user;
    if ((caller.p && !is_user_arn(caller)) || (!caller.p && !user && s->resource))
        return aws_fail(s->rq, &IAM_InvalidInput,
                        "Invalid caller - Caller must be an IAM user in this context.");
    str arn = source ? json_str(source->doc, "Arn") : STR_NONE;
    if (caller.p)
        add_caller(s, caller, source && str_eq(caller, arn) ? source : NULL);
    else if (source)
        add_caller(s, arn, source);
    else
        s->principal = (struct policy_principal){PRINCIPAL_USER, s->rq->account, S(""), S("")};
    return 0;
}

static int take_owner(struct iam_simulation *s) {
    str text = json_str(s->rq->in, "ResourceOwner");
    struct arn arn;
    s->owner = s->principal.account;
    if (!text.p)
        return 0;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "iam") || !arn_is_account(arn.account) ||
        !str_is(arn.resource, "root"))
        return aws_fail(s->rq, &IAM_InvalidInput,
                        "'" STR_FMT "' is not a valid as a Resource Owner.", STR_ARG(text));
    s->owner = arn.account;
    return 0;
}

/* ---- The rest of the request ---- */

static void take_entries(struct iam_simulation *s) {
    const json_t *entries = json_arr(s->rq->in, "ContextEntries");
    s->context = policy_context_new_over(s->caller);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const json_t *values = json_arr(entry, "ContextKeyValues");
        s->context_bytes += json_str(entry, "ContextKeyName").len + 1;
        for (size_t v = 0; v < json_array_size(values); v++) {
            str value = json_text(json_array_get(values, v));
            policy_context_add(s->context, json_str(entry, "ContextKeyName"), value);
            s->context_bytes += value.len + 1;
        }
    }
}

static int check_actions(struct rq *rq) {
    const json_t *names = json_arr(rq->in, "ActionNames");
    for (size_t i = 0; i < json_array_size(names); i++) {
        str name = json_text(json_array_get(names, i));
        if (str_chr(name, ':') < 1 || str_chr(name, '*') >= 0 || str_chr(name, '?') >= 0)
            return aws_fail(rq, &IAM_InvalidInput, "Invalid Input Actions: \"" STR_FMT "\"",
                            STR_ARG(name));
    }
    return 0;
}

static int check_resources(struct rq *rq) {
    const json_t *arns = json_arr(rq->in, "ResourceArns");
    for (size_t i = 0; i < json_array_size(arns); i++) {
        str arn = json_text(json_array_get(arns, i));
        if (!str_is(arn, "*") && !arn_parse(arn, &(struct arn){0}))
            return aws_fail(rq, &IAM_InvalidInput,
                            "ResourceNames are not in a valid ARN format: " STR_FMT ".",
                            STR_ARG(arn));
    }
    str option = json_str(rq->in, "ResourceHandlingOption");
    return option.p ? aws_fail(rq, &IAM_InvalidInput,
                               "ResourceHandlingOption " STR_FMT " is not supported by calotype",
                               STR_ARG(option))
                    : 0;
}

/* ---- Both kinds ---- */

static int take_all(struct iam_simulation *s, const struct iam_entity *source) {
    str resource_policy = json_str(s->rq->in, "ResourcePolicy");
    if (check_actions(s->rq) || check_resources(s->rq) ||
        add_list(s, SOURCE_IDENTITY, "PolicyInputList") || add_boundary_given(s) ||
        (resource_policy.p &&
         add_given(s, SOURCE_RESOURCE, S("ResourcePolicy"), resource_policy)) ||
        (source && add_entity(s, source)))
        return AWS_FAILED;
    s->caller = policy_context_new();
    add_time(s);
    if (take_caller(s, source) || take_owner(s))
        return AWS_FAILED;
    take_entries(s);
    return 0;
}

int iam_simulation_custom(struct iam_simulation *s, struct rq *rq) {
    s->rq = rq;
    return take_all(s, NULL);
}

int iam_simulation_principal(struct iam_simulation *s, struct rq *rq) {
    CLEANUP_DEINIT(iam_entity) struct iam_entity source = {0};
    s->rq = rq;
    return find_source(rq, &source) || take_all(s, &source) ? AWS_FAILED : 0;
}

int iam_simulation_documents(struct iam_simulation *s, struct rq *rq) {
    CLEANUP_DEINIT(iam_entity) struct iam_entity source = {0};
    s->rq = rq;
    if (json_has(rq->in, "PolicySourceArn") && (find_source(rq, &source) || add_entity(s, &source)))
        return AWS_FAILED;
    return add_list(s, SOURCE_IDENTITY, "PolicyInputList");
}
