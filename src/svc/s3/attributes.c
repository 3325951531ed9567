/* svc/s3: what a client may say about an object to be: headers, metadata, tags, and features. */
#include "aws/payload.h"
#include "base/ascii.h"
#include "svc/s3/s3_priv.h"
#include "svc/s3/tags.h"

static int read_headers(struct rq *rq, struct s3_object *object) {
    for (unsigned i = 0; i < S3_N_HEADERS; i++) {
        str value = json_str(rq->in, s3_header_rows[i].member);
        if (i == S3_HEADER_CONTENT_ENCODING && rq->payload.framed) /* that was the way here */
            value = aws_content_encoding(&rq->arena, value);
        object->headers[i] = value;
    }
    str redirect = object->headers[S3_HEADER_REDIRECT];
    if (redirect.p && !str_starts(redirect, S("/")) && !str_starts(redirect, S("http://")) &&
        !str_starts(redirect, S("https://")))
        return aws_fail(rq, &S3_InvalidArgument,
                        "The website redirect location must have a prefix of 'http://' or "
                        "'https://' or '/'.");
    return 0;
}

/* Header names have no case; S3 gives them back in lower case. */
static str lower(struct rq *rq, str name) {
    char *copy = arena_cstr(&rq->arena, name);
    ascii_lower_all(copy, name.len);
    return str_n(copy, name.len);
}

static int read_metadata(struct rq *rq, struct s3_object *object) {
    CLEANUP_DEINIT(buf) struct buf packed = {0};
    size_t total = 0;
    const char *name;
    json_t *value;
    json_object_foreach (json_obj(rq->in, "Metadata"), name, value) {
        str text = json_text(value);
        total += strlen(name) + text.len;
        s3_pairs_add(&packed, lower(rq, str_c(name)), text.p ? text : S(""));
    }
    if (total > S3_MAX_METADATA) {
        CLEANUP_DEINIT(buf) struct buf number = {0};
        aws_fail(rq, &S3_MetadataTooLarge, NULL);
        buf_printf(&number, "%zu", total);
        aws_fail_detail(rq, "Size", buf_view(&number));
        aws_fail_detail(rq, "MaxSizeAllowed", S("2048"));
        return AWS_FAILED;
    }
    object->metadata = arena_str(&rq->arena, buf_view(&packed));
    return 0;
}

static int read_storage_class(struct rq *rq, struct s3_object *object) {
    static const struct {
        const char *name;
        bool archive;
    } classes[] = {
        {"STANDARD", false},   {"REDUCED_REDUNDANCY", false},  {"STANDARD_IA", false},
        {"ONEZONE_IA", false}, {"INTELLIGENT_TIERING", false}, {"GLACIER_IR", false},
        {"GLACIER", true},     {"DEEP_ARCHIVE", true},
    };
    str asked = json_str(rq->in, "StorageClass");
    if (!asked.p || str_is(asked, "STANDARD")) {
        object->storage_class = S("");
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (!str_is(asked, classes[i].name))
            continue;
        if (classes[i].archive) /* could never be read again: RestoreObject is not supported */
            return aws_fail(rq, &S3_NotImplemented,
                            "The storage class " STR_FMT
                            " is not supported, because RestoreObject is not",
                            STR_ARG(asked));
        object->storage_class = asked;
        return 0;
    }
    aws_fail(rq, &S3_InvalidStorageClass, NULL);
    aws_fail_detail(rq, "StorageClassRequested", asked);
    return AWS_FAILED;
}

int s3_read_attributes(struct rq *rq, struct s3_object *object) {
    int r = read_headers(rq, object);
    if (!r)
        r = read_metadata(rq, object);
    return r ? r : read_storage_class(rq, object);
}

int s3_read_tagging(struct rq *rq, struct s3_object *object) {
    str header = json_str(rq->in, "Tagging");
    if (!header.p)
        return 0;
    CLEANUP_DEINIT(buf) struct buf packed = {0};
    CLEANUP_JSON json_t *set = s3_tags_of_header(header);
    if (!set)
        return aws_fail(rq, &S3_InvalidArgument,
                        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded "
                        "URL query parameters without tag name duplicates.");
    int r = s3_tags_pack(rq, &s3_object_tags, set, &packed);
    object->tags = arena_str(&rq->arena, buf_view(&packed));
    return r;
}

/* ---- Features that S3 has and we have not: refused by name, never ignored ---- */
/* The header that gives more than a private ACL, and its value; NULL: none does. */
static const char *find_acl(const struct rq *rq, str *ret_value) {
    static const struct {
        const char *member, *header;
    } grants[] = {{"GrantFullControl", "x-amz-grant-full-control"},
                  {"GrantRead", "x-amz-grant-read"},
                  {"GrantReadACP", "x-amz-grant-read-acp"},
                  {"GrantWrite", "x-amz-grant-write"},
                  {"GrantWriteACP", "x-amz-grant-write-acp"}};
    *ret_value = json_str(rq->in, "ACL");
    if (ret_value->p && !str_is(*ret_value, "private") &&
        !str_is(*ret_value, "bucket-owner-full-control"))
        return "x-amz-acl";
    for (size_t i = 0; i < ARRAY_LEN(grants); i++) {
        *ret_value = json_str(rq->in, grants[i].member);
        if (ret_value->p)
            return grants[i].header;
    }
    return NULL;
}

int s3_check_acl(struct rq *rq, enum s3_ownership ownership, const struct aws_error *enforced) {
    str value;
    const char *header = find_acl(rq, &value);
    if (!header)
        return 0;
    if (ownership == S3_OWNER_ENFORCED)
        return aws_fail(rq, enforced, NULL);
    aws_fail(rq, &S3_NotImplemented, "%s: " STR_FMT " is not supported; private is", header,
             STR_ARG(value));
    aws_fail_detail(rq, "Header", str_c(header));
    return AWS_FAILED;
}

int s3_check_features(struct rq *rq, const struct s3_bucket *bucket) {
    static const struct {
        const char *member, *header;
    } missing[] = {
        {"SSECustomerAlgorithm", "x-amz-server-side-encryption-customer-algorithm"},
        {"SSECustomerKey", "x-amz-server-side-encryption-customer-key"},
        {"CopySourceSSECustomerAlgorithm",
         "x-amz-copy-source-server-side-encryption-customer-algorithm"},
        {"SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"},
        {"SSEKMSEncryptionContext", "x-amz-server-side-encryption-context"},
        {"ObjectLockMode", "x-amz-object-lock-mode"},
        {"ObjectLockRetainUntilDate", "x-amz-object-lock-retain-until-date"},
        {"ObjectLockLegalHoldStatus", "x-amz-object-lock-legal-hold"},
        {"WriteOffsetBytes", "x-amz-write-offset-bytes"},
    };
    for (size_t i = 0; i < ARRAY_LEN(missing); i++)
        if (json_has(rq->in, missing[i].member)) {
            aws_fail(rq, &S3_NotImplemented, "%s is not supported", missing[i].header);
            aws_fail_detail(rq, "Header", str_c(missing[i].header));
            return AWS_FAILED;
        }
    str sse = json_str(rq->in, "ServerSideEncryption");
    if (sse.p && !str_is(sse, "AES256")) {
        aws_fail(rq, &S3_NotImplemented,
                 "x-amz-server-side-encryption: " STR_FMT " is not supported; AES256 is",
                 STR_ARG(sse));
        aws_fail_detail(rq, "Header", S("x-amz-server-side-encryption"));
        return AWS_FAILED;
    }
    return s3_check_acl(rq, bucket->row.ownership, &S3_AccessControlListNotSupported);
}
