/*
 * The configuration of a function: the members that are taken, and within which bounds; what is not
 * offered is settings.c's. Texts as Lambda words them.
 */
#include "base/clock.h"
#include "base/rand.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/interpreters.h"

#include <sys/utsname.h>

enum { ENVIRONMENT_MOST = 4096, TIMEOUT_MOST_S = 900, MEMORY_MOST_MB = 10240 };

/* ---- One member at a time ---- */
static int refuse_runtime(struct lambda_svc *svc, struct rq *rq, str name) {
    CLEANUP_DEINIT(buf) struct buf names = {0};
    lambda_interpreters_names(svc->interpreters, &names);
    return lambda_fail_invalid(rq,
                               "The runtime parameter of " STR_FMT
                               " is not offered by this build of calotype: it runs %s.",
                               STR_ARG(name), buf_cstr(&names));
}

/* Clients that send the whole configuration name the runtime that the function has already. */
static int apply_runtime(struct lambda_svc *svc, struct rq *rq, json_t *config) {
    str name = json_str(rq->in, "Runtime");
    struct err why = {0};
    if (!name.p || str_eq(name, json_str(config, "Runtime")))
        return 0;
    const struct lambda_runtime *runtime = lambda_runtime_find(name);
    if (!runtime || runtime->retired)
        return refuse_runtime(svc, rq, name);
    if (lambda_interpreters_find(svc->interpreters, runtime, NULL, &why))
        return lambda_fail_invalid(
            rq, "The runtime parameter of " STR_FMT " is not offered on this machine: %s.",
            STR_ARG(name), why.text);
    json_set_str(config, "Runtime", name);
    return 0;
}

static const char *machine_architecture(void) {
    struct utsname host;
    return uname(&host) == 0 && strcmp(host.machine, "aarch64") == 0 ? "arm64" : "x86_64";
}

/* An interpreter is this machine's in any case; a program that the function brings must be, too. */
int lambda_config_apply_architecture(struct rq *rq, json_t *config) {
    const char *ours = machine_architecture();
    const json_t *list = json_arr(rq->in, "Architectures");
    if (!list)
        list = json_arr(config, "Architectures");
    str wanted = list ? json_text(json_array_get(list, 0)) : str_c(ours);
    const struct lambda_runtime *runtime = lambda_runtime_find(json_str(config, "Runtime"));
    if (runtime && runtime->family->own_program && !str_is(wanted, ours))
        return lambda_fail_invalid(rq,
                                   "Architecture " STR_FMT
                                   " is not offered here for %s, whose functions are programs of "
                                   "their own: this machine is %s",
                                   STR_ARG(wanted), runtime->name, ours);
    json_set(config, "Architectures", json_pack("[s%]", wanted.p, wanted.len));
    return 0;
}

static int apply_number(struct rq *rq, json_t *config, const char *member, const char *label,
                        int64_t most, int64_t fallback) {
    int64_t value = json_int(rq->in, member, -1);
    if (value > most)
        return lambda_fail_invalid(
            rq,
            "1 validation error detected: Value '%lld' at '%s' failed to satisfy constraint: "
            "Member must have value less than or equal to %lld",
            (long long)value, label, (long long)most);
    if (value >= 0)
        json_set_int(config, member, value);
    else if (!json_has(config, member))
        json_set_int(config, member, fallback);
    return 0;
}

/* "Defined runtime environment variables", Lambda Developer Guide: those that are reserved. */
static bool is_reserved_name(const char *name) {
    static const char *const reserved[] = {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    };
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return false;
}

