/* svc/s3: CompleteMultipartUpload. */
#include "base/codec.h"
#include "base/md5.h"
#include "svc/s3/multipart_priv.h"

/* The object while its parts are added up. */
struct assembly {
    struct s3_mpu mpu;
    struct s3_object object;
    struct buf bodies; /* packed list */
    struct buf md5s;   /* of the parts, raw, one behind the other */
    struct buf sums;   /* COMPOSITE: likewise their checksums */
    uint8_t sum[S3_SUM_MAX];
    char etag[48];
};

static void assembly_deinit(struct assembly *a) {
    s3_mpu_deinit(&a->mpu);
    buf_deinit(&a->bodies);
    buf_deinit(&a->md5s);
    buf_deinit(&a->sums);
}

static int invalid_part(struct rq *rq, const struct assembly *a, unsigned number, str etag) {
    aws_fail(rq, &S3_InvalidPart, NULL);
    aws_fail_detail(rq, "UploadId", a->mpu.id);
    aws_fail_detail(rq, "PartNumber", arena_printf(&rq->arena, "%u", number));
    aws_fail_detail(rq, "ETag", etag);
    return AWS_FAILED;
}

static int too_small(struct rq *rq, unsigned number, uint64_t size, str etag) {
    aws_fail(rq, &S3_EntityTooSmall, NULL);
    aws_fail_detail(rq, "ProposedSize", arena_printf(&rq->arena, "%llu", (unsigned long long)size));
    aws_fail_detail(rq, "MinSizeAllowed", S("5242880"));
    aws_fail_detail(rq, "PartNumber", arena_printf(&rq->arena, "%u", number));
    aws_fail_detail(rq, "ETag", etag);
    return AWS_FAILED;
}

/* The checksum that the client lists for a part, where it must or does. */
static int check_part_sum(struct rq *rq, const struct assembly *a, const json_t *listed,
                          unsigned number, const struct s3_part_row *part) {
    const struct s3_upload_row *upload = &a->mpu.row;
    str given;
    enum s3_sum sum = s3_sum_of(listed, &given);
    uint8_t raw[S3_SUM_MAX];
    if (sum == S3_SUM_NONE && upload->explicit_sum && upload->object.sum_type == S3_SUM_COMPOSITE)
        return aws_fail(rq, &S3_InvalidRequest,
                        "The upload was created using a %s checksum. The complete request must "
                        "include the checksum for each part. It was missing for part %u in the "
                        "request.",
                        s3_sum_rows[upload->object.sum].name, number);
    if (sum != upload->object.sum) /* none, or one of an upload that did not choose */
        return 0;
    if (!s3_sum_decode(sum, given, raw) || memcmp(raw, part->sum_raw.p, part->sum_raw.len) != 0)
        return invalid_part(rq, a, number, json_str(listed, "ETag"));
    return 0;
}

static bool same_etag(str given, const uint8_t md5[16]) {
    char hex[32];
    codec_hex(hex, md5, 16);
    return s3_etag_in(given, str_n(hex, sizeof hex)) && !str_is(given, "*");
}

static void add_sum(struct assembly *a, const struct s3_part_row *part, bool first) {
    enum s3_sum sum = a->object.sum;
    if (a->object.sum_type == S3_SUM_COMPOSITE)
        buf_str(&a->sums, part->sum_raw);
    else if (first)
        memcpy(a->sum, part->sum_raw.p, part->sum_raw.len);
    else
        s3_sum_combine(sum, a->sum, (const uint8_t *)part->sum_raw.p, part->size);
}

