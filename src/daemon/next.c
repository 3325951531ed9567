/* daemon/next: one table: the kind of refusal, and the next command. */
#include "daemon/next.h"

#include "base/buf.h"
#include "store/store.h"

#include <errno.h>
#include <sys/stat.h>

#define NAME_A_FOLDER "ls -ld %s, and name a folder with --data"
#define REPAIR        "calotype repair --data %s"
#define OWN_IT        "chown -R $(id -un) %s (it belongs to another user)"

/* %s: DATA. */
static const struct {
    int code;
    const char *next;
} nexts[] = {
    {-EACCES, OWN_IT},
    {-EPERM, OWN_IT},
    {-EROFS, "mount -o remount,rw on the file system of %s"},
    {-ENOSPC, "df -h %s, and make room"},
    {-EDQUOT, "quota, and make room in %s"},
    {-EIO, "dmesg (what does the disk say?), then copy %s to another disk"},
    {-EMFILE, "ulimit -n 4096"},
    {-ENOTDIR, NAME_A_FOLDER},
    {-EEXIST, NAME_A_FOLDER},
    {-EISDIR, REPAIR},
    {-ELOOP, REPAIR},
    {-ENOENT, REPAIR},
    {STORE_E_DAMAGED, REPAIR},
    {STORE_E_KEY,
     "bring the key back (keys/master in %s, or name the file: CALOTYPE_MASTER_KEY_FILE="
     "FILE calotype up); without it nothing can be read"},
    {STORE_E_FORMAT, "start %s with the calotype that wrote it, or with a newer one"},
};

static bool says_already(const char *text) {
    return strstr(text, "next: ") || strstr(text, "calotype ") || strstr(text, " --");
}

static const char *find(int code, const char *data) {
    struct stat st;
    for (size_t i = 0; i < ARRAY_LEN(nexts); i++) {
        if (nexts[i].code != code)
            continue;
        bool is_folder = stat(data, &st) == 0 && S_ISDIR(st.st_mode);
        return strcmp(nexts[i].next, REPAIR) == 0 && !is_folder ? NAME_A_FOLDER : nexts[i].next;
    }
    return NULL;
}

void daemon_add_next(int code, const char *data, struct err *err) {
    const char *next = says_already(err->text) ? NULL : find(code, data);
    if (!next)
        return;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    const char *at = strstr(next, "%s");
    buf_printf(&text, "%.300s; next: ", err->text);
    buf_str(&text, at ? str_n(next, (size_t)(at - next)) : str_c(next));
    if (at) {
        buf_c(&text, data);
        buf_c(&text, at + 2);
    }
    err_set(err, code, "%s", buf_cstr(&text));
}
