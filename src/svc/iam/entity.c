/*
 * What roles, users, policies and instance profiles have in common: a name, a path, tags; and
 * policies of their own.
 */
#include "base/arn.h"
#include "base/rand.h"
#include "svc/iam/iam_priv.h"
#include "svc/kit/tags.h"

void iam_entity_deinit(struct iam_entity *entity) {
    row_deinit(&entity->row);
    json_decref(entity->doc);
}

str iam_request_name(const struct iam_kind *kind, const struct rq *rq) {
    str name = json_str(rq->in, kind->name_member);
    if (!name.p && kind == &iam_kind_user && rq->caller &&
        rq->caller->principal.kind == PRINCIPAL_USER)
        name = rq->caller->user_name;
    return name;
}

int iam_entity_named(const struct iam_kind *kind, struct rq *rq, str name,
                     struct iam_entity *ret_entity) {
    ret_entity->kind = kind;
    iam_key_named(&ret_entity->row.key, kind->row, rq->account, name);
    int r = rq_row_get_json(rq, &ret_entity->row, &ret_entity->doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &IAM_NoSuchEntity, "%s" STR_FMT " cannot be found.", kind->missing,
                        STR_ARG(name));
    return r;
}

int iam_entity_get(const struct iam_kind *kind, struct rq *rq, struct iam_entity *ret_entity) {
    if (kind->calls.find)
        return kind->calls.find(rq, ret_entity);
    str name = iam_request_name(kind, rq);
    if (!name.p)
        return aws_fail(rq, &IAM_ValidationError,
                        "Must specify %s when calling with non-User credentials",
                        kind->name_member);
    return iam_entity_named(kind, rq, name, ret_entity);
}

int iam_on_entity(const struct iam_kind *kind, struct rq *rq,
                  int (*fn)(struct rq *rq, struct iam_entity *entity)) {
    CLEANUP_DEINIT(iam_entity) struct iam_entity entity = {0};
    return iam_entity_get(kind, rq, &entity) ? AWS_FAILED : fn(rq, &entity);
}

int iam_entity_put(struct rq *rq, const struct iam_entity *entity) {
    if (iam_touch(rq))
        return AWS_FAILED;
    row_put_json(rq_rows(rq), &entity->row, entity->doc);
    return 0;
}

int iam_entity_delete(struct rq *rq, const struct iam_entity *entity) {
    if (iam_touch(rq))
        return AWS_FAILED;
    row_del(rq_rows(rq), &entity->row);
    store_batch_frees(rq_batch(rq));
    return 0;
}

/* ---- Tags ---- */

static const struct kit_tags tag_rules = {
    .of = KIT_TAGS_IAM,
    .refuse = {[KIT_TAGS_TWICE] =
                   {&IAM_InvalidInput,
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
               [KIT_TAGS_MANY] = {&IAM_LimitExceeded,
                                  "Cannot exceed quota for TagsPerEntity: {most}"}},
};

static int merge_tags(struct rq *rq, json_t *doc) {
    return kit_tags_merge(rq, &tag_rules, doc, json_arr(rq->in, "Tags"));
}

/* ---- Making ---- */

/* Sets doc's boundary from the request's PermissionsBoundary, when it has one. */
static int take_boundary(struct rq *rq, json_t *doc) {
    str arn = json_str(rq->in, "PermissionsBoundary");
    if (!arn.p)
        return 0;
    int r = iam_managed_policy_exists(rq, arn);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &IAM_NoSuchEntity,
                        "Scope ARN: " STR_FMT " does not exist or is not attachable.",
                        STR_ARG(arn));
    json_set_str(doc, "PermissionsBoundary", arn);
    return r;
}

