/*
 * svc/s3: CreateMultipartUpload, UploadPart, AbortMultipartUpload.
 *
 * A part is written only while its upload's row stands unchanged, and Complete and Abort remove
 * that row in their own commit: no part can come after them. What parts they leave (a part that was
 * not listed, or came between reading and committing) is removed afterwards, by the same request or
 * by the sweep at the next start.
 */
#include "base/rand.h"
#include "store/blob.h"
#include "svc/s3/multipart_priv.h"

/* ---- Naming an upload ---- */
void s3_mpu_deinit(struct s3_mpu *mpu) { row_deinit(&mpu->at); }

int s3_no_such_upload(struct rq *rq, str id) {
    aws_fail(rq, &S3_NoSuchUpload, NULL);
    aws_fail_detail(rq, "UploadId", id);
    return AWS_FAILED;
}

int s3_mpu_name(struct s3_svc *svc, struct rq *rq, struct s3_mpu *mpu) {
    int r = s3_use_bucket(svc, rq, &mpu->bucket);
    if (!r)
        r = s3_use_key(rq, &mpu->key);
    mpu->id = json_str(rq->in, "UploadId");
    return r;
}

int s3_mpu_read(struct rq *rq, struct s3_mpu *mpu) {
    uint64_t seq;
    uint8_t nonce[S3_NONCE_LEN];
    if (!s3_id_read(mpu->id, &seq, nonce))
        return s3_no_such_upload(rq, mpu->id);
    s3_key_upload(&mpu->at.key, mpu->bucket->row.id, mpu->key, seq);
    int r = row_get(rq_rows_newest(rq), &mpu->at);
    if (!r && !s3_upload_row_read(buf_view(&mpu->at.bytes), &mpu->row))
        r = STORE_E_DAMAGED;
    if (!r && memcmp(mpu->row.object.nonce, nonce, sizeof nonce) != 0)
        return s3_no_such_upload(rq, mpu->id);
    return rq_row_result(rq, r);
}

int s3_mpu_find(struct rq *rq, struct s3_mpu *mpu) {
    int r = s3_mpu_read(rq, mpu);
    return r == STORE_E_ABSENT ? s3_no_such_upload(rq, mpu->id) : r;
}

/* ---- What Complete and Abort leave behind ---- */
struct rest {
    struct store *store;
    uint64_t bucket_id, seq;
    bool committed;
};

static void mark_committed(void *rest) { ((struct rest *)rest)->committed = true; }

static void drop_rest(void *ctx) {
    struct rest *rest = ctx;
    /* A failure here costs space until the next start's sweep, and nothing else. */
    if (rest->committed)
        s3_drop_parts(rest->store, rest->bucket_id, rest->seq, NULL);
    free(rest);
}

void s3_mpu_drop_rest(struct s3_svc *svc, struct rq *rq, const struct s3_mpu *mpu) {
    struct rest *rest = mem_new(struct rest);
    *rest = (struct rest){svc->store, mpu->bucket->row.id, mpu->row.object.seq, false};
    rq_on_done(rq, drop_rest, rest);
    store_after(rq_batch(rq), mark_committed, rest);
}

/* ---- CreateMultipartUpload ---- */
/* "CRC32" and so on, and how it is applied; without a wish S3 takes CRC64NVME over the whole. */
static int choose_sum(struct rq *rq, struct s3_upload_row *row) {
    str name = json_str(rq->in, "ChecksumAlgorithm"), type = json_str(rq->in, "ChecksumType");
    row->explicit_sum = name.p != NULL;
    enum s3_sum sum = name.p ? s3_sum_by_name(name) : S3_SUM_CRC64NVME;
    if (sum == S3_SUM_NONE)
        return aws_fail(rq, &S3_NotImplemented,
                        "The checksum algorithm " STR_FMT " is not supported", STR_ARG(name));
    const struct s3_sum_row *known = &s3_sum_rows[sum];
    bool composite = type.p ? str_is(type, "COMPOSITE") : known->composite;
    if (type.p && !name.p)
        return aws_fail(rq, &S3_InvalidRequest,
                        "The x-amz-checksum-type header can only be used with the "
                        "x-amz-checksum-algorithm header.");
    if (composite ? !known->composite : !known->full)
        return aws_fail(rq, &S3_InvalidRequest,
                        "The %s checksum type cannot be used with the %s checksum algorithm.",
                        composite ? "COMPOSITE" : "FULL_OBJECT", known->name);
    row->object.sum = sum;
    row->object.sum_type = composite ? S3_SUM_COMPOSITE : S3_SUM_FULL_OBJECT;
    return 0;
}

