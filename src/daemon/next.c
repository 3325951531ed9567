/* daemon/next: one table: the kind of refusal, and the next command. */
#include "daemon/next.h"

#include "base/buf.h"
#include "store/store.h"

#include <errno.h>
#include <unistd.h>

/* %s: DATA. */
static const struct {
    int code;
    const char *next;
} nexts[] = {
    {-EACCES, "chown -R $(id -un) %s (it belongs to another user)"},
    {-EPERM, "chown -R $(id -un) %s (it belongs to another user)"},
    {-EROFS, "mount -o remount,rw on the file system of %s"},
    {-ENOSPC, "df -h %s, and make room"},
    {-EDQUOT, "quota, and make room in %s"},
    {-EIO, "dmesg (what does the disk say?), then copy %s to another disk"},
    {-EMFILE, "ulimit -n 4096"},
    {-ENOTDIR, "ls -ld %s, and name a folder with --data"},
    {-EEXIST, "ls -ld %s, and name a folder with --data"},
    {-EISDIR, "calotype repair --data %s"},
    {-ELOOP, "calotype repair --data %s"},
    {-ENOENT, "calotype repair --data %s"},
    {STORE_E_DAMAGED, "calotype repair --data %s"},
    {STORE_E_KEY,
     "bring the key back (keys/master in %s, or name the file: CALOTYPE_MASTER_KEY_FILE="
     "FILE calotype up); without it nothing can be read"},
    {STORE_E_FORMAT, "start %s with the calotype that wrote it, or with a newer one"},
};

static bool says_already(const char *text) {
    return strstr(text, "next: ") || strstr(text, "calotype ") || strstr(text, " --");
}

void daemon_add_next(int code, const char *data, struct err *err) {
    if (code == 0 || says_already(err->text))
        return;
    for (size_t i = 0; i < ARRAY_LEN(nexts); i++) {
        if (nexts[i].code != code)
            continue;
        CLEANUP_DEINIT(buf) struct buf text = {0};
        buf_printf(&text, "%.300s; next: ", err->text);
        const char *at = strstr(nexts[i].next, "%s");
        buf_str(&text,
                at ? str_n(nexts[i].next, (size_t)(at - nexts[i].next)) : str_c(nexts[i].next));
        if (at) {
            buf_c(&text, data);
            buf_c(&text, at + 2);
        }
        err_set(err, code, "%s", buf_cstr(&text));
        return;
    }
}
