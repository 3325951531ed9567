#include "svc/s3/versions.h"

#include "base/rand.h"
#include "store/blob.h"

void s3_found_deinit(struct s3_found *found) {
    buf_deinit(&found->key);
    buf_deinit(&found->row);
}

/* Reads the row at found->key. */
static int read_found(struct store *store, const struct store_snap *snap, struct s3_found *found) {
    int r = store_get(store, snap, STORE_META, buf_view(&found->key), &found->row);
    if (r)
        return r;
    return s3_object_read(buf_view(&found->row), &found->object) ? 0 : STORE_E_DAMAGED;
}

int s3_find_current(struct store *store, const struct store_snap *snap, uint64_t bucket_id, str name,
                    struct s3_found *found) {
    s3_key_current(&found->key, bucket_id, name);
    found->is_current = true;
    return read_found(store, snap, found);
}

/* seq of the null version that is not current. STORE_E_ABSENT. */
static int find_null(struct store *store, const struct store_snap *snap, uint64_t bucket_id, str name,
                     struct buf *key, struct buf *value, uint64_t *ret_seq) {
    s3_key_null(key, bucket_id, name);
    int r = store_get(store, snap, STORE_META, buf_view(key), value);
    if (r)
        return r;
    struct cur at = cur_of(buf_view(value));
    *ret_seq = cur_u64(&at);
    return at.bad ? STORE_E_DAMAGED : 0;
}

static bool same_nonce(const struct s3_object *object, const uint8_t nonce[S3_NONCE_LEN]) {
    return memcmp(object->nonce, nonce, S3_NONCE_LEN) == 0;
}

int s3_find_version(struct store *store, const struct store_snap *snap, uint64_t bucket_id, str name,
                    str version_id, struct s3_found *found) {
    bool is_null = str_is(version_id, "null");
    uint64_t seq = 0;
    uint8_t nonce[S3_NONCE_LEN] = {0};
    if (!is_null && !s3_id_read(version_id, &seq, nonce))
        return S3_E_VERSION_ID;

    int r = s3_find_current(store, snap, bucket_id, name, found);
    if (r)
        return r;
    const struct s3_object *o = &found->object;
    bool current_is_null = (o->flags & S3_OBJECT_NULL) != 0;
    if (is_null ? current_is_null : !current_is_null && o->seq == seq)
        return is_null || same_nonce(o, nonce) ? 0 : STORE_E_ABSENT;

    if (is_null) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        CLEANUP_DEINIT(buf) struct buf value = {0};
        r = find_null(store, snap, bucket_id, name, &key, &value, &seq);
        if (r)
            return r;
    }
    s3_key_version(&found->key, bucket_id, name, seq);
    found->is_current = false;
    r = read_found(store, snap, found);
    if (r)
        return r;
    bool found_null = (o->flags & S3_OBJECT_NULL) != 0;
    if (found_null != is_null || (!is_null && !same_nonce(o, nonce)))
        return STORE_E_ABSENT;
    return 0;
}

int s3_load_bodies(struct store *store, const struct store_snap *snap, uint64_t bucket_id,
                   const struct s3_object *object, struct buf *storage, str *ret_bodies) {
    str bodies = object->bodies;
    if (object->flags & S3_OBJECT_BODY_ROW) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        s3_key_body(&key, bucket_id, object->seq);
        int r = store_get(store, snap, STORE_META, buf_view(&key), storage);
        if (r)
            return r;
        bodies = buf_view(storage);
    }
    if (!s3_bodies_are_whole(bodies, object->size))
        return STORE_E_DAMAGED;
    *ret_bodies = bodies;
    return 0;
}

void s3_expect_bucket(struct store_batch *batch, const struct s3_bucket *bucket) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    s3_key_bucket(&key, bucket->name);
    store_expect_value(batch, STORE_META, buf_view(&key), bucket->row_bytes);
}

static void expect_found(struct store_batch *batch, const struct s3_found *found) {
    store_expect_value(batch, STORE_META, buf_view(&found->key), buf_view(&found->row));
}

/* Drops the bodies of a version whose row goes. */
static int drop_bodies(struct store *store, struct store_batch *batch, uint64_t bucket_id,
                       const struct s3_object *object) {
    if (s3_object_is_marker(object))
        return 0;
    CLEANUP_DEINIT(buf) struct buf storage = {0};
    str bodies;
    int r = s3_load_bodies(store, NULL, bucket_id, object, &storage, &bodies);
    if (r == STORE_E_ABSENT) /* another writer was faster; the conditions will tell */
        return 0;
    if (r)
        return r;
    struct s3_body body;
    for (struct cur at = cur_of(bodies); s3_body_next(&at, &body);)
        if (body.ref.len > 0)
            blob_drop(batch, body.ref);
    if (object->flags & S3_OBJECT_BODY_ROW) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        s3_key_body(&key, bucket_id, object->seq);
        store_del(batch, STORE_META, buf_view(&key));
    }
    return 0;
}

/* The current version becomes an older one. */
static void push_down(struct store_batch *batch, uint64_t bucket_id, str name,
                      const struct s3_found *current) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    s3_key_version(&key, bucket_id, name, current->object.seq);
    store_put(batch, STORE_META, buf_view(&key), buf_view(&current->row));
    if (!(current->object.flags & S3_OBJECT_NULL))
        return;
    CLEANUP_DEINIT(buf) struct buf seq = {0};
    buf_u64(&seq, current->object.seq);
    s3_key_null(&key, bucket_id, name);
    store_put(batch, STORE_META, buf_view(&key), buf_view(&seq));
}

