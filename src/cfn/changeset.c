/*
 * Change sets. A change set keeps its own template and parameters; executing it is CreateStack or
 * UpdateStack with these. One that changes nothing is FAILED with the sentence that clients look
 * for.
 */
#include "base/arn.h"
#include "base/rand.h"
#include "cfn/cfn_priv.h"

static const char no_changes[] =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

/* ---- Creating ---- */

/* The stack that the set is for; new (status none) or in review: it is to be created. */
static int find_or_make_stack(struct rq *rq, enum cfn_op_kind kind, struct cfn_stack *ret) {
    str name = json_str(rq->in, "StackName");
    int r = cfn_look_up(rq, name, ret);
    bool exists = r == 0 && ret->status != CFN_DELETE_COMPLETE,
         in_review = exists && ret->status == CFN_REVIEW_IN_PROGRESS;
    if (r && r != STORE_E_ABSENT)
        return r;
    if (kind == CFN_OP_UPDATE)
        return !exists || in_review ? aws_fail(rq, &CFN_ValidationError,
                                               "Stack [" STR_FMT "] does not exist", STR_ARG(name))
                                    : cfn_check_ready(rq, ret, "updated");
    if (in_review)
        return 0;
    if (exists)
        return aws_fail(rq, &CFN_ValidationError,
                        "Stack [" STR_FMT
                        "] already exists and cannot be created again with the changeSet [" STR_FMT
                        "].",
                        STR_ARG(name), STR_ARG(json_str(rq->in, "ChangeSetName")));
    if (cfn_check_name(rq, name))
        return AWS_FAILED;
    cfn_stack_deinit(ret);
    r = cfn_stack_new(rq_rows(rq), &rq->arena, cfn_here(rq), name, ret);
    return r ? aws_fault(rq, r, "making a stack") : 0;
}

/* A new stack's name is taken from now on. */
static void put_review(struct rq *rq, struct cfn_stack *stack) {
    if (stack->status != CFN_NO_STATUS)
        return;
    stack->status = CFN_REVIEW_IN_PROGRESS;
    stack->reason = S("User Initiated");
    cfn_stack_put_name(rq_rows(rq), stack);
    cfn_add_event(rq_rows(rq), stack, NULL, stack->status, stack->reason);
    cfn_put(rq_rows(rq), &cfn_stack_form, stack);
}

/* Fills in what the request says. */
static void fill_set(struct rq *rq, const struct cfn_request *req, const struct cfn_stack *stack,
                     struct cfn_set *set) {
    char uuid[RAND_UUID_LEN + 1];
    rand_uuid(uuid);
    cfn_form_take(&cfn_set_form, rq->in, &rq->arena, set);
    set->id = arn_str(&rq->arena, "cloudformation", rq->region, rq->account,
                      "changeSet/" STR_FMT "/%s", STR_ARG(set->name), uuid);
    set->stack_id = stack->id;
    set->stack_name = stack->name;
    set->template = req->text;
    cfn_set_json(&set->changes, json_incref(req->changes));
    set->created_ms = rq->now_ms;
    cfn_apply_request(rq, req, &set->to, &set->role);
}

static int answer_set(struct rq *rq, const struct cfn_set *set) {
    rq->out = json_object();
    cfn_form_show(&cfn_set_form, set, rq->out, "Id=ChangeSetId StackId");
    return 0;
}

static int get_set(struct rq *rq, const struct cfn_stack *stack, struct cfn_set *ret) {
    cfn_key(&ret->row.key, "cfn-set", stack->place, stack->uuid, json_str(rq->in, "ChangeSetName"));
    return rq_row_result(rq, cfn_get(rq_rows(rq), &cfn_set_form, &rq->arena, ret));
}

static int is_there(struct rq *rq, const struct cfn_set *set) {
    return set->token.p && str_eq(set->token, json_str(rq->in, "ClientToken"))
               ? answer_set(rq, set)
               : aws_fail(rq, &CFN_AlreadyExistsException, "ChangeSet " STR_FMT " already exists",
                          STR_ARG(set->id));
}

