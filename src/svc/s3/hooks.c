/* svc/s3: what authorisation asks of S3: the bucket's policy, S3's condition keys, the last word. */
#include "svc/s3/s3_priv.h"
#include "svc/s3/tags.h"

/* "arn:aws:s3:::bucket/key" → bucket; empty when it is no such ARN. */
static str bucket_of_arn(str arn) {
    static const str head = S_INIT("arn:aws:s3:::");
    str bucket, key;
    if (!str_starts(arn, head))
        return S("");
    str_cut(str_skip(arn, head.len), '/', &bucket, &key);
    return bucket;
}

/* Clients find a bucket's region by these, refusals included ("HeadBucket", S3 API reference). */
static bool tells_region(const struct rq *rq) {
    static const char *const ops[] = {"HeadBucket", "GetBucketLocation", "ListObjects", "ListObjectsV2"};
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (strcmp(rq->op->name, ops[i]) == 0)
            return true;
    return false;
}

int s3_hook_policy(struct svc *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                   str *ret_account) {
    struct s3_bucket *bucket = NULL;
    str name = bucket_of_arn(arn);
    if (name.len == 0)
        return 0;
    int r = s3_bucket_of(svc, rq, name, &bucket);
    if (r) /* absent: the handler says so; creating one is the caller's own affair */
        return r == STORE_E_ABSENT ? 0 : r;
    *ret_policy = bucket->policy;
    *ret_account = bucket->row.account;
    if (tells_region(rq))
        rq_out_header(rq, "x-amz-bucket-region", bucket->row.region);
    return 0;
}

int s3_hook_veto(struct svc *svc, struct rq *rq, str arn, bool via_resource) {
    struct s3_bucket *bucket = NULL;
    str name = bucket_of_arn(arn);
    if (!via_resource || name.len == 0)
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
static const struct {
    const char *member, *key;
} keys_of_members[] = {
    {"Delimiter", "s3:delimiter"},
    {"ACL", "s3:x-amz-acl"},
    {"ServerSideEncryption", "s3:x-amz-server-side-encryption"},
    {"StorageClass", "s3:x-amz-storage-class"},
    {"CopySource", "s3:x-amz-copy-source"},
    {"MetadataDirective", "s3:x-amz-metadata-directive"},
    {"ObjectOwnership", "s3:x-amz-object-ownership"},
    {"WebsiteRedirectLocation", "s3:x-amz-website-redirect-location"},
    {"GrantFullControl", "s3:x-amz-grant-full-control"},
    {"GrantRead", "s3:x-amz-grant-read"},
    {"VersionId", "s3:VersionId"},
    {"IfMatch", "s3:if-match"},
    {"IfNoneMatch", "s3:if-none-match"},
};

static void add_members(const json_t *in, struct policy_context *context) {
    for (size_t i = 0; i < ARRAY_LEN(keys_of_members); i++) {
        str value = json_str(in, keys_of_members[i].member);
        if (value.p)
            policy_context_add(context, str_c(keys_of_members[i].key), value);
    }
    if (json_has(in, "MaxKeys")) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)json_int(in, "MaxKeys", 0));
        policy_context_add(context, S("s3:max-keys"), str_c(number));
    }
    str location = json_str(json_obj(in, "CreateBucketConfiguration"), "LocationConstraint");
    if (location.p)
        policy_context_add(context, S("s3:LocationConstraint"), location);
}

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

static bool looks_at_existing_tags(const struct rq *rq) {
    static const char *const ops[] = {
        "GetObject",        "HeadObject",          "GetObjectTagging", "PutObjectTagging",
        "DeleteObjectTagging", "GetObjectAcl",     "PutObjectAcl",     "GetObjectAttributes",
    };
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (strcmp(rq->op->name, ops[i]) == 0)
            return true;
    return false;
}

static void add_existing_tags(struct svc *svc, struct rq *rq, struct policy_context *context) {
    struct s3_bucket *bucket = NULL;
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    const struct rows peek = {svc->store, NULL, NULL}; /* rights are those of the moment they are asked for */
    str key = json_str(rq->in, "Key"), version = json_str(rq->in, "VersionId");
    if (key.len > S3_MAX_KEY || s3_bucket_of(svc, rq, json_str(rq->in, "Bucket"), &bucket))
        return;
    int r = version.p ? s3_find_version(&peek, bucket->row.id, key, version, &found)
                      : s3_find_current(&peek, bucket->row.id, key, &found);
    if (!r)
        add_tags(context, "s3:ExistingObjectTag/", found.object.tags);
}

void s3_hook_context(struct svc *svc, struct rq *rq, struct policy_context *context) {
    str prefix = json_str(rq->in, "Prefix");
    if (prefix.p)
        policy_context_add(context, S("s3:prefix"), prefix);
    add_members(rq->in, context);
    add_request_tags(rq->in, context);
    if (looks_at_existing_tags(rq))
        add_existing_tags(svc, rq, context);
}
