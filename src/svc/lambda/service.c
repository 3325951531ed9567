/* The life of the service. */
#include "store/key.h"
#include "svc/lambda/code.h"
#include "svc/lambda/interpreters.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"
#include "svc/lambda/tools.h"

#include <errno.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum { IDLE_S = 300, ASYNC_LEAST = 4 };

static uint64_t machine_memory(void) {
    struct sysinfo info;
    if (sysinfo(&info))
        return 1ULL << 30;
    return (uint64_t)info.totalram * info.mem_unit / 4 * 3;
}

static unsigned default_at_once(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n * 2 > ASYNC_LEAST ? (unsigned)(n * 2) : ASYNC_LEAST;
}

/* ---- Unpacked code that nobody uses ---- */
static int read_names(void *svc_, struct map *ret_dirs) {
    struct lambda_svc *svc = svc_;
    static char present;
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "lambda.fn");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        str dir = json_str(doc, "CodeDir");
        if (dir.len) /* a row that cannot be read: its code is unpacked again if ever it can */
            map_put(ret_dirs, dir, &present);
        if (lambda_layers_dir(doc).len)
            map_put(ret_dirs, lambda_layers_dir(doc), &present);
    }
    return store_iter_fault(it);
}

static int64_t sweep_code(void *svc_) {
    struct lambda_svc *svc = svc_;
    lambda_code_sweep(svc->code, read_names, svc);
    lambda_layers_sweep(svc);
    return INT64_MAX;
}

void lambda_code_release(struct lambda_svc *svc, const char *dir) {
    if (lambda_code_unpin(svc->code, dir))
        hub_kick(svc->code_timer);
}

/* ---- Open and close ---- */
static void init(struct lambda_svc *svc, const struct lambda_options *options) {
    svc->store = options->store;
    svc->hub = options->hub;
    svc->cloud = options->cloud;
    svc->spawner = options->spawner;
    svc->memory_bytes = options->memory_bytes ? options->memory_bytes : machine_memory();
    svc->async_at_once = options->async_at_once ? options->async_at_once : default_at_once();
    svc->idle_ns = (options->idle_s ? options->idle_s : IDLE_S) * 1000000000LL;
    svc->epoll_fd = svc->wake_fd = -1;
    buf_str(&svc->ca_cert, options->ca_cert);
    lock_init(&svc->lock);
    pthread_cond_init(&svc->gone, NULL);
    lock_cond_init(&svc->finished_some);
    list_init(&svc->finished);
    svc->code = lambda_code_new(options->store);
    svc->tools = lambda_tools_new(svc->code, options->store);
}

int lambda_open(struct lambda_svc **ret_lambda, const struct lambda_options *options,
                struct err *err) {
    CLEANUP(lambda_interpreters)
    struct lambda_interpreters *interpreters = lambda_interpreters_new(&options->places, err);
    if (!interpreters)
        return -EINVAL;
    struct lambda_svc *svc = mem_new(struct lambda_svc);
    init(svc, options);
    svc->interpreters = STEAL(interpreters);
    svc->code_timer = hub_add_timer(svc->hub, "lambda-code", sweep_code, svc);
    lambda_ports_plug(svc);
    lambda_queue_open(svc);
    *ret_lambda = svc;
    return 0;
}

static void free_values(struct map *map) {
    size_t at = 0;
    str key;
    void *value;
    while (map_next(map, &at, &key, &value))
        free(value);
    map_deinit(map);
}

static void free_waiting(struct lambda_svc *svc) {
    size_t at = 0;
    str arn;
    void *value;
    while (map_next(&svc->pools, &at, &arn, &value))
        LIST_EACH (node, &((struct lambda_pool *)value)->waiting)
            free(LIST_ENTRY(node, struct lambda_waiting, node));
}

struct lambda_svc *lambda_close(struct lambda_svc *svc) {
    if (!svc)
        return NULL;
    free_waiting(svc);
    free_values(&svc->pools);
    free_values(&svc->running);
    buf_deinit(&svc->ca_cert);
    lambda_tools_free(svc->tools);
    lambda_code_free(svc->code);
    lambda_interpreters_free(svc->interpreters);
    pthread_cond_destroy(&svc->finished_some);
    pthread_cond_destroy(&svc->gone);
    pthread_mutex_destroy(&svc->lock);
    free(svc);
    return NULL;
}

/* ---- Start and stop ---- */
int lambda_start(struct lambda_svc *svc, struct net *net, struct err *err) {
    int r = lambda_watch_start(svc, err);
    if (r == 0)
        r = lambda_complete_start(svc, err);
    lock_take(&svc->lock);
    svc->net = r ? NULL : net;
    lock_drop(&svc->lock);
    return r;
}

static void kill_all_locked(struct lambda_svc *svc) {
    LOCK_HELD(&svc->lock);
    struct lambda_walk walk = {0};
    for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk));)
        lambda_env_kill_locked(env);
}

void lambda_stop(struct lambda_svc *svc) {
    lock_take(&svc->lock);
    svc->stopping = true;
    while (svc->starting > 0)
        pthread_cond_wait(&svc->gone, &svc->lock);
    kill_all_locked(svc);
    lock_drop(&svc->lock);
    lambda_watch_stop(svc);
    lambda_complete_stop(svc);
}

void lambda_usage(struct lambda_svc *svc, struct lambda_usage *ret) {
    LOCK_SCOPE(&svc->lock);
    *ret = (struct lambda_usage){.memory_bytes = svc->memory_bytes,
                                 .memory_used = svc->memory_used,
                                 .environments = svc->n_envs,
                                 .async_at_once = svc->async_at_once};
}

void lambda_set_memory(struct lambda_svc *svc, uint64_t bytes) {
    uint64_t most = bytes ? bytes : machine_memory();
    lock_take(&svc->lock);
    svc->memory_bytes = most;
    lock_drop(&svc->lock);
    lambda_queue_kick(svc);
}
