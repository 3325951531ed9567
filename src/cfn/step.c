/*
 * Forward: creates or updates the resources of the stack's template in the graph's order, then
 * evaluates outputs. Each look starts what has become possible; what waits does not hold up others.
 */
#include "cfn/plan.h"
#include "cfn/run.h"

#include "base/clock.h"

static const char *const keep_names[] = {
    [TMPL_DELETE] = "Delete",
    [TMPL_RETAIN] = "Retain",
    [TMPL_RETAIN_EXCEPT_ON_CREATE] = "RetainExceptOnCreate",
    [TMPL_SNAPSHOT] = "Snapshot",
};

static bool is_update(const struct cfn_run *run) { return str_is(cfn_run_status(run), "UPDATE_IN_PROGRESS"); }

/* ---- One resource ---- */

/* What the template says of the resource beside its properties: kept with the row, for its end. */
static void describe(struct cfn_run *run, json_t *row, size_t index, size_t position) {
    const struct tmpl_resource *r = &run->model->resources[index];
    json_set_str(row, "OnDelete", str_c(keep_names[r->on_delete]));
    json_set_str(row, "OnReplace", str_c(keep_names[r->on_replace]));
    json_set_int(row, "Order", (int64_t)position);
    json_t *needs = json_array();
    for (size_t i = 0; i < run->graph.n_needs[index]; i++)
        json_push_str(needs, run->model->resources[run->graph.needs[index][i]].name);
    json_set(row, "Needs", needs);
}

static json_t *new_row(struct cfn_run *run, const struct tmpl_resource *r) {
    json_t *row = json_object();
    json_set_str(row, "LogicalId", r->name);
    json_set_str(row, "Type", r->type);
    json_set(run->resources, r->name.p, row);
    return row;
}

/* Its properties cannot be made out: the resource fails before anything is called. */
static int fail_early(struct cfn_run *run, json_t *row) {
    bool created = !json_has(row, "PhysicalId");
    json_t *task = json_object();
    json_set_str(task, "Op", json_str(json_obj(run->stack, "Op"), "Id"));
    json_set_str(task, "Phase", cfn_run_status(run));
    json_set_str(task, "Verb", created ? S("create") : S("none"));
    json_set_str(task, "Stage", S("broken"));
    json_set(row, "Task", task);
    cfn_run_put_row(run, row, created ? "CREATE_FAILED" : "UPDATE_FAILED", str_c(run->why.text));
    int rc = cfn_run_commit(run);
    return rc ? rc : CFN_FAILED;
}

static const struct cfn_type *type_of(struct cfn_run *run, str name) {
    const struct cfn_backend *backend = cfn_engine_backend(run->engine);
    return backend->type(backend->ctx, name);
}

static int begin_resource(struct cfn_run *run, size_t index, size_t position) {
    const struct tmpl_resource *r = &run->model->resources[index];
    json_t *row = json_object_getn(run->resources, r->name.p, r->name.len);
    bool is_new = !row;
    if (is_new)
        row = new_row(run, r);
    json_t *props = NULL;
    int rc = cfn_run_properties(run, r, &props);
    if (rc) {
        describe(run, row, index, position);
        return fail_early(run, row);
    }
    str property = STR_NONE;
    enum cfn_change how = is_new ? CFN_NEW_ONE
                                 : cfn_compare(type_of(run, r->type), tmpl_type_find(r->type), json_str(row, "Type"),
                                               r->type, json_obj(row, "Properties"), props, &property);
    if (how == CFN_SAME || how == CFN_UNSUPPORTED) {
        json_decref(props);
        describe(run, row, index, position);
        if (how == CFN_UNSUPPORTED) { /* not seen while planning: a value was unknown then */
            err_set(&run->why, 0, "An update of the property " STR_FMT " is not supported", STR_ARG(property));
            return fail_early(run, row);
        }
        cfn_task_skip(run, row);
        rc = cfn_run_commit(run);
        return rc ? rc : CFN_DONE;
    }
    enum cfn_verb verb = is_new ? CFN_CREATE : how == CFN_NEW_ONE ? CFN_REPLACE : CFN_UPDATE;
    str reason = verb == CFN_REPLACE ? S("Requested update requires the creation of a new physical resource; hence creating one.") : STR_NONE;
    if (verb != CFN_CREATE)
        cfn_task_remember(row);
    json_set_str(row, "Type", r->type);
    describe(run, row, index, position);
    rc = cfn_task_begin(run, row, verb, props, reason);
    return rc ? rc : cfn_task_go_on(run, row);
}

