/* s3/versions: moves the rows of a key when a version is added or removed. */
#include "svc/s3/versions.h"

#include "base/rand.h"
#include "store/blob.h"

void s3_found_deinit(struct s3_found *found) { row_deinit(&found->row); }

/* ---- Finding ---- */
/* Reads the row at found->row.key. */
static int read_found(const struct rows *rows, struct s3_found *found) {
    int r = row_get(rows, &found->row);
    if (r)
        return r;
    return s3_object_read(buf_view(&found->row.bytes), &found->object) ? 0 : STORE_E_DAMAGED;
}

int s3_find_current(const struct rows *rows, uint64_t bucket_id, str name, struct s3_found *found) {
    s3_key_current(&found->row.key, bucket_id, name);
    found->is_current = true;
    return read_found(rows, found);
}

/* seq of the null version that is not current. STORE_E_ABSENT. */
static int find_null(const struct rows *rows, uint64_t bucket_id, str name, struct row *row,
                     uint64_t *ret_seq) {
    s3_key_null(&row->key, bucket_id, name);
    int r = row_get(rows, row);
    if (r)
        return r;
    struct cur at = cur_of(buf_view(&row->bytes));
    *ret_seq = cur_u64(&at);
    return at.bad ? STORE_E_DAMAGED : 0;
}

/* A version id taken apart. */
struct wanted {
    bool is_null;
    uint64_t seq;
    uint8_t nonce[S3_NONCE_LEN];
};

static bool is_wanted(const struct s3_object *object, const struct wanted *w) {
    bool is_null = (object->flags & S3_OBJECT_NULL) != 0;
    return is_null == w->is_null && (is_null || memcmp(object->nonce, w->nonce, S3_NONCE_LEN) == 0);
}

/* One that is not the current version. */
static int find_older(const struct rows *rows, uint64_t bucket_id, str name, struct wanted *w,
                      struct s3_found *found) {
    if (w->is_null) {
        CLEANUP_DEINIT(row) struct row pointer = {0};
        int r = find_null(rows, bucket_id, name, &pointer, &w->seq);
        if (r)
            return r;
    }
    s3_key_version(&found->row.key, bucket_id, name, w->seq);
    found->is_current = false;
    int r = read_found(rows, found);
    return r ? r : is_wanted(&found->object, w) ? 0 : STORE_E_ABSENT;
}

/* Finds the version, or tells by *ret_current which current version it was not found below. */
static int find_wanted(const struct rows *rows, uint64_t bucket_id, str name, struct wanted *w,
                       struct s3_found *found, uint64_t *ret_current) {
    *ret_current = 0;
    int r = s3_find_current(rows, bucket_id, name, found);
    if (r)
        return r;
    bool current_is_null = (found->object.flags & S3_OBJECT_NULL) != 0;
    bool is_current =
        w->is_null ? current_is_null : !current_is_null && found->object.seq == w->seq;
    if (is_current)
        return is_wanted(&found->object, w) ? 0 : STORE_E_ABSENT;
    *ret_current = found->object.seq;
    return find_older(rows, bucket_id, name, w, found);
}

int s3_find_version(const struct rows *rows, uint64_t bucket_id, str name, str version_id,
                    struct s3_found *found) {
    struct wanted w = {.is_null = str_is(version_id, "null")};
    if (!w.is_null && !s3_id_read(version_id, &w.seq, w.nonce))
        return S3_E_VERSION_ID;
    for (uint64_t below = 0;;) {
        uint64_t current;
        int r = find_wanted(rows, bucket_id, name, &w, found, &current);
        /*
         * Between the two reads the current version may have been removed, and this one have taken
         * its place. One that was removed does not come back: below the same one nothing has moved.
         */
        if (r != STORE_E_ABSENT || current == 0 || current == below)
            return r;
        below = current;
    }
}

/* A version's list of bodies never changes, and goes with its version: whose row says enough. */
int s3_load_bodies(const struct rows *rows, uint64_t bucket_id, const struct s3_object *object,
                   struct buf *storage, str *ret_bodies) {
    str bodies = object->bodies;
    if (object->flags & S3_OBJECT_BODY_ROW) {
        CLEANUP_DEINIT(row) struct row row = {0};
        s3_key_body(&row.key, bucket_id, object->seq);
        int r = row_peek(rows, &row);
        if (r)
            return r;
        buf_deinit(storage);
        *storage = row.bytes;
        row.bytes = (struct buf){0};
        bodies = buf_view(storage);
    }
    if (!s3_bodies_are_whole(bodies, object->size))
        return STORE_E_DAMAGED;
    *ret_bodies = bodies;
    return 0;
}

/* ---- Changing ---- */
/* The files of a version whose row goes. */
static int drop_files(const struct rows *rows, uint64_t bucket_id, const struct s3_object *object) {
    CLEANUP_DEINIT(buf) struct buf storage = {0};
    str bodies;
    int r = s3_load_bodies(rows, bucket_id, object, &storage, &bodies);
    if (r)
        return r;
    struct s3_body body;
    for (struct cur at = cur_of(bodies); s3_body_next(&at, &body);)
        if (body.ref.len > 0)
            blob_drop(rows->batch, body.ref);
    return 0;
}

/* Drops the bodies of a version whose row goes; that row is a condition. */
static int drop_bodies(const struct rows *rows, uint64_t bucket_id,
                       const struct s3_object *object) {
    if (s3_object_is_marker(object))
        return 0;
    /* No part of so small an object has a file. */
    int r = object->size > BLOB_INLINE ? drop_files(rows, bucket_id, object) : 0;
    if (r == STORE_E_ABSENT) /* another writer was faster; the conditions will tell */
        return 0;
    if (r)
        return r;
    if (object->flags & S3_OBJECT_BODY_ROW) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        s3_key_body(&key, bucket_id, object->seq);
        /* of its version, whose row is a condition */
        row_del_blind(rows, STORE_META, buf_view(&key));
    }
    return 0;
}

