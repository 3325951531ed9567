/* What stacks, resources, events and exports look like to clients. */
#include "cfn/cfn_priv.h"
#include "store/key.h"

#include <inttypes.h>

enum { PAGE = 100 }; /* of events */

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
    cfn_form_show(&cfn_stack_form, stack, out,
                  "StackId StackName CreationTime LastUpdatedTime DeletionTime "
                  "StackStatus=Status StackStatusReason=StatusReason");
    add_drift(out, "StackDriftStatus");
    return out;
}

static int describe_stack(struct rq *rq, const struct cfn_stack *stack, json_t **ret) {
    static const char *const lists[] = {"NotificationARNs", "Capabilities", "Tags", "Outputs"};
    json_t *out = *ret = show_stack(stack);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        json_set(out, lists[i], json_array());
    cfn_form_show(&cfn_stack_form, stack, out,
                  "Description ChangeSetId RoleARN TimeoutInMinutes Capabilities Tags Outputs");
    json_set_bool(out, "DisableRollback", stack->op.disable_rollback);
    json_set_bool(out, "EnableTerminationProtection", stack->is_protected);
    json_set(out, "RollbackConfiguration", json_object());
    return add_params(rq, stack, out);
}

/* What an iterator showed does not know where it is. */
static void locate(struct rq *rq, struct cfn_stack *stack) {
    stack->place = cfn_here(rq);
    stack->uuid = cfn_uuid_of(stack->id);
}

static int show_live(struct rq *rq, void *what, json_t **ret) {
    struct cfn_stack *stack = what;
    locate(rq, stack);
    return stack->status == CFN_DELETE_COMPLETE ? 0 : describe_stack(rq, stack, ret);
}

static int page_stacks(struct rq *rq, const char *list, cfn_show_fn *show) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    cfn_key(&prefix, "cfn-stack", cfn_here(rq), STR_NONE, STR_NONE);
    return cfn_page_rows(rq, list, &cfn_stack_form, buf_view(&prefix), show);
}

int cfn_op_DescribeStacks(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    CLEANUP_JSON json_t *one = NULL;
    if (!json_str(rq->in, "StackName").len)
        return page_stacks(rq, "Stacks", show_live);
    if (cfn_find_stack(rq, &stack) || describe_stack(rq, &stack, &one))
        return AWS_FAILED;
    rq->out = json_pack("{s:[O]}", "Stacks", one);
    return 0;
}

static int show_summary(struct rq *rq, void *what, json_t **ret) {
    const struct cfn_stack *stack = what;
    const json_t *filter = json_arr(rq->in, "StackStatusFilter");
    if (json_array_size(filter) && !cfn_is_in(filter, str_c(cfn_status_name(stack->status))))
        return 0;
    *ret = show_stack(stack);
    cfn_form_show(&cfn_stack_form, stack, *ret, "TemplateDescription=Description");
    return 0;
}

