/*
 * Customer managed policies: {PolicyName, PolicyId, Arn, Path, Description, CreateDate, UpdateDate,
 * DefaultVersionId, NextVersion, Versions: [{VersionId, CreateDate, Document}], Tags}. AWS's own
 * (builtin.c) are answered in the same form.
 */
#include "base/arn.h"
#include "svc/iam/builtin.h"
#include "svc/iam/iam_priv.h"

enum { SIZE_LIMIT = 6144, MAX_VERSIONS = 5 };

str iam_policy_name(str text, str account) {
    struct arn arn;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "iam") || !str_eq(arn.account, account) ||
        !str_starts(arn.resource, S("policy/")))
        return STR_NONE;
    return str_skip(arn.resource, (size_t)str_rchr(arn.resource, '/') + 1);
}

static json_t *find_version(const json_t *doc, str version) {
    const json_t *versions = json_arr(doc, "Versions");
    if (!version.len)
        version = json_str(doc, "DefaultVersionId");
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (str_eq(json_str(json_array_get(versions, i), "VersionId"), version))
            return json_array_get(versions, i);
    return NULL;
}

str iam_policy_text(const json_t *doc, str version) {
    return json_str(find_version(doc, version), "Document");
}

json_t *iam_builtin_doc(const struct iam_builtin *builtin, bool with_text) {
    char id[IAM_BUILTIN_ID];
    iam_builtin_id(builtin, id);
    json_t *doc = json_object(), *version = json_object(), *versions = json_array();
    json_set_str(doc, "PolicyName", iam_builtin_name(builtin));
    json_set_str(doc, "PolicyId", str_c(id));
    json_set_str(doc, "Arn", str_c(builtin->arn));
    json_set_str(doc, "Path", iam_builtin_path(builtin));
    json_set_int(doc, "CreateDate", builtin->created_s);
    json_set_int(doc, "UpdateDate", builtin->updated_s);
    json_set_str(doc, "DefaultVersionId", str_c(builtin->version));
    json_set_str(version, "VersionId", str_c(builtin->version));
    json_set_int(version, "CreateDate", builtin->updated_s);
    if (with_text)
        json_set_str(version, "Document", iam_builtin_document(builtin));
    json_array_append_new(versions, version);
    json_set(doc, "Versions", versions);
    return doc;
}

/* The account's own policy of that ARN: 0, STORE_E_ABSENT or AWS_FAILED. */
static int read_own(struct rq *rq, str arn, struct iam_entity *ret_policy) {
    str name = iam_policy_name(arn, rq->account);
    if (!name.p)
        return STORE_E_ABSENT;
    ret_policy->kind = &iam_kind_policy;
    iam_key_named(&ret_policy->row.key, iam_kind_policy.row, rq->account, name);
    int r = rq_row_get_json(rq, &ret_policy->row, &ret_policy->doc);
    return r == 0 && !str_eq(json_str(ret_policy->doc, "Arn"), arn) ? STORE_E_ABSENT : r;
}

/* The policy that the request names; AWS's own only where nothing is changed. */
static int find_policy(struct rq *rq, struct iam_entity *ret_policy) {
    str arn = json_str(rq->in, "PolicyArn");
    const struct iam_builtin *builtin = iam_builtin_find(arn);
    if (builtin && (rq->op->flags & OP_MUTATES))
        return aws_fail(rq, &IAM_AccessDenied, "AWS managed policies cannot be changed: " STR_FMT,
                        STR_ARG(arn));
    if (builtin) {
        *ret_policy =
            (struct iam_entity){.kind = &iam_kind_policy, .doc = iam_builtin_doc(builtin, true)};
        return 0;
    }
    int r = read_own(rq, arn, ret_policy);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &IAM_NoSuchEntity, "Policy " STR_FMT " was not found.", STR_ARG(arn));
    return r;
}

int iam_managed_policy_exists(struct rq *rq, str arn) {
    if (iam_builtin_find(arn))
        return 0;
    CLEANUP_DEINIT(iam_entity) struct iam_entity policy = {0};
    return read_own(rq, arn, &policy);
}

/* ---- Who has it attached ---- */

/*
 * Calls fn for each role or user of the account that has it attached (or, as_boundary, as
 * boundary).
 */
