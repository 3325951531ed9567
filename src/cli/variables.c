/*
 * cli/variables: makes the environment for other clients. What must not happen is that a client
 * signs with the cloud's key and sends to Amazon's host: whoever gets the key gets the endpoint,
 * or a CA that Amazon's hosts are not under (botocore, Go), or a hook (Node).
 */
#include "cli/variables.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

extern const char cli_hook_node[], cli_hook_python[]; /* made of src/cli/hooks */

enum { MOST_FILE = 1 << 16 };

/* ---- Files ---- */

/* Nothing is written, and nothing synced, where the file is so already. */
static int keep_file(const char *path, str text, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf old = {0};
    if (io_read_file(&old, path, MOST_FILE, NULL) == 0 && str_eq(buf_view(&old), text))
        return 0;
    return file_write_durable(path, text, 0600, err);
}

int cli_variables_folder(const struct cli_session *s, const char *user, char **ret_path,
                         struct err *err) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    buf_printf(&path, "%s/clients%s%s", s->data, user ? "/users/" : "", user ? user : "");
    int r = io_mkdirs(buf_cstr(&path), 0700, err);
    if (r == 0)
        *ret_path = buf_take(&path);
    return r;
}

/* host:port of the endpoint. */
static str host_of(const struct cli_session *s) {
    ptrdiff_t at = str_find(str_c(s->endpoint), S("://"));
    return str_skip(str_c(s->endpoint), at < 0 ? 0 : (size_t)at + 3);
}

static int write_s3cmd(const struct cli_session *s, const struct prog_credentials *key,
                       const char *path, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    str host = host_of(s);
    buf_printf(&text,
               "[default]\naccess_key = %s\nsecret_key = %s\nbucket_location = %s\n"
               "host_base = " STR_FMT "\nhost_bucket = " STR_FMT "\n"
               "use_https = True\ncheck_ssl_certificate = True\nca_certs_file = %s\n",
               key->access_key, key->secret_key, key->region, STR_ARG(host), STR_ARG(host), s->ca);
    int r = keep_file(path, buf_view(&text), err);
    explicit_bzero(text.p, text.len);
    return r;
}

static int write_config(const struct cli_session *s, const char *path, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "[default]\nregion = %s\nendpoint_url = %s\nca_bundle = %s\n", s->key.region,
               s->endpoint, s->ca);
    return keep_file(path, buf_view(&text), err);
}

/* ---- Values that are added to what is there ---- */

/* Has one of these a value? */
static bool has_proxy(void) {
    static const char *const names[] = {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY",
                                        "http_proxy",  "ALL_PROXY",   "all_proxy"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (getenv(names[i]) && *getenv(names[i]))
            return true;
    return false;
}

/* The variable's value with one more piece, which is not there twice. */
static char *with_piece(const char *name, const char *piece, const char *between, bool first) {
    struct buf out = {0};
    const char *old = getenv(name);
    if (!old || !*old)
        buf_c(&out, piece);
    else if (str_find(str_c(old), str_c(piece)) >= 0)
        buf_c(&out, old);
    else
        buf_printf(&out, "%s%s%s", first ? piece : old, between, first ? old : piece);
    return buf_take(&out);
}

/* NODE_OPTIONS takes a path with spaces in double quotes. */
static char *node_options(const char *path) {
    CLEANUP_DEINIT(buf) struct buf piece = {0};
    buf_c(&piece, "--require \"");
    for (const char *c = path; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_char(&piece, '\\');
        buf_char(&piece, *c);
    }
    buf_char(&piece, '"');
    return with_piece("NODE_OPTIONS", buf_cstr(&piece), " ", false);
}

/* ---- What would lead elsewhere ---- */

/* Every variable of this process whose name begins so, or is so. */
static const char *const elsewhere[] = {
    "AWS_SESSION_TOKEN=",          "AWS_SECURITY_TOKEN=",     "AWS_PROFILE=",
    "AWS_DEFAULT_PROFILE=",        "AWS_ENDPOINT_URL_",       "AWS_USE_FIPS_ENDPOINT=",
    "AWS_USE_DUALSTACK_ENDPOINT=", "AWS_ROLE_ARN=",           "AWS_WEB_IDENTITY_TOKEN_FILE=",
    "AWS_SDK_LOAD_CONFIG=",        "CALOTYPE_ACCESS_KEY_ID_", "CALOTYPE_SECRET_ACCESS_KEY_",
    "CALOTYPE_SESSION_TOKEN_",     "S3_ENDPOINT_URL=",
};

static bool leads_elsewhere(str line) {
    for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
        if (str_starts(line, str_c(elsewhere[i])))
            return true;
    return false;
}

/* The names are copied before the first is taken away: fn may change the environment. */
static void each_elsewhere(cli_variable_fn *fn, void *ctx) {
    struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf names = {0};
    str line, rest, name;
    for (char **at = environ; at && *at; at++)
        if (leads_elsewhere(str_c(*at)) && str_cut(str_c(*at), '=', &name, &line))
            buf_printf(&names, STR_FMT "\n", STR_ARG(name));
    rest = buf_view(&names);
    while (rest.len) {
        str_cut(rest, '\n', &name, &rest);
        fn(ctx, arena_cstr(&arena, name), NULL);
    }
    arena_deinit(&arena);
}

/* ---- All of it ---- */

struct paths {
    char *s3cmd, *config, *python, *hook, *node;
};

static void paths_deinit(struct paths *p) {
    char *all[] = {p->s3cmd, p->config, p->python, p->hook, p->node};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]);
}

