/*
 * Is all there that was there? A volume that is not mounted, a restore of some files, a copy in the
 * wrong order: the next start meets a DATA without its database, or with an older one, and all
 * bodies since then would belong to nobody. Such a start is refused before anything is opened.
 *
 * Two files tell: `complete`, which the first start writes last, and `position`
 * (store/position_priv.h). Without both DATA is that of a first start that was cut off, or of an
 * older program; what a database leaves behind (bodies, credentials) tells then.
 */
#include "store/store_priv.h"

#include "base/buf.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int store_refuse(struct err *err, int code, const char *data, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    return err_set(err, code, "%s: %.300s; next: calotype repair --data %s", data, buf_cstr(&text),
                   data);
}

/* ---- What lies in DATA ---- */

static bool is_there(const char *data, const char *name) {
    CLEANUP_MEM char *path = store_path(data, name);
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Files that hold rows: tables and logs. Without CURRENT RocksDB would remove them. */
static bool has_row_files(const char *data) {
    CLEANUP_MEM char *path = store_path(data, "db");
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool found = false;
    while (dir && !found && (entry = readdir(dir)))
        found =
            str_ends(str_c(entry->d_name), S(".sst")) || str_ends(str_c(entry->d_name), S(".log"));
    if (dir)
        closedir(dir);
    return found;
}

/* A file of the database's that a first start does not make before all others. */
static const char *left_behind(const char *data, const struct store_options *options) {
    CLEANUP_MEM char *bodies = store_path(data, "blobs");
    for (size_t i = 0; options->made_later && options->made_later[i]; i++)
        if (is_there(data, options->made_later[i]))
            return options->made_later[i];
    return blob_any_file(bodies) ? "blobs" : NULL;
}

static int check_missing(const char *data, const struct store_options *options, bool *ret_new,
                         struct err *err) {
    const char *sign = is_there(data, "complete")   ? "complete"
                       : is_there(data, "position") ? "position"
                                                    : left_behind(data, options);
    if (has_row_files(data))
        return store_refuse(err, STORE_E_DAMAGED, data,
                            "db/CURRENT is missing, and db has files of rows: bring it back");
    if (sign)
        return store_refuse(err, STORE_E_DAMAGED, data,
                            "db holds no database, and %s is of one: mount its volume, or bring"
                            " back the whole folder",
                            sign);
    *ret_new = true;
    return 0;
}

/* Nobody can tell how new the database is. A power cut does not do that (position.c). */
static int check_unknown(const char *data, int why, struct err *err) {
    if (why == -ENOENT && !is_there(data, "complete"))
        return 0; /* it is made at the end of this start */
    return store_refuse(err, STORE_E_DAMAGED, data,
                        "position %s, so nobody can tell whether db is as new as it was",
                        why == -ENOENT ? "is missing" : "is damaged");
}

int store_whole_check(const char *data, const struct store_options *options, bool *ret_new,
                      struct err *err) {
    CLEANUP_MEM char *current = store_path(data, "db/CURRENT");
    *ret_new = false;
    if (faccessat(AT_FDCWD, current, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (errno != ENOENT && errno != ENOTDIR) /* it may well be there */
        return err_sys(err, -errno, "%s: db cannot be looked into", data);
    return check_missing(data, options, ret_new, err);
}

int store_whole_compare(const char *data, struct err *err) {
    struct position at;
    struct position_found found;
    struct err why;
    CLEANUP_MEM char *db = store_path(data, "db");
    int r = store_position_read(data, &at, &why);
    if (r == -ENOENT || r == STORE_E_DAMAGED)
        return check_unknown(data, r, err);
    if (r)
        return err_set(err, r, "%s", why.text);
    if ((r = store_db_look(data, &found, err)))
        return r;
    if (store_position_holds(&at, &found, db, &why))
        return 0;
    return store_refuse(err, STORE_E_DAMAGED, data, "%s", why.text);
}

/* ---- The mark ---- */

int store_mark_complete(struct store *store, struct err *err) {
    CLEANUP_MEM char *path = store_path(store->data, "complete");
    if (is_there(store->data, "complete"))
        return 0;
    return file_write_durable(path, S("The first start of this folder was completed.\n"), 0600,
                              err);
}
