/*
 * svc/s3: what an earlier life left half-done, put right when the service opens: buckets that were
 * being deleted are open again (their deletion was never answered), parts of uploads that were
 * completed or aborted are gone.
 */
#include "base/map.h"
#include "store/blob.h"
#include "svc/s3/parts.h"
#include "svc/s3/s3_priv.h"

enum { BATCH_ROWS = 256 };

/* ---- Parts ---- */
static void drop_part(const struct rows *rows, const struct store_iter *it) {
    CLEANUP_DEINIT(row) struct row row = {0};
    struct s3_part_row part;
    row_seen(rows, &row, it);
    row_del(rows, &row);
    store_batch_frees(rows->batch);
    if (s3_part_row_read(it->value, &part) && part.ref.len > 0)
        blob_drop(rows->batch, part.ref);
}

static int drop_below(struct store *store, str prefix, struct err *err) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    const struct rows rows = {store, NULL, batch};
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, prefix);
    int r = 0;
    for (size_t n = 0; !r && store_iter_next(it); n++) {
        drop_part(&rows, it);
        if (n % BATCH_ROWS == BATCH_ROWS - 1) {
            r = store_commit(store, batch, err);
            store_batch_clear(batch);
        }
    }
    if (!r)
        r = store_iter_fault(it);
    if (!r && !store_batch_empty(batch))
        r = store_commit(store, batch, err);
    return r;
}

int s3_drop_parts(struct store *store, uint64_t bucket_id, uint64_t upload_seq, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    s3_key_parts(&prefix, bucket_id, upload_seq);
    return drop_below(store, buf_view(&prefix), err);
}

int s3_drop_all_parts(struct store *store, uint64_t bucket_id, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    s3_key_bucket_parts(&prefix, bucket_id);
    return drop_below(store, buf_view(&prefix), err);
}

/* The numbers of all uploads that are under way. */
static int open_uploads(struct store *store, struct map *numbers) {
    static char present; /* any value but NULL */
    CLEANUP_DEINIT(buf) struct buf from = {0}, name = {0};
    key_begin(&from, "s3u");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&from));
    store_iter_keys_only(it);
    while (store_iter_next(it)) {
        uint64_t seq;
        buf_clear(&name);
        if (s3_key_upload_parts(it->key, &name, &seq))
            map_put(numbers, str_n(&seq, sizeof seq), &present);
    }
    return store_iter_fault(it);
}

/* Walks from upload to upload, not from part to part. */
static int sweep_parts(struct store *store, struct err *err) {
    CLEANUP_DEINIT(map) struct map open = {0};
    CLEANUP_DEINIT(buf) struct buf from = {0};
    int r = open_uploads(store, &open);
    if (r)
        return err_set(err, r, "cannot read the uploads under way");
    key_begin(&from, "s3p");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&from));
    store_iter_keys_only(it);
    while (!r && store_iter_next(it)) {
        uint64_t bucket_id, seq, number;
        if (!s3_key_part_parts(it->key, &bucket_id, &seq, &number))
            continue;
        if (!map_get(&open, str_n(&seq, sizeof seq)))
            r = s3_drop_parts(store, bucket_id, seq, err);
        s3_key_parts(&from, bucket_id, seq);
        key_after(&from);
        store_iter_seek(it, buf_view(&from));
    }
    return r ? r : store_iter_fault(it);
}

/* ---- Buckets ---- */
static int sweep_buckets(struct store *store, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    const struct rows rows = {store, NULL, batch};
    key_begin(&from, "s3b");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        struct s3_bucket_row row;
        if (!s3_bucket_row_read(it->value, &row))
            return err_set(err, STORE_E_DAMAGED, "a bucket's row is damaged, or of a later format");
        if (!row.deleting)
            continue;
        CLEANUP_DEINIT(row) struct row at = {0};
        CLEANUP_DEINIT(buf) struct buf bytes = {0};
        row.deleting = false;
        s3_bucket_row_write(&bytes, &row);
        row_seen(&rows, &at, it);
        row_put(&rows, &at, buf_view(&bytes));
        store_batch_frees(batch);
    }
    if (store_iter_fault(it))
        return err_set(err, store_iter_fault(it), "cannot read the buckets");
    return store_batch_empty(batch) ? 0 : store_commit(store, batch, err);
}

int s3_sweep(struct s3_svc *svc, struct err *err) {
    int r = sweep_buckets(svc->store, err);
    return r ? r : sweep_parts(svc->store, err);
}