static json_t *new_doc(const struct iam_kind *kind, struct rq *rq, str name) {
    str path = json_str(rq->in, "Path");
    if (!path.p)
        path = S("/");
    char id[22];
    memcpy(id, kind->id_prefix, 4);
    rand_base32(id + 4, 17);
    json_t *doc = json_object();
    json_set_str(doc, "Path", path);
    json_set_str(doc, kind->name_member, name);
    json_set_str(doc, kind->id_member, str_c(id));
    json_set_str(doc, "Arn",
                 arn_str(&rq->arena, "iam", STR_NONE, rq->account, "%s" STR_FMT STR_FMT,
                         kind->arn_type, STR_ARG(path), STR_ARG(name)));
    json_set_int(doc, "CreateDate", rq->now_ms / 1000);
    if (kind->inline_limit) {
        json_set(doc, "Attached", json_array());
        json_set(doc, "Inline", json_object());
    }
    return doc;
}

int iam_entity_new(const struct iam_kind *kind, struct rq *rq, struct iam_entity *ret_entity) {
    str name = json_str(rq->in, kind->name_member);
    ret_entity->kind = kind;
    iam_key_named(&ret_entity->row.key, kind->row, rq->account, name);
    int r = rq_row_get(rq, &ret_entity->row);
    if (r == 0)
        return aws_fail(rq, &IAM_EntityAlreadyExists, "%s" STR_FMT "%s", kind->existing[0],
                        STR_ARG(name), kind->existing[1]);
    if (r != STORE_E_ABSENT)
        return r;
    ret_entity->doc = new_doc(kind, rq, name);
    return merge_tags(rq, ret_entity->doc) || take_boundary(rq, ret_entity->doc) ? AWS_FAILED : 0;
}

int iam_entity_check_bare(struct rq *rq, const json_t *doc) {
    if (json_array_size(json_arr(doc, "Attached")))
        return aws_fail(rq, &IAM_DeleteConflict,
                        "Cannot delete entity, must detach all policies first.");
    if (json_object_size(json_obj(doc, "Inline")))
        return aws_fail(rq, &IAM_DeleteConflict,
                        "Cannot delete entity, must delete policies first.");
    return 0;
}

/* ---- Describing ---- */

static void copy_member(json_t *to, const json_t *from, const char *name) {
    json_set(to, name, json_incref(json_object_get(from, name)));
}

static json_t *describe_boundary(const json_t *doc) {
    json_t *out = json_object();
    json_set_str(out, "PermissionsBoundaryType", S("PermissionsBoundaryPolicy"));
    json_set_str(out, "PermissionsBoundaryArn", json_str(doc, "PermissionsBoundary"));
    return out;
}

int iam_entity_describe(const struct iam_kind *kind, struct rq *rq, const json_t *doc, bool whole,
                        json_t **ret_out) {
    const char *const members[] = {"Path",       kind->name_member, kind->id_member,     "Arn",
                                   "CreateDate", "Description",     "MaxSessionDuration"};
    CLEANUP_JSON json_t *out = json_object();
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        copy_member(out, doc, members[i]);
    if (json_has(doc, "AssumeRolePolicyDocument"))
        json_set(out, "AssumeRolePolicyDocument",
                 iam_uri_text(json_str(doc, "AssumeRolePolicyDocument")));
    if (whole && json_array_size(json_arr(doc, "Tags")))
        copy_member(out, doc, "Tags");
    if (whole && json_has(doc, "PermissionsBoundary"))
        json_set(out, "PermissionsBoundary", describe_boundary(doc));
    if (kind->calls.describe && kind->calls.describe(rq, doc, whole, out))
        return AWS_FAILED;
    *ret_out = STEAL(out);
    return 0;
}

int iam_entity_answer(struct rq *rq, struct iam_entity *entity) {
    json_t *out = NULL;
    if (iam_entity_describe(entity->kind, rq, entity->doc, true, &out))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, entity->kind->capital, out);
    return 0;
}

/* Rows come in the order of their lower-case names: so must the markers. */
static int list_row(const struct iam_kind *kind, struct kit_page *page, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    struct cur c = cur_of(str_skip(page->key, page->prefix));
    key_take_str(&c, &name);
    json_t *item = NULL;
    if (iam_entity_describe(kind, page->rq, doc, false, &item))
        return AWS_FAILED;
    kit_page_add(page, buf_view(&name), item);
    return 0;
}