static int write_files(const struct cli_session *s, const struct cli_variables *v,
                       const struct prog_credentials *key, struct paths *p, struct err *err) {
    CLEANUP_MEM char *own = NULL, *all = NULL;
    int r = cli_variables_folder(s, v->user, &own, err);
    r = r ? r : cli_variables_folder(s, NULL, &all, err);
    if (r)
        return r;
    *p = (struct paths){prog_data_path(own, "s3cmd.cfg"), prog_data_path(all, "aws.cfg"),
                        prog_data_path(all, "python"),
                        prog_data_path(all, "python/sitecustomize.py"),
                        prog_data_path(all, "here.cjs")};
    r = write_s3cmd(s, key, p->s3cmd, err);
    if (r == 0 && v->ca_in_file)
        r = write_config(s, p->config, err);
    if (r == 0 && v->node)
        r = keep_file(p->node, str_c(cli_hook_node), err);
    if (r == 0 && v->python)
        r = io_mkdirs(p->python, 0700, err);
    if (r == 0 && v->python)
        r = keep_file(p->hook, str_c(cli_hook_python), err);
    return r;
}

int cli_variables_each(const struct cli_session *s, const struct cli_variables *v,
                       cli_variable_fn *fn, void *ctx, struct err *err) {
    const struct prog_credentials *key = v->key ? v->key : &s->key;
    CLEANUP_DEINIT(paths) struct paths p = {0};
    int r = write_files(s, v, key, &p, err);
    if (r)
        return r;
    bool proxy = v->proxy || has_proxy();
    CLEANUP_MEM char *node = node_options(p.node),
                     *python = with_piece("PYTHONPATH", p.python, ":", true);
    CLEANUP_MEM char *upper = with_piece("NO_PROXY", "127.0.0.1,localhost", ",", false);
    CLEANUP_MEM char *lower = with_piece("no_proxy", "127.0.0.1,localhost", ",", false);
    const struct {
        const char *name, *value;
        bool set, take_away; /* take_away: where this process has it and it is not set */
    } all[] = {
        {"AWS_ENDPOINT_URL", s->endpoint, true, false},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", true, false},
        {"AWS_ACCESS_KEY_ID", key->access_key, true, false},
        {"AWS_SECRET_ACCESS_KEY", key->secret_key, true, false},
        {"AWS_REGION", key->region, true, false},
        {"AWS_DEFAULT_REGION", key->region, true, false},
        {"AWS_CA_BUNDLE", s->ca, !v->ca_in_file, true},
        {"AWS_CONFIG_FILE", p.config, v->ca_in_file, false},
        {"NODE_EXTRA_CA_CERTS", s->ca, true, false},
        {"NODE_OPTIONS", node, v->node, false},
        {"PYTHONPATH", python, v->python, false},
        {"NO_PROXY", upper, proxy, false},
        {"no_proxy", lower, proxy, false},
        {"S3CMD_CONFIG", p.s3cmd, true, false},
        {"RCLONE_CONFIG_CALOTYPE_TYPE", "s3", true, false},
        {"RCLONE_CONFIG_CALOTYPE_PROVIDER", "Other", true, false},
        {"RCLONE_CONFIG_CALOTYPE_ENV_AUTH", "false", true, false},
        {"RCLONE_CONFIG_CALOTYPE_ACCESS_KEY_ID", key->access_key, true, false},
        {"RCLONE_CONFIG_CALOTYPE_SECRET_ACCESS_KEY", key->secret_key, true, false},
        {"RCLONE_CONFIG_CALOTYPE_REGION", key->region, true, false},
        {"RCLONE_CONFIG_CALOTYPE_ENDPOINT", s->endpoint, true, false},
        {"RCLONE_CONFIG_CALOTYPE_FORCE_PATH_STYLE", "true", true, false},
        {"RCLONE_CA_CERT", s->ca, true, false},
        {"CALOTYPE_DATA", s->data, true, false},
    };
    each_elsewhere(fn, ctx);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i].set)
            fn(ctx, all[i].name, all[i].value);
        else if (all[i].take_away && getenv(all[i].name))
            fn(ctx, all[i].name, NULL);
    return 0;
}
