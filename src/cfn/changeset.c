/*
 * Change sets. A change set keeps its own template and parameters; executing it is CreateStack or
 * UpdateStack with these. One that changes nothing is FAILED with the sentence that clients look for.
 */
#include "base/rand.h"
#include "cfn/cfn_priv.h"

static const char no_changes[] =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

static int find_or_make_stack(struct rq *rq, str type, json_t **ret_stack, bool *ret_new) {
    str name = json_str(rq->in, "StackName");
    int rc = cfn_look_up(rq, name, ret_stack);
    bool exists = rc == 0 && !str_is(json_str(*ret_stack, "Status"), "DELETE_COMPLETE");
    bool in_review = exists && str_is(json_str(*ret_stack, "Status"), "REVIEW_IN_PROGRESS");
    if (rc && rc != STORE_E_ABSENT)
        return rc;
    *ret_new = !exists || in_review;
    if (str_is(type, "CREATE")) {
        if (exists && !in_review)
            return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] already exists and cannot be created again with the changeSet [" STR_FMT "].",
                            STR_ARG(name), STR_ARG(json_str(rq->in, "ChangeSetName")));
        if (!exists && cfn_check_name(rq, name))
            return AWS_FAILED;
        if (!exists)
            *ret_stack = cfn_stack_new(cfn_here(rq), name, STR_NONE);
        return 0;
    }
    if (!exists || in_review)
        return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] does not exist", STR_ARG(name));
    return cfn_check_ready(rq, *ret_stack, "updated");
}

static int put_review(struct rq *rq, json_t *stack) {
    json_set_str(stack, "Status", S("REVIEW_IN_PROGRESS"));
    json_set_str(stack, "StatusReason", S("User Initiated"));
    json_set(stack, "Op", json_object());
    cfn_put_name(rq, stack);
    cfn_add_event(rq_store(rq), rq_batch(rq), cfn_here(rq), stack, NULL, "REVIEW_IN_PROGRESS", S("User Initiated"));
    cfn_save_stack(rq_batch(rq), cfn_here(rq), stack);
    return 0;
}

static json_t *new_set(struct rq *rq, const struct cfn_request *req, const json_t *stack, str type) {
    char uuid[RAND_UUID_LEN + 1];
    rand_uuid(uuid);
    str name = json_str(rq->in, "ChangeSetName");
    json_t *set = json_object();
    json_set(set, "ChangeSetId", json_sprintf("arn:aws:cloudformation:" STR_FMT ":" STR_FMT ":changeSet/" STR_FMT "/%s",
                                              STR_ARG(rq->region), STR_ARG(rq->account), STR_ARG(name), uuid));
    json_set_str(set, "ChangeSetName", name);
    json_set_str(set, "StackId", json_str(stack, "StackId"));
    json_set_str(set, "StackName", json_str(stack, "StackName"));
    json_set_str(set, "Description", json_str(rq->in, "Description"));
    json_set_str(set, "Type", type);
    json_set_str(set, "Template", req->text);
    json_set_str(set, "ClientToken", json_str(rq->in, "ClientToken"));
    json_set_str(set, "OnStackFailure", json_str(rq->in, "OnStackFailure"));
    json_set_int(set, "CreationTime", rq->now_ms);
    cfn_apply_request(rq, req, set);
    json_set_str(set, "TemplateDescription", req->model->description);
    json_set_str(set, "Description", json_str(rq->in, "Description").p ? json_str(rq->in, "Description") : STR_NONE);
    if (!json_has(rq->in, "Description"))
        json_object_del(set, "Description");
    return set;
}

static bool tags_differ(const struct cfn_request *req, const json_t *stack) {
    const json_t *old = json_object_get(stack, "Tags");
    return req->tags && (!old ? json_array_size(req->tags) > 0 : !json_equal(old, req->tags));
}

static int answer_set(struct rq *rq, const json_t *set) {
    rq->out = json_object();
    json_set_str(rq->out, "Id", json_str(set, "ChangeSetId"));
    json_set_str(rq->out, "StackId", json_str(set, "StackId"));
    return 0;
}

