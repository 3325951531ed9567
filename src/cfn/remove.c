/*
 * Backward: deletes what the stack has in reverse order (DeleteStack, rollback of a creation),
 * changes back what an update changed, and removes what an update left over.
 */
#include "cfn/run.h"

#include "base/clock.h"

static bool is_named(const json_t *names, str name) {
    size_t i;
    json_t *one;
    json_array_foreach(names, i, one)
        if (str_eq(json_text(one), name))
            return true;
    return false;
}

static int fail_names(struct cfn_run *run, const char *what, const struct buf *names, enum cfn_status status) {
    CLEANUP_DEINIT(buf) struct buf reason = {0};
    buf_printf(&reason, "The following resource(s) failed to %s: [%s]. ", what, buf_cstr(names));
    cfn_run_set_status(run, status, buf_view(&reason));
    cfn_run_end(run);
    return cfn_run_commit_and(run, CFN_OVER);
}

/* ---- Everything ---- */

static bool is_kept(const struct cfn_run *run, const struct cfn_resource *resource) {
    const struct cfn_operation *op = &run->stack.op;
    bool rollback = op->kind != CFN_OP_DELETE;
    if (is_named(op->retained, resource->name))
        return true;
    if (resource->now.on_delete == TMPL_RETAIN_EXCEPT_ON_CREATE)
        return !rollback;
    return resource->now.on_delete == TMPL_RETAIN && !(rollback && op->retain_except_on_create);
}

/* CFN_DONE, CFN_WAIT, CFN_FAILED, or a fault. */
static int remove_resource(struct cfn_run *run, struct cfn_resource *resource) {
    if (resource->status == CFN_DELETE_COMPLETE || resource->status == CFN_DELETE_SKIPPED)
        return CFN_DONE;
    bool nothing = !resource->now.physical.len;
    if (cfn_task_stage(run, resource) != CFN_UNTOUCHED || !(nothing || is_kept(run, resource)))
        return cfn_task_remove(run, resource);
    cfn_run_mark(run, resource, nothing ? CFN_DELETE_COMPLETE : CFN_DELETE_SKIPPED, STR_NONE);
    return cfn_run_commit_and(run, CFN_DONE);
}

static int end_removal(struct cfn_run *run, const struct buf *failed) {
    struct cfn_stack *stack = &run->stack;
    bool is_delete = stack->status == CFN_DELETE_IN_PROGRESS;
    if (failed->len)
        return fail_names(run, "delete", failed, is_delete ? CFN_DELETE_FAILED : CFN_ROLLBACK_FAILED);
    if (is_delete) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        cfn_run_drop_links(run);
        cfn_key(&key, "cfn-name", stack->place, stack->name, STR_NONE);
        row_del_blind(&run->rows, STORE_META, buf_view(&key)); /* the live stack's, whose row is a condition */
        stack->deleted_ms = clock_world_ms();
    }
    cfn_run_set_status(run, is_delete ? CFN_DELETE_COMPLETE : CFN_ROLLBACK_COMPLETE, STR_NONE);
    cfn_run_end(run);
    return cfn_run_commit_and(run, CFN_OVER);
}

/*
 * Newest first, one after the other: what waits holds up what it needs, and what could not be
 * deleted keeps what it needs.
 */
int cfn_step_remove(struct cfn_run *run) {
    size_t n;
    struct cfn_resource **sorted = cfn_run_sorted(run, true, &n);
    CLEANUP_DEINIT(buf) struct buf failed = {0};
    CLEANUP_JSON json_t *blocked = json_array();
    bool force = run->stack.op.deletion == CFN_DELETION_FORCE;
    for (size_t i = 0; i < n; i++) {
        if (*run->stopping)
            return CFN_LATER;
        bool is_blocked = is_named(blocked, sorted[i]->name);
        int r = is_blocked ? CFN_FAILED : remove_resource(run, sorted[i]);
        if (r < 0)
            return r;
        if (r == CFN_WAIT)
            return CFN_LATER;
        if (r != CFN_FAILED || force)
            continue;
        if (!is_blocked)
            cfn_add_name(&failed, sorted[i]->name);
        json_array_extend(blocked, sorted[i]->needs);
    }
    return end_removal(run, &failed);
}

