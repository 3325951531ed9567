/* svc/s3: what authorisation asks of S3: the bucket's policy, S3's condition keys, the last word. */
#include "svc/s3/s3_priv.h"
#include "svc/s3/tags.h"

/* "arn:aws:s3:::bucket/key"; key empty for the bucket itself. False: no such ARN. */
static bool parts_of_arn(str arn, str *ret_bucket, str *ret_key) {
    static const str head = S_INIT("arn:aws:s3:::");
    if (!str_starts(arn, head))
        return false;
    *ret_key = S("");
    str_cut(str_skip(arn, head.len), '/', ret_bucket, ret_key);
    return ret_bucket->len > 0;
}

int s3_hook_policy(struct svc *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                   str *ret_account) {
    struct s3_bucket *bucket = NULL;
    str name, key;
    if (!parts_of_arn(arn, &name, &key))
        return 0;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    if (r) /* absent: the handler says so; creating one is the caller's own affair */
        return r == STORE_E_ABSENT ? 0 : r;
    *ret_policy = bucket->policy;
    *ret_account = bucket->row.account;
    if (rq->op->flags & S3_TELLS_REGION) /* "HeadBucket", S3 API reference */
        rq_out_header(rq, "x-amz-bucket-region", bucket->row.region);
    return 0;
}

int s3_hook_veto(struct svc *svc, struct rq *rq, str arn, bool via_resource) {
    struct s3_bucket *bucket = NULL;
    str name, key;
    if (!via_resource || !parts_of_arn(arn, &name, &key))
        return 0;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    /* RestrictPublicBuckets: a public policy lets in the owner's account alone. */
    bool own = rq->caller && str_eq(rq->caller->principal.account, bucket->row.account);
    bool barred = (bucket->row.block & S3_BLOCK_RESTRICT) && bucket->policy_is_public && !own;
    if (!barred)
        return 0;
    return aws_fail(rq, &S3_AccessDenied,
                    rq->caller ? "Access Denied because public access to this bucket is restricted "
                                 "by the RestrictPublicBuckets block public access setting."
                               : "Access Denied");
}

/* ---- Condition keys ---- */
static void add_tags(struct policy_context *context, const char *prefix, str packed) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    str name, value;
    for (struct cur at = cur_of(packed); s3_pairs_next(&at, &name, &value);) {
        buf_clear(&key);
        buf_c(&key, prefix);
        buf_str(&key, name);
        policy_context_add(context, buf_view(&key), value);
    }
}

/* Tags that the request wants to give. What is malformed the handler refuses. */
static void add_request_tags(const json_t *in, struct policy_context *context) {
    CLEANUP_DEINIT(buf) struct buf packed = {0};
    str name, value, header = json_str(in, "Tagging");
    json_t *set = json_arr(json_obj(in, "Tagging"), "TagSet");
    if (header.p)
        s3_tags_of_header(&packed, header, NULL);
    else if (set)
        s3_tags_of_set(&packed, set, S3_TAGS_BUCKET, NULL);
    add_tags(context, "s3:RequestObjectTag/", buf_view(&packed));
    for (struct cur at = cur_of(buf_view(&packed)); s3_pairs_next(&at, &name, &value);)
        policy_context_add(context, S("s3:RequestObjectTagKeys"), name);
}

/* Of the object, or of the very version, that the question is about. */
static int add_existing_tags(struct svc *svc, struct rq *rq, const struct aws_question *question,
                             struct policy_context *context) {
    struct s3_bucket *bucket = NULL;
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    const struct rows peek = {svc->store, NULL, NULL}; /* rights are those of the moment they are asked for */
    str name, key;
    if (!parts_of_arn(question->resource, &name, &key) || key.len > S3_MAX_KEY)
        return 0;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    r = question->version.p ? s3_find_version(&peek, bucket->row.id, key, question->version, &found)
                                : s3_find_current(&peek, bucket->row.id, key, &found);
    if (r)
        return r == STORE_E_ABSENT || r == S3_E_VERSION_ID ? 0 : s3_fault(rq, r, "read the object's tags");
    add_tags(context, "s3:ExistingObjectTag/", found.object.tags);
    return 0;
}

int s3_hook_context(struct svc *svc, struct rq *rq, const struct aws_question *question,
                    struct policy_context *context) {
    if (question->version.p)
        policy_context_add(context, S("s3:VersionId"), question->version);
    if (question->flags & S3_NEW_TAGS)
        add_request_tags(rq->in, context);
    return question->flags & S3_OLD_TAGS ? add_existing_tags(svc, rq, question, context) : 0;
}
