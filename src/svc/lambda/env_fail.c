/*
 * How a run fails: its program ends, takes too long, or says that it could not be set up. What the
 * log and the caller are told, and whether the start is tried again. What becomes of the environment
 * is the caller's to say (lambda_env_halt_locked, lambda_env_halted_locked).
 *
 * A start that fails is tried once more as part of its invocation, with the function's own time
 * ("Understanding the Lambda execution environment lifecycle", Failures during the Init phase). The
 * lines are as AWS writes them: INIT_REPORT of either try, of the second one before START.
 *
 * All that the program wrote is taken first: what is told of its end stands behind its last words.
 */
#include "base/ascii.h"
#include "base/clock.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/runtimes.h"

#include <stdio.h>
#include <string.h>

/* ---- A start ---- */
/* type: NULL where the status says all. */
static void report_init(struct lambda_env *env, const char *status, const char *type) {
    double ms = (double)(clock_mono_ns() - env->start_ns) / 1e6;
    lambda_log_init_failed_locked(env, ms, status, type ? type : "");
}

/* Where the program was still to be set up. True: it is to be tried again, with the same event. */
static bool init_fails(struct lambda_env *env, const char *status, const char *type) {
    if (env->state != ENV_STARTING)
        return false;
    report_init(env, status, type);
    if (!env->in_invoke)
        return env->inv->init_again = true;
    lambda_log_start_locked(env);
    return false;
}

/* ---- What REPORT says ---- */
static struct lambda_inv *fail(struct lambda_env *env, const char *status, const char *type) {
    struct lambda_outcome *outcome = &env->inv->outcome;
    outcome->function_error = true;
    outcome->status = status;
    snprintf(outcome->error_type, sizeof outcome->error_type, "%s", type ? type : "");
    return lambda_env_detach_locked(env);
}

struct lambda_inv *lambda_env_timed_out_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    if (!env->inv || lambda_env_is_unread(env))
        return NULL;
    lambda_log_catch_up_locked(env);
    if (init_fails(env, "timeout", NULL))
        return NULL;
    double seconds = (double)env->fn->timeout_ms / 1000;
    char when[CLOCK_ISO_MAX];
    lambda_fail_run(env->inv, "Sandbox.Timedout", "Task timed out after %.2f seconds", seconds);
    lambda_log_line_locked(env, "%s %s Task timed out after %.2f seconds\n\n",
                           clock_iso8601_ms(when, clock_world_ms()), env->inv->id, seconds);
    return fail(env, "timeout", NULL);
}

struct lambda_inv *lambda_env_init_failed_locked(struct lambda_env *env, const char *type) {
    LOCK_HELD(&env->svc->lock);
    if (!env->inv)
        return NULL;
    lambda_log_catch_up_locked(env);
    if (init_fails(env, "error", type))
        return NULL;
    return fail(env, "error", type);
}

/* ---- An end ---- */
/* "segmentation fault": Lambda writes the names of signals small. */
static void name_signal(int signal, char out[64]) {
    const char *name = strsignal(signal);
    size_t n = 0;
    for (; name[n] && n < 63; n++)
        out[n] = ascii_lower(name[n]);
    out[n] = '\0';
}

/* The outcome's error, and its type. */
static const char *describe_end(struct lambda_env *env, const struct sandbox_end *end) {
    static const char entry[] = "Runtime.InvalidEntrypoint", exited[] = "Runtime.ExitError";
    struct lambda_inv *inv = env->inv;
    char name[64];
    if (end->exec_errno) {
        lambda_fail_run(inv, entry, "fork/exec %s: %s", env->runtime->family->entry[0],
                        strerror(end->exec_errno));
        return entry;
    }
    if (end->signaled) {
        name_signal(end->code, name);
        lambda_fail_run(inv, exited, "Runtime exited with error: signal: %s", name);
    } else if (end->code == 0) {
        lambda_fail_run(inv, exited, "Runtime exited without providing a reason");
    } else {
        lambda_fail_run(inv, exited, "Runtime exited with error: exit status %d", end->code);
    }
    return exited;
}

struct lambda_inv *lambda_env_exited_locked(struct lambda_env *env, const struct sandbox_end *end) {
    LOCK_HELD(&env->svc->lock);
    if (!env->inv || lambda_env_is_unread(env))
        return NULL;
    lambda_log_catch_up_locked(env);
    const char *type = describe_end(env, end);
    const char *reported = end->oom ? "Runtime.OutOfMemory" : type;
    if (init_fails(env, "error", reported)) {
        lambda_outcome_clear(&env->inv->outcome);
        return NULL;
    }
    lambda_log_line_locked(env, "RequestId: %s Error: %s\n%s\n", env->inv->id,
                           env->inv->outcome.fault_text, type);
    return fail(env, "error", reported);
}
