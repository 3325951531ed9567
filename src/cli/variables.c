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
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char cli_hook_node[], cli_hook_python[]; /* made of src/cli/hooks */

enum { MOST_FILE = 1 << 16 };

/* Below DATA/clients. */
#define S3CMD_FILE  "s3cmd.cfg"
#define CONFIG_FILE "aws.cfg"
#define HOOK_FILE   "here.cjs"

/* ---- Files ---- */

/*
 * Root writes into another user's cloud as that user: the user's own `calotype env` must be able to
 * write there as well, and a link that the user has put there leads root nowhere. False: nothing
 * was changed.
 */
static bool become_owner(const struct cli_session *s) {
    struct stat st;
    if (geteuid() != 0 || stat(s->data, &st) != 0 || st.st_uid == 0 || setegid(st.st_gid) != 0)
        return false;
    if (seteuid(st.st_uid) == 0)
        return true;
    if (setegid(getgid()) != 0)
        abort(); /* root may do that */
    return false;
}

static void be_root_again(bool became) {
    if (became && (seteuid(0) != 0 || setegid(getgid()) != 0))
        abort(); /* the real user is root */
}

int cli_variables_keep(const struct cli_session *s, const char *path, str text, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf old = {0};
    bool became = become_owner(s);
    bool same = io_read_file(&old, path, MOST_FILE, NULL) == 0 && str_eq(buf_view(&old), text);
    int r = same ? 0 : file_write_durable(path, text, 0600, err);
    be_root_again(became);
    if (old.p)
        explicit_bzero(old.p, old.len);
    return r;
}

static int make_folder(const struct cli_session *s, const char *path, struct err *err) {
    bool became = become_owner(s);
    int r = io_mkdirs(path, 0700, err);
    be_root_again(became);
    return r;
}

int cli_variables_folder(const struct cli_session *s, const char *user, char **ret_path,
                         struct err *err) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    buf_printf(&path, "%s/clients%s%s", s->data, user ? "/users/" : "", user ? user : "");
    int r = make_folder(s, buf_cstr(&path), err);
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
    int r = cli_variables_keep(s, path, buf_view(&text), err);
    explicit_bzero(text.p, text.len);
    return r;
}

static int write_config(const struct cli_session *s, const char *path, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "[default]\nregion = %s\nendpoint_url = %s\nca_bundle = %s\n", s->key.region,
               s->endpoint, s->ca);
    return cli_variables_keep(s, path, buf_view(&text), err);
}

/* ---- Values that are added to what is there ---- */

/* Has one of these a value? */
static bool has_proxy(void) {
    static const char *const names[] = {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY",
                                        "http_proxy",  "ALL_PROXY",   "all_proxy"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_c(getenv(names[i])).len)
            return true;
    return false;
}

/* Is piece one of those that text has between the marks? */
static bool has_piece(str text, str piece, char mark) {
    for (ptrdiff_t at; (at = str_find(text, piece)) >= 0; text = str_skip(text, (size_t)at + 1)) {
        size_t end = (size_t)at + piece.len;
        if ((at == 0 || text.p[at - 1] == mark) && (end == text.len || text.p[end] == mark))
            return true;
    }
    return false;
}

/* The variable's value with one more piece, which is not there twice. */
static char *with_piece(const char *name, const char *piece, char mark, bool first) {
    struct buf out = {0};
    const char *old = getenv(name);
    if (!old || !*old)
        buf_c(&out, piece);
    else if (has_piece(str_c(old), str_c(piece), mark))
        buf_c(&out, old);
    else
        buf_printf(&out, "%s%c%s", first ? piece : old, mark, first ? old : piece);
    return buf_take(&out);
}

#define HOOK_BEFORE "--require \""
#define HOOK_AFTER  "/clients/" HOOK_FILE "\""

static void add_words(struct buf *out, str words) {
    words = str_trim(words);
    if (out->len && words.len)
        buf_char(out, ' ');
    buf_str(out, words);
}

