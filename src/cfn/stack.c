/* CreateStack, UpdateStack, DeleteStack, UpdateTerminationProtection. */
#include "base/clock.h"
#include "cfn/cfn_priv.h"

static bool is_stack_name(str name) {
    bool ok = name.len > 0 && name.len <= 128;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        ok = ok && (letter || (i > 0 && ((c >= '0' && c <= '9') || c == '-')));
    }
    return ok;
}

int cfn_check_name(struct rq *rq, str name) {
    return is_stack_name(name) ? 0
           : aws_fail(rq, &CFN_ValidationError,
                      "1 validation error detected: Value '" STR_FMT "' at 'stackName' failed to satisfy constraint: Member must "
                      "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
                      STR_ARG(name));
}

/* A stack in the middle of something takes no further operation. */
int cfn_check_ready(struct rq *rq, const json_t *stack, const char *verb) {
    str status = json_str(stack, "Status");
    static const char *const ready[] = {
        "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED", NULL};
    for (size_t i = 0; ready[i]; i++)
        if (str_is(status, ready[i]))
            return 0;
    return aws_fail(rq, &CFN_ValidationError, "Stack:" STR_FMT " is in " STR_FMT " state and can not be %s.",
                    STR_ARG(json_str(stack, "StackId")), STR_ARG(status), verb);
}

/* True when the last operation had this token: a retry, answered like the first. */
static bool is_retry(const json_t *stack, const char *kind, str token) {
    const json_t *op = json_obj(stack, "Op");
    return token.len && str_eq(json_str(op, "ClientRequestToken"), token) && str_is(json_str(op, "Kind"), kind);
}

json_t *cfn_operation_options(struct rq *rq) {
    json_t *options = json_object();
    int64_t minutes = json_int(rq->in, "TimeoutInMinutes", 0);
    json_set_str(options, "ClientRequestToken", json_str(rq->in, "ClientRequestToken"));
    json_set_str(options, "OnFailure", json_str(rq->in, "OnFailure"));
    json_set_bool(options, "DisableRollback", json_bool(rq->in, "DisableRollback", false));
    json_set_bool(options, "RetainExceptOnCreate", json_bool(rq->in, "RetainExceptOnCreate", false));
    if (minutes > 0)
        json_set_int(options, "Deadline", rq->now_ms + minutes * 60000);
    return options;
}

static int answer_id(struct rq *rq, const json_t *stack) {
    rq->out = json_object();
    json_set_str(rq->out, "StackId", json_str(stack, "StackId"));
    return 0;
}

/* ---- Creating ---- */

void cfn_put_name(struct rq *rq, const json_t *stack) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-name", cfn_here(rq), json_str(stack, "StackName"), STR_NONE);
    store_expect_absent(rq_batch(rq), STORE_META, buf_view(&key));
    store_put(rq_batch(rq), STORE_META, buf_view(&key), cfn_uuid_of(json_str(stack, "StackId")));
}

int cfn_op_CreateStack(struct svc *cfn, struct rq *rq) {
    str name = json_str(rq->in, "StackName");
    struct cfn_request req = {0};
    CLEANUP_JSON json_t *there = NULL;
    if (cfn_check_name(rq, name))
        return AWS_FAILED;
    if (json_has(rq->in, "OnFailure") && json_has(rq->in, "DisableRollback"))
        return aws_fail(rq, &CFN_ValidationError, "You can specify either DisableRollback or OnFailure, but not both.");
    int rc = cfn_look_up(rq, name, &there);
    if (rc == 0)
        return is_retry(there, "CREATE", json_str(rq->in, "ClientRequestToken"))
                   ? answer_id(rq, there)
                   : aws_fail(rq, &CFN_AlreadyExistsException, "Stack [" STR_FMT "] already exists", STR_ARG(name));
    if (rc != STORE_E_ABSENT || cfn_read_request(rq, NULL, &req) || cfn_check_capabilities(rq, req.model))
        return AWS_FAILED;
    CLEANUP_JSON json_t *stack = cfn_stack_new(cfn_here(rq), name, STR_NONE);
    cfn_apply_request(rq, &req, stack);
    if (cfn_plan_request(rq, &req, stack, NULL, NULL))
        return AWS_FAILED;
    json_set_bool(stack, "EnableTerminationProtection", json_bool(rq->in, "EnableTerminationProtection", false));
    json_set_int(stack, "TimeoutInMinutes", json_int(rq->in, "TimeoutInMinutes", 0));
    CLEANUP_JSON json_t *who = cfn_who(rq, stack);
    cfn_put_name(rq, stack);
    cfn_stack_set_template(rq_batch(rq), cfn_here(rq), stack, req.text);
    cfn_start(cfn->engine, rq_batch(rq), cfn_here(rq), stack, "CREATE", "CREATE_IN_PROGRESS", cfn_operation_options(rq), who, S("User Initiated"));
    return answer_id(rq, stack);
}

