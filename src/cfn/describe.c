/* What stacks, resources, events and exports look like to clients. */
#include "cfn/cfn_priv.h"
#include "store/key.h"

#include <inttypes.h>

enum { PAGE = 100 };

void cfn_set_time(json_t *out, const char *name, const json_t *from, const char *from_name) {
    int64_t ms = json_int(from, from_name, 0);
    if (ms)
        json_set(out, name, ms % 1000 ? json_real((double)ms / 1000.0) : json_integer(ms / 1000));
}

/* Takes list. */
int cfn_page(struct rq *rq, const char *name, json_t *list, size_t per_page) {
    CLEANUP_JSON json_t *all = list;
    str token = json_str(rq->in, "NextToken");
    uint64_t from = 0;
    if (token.p && (!str_to_u64(token, &from) || from > json_array_size(all)))
        return aws_fail(rq, &CFN_ValidationError, "Invalid NextToken");
    json_t *page = json_array();
    size_t i = from;
    for (; i < json_array_size(all) && i < from + per_page; i++)
        json_array_append(page, json_array_get(all, i));
    json_set(rq->out, name, page);
    if (i < json_array_size(all))
        json_set(rq->out, "NextToken", json_sprintf("%zu", i));
    return 0;
}

/* ---- Stacks ---- */

json_t *cfn_params_list(const struct tmpl_model *m, const json_t *values) {
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_params; i++) {
        str value = json_str(values, m->params[i].name.p);
        json_t *one = json_object();
        json_set_str(one, "ParameterKey", m->params[i].name);
        json_set_str(one, "ParameterValue", m->params[i].no_echo && value.p ? S("****") : value);
        json_array_append_new(list, one);
    }
    return list;
}

/* Parameters in the template's order; NoEcho is known from there. */
static int add_params(struct rq *rq, const json_t *stack, json_t *out) {
    struct tmpl *tree = NULL;
    const struct tmpl_model *m;
    str text = STR_NONE;
    if (!json_int(stack, "Generation", 0))
        return 0;
    if (cfn_find_template(rq, stack, &text))
        return AWS_FAILED;
    if (tmpl_new(&tree, text, NULL) == 0 && tmpl_model_new(tree, &m, NULL) == 0)
        json_set(out, "Parameters", cfn_params_list(m, json_obj(stack, "Parameters")));
    tmpl_free(tree);
    return 0;
}

static void copy_texts(json_t *out, const json_t *from, const char *const *names) {
    for (; *names; names++)
        json_set_str(out, *names, json_str(from, *names));
}

static json_t *copy_or_empty(const json_t *from, const char *name) {
    json_t *list = json_arr(from, name);
    return list ? json_deep_copy(list) : json_array();
}

static void add_drift(json_t *out, const char *status) {
    json_set(out, "DriftInformation", json_pack("{s:s}", status, "NOT_CHECKED"));
}

static int describe_stack(struct rq *rq, const json_t *stack, json_t *out) {
    static const char *const texts[] = {"StackId", "StackName", "Description", "ChangeSetId", "RoleARN", NULL};
    copy_texts(out, stack, texts);
    json_set_str(out, "StackStatus", json_str(stack, "Status"));
    json_set_str(out, "StackStatusReason", json_str(stack, "StatusReason"));
    cfn_set_time(out, "CreationTime", stack, "CreationTime");
    cfn_set_time(out, "LastUpdatedTime", stack, "LastUpdatedTime");
    cfn_set_time(out, "DeletionTime", stack, "DeletionTime");
    json_set_bool(out, "DisableRollback", json_bool(json_obj(stack, "Op"), "DisableRollback", false));
    json_set_bool(out, "EnableTerminationProtection", json_bool(stack, "EnableTerminationProtection", false));
    if (json_int(stack, "TimeoutInMinutes", 0))
        json_set_int(out, "TimeoutInMinutes", json_int(stack, "TimeoutInMinutes", 0));
    json_set(out, "NotificationARNs", json_array());
    json_set(out, "RollbackConfiguration", json_object());
    json_set(out, "Capabilities", copy_or_empty(stack, "Capabilities"));
    json_set(out, "Tags", copy_or_empty(stack, "Tags"));
    json_set(out, "Outputs", copy_or_empty(stack, "Outputs"));
    add_drift(out, "StackDriftStatus");
    return add_params(rq, stack, out);
}