/*
 * NODE_OPTIONS without the hooks of clouds: Node does not start where the file of one that is gone
 * is named.
 */
static void add_options_of_others(struct buf *out) {
    str rest = str_c(getenv("NODE_OPTIONS"));
    for (ptrdiff_t end; (end = str_find(rest, S(HOOK_AFTER))) >= 0;) {
        str own = str_slice(rest, 0, (size_t)end);
        ptrdiff_t at = -1;
        for (ptrdiff_t next;
             (next = str_find(str_skip(own, (size_t)(at + 1)), S(HOOK_BEFORE))) >= 0;)
            at += 1 + next;
        if (at < 0)
            break; /* somebody else's words */
        add_words(out, str_slice(rest, 0, (size_t)at));
        rest = str_skip(rest, (size_t)end + strlen(HOOK_AFTER));
    }
    add_words(out, rest);
}

/* NODE_OPTIONS takes a path with spaces in double quotes. */
static char *node_options(const char *path) {
    struct buf out = {0};
    add_options_of_others(&out);
    buf_c(&out, out.len ? " " HOOK_BEFORE : HOOK_BEFORE);
    for (const char *c = path; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_char(&out, '\\');
        buf_char(&out, *c);
    }
    buf_char(&out, '"');
    return buf_take(&out);
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
            buf_printf(&names, STR_FMT "=", STR_ARG(name)); /* no name has one in it */
    rest = buf_view(&names);
    while (rest.len) {
        str_cut(rest, '=', &name, &rest);
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
    *p = (struct paths){prog_data_path(own, S3CMD_FILE), prog_data_path(all, CONFIG_FILE),
                        prog_data_path(all, "python"),
                        prog_data_path(all, "python/sitecustomize.py"),
                        prog_data_path(all, HOOK_FILE)};
    r = write_s3cmd(s, key, p->s3cmd, err);
    if (r == 0 && v->ca_in_file)
        r = write_config(s, p->config, err);
    if (r == 0 && v->node)
        r = cli_variables_keep(s, p->node, str_c(cli_hook_node), err);
    if (r == 0 && v->python)
        r = make_folder(s, p->python, err);
    if (r == 0 && v->python)
        r = cli_variables_keep(s, p->hook, str_c(cli_hook_python), err);
    return r;
}

struct variable {
    const char *name, *value;
    bool set, take_away; /* take_away: where this process has it and it is not set */
};

/* Values of this process's variables with what is added to them. */
struct added {
    char *node, *python, *upper, *lower;
};

static void added_deinit(struct added *a) {
    char *all[] = {a->node, a->python, a->upper, a->lower};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]);
}

static void add_to_values(struct added *ret, const struct cli_session *s, const struct paths *p) {
    CLEANUP_DEINIT(buf) struct buf here = {0};
    str host = host_of(s);
    ptrdiff_t end = str_rchr(host, ':');
    host = end < 0 ? host : str_slice(host, 0, (size_t)end);
    buf_c(&here, "127.0.0.1,localhost");
    if (!str_is(host, "127.0.0.1")) /* up --listen */
        buf_printf(&here, "," STR_FMT, STR_ARG(host));
    *ret = (struct added){node_options(p->node), with_piece("PYTHONPATH", p->python, ':', true),
                          with_piece("NO_PROXY", buf_cstr(&here), ',', false),
                          with_piece("no_proxy", buf_cstr(&here), ',', false)};
}

enum { MOST_VARIABLES = 24 };

