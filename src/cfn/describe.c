/* What stacks, resources, events and exports look like to clients. */
#include "cfn/cfn_priv.h"
#include "store/key.h"

#include <inttypes.h>

enum { PAGE = 100 };

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

json_t *cfn_params_list(str template, const json_t *values) {
    json_t *list = json_array();
    struct tmpl *tree = NULL;
    const struct tmpl_model *m;
    bool parsed = tmpl_new(&tree, template, NULL) == 0 && tmpl_model_new(tree, &m, NULL) == 0;
    for (size_t i = 0; parsed && i < m->n_params; i++) {
        str value = json_str(values, m->params[i].name.p);
        json_t *one = json_object();
        json_set_str(one, "ParameterKey", m->params[i].name);
        json_set_str(one, "ParameterValue", m->params[i].no_echo && value.p ? S("****") : value);
        json_array_append_new(list, one);
    }
    tmpl_free(tree);
    return list;
}

/* Parameters in the template's order; NoEcho is known from there. */
static int add_params(struct rq *rq, const struct cfn_stack *stack, json_t *out) {
    str text = STR_NONE;
    if (!stack->now.generation)
        return 0;
    if (cfn_find_template(rq, stack, &text))
        return AWS_FAILED;
    json_set(out, "Parameters", cfn_params_list(text, stack->now.parameters));
    return 0;
}

static void add_drift(json_t *out, const char *status) {
    json_set(out, "DriftInformation", json_pack("{s:s}", status, "NOT_CHECKED"));
}

/* What DescribeStacks and ListStacks both say. */
static json_t *show_stack(const struct cfn_stack *stack) {
    json_t *out = json_object();
    cfn_form_show(&cfn_stack_form, stack, out, "StackId StackName CreationTime LastUpdatedTime DeletionTime "
                  "StackStatus=Status StackStatusReason=StatusReason");
    add_drift(out, "StackDriftStatus");
    return out;
}

static int describe_stack(struct rq *rq, const struct cfn_stack *stack, json_t *list) {
    static const char *const lists[] = {"NotificationARNs", "Capabilities", "Tags", "Outputs"};
    json_t *out = show_stack(stack);
    json_array_append_new(list, out);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        json_set(out, lists[i], json_array());
    cfn_form_show(&cfn_stack_form, stack, out, "Description ChangeSetId RoleARN TimeoutInMinutes Capabilities Tags Outputs");
    json_set_bool(out, "DisableRollback", stack->op.disable_rollback);
    json_set_bool(out, "EnableTerminationProtection", stack->is_protected);
    json_set(out, "RollbackConfiguration", json_object());
    return add_params(rq, stack, out);
}

static int all_stacks(struct rq *rq, struct cfn_list *ret) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    cfn_key(&prefix, "cfn-stack", cfn_here(rq), STR_NONE, STR_NONE);
    int r = cfn_load_list(rq_rows(rq), &cfn_stack_form, &rq->arena, buf_view(&prefix), ret);
    for (size_t i = 0; i < ret->n; i++) {
        struct cfn_stack *stack = ret->items[i];
        stack->place = cfn_here(rq);
        stack->uuid = cfn_uuid_of(stack->id);
    }
    return cfn_listed(rq, r, "stacks");
}

static int describe_live(struct rq *rq, json_t *list) {
    CLEANUP_DEINIT(cfn_stacks) struct cfn_stacks stacks = {0};
    if (all_stacks(rq, &stacks.list))
        return AWS_FAILED;
    for (size_t i = 0; i < stacks.list.n; i++) {
        const struct cfn_stack *stack = stacks.list.items[i];
        if (stack->status != CFN_DELETE_COMPLETE && describe_stack(rq, stack, list))
            return AWS_FAILED;
    }
    return 0;
}

int cfn_op_DescribeStacks(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    bool named = json_str(rq->in, "StackName").len > 0;
    CLEANUP_JSON json_t *list = json_array();
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack one = {0};
    rq->out = json_object();
    if (named ? cfn_find_stack(rq, &one) || describe_stack(rq, &one, list) : describe_live(rq, list))
        return AWS_FAILED;
    return cfn_page(rq, "Stacks", json_incref(list), PAGE);
}

int cfn_op_ListStacks(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_stacks) struct cfn_stacks stacks = {0};
    if (all_stacks(rq, &stacks.list))
        return AWS_FAILED;
    json_t *list = json_array();
    const json_t *filter = json_arr(rq->in, "StackStatusFilter");
    for (size_t i = 0; i < stacks.list.n; i++) {
        const struct cfn_stack *stack = stacks.list.items[i];
        if (json_array_size(filter) && !cfn_is_in(filter, str_c(cfn_status_name(stack->status))))
            continue;
        json_t *out = show_stack(stack);
        cfn_form_show(&cfn_stack_form, stack, out, "TemplateDescription=Description");
        json_array_append_new(list, out);
    }
    rq->out = json_object();
    return cfn_page(rq, "StackSummaries", list, PAGE);
}

