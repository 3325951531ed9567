/* Where the other programs are: one list of places, relative to this program's folder. */
#include "cli/find.h"

#include "base/buf.h"

#include <errno.h>
#include <unistd.h>

char *cli_own_folder(struct err *err) {
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) {
        err_sys(err, -errno, "read /proc/self/exe");
        return NULL;
    }
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    *slash = '\0';
    return mem_strdup(path);
}

int cli_find_program(const char *name, const char *folder, char **ret_path, struct err *err) {
    static const char *const places[] = {"", "/../lib/calotype", "/../daemon", "/../fn", "/../img"};
    CLEANUP_MEM char *own = folder ? mem_strdup(folder) : cli_own_folder(err);
    if (!own)
        return -ENOENT;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        CLEANUP_DEINIT(buf) struct buf path = {0};
        buf_printf(&path, "%s%s/%s", own, places[i], name);
        if (access(buf_cstr(&path), F_OK) == 0) {
            *ret_path = buf_take(&path);
            return 0;
        }
    }
    return err_set(err, -ENOENT, "%s was not found in %s", name, own);
}
