/*
 * Forward: creates or updates the resources of the stack's template in the graph's order, then
 * evaluates outputs. Each look starts what has become possible; what waits does not hold up others.
 */
#include "cfn/plan.h"
#include "cfn/run.h"

#include "base/clock.h"

#include <errno.h>

static bool is_update(const struct cfn_run *run) {
    return run->stack.status == CFN_UPDATE_IN_PROGRESS;
}

/* ---- One resource ---- */

/* What the template says of the resource beside its properties: kept with the row, for its end. */
static void describe(struct cfn_run *run, struct cfn_resource *resource, size_t index,
                     size_t position) {
    const struct tmpl_resource *r = &run->model->resources[index];
    resource->now.on_delete = r->on_delete;
    resource->now.on_replace = r->on_replace;
    resource->now.order = (int64_t)position;
    cfn_set_json(&resource->now.needs, json_array());
    for (size_t i = 0; i < run->graph.n_needs[index]; i++)
        json_push_str(resource->now.needs, run->model->resources[run->graph.needs[index][i]].name);
}

/*
 * Its properties cannot be made out, or not be applied: the resource fails before anything is
 * called.
 */
static int fail_early(struct cfn_run *run, struct cfn_resource *resource) {
    bool created = !resource->now.physical.p;
    bool half = resource->task.verb == CFN_UPDATE && resource->task.stage == CFN_BROKEN;
    CLEANUP_JSON json_t *tried = half ? json_incref(resource->task.properties) : NULL;
    cfn_task_mark(run, resource,
                  created ? CFN_CREATE
                  : half  ? CFN_UPDATE
                          : CFN_NO_VERB,
                  CFN_BROKEN);
    if (half) /* an earlier update's, which may be there still */
        cfn_set_json(&resource->task.properties, json_incref(tried));
    cfn_run_mark(run, resource, created ? CFN_CREATE_FAILED : CFN_UPDATE_FAILED,
                 str_c(run->why.text));
    return cfn_run_commit_and(run, CFN_FAILED);
}

static enum cfn_change compare(struct cfn_run *run, const struct cfn_resource *resource, str type,
                               const json_t *props, str *ret_property) {
    const struct cfn_backend *backend = cfn_engine_backend(run->engine);
    return cfn_compare(backend->type(backend->ctx, type), tmpl_type_find(type), resource->now.type,
                       type, resource->now.properties, props, ret_property);
}

static int begin_resource(struct cfn_run *run, size_t index, size_t position) {
    const struct tmpl_resource *r = &run->model->resources[index];
    struct cfn_resource *resource = cfn_resource_find(&run->resources, r->name);
    bool is_new = !resource;
    CLEANUP_JSON json_t *props = NULL;
    str property = STR_NONE;
    if (is_new)
        resource = cfn_run_add(run, r->name, r->type);
    bool failed = cfn_run_properties(run, r, &props) != 0;
    CLEANUP_JSON json_t *applied = json_incref(resource->now.properties);
    if (!is_new && !failed)
        cfn_set_json(&resource->now.properties, cfn_may_have(resource, props));
    enum cfn_change how =
        failed || is_new ? CFN_NEW_ONE : compare(run, resource, r->type, props, &property);
    if (how == CFN_NEW_ONE && !failed && !is_new && cfn_leftover_take_back(run, resource, r, props))
        how = compare(run, resource, r->type, props, &property);
    if (how == CFN_UNSUPPORTED) { /* not found while planning: a value was unknown then */
        failed =
            tmpl_is_custom(r->type)
                ? err_set(&run->why, 1, CFN_SAME_TOKEN)
                : err_set(&run->why, 1, "An update of the property " STR_FMT " is not supported",
                          STR_ARG(property));
        cfn_set_json(&resource->now.properties, json_incref(applied));
    }
    if (!is_new)
        cfn_form_share(&cfn_state_form, &resource->old, &resource->now);
    if (!failed)
        resource->now.type = arena_str(&run->arena, r->type);
    describe(run, resource, index, position);
    if (failed)
        return fail_early(run, resource);
    if (how == CFN_SAME) {
        cfn_task_mark(run, resource, CFN_NO_VERB, CFN_FINISHED);
        return cfn_run_commit_and(run, CFN_DONE);
    }
    if (is_new || how == CFN_IN_PLACE)
        return cfn_task_begin(run, resource, is_new ? CFN_CREATE : CFN_UPDATE, STEAL(props),
                              STR_NONE);
    return cfn_task_begin(
        run, resource, CFN_REPLACE, STEAL(props),
        S("Requested update requires the creation of a new physical resource; hence creating one."));
}

