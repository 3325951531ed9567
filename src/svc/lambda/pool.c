/* Which environment serves an invocation; what happens to both when it ends. */
#include "svc/lambda/pool.h"

#include "base/clock.h"
#include "base/rand.h"
#include "svc/lambda/lambda_priv.h"

enum { SETTLE_MS = 20, KEYS_MARGIN_MS = 60000 };

/* ---- Invocations ---- */
void lambda_outcome_deinit(struct lambda_outcome *outcome) { buf_deinit(&outcome->payload); }

struct lambda_inv *lambda_inv_new(struct lambda_fn *fn, str payload) {
    struct lambda_inv *inv = mem_new(struct lambda_inv);
    inv->fn = lambda_fn_ref(fn);
    rand_uuid(inv->id);
    /* A function without an event gets an empty one. */
    buf_str(&inv->payload, payload.len ? payload : S("{}"));
    list_init(&inv->node);
    list_init(&inv->lines);
    return inv;
}

static void free_lines(struct list *lines) {
    LIST_EACH (node, lines) {
        struct lambda_line *line = LIST_ENTRY(node, struct lambda_line, node);
        buf_deinit(&line->text);
        free(line);
    }
    list_init(lines);
}

struct lambda_inv *lambda_inv_free(struct lambda_inv *inv) {
    if (!inv)
        return NULL;
    free_lines(&inv->lines);
    lambda_fn_free(inv->fn);
    buf_deinit(&inv->payload);
    buf_deinit(&inv->client_context);
    buf_deinit(&inv->tail);
    buf_deinit(&inv->log_group);
    lambda_outcome_deinit(&inv->outcome);
    free(inv);
    return NULL;
}

void lambda_fail_run(struct lambda_inv *inv, const char *type, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    buf_printf(&text, "RequestId: %s Error: ", inv->id);
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    struct buf *out = &inv->outcome.payload;
    buf_clear(out);
    buf_c(out, "{\"errorType\":");
    json_add_quoted(out, str_c(type));
    buf_c(out, ",\"errorMessage\":");
    json_add_quoted(out, buf_view(&text));
    buf_char(out, '}');
    inv->outcome.function_error = true;
}

void lambda_fail_service(struct lambda_inv *inv, const struct aws_error *error, const char *text) {
    inv->outcome.fault = error;
    CLEANUP_DEINIT(buf) struct buf copy = {0};
    buf_c(&copy, text);
    str s = str_slice(buf_view(&copy), 0, sizeof inv->outcome.fault_text - 1);
    memcpy(inv->outcome.fault_text, s.p, s.len);
    inv->outcome.fault_text[s.len] = '\0';
}

/* ---- Pools and counts ---- */
struct lambda_pool *lambda_pool_of(struct lambda_svc *svc, str arn) {
    struct lambda_pool *pool = map_get(&svc->pools, arn);
    if (pool)
        return pool;
    pool = mem_new(struct lambda_pool);
    list_init(&pool->envs);
    list_init(&pool->waiting);
    map_put(&svc->pools, arn, pool);
    return pool;
}

static struct lambda_count *count_of(struct lambda_svc *svc, str account) {
    struct lambda_count *count = map_get(&svc->running, account);
    if (!count) {
        count = mem_new(struct lambda_count);
        map_put(&svc->running, account, count);
    }
    return count;
}

static bool at_limit(struct lambda_svc *svc, const struct lambda_fn *fn,
                     const struct lambda_pool *pool) {
    if (fn->reserved >= 0 && (int64_t)pool->running >= fn->reserved)
        return true;
    return count_of(svc, fn->name.account)->n >= LAMBDA_ACCOUNT_CONCURRENCY;
}

static uint64_t memory_of(const struct lambda_fn *fn) { return fn->memory_mb * 1024 * 1024; }

/* ---- Environments ---- */
void lambda_env_unref(struct lambda_env *env) {
    if (--env->refs > 0)
        return;
    free_lines(&env->lines);
    for (int i = 0; i < 2; i++) {
        fd_closep(&env->out[i].fd);
        buf_deinit(&env->out[i].partial);
    }
    sandbox_free(env->sandbox);
    lambda_fn_free(env->fn);
    free(env);
}

void lambda_env_kill(struct lambda_env *env) {
    if (env->state == ENV_DYING)
        return;
    env->state = ENV_DYING;
    env->deadline_ns = INT64_MAX;
    if (env->sandbox)
        sandbox_kill(env->sandbox);
}

void lambda_env_bury(struct lambda_env *env) {
    struct lambda_svc *svc = env->svc;
    list_remove(&env->node);
    env->pool->n_envs--;
    svc->n_envs--;
    svc->memory_used -= memory_of(env->fn);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    for (size_t i = 0; i < ARRAY_LEN(env->origins); i++) {
        if (env->origins[i])
            net_origin_close(STEAL(env->origins[i]));
    }
    pthread_cond_broadcast(&svc->gone);
    lambda_queue_kick(svc); /* its memory is free */
    lambda_env_unref(env);
}

