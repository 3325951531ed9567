/*
 * Backward: deletes what the stack has in reverse order (DeleteStack, rollback of a creation),
 * changes back what an update changed, and removes what an update left over.
 */
#include "cfn/run.h"

#include "base/clock.h"

static bool has_status(const json_t *row, const char *status) { return str_is(json_str(row, "Status"), status); }

static bool is_named(const json_t *names, str name) {
    size_t i;
    json_t *one;
    json_array_foreach(names, i, one)
        if (str_eq(json_text(one), name))
            return true;
    return false;
}

/* ---- Everything ---- */

static bool is_kept(const struct cfn_run *run, const json_t *row) {
    const json_t *op = json_obj(run->stack, "Op");
    str policy = json_str(row, "OnDelete");
    bool rollback = !str_is(json_str(op, "Kind"), "DELETE");
    if (is_named(json_arr(op, "RetainResources"), json_str(row, "LogicalId")))
        return true;
    if (str_is(policy, "RetainExceptOnCreate"))
        return !rollback;
    if (str_is(policy, "Retain"))
        return !(rollback && json_bool(op, "RetainExceptOnCreate", false));
    return false;
}

/* CFN_DONE, CFN_WAIT, CFN_FAILED, or a fault. */
static int remove_row(struct cfn_run *run, json_t *row) {
    if (has_status(row, "DELETE_COMPLETE") || has_status(row, "DELETE_SKIPPED"))
        return CFN_DONE;
    switch (cfn_task_stage(run, row)) {
    case CFN_FINISHED:
        return CFN_DONE;
    case CFN_BROKEN:
        return CFN_FAILED;
    case CFN_DOING:
        json_set_bool(json_obj(row, "Task"), "Again", true);
        return cfn_task_go_on(run, row);
    case CFN_UNTOUCHED:
        break;
    }
    bool nothing = !json_str(row, "PhysicalId").len;
    if (nothing || is_kept(run, row)) {
        cfn_run_put_row(run, row, nothing ? "DELETE_COMPLETE" : "DELETE_SKIPPED", STR_NONE);
        int rc = cfn_run_commit(run);
        return rc ? rc : CFN_DONE;
    }
    json_t *properties = json_obj(row, "Properties");
    int rc = cfn_task_begin(run, row, CFN_REMOVE, properties ? json_deep_copy(properties) : NULL, STR_NONE);
    return rc ? rc : cfn_task_go_on(run, row);
}

static void add_name(struct buf *names, str name) {
    buf_c(names, names->len ? ", " : "");
    buf_str(names, name);
}

static void drop_links(struct cfn_run *run) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    size_t i;
    json_t *one;
    json_array_foreach(json_arr(run->stack, "Outputs"), i, one) {
        if (!json_str(one, "ExportName").p)
            continue;
        cfn_key(&key, "cfn-export", run->place, json_str(one, "ExportName"), STR_NONE);
        store_del(run->batch, STORE_META, buf_view(&key));
    }
    json_array_foreach(json_arr(run->stack, "Imports"), i, one) {
        cfn_key(&key, "cfn-import", run->place, json_text(one), run->uuid);
        store_del(run->batch, STORE_META, buf_view(&key));
    }
}

static int end_removal(struct cfn_run *run, const struct buf *failed) {
    bool is_delete = str_is(cfn_run_status(run), "DELETE_IN_PROGRESS");
    CLEANUP_DEINIT(buf) struct buf reason = {0};
    if (failed->len)
        buf_printf(&reason, "The following resource(s) failed to delete: [%s]. ", buf_cstr(failed));
    if (is_delete && !failed->len) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        drop_links(run);
        cfn_key(&key, "cfn-name", run->place, json_str(run->stack, "StackName"), STR_NONE);
        store_del(run->batch, STORE_META, buf_view(&key));
        json_set_int(run->stack, "DeletionTime", clock_world_ms());
    }
    const char *status = is_delete ? (failed->len ? "DELETE_FAILED" : "DELETE_COMPLETE")
                                   : (failed->len ? "ROLLBACK_FAILED" : "ROLLBACK_COMPLETE");
    cfn_run_set_status(run, status, buf_view(&reason));
    cfn_run_end(run);
    int rc = cfn_run_commit(run);
    return rc ? rc : CFN_OVER;
}

/*
 * Newest first, one after the other: what waits holds up what it needs, and what could not be
 * deleted keeps what it needs.
 */
int cfn_step_remove(struct cfn_run *run) {
    size_t n;
    json_t **rows = cfn_run_sorted(run, true, &n);
    CLEANUP_DEINIT(buf) struct buf failed = {0};
    CLEANUP_JSON json_t *blocked = json_array();
    bool force = str_is(json_str(json_obj(run->stack, "Op"), "DeletionMode"), "FORCE_DELETE_STACK");
    for (size_t i = 0; i < n; i++) {
        if (*run->stopping)
            return CFN_LATER;
        str name = json_str(rows[i], "LogicalId");
        bool is_blocked = is_named(blocked, name);
        int rc = is_blocked ? CFN_FAILED : remove_row(run, rows[i]);
        if (rc < 0)
            return rc;
        if (rc == CFN_WAIT)
            return CFN_LATER;
        if (rc != CFN_FAILED || force)
            continue;
        if (!is_blocked)
            add_name(&failed, name);
        size_t k;
        json_t *need;
        json_array_foreach(json_arr(rows[i], "Needs"), k, need)
            json_array_append(blocked, need);
    }
    return end_removal(run, &failed);
}

/* ---- Changing back ---- */

