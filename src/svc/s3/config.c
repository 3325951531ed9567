/*
 * svc/s3: the bucket configurations that are a document stored and given back: versioning,
 * encryption, public-access block, ownership, tagging, lifecycle. A change moves the bucket's
 * generation, so that every cached copy of the bucket is stale with the same commit.
 */
#include "svc/s3/lifecycle.h"
#include "svc/s3/s3_priv.h"
#include "svc/s3/tags.h"

/* ---- Rows ---- */
int s3_config_get(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket, const char *kind,
                  json_t **ret_doc) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err why = {""};
    *ret_doc = NULL;
    s3_key_config(&key, bucket->row.id, str_c(kind));
    int r = store_get(svc->store, NULL, STORE_META, buf_view(&key), &text);
    if (r == STORE_E_ABSENT)
        return 0;
    if (r)
        return s3_fault(rq, r, "read a configuration");
    *ret_doc = json_parse(buf_view(&text), &why);
    return *ret_doc ? 0 : s3_fault(rq, STORE_E_DAMAGED, why.text);
}

void s3_config_touch(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                     struct s3_bucket_row row) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    row.generation = store_next_id(svc->store);
    s3_bucket_row_write(&bytes, &row);
    s3_key_bucket(&key, bucket->name);
    s3_expect_bucket(rq_batch(rq), bucket);
    store_put(rq_batch(rq), STORE_META, buf_view(&key), buf_view(&bytes));
}

void s3_config_put(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket, const char *kind,
                   str text, struct s3_bucket_row row) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    s3_key_config(&key, bucket->row.id, str_c(kind));
    if (text.p)
        store_put(rq_batch(rq), STORE_META, buf_view(&key), text);
    else
        store_del(rq_batch(rq), STORE_META, buf_view(&key));
    s3_config_touch(svc, rq, bucket, row);
}

static void put_doc(struct svc *svc, struct rq *rq, const struct s3_bucket *bucket, const char *kind,
                    const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, doc);
    s3_config_put(svc, rq, bucket, kind, buf_view(&text), bucket->row);
}

/* Removes a configuration: no error where there is none. Answers 204. */
static int drop_doc(struct svc *svc, struct rq *rq, const char *kind) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    s3_config_put(svc, rq, bucket, kind, STR_NONE, bucket->row);
    rq_out_status(rq, 204);
    return 0;
}

/* ---- Versioning ---- */
int s3_op_GetBucketVersioning(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    rq->out = json_object();
    if (bucket->row.versioning != S3_UNVERSIONED)
        json_set_str(rq->out, "Status",
                     bucket->row.versioning == S3_ENABLED ? S("Enabled") : S("Suspended"));
    return 0;
}

int s3_op_PutBucketVersioning(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    const json_t *config = json_obj(rq->in, "VersioningConfiguration");
    str status = json_str(config, "Status");
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    if (str_is(json_str(config, "MFADelete"), "Enabled") || json_has(rq->in, "MFA"))
        return aws_fail(rq, &S3_NotImplemented, "MfaDelete is not supported");
    struct s3_bucket_row row = bucket->row;
    if (str_is(status, "Enabled"))
        row.versioning = S3_ENABLED;
    else if (str_is(status, "Suspended"))
        row.versioning = S3_SUSPENDED;
    else
        return aws_fail(rq, &S3_IllegalVersioningConfigurationException, NULL);
    s3_config_touch(svc, rq, bucket, row);
    return 0;
}

/* ---- Encryption ---- */
/* Every body here is sealed with AES-256-GCM, so AES256 is what holds in any case. */
static json_t *default_encryption(void) {
    json_t *config = json_object(), *rules = json_array(), *rule = json_object(), *by = json_object();
    json_set_str(by, "SSEAlgorithm", S("AES256"));
    json_set(rule, "ApplyServerSideEncryptionByDefault", by);
    json_set_bool(rule, "BucketKeyEnabled", false);
    json_array_append_new(rules, rule);
    json_set(config, "Rules", rules);
    return config;
}

int s3_op_GetBucketEncryption(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    json_t *doc = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = s3_config_get(svc, rq, bucket, "encryption", &doc);
    if (r)
        return r;
    rq->out = json_object();
    json_set(rq->out, "ServerSideEncryptionConfiguration", doc ? doc : default_encryption());
    return 0;
}

