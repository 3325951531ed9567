/*
 * The resource policy: AddPermission, RemovePermission, GetPolicy. The row holds the statements as
 * Lambda answers them; the whole document is written and compiled when it is needed.
 */
#include "aws/keys.h"
#include "base/arn.h"
#include "base/rand.h"
#include "svc/lambda/lambda_priv.h"

enum { POLICY_MOST = 20480 };

static int open_row(struct rq *rq, struct lambda_change *ret) {
    if (lambda_change_open(rq, "FunctionName", ret))
        return AWS_FAILED;
    str wanted = json_str(rq->in, "RevisionId");
    if (wanted.p && !str_eq(wanted, json_str(json_obj(ret->doc, "Policy"), "RevisionId")))
        return aws_fail(rq, &lambda_e_PreconditionFailedException, NULL);
    return 0;
}

static json_t *statements_of(const json_t *doc) {
    return json_arr(json_obj(doc, "Policy"), "Statements");
}

static void write_policy(const json_t *doc, struct buf *out) {
    CLEANUP_JSON json_t *policy = json_pack("{s:s,s:s,s:O}", "Version", "2012-10-17", "Id",
                                            "default", "Statement", statements_of(doc));
    json_write(out, policy);
}

void lambda_policy_text(const struct lambda_fn *fn, struct buf *out) {
    if (json_array_size(statements_of(fn->doc)) > 0)
        write_policy(fn->doc, out);
}

/* ---- A statement ---- */
static int find(const json_t *statements, str sid) {
    for (size_t i = 0; i < json_array_size(statements); i++)
        if (str_eq(json_str(json_array_get(statements, i), "Sid"), sid))
            return (int)i;
    return -1;
}

static json_t *principal_of(struct rq *rq, str principal) {
    if (str_is(principal, "*"))
        return json_string("*");
    json_t *out = json_object();
    if (arn_is_account(principal))
        json_set_str(out, "AWS", arn_str(&rq->arena, "iam", STR_NONE, principal, "root"));
    else
        json_set_str(out, str_starts(principal, S("arn:")) ? "AWS" : "Service", principal);
    return out;
}

static void add_condition(json_t *conditions, const char *operator, const char * key, str value) {
    if (!value.p)
        return;
    json_t *block = json_obj(conditions, operator);
    if (!block) {
        block = json_object();
        json_set(conditions, operator, block);
    }
    json_set_str(block, key, value);
}

static json_t *statement_of(struct rq *rq, const struct lambda_name *name) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    lambda_name_arn(name, &arn);
    json_t *out = json_object(), *conditions = json_object();
    json_set_str(out, "Sid", json_str(rq->in, "StatementId"));
    json_set_str(out, "Effect", S("Allow"));
    json_set(out, "Principal", principal_of(rq, json_str(rq->in, "Principal")));
    json_set_str(out, "Action", json_str(rq->in, "Action"));
    json_set_str(out, "Resource", buf_view(&arn));
    add_condition(conditions, "StringEquals", "AWS:SourceAccount",
                  json_str(rq->in, "SourceAccount"));
    add_condition(conditions, "StringEquals", "aws:PrincipalOrgID",
                  json_str(rq->in, "PrincipalOrgID"));
    add_condition(conditions, "ArnLike", "AWS:SourceArn", json_str(rq->in, "SourceArn"));
    if (json_object_size(conditions))
        json_object_set(out, "Condition", conditions);
    json_decref(conditions);
    return out;
}

/* Would the document be one that the decisions understand? */
static int check_whole(struct rq *rq, const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err err = {0};
    write_policy(doc, &text);
    if (text.len > POLICY_MOST)
        return aws_fail(rq, &lambda_e_PolicyLengthExceededException, NULL);
    if (aws_policy_new(rq, POLICY_RESOURCE, buf_view(&text), NULL, &err))
        return lambda_fail_invalid(
            rq,
            "The provided principal was invalid. Please check the principal and try again. (%s)",
            err.text);
    return 0;
}

static void set_statements(json_t *doc, json_t *statements) {
    char revision[RAND_UUID_LEN + 1];
    rand_uuid(revision);
    json_set(doc, "Policy",
             json_pack("{s:o,s:s}", "Statements", statements, "RevisionId", revision));
}

int lambda_op_AddPermission(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    static const char *const never[] = {"EventSourceToken", "FunctionUrlAuthType",
                                        "InvokedViaFunctionUrl"};
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        if (json_has(rq->in, never[i]))
            return lambda_fail_unsupported(rq, never[i]);
    if (open_row(rq, &c))
        return AWS_FAILED;
    str sid = json_str(rq->in, "StatementId");
    json_t *statements = statements_of(c.doc) ? json_copy(statements_of(c.doc)) : json_array();
    if (find(statements, sid) >= 0) {
        json_decref(statements);
        return aws_fail(rq, &lambda_e_ResourceConflictException,
                        "The statement id (" STR_FMT
                        ") provided already exists. Please provide a new statement id, or "
                        "remove the existing statement.",
                        STR_ARG(sid));
    }
    json_t *statement = statement_of(rq, &c.name);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, statement);
    json_array_append_new(statements, statement);
    set_statements(c.doc, statements);
    if (check_whole(rq, c.doc))
        return AWS_FAILED;
    lambda_change_put(rq, &c);
    rq->out = json_object();
    json_set_str(rq->out, "Statement", buf_view(&text));
    return 0;
}

int lambda_op_RemovePermission(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (open_row(rq, &c))
        return AWS_FAILED;
    str sid = json_str(rq->in, "StatementId");
    int at = find(statements_of(c.doc), sid);
    if (at < 0)
        return aws_fail(rq, &lambda_e_ResourceNotFoundException,
                        "Statement " STR_FMT " is not found in resource policy.", STR_ARG(sid));
    json_t *statements = json_copy(statements_of(c.doc));
    json_array_remove(statements, (size_t)at);
    set_statements(c.doc, statements);
    lambda_change_put(rq, &c);
    return 0;
}

int lambda_op_GetPolicy(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (open_row(rq, &c))
        return AWS_FAILED;
    if (json_array_size(statements_of(c.doc)) == 0)
        return aws_fail(rq, &lambda_e_ResourceNotFoundException,
                        "The resource you requested does not exist.");
    write_policy(c.doc, &text);
    rq->out = json_object();
    json_set_str(rq->out, "Policy", buf_view(&text));
    json_set_str(rq->out, "RevisionId", json_str(json_obj(c.doc, "Policy"), "RevisionId"));
    return 0;
}
