/*
 * svc/s3: CopyObject and UploadPartCopy. The bytes are read, verified and sealed anew: a body has
 * one owner, and another bucket has another key.
 */
#include "svc/s3/copy_source.h"
#include "svc/s3/multipart_priv.h"
#include "svc/s3/range.h"

/* ---- The source ---- */
/*
 * The object that CopySource names, readable to the caller and under the CopySourceIf… conditions.
 */
struct source {
    struct s3_bucket *bucket;
    str key;
    str version_id; /* as given; absent: the current one */
    struct s3_found found;
    struct buf storage;
    str bodies;
};
static void source_deinit(struct source *source) {
    s3_found_deinit(&source->found);
    buf_deinit(&source->storage);
}

static int read_source(struct rq *rq, struct s3_copy_source *ret) {
    switch (s3_copy_source_parse(&rq->arena, json_str(rq->in, "CopySource"), ret)) {
    case S3_COPY_SOURCE_OK: return 0;
    case S3_COPY_SOURCE_E_ARN:
        return aws_fail(rq, &S3_NotImplemented,
                        "A copy source that is an access point is not supported");
    default:
        aws_fail(rq, &S3_InvalidArgument, "Invalid copy source object key");
        aws_fail_detail(rq, "ArgumentName", S("x-amz-copy-source"));
        aws_fail_detail(rq, "ArgumentValue", json_str(rq->in, "CopySource"));
        return AWS_FAILED;
    }
}

/* ---- What the rows ask about it ---- */
static int source_bucket(struct rq *rq, str *ret) {
    struct s3_copy_source source = {0};
    int r = read_source(rq, &source);
    *ret = source.bucket;
    return r;
}

static int source_key(struct rq *rq, str *ret) {
    struct s3_copy_source source = {0};
    int r = read_source(rq, &source);
    *ret = source.key;
    return r;
}

static int source_version(struct rq *rq, str *ret) {
    struct s3_copy_source source = {0};
    int r = read_source(rq, &source);
    *ret = source.version_id;
    return r;
}

const struct aws_derived s3_derived[] = {{"source_bucket", source_bucket},
                                         {"source_key", source_key},
                                         {"source_version", source_version},
                                         {0}};

static int use_source(struct s3_svc *svc, struct rq *rq, struct source *source) {
    struct s3_copy_source parsed = {0};
    int r = read_source(rq, &parsed);
    if (!r)
        r = s3_use_bucket_named(svc, rq, parsed.bucket,
                                json_str(rq->in, "ExpectedSourceBucketOwner"), &source->bucket);
    if (r)
        return r;
    struct s3_wanted wanted = {source->bucket, parsed.key, parsed.version_id, &s3_may_list_source};
    source->key = parsed.key;
    source->version_id = parsed.version_id;
    /*
     * What is copied is the version that stood there when the copy began: a later one does no harm.
     */
    const struct rows peek = {svc->store, NULL, NULL};
    r = s3_find_wanted(rq, &peek, &wanted, &source->found);
    if (r)
        return r;
    struct s3_cond cond = s3_cond_of(rq->in, "CopySource");
    r = s3_check_cond(rq, &cond, &source->found.object, NULL);
    if (r)
        return r;
    r = s3_load_bodies(&peek, source->bucket->row.id, &source->found.object, &source->storage,
                       &source->bodies);
    return r ? s3_fault(rq, r, "read the source's body list") : 0;
}

/*
 * The source's bodies were dropped after its row was read: the request runs again, where there is
 * another row by now, or none.
 */
static int source_is_gone(struct rq *rq, const struct source *source, str why) {
    CLEANUP_DEINIT(row) struct row now = {0};
    const struct rows peek = {rq_store(rq), NULL, NULL};
    buf_str(&now.key, buf_view(&source->found.row.key));
    int r = row_peek(&peek, &now);
    bool same = r == 0 && str_eq(buf_view(&now.bytes), buf_view(&source->found.row.bytes));
    return same || (r && r != STORE_E_ABSENT) ? aws_damage(rq, why) : STORE_E_CONDITION;
}

