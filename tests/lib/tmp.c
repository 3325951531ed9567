/* Folders and stores for the length of a test. */
#include "lib/tmp.h"

#include "store/store_priv.h"

#include "store/fault.h"
#include "store/key.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

void tmp_dir(char path[128]) {
    const char *base = getenv("TMPDIR");
    snprintf(path, 128, "%s/calotype-test-XXXXXX", base ? base : "/tmp");
    CHECK_CASE(mkdtemp(path), path);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

void tmp_remove(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

char tmp_own[128];

int tmp_setup(void **state) {
    (void)state;
    tmp_dir(tmp_own);
    return 0;
}

int tmp_teardown(void **state) {
    (void)state;
    tmp_remove(tmp_own);
    return 0;
}

void tmp_flip(const char *path, off_t at) {
    CLEANUP_FD int fd = open(path, O_RDWR | O_CLOEXEC);
    char c;
    CHECK_INT(pread(fd, &c, 1, at), 1);
    c = (char)(c ^ 0x55);
    CHECK_INT(pwrite(fd, &c, 1, at), 1);
}

struct store *tmp_open(const char *path) {
    struct store *store = NULL;
    struct err err = {{0}};
    if (store_open(&store, &(struct store_options){.data = path, .reserve_bytes = 1}, &err))
        fail_msg("%s: %s", path, err.text);
    return store;
}

struct store *tmp_store;

int tmp_store_setup(void **state) {
    int r = tmp_setup(state);
    tmp_store = tmp_open(tmp_own);
    return r;
}

int tmp_store_teardown(void **state) {
    store_fault_set(NULL, NULL);
    tmp_store = store_free(tmp_store);
    return tmp_teardown(state);
}

int put_row(struct store *store, enum store_cf cf, str key, str value) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    store_put_blind(batch, cf, key, value);
    return store_commit(store, batch, NULL);
}

void raw_row(struct store *store, enum store_cf cf, str key, struct buf *disk) {
    rocksdb_pinnableslice_t *pin;
    str bytes;
    buf_clear(disk);
    CHECK_INT(store_db_pin(&store->db, store->db.newest, cf, key, &pin, &bytes, NULL), 0);
    buf_str(disk, bytes);
    rocksdb_pinnableslice_destroy(pin);
}

void put_raw_row(struct store *store, enum store_cf cf, str key, str disk) {
    char *text = NULL;
    rocksdb_put_cf(store->db.db, store->db.synced, store->db.cf[cf], key.p, key.len, disk.p,
                   disk.len, &text);
    CHECK(!text);
}

void damage_row(struct store *store, enum store_cf cf, str key) {
    CLEANUP_DEINIT(buf) struct buf disk = {0};
    raw_row(store, cf, key, &disk);
    CHECK(disk.len > 0);
    disk.p[disk.len - 1] ^= 1;
    put_raw_row(store, cf, key, buf_view(&disk));
}

size_t count_rows(struct store *store, enum store_cf cf, const char *kind) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    size_t n = 0;
    key_begin(&from, kind);
    buf_str(&to, buf_view(&from));
    key_after(&to);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_new(store, NULL, cf, buf_view(&from), buf_view(&to), false);
    while (store_iter_next(it))
        n++;
    return n;
}

/* The rows that keep files stand for their owners. */
static int each_kept(struct store *, str, str value, store_see_fn *see, void *ctx, struct err *) {
    return see(ctx, value, 0);
}
static void name_kept(struct store *, str, str, json_t *, struct buf *words) {
    buf_c(words, "somebody");
}

int tmp_scrub(struct store *store, struct store_scrub *ret) {
    static const struct store_owner kept[] = {{STORE_META, "blob", each_kept, name_kept, NULL},
                                              {0}};
    static const struct store_owner *const owners[] = {kept, NULL};
    struct err err;
    return store_scrub_run(store, &(struct store_scrub_options){.owners = owners}, ret, &err);
}

void tmp_make_raw(struct store *store) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    for (int cf = 0; cf < STORE_N_CF; cf++) {
        CLEANUP(store_iter)
        struct store_iter *it =
            store_iter_new(store, NULL, (enum store_cf)cf, S(""), STR_NONE, false);
        store_iter_damaged_too(it);
        while (store_iter_next(it))
            store_put_blind(batch, (enum store_cf)cf, it->key, it->value);
    }
    CLEANUP_DEINIT(buf) struct buf key = {0};
    key_begin(&key, "sys");
    key_raw(&key, S("sealing")); /* a new database says that nothing in it is raw */
    store_del_blind(batch, STORE_META, buf_view(&key));
    store->format.kept = FORMAT_RAW;
    CHECK_INT(store_commit(store, batch, NULL), 0);
}
