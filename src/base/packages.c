/* Where a language's packages lie: one list of places, for who installs and for who binds them. */
#include "base/packages.h"

#include "base/io.h"
#include "base/json.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ABOUT = 64 << 10 };

#define OURS          "/calotype/runtimes"
#define DIST_PACKAGES "/usr/lib/python3/dist-packages"

static const struct packages python = {"python", "python", "boto3"},
                             nodejs = {"nodejs", "node", "@aws-sdk"};
static const struct packages *const rows[] = {&python, &nodejs};

const struct packages *packages_at(size_t i) { return i < ARRAY_LEN(rows) ? rows[i] : NULL; }

const struct packages *packages_of(str language) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_is(language, rows[i]->language) || str_is(language, rows[i]->word))
            return rows[i];
    return NULL;
}

/* NULL where it is empty, as where it is not set. */
static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The user's own runtimes. An XDG folder that is not absolute is ignored, as its specification has it. */
static bool add_user(struct buf *out) {
    const char *data = variable("XDG_DATA_HOME"), *home = variable("HOME");
    if (data && *data == '/')
        buf_printf(out, "%s" OURS, data);
    else if (home && *home == '/')
        buf_printf(out, "%s/.local/share" OURS, home);
    else
        return false;
    return true;
}

/* Appends folder/name where it has the packages. */
static bool add_if_there(const struct packages *of, const char *folder, const char *name,
                         struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf path = {0}, probe = {0};
    buf_printf(&path, "%s%s", folder, name);
    buf_printf(&probe, "%s/%s", buf_cstr(&path), of->probe);
    if (access(buf_cstr(&probe), R_OK) != 0)
        return false;
    buf_str(out, buf_view(&path));
    return true;
}

static bool find_python(struct buf *out) {
    const char *named = variable("CALOTYPE_RUNTIMES");
    CLEANUP_DEINIT(buf) struct buf own = {0};
    buf_printf(&own, "%s/python", named ? named : "");
    if (named && access(buf_cstr(&own), F_OK) == 0)
        return add_if_there(&python, buf_cstr(&own), "", out);
    return add_if_there(&python, DIST_PACKAGES, "", out);
}

static bool find_nodejs(struct buf *out) {
    const char *named = variable("CALOTYPE_RUNTIMES"), *inside = "/nodejs/node_modules";
    CLEANUP_DEINIT(buf) struct buf user = {0};
    if (named)
        return add_if_there(&nodejs, named, inside, out);
    if (geteuid() != 0 && add_user(&user) && add_if_there(&nodejs, buf_cstr(&user), inside, out))
        return true;
    return add_if_there(&nodejs, "/usr/local/lib" OURS, inside, out) ||
           add_if_there(&nodejs, "/usr/lib" OURS, inside, out);
}

bool packages_find(const struct packages *of, struct buf *ret_folder) {
    return of == &nodejs ? find_nodejs(ret_folder) : find_python(ret_folder);
}

uint64_t packages_mark(const struct packages *of) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    struct stat st;
    if (!packages_find(of, &path))
        return 0;
    buf_printf(&path, "/%s", of->probe);
    return stat(buf_cstr(&path), &st) ? 0 : st.st_ino;
}

bool packages_place(const struct packages *of, struct buf *ret_folder) {
    const char *named = variable("CALOTYPE_RUNTIMES");
    if (of != &nodejs)
        return false;
    if (named)
        buf_c(ret_folder, named);
    else if (geteuid() == 0)
        buf_c(ret_folder, "/usr/local/lib" OURS);
    else if (!add_user(ret_folder))
        return false;
    buf_c(ret_folder, "/nodejs");
    return true;
}

/* "boto3-1.26.27.egg-info", as setuptools and Debian name what tells of a package; or .dist-info. */
static bool python_version(const char *folder, struct buf *out) {
    DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *e; dir && !found && (e = readdir(dir));) {
        str name = str_c(e->d_name);
        ptrdiff_t end = str_rchr(name, '.');
        found = str_starts(name, S("boto3-")) &&
                (str_ends(name, S(".egg-info")) || str_ends(name, S(".dist-info")));
        if (found)
            buf_str(out, str_slice(name, strlen("boto3-"), (size_t)end));
    }
    if (dir)
        closedir(dir);
    return found;
}

static bool nodejs_version(const char *folder, struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/@aws-sdk/client-s3/package.json", folder);
    if (io_read_file(&text, buf_cstr(&path), MOST_ABOUT, NULL))
        return false;
    CLEANUP_JSON json_t *about = json_parse(buf_view(&text), NULL);
    buf_str(out, json_str(about, "version"));
    return json_has(about, "version");
}

bool packages_version(const struct packages *of, const char *folder, struct buf *ret_version) {
    return of == &nodejs ? nodejs_version(folder, ret_version)
                         : python_version(folder, ret_version);
}
