/* svc/s3: DeleteObject and DeleteObjects. */
#include "base/map.h"
#include "svc/s3/s3_priv.h"

/* One deletion and what became of it. */
struct deletion {
    str key, version_id;           /* as asked; version_id absent: the current version */
    str match;                     /* the ETag that the current version must have; absent: any */
    bool is_marker;                /* a marker was made, or the version removed was one */
    str marker_id;                 /* of the marker; absent: none */
    const struct aws_error *error; /* nothing was deleted */
    str error_text;                /* absent: the error's own */
};

static int remove_found(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                        const struct s3_found *found, const struct deletion *d) {
    int r = s3_remove(rq_rows_newest(rq), bucket, d->key, found);
    if (r)
        return s3_fault(rq, r, "remove the version");
    str shown = bucket->row.versioning == S3_UNVERSIONED ? STR_NONE : d->version_id;
    s3_emit(svc, rq, bucket,
            &(struct s3_happening){S3_EVENT_REMOVED_DELETE, d->key, NULL, shown,
                                   store_next_id(svc->store)});
    return 0;
}

/* A version for good. What is not there is no error. */
static int remove_version(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                          struct deletion *d) {
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    int r = s3_find_version(rq_rows_newest(rq), bucket->row.id, d->key, d->version_id, &found);
    if (r == STORE_E_ABSENT)
        return 0;
    if (r == S3_E_VERSION_ID)
        return s3_bad_version_id(rq, d->version_id);
    if (r)
        return s3_fault(rq, r, "read the object's row");
    d->is_marker = s3_object_is_marker(&found.object);
    if (d->is_marker)
        d->marker_id = d->version_id;
    return remove_found(svc, rq, bucket, &found, d);
}

/* With versioning a delete marker comes on top, even where there was nothing. */
static int put_marker(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                      const struct s3_found *current, struct deletion *d) {
    struct s3_object marker = {.flags = S3_OBJECT_MARKER,
                               .mtime_ms = rq->now_ms,
                               .owner = bucket->row.account};
    int r = s3_place(rq_rows_newest(rq), bucket, d->key, current, &marker, S(""));
    if (r)
        return s3_fault(rq, r, "place a delete marker");
    d->is_marker = true;
    d->marker_id = s3_shown_version(rq, bucket, &marker);
    s3_emit(
        svc, rq, bucket,
        &(struct s3_happening){S3_EVENT_REMOVED_MARKER, d->key, &marker, d->marker_id, marker.seq});
    return 0;
}

/* 0 with d->error set: refused by the ETag. */
static int delete_one(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                      struct deletion *d) {
    CLEANUP_DEINIT(s3_found) struct s3_found current = {0};
    if (d->version_id.p && !d->match.p)
        return remove_version(svc, rq, bucket, d);
    int r =
        rq_row_result(rq, s3_find_current(rq_rows_newest(rq), bucket->row.id, d->key, &current));
    if (r == AWS_FAILED)
        return r;
    if (d->match.p && !s3_found_exists(&current))
        d->error = &S3_NoSuchKey;
    else if (d->match.p && !s3_etag_in(d->match, current.object.etag))
        d->error = &S3_PreconditionFailed;
    if (d->error)
        return 0;
    if (d->version_id.p)
        return remove_version(svc, rq, bucket, d);
    if (bucket->row.versioning != S3_UNVERSIONED)
        return put_marker(svc, rq, bucket, &current, d);
    return current.row.there ? remove_found(svc, rq, bucket, &current, d) : 0;
}

/* ---- DeleteObject ---- */
static int check_members(struct rq *rq) {
    if (json_has(rq->in, "MFA"))
        return aws_fail(rq, &S3_NotImplemented, "x-amz-mfa is not supported");
    if (json_has(rq->in, "IfMatchSize") || json_has(rq->in, "IfMatchLastModifiedTime"))
        return aws_fail(rq, &S3_NotImplemented,
                        "x-amz-if-match-size and x-amz-if-match-last-modified-time are for "
                        "directory buckets only");
    return 0;
}

int s3_op_DeleteObject(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    struct deletion d = {.version_id = json_str(rq->in, "VersionId")};
    int r = s3_use_key(rq, &d.key);
    if (!r)
        r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (!r)
        r = check_members(rq);
    if (r)
        return r;
    if (!d.version_id.p) /* If-Match is about the current version */
        d.match = json_str(rq->in, "IfMatch");
    r = delete_one(svc, rq, bucket, &d);
    if (r)
        return r;
    if (d.error == &S3_PreconditionFailed)
        return s3_precondition_failed(rq, "If-Match");
    if (d.error)
        return aws_fail(rq, d.error, NULL);
    rq->out = json_object();
    if (d.is_marker)
        json_set_bool(rq->out, "DeleteMarker", true);
    json_set_str(rq->out, "VersionId", d.version_id.p ? d.version_id : d.marker_id);
    return 0;
}

