/*
 * Customer managed policies: {PolicyName, PolicyId, Arn, Path, Description, CreateDate, UpdateDate,
 * DefaultVersionId, NextVersion, Versions: [{VersionId, CreateDate, Document}], Tags}. AWS's own
 * (builtin.c) are answered in the same form.
 */
#include "base/rand.h"
#include "svc/iam/iam_priv.h"

enum { SIZE_LIMIT = 6144, MAX_VERSIONS = 5 };

str iam_policy_name(str arn, str account) {
    str rest = arn;
    if (!str_starts(rest, S("arn:aws:iam::")))
        return STR_NONE;
    rest = str_skip(rest, strlen("arn:aws:iam::"));
    if (!str_starts(rest, account) || !str_starts(str_skip(rest, account.len), S(":policy/")))
        return STR_NONE;
    return str_skip(rest, (size_t)str_rchr(rest, '/') + 1);
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

/* A built-in policy as a document of the stored form. */
static json_t *builtin_doc(const struct iam_builtin *builtin) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    iam_builtin_arn(builtin, &arn);
    json_t *doc = json_object(), *version = json_object(), *versions = json_array();
    json_set_str(doc, "PolicyName", str_c(builtin->name));
    /* AWS's own ids are fixed; these are made of the name, so that they are too. */
    CLEANUP_DEINIT(buf) struct buf id = {0};
    buf_printf(&id, "ANPA%017zu", iam_builtin_index(builtin));
    json_set_str(doc, "PolicyId", buf_view(&id));
    json_set_str(doc, "Arn", buf_view(&arn));
    json_set_str(doc, "Path", str_c(builtin->path));
    json_set_int(doc, "CreateDate", builtin->created_s);
    json_set_int(doc, "UpdateDate", builtin->updated_s);
    json_set_str(doc, "DefaultVersionId", str_c(builtin->version));
    json_set_str(version, "VersionId", str_c(builtin->version));
    json_set_int(version, "CreateDate", builtin->updated_s);
    json_set_str(version, "Document", str_c(builtin->document));
    json_array_append_new(versions, version);
    json_set(doc, "Versions", versions);
    return doc;
}

/* The account's own policy of that ARN: 0, STORE_E_ABSENT or AWS_FAILED. */
static int read_own(struct rq *rq, str arn, json_t **ret_doc) {
    str name = iam_policy_name(arn, rq->account);
    if (!name.p)
        return STORE_E_ABSENT;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    iam_key_named(&key, "iam.policy", rq->account, name);
    CLEANUP_JSON json_t *doc = NULL;
    int r = rq_get_json(rq, STORE_META, buf_view(&key), &doc);
    if (r)
        return r;
    if (!str_eq(json_str(doc, "Arn"), arn))
        return STORE_E_ABSENT;
    *ret_doc = STEAL(doc);
    return 0;
}

static int no_policy(struct rq *rq, str arn) {
    return aws_fail(rq, &IAM_NoSuchEntity, "Policy " STR_FMT " was not found.", STR_ARG(arn));
}

/* The policy that the request names. own: only one that may be changed. */
static int get_policy(struct rq *rq, bool own, json_t **ret_doc) {
    str arn = json_str(rq->in, "PolicyArn");
    const struct iam_builtin *builtin = iam_builtin_find(arn);
    if (builtin && own)
        return aws_fail(rq, &IAM_AccessDenied, "AWS managed policies cannot be changed: " STR_FMT, STR_ARG(arn));
    if (builtin) {
        *ret_doc = builtin_doc(builtin);
        return 0;
    }
    int r = read_own(rq, arn, ret_doc);
    return r == STORE_E_ABSENT ? no_policy(rq, arn) : r ? AWS_FAILED : 0;
}

int iam_managed_policy_exists(struct svc *iam, struct rq *rq, str arn) {
    (void)iam;
    if (iam_builtin_find(arn))
        return 0;
    CLEANUP_JSON json_t *doc = NULL;
    return read_own(rq, arn, &doc);
}

