/* Starting an environment: code, keys, variables, sandbox, sockets. In whose invocation needs it.
 */
#include "aws/port.h"
#include "base/arn.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/io.h"
#include "base/rand.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

enum { RUNTIME_PORT = 9001, API_PORT = 80, API_TLS_PORT = 443, KEYS_S = 6 * 3600 };
#define SERVICE S("lambda.amazonaws.com")
#define CA_PATH "/etc/ssl/certs/ca-certificates.crt"

/* ---- Code ---- */
static int ensure_code(struct lambda_svc *svc, const struct lambda_fn *fn, const char *dir,
                       struct err *err) {
    if (lambda_code_is_unpacked(svc->functions_dir, dir))
        return 0;
    CLEANUP_DEINIT(buf) struct buf ref = {0}, zip = {0};
    if (!codec_unbase64(&ref, json_str(fn->doc, "CodeRef")))
        return err_set(err, -EBADMSG, "the function's row names no package");
    int r = lambda_package_read(svc->store, buf_view(&ref), &zip, err);
    return r ? r : lambda_code_unpack(svc->functions_dir, buf_view(&zip), dir, err);
}

/* An ELF program without an interpreter: it maps what it uses, so its address space may be limited.
 */
static bool is_static(const char *path) {
    CLEANUP_DEINIT(buf) struct buf file = {0};
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    file.len = fread(buf_reserve(&file, 4096), 1, 4096, f);
    fclose(f);
    Elf64_Ehdr head;
    if (file.len < sizeof head)
        return false;
    memcpy(&head, file.p, sizeof head);
    if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
        head.e_phentsize != sizeof(Elf64_Phdr))
        return false;
    for (unsigned i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr part;
        uint64_t at = head.e_phoff + (uint64_t)i * sizeof part;
        if (head.e_phoff > 4096 || at + sizeof part > file.len)
            return false;
        memcpy(&part, file.p + at, sizeof part);
        if (part.p_type == PT_INTERP)
            return false;
    }
    return true;
}

/* ---- Its role ---- */
static int take_keys(struct lambda_svc *svc, struct lambda_env *env, struct aws_credentials *keys,
                     struct err *err) {
    const struct aws_identity_source *source = aws_cloud_identities(svc->cloud);
    int r = source->assume(source->ctx, json_str(env->fn->config, "Role"), SERVICE,
                           env->fn->name.name, KEYS_S, keys, err);
    if (r == 0)
        env->keys_expire_ms = keys->expires_ms;
    return r;
}

/* As on AWS, a function whose role may not write its log runs without one. */
static bool may_log(struct lambda_svc *svc, const struct lambda_env *env) {
    const struct aws_identity_source *identities = aws_cloud_identities(svc->cloud);
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    arn_add(&arn, "logs", env->fn->name.region, env->fn->name.account, "log-group:%s:log-stream:%s",
            buf_cstr(&env->fn->log_group), env->stream);
    struct aws_role_question question = {.role = json_str(env->fn->config, "Role"),
                                         .service = SERVICE,
                                         .session_name = env->fn->name.name,
                                         .action = "logs:PutLogEvents",
                                         .resource = buf_view(&arn),
                                         .region = env->fn->name.region,
                                         .source_arn = buf_view(&env->fn->arn),
                                         .source_account = env->fn->name.account};
    if (!aws_role_may(identities, &question))
        return false;
    question.action = "logs:CreateLogStream";
    return aws_role_may(identities, &question);
}

static void name_stream(struct lambda_env *env) {
    char day[CLOCK_ISO_MAX], hex[33];
    clock_day(day, clock_world_ms());
    rand_hex(hex, 16);
    for (char *c = day; *c; c++)
        if (*c == '-')
            *c = '/';
    snprintf(env->stream, sizeof env->stream, "%.10s/[$LATEST]%s", day, hex);
}

/* ---- Its variables ---- */
enum { VARIABLES_MOST = 256 };
struct variables {
    struct arena arena;
    const char *at[VARIABLES_MOST + 1];
    size_t n;
    const json_t *own; /* the function's: they win */
};

static void set_variable(struct variables *v, const char *name, str value) {
    if (v->n < VARIABLES_MOST && !json_has(v->own, name))
        v->at[v->n++] = arena_printf(&v->arena, "%s=" STR_FMT, name, STR_ARG(value)).p;
}

static void set_number(struct variables *v, const char *name, uint64_t value) {
    set_variable(v, name, arena_printf(&v->arena, "%llu", (unsigned long long)value));
}

