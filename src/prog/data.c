/* prog/data: where the data folder is, and the credentials in it. */
#include "prog/data.h"

#include "base/io.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Where DATA is when nobody says ---- */

enum { ANYBODY, ROOT, OTHERS };
static const char *const none_needed[] = {"", NULL};
static const char *const cloud_needed[] = {"/format", "/calotype.yaml", NULL};
/*
 * The first place that is there counts. An installed instance's folder is that of its unit
 * (packaging/systemd): a user's manager takes it from one variable, before systemd 254 from another.
 */
static const struct place {
    int whose;
    const char *base; /* a folder, */
    const char *var;  /* which this variable names instead, NULL: none */
    const char *below;
    bool at_home;              /* the base is below HOME */
    const char *const *needed; /* one of them must be in it: many folders are called var */
    bool own; /* it must be this user's: who is in /tmp did not ask for another's */
} places[] = {
    {ANYBODY, ".", NULL, "var", false, cloud_needed, true},
    {ROOT, "/var/lib", NULL, "calotype", false, none_needed, false},
    {OTHERS, "/.local/state", "XDG_STATE_HOME", "calotype", true, none_needed, false},
    {OTHERS, "/.config", "XDG_CONFIG_HOME", "calotype", true, none_needed, false},
};

/* False: there is no such place for this user. */
static bool place_path(const struct place *place, const struct prog_user *user, struct buf *ret) {
    const char *base = place->var ? user->variable(place->var) : NULL;
    const char *home = place->at_home ? user->variable("HOME") : "";
    buf_clear(ret);
    if (place->whose != ANYBODY && (place->whose == ROOT) != user->is_root)
        return false;
    if (base && base[0] == '/') /* the specification of these variables has others ignored */
        buf_printf(ret, "%s%s/%s", user->root, base, place->below);
    else if (!home || (place->at_home && home[0] != '/'))
        return false;
    else
        buf_printf(ret, "%s%s%s/%s", place->base[0] == '.' ? "" : user->root, home, place->base,
                   place->below);
    return true;
}

static bool is_there(const char *path, const struct place *place) {
    struct stat st;
    CLEANUP_DEINIT(buf) struct buf one = {0};
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode) || (place->own && st.st_uid != geteuid()))
        return false;
    for (size_t i = 0; place->needed[i]; i++) {
        buf_clear(&one);
        buf_printf(&one, "%s%s", path, place->needed[i]);
        if (access(buf_cstr(&one), F_OK) == 0)
            return true;
    }
    return false;
}

bool prog_data_find(const struct prog_user *user, struct buf *ret) {
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (place_path(&places[i], user, ret) && is_there(buf_cstr(ret), &places[i]))
            return true;
    buf_clear(ret);
    buf_c(ret, "./var");
    return false;
}

static char *variable(const char *name) { return getenv(name); }

const char *prog_data_dir(const char *flag) {
    static char found[PATH_MAX];
    const char *env = getenv("CALOTYPE_DATA");
    if (flag && *flag)
        return flag;
    if (env && *env)
        return env;
    CLEANUP_DEINIT(buf) struct buf path = {0};
    prog_data_find(&(struct prog_user){.is_root = geteuid() == 0, .root = "", .variable = variable},
                   &path);
    snprintf(found, sizeof found, "%s", buf_cstr(&path));
    return found;
}

char *prog_data_path(const char *data, const char *name) {
    struct buf path = {0};
    buf_printf(&path, "%s/%s", data, name);
    return buf_take(&path);
}

/* ---- Credentials ---- */

enum { MOST_FILE = 1 << 16 };

static bool take(str line, const char *name, char *into, size_t room) {
    str key, value;
    if (!str_cut(line, '=', &key, &value) || !str_is(str_trim(key), name))
        return false;
    value = str_trim(value);
    if (value.len >= room)
        return false;
    memcpy(into, value.p, value.len);
    into[value.len] = '\0';
    return true;
}

/* The section [default] of the form that AWS's own tools read. */
static int parse_credentials(str text, struct prog_credentials *ret) {
    str line;
    bool here = false;
    *ret = (struct prog_credentials){.region = "us-east-1"};
    while (text.len) {
        str_cut(text, '\n', &line, &text);
        line = str_trim(line);
        if (str_starts(line, S("[")))
            here = str_eq(line, S("[default]"));
        else if (here &&
                 !take(line, "aws_access_key_id", ret->access_key, sizeof ret->access_key) &&
                 !take(line, "aws_secret_access_key", ret->secret_key, sizeof ret->secret_key))
            take(line, "region", ret->region, sizeof ret->region);
    }
    return ret->access_key[0] && ret->secret_key[0] ? 0 : -EINVAL;
}

int prog_credentials_read(const char *data, struct prog_credentials *ret, struct err *err) {
    CLEANUP_MEM char *path = prog_data_path(data, "credentials");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = io_read_file(&text, path, MOST_FILE, err);
    if (r < 0)
        return r;
    if (parse_credentials(buf_view(&text), ret) < 0)
        return err_set(err, -EINVAL, "%s holds no key pair in a section [default]", path);
    return 0;
}

void prog_credentials_add(struct buf *out, const struct prog_credentials *key) {
    buf_printf(out, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = %s\n",
               key->access_key, key->secret_key, key->region);
}

int prog_credentials_write(const char *data, const struct prog_credentials *key, struct err *err) {
    CLEANUP_MEM char *path = prog_data_path(data, "credentials");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "# The root key of this cloud. Whoever has it may do everything in it.\n");
    prog_credentials_add(&text, key);
    int r = file_write_durable(path, buf_view(&text), 0600, err);
    explicit_bzero(text.p, text.len);
    return r;
}