/* One listed part: found as it was listed, its row becomes the object's. */
static int add_part(struct rq *rq, struct assembly *a, const json_t *listed, unsigned number,
                    bool is_last) {
    CLEANUP_DEINIT(row) struct row at = {0};
    struct s3_part_row part;
    str etag = json_str(listed, "ETag");
    s3_key_part(&at.key, a->mpu.bucket->row.id, a->mpu.row.object.seq, number);
    int r = row_get(rq_rows_newest(rq), &at);
    if (r == STORE_E_ABSENT)
        return invalid_part(rq, a, number, etag);
    if (!r && (!s3_part_row_read(buf_view(&at.bytes), &part) ||
               part.sum_raw.len != s3_sum_rows[a->object.sum].len))
        r = STORE_E_DAMAGED;
    if (r)
        return s3_fault(rq, r, "read a part");
    if (!same_etag(etag, part.md5))
        return invalid_part(rq, a, number, etag);
    if (!is_last && part.size < S3_MIN_PART)
        return too_small(rq, number, part.size, etag);
    r = check_part_sum(rq, a, listed, number, &part);
    if (r)
        return r;

    add_sum(a, &part, a->object.n_parts == 0);
    a->object.size += part.size;
    a->object.n_parts++;
    buf_add(&a->md5s, part.md5, sizeof part.md5);
    s3_body_add(&a->bodies, &(struct s3_body){number, part.size, part.sum_raw, part.ref});
    row_del(rq_rows_newest(rq), &at);
    return 0;
}

/* Numbers in range and growing: looked at before any part is. */
static int check_order(struct rq *rq, const json_t *parts) {
    int64_t last = 0;
    size_t i;
    json_t *listed;
    json_array_foreach (parts, i, listed) {
        int64_t number = json_int(listed, "PartNumber", 0);
        if (number < 1 || number > S3_MAX_PARTS)
            return aws_fail(rq, &S3_InvalidArgument, "PartNumber must be >= 1 and <= 10000");
        if (number <= last)
            return aws_fail(rq, &S3_InvalidPartOrder, NULL);
        last = number;
    }
    return 0;
}

static int add_parts(struct rq *rq, struct assembly *a) {
    json_t *parts = json_arr(json_obj(rq->in, "MultipartUpload"), "Parts");
    size_t n = json_array_size(parts), i;
    if (n == 0 || n > S3_MAX_PARTS)
        return aws_fail(rq, &S3_MalformedXML, NULL);
    int r = check_order(rq, parts);
    json_t *listed;
    json_array_foreach (parts, i, listed)
        if (!r)
            r = add_part(rq, a, listed, (unsigned)json_int(listed, "PartNumber", 0), i + 1 == n);
    return r;
}

/* The ETag: MD5 of the parts' MD5s, and their number. */
static void make_etag(struct assembly *a) {
    unsigned char md5[MD5_LEN];
    md5_of(buf_view(&a->md5s), md5);
    codec_hex(a->etag, md5, sizeof md5);
    snprintf(a->etag + 32, sizeof a->etag - 32, "-%u", a->object.n_parts);
    a->object.etag = str_c(a->etag);
}

static void make_sum(struct assembly *a) {
    enum s3_sum sum = a->object.sum;
    if (a->object.sum_type == S3_SUM_COMPOSITE) {
        struct s3_sum_ctx ctx;
        s3_sum_init(&ctx, sum);
        s3_sum_add(&ctx, a->sums.p, a->sums.len);
        s3_sum_finish(&ctx, a->sum);
        s3_sum_deinit(&ctx);
    }
    a->object.sum_raw = str_n(a->sum, s3_sum_rows[sum].len);
}

/* Checksums of the whole that nothing here computes. */
static int check_known_sums(struct rq *rq) {
    static const struct {
        const char *member, *name;
    } unknown[] = {{"ChecksumSHA512", "SHA512"},
                   {"ChecksumMD5", "MD5"},
                   {"ChecksumXXHASH64", "XXHASH64"},
                   {"ChecksumXXHASH3", "XXHASH3"},
                   {"ChecksumXXHASH128", "XXHASH128"}};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
        if (json_has(rq->in, unknown[i].member))
            return aws_fail(rq, &S3_NotImplemented, "The checksum algorithm %s is not supported",
                            unknown[i].name);
    return 0;
}

