#pragma once
/*
 * Environments without sandboxes: the service's real state (lambda_fixture.h) with functions made
 * here, so that each step of an environment's life can be taken alone and in any order. No thread
 * of the service runs; what would be completed stays in svc->finished.
 */
#include "lambda_fixture.h"

#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/runtimes.h"

static struct lambda_svc *svc; /* fx.lambda */
static struct pool_answer {    /* of the last invocation that was answered */
    int n;
    char fault[256];
    bool throttled;
    struct buf payload;
} answered;

static inline void remember_answer(struct lambda_inv *inv, void *) {
    answered.n++;
    snprintf(answered.fault, sizeof answered.fault, "%s",
             inv->outcome.fault ? inv->outcome.fault_text : "");
    answered.throttled = inv->outcome.throttled;
    buf_clear(&answered.payload);
    buf_str(&answered.payload, buf_view(&inv->outcome.payload));
}

static inline int env_setup(void **) {
    fixture_open(false);
    svc = fx.lambda;
    svc->net = (struct net *)(uintptr_t)1; /* there is one; it is never used */
    return 0;
}

static inline void forget_finished(void) {
    LIST_EACH (node, &svc->finished) {
        struct lambda_inv *inv = LIST_ENTRY(node, struct lambda_inv, node);
        list_remove(node);
        lambda_log_committed_locked(svc, inv->fn, &inv->lines);
        lambda_inv_free(inv);
    }
}

/* Ends every environment, whatever it was doing. */
static inline int env_teardown(void **) {
    lock_take(&svc->lock);
    forget_finished();
    struct lambda_walk walk = {0};
    for (struct lambda_env *env; (env = lambda_walk_locked(svc, &walk));) {
        if (env->inv)
            lambda_inv_free(lambda_env_release_locked(env));
        lambda_env_reap_locked(env);
    }
    lock_drop(&svc->lock);
    svc->net = NULL;
    svc->has_completer = false;
    buf_deinit(&answered.payload);
    answered = (struct pool_answer){0};
    fixture_close();
    return 0;
}

/* row: members of the function's row beside Config, and config: of its configuration; JSON. */
static inline struct lambda_fn *function(const char *name, const char *config, const char *row) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "{\"Config\":{\"Runtime\":\"provided.al2023\"%s%s}%s%s}", *config ? "," : "",
               config, *row ? "," : "", row);
    struct lambda_fn *fn = lambda_fn_new(
        &(struct lambda_name){S(ACCOUNT), S("us-east-1"), str_c(name), STR_NONE}, buf_view(&text));
    CHECK(fn);
    return fn;
}

/* The line of that number, from 0; absent: there are not so many. */
static inline str line_at(const struct lambda_lines *lines, int at) {
    struct cur cur = cur_of(buf_view(&lines->bytes));
    int64_t time_ms;
    str text;
    while (lambda_lines_next(&cur, &time_ms, &text))
        if (at-- == 0)
            return text;
    return STR_NONE;
}

static inline struct lambda_inv *invocation(struct lambda_fn *fn) {
    struct lambda_inv *inv = lambda_inv_new(fn, S("{\"n\":1}"));
    inv->answer = remember_answer;
    return inv;
}

/* A new environment whose runtime has its first event. Under the lock, as are the next two. */
static inline struct lambda_env *busy_locked(struct lambda_fn *fn) {
    struct lambda_env *env =
        lambda_env_new_locked(svc, lambda_pool_of_locked(svc, buf_view(&fn->arn)), invocation(fn));
    env->keys_expire_ms = INT64_MAX;
    CHECK(!lambda_env_started_locked(env, true));
    lambda_env_watched_locked(env);
    lambda_env_ready_locked(env);
    lambda_env_deliver_locked(env);
    return env;
}
static inline struct lambda_env *settling_locked(struct lambda_fn *fn) {
    struct lambda_env *env = busy_locked(fn);
    lambda_inv_free(lambda_env_settle_locked(env));
    return env;
}
static inline struct net_req *some_request(void) {
    static char stands_for_one;
    return (struct net_req *)(void *)&stands_for_one;
}
static inline struct lambda_env *idle_locked(struct lambda_fn *fn) {
    struct lambda_env *env = settling_locked(fn);
    lambda_env_park_locked(env, some_request());
    env->parked = NULL; /* nobody is there to be resumed */
    return env;
}