/* ---- Changing back ---- */

/* What the update made of it is left over; what was before it is there still. */
static int put_back(struct cfn_run *run, struct cfn_resource *resource) {
    const struct cfn_operation *op = &run->stack.op;
    bool was_new = resource->task.verb == CFN_CREATE;
    cfn_run_discard(run, resource, &resource->now,
                    resource->now.on_delete == TMPL_RETAIN && !op->retain_except_on_create);
    if (was_new) {
        cfn_run_drop(run, resource);
    } else {
        cfn_form_share(&cfn_state_form, &resource->now, &resource->old);
        cfn_form_deinit(&cfn_state_form, &resource->old);
        cfn_form_deinit(&cfn_task_form, &resource->task);
        cfn_run_mark(run, resource, CFN_UPDATE_COMPLETE, STR_NONE);
    }
    return cfn_run_commit_and(run, CFN_DONE);
}

static int restore_resource(struct cfn_run *run, struct cfn_resource *resource) {
    if (cfn_task_stage(run, resource) != CFN_UNTOUCHED)
        return cfn_task_go_on(run, resource);
    if (!str_eq(resource->task.op, run->stack.op.id))
        return CFN_DONE; /* the update had not come to it */
    switch (resource->task.verb) {
    case CFN_CREATE:
    case CFN_REPLACE:
        return put_back(run, resource);
    case CFN_UPDATE:
        return cfn_task_begin(run, resource, CFN_RESTORE, json_incref(resource->old.properties), STR_NONE);
    default:
        return CFN_DONE;
    }
}

int cfn_step_restore(struct cfn_run *run) {
    size_t n;
    struct cfn_resource **sorted = cfn_run_sorted(run, true, &n);
    CLEANUP_DEINIT(buf) struct buf failed = {0};
    for (size_t i = 0; i < n; i++) {
        if (*run->stopping)
            return CFN_LATER;
        str name = sorted[i]->name;
        int r = restore_resource(run, sorted[i]);
        if (r < 0)
            return r;
        if (r == CFN_WAIT)
            return CFN_LATER;
        if (r == CFN_FAILED)
            cfn_add_name(&failed, name);
    }
    if (failed.len)
        return fail_names(run, "update", &failed, CFN_UPDATE_ROLLBACK_FAILED);
    struct cfn_version given_up = run->stack.now; /* kept till the end: its secrets stay masked */
    run->stack.now = run->stack.old;
    run->stack.old = given_up;
    cfn_run_set_status(run, CFN_UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS, STR_NONE);
    return cfn_run_commit_and(run, CFN_NEXT);
}

/* ---- Left over ---- */

static int remove_garbage(struct cfn_run *run, struct cfn_resource *garbage) {
    if (!garbage->is_kept)
        return cfn_task_remove(run, garbage);
    cfn_run_mark(run, garbage, CFN_DELETE_SKIPPED, STR_NONE);
    return CFN_DONE;
}

/* A leftover that cannot be deleted does not undo the update: its event tells. */
int cfn_step_cleanup(struct cfn_run *run) {
    struct cfn_stack *stack = &run->stack;
    while (stack->garbage.n) {
        struct cfn_resource *first = stack->garbage.items[0];
        if (*run->stopping)
            return CFN_LATER;
        int r = remove_garbage(run, first);
        if (r < 0)
            return r;
        if (r == CFN_WAIT)
            return CFN_LATER;
        cfn_form_deinit(&cfn_resource_form, first);
        cfn_list_remove(&stack->garbage, 0);
        run->stack_changed = true;
        r = cfn_run_commit(run);
        if (r)
            return r;
    }
    bool rolled_back = stack->status == CFN_UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS;
    cfn_form_deinit(&cfn_version_form, &stack->old);
    cfn_run_set_status(run, rolled_back ? CFN_UPDATE_ROLLBACK_COMPLETE : CFN_UPDATE_COMPLETE, STR_NONE);
    cfn_run_end(run);
    return cfn_run_commit_and(run, CFN_OVER);
}