/* All of them, in their order. */
static void list(struct variable out[MOST_VARIABLES], const struct cli_session *s,
                 const struct cli_variables *v, const struct paths *p, const struct added *more) {
    const struct prog_credentials *key = v->key ? v->key : &s->key;
    bool proxy = v->proxy || has_proxy();
    const struct variable all[MOST_VARIABLES] = {
        {"AWS_ENDPOINT_URL", s->endpoint, true, false},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", true, false},
        {"AWS_ACCESS_KEY_ID", key->access_key, true, false},
        {"AWS_SECRET_ACCESS_KEY", key->secret_key, true, false},
        {"AWS_REGION", key->region, true, false},
        {"AWS_DEFAULT_REGION", key->region, true, false},
        {"AWS_CA_BUNDLE", s->ca, !v->ca_in_file, true},
        {"AWS_CONFIG_FILE", p->config, v->ca_in_file, false},
        {"NODE_EXTRA_CA_CERTS", s->ca, true, false},
        {"NODE_OPTIONS", more->node, v->node, false},
        {"PYTHONPATH", more->python, v->python, false},
        {"NO_PROXY", more->upper, proxy, false},
        {"no_proxy", more->lower, proxy, false},
        {"S3CMD_CONFIG", p->s3cmd, true, false},
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
    memcpy(out, all, sizeof all);
}

int cli_variables_each(const struct cli_session *s, const struct cli_variables *v,
                       cli_variable_fn *fn, void *ctx, struct err *err) {
    CLEANUP_DEINIT(paths) struct paths p = {0};
    CLEANUP_DEINIT(added) struct added more = {0};
    struct variable all[MOST_VARIABLES];
    int r = write_files(s, v, v->key ? v->key : &s->key, &p, err);
    if (r)
        return r;
    add_to_values(&more, s, &p);
    list(all, s, v, &p, &more);
    each_elsewhere(fn, ctx);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i].set)
            fn(ctx, all[i].name, all[i].value);
        else if (all[i].take_away && getenv(all[i].name))
            fn(ctx, all[i].name, NULL);
    return 0;
}

/* ---- Taking it back ---- */

/* The value of a variable of this process, where it ends so. */
static char *own_path(const char *name, str end) {
    str path = str_c(getenv(name));
    return path.p && str_ends(path, end) ? mem_strdup(path.p) : NULL;
}

/* What was set, by the variables that nobody else sets: those of the remote "calotype:". */
static void read_back(struct cli_session *s, struct paths *p) {
    const struct {
        const char *name;
        char *to;
        size_t room;
    } keys[] = {
        {"RCLONE_CONFIG_CALOTYPE_ACCESS_KEY_ID", s->key.access_key, sizeof s->key.access_key},
        {"RCLONE_CONFIG_CALOTYPE_SECRET_ACCESS_KEY", s->key.secret_key, sizeof s->key.secret_key},
        {"RCLONE_CONFIG_CALOTYPE_REGION", s->key.region, sizeof s->key.region},
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (getenv(keys[i].name))
            snprintf(keys[i].to, keys[i].room, "%s", getenv(keys[i].name));
    s->endpoint = own_path("RCLONE_CONFIG_CALOTYPE_ENDPOINT", S(""));
    s->ca = own_path("RCLONE_CA_CERT", S("/tls/ca.pem"));
    p->s3cmd = own_path("S3CMD_CONFIG", S("/" S3CMD_FILE));
    p->config = own_path("AWS_CONFIG_FILE", S("/clients/" CONFIG_FILE));
}

static bool is_so(const struct variable *v) {
    const char *there = getenv(v->name);
    return there && v->value && strcmp(there, v->value) == 0;
}

void cli_variables_unset(cli_variable_fn *fn, void *ctx) {
    CLEANUP_DEINIT(cli_session) struct cli_session s = {0};
    CLEANUP_DEINIT(paths) struct paths p = {0};
    CLEANUP_DEINIT(buf) struct buf node = {0};
    struct variable all[MOST_VARIABLES];
    read_back(&s, &p);
    list(all, &s, &(struct cli_variables){0}, &p, &(struct added){0});
    for (size_t i = 0; s.endpoint && i < ARRAY_LEN(all); i++)
        if (is_so(&all[i]))
            fn(ctx, all[i].name, NULL);
    add_options_of_others(&node);
    if (getenv("NODE_OPTIONS") && !str_is(buf_view(&node), getenv("NODE_OPTIONS")))
        fn(ctx, "NODE_OPTIONS", node.len ? buf_cstr(&node) : NULL);
}
