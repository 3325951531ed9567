/* cfn/engine: the threads that carry stack operations on, and the rows that say which there are. */
#include "cfn/engine.h"

#include "aws/identity.h"
#include "base/clock.h"
#include "base/log.h"
#include "cfn/late.h"
#include "cfn/run.h"
#include "hub/due.h"

#include <errno.h>

enum {
    ROW_VERSION = 1,
    THREADS = 3,
    LONGEST_MS = 3600000, /* an operation that waits longer is looked at once more */
    RETRY_MS = 5000,      /* after a fault */
    MOST_LOOKS = 8, /* that others overtake, before the other operations have their turn … */
    AGAIN_MS = 20,  /* … and when to look again then */
};

struct cfn_engine {
    struct store *store;
    struct cfn_backend backend;
    struct hub_due *due;
    struct cfn_late *late;
    struct cfn_ended *ended;
    bool stopping;
};

static hub_due_fn work_on;

struct cfn_engine *cfn_engine_new(struct store *store, struct hub *hub,
                                  const struct cfn_backend *backend) {
    struct cfn_engine *engine = mem_new(struct cfn_engine);
    engine->store = store;
    engine->backend = *backend;
    engine->late = cfn_late_new();
    engine->ended = cfn_ended_new();
    engine->due = hub_due_add(hub, &(struct hub_due_kind){.name = CFN_QUEUE,
                                                          .longest_ms = LONGEST_MS,
                                                          .threads = THREADS,
                                                          .run = work_on,
                                                          .ctx = engine});
    return engine;
}

struct cfn_engine *cfn_engine_free(struct cfn_engine *engine) {
    cfn_late_free(engine->late);
    cfn_ended_free(engine->ended);
    free(engine);
    return NULL;
}

void cfn_engine_stop(struct cfn_engine *engine) {
    engine->stopping = true;
    cfn_late_stop(engine->late);
}
struct store *cfn_engine_store(struct cfn_engine *engine) {
    return engine->store;
}
const struct cfn_backend *cfn_engine_backend(struct cfn_engine *engine) { return &engine->backend; }
struct cfn_late *cfn_engine_late(struct cfn_engine *engine) {
    return engine->late;
}
struct cfn_ended *cfn_engine_ended(struct cfn_engine *engine) {
    return engine->ended;
}

/* ---- Rows ---- */

void cfn_queue_row_encode(struct buf *out, const struct cfn_stack *stack) {
    buf_u8(out, ROW_VERSION);
    buf_lstr(out, stack->place.account);
    buf_lstr(out, stack->place.region);
    buf_lstr(out, stack->uuid);
}

bool cfn_queue_row_decode(str bytes, struct cfn_place *ret_place, str *ret_uuid) {
    struct cur c = cur_of(bytes);
    if (cur_u8(&c) != ROW_VERSION)
        return false;
    ret_place->account = cur_lstr(&c);
    ret_place->region = cur_lstr(&c);
    *ret_uuid = cur_lstr(&c);
    return !c.bad && c.s.len == 0;
}

int64_t cfn_engine_put(struct cfn_engine *engine, struct store_batch *batch,
                       const struct cfn_stack *stack) {
    CLEANUP_DEINIT(buf) struct buf payload = {0};
    cfn_queue_row_encode(&payload, stack);
    const struct hub_due_item item = {.born_ms = clock_world_ms(), .payload = buf_view(&payload)};
    return (int64_t)hub_due_put(engine->due, batch, &item);
}

static void is_over(void *late, uint64_t due) { cfn_late_over(late, (int64_t)due); }

void cfn_engine_drop(struct cfn_engine *engine, struct store_batch *batch, int64_t due) {
    hub_due_del(engine->due, batch, (uint64_t)due);
    store_after_id(batch, is_over, engine->late, (uint64_t)due);
}

static void look_now(void *due, uint64_t id) { hub_due_arm(due, id, 0); }

void cfn_engine_wake(struct cfn_engine *engine, struct store_batch *batch, int64_t due) {
    store_after_id(batch, look_now, engine->due, (uint64_t)due);
}

/* ---- One operation ---- */