static bool needs_are_met(struct cfn_run *run, size_t index) {
    for (size_t i = 0; i < run->graph.n_needs[index]; i++) {
        str name = run->model->resources[run->graph.needs[index][i]].name;
        const json_t *row = json_object_getn(run->resources, name.p, name.len);
        if (!row || cfn_task_stage(run, row) != CFN_FINISHED)
            return false;
    }
    return true;
}

/* CFN_DONE, CFN_WAIT (or nothing to do yet), CFN_FAILED, or a fault. */
static int look_at(struct cfn_run *run, size_t position, bool may_begin) {
    size_t index = run->graph.order[position];
    str name = run->model->resources[index].name;
    json_t *row = json_object_getn(run->resources, name.p, name.len);
    switch (row ? cfn_task_stage(run, row) : CFN_UNTOUCHED) {
    case CFN_FINISHED:
        return CFN_DONE;
    case CFN_BROKEN:
        return CFN_FAILED;
    case CFN_DOING: /* from an earlier look, or an earlier life */
        json_set_bool(json_obj(row, "Task"), "Again", true);
        return cfn_task_go_on(run, row);
    case CFN_UNTOUCHED:
        break;
    }
    return may_begin && needs_are_met(run, index) ? begin_resource(run, index, position) : CFN_WAIT;
}

/* ---- The end of the way ---- */

static void add_failed_names(struct cfn_run *run, struct buf *out) {
    const char *separator = "";
    size_t n;
    json_t **rows = cfn_run_sorted(run, false, &n);
    for (size_t i = 0; i < n; i++) {
        if (cfn_task_stage(run, rows[i]) != CFN_BROKEN)
            continue;
        buf_c(out, separator);
        buf_str(out, json_str(rows[i], "LogicalId"));
        separator = ", ";
    }
}

/* Whatever still waits is given up; what it began is found by its row. */
static void cancel_waiting(struct cfn_run *run) {
    size_t n;
    json_t **rows = cfn_run_sorted(run, false, &n);
    for (size_t i = 0; i < n; i++) {
        if (cfn_task_stage(run, rows[i]) != CFN_DOING)
            continue;
        json_set_str(json_obj(rows[i], "Task"), "Stage", S("broken"));
        cfn_run_put_row(run, rows[i], is_update(run) ? "UPDATE_FAILED" : "CREATE_FAILED", S("Resource creation cancelled"));
    }
}

static int give_up(struct cfn_run *run, const char *why) {
    CLEANUP_DEINIT(buf) struct buf reason = {0};
    const json_t *op = json_obj(run->stack, "Op");
    bool update = is_update(run);
    if (why) {
        buf_c(&reason, why);
    } else {
        buf_printf(&reason, "The following resource(s) failed to %s: [", update ? "update" : "create");
        add_failed_names(run, &reason);
        buf_c(&reason, "]. ");
    }
    cancel_waiting(run);
    str on_failure = json_str(op, "OnFailure");
    if (json_bool(op, "DisableRollback", false) || str_is(on_failure, "DO_NOTHING")) {
        cfn_run_set_status(run, update ? "UPDATE_FAILED" : "CREATE_FAILED", str_trim(buf_view(&reason)));
        cfn_run_end(run);
        int rc = cfn_run_commit(run);
        return rc ? rc : CFN_OVER;
    }
    if (!update && !str_is(on_failure, "DELETE"))
        buf_c(&reason, "Rollback requested by user.");
    cfn_run_set_status(run, update ? "UPDATE_ROLLBACK_IN_PROGRESS"
                       : str_is(on_failure, "DELETE") ? "DELETE_IN_PROGRESS" : "ROLLBACK_IN_PROGRESS",
                       str_trim(buf_view(&reason)));
    int rc = cfn_run_commit(run);
    return rc ? rc : CFN_NEXT;
}

