/* svc/s3: PutObject, and what every write of an object ends with. */
#include "svc/s3/digest.h"
#include "svc/s3/s3_priv.h"

/* ---- What every write ends with ---- */
/* If-None-Match: * and If-Match of writes ("Conditional writes", S3 user guide). */
static int check_write_conditions(struct rq *rq, const struct s3_found *current) {
    str none = json_str(rq->in, "IfNoneMatch"), match = json_str(rq->in, "IfMatch");
    bool exists = s3_found_exists(current);
    if (none.p && !str_is(str_trim(none), "*"))
        return aws_fail(rq, &S3_NotImplemented,
                        "If-None-Match on a write takes only the value * (asterisk)");
    if (none.p && exists)
        return s3_precondition_failed(rq, "If-None-Match");
    if (match.p && !exists)
        return aws_fail(rq, &S3_NoSuchKey, NULL);
    if (match.p && !s3_etag_in(match, current->object.etag))
        return s3_precondition_failed(rq, "If-Match");
    return 0;
}

int s3_put_version(struct s3_svc *svc, struct rq *rq, const struct s3_write *to,
                   struct s3_object *object, str bodies) {
    const struct s3_bucket *bucket = to->bucket;
    CLEANUP_DEINIT(s3_found) struct s3_found current = {0};
    const struct rows *rows = rq_rows_newest(rq);
    int r = rq_row_result(rq, s3_find_current(rows, bucket->row.id, to->key, &current));
    if (r == AWS_FAILED)
        return r;
    r = check_write_conditions(rq, &current);
    if (r)
        return r;
    object->mtime_ms = rq->now_ms;
    object->owner = bucket->row.account;
    r = s3_place(rows, bucket, to->key, &current, object, bodies);
    if (r)
        return s3_fault(rq, r, "replace the object");
    s3_emit(svc, rq, bucket,
            &(struct s3_happening){to->type, to->key, object, s3_shown_version(rq, bucket, object),
                                   object->seq});
    return 0;
}

int s3_put_upload(struct s3_svc *svc, struct rq *rq, const struct s3_write *to,
                  struct s3_object *object, struct s3_upload *upload) {
    CLEANUP_DEINIT(buf) struct buf bodies = {0};
    object->size = upload->size;
    object->etag = str_c(upload->etag);
    object->sum = upload->sum;
    object->sum_raw = str_n(upload->sum_raw, s3_sum_rows[upload->sum].len);
    if (upload->size > 0)
        s3_body_add(&bodies, &(struct s3_body){1, upload->size, STR_NONE, buf_view(&upload->ref)});
    s3_upload_keep(upload, rq);
    return s3_put_version(svc, rq, to, object, buf_view(&bodies));
}

void s3_describe_sum(json_t *doc, const struct s3_object *object) {
    if (object->sum == S3_SUM_NONE)
        return;
    unsigned parts = object->sum_type == S3_SUM_COMPOSITE ? object->n_parts : 0;
    s3_sum_set(doc, object->sum, object->sum_raw, parts);
    json_set_str(doc, "ChecksumType", str_c(s3_sum_type_name(object->sum_type)));
}

void s3_describe_write(struct rq *rq, const struct s3_bucket *bucket,
                       const struct s3_object *object, json_t *out) {
    json_set_str(out, "ServerSideEncryption", S("AES256"));
    str version = s3_shown_version(rq, bucket, object);
    /* An answer to a write shows no id on a bucket whose versioning is suspended but "null". */
    json_set_str(out, "VersionId", version);
}

/* ---- PutObject ---- */
int s3_open_PutObject(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    str key = STR_NONE;
    int r = s3_use_target(svc, rq, &bucket, &key);
    if (!r)
        r = s3_check_features(rq, bucket);
    if (r)
        return r;
    /* Where the client sends no checksum, S3 computes one of its own. */
    enum s3_sum own = s3_sum_by_name(json_str(rq->in, "ChecksumAlgorithm"));
    if (s3_client_sum(rq) != S3_SUM_NONE)
        own = S3_SUM_NONE;
    else if (own == S3_SUM_NONE)
        own = S3_SUM_CRC64NVME;
    return s3_upload_open(svc, rq, bucket, own);
}

int s3_op_PutObject(struct s3_svc *svc, struct rq *rq) {
    struct s3_upload *upload = rq->stream;
    struct s3_bucket *bucket = NULL;
    str key = STR_NONE;
    int r = s3_use_target(svc, rq, &bucket, &key);
    struct s3_object object = {0};
    if (!r)
        r = s3_read_attributes(rq, &object);
    if (!r)
        r = s3_read_tagging(rq, &object);
    if (!r)
        r = s3_upload_finish(upload, rq);
    if (!r)
        r = s3_put_upload(svc, rq, &(struct s3_write){bucket, key, S3_EVENT_CREATED_PUT}, &object,
                          upload);
    if (r)
        return r;

    rq->out = json_object();
    json_set_str(rq->out, "ETag", s3_quoted(rq, object.etag));
    s3_describe_sum(rq->out, &object);
    s3_describe_write(rq, bucket, &object, rq->out);
    return 0;
}
