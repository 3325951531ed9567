/*
 * svc/s3: what the configurations of a bucket have in common, and the simple ones (policy.c,
 * notify_ops.c, unset.c have more).
 */
#include "svc/s3/config.h"
#include "svc/s3/lifecycle.h"
#include "svc/s3/tags.h"

/* ---- Get, Put, Delete ---- */
static int missing(struct rq *rq, const struct s3_config_kind *kind, str bucket) {
    const char *text = kind->missing_text ? kind->missing_text : kind->missing->text;
    aws_fail(rq, kind->missing, "%s", text);
    aws_fail_detail(rq, "BucketName", bucket);
    return AWS_FAILED;
}

/* What is stored; nothing is no error. */
static int read_text(struct rq *rq, const struct s3_config_kind *kind,
                     const struct s3_bucket *bucket, struct row *row) {
    if (!kind->row)
        return 0;
    s3_key_config(&row->key, bucket->row.id, str_c(kind->row));
    int r = rq_row_result(rq, row_get(rq_rows_newest(rq), row));
    return r == STORE_E_ABSENT ? 0 : r;
}

/* The document, alone or as a member. NULL: damaged. */
static json_t *show_document(const struct s3_config_kind *kind, str text) {
    json_t *doc = json_parse(text, NULL);
    return doc && kind->member ? json_pack("{s:o}", kind->member, doc) : doc;
}

int s3_config_get(struct s3_svc *svc, struct rq *rq, const struct s3_config_kind *kind) {
    CLEANUP_DEINIT(row) struct row row = {0};
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = read_text(rq, kind, bucket, &row);
    if (r)
        return r;
    str text = row.there ? buf_view(&row.bytes) : str_c(kind->unset);
    if (!kind->show && !text.p)
        return missing(rq, kind, bucket->name);
    rq->out = kind->show ? kind->show(rq, bucket, text) : show_document(kind, text);
    if (rq->out)
        return 0;
    return kind->show ? missing(rq, kind, bucket->name)
                      : s3_fault(rq, STORE_E_DAMAGED, "read a configuration");
}

/* The bucket's row is a condition, and changes with every change of a configuration. */
static void store(struct rq *rq, const struct s3_config_kind *kind,
                  const struct s3_config *config) {
    const struct rows *rows = rq_rows_newest(rq);
    s3_bucket_put(rows, config->bucket->name, config->row);
    if (!kind->row)
        return;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    s3_key_config(&key, config->row.id, str_c(kind->row));
    if (config->text.len > 0)
        row_put_blind(rows, STORE_META, buf_view(&key), buf_view(&config->text));
    else
        row_del_blind(rows, STORE_META, buf_view(&key));
}

int s3_config_put(struct s3_svc *svc, struct rq *rq, const struct s3_config_kind *kind) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (!r && kind->needs_digest)
        r = s3_check_digest(rq);
    if (r)
        return r;
    struct s3_config config = {bucket, bucket->row, {0}};
    r = kind->take(svc, rq, &config);
    if (!r) {
        store(rq, kind, &config);
        rq_out_status(rq, kind->put_status);
    }
    buf_deinit(&config.text);
    return r;
}

/* No error where there is none. */
int s3_config_delete(struct s3_svc *svc, struct rq *rq, const struct s3_config_kind *kind) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    if (r)
        return r;
    struct s3_config config = {bucket, bucket->row, {0}};
    if (kind->clear)
        kind->clear(&config.row);
    store(rq, kind, &config);
    rq_out_status(rq, 204);
    return 0;
}

/* ---- Versioning ---- */
static json_t *show_versioning(struct rq *, const struct s3_bucket *bucket, str) {
    static const char *const names[] = {[S3_ENABLED] = "Enabled", [S3_SUSPENDED] = "Suspended"};
    json_t *out = json_object();
    if (bucket->row.versioning != S3_UNVERSIONED)
        json_set_str(out, "Status", str_c(names[bucket->row.versioning]));
    return out;
}

static int take_versioning(struct s3_svc *, struct rq *rq, struct s3_config *config) {
    const json_t *given = json_obj(rq->in, "VersioningConfiguration");
    str status = json_str(given, "Status");
    if (str_is(json_str(given, "MFADelete"), "Enabled") || json_has(rq->in, "MFA"))
        return aws_fail(rq, &S3_NotImplemented, "MfaDelete is not supported");
    if (!str_is(status, "Enabled") && !str_is(status, "Suspended"))
        return aws_fail(rq, &S3_IllegalVersioningConfigurationException, NULL);
    config->row.versioning = str_is(status, "Enabled") ? S3_ENABLED : S3_SUSPENDED;
    return 0;
}