int cfn_op_CreateChangeSet(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    str type = json_str(rq->in, "ChangeSetType").p ? json_str(rq->in, "ChangeSetType") : S("UPDATE");
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_JSON json_t *there = NULL;
    CLEANUP_JSON json_t *changes = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct cfn_request req = {0};
    bool is_new = false, outputs_change = false;
    if (str_is(type, "IMPORT"))
        return aws_fail(rq, &CFN_ValidationError, "ChangeSetType IMPORT is not supported");
    if (find_or_make_stack(rq, type, &stack, &is_new))
        return AWS_FAILED;
    cfn_key_set(rq, &key, stack, json_str(rq->in, "ChangeSetName"));
    int rc = rq_get_json(rq, STORE_META, buf_view(&key), &there);
    if (rc == 0)
        return json_has(there, "ClientToken") && str_eq(json_str(there, "ClientToken"), json_str(rq->in, "ClientToken"))
                   ? answer_set(rq, there)
                   : aws_fail(rq, &CFN_AlreadyExistsException, "ChangeSet " STR_FMT " already exists", STR_ARG(json_str(there, "ChangeSetId")));
    if (rc != STORE_E_ABSENT || cfn_read_request(rq, is_new ? NULL : stack, &req) || cfn_check_capabilities(rq, req.model))
        return AWS_FAILED;
    CLEANUP_JSON json_t *future = json_deep_copy(stack); /* with the tags to come, for the plan */
    if (req.tags)
        json_set(future, "Tags", json_deep_copy(req.tags));
    if (cfn_plan_request(rq, &req, future, &changes, &outputs_change))
        return AWS_FAILED;
    CLEANUP_JSON json_t *set = new_set(rq, &req, stack, type);
    bool empty = !json_array_size(changes) && !outputs_change && !tags_differ(&req, stack);
    json_set(set, "Changes", json_incref(changes));
    json_set_str(set, "Status", empty ? S("FAILED") : S("CREATE_COMPLETE"));
    json_set_str(set, "ExecutionStatus", empty ? S("UNAVAILABLE") : S("AVAILABLE"));
    if (empty)
        json_set_str(set, "StatusReason", str_c(no_changes));
    if (is_new && !json_has(stack, "Status"))
        put_review(rq, stack);
    store_expect_absent(rq_batch(rq), STORE_META, buf_view(&key));
    rq_put_json(rq, STORE_META, buf_view(&key), set);
    return answer_set(rq, set);
}

/* ---- Describing ---- */

static json_t *params_of_set(struct rq *rq, const json_t *set) {
    struct tmpl *tree = NULL;
    const struct tmpl_model *m;
    json_t *list = NULL;
    (void)rq;
    if (tmpl_new(&tree, json_str(set, "Template"), NULL) == 0 && tmpl_model_new(tree, &m, NULL) == 0)
        list = cfn_params_list(m, json_obj(set, "Parameters"));
    tmpl_free(tree);
    return list ? list : json_array();
}

static void copy_set(json_t *out, const json_t *set) {
    static const char *const names[] = {"ChangeSetName", "ChangeSetId", "StackId", "StackName", "Description", "ExecutionStatus",
                                        "Status", "StatusReason", NULL};
    for (size_t i = 0; names[i]; i++)
        json_set_str(out, names[i], json_str(set, names[i]));
    cfn_set_time(out, "CreationTime", set, "CreationTime");
}

static json_t *changes_of(const json_t *set) {
    json_t *list = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(json_arr(set, "Changes"), i, one)
        json_array_append_new(list, json_pack("{s:s,s:O}", "Type", "Resource", "ResourceChange", one));
    return list;
}

int cfn_op_DescribeChangeSet(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_JSON json_t *set = NULL;
    if (cfn_find_set(rq, json_str(rq->in, "ChangeSetName"), json_str(rq->in, "StackName"), &set, NULL))
        return AWS_FAILED;
    rq->out = json_object();
    copy_set(rq->out, set);
    json_set_str(rq->out, "OnStackFailure", json_str(set, "OnStackFailure"));
    json_set(rq->out, "Parameters", params_of_set(rq, set));
    json_set(rq->out, "Tags", json_arr(set, "Tags") ? json_deep_copy(json_arr(set, "Tags")) : json_array());
    json_set(rq->out, "Capabilities", json_deep_copy(json_arr(set, "Capabilities")));
    json_set(rq->out, "NotificationARNs", json_array());
    json_set_bool(rq->out, "IncludeNestedStacks", false);
    return cfn_page(rq, "Changes", changes_of(set), 100);
}

