/* svc/s3: ListParts and ListMultipartUploads. */
#include "base/codec.h"
#include "svc/s3/multipart_priv.h"
#include "svc/s3/teller.h"

/* ---- ListParts ---- */
static void add_part(struct s3_teller *t, const struct s3_mpu *mpu, uint64_t number,
                     const struct s3_part_row *part) {
    char etag[32];
    codec_hex(etag, part->md5, sizeof part->md5);
    items_begin(t->items);
    items_int(t->items, "PartNumber", (int64_t)number);
    items_time(t->items, "LastModified", part->mtime_ms / 1000 * 1000);
    s3_tell_etag(t, str_n(etag, sizeof etag));
    items_int(t->items, "Size", (int64_t)part->size);
    enum s3_sum sum = mpu->row.explicit_sum ? mpu->row.object.sum : S3_SUM_NONE;
    if (sum != S3_SUM_NONE) {
        buf_clear(&t->text);
        codec_add_base64(&t->text, part->sum_raw.p, part->sum_raw.len);
        items_str(t->items, s3_sum_rows[sum].member, buf_view(&t->text));
    }
    items_close(t->items);
}

/* The parts behind marker. *ret_truncated: there are more. */
static int fill_parts(struct s3_svc *svc, struct rq *rq, const struct s3_mpu *mpu, uint64_t marker,
                      uint64_t most, uint64_t *ret_last, bool *ret_truncated) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0};
    CLEANUP_DEINIT(s3_teller)
    struct s3_teller teller = {.rq = rq, .items = rq_out_items(rq, "Parts")};
    uint64_t n = 0;
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
        if (n++ == most) {
            *ret_truncated = true;
            break;
        }
        add_part(&teller, mpu, number, &part);
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
    r = fill_parts(svc, rq, mpu, (uint64_t)marker, most, &last, &truncated);
    if (r)
        return r;
    json_t *out = rq->out = json_object();
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
    struct s3_teller uploads, prefixes;
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

/* {"ID": an ARN, or the digits that stand for an account} */
static void tell_initiator(struct s3_teller *t, str initiator) {
    if (!str_starts(initiator, S("arn:"))) {
        s3_tell_owner(t, "Initiator", initiator);
        return;
    }
    items_open(t->items, "Initiator");
    items_str(t->items, "ID", initiator);
    items_close(t->items);
}

static void add_upload(struct upload_page *p, str key, const struct s3_upload_row *row) {
    struct s3_teller *t = &p->uploads;
    s3_id_write(p->last_id, row->object.seq, row->object.nonce);
    items_begin(t->items);
    items_str(t->items, "UploadId", str_c(p->last_id));
    s3_tell_name(t, "Key", key);
    items_time(t->items, "Initiated", s3_object_mtime_s(&row->object) * 1000);
    items_str(t->items, "StorageClass", s3_shown_class(&row->object));
    s3_tell_owner(t, "Owner", row->object.owner);
    tell_initiator(t, row->initiator);
    if (row->explicit_sum) {
        items_str(t->items, "ChecksumAlgorithm", str_c(s3_sum_rows[row->object.sum].name));
        items_str(t->items, "ChecksumType", str_c(s3_sum_type_name(row->object.sum_type)));
    }
    items_close(t->items);
}

/* False: the page is full. */
static bool take(struct upload_page *p, str key, const struct s3_upload_row *row) {
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
        add_upload(p, key, row);
        return true;
    }
    buf_clear(&p->last_prefix);
    buf_str(&p->last_prefix, prefix);
    s3_tell_prefix(&p->prefixes, prefix);
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
        if (!take(p, buf_view(&key), &row))
            break;
    }
    return store_iter_fault(it) ? s3_fault(rq, store_iter_fault(it), "list the uploads") : 0;
}

static void describe_uploads(struct rq *rq, const struct s3_bucket *bucket,
                             const struct upload_page *p) {
    json_t *out = rq->out = json_object();
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
    p->uploads = p->prefixes = (struct s3_teller){.rq = rq, .encode = p->encode};
    p->uploads.items = rq_out_items(rq, "Uploads");
    r = fill_uploads(svc, rq, bucket, p);
    if (!r)
        describe_uploads(rq, bucket, p);
    return r;
}

int s3_op_ListMultipartUploads(struct s3_svc *svc, struct rq *rq) {
    struct upload_page p = {0};
    int r = list_uploads(svc, rq, &p);
    s3_teller_deinit(&p.uploads);
    s3_teller_deinit(&p.prefixes);
    buf_deinit(&p.last_key);
    buf_deinit(&p.last_prefix);
    return r;
}