int cfn_op_ListStacks(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    return page_stacks(rq, "StackSummaries", show_summary);
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

static int find(struct rq *rq, const char *words, struct found *ret) {
    int r = cfn_find_stack_in_words(rq, words, &ret->stack);
    return r ? r : cfn_find_resources(rq, &ret->stack, &ret->resources);
}

static bool holds(const struct cfn_list *resources, str physical) {
    for (size_t i = 0; i < resources->n; i++)
        if (str_eq(((const struct cfn_resource *)resources->items[i])->now.physical, physical))
            return true;
    return false;
}

int cfn_look_up_physical(struct rq *rq, str physical, struct cfn_stack *ret,
                         struct cfn_list *ret_resources) {
    CLEANUP_DEINIT(cfn_stacks) struct cfn_stacks stacks = {0};
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    cfn_key(&prefix, "cfn-stack", cfn_here(rq), STR_NONE, STR_NONE);
    int r =
        cfn_load_list(rq_rows(rq), &cfn_stack_form, &rq->arena, buf_view(&prefix), &stacks.list);
    if (cfn_listed(rq, r, "stacks"))
        return AWS_FAILED;
    for (size_t i = 0; i < stacks.list.n; i++) {
        struct cfn_stack *stack = stacks.list.items[i];
        cfn_list_deinit(&cfn_resource_form, ret_resources);
        if (stack->status == CFN_DELETE_COMPLETE)
            continue;
        locate(rq, stack);
        if (cfn_find_resources(rq, stack, ret_resources))
            return AWS_FAILED;
        if (holds(ret_resources, physical))
            return cfn_find_stack_of(rq, stack->id, ret);
    }
    return STORE_E_ABSENT;
}

static int find_by_physical(struct rq *rq, str physical, struct found *ret) {
    int r = cfn_look_up_physical(rq, physical, &ret->stack, &ret->resources);
    return r == STORE_E_ABSENT ? aws_fail(rq, &CFN_ValidationError,
                                          "Stack for " STR_FMT " does not exist", STR_ARG(physical))
                               : r;
}

/* time: how the operation calls it. */
static json_t *describe_resource(const struct cfn_stack *stack, const struct cfn_resource *resource,
                                 const char *time) {
    json_t *out = json_object();
    if (stack)
        cfn_form_show(&cfn_stack_form, stack, out, "StackName StackId");
    cfn_form_show(&cfn_resource_form, resource, out,
                  "LogicalResourceId=LogicalId PhysicalResourceId=PhysicalId ResourceType=Type "
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

static int show_resource(struct rq *rq, void *what, json_t **ret) {
    (void)rq;
    if (is_listed(what, STR_NONE, STR_NONE))
        *ret = describe_resource(NULL, what, "LastUpdatedTimestamp=Time");
    return 0;
}

int cfn_op_ListStackResources(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    if (cfn_find_stack(rq, &stack))
        return AWS_FAILED;
    cfn_key(&prefix, "cfn-res", stack.place, stack.uuid, STR_NONE);
    return cfn_page_rows(rq, "StackResourceSummaries", &cfn_resource_form, buf_view(&prefix),
                         show_resource);
}

static int no_resource(struct rq *rq, str logical, const struct cfn_stack *stack) {
    return aws_fail(rq, &CFN_ValidationError,
                    "Resource " STR_FMT " does not exist for stack " STR_FMT, STR_ARG(logical),
                    STR_ARG(stack->name));
}

int cfn_op_DescribeStackResources(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    str logical = json_str(rq->in, "LogicalResourceId"),
        physical = json_str(rq->in, "PhysicalResourceId");
    CLEANUP_DEINIT(found) struct found f = {0};
    if (!json_has(rq->in, "StackName") && !physical.p)
        return aws_fail(rq, &CFN_ValidationError, "Specify either StackName or PhysicalResourceId");
    if (json_has(rq->in, "StackName") ? find(rq, CFN_NO_STACK, &f)
                                      : find_by_physical(rq, physical, &f))
        return AWS_FAILED;
    json_t *list = json_array();
    for (size_t i = 0; i < f.resources.n; i++)
        if (is_listed(f.resources.items[i], logical, physical))
            json_array_append_new(
                list, describe_resource(&f.stack, f.resources.items[i], "Timestamp=Time"));
    rq->out = json_object();
    json_set(rq->out, "StackResources", list);
    return logical.p && !json_array_size(list) ? no_resource(rq, logical, &f.stack) : 0;
}

int cfn_op_DescribeStackResource(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    str logical = json_str(rq->in, "LogicalResourceId");
    CLEANUP_DEINIT(found) struct found f = {0};
    if (find(rq, "Stack '" STR_FMT "' does not exist", &f))
        return AWS_FAILED;
    const struct cfn_resource *resource = cfn_resource_find(&f.resources, logical);
    if (!resource || !is_listed(resource, STR_NONE, STR_NONE))
        return no_resource(rq, logical, &f.stack);
    rq->out = json_object();
    json_t *detail = describe_resource(&f.stack, resource, "LastUpdatedTimestamp=Time");
    cfn_add_metadata(rq, &f.stack, &f.resources, logical, detail);
    json_set(rq->out, "StackResourceDetail", detail);
    return 0;
}

/* ---- Events: newest first; the token is the sequence number to go on below ---- */

/* A page into the list; *ret_below: the number to go on below, 0 at the end. */
static int add_events(struct rq *rq, str from, str to, json_t *list, uint64_t *ret_below) {
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(rq_store(rq), rq_snap(rq), STORE_META, from, to, true);
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

int cfn_op_DescribeStackEvents(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack = {0};
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP_DEINIT(buf) struct buf to = {0};
    str token = json_str(rq->in, "NextToken");
    uint64_t below = 0;
    if (cfn_find_stack_in_words(rq, "Stack [" STR_FMT "] does not exist", &stack))
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

static int show_export(struct rq *rq, void *what, json_t **ret) {
    (void)rq;
    *ret = json_object();
    cfn_form_show(&cfn_export_form, what, *ret, "ExportingStackId=StackId Name Value");
    return 0;
}

int cfn_op_ListExports(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    cfn_key(&prefix, "cfn-export", cfn_here(rq), STR_NONE, STR_NONE);
    return cfn_page_rows(rq, "Exports", &cfn_export_form, buf_view(&prefix), show_export);
}

static int show_importer(struct rq *rq, void *what, json_t **ret) {
    (void)rq;
    *ret = json_of_str(((const struct cfn_import *)what)->stack_name);
    return 0;
}

int cfn_op_ListImports(struct cfn_svc *cfn, struct rq *rq) {
    (void)cfn;
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    str name = json_str(rq->in, "ExportName");
    cfn_key(&prefix, "cfn-import", cfn_here(rq), name, STR_NONE);
    int r = cfn_page_rows(rq, "Imports", &cfn_import_form, buf_view(&prefix), show_importer);
    if (r || json_array_size(json_arr(rq->out, "Imports")))
        return r;
    return aws_fail(rq, &CFN_ValidationError, "Export '" STR_FMT "' is not imported by any stack.",
                    STR_ARG(name));
}