static str initiator_of(const struct rq *rq) {
    if (!rq->caller || rq->caller->principal.kind == PRINCIPAL_ROOT)
        return rq->account;
    return rq->caller->principal.arn;
}

void s3_describe_algorithm(json_t *doc, const struct s3_upload_row *row) {
    if (!row->explicit_sum)
        return;
    json_set_str(doc, "ChecksumAlgorithm", str_c(s3_sum_rows[row->object.sum].name));
    json_set_str(doc, "ChecksumType", str_c(s3_sum_type_name(row->object.sum_type)));
}

json_t *s3_initiator(struct rq *rq, str initiator) {
    if (!str_starts(initiator, S("arn:")))
        return s3_owner(rq, initiator);
    json_t *doc = json_object();
    json_set_str(doc, "ID", initiator);
    return doc;
}

static int read_new_upload(struct rq *rq, const struct s3_bucket *bucket,
                           struct s3_upload_row *row) {
    int r = s3_check_features(rq, bucket);
    if (!r)
        r = s3_read_attributes(rq, &row->object);
    if (!r)
        r = s3_read_tagging(rq, &row->object);
    return r ? r : choose_sum(rq, row);
}

static void describe_new_upload(struct rq *rq, const struct s3_bucket *bucket, str key,
                                const struct s3_upload_row *row) {
    char id[S3_ID_LEN + 1];
    s3_id_write(id, row->object.seq, row->object.nonce);
    rq->out = json_object();
    json_set_str(rq->out, "Bucket", bucket->name);
    json_set_str(rq->out, "Key", key);
    json_set_str(rq->out, "UploadId", str_c(id));
    json_set_str(rq->out, "ServerSideEncryption", S("AES256"));
    s3_describe_algorithm(rq->out, row);
}

int s3_op_CreateMultipartUpload(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    str key = STR_NONE;
    struct s3_upload_row row = {.initiator = initiator_of(rq)};
    int r = s3_use_target(svc, rq, &bucket, &key);
    if (!r)
        r = read_new_upload(rq, bucket, &row);
    if (r)
        return r;
    row.object.seq = store_next_id(svc->store);
    rand_bytes(row.object.nonce, sizeof row.object.nonce);
    row.object.mtime_ms = rq->now_ms;
    row.object.owner = bucket->row.account;
    CLEANUP_DEINIT(buf) struct buf row_key = {0}, bytes = {0};
    s3_key_upload(&row_key, bucket->row.id, key, row.object.seq);
    s3_upload_row_write(&bytes, &row);
    /* a number of our own */
    row_put_blind(rq_rows_newest(rq), STORE_META, buf_view(&row_key), buf_view(&bytes));
    describe_new_upload(rq, bucket, key, &row);
    return 0;
}

/* ---- UploadPart ---- */
int s3_part_number(struct rq *rq, unsigned *ret_part) {
    int64_t part = json_int(rq->in, "PartNumber", 0);
    if (part < 1 || part > S3_MAX_PARTS) {
        aws_fail(rq, &S3_InvalidArgument,
                 "Part number must be an integer between 1 and 10000, inclusive");
        aws_fail_detail(rq, "ArgumentName", S("partNumber"));
        return AWS_FAILED;
    }
    *ret_part = (unsigned)part;
    return 0;
}