static void push_front(struct list *head, struct list *node) { list_append(head->next, node); }

static struct lambda_env *env_new(struct lambda_svc *svc, struct lambda_pool *pool,
                                  struct lambda_fn *fn) {
    struct lambda_env *env = mem_new(struct lambda_env);
    env->svc = svc;
    env->pool = pool;
    env->fn = lambda_fn_ref(fn);
    env->refs = 2; /* the pool's, and the starter's */
    env->state = ENV_STARTING;
    env->deadline_ns = INT64_MAX;
    env->start_ns = clock_mono_ns();
    list_init(&env->lines);
    for (int i = 0; i < 2; i++)
        env->out[i] = (struct lambda_output){.env = env, .fd = -1};
    push_front(&pool->envs, &env->node);
    pool->n_envs++;
    svc->n_envs++;
    svc->starting++;
    svc->memory_used += memory_of(fn);
    return env;
}

static bool is_usable(const struct lambda_env *env, const struct lambda_fn *fn) {
    return env->fn->generation == fn->generation &&
           env->keys_expire_ms > clock_real_ms() + fn->timeout_ms + KEYS_MARGIN_MS;
}

/* An idle one, else one that has just answered and is on its way back to /next. */
static struct lambda_env *find_env(struct lambda_pool *pool, const struct lambda_fn *fn) {
    struct lambda_env *settling = NULL;
    int64_t recent = clock_mono_ns() - SETTLE_MS * 1000000LL;
    LIST_EACH (node, &pool->envs) {
        struct lambda_env *env = LIST_ENTRY(node, struct lambda_env, node);
        bool idle = env->state == ENV_IDLE;
        if (!idle && env->state != ENV_SETTLING)
            continue;
        if (!is_usable(env, fn)) {
            if (idle)
                lambda_env_kill(env);
            continue;
        }
        if (idle)
            return env;
        if (env->settled_ns > recent)
            settling = env;
    }
    return settling;
}

/* Idle environments of any function, the longest idle first, make room. */
static bool make_room(struct lambda_svc *svc, uint64_t need) {
    while (svc->memory_used + need > svc->memory_bytes) {
        struct lambda_env *oldest = NULL;
        uint64_t leaving = 0;
        size_t at = 0;
        str arn;
        void *value;
        while (map_next(&svc->pools, &at, &arn, &value)) {
            LIST_EACH (node, &((struct lambda_pool *)value)->envs) {
                struct lambda_env *env = LIST_ENTRY(node, struct lambda_env, node);
                if (env->state == ENV_DYING)
                    leaving += memory_of(env->fn);
                if (env->state == ENV_IDLE && (!oldest || env->deadline_ns < oldest->deadline_ns))
                    oldest = env;
            }
        }
        /* What is dying frees its memory within milliseconds: as good as gone. */
        if (svc->memory_used - leaving + need <= svc->memory_bytes)
            return true;
        if (!oldest)
            return svc->n_envs == 0; /* a function larger than the budget may run alone */
        lambda_env_kill(oldest);
    }
    return true;
}

/* ---- Assigning ---- */
static void assign(struct lambda_svc *svc, struct lambda_env *env, struct lambda_inv *inv) {
    struct lambda_count *count = count_of(svc, inv->fn->name.account);
    env->inv = inv;
    inv->env = env;
    inv->delivered = false;
    /* until it is: what never gets there is timed from here */
    inv->delivered_ns = clock_mono_ns();
    env->pool->running++;
    inv->concurrent = ++count->n;
    svc->async_running += inv->async;
    list_remove(&env->node);
    push_front(&env->pool->envs, &env->node);
}

void lambda_deliver(struct lambda_env *env) {
    env->state = ENV_BUSY;
    env->inv->delivered = true;
    env->inv->delivered_ns = clock_mono_ns();
    env->deadline_ns = env->inv->delivered_ns + env->fn->timeout_ms * 1000000;
    lambda_log_line(env, "START RequestId: %s Version: $LATEST\n", env->inv->id);
    lambda_watch_wake(env->svc);
}

static void wake_env(struct lambda_env *env) {
    env->state = ENV_BUSY;
    env->deadline_ns = clock_mono_ns() + env->fn->timeout_ms * 1000000;
    if (env->parked) {
        (void)sandbox_thaw(env->sandbox);
        net_resume(STEAL(env->parked));
    }
}

void lambda_env_park(struct lambda_env *env, struct net_req *req) {
    env->parked = req;
    env->state = ENV_IDLE;
    env->deadline_ns = clock_mono_ns() + env->svc->idle_ns;
    (void)sandbox_freeze(env->sandbox);
    lambda_queue_kick(env->svc);
}

