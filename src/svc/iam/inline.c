/* Inline and attached policies of roles and users. */
#include "aws/keys.h"
#include "svc/iam/builtin.h"
#include "svc/iam/iam_priv.h"

enum { MAX_ATTACHED = 20 };

size_t iam_document_size(str text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] != ' ' && text.p[i] != '\t' && text.p[i] != '\n' && text.p[i] != '\r';
    return n;
}

int iam_check_document(struct rq *rq, enum policy_kind kind, str text) {
    struct err err = {{0}};
    return aws_policy_new(rq, kind, text, NULL, &err)
               ? aws_fail(rq, &IAM_MalformedPolicyDocument, "%s", err.text)
               : 0;
}

static size_t inline_size(const json_t *policies) {
    size_t n = 0;
    const char *name;
    json_t *text;
    json_object_foreach ((json_t *)policies, name, text)
        n += iam_document_size(json_text(text));
    return n;
}

/* ---- Inline ---- */

static int put_inline(const struct iam_kind *kind, struct rq *rq) {
    str text = json_str(rq->in, "PolicyDocument");
    CLEANUP_DEINIT(iam_entity) struct iam_entity entity = {0};
    if (iam_check_document(rq, POLICY_IDENTITY, text) || iam_entity_get(kind, rq, &entity))
        return AWS_FAILED;
    json_t *policies = json_obj(entity.doc, "Inline");
    json_set_str(policies, json_string_value(json_object_get(rq->in, "PolicyName")), text);
    if (inline_size(policies) > kind->inline_limit)
        return aws_fail(
            rq, &IAM_LimitExceeded, "Maximum policy size of %zu bytes exceeded for %s " STR_FMT,
            kind->inline_limit, kind->title, STR_ARG(json_str(entity.doc, kind->name_member)));
    return iam_entity_put(rq, &entity);
}

static int no_inline(struct rq *rq, const struct iam_kind *kind) {
    return aws_fail(rq, &IAM_NoSuchEntity, "The %s policy with name " STR_FMT " cannot be found.",
                    kind->title, STR_ARG(json_str(rq->in, "PolicyName")));
}

static int get_inline(struct rq *rq, struct iam_entity *entity) {
    const char *name = json_string_value(json_object_get(rq->in, "PolicyName"));
    str text = json_str(json_obj(entity->doc, "Inline"), name);
    if (!text.p)
        return no_inline(rq, entity->kind);
    rq->out = json_object();
    json_set_str(rq->out, entity->kind->name_member,
                 json_str(entity->doc, entity->kind->name_member));
    json_set_str(rq->out, "PolicyName", str_c(name));
    json_set(rq->out, "PolicyDocument", iam_uri_text(text));
    return 0;
}

static int delete_inline(struct rq *rq, struct iam_entity *entity) {
    if (json_object_del(json_obj(entity->doc, "Inline"),
                        json_string_value(json_object_get(rq->in, "PolicyName"))))
        return no_inline(rq, entity->kind);
    return iam_entity_put(rq, entity);
}

static int list_inline(const struct iam_kind *kind, struct rq *rq) {
    CLEANUP_DEINIT(iam_entity) struct iam_entity entity = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    const struct kit_paging paging = iam_paging("PolicyNames");
    if (kit_page_begin(&page, rq, &paging, STR_NONE) || iam_entity_get(kind, rq, &entity))
        return AWS_FAILED;
    size_t n;
    const str *names = iam_sorted(rq, json_obj(entity.doc, "Inline"), &n);
    for (size_t i = 0; i < n && kit_page_add(&page, names[i], json_of_str(names[i])); i++)
        ;
    return kit_page_end(&page);
}

/* ---- Attached ---- */

static int attach(struct rq *rq, struct iam_entity *entity) {
    str arn = json_str(rq->in, "PolicyArn");
    if (iam_builtin_is_of_service(arn))
        return aws_fail(rq, &IAM_PolicyNotAttachable,
                        "Cannot attach a Service Role Policy to a Customer Role.");
    int r = iam_managed_policy_exists(rq, arn);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &IAM_NoSuchEntity,
                        "Policy " STR_FMT " does not exist or is not attachable.", STR_ARG(arn));
    if (r)
        return AWS_FAILED;
    json_t *attached = json_arr(entity->doc, "Attached");
    if (json_find_text(attached, arn) >= 0)
        return 0; /* attached already */
    if (json_array_size(attached) >= MAX_ATTACHED)
        return aws_fail(rq, &IAM_LimitExceeded, "Cannot exceed quota for PoliciesPer%s: %d",
                        entity->kind->capital, MAX_ATTACHED);
    json_push_str(attached, arn);
    return iam_entity_put(rq, entity);
}

static int detach(struct rq *rq, struct iam_entity *entity) {
    str arn = json_str(rq->in, "PolicyArn");
    json_t *attached = json_arr(entity->doc, "Attached");
    ptrdiff_t at = json_find_text(attached, arn);
    if (at < 0)
        return aws_fail(rq, &IAM_NoSuchEntity, "Policy " STR_FMT " was not found.", STR_ARG(arn));
    json_array_remove(attached, (size_t)at);
    return iam_entity_put(rq, entity);
}

json_t *iam_attached_policy(str arn) {
    json_t *item = json_object();
    json_set_str(item, "PolicyName", str_skip(arn, (size_t)str_rchr(arn, '/') + 1));
    json_set_str(item, "PolicyArn", arn);
    return item;
}

static int list_attached(const struct iam_kind *kind, struct rq *rq) {
    CLEANUP_DEINIT(iam_entity) struct iam_entity entity = {0};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    const struct kit_paging paging = iam_paging("AttachedPolicies");
    if (kit_page_begin(&page, rq, &paging, STR_NONE) || iam_entity_get(kind, rq, &entity))
        return AWS_FAILED;
    size_t n;
    const str *arns = iam_sorted(rq, json_arr(entity.doc, "Attached"), &n);
    for (size_t i = 0; i < n; i++) {
        str path = str_skip(arns[i], (size_t)str_find(arns[i], S(":policy")) + strlen(":policy"));
        if (!str_starts(path, json_str(rq->in, "PathPrefix")))
            continue;
        if (!kit_page_add(&page, arns[i], iam_attached_policy(arns[i])))
            break;
    }
    return kit_page_end(&page);
}

IAM_KIND_OP(PutRolePolicy, put_inline, role)
IAM_KIND_OP(PutUserPolicy, put_inline, user)
IAM_OP(GetRolePolicy, get_inline, role)
IAM_OP(GetUserPolicy, get_inline, user)
IAM_OP(DeleteRolePolicy, delete_inline, role)
IAM_OP(DeleteUserPolicy, delete_inline, user)
IAM_KIND_OP(ListRolePolicies, list_inline, role)
IAM_KIND_OP(ListUserPolicies, list_inline, user)
IAM_OP(AttachRolePolicy, attach, role)
IAM_OP(AttachUserPolicy, attach, user)
IAM_OP(DetachRolePolicy, detach, role)
IAM_OP(DetachUserPolicy, detach, user)
IAM_KIND_OP(ListAttachedRolePolicies, list_attached, role)
IAM_KIND_OP(ListAttachedUserPolicies, list_attached, user)