static const struct s3_config_kind versioning = {.show = show_versioning, .take = take_versioning};
S3_CONFIG_OP(get, GetBucketVersioning, versioning)
S3_CONFIG_OP(put, PutBucketVersioning, versioning)

/* ---- Encryption ---- */
static int take_encryption(struct s3_svc *, struct rq *rq, struct s3_config *config) {
    const json_t *given = json_obj(rq->in, "ServerSideEncryptionConfiguration");
    const json_t *rules = json_arr(given, "Rules");
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
    CLEANUP_JSON json_t *doc = json_deep_copy(given);
    json_t *rule = json_array_get(json_arr(doc, "Rules"), 0);
    if (!by)
        json_set(rule, "ApplyServerSideEncryptionByDefault",
                 json_pack("{s:s}", "SSEAlgorithm", "AES256"));
    if (!json_has(rule, "BucketKeyEnabled"))
        json_set_bool(rule, "BucketKeyEnabled", false);
    json_write(&config->text, doc);
    return 0;
}

/* Every body here is sealed with AES-256-GCM, so AES256 is what holds in any case. */
static const struct s3_config_kind encryption = {
    .row = "encryption",
    .member = "ServerSideEncryptionConfiguration",
    .take = take_encryption,
    .unset = "{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"},"
             "\"BucketKeyEnabled\":false}]}"};
S3_CONFIG_OP(get, GetBucketEncryption, encryption)
S3_CONFIG_OP(put, PutBucketEncryption, encryption)
S3_CONFIG_OP(delete, DeleteBucketEncryption, encryption)

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

static json_t *show_block(struct rq *, const struct s3_bucket *bucket, str) {
    if (!(bucket->row.block & S3_BLOCK_SET))
        return NULL;
    json_t *config = json_object();
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        json_set_bool(config, blocks[i].member, (bucket->row.block & blocks[i].bit) != 0);
    return json_pack("{s:o}", "PublicAccessBlockConfiguration", config);
}

static int take_block(struct s3_svc *, struct rq *rq, struct s3_config *config) {
    const json_t *given = json_obj(rq->in, "PublicAccessBlockConfiguration");
    config->row.block = S3_BLOCK_SET;
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        if (json_bool(given, blocks[i].member, false))
            config->row.block |= blocks[i].bit;
    return 0;
}

static void clear_block(struct s3_bucket_row *row) { row->block = 0; }

static const struct s3_config_kind block = {.missing = &S3_NoSuchPublicAccessBlockConfiguration,
                                            .show = show_block,
                                            .take = take_block,
                                            .clear = clear_block};
S3_CONFIG_OP(get, GetPublicAccessBlock, block)
S3_CONFIG_OP(put, PutPublicAccessBlock, block)
S3_CONFIG_OP(delete, DeletePublicAccessBlock, block)

/* ---- Ownership ---- */
static const char *const ownerships[] = {
    [S3_OWNER_ENFORCED] = "BucketOwnerEnforced",
    [S3_OWNER_PREFERRED] = "BucketOwnerPreferred",
    [S3_OWNER_WRITER] = "ObjectWriter",
};

int s3_read_ownership(struct rq *rq, str name, enum s3_ownership *ret) {
    *ret = S3_OWNER_UNSET;
    for (int i = S3_OWNER_ENFORCED; i < S3_OWNER_UNSET; i++)
        if (str_is(name, ownerships[i]))
            *ret = (enum s3_ownership)i;
    return *ret == S3_OWNER_WRITER
               ? aws_fail(rq, &S3_NotImplemented,
                          "ObjectOwnership: ObjectWriter is not supported, because ACLs are not; "
                          "BucketOwnerEnforced is")
               : 0;
}

static json_t *show_ownership(struct rq *, const struct s3_bucket *bucket, str) {
    if (bucket->row.ownership == S3_OWNER_UNSET)
        return NULL;
    return json_pack("{s:{s:[{s:s}]}}", "OwnershipControls", "Rules", "ObjectOwnership",
                     ownerships[bucket->row.ownership]);
}

static int take_ownership(struct s3_svc *, struct rq *rq, struct s3_config *config) {
    const json_t *rules = json_arr(json_obj(rq->in, "OwnershipControls"), "Rules");
    str name = json_str(json_array_get(rules, 0), "ObjectOwnership");
    if (json_array_size(rules) != 1)
        return aws_fail(rq, &S3_MalformedXML, NULL);
    int r = s3_read_ownership(rq, name, &config->row.ownership);
    if (r)
        return r;
    return config->row.ownership == S3_OWNER_UNSET ? aws_fail(rq, &S3_MalformedXML, NULL) : 0;
}

static void clear_ownership(struct s3_bucket_row *row) { row->ownership = S3_OWNER_UNSET; }