/* Removes the null version that is not current, if there is one. */
static int drop_older_null(struct store *store, struct store_batch *batch, uint64_t bucket_id, str name) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf value = {0};
    uint64_t seq;
    int r = find_null(store, NULL, bucket_id, name, &key, &value, &seq);
    if (r == STORE_E_ABSENT)
        return 0;
    if (r)
        return r;
    CLEANUP_DEINIT(s3_found) struct s3_found older = {0};
    s3_key_version(&older.key, bucket_id, name, seq);
    r = read_found(store, NULL, &older);
    if (r == STORE_E_ABSENT) {
        /* Gone between the two reads: let the condition on its pointer fail. */
        store_expect_value(batch, STORE_META, buf_view(&key), buf_view(&value));
        return 0;
    }
    if (r)
        return r;
    store_expect_value(batch, STORE_META, buf_view(&key), buf_view(&value));
    expect_found(batch, &older);
    store_del(batch, STORE_META, buf_view(&key));
    store_del(batch, STORE_META, buf_view(&older.key));
    return drop_bodies(store, batch, bucket_id, &older.object);
}

/* Makes room for a new current version, as the bucket's versioning wants it. */
static int retire_current(struct store *store, struct store_batch *batch,
                          const struct s3_bucket *bucket, str name, const struct s3_found *current) {
    uint64_t id = bucket->row.id;
    bool is_null = (current->object.flags & S3_OBJECT_NULL) != 0;
    if (bucket->row.versioning != S3_ENABLED && is_null)
        return drop_bodies(store, batch, id, &current->object);
    push_down(batch, id, name, current);
    return bucket->row.versioning == S3_SUSPENDED ? drop_older_null(store, batch, id, name) : 0;
}

int s3_place(struct store *store, struct store_batch *batch, const struct s3_bucket *bucket, str name,
             const struct s3_found *current, struct s3_object *object, str bodies) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf row = {0};
    uint64_t id = bucket->row.id;
    object->flags &= S3_OBJECT_MARKER;
    object->seq = store_next_id(store);
    if (bucket->row.versioning == S3_ENABLED)
        rand_bytes(object->nonce, sizeof object->nonce);
    else
        object->flags |= S3_OBJECT_NULL;

    s3_expect_bucket(batch, bucket);
    if (current) {
        expect_found(batch, current);
        int r = retire_current(store, batch, bucket, name, current);
        if (r)
            return r;
    }
    if (bodies.len > S3_BODIES_INLINE) {
        object->flags |= S3_OBJECT_BODY_ROW;
        object->bodies = S("");
        s3_key_body(&key, id, object->seq);
        store_put(batch, STORE_META, buf_view(&key), bodies);
    } else {
        object->bodies = bodies;
    }
    s3_key_current(&key, id, name);
    if (!current)
        store_expect_absent(batch, STORE_META, buf_view(&key));
    s3_object_write(&row, object);
    store_put(batch, STORE_META, buf_view(&key), buf_view(&row));
    return 0;
}

/* The newest of the older versions becomes the current one, or the key ends. */
static int pull_up(struct store *store, struct store_batch *batch, uint64_t bucket_id, str name) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf from = {0};
    CLEANUP_DEINIT(buf) struct buf to = {0};
    s3_key_current(&key, bucket_id, name);
    s3_key_versions(&from, bucket_id, name);
    s3_key_versions(&to, bucket_id, name);
    key_after(&to);
    CLEANUP(store_iter) struct store_iter *it =
        store_iter_new(store, NULL, STORE_META, buf_view(&from), buf_view(&to), false);
    if (!store_iter_next(it)) {
        store_del(batch, STORE_META, buf_view(&key));
        return store_iter_fault(it);
    }
    struct s3_object next;
    if (!s3_object_read(it->value, &next))
        return STORE_E_DAMAGED;
    store_expect_value(batch, STORE_META, it->key, it->value);
    store_del(batch, STORE_META, it->key);
    store_put(batch, STORE_META, buf_view(&key), it->value);
    if (next.flags & S3_OBJECT_NULL) {
        s3_key_null(&key, bucket_id, name);
        store_del(batch, STORE_META, buf_view(&key));
    }
    return 0;
}

int s3_remove(struct store *store, struct store_batch *batch, const struct s3_bucket *bucket, str name,
              const struct s3_found *victim) {
    uint64_t id = bucket->row.id;
    s3_expect_bucket(batch, bucket);
    expect_found(batch, victim);
    store_batch_frees(batch);
    int r = drop_bodies(store, batch, id, &victim->object);
    if (r)
        return r;
    if (victim->is_current)
        return pull_up(store, batch, id, name);
    store_del(batch, STORE_META, buf_view(&victim->key));
    if (victim->object.flags & S3_OBJECT_NULL) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        s3_key_null(&key, id, name);
        store_del(batch, STORE_META, buf_view(&key));
    }
    return 0;
}

void s3_retag(struct store_batch *batch, const struct s3_bucket *bucket, const struct s3_found *found,
              str tags) {
    CLEANUP_DEINIT(buf) struct buf row = {0};
    struct s3_object changed = found->object;
    changed.tags = tags;
    s3_object_write(&row, &changed);
    s3_expect_bucket(batch, bucket);
    expect_found(batch, found);
    store_put(batch, STORE_META, buf_view(&found->key), buf_view(&row));
}