int s3_op_PutBucketEncryption(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    const json_t *config = json_obj(rq->in, "ServerSideEncryptionConfiguration");
    const json_t *rules = json_arr(config, "Rules");
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    if (json_array_size(rules) != 1)
        return aws_fail(rq, &S3_MalformedXML, NULL);
    const json_t *by = json_obj(json_array_get(rules, 0), "ApplyServerSideEncryptionByDefault");
    str algorithm = json_str(by, "SSEAlgorithm");
    if (by && !str_is(algorithm, "AES256"))
        return aws_fail(rq, &S3_NotImplemented,
                        "The default encryption " STR_FMT " is not supported; AES256 is",
                        STR_ARG(algorithm));
    if (json_has(by, "KMSMasterKeyID"))
        return aws_fail(rq, &S3_InvalidArgument,
                        "a KMSMasterKeyID is not applicable if the default sse algorithm is not "
                        "aws:kms or aws:kms:dsse");
    CLEANUP_JSON json_t *doc = json_deep_copy(config);
    json_t *rule = json_array_get(json_arr(doc, "Rules"), 0);
    if (!by)
        json_set(rule, "ApplyServerSideEncryptionByDefault", json_pack("{s:s}", "SSEAlgorithm", "AES256"));
    if (!json_has(rule, "BucketKeyEnabled"))
        json_set_bool(rule, "BucketKeyEnabled", false);
    put_doc(svc, rq, bucket, "encryption", doc);
    return 0;
}

int s3_op_DeleteBucketEncryption(struct svc *svc, struct rq *rq) {
    return drop_doc(svc, rq, "encryption");
}

/* ---- Public-access block ---- */
static const struct {
    const char *member;
    unsigned bit;
} blocks[] = {
    {"BlockPublicAcls", S3_BLOCK_ACLS},
    {"IgnorePublicAcls", S3_BLOCK_IGNORE_ACLS},
    {"BlockPublicPolicy", S3_BLOCK_POLICY},
    {"RestrictPublicBuckets", S3_BLOCK_RESTRICT},
};

int s3_op_GetPublicAccessBlock(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    if (!(bucket->row.block & S3_BLOCK_SET)) {
        aws_fail(rq, &S3_NoSuchPublicAccessBlockConfiguration, NULL);
        aws_fail_detail(rq, "BucketName", bucket->name);
        return AWS_FAILED;
    }
    json_t *config = json_object();
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        json_set_bool(config, blocks[i].member, (bucket->row.block & blocks[i].bit) != 0);
    rq->out = json_object();
    json_set(rq->out, "PublicAccessBlockConfiguration", config);
    return 0;
}

int s3_op_PutPublicAccessBlock(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    const json_t *config = json_obj(rq->in, "PublicAccessBlockConfiguration");
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    struct s3_bucket_row row = bucket->row;
    row.block = S3_BLOCK_SET;
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        if (json_bool(config, blocks[i].member, false))
            row.block |= blocks[i].bit;
    s3_config_touch(svc, rq, bucket, row);
    return 0;
}

int s3_op_DeletePublicAccessBlock(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    struct s3_bucket_row row = bucket->row;
    row.block = 0;
    s3_config_touch(svc, rq, bucket, row);
    rq_out_status(rq, 204);
    return 0;
}

/* ---- Ownership ---- */
static const char *const ownerships[] = {
    [S3_OWNER_ENFORCED] = "BucketOwnerEnforced",
    [S3_OWNER_PREFERRED] = "BucketOwnerPreferred",
    [S3_OWNER_WRITER] = "ObjectWriter",
};

int s3_op_GetBucketOwnershipControls(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    if (bucket->row.ownership == S3_OWNER_UNSET) {
        aws_fail(rq, &S3_OwnershipControlsNotFoundError, NULL);
        aws_fail_detail(rq, "BucketName", bucket->name);
        return AWS_FAILED;
    }
    rq->out = json_pack("{s:{s:[{s:s}]}}", "OwnershipControls", "Rules", "ObjectOwnership",
                        ownerships[bucket->row.ownership]);
    return 0;
}

static int put_ownership(struct svc *svc, struct rq *rq, enum s3_ownership ownership) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    struct s3_bucket_row row = bucket->row;
    row.ownership = ownership;
    s3_config_touch(svc, rq, bucket, row);
    return 0;
}

