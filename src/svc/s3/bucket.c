/*
 * s3/bucket: reads a bucket's row and configurations into struct s3_bucket, and caches these by
 * name.
 */
#include "svc/s3/bucket.h"

#include "base/lock.h"
#include "base/map.h"
#include "svc/s3/keys.h"

enum { ROW_FORMAT = 1, CACHE_MAX = 4096 };

struct s3_buckets {
    pthread_mutex_t lock;
    struct map by_name; /* struct s3_bucket, one reference each */
};

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
static struct s3_bucket *ref_bucket(struct s3_bucket *bucket) {
    bucket->refs++;
    return bucket;
}

struct s3_bucket *s3_bucket_free(struct s3_bucket *bucket) {
    if (!bucket || --bucket->refs > 0)
        return NULL;
    policy_free(bucket->policy);
    s3_notify_free(bucket->notify);
    buf_deinit(&bucket->memory);
    free(bucket);
    return NULL;
}

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
    if (policy_kept(&b->policy, POLICY_RESOURCE, buf_view(&row.bytes), NULL))
        return STORE_E_DAMAGED;
    b->policy_is_public = policy_is_public(b->policy);
    return 0;
}

static int load_notification(const struct rows *rows, struct s3_bucket *b) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *config = NULL;
    s3_key_config(&row.key, b->row.id, S("notification"));
    int r = row_peek_json(rows, &row, &config);
    if (r)
        return r;
    return s3_notify_new(&b->notify, config, NULL) ? STORE_E_DAMAGED : 0;
}

/*
 * Row and configurations are peeked at in one snapshot, so they belong together. Whoever changes a
 * configuration changes the row too, so the row alone has to be a condition: s3_buckets_get's.
 */
static int load(struct store *store, str name, struct s3_bucket **ret_bucket) {
    CLEANUP(store_snap) struct store_snap *snap = store_snap_new(store);
    CLEANUP_DEINIT(row) struct row row = {0};
    const struct rows rows = {store, snap, NULL};
    s3_key_bucket(&row.key, name);
    int r = row_peek(&rows, &row);
    if (r)
        return r;

    CLEANUP(s3_bucket) struct s3_bucket *b = mem_new(struct s3_bucket);
    b->refs = 1;
    buf_str(&b->memory, name);
    buf_str(&b->memory, buf_view(&row.bytes));
    b->name = str_slice(buf_view(&b->memory), 0, name.len);
    b->row_bytes = str_skip(buf_view(&b->memory), name.len);
    if (!s3_bucket_row_read(b->row_bytes, &b->row))
        return STORE_E_DAMAGED;
    if (b->row.has_policy)
        r = load_policy(&rows, b);
    if (!r && b->row.has_notification)
        r = load_notification(&rows, b);
    if (r)
        return r == STORE_E_ABSENT ? STORE_E_DAMAGED : r;
    *ret_bucket = STEAL(b);
    return 0;
}

/* ---- The cache ---- */
struct s3_buckets *s3_buckets_new(void) {
    struct s3_buckets *buckets = mem_new(struct s3_buckets);
    pthread_mutex_init(&buckets->lock, NULL);
    return buckets;
}

/* With the lock held. */
static void forget_all(struct s3_buckets *buckets) {
    size_t at = 0;
    str name;
    void *bucket;
    while (map_next(&buckets->by_name, &at, &name, &bucket))
        s3_bucket_free(bucket);
    map_deinit(&buckets->by_name);
    buckets->by_name = (struct map){0};
}

struct s3_buckets *s3_buckets_free(struct s3_buckets *buckets) {
    if (!buckets)
        return NULL;
    forget_all(buckets);
    pthread_mutex_destroy(&buckets->lock);
    free(buckets);
    return NULL;
}

static struct s3_bucket *cached(struct s3_buckets *buckets, str name, str row_bytes) {
    LOCK_SCOPE(&buckets->lock);
    struct s3_bucket *b = map_get(&buckets->by_name, name);
    return b && str_eq(b->row_bytes, row_bytes) ? ref_bucket(b) : NULL;
}

static void remember(struct s3_buckets *buckets, struct s3_bucket *bucket) {
    LOCK_SCOPE(&buckets->lock);
    if (buckets->by_name.n >= CACHE_MAX)
        forget_all(buckets);
    s3_bucket_free(map_put(&buckets->by_name, bucket->name, ref_bucket(bucket)));
}

int s3_buckets_get(struct s3_buckets *buckets, const struct rows *rows, str name,
                   struct s3_bucket **ret_bucket) {
    CLEANUP_DEINIT(row) struct row row = {0};
    s3_key_bucket(&row.key, name);
    int r = row_get(rows, &row);
    if (r)
        return r;
    struct s3_bucket *bucket = cached(buckets, name, buf_view(&row.bytes));
    if (!bucket) {
        /* May find a newer row: then the condition of the first does not hold. */
        r = load(rows->store, name, &bucket);
        if (r)
            return r;
        remember(buckets, bucket);
    }
    *ret_bucket = bucket;
    return 0;
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
