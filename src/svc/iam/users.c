/* Users. */
#include "svc/iam/iam_priv.h"

int iam_op_CreateUser(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_new(&iam_kind_user, rq, &doc))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "User", iam_entity_describe(&iam_kind_user, doc, true));
    return iam_entity_put(iam, &iam_kind_user, rq, doc);
}

/* Root is described as a user without a name. */
static int get_root(struct rq *rq) {
    json_t *user = json_object();
    json_set_str(user, "Path", S("/"));
    json_set_str(user, "UserName", S("root"));
    json_set_str(user, "UserId", rq->account);
    json_set_str(user, "Arn", rq->caller->principal.arn);
    json_set_int(user, "CreateDate", 0);
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_JSON json_t *account = NULL;
    iam_key_plain(&key, "iam.account", rq->account);
    int r = rq_get_json(rq, STORE_META, buf_view(&key), &account);
    if (r == 0)
        json_set_int(user, "CreateDate", json_int(account, "CreateDate", 0));
    rq->out = json_object();
    json_set(rq->out, "User", user);
    return r && r != STORE_E_ABSENT ? AWS_FAILED : 0;
}

int iam_op_GetUser(struct svc *iam, struct rq *rq) {
    (void)iam;
    if (!json_has(rq->in, "UserName") && rq->caller && rq->caller->principal.kind == PRINCIPAL_ROOT)
        return get_root(rq);
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(&iam_kind_user, rq, &doc))
        return AWS_FAILED;
    rq->out = json_object();
    json_set(rq->out, "User", iam_entity_describe(&iam_kind_user, doc, true));
    return 0;
}

static int has_keys(struct rq *rq, str user, bool *ret_has) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    iam_key_named(&from, "iam.keys", rq->account, user);
    buf_str(&to, buf_view(&from));
    key_after(&to);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from), buf_view(&to), false);
    *ret_has = store_iter_next(it);
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "list access keys") : 0;
}

int iam_op_DeleteUser(struct svc *iam, struct rq *rq) {
    CLEANUP_JSON json_t *doc = NULL;
    bool keys = false;
    if (iam_entity_get(&iam_kind_user, rq, &doc) || has_keys(rq, json_str(doc, "UserName"), &keys))
        return AWS_FAILED;
    if (keys)
        return aws_fail(rq, &IAM_DeleteConflict, "Cannot delete entity, must delete access keys first.");
    if (iam_entity_check_bare(rq, doc) || iam_touch(iam, rq))
        return AWS_FAILED;
    iam_entity_delete(&iam_kind_user, rq, doc);
    return 0;
}

/* There are no groups: every user is in none. */
int iam_op_ListGroupsForUser(struct svc *iam, struct rq *rq) {
    (void)iam;
    CLEANUP_JSON json_t *doc = NULL;
    if (iam_entity_get(&iam_kind_user, rq, &doc))
        return AWS_FAILED;
    struct iam_page page = iam_page_begin(rq);
    iam_page_end(&page, rq, "Groups");
    return 0;
}

int iam_op_ListAccountAliases(struct svc *iam, struct rq *rq) {
    (void)iam;
    struct iam_page page = iam_page_begin(rq);
    iam_page_end(&page, rq, "AccountAliases");
    return 0;
}