static int add_live(void *ctx, str key, const json_t *doc) {
    (void)key;
    if (!str_is(json_str(doc, "Status"), "DELETE_COMPLETE"))
        json_array_append(ctx, (json_t *)doc);
    return 0;
}
static int add_any(void *ctx, str key, const json_t *doc) {
    (void)key;
    json_array_append(ctx, (json_t *)doc);
    return 0;
}

static int all_stacks(struct rq *rq, int (*add)(void *, str, const json_t *), json_t **ret) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    *ret = json_array();
    cfn_key(&prefix, "cfn-stack", cfn_here(rq), STR_NONE, STR_NONE);
    int rc = cfn_each(rq_store(rq), rq_snap(rq), buf_view(&prefix), false, add, *ret);
    return rc ? aws_fault(rq, rc, "reading stacks") : 0;
}

int cfn_op_DescribeStacks(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    str name = json_str(rq->in, "StackName");
    CLEANUP_JSON json_t *stacks = NULL;
    CLEANUP_JSON json_t *one = NULL;
    rq->out = json_object();
    if (name.len) {
        if (cfn_find_stack(rq, name, &one))
            return AWS_FAILED;
        stacks = json_pack("[O]", one);
    } else if (all_stacks(rq, add_live, &stacks)) {
        return AWS_FAILED;
    }
    json_t *list = json_array();
    size_t i;
    json_t *stack;
    json_array_foreach(stacks, i, stack) {
        json_t *out = json_object();
        json_array_append_new(list, out);
        if (describe_stack(rq, stack, out)) {
            json_decref(list);
            return AWS_FAILED;
        }
    }
    return cfn_page(rq, "Stacks", list, PAGE);
}

static bool is_wanted(const json_t *filter, str status) {
    size_t i;
    json_t *one;
    json_array_foreach(filter, i, one)
        if (str_eq(json_text(one), status))
            return true;
    return json_array_size(filter) == 0;
}

int cfn_op_ListStacks(struct svc *cfn, struct rq *rq) {
    static const char *const texts[] = {"StackId", "StackName", NULL};
    (void)cfn;
    CLEANUP_JSON json_t *stacks = NULL;
    if (all_stacks(rq, add_any, &stacks))
        return AWS_FAILED;
    json_t *list = json_array();
    size_t i;
    json_t *stack;
    json_array_foreach(stacks, i, stack) {
        if (!is_wanted(json_arr(rq->in, "StackStatusFilter"), json_str(stack, "Status")))
            continue;
        json_t *out = json_object();
        copy_texts(out, stack, texts);
        json_set_str(out, "TemplateDescription", json_str(stack, "Description"));
        json_set_str(out, "StackStatus", json_str(stack, "Status"));
        json_set_str(out, "StackStatusReason", json_str(stack, "StatusReason"));
        cfn_set_time(out, "CreationTime", stack, "CreationTime");
        cfn_set_time(out, "LastUpdatedTime", stack, "LastUpdatedTime");
        cfn_set_time(out, "DeletionTime", stack, "DeletionTime");
        add_drift(out, "StackDriftStatus");
        json_array_append_new(list, out);
    }
    rq->out = json_object();
    return cfn_page(rq, "StackSummaries", list, PAGE);
}

/* ---- Resources ---- */

