/*
 * Resource policies, of functions: AddPermission, RemovePermission, GetPolicy; and of versions of
 * layers: AddLayerVersionPermission, RemoveLayerVersionPermission, GetLayerVersionPolicy. The row of
 * either holds the statements as Lambda answers them; the whole document is written and compiled when
 * it is needed.
 */
#include "aws/keys.h"
#include "base/arn.h"
#include "base/rand.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"

enum { POLICY_MOST = 20480 };

/* text: what a wrong one is told; NULL: the usual. */
static int check_revision(struct rq *rq, const json_t *doc, const char *text) {
    str wanted = json_str(rq->in, "RevisionId");
    if (!wanted.p || str_eq(wanted, json_str(json_obj(doc, "Policy"), "RevisionId")))
        return 0;
    const struct aws_error *error = &lambda_e_PreconditionFailedException;
    return aws_fail(rq, error, "%s", text ? text : error->text);
}

static int open_row(struct rq *rq, struct lambda_change *ret) {
    if (lambda_change_open(rq, "FunctionName", ret))
        return AWS_FAILED;
    return check_revision(rq, ret->doc, NULL);
}

static json_t *statements_of(const json_t *doc) {
    return json_arr(json_obj(doc, "Policy"), "Statements");
}

static void write_policy(const json_t *doc, struct buf *out) {
    CLEANUP_JSON json_t *policy = json_pack("{s:s,s:s,s:O}", "Version", "2012-10-17", "Id",
                                            "default", "Statement", statements_of(doc));
    json_write(out, policy);
}

void lambda_policy_text(const json_t *doc, struct buf *out) {
    if (json_array_size(statements_of(doc)) > 0)
        write_policy(doc, out);
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

static json_t *plain_statement(struct rq *rq, str arn) {
    json_t *out = json_object();
    json_set_str(out, "Sid", json_str(rq->in, "StatementId"));
    json_set_str(out, "Effect", S("Allow"));
    json_set(out, "Principal", principal_of(rq, json_str(rq->in, "Principal")));
    json_set_str(out, "Action", json_str(rq->in, "Action"));
    json_set_str(out, "Resource", arn);
    return out;
}

static json_t *statement_of(struct rq *rq, const struct lambda_name *name) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    lambda_name_arn(name, &arn);
    json_t *out = plain_statement(rq, buf_view(&arn)), *conditions = json_object();
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

/* Takes statement. What it is answers in Statement. */
static int add_statement(struct rq *rq, json_t *doc, json_t *statement) {
    CLEANUP_JSON json_t *one = statement;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    const json_t *before = statements_of(doc);
    str sid = json_str(one, "Sid");
    if (find(before, sid) >= 0)
        return aws_fail(rq, &lambda_e_ResourceConflictException,
                        "The statement id (" STR_FMT
                        ") provided already exists. Please provide a new statement id, or "
                        "remove the existing statement.",
                        STR_ARG(sid));
    json_t *statements = before ? json_copy((json_t *)before) : json_array();
    json_array_append(statements, one);
    set_statements(doc, statements);
    if (check_whole(rq, doc))
        return AWS_FAILED;
    json_write(&text, one);
    rq->out = json_object();
    json_set_str(rq->out, "Statement", buf_view(&text));
    return 0;
}

/* The one that the request names. */
static int remove_statement(struct rq *rq, json_t *doc) {
    str sid = json_str(rq->in, "StatementId");
    int at = find(statements_of(doc), sid);
    if (at < 0)
        return aws_fail(rq, &lambda_e_ResourceNotFoundException,
                        "Statement " STR_FMT " is not found in resource policy.", STR_ARG(sid));
    json_t *statements = json_copy(statements_of(doc));
    json_array_remove(statements, (size_t)at);
    set_statements(doc, statements);
    return 0;
}

static int answer_policy(struct rq *rq, const json_t *doc, const char *absent) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    lambda_policy_text(doc, &text);
    if (!text.len)
        return aws_fail(rq, &lambda_e_ResourceNotFoundException, "%s", absent);
    rq->out = json_object();
    json_set_str(rq->out, "Policy", buf_view(&text));
    json_set_str(rq->out, "RevisionId", json_str(json_obj(doc, "Policy"), "RevisionId"));
    return 0;
}

/* ---- Of functions ---- */
int lambda_op_AddPermission(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    static const char *const never[] = {"EventSourceToken", "FunctionUrlAuthType",
                                        "InvokedViaFunctionUrl"};
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        if (json_has(rq->in, never[i]))
            return lambda_fail_unsupported(rq, never[i]);
    if (open_row(rq, &c) || add_statement(rq, c.doc, statement_of(rq, &c.name)))
        return AWS_FAILED;
    lambda_change_put(rq, &c);
    return 0;
}

int lambda_op_RemovePermission(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (open_row(rq, &c) || remove_statement(rq, c.doc))
        return AWS_FAILED;
    lambda_change_put(rq, &c);
    return 0;
}

int lambda_op_GetPolicy(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(lambda_change) struct lambda_change c = {0};
    if (open_row(rq, &c))
        return AWS_FAILED;
    return answer_policy(rq, c.doc, "The resource you requested does not exist.");
}

/* ---- Of versions of layers ---- */
struct layer_row {
    struct lambda_layer layer;
    struct row row;
    json_t *doc;
    struct buf arn;
};
static void layer_row_deinit(struct layer_row *l) {
    row_deinit(&l->row);
    json_decref(l->doc);
    buf_deinit(&l->arn);
}

static int open_layer(struct rq *rq, struct layer_row *l) {
    if (lambda_rq_layer(rq, &l->layer))
        return AWS_FAILED;
    lambda_layer_arn(&l->layer, &l->arn);
    int r = lambda_rq_layer_get(rq, &l->layer, &l->row, &l->doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &lambda_e_ResourceNotFoundException, "Layer version %s does not exist.",
                        buf_cstr(&l->arn));
    return r ? r
             : check_revision(rq, l->doc,
                              "The Revision Id provided does not match the latest Revision Id. "
                              "Call the GetLayerPolicy API to retrieve the latest Revision Id");
}

int lambda_op_AddLayerVersionPermission(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(layer_row) struct layer_row l = {0};
    if (json_has(rq->in, "OrganizationId"))
        return lambda_fail_unsupported(rq, "OrganizationId");
    if (open_layer(rq, &l) || add_statement(rq, l.doc, plain_statement(rq, buf_view(&l.arn))))
        return AWS_FAILED;
    row_put_json(rq_rows(rq), &l.row, l.doc);
    json_set_str(rq->out, "RevisionId", json_str(json_obj(l.doc, "Policy"), "RevisionId"));
    return 0;
}

int lambda_op_RemoveLayerVersionPermission(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(layer_row) struct layer_row l = {0};
    if (open_layer(rq, &l) || remove_statement(rq, l.doc))
        return AWS_FAILED;
    row_put_json(rq_rows(rq), &l.row, l.doc);
    return 0;
}

int lambda_op_GetLayerVersionPolicy(struct lambda_svc *, struct rq *rq) {
    CLEANUP_DEINIT(layer_row) struct layer_row l = {0};
    if (open_layer(rq, &l))
        return AWS_FAILED;
    return answer_policy(rq, l.doc, "No policy is associated with the given resource.");
}