/* ---- Resources ---- */

/* The stack of a request by its name, or with NULL by a physical id, and its resources. */
struct found {
    struct cfn_stack stack;
    struct cfn_list resources;
};
static void found_deinit(struct found *f) {
    cfn_stack_deinit(&f->stack);
    cfn_list_deinit(&cfn_resource_form, &f->resources);
}

static int find(struct rq *rq, struct found *ret) {
    int r = cfn_find_stack(rq, &ret->stack);
    return r ? r : cfn_find_resources(rq, &ret->stack, &ret->resources);
}

static bool holds(const struct cfn_list *resources, str physical) {
    for (size_t i = 0; i < resources->n; i++)
        if (str_eq(((const struct cfn_resource *)resources->items[i])->now.physical, physical))
            return true;
    return false;
}

static int find_by_physical(struct rq *rq, str physical, struct found *ret) {
    CLEANUP_DEINIT(cfn_stacks) struct cfn_stacks stacks = {0};
    if (all_stacks(rq, &stacks.list))
        return AWS_FAILED;
    for (size_t i = 0; i < stacks.list.n; i++) {
        struct cfn_stack *stack = stacks.list.items[i];
        cfn_list_deinit(&cfn_resource_form, &ret->resources);
        if (stack->status == CFN_DELETE_COMPLETE)
            continue;
        if (cfn_find_resources(rq, stack, &ret->resources))
            return AWS_FAILED;
        if (holds(&ret->resources, physical))
            return cfn_find_stack_of(rq, stack->id, &ret->stack);
    }
    return aws_fail(rq, &CFN_ValidationError, "Stack for " STR_FMT " does not exist", STR_ARG(physical));
}

/* time: how the operation calls it. */
static json_t *describe_resource(const struct cfn_stack *stack, const struct cfn_resource *resource, const char *time) {
    json_t *out = json_object();
    if (stack)
        cfn_form_show(&cfn_stack_form, stack, out, "StackName StackId");
    cfn_form_show(&cfn_resource_form, resource, out, "LogicalResourceId=LogicalId PhysicalResourceId=PhysicalId ResourceType=Type "
                  "ResourceStatus=Status ResourceStatusReason=Reason");
    cfn_form_show(&cfn_resource_form, resource, out, time);
    add_drift(out, "StackResourceDriftStatus");
    return out;
}

/* A resource that only failed before it began has no status yet. */
static bool is_listed(const struct cfn_resource *resource, str logical, str physical) {
    return resource->status != CFN_NO_STATUS && (!logical.p || str_eq(logical, resource->name)) &&
           (!physical.p || str_eq(physical, resource->now.physical));
}

static json_t *list_resources(const struct found *f, str logical, str physical, const struct cfn_stack *stack, const char *time) {
    json_t *list = json_array();
    for (size_t i = 0; i < f->resources.n; i++)
        if (is_listed(f->resources.items[i], logical, physical))
            json_array_append_new(list, describe_resource(stack, f->resources.items[i], time));
    return list;
}

int cfn_op_ListStackResources(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(found) struct found f = {0};
    if (find(rq, &f))
        return AWS_FAILED;
    rq->out = json_object();
    return cfn_page(rq, "StackResourceSummaries", list_resources(&f, STR_NONE, STR_NONE, NULL, "LastUpdatedTimestamp=Time"), PAGE);
}

static int no_resource(struct rq *rq, str logical, const struct cfn_stack *stack) {
    return aws_fail(rq, &CFN_ValidationError, "Resource " STR_FMT " does not exist for stack " STR_FMT, STR_ARG(logical),
                    STR_ARG(stack->name));
}

int cfn_op_DescribeStackResources(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    str logical = json_str(rq->in, "LogicalResourceId"), physical = json_str(rq->in, "PhysicalResourceId");
    CLEANUP_DEINIT(found) struct found f = {0};
    if (!json_has(rq->in, "StackName") && !physical.p)
        return aws_fail(rq, &CFN_ValidationError, "Specify either StackName or PhysicalResourceId");
    if (json_has(rq->in, "StackName") ? find(rq, &f) : find_by_physical(rq, physical, &f))
        return AWS_FAILED;
    json_t *list = list_resources(&f, logical, physical, &f.stack, "Timestamp=Time");
    rq->out = json_object();
    json_set(rq->out, "StackResources", list);
    return logical.p && !json_array_size(list) ? no_resource(rq, logical, &f.stack) : 0;
}

