/* svc/s3: DeleteObject and DeleteObjects. */
#include "base/map.h"
#include "svc/s3/s3_priv.h"

/* What became of one key. */
struct deletion {
    str key, version_id;  /* as asked; version_id absent: the current version */
    bool is_marker;       /* a marker was made, or the version removed was one */
    str marker_id;        /* of the marker that was made; absent: none */
    str removed_id;       /* as shown */
};

/* A version for good. What is not there is no error. */
static int remove_version(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                          struct deletion *d) {
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    int r = s3_find_version(svc->store, NULL, bucket->row.id, d->key, d->version_id, &found);
    d->removed_id = d->version_id;
    if (r == STORE_E_ABSENT)
        return 0;
    if (r == S3_E_VERSION_ID) {
        aws_fail(rq, &S3_InvalidArgument, "Invalid version id specified");
        aws_fail_detail(rq, "ArgumentName", S("versionId"));
        aws_fail_detail(rq, "ArgumentValue", d->version_id);
        return AWS_FAILED;
    }
    if (r)
        return s3_fault(rq, r, "read the object's row");
    d->is_marker = s3_object_is_marker(&found.object);
    if (d->is_marker)
        d->marker_id = d->version_id;
    r = s3_remove(svc->store, rq_batch(rq), bucket, d->key, &found);
    if (r)
        return s3_fault(rq, r, "remove the version");
    str shown = bucket->row.versioning == S3_UNVERSIONED ? STR_NONE : d->version_id;
    s3_emit(svc, rq, bucket,
            &(struct s3_happening){S3_EVENT_REMOVED_DELETE, d->key, NULL, shown, store_next_id(svc->store)});
    return 0;
}

/* Without versioning the object goes. */
static int remove_object(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                         const struct s3_found *current, struct deletion *d) {
    int r = s3_remove(svc->store, rq_batch(rq), bucket, d->key, current);
    if (r)
        return s3_fault(rq, r, "remove the object");
    s3_emit(svc, rq, bucket,
            &(struct s3_happening){S3_EVENT_REMOVED_DELETE, d->key, NULL, STR_NONE,
                                   store_next_id(svc->store)});
    return 0;
}

/* With versioning a delete marker comes on top, even where there was nothing. */
static int put_marker(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                      const struct s3_found *current, struct deletion *d) {
    struct s3_object marker = {.flags = S3_OBJECT_MARKER,
                               .mtime_ms = rq->now_ms,
                               .owner = bucket->row.account};
    int r = s3_place(svc->store, rq_batch(rq), bucket, d->key, current, &marker, S(""));
    if (r)
        return s3_fault(rq, r, "place a delete marker");
    d->is_marker = true;
    d->marker_id = s3_shown_version(rq, bucket, &marker);
    s3_emit(svc, rq, bucket,
            &(struct s3_happening){S3_EVENT_REMOVED_MARKER, d->key, &marker, d->marker_id, marker.seq});
    return 0;
}

static int check_match(struct rq *rq, str match, const struct s3_found *current) {
    if (!match.p)
        return 0;
    bool exists = current && !s3_object_is_marker(&current->object);
    if (exists && s3_etag_in(match, current->object.etag))
        return 0;
    if (!exists)
        return aws_fail(rq, &S3_NoSuchKey, NULL);
    aws_fail(rq, &S3_PreconditionFailed, NULL);
    aws_fail_detail(rq, "Condition", S("If-Match"));
    return AWS_FAILED;
}

static int delete_one(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket, str if_match,
                      struct deletion *d) {
    if (d->version_id.p)
        return remove_version(svc, rq, bucket, d);
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    int r = s3_find_current(svc->store, NULL, bucket->row.id, d->key, &found);
    if (r && r != STORE_E_ABSENT)
        return s3_fault(rq, r, "read the object's row");
    const struct s3_found *current = r == STORE_E_ABSENT ? NULL : &found;
    r = check_match(rq, if_match, current);
    if (r)
        return r;
    if (bucket->row.versioning != S3_UNVERSIONED)
        return put_marker(svc, rq, bucket, current, d);
    return current ? remove_object(svc, rq, bucket, current, d) : 0;
}

/* ---- DeleteObject ---- */
int s3_op_DeleteObject(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    struct deletion d = {.version_id = json_str(rq->in, "VersionId")};
    int r = s3_use_key(rq, &d.key);
    if (!r)
        r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    if (json_has(rq->in, "MFA"))
        return aws_fail(rq, &S3_NotImplemented, "x-amz-mfa is not supported");
    if (json_has(rq->in, "IfMatchSize") || json_has(rq->in, "IfMatchLastModifiedTime"))
        return aws_fail(rq, &S3_NotImplemented,
                        "x-amz-if-match-size and x-amz-if-match-last-modified-time are for "
                        "directory buckets only");
    r = delete_one(svc, rq, bucket, json_str(rq->in, "IfMatch"), &d);
    if (r)
        return r;
    rq->out = json_object();
    if (d.is_marker)
        json_set_bool(rq->out, "DeleteMarker", true);
    json_set_str(rq->out, "VersionId", d.version_id.p ? d.removed_id : d.marker_id);
    return 0;
}

