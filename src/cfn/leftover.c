/*
 * What a failed operation left behind whose stack stayed as it was: things that were begun and not
 * finished, and things that were replaced. The next operation finds them by the tasks in their rows.
 */
#include "cfn/run.h"

/* Begun by an earlier operation, and not finished: there is nothing that could be updated. */
static bool is_unfinished(const struct cfn_run *run, const struct cfn_task *task) {
    return (task->verb == CFN_CREATE || task->verb == CFN_REPLACE) && task->stage == CFN_BROKEN &&
           !str_eq(task->op, run->stack.op.id);
}

/* ---- Garbage ---- */

int cfn_leftover_remove(struct cfn_run *run, struct cfn_resource *garbage) {
    if (garbage->is_kept) {
        cfn_run_mark(run, garbage, CFN_DELETE_SKIPPED, STR_NONE);
        return CFN_DONE;
    }
    int r = cfn_task_find_made(run, garbage);
    if (r)
        return r;
    bool nothing = !garbage->now.physical.len && cfn_task_stage(run, garbage) == CFN_UNTOUCHED;
    return nothing ? CFN_DONE : cfn_task_remove(run, garbage);
}

int cfn_leftover_forget(struct cfn_run *run, size_t i) {
    cfn_form_deinit(&cfn_resource_form, run->stack.garbage.items[i]);
    cfn_list_remove(&run->stack.garbage, i);
    run->stack_changed = true;
    return cfn_run_commit(run);
}

/* What was replaced goes at the end: others may refer to it until then. */
static bool goes_first(const struct cfn_run *run, const struct cfn_resource *garbage) {
    return garbage->task.verb == CFN_CREATE || garbage->task.verb == CFN_REPLACE ||
           cfn_task_stage(run, garbage) == CFN_DOING;
}

/* One that cannot be removed stays where it is: its event tells, and the end tries again. */
static int remove_first(struct cfn_run *run) {
    for (size_t i = 0; i < run->stack.garbage.n;) {
        struct cfn_resource *one = run->stack.garbage.items[i];
        int r = !goes_first(run, one) ? CFN_FAILED
                : *run->stopping      ? CFN_WAIT
                                      : cfn_leftover_remove(run, one);
        if (r < 0 || r == CFN_WAIT)
            return r < 0 ? r : CFN_LATER;
        if (r == CFN_FAILED)
            i++;
        else if ((r = cfn_leftover_forget(run, i)) != 0)
            return r;
    }
    return 0;
}

/* ---- Rows ---- */

/* What an update did not get to replace is what it was. */
static void go_back(struct cfn_run *run, struct cfn_resource *resource) {
    cfn_form_share(&cfn_state_form, &resource->now, &resource->old);
    cfn_form_deinit(&cfn_state_form, &resource->old);
    cfn_form_deinit(&cfn_task_form, &resource->task);
    cfn_run_changed(run, resource);
}

int cfn_leftover_collect(struct cfn_run *run) {
    bool is_update = run->stack.status == CFN_UPDATE_IN_PROGRESS;
    struct cfn_list *all = cfn_run_by_order(run);
    for (size_t i = all->n; i-- > 0;) {
        struct cfn_resource *one = all->items[i];
        bool replaces = one->task.verb == CFN_REPLACE;
        if (!is_unfinished(run, &one->task) || !(replaces || is_update))
            continue; /* a removal takes what was created as it takes everything */
        cfn_run_discard(run, one, &one->now, one->now.on_delete == TMPL_RETAIN);
        if (replaces)
            go_back(run, one);
        else
            cfn_run_drop(run, one);
    }
    int r = cfn_run_commit(run);
    return r || !is_update ? r : remove_first(run);
}

void cfn_leftover_keep(struct cfn_run *run) {
    struct cfn_list *all = cfn_run_by_order(run);
    for (size_t i = all->n; i-- > 0;) {
        struct cfn_resource *one = all->items[i];
        if (one->task.verb == CFN_REPLACE && cfn_task_stage(run, one) == CFN_FINISHED)
            cfn_run_discard(run, one, &one->old, one->now.on_replace != TMPL_DELETE);
    }
}