/* Copies the span of the source into upload. STORE_E_CONDITION: it was overwritten. */
static int copy_bytes(struct s3_svc *svc, struct rq *rq, const struct source *source,
                      const struct s3_span *span, struct s3_upload *upload) {
    enum { PIECE = 256 * 1024 };
    CLEANUP(s3_body_reader) struct s3_body_reader *reader = NULL;
    CLEANUP_MEM char *piece = mem_alloc(PIECE);
    CLEANUP_DEINIT(buf) struct buf why = {0};
    char id[S3_ID_LEN + 1];
    const struct s3_object *object = &source->found.object;
    const struct s3_whose whose = {source->bucket->name, source->key,
                                   s3_object_version_id(object, id), object->n_parts > 0};
    int r = s3_body_reader_new(svc->store, source->bodies, span, &whose, &reader, &why);
    if (r)
        return r == STORE_E_ABSENT ? source_is_gone(rq, source, buf_view(&why))
                                   : aws_damage(rq, buf_view(&why));
    for (uint64_t at = 0; at < span->n;) {
        ssize_t got = s3_body_reader_read(reader, at, piece, PIECE);
        if (got <= 0)
            return source_is_gone(rq, source, s3_body_reader_why(reader));
        r = s3_upload_write(upload, rq, piece, (size_t)got);
        if (r)
            return r;
        at += (uint64_t)got;
    }
    return 0;
}

struct job { /* what is copied, and to where */
    const struct s3_bucket *target;
    enum s3_sum sum;     /* the algorithm of the copy's checksum */
    struct s3_span span; /* of the source */
};
/*
 * The copied body of this request. A run that begins again, because another writer of the target
 * came first, uses the body that the first one made, unless the source is another by now:
 * rq->stream keeps it.
 */
static int copy_once(struct s3_svc *svc, struct rq *rq, const struct source *source,
                     const struct job *job, struct s3_upload **ret_upload) {
    struct s3_upload *upload = rq->stream;
    if (!upload || upload->source_seq != source->found.object.seq) {
        int r = s3_upload_new(svc, rq, job->target, job->sum, job->span.n, &upload);
        if (!r)
            r = copy_bytes(svc, rq, source, &job->span, upload);
        if (!r)
            r = s3_upload_finish(upload, rq);
        if (r)
            return r;
        upload->source_seq = source->found.object.seq;
        rq->stream = upload;
    }
    *ret_upload = upload;
    return 0;
}

/* ---- CopyObject ---- */
static bool replaces(const struct rq *rq, const char *directive) {
    return str_is(json_str(rq->in, directive), "REPLACE");
}

/* A copy onto itself must change something. */
static int check_self_copy(struct rq *rq, const struct source *source,
                           const struct s3_bucket *target, str key) {
    if (source->version_id.p || source->bucket->row.id != target->row.id ||
        !str_eq(source->key, key) || replaces(rq, "MetadataDirective") ||
        json_has(rq->in, "StorageClass") || json_has(rq->in, "WebsiteRedirectLocation") ||
        json_has(rq->in, "ServerSideEncryption"))
        return 0;
    return aws_fail(rq, &S3_InvalidRequest,
                    "This copy request is illegal because it is trying to copy an object to itself "
                    "without changing the object's metadata, storage class, website redirect "
                    "location or encryption attributes.");
}

/* Headers, metadata, tags: the source's, unless the client replaces them. */
static int describe_copy(struct rq *rq, const struct source *source, struct s3_object *object) {
    const struct s3_object *from = &source->found.object;
    int r = s3_read_attributes(rq, object);
    if (!r && replaces(rq, "TaggingDirective"))
        r = s3_read_tagging(rq, object);
    if (r)
        return r;
    if (!replaces(rq, "MetadataDirective")) {
        str redirect = object->headers[S3_HEADER_REDIRECT]; /* never copied */
        memcpy(object->headers, from->headers, sizeof object->headers);
        object->headers[S3_HEADER_REDIRECT] = redirect;
        object->metadata = from->metadata;
    }
    if (!replaces(rq, "TaggingDirective") && from->tags.len > 0) {
        /* Copying tags takes the right to read them and to write them. */
        if (rq_must(rq, &s3_may_read_tags) || rq_must(rq, &s3_may_write_tags))
            return AWS_FAILED;
        object->tags = from->tags;
    }
    return 0;
}

/* The checksum of the copy: as asked, else of the source's kind, over the whole object. */
static int choose_sum(struct rq *rq, const struct s3_object *from, enum s3_sum *ret) {
    str asked = json_str(rq->in, "ChecksumAlgorithm");
    if (!asked.p) {
        *ret = from->sum != S3_SUM_NONE ? from->sum : S3_SUM_CRC64NVME;
        return 0;
    }
    *ret = s3_sum_by_name(asked);
    if (*ret != S3_SUM_NONE)
        return 0;
    return aws_fail(rq, &S3_NotImplemented, "The checksum algorithm " STR_FMT " is not supported",
                    STR_ARG(asked));
}

static void answer_copy(struct rq *rq, const struct source *source, const struct s3_bucket *target,
                        const struct s3_object *object) {
    json_t *result = json_object();
    json_set_str(result, "ETag", s3_quoted(rq, object->etag));
    json_set_int(result, "LastModified", s3_object_mtime_s(object));
    s3_describe_sum(result, object);
    rq->out = json_object();
    json_set(rq->out, "CopyObjectResult", result);
    json_set_str(rq->out, "CopySourceVersionId",
                 s3_shown_version(rq, source->bucket, &source->found.object));
    s3_describe_write(rq, target, object, rq->out);
}