int s3_op_PutBucketOwnershipControls(struct svc *svc, struct rq *rq) {
    const json_t *rules = json_arr(json_obj(rq->in, "OwnershipControls"), "Rules");
    str asked = json_str(json_array_get(rules, 0), "ObjectOwnership");
    if (json_array_size(rules) == 1)
        for (int i = S3_OWNER_ENFORCED; i < S3_OWNER_UNSET; i++)
            if (str_is(asked, ownerships[i]))
                return put_ownership(svc, rq, (enum s3_ownership)i);
    return aws_fail(rq, &S3_MalformedXML, NULL);
}

int s3_op_DeleteBucketOwnershipControls(struct svc *svc, struct rq *rq) {
    rq_out_status(rq, 204);
    return put_ownership(svc, rq, S3_OWNER_UNSET);
}

/* ---- Tagging ---- */
int s3_op_GetBucketTagging(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    json_t *doc = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = s3_config_get(svc, rq, bucket, "tagging", &doc);
    if (r)
        return r;
    if (!doc) {
        aws_fail(rq, &S3_NoSuchTagSet, NULL);
        aws_fail_detail(rq, "BucketName", bucket->name);
        return AWS_FAILED;
    }
    rq->out = doc;
    return 0;
}

int s3_op_PutBucketTagging(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    json_t *tags = json_arr(json_obj(rq->in, "Tagging"), "TagSet");
    CLEANUP_DEINIT(buf) struct buf packed = {0};
    struct err why = {""};
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    r = s3_tags_of_set(&packed, tags, S3_TAGS_BUCKET, &why);
    if (r)
        return aws_fail(rq, r == S3_TAGS_E_MANY ? &S3_BadRequest : &S3_InvalidTag, "%s", why.text);
    CLEANUP_JSON json_t *doc = json_object();
    json_set(doc, "TagSet", s3_tags_to_set(buf_view(&packed)));
    put_doc(svc, rq, bucket, "tagging", doc);
    rq_out_status(rq, 204);
    return 0;
}

int s3_op_DeleteBucketTagging(struct svc *svc, struct rq *rq) {
    return drop_doc(svc, rq, "tagging");
}

/* ---- Lifecycle ---- */
int s3_op_GetBucketLifecycleConfiguration(struct svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    json_t *doc = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = s3_config_get(svc, rq, bucket, "lifecycle", &doc);
    if (r)
        return r;
    if (!doc) {
        aws_fail(rq, &S3_NoSuchLifecycleConfiguration, NULL);
        aws_fail_detail(rq, "BucketName", bucket->name);
        return AWS_FAILED;
    }
    rq->out = doc;
    return 0;
}

int s3_op_PutBucketLifecycleConfiguration(struct svc *svc, struct rq *rq) {
    static const struct aws_error *const errors[] = {
        [S3_LIFECYCLE_E_ARGUMENT - S3_LIFECYCLE_E_ARGUMENT] = &S3_InvalidArgument,
        [S3_LIFECYCLE_E_REQUEST - S3_LIFECYCLE_E_ARGUMENT] = &S3_InvalidRequest,
        [S3_LIFECYCLE_E_MALFORMED - S3_LIFECYCLE_E_ARGUMENT] = &S3_MalformedXML,
    };
    struct s3_bucket *bucket = NULL;
    const json_t *rules = json_arr(json_obj(rq->in, "LifecycleConfiguration"), "Rules");
    str least = json_str(rq->in, "TransitionDefaultMinimumObjectSize");
    struct err why = {""};
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    r = s3_lifecycle_check(rules, &why);
    if (r)
        return aws_fail(rq, errors[r - S3_LIFECYCLE_E_ARGUMENT], "%s", why.text);
    CLEANUP_JSON json_t *doc = json_object();
    json_set(doc, "Rules", s3_lifecycle_normalise(rules));
    json_set_str(doc, "TransitionDefaultMinimumObjectSize", least.p ? least : S("all_storage_classes_128K"));
    put_doc(svc, rq, bucket, "lifecycle", doc);
    rq->out = json_object();
    json_set_str(rq->out, "TransitionDefaultMinimumObjectSize",
                 json_str(doc, "TransitionDefaultMinimumObjectSize"));
    return 0;
}

int s3_op_DeleteBucketLifecycle(struct svc *svc, struct rq *rq) {
    return drop_doc(svc, rq, "lifecycle");
}
