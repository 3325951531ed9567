/* What authorisation asks of IAM: the ARN of the entity in question, and its condition keys. */
#include "aws/model.h"
#include "base/arn.h"
#include "svc/iam/iam_priv.h"

/*
 * The entity's row when it exists, whose Arn has the path; NULL without a fault when it does not.
 */
static int find_entity(const struct iam_kind *kind, struct rq *rq, str account, str name,
                       json_t **ret_doc) {
    CLEANUP_DEINIT(row) struct row row = {0};
    iam_key_named(&row.key, kind->row, account, name);
    /* a peek: the decision is made once, before the run */
    int r = rq_row_peek_json(rq, &row, ret_doc);
    return r && r != STORE_E_ABSENT ? AWS_FAILED : 0;
}

static const struct iam_kind *kind_of(const struct rq *rq) {
    if (json_has(rq->in, "InstanceProfileName"))
        return &iam_kind_profile;
    if (json_has(rq->in, "RoleName"))
        return &iam_kind_role;
    return json_has(rq->in, "PolicyName") && !json_has(rq->in, "UserName") ? NULL : &iam_kind_user;
}

int iam_hook_resource(void *, struct rq *rq, struct buf *ret_arn) {
    const struct iam_kind *kind = kind_of(rq);
    str name = kind ? iam_request_name(kind, rq) : json_str(rq->in, "PolicyName");
    CLEANUP_JSON json_t *doc = NULL;
    if (kind && name.p && find_entity(kind, rq, rq->account, name, &doc))
        return AWS_FAILED;
    if (doc) {
        buf_str(ret_arn, json_str(doc, "Arn"));
        return 0;
    }
    if (!name.p) { /* root about itself */
        arn_add(ret_arn, "iam", STR_NONE, rq->account, "root");
        return 0;
    }
    str path = json_str(rq->in, "Path");
    if (!path.p)
        path = S("/");
    arn_add(ret_arn, "iam", STR_NONE, rq->account, "%s" STR_FMT STR_FMT,
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
int iam_hook_policy(void *, struct rq *rq, str arn, const struct policy **ret_policy,
                    str *ret_account) {
    *ret_policy = NULL;
    if (str_starts(arn, S("arn:aws:iam::aws:")))
        *ret_account = rq->account;
    return 0;
}

/*
 * "arn:aws:iam::ACCOUNT:TYPE/PATH/NAME" → the row of that ARN, NULL when there is none. 0 or
 * AWS_FAILED.
 */
static int entity_of(struct rq *rq, str arn, const struct iam_kind **ret_kind, json_t **ret_doc) {
    static const struct iam_kind *const kinds[] = {&iam_kind_role, &iam_kind_user, &iam_kind_policy,
                                                   &iam_kind_profile};
    struct arn its;
    str type, name;
    *ret_kind = NULL;
    *ret_doc = NULL;
    if (!arn_parse(arn, &its) || !str_is(its.service, "iam") ||
        !str_cut(its.resource, '/', &type, &name))
        return 0;
    name = str_skip(name, (size_t)str_rchr(name, '/') + 1);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP_JSON json_t *doc = NULL;
        if (!str_is(type, kinds[i]->arn_type))
            continue;
        *ret_kind = kinds[i];
        if (find_entity(kinds[i], rq, its.account, name, &doc))
            return AWS_FAILED;
        if (str_eq(json_str(doc, "Arn"), arn))
            *ret_doc = STEAL(doc);
    }
    return 0;
}

int iam_hook_context(void *, struct rq *rq, const struct aws_question *question,
                     struct policy_context *context) {
    const struct iam_kind *kind;
    CLEANUP_JSON json_t *doc = NULL;
    if (entity_of(rq, question->resource, &kind, &doc))
        return AWS_FAILED;
    add_tags(context, json_arr(doc, "Tags"));
    if (rq->service->api != &api_iam)
        return 0; /* a role that is passed to another service */
    str boundary = json_str(rq->in, "PermissionsBoundary"), policy = json_str(rq->in, "PolicyArn");
    if (!boundary.p)
        boundary = json_str(doc, "PermissionsBoundary");
    if (boundary.p)
        policy_context_add(context, S("iam:PermissionsBoundary"), boundary);
    if (policy.p && (kind == &iam_kind_role || kind == &iam_kind_user))
        policy_context_add(context, S("iam:PolicyARN"), policy);
    return 0;
}

int iam_add_role_tags(struct rq *rq, str arn, struct policy_context *context) {
    const struct iam_kind *kind;
    CLEANUP_JSON json_t *doc = NULL;
    if (entity_of(rq, arn, &kind, &doc))
        return AWS_FAILED;
    add_tags(context, json_arr(doc, "Tags"));
    return 0;
}

/* @role_arn: of the role that RoleName names, with its path if it is there. */
static int role_arn(struct rq *rq, str *ret_arn) {
    CLEANUP_JSON json_t *doc = NULL;
    str name = json_str(rq->in, "RoleName");
    if (find_entity(&iam_kind_role, rq, rq->account, name, &doc))
        return AWS_FAILED;
    *ret_arn =
        doc ? arena_str(&rq->arena, json_str(doc, "Arn"))
            : arn_str(&rq->arena, "iam", STR_NONE, rq->account, "role/" STR_FMT, STR_ARG(name));
    return 0;
}

const struct aws_derived iam_derived[] = {{"role_arn", role_arn}, {0}};