/* ---- Updating ---- */

int cfn_op_UpdateStack(struct svc *cfn, struct rq *rq) {
    struct cfn_request req = {0};
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_JSON json_t *changes = NULL;
    bool outputs_change = false;
    int rc = cfn_look_up(rq, json_str(rq->in, "StackName"), &stack);
    if (rc == STORE_E_ABSENT || (rc == 0 && str_is(json_str(stack, "Status"), "DELETE_COMPLETE")))
        return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] does not exist", STR_ARG(json_str(rq->in, "StackName")));
    if (rc)
        return rc;
    if (is_retry(stack, "UPDATE", json_str(rq->in, "ClientRequestToken")))
        return answer_id(rq, stack);
    if (cfn_check_ready(rq, stack, "updated") || cfn_read_request(rq, stack, &req) || cfn_check_capabilities(rq, req.model))
        return AWS_FAILED;
    CLEANUP_JSON json_t *tags = json_incref(json_object_get(stack, "Tags"));
    cfn_stack_remember(stack);
    cfn_apply_request(rq, &req, stack);
    if (cfn_plan_request(rq, &req, stack, &changes, &outputs_change))
        return AWS_FAILED;
    json_t *new_tags = json_object_get(stack, "Tags");
    bool same_tags = tags == new_tags || (tags && new_tags && json_equal(tags, new_tags));
    if (!json_array_size(changes) && !outputs_change && same_tags)
        return aws_fail(rq, &CFN_ValidationError, "No updates are to be performed.");
    json_set_int(stack, "LastUpdatedTime", rq->now_ms);
    CLEANUP_JSON json_t *who = cfn_who(rq, stack);
    cfn_stack_set_template(rq_batch(rq), cfn_here(rq), stack, req.text);
    cfn_start(cfn->engine, rq_batch(rq), cfn_here(rq), stack, "UPDATE", "UPDATE_IN_PROGRESS", cfn_operation_options(rq), who, S("User Initiated"));
    return answer_id(rq, stack);
}

/* ---- Deleting ---- */

struct importer { struct rq *rq; str export; };

static int refuse_importer(void *ctx, str key, const json_t *doc) {
    (void)key;
    struct importer *i = ctx;
    return aws_fail(i->rq, &CFN_ValidationError, "Export " STR_FMT " cannot be deleted as it is in use by " STR_FMT,
                    STR_ARG(i->export), STR_ARG(json_str(doc, "StackName")));
}

static int refuse_used_exports(struct rq *rq, const json_t *stack) {
    size_t i;
    json_t *output;
    json_array_foreach(json_arr(stack, "Outputs"), i, output) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        struct importer ctx = {rq, json_str(output, "ExportName")};
        if (!ctx.export.p)
            continue;
        cfn_key(&key, "cfn-import", cfn_here(rq), ctx.export, STR_NONE);
        int rc = cfn_each(rq_store(rq), rq_snap(rq), buf_view(&key), false, refuse_importer, &ctx);
        if (rc)
            return rc == AWS_FAILED ? rc : aws_fault(rq, rc, "reading imports");
    }
    return 0;
}