int cfn_op_CreateChangeSet(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    str type = json_str(rq->in, "ChangeSetType");
    enum cfn_op_kind kind = str_is(type, "CREATE") ? CFN_OP_CREATE : CFN_OP_UPDATE;
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    CLEANUP_DEINIT(cfn_set) struct cfn_set set = {0};
    CLEANUP_DEINIT(cfn_request) struct cfn_request req = {0};
    if (str_is(type, "IMPORT"))
        return aws_fail(rq, &CFN_ValidationError, "ChangeSetType IMPORT is not supported");
    if (find_or_make_stack(rq, kind, &stack))
        return AWS_FAILED;
    int r = get_set(rq, &stack, &set);
    if (r != STORE_E_ABSENT)
        return r ? r : is_there(rq, &set);
    if (cfn_read_request(rq, &stack, &req))
        return AWS_FAILED;
    fill_set(rq, &req, &stack, &set);
    set.type = kind;
    set.status = req.is_empty ? CFN_SET_FAILED : CFN_SET_COMPLETE;
    put_review(rq, &stack);
    cfn_put(rq_rows(rq), &cfn_set_form, &set);
    return answer_set(rq, &set);
}

/* ---- Describing ---- */

static json_t *describe_set(const struct cfn_set *set) {
    json_t *out = json_object();
    bool failed = set->status == CFN_SET_FAILED;
    json_set_bool(out, "IncludeNestedStacks", false);
    cfn_form_show(&cfn_set_form, set, out,
                  "ChangeSetName ChangeSetId StackId StackName Description Status CreationTime "
                  "IncludeNestedStacks");
    json_set_str(out, "ExecutionStatus",
                 failed          ? S("UNAVAILABLE")
                 : set->obsolete ? S("OBSOLETE")
                                 : S("AVAILABLE"));
    json_set_str(out, "StatusReason", failed ? str_c(no_changes) : STR_NONE);
    return out;
}

static json_t *changes_of(const struct cfn_set *set) {
    json_t *list = json_array();
    size_t i;
    json_t *one;
    json_array_foreach (set->changes, i, one)
        json_array_append_new(list,
                              json_pack("{s:s,s:O}", "Type", "Resource", "ResourceChange", one));
    return list;
}

int cfn_op_DescribeChangeSet(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_set) struct cfn_set set = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    if (json_bool(rq->in, "IncludePropertyValues", false))
        return aws_fail(rq, &CFN_ValidationError, "IncludePropertyValues is not supported");
    if (cfn_find_set(rq, &set, &stack))
        return AWS_FAILED;
    rq->out = describe_set(&set);
    cfn_form_show(&cfn_set_form, &set, rq->out, "OnStackFailure");
    json_set(rq->out, "Parameters", cfn_params_list(set.template, set.to.parameters));
    json_set(rq->out, "Tags", json_array());
    cfn_form_show(&cfn_version_form, &set.to, rq->out, "Tags Capabilities");
    json_set(rq->out, "NotificationARNs", json_array());
    CLEANUP_JSON json_t *changes = changes_of(&set);
    return cfn_page(rq, "Changes", set.id, changes);
}

static int show_set(struct rq *rq, void *set, json_t **ret) {
    (void)rq;
    *ret = describe_set(set);
    return 0;
}

int cfn_op_ListChangeSets(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    if (cfn_find_stack(rq, &stack))
        return AWS_FAILED;
    cfn_key(&prefix, "cfn-set", stack.place, stack.uuid, STR_NONE);
    return cfn_page_rows(rq, "Summaries", &cfn_set_form, buf_view(&prefix), show_set);
}

/* ---- Executing, deleting ---- */

static int drop_set(void *ctx, void *what) {
    const struct cfn_set *set = what;
    row_still(ctx, &set->row);
    row_del(ctx, &set->row);
    return 0;
}

