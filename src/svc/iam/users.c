/* iam: the operations on users, and the lists that are always empty here (groups, aliases). */
#include "svc/iam/iam_priv.h"

const struct iam_kind iam_kind_user = {
    .row = "iam.user",
    .title = "user",
    .capital = "User",
    .plural = "Users",
    .name_member = "UserName",
    .id_member = "UserId",
    .id_prefix = "AIDA",
    .arn_type = "user",
    .missing = "The user with name ",
    .existing = {"User with name ", " already exists."},
    .inline_limit = 2048,
};

int iam_op_CreateUser(struct iam_svc *, struct rq *rq) {
    CLEANUP_DEINIT(iam_entity) struct iam_entity user = {0};
    if (iam_entity_new(&iam_kind_user, rq, &user) || iam_entity_answer(rq, &user))
        return AWS_FAILED;
    return iam_entity_put(rq, &user);
}

/* Root is described as a user without a name. */
static int get_root(struct rq *rq) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *account = NULL;
    iam_key_plain(&row.key, "iam.account", rq->account);
    int r = rq_row_get_json(rq, &row, &account);
    if (r && r != STORE_E_ABSENT)
        return r;
    json_t *user = json_object();
    json_set_str(user, "Path", S("/"));
    json_set_str(user, "UserName", S("root"));
    json_set_str(user, "UserId", rq->account);
    json_set_str(user, "Arn", rq->caller->principal.arn);
    json_set_int(user, "CreateDate", json_int(account, "CreateDate", 0));
    rq->out = json_object();
    json_set(rq->out, "User", user);
    return 0;
}

int iam_op_GetUser(struct iam_svc *, struct rq *rq) {
    if (!json_has(rq->in, "UserName") && rq->caller && rq->caller->principal.kind == PRINCIPAL_ROOT)
        return get_root(rq);
    return iam_on_entity(&iam_kind_user, rq, iam_entity_answer);
}

static int check_no_keys(struct rq *rq, str user) {
    size_t n = 0;
    if (iam_count_keys(rq, user, &n))
        return AWS_FAILED;
    return n ? aws_fail(rq, &IAM_DeleteConflict,
                        "Cannot delete entity, must delete access keys first.")
             : 0;
}

static int delete_user(struct rq *rq, struct iam_entity *user) {
    if (check_no_keys(rq, json_str(user->doc, "UserName")) || iam_entity_check_bare(rq, user->doc))
        return AWS_FAILED;
    return iam_entity_delete(rq, user);
}
IAM_OP(DeleteUser, delete_user, user)

/* There are no groups: every user is in none. */
static int list_groups_for_user(struct rq *rq, struct iam_entity *) {
    return iam_list_none(rq, "Groups");
}
IAM_OP(ListGroupsForUser, list_groups_for_user, user)

int iam_op_ListAccountAliases(struct iam_svc *, struct rq *rq) {
    return iam_list_none(rq, "AccountAliases");
}
