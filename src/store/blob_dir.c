/*
 * The folders of DATA/blobs: 256 by the first byte of the id, and tmp/ for file systems without
 * O_TMPFILE. Making, naming and removing files, and the sweep of orphans at start.
 */
#include "store/blob_priv.h"
#include "store/fault.h"
#include "base/file.h"
#include "store/key.h"
#include "store/lost_priv.h"
#include "store/store_priv.h"

#include "base/codec.h"
#include "base/log.h"
#include "base/rand.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char tmp_dir[] = "tmp";
enum { TMP_NAME = 4 + 2 * BLOB_ID + 1, FOLDER = 3 };

static void folder_of(char out[FOLDER], str id) {
    codec_hex(out, id.p, 1);
    out[2] = '\0';
}

static void tmp_name(char out[TMP_NAME], str id) {
    memcpy(out, "tmp/", 4);
    codec_hex(out + 4, id.p, BLOB_ID);
    out[TMP_NAME - 1] = '\0';
}

/*
 * linkat of a nameless file: by descriptor where we may (CAP_DAC_READ_SEARCH), else through /proc.
 */
static int link_nameless(int fd, int dir_fd, const char *name) {
    if (linkat(fd, "", dir_fd, name, AT_EMPTY_PATH) == 0)
        return 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

static bool has_tmpfile(const struct store *store) {
    char id[BLOB_ID], name[TMP_NAME];
    CLEANUP_FD int fd = openat(store->blob_fd, tmp_dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    rand_bytes(id, sizeof id);
    tmp_name(name, str_n(id, sizeof id));
    if (fd < 0 || link_nameless(fd, store->blob_fd, name) < 0)
        return false;
    unlinkat(store->blob_fd, name, 0);
    return true;
}

/* Folders are made when first needed: 256 of them at the first start would cost 50 ms. */
static int make_folder(const struct store *store, const char *name, struct err *err) {
    if (mkdirat(store->blob_fd, name, 0700) == 0)
        return file_sync_dir(store->blob_path, err);
    return errno == EEXIST ? 0 : err_sys(err, -errno, "make folder %s/%s", store->blob_path, name);
}

int blob_dir_open(struct store *store, struct err *err) {
    int r = file_make_dir(store->blob_path, err);
    if (r)
        return r;
    store->blob_fd = open(store->blob_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->blob_fd < 0)
        return err_sys(err, -errno, "open %s", store->blob_path);
    r = make_folder(store, tmp_dir, err);
    if (r == 0)
        store->blob_tmpfile = has_tmpfile(store);
    return r;
}

static int open_new(const struct store *store, const char *folder, const char *tmp) {
    return store->blob_tmpfile
               ? openat(store->blob_fd, folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)
               : openat(store->blob_fd, tmp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
}

int blob_file_new(struct store *store, str id, int *ret_fd, struct err *err) {
    char folder[FOLDER], tmp[TMP_NAME];
    folder_of(folder, id);
    tmp_name(tmp, id);
    if (faccessat(store->blob_fd, folder, F_OK, 0) < 0) {
        int r = make_folder(store, folder, err);
        if (r)
            return r;
    }
    *ret_fd = open_new(store, folder, tmp);
    if (*ret_fd >= 0)
        return 0;
    if (errno == ENOSPC || errno == EDQUOT)
        return err_set(err, STORE_E_FULL, "no space for a new file under %s", store->blob_path);
    return err_sys(err, -errno, "make a body file in %s/%s", store->blob_path, folder);
}

int blob_file_nameless(struct store *store, int *ret_fd, struct err *err) {
    char id[BLOB_ID], tmp[TMP_NAME];
    if (store->blob_tmpfile) {
        *ret_fd = openat(store->blob_fd, tmp_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    } else { /* a name that a crash leaves in between is swept at the next start */
        rand_bytes(id, sizeof id);
        tmp_name(tmp, str_n(id, sizeof id));
        *ret_fd = openat(store->blob_fd, tmp, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        if (*ret_fd >= 0)
            unlinkat(store->blob_fd, tmp, 0);
    }
    if (*ret_fd >= 0)
        return 0;
    if (errno == ENOSPC || errno == EDQUOT)
        return err_set(err, STORE_E_FULL, "no space for a new file under %s", store->blob_path);
    return err_sys(err, -errno, "make a nameless file in %s/%s", store->blob_path, tmp_dir);
}

int blob_file_sync_name(struct store *store, str id, struct err *err) {
    if (store_fault_on(STORE_FAULT_SKIP_DIR_SYNC))
        return 0;
    char folder[FOLDER];
    folder_of(folder, id);
    CLEANUP_FD int fd = openat(store->blob_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return err_sys(err, -errno, "sync folder %s/%s", store->blob_path, folder);
    return 0;
}

int blob_file_link(struct store *store, str id, int fd, struct err *err) {
    char name[BLOB_NAME], tmp[TMP_NAME];
    blob_name(name, id);
    tmp_name(tmp, id);
    int r = 0;
    if (store->blob_tmpfile)
        r = link_nameless(fd, store->blob_fd, name);
    else if (renameat(store->blob_fd, tmp, store->blob_fd, name) < 0)
        r = -errno;
    if (r == -ENOSPC || r == -EDQUOT)
        return err_set(err, STORE_E_FULL, "no space for a name under %s", store->blob_path);
    return r ? err_sys(err, r, "name %s/%s", store->blob_path, name) : 0;
}

void blob_file_drop(struct store *store, str id) {
    char name[TMP_NAME];
    tmp_name(name, id);
    if (!store->blob_tmpfile)
        unlinkat(store->blob_fd, name, 0);
}

void blob_unlink_dropped(struct store *store, str ids) {
    for (; ids.len >= BLOB_ID; ids = str_skip(ids, BLOB_ID)) {
        char name[BLOB_NAME];
        blob_name(name, ids);
        unlinkat(store->blob_fd, name, 0); /* what stays behind is an orphan for the sweep */
    }
}

void blob_discard(struct store *store, str ref) {
    struct blob_ref parsed;
    if (blob_ref_parse(ref, &parsed) && parsed.is_file)
        blob_unlink_dropped(store, parsed.id);
}

/* ---- The sweep ---- */
/* Ids with a keep row whose first byte is `first`, ascending, one behind the other. */
static int kept_in(struct store *store, uint8_t first, struct buf *ids) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    char byte = (char)first;
    blob_keep_key(&from, str_n(&byte, 1));
    size_t head = from.len - 1;
    buf_str(&to, buf_view(&from));
    key_after(&to);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(store, NULL, STORE_META, buf_view(&from), buf_view(&to), false);
    store_iter_keys_only(it);
    while (store_iter_next(it))
        if (it->key.len == head + BLOB_ID)
            buf_str(ids, str_skip(it->key, head));
    return store_iter_fault(it);
}

static bool is_kept(const struct buf *ids, const char id[BLOB_ID]) {
    size_t from = 0, to = ids->len / BLOB_ID;
    while (from < to) {
        size_t mid = (from + to) / 2;
        int c = memcmp(ids->p + mid * BLOB_ID, id, BLOB_ID);
        if (c == 0)
            return true;
        if (c < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return false;
}

/* A full disk, or a volume of its own, keeps no cloud from starting: the file stays. */
static void set_aside(struct store_lost *lost, const char *folder, const char *name) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    struct err err;
    buf_printf(&path, "blobs/%s/%s", folder, name);
    if (store_lost_take(lost, buf_cstr(&path), &err))
        log_warn("store", "a body that no row owns stays: %s", err.text);
}

/*
 * Every file of the folder whose name is not the id of a kept one: set aside, or, where lost is
 * NULL, removed.
 */
static int sweep_folder(struct store *store, const char *folder, const struct buf *kept,
                        struct store_lost *lost, struct err *err) {
    int fd = openat(store->blob_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0; /* not made yet */
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int r = err_sys(err, -errno, "read folder %s/%s", store->blob_path, folder);
        fd_closep(&fd);
        return r;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        char id[BLOB_ID];
        if (entry->d_name[0] == '.' ||
            (codec_unhex(str_c(entry->d_name), id, BLOB_ID) && is_kept(kept, id)))
            continue;
        if (lost)
            set_aside(lost, folder, entry->d_name);
        else
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    return 0;
}

int blob_sweep(struct store *store, struct store_lost *lost, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf kept = {0};
    int r = sweep_folder(store, tmp_dir, &kept, NULL, err); /* never answered, by its name alone */
    for (int i = 0; i < 256 && r == 0; i++) {
        char byte = (char)i, folder[FOLDER];
        folder_of(folder, str_n(&byte, 1));
        buf_clear(&kept);
        r = kept_in(store, (uint8_t)i, &kept);
        if (r == 0)
            r = sweep_folder(store, folder, &kept, lost, err);
        else
            err_sys(err, r, "read the rows of kept bodies");
    }
    return r;
}

bool blob_any_file(const char *blob_path) {
    bool found = false;
    for (int i = 0; i < 256 && !found; i++) {
        char byte = (char)i, folder[FOLDER];
        folder_of(folder, str_n(&byte, 1));
        CLEANUP_MEM char *path = store_path(blob_path, folder);
        DIR *dir = opendir(path);
        const struct dirent *entry;
        while (dir && !found && (entry = readdir(dir)))
            found = entry->d_name[0] != '.';
        if (dir)
            closedir(dir);
    }
    return found;
}
