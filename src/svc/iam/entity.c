/* What roles and users have in common: a name, a path, tags, policies and a boundary. */
#include "base/rand.h"
#include "svc/iam/iam_priv.h"

const struct iam_kind iam_kind_role = {"iam.role", "role", "Role", "RoleName", "RoleId", "AROA", "role", 10240};
const struct iam_kind iam_kind_user = {"iam.user", "user", "User", "UserName", "UserId", "AIDA", "user", 2048};

str iam_request_name(const struct iam_kind *kind, const struct rq *rq) {
    str name = json_str(rq->in, kind->name_member);
    if (!name.p && kind == &iam_kind_user && rq->caller && rq->caller->principal.kind == PRINCIPAL_USER)
        name = rq->caller->user_name;
    return name;
}

int iam_entity_get(const struct iam_kind *kind, struct rq *rq, json_t **ret_doc) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    str name = iam_request_name(kind, rq);
    if (!name.p)
        return aws_fail(rq, &IAM_ValidationError, "Must specify %s when calling with non-User credentials",
                        kind->name_member);
    iam_key_named(&key, kind->row, rq->account, name);
    int r = rq_get_json(rq, STORE_META, buf_view(&key), ret_doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &IAM_NoSuchEntity, "The %s with name " STR_FMT " cannot be found.", kind->title,
                        STR_ARG(name));
    return r ? AWS_FAILED : 0;
}

int iam_entity_put(struct svc *iam, const struct iam_kind *kind, struct rq *rq, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    iam_key_named(&key, kind->row, rq->account, json_str(doc, kind->name_member));
    if (iam_touch(iam, rq))
        return AWS_FAILED;
    rq_put_json(rq, STORE_META, buf_view(&key), doc);
    return 0;
}

void iam_entity_delete(const struct iam_kind *kind, struct rq *rq, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    iam_key_named(&key, kind->row, rq->account, json_str(doc, kind->name_member));
    store_del(rq_batch(rq), STORE_META, buf_view(&key));
    store_batch_frees(rq_batch(rq));
}

static int check_new(const struct iam_kind *kind, struct rq *rq, str name) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    iam_key_named(&key, kind->row, rq->account, name);
    int r = rq_get(rq, STORE_META, buf_view(&key), &value);
    if (r == 0)
        return aws_fail(rq, &IAM_EntityAlreadyExists, "%s with name " STR_FMT " already exists.", kind->capital,
                        STR_ARG(name));
    return r == STORE_E_ABSENT ? 0 : AWS_FAILED;
}

/* Sets doc's boundary from the request's PermissionsBoundary, when it has one. */
static int take_boundary(struct rq *rq, json_t *doc) {
    str arn = json_str(rq->in, "PermissionsBoundary");
    if (!arn.p)
        return 0;
    int r = iam_managed_policy_exists(rq->svc, rq, arn);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &IAM_NoSuchEntity, "Scope ARN: " STR_FMT " does not exist or is not attachable.",
                        STR_ARG(arn));
    json_set_str(doc, "PermissionsBoundary", arn);
    return r ? AWS_FAILED : 0;
}

int iam_entity_new(const struct iam_kind *kind, struct rq *rq, json_t **ret_doc) {
    str name = json_str(rq->in, kind->name_member), path = json_str(rq->in, "Path");
    if (!path.p)
        path = S("/");
    if (check_new(kind, rq, name))
        return AWS_FAILED;
    char id[22];
    memcpy(id, kind->id_prefix, 4);
    rand_base32(id + 4, 17);
    CLEANUP_JSON json_t *doc = json_object();
    json_set_str(doc, "Path", path);
    json_set_str(doc, kind->name_member, name);
    json_set_str(doc, kind->id_member, str_c(id));
    json_set_str(doc, "Arn", arena_printf(&rq->arena, "arn:aws:iam::" STR_FMT ":%s" STR_FMT STR_FMT,
                                          STR_ARG(rq->account), kind->arn_type, STR_ARG(path), STR_ARG(name)));
    json_set_int(doc, "CreateDate", rq->now_ms / 1000);
    json_set(doc, "Attached", json_array());
    json_set(doc, "Inline", json_object());
    if (iam_tags_merge(rq, doc) || take_boundary(rq, doc))
        return AWS_FAILED;
    *ret_doc = STEAL(doc);
    return 0;
}

int iam_entity_check_bare(struct rq *rq, const json_t *doc) {
    if (json_array_size(json_arr(doc, "Attached")))
        return aws_fail(rq, &IAM_DeleteConflict, "Cannot delete entity, must detach all policies first.");
    if (json_object_size(json_obj(doc, "Inline")))
        return aws_fail(rq, &IAM_DeleteConflict, "Cannot delete entity, must delete policies first.");
    return 0;
}

static void copy_member(json_t *to, const json_t *from, const char *name) {
    json_set(to, name, json_incref(json_object_get(from, name)));
}