/* What the client says the whole must be. */
static int check_whole(struct rq *rq, const struct assembly *a) {
    int r = check_known_sums(rq);
    if (r)
        return r;
    if (json_has(rq->in, "MpuObjectSize") &&
        (uint64_t)json_int(rq->in, "MpuObjectSize", 0) != a->object.size)
        return aws_fail(rq, &S3_InvalidRequest,
                        "The provided 'x-amz-mp-object-size' header value %lld does not match what "
                        "was computed: %llu",
                        (long long)json_int(rq->in, "MpuObjectSize", 0),
                        (unsigned long long)a->object.size);
    str type = json_str(rq->in, "ChecksumType");
    if (type.p && !str_is(type, s3_sum_type_name(a->object.sum_type)))
        return aws_fail(rq, &S3_InvalidRequest,
                        "The upload was created using the %s checksum mode. The complete request "
                        "must use the same checksum mode.",
                        s3_sum_type_name(a->object.sum_type));
    str given, bare, tail;
    uint8_t raw[S3_SUM_MAX];
    enum s3_sum sum = s3_sum_of(rq->in, &given);
    if (sum == S3_SUM_NONE || sum != a->object.sum)
        return 0;
    str_cut(given, '-', &bare, &tail); /* base64 has no '-': a composite one may carry "-N" */
    if (!s3_sum_decode(sum, bare, raw) || memcmp(raw, a->sum, s3_sum_rows[sum].len) != 0)
        return aws_fail(rq, &S3_BadDigest,
                        "The %s you specified did not match the calculated checksum.",
                        s3_sum_rows[sum].name);
    return 0;
}

static void answer(struct rq *rq, const struct s3_mpu *mpu, const struct s3_object *object) {
    CLEANUP_DEINIT(buf) struct buf at = {0};
    json_t *out = rq->out = json_object();
    buf_printf(&at, STR_FMT "/" STR_FMT "/", STR_ARG(rq_endpoint(rq)), STR_ARG(mpu->bucket->name));
    codec_add_uri(&at, mpu->key, true);
    json_set_str(out, "Location", buf_view(&at));
    json_set_str(out, "Bucket", mpu->bucket->name);
    json_set_str(out, "Key", mpu->key);
    json_set_str(out, "ETag", s3_quoted(rq, object->etag));
    s3_describe_sum(out, object);
    s3_describe_write(rq, mpu->bucket, object, out);
}

/*
 * A client that missed the answer asks again: while the object that the upload became is still the
 * current one, it is told once more.
 */
static int answer_again(struct rq *rq, const struct s3_mpu *mpu) {
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    int r = rq_row_result(
        rq, s3_find_current(rq_rows_newest(rq), mpu->bucket->row.id, mpu->key, &found));
    if (r == AWS_FAILED)
        return r;
    if (r || mpu->id.len == 0 || !str_eq(found.object.upload_id, mpu->id))
        return s3_no_such_upload(rq, mpu->id);
    answer(rq, mpu, &found.object);
    return 0;
}

static int complete(struct s3_svc *svc, struct rq *rq, struct assembly *a) {
    struct s3_mpu *mpu = &a->mpu;
    int r = s3_mpu_name(svc, rq, mpu);
    if (r)
        return r;
    if (mpu->bucket->row.deleting)
        return aws_fail(rq, &S3_OperationAborted, NULL);
    r = s3_mpu_read(rq, mpu);
    if (r)
        return r == STORE_E_ABSENT ? answer_again(rq, mpu) : r;

    a->object = mpu->row.object;
    a->object.size = 0;
    a->object.upload_id = mpu->id;
    r = add_parts(rq, a);
    if (r)
        return r;
    make_etag(a);
    make_sum(a);
    r = check_whole(rq, a);
    if (r)
        return r;

    row_del(rq_rows_newest(rq), &mpu->at);
    const struct s3_write to = {mpu->bucket, mpu->key, S3_EVENT_CREATED_MULTIPART};
    r = s3_put_version(svc, rq, &to, &a->object, buf_view(&a->bodies));
    if (r)
        return r;
    s3_mpu_drop_rest(svc, rq, mpu);
    answer(rq, mpu, &a->object);
    return 0;
}

int s3_op_CompleteMultipartUpload(struct s3_svc *svc, struct rq *rq) {
    struct assembly a = {0};
    int r = complete(svc, rq, &a);
    assembly_deinit(&a);
    return r;
}