/* Exports: new ones must be free, and ones that others import must stay as they are. */
static int check_export(struct cfn_run *run, const json_t *output) {
    str name = json_str(output, "ExportName");
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_JSON json_t *there = NULL;
    if (!name.p)
        return 0;
    cfn_key(&key, "cfn-export", run->place, name, STR_NONE);
    if (cfn_load(run->store, NULL, buf_view(&key), &there) == 0 &&
        !str_eq(json_str(there, "StackId"), json_str(run->stack, "StackId")))
        return err_set(&run->why, CFN_FAILED, "Export with name " STR_FMT " is already exported by stack " STR_FMT ".",
                       STR_ARG(name), STR_ARG(json_str(there, "StackName")));
    return 0;
}

static int first_import(void *ctx, str key, const json_t *doc) {
    (void)key;
    struct err *why = ctx;
    return err_set(why, CFN_FAILED, STR_FMT, STR_ARG(json_str(doc, "StackName")));
}

static const json_t *exported(const json_t *outputs, str name) {
    size_t i;
    json_t *one;
    json_array_foreach(outputs, i, one)
        if (str_eq(json_str(one, "ExportName"), name))
            return one;
    return NULL;
}

static int check_dropped_exports(struct cfn_run *run, const json_t *outputs) {
    size_t i;
    json_t *old;
    json_array_foreach(json_arr(run->stack, "Outputs"), i, old) {
        str name = json_str(old, "ExportName");
        const json_t *now = name.p ? exported(outputs, name) : NULL;
        if (!name.p || (now && str_eq(json_str(now, "OutputValue"), json_str(old, "OutputValue"))))
            continue;
        CLEANUP_DEINIT(buf) struct buf key = {0};
        struct err user = {{0}};
        cfn_key(&key, "cfn-import", run->place, name, STR_NONE);
        if (cfn_each(run->store, NULL, buf_view(&key), false, first_import, &user) == CFN_FAILED)
            return err_set(&run->why, CFN_FAILED, "Export " STR_FMT " cannot be %s as it is in use by %s.",
                           STR_ARG(name), now ? "updated" : "deleted", user.text);
    }
    return 0;
}

static void put_exports(struct cfn_run *run, const json_t *outputs) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    size_t i;
    json_t *one;
    json_array_foreach(json_arr(run->stack, "Outputs"), i, one) {
        if (!json_str(one, "ExportName").p)
            continue;
        cfn_key(&key, "cfn-export", run->place, json_str(one, "ExportName"), STR_NONE);
        store_del(run->batch, STORE_META, buf_view(&key));
    }
    json_array_foreach(outputs, i, one) {
        if (!json_str(one, "ExportName").p)
            continue;
        CLEANUP_JSON json_t *doc = json_object();
        json_set_str(doc, "Name", json_str(one, "ExportName"));
        json_set_str(doc, "Value", json_str(one, "OutputValue"));
        json_set_str(doc, "StackId", json_str(run->stack, "StackId"));
        json_set_str(doc, "StackName", json_str(run->stack, "StackName"));
        cfn_key(&key, "cfn-export", run->place, json_str(one, "ExportName"), STR_NONE);
        cfn_save(run->batch, buf_view(&key), doc);
    }
}

