/* What authorisation asks of IAM: the ARN of the entity in question, and its condition keys. */
#include "svc/iam/iam_priv.h"

/* The entity's row when it exists, whose Arn has the path; NULL without a fault when it does not. */
static int find_entity(const struct iam_kind *kind, struct rq *rq, str name, json_t **ret_doc) {
    CLEANUP_DEINIT(row) struct row row = {0};
    iam_key_named(&row.key, kind->row, rq->account, name);
    int r = rq_row_peek_json(rq, &row, ret_doc); /* a peek: the decision is made once, before the run */
    return r && r != STORE_E_ABSENT ? AWS_FAILED : 0;
}

static const struct iam_kind *kind_of(const struct rq *rq) {
    if (json_has(rq->in, "InstanceProfileName"))
        return &iam_kind_profile;
    if (json_has(rq->in, "RoleName"))
        return &iam_kind_role;
    return json_has(rq->in, "PolicyName") && !json_has(rq->in, "UserName") ? NULL : &iam_kind_user;
}

int iam_hook_resource(struct svc *iam, struct rq *rq, struct buf *ret_arn) {
    (void)iam;
    const struct iam_kind *kind = kind_of(rq);
    str name = kind ? iam_request_name(kind, rq) : json_str(rq->in, "PolicyName");
    CLEANUP_JSON json_t *doc = NULL;
    if (kind && name.p && find_entity(kind, rq, name, &doc))
        return AWS_FAILED;
    if (doc) {
        buf_str(ret_arn, json_str(doc, "Arn"));
        return 0;
    }
    if (!name.p) { /* root about itself */
        buf_printf(ret_arn, "arn:aws:iam::" STR_FMT ":root", STR_ARG(rq->account));
        return 0;
    }
    str path = json_str(rq->in, "Path");
    if (!path.p)
        path = S("/");
    buf_printf(ret_arn, "arn:aws:iam::" STR_FMT ":%s" STR_FMT STR_FMT, STR_ARG(rq->account),
               kind ? kind->arn_type : "policy", STR_ARG(path), STR_ARG(name));
    return 0;
}

static void add_tags(struct policy_context *context, const json_t *tags) {
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        CLEANUP_DEINIT(buf) struct buf name = {0};
        buf_printf(&name, "aws:ResourceTag/" STR_FMT, STR_ARG(json_str(tag, "Key")));
        policy_context_add(context, buf_view(&name), json_str(tag, "Value"));
        buf_clear(&name);
        buf_printf(&name, "iam:ResourceTag/" STR_FMT, STR_ARG(json_str(tag, "Key")));
        policy_context_add(context, buf_view(&name), json_str(tag, "Value"));
    }
}

/* AWS's managed policies belong to whoever asks; everything else to the account in its ARN. */
int iam_hook_policy(struct svc *iam, struct rq *rq, str arn, const struct policy **ret_policy, str *ret_account) {
    (void)iam;
    *ret_policy = NULL;
    if (str_starts(arn, S("arn:aws:iam::aws:")))
        *ret_account = rq->account;
    return 0;
}

void iam_hook_context(struct svc *iam, struct rq *rq, struct policy_context *context) {
    (void)iam;
    str boundary = json_str(rq->in, "PermissionsBoundary"), arn = json_str(rq->in, "PolicyArn");
    const struct iam_kind *kind = kind_of(rq);
    str name = kind ? iam_request_name(kind, rq) : STR_NONE;
    CLEANUP_JSON json_t *doc = NULL;
    if (name.p && find_entity(kind, rq, name, &doc))
        return;
    if (!boundary.p && doc)
        boundary = json_str(doc, "PermissionsBoundary");
    if (boundary.p)
        policy_context_add(context, S("iam:PermissionsBoundary"), boundary);
    if (arn.p && kind)
        policy_context_add(context, S("iam:PolicyARN"), arn);
    add_tags(context, json_arr(doc, "Tags"));
    if (kind == &iam_kind_profile && json_has(rq->in, "RoleName")) /* for the check of iam:PassRole */
        policy_context_add(context, S("iam:PassedToService"), S("ec2.amazonaws.com"));
}
