/* The environment variables of a function: Lambda's, its runtime's and its own. */
#include "aws/port.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/runtimes.h"

static void set_variable(struct lambda_variables *v, const char *name, str value) {
    if (v->n < LAMBDA_VARIABLES_MOST && !json_has(v->own, name))
        v->at[v->n++] = arena_printf(&v->arena, "%s=" STR_FMT, name, STR_ARG(value)).p;
}

static void set_number(struct lambda_variables *v, const char *name, uint64_t value) {
    set_variable(v, name, arena_printf(&v->arena, "%llu", (unsigned long long)value));
}

static void set_function(struct lambda_variables *v, const struct lambda_env *env) {
    const struct lambda_fn *fn = env->fn;
    str runtime = json_str(fn->config, "Runtime");
    set_variable(v, "_HANDLER", json_str(fn->config, "Handler"));
    set_variable(v, "AWS_REGION", fn->name.region);
    set_variable(v, "AWS_DEFAULT_REGION", fn->name.region);
    set_variable(v, "AWS_EXECUTION_ENV",
                 arena_printf(&v->arena, "AWS_Lambda_" STR_FMT, STR_ARG(runtime)));
    set_variable(v, "AWS_LAMBDA_FUNCTION_NAME", fn->name.name);
    set_variable(v, "AWS_LAMBDA_FUNCTION_VERSION", S("$LATEST"));
    set_number(v, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", fn->memory_mb);
    set_variable(v, "AWS_LAMBDA_INITIALIZATION_TYPE", S("on-demand"));
    set_variable(v, "AWS_LAMBDA_LOG_GROUP_NAME", buf_view(&fn->log_group));
    set_variable(v, "AWS_LAMBDA_LOG_STREAM_NAME", str_c(env->stream));
    set_variable(v, "AWS_LAMBDA_RUNTIME_API", S("127.0.0.1:9001"));
    const json_t *logging = json_obj(fn->config, "LoggingConfig");
    set_variable(v, "AWS_LAMBDA_LOG_FORMAT", fn->json_logs ? S("JSON") : S("Text"));
    if (fn->json_logs)
        set_variable(v, "AWS_LAMBDA_LOG_LEVEL", json_str(logging, "ApplicationLogLevel"));
}

static void set_keys(struct lambda_variables *v, const struct aws_credentials *keys) {
    set_variable(v, "AWS_ACCESS_KEY_ID", str_c(keys->access_key));
    set_variable(v, "AWS_SECRET_ACCESS_KEY", str_c(keys->secret_key));
    set_variable(v, "AWS_SESSION_TOKEN", buf_view(&keys->session_token));
}

/* "%s" in its value is the row's version. */
static void set_versioned(struct lambda_variables *v, const struct lambda_variable *one,
                          const char *version) {
    str value = str_c(one->value);
    ptrdiff_t at = str_find(value, S("%s"));
    if (at >= 0)
        value = arena_printf(&v->arena, STR_FMT "%s" STR_FMT, (int)at, value.p, version,
                             STR_ARG(str_skip(value, (size_t)at + 2)));
    set_variable(v, one->name, value);
}

static void set_place(struct lambda_variables *v, const struct lambda_runtime *runtime) {
    set_variable(v, "LAMBDA_TASK_ROOT", S("/var/task"));
    set_variable(v, "LAMBDA_RUNTIME_DIR", S("/var/runtime"));
    set_variable(v, "TZ", S(":UTC"));
    set_variable(v, "LANG", S("en_US.UTF-8"));
    set_variable(v, "HOME", S("/tmp"));
    if (runtime->family->language)
        set_number(v, "_LAMBDA_TELEMETRY_LOG_FD", SANDBOX_RECORDS_FD);
    for (const struct lambda_variable *one = runtime->family->variables; one->name; one++)
        set_versioned(v, one, runtime->version);
}

/* Where each TLS library is told whom to trust, which is the cloud's own CA. */
static void set_trust(struct lambda_variables *v) {
    static const char *const names[] = {"SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
                                        "NODE_EXTRA_CA_CERTS"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        set_variable(v, names[i], S(LAMBDA_CA_PATH));
}

void lambda_variables_fill(struct lambda_variables *v, const struct lambda_env *env,
                           const struct aws_credentials *keys) {
    json_t *own = json_obj(json_obj(env->fn->config, "Environment"), "Variables");
    v->own = own;
    set_function(v, env);
    set_keys(v, keys);
    set_place(v, env->runtime);
    set_trust(v);
    v->own = NULL;
    const char *name;
    json_t *value;
    json_object_foreach (own, name, value)
        set_variable(v, name, json_text(value));
    v->at[v->n] = NULL;
}

void lambda_variables_deinit(struct lambda_variables *v) { arena_deinit(&v->arena); }
