/*
 * Starting an environment: code, keys, variables, sandbox, sockets. Runs in the thread that needs
 * it for its invocation, without svc->lock, for it reads the disk and waits for the sandbox.
 */
#include "aws/port.h"
#include "base/arn.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/io.h"
#include "base/rand.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/launch.h"
#include "svc/lambda/layer.h"
#include "svc/lambda/tools.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { RUNTIME_PORT = 9001, API_PORT = 80, API_TLS_PORT = 443, KEYS_S = 6 * 3600 };
static const uint16_t ports[LAMBDA_ENV_PORTS] = {RUNTIME_PORT, API_PORT, API_TLS_PORT};
#define SERVICE S("lambda.amazonaws.com")

/* ---- Code ---- */
static int ensure_code(struct lambda_svc *svc, const struct lambda_fn *fn, const char *dir,
                       struct err *err) {
    if (lambda_code_is_unpacked(svc->code, dir))
        return 0;
    CLEANUP_DEINIT(buf) struct buf zip = {0}, owner = {0};
    buf_printf(&owner, "function %s", fn->fn_name);
    int r = lambda_package_read(svc->store, json_str(fn->doc, "CodeRef"), buf_cstr(&owner),
                                LAMBDA_UPLOAD_AGAIN, &zip, err);
    if (r) {
        log_error("lambda", "%s", err->text);
        return r;
    }
    return lambda_code_unpack(svc->code, svc->store, buf_view(&zip), dir, err);
}

/* Pins stay until the environment is freed. */
static int ensure_folders(struct lambda_svc *svc, struct lambda_env *env, const char *code,
                          struct err *err) {
    str layers = lambda_layers_dir(env->fn->doc);
    lambda_code_pin(svc->code, code);
    env->has_code = true;
    int r = ensure_code(svc, env->fn, code, err);
    if (r || !layers.len)
        return r;
    lambda_code_pin(svc->code, layers.p);
    env->has_layers = true;
    r = lambda_layers_unpack(svc, env->fn, err);
    if (r)
        log_error("lambda", "%s", err->text);
    return r;
}

/*
 * An ELF program without an interpreter: it maps what it uses, so its address space may be limited. A
 * link leads to a file of the sandbox's root, which cannot be looked at from here.
 */
static bool is_static(const char *path) {
    CLEANUP_DEINIT(buf) struct buf file = {0};
    CLEANUP_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, buf_reserve(&file, 4096), 4096);
    if (got <= 0)
        return false;
    file.len = (size_t)got;
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
    const struct aws_session_key key = {S("lambda:SourceFunctionArn"), buf_view(&env->fn->arn)};
    int r = source->assume(source->ctx, json_str(env->fn->config, "Role"), SERVICE,
                           env->fn->name.name, key, KEYS_S, keys, err);
    if (r == 0)
        env->keys_expire_ms = keys->expires_ms;
    return r;
}

/* As on AWS, a function whose role may not write its log runs without one. */
static bool may_log(struct lambda_svc *svc, const struct lambda_env *env) {
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
    if (!aws_role_may(svc->cloud, &question))
        return false;
    question.action = "logs:CreateLogStream";
    return aws_role_may(svc->cloud, &question);
}

/* In a group of its own choice the function's name is in it, for the group may be that of several. */
static void name_stream(struct lambda_env *env) {
    char day[CLOCK_ISO_MAX], hex[33];
    clock_day(day, clock_world_ms());
    rand_hex(hex, 16);
    for (char *c = day; *c; c++)
        if (*c == '-')
            *c = '/';
    if (env->fn->own_log_group)
        snprintf(env->stream, sizeof env->stream, "%.10s/%s[$LATEST][%s]", day, env->fn->fn_name,
                 hex);
    else
        snprintf(env->stream, sizeof env->stream, "%.10s/[$LATEST]%s", day, hex);
}