static int check_retained(struct rq *rq, const json_t *stack) {
    if (json_array_size(json_arr(rq->in, "RetainResources")) && !str_is(json_str(stack, "Status"), "DELETE_FAILED"))
        return aws_fail(rq, &CFN_ValidationError, "Invalid operation on stack [" STR_FMT "]. Specify resources to retain only when stack is in the DELETE_FAILED state.",
                        STR_ARG(json_str(stack, "StackId")));
    return 0;
}

static int forget_review(struct rq *rq, json_t *stack) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-name", cfn_here(rq), json_str(stack, "StackName"), STR_NONE);
    store_del(rq_batch(rq), STORE_META, buf_view(&key));
    json_set_int(stack, "DeletionTime", rq->now_ms);
    json_set_str(stack, "Status", S("DELETE_COMPLETE"));
    cfn_add_event(rq_store(rq), rq_batch(rq), cfn_here(rq), stack, NULL, "DELETE_COMPLETE", STR_NONE);
    cfn_save_stack(rq_batch(rq), cfn_here(rq), stack);
    return 0;
}

int cfn_op_DeleteStack(struct svc *cfn, struct rq *rq) {
    CLEANUP_JSON json_t *stack = NULL;
    int rc = cfn_look_up(rq, json_str(rq->in, "StackName"), &stack);
    rq->out = json_object();
    if (rc == STORE_E_ABSENT)
        return 0; /* deleting what is not there succeeds */
    if (rc)
        return rc;
    str status = json_str(stack, "Status");
    if (str_is(status, "DELETE_COMPLETE") || str_is(status, "DELETE_IN_PROGRESS"))
        return 0;
    if (json_bool(stack, "EnableTerminationProtection", false))
        return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] cannot be deleted while TerminationProtection is enabled", STR_ARG(json_str(stack, "StackName")));
    if (refuse_used_exports(rq, stack) || check_retained(rq, stack))
        return AWS_FAILED;
    if (str_is(status, "REVIEW_IN_PROGRESS"))
        return forget_review(rq, stack);
    bool takes_over = str_is(status, "CREATE_IN_PROGRESS") || str_is(status, "ROLLBACK_IN_PROGRESS");
    if (str_ends(status, S("_IN_PROGRESS")) && !takes_over)
        return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] cannot be deleted while in status " STR_FMT, STR_ARG(json_str(stack, "StackName")), STR_ARG(status));
    json_t *options = json_object();
    json_t *retained = json_arr(rq->in, "RetainResources");
    json_set_str(options, "ClientRequestToken", json_str(rq->in, "ClientRequestToken"));
    json_set_str(options, "DeletionMode", json_str(rq->in, "DeletionMode"));
    json_set(options, "RetainResources", retained ? json_deep_copy(retained) : NULL);
    json_set_str(stack, "RoleARN", json_str(rq->in, "RoleARN"));
    CLEANUP_JSON json_t *who = cfn_who(rq, stack);
    if (takes_over) /* the engine has the stack in hand: leave it a word */
        cfn_take_over(cfn->engine, rq_batch(rq), cfn_here(rq), stack, options, who);
    else
        cfn_start(cfn->engine, rq_batch(rq), cfn_here(rq), stack, "DELETE", "DELETE_IN_PROGRESS", options, who, S("User Initiated"));
    return 0;
}

int cfn_op_UpdateTerminationProtection(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_JSON json_t *stack = NULL;
    if (cfn_find_stack(rq, json_str(rq->in, "StackName"), &stack))
        return AWS_FAILED;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf before = {0};
    json_write(&before, stack);
    cfn_key(&key, "cfn-stack", cfn_here(rq), cfn_uuid_of(json_str(stack, "StackId")), STR_NONE);
    store_expect_value(rq_batch(rq), STORE_META, buf_view(&key), buf_view(&before)); /* the engine writes it too */
    json_set_bool(stack, "EnableTerminationProtection", json_bool(rq->in, "EnableTerminationProtection", false));
    cfn_save_stack(rq_batch(rq), cfn_here(rq), stack);
    return answer_id(rq, stack);
}