static int check_variables(struct rq *rq, const json_t *variables) {
    const char *name;
    json_t *value;
    CLEANUP_DEINIT(buf) struct buf text = {0}, reserved = {0};
    json_object_foreach ((json_t *)variables, name, value) {
        if (is_reserved_name(name))
            buf_printf(&reserved, "%s%s", reserved.len ? ", " : "", name);
        if (memchr(json_string_value(value), '\0', json_string_length(value)))
            return lambda_fail_invalid(rq, "Environment variable %s contains a NUL byte", name);
    }
    if (reserved.len)
        return lambda_fail_invalid(
            rq,
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            "for modification. Reserved keys used in this request: %s",
            buf_cstr(&reserved));
    json_write(&text, variables);
    if (text.len > ENVIRONMENT_MOST)
        return lambda_fail_invalid(
            rq,
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided exceeded the 4KB limit. String measured: " STR_FMT,
            STR_ARG(buf_view(&text)));
    return 0;
}

static int apply_environment(struct rq *rq, json_t *config) {
    const json_t *environment = json_obj(rq->in, "Environment");
    if (!environment)
        return 0;
    json_t *variables = json_obj(environment, "Variables");
    int r = variables ? check_variables(rq, variables) : 0;
    if (r)
        return r;
    if (json_object_size(variables) == 0)
        json_object_del(config, "Environment");
    else
        json_set(config, "Environment", json_pack("{s:O}", "Variables", variables));
    return 0;
}

static bool is_queue_or_topic(str arn) {
    return str_starts(arn, S("arn:aws:sqs:")) || str_starts(arn, S("arn:aws:sns:"));
}

static int apply_dead_letter(struct rq *rq, json_t *config) {
    const json_t *dead_letter = json_obj(rq->in, "DeadLetterConfig");
    str target = json_str(dead_letter, "TargetArn");
    if (!dead_letter)
        return 0;
    if (target.len == 0) {
        json_object_del(config, "DeadLetterConfig");
        return 0;
    }
    if (!is_queue_or_topic(target))
        return lambda_fail_invalid(rq,
                                   "The provided dead letter queue ARN " STR_FMT
                                   " is neither an SQS queue nor an SNS topic",
                                   STR_ARG(target));
    json_t *copy = json_object();
    json_set_str(copy, "TargetArn", target);
    json_set(config, "DeadLetterConfig", copy);
    return 0;
}

/* The role must be there and must trust Lambda. */
static int apply_role(struct lambda_svc *svc, struct rq *rq, json_t *config) {
    str role = json_str(rq->in, "Role");
    if (!role.p)
        return 0;
    const struct aws_identity_source *source = aws_cloud_identities(svc->cloud);
    CLEANUP(aws_identity) struct aws_identity *identity = NULL;
    struct err err = {0};
    int r =
        source->role(source->ctx, role, S("lambda.amazonaws.com"), S("calotype"), &identity, &err);
    if (r < 0)
        return aws_fault(rq, r, err.text);
    if (r)
        return lambda_fail_invalid(
            rq, "The role defined for the function cannot be assumed by Lambda.");
    json_set_str(config, "Role", role);
    return 0;
}

static void apply_text(struct rq *rq, json_t *config, const char *member, bool fresh) {
    if (json_has(rq->in, member))
        json_set_str(config, member, json_str(rq->in, member));
    else if (fresh && strcmp(member, "Description") == 0)
        json_set_str(config, member, S(""));
}

/* A level that the request names, or INFO, which is what JSON has without one. */
static void set_level(json_t *out, const json_t *in, const char *member) {
    json_set_str(out, member, json_has(in, member) ? json_str(in, member) : S("INFO"));
}

/* What comes replaces all that was: a member that is missing has its default. */
static int apply_logging(struct rq *rq, json_t *config, bool fresh) {
    const json_t *in = json_obj(rq->in, "LoggingConfig");
    if (!in && !fresh)
        return 0;
    str group = json_str(in, "LogGroup");
    bool json = str_is(json_str(in, "LogFormat"), "JSON");
    if (!json && (json_has(in, "ApplicationLogLevel") || json_has(in, "SystemLogLevel")))
        return lambda_fail_invalid(
            rq, "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from "
                "your request or change the LogFormat to \"JSON\" and try again.");
    json_t *out = json_object();
    json_set_str(out, "LogFormat", json ? S("JSON") : S("Text"));
    if (json) {
        set_level(out, in, "ApplicationLogLevel");
        set_level(out, in, "SystemLogLevel");
    }
    if (group.len)
        json_set_str(out, "LogGroup", group);
    else
        json_set_str(out, "LogGroup",
                     arena_printf(&rq->arena, "/aws/lambda/" STR_FMT,
                                  STR_ARG(json_str(config, "FunctionName"))));
    json_set(config, "LoggingConfig", out);
    return 0;
}

