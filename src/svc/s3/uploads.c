/* svc/s3: ListParts and ListMultipartUploads. */
#include "base/codec.h"
#include "svc/s3/multipart_priv.h"

/* ---- ListParts ---- */
static void add_part(struct rq *rq, const struct s3_mpu *mpu, json_t *list, uint64_t number,
                     const struct s3_part_row *part) {
    char etag[32];
    codec_hex(etag, part->md5, sizeof part->md5);
    json_t *item = json_object();
    json_set_int(item, "PartNumber", (int64_t)number);
    json_set_int(item, "LastModified", part->mtime_ms / 1000);
    json_set_str(item, "ETag", s3_quoted(rq, str_n(etag, sizeof etag)));
    json_set_int(item, "Size", (int64_t)part->size);
    if (mpu->row.explicit_sum)
        s3_sum_set(item, mpu->row.object.sum, part->sum_raw, 0);
    json_array_append_new(list, item);
}

/* The parts behind marker. *ret_truncated: there are more. */
static int fill_parts(struct s3_svc *svc, struct rq *rq, const struct s3_mpu *mpu, uint64_t marker,
                      uint64_t most, json_t *list, uint64_t *ret_last, bool *ret_truncated) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    uint64_t id = mpu->bucket->row.id, seq = mpu->row.object.seq;
    s3_key_part(&from, id, seq, marker + 1);
    s3_key_parts(&to, id, seq);
    key_after(&to);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(svc->store, rq_snap(rq), STORE_META, buf_view(&from), buf_view(&to), false);
    while (store_iter_next(it)) {
        struct s3_part_row part = {0};
        uint64_t of_bucket, of_upload, number;
        if (!s3_part_row_read(it->value, &part) ||
            !s3_key_part_parts(it->key, &of_bucket, &of_upload, &number))
            return s3_fault(rq, STORE_E_DAMAGED, "read a part");
        if (json_array_size(list) == most) {
            *ret_truncated = true;
            break;
        }
        add_part(rq, mpu, list, number, &part);
        *ret_last = number;
    }
    return store_iter_fault(it) ? s3_fault(rq, store_iter_fault(it), "list the parts") : 0;
}

static int list_parts(struct s3_svc *svc, struct rq *rq, struct s3_mpu *mpu) {
    int64_t marker = json_int(rq->in, "PartNumberMarker", 0);
    uint64_t most = 0, last = 0;
    bool truncated = false;
    int r = s3_mpu_name(svc, rq, mpu);
    if (!r)
        r = s3_page_size(rq, "MaxParts", &most);
    if (!r)
        r = s3_mpu_find(rq, mpu);
    if (r)
        return r;
    if (marker < 0)
        return aws_fail(rq, &S3_InvalidArgument,
                        "Argument part-number-marker must be an integer between 0 and 2147483647");
    json_t *parts = json_array();
    json_t *out = rq->out = json_object();
    json_set(out, "Parts", parts);
    r = fill_parts(svc, rq, mpu, (uint64_t)marker, most, parts, &last, &truncated);
    if (r)
        return r;
    const struct s3_object *object = &mpu->row.object;
    json_set_str(out, "Bucket", mpu->bucket->name);
    json_set_str(out, "Key", mpu->key);
    json_set_str(out, "UploadId", mpu->id);
    json_set_int(out, "PartNumberMarker", marker);
    json_set_int(out, "NextPartNumberMarker", (int64_t)last);
    json_set_int(out, "MaxParts", (int64_t)most);
    json_set_bool(out, "IsTruncated", truncated);
    json_set(out, "Initiator", s3_initiator(rq, mpu->row.initiator));
    json_set(out, "Owner", s3_owner(rq, object->owner));
    json_set_str(out, "StorageClass",
                 object->storage_class.len ? object->storage_class : S("STANDARD"));
    s3_describe_algorithm(out, &mpu->row);
    return 0;
}

int s3_op_ListParts(struct s3_svc *svc, struct rq *rq) {
    struct s3_mpu mpu = {0};
    int r = list_parts(svc, rq, &mpu);
    s3_mpu_deinit(&mpu);
    return r;
}

/* ---- ListMultipartUploads ---- */
struct upload_page {
    str prefix, delimiter, key_marker, id_marker;
    uint64_t most, n, marker_seq;
    bool encode, truncated;
    json_t *uploads, *prefixes; /* borrowed from the answer */
    struct buf last_key, last_prefix;
    char last_id[S3_ID_LEN + 1];
};

/*
 * Is this upload behind the markers? Without an id marker all uploads of the marker's key are
 * before.
 */
static bool is_behind(const struct upload_page *p, str key, uint64_t seq) {
    int order = str_cmp(key, p->key_marker);
    return order > 0 || (order == 0 && p->marker_seq > 0 && seq > p->marker_seq);
}

/* The prefix that key rolls up into; absent: none. */
static str rolled(const struct upload_page *p, str key) {
    if (p->delimiter.len == 0)
        return STR_NONE;
    ptrdiff_t at = str_find(str_skip(key, p->prefix.len), p->delimiter);
    return at < 0 ? STR_NONE : str_slice(key, 0, p->prefix.len + (size_t)at + p->delimiter.len);
}