json_t *iam_entity_describe(const struct iam_kind *kind, const json_t *doc, bool whole) {
    json_t *out = json_object();
    const char *const members[] = {"Path", kind->name_member, kind->id_member, "Arn", "CreateDate", "Description",
                                   "MaxSessionDuration"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        copy_member(out, doc, members[i]);
    if (json_has(doc, "AssumeRolePolicyDocument"))
        json_set(out, "AssumeRolePolicyDocument", iam_uri_text(json_str(doc, "AssumeRolePolicyDocument")));
    if (!whole)
        return out;
    if (json_array_size(json_arr(doc, "Tags")))
        copy_member(out, doc, "Tags");
    if (json_has(doc, "PermissionsBoundary")) {
        json_t *boundary = json_object();
        json_set_str(boundary, "PermissionsBoundaryType", S("PermissionsBoundaryPolicy"));
        copy_member(boundary, doc, "PermissionsBoundary");
        json_object_set(boundary, "PermissionsBoundaryArn", json_object_get(boundary, "PermissionsBoundary"));
        json_object_del(boundary, "PermissionsBoundary");
        json_set(out, "PermissionsBoundary", boundary);
    }
    if (kind == &iam_kind_role)
        json_set(out, "RoleLastUsed", json_object());
    return out;
}

/* ---- Operations that are the same for both ---- */

static int op_list(const struct iam_kind *kind, struct rq *rq, const char *member) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    iam_key_named(&from, kind->row, rq->account, STR_NONE);
    buf_str(&to, buf_view(&from));
    key_after(&to);
    str prefix = json_str(rq->in, "PathPrefix");
    struct iam_page page = iam_page_begin(rq);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from), buf_view(&to), false);
    bool more = true;
    while (more && store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        if (str_starts(json_str(doc, "Path"), prefix)) {
            /* Rows come in the order of their lower-case names: so must the markers. */
            CLEANUP_DEINIT(buf) struct buf name = {0};
            struct cur c = cur_of(it->key);
            key_take_kind(&c);
            key_take_str(&c, &name);
            buf_clear(&name);
            key_take_str(&c, &name);
            more = iam_page_add(&page, rq, buf_view(&name), iam_entity_describe(kind, doc, false));
        }
    }
    iam_page_end(&page, rq, member);
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "list entities") : 0;
}

static int op_tag(struct svc *iam, const struct iam_kind *kind, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(kind, rq, &doc) || iam_tags_merge(rq, doc))
        return AWS_FAILED;
    return iam_entity_put(iam, kind, rq, doc);
}

static int op_untag(struct svc *iam, const struct iam_kind *kind, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(kind, rq, &doc))
        return AWS_FAILED;
    iam_tags_remove(rq, doc);
    return iam_entity_put(iam, kind, rq, doc);
}

static int op_list_tags(const struct iam_kind *kind, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(kind, rq, &doc))
        return AWS_FAILED;
    rq->out = json_object();
    json_t *tags = json_arr(doc, "Tags");
    json_set(rq->out, "Tags", tags ? json_incref(tags) : json_array());
    json_set_bool(rq->out, "IsTruncated", false);
    return 0;
}

static int op_put_boundary(struct svc *iam, const struct iam_kind *kind, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(kind, rq, &doc) || take_boundary(rq, doc))
        return AWS_FAILED;
    return iam_entity_put(iam, kind, rq, doc);
}

static int op_delete_boundary(struct svc *iam, const struct iam_kind *kind, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(kind, rq, &doc))
        return AWS_FAILED;
    if (json_object_del(doc, "PermissionsBoundary"))
        return aws_fail(rq, &IAM_NoSuchEntity, "Can't find permissions boundary for %s " STR_FMT, kind->title,
                        STR_ARG(json_str(doc, kind->name_member)));
    return iam_entity_put(iam, kind, rq, doc);
}

int iam_op_ListRoles(struct svc *iam, struct rq *rq) { (void)iam; return op_list(&iam_kind_role, rq, "Roles"); }
int iam_op_ListUsers(struct svc *iam, struct rq *rq) { (void)iam; return op_list(&iam_kind_user, rq, "Users"); }
int iam_op_TagRole(struct svc *iam, struct rq *rq) { return op_tag(iam, &iam_kind_role, rq); }
int iam_op_TagUser(struct svc *iam, struct rq *rq) { return op_tag(iam, &iam_kind_user, rq); }
int iam_op_UntagRole(struct svc *iam, struct rq *rq) { return op_untag(iam, &iam_kind_role, rq); }
int iam_op_UntagUser(struct svc *iam, struct rq *rq) { return op_untag(iam, &iam_kind_user, rq); }
int iam_op_ListRoleTags(struct svc *iam, struct rq *rq) { (void)iam; return op_list_tags(&iam_kind_role, rq); }
int iam_op_ListUserTags(struct svc *iam, struct rq *rq) { (void)iam; return op_list_tags(&iam_kind_user, rq); }
int iam_op_PutRolePermissionsBoundary(struct svc *iam, struct rq *rq) { return op_put_boundary(iam, &iam_kind_role, rq); }
int iam_op_PutUserPermissionsBoundary(struct svc *iam, struct rq *rq) { return op_put_boundary(iam, &iam_kind_user, rq); }
int iam_op_DeleteRolePermissionsBoundary(struct svc *iam, struct rq *rq) { return op_delete_boundary(iam, &iam_kind_role, rq); }
int iam_op_DeleteUserPermissionsBoundary(struct svc *iam, struct rq *rq) { return op_delete_boundary(iam, &iam_kind_user, rq); }
