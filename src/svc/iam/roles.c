/* iam: the operations on roles; what roles share with users is in entity.c. */
#include "svc/iam/iam_priv.h"

#include <errno.h>

enum { TRUST_LIMIT = 2048, DEFAULT_SESSION_SECONDS = 3600 };

/* When a role was last used is not kept. */
static int describe(struct rq *, const json_t *, bool whole, json_t *out) {
    if (whole)
        json_set(out, "RoleLastUsed", json_object());
    return 0;
}

const struct iam_kind iam_kind_role = {
    .row = "iam.role",
    .title = "role",
    .capital = "Role",
    .plural = "Roles",
    .name_member = "RoleName",
    .id_member = "RoleId",
    .id_prefix = "AROA",
    .arn_type = "role",
    .missing = "The role with name ",
    .existing = {"Role with name ", " already exists."},
    .inline_limit = 10240,
    .calls = {.describe = describe},
};

static int check_trust(struct rq *rq, str document) {
    if (iam_document_size(document) > TRUST_LIMIT)
        return aws_fail(rq, &IAM_LimitExceeded, "Cannot exceed quota for ACLSizePerRole: %d",
                        TRUST_LIMIT);
    return iam_check_document(rq, POLICY_TRUST, document);
}

int iam_op_CreateRole(struct iam_svc *, struct rq *rq) {
    str trust = json_str(rq->in, "AssumeRolePolicyDocument");
    CLEANUP_DEINIT(iam_entity) struct iam_entity role = {0};
    if (check_trust(rq, trust) || iam_entity_new(&iam_kind_role, rq, &role))
        return AWS_FAILED;
    json_set_str(role.doc, "AssumeRolePolicyDocument", trust);
    json_set_str(role.doc, "Description", json_str(rq->in, "Description"));
    json_set_int(role.doc, "MaxSessionDuration",
                 json_int(rq->in, "MaxSessionDuration", DEFAULT_SESSION_SECONDS));
    if (iam_entity_answer(rq, &role))
        return AWS_FAILED;
    json_object_del(json_obj(rq->out, "Role"), "RoleLastUsed"); /* CreateRole does not tell it */
    return iam_entity_put(rq, &role);
}

static int delete_role(struct rq *rq, struct iam_entity *role) {
    if (iam_profile_check_none(rq, json_str(role->doc, "RoleName")) ||
        iam_entity_check_bare(rq, role->doc))
        return AWS_FAILED;
    return iam_entity_delete(rq, role);
}
IAM_OP(DeleteRole, delete_role, role)

static int update_role(struct rq *rq, struct iam_entity *role) {
    json_set_str(role->doc, "Description", json_str(rq->in, "Description"));
    if (json_has(rq->in, "MaxSessionDuration"))
        json_set_int(role->doc, "MaxSessionDuration", json_int(rq->in, "MaxSessionDuration", 0));
    rq->out = json_object();
    return iam_entity_put(rq, role);
}
IAM_OP(UpdateRole, update_role, role)

static int update_role_description(struct rq *rq, struct iam_entity *role) {
    json_set_str(role->doc, "Description", json_str(rq->in, "Description"));
    return iam_entity_answer(rq, role) || iam_entity_put(rq, role) ? AWS_FAILED : 0;
}
IAM_OP(UpdateRoleDescription, update_role_description, role)

int iam_op_UpdateAssumeRolePolicy(struct iam_svc *, struct rq *rq) {
    str trust = json_str(rq->in, "PolicyDocument");
    CLEANUP_DEINIT(iam_entity) struct iam_entity role = {0};
    if (check_trust(rq, trust) || iam_entity_get(&iam_kind_role, rq, &role))
        return AWS_FAILED;
    json_set_str(role.doc, "AssumeRolePolicyDocument", trust);
    return iam_entity_put(rq, &role);
}

static void drop_policy(void *policy) { policy_free(policy); }

int iam_role_of_request(struct rq *rq, str role_arn, struct iam_role_view *ret_role) {
    str account, name;
    if (!iam_role_arn_parts(role_arn, &account, &name))
        return STORE_E_ABSENT;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    iam_key_named(&row.key, iam_kind_role.row, account, name);
    /* A peek: the session that is made of it names the role's id, and ends with it. */
    int r = rq_row_peek_json(rq, &row, &doc);
    if (r)
        return r;
    if (!str_eq(json_str(doc, "Arn"), role_arn))
        return STORE_E_ABSENT;
    struct policy *trust = NULL;
    if (policy_kept(&trust, POLICY_TRUST, json_str(doc, "AssumeRolePolicyDocument"), NULL))
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
