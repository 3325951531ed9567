/*
 * Backward: deletes what the stack has in reverse order (DeleteStack, rollback of a creation),
 * changes back what an update changed, and removes what an update left over.
 */
#include "cfn/plan.h"
#include "cfn/run.h"
#include "cfn/start.h"

#include "base/clock.h"

static int fail_names(struct cfn_run *run, const char *what, const struct buf *names,
                      enum cfn_status status) {
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
    if (cfn_is_in(op->retained, resource->name))
        return true;
    if (resource->now.on_delete == TMPL_RETAIN_EXCEPT_ON_CREATE)
        return !rollback;
    return resource->now.on_delete == TMPL_RETAIN && !(rollback && op->retain_except_on_create);
}

/* CFN_DONE, CFN_WAIT, CFN_FAILED, or a fault. */
static int remove_resource(struct cfn_run *run, struct cfn_resource *resource) {
    if (resource->status == CFN_DELETE_COMPLETE || resource->status == CFN_DELETE_SKIPPED)
        return CFN_DONE;
    bool kept = is_kept(run, resource);
    int r = kept ? CFN_DONE : cfn_task_find_made(run, resource);
    if (r)
        return r;
    bool nothing = !resource->now.physical.len;
    if (cfn_task_stage(run, resource) != CFN_UNTOUCHED || !(nothing || kept))
        return cfn_task_remove(run, resource);
    bool may_be_there = !nothing || cfn_task_is_lost(resource);
    cfn_run_mark(run, resource, may_be_there ? CFN_DELETE_SKIPPED : CFN_DELETE_COMPLETE, STR_NONE);
    return cfn_run_commit_and(run, CFN_DONE);
}

static int end_removal(struct cfn_run *run, const struct buf *failed) {
    struct cfn_stack *stack = &run->stack;
    bool is_delete = stack->status == CFN_DELETE_IN_PROGRESS;
    if (failed->len)
        return fail_names(run, "delete", failed,
                          is_delete ? CFN_DELETE_FAILED : CFN_ROLLBACK_FAILED);
    if (is_delete) {
        cfn_run_drop_links(run);
        cfn_stack_drop_name(&run->rows, stack);
        stack->deleted_ms = clock_world_ms();
    }
    cfn_run_set_status(run, is_delete ? CFN_DELETE_COMPLETE : CFN_ROLLBACK_COMPLETE, STR_NONE);
    cfn_run_end(run);
    return cfn_run_commit_and(run, CFN_OVER);
}

/* A forced deletion leaves what it cannot delete. */
static int let_go(struct cfn_run *run, struct cfn_resource *resource) {
    cfn_run_mark(run, resource, CFN_DELETE_SKIPPED, STR_NONE);
    return cfn_run_commit(run);
}

/* What a failed update has replaced and could not remove. 0, CFN_LATER or a fault. */
static int remove_leftovers(struct cfn_run *run, bool force, struct buf *failed) {
    cfn_leftover_sort(run);
    for (size_t i = 0; i < run->stack.garbage.n;) {
        struct cfn_resource *one = run->stack.garbage.items[i];
        one->is_kept = one->is_kept || cfn_is_in(run->stack.op.retained, one->name);
        int r = *run->stopping ? CFN_WAIT : cfn_leftover_remove(run, one);
        if (r < 0 || r == CFN_WAIT)
            return r < 0 ? r : CFN_LATER;
        if (r == CFN_FAILED && !force) {
            cfn_add_name(failed, one->name);
            i++;
            continue;
        }
        if (r == CFN_FAILED) /* in the commit that forgets it */
            cfn_run_mark(run, one, CFN_DELETE_SKIPPED, STR_NONE);
        r = cfn_leftover_forget(run, i);
        if (r)
            return r;
    }
    return 0;
}

/*
 * Newest first, one after the other: what waits holds up what it needs, and what could not be
 * deleted keeps what it needs.
 */
int cfn_step_remove(struct cfn_run *run) {
    int collected = cfn_leftover_collect(run);
    struct cfn_list *all = cfn_run_by_order(run);
    CLEANUP_DEINIT(buf) struct buf failed = {0};
    CLEANUP_JSON json_t *blocked = json_array();
    bool force = run->stack.op.deletion == CFN_DELETION_FORCE;
    if (collected)
        return collected;
    for (size_t i = all->n; i-- > 0;) {
        struct cfn_resource *one = all->items[i];
        bool is_blocked = cfn_is_in(blocked, one->name);
        int r = *run->stopping ? CFN_WAIT : is_blocked ? CFN_FAILED : remove_resource(run, one);
        if (r < 0 || r == CFN_WAIT)
            return r < 0 ? r : CFN_LATER;
        if (r == CFN_FAILED && force && (r = let_go(run, one)) != 0)
            return r;
        if (r != CFN_FAILED)
            continue;
        if (!is_blocked)
            cfn_add_name(&failed, one->name);
        json_array_extend(blocked, one->now.needs);
    }
    int r = remove_leftovers(run, force, &failed);
    return r ? r : end_removal(run, &failed);
}