static void note_start(struct lambda_svc *svc, struct lambda_env *env, struct lambda_inv *inv) {
    int64_t init_ms = LAMBDA_INIT_S * INT64_C(1000);
    if (inv->init_again)
        init_ms = env->fn->timeout_ms;
    env->deadline_ns = env->start_ns + init_ms * 1000000;
    assign(svc, env, inv);
}

/* Without the lock. The environment is made here; when that fails the invocation ends with the
 * reason. */
static void start_env(struct lambda_svc *svc, struct lambda_env *env, struct lambda_inv *inv) {
    int r = lambda_env_start(env, inv);
    pthread_mutex_lock(&svc->lock);
    svc->starting--;
    if (r || svc->stopping)
        lambda_env_kill(env);
    if (r) {
        inv = env->inv ? lambda_detach(env) : NULL;
        lambda_env_bury(env);
    } else {
        lambda_watch_env(env);
    }
    pthread_cond_broadcast(&svc->gone);
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): burying dropped the pool's reference, this is ours
    lambda_env_unref(env);
    pthread_mutex_unlock(&svc->lock);
    if (r && inv)
        lambda_finish(svc, inv);
}

int lambda_dispatch(struct lambda_svc *svc, struct lambda_inv *inv) {
    pthread_mutex_lock(&svc->lock);
    struct lambda_pool *pool = lambda_pool_of(svc, buf_view(&inv->fn->arn));
    int r = at_limit(svc, inv->fn, pool) ? LAMBDA_E_LIMIT : 0;
    struct lambda_env *env = r || inv->init_again ? NULL : find_env(pool, inv->fn);
    bool fresh = !r && !env;
    if (svc->stopping || !svc->net)
        r = LAMBDA_E_ROOM;
    if (!r && fresh && !make_room(svc, memory_of(inv->fn)))
        r = LAMBDA_E_ROOM;
    if (!r && fresh) {
        env = env_new(svc, pool, inv->fn);
        note_start(svc, env, inv);
    } else if (!r) {
        assign(svc, env, inv);
        wake_env(env);
    }
    pthread_mutex_unlock(&svc->lock);
    if (!r && fresh)
        start_env(svc, env, inv);
    return r;
}

/* ---- Ending ---- */
static void write_report(struct lambda_env *env, const struct lambda_inv *inv) {
    double ms = (double)(clock_mono_ns() - inv->delivered_ns) / 1e6;
    const uint64_t mib = UINT64_C(1) << 20;
    uint64_t peak = (sandbox_memory_peak(env->sandbox) + mib - 1) / mib;
    if (peak > env->fn->memory_mb)
        peak = env->fn->memory_mb; /* the cgroup counts /tmp and cached files too */
    CLEANUP_DEINIT(buf) struct buf init = {0};
    if (!env->init_reported && env->ready)
        buf_printf(&init, "Init Duration: %.2f ms\t", (double)env->init_ns / 1e6);
    env->init_reported = true;
    lambda_log_line(env, "END RequestId: %s\n", inv->id);
    lambda_log_line(
        env,
        "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory Size: %llu MB\t"
        "Max Memory Used: %llu MB\t%s\n",
        inv->id, ms, (long long)(ms + 0.999), (unsigned long long)env->fn->memory_mb,
        (unsigned long long)peak, buf_cstr(&init));
}

void lambda_take_lines(struct lambda_env *env, struct lambda_inv *inv) {
    LIST_EACH (node, &env->lines) {
        list_remove(node);
        list_append(&inv->lines, node);
    }
    inv->lines_bytes += env->lines_bytes;
    env->lines_bytes = 0;
    buf_clear(&inv->log_group);
    buf_str(&inv->log_group, buf_view(&env->fn->log_group));
    memcpy(inv->stream, env->stream, sizeof inv->stream);
    inv->may_log = env->may_log;
}

struct lambda_inv *lambda_release(struct lambda_env *env) {
    struct lambda_inv *inv = STEAL(env->inv);
    struct lambda_svc *svc = env->svc;
    inv->finished_ns = clock_mono_ns();
    inv->env = NULL;
    env->settled_ns = inv->finished_ns;
    lambda_take_lines(env, inv);
    env->pool->running--;
    count_of(svc, inv->fn->name.account)->n--;
    svc->async_running -= inv->async;
    lambda_queue_kick(svc);
    return inv;
}

struct lambda_inv *lambda_detach(struct lambda_env *env) {
    if (env->sandbox) {
        lambda_log_drain(&env->out[0]);
        lambda_log_drain(&env->out[1]);
        lambda_log_flush(env);
        write_report(env, env->inv);
    }
    return lambda_release(env);
}

void lambda_finish(struct lambda_svc *svc, struct lambda_inv *inv) {
    if (inv->answer)
        inv->answer(inv, inv->ctx);
    lambda_complete_add(svc, inv);
}