static int each_holder(const struct iam_kind *kind, struct rq *rq, str arn, bool as_boundary,
                       void (*fn)(void *ctx, const json_t *doc), void *ctx) {
    CLEANUP(store_iter) struct store_iter *it = iam_rows(rq, kind->row, STR_NONE);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        if (as_boundary ? str_eq(json_str(doc, "PermissionsBoundary"), arn)
                        : json_find_text(json_arr(doc, "Attached"), arn) >= 0)
            fn(ctx, doc);
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "list holders of a policy") : 0;
}

/* ---- Descriptions ---- */

static int describe(struct rq *rq, const json_t *doc, bool whole, json_t *out) {
    static const char *const members[] = {"DefaultVersionId", "UpdateDate"};
    struct iam_uses uses;
    if (iam_uses_of(rq, json_str(doc, "Arn"), &uses))
        return AWS_FAILED;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        json_set(out, members[i], json_incref(json_object_get(doc, members[i])));
    json_set_int(out, "AttachmentCount", uses.attached);
    json_set_int(out, "PermissionsBoundaryUsageCount", uses.bounding);
    json_set_bool(out, "IsAttachable", true);
    if (!whole)
        json_object_del(out, "Description");
    else if (!json_has(out, "Tags"))
        json_set(out, "Tags", json_array());
    return 0;
}

const struct iam_kind iam_kind_policy = {
    .row = "iam.policy",
    .title = "policy",
    .capital = "Policy",
    .plural = "Policies",
    .name_member = "PolicyName",
    .id_member = "PolicyId",
    .id_prefix = "ANPA",
    .arn_type = "policy",
    .existing = {"A policy called ", " already exists. Duplicate names are not allowed."},
    .calls = {.find = find_policy, .describe = describe},
};

json_t *iam_policy_version(const json_t *doc, const json_t *version, bool with_text) {
    json_t *out = json_object();
    str id = json_str(version, "VersionId");
    if (with_text)
        json_set(out, "Document", iam_uri_text(json_str(version, "Document")));
    json_set_str(out, "VersionId", id);
    json_set_bool(out, "IsDefaultVersion", str_eq(id, json_str(doc, "DefaultVersionId")));
    json_set(out, "CreateDate", json_incref(json_object_get(version, "CreateDate")));
    return out;
}

/* ---- Operations ---- */

static int check_text(struct rq *rq, str text) {
    if (iam_document_size(text) > SIZE_LIMIT)
        return aws_fail(rq, &IAM_LimitExceeded, "Cannot exceed quota for PolicySize: %d",
                        SIZE_LIMIT);
    return iam_check_document(rq, POLICY_IDENTITY, text);
}

static void push_version(struct rq *rq, json_t *doc, str text, bool as_default) {
    int64_t number = json_int(doc, "NextVersion", 1);
    str id = arena_printf(&rq->arena, "v%lld", (long long)number);
    json_t *version = json_object();
    json_set_str(version, "VersionId", id);
    json_set_int(version, "CreateDate", rq->now_ms / 1000);
    json_set_str(version, "Document", text);
    json_array_insert_new(json_arr(doc, "Versions"), 0,
                          version); /* newest first, as they are listed */
    json_set_int(doc, "NextVersion", number + 1);
    json_set_int(doc, "UpdateDate", rq->now_ms / 1000);
    if (as_default)
        json_set_str(doc, "DefaultVersionId", id);
}

int iam_op_CreatePolicy(struct iam_svc *, struct rq *rq) {
    str text = json_str(rq->in, "PolicyDocument");
    CLEANUP_DEINIT(iam_entity) struct iam_entity policy = {0};
    if (check_text(rq, text) || iam_entity_new(&iam_kind_policy, rq, &policy))
        return AWS_FAILED;
    json_set_str(policy.doc, "Description", json_str(rq->in, "Description"));
    json_set(policy.doc, "Versions", json_array());
    push_version(rq, policy.doc, text, true);
    return iam_entity_answer(rq, &policy) || iam_entity_put(rq, &policy) ? AWS_FAILED : 0;
}

static int delete_policy(struct rq *rq, struct iam_entity *policy) {
    struct iam_uses uses;
    if (iam_uses_of(rq, json_str(policy->doc, "Arn"), &uses))
        return AWS_FAILED;
    if (uses.attached + uses.bounding)
        return aws_fail(rq, &IAM_DeleteConflict, "Cannot delete a policy attached to entities.");
    if (json_array_size(json_arr(policy->doc, "Versions")) > 1)
        return aws_fail(
            rq, &IAM_DeleteConflict,
            "This policy has more than one version. Before you delete a policy, you must delete the "
            "policy's versions. The default version is deleted with the policy.");
    return iam_entity_delete(rq, policy);
}
IAM_OP(DeletePolicy, delete_policy, policy)

