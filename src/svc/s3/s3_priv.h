#pragma once
/*
 * svc/s3, inside the room: the service's state and what its operations share.
 *
 * The state is set by s3_open and constant afterwards.
 * So handlers run in any thread, and what they share lies in rows. Functions that take a request
 * answer 0 or AWS_FAILED with the error set, unless they say otherwise; texts and structs that they
 * give live in the request's arena, or until its end.
 */
#include "svc/s3/bucket.h"
#include "svc/s3/cond.h"
#include "svc/s3/errors.h"
#include "svc/s3/event.h"
#include "svc/s3/s3.h"
#include "svc/s3/versions.h"

/* The service. Constant after s3_open; the caches that it points to lock for themselves. */
struct s3_svc {
    struct store *store;
    struct hub *hub;
    struct s3_hashers *hashers;
};

/* Flags of rows, for the hooks (hooks.c). */
enum {
    S3_TELLS_REGION = OP_OF_SERVICE << 0, /* the bucket's region, refusals included */
    /* s3:ExistingObjectTag/KEY of the object, and version, in question */
    S3_OLD_TAGS = OP_OF_SERVICE << 1,
    /* s3:RequestObjectTag/KEY of the tags that the request gives */
    S3_NEW_TAGS = OP_OF_SERVICE << 2,
    /* s3:ObjectCreationOperation: an object comes to be, or only an upload's begin or part */
    S3_CREATES = OP_OF_SERVICE << 3,
    S3_PREPARES = OP_OF_SERVICE << 4,
    S3_MAKES_BUCKET = OP_OF_SERVICE << 5, /* the bucket need not be there */
};
#define KIT_OPS    "svc/s3/ops.def"
#define KIT_PREFIX s3
#include "svc/kit/op_handlers.h"

/* Limits of S3 ("Amazon S3 multipart upload limits", "Object metadata"). */
#define S3_MAX_PUT  (5ULL << 30)
#define S3_MIN_PART (5ULL << 20)
enum { S3_MAX_KEY = 1024, S3_MAX_METADATA = 2048, S3_MAX_PARTS = 10000, S3_PAGE = 1000 };

/* ---- request.c: what most handlers begin with ---- */
/*
 * The bucket of that name, borrowed until the request ends: 0, STORE_E_ABSENT or AWS_FAILED. It is
 * read once for authorisation and handler, and a condition of what they write; a handler that
 * commits by itself asks for it again.
 */
int s3_bucket_of(struct s3_svc *svc, struct rq *rq, str name, struct s3_bucket **ret_bucket);
/*
 * S3 wants to know what some bodies must be: those of DeleteObjects, PutBucketTagging,
 * PutBucketLifecycleConfiguration and, of what is not built, PutBucketCors and the object locks
 * (versity/versitygw, issues 1040, 1301, 1311, 1521; aws/aws-cli, issue 229; not PutObjectTagging:
 * versity/versitygw, issue 1662). Calls from inside bring no bytes. 0 or AWS_FAILED.
 */
int s3_check_digest(struct rq *rq);
/* Sets NoSuchBucket with the name in its details. AWS_FAILED. */
int s3_no_such_bucket(struct rq *rq, str name);
/*
 * The bucket that rq->in names (member "Bucket"), borrowed likewise. NoSuchBucket;
 * AccessDenied when ExpectedBucketOwner is another. s3_use_bucket_named takes another name and the
 * owner expected of it (absent: any).
 */
int s3_use_bucket(struct s3_svc *svc, struct rq *rq, struct s3_bucket **ret_bucket);
int s3_use_bucket_named(struct s3_svc *svc, struct rq *rq, str name, str expected_owner,
                        struct s3_bucket **ret_bucket);
/* As s3_use_bucket, for writers: OperationAborted while the bucket is being deleted. */
int s3_use_bucket_to_write(struct s3_svc *svc, struct rq *rq, struct s3_bucket **ret_bucket);
/* A bucket as s3_use_bucket_to_write gives it, and a key as s3_use_key does. */
int s3_use_target(struct s3_svc *svc, struct rq *rq, struct s3_bucket **ret_bucket, str *ret_key);
/* Member "Key", at most 1024 bytes and not empty. */
int s3_use_key(struct rq *rq, str *ret_key);
/* A result of versions.h or store.h that no handler can do anything about. AWS_FAILED. */
int s3_fault(struct rq *rq, int r, const char *what);

/* In the request's arena. */
str s3_bucket_arn(struct rq *rq, str bucket);
/* "arn:aws:s3:::bucket/key"; key empty for the bucket itself. False: no such ARN. */
bool s3_arn_parts(str arn, str *ret_bucket, str *ret_key);
/* The 64 hex digits that stand for an account in S3's answers; the same one always has the same. */
str s3_canonical_id(struct rq *rq, str account);
json_t *s3_owner(struct rq *rq, str account); /* {"ID":…}: a new reference */
/* The ETag as documents and headers show it. */
str s3_quoted(struct rq *rq, str etag);

