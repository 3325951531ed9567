/* Roles. */
#include "svc/iam/iam_priv.h"

#include <errno.h>

enum { TRUST_LIMIT = 2048, DEFAULT_SESSION_SECONDS = 3600 };

static int check_trust(struct rq *rq, str document) {
    if (iam_document_size(document) > TRUST_LIMIT)
        return aws_fail(rq, &IAM_LimitExceeded, "Cannot exceed quota for ACLSizePerRole: %d", TRUST_LIMIT);
    return iam_check_document(rq, POLICY_TRUST, document);
}

int iam_op_CreateRole(struct svc *iam, struct rq *rq) {
    str trust = json_str(rq->in, "AssumeRolePolicyDocument");
    CLEANUP_JSON json_t *doc = NULL;
    if (check_trust(rq, trust) || iam_entity_new(&iam_kind_role, rq, &doc))
        return AWS_FAILED;
    json_set_str(doc, "AssumeRolePolicyDocument", trust);
    json_set_str(doc, "Description", json_str(rq->in, "Description"));
    json_set_int(doc, "MaxSessionDuration", json_int(rq->in, "MaxSessionDuration", DEFAULT_SESSION_SECONDS));
    rq->out = json_object();
    json_set(rq->out, "Role", iam_entity_describe(&iam_kind_role, doc, true));
    json_object_del(json_obj(rq->out, "Role"), "RoleLastUsed"); /* CreateRole does not tell it */
    return iam_entity_put(iam, &iam_kind_role, rq, doc);
}

int iam_op_GetRole(struct svc *iam, struct rq *rq) {
    (void)iam;
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(&iam_kind_role, rq, &doc))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "Role", iam_entity_describe(&iam_kind_role, doc, true));
    return 0;
}

int iam_op_DeleteRole(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(&iam_kind_role, rq, &doc) || iam_entity_check_bare(rq, doc) || iam_touch(iam, rq))
        return AWS_FAILED;
    iam_entity_delete(&iam_kind_role, rq, doc);
    return 0;
}

int iam_op_UpdateRole(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(&iam_kind_role, rq, &doc))
        return AWS_FAILED;
    json_set_str(doc, "Description", json_str(rq->in, "Description"));
    if (json_has(rq->in, "MaxSessionDuration"))
        json_set_int(doc, "MaxSessionDuration", json_int(rq->in, "MaxSessionDuration", 0));
    rq->out = json_object();
    return iam_entity_put(iam, &iam_kind_role, rq, doc);
}

int iam_op_UpdateRoleDescription(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(&iam_kind_role, rq, &doc))
        return AWS_FAILED;
    json_set_str(doc, "Description", json_str(rq->in, "Description"));
    rq->out = json_object();
    json_set(rq->out, "Role", iam_entity_describe(&iam_kind_role, doc, true));
    return iam_entity_put(iam, &iam_kind_role, rq, doc);
}

int iam_op_UpdateAssumeRolePolicy(struct svc *iam, struct rq *rq) {
    str trust = json_str(rq->in, "PolicyDocument");
    CLEANUP_JSON json_t *doc = NULL;
    if (check_trust(rq, trust) || iam_entity_get(&iam_kind_role, rq, &doc))
        return AWS_FAILED;
    json_set_str(doc, "AssumeRolePolicyDocument", trust);
    return iam_entity_put(iam, &iam_kind_role, rq, doc);
}

/* There are no instance profiles (no EC2): every role is in none. */
int iam_op_ListInstanceProfilesForRole(struct svc *iam, struct rq *rq) {
    (void)iam;
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(&iam_kind_role, rq, &doc))
        return AWS_FAILED;
    struct iam_page page = iam_page_begin(rq);
    iam_page_end(&page, rq, "InstanceProfiles");
    return 0;
}

static void drop_policy(void *policy) { policy_free(policy); }

int iam_role_of_request(struct svc *iam, struct rq *rq, str role_arn, struct iam_role_view *ret_role) {
    str account, name;
    if (!iam_role_arn_parts(role_arn, &account, &name))
        return STORE_E_ABSENT;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    iam_key_named(&key, iam_kind_role.row, account, name);
    CLEANUP_JSON json_t *doc = NULL;
    int r = iam_row_read(iam, rq_snap(rq), buf_view(&key), &doc);
    if (r < 0)
        return aws_fault(rq, r, "read role");
    if (r || !str_eq(json_str(doc, "Arn"), role_arn))
        return STORE_E_ABSENT;
    struct policy *trust = NULL;
    if (policy_new(&trust, POLICY_TRUST, json_str(doc, "AssumeRolePolicyDocument"), NULL))
        return aws_fault(rq, -EBADMSG, "stored trust policy");
    rq_on_done(rq, drop_policy, trust);
    *ret_role = (struct iam_role_view){
        .account = arena_str(&rq->arena, account),
        .name = arena_str(&rq->arena, json_str(doc, "RoleName")),
        .arn = arena_str(&rq->arena, role_arn),
        .id = arena_str(&rq->arena, json_str(doc, "RoleId")),
        .max_session_seconds = json_int(doc, "MaxSessionDuration", DEFAULT_SESSION_SECONDS),
        .trust = trust,
    };
    return 0;
}