static const struct s3_config_kind ownership = {.missing = &S3_OwnershipControlsNotFoundError,
                                                .show = show_ownership,
                                                .take = take_ownership,
                                                .clear = clear_ownership};
S3_CONFIG_OP(get, GetBucketOwnershipControls, ownership)
S3_CONFIG_OP(put, PutBucketOwnershipControls, ownership)
S3_CONFIG_OP(delete, DeleteBucketOwnershipControls, ownership)

/* ---- Transfer acceleration ---- */
/*
 * Suspended is what holds here anyway, and is kept, for Get tells it from "never set". There is no
 * edge to accelerate from, so Enabled is refused.
 */
static int take_acceleration(struct s3_svc *, struct rq *rq, struct s3_config *config) {
    str status = json_str(json_obj(rq->in, "AccelerateConfiguration"), "Status");
    if (str_find(config->bucket->name, S(".")) >= 0)
        return aws_fail(rq, &S3_InvalidRequest,
                        "S3 Transfer Acceleration is not supported for buckets with periods (.) in "
                        "their names");
    if (str_is(status, "Enabled"))
        return aws_fail(rq, &S3_NotImplemented, "S3 Transfer Acceleration is not supported");
    if (!str_is(status, "Suspended"))
        return aws_fail(rq, &S3_MalformedXML, NULL);
    buf_c(&config->text, "{\"Status\":\"Suspended\"}");
    return 0;
}

static const struct s3_config_kind acceleration = {
    .row = "accelerate", .unset = "{}", .take = take_acceleration};
S3_CONFIG_OP(get, GetBucketAccelerateConfiguration, acceleration)
S3_CONFIG_OP(put, PutBucketAccelerateConfiguration, acceleration)

/* ---- Tagging ---- */
int s3_read_bucket_tags(struct rq *rq, const json_t *tags, struct buf *text) {
    if (kit_tags_check(rq, &s3_bucket_tags, tags))
        return AWS_FAILED;
    CLEANUP_JSON json_t *doc = json_pack("{s:o}", "TagSet", kit_tags_list(tags));
    json_write(text, doc);
    return 0;
}

static int take_tagging(struct s3_svc *, struct rq *rq, struct s3_config *config) {
    return s3_read_bucket_tags(rq, json_arr(json_obj(rq->in, "Tagging"), "TagSet"), &config->text);
}

static const struct s3_config_kind tagging = {.row = "tagging",
                                              .missing = &S3_NoSuchTagSet,
                                              .take = take_tagging,
                                              .needs_digest = true,
                                              .put_status = 204};
S3_CONFIG_OP(get, GetBucketTagging, tagging)
S3_CONFIG_OP(put, PutBucketTagging, tagging)
S3_CONFIG_OP(delete, DeleteBucketTagging, tagging)

/* ---- Lifecycle ---- */
static int take_lifecycle(struct s3_svc *, struct rq *rq, struct s3_config *config) {
    static const struct aws_error *const errors[] = {
        [S3_LIFECYCLE_E_ARGUMENT - S3_LIFECYCLE_E_ARGUMENT] = &S3_InvalidArgument,
        [S3_LIFECYCLE_E_REQUEST - S3_LIFECYCLE_E_ARGUMENT] = &S3_InvalidRequest,
        [S3_LIFECYCLE_E_MALFORMED - S3_LIFECYCLE_E_ARGUMENT] = &S3_MalformedXML,
    };
    static const char least_member[] = "TransitionDefaultMinimumObjectSize";
    const json_t *rules = json_arr(json_obj(rq->in, "LifecycleConfiguration"), "Rules");
    str least = json_str(rq->in, least_member);
    struct err why = {""};
    int r = s3_lifecycle_check(rules, &why);
    if (r)
        return aws_fail(rq, errors[r - S3_LIFECYCLE_E_ARGUMENT], "%s", why.text);
    rq->out = json_object();
    json_set_str(rq->out, least_member, least.p ? least : S("all_storage_classes_128K"));
    CLEANUP_JSON json_t *doc = json_object();
    json_set(doc, "Rules", s3_lifecycle_normalise(rules));
    json_object_update(doc, rq->out);
    json_write(&config->text, doc);
    return 0;
}

static const struct s3_config_kind lifecycle = {.row = "lifecycle",
                                                .missing = &S3_NoSuchLifecycleConfiguration,
                                                .take = take_lifecycle,
                                                .needs_digest = true};
S3_CONFIG_OP(get, GetBucketLifecycleConfiguration, lifecycle)
S3_CONFIG_OP(put, PutBucketLifecycleConfiguration, lifecycle)
S3_CONFIG_OP(delete, DeleteBucketLifecycle, lifecycle)
