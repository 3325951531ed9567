/*
 * s3/bucket: reads a bucket's row and configurations into struct s3_bucket, which the store keeps
 * with the row.
 */
#include "svc/s3/bucket.h"

#include "svc/s3/keys.h"

/* KEPT_FACTOR: what a compiled notification takes, for each byte of its text, about. */
enum { ROW_FORMAT = 1, KEPT_FACTOR = 4 };

enum { HAS_POLICY = 1, HAS_NOTIFICATION = 2, IS_DELETING = 4 };

void s3_bucket_row_write(struct buf *out, const struct s3_bucket_row *row) {
    buf_u8(out, ROW_FORMAT);
    buf_u8(out, (uint8_t)((row->has_policy ? HAS_POLICY : 0) |
                          (row->has_notification ? HAS_NOTIFICATION : 0) |
                          (row->deleting ? IS_DELETING : 0)));
    buf_u8(out, (uint8_t)row->versioning);
    buf_u8(out, (uint8_t)row->ownership);
    buf_u8(out, (uint8_t)row->block);
    buf_u64(out, row->id);
    buf_u64(out, row->generation);
    buf_u64(out, (uint64_t)row->created_ms);
    buf_add(out, row->key_id, sizeof row->key_id);
    buf_lstr(out, row->account);
    buf_lstr(out, row->region);
}

bool s3_bucket_row_read(str bytes, struct s3_bucket_row *ret_row) {
    struct cur at = cur_of(bytes);
    struct s3_bucket_row row = {0};
    if (cur_u8(&at) != ROW_FORMAT)
        return false;
    unsigned flags = cur_u8(&at), versioning = cur_u8(&at), ownership = cur_u8(&at);
    row.has_policy = (flags & HAS_POLICY) != 0;
    row.has_notification = (flags & HAS_NOTIFICATION) != 0;
    row.deleting = (flags & IS_DELETING) != 0;
    row.versioning = (enum s3_versioning)versioning;
    row.ownership = (enum s3_ownership)ownership;
    row.block = cur_u8(&at);
    row.id = cur_u64(&at);
    row.generation = cur_u64(&at);
    row.created_ms = (int64_t)cur_u64(&at);
    str key_id = cur_take(&at, sizeof row.key_id);
    if (key_id.len == sizeof row.key_id)
        memcpy(row.key_id, key_id.p, key_id.len);
    row.account = cur_lstr(&at);
    row.region = cur_lstr(&at);
    if (at.bad || at.s.len != 0 || versioning > S3_SUSPENDED || ownership > S3_OWNER_UNSET)
        return false;
    *ret_row = row;
    return true;
}

/* ---- One bucket ---- */
struct s3_bucket *s3_bucket_free(struct s3_bucket *bucket) {
    if (bucket)
        store_kept_free(&bucket->kept);
    return NULL;
}

/* The last reference is gone, or it was never counted. */
static void drop(struct s3_bucket *bucket) {
    policy_free(bucket->policy);
    s3_notify_free(bucket->notify);
    buf_deinit(&bucket->memory);
    free(bucket);
}
static void drop_kept(struct store_kept *kept) { drop((struct s3_bucket *)(void *)kept); }

static int load_policy(const struct rows *rows, struct s3_bucket *b) {
    CLEANUP_DEINIT(row) struct row row = {0};
    s3_key_config(&row.key, b->row.id, S("policy"));
    int r = row_peek(rows, &row);
    if (r)
        return r;
    /*
     * Checked when it was stored: what does not compile now was damaged, and must not open the
     * bucket.
     */
    if (policy_new(&b->policy, POLICY_RESOURCE, buf_view(&row.bytes), NULL))
        return STORE_E_DAMAGED;
    b->policy_is_public = policy_is_public(b->policy);
    b->kept.bytes += policy_bytes(b->policy);
    return 0;
}

static int load_notification(const struct rows *rows, struct s3_bucket *b) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *config = NULL;
    s3_key_config(&row.key, b->row.id, S("notification"));
    int r = row_peek_json(rows, &row, &config);
    if (r)
        return r;
    b->kept.bytes += KEPT_FACTOR * row.bytes.len;
    return s3_notify_new(&b->notify, config, NULL) ? STORE_E_DAMAGED : 0;
}

static int load_configurations(const struct rows *rows, struct s3_bucket *b) {
    int r = b->row.has_policy ? load_policy(rows, b) : 0;
    if (!r && b->row.has_notification)
        r = load_notification(rows, b);
    return r == STORE_E_ABSENT ? STORE_E_DAMAGED : r;
}

static int load(const struct rows *rows, str name, str bytes, struct s3_bucket **ret_bucket) {
    struct s3_bucket *b = mem_new(struct s3_bucket);
    buf_str(&b->memory, name);
    buf_str(&b->memory, bytes);
    b->name = str_slice(buf_view(&b->memory), 0, name.len);
    b->kept.bytes = sizeof *b + b->memory.len;
    int r = s3_bucket_row_read(str_skip(buf_view(&b->memory), name.len), &b->row)
                ? load_configurations(rows, b)
                : STORE_E_DAMAGED;
    if (r)
        drop(b);
    else
        *ret_bucket = b;
    return r;
}

/*
 * Row and configurations are peeked at in one snapshot, so they belong together. Whoever changes a
 * configuration changes the row too, so the row alone has to be a condition: s3_bucket_get's.
 */
static int make(void *ctx, struct store_kept_row *kept, struct store_kept **ret_kept) {
    const str *name = ctx;
    CLEANUP(store_snap) struct store_snap *own = kept->snap ? NULL : store_snap_new(kept->store);
    CLEANUP_DEINIT(row) struct row row = {0};
    const struct rows rows = {kept->store, own ? own : kept->snap, NULL};
    struct s3_bucket *bucket = NULL;
    buf_str(&row.key, kept->key);
    int r = row_peek(&rows, &row); /* may be newer than the one at hand */
    if (!r)
        r = load(&rows, *name, buf_view(&row.bytes), &bucket);
    if (r)
        return r;
    kept->stamp = row.stamp;
    *ret_kept = &bucket->kept;
    return 0;
}

static const struct store_kept_kind bucket_kind = {make, drop_kept};

int s3_bucket_get(const struct rows *rows, str name, struct s3_bucket **ret_bucket) {
    CLEANUP_DEINIT(row) struct row row = {0};
    struct store_kept *kept = NULL;
    s3_key_bucket(&row.key, name);
    int r = row_get_kept(rows, &row, &bucket_kind, &name, &kept);
    *ret_bucket = (struct s3_bucket *)(void *)kept;
    return r;
}

void s3_bucket_put(const struct rows *rows, str name, struct s3_bucket_row row) {
    CLEANUP_DEINIT(row) struct row at = {0};
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    row.generation = store_next_id(rows->store);
    s3_bucket_row_write(&bytes, &row);
    s3_key_bucket(&at.key, name);
    row_put(rows, &at, buf_view(&bytes));
}

void s3_bucket_del(const struct rows *rows, str name) {
    CLEANUP_DEINIT(row) struct row at = {0};
    s3_key_bucket(&at.key, name);
    row_del(rows, &at);
}