int cfn_op_DescribeStackResource(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    str logical = json_str(rq->in, "LogicalResourceId");
    CLEANUP_DEINIT(found) struct found f = {0};
    if (find(rq, &f))
        return AWS_FAILED;
    const struct cfn_resource *resource = cfn_resource_find(&f.resources, logical);
    if (!resource || !is_listed(resource, STR_NONE, STR_NONE))
        return no_resource(rq, logical, &f.stack);
    rq->out = json_object();
    json_set(rq->out, "StackResourceDetail", describe_resource(&f.stack, resource, "LastUpdatedTimestamp=Time"));
    return 0;
}

/* ---- Events: newest first; the token is the sequence number to go on below ---- */

/* A page into the list; *ret_below: the number to go on below, 0 at the end. */
static int add_events(struct rq *rq, str from, str to, json_t *list, uint64_t *ret_below) {
    CLEANUP(store_iter) struct store_iter *it = store_iter_new(rq_store(rq), rq_snap(rq), STORE_META, from, to, true);
    uint64_t last = 0;
    bool damaged = false;
    while (store_iter_next(it)) {
        struct cfn_event event = {0};
        struct cur tail = cur_of(str_skip(it->key, it->key.len - 8));
        if (json_array_size(list) == PAGE) {
            *ret_below = last;
            break;
        }
        last = key_take_u64(&tail);
        if (!cfn_form_read(it->value, &cfn_event_form, &rq->arena, &event)) {
            damaged = true;
            continue;
        }
        json_t *shown = json_object();
        cfn_form_show(&cfn_event_form, &event, shown, NULL);
        json_array_append_new(list, shown);
        cfn_event_deinit(&event);
    }
    int r = store_iter_fault(it);
    return cfn_listed(rq, r == 0 && damaged ? STORE_E_DAMAGED : r, "events");
}

int cfn_op_DescribeStackEvents(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP_DEINIT(buf) struct buf to = {0};
    str token = json_str(rq->in, "NextToken");
    uint64_t below = 0;
    if (cfn_find_stack(rq, &stack))
        return AWS_FAILED;
    if (token.p && !str_to_u64(token, &below))
        return aws_fail(rq, &CFN_ValidationError, "Invalid NextToken");
    cfn_key(&from, "cfn-event", stack.place, stack.uuid, STR_NONE);
    cfn_key(&to, "cfn-event", stack.place, stack.uuid, STR_NONE);
    if (token.p)
        key_u64(&to, below);
    else
        key_after(&to);
    rq->out = json_object();
    json_t *list = json_array();
    json_set(rq->out, "StackEvents", list);
    below = 0;
    int r = add_events(rq, buf_view(&from), buf_view(&to), list, &below);
    if (r == 0 && below)
        json_set(rq->out, "NextToken", json_sprintf("%" PRIu64, below));
    return r;
}

/* ---- Exports ---- */

static int add_export(void *ctx, void *what) {
    json_t *out = json_object();
    cfn_form_show(&cfn_export_form, what, out, "ExportingStackId=StackId Name Value");
    json_array_append_new(ctx, out);
    return 0;
}

int cfn_op_ListExports(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    CLEANUP_JSON json_t *list = json_array();
    cfn_key(&prefix, "cfn-export", cfn_here(rq), STR_NONE, STR_NONE);
    int r = cfn_each(rq_rows(rq), &cfn_export_form, buf_view(&prefix), add_export, list);
    rq->out = json_object();
    return cfn_listed(rq, r, "exports") ? AWS_FAILED : cfn_page(rq, "Exports", json_incref(list), PAGE);
}

static int add_importer(void *ctx, void *what) {
    json_push_str(ctx, ((const struct cfn_import *)what)->stack_name);
    return 0;
}

int cfn_op_ListImports(struct svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    CLEANUP_JSON json_t *list = json_array();
    str name = json_str(rq->in, "ExportName");
    cfn_key(&prefix, "cfn-import", cfn_here(rq), name, STR_NONE);
    int r = cfn_each(rq_rows(rq), &cfn_import_form, buf_view(&prefix), add_importer, list);
    if (cfn_listed(rq, r, "imports"))
        return AWS_FAILED;
    if (!json_array_size(list))
        return aws_fail(rq, &CFN_ValidationError, "Export '" STR_FMT "' is not imported by any stack.", STR_ARG(name));
    rq->out = json_object();
    return cfn_page(rq, "Imports", json_incref(list), PAGE);
}