int s3_open_UploadPart(struct s3_svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(s3_mpu) struct s3_mpu mpu = {0};
    unsigned part = 0;
    int r = s3_mpu_name(svc, rq, &mpu);
    if (!r)
        r = s3_part_number(rq, &part);
    if (!r)
        r = s3_check_features(rq, mpu.bucket);
    if (!r)
        r = s3_mpu_find(rq, &mpu);
    if (r)
        return r;
    enum s3_sum sent = s3_client_sum(rq), wanted = mpu.row.object.sum;
    if (sent != S3_SUM_NONE && sent != wanted && mpu.row.explicit_sum)
        return aws_fail(rq, &S3_InvalidRequest,
                        "Checksum Type mismatch occurred, expected checksum Type: %s, actual "
                        "checksum Type: %s",
                        s3_sum_rows[wanted].name, s3_sum_rows[sent].name);
    return s3_upload_open(svc, rq, mpu.bucket, sent == wanted ? S3_SUM_NONE : wanted);
}

/* The part that is there already goes, with its body. */
static int drop_part(struct rq *rq, const struct row *at) {
    struct s3_part_row old;
    if (!s3_part_row_read(buf_view(&at->bytes), &old))
        return s3_fault(rq, STORE_E_DAMAGED, "read the part");
    if (old.ref.len > 0)
        blob_drop(rq_batch(rq), old.ref);
    return 0;
}

int s3_put_part(struct s3_svc *svc, struct rq *rq, const struct s3_mpu *mpu, unsigned part,
                struct s3_upload *upload, struct s3_part_row *ret_row) {
    CLEANUP_DEINIT(row) struct row at = {0};
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    const struct rows *rows = rq_rows_newest(rq);
    s3_key_part(&at.key, mpu->bucket->row.id, mpu->row.object.seq, part);
    int r = rq_row_result(rq, row_get(rows, &at));
    if (!r)
        r = drop_part(rq, &at);
    if (r == AWS_FAILED)
        return r;
    struct s3_part_row row = {
        .seq = store_next_id(svc->store),
        .mtime_ms = rq->now_ms,
        .size = upload->size,
        .sum_raw = str_n(upload->sum_raw, s3_sum_rows[upload->sum].len),
        .ref = buf_view(&upload->ref),
    };
    memcpy(row.md5, upload->md5, sizeof row.md5);
    s3_part_row_write(&bytes, &row);
    row_put(rows, &at, buf_view(&bytes));
    s3_upload_keep(upload, rq);
    *ret_row = row;
    return 0;
}

int s3_op_UploadPart(struct s3_svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(s3_mpu) struct s3_mpu mpu = {0};
    struct s3_upload *upload = rq->stream;
    struct s3_part_row row = {0};
    unsigned part = 0;
    int r = s3_mpu_name(svc, rq, &mpu);
    if (!r)
        r = s3_part_number(rq, &part);
    if (!r)
        r = s3_mpu_find(rq, &mpu);
    if (!r)
        r = s3_upload_finish(upload, rq);
    if (!r && upload->sum != mpu.row.object.sum)
        r = aws_fail(rq, &S3_InvalidRequest,
                     "The part's checksum is not of the upload's algorithm");
    if (!r)
        r = s3_put_part(svc, rq, &mpu, part, upload, &row);
    if (r)
        return r;
    rq->out = json_object();
    json_set_str(rq->out, "ETag", s3_quoted(rq, str_c(upload->etag)));
    json_set_str(rq->out, "ServerSideEncryption", S("AES256"));
    if (mpu.row.explicit_sum)
        s3_sum_set(rq->out, upload->sum, row.sum_raw, 0);
    return 0;
}

/* ---- AbortMultipartUpload ---- */
int s3_op_AbortMultipartUpload(struct s3_svc *svc, struct rq *rq) {
    CLEANUP_DEINIT(s3_mpu) struct s3_mpu mpu = {0};
    int r = s3_mpu_name(svc, rq, &mpu);
    if (!r && json_has(rq->in, "IfMatchInitiatedTime"))
        r = aws_fail(rq, &S3_NotImplemented,
                     "x-amz-if-match-initiated-time is for directory buckets only");
    if (!r)
        r = s3_mpu_find(rq, &mpu);
    if (r)
        return r;
    store_batch_frees(rq_batch(rq));
    row_del(rq_rows_newest(rq), &mpu.at);
    s3_mpu_drop_rest(svc, rq, &mpu);
    return 0;
}