/*
 * Forgets where the null version is, which is removed or becomes the current one: its row is a
 * condition.
 */
static void drop_null_pointer(const struct rows *rows, uint64_t bucket_id, str name) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    s3_key_null(&key, bucket_id, name);
    row_del_blind(rows, STORE_META, buf_view(&key));
}

/*
 * The current version becomes an older one. Its row is a condition, and these depend on nothing
 * else.
 */
static void push_down(const struct rows *rows, uint64_t bucket_id, str name,
                      const struct s3_found *current) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    s3_key_version(&key, bucket_id, name, current->object.seq);
    row_put_blind(rows, STORE_META, buf_view(&key), buf_view(&current->row.bytes));
    if (!(current->object.flags & S3_OBJECT_NULL))
        return;
    CLEANUP_DEINIT(buf) struct buf seq = {0};
    buf_u64(&seq, current->object.seq);
    s3_key_null(&key, bucket_id, name);
    row_put_blind(rows, STORE_META, buf_view(&key), buf_view(&seq));
}

/* Removes the null version that is not current, if there is one. */
static int drop_older_null(const struct rows *rows, uint64_t bucket_id, str name) {
    CLEANUP_DEINIT(row) struct row pointer = {0};
    CLEANUP_DEINIT(s3_found) struct s3_found older = {0};
    uint64_t seq;
    int r = find_null(rows, bucket_id, name, &pointer, &seq);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    s3_key_version(&older.row.key, bucket_id, name, seq);
    r = read_found(rows, &older);
    if (r) /* gone between the two reads: the pointer's condition will not hold */
        return r == STORE_E_ABSENT ? 0 : r;
    row_del(rows, &pointer);
    row_del(rows, &older.row);
    return drop_bodies(rows, bucket_id, &older.object);
}

/* Makes room for a new current version, as the bucket's versioning wants it. */
static int retire_current(const struct rows *rows, const struct s3_bucket *bucket, str name,
                          const struct s3_found *current) {
    uint64_t id = bucket->row.id;
    bool is_null = (current->object.flags & S3_OBJECT_NULL) != 0;
    if (bucket->row.versioning != S3_ENABLED && is_null)
        return drop_bodies(rows, id, &current->object);
    push_down(rows, id, name, current);
    return bucket->row.versioning == S3_SUSPENDED ? drop_older_null(rows, id, name) : 0;
}

/* The object's list of bodies: in its row, or in one of its own. */
static void put_bodies(const struct rows *rows, uint64_t bucket_id, struct s3_object *object,
                       str bodies) {
    if (bodies.len <= S3_BODIES_INLINE) {
        object->bodies = bodies;
        return;
    }
    CLEANUP_DEINIT(buf) struct buf key = {0};
    object->flags |= S3_OBJECT_BODY_ROW;
    object->bodies = S("");
    s3_key_body(&key, bucket_id, object->seq);
    row_put_blind(rows, STORE_META, buf_view(&key), bodies); /* under a number of our own */
}

int s3_place(const struct rows *rows, const struct s3_bucket *bucket, str name,
             const struct s3_found *current, struct s3_object *object, str bodies) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    object->flags &= S3_OBJECT_MARKER;
    object->seq = store_next_id(rows->store);
    if (bucket->row.versioning == S3_ENABLED)
        rand_bytes(object->nonce, sizeof object->nonce);
    else
        object->flags |= S3_OBJECT_NULL;
    int r = current->row.there ? retire_current(rows, bucket, name, current) : 0;
    if (r)
        return r;
    put_bodies(rows, bucket->row.id, object, bodies);
    s3_object_write(&bytes, object);
    row_put(rows, &current->row, buf_view(&bytes));
    return 0;
}

/* The newest of the older versions becomes the current one, or the key ends. */
static int pull_up(const struct rows *rows, uint64_t bucket_id, str name,
                   const struct s3_found *victim) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    s3_key_versions(&prefix, bucket_id, name);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_below(rows->store, rows->snap, STORE_META, buf_view(&prefix));
    if (!store_iter_next(it)) { /* none comes behind a current version but by replacing that */
        row_del(rows, &victim->row);
        return store_iter_fault(it);
    }
    CLEANUP_DEINIT(row) struct row next = {0};
    struct s3_object object;
    row_seen(rows, &next, it);
    if (!s3_object_read(buf_view(&next.bytes), &object))
        return STORE_E_DAMAGED;
    row_del(rows, &next);
    row_put(rows, &victim->row, buf_view(&next.bytes));
    if (object.flags & S3_OBJECT_NULL)
        drop_null_pointer(rows, bucket_id, name);
    return 0;
}

int s3_remove(const struct rows *rows, const struct s3_bucket *bucket, str name,
              const struct s3_found *victim) {
    uint64_t id = bucket->row.id;
    store_batch_frees(rows->batch);
    int r = drop_bodies(rows, id, &victim->object);
    if (r)
        return r;
    if (victim->is_current)
        return pull_up(rows, id, name, victim);
    row_del(rows, &victim->row);
    if (victim->object.flags & S3_OBJECT_NULL)
        drop_null_pointer(rows, id, name);
    return 0;
}

void s3_retag(const struct rows *rows, const struct s3_found *found, str tags) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    struct s3_object changed = found->object;
    changed.tags = tags;
    s3_object_write(&bytes, &changed);
    row_put(rows, &found->row, buf_view(&bytes));
}
