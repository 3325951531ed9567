/*
 * Changing the master key. It wraps the data keys and nothing else, so a new one costs a row for
 * each data key, whatever lies under them.
 *
 *   1. the new key is durable, as NAME.new beside the old one
 *   2. every wrapped key and the check, in one write: from here on the new key is the one
 *   3. NAME.new takes the name of the old one
 *   4. the old wrapped keys leave the tables of META and the log
 *
 * A kill between any two of them: master.c, and for the last store_rotate_finish, which finds the
 * row sys/rewrite that was written with the keys. A key that is given (in the environment, or its file
 * is somebody else's) has no 1 and 3: whoever gave it has both at hand.
 */
#include "store/fault.h"
#include "store/key.h"
#include "store/seal_priv.h"
#include "store/store_priv.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>

static void step_done(enum store_fault kills) {
    if (store_fault_once(kills))
        raise(SIGKILL);
}

static void rewrite_key(struct buf *key) {
    key_begin(key, "sys");
    key_raw(key, S("rewrite"));
}

/* Step 4. Wrapped keys are rows of META, the first family. */
static int drop_old_keys(struct store *store, struct err *err) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    static_assert(STORE_META == 0, "store_db_rewrite takes the first families");
    int r = store_db_rewrite(&store->db, STORE_META + 1, err);
    if (r)
        return r;
    rewrite_key(&key);
    /* Blind: nobody else has the store open. */
    store_del_blind(batch, STORE_META, buf_view(&key));
    store_batch_frees(batch);
    return store_commit(store, batch, err);
}

void store_rotate_finish(struct store *store) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct err err = {0};
    rewrite_key(&key);
    if (store_has(store, NULL, STORE_META, buf_view(&key)) || drop_old_keys(store, &err) == 0)
        return;
    log_warn("store",
             "a rotation of the master key was cut off, and what the old key wrapped is still in "
             "the tables of db: %s. The next start tries again",
             err.text);
}

static int wrap_row(struct store *store, struct store_batch *batch, const struct seal_key *to,
                    str key, str value, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0}, wrapped = {0};
    if (unseal_value(store->ring.master, value, key, &bytes))
        return err_set(err, STORE_E_KEY,
                       "a data key does not open with the master key: nothing was changed. "
                       "`calotype scrub` tells what is damaged");
    seal_value(to, buf_view(&bytes), key, &wrapped);
    OPENSSL_cleanse(bytes.p, bytes.len);
    /* Blind: nobody else has the store open. */
    store_put_blind(batch, STORE_META, key, buf_view(&wrapped));
    return 0;
}

static int wrap_all(struct store *store, const struct seal_key *to, uint64_t *ret_keys,
                    struct err *err) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "dek");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&from));
    int r = 0;
    for (*ret_keys = 0; r == 0 && store_iter_next(it); ++*ret_keys)
        r = wrap_row(store, batch, to, it->key, it->value, err);
    int fault = store_iter_fault(it);
    if (r || fault)
        return r ? r : err_set(err, fault, "read the data keys");
    seal_check_put(batch, to);
    CLEANUP_DEINIT(buf) struct buf rewrite = {0};
    rewrite_key(&rewrite);
    store_put_blind(batch, STORE_META, buf_view(&rewrite), S("1"));
    store_batch_frees(batch);
    return store_commit(store, batch, err);
}

/* The key that is given, or one that is made at `fresh`. */
static int new_key(const char *given, const char *fresh, struct seal_key **ret_key,
                   struct err *err) {
    int r = given ? seal_master_parse(given, "the new key", ret_key, err)
                  : seal_master_make(fresh, ret_key, err);
    if (r == 0)
        step_done(STORE_FAULT_KILL_ROTATION_MADE);
    return r;
}

int store_rotate_master(struct store *store, const struct store_options *options,
                        const char *new_master, uint64_t *ret_keys, struct err *err) {
    CLEANUP(seal_key) struct seal_key *to = NULL;
    CLEANUP_MEM char *path = seal_master_path(store->data, options),
                     *fresh = seal_master_fresh(path);
    if (options->master_key && !new_master)
        return err_set(err, -EINVAL,
                       "the master key is given in the environment, so the new one must be too");
    int r = new_key(new_master, fresh, &to, err);
    if (r || (r = wrap_all(store, to, ret_keys, err)))
        return r; /* a start sets `fresh` aside, or takes it where the write was made all the same */
    step_done(STORE_FAULT_KILL_ROTATION_WRAPPED);
    seal_key_free(store->ring.master);
    store->ring.master = STEAL(to);
    if (!new_master && (r = seal_master_rename(fresh, path, err)))
        return r;
    step_done(STORE_FAULT_KILL_ROTATION_NAMED);
    struct err why = {0};
    if ((r = drop_old_keys(store, &why)))
        return err_set(err, r,
                       "the new master key is in force, but what the old one wrapped is still in "
                       "the tables of db (the next start tries again): %s",
                       why.text);
    return 0;
}