static int copy_object(struct s3_svc *svc, struct rq *rq, struct source *source) {
    struct s3_bucket *target = NULL;
    struct s3_upload *upload = NULL;
    struct s3_object object = {0};
    enum s3_sum sum = S3_SUM_NONE;
    str key = STR_NONE;
    int r = s3_use_target(svc, rq, &target, &key);
    if (!r)
        r = s3_check_features(rq, target);
    if (!r)
        r = use_source(svc, rq, source);
    if (!r)
        r = check_self_copy(rq, source, target, key);
    if (!r)
        r = describe_copy(rq, source, &object);
    if (!r)
        r = choose_sum(rq, &source->found.object, &sum);
    if (r)
        return r;
    uint64_t size = source->found.object.size;
    if (size > S3_MAX_PUT)
        return aws_fail(rq, &S3_InvalidRequest,
                        "The specified copy source is larger than the maximum allowable size for a "
                        "copy source: 5368709120");
    r = copy_once(svc, rq, source, &(struct job){target, sum, {0, size}}, &upload);
    if (!r)
        r = s3_put_upload(svc, rq, &(struct s3_write){target, key, S3_EVENT_CREATED_COPY}, &object,
                          upload);
    if (!r)
        answer_copy(rq, source, target, &object);
    return r;
}

int s3_op_CopyObject(struct s3_svc *svc, struct rq *rq) {
    struct source source = {0};
    int r = copy_object(svc, rq, &source);
    source_deinit(&source);
    return r;
}

/* ---- UploadPartCopy ---- */
static int choose_range(struct rq *rq, uint64_t size, uint64_t *ret_first, uint64_t *ret_n) {
    str range = json_str(rq->in, "CopySourceRange");
    uint64_t first = 0, last = 0;
    *ret_first = 0;
    *ret_n = size;
    if (!range.p)
        return 0;
    if (!s3_range_parse_copy(range, &first, &last)) {
        aws_fail(rq, &S3_InvalidArgument,
                 "The x-amz-copy-source-range value must be of the form bytes=first-last where "
                 "first and last are the zero-based offsets of the first and last bytes to copy");
        aws_fail_detail(rq, "ArgumentName", S("x-amz-copy-source-range"));
        aws_fail_detail(rq, "ArgumentValue", range);
        return AWS_FAILED;
    }
    if (last >= size)
        return aws_fail(rq, &S3_InvalidArgument,
                        "Range specified is not valid for source object of size: %llu",
                        (unsigned long long)size);
    *ret_first = first;
    *ret_n = last - first + 1;
    return 0;
}

static int copy_part(struct s3_svc *svc, struct rq *rq, struct s3_mpu *mpu, struct source *source) {
    struct s3_upload *upload = NULL;
    struct s3_part_row row = {0};
    uint64_t first = 0, n = 0;
    unsigned part = 0;
    int r = s3_mpu_name(svc, rq, mpu);
    if (!r)
        r = s3_part_number(rq, &part);
    if (!r)
        r = s3_check_features(rq, mpu->bucket);
    if (!r)
        r = s3_mpu_find(rq, mpu);
    if (!r)
        r = use_source(svc, rq, source);
    if (!r)
        r = choose_range(rq, source->found.object.size, &first, &n);
    if (!r)
        r = copy_once(svc, rq, source, &(struct job){mpu->bucket, mpu->row.object.sum, {first, n}},
                      &upload);
    if (!r)
        r = s3_put_part(svc, rq, mpu, part, upload, &row);
    if (r)
        return r;
    json_t *result = json_object();
    json_set_str(result, "ETag", s3_quoted(rq, str_c(upload->etag)));
    json_set_int(result, "LastModified", row.mtime_ms / 1000);
    if (mpu->row.explicit_sum)
        s3_sum_set(result, upload->sum, row.sum_raw, 0);
    rq->out = json_object();
    json_set(rq->out, "CopyPartResult", result);
    json_set_str(rq->out, "CopySourceVersionId",
                 s3_shown_version(rq, source->bucket, &source->found.object));
    json_set_str(rq->out, "ServerSideEncryption", S("AES256"));
    return 0;
}

int s3_op_UploadPartCopy(struct s3_svc *svc, struct rq *rq) {
    struct s3_mpu mpu = {0};
    struct source source = {0};
    int r = copy_part(svc, rq, &mpu, &source);
    source_deinit(&source);
    s3_mpu_deinit(&mpu);
    return r;
}
