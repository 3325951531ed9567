/*
 * What Lambda itself writes into a function's log: that an environment begins, and that an invocation
 * begins and ends. In the format Text these are the lines that everybody knows; in JSON they are the
 * events of the Lambda Telemetry API (its schema reference), each at the level of "System log level
 * event mapping" in the developer guide. Everything here is under svc->lock.
 */
#include "base/ascii.h"
#include "base/clock.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/runtimes.h"

void lambda_log_line_locked(struct lambda_env *env, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    LOCK_HELD(&env->svc->lock);
    if (env->fn->json_logs)
        return;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    lambda_log_own_locked(env, buf_view(&text), true);
}

/* ---- Events in JSON ---- */
static void put_event(struct lambda_env *env, enum lambda_level level, const char *type,
                      const struct buf *record, bool in_tail) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    char when[CLOCK_ISO_MAX];
    if (level < env->fn->system_level)
        return;
    buf_printf(&text, "{\"time\":\"%s\",\"type\":\"platform.%s\",\"record\":{" STR_FMT "}}",
               clock_iso8601_ms(when, clock_world_ms()), type, STR_ARG(buf_view(record)));
    lambda_log_own_locked(env, buf_view(&text), in_tail);
}

static enum lambda_level level_of(const char *status, enum lambda_level of_success) {
    return strcmp(status, "success") == 0 ? of_success : LAMBDA_WARN;
}

static void add_error_type(struct buf *out, const char *type) {
    if (!*type)
        return;
    buf_c(out, ",\"errorType\":");
    json_add_quoted(out, str_c(type));
}

/* ---- The start of an environment ---- */
/*
 * "python:3.11.calotype" of python3.11: as AWS names a runtime's version, where its own build number
 * would stand. There is no ARN of one here, so none is told.
 */
static void add_runtime_version(struct buf *out, const struct lambda_runtime *runtime) {
    str name = str_c(runtime->name);
    size_t n = 0;
    while (n < name.len && ascii_is_alpha(name.p[n]))
        n++;
    str version = str_skip(name, n + (n < name.len && name.p[n] == '.'));
    if (str_ends(version, S(".x")))
        version = str_slice(version, 0, version.len - 2);
    buf_printf(out, STR_FMT "%s" STR_FMT ".calotype", STR_ARG(str_slice(name, 0, n)),
               version.len ? ":" : "", STR_ARG(version));
}

#define ON_DEMAND "\"initializationType\":\"on-demand\",\"phase\":\"%s\""

static const char *phase_of(const struct lambda_env *env) {
    return env->in_invoke ? "invoke" : "init";
}

/* Of a start that is part of an invocation the text says nothing before its end, as on AWS. */
void lambda_log_init_start_locked(struct lambda_env *env) {
    CLEANUP_DEINIT(buf) struct buf version = {0}, record = {0}, text = {0};
    const struct lambda_fn *fn = env->fn;
    LOCK_HELD(&env->svc->lock);
    add_runtime_version(&version, env->runtime);
    buf_printf(&text, "INIT_START Runtime Version: %s\n", buf_cstr(&version));
    if (!fn->json_logs && !env->in_invoke)
        lambda_log_own_locked(env, buf_view(&text), false);
    if (!fn->json_logs)
        return;
    buf_printf(&record,
               ON_DEMAND ",\"runtimeVersion\":\"%s\",\"functionName\":\"%s\","
                         "\"functionVersion\":\"$LATEST\",\"instanceMaxMemory\":%llu",
               phase_of(env), buf_cstr(&version), fn->fn_name,
               (unsigned long long)lambda_fn_memory(fn));
    put_event(env, LAMBDA_INFO, "initStart", &record, false);
}

/* Two events: the runtime is done, and what it took. */
static void put_init_done(struct lambda_env *env, double ms, const char *status, const char *type) {
    CLEANUP_DEINIT(buf) struct buf record = {0};
    enum lambda_level level = level_of(status, LAMBDA_DEBUG);
    buf_printf(&record, ON_DEMAND ",\"status\":\"%s\"", phase_of(env), status);
    add_error_type(&record, type);
    put_event(env, level, "initRuntimeDone", &record, false);
    buf_printf(&record, ",\"metrics\":{\"durationMs\":%.3f}", ms);
    put_event(env, level, "initReport", &record, false);
}

void lambda_log_init_done_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    if (env->fn->json_logs)
        put_init_done(env, (double)env->init_ns / 1e6, "success", "");
}

void lambda_log_init_failed_locked(struct lambda_env *env, double ms, const char *status,
                                   const char *type) {
    LOCK_HELD(&env->svc->lock);
    if (env->fn->json_logs)
        put_init_done(env, ms, status, type);
    lambda_log_line_locked(env, "INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s%s%s\n",
                           ms, phase_of(env), status, *type ? "\tError Type: " : "", type);
}

/* ---- An invocation ---- */
void lambda_log_start_locked(struct lambda_env *env) {
    CLEANUP_DEINIT(buf) struct buf record = {0};
    LOCK_HELD(&env->svc->lock);
    lambda_log_line_locked(env, "START RequestId: %s Version: $LATEST\n", env->inv->id);
    if (!env->fn->json_logs)
        return;
    buf_printf(&record, "\"requestId\":\"%s\",\"functionArn\":\"%s\",\"version\":\"$LATEST\"",
               env->inv->id, buf_cstr(&env->fn->arn));
    put_event(env, LAMBDA_INFO, "start", &record, true);
}