/* ---- Changing back ---- */

/* What the update made of it is left over; what was before it is there still. */
static int put_back(struct cfn_run *run, struct cfn_resource *resource) {
    const struct cfn_operation *op = &run->stack.op;
    bool was_new = resource->task.verb == CFN_CREATE;
    bool keep = resource->now.on_delete == TMPL_RETAIN && !op->retain_except_on_create;
    int r = keep ? CFN_DONE : cfn_task_find_made(run, resource);
    if (r)
        return r;
    cfn_run_discard(run, resource, &resource->now, keep);
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

/* What the old template said of the resource; its properties are the verb's. */
static void describe_back(struct cfn_run *run, struct cfn_resource *resource) {
    resource->now.on_delete = resource->old.on_delete;
    resource->now.on_replace = resource->old.on_replace;
    resource->now.order = resource->old.order;
    cfn_set_json(&resource->now.needs, json_incref(resource->old.needs));
    cfn_run_changed(run, resource);
}

static bool is_made(const struct cfn_resource *resource) {
    return resource->task.verb == CFN_CREATE || resource->task.verb == CFN_REPLACE;
}

static int restore_resource(struct cfn_run *run, struct cfn_resource *resource) {
    if (cfn_task_stage(run, resource) != CFN_UNTOUCHED)
        return cfn_task_go_on(run, resource);
    if (!str_eq(resource->task.op, run->stack.op.id))
        return CFN_DONE; /* the update had not come to it */
    if (is_made(resource))
        return put_back(run, resource);
    enum cfn_verb verb = resource->task.verb;
    cfn_set_json(&resource->now.properties, cfn_may_have(resource, resource->old.properties));
    describe_back(run, resource);
    return verb == CFN_UPDATE ? cfn_task_begin(run, resource, CFN_RESTORE,
                                               json_incref(resource->old.properties), STR_NONE)
                              : CFN_DONE;
}

/* One of them; CFN_FAILED is among the names. 0, CFN_LATER or a fault. */
static int restore_one(struct cfn_run *run, struct cfn_resource *resource, struct buf *failed) {
    str name = resource->name; /* the resource may go */
    int r = *run->stopping ? CFN_WAIT : restore_resource(run, resource);
    if (r < 0 || r == CFN_WAIT)
        return r < 0 ? r : CFN_LATER;
    if (r == CFN_FAILED)
        cfn_add_name(failed, name);
    return 0;
}

static int by_old_order(const void *a, const void *b) {
    const struct cfn_resource *x = *(struct cfn_resource *const *)a,
                              *y = *(struct cfn_resource *const *)b;
    return x->old.order < y->old.order ? -1 : x->old.order > y->old.order;
}

/*
 * What was made is left over, newest first, as it is to be removed. What was changed is changed
 * back in the old template's order: a notification is refused until its queue's policy is back.
 */
int cfn_step_restore(struct cfn_run *run) {
    struct cfn_list *all = cfn_run_by_order(run);
    CLEANUP_DEINIT(buf) struct buf failed = {0};
    int r = 0;
    for (size_t i = all->n; i-- > 0 && !r;)
        if (is_made(all->items[i]))
            r = restore_one(run, all->items[i], &failed);
    if (all->n)
        qsort(all->items, all->n, sizeof *all->items, by_old_order);
    for (size_t i = 0; i < all->n && !r; i++)
        if (!is_made(all->items[i]))
            r = restore_one(run, all->items[i], &failed);
    if (r)
        return r;
    if (failed.len)
        return fail_names(run, "update", &failed, CFN_UPDATE_ROLLBACK_FAILED);
    struct cfn_version given_up = run->stack.now; /* kept till the end: its secrets stay masked */
    run->stack.now = run->stack.old;
    run->stack.old = given_up;
    cfn_run_set_status(run, CFN_UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS, STR_NONE);
    return cfn_run_commit_and(run, CFN_NEXT);
}

/* ---- Left over ---- */

/* A leftover that cannot be deleted does not undo the update: its event tells. */
int cfn_step_cleanup(struct cfn_run *run) {
    struct cfn_stack *stack = &run->stack;
    cfn_leftover_sort(run);
    while (stack->garbage.n) {
        struct cfn_resource *first = stack->garbage.items[0];
        int r = *run->stopping ? CFN_WAIT : cfn_leftover_remove(run, first);
        if (r < 0 || r == CFN_WAIT)
            return r < 0 ? r : CFN_LATER;
        r = cfn_leftover_forget(run, 0);
        if (r)
            return r;
    }
    bool rolled_back = stack->status == CFN_UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS;
    cfn_form_deinit(&cfn_version_form, &stack->old);
    cfn_run_set_status(run, rolled_back ? CFN_UPDATE_ROLLBACK_COMPLETE : CFN_UPDATE_COMPLETE,
                       STR_NONE);
    cfn_run_end(run);
    return cfn_run_commit_and(run, CFN_OVER);
}