/* ---- Sandbox and sockets ---- */
/* 0, or -errno where the path is too long. */
static int path_of(char out[PATH_MAX], const struct lambda_svc *svc, const char *dir,
                   const char *file) {
    int n = snprintf(out, PATH_MAX, "%s/%s%s%s", lambda_code_root(svc->code), dir, file ? "/" : "",
                     file ? file : "");
    return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Its program is started by another of its own. */
static bool is_wrapped(const struct lambda_fn *fn) {
    const json_t *own = json_obj(json_obj(fn->config, "Environment"), "Variables");
    return json_str(own, "AWS_LAMBDA_EXEC_WRAPPER").len > 0;
}

/* One more, behind those that are there. */
static int add_bind(struct sandbox_spec *spec, const char *host, const char *inside,
                    struct err *err) {
    size_t i = 0;
    while (i < SANDBOX_MAX_BINDS && spec->binds[i].host)
        i++;
    if (i == SANDBOX_MAX_BINDS)
        return err_set(err, -E2BIG, "there is no room for %s in the function's sandbox", inside);
    spec->binds[i] = (struct sandbox_bind){host, inside};
    return 0;
}

/* Where its code, its layers and its program are on the host. */
struct places {
    char code[PATH_MAX], layers[PATH_MAX], program[PATH_MAX];
    bool layer_program;
};

/* A link too, wherever it leads. */
static bool is_there(const char *path) {
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * A program of its own that the code has not is the layers', where they have it: so custom runtimes
 * are shared ("Sharing custom runtimes in a layer", Lambda Developer Guide).
 */
static int find_places(const struct lambda_svc *svc, const struct lambda_env *env, const char *dir,
                       struct places *ret) {
    const char *own = env->runtime->family->own_program;
    const char *layers = env->has_layers ? lambda_layers_dir(env->fn->doc).p : "";
    if (path_of(ret->code, svc, dir, NULL) || path_of(ret->layers, svc, layers, NULL) ||
        path_of(ret->program, svc, dir, own))
        return -ENAMETOOLONG;
    if (!own || !env->has_layers || is_there(ret->program))
        return 0;
    int r = path_of(ret->program, svc, layers, own);
    ret->layer_program = r == 0 && is_there(ret->program);
    return r;
}

static int start_sandbox(struct lambda_svc *svc, struct lambda_env *env, const char *dir,
                         const struct aws_credentials *keys, struct sandbox **ret_sandbox,
                         struct err *err) {
    static const char *const layer_argv[] = {"/opt/bootstrap", NULL};
    struct places at = {0};
    if (find_places(svc, env, dir, &at))
        return err_sys(err, -ENAMETOOLONG, "starting a function");
    struct lambda_variables variables = {0};
    struct lambda_launch launch = {.runtime = env->runtime,
                                   .wrapped = is_wrapped(env->fn),
                                   .arena = &variables.arena};
    int r = lambda_interpreters_find(svc->interpreters, env->runtime, &env->interpreter, err);
    if (r == 0 && env->interpreter)
        r = lambda_tools_get(svc->tools, &launch.tools, err);
    launch.interpreter = env->interpreter;
    if (r)
        return r;
    env->packages = lambda_launch_packages(env->runtime);
    str ca = buf_view(&svc->ca_cert);
    lambda_variables_fill(&variables, env, keys);
    struct sandbox_spec spec = {
        .code = at.code,
        .env = variables.at,
        .memory_bytes = lambda_fn_memory(env->fn),
        .tmp_bytes = lambda_fn_tmp(env->fn),
        /* Where programs look that no variable tells: OpenSSL as Debian builds it, and AWS's images. */
        .files = {{LAMBDA_CA_PATH, ca},
                  {"/usr/lib/ssl/cert.pem", ca},
                  {"/etc/pki/tls/certs/ca-bundle.crt", ca},
                  {"/var/runtime/ca-cert.pem", ca}},
        .limit_address_space = env->runtime->family->own_program && is_static(at.program),
        .stays = true,
    };
    memcpy(spec.ports, ports, sizeof ports);
    lambda_launch_fill(&launch, &spec);
    if (at.layer_program)
        spec.argv = layer_argv;
    if (env->has_layers)
        r = add_bind(&spec, at.layers, "/opt", err);
    if (r == 0)
        r = sandbox_start(svc->spawner, &spec, ret_sandbox, err);
    lambda_variables_deinit(&variables);
    return r;
}

static void origin_released(void *env_) {
    struct lambda_env *env = env_;
    struct lambda_svc *svc = env->svc;
    LOCK_SCOPE(&svc->lock);
    lambda_env_unref_locked(env);
}

static int open_socket(struct lambda_svc *svc, struct lambda_env *env, struct sandbox *sandbox,
                       size_t i, struct err *err) {
    const struct net_app runtime = lambda_runtime_app(svc);
    struct net_origin *origin = NULL;
    lock_take(&svc->lock);
    lambda_env_ref_locked(env);
    lock_drop(&svc->lock);
    int r = net_listen_fd(svc->net, sandbox_take_listener(sandbox, ports[i]),
                          ports[i] == RUNTIME_PORT ? &runtime : NULL, env, origin_released, &origin,
                          err);
    LOCK_SCOPE(&svc->lock);
    lambda_env_listens_locked(env, i, origin);
    if (r)
        lambda_env_unref_locked(env);
    return r;
}

/* The runtime API on its port, the cloud's own on the two others. */
static int open_sockets(struct lambda_svc *svc, struct lambda_env *env, struct sandbox *sandbox,
                        struct err *err) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(ports); i++)
        r = open_socket(svc, env, sandbox, i, err);
    return r;
}

static int start(struct lambda_svc *svc, struct lambda_env *env, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf dir = {0};
    struct aws_credentials keys = {0};
    buf_str(&dir, json_str(env->fn->doc, "CodeDir"));
    name_stream(env);
    if (!svc->spawner)
        return err_set(err, -ENOTSUP, "this daemon runs no functions");
    if (!env->runtime)
        return err_set(err, -ENOTSUP, "this build does not know the function's runtime");
    int r = lambda_check_able(svc, env->runtime, err);
    if (r)
        return r;
    r = ensure_folders(svc, env, buf_cstr(&dir), err);
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
    lock_take(&svc->lock);
    lambda_env_boxed_locked(env, sandbox);
    lambda_log_init_start_locked(env);
    lock_drop(&svc->lock);
    return open_sockets(svc, env, sandbox, err);
}

int lambda_env_start(struct lambda_env *env, struct lambda_inv *inv) {
    LOCK_NOT_HELD(&env->svc->lock);
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