static void to_garbage(struct cfn_run *run, json_t *row) {
    json_t *garbage = json_deep_copy(row);
    json_object_del(garbage, "Task");
    json_object_del(garbage, "Old");
    json_set_bool(garbage, "Garbage", true);
    bool except = json_bool(json_obj(run->stack, "Op"), "RetainExceptOnCreate", false);
    json_set_bool(garbage, "Keep", str_is(json_str(row, "OnDelete"), "Retain") && !except);
    json_array_append_new(json_arr(run->stack, "Garbage"), garbage);
}

/* The row as it was before the update. */
static void put_back(struct cfn_run *run, json_t *row, const char *status) {
    json_t *old = json_incref(json_obj(row, "Old"));
    json_object_update(row, old);
    json_decref(old);
    json_object_del(row, "Old");
    json_object_del(row, "Task");
    cfn_run_put_row(run, row, status, STR_NONE);
}

static int restore_row(struct cfn_run *run, json_t *row) {
    switch (cfn_task_stage(run, row)) {
    case CFN_FINISHED:
        return CFN_DONE;
    case CFN_BROKEN:
        return CFN_FAILED;
    case CFN_DOING:
        json_set_bool(json_obj(row, "Task"), "Again", true);
        return cfn_task_go_on(run, row);
    case CFN_UNTOUCHED:
        break;
    }
    const json_t *task = json_obj(row, "Task");
    if (!str_eq(json_str(task, "Op"), json_str(json_obj(run->stack, "Op"), "Id")))
        return CFN_DONE; /* the update had not come to it */
    str verb = cfn_task_verb(row);
    json_t *old = json_obj(row, "Old");
    if (str_is(verb, "create")) {
        if (json_str(row, "PhysicalId").len)
            to_garbage(run, row);
        cfn_run_put_stack(run);
        cfn_run_drop_row(run, row);
    } else if (str_is(verb, "replace")) {
        if (json_str(row, "PhysicalId").len)
            to_garbage(run, row);
        cfn_run_put_stack(run);
        put_back(run, row, "UPDATE_COMPLETE");
    } else if (str_is(verb, "update") && old) {
        int rc = cfn_task_begin(run, row, CFN_RESTORE, json_deep_copy(json_obj(old, "Properties")), STR_NONE);
        return rc ? rc : cfn_task_go_on(run, row);
    } else {
        return CFN_DONE;
    }
    int rc = cfn_run_commit(run);
    return rc ? rc : CFN_DONE;
}

static void restore_stack(struct cfn_run *run) {
    json_t *old = json_incref(json_obj(run->stack, "Old"));
    json_object_update(run->stack, old);
    json_decref(old);
    json_object_del(run->stack, "Old");
}

int cfn_step_restore(struct cfn_run *run) {
    size_t n;
    json_t **rows = cfn_run_sorted(run, true, &n);
    CLEANUP_DEINIT(buf) struct buf failed = {0};
    for (size_t i = 0; i < n; i++) {
        if (*run->stopping)
            return CFN_LATER;
        str name = arena_str(&run->arena, json_str(rows[i], "LogicalId"));
        int rc = restore_row(run, rows[i]);
        if (rc < 0)
            return rc;
        if (rc == CFN_WAIT)
            return CFN_LATER;
        if (rc == CFN_FAILED)
            add_name(&failed, name);
    }
    if (failed.len) {
        CLEANUP_DEINIT(buf) struct buf reason = {0};
        buf_printf(&reason, "The following resource(s) failed to update: [%s]. ", buf_cstr(&failed));
        cfn_run_set_status(run, "UPDATE_ROLLBACK_FAILED", buf_view(&reason));
        cfn_run_end(run);
    } else {
        restore_stack(run);
        cfn_run_set_status(run, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", STR_NONE);
    }
    int rc = cfn_run_commit(run);
    return rc ? rc : failed.len ? CFN_OVER : CFN_NEXT;
}

/* ---- Left over ---- */

static int remove_garbage(struct cfn_run *run, json_t *garbage) {
    int rc = CFN_DONE;
    if (json_bool(garbage, "Keep", false)) {
        cfn_run_put_row(run, garbage, "DELETE_SKIPPED", STR_NONE);
    } else if (cfn_task_stage(run, garbage) == CFN_DOING) {
        json_set_bool(json_obj(garbage, "Task"), "Again", true);
        return cfn_task_go_on(run, garbage);
    } else if (cfn_task_stage(run, garbage) == CFN_UNTOUCHED) {
        json_t *properties = json_obj(garbage, "Properties");
        rc = cfn_task_begin(run, garbage, CFN_REMOVE, properties ? json_deep_copy(properties) : NULL, STR_NONE);
        return rc ? rc : cfn_task_go_on(run, garbage);
    }
    return rc;
}

/* A leftover that cannot be deleted does not undo the update: its event tells. */
int cfn_step_cleanup(struct cfn_run *run) {
    json_t *all = json_arr(run->stack, "Garbage");
    while (json_array_size(all)) {
        if (*run->stopping)
            return CFN_LATER;
        int rc = remove_garbage(run, json_array_get(all, 0));
        if (rc < 0)
            return rc;
        if (rc == CFN_WAIT)
            return CFN_LATER;
        json_array_remove(all, 0);
        cfn_run_put_stack(run);
        rc = cfn_run_commit(run);
        if (rc)
            return rc;
    }
    bool rolled_back = str_is(cfn_run_status(run), "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    json_object_del(run->stack, "Old");
    cfn_run_set_status(run, rolled_back ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE", STR_NONE);
    cfn_run_end(run);
    int rc = cfn_run_commit(run);
    return rc ? rc : CFN_OVER;
}