/*
 * Adds to the batch the event that the bucket's configuration wants for this, if any. size and etag
 * come from the object; version_id absent on buckets that were never versioned.
 */
struct s3_happening {
    enum s3_event_type type;
    str key;
    const struct s3_object *object; /* NULL: no size, no etag */
    str version_id;
    uint64_t seq;
};
void s3_emit(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
             const struct s3_happening *what);
/* What the bucket has to say to a target. */
struct hub_event s3_hub_event(struct rq *rq, const struct s3_bucket *bucket, str target,
                              str payload);
/* The version id as answers and events show it: absent on buckets that were never versioned. */
str s3_shown_version(struct rq *rq, const struct s3_bucket *bucket, const struct s3_object *object);

/* ---- attributes.c: what a client may say about an object to be ---- */
/*
 * Fills headers, metadata and storage class from the members of PutObject, CopyObject or
 * CreateMultipartUpload; texts live in the arena. What S3 has and we have not is refused by name.
 */
int s3_read_attributes(struct rq *rq, struct s3_object *object);
/* The x-amz-tagging header. */
int s3_read_tagging(struct rq *rq, struct s3_object *object);
/*
 * ACLs, encryption, object locks of something in the bucket: 0 when everything said is what holds
 * here anyway.
 */
int s3_check_features(struct rq *rq, const struct s3_bucket *bucket);
/*
 * A canned ACL or grants: only private ones, also where the bucket's ownership has ACLs on.
 * enforced: what is said where it has them off.
 */
int s3_check_acl(struct rq *rq, enum s3_ownership ownership, const struct aws_error *enforced);

/* ---- upload.c: a body on its way in ---- */
struct s3_upload {
    struct s3_svc *svc;
    struct blob_writer *writer;
    struct s3_digest *digest;
    enum s3_sum own_sum; /* computed here; S3_SUM_NONE when the client's own is verified by aws */
    uint64_t size, most;
    uint64_t source_seq; /* copies: of the version that was copied */
    struct buf ref;      /* once finished */
    bool finished, committed;
    str last;    /* the last lot, the digest's; absent while bytes may follow, or there are none */
    bool hashed; /* md5 is there, and sum_raw where own_sum says so */
    uint8_t md5[16];
    char etag[33];
    enum s3_sum sum; /* once finished: the body's checksum */
    uint8_t sum_raw[S3_SUM_MAX];
};
/*
 * Begins a body under the bucket's data key. It belongs to the request: what was not committed by
 * its end is discarded. expected: size if known, else 0.
 */
int s3_upload_new(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                  enum s3_sum own_sum, uint64_t expected, struct s3_upload **ret_upload);
/* EntityTooLarge beyond S3_MAX_PUT. */
int s3_upload_write(struct s3_upload *upload, struct rq *rq, const void *p, size_t n);
/*
 * Makes the body durable and fills ref, etag and checksum. A later attempt of the same request
 * finds it finished, and gets 0 at once. InvalidRequest: the client's checksum is none of its kind.
 */
int s3_upload_finish(struct s3_upload *upload, struct rq *rq);
/* The batch of this attempt takes the body over: its file stays once that batch is committed. */
void s3_upload_keep(struct s3_upload *upload, struct rq *rq);
/* As the rows' sink: rq->stream is the upload. */
int s3_upload_open(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                   enum s3_sum own_sum);
/*
 * The checksum that the client sends, before or behind the body; aws verifies it and hands it over.
 */
enum s3_sum s3_client_sum(struct rq *rq);

/* ---- put.c ---- */
/* Where an object is written, and what its event calls that. Borrowed for the call. */
struct s3_write {
    const struct s3_bucket *bucket;
    str key;
    enum s3_event_type type;
};
/*
 * Makes object with these bodies the current version of its key, under the conditions of the input
 * (IfMatch, IfNoneMatch), with its event. On success object is complete.
 */
int s3_put_version(struct s3_svc *svc, struct rq *rq, const struct s3_write *to,
                   struct s3_object *object, str bodies);
/* As s3_put_version, with one body: that of a finished upload. */
int s3_put_upload(struct s3_svc *svc, struct rq *rq, const struct s3_write *to,
                  struct s3_object *object, struct s3_upload *upload);
/* The members that stand at the top of every write's answer: ServerSideEncryption, VersionId. */
void s3_describe_write(struct rq *rq, const struct s3_bucket *bucket,
                       const struct s3_object *object, json_t *out);

/* ---- get.c ---- */
/*
 * Finds the version that a read means (version_id absent: the current one). NoSuchKey, which is
 * answered only to callers who may list; NoSuchVersion; MethodNotAllowed (a delete marker); with
 * S3's headers. found is the caller's to deinit.
 */