/* ---- DeleteObjects ---- */
static void report_error(json_t *errors, const struct deletion *d, const struct aws_error *error,
                         const char *text) {
    json_t *e = json_object();
    json_set_str(e, "Key", d->key);
    json_set_str(e, "VersionId", d->version_id);
    json_set_str(e, "Code", str_c(error->code));
    json_set_str(e, "Message", str_c(text ? text : error->text));
    json_array_append_new(errors, e);
}

static void report_done(json_t *deleted, const struct deletion *d) {
    json_t *e = json_object();
    json_set_str(e, "Key", d->key);
    json_set_str(e, "VersionId", d->version_id);
    if (d->is_marker) {
        json_set_bool(e, "DeleteMarker", true);
        json_set_str(e, "DeleteMarkerVersionId", d->marker_id);
    }
    json_array_append_new(deleted, e);
}

/* What stands against deleting this key, as a row of the answer. True: nothing. */
static bool may_delete(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                       size_t index, const struct deletion *d, json_t *errors) {
    const json_t *item = json_array_get(json_arr(json_obj(rq->in, "Delete"), "Objects"), index);
    uint64_t seq;
    uint8_t nonce[S3_NONCE_LEN];
    CLEANUP_DEINIT(buf) struct buf why = {0};
    if (d->key.len == 0 || d->key.len > S3_MAX_KEY) {
        report_error(errors, d, d->key.len ? &S3_KeyTooLongError : &S3_InvalidArgument, NULL);
        return false;
    }
    if (!rq_may_item(rq, index, &why)) {
        report_error(errors, d, &S3_AccessDenied, why.len > 0 ? buf_cstr(&why) : NULL);
        return false;
    }
    if (d->version_id.p && !str_is(d->version_id, "null") && !s3_id_read(d->version_id, &seq, nonce)) {
        report_error(errors, d, &S3_NoSuchVersion, "Invalid version id specified");
        return false;
    }
    if (json_has(item, "LastModifiedTime") || json_has(item, "Size")) {
        report_error(errors, d, &S3_NotImplemented,
                     "LastModifiedTime and Size are for directory buckets only");
        return false;
    }
    str match = json_str(item, "ETag");
    if (!match.p)
        return true;
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    int r = s3_find_current(svc->store, NULL, bucket->row.id, d->key, &found);
    bool exists = !r && !s3_object_is_marker(&found.object);
    if (exists && s3_etag_in(match, found.object.etag))
        return true;
    report_error(errors, d, exists ? &S3_PreconditionFailed : &S3_NoSuchKey, NULL);
    return false;
}

/*
 * Deletions of different keys, in one commit. Committed here and not by aws, because a run of the
 * whole request that began again would meet what its earlier commits did.
 */
static int delete_together(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                           struct deletion *deletions, size_t n) {
    enum { TRIES = 64 };
    int r = STORE_E_CONDITION;
    for (int i = 0; i < TRIES && r == STORE_E_CONDITION; i++) {
        store_batch_clear(rq_batch(rq));
        for (size_t k = 0; k < n; k++) {
            struct deletion *d = &deletions[k];
            *d = (struct deletion){.key = d->key, .version_id = d->version_id};
            r = delete_one(svc, rq, bucket, STR_NONE, d);
            if (r)
                return r;
        }
        r = rq_commit(rq);
    }
    return r == STORE_E_CONDITION ? aws_fail(rq, &S3_OperationAborted, NULL) : r;
}

/*
 * A key that is named again begins another commit: each deletion must see the state that the one
 * before it left.
 */
static int delete_all(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                      struct deletion *deletions, size_t n) {
    for (size_t from = 0, to; from < n; from = to) {
        CLEANUP_DEINIT(map) struct map seen = {0};
        for (to = from; to < n && !map_get(&seen, deletions[to].key); to++)
            map_put(&seen, deletions[to].key, &deletions[to]);
        int r = delete_together(svc, rq, bucket, deletions + from, to - from);
        if (r)
            return r;
    }
    return 0;
}

int s3_op_DeleteObjects(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    if (json_has(rq->in, "MFA"))
        return aws_fail(rq, &S3_NotImplemented, "x-amz-mfa is not supported");
    json_t *request = json_obj(rq->in, "Delete");
    json_t *items = json_arr(request, "Objects");
    size_t n_items = json_array_size(items), n = 0, i;
    if (n_items == 0 || n_items > S3_PAGE)
        return aws_fail(rq, &S3_MalformedXML, NULL);

    struct deletion *deletions = arena_alloc(&rq->arena, n_items * sizeof *deletions);
    CLEANUP_JSON json_t *errors = json_array();
    json_t *item;
    json_array_foreach(items, i, item) {
        struct deletion d = {.key = json_str(item, "Key"), .version_id = json_str(item, "VersionId")};
        if (may_delete(svc, rq, bucket, i, &d, errors))
            deletions[n++] = d;
    }
    r = delete_all(svc, rq, bucket, deletions, n);
    if (r)
        return r;

    rq->out = json_object();
    if (!json_bool(request, "Quiet", false) && n > 0) {
        json_t *deleted = json_array();
        for (i = 0; i < n; i++)
            report_done(deleted, &deletions[i]);
        json_set(rq->out, "Deleted", deleted);
    }
    if (json_array_size(errors) > 0)
        json_set(rq->out, "Errors", STEAL(errors));
    return 0;
}