/* time_name: "Timestamp" or "LastUpdatedTimestamp", as the operation calls it. */
static json_t *describe_resource(const json_t *stack, const json_t *row, const char *time_name) {
    json_t *out = json_object();
    if (stack) {
        json_set_str(out, "StackName", json_str(stack, "StackName"));
        json_set_str(out, "StackId", json_str(stack, "StackId"));
    }
    json_set_str(out, "LogicalResourceId", json_str(row, "LogicalId"));
    json_set_str(out, "PhysicalResourceId", json_str(row, "PhysicalId"));
    json_set_str(out, "ResourceType", json_str(row, "Type"));
    json_set_str(out, "ResourceStatus", json_str(row, "Status"));
    json_set_str(out, "ResourceStatusReason", json_str(row, "Reason"));
    cfn_set_time(out, time_name, row, "Time");
    add_drift(out, "StackResourceDriftStatus");
    return out;
}

/* A row that only failed before it began has no status yet. */
static bool is_listed(const json_t *row) { return json_has(row, "Status"); }

int cfn_op_ListStackResources(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_JSON json_t *rows = NULL;
    if (cfn_find_stack(rq, json_str(rq->in, "StackName"), &stack) || cfn_find_rows(rq, stack, &rows))
        return AWS_FAILED;
    json_t *list = json_array(), *row;
    const char *name;
    json_object_foreach(rows, name, row)
        if (is_listed(row))
            json_array_append_new(list, describe_resource(NULL, row, "LastUpdatedTimestamp"));
    rq->out = json_object();
    return cfn_page(rq, "StackResourceSummaries", list, PAGE);
}

static int no_resource(struct rq *rq, str logical, const json_t *stack) {
    return aws_fail(rq, &CFN_ValidationError, "Resource " STR_FMT " does not exist for stack " STR_FMT, STR_ARG(logical),
                    STR_ARG(json_str(stack, "StackName")));
}

/* The stack that holds a physical id. */
static int find_by_physical(struct rq *rq, str physical, json_t **ret_stack) {
    CLEANUP_JSON json_t *stacks = NULL;
    size_t i;
    json_t *stack;
    if (all_stacks(rq, add_live, &stacks))
        return AWS_FAILED;
    json_array_foreach(stacks, i, stack) {
        CLEANUP_JSON json_t *rows = NULL;
        const char *name;
        json_t *row;
        if (cfn_find_rows(rq, stack, &rows))
            return AWS_FAILED;
        json_object_foreach(rows, name, row) {
            if (!str_eq(json_str(row, "PhysicalId"), physical))
                continue;
            *ret_stack = json_incref(stack);
            return 0;
        }
    }
    return aws_fail(rq, &CFN_ValidationError, "Stack for " STR_FMT " does not exist", STR_ARG(physical));
}

int cfn_op_DescribeStackResources(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    str logical = json_str(rq->in, "LogicalResourceId"), physical = json_str(rq->in, "PhysicalResourceId");
    str name = json_str(rq->in, "StackName");
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_JSON json_t *rows = NULL;
    if (!name.p && !physical.p)
        return aws_fail(rq, &CFN_ValidationError, "Specify either StackName or PhysicalResourceId");
    if ((name.p ? cfn_find_stack(rq, name, &stack) : find_by_physical(rq, physical, &stack)) || cfn_find_rows(rq, stack, &rows))
        return AWS_FAILED;
    json_t *list = json_array(), *row;
    const char *id;
    json_object_foreach(rows, id, row)
        if (is_listed(row) && (!logical.p || str_is(logical, id)) && (!physical.p || str_eq(json_str(row, "PhysicalId"), physical)))
            json_array_append_new(list, describe_resource(stack, row, "Timestamp"));
    rq->out = json_object();
    json_set(rq->out, "StackResources", list);
    return logical.p && !json_array_size(list) ? no_resource(rq, logical, stack) : 0;
}