struct s3_wanted {
    const struct s3_bucket *bucket;
    str key, version_id;
    const struct aws_may *list; /* the right to be told that the object is not there */
};
int s3_find_wanted(struct rq *rq, const struct rows *rows, const struct s3_wanted *wanted,
                   struct s3_found *found);
/*
 * The conditions of a read or of a copy's source: PreconditionFailed. Reads give ret_not_modified,
 * which is set where they answer 304; for copies (NULL) that is a failure too.
 */
int s3_check_cond(struct rq *rq, const struct s3_cond *cond, const struct s3_object *object,
                  bool *ret_not_modified);
int s3_precondition_failed(struct rq *rq, const char *condition);
int s3_bad_version_id(struct rq *rq, str version_id);
/* Sets the checksum members, as far as the object has one. */
void s3_describe_sum(json_t *doc, const struct s3_object *object);

/* ---- body.c: reading stored bodies ---- */
/* Whose bodies they are, for messages. version: its id, or "null". Borrowed for a call. */
struct s3_whose {
    str bucket, key, version;
    bool multipart; /* its parts have numbers */
};
/* The name of a version: bucket "photos", key "a.jpg", version null. Texts are quoted as in JSON. */
void s3_whose_add(struct buf *out, const struct s3_whose *whose);

/* Bytes of an object. */
struct s3_span {
    uint64_t first, n;
};
struct s3_body_reader;
/*
 * Reads a span (n 0: nothing) of the packed bodies, which are copied. The first ones are opened
 * here and stay readable whatever becomes of the object; the frame that the span begins in is
 * verified. STORE_E_ABSENT: a body was dropped, so the row is to be read again; other results say
 * in reterr_why whose body it is, what is wrong, and what to do.
 */
int s3_body_reader_new(struct store *store, str bodies, const struct s3_span *span,
                       const struct s3_whose *whose, struct s3_body_reader **ret_reader,
                       struct buf *reterr_why);
/* offset counts from the span's first byte, and never goes back. As net_reply_stream's read. */
ssize_t s3_body_reader_read(struct s3_body_reader *reader, uint64_t offset, void *p, size_t n);
/* Behind a read that failed: the message, as above. */
str s3_body_reader_why(const struct s3_body_reader *reader);
struct s3_body_reader *s3_body_reader_free(struct s3_body_reader *reader);
DEFINE_FREEP(s3_body_reader)

/* ---- listing.c: what lists share ---- */
/* text, URL-encoded when encode (encoding-type=url): slashes stay, a space is "+". */
str s3_encoded(struct rq *rq, bool encode, str text);
bool s3_wants_encoding(const struct rq *rq);
/* MaxKeys and the like: at most S3_PAGE; InvalidArgument below 0. */
int s3_page_size(struct rq *rq, const char *member, uint64_t *ret_size);

/* ---- config.c: what CreateBucket takes, too (config.h has the rest) ---- */
/*
 * What the name says, S3_OWNER_UNSET for an unknown one. NotImplemented: ObjectWriter, under which
 * an object of another account would not be the bucket owner's, as all are here.
 */
int s3_read_ownership(struct rq *rq, str name, enum s3_ownership *ret);
/* Bucket tags as they are stored, appended to text. */
int s3_read_bucket_tags(struct rq *rq, const json_t *tags, struct buf *text);

/* ---- hooks.c: what authorisation asks of S3 ---- */
int s3_hook_unsigned(void *svc, struct rq *rq, str bucket);
int s3_hook_policy(void *svc, struct rq *rq, str arn, const struct policy **ret_policy,
                   str *ret_account);
int s3_hook_context(void *svc, struct rq *rq, const struct aws_question *question,
                    struct policy_context *context);
extern const struct aws_derived s3_derived[]; /* the @source_… of the rows: copy.c */
int s3_hook_veto(void *svc, struct rq *rq, str arn, bool via_resource);
int s3_hook_invalid(void *svc, struct rq *rq, const struct aws_violation *violation);

/* ---- outcome.c ---- */
/* Counts the notifications that no target took. Before hub_start. */
void s3_outcome_plug(struct s3_svc *svc);

/* ---- sweep.c ---- */
/*
 * At start, before any request: reopens buckets whose deletion was cut off, and removes parts whose
 * upload is gone. Commits by itself. 0, STORE_E_DAMAGED or -errno, with the reason in err.
 */
int s3_sweep(struct s3_svc *svc, struct err *err);
/* Removes every part row of an upload whose own row is gone, with its bodies. Commits by itself. */
int s3_drop_parts(struct store *store, uint64_t bucket_id, uint64_t upload_seq, struct err *err);
/* As s3_drop_parts, of all uploads of a bucket whose row and uploads are gone. */
int s3_drop_all_parts(struct store *store, uint64_t bucket_id, struct err *err);