static bool needs_are_met(struct cfn_run *run, size_t index) {
    for (size_t i = 0; i < run->order.n_needs[index]; i++) {
        str name = run->model->resources[run->order.needs[index][i]].name;
        const struct cfn_resource *needed = cfn_resource_find(&run->resources, name);
        if (!needed || cfn_task_stage(run, needed) != CFN_FINISHED)
            return false;
    }
    return true;
}

/* CFN_DONE, CFN_WAIT (or nothing to do yet), CFN_FAILED, or a fault. */
static int look_at(struct cfn_run *run, size_t position, bool may_begin) {
    size_t index = run->order.order[position];
    struct cfn_resource *resource =
        cfn_resource_find(&run->resources, run->model->resources[index].name);
    if (resource && cfn_task_stage(run, resource) != CFN_UNTOUCHED)
        return cfn_task_go_on(run, resource);
    return may_begin && needs_are_met(run, index) ? begin_resource(run, index, position) : CFN_WAIT;
}

/* ---- When it fails ---- */

static void add_failed_names(struct cfn_run *run, struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf names = {0};
    struct cfn_list *all = cfn_run_by_order(run);
    for (size_t i = 0; i < all->n; i++) {
        const struct cfn_resource *one = all->items[i];
        if (cfn_task_stage(run, one) == CFN_BROKEN)
            cfn_add_name(&names, one->name);
    }
    buf_printf(out, "The following resource(s) failed to %s: [%s]. ",
               is_update(run) ? "update" : "create", buf_cstr(&names));
}

/* Whatever still waits is given up; what it began is found by its row, or looked for. */
static void cancel_waiting(struct cfn_run *run) {
    struct cfn_list *all = cfn_run_by_order(run);
    for (size_t i = 0; i < all->n; i++) {
        struct cfn_resource *one = all->items[i];
        if (cfn_task_stage(run, one) != CFN_DOING)
            continue;
        one->task.is_lost = cfn_task_is_lost(one);
        one->task.stage = CFN_BROKEN;
        cfn_drop_reply(run->engine, &run->rows, one);
        cfn_run_mark(run, one, is_update(run) ? CFN_UPDATE_FAILED : CFN_CREATE_FAILED,
                     S("Resource creation cancelled"));
    }
}

static int give_up(struct cfn_run *run, const char *why) {
    CLEANUP_DEINIT(buf) struct buf reason = {0};
    const struct cfn_operation *op = &run->stack.op;
    bool update = is_update(run),
         stays = op->disable_rollback || op->on_failure == CFN_FAIL_DO_NOTHING;
    if (why)
        buf_printf(&reason, "%s ", why);
    else
        add_failed_names(run, &reason);
    cancel_waiting(run);
    if (stays && update)
        cfn_leftover_keep(run);
    if (!update && !stays && op->on_failure != CFN_FAIL_DELETE)
        buf_c(&reason, "Rollback requested by user.");
    cfn_run_set_status(run,
                       stays && update                     ? CFN_UPDATE_FAILED
                       : stays                             ? CFN_CREATE_FAILED
                       : update                            ? CFN_UPDATE_ROLLBACK_IN_PROGRESS
                       : op->on_failure == CFN_FAIL_DELETE ? CFN_DELETE_IN_PROGRESS
                                                           : CFN_ROLLBACK_IN_PROGRESS,
                       str_trim(buf_view(&reason)));
    if (stays)
        cfn_run_end(run);
    return cfn_run_commit_and(run, stays ? CFN_OVER : CFN_NEXT);
}

/* ---- Exports and imports ---- */

/* A new export's name must be free; that it is, or ours, is a condition. */
static int check_export(struct cfn_run *run, str name) {
    CLEANUP_DEINIT(cfn_export) struct cfn_export there = {0};
    if (!name.p)
        return 0;
    int r = cfn_run_export(run, name, &there);
    if (r == STORE_E_ABSENT || (r == 0 && str_eq(there.stack_id, run->stack.id)))
        return 0;
    return r ? r
             : err_set(&run->why, CFN_FAILED,
                       "Export with name " STR_FMT " is already exported by stack " STR_FMT ".",
                       STR_ARG(name), STR_ARG(there.stack_name));
}

/* What was imported must still be there when the import is written down. */
static int check_import(struct cfn_run *run, str name) {
    CLEANUP_DEINIT(cfn_export) struct cfn_export there = {0};
    int r = cfn_run_export(run, name, &there);
    return r != STORE_E_ABSENT ? r
                               : err_set(&run->why, CFN_FAILED,
                                         "No export named " STR_FMT " found.", STR_ARG(name));
}