static void add_upload(struct rq *rq, struct upload_page *p, str key,
                       const struct s3_upload_row *row) {
    json_t *item = json_object();
    s3_id_write(p->last_id, row->object.seq, row->object.nonce);
    json_set_str(item, "UploadId", str_c(p->last_id));
    json_set_str(item, "Key", s3_encoded(rq, p->encode, key));
    json_set_int(item, "Initiated", s3_object_mtime_s(&row->object));
    json_set_str(item, "StorageClass",
                 row->object.storage_class.len ? row->object.storage_class : S("STANDARD"));
    json_set(item, "Owner", s3_owner(rq, row->object.owner));
    json_set(item, "Initiator", s3_initiator(rq, row->initiator));
    s3_describe_algorithm(item, row);
    json_array_append_new(p->uploads, item);
}

/* False: the page is full. */
static bool take(struct rq *rq, struct upload_page *p, str key, const struct s3_upload_row *row) {
    str prefix = rolled(p, key);
    if (prefix.p &&
        (str_eq(prefix, buf_view(&p->last_prefix)) || str_cmp(prefix, p->key_marker) <= 0))
        return true;
    if (p->n == p->most) {
        p->truncated = true;
        return false;
    }
    p->n++;
    buf_clear(&p->last_key);
    buf_str(&p->last_key, prefix.p ? prefix : key);
    p->last_id[0] = '\0';
    if (!prefix.p) {
        add_upload(rq, p, key, row);
        return true;
    }
    buf_clear(&p->last_prefix);
    buf_str(&p->last_prefix, prefix);
    json_t *item = json_object();
    json_set_str(item, "Prefix", s3_encoded(rq, p->encode, prefix));
    json_array_append_new(p->prefixes, item);
    return true;
}

/* Uploads under way are few, so the walk simply passes by what does not match. */
static int fill_uploads(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                        struct upload_page *p) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0}, key = {0};
    s3_key_uploads(&prefix, bucket->row.id);
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_below(svc->store, rq_snap(rq), STORE_META, buf_view(&prefix));
    while (p->most > 0 && store_iter_next(it)) {
        struct s3_upload_row row = {0};
        uint64_t seq;
        buf_clear(&key);
        if (!s3_key_upload_parts(it->key, &key, &seq) || !s3_upload_row_read(it->value, &row))
            return s3_fault(rq, STORE_E_DAMAGED, "read an upload");
        if (!str_starts(buf_view(&key), p->prefix) || !is_behind(p, buf_view(&key), seq))
            continue;
        if (!take(rq, p, buf_view(&key), &row))
            break;
    }
    return store_iter_fault(it) ? s3_fault(rq, store_iter_fault(it), "list the uploads") : 0;
}

static void describe_uploads(struct rq *rq, const struct s3_bucket *bucket,
                             const struct upload_page *p) {
    json_t *out = rq->out;
    json_set_str(out, "Bucket", bucket->name);
    json_set_str(out, "KeyMarker", s3_encoded(rq, p->encode, p->key_marker));
    json_set_str(out, "UploadIdMarker", p->id_marker);
    json_set_str(out, "Prefix", s3_encoded(rq, p->encode, p->prefix));
    if (p->delimiter.len > 0)
        json_set_str(out, "Delimiter", s3_encoded(rq, p->encode, p->delimiter));
    json_set_int(out, "MaxUploads", (int64_t)p->most);
    json_set_bool(out, "IsTruncated", p->truncated);
    if (p->encode)
        json_set_str(out, "EncodingType", S("url"));
    if (p->truncated) {
        json_set_str(out, "NextKeyMarker", s3_encoded(rq, p->encode, buf_view(&p->last_key)));
        json_set_str(out, "NextUploadIdMarker", str_c(p->last_id));
    }
}

static str or_empty(str s) {
    if (!s.p)
        s.p = "";
    return s;
}

static int list_uploads(struct s3_svc *svc, struct rq *rq, struct upload_page *p) {
    struct s3_bucket *bucket = NULL;
    uint8_t nonce[S3_NONCE_LEN];
    int r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = s3_page_size(rq, "MaxUploads", &p->most);
    if (r)
        return r;
    p->encode = s3_wants_encoding(rq);
    p->prefix = or_empty(json_str(rq->in, "Prefix"));
    p->delimiter = or_empty(json_str(rq->in, "Delimiter"));
    p->key_marker = or_empty(json_str(rq->in, "KeyMarker"));
    /* Without a key marker an id marker is ignored. */
    p->id_marker = p->key_marker.len > 0 ? or_empty(json_str(rq->in, "UploadIdMarker")) : S("");
    if (p->id_marker.len > 0 && !s3_id_read(p->id_marker, &p->marker_seq, nonce))
        return aws_fail(rq, &S3_InvalidArgument, "Invalid uploadId marker");
    p->uploads = json_array();
    p->prefixes = json_array();
    rq->out = json_object();
    json_set(rq->out, "Uploads", p->uploads);
    json_set(rq->out, "CommonPrefixes", p->prefixes);
    r = fill_uploads(svc, rq, bucket, p);
    if (!r)
        describe_uploads(rq, bucket, p);
    return r;
}

int s3_op_ListMultipartUploads(struct s3_svc *svc, struct rq *rq) {
    struct upload_page p = {0};
    int r = list_uploads(svc, rq, &p);
    buf_deinit(&p.last_key);
    buf_deinit(&p.last_prefix);
    return r;
}