/* Does ListPolicies' OnlyAttached and PolicyUsageFilter keep this one? */
static bool is_wanted(const struct rq *rq, const json_t *described) {
    str usage = json_str(rq->in, "PolicyUsageFilter"), prefix = json_str(rq->in, "PathPrefix");
    int64_t attached = json_int(described, "AttachmentCount", 0);
    int64_t bounding = json_int(described, "PermissionsBoundaryUsageCount", 0);
    if (json_bool(rq->in, "OnlyAttached", false) && attached == 0)
        return false;
    if (str_is(usage, "PermissionsBoundary") && bounding == 0)
        return false;
    return str_starts(json_str(described, "Path"), prefix);
}

static int list_one(struct rq *rq, struct kit_page *page, const json_t *doc) {
    json_t *described = NULL;
    if (iam_entity_describe(&iam_kind_policy, rq, doc, false, &described))
        return AWS_FAILED;
    if (is_wanted(rq, described))
        kit_page_add(page, json_str(doc, "Arn"), described);
    else
        json_decref(described);
    return 0;
}

/* The page wants ascending ARNs; paths make them differ from the rows' order. */
static int list_own(struct rq *rq, struct kit_page *page) {
    CLEANUP_JSON json_t *all = json_object();
    CLEANUP(store_iter) struct store_iter *it = iam_rows(rq, iam_kind_policy.row, STR_NONE);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        const char *arn = json_string_value(json_object_get(doc, "Arn"));
        if (arn)
            json_object_set(all, arn, doc);
    }
    int fault = store_iter_fault(it);
    if (fault)
        return aws_fault(rq, fault, "list policies");
    size_t n;
    const str *arns = iam_sorted(rq, all, &n);
    for (size_t i = 0; i < n && !page->more; i++)
        if (list_one(rq, page, json_object_getn(all, arns[i].p, arns[i].len)))
            return AWS_FAILED;
    return 0;
}

/* Behind the account's own: "aws" sorts behind every account's digits. */
static int list_builtins(struct rq *rq, struct kit_page *page) {
    for (size_t i = 0; !page->more && i < iam_builtin_n; i++) {
        if (str_cmp(str_c(iam_builtin_table[i].arn), buf_view(&page->after)) <= 0)
            continue; /* on an earlier page */
        CLEANUP_JSON json_t *doc = iam_builtin_doc(&iam_builtin_table[i], false);
        if (list_one(rq, page, doc))
            return AWS_FAILED;
    }
    return 0;
}

int iam_op_ListPolicies(struct iam_svc *, struct rq *rq) {
    str scope = json_str(rq->in, "Scope");
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    const struct kit_paging paging = iam_paging(iam_kind_policy.plural);
    if (kit_page_begin(&page, rq, &paging, STR_NONE) ||
        (!str_is(scope, "AWS") && list_own(rq, &page)) ||
        (!str_is(scope, "Local") && list_builtins(rq, &page)))
        return AWS_FAILED;
    return kit_page_end(&page);
}

/* ---- Versions ---- */

static int create_policy_version(struct rq *rq, struct iam_entity *policy) {
    str text = json_str(rq->in, "PolicyDocument");
    if (check_text(rq, text))
        return AWS_FAILED;
    if (json_array_size(json_arr(policy->doc, "Versions")) >= MAX_VERSIONS)
        return aws_fail(
            rq, &IAM_LimitExceeded,
            "A managed policy can have up to %d versions. Before you create a new version, you must delete "
            "an existing version.",
            MAX_VERSIONS);
    push_version(rq, policy->doc, text, json_bool(rq->in, "SetAsDefault", false));
    rq->out = json_object();
    const json_t *newest = json_array_get(json_arr(policy->doc, "Versions"), 0);
    json_set(rq->out, "PolicyVersion", iam_policy_version(policy->doc, newest, false));
    return iam_entity_put(rq, policy);
}
IAM_OP(CreatePolicyVersion, create_policy_version, policy)

