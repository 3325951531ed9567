/*
 * Where the files are that came with this program: one list of places, below the prefix of an
 * installation or the root of a build. No absolute path is in the program, so that both can be moved.
 */
#include "cli/find.h"

#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* The folder of each below PREFIX, where this program is PREFIX/bin/calotype, and in a build. */
static const struct {
    const char *name, *installed, *built;
} places[] = {
    {"calotype-daemon", "lib/calotype", "src/daemon"},
    {"bootstrap", "lib/calotype", "src/fn"},
    {"calotype-image", "lib/calotype", "src/img"},
    {"template.yaml", "share/calotype", "stack"},
    {"package.json", "share/calotype/nodejs", "src/cli/nodejs"},
    {"package-lock.json", "share/calotype/nodejs", "src/cli/nodejs"},
};
/* Where this program stands in a build. */
#define BUILT "/src/cli"

/* The folder of this program, without a slash at its end. */
static int own_folder(struct buf *ret, struct err *err) {
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n <= 0 || n == sizeof path)
        return err_sys(err, n < 0 ? -errno : -ENAMETOOLONG, "read /proc/self/exe");
    buf_str(ret,
            str_slice(str_n(path, (size_t)n), 0, (size_t)str_rchr(str_n(path, (size_t)n), '/')));
    return 0;
}

/* Likewise of a folder that a user names. */
static int named_folder(struct buf *ret, const char *folder, struct err *err) {
    CLEANUP_MEM char *path = realpath(folder, NULL);
    if (!path)
        return err_sys(err, -errno, "cannot look into %s", folder);
    buf_c(ret, strcmp(path, "/") == 0 ? "" : path);
    return 0;
}

static bool is_there(struct buf *path) { return access(buf_cstr(path), F_OK) == 0; }

/* Where the file stands when calotype stands in folder: in a build, or else in an installation. */
static void place_of(struct buf *out, str folder, size_t place) {
    bool built = str_ends(folder, S(BUILT));
    size_t base = built ? folder.len - strlen(BUILT) : (size_t)(str_rchr(folder, '/') + 1);
    if (!built && base > 0)
        base--; /* the slash */
    buf_str(out, str_slice(folder, 0, base));
    buf_printf(out, "/%s/%s", built ? places[place].built : places[place].installed,
               places[place].name);
}

static size_t find_place(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (strcmp(places[i].name, name) == 0)
            return i;
    abort(); /* a name that this program does not have */
}

int cli_find(const char *name, const char *folder, char **ret_path, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf own = {0}, beside = {0}, path = {0};
    int r = folder ? named_folder(&own, folder, err) : own_folder(&own, err);
    if (r)
        return r;
    buf_printf(&beside, "%s/%s", buf_cstr(&own), name);
    place_of(&path, buf_view(&own), find_place(name));
    if (folder && is_there(&beside))
        *ret_path = buf_take(&beside);
    else if (is_there(&path))
        *ret_path = buf_take(&path);
    else if (folder)
        return err_set(err, -ENOENT, "%s was not found in %s", name, folder);
    else
        return err_set(err, -ENOENT, "%s is missing, a part of calotype: install all of it",
                       buf_cstr(&path));
    return 0;
}
