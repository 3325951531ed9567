/* svc/s3: what most handlers begin and end with. */
#include "base/arn.h"
#include "base/codec.h"
#include "svc/s3/s3_priv.h"

#include <openssl/sha.h>

int s3_fault(struct rq *rq, int r, const char *what) {
    aws_fault(rq, r, what);
    return AWS_FAILED;
}

/* ---- Buckets and keys ---- */
static void release_bucket(void *bucket) { s3_bucket_free(bucket); }

/* The buckets that this run has read: rq->memo is the first of them. */
struct held {
    struct s3_bucket *bucket;
    struct held *next;
};

int s3_bucket_of(struct s3_svc *, struct rq *rq, str name, struct s3_bucket **ret_bucket) {
    for (const struct held *h = rq->memo; h; h = h->next)
        if (str_eq(h->bucket->name, name)) {
            *ret_bucket = h->bucket;
            return 0;
        }
    struct s3_bucket *bucket = NULL;
    int r = rq_row_result(rq, s3_bucket_get(rq_rows_newest(rq), name, &bucket));
    if (r)
        return r;
    struct held *held = arena_new(&rq->arena, struct held);
    *held = (struct held){bucket, rq->memo};
    rq->memo = held;
    rq_on_done(rq, release_bucket, bucket);
    *ret_bucket = bucket;
    return 0;
}

int s3_check_digest(struct rq *rq) {
    return !rq->net || rq->payload.has_digest
               ? 0
               : aws_fail(rq, &S3_InvalidRequest,
                          "Missing required header for this request: Content-MD5 OR "
                          "x-amz-checksum-*");
}

int s3_no_such_bucket(struct rq *rq, str name) {
    aws_fail(rq, &S3_NoSuchBucket, NULL);
    aws_fail_detail(rq, "BucketName", name);
    return AWS_FAILED;
}

int s3_use_bucket_named(struct s3_svc *svc, struct rq *rq, str name, str expected_owner,
                        struct s3_bucket **ret_bucket) {
    struct s3_bucket *bucket = NULL;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    if (r == STORE_E_ABSENT)
        return s3_no_such_bucket(rq, name);
    if (r)
        return AWS_FAILED;
    if (expected_owner.p && !str_eq(expected_owner, bucket->row.account)) {
        aws_fail(rq, &S3_AccessDenied, NULL);
        return AWS_FAILED;
    }
    *ret_bucket = bucket;
    return 0;
}

int s3_use_bucket(struct s3_svc *svc, struct rq *rq, struct s3_bucket **ret_bucket) {
    return s3_use_bucket_named(svc, rq, json_str(rq->in, "Bucket"),
                               json_str(rq->in, "ExpectedBucketOwner"), ret_bucket);
}

int s3_use_bucket_to_write(struct s3_svc *svc, struct rq *rq, struct s3_bucket **ret_bucket) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    if (bucket->row.deleting) {
        aws_fail(rq, &S3_OperationAborted, NULL);
        return AWS_FAILED;
    }
    *ret_bucket = bucket;
    return 0;
}

int s3_use_key(struct rq *rq, str *ret_key) {
    str key = json_str(rq->in, "Key");
    if (key.len == 0) {
        aws_fail(rq, &S3_InvalidArgument, "The object key must not be empty");
        return AWS_FAILED;
    }
    if (key.len > S3_MAX_KEY) {
        CLEANUP_DEINIT(buf) struct buf number = {0};
        aws_fail(rq, &S3_KeyTooLongError, NULL);
        buf_printf(&number, "%zu", key.len);
        aws_fail_detail(rq, "Size", buf_view(&number));
        aws_fail_detail(rq, "MaxSizeAllowed", S("1024"));
        return AWS_FAILED;
    }
    *ret_key = key;
    return 0;
}

int s3_use_target(struct s3_svc *svc, struct rq *rq, struct s3_bucket **ret_bucket, str *ret_key) {
    int r = s3_use_bucket_to_write(svc, rq, ret_bucket);
    return r ? r : s3_use_key(rq, ret_key);
}