/* The version that the request names: borrowed from doc, or NULL with the error set. */
static json_t *get_version(struct rq *rq, const json_t *doc) {
    str id = json_str(rq->in, "VersionId");
    json_t *version = find_version(doc, id);
    if (!version)
        aws_fail(rq, &IAM_NoSuchEntity,
                 "Policy " STR_FMT " version " STR_FMT " does not exist or is not attachable.",
                 STR_ARG(json_str(doc, "Arn")), STR_ARG(id));
    return version;
}

static int get_policy_version(struct rq *rq, struct iam_entity *policy) {
    const json_t *version = get_version(rq, policy->doc);
    if (!version)
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "PolicyVersion", iam_policy_version(policy->doc, version, true));
    return 0;
}
IAM_OP(GetPolicyVersion, get_policy_version, policy)

static int list_policy_versions(struct rq *rq, struct iam_entity *policy) {
    /* Five at most: one page always holds them. */
    json_t *list = json_array();
    const json_t *versions = json_arr(policy->doc, "Versions");
    for (size_t i = 0; i < json_array_size(versions); i++)
        json_array_append_new(list,
                              iam_policy_version(policy->doc, json_array_get(versions, i), false));
    rq->out = json_object();
    json_set(rq->out, "Versions", list);
    json_set_bool(rq->out, "IsTruncated", false);
    return 0;
}
IAM_OP(ListPolicyVersions, list_policy_versions, policy)

static int delete_policy_version(struct rq *rq, struct iam_entity *policy) {
    const json_t *version = get_version(rq, policy->doc);
    if (!version)
        return AWS_FAILED;
    if (str_eq(json_str(version, "VersionId"), json_str(policy->doc, "DefaultVersionId")))
        return aws_fail(rq, &IAM_DeleteConflict, "Cannot delete the default version of a policy.");
    json_t *versions = json_arr(policy->doc, "Versions");
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (json_array_get(versions, i) == version) {
            json_array_remove(versions, i);
            break;
        }
    return iam_entity_put(rq, policy);
}
IAM_OP(DeletePolicyVersion, delete_policy_version, policy)

static int set_default_policy_version(struct rq *rq, struct iam_entity *policy) {
    const json_t *version = get_version(rq, policy->doc);
    if (!version)
        return AWS_FAILED;
    json_set_str(policy->doc, "DefaultVersionId", json_str(version, "VersionId"));
    json_set_int(policy->doc, "UpdateDate", rq->now_ms / 1000);
    return iam_entity_put(rq, policy);
}
IAM_OP(SetDefaultPolicyVersion, set_default_policy_version, policy)

/* ---- Holders ---- */

struct holders {
    const struct iam_kind *kind;
    json_t *list;
    str prefix;
};
static void add_holder(void *ctx, const json_t *doc) {
    struct holders *h = ctx;
    if (!str_starts(json_str(doc, "Path"), h->prefix))
        return;
    json_t *item = json_object();
    json_set_str(item, h->kind->name_member, json_str(doc, h->kind->name_member));
    json_set_str(item, h->kind->id_member, json_str(doc, h->kind->id_member));
    json_array_append_new(h->list, item);
}

static int list_entities_for_policy(struct rq *rq, struct iam_entity *policy) {
    str arn = json_str(policy->doc, "Arn"), filter = json_str(rq->in, "EntityFilter");
    bool boundary = str_is(json_str(rq->in, "PolicyUsageFilter"), "PermissionsBoundary");
    struct holders roles = {&iam_kind_role, json_array(), json_str(rq->in, "PathPrefix")};
    struct holders users = {&iam_kind_user, json_array(), json_str(rq->in, "PathPrefix")};
    rq->out = json_object();
    json_set(rq->out, "PolicyGroups", json_array());
    json_set(rq->out, "PolicyRoles", roles.list);
    json_set(rq->out, "PolicyUsers", users.list);
    json_set_bool(rq->out, "IsTruncated", false);
    if ((!filter.p || str_is(filter, "Role")) &&
        each_holder(&iam_kind_role, rq, arn, boundary, add_holder, &roles))
        return AWS_FAILED;
    if ((!filter.p || str_is(filter, "User")) &&
        each_holder(&iam_kind_user, rq, arn, boundary, add_holder, &users))
        return AWS_FAILED;
    return 0;
}
IAM_OP(ListEntitiesForPolicy, list_entities_for_policy, policy)