static cfn_step_fn *const steps[CFN_N_STATUSES] = {
    [CFN_CREATE_IN_PROGRESS] = cfn_step_forward,
    [CFN_ROLLBACK_IN_PROGRESS] = cfn_step_remove,
    [CFN_DELETE_IN_PROGRESS] = cfn_step_remove,
    [CFN_UPDATE_IN_PROGRESS] = cfn_step_forward,
    [CFN_UPDATE_COMPLETE_CLEANUP_IN_PROGRESS] = cfn_step_cleanup,
    [CFN_UPDATE_ROLLBACK_IN_PROGRESS] = cfn_step_restore,
    [CFN_UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS] = cfn_step_cleanup,
};

/* A deletion was asked for while the stack was being made: it is the operation from here on. */
static int take_over(struct cfn_run *run) {
    int64_t due = run->stack.op.due; /* the row stays, for the new one */
    cfn_form_deinit(&cfn_operation_form, &run->stack.op);
    run->stack.op = run->stack.next;
    run->stack.op.due = due;
    run->stack.next = (struct cfn_operation){0};
    run->identity = aws_identity_free(run->identity);
    cfn_run_set_status(run, CFN_DELETE_IN_PROGRESS, S("User Initiated"));
    return cfn_run_commit_and(run, CFN_NEXT);
}

static int step(struct cfn_run *run) {
    if (run->stack.next.id.len)
        return take_over(run);
    cfn_step_fn *next = steps[run->stack.status];
    if (next)
        return next(run);
    cfn_run_end(run); /* an operation of a stack that is not in progress: nothing to do */
    return cfn_run_commit_and(run, CFN_OVER);
}

/*
 * One look: until it waits or is over. *ret_wake: world time when to look again. -EAGAIN: at once,
 * anew. STORE_E_ABSENT: there is no such stack; STORE_E_DAMAGED: it cannot be read.
 */
static int look(struct cfn_engine *engine, const struct cfn_run_place *at, int64_t *ret_wake) {
    struct cfn_run run;
    int opened = cfn_run_open(&run, engine, at);
    run.stopping = &engine->stopping;
    int r = opened == 0 ? CFN_NEXT : opened > 0 ? opened : -EIO;
    while (r == CFN_NEXT)
        r = step(&run);
    *ret_wake = r == CFN_LATER ? run.wake_ms : INT64_MAX;
    if (r == STORE_E_DAMAGED) {
        log_error("cfn",
                  "the row of stack " STR_FMT
                  " is damaged: its operation waits; restore DATA from a copy",
                  STR_ARG(at->uuid));
        *ret_wake = clock_world_ms() + LONGEST_MS;
    }
    if (r < 0 && r != -EAGAIN) {
        log_error("cfn", "the operation of stack " STR_FMT " cannot go on: %s; again in %d s",
                  STR_ARG(at->uuid), outcome_words(r), RETRY_MS / 1000);
        *ret_wake = clock_world_ms() + RETRY_MS;
    }
    cfn_run_deinit(&run);
    return r;
}

/* ---- All of them ---- */

/* The steps commit for themselves; the last one removes the row. */
static enum hub_due_result work_on(void *ctx, struct store_batch *, struct hub_due_item *item) {
    struct cfn_engine *engine = ctx;
    struct cfn_run_place at = {.due = (int64_t)item->id};
    if (!cfn_queue_row_decode(item->payload, &at.place, &at.uuid))
        return HUB_DUE_DAMAGED;
    int r = -EAGAIN;
    for (int looks = 0; r == -EAGAIN && looks < MOST_LOOKS && !engine->stopping; looks++)
        r = look(engine, &at, &item->due_ms);
    if (r == -EAGAIN)
        item->due_ms = clock_world_ms() + AGAIN_MS;
    return r == STORE_E_ABSENT ? HUB_DUE_DONE : HUB_DUE_LEFT;
}

int64_t cfn_engine_work(struct cfn_engine *engine) {
    struct err err;
    if (hub_due_reload(engine->due, &err)) {
        log_error("cfn", "the operations of stacks that are due cannot be read: %s", err.text);
        return 0;
    }
    return hub_due_work(engine->due);
}
