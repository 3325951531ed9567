#pragma once
/*
 * cfn/run: one look at one operation: its rows in memory, and changes to them on their way to disk.
 * The steps of an operation: step.c forward, remove.c backward; task.c carries out one verb.
 *
 * Rows are read when a look begins, and each that a commit changes is a condition of it: when a
 * handler has written the stack meanwhile, the commit answers -EAGAIN and the look begins anew.
 */
#include "base/outcomes.h"
#include "cfn/engine.h"
#include "tmpl/eval.h"

struct cfn_run {
    struct cfn_engine *engine;
    struct arena arena;
    struct rows rows;
    int64_t due; /* id of the row that has the operation carried on */
    struct cfn_stack stack;
    bool stack_changed;
    struct cfn_list resources; /* of struct cfn_resource */
    struct tmpl *tree;
    const struct tmpl_model *model;
    struct tmpl_graph graph;               /* of references */
    struct tmpl_graph order;               /* graph, with what cfn/order.h adds */
    json_t *params, *conditions, *imports; /* imports: names that were asked for */
    json_t *hidden;                        /* texts that answers with NoEcho gave */
    struct tmpl_scope scope;
    struct aws_identity *identity; /* NULL until needed */
    int64_t wake_ms;               /* earliest of what waits */
    const bool *stopping;
    struct err why;
};

/*
 * How a step ends: go on with the next status, wait, the operation is over; or a fault (negative),
 * -EAGAIN when a row has changed meanwhile.
 */
enum cfn_outcome { CFN_NEXT = OUTCOMES_CFN_STEP, CFN_LATER, CFN_OVER };
typedef int cfn_step_fn(struct cfn_run *run);
cfn_step_fn cfn_step_forward, cfn_step_remove, cfn_step_restore, cfn_step_cleanup;

/* ---- run.c ---- */
struct cfn_run_place { /* what is looked at */
    struct cfn_place place;
    str uuid;
    int64_t due;
};
/*
 * Reads the stack's rows. 0, STORE_E_ABSENT (there is no such stack) or a fault. The run belongs to
 * the worker's thread, and is deinited in any case.
 */
int cfn_run_open(struct cfn_run *run, struct cfn_engine *engine, const struct cfn_run_place *at);
void cfn_run_deinit(struct cfn_run *run);
/* Loads the template of the stack's generation, evaluates conditions, orders. */
int cfn_run_load_model(struct cfn_run *run);
/* A new resource in the run, not yet on disk. */
struct cfn_resource *cfn_run_add(struct cfn_run *run, str name, str type);
/* From here on events mask the texts in this answer of a function. */
void cfn_run_hide(struct cfn_run *run, const json_t *attributes);
/* The stack's new status, with its event. */
void cfn_run_set_status(struct cfn_run *run, enum cfn_status status, str reason);
/* The resource (or the garbage) has changed; with a status: an event tells. */
void cfn_run_changed(struct cfn_run *run, struct cfn_resource *resource);
void cfn_run_mark(struct cfn_run *run, struct cfn_resource *resource, enum cfn_status status,
                  str reason);
/* Its row goes; the struct says nothing afterwards. */
void cfn_run_drop(struct cfn_run *run, struct cfn_resource *resource);
/*
 * What the state says is there, or what a lost creation of it may have made, is to be removed, or
 * let go of, once the update is through. Nothing there: nothing.
 */
void cfn_run_discard(struct cfn_run *run, const struct cfn_resource *resource,
                     const struct cfn_state *state, bool keep);
/* The exports and imports of the present version. */
void cfn_run_drop_links(struct cfn_run *run);
/* The operation is over: removes its row. */
void cfn_run_end(struct cfn_run *run);
/* Writes what has changed: 0, -EAGAIN when a row has changed meanwhile, or another fault. */
int cfn_run_commit(struct cfn_run *run);
/* Commits: a fault, or `outcome`. */
int cfn_run_commit_and(struct cfn_run *run, int outcome);
/* The run's resources, sorted: oldest first. */
struct cfn_list *cfn_run_by_order(struct cfn_run *run);

/* ---- task.c: each answers CFN_DONE, CFN_WAIT or CFN_FAILED, all written, or a fault ---- */
enum cfn_stage cfn_task_stage(const struct cfn_run *run, const struct cfn_resource *resource);
/*
 * Begins a task: the intention, with its event, is committed, then the verb called. properties is
 * taken.
 */
int cfn_task_begin(struct cfn_run *run, struct cfn_resource *resource, enum cfn_verb verb,
                   json_t *properties, str reason);
/*
 * What became of what this step has begun with the resource, which is not CFN_UNTOUCHED; what it
 * does goes on.
 */
int cfn_task_go_on(struct cfn_run *run, struct cfn_resource *resource);
/* Marks a resource as looked at by this step, without an event of its own. */
void cfn_task_mark(struct cfn_run *run, struct cfn_resource *resource, enum cfn_verb verb,
                   enum cfn_stage stage);
/*
 * Is there a creation that may have made something, though no id was written down? Its daemon was
 * killed, its outcome could not be committed, or it failed when it was called again.
 */
bool cfn_task_is_lost(const struct cfn_resource *resource);
/*
 * Before what a creation made is taken back, whichever step began it: finds out what a lost one
 * made, in memory, for the commit with which its removal begins. CFN_FAILED is written.
 */
int cfn_task_find_made(struct cfn_run *run, struct cfn_resource *resource);
/* Do the rows speak of one and the same thing, which must not go for one of them alone? */
bool cfn_task_is_same_thing(struct cfn_run *run, const struct cfn_resource *a,
                            const struct cfn_resource *b);
/* Removes what is there: begins, or goes on. */
int cfn_task_remove(struct cfn_run *run, struct cfn_resource *resource);

/* ---- leftover.c: what failed operations left behind ---- */
/*
 * Before an update or a removal begins: what was begun and not finished becomes garbage, with what
 * may have been made and is not known; in an update it is removed at once, so that its name is free
 * again. 0, CFN_LATER or a fault.
 */
int cfn_leftover_collect(struct cfn_run *run);
/* An update that failed and stays as it is: what it has replaced is garbage, with the next commit. */
void cfn_leftover_keep(struct cfn_run *run);
/*
 * Where the wanted properties need another thing than the resource has, and one that an earlier update
 * replaced is there still: the two change places, and true is answered.
 */
bool cfn_leftover_take_back(struct cfn_run *run, struct cfn_resource *resource,
                            const struct tmpl_resource *wanted, const json_t *props);
/* Newest first, by the order in which it was made, as it is to be removed. */
void cfn_leftover_sort(struct cfn_run *run);
/*
 * Finds and removes garbage, or lets go of it: as the functions of task.c. What a resource of the
 * stack has is none: CFN_DONE, and nothing is done.
 */
int cfn_leftover_remove(struct cfn_run *run, struct cfn_resource *garbage);
/* The stack's i-th piece of garbage is no more; commits. */
int cfn_leftover_forget(struct cfn_run *run, size_t i);

/* ---- scope.c ---- */
/*
 * Properties of a resource in this run, evaluated, coerced, stack tags merged in. CFN_FAILED:
 * run->why.
 */
int cfn_run_properties(struct cfn_run *run, const struct tmpl_resource *resource, json_t **ret);
void cfn_run_scope(struct cfn_run *run);
/* Reads an export, and makes it a condition: 0, STORE_E_ABSENT or a fault (negative). */
int cfn_run_export(struct cfn_run *run, str name, struct cfn_export *ret);
