/*
 * What a failed operation left behind whose stack stayed as it was: things that were begun and not
 * finished, and things that were replaced. The next operation finds them by the tasks in their rows.
 */
#include "cfn/plan.h"
#include "cfn/run.h"

/* Begun by an earlier operation, and not finished: there is nothing that could be updated. */
static bool is_unfinished(const struct cfn_run *run, const struct cfn_task *task) {
    return (task->verb == CFN_CREATE || task->verb == CFN_REPLACE) && task->stage == CFN_BROKEN &&
           !str_eq(task->op, run->stack.op.id);
}

/* ---- Garbage ---- */

/*
 * Is it what a resource of the stack has? A service may answer a creation with what is there (a
 * subscription), and a function an update with the id that it gave before.
 */
static bool is_in_use(struct cfn_run *run, const struct cfn_resource *garbage) {
    for (size_t i = 0; i < run->resources.n; i++)
        if (cfn_task_is_same_thing(run, garbage, run->resources.items[i]))
            return true;
    return false;
}

int cfn_leftover_remove(struct cfn_run *run, struct cfn_resource *garbage) {
    if (cfn_task_stage(run, garbage) != CFN_UNTOUCHED)
        return cfn_task_remove(run, garbage);
    if (is_in_use(run, garbage))
        return CFN_DONE;
    if (garbage->is_kept) {
        cfn_run_mark(run, garbage, CFN_DELETE_SKIPPED, STR_NONE);
        return CFN_DONE;
    }
    int r = cfn_task_find_made(run, garbage);
    if (r)
        return r;
    bool nothing = !garbage->now.physical.len || is_in_use(run, garbage);
    return nothing ? CFN_DONE : cfn_task_remove(run, garbage);
}

static int newest_first(const void *a, const void *b) {
    const struct cfn_resource *x = *(struct cfn_resource *const *)a,
                              *y = *(struct cfn_resource *const *)b;
    int64_t d = y->now.order - x->now.order;
    return d ? (d > 0) - (d < 0) : str_cmp(x->name, y->name);
}

void cfn_leftover_sort(struct cfn_run *run) {
    struct cfn_list *garbage = &run->stack.garbage;
    if (garbage->n)
        qsort(garbage->items, garbage->n, sizeof *garbage->items, newest_first);
}

int cfn_leftover_forget(struct cfn_run *run, size_t i) {
    cfn_form_deinit(&cfn_resource_form, run->stack.garbage.items[i]);
    cfn_list_remove(&run->stack.garbage, i);
    run->stack_changed = true;
    return cfn_run_commit(run);
}

/* What was replaced goes at the end: others may refer to it until then. */
static bool goes_first(const struct cfn_run *run, const struct cfn_resource *garbage) {
    enum cfn_stage stage = cfn_task_stage(run, garbage);
    return garbage->task.verb == CFN_CREATE || garbage->task.verb == CFN_REPLACE ||
           stage == CFN_DOING || stage == CFN_FINISHED; /* removed, and not forgotten yet */
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

bool cfn_leftover_take_back(struct cfn_run *run, struct cfn_resource *resource,
                            const struct tmpl_resource *wanted, const json_t *props) {
    const struct cfn_backend *backend = cfn_engine_backend(run->engine);
    const struct cfn_type *type = backend->type(backend->ctx, wanted->type);
    struct cfn_list *all = &run->stack.garbage;
    for (size_t i = all->n; i-- > 0;) {
        struct cfn_resource *one = all->items[i];
        bool is_whole = str_eq(one->name, resource->name) && one->now.physical.len &&
                        !one->task.op.len; /* nothing has begun to remove it */
        if (!is_whole || cfn_compare(type, tmpl_type_find(wanted->type), one->now.type,
                                     wanted->type, one->now.properties, props, NULL) > CFN_IN_PLACE)
            continue;
        cfn_list_remove(all, i);
        cfn_run_discard(run, resource, &resource->now, wanted->on_replace != TMPL_DELETE);
        cfn_form_share(&cfn_state_form, &resource->now, &one->now);
        cfn_form_deinit(&cfn_resource_form, one);
        cfn_form_deinit(&cfn_task_form, &resource->task);
        cfn_run_mark(run, resource, CFN_UPDATE_COMPLETE, STR_NONE);
        return true;
    }
    return false;
}

void cfn_leftover_keep(struct cfn_run *run) {
    struct cfn_list *all = cfn_run_by_order(run);
    for (size_t i = all->n; i-- > 0;) {
        struct cfn_resource *one = all->items[i];
        if (one->task.verb == CFN_REPLACE && cfn_task_stage(run, one) == CFN_FINISHED)
            cfn_run_discard(run, one, &one->old, one->now.on_replace != TMPL_DELETE);
    }
}