/* Exports that others import must stay as they are. */
static int check_dropped_export(struct cfn_run *run, const json_t *old, const json_t *outputs) {
    CLEANUP_DEINIT(buf) struct buf user = {0};
    str name = json_str(old, "ExportName");
    const json_t *now = name.p ? cfn_find_in(outputs, "ExportName", name) : NULL;
    if (!name.p || (now && str_eq(json_str(now, "OutputValue"), json_str(old, "OutputValue"))))
        return 0;
    int r = cfn_importer(&run->rows, run->stack.place, name, &user);
    if (r || !user.len)
        return r > 0 ? -EBADMSG : r;
    return err_set(&run->why, CFN_FAILED, "Export " STR_FMT " cannot be %s as it is in use by %s.",
                   STR_ARG(name), now ? "updated" : "deleted", buf_cstr(&user));
}

/* 0, CFN_FAILED with run->why, or a fault. */
static int check_links(struct cfn_run *run, const json_t *outputs) {
    size_t i;
    json_t *one;
    const char *name;
    int r = 0;
    json_array_foreach (outputs, i, one)
        r = r ? r : check_export(run, json_str(one, "ExportName"));
    json_array_foreach (run->stack.now.outputs, i, one)
        r = r ? r : check_dropped_export(run, one, outputs);
    json_object_foreach (run->imports, name, one)
        r = r ? r : check_import(run, str_c(name));
    return r;
}

/* Blind: exports were checked for this batch, an import's row is the importer's alone. */
static void put_links(struct cfn_run *run, json_t *outputs) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct cfn_stack *stack = &run->stack;
    struct cfn_import import = {.stack_name = stack->name};
    size_t i;
    json_t *one;
    const char *name;
    cfn_run_drop_links(run);
    cfn_set_json(&stack->now.outputs, json_incref(outputs));
    cfn_set_json(&stack->now.imports, json_array());
    json_array_foreach (outputs, i, one) {
        struct cfn_export export = {.name = json_str(one, "ExportName"),
                                    .value = json_str(one, "OutputValue"),
                                    .stack_id = stack->id,
                                    .stack_name = stack->name};
        if (!export.name.p)
            continue;
        cfn_key(&key, "cfn-export", stack->place, export.name, STR_NONE);
        cfn_put_blind(&run->rows, &cfn_export_form, buf_view(&key), &export);
    }
    json_object_foreach (run->imports, name, one) {
        json_push_str(stack->now.imports, str_c(name));
        cfn_key(&key, "cfn-import", stack->place, str_c(name), stack->uuid);
        cfn_put_blind(&run->rows, &cfn_import_form, buf_view(&key), &import);
    }
}

/* ---- The end of the way ---- */

/* Resources that are no longer in the template, and what was replaced, wait to be removed. */
static void collect_garbage(struct cfn_run *run) {
    struct cfn_list *all = cfn_run_by_order(run);
    for (size_t i = all->n; i-- > 0;) {
        struct cfn_resource *one = all->items[i];
        if (!cfn_is_active(run->model, &run->graph, one->name)) {
            cfn_run_discard(run, one, &one->now, one->now.on_delete != TMPL_DELETE);
            cfn_run_drop(run, one);
        } else if (one->task.verb == CFN_REPLACE) {
            cfn_run_discard(run, one, &one->old, one->now.on_replace != TMPL_DELETE);
        }
    }
}

static int arrive(struct cfn_run *run) {
    CLEANUP_JSON json_t *outputs = NULL;
    int r = cfn_outputs(&run->scope, &outputs, &run->why);
    r = r ? r : check_links(run, outputs);
    if (r)
        return r < 0 ? r : give_up(run, run->why.text);
    put_links(run, outputs);
    bool update = is_update(run);
    if (update)
        collect_garbage(run);
    else
        cfn_run_end(run);
    cfn_run_set_status(run, update ? CFN_UPDATE_COMPLETE_CLEANUP_IN_PROGRESS : CFN_CREATE_COMPLETE,
                       STR_NONE);
    return cfn_run_commit_and(run, update ? CFN_NEXT : CFN_OVER);
}

static bool is_too_late(struct cfn_run *run) {
    int64_t deadline = run->stack.op.deadline_ms;
    if (deadline && deadline < run->wake_ms)
        run->wake_ms = deadline;
    return deadline && clock_world_ms() >= deadline;
}

int cfn_step_forward(struct cfn_run *run) {
    int r = is_update(run) ? cfn_leftover_collect(run) : 0;
    r = r ? r : run->model ? 0 : cfn_run_load_model(run);
    if (r)
        return r;
    bool failed = false, waiting = false;
    for (size_t i = 0; i < run->order.n_order && !*run->stopping; i++) {
        r = look_at(run, i, !failed);
        if (r < 0)
            return r;
        failed = failed || r == CFN_FAILED;
        waiting = waiting || r == CFN_WAIT;
    }
    if (*run->stopping)
        return CFN_LATER;
    if (failed)
        return give_up(run, NULL);
    if (!waiting)
        return arrive(run);
    return is_too_late(run) ? give_up(run, "Stack creation time exceeded the specified timeout. ")
                            : CFN_LATER;
}