/* ---- DeleteObjects ---- */
static void report_error(json_t *errors, const struct deletion *d) {
    json_t *e = json_object();
    json_set_str(e, "Key", d->key);
    json_set_str(e, "VersionId", d->version_id);
    json_set_str(e, "Code", str_c(d->error->code));
    json_set_str(e, "Message", d->error_text.p ? d->error_text : str_c(d->error->text));
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

static void report(struct rq *rq, const struct deletion *deletions, size_t n) {
    bool quiet = json_bool(json_obj(rq->in, "Delete"), "Quiet", false);
    json_t *deleted = json_array(), *errors = json_array();
    for (size_t i = 0; i < n; i++)
        if (deletions[i].error)
            report_error(errors, &deletions[i]);
        else if (!quiet)
            report_done(deleted, &deletions[i]);
    rq->out = json_object();
    json_set(rq->out, "Deleted", json_array_size(deleted) ? json_incref(deleted) : NULL);
    json_set(rq->out, "Errors", json_array_size(errors) ? json_incref(errors) : NULL);
    json_decref(deleted);
    json_decref(errors);
}

/* One entry of the list. error: what stands against it in any case. */
static struct deletion read_item(struct rq *rq, const json_t *item, size_t index) {
    uint64_t seq;
    uint8_t nonce[S3_NONCE_LEN];
    CLEANUP_DEINIT(buf) struct buf why = {0};
    struct deletion d = {.key = json_str(item, "Key"),
                         .version_id = json_str(item, "VersionId"),
                         .match = json_str(item, "ETag")};
    if (d.key.len == 0 || d.key.len > S3_MAX_KEY) {
        d.error = d.key.len ? &S3_KeyTooLongError : &S3_InvalidArgument;
    } else if (!rq_may_item(rq, index, &why)) {
        d.error = &S3_AccessDenied;
        d.error_text = why.len > 0 ? arena_str(&rq->arena, buf_view(&why)) : STR_NONE;
    } else if (d.version_id.p && !str_is(d.version_id, "null") &&
               !s3_id_read(d.version_id, &seq, nonce)) {
        d.error = &S3_NoSuchVersion;
        d.error_text = S("Invalid version id specified");
    } else if (json_has(item, "LastModifiedTime") || json_has(item, "Size")) {
        d.error = &S3_NotImplemented;
        d.error_text = S("LastModifiedTime and Size are for directory buckets only");
    }
    return d;
}

/* The deletions of one commit. 0, STORE_E_CONDITION or AWS_FAILED. */
static int commit_some(struct s3_svc *svc, struct rq *rq, struct deletion *deletions, size_t n) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    for (size_t i = 0; !r && i < n; i++)
        if (!deletions[i].error)
            r = delete_one(svc, rq, bucket, &deletions[i]);
    return r ? r : rq_commit(rq);
}

/*
 * Deletions of different keys, in one commit. Committed here and not by aws, because a run of the
 * whole request that began again would meet what its earlier commits did.
 */
static int delete_together(struct s3_svc *svc, struct rq *rq, struct deletion *deletions,
                           size_t n) {
    enum { TRIES = 64 };
    CLEANUP_MEM struct deletion *asked = mem_alloc(n * sizeof *asked);
    memcpy(asked, deletions, n * sizeof *asked);
    for (int i = 0; i < TRIES; i++) {
        int r = commit_some(svc, rq, deletions, n);
        if (r != STORE_E_CONDITION)
            return r;
        memcpy(deletions, asked, n * sizeof *asked);
    }
    return aws_fail(rq, &S3_OperationAborted, NULL);
}

/*
 * A key that is named again begins another commit: each deletion must see the state that the one
 * before it left.
 */
static int delete_all(struct s3_svc *svc, struct rq *rq, struct deletion *deletions, size_t n) {
    for (size_t from = 0, to; from < n; from = to) {
        CLEANUP_DEINIT(map) struct map seen = {0};
        for (to = from; to < n && !map_get(&seen, deletions[to].key); to++)
            map_put(&seen, deletions[to].key, &deletions[to]);
        int r = delete_together(svc, rq, deletions + from, to - from);
        if (r)
            return r;
    }
    return 0;
}

int s3_op_DeleteObjects(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    const json_t *items = json_arr(json_obj(rq->in, "Delete"), "Objects");
    size_t n = json_array_size(items);
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (!r)
        r = s3_check_digest(rq);
    if (r)
        return r;
    if (json_has(rq->in, "MFA"))
        return aws_fail(rq, &S3_NotImplemented, "x-amz-mfa is not supported");
    if (n == 0 || n > S3_PAGE)
        return aws_fail(rq, &S3_MalformedXML, NULL);
    struct deletion *deletions = arena_alloc(&rq->arena, n * sizeof *deletions);
    for (size_t i = 0; i < n; i++)
        deletions[i] = read_item(rq, json_array_get(items, i), i);
    r = delete_all(svc, rq, deletions, n);
    if (!r)
        report(rq, deletions, n);
    return r;
}