int cfn_op_DescribeStackResource(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    str logical = json_str(rq->in, "LogicalResourceId");
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_JSON json_t *rows = NULL;
    if (cfn_find_stack(rq, json_str(rq->in, "StackName"), &stack) || cfn_find_rows(rq, stack, &rows))
        return AWS_FAILED;
    const json_t *row = json_object_getn(rows, logical.p, logical.len);
    if (!row || !is_listed(row))
        return no_resource(rq, logical, stack);
    rq->out = json_object();
    json_set(rq->out, "StackResourceDetail", describe_resource(stack, row, "LastUpdatedTimestamp"));
    return 0;
}

/* ---- Events: newest first; the token is the sequence number to go on below ---- */

int cfn_op_DescribeStackEvents(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP_DEINIT(buf) struct buf to = {0};
    if (cfn_find_stack(rq, json_str(rq->in, "StackName"), &stack))
        return AWS_FAILED;
    str uuid = cfn_uuid_of(json_str(stack, "StackId")), token = json_str(rq->in, "NextToken");
    uint64_t below;
    cfn_key(&from, "cfn-event", cfn_here(rq), uuid, STR_NONE);
    if (token.p) {
        if (!str_to_u64(token, &below))
            return aws_fail(rq, &CFN_ValidationError, "Invalid NextToken");
        cfn_key_numbered(&to, "cfn-event", cfn_here(rq), uuid, below);
    } else {
        buf_str(&to, buf_view(&from));
        key_after(&to);
    }
    json_t *list = json_array();
    uint64_t last = 0;
    CLEANUP(store_iter) struct store_iter *it = store_iter_new(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from), buf_view(&to), true);
    rq->out = json_object();
    json_set(rq->out, "StackEvents", list);
    while (store_iter_next(it)) {
        if (json_array_size(list) == PAGE) {
            json_set(rq->out, "NextToken", json_sprintf("%" PRIu64, last));
            break;
        }
        json_t *event = json_parse(it->value, NULL);
        int64_t ms = json_int(event, "Timestamp", 0);
        json_set(event, "Timestamp", json_real((double)ms / 1000.0));
        json_array_append_new(list, event);
        struct cur tail = cur_of(str_skip(it->key, it->key.len - 8));
        last = key_take_u64(&tail);
    }
    int rc = store_iter_fault(it);
    return rc ? aws_fault(rq, rc, "reading events") : 0;
}

/* ---- Exports ---- */

static int add_export(void *ctx, str key, const json_t *doc) {
    (void)key;
    json_array_append_new(ctx, json_pack("{sO,sO,sO}", "ExportingStackId", json_object_get(doc, "StackId"), "Name",
                                         json_object_get(doc, "Name"), "Value", json_object_get(doc, "Value")));
    return 0;
}

int cfn_op_ListExports(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    json_t *list = json_array();
    cfn_key(&prefix, "cfn-export", cfn_here(rq), STR_NONE, STR_NONE);
    int rc = cfn_each(rq_store(rq), rq_snap(rq), buf_view(&prefix), false, add_export, list);
    rq->out = json_object();
    return rc ? (json_decref(list), aws_fault(rq, rc, "reading exports")) : cfn_page(rq, "Exports", list, PAGE);
}

static int add_importer(void *ctx, str key, const json_t *doc) {
    (void)key;
    json_push_str(ctx, json_str(doc, "StackName"));
    return 0;
}

int cfn_op_ListImports(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    str name = json_str(rq->in, "ExportName");
    json_t *list = json_array();
    cfn_key(&prefix, "cfn-import", cfn_here(rq), name, STR_NONE);
    int rc = cfn_each(rq_store(rq), rq_snap(rq), buf_view(&prefix), false, add_importer, list);
    rq->out = json_object();
    if (rc == 0 && !json_array_size(list)) {
        json_decref(list);
        return aws_fail(rq, &CFN_ValidationError, "Export '" STR_FMT "' is not imported by any stack.", STR_ARG(name));
    }
    return rc ? (json_decref(list), aws_fault(rq, rc, "reading imports")) : cfn_page(rq, "Imports", list, PAGE);
}