static void put_imports(struct cfn_run *run) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_JSON json_t *doc = json_object();
    CLEANUP_JSON json_t *names = json_array();
    size_t i;
    json_t *old, *value;
    const char *name;
    json_array_foreach(json_arr(run->stack, "Imports"), i, old) {
        cfn_key(&key, "cfn-import", run->place, json_text(old), run->uuid);
        store_del(run->batch, STORE_META, buf_view(&key));
    }
    json_set_str(doc, "StackName", json_str(run->stack, "StackName"));
    json_object_foreach(run->imports, name, value) {
        json_push_str(names, str_c(name));
        cfn_key(&key, "cfn-import", run->place, str_c(name), run->uuid);
        cfn_save(run->batch, buf_view(&key), doc);
    }
    json_set(run->stack, "Imports", json_incref(names));
}

/* Rows whose resource is no longer in the template, and what was replaced, wait to be removed. */
static void move_to_garbage(struct cfn_run *run, const json_t *from, str policy) {
    json_t *garbage = json_deep_copy(from);
    json_object_del(garbage, "Task");
    json_object_del(garbage, "Old");
    json_set_bool(garbage, "Garbage", true);
    json_set_bool(garbage, "Keep", str_starts(policy, S("Retain")));
    json_array_append_new(json_arr(run->stack, "Garbage"), garbage);
}

static bool in_template(struct cfn_run *run, const json_t *row) {
    for (size_t i = 0; i < run->graph.n_order; i++)
        if (str_eq(run->model->resources[run->graph.order[i]].name, json_str(row, "LogicalId")))
            return true;
    return false;
}

static void collect_garbage(struct cfn_run *run) {
    size_t n;
    json_t **rows = cfn_run_sorted(run, true, &n);
    for (size_t i = 0; i < n; i++) {
        if (!in_template(run, rows[i])) {
            if (json_has(rows[i], "PhysicalId"))
                move_to_garbage(run, rows[i], json_str(rows[i], "OnDelete"));
            cfn_run_drop_row(run, rows[i]);
        } else if (str_is(cfn_task_verb(rows[i]), "replace") && json_has(json_obj(rows[i], "Old"), "PhysicalId")) {
            json_t *old = json_obj(rows[i], "Old");
            json_set_str(old, "LogicalId", json_str(rows[i], "LogicalId"));
            move_to_garbage(run, old, json_str(rows[i], "OnReplace"));
        }
    }
}

static int arrive(struct cfn_run *run) {
    CLEANUP_JSON json_t *outputs = NULL;
    if (cfn_run_outputs(run, &outputs))
        return give_up(run, run->why.text);
    size_t i;
    json_t *one;
    json_array_foreach(outputs, i, one)
        if (check_export(run, one))
            return give_up(run, run->why.text);
    if (check_dropped_exports(run, outputs))
        return give_up(run, run->why.text);
    put_exports(run, outputs);
    put_imports(run);
    json_set(run->stack, "Outputs", json_incref(outputs));
    bool update = is_update(run);
    if (update)
        collect_garbage(run);
    cfn_run_set_status(run, update ? "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" : "CREATE_COMPLETE", STR_NONE);
    if (!update)
        cfn_run_end(run);
    int rc = cfn_run_commit(run);
    return rc ? rc : update ? CFN_NEXT : CFN_OVER;
}

static bool is_too_late(struct cfn_run *run) {
    int64_t deadline = json_int(json_obj(run->stack, "Op"), "Deadline", 0);
    if (!deadline)
        return false;
    if (deadline < run->wake_ms)
        run->wake_ms = deadline;
    return clock_world_ms() >= deadline;
}

int cfn_step_forward(struct cfn_run *run) {
    int rc = run->model ? 0 : cfn_run_load_model(run);
    if (rc)
        return rc;
    bool failed = false, waiting = false;
    for (size_t i = 0; i < run->graph.n_order && !*run->stopping; i++) {
        rc = look_at(run, i, !failed);
        if (rc < 0)
            return rc;
        failed = failed || rc == CFN_FAILED;
        waiting = waiting || rc == CFN_WAIT;
    }
    if (*run->stopping)
        return CFN_LATER;
    if (failed)
        return give_up(run, NULL);
    if (!waiting)
        return arrive(run);
    return is_too_late(run) ? give_up(run, "Stack creation time exceeded the specified timeout. ") : CFN_LATER;
}