int iam_entity_list(const struct iam_kind *kind, struct rq *rq,
                    bool (*keep)(const void *ctx, const json_t *doc), const void *ctx) {
    str prefix = json_str(rq->in, "PathPrefix");
    CLEANUP_DEINIT(buf) struct buf rows = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    const struct kit_paging paging = iam_paging(kind->plural);
    iam_key_named(&rows, kind->row, rq->account, STR_NONE);
    if (kit_page_begin(&page, rq, &paging, STR_NONE))
        return AWS_FAILED;
    kit_page_rows(&page, STORE_META, buf_view(&rows));
    while (kit_page_next(&page)) {
        CLEANUP_JSON json_t *doc = json_parse(page.value, NULL);
        if (str_starts(json_str(doc, "Path"), prefix) && (!keep || keep(ctx, doc)) &&
            list_row(kind, &page, doc))
            return AWS_FAILED;
    }
    return kit_page_end(&page);
}

/* ---- Operations that are the same for several kinds ---- */

static int list_all(const struct iam_kind *kind, struct rq *rq) {
    return iam_entity_list(kind, rq, NULL, NULL);
}

static int tag(struct rq *rq, struct iam_entity *entity) {
    return merge_tags(rq, entity->doc) ? AWS_FAILED : iam_entity_put(rq, entity);
}

static int untag(struct rq *rq, struct iam_entity *entity) {
    kit_tags_remove(&tag_rules, entity->doc, json_arr(rq->in, "TagKeys"));
    return iam_entity_put(rq, entity);
}

static int list_tags(struct rq *rq, struct iam_entity *entity) {
    rq->out = json_object();
    json_set(rq->out, "Tags", kit_tags_list(kit_tags_stored(&tag_rules, entity->doc)));
    json_set_bool(rq->out, "IsTruncated", false);
    return 0;
}

static int put_boundary(struct rq *rq, struct iam_entity *entity) {
    return take_boundary(rq, entity->doc) ? AWS_FAILED : iam_entity_put(rq, entity);
}

static int delete_boundary(struct rq *rq, struct iam_entity *entity) {
    if (json_object_del(entity->doc, "PermissionsBoundary"))
        return aws_fail(rq, &IAM_NoSuchEntity, "Can't find permissions boundary for %s " STR_FMT,
                        entity->kind->title,
                        STR_ARG(json_str(entity->doc, entity->kind->name_member)));
    return iam_entity_put(rq, entity);
}

IAM_KIND_OP(ListRoles, list_all, role)
IAM_KIND_OP(ListUsers, list_all, user)
IAM_KIND_OP(ListInstanceProfiles, list_all, profile)
IAM_OP(GetRole, iam_entity_answer, role)
IAM_OP(GetPolicy, iam_entity_answer, policy)
IAM_OP(GetInstanceProfile, iam_entity_answer, profile)
IAM_OP(TagRole, tag, role)
IAM_OP(TagUser, tag, user)
IAM_OP(TagPolicy, tag, policy)
IAM_OP(TagInstanceProfile, tag, profile)
IAM_OP(UntagRole, untag, role)
IAM_OP(UntagUser, untag, user)
IAM_OP(UntagPolicy, untag, policy)
IAM_OP(UntagInstanceProfile, untag, profile)
IAM_OP(ListRoleTags, list_tags, role)
IAM_OP(ListUserTags, list_tags, user)
IAM_OP(ListPolicyTags, list_tags, policy)
IAM_OP(ListInstanceProfileTags, list_tags, profile)
IAM_OP(PutRolePermissionsBoundary, put_boundary, role)
IAM_OP(PutUserPermissionsBoundary, put_boundary, user)
IAM_OP(DeleteRolePermissionsBoundary, delete_boundary, role)
IAM_OP(DeleteUserPermissionsBoundary, delete_boundary, user)