/* ---- Names of things ---- */
str s3_bucket_arn(struct rq *rq, str bucket) {
    return arn_str(&rq->arena, "s3", STR_NONE, STR_NONE, STR_FMT, STR_ARG(bucket));
}

bool s3_arn_parts(str arn, str *ret_bucket, str *ret_key) {
    static const str head = S_INIT("arn:aws:s3:::");
    if (!str_starts(arn, head))
        return false;
    *ret_key = S("");
    str_cut(str_skip(arn, head.len), '/', ret_bucket, ret_key);
    return ret_bucket->len > 0;
}

str s3_canonical_id(struct rq *rq, str account) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char hex[2 * SHA256_DIGEST_LENGTH];
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "calotype canonical user ");
    buf_str(&text, account);
    SHA256((const unsigned char *)text.p, text.len, digest);
    codec_hex(hex, digest, sizeof digest);
    return arena_str(&rq->arena, str_n(hex, sizeof hex));
}

json_t *s3_owner(struct rq *rq, str account) {
    json_t *owner = json_object();
    json_set_str(owner, "ID", s3_canonical_id(rq, account));
    return owner;
}

str s3_quoted(struct rq *rq, str etag) {
    return arena_printf(&rq->arena, "\"" STR_FMT "\"", STR_ARG(etag));
}

str s3_shown_version(struct rq *rq, const struct s3_bucket *bucket,
                     const struct s3_object *object) {
    if (bucket->row.versioning == S3_UNVERSIONED)
        return STR_NONE;
    char id[S3_ID_LEN + 1];
    return arena_str(&rq->arena, s3_object_version_id(object, id));
}

/* ---- Events ---- */
static str principal_of(struct rq *rq) {
    if (!rq->caller)
        return S("Anonymous");
    return arena_printf(&rq->arena, "AWS:" STR_FMT, STR_ARG(rq->caller->user_id));
}

/* A delete marker is announced with the ETag of no bytes, as S3 does. */
static str etag_of(const struct s3_object *object) {
    if (!object)
        return STR_NONE;
    return s3_object_is_marker(object) ? S("d41d8cd98f00b204e9800998ecf8427e") : object->etag;
}

struct hub_event s3_hub_event(struct rq *rq, const struct s3_bucket *bucket, str target,
                              str payload) {
    return (struct hub_event){
        .target = target,
        .source_service = S("s3.amazonaws.com"),
        .source_arn = s3_bucket_arn(rq, bucket->name),
        .source_account = bucket->row.account,
        .payload = payload,
        .subject = S("Amazon S3 Notification"),
        .account = bucket->row.account,
        .region = bucket->row.region,
    };
}

void s3_emit(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
             const struct s3_happening *what) {
    if (!bucket->notify)
        return;
    const struct s3_notify_target *target = s3_notify_match(bucket->notify, what->type, what->key);
    if (!target)
        return;
    struct s3_event event = {
        .type = what->type,
        .time_ms = rq->now_ms,
        .region = bucket->row.region,
        .principal = principal_of(rq),
        .source_ip = rq_source_ip(rq),
        .request_id = str_c(rq->id),
        .host_id = str_c(rq->id),
        .config_id = target->id,
        .bucket = bucket->name,
        .owner_id = s3_canonical_id(rq, bucket->row.account),
        .key = what->key,
        .has_body = what->object && !s3_object_is_marker(what->object),
        .size = what->object ? what->object->size : 0,
        .etag = etag_of(what->object),
        .version_id = what->version_id,
        .seq = what->seq,
    };
    CLEANUP_DEINIT(buf) struct buf payload = {0};
    s3_event_write(&payload, &event);
    struct hub_event out = s3_hub_event(rq, bucket, target->arn, buf_view(&payload));
    hub_deliver_near(svc->hub, rq_batch(rq), &out);
}
