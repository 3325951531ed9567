/* CreateStack, UpdateStack, DeleteStack, UpdateTerminationProtection. */
#include "base/ascii.h"
#include "cfn/cfn_priv.h"

static bool is_stack_name(str name) {
    return name.len > 0 && name.len <= 128 && ascii_is_alpha(name.p[0]) &&
           ascii_only_alnum(name, "-");
}

int cfn_check_name(struct rq *rq, str name) {
    return is_stack_name(name)
               ? 0
               : aws_fail(rq, &CFN_ValidationError,
                          "1 validation error detected: Value '" STR_FMT
                          "' at 'stackName' failed to satisfy constraint: Member must "
                          "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
                          STR_ARG(name));
}

/*
 * A stack in the middle of something takes no further operation. The sentences are those that AWS
 * was seen to answer; which ways out of a failure there are is in "Choose how to handle failures
 * when provisioning resources", CloudFormation User Guide.
 */
int cfn_check_ready(struct rq *rq, const struct cfn_stack *stack, const char *verb) {
    const struct cfn_operation *op = &stack->op;
    if (stack->status == CFN_CREATE_FAILED && op->on_failure == CFN_FAIL_DO_NOTHING)
        return aws_fail(rq, &CFN_ValidationError,
                        "This stack cannot be updated from [CREATE_FAILED] state because it "
                        "contains [on-failure: DO_NOTHING]. Please use disable-rollback option "
                        "instead during stack creation.");
    return cfn_status_is(stack->status, CFN_READY | CFN_RETRIES)
               ? 0
               : aws_fail(rq, &CFN_ValidationError,
                          "Stack:" STR_FMT " is in %s state and can not be %s.", STR_ARG(stack->id),
                          cfn_status_name(stack->status), verb);
}

/* What failed updates left is in the stack's row until one succeeds: it has an end, as the row has. */
static int check_leftovers(struct rq *rq, const struct cfn_stack *stack) {
    return stack->garbage.n < CFN_LEFTOVERS_MOST
               ? 0
               : aws_fail(rq, &CFN_LimitExceededException,
                          "Stack [" STR_FMT "] keeps %zu resources that failed updates have "
                          "replaced, which is the most; delete the stack.",
                          STR_ARG(stack->name), stack->garbage.n);
}

int cfn_check_retry(struct rq *rq, const struct cfn_stack *stack, bool disable_rollback,
                    const char *api) {
    if (check_leftovers(rq, stack))
        return AWS_FAILED;
    return disable_rollback || !cfn_status_is(stack->status, CFN_RETRIES)
               ? 0
               : aws_fail(rq, &CFN_ValidationError,
                          "This stack is currently in a non-terminal [%s] state. To update the "
                          "stack from this state, please use the disable-rollback parameter with "
                          "%s API. To rollback to the last known good state, use the "
                          "rollback-stack API",
                          cfn_status_name(stack->status), api);
}

/* True when the last operation had this token: a retry, answered like the first. */
static bool is_retry(struct rq *rq, const struct cfn_stack *stack, enum cfn_op_kind kind) {
    str token = json_str(rq->in, "ClientRequestToken");
    return token.len && str_eq(stack->op.token, token) && stack->op.kind == kind;
}

struct cfn_operation cfn_new_operation(struct rq *rq, enum cfn_op_kind kind,
                                       const struct cfn_stack *stack) {
    struct cfn_operation op;
    int64_t minutes = json_int(rq->in, "TimeoutInMinutes", 0);
    cfn_operation_new(&rq->arena, kind, &op);
    cfn_form_take(&cfn_operation_form, rq->in, &rq->arena, &op);
    if (minutes > 0)
        op.deadline_ms = rq->now_ms + minutes * 60000;
    op.access_key = rq->caller->access_key;
    op.arn = rq->caller->principal.arn;
    op.role = stack->role;
    return op;
}

static int answer_id(struct rq *rq, const struct cfn_stack *stack) {
    rq->out = json_object();
    json_set_str(rq->out, "StackId", stack->id);
    return 0;
}

/* ---- Creating ---- */

static int create(struct cfn_svc *cfn, struct rq *rq, struct cfn_stack *stack) {
    CLEANUP_DEINIT(cfn_request) struct cfn_request req = {0};
    if (cfn_read_request(rq, stack, &req))
        return AWS_FAILED;
    cfn_apply_request(rq, &req, &stack->now, &stack->role);
    stack->is_protected = json_bool(rq->in, "EnableTerminationProtection", false);
    stack->timeout_minutes = json_int(rq->in, "TimeoutInMinutes", 0);
    struct cfn_operation op = cfn_new_operation(rq, CFN_OP_CREATE, stack);
    cfn_stack_set_template(rq_rows(rq), stack, req.text);
    cfn_start(cfn->engine, rq_rows(rq), stack, &op, CFN_CREATE_IN_PROGRESS, S("User Initiated"));
    answer_id(rq, stack);
    return cfn_answer_late(cfn, rq, stack);
}