static void fill_variables(struct variables *v, const struct lambda_env *env,
                           const struct aws_credentials *keys) {
    const struct lambda_fn *fn = env->fn;
    const char *name;
    json_t *value;
    str runtime = json_str(fn->config, "Runtime");
    v->own = json_obj(json_obj(fn->config, "Environment"), "Variables");
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
    set_variable(v, "AWS_ACCESS_KEY_ID", str_c(keys->access_key));
    set_variable(v, "AWS_SECRET_ACCESS_KEY", str_c(keys->secret_key));
    set_variable(v, "AWS_SESSION_TOKEN", buf_view(&keys->session_token));
    set_variable(v, "LAMBDA_TASK_ROOT", S("/var/task"));
    set_variable(v, "LAMBDA_RUNTIME_DIR", S("/var/runtime"));
    set_variable(v, "TZ", S(":UTC"));
    set_variable(v, "LANG", S("en_US.UTF-8"));
    set_variable(v, "PATH", S("/usr/local/bin:/usr/bin/:/bin:/opt/bin"));
    set_variable(
        v, "LD_LIBRARY_PATH",
        S("/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"));
    set_variable(v, "HOME", S("/tmp"));
    /* The cloud, on a socket of the sandbox's own: plain HTTP never leaves the kernel. */
    set_variable(v, "AWS_ENDPOINT_URL", S("http://127.0.0.1"));
    set_variable(v, "SSL_CERT_FILE", S(CA_PATH));
    set_variable(v, "AWS_CA_BUNDLE", S(CA_PATH));
    set_variable(v, "NODE_EXTRA_CA_CERTS", S(CA_PATH));
    const json_t *own = v->own;
    v->own = NULL;
    json_object_foreach ((json_t *)own, name, value)
        set_variable(v, name, json_text(value));
    v->at[v->n] = NULL;
}

/* ---- Sandbox and sockets ---- */
static int start_sandbox(struct lambda_svc *svc, struct lambda_env *env, const char *dir,
                         const struct aws_credentials *keys, struct sandbox **ret_sandbox,
                         struct err *err) {
    static const char *const argv[] = {"/var/task/bootstrap", NULL};
    char code[PATH_MAX], program[PATH_MAX];
    if (snprintf(code, sizeof code, "%s/%s", svc->functions_dir, dir) >= (int)sizeof code ||
        snprintf(program, sizeof program, "%s/%s/bootstrap", svc->functions_dir, dir) >=
            (int)sizeof program)
        return err_sys(err, -ENAMETOOLONG, "starting a function");
    struct variables v = {0};
    fill_variables(&v, env, keys);
    const struct sandbox_spec spec = {
        .code = code,
        .argv = argv,
        .env = v.at,
        .memory_bytes = env->fn->memory_mb * 1024 * 1024,
        .tmp_bytes = env->fn->tmp_mb * 1024 * 1024,
        .ports = {RUNTIME_PORT, API_PORT, API_TLS_PORT},
        .files = {{CA_PATH, buf_view(&svc->ca_cert)}},
        .limit_address_space = is_static(program),
    };
    int r = sandbox_start(svc->spawner, &spec, ret_sandbox, err);
    arena_deinit(&v.arena);
    return r;
}

static void origin_released(void *env_) {
    struct lambda_env *env = env_;
    struct lambda_svc *svc = env->svc;
    LOCK_SCOPE(&svc->lock);
    lambda_env_unref(env);
}

/* The runtime API on its port, the cloud's own on the two others. */
static int open_sockets(struct lambda_svc *svc, struct lambda_env *env, struct sandbox *sandbox,
                        struct err *err) {
    static const uint16_t ports[] = {RUNTIME_PORT, API_PORT, API_TLS_PORT};
    const struct net_app runtime = lambda_runtime_app(svc);
    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        pthread_mutex_lock(&svc->lock);
        env->refs++;
        pthread_mutex_unlock(&svc->lock);
        struct net_origin *origin = NULL;
        int r = net_listen_fd(svc->net, sandbox_take_listener(sandbox, ports[i]),
                              i == 0 ? &runtime : NULL, env, origin_released, &origin, err);
        pthread_mutex_lock(&svc->lock);
        env->origins[i] = origin;
        if (r)
            lambda_env_unref(env);
        pthread_mutex_unlock(&svc->lock);
        if (r)
            return r;
    }
    return 0;
}

static int start(struct lambda_svc *svc, struct lambda_env *env, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf dir = {0};
    struct aws_credentials keys = {0};
    buf_str(&dir, json_str(env->fn->doc, "CodeDir"));
    name_stream(env);
    if (!svc->spawner)
        return err_set(err, -ENOTSUP, "this daemon runs no functions");
    int r = ensure_code(svc, env->fn, buf_cstr(&dir), err);
    if (r == 0)
        r = take_keys(svc, env, &keys, err);
    if (r)
        return r;
    env->may_log = may_log(svc, env);
    struct sandbox *sandbox = NULL;
    env->start_ns = clock_mono_ns();
    r = start_sandbox(svc, env, buf_cstr(&dir), &keys, &sandbox, err);
    explicit_bzero(keys.secret_key, sizeof keys.secret_key);
    buf_deinit(&keys.session_token);
    if (r)
        return r;
    pthread_mutex_lock(&svc->lock);
    env->sandbox = sandbox;
    env->out[0].fd = sandbox_take_output(sandbox, 1);
    env->out[1].fd = sandbox_take_output(sandbox, 2);
    pthread_mutex_unlock(&svc->lock);
    return open_sockets(svc, env, sandbox, err);
}

int lambda_env_start(struct lambda_env *env, struct lambda_inv *inv) {
    struct err err = {0};
    int r = start(env->svc, env, &err);
    if (r == 0)
        return 0;
    if (r == AWS_E_NO_ROLE || r == AWS_E_NOT_TRUSTED)
        lambda_fail_service(inv, &lambda_e_InvalidParameterValueException,
                            "The role defined for the function cannot be assumed by Lambda.");
    else
        lambda_fail_service(inv, &lambda_e_ServiceException, err.text);
    return r;
}