static int put_policy(struct svc *iam, struct rq *rq, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    iam_key_named(&key, "iam.policy", rq->account, json_str(doc, "PolicyName"));
    if (iam_touch(iam, rq))
        return AWS_FAILED;
    rq_put_json(rq, STORE_META, buf_view(&key), doc);
    return 0;
}

/* ---- Who has it attached ---- */

static bool is_attached(const json_t *doc, str arn) {
    const json_t *attached = json_arr(doc, "Attached");
    for (size_t i = 0; i < json_array_size(attached); i++)
        if (str_eq(json_text(json_array_get(attached, i)), arn))
            return true;
    return false;
}

/* Calls fn for each role or user of the account that has it attached (or, as_boundary, as boundary). */
static int each_holder(const struct iam_kind *kind, struct rq *rq, str arn, bool as_boundary,
                       void (*fn)(void *ctx, const json_t *doc), void *ctx) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    iam_key_named(&from, kind->row, rq->account, STR_NONE);
    buf_str(&to, buf_view(&from));
    key_after(&to);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from), buf_view(&to), false);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        if (as_boundary ? str_eq(json_str(doc, "PermissionsBoundary"), arn) : is_attached(doc, arn))
            fn(ctx, doc);
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "list holders of a policy") : 0;
}

static void count_holder(void *ctx, const json_t *doc) {
    (void)doc;
    int64_t *count = ctx;
    ++*count;
}

static int count_holders(struct rq *rq, str arn, bool as_boundary, int64_t *ret_count) {
    *ret_count = 0;
    if (each_holder(&iam_kind_role, rq, arn, as_boundary, count_holder, ret_count) ||
        each_holder(&iam_kind_user, rq, arn, as_boundary, count_holder, ret_count))
        return AWS_FAILED;
    return 0;
}

int iam_count_attachments(struct rq *rq, str policy_arn, int64_t *ret_count) {
    return count_holders(rq, policy_arn, false, ret_count);
}

/* ---- Descriptions ---- */

static int describe(struct rq *rq, const json_t *doc, bool whole, json_t **ret_out) {
    static const char *const members[] = {"PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "CreateDate",
                                          "UpdateDate"};
    int64_t attached = 0, bounding = 0;
    str arn = json_str(doc, "Arn");
    if (count_holders(rq, arn, false, &attached) || count_holders(rq, arn, true, &bounding))
        return AWS_FAILED;
    json_t *out = json_object();
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        json_set(out, members[i], json_incref(json_object_get(doc, members[i])));
    json_set_int(out, "AttachmentCount", attached);
    json_set_int(out, "PermissionsBoundaryUsageCount", bounding);
    json_set_bool(out, "IsAttachable", true);
    if (whole && json_has(doc, "Description"))
        json_set_str(out, "Description", json_str(doc, "Description"));
    if (whole)
        json_set(out, "Tags", json_has(doc, "Tags") ? json_incref(json_arr(doc, "Tags")) : json_array());
    *ret_out = out;
    return 0;
}

static json_t *describe_version(const json_t *doc, const json_t *version, bool with_text) {
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
        return aws_fail(rq, &IAM_LimitExceeded, "Cannot exceed quota for PolicySize: %d", SIZE_LIMIT);
    return iam_check_document(rq, POLICY_IDENTITY, text);
}

static void push_version(struct rq *rq, json_t *doc, str text, bool as_default) {
    int64_t number = json_int(doc, "NextVersion", 1);
    str id = arena_printf(&rq->arena, "v%lld", (long long)number);
    json_t *version = json_object();
    json_set_str(version, "VersionId", id);
    json_set_int(version, "CreateDate", rq->now_ms / 1000);
    json_set_str(version, "Document", text);
    json_array_insert_new(json_arr(doc, "Versions"), 0, version); /* newest first, as they are listed */
    json_set_int(doc, "NextVersion", number + 1);
    json_set_int(doc, "UpdateDate", rq->now_ms / 1000);
    if (as_default)
        json_set_str(doc, "DefaultVersionId", id);
}