struct report {
    double ms;      /* that it ran; of one that was out of time: the time that it had */
    double ran_ms;  /* as measured */
    double init_ms; /* of its environment, where this is the first one to report; else -1 */
    long long billed_ms;
    unsigned long long peak_mb;
    const char *status, *type;
};

/*
 * In MiB, rounded up; never more than the limit, for the cgroup counts /tmp and cached files too.
 */
static uint64_t peak_of(const struct lambda_env *env) {
    const uint64_t mib = UINT64_C(1) << 20;
    uint64_t peak = (sandbox_memory_peak(env->sandbox) + mib - 1) / mib;
    return peak > env->fn->memory_mb ? env->fn->memory_mb : peak;
}

/* The init is billed with the first invocation, as AWS does since August 2025. */
static struct report report_of(struct lambda_env *env) {
    const struct lambda_outcome *outcome = &env->inv->outcome;
    double ran_ms = (double)(clock_mono_ns() - env->inv->delivered_ns) / 1e6;
    struct report r = {
        .ms = ran_ms,
        .ran_ms = ran_ms,
        .init_ms =
            !env->init_reported && env->ready && !env->in_invoke ? (double)env->init_ns / 1e6 : -1,
        .peak_mb = peak_of(env),
        .status = outcome->status  ? outcome->status
                  : outcome->fault ? "failure"
                                   : "success",
        .type = outcome->error_type,
    };
    if (strcmp(r.status, "timeout") == 0)
        r.ms = (double)env->fn->timeout_ms;
    double billed_ms = r.ms + (r.init_ms > 0 ? r.init_ms : 0);
    r.billed_ms = (long long)billed_ms;
    r.billed_ms += (double)r.billed_ms < billed_ms;
    return r;
}

/* "Init Duration: 3.20 ms", and how it went where that was not well: "Status: error", its type. */
static void add_init_and_status(struct buf *out, const struct report *r,
                                const struct lambda_outcome *outcome) {
    if (r->init_ms >= 0)
        buf_printf(out, "Init Duration: %.2f ms\t", r->init_ms);
    if (outcome->status)
        buf_printf(out, "Status: %s%s%s", r->status, *r->type ? "\tError Type: " : "", r->type);
}

static void put_text_report(struct lambda_env *env, const struct report *r) {
    CLEANUP_DEINIT(buf) struct buf more = {0};
    const struct lambda_inv *inv = env->inv;
    add_init_and_status(&more, r, &inv->outcome);
    lambda_log_line_locked(env, "END RequestId: %s\n", inv->id);
    lambda_log_line_locked(
        env,
        "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory Size: %llu MB\t"
        "Max Memory Used: %llu MB\t%s\n",
        inv->id, r->ms, r->billed_ms, (unsigned long long)env->fn->memory_mb, r->peak_mb,
        buf_cstr(&more));
}

static void put_json_report(struct lambda_env *env, const struct report *r) {
    CLEANUP_DEINIT(buf) struct buf done = {0}, report = {0};
    const struct lambda_inv *inv = env->inv;
    size_t produced = inv->outcome.function_error ? 0 : inv->outcome.payload.len;
    buf_printf(&done, "\"requestId\":\"%s\",\"status\":\"%s\"", inv->id, r->status);
    add_error_type(&done, r->type);
    buf_printf(&done, ",\"metrics\":{\"durationMs\":%.3f,\"producedBytes\":%zu}", r->ran_ms,
               produced);
    put_event(env, level_of(r->status, LAMBDA_DEBUG), "runtimeDone", &done, true);
    buf_printf(&report,
               "\"requestId\":\"%s\",\"metrics\":{\"durationMs\":%.3f,\"billedDurationMs\":%lld,"
               "\"memorySizeMB\":%llu,\"maxMemoryUsedMB\":%llu",
               inv->id, r->ms, r->billed_ms, (unsigned long long)env->fn->memory_mb, r->peak_mb);
    if (r->init_ms >= 0)
        buf_printf(&report, ",\"initDurationMs\":%.3f", r->init_ms);
    buf_printf(&report, "},\"status\":\"%s\"", r->status);
    add_error_type(&report, r->type);
    put_event(env, level_of(r->status, LAMBDA_INFO), "report", &report, true);
}

void lambda_log_report_locked(struct lambda_env *env) {
    LOCK_HELD(&env->svc->lock);
    lambda_log_catch_up_locked(env);
    struct report r = report_of(env);
    env->init_reported = true;
    (env->fn->json_logs ? put_json_report : put_text_report)(env, &r);
}

/* ---- What was lost ---- */
void lambda_log_lost_locked(struct lambda_env *env) {
    CLEANUP_DEINIT(buf) struct buf text = {0}, record = {0};
    LOCK_HELD(&env->svc->lock);
    struct lambda_rate lost = env->rate;
    if (!lambda_rate_tell(&env->rate, &text))
        return;
    if (!env->fn->json_logs) {
        lambda_log_own_locked(env, buf_view(&text), true);
        return;
    }
    buf_printf(&record, "\"droppedBytes\":%llu,\"droppedRecords\":%llu,\"reason\":",
               (unsigned long long)lost.lost_bytes, (unsigned long long)lost.lost_lines);
    json_add_quoted(&record, str_trim(str_slice(buf_view(&text), 0, text.len - 1)));
    put_event(env, LAMBDA_WARN, "logsDropped", &record, true);
}