int cfn_drop_sets(struct rq *rq, const struct cfn_stack *stack) {
    return cfn_each_set(rq, stack, drop_set, (void *)rq_rows(rq));
}

static int outdate_set(void *ctx, void *what) {
    struct cfn_set *set = what;
    row_still(ctx, &set->row);
    set->obsolete = true;
    cfn_put(ctx, &cfn_set_form, set);
    return 0;
}

int cfn_outdate_sets(struct rq *rq, const struct cfn_stack *stack) {
    return cfn_each_set(rq, stack, outdate_set, (void *)rq_rows(rq));
}

/* What the set says of it, over what it is. */
static void apply_set(struct cfn_stack *stack, const struct cfn_set *set) {
    const struct cfn_version *to = &set->to;
    cfn_set_json(&stack->now.parameters, json_incref(to->parameters));
    cfn_set_json(&stack->now.secrets, json_incref(to->secrets));
    cfn_set_json(&stack->now.capabilities, json_incref(to->capabilities));
    if (to->tags)
        cfn_set_json(&stack->now.tags, json_incref(to->tags));
    stack->now.description = to->description;
    stack->change_set = set->id;
    if (set->role.p)
        stack->role = set->role;
}

static int execute(struct cfn_svc *cfn, struct rq *rq, const struct cfn_set *set,
                   struct cfn_stack *stack) {
    bool create = stack->status == CFN_REVIEW_IN_PROGRESS;
    if (!create) {
        cfn_stack_remember(stack);
        stack->updated_ms = rq->now_ms;
    }
    apply_set(stack, set);
    struct cfn_operation op = cfn_new_operation(rq, create ? CFN_OP_CREATE : CFN_OP_UPDATE, stack);
    if (set->on_failure == CFN_FAIL_DO_NOTHING) /* "equivalent to" it, API reference */
        op.disable_rollback = true;
    else if (set->on_failure)
        op.on_failure = set->on_failure;
    cfn_stack_set_template(rq_rows(rq), stack, set->template);
    cfn_start(cfn->engine, rq_rows(rq), stack, &op,
              create ? CFN_CREATE_IN_PROGRESS : CFN_UPDATE_IN_PROGRESS, S("User Initiated"));
    return cfn_answer_late(cfn, rq, stack);
}

int cfn_op_ExecuteChangeSet(struct cfn_svc *cfn, struct rq *rq) {
    CLEANUP_DEINIT(cfn_set) struct cfn_set set = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    rq->out = json_object();
    if (cfn_find_set(rq, &set, &stack))
        return AWS_FAILED;
    if (set.status != CFN_SET_COMPLETE)
        return aws_fail(rq, &CFN_InvalidChangeSetStatus,
                        "ChangeSet [" STR_FMT
                        "] cannot be executed in its current status of [FAILED]",
                        STR_ARG(set.id));
    if (set.obsolete)
        return aws_fail(rq, &CFN_InvalidChangeSetStatus,
                        "ChangeSet [" STR_FMT
                        "] cannot be executed in its current execution status of [OBSOLETE]",
                        STR_ARG(set.id));
    bool stays =
        set.on_failure == CFN_FAIL_DO_NOTHING || json_bool(rq->in, "DisableRollback", false);
    if (stack.status != CFN_REVIEW_IN_PROGRESS &&
        (cfn_check_ready(rq, &stack, "updated") ||
         cfn_check_retry(rq, &stack, stays, "execute-change-set")))
        return AWS_FAILED;
    if (cfn_drop_sets(rq, &stack))
        return AWS_FAILED;
    return execute(cfn, rq, &set, &stack);
}

int cfn_op_DeleteChangeSet(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_set) struct cfn_set set = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    int r = cfn_look_up_named_set(rq, &set, &stack);
    if (r == 0)
        row_del(rq_rows(rq), &set.row);
    rq->out = json_object();
    return r == STORE_E_ABSENT ? 0 : r; /* deleting what is not there succeeds */
}