/* Kept as it was asked for; nothing here makes traces, so none are sent. */
static void apply_tracing(struct rq *rq, json_t *config, bool fresh) {
    str mode = json_str(json_obj(rq->in, "TracingConfig"), "Mode");
    if (!mode.len && !fresh)
        return;
    json_t *out = json_object();
    json_set_str(out, "Mode", mode.len ? mode : S("PassThrough"));
    json_set(config, "TracingConfig", out);
}

int lambda_config_apply(struct lambda_svc *svc, struct rq *rq, json_t *config, bool fresh) {
    if (lambda_check_settings(rq) || apply_runtime(svc, rq, config) ||
        apply_role(svc, rq, config) ||
        apply_number(rq, config, "Timeout", "timeout", TIMEOUT_MOST_S, 3) ||
        apply_number(rq, config, "MemorySize", "memorySize", MEMORY_MOST_MB, 128) ||
        apply_environment(rq, config) || apply_dead_letter(rq, config) ||
        apply_logging(rq, config, fresh) || lambda_config_apply_architecture(rq, config))
        return AWS_FAILED;
    apply_tracing(rq, config, fresh);
    apply_text(rq, config, "Handler", fresh);
    apply_text(rq, config, "Description", fresh);
    const json_t *tmp = json_obj(rq->in, "EphemeralStorage");
    if (tmp || fresh)
        json_set(config, "EphemeralStorage",
                 json_pack("{s:I}", "Size", (json_int_t)json_int(tmp, "Size", 512)));
    if (!fresh)
        return 0;
    if (!json_has(config, "Runtime"))
        return lambda_fail_invalid(
            rq, "Runtime is mandatory for functions created with deployment packages.");
    if (!json_has(config, "Handler"))
        return lambda_fail_invalid(
            rq, "Handler is mandatory for functions created with deployment packages.");
    json_set(config, "SnapStart",
             json_pack("{s:s,s:s}", "ApplyOn", "None", "OptimizationStatus", "Off"));
    json_set_str(config, "PackageType", S("Zip"));
    return 0;
}

/* The machine's interpreters may change, so no row has it. */
json_t *lambda_config_shown(struct lambda_svc *svc, json_t *config) {
    CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err why = {0};
    const struct lambda_runtime *runtime = lambda_runtime_find(json_str(config, "Runtime"));
    if (!runtime || !runtime->family->language)
        return json_incref(config);
    if (lambda_interpreters_find(svc->interpreters, runtime, &it, &why))
        buf_c(&text, why.text);
    else if (lambda_interpreter_fits(it, runtime))
        return json_incref(config);
    else
        buf_printf(&text, "%s is run by %s %s (%s), which this machine has", runtime->name,
                   runtime->family->language, lambda_interpreter_version(it),
                   lambda_interpreter_program(it));
    json_t *shown = json_copy(config);
    json_set_str(shown, "StateReason", buf_view(&text));
    return shown;
}

void lambda_add_time(struct buf *out, int64_t now_ms) {
    char when[CLOCK_ISO_MAX];
    clock_iso8601_ms(when, now_ms);
    buf_str(out, str_slice(str_c(when), 0, strlen(when) - 1));
    buf_c(out, "+0000");
}

void lambda_config_touch(json_t *config, int64_t now_ms) {
    char uuid[RAND_UUID_LEN + 1];
    CLEANUP_DEINIT(buf) struct buf text = {0};
    lambda_add_time(&text, now_ms);
    json_set_str(config, "LastModified", buf_view(&text));
    rand_uuid(uuid);
    json_set_str(config, "RevisionId", str_c(uuid));
}
