/*
 * The master key and the data keys it wraps.
 *
 * The master key is a file of 64 hex digits and a newline. The row sys/master-check is a known text
 * sealed under it: with the row there, a missing key is lost and another key is wrong, and the
 * store refuses to open rather than write rows that the right key could not read.
 */
#include "base/file.h"
#include "store/key.h"
#include "store/seal_priv.h"
#include "store/store_priv.h"

#include "base/codec.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/rand.h"

#include <errno.h>
#include <openssl/crypto.h>

static const str check_text = S_INIT("calotype master key");

static void check_key(struct buf *key) {
    key_begin(key, "sys");
    key_raw(key, S("master-check"));
}

/* ---- The master key ---- */
static int parse_master(str text, const char *from, unsigned char out[SEAL_KEY_BYTES],
                        struct err *err) {
    if (str_ends(text, S("\n")))
        text = str_slice(text, 0, text.len - 1);
    if (codec_unhex(text, out, SEAL_KEY_BYTES))
        return 0;
    return err_set(err, STORE_E_KEY, "%s is not a master key (64 hex digits)", from);
}

static int make_master(const char *path, unsigned char out[SEAL_KEY_BYTES], struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    rand_bytes(out, SEAL_KEY_BYTES);
    codec_add_hex(&text, out, SEAL_KEY_BYTES);
    buf_char(&text, '\n');
    int r = file_write_durable(path, buf_view(&text), 0600, err);
    OPENSSL_cleanse(text.p, text.len);
    return r;
}

/* given: the caller named the file, so it is theirs to make. used: rows were sealed already. */
static int read_master(const char *path, bool given, bool used, unsigned char out[SEAL_KEY_BYTES],
                       struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err why;
    int r = io_read_file(&text, path, 256, &why);
    if (r == -ENOENT && !given && !used)
        return make_master(path, out, err);
    if (r && r != -ENOENT)
        return err_set(err, r, "%s", why.text);
    if (r == -ENOENT)
        return err_set(err, STORE_E_KEY, "the master key %s is %s", path,
                       used ? "lost: without it the data cannot be read" : "missing");
    if (r == 0)
        r = parse_master(buf_view(&text), path, out, err);
    if (text.p)
        OPENSSL_cleanse(text.p, text.len);
    return r;
}

static int find_master(struct store *store, const struct store_options *options, bool used,
                       unsigned char out[SEAL_KEY_BYTES], struct err *err) {
    if (options->master_key)
        return parse_master(str_c(options->master_key), "the given key", out, err);
    if (options->master_key_path)
        return read_master(options->master_key_path, true, used, out, err);
    CLEANUP_DEINIT(buf) struct buf dir = {0}, path = {0};
    buf_printf(&dir, "%s/keys", store->data);
    buf_printf(&path, "%s/master", dir.p);
    int r = file_make_dir(dir.p, err);
    return r ? r : read_master(path.p, false, used, out, err);
}

static int write_check(struct store *store, str row_key, struct err *err) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf value = {0};
    seal_value(store->ring.master, check_text, row_key, &value);
    /* Blind: the store is being opened, and has no other writer. */
    store_put_blind(batch, STORE_META, row_key, buf_view(&value));
    store_batch_frees(batch); /* a full disk must not keep the store from opening */
    return store_commit(store, batch, err);
}

int seal_ring_open(struct store *store, const struct store_options *options, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0}, plain = {0};
    unsigned char master[SEAL_KEY_BYTES];
    check_key(&key);
    int found = store_get(store, NULL, STORE_META, buf_view(&key), &value);
    if (found < 0)
        return err_set(err, found, "read the check of the master key");
    int r = find_master(store, options, found == STORE_OK, master, err);
    if (r)
        return r;
    pthread_rwlock_init(&store->ring.lock, NULL);
    store->ring.master = seal_key_new(master);
    OPENSSL_cleanse(master, sizeof master);
    if (found == STORE_E_ABSENT)
        return write_check(store, buf_view(&key), err);
    if (unseal_value(store->ring.master, buf_view(&value), buf_view(&key), &plain) ||
        !str_eq(buf_view(&plain), check_text))
        return err_set(err, STORE_E_KEY, "the master key is not the one that sealed this data");
    return 0;
}

void seal_ring_close(struct store *store) {
    struct seal_ring *ring = &store->ring;
    if (!ring->master)
        return;
    size_t at = 0;
    str id;
    void *key;
    while (map_next(&ring->keys, &at, &id, &key))
        seal_key_free(key);
    map_deinit(&ring->keys);
    pthread_rwlock_destroy(&ring->lock);
    ring->master = seal_key_free(ring->master);
}

/* ---- Data keys ---- */
static void data_key_row(struct buf *key, str id) {
    key_begin(key, "dek");
    key_raw(key, id);
}

int seal_key_create(struct store *store, struct store_batch *batch, char ret_id[SEAL_KEY_ID_LEN],
                    struct err *err) {
    (void)err;
    CLEANUP_DEINIT(buf) struct buf row = {0}, value = {0};
    unsigned char bytes[SEAL_KEY_BYTES];
    rand_bytes(ret_id, SEAL_KEY_ID_LEN);
    rand_bytes(bytes, sizeof bytes);
    data_key_row(&row, str_n(ret_id, SEAL_KEY_ID_LEN));
    seal_value(store->ring.master, str_n(bytes, sizeof bytes), buf_view(&row), &value);
    OPENSSL_cleanse(bytes, sizeof bytes);
    /* Blind, as its end: the id is random and belongs to one owner, whose row is the condition. */
    store_put_blind(batch, STORE_META, buf_view(&row), buf_view(&value));
    return 0;
}

void seal_key_drop(struct store_batch *batch, str id) {
    CLEANUP_DEINIT(buf) struct buf row = {0};
    data_key_row(&row, id);
    store_del_blind(batch, STORE_META, buf_view(&row));
}

static int unwrap(struct store *store, str id, struct seal_key **ret_key, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf row = {0}, value = {0}, bytes = {0};
    data_key_row(&row, id);
    int r = store_get(store, NULL, STORE_META, buf_view(&row), &value);
    if (r)
        return err_set(err, r, r == STORE_E_ABSENT ? "no such data key" : "read a data key");
    r = unseal_value(store->ring.master, buf_view(&value), buf_view(&row), &bytes);
    if (r || bytes.len != SEAL_KEY_BYTES)
        return err_set(err, STORE_E_KEY, "a data key does not open with the master key");
    *ret_key = seal_key_new((const unsigned char *)bytes.p);
    OPENSSL_cleanse(bytes.p, bytes.len);
    return 0;
}

int seal_key_get(struct store *store, str id, const struct seal_key **ret_key, struct err *err) {
    struct seal_ring *ring = &store->ring;
    pthread_rwlock_rdlock(&ring->lock);
    struct seal_key *key = map_get(&ring->keys, id);
    pthread_rwlock_unlock(&ring->lock);
    if (!key) {
        CLEANUP(seal_key) struct seal_key *fresh = NULL;
        int r = unwrap(store, id, &fresh, err);
        if (r)
            return r;
        pthread_rwlock_wrlock(&ring->lock);
        key = map_get(&ring->keys, id); /* another thread may have been first */
        if (!key)
            map_put(&ring->keys, id, key = STEAL(fresh));
        pthread_rwlock_unlock(&ring->lock);
    }
    *ret_key = key;
    return 0;
}