static int create_new(struct cfn_svc *cfn, struct rq *rq, str name) {
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    int r = cfn_stack_new(rq_rows(rq), &rq->arena, cfn_here(rq), name, &stack);
    if (r)
        return aws_fault(rq, r, "making a stack");
    cfn_stack_put_name(rq_rows(rq), &stack);
    return create(cfn, rq, &stack);
}

int cfn_op_CreateStack(struct cfn_svc *cfn, struct rq *rq) {
    str name = json_str(rq->in, "StackName");
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack there = {0};
    if (cfn_check_name(rq, name))
        return AWS_FAILED;
    if (json_has(rq->in, "OnFailure") && json_has(rq->in, "DisableRollback"))
        return aws_fail(rq, &CFN_ValidationError,
                        "You can specify either DisableRollback or OnFailure, but not both.");
    int r = cfn_look_up(rq, name, &there);
    if (r == STORE_E_ABSENT)
        return create_new(cfn, rq, name);
    if (r)
        return r;
    if (there.status == CFN_REVIEW_IN_PROGRESS) /* it has a name and an id, and nothing else */
        return cfn_drop_sets(rq, &there) ? AWS_FAILED : create(cfn, rq, &there);
    return is_retry(rq, &there, CFN_OP_CREATE)
               ? answer_id(rq, &there)
               : aws_fail(rq, &CFN_AlreadyExistsException, "Stack [" STR_FMT "] already exists",
                          STR_ARG(name));
}

/* ---- Updating ---- */

static int update(struct cfn_svc *cfn, struct rq *rq, struct cfn_stack *stack,
                  const struct cfn_request *req) {
    if (cfn_outdate_sets(rq, stack))
        return AWS_FAILED;
    cfn_stack_remember(stack);
    cfn_apply_request(rq, req, &stack->now, &stack->role);
    stack->updated_ms = rq->now_ms;
    struct cfn_operation op = cfn_new_operation(rq, CFN_OP_UPDATE, stack);
    cfn_stack_set_template(rq_rows(rq), stack, req->text);
    cfn_start(cfn->engine, rq_rows(rq), stack, &op, CFN_UPDATE_IN_PROGRESS, S("User Initiated"));
    answer_id(rq, stack);
    return cfn_answer_late(cfn, rq, stack);
}

int cfn_op_UpdateStack(struct cfn_svc *cfn, struct rq *rq) {
    str name = json_str(rq->in, "StackName");
    CLEANUP_DEINIT(cfn_request) struct cfn_request req = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    int r = cfn_look_up(rq, name, &stack);
    if (r == STORE_E_ABSENT || (r == 0 && stack.status == CFN_DELETE_COMPLETE))
        return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] does not exist",
                        STR_ARG(name));
    if (r)
        return r;
    if (is_retry(rq, &stack, CFN_OP_UPDATE))
        return answer_id(rq, &stack);
    if (cfn_check_ready(rq, &stack, "updated") ||
        cfn_check_retry(rq, &stack, json_bool(rq->in, "DisableRollback", false), "update-stack") ||
        cfn_read_request(rq, &stack, &req))
        return AWS_FAILED;
    if (req.is_empty)
        return aws_fail(rq, &CFN_ValidationError, "No updates are to be performed.");
    return update(cfn, rq, &stack, &req);
}

/* ---- Deleting ---- */

static int refuse_used_exports(struct rq *rq, const struct cfn_stack *stack) {
    size_t i;
    json_t *output;
    json_array_foreach (stack->now.outputs, i, output) {
        CLEANUP_DEINIT(buf) struct buf user = {0};
        str export = json_str(output, "ExportName");
        int r = export.p ? cfn_importer(rq_rows(rq), cfn_here(rq), export, &user) : 0;
        if (r)
            return aws_fault(rq, r, "reading imports");
        if (user.len)
            return aws_fail(rq, &CFN_ValidationError,
                            "Export " STR_FMT " cannot be deleted as it is in use by %s",
                            STR_ARG(export), buf_cstr(&user));
    }
    return 0;
}

