/*
 * Opening and closing: the folder's layout and its lock (docs/formats/store.md).
 */
#include "store/fault.h"
#include "base/file.h"
#include "store/store_priv.h"

#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static const uint64_t default_reserve = 256u << 20;

char *store_path(const char *dir, const char *name) {
    struct buf path = {0};
    buf_printf(&path, "%s/%s", dir, name);
    return buf_take(&path);
}

/*
 * flock, never a pid file: it goes with the process, however that ends. (A child forked after this
 * shares the lock; the descriptor is closed on exec. Children that live on are forked before.)
 */
int store_lock(const char *data, int *ret_fd, struct err *err) {
    CLEANUP_MEM char *path = store_path(data, "lock");
    CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(err, -errno, "open %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK
                   ? err_set(err, STORE_E_BUSY,
                             "%s is in use by another process; end it: calotype down --data %s",
                             data, data)
                   : err_sys(err, -errno, "lock %s", path);
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* ---- Open ---- */
static int take_over_lock(struct store *store, int *lock_fd) {
    store->lock_fd = *lock_fd;
    *lock_fd = -1;
    return 0;
}

static int make_folders(struct store *store, const struct store_options *options, struct err *err) {
    int r = io_mkdirs(store->data, 0700, err);
    if (r == 0)
        r = file_sync_parent(store->data, err);
    if (r == 0)
        r = options->lock_fd ? take_over_lock(store, options->lock_fd)
                             : store_lock(store->data, &store->lock_fd, err);
    return r;
}

static int open_parts(struct store *store, const struct store_options *options, struct err *err) {
    uint64_t format = 0;
    int r = format_read(store, options, &format, err);
    if (r)
        return r;
    CLEANUP_MEM char *db = store_path(store->data, "db");
    if ((r = file_make_dir(db, err)) || (r = store_db_open(&store->db, db, err)) ||
        (r = blob_dir_open(store, err)))
        return r;
    store->format.kept = format < FORMAT_FIRST_SEALED ? FORMAT_RAW : FORMAT_SEALED;
    store_space_init(&store->space, store->data,
                     options->reserve_bytes ? options->reserve_bytes : default_reserve);
    if ((r = store_committer_start(store, err)) || (r = store_ids_open(store, err)) ||
        (r = seal_ring_open(store, options, store->format.kept == FORMAT_SEALED, err)) ||
        (r = format_raise(store, options, format, err)))
        return r;
    uint64_t swept = 0;
    r = blob_sweep(store, &swept, err);
    if (r == 0 && swept)
        log_info("store", "removed %llu body files that no row owns", (unsigned long long)swept);
    return r;
}

static int faults_from_environment(struct err *err) {
#ifdef CALOTYPE_TEST_FAULTS
    const char *names = getenv("CALOTYPE_TEST_FAULT");
    if (names)
        return store_fault_set(names, err);
#endif
    (void)err;
    return 0;
}

int store_open(struct store **ret_store, const struct store_options *options, struct err *err) {
    int r = faults_from_environment(err);
    if (r)
        return r;
    CLEANUP(store) struct store *store = mem_new(struct store);
    store->lock_fd = store->blob_fd = -1;
    store->data = mem_strdup(options->data);
    store->blob_path = store_path(options->data, "blobs");
    store_turns_init(store->turns);
    r = make_folders(store, options, err);
    if (r == 0)
        r = open_parts(store, options, err);
    if (r == 0)
        *ret_store = STEAL(store);
    return r;
}

struct store *store_free(struct store *store) {
    if (!store)
        return NULL;
    store_committer_stop(store);
    seal_ring_close(store);
    store_db_close(&store->db);
    buf_deinit(&store->format.key);
    store_turns_deinit(store->turns);
    fd_closep(&store->blob_fd);
    fd_closep(&store->lock_fd);
    free(store->blob_path);
    free(store->data);
    free(store);
    return NULL;
}

const char *store_data_dir(const struct store *store) { return store->data; }
