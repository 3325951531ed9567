/* DATA/lost: what nobody owns, until it is removed after 30 days. */
#include "store/lost_priv.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/io.h"
#include "base/log.h"
#include "store/store_priv.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEEP_DAYS = 30, DAY_MS = 86400 * 1000, OPEN_FOLDERS = 16 };

/* ---- Setting aside ---- */

static int make_place(struct store_lost *lost, struct err *err) {
    CLEANUP_MEM char *parent = store_path(lost->data, "lost");
    int r = file_make_dir(parent, err);
    for (int64_t at = clock_real_ms(); r == 0 && !lost->name; at += 1000) {
        CLEANUP_DEINIT(buf) struct buf name = {0};
        char date[CLOCK_ISO_MAX];
        buf_printf(&name, "lost/%s", clock_amz(date, at));
        CLEANUP_MEM char *path = store_path(lost->data, buf_cstr(&name));
        if (mkdir(path, 0700) == 0)
            lost->name = buf_take(&name);
        else if (errno != EEXIST) /* another one of this second */
            r = err_sys(err, -errno, "make folder %s", path);
    }
    return r;
}

static int move(struct store_lost *lost, const char *path, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf to = {0}, folder = {0};
    CLEANUP_MEM char *from = store_path(lost->data, path);
    buf_printf(&to, "%s/%s/%s", lost->data, lost->name, path);
    buf_str(&folder, str_n(to.p, (size_t)str_rchr(buf_view(&to), '/')));
    int r = io_mkdirs(buf_cstr(&folder), 0700, err);
    if (r == 0 && rename(from, buf_cstr(&to)) != 0)
        r = err_sys(err, -errno, "move %s to %s", from, buf_cstr(&to));
    return r;
}

int store_lost_take(struct store_lost *lost, const char *path, struct err *err) {
    int r = lost->name ? 0 : make_place(lost, err);
    r = r ? r : move(lost, path, err);
    if (r == -ENOTEMPTY ||
        r == -EEXIST) { /* a part of it was taken before: to a place of its own */
        free(STEAL(lost->name));
        r = make_place(lost, err);
        r = r ? r : move(lost, path, err);
    }
    lost->n += r == 0;
    return r;
}

void store_lost_deinit(struct store_lost *lost) { free(lost->name); }

/* ---- After 30 days ---- */

/*
 * DATA/lost/DATE/days: the days that were seen since, and the last of them. A new day is counted
 * and written down. 0: it cannot be.
 */
static uint64_t days_seen(const char *folder, int64_t now_ms) {
    CLEANUP_MEM char *path = store_path(folder, "days");
    CLEANUP_DEINIT(buf) struct buf text = {0}, fresh = {0};
    char today[CLOCK_ISO_MAX];
    uint64_t days = 0;
    str count, last = STR_NONE;
    clock_day(today, now_ms);
    if (io_read_file(&text, path, 64, NULL) == 0 && str_cut(buf_view(&text), ' ', &count, &last) &&
        !str_to_u64(count, &days))
        days = 0;
    if (str_starts(last, str_c(today)))
        return days;
    buf_printf(&fresh, "%llu %s\n", (unsigned long long)days + 1, today);
    return file_write_durable(path, buf_view(&fresh), 0600, NULL) == 0 ? days + 1 : 0;
}

static int remove_one(const char *path, const struct stat *, int, struct FTW *) {
    (void)remove(path); /* what stays is met at the next look */
    return 0;
}

static void look_at(const char *parent, const char *name, int64_t now_ms) {
    int64_t since;
    if (!clock_parse_amz(str_c(name), &since))
        return; /* not one of ours */
    CLEANUP_MEM char *path = store_path(parent, name);
    uint64_t days = days_seen(path, now_ms);
    if (days <= KEEP_DAYS || now_ms - since < (int64_t)KEEP_DAYS * DAY_MS)
        return;
    nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    log_info("store", "removed %s, which was set aside more than %d days ago", path, KEEP_DAYS);
}

void store_lost_expire(struct store *store) {
    CLEANUP_MEM char *parent = store_path(store->data, "lost");
    DIR *dir = opendir(parent);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        look_at(parent, entry->d_name, clock_real_ms());
    if (dir)
        closedir(dir);
}
