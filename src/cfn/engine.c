/*
 * cfn/engine: the engine's thread: takes up each operation that has something to do, looks at it,
 * and sleeps until the next is due.
 */
#include "cfn/engine.h"

#include "aws/identity.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/log.h"
#include "cfn/run.h"
#include "store/key.h"

#include <errno.h>
#include <stdio.h>

enum {
    WORKERS = 3,
    RETRY_MS = 5000, /* after a fault */
    MOST_LOOKS = 8,  /* that others overtake, before the other operations have their turn … */
    AGAIN_MS = 20,   /* … and when to look again then */
};

/* An operation that some worker has in hand. */
struct busy {
    struct list node;
    struct buf key;
};

struct cfn_engine {
    struct store *store;
    struct cfn_backend backend;
    struct hub_timer *workers[WORKERS];
    bool stopping;
    pthread_mutex_t lock; /* guards busy */
    struct list busy;
};

static int64_t work(void *ctx);

struct cfn_engine *cfn_engine_new(struct store *store, struct hub *hub,
                                  const struct cfn_backend *backend) {
    struct cfn_engine *engine = mem_new(struct cfn_engine);
    engine->store = store;
    engine->backend = *backend;
    pthread_mutex_init(&engine->lock, NULL);
    list_init(&engine->busy);
    for (size_t i = 0; hub && i < WORKERS; i++)
        engine->workers[i] = hub_add_timer(hub, "cfn", work, engine);
    return engine;
}

struct cfn_engine *cfn_engine_free(struct cfn_engine *engine) {
    if (engine) {
        pthread_mutex_destroy(&engine->lock);
        free(engine);
    }
    return NULL;
}

void cfn_engine_stop(struct cfn_engine *engine) { engine->stopping = true; }
struct store *cfn_engine_store(struct cfn_engine *engine) {
    return engine->store;
}
const struct cfn_backend *cfn_engine_backend(struct cfn_engine *engine) { return &engine->backend; }

void cfn_engine_kick(void *ctx) {
    struct cfn_engine *engine = ctx;
    for (size_t i = 0; i < WORKERS; i++)
        if (engine->workers[i])
            hub_kick(engine->workers[i]);
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
    cfn_form_deinit(&cfn_operation_form, &run->stack.op);
    run->stack.op = run->stack.next;
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
 * anew.
 */
static int look(struct cfn_engine *engine, struct cfn_place place, str uuid, int64_t *ret_wake) {
    struct cfn_run run;
    int opened = cfn_run_open(&run, engine, place, uuid);
    run.stopping = &engine->stopping;
    int r = opened == 0 ? CFN_NEXT : opened == STORE_E_ABSENT ? CFN_OVER : -EIO;
    while (r == CFN_NEXT)
        r = step(&run);
    *ret_wake = r == CFN_LATER ? run.wake_ms : INT64_MAX;
    if (r < 0 && r != -EAGAIN) {
        log_error("cfn", "stack " STR_FMT " cannot go on (%d); trying again later", STR_ARG(uuid),
                  r);
        *ret_wake = clock_world_ms() + RETRY_MS;
    }
    cfn_run_deinit(&run);
    return r;
}

/* ---- All of them ---- */

static bool take(struct cfn_engine *engine, str key, struct busy *mine) {
    LOCK_SCOPE(&engine->lock);
    LIST_EACH (node, &engine->busy)
        if (str_eq(buf_view(&LIST_ENTRY(node, struct busy, node)->key), key))
            return false;
    buf_str(&mine->key, key);
    list_append(&engine->busy, &mine->node);
    return true;
}

static void give_back(struct cfn_engine *engine, struct busy *mine) {
    {
        LOCK_SCOPE(&engine->lock);
        list_remove(&mine->node);
    }
    buf_deinit(&mine->key);
}

static int64_t work_on(struct cfn_engine *engine, str key) {
    struct busy mine = {.key = {0}};
    if (!take(engine, key, &mine))
        return INT64_MAX; /* whoever has it looks again */
    CLEANUP_DEINIT(buf) struct buf account = {0}, region = {0}, uuid = {0};
    int64_t wake = INT64_MAX;
    int r = cfn_read_key(key, &account, &region, &uuid) ? -EAGAIN : -EINVAL;
    for (int looks = 0; r == -EAGAIN && looks < MOST_LOOKS && !engine->stopping; looks++)
        r = look(engine, (struct cfn_place){buf_view(&account), buf_view(&region)}, buf_view(&uuid),
                 &wake);
    give_back(engine, &mine);
    return r == -EAGAIN ? clock_world_ms() + AGAIN_MS : wake;
}

int64_t cfn_engine_work(struct cfn_engine *engine) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP_DEINIT(buf) struct buf to = {0};
    int64_t wake = INT64_MAX;
    key_begin(&from, "cfn-op");
    buf_str(&to, buf_view(&from));
    key_after(&to);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(engine->store, NULL, STORE_META, buf_view(&from), buf_view(&to), false);
    while (!engine->stopping && store_iter_next(it)) {
        int64_t one = work_on(engine, it->key);
        wake = one < wake ? one : wake;
    }
    return wake;
}

static int64_t work(void *ctx) { return cfn_engine_work(ctx); }
