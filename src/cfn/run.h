#pragma once
/*
 * cfn/run: one look at one operation: its rows in memory, and changes to them on their way to disk.
 * The steps of an operation: step.c forward, remove.c backward; task.c carries out one verb.
 */
#include "base/outcomes.h"
#include "cfn/engine.h"
#include "tmpl/eval.h"

struct cfn_run {
    struct cfn_engine *engine;
    struct store *store;
    struct arena arena;
    struct cfn_place place;
    str uuid;
    json_t *op, *stack;
    json_t *resources;   /* logical id → row */
    struct tmpl *tree;
    const struct tmpl_model *model;
    struct tmpl_graph graph;
    json_t *params, *conditions, *imports; /* imports: names that were asked for */
    struct tmpl_scope scope;
    struct aws_identity *identity; /* NULL until needed */
    struct store_batch *batch;
    int64_t wake_ms;     /* earliest of what waits */
    const bool *stopping;
    struct err why;
};

/* How a step ends: go on with the next status, wait, the operation is over, or a fault (negative). */
enum cfn_outcome { CFN_NEXT = OUTCOMES_CFN_STEP, CFN_LATER, CFN_OVER };
typedef int cfn_step_fn(struct cfn_run *run);
cfn_step_fn cfn_step_forward, cfn_step_remove, cfn_step_restore, cfn_step_cleanup;

/* ---- run.c ---- */
int cfn_run_open(struct cfn_run *run, struct cfn_engine *engine, struct cfn_place place, str uuid);
void cfn_run_deinit(struct cfn_run *run);
/* Loads the template of the stack's generation, evaluates conditions, orders. */
int cfn_run_load_model(struct cfn_run *run);
str cfn_run_status(const struct cfn_run *run);
/* Writes the stack's new status and its event into the batch. */
void cfn_run_set_status(struct cfn_run *run, const char *status, str reason);
void cfn_run_put_stack(struct cfn_run *run);
/* A resource row, or an entry of the stack's garbage (row.Garbage): to the batch, with an event (status NULL: none). */
void cfn_run_put_row(struct cfn_run *run, json_t *row, const char *status, str reason);
void cfn_run_drop_row(struct cfn_run *run, const json_t *row);
/* Turns the operation into a deletion when somebody asked for it meanwhile (cfn_take_over). 0 or a fault. */
int cfn_run_take_over(struct cfn_run *run);
/* The operation is over: removes its row. */
void cfn_run_end(struct cfn_run *run);
int cfn_run_commit(struct cfn_run *run);
/* Rows by descending (ascending) order of creation; arena. */
json_t **cfn_run_sorted(struct cfn_run *run, bool newest_first, size_t *ret_n);

/* ---- task.c ---- */
enum cfn_verb { CFN_CREATE, CFN_REPLACE, CFN_UPDATE, CFN_RESTORE, CFN_REMOVE };
/* What this operation has done with the row. */
enum cfn_stage { CFN_UNTOUCHED, CFN_DOING, CFN_FINISHED, CFN_BROKEN };
enum cfn_stage cfn_task_stage(const struct cfn_run *run, const json_t *row);
str cfn_task_verb(const json_t *row);
/* Keeps what the row is now as row.Old: what an update that fails goes back to. */
void cfn_task_remember(json_t *row);
/* Begins a task: the intention, with its event, committed. props is taken. */
int cfn_task_begin(struct cfn_run *run, json_t *row, enum cfn_verb verb, json_t *props, str reason);
/* Carries on with a begun task. CFN_DONE, CFN_WAIT, CFN_FAILED (all written), or a negative fault. */
int cfn_task_go_on(struct cfn_run *run, json_t *row);
/* Marks a resource as looked at by this operation, without event. */
void cfn_task_skip(struct cfn_run *run, json_t *row);

/* ---- scope.c ---- */
/* Properties of a resource in this run, evaluated, coerced, stack tags merged in. CFN_FAILED: run->why. */
int cfn_run_properties(struct cfn_run *run, const struct tmpl_resource *resource, json_t **ret);
void cfn_run_scope(struct cfn_run *run);
/* Evaluates outputs; CFN_FAILED with run->why. */
int cfn_run_outputs(struct cfn_run *run, json_t **ret);