static json_t *new_policy(struct rq *rq) {
    str name = json_str(rq->in, "PolicyName"), path = json_str(rq->in, "Path");
    if (!path.p)
        path = S("/");
    char id[22] = "ANPA";
    rand_base32(id + 4, 17);
    json_t *doc = json_object();
    json_set_str(doc, "PolicyName", name);
    json_set_str(doc, "PolicyId", str_c(id));
    json_set_str(doc, "Arn", arena_printf(&rq->arena, "arn:aws:iam::" STR_FMT ":policy" STR_FMT STR_FMT,
                                          STR_ARG(rq->account), STR_ARG(path), STR_ARG(name)));
    json_set_str(doc, "Path", path);
    json_set_str(doc, "Description", json_str(rq->in, "Description"));
    json_set_int(doc, "CreateDate", rq->now_ms / 1000);
    json_set(doc, "Versions", json_array());
    push_version(rq, doc, json_str(rq->in, "PolicyDocument"), true);
    return doc;
}

int iam_op_CreatePolicy(struct svc *iam, struct rq *rq) {
    str name = json_str(rq->in, "PolicyName");
    if (check_text(rq, json_str(rq->in, "PolicyDocument")))
        return AWS_FAILED;
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    iam_key_named(&key, "iam.policy", rq->account, name);
    int r = rq_get(rq, STORE_META, buf_view(&key), &value);
    if (r == 0)
        return aws_fail(rq, &IAM_EntityAlreadyExists,
                        "A policy called " STR_FMT " already exists. Duplicate names are not allowed.", STR_ARG(name));
    if (r != STORE_E_ABSENT)
        return AWS_FAILED;
    CLEANUP_JSON json_t *doc = new_policy(rq);
    json_t *described = NULL;
    if (iam_tags_merge(rq, doc) || describe(rq, doc, true, &described))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "Policy", described);
    return put_policy(iam, rq, doc);
}

int iam_op_GetPolicy(struct svc *iam, struct rq *rq) {
    (void)iam;
    CLEANUP_JSON json_t *doc = NULL;
    json_t *described = NULL;
    if (get_policy(rq, false, &doc) || describe(rq, doc, true, &described))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "Policy", described);
    return 0;
}

int iam_op_DeletePolicy(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    int64_t attached = 0, bounding = 0;
    if (get_policy(rq, true, &doc) || count_holders(rq, json_str(doc, "Arn"), false, &attached) ||
        count_holders(rq, json_str(doc, "Arn"), true, &bounding))
        return AWS_FAILED;
    if (attached + bounding)
        return aws_fail(rq, &IAM_DeleteConflict, "Cannot delete a policy attached to entities.");
    if (json_array_size(json_arr(doc, "Versions")) > 1)
        return aws_fail(rq, &IAM_DeleteConflict,
                        "This policy has more than one version. Before you delete a policy, you must delete the "
                        "policy's versions. The default version is deleted with the policy.");
    if (iam_touch(iam, rq))
        return AWS_FAILED;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    iam_key_named(&key, "iam.policy", rq->account, json_str(doc, "PolicyName"));
    store_del(rq_batch(rq), STORE_META, buf_view(&key));
    store_batch_frees(rq_batch(rq));
    return 0;
}

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

