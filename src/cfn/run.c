/* cfn/run: loads an operation's rows, keeps changes to them, and commits the changes. */
#include "cfn/run.h"

#include "aws/identity.h"
#include "base/log.h"
#include "cfn/order.h"
#include "tmpl/params.h"

#include <errno.h>

/* The stack's row is not written with every event: those of resources are in their rows. */
static void find_last_event(struct cfn_run *run) {
    for (size_t i = 0; i < run->resources.n; i++) {
        const struct cfn_resource *one = run->resources.items[i];
        if (one->time_ms > run->stack.event_ms)
            run->stack.event_ms = one->time_ms;
    }
}

void cfn_run_hide(struct cfn_run *run, const json_t *attributes) {
    const char *name;
    json_t *one;
    size_t i;
    if (json_string_length(attributes))
        json_array_append(run->hidden, (json_t *)attributes);
    json_object_foreach ((json_t *)attributes, name, one)
        cfn_run_hide(run, one);
    json_array_foreach (attributes, i, one)
        cfn_run_hide(run, one);
}

static void hide_answers(struct cfn_run *run, const struct cfn_list *resources) {
    for (size_t i = 0; i < resources->n; i++) {
        const struct cfn_resource *one = resources->items[i];
        if (one->now.no_echo)
            cfn_run_hide(run, one->now.attributes);
        if (one->old.no_echo)
            cfn_run_hide(run, one->old.attributes);
    }
}

/* Peeks: what a commit changes, it makes a condition itself. */
int cfn_run_open(struct cfn_run *run, struct cfn_engine *engine, const struct cfn_run_place *at) {
    *run = (struct cfn_run){.engine = engine, .due = at->due, .wake_ms = INT64_MAX};
    run->rows = (struct rows){cfn_engine_store(engine), NULL, store_batch_new()};
    run->imports = json_object();
    run->hidden = json_array();
    int r = cfn_peek_stack(&run->rows, &run->arena, at->place, at->uuid, &run->stack);
    r = r ? r : cfn_load_resources(&run->rows, &run->arena, &run->stack, &run->resources);
    find_last_event(run);
    hide_answers(run, &run->resources);
    hide_answers(run, &run->stack.garbage);
    run->stack.hidden = run->hidden;
    return r;
}

void cfn_run_deinit(struct cfn_run *run) {
    cfn_stack_deinit(&run->stack);
    cfn_list_deinit(&cfn_resource_form, &run->resources);
    json_decref(run->params);
    json_decref(run->conditions);
    json_decref(run->imports);
    json_decref(run->hidden);
    tmpl_free(run->tree);
    aws_identity_free(run->identity);
    store_batch_free(run->rows.batch);
    arena_deinit(&run->arena);
}

/* What was accepted by the API parses again; a failure here means damage. */
int cfn_run_load_model(struct cfn_run *run) {
    CLEANUP_DEINIT(row) struct row text = {0};
    const struct cfn_stack *stack = &run->stack;
    cfn_key_numbered(&text.key, "cfn-tmpl", stack->place, stack->uuid,
                     (uint64_t)stack->now.generation);
    /* what follows from it needs the stack's row to be as it was read */
    int r = row_peek(&run->rows, &text);
    if (r)
        return r > 0 ? -EBADMSG : r;
    struct tmpl_fault fault = {{0}, {{0}}};
    if (tmpl_new(&run->tree, buf_view(&text.bytes), &fault) ||
        tmpl_model_new(run->tree, &run->model, &fault) ||
        tmpl_params_resolve(run->model, stack->now.parameters, &run->params, &fault))
        return -EBADMSG;
    cfn_run_scope(run);
    if (tmpl_conditions(&run->scope, &run->conditions, &fault))
        return -EBADMSG;
    run->scope.conditions = run->conditions;
    if (tmpl_graph_new(run->model, tmpl_active_resources(&run->scope, &run->arena), &run->arena,
                       &run->graph, &fault))
        return -EBADMSG;
    cfn_order(cfn_engine_backend(run->engine), run->model, &run->graph, &run->arena, &run->order);
    return 0;
}

/* ---- Changes ---- */

struct cfn_resource *cfn_run_add(struct cfn_run *run, str name, str type) {
    struct cfn_resource *resource = arena_new(&run->arena, struct cfn_resource);
    resource->name = arena_str(&run->arena, name);
    resource->now.type = arena_str(&run->arena, type);
    cfn_key(&resource->row.key, "cfn-res", run->stack.place, run->stack.uuid, name);
    cfn_list_add(&run->resources, &run->arena, resource);
    return resource;
}

