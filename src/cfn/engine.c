#include "cfn/engine.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/log.h"
#include "cfn/run.h"
#include "store/key.h"

#include <errno.h>
#include <stdio.h>

enum { WORKERS = 3, RETRY_MS = 5000 };

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
    char response_base[256];
    pthread_mutex_t lock; /* guards busy */
    struct list busy;
};

static int64_t work(void *ctx);

struct cfn_engine *cfn_engine_new(struct store *store, struct hub *hub, const struct cfn_backend *backend) {
    struct cfn_engine *engine = mem_new(struct cfn_engine);
    engine->store = store;
    engine->backend = *backend;
    pthread_mutex_init(&engine->lock, NULL);
    list_init(&engine->busy);
    cfn_engine_set_response_base(engine, "https://cloudformation.us-east-1.amazonaws.com");
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
struct store *cfn_engine_store(struct cfn_engine *engine) { return engine->store; }
const struct cfn_backend *cfn_engine_backend(struct cfn_engine *engine) { return &engine->backend; }
const char *cfn_engine_response_base(struct cfn_engine *engine) { return engine->response_base; }
void cfn_engine_set_response_base(struct cfn_engine *engine, const char *base) {
    snprintf(engine->response_base, sizeof engine->response_base, "%s", base);
}

void cfn_engine_kick(void *ctx) {
    struct cfn_engine *engine = ctx;
    for (size_t i = 0; i < WORKERS; i++)
        if (engine->workers[i])
            hub_kick(engine->workers[i]);
}

/* ---- One operation ---- */

static const struct { const char *status; cfn_step_fn *step; } steps[] = {
    {"CREATE_IN_PROGRESS", cfn_step_forward},
    {"ROLLBACK_IN_PROGRESS", cfn_step_remove},
    {"DELETE_IN_PROGRESS", cfn_step_remove},
    {"UPDATE_IN_PROGRESS", cfn_step_forward},
    {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", cfn_step_cleanup},
    {"UPDATE_ROLLBACK_IN_PROGRESS", cfn_step_restore},
    {"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", cfn_step_cleanup},
};

static int step(struct cfn_run *run) {
    int taken = cfn_run_take_over(run);
    if (taken)
        return taken;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (str_is(cfn_run_status(run), steps[i].status))
            return steps[i].step(run);
    cfn_run_end(run); /* an operation of a stack that is not in progress: nothing to do */
    int rc = cfn_run_commit(run);
    return rc ? rc : CFN_OVER;
}

/* Until it waits or is over. World time when to look again. */
static int64_t advance(struct cfn_engine *engine, struct cfn_place place, str uuid) {
    struct cfn_run run;
    int opened = cfn_run_open(&run, engine, place, uuid);
    run.stopping = &engine->stopping;
    int rc = opened == 0 ? CFN_NEXT : opened == STORE_E_ABSENT ? CFN_OVER : -EIO;
    while (rc == CFN_NEXT)
        rc = step(&run);
    int64_t wake = rc == CFN_LATER ? run.wake_ms : INT64_MAX;
    if (rc < 0) {
        log_error("cfn", "stack " STR_FMT " cannot go on (%d); trying again later", STR_ARG(json_str(run.stack, "StackName")), rc);
        wake = clock_world_ms() + RETRY_MS;
    }
    cfn_run_deinit(&run);
    return wake;
}

/* ---- All of them ---- */

static bool take(struct cfn_engine *engine, str key, struct busy *mine) {
    LOCK_SCOPE(&engine->lock);
    LIST_EACH(node, &engine->busy)
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

struct keys { struct buf *keys; size_t n, cap; };

static int collect_key(void *ctx, str key, const json_t *doc) {
    (void)doc;
    struct keys *k = ctx;
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 8;
        k->keys = mem_realloc(k->keys, k->cap * sizeof *k->keys);
    }
    k->keys[k->n] = (struct buf){0};
    buf_str(&k->keys[k->n++], key);
    return 0;
}

static int64_t work_on(struct cfn_engine *engine, str key) {
    struct busy mine = {.key = {0}};
    if (!take(engine, key, &mine))
        return INT64_MAX; /* whoever has it looks again */
    CLEANUP_DEINIT(buf) struct buf account = {0};
    CLEANUP_DEINIT(buf) struct buf region = {0};
    CLEANUP_DEINIT(buf) struct buf uuid = {0};
    int64_t wake = INT64_MAX;
    if (cfn_read_key(key, &account, &region, &uuid))
        wake = advance(engine, (struct cfn_place){buf_view(&account), buf_view(&region)}, buf_view(&uuid));
    give_back(engine, &mine);
    return wake;
}

int64_t cfn_engine_work(struct cfn_engine *engine) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    struct keys found = {NULL, 0, 0};
    int64_t wake = INT64_MAX;
    key_begin(&prefix, "cfn-op");
    cfn_each(engine->store, NULL, buf_view(&prefix), false, collect_key, &found);
    for (size_t i = 0; i < found.n; i++) {
        int64_t one = engine->stopping ? INT64_MAX : work_on(engine, buf_view(&found.keys[i]));
        wake = one < wake ? one : wake;
        buf_deinit(&found.keys[i]);
    }
    free(found.keys);
    return wake;
}

static int64_t work(void *ctx) { return cfn_engine_work(ctx); }