static int add_summary(void *ctx, str key, const json_t *doc) {
    (void)key;
    json_t *one = json_object();
    copy_set(one, doc);
    json_array_append_new(ctx, one);
    return 0;
}

int cfn_op_ListChangeSets(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    if (cfn_find_stack(rq, json_str(rq->in, "StackName"), &stack))
        return AWS_FAILED;
    json_t *list = json_array();
    cfn_key_set(rq, &prefix, stack, STR_NONE);
    int rc = cfn_each(rq_store(rq), rq_snap(rq), buf_view(&prefix), false, add_summary, list);
    rq->out = json_object();
    rc = rc ? aws_fault(rq, rc, "reading change sets") : cfn_page(rq, "Summaries", list, 100);
    return rc;
}

/* ---- Executing, deleting ---- */

static int drop_key(void *ctx, str key, const json_t *doc) {
    (void)doc;
    store_del(ctx, STORE_META, key);
    return 0;
}

/* Executing one deletes all: they were made against a stack that is about to change. */
static int drop_sets(struct rq *rq, const json_t *stack) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    cfn_key_set(rq, &prefix, stack, STR_NONE);
    int rc = cfn_each(rq_store(rq), rq_snap(rq), buf_view(&prefix), false, drop_key, rq_batch(rq));
    return rc ? aws_fault(rq, rc, "dropping change sets") : 0;
}

static json_t *options_of(struct rq *rq, const json_t *set) {
    json_t *options = cfn_operation_options(rq);
    str on_failure = json_str(set, "OnStackFailure");
    if (on_failure.p)
        json_set_str(options, "OnFailure", on_failure);
    return options;
}

int cfn_op_ExecuteChangeSet(struct svc *cfn, struct rq *rq) {
    static const char *const fields[] = {"Parameters", "Secrets", "Tags", "Capabilities", "RoleARN"};
    CLEANUP_JSON json_t *set = NULL;
    CLEANUP_JSON json_t *stack = NULL;
    rq->out = json_object();
    if (cfn_find_set(rq, json_str(rq->in, "ChangeSetName"), json_str(rq->in, "StackName"), &set, &stack))
        return AWS_FAILED;
    if (!str_is(json_str(set, "ExecutionStatus"), "AVAILABLE"))
        return aws_fail(rq, &CFN_InvalidChangeSetStatus, "ChangeSet [" STR_FMT "] cannot be executed in its current status of [" STR_FMT "]",
                        STR_ARG(json_str(set, "ChangeSetId")), STR_ARG(json_str(set, "Status")));
    bool create = str_is(json_str(stack, "Status"), "REVIEW_IN_PROGRESS");
    if (!create && cfn_check_ready(rq, stack, "updated"))
        return AWS_FAILED;
    if (!create)
        cfn_stack_remember(stack);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        json_t *value = json_object_get(set, fields[i]);
        if (value)
            json_set(stack, fields[i], json_deep_copy(value));
    }
    json_set_str(stack, "Description", json_str(set, "TemplateDescription"));
    json_set_str(stack, "ChangeSetId", json_str(set, "ChangeSetId"));
    if (!create)
        json_set_int(stack, "LastUpdatedTime", rq->now_ms);
    CLEANUP_JSON json_t *who = cfn_who(rq, stack);
    if (drop_sets(rq, stack))
        return AWS_FAILED;
    cfn_stack_set_template(rq_batch(rq), cfn_here(rq), stack, json_str(set, "Template"));
    cfn_start(cfn->engine, rq_batch(rq), cfn_here(rq), stack, create ? "CREATE" : "UPDATE",
              create ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", options_of(rq, set), who, S("User Initiated"));
    return 0;
}

int cfn_op_DeleteChangeSet(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_JSON json_t *set = NULL;
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    if (cfn_find_set(rq, json_str(rq->in, "ChangeSetName"), json_str(rq->in, "StackName"), &set, &stack))
        return AWS_FAILED;
    cfn_key_set(rq, &key, stack, json_str(set, "ChangeSetName"));
    store_del(rq_batch(rq), STORE_META, buf_view(&key));
    rq->out = json_object();
    return 0;
}