void cfn_run_set_status(struct cfn_run *run, enum cfn_status status, str reason) {
    run->stack.status = status;
    run->stack.reason = reason.len ? arena_str(&run->arena, reason) : STR_NONE;
    cfn_add_event(&run->rows, &run->stack, NULL, status, reason);
    run->stack_changed = true;
}

void cfn_run_changed(struct cfn_run *run, struct cfn_resource *resource) {
    if (resource->is_garbage)
        run->stack_changed = true;
    else
        resource->changed = true;
}

void cfn_run_mark(struct cfn_run *run, struct cfn_resource *resource, enum cfn_status status,
                  str reason) {
    resource->status = status;
    resource->reason = reason.len ? arena_str(&run->arena, reason) : STR_NONE;
    cfn_add_event(&run->rows, &run->stack, resource, status, reason);
    resource->time_ms = run->stack.event_ms;
    cfn_run_changed(run, resource);
}

void cfn_run_drop(struct cfn_run *run, struct cfn_resource *resource) {
    row_still(&run->rows, &resource->row);
    row_del(&run->rows, &resource->row);
    for (size_t i = 0; i < run->resources.n; i++)
        if (run->resources.items[i] == resource)
            cfn_list_remove(&run->resources, i--);
    cfn_form_deinit(&cfn_resource_form, resource);
    row_deinit(&resource->row);
}

void cfn_run_discard(struct cfn_run *run, const struct cfn_resource *resource,
                     const struct cfn_state *state, bool keep) {
    bool is_lost = state == &resource->now && cfn_task_is_lost(resource);
    if (!state->physical.len && !is_lost)
        return;
    struct cfn_resource *garbage = arena_new(&run->arena, struct cfn_resource);
    garbage->name = resource->name;
    garbage->is_garbage = true;
    garbage->is_kept = keep;
    cfn_form_share(&cfn_state_form, &garbage->now, state);
    if (state == &resource->now && resource->task.stage == CFN_BROKEN)
        cfn_form_share(&cfn_task_form, &garbage->task, &resource->task);
    cfn_list_add(&run->stack.garbage, &run->arena, garbage);
    run->stack_changed = true;
}

/*
 * Blind: an export's row is its owner's, an import's the importer's, and the stack's row is a
 * condition.
 */
void cfn_run_drop_links(struct cfn_run *run) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    const struct cfn_stack *stack = &run->stack;
    size_t i;
    json_t *one;
    json_array_foreach (stack->now.outputs, i, one) {
        if (!json_str(one, "ExportName").p)
            continue;
        cfn_key(&key, "cfn-export", stack->place, json_str(one, "ExportName"), STR_NONE);
        row_del_blind(&run->rows, STORE_META, buf_view(&key));
    }
    json_array_foreach (stack->now.imports, i, one) {
        cfn_key(&key, "cfn-import", stack->place, json_text(one), stack->uuid);
        row_del_blind(&run->rows, STORE_META, buf_view(&key));
    }
}

void cfn_run_end(struct cfn_run *run) { cfn_engine_drop(run->engine, run->rows.batch, run->due); }

static void put_changed(struct cfn_run *run) {
    if (run->stack_changed)
        cfn_put(&run->rows, &cfn_stack_form, &run->stack);
    run->stack_changed = false;
    for (size_t i = 0; i < run->resources.n; i++) {
        struct cfn_resource *resource = run->resources.items[i];
        if (resource->changed)
            cfn_put(&run->rows, &cfn_resource_form, resource);
        resource->changed = false;
    }
}

int cfn_run_commit(struct cfn_run *run) {
    struct err why = {{0}};
    put_changed(run);
    if (store_batch_idle(run->rows.batch))
        return 0;
    /* a stack must be able to give room back on a full disk */
    store_batch_frees(run->rows.batch);
    int r = store_commit(run->rows.store, run->rows.batch, &why);
    store_batch_clear(run->rows.batch);
    if (r && r != STORE_E_CONDITION)
        log_error("cfn", "stack " STR_FMT ": %s", STR_ARG(run->stack.uuid), why.text);
    return r == STORE_E_CONDITION ? -EAGAIN : r > 0 ? -EIO : r;
}

int cfn_run_commit_and(struct cfn_run *run, int outcome) {
    int r = cfn_run_commit(run);
    return r ? r : outcome;
}

/* ---- Order ---- */

static int by_order(const void *a, const void *b) {
    const struct cfn_resource *x = *(struct cfn_resource *const *)a,
                              *y = *(struct cfn_resource *const *)b;
    return x->now.order < y->now.order ? -1 : x->now.order > y->now.order;
}

struct cfn_list *cfn_run_by_order(struct cfn_run *run) {
    struct cfn_list *all = &run->resources;
    if (all->n)
        qsort(all->items, all->n, sizeof *all->items, by_order);
    return all;
}