/* A name that is none of the stack's would be deleted with the others: it is refused. */
static int check_retained(struct rq *rq, const struct cfn_stack *stack) {
    CLEANUP_DEINIT(cfn_resources) struct cfn_resources resources = {0};
    size_t i;
    json_t *name;
    if (cfn_find_resources(rq, stack, &resources.list))
        return AWS_FAILED;
    json_array_foreach (json_arr(rq->in, "RetainResources"), i, name) {
        const struct cfn_resource *one = cfn_resource_find(&resources.list, json_text(name));
        bool is_left = cfn_resource_find(&stack->garbage, json_text(name)) != NULL;
        if (!is_left && (!one || one->status == CFN_DELETE_COMPLETE))
            return aws_fail(rq, &CFN_ValidationError,
                            "The specified resources to retain must be in a valid state. Do not "
                            "specify resources that are in the DELETE_COMPLETE state.");
    }
    return 0;
}

/* What is left behind is only for a stack that could not be deleted otherwise. */
static int check_left(struct rq *rq, const struct cfn_stack *stack) {
    if (stack->status == CFN_DELETE_FAILED)
        return check_retained(rq, stack);
    if (json_array_size(json_arr(rq->in, "RetainResources")))
        return aws_fail(
            rq, &CFN_ValidationError,
            "Invalid operation on stack [" STR_FMT
            "]. Specify resources to retain only when stack is in the DELETE_FAILED state.",
            STR_ARG(stack->id));
    if (str_is(json_str(rq->in, "DeletionMode"), "FORCE_DELETE_STACK"))
        return aws_fail(rq, &CFN_ValidationError,
                        "Invalid operation on stack [" STR_FMT
                        "]. You can activate DeletionMode FORCE_DELETE_STACK in a delete stack "
                        "operation only when the stack is in the DELETE_FAILED state.",
                        STR_ARG(stack->id));
    return 0;
}

/* May this stack be deleted? */
static int check_deletable(struct rq *rq, const struct cfn_stack *stack) {
    if (stack->is_protected)
        return aws_fail(rq, &CFN_ValidationError,
                        "Stack [" STR_FMT
                        "] cannot be deleted while TerminationProtection is enabled",
                        STR_ARG(stack->name));
    if (refuse_used_exports(rq, stack))
        return AWS_FAILED;
    bool busy =
        cfn_status_is(stack->status, CFN_UNDER_WAY) && !cfn_status_is(stack->status, CFN_YIELDS);
    if (busy && stack->status != CFN_REVIEW_IN_PROGRESS)
        return aws_fail(rq, &CFN_ValidationError,
                        "Stack [" STR_FMT "] cannot be deleted while in status %s",
                        STR_ARG(stack->name), cfn_status_name(stack->status));
    return 0;
}

static int forget_review(struct rq *rq, struct cfn_stack *stack) {
    cfn_stack_drop_name(rq_rows(rq), stack);
    stack->deleted_ms = rq->now_ms;
    stack->status = CFN_DELETE_COMPLETE;
    cfn_add_event(rq_rows(rq), stack, NULL, CFN_DELETE_COMPLETE, STR_NONE);
    cfn_put(rq_rows(rq), &cfn_stack_form, stack);
    return 0;
}

static int begin_deletion(struct cfn_svc *cfn, struct rq *rq, struct cfn_stack *stack) {
    if (cfn_drop_sets(rq, stack))
        return AWS_FAILED;
    if (stack->status == CFN_REVIEW_IN_PROGRESS)
        return forget_review(rq, stack);
    if (json_has(rq->in, "RoleARN"))
        stack->role = json_str(rq->in, "RoleARN");
    struct cfn_operation op = cfn_new_operation(rq, CFN_OP_DELETE, stack);
    if (cfn_status_is(stack->status,
                      CFN_YIELDS)) /* the engine has the stack in hand: leave it a word */
        cfn_take_over(cfn->engine, rq_rows(rq), stack, &op);
    else
        cfn_start(cfn->engine, rq_rows(rq), stack, &op, CFN_DELETE_IN_PROGRESS,
                  S("User Initiated"));
    return cfn_answer_late(cfn, rq, stack);
}

int cfn_op_DeleteStack(struct cfn_svc *cfn, struct rq *rq) {
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    int r = cfn_look_up(rq, json_str(rq->in, "StackName"), &stack);
    rq->out = json_object();
    if (r == STORE_E_ABSENT)
        return 0; /* deleting what is not there succeeds */
    if (r || stack.status == CFN_DELETE_COMPLETE)
        return r;
    if (check_left(rq, &stack))
        return AWS_FAILED;
    if (stack.status == CFN_DELETE_IN_PROGRESS)
        return 0;
    return check_deletable(rq, &stack) ? AWS_FAILED : begin_deletion(cfn, rq, &stack);
}

int cfn_op_UpdateTerminationProtection(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    if (cfn_find_stack(rq, &stack))
        return AWS_FAILED;
    stack.is_protected = json_bool(rq->in, "EnableTerminationProtection", false);
    cfn_put(rq_rows(rq), &cfn_stack_form, &stack);
    return answer_id(rq, &stack);
}