/* Adds one policy to the page; *more becomes false when it is full. */
static int list_one(struct rq *rq, struct iam_page *page, const json_t *doc, bool *more) {
    json_t *described = NULL;
    if (describe(rq, doc, false, &described))
        return AWS_FAILED;
    if (is_wanted(rq, described))
        *more = iam_page_add(page, rq, json_str(doc, "Arn"), described);
    else
        json_decref(described);
    return 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static int list_own(struct rq *rq, struct iam_page *page, bool *more) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    iam_key_named(&from, "iam.policy", rq->account, STR_NONE);
    buf_str(&to, buf_view(&from));
    key_after(&to);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from), buf_view(&to), false);
    /* The page wants ascending ARNs; paths make them differ from the rows' order, so sort first. */
    CLEANUP_JSON json_t *all = json_object();
    while (store_iter_next(it)) {
        json_t *doc = json_parse(it->value, NULL);
        const char *arn = json_string_value(json_object_get(doc, "Arn"));
        if (arn)
            json_object_set(all, arn, doc);
        json_decref(doc);
    }
    int fault = store_iter_fault(it);
    if (fault)
        return aws_fault(rq, fault, "list policies");
    size_t n = 0;
    const char **arns = arena_alloc(&rq->arena, (json_object_size(all) + 1) * sizeof *arns), *arn;
    json_t *doc;
    json_object_foreach(all, arn, doc)
        arns[n++] = arn;
    qsort(arns, n, sizeof *arns, by_text);
    for (size_t i = 0; i < n && *more; i++)
        if (list_one(rq, page, json_object_get(all, arns[i]), more))
            return AWS_FAILED;
    return 0;
}

/* Behind the account's own: "aws" sorts behind every account's digits. */
static int list_builtins(struct rq *rq, struct iam_page *page, bool *more) {
    const struct iam_builtin *builtin;
    for (size_t i = 0; *more && (builtin = iam_builtin_at(i)); i++) {
        CLEANUP_JSON json_t *doc = builtin_doc(builtin);
        if (list_one(rq, page, doc, more))
            return AWS_FAILED;
    }
    return 0;
}

int iam_op_ListPolicies(struct svc *iam, struct rq *rq) {
    (void)iam;
    str scope = json_str(rq->in, "Scope");
    struct iam_page page = iam_page_begin(rq);
    bool more = true;
    int r = 0;
    if (!str_is(scope, "AWS"))
        r = list_own(rq, &page, &more);
    if (r == 0 && more && !str_is(scope, "Local"))
        r = list_builtins(rq, &page, &more);
    iam_page_end(&page, rq, "Policies");
    return r;
}

/* ---- Versions ---- */

int iam_op_CreatePolicyVersion(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    str text = json_str(rq->in, "PolicyDocument");
    if (get_policy(rq, true, &doc) || check_text(rq, text))
        return AWS_FAILED;
    if (json_array_size(json_arr(doc, "Versions")) >= MAX_VERSIONS)
        return aws_fail(rq, &IAM_LimitExceeded,
                        "A managed policy can have up to %d versions. Before you create a new version, you must delete "
                        "an existing version.", MAX_VERSIONS);
    push_version(rq, doc, text, json_bool(rq->in, "SetAsDefault", false));
    rq->out = json_object();
    json_set(rq->out, "PolicyVersion", describe_version(doc, json_array_get(json_arr(doc, "Versions"), 0), false));
    return put_policy(iam, rq, doc);
}

/* The version that the request names: borrowed from doc, or NULL with the error set. */
static json_t *get_version(struct rq *rq, const json_t *doc) {
    str id = json_str(rq->in, "VersionId");
    json_t *version = find_version(doc, id);
    if (!version)
        aws_fail(rq, &IAM_NoSuchEntity, "Policy " STR_FMT " version " STR_FMT " does not exist or is not attachable.",
                 STR_ARG(json_str(doc, "Arn")), STR_ARG(id));
    return version;
}

int iam_op_GetPolicyVersion(struct svc *iam, struct rq *rq) {
    (void)iam;
    CLEANUP_JSON json_t *doc = NULL;
    if (get_policy(rq, false, &doc))
        return AWS_FAILED;
    const json_t *version = get_version(rq, doc);
    if (!version)
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "PolicyVersion", describe_version(doc, version, true));
    return 0;
}

