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
    if (fd < 0 && errno == EISDIR)
        return err_set(err, -EISDIR, "%s is a folder where a file should be; next: rmdir %s", path,
                       path);
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

/* What one step of opening needs from those before. */
struct opening {
    struct store *store;
    const struct store_options *options;
    bool is_new;     /* the database is made in this start */
    uint64_t format; /* that the rows had */
};

static int check_whole(struct opening *o, struct err *err) {
    return store_whole_check(o->store->data, o->options, &o->is_new, err);
}
static int read_format(struct opening *o, struct err *err) {
    return format_read(o->store, o->options, &o->format, err);
}
static int compare_position(struct opening *o, struct err *err) {
    return o->is_new ? 0 : store_whole_compare(o->store->data, err);
}
static int make_db_folder(struct opening *o, struct err *err) {
    CLEANUP_MEM char *db = store_path(o->store->data, "db");
    return file_make_dir(db, err);
}
static int open_db(struct opening *o, struct err *err) {
    int r = store_db_open(&o->store->db, o->store->data, o->is_new, err);
    return r ? r : format_settle(o->store, &o->format, err);
}
static int open_bodies(struct opening *o, struct err *err) {
    uint64_t reserve = o->options->reserve_bytes ? o->options->reserve_bytes : default_reserve;
    store_space_init(&o->store->space, o->store->data, reserve);
    return blob_dir_open(o->store, err);
}
static int start_committer(struct opening *o, struct err *err) {
    int r = store_committer_start(o->store, err);
    return r ? r : store_ids_open(o->store, err);
}
static int open_keys(struct opening *o, struct err *err) {
    return seal_ring_open(o->store, o->options,
                          o->store->format.began || o->store->format.kept == FORMAT_SEALED, err);
}
static int raise_format(struct opening *o, struct err *err) {
    int r = format_raise(o->store, o->options, o->format, err);
    if (r == 0)
        store_rotate_finish(o->store);
    return r;
}
/* Last: with it there, the database is one that must not be lost. */
static int record_position(struct opening *o, struct err *err) {
    char identity[POSITION_IDENTITY];
    int r = store_db_identify(&o->store->db, identity, err);
    return r ? r : store_keeper_start(o->store, identity, err);
}
/* Never with a database that is new: bodies that lie there are not its own. */
static int sweep_bodies(struct opening *o, struct err *err) {
    struct store_lost lost = {.data = o->store->data};
    int r = o->is_new ? 0 : blob_sweep(o->store, &lost, err);
    if (lost.n)
        log_info("store", "set aside %zu body files that no row owns, in %s/%s", lost.n,
                 o->store->data, lost.name);
    store_lost_deinit(&lost);
    store_lost_expire(o->store);
    return r;
}

static int (*const steps[])(struct opening *opening, struct err *err) = {
    check_whole,     read_format, compare_position, make_db_folder,  open_db,      open_bodies,
    start_committer, open_keys,   raise_format,     record_position, sweep_bodies,
};

static int open_parts(struct store *store, const struct store_options *options, struct err *err) {
    struct opening opening = {.store = store, .options = options};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int r = steps[i](&opening, err);
        if (r)
            return r;
        store_fault_step();
    }
    return 0;
}

int store_open(struct store **ret_store, const struct store_options *options, struct err *err) {
    int r = store_fault_from_environment(err);
    if (r)
        return r;
    CLEANUP(store) struct store *store = mem_new(struct store);
    store->lock_fd = store->blob_fd = -1;
    store->data = mem_strdup(options->data);
    store->blob_path = store_path(options->data, "blobs");
    store_turns_init(store->turns);
    store_changes_init(&store->changes);
    store_views_init(&store->views);
    store_cache_init(&store->cache);
    store_keeper_init(&store->keeper, options->data);
    r = make_folders(store, options, err);
    if (r == 0)
        r = open_parts(store, options, err);
    if (r)
        return r;
    store->cache.on = true;
    *ret_store = STEAL(store);
    return 0;
}

struct store *store_free(struct store *store) {
    if (!store)
        return NULL;
    store_committer_stop(store);
    store_keeper_stop(store);
    seal_ring_close(store);
    store_cache_deinit(&store->cache);
    store_views_deinit(&store->views);
    store_changes_deinit(&store->changes);
    store_db_close(&store->db);
    store_keeper_deinit(&store->keeper);
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