int iam_op_ListPolicyVersions(struct svc *iam, struct rq *rq) {
    (void)iam;
    CLEANUP_JSON json_t *doc = NULL;
    if (get_policy(rq, false, &doc))
        return AWS_FAILED;
    /* Five at most: one page always holds them. */
    json_t *list = json_array();
    const json_t *versions = json_arr(doc, "Versions");
    for (size_t i = 0; i < json_array_size(versions); i++)
        json_array_append_new(list, describe_version(doc, json_array_get(versions, i), false));
    rq->out = json_object();
    json_set(rq->out, "Versions", list);
    json_set_bool(rq->out, "IsTruncated", false);
    return 0;
}

int iam_op_DeletePolicyVersion(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (get_policy(rq, true, &doc))
        return AWS_FAILED;
    const json_t *version = get_version(rq, doc);
    if (!version)
        return AWS_FAILED;
    if (str_eq(json_str(version, "VersionId"), json_str(doc, "DefaultVersionId")))
        return aws_fail(rq, &IAM_DeleteConflict, "Cannot delete the default version of a policy.");
    json_t *versions = json_arr(doc, "Versions");
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (json_array_get(versions, i) == version) {
            json_array_remove(versions, i);
            break;
        }
    return put_policy(iam, rq, doc);
}

int iam_op_SetDefaultPolicyVersion(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (get_policy(rq, true, &doc))
        return AWS_FAILED;
    const json_t *version = get_version(rq, doc);
    if (!version)
        return AWS_FAILED;
    json_set_str(doc, "DefaultVersionId", json_str(version, "VersionId"));
    json_set_int(doc, "UpdateDate", rq->now_ms / 1000);
    return put_policy(iam, rq, doc);
}

/* ---- Holders and tags ---- */

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

int iam_op_ListEntitiesForPolicy(struct svc *iam, struct rq *rq) {
    (void)iam;
    CLEANUP_JSON json_t *doc = NULL;
    if (get_policy(rq, false, &doc))
        return AWS_FAILED;
    str arn = json_str(doc, "Arn"), filter = json_str(rq->in, "EntityFilter");
    bool boundary = str_is(json_str(rq->in, "PolicyUsageFilter"), "PermissionsBoundary");
    struct holders roles = {&iam_kind_role, json_array(), json_str(rq->in, "PathPrefix")};
    struct holders users = {&iam_kind_user, json_array(), json_str(rq->in, "PathPrefix")};
    rq->out = json_object();
    json_set(rq->out, "PolicyGroups", json_array());
    json_set(rq->out, "PolicyRoles", roles.list);
    json_set(rq->out, "PolicyUsers", users.list);
    json_set_bool(rq->out, "IsTruncated", false);
    if ((!filter.p || str_is(filter, "Role")) && each_holder(&iam_kind_role, rq, arn, boundary, add_holder, &roles))
        return AWS_FAILED;
    if ((!filter.p || str_is(filter, "User")) && each_holder(&iam_kind_user, rq, arn, boundary, add_holder, &users))
        return AWS_FAILED;
    return 0;
}

int iam_op_TagPolicy(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (get_policy(rq, true, &doc) || iam_tags_merge(rq, doc))
        return AWS_FAILED;
    return put_policy(iam, rq, doc);
}

int iam_op_UntagPolicy(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (get_policy(rq, true, &doc))
        return AWS_FAILED;
    iam_tags_remove(rq, doc);
    return put_policy(iam, rq, doc);
}

int iam_op_ListPolicyTags(struct svc *iam, struct rq *rq) {
    (void)iam;
    CLEANUP_JSON json_t *doc = NULL;
    if (get_policy(rq, false, &doc))
        return AWS_FAILED;
    json_t *tags = json_arr(doc, "Tags");
    rq->out = json_object();
    json_set(rq->out, "Tags", tags ? json_incref(tags) : json_array());
    json_set_bool(rq->out, "IsTruncated", false);
    return 0;
}
