#pragma once
/*
 * s3/bucket: a bucket as requests see it: its row, and its policy and notification configuration
 * compiled. Immutable and reference-counted; the store keeps it with the row (row_get_kept), so a
 * request costs a look for the row.
 */
#include "aws/row.h"
#include "policy/policy.h"
#include "store/seal.h"
#include "svc/s3/notify.h"

/* Values are those of the row's format. */
enum s3_versioning { S3_UNVERSIONED, S3_ENABLED, S3_SUSPENDED };
enum s3_ownership { S3_OWNER_ENFORCED, S3_OWNER_PREFERRED, S3_OWNER_WRITER, S3_OWNER_UNSET };
enum { /* the public-access block */
       S3_BLOCK_ACLS = 1,
       S3_BLOCK_IGNORE_ACLS = 2,
       S3_BLOCK_POLICY = 4,
       S3_BLOCK_RESTRICT = 8,
       S3_BLOCK_ALL = 15,
       S3_BLOCK_SET = 16, /* there is a configuration at all */
};

/* The row in STORE_META, taken apart. Texts are views into its bytes. */
struct s3_bucket_row {
    bool deleting; /* DeleteBucket is looking whether it is empty: nothing may be written */
    enum s3_versioning versioning;
    enum s3_ownership ownership;
    unsigned block;
    uint64_t id;         /* of its rows; never used again */
    uint64_t generation; /* another one with every change */
    int64_t created_ms;
    char key_id[SEAL_KEY_ID_LEN]; /* data key of its bodies */
    str account, region;
    bool has_policy, has_notification;
};
/* Appends the row's bytes (docs/formats/s3.md). */
void s3_bucket_row_write(struct buf *out, const struct s3_bucket_row *row);
/* Views into bytes. False: damaged, or of a later format. */
bool s3_bucket_row_read(str bytes, struct s3_bucket_row *ret_row);

/*
 * A bucket as a request holds it. What it points to is constant for as long as a reference is held.
 */
struct s3_bucket {
    struct store_kept kept; /* first: this is what the store hands out */
    str name;
    struct s3_bucket_row row;
    struct policy *policy;
    bool policy_is_public;
    struct s3_notify *notify;
    struct buf memory; /* what name and row point into */
};
struct s3_bucket *s3_bucket_free(struct s3_bucket *bucket); /* drops one reference */
DEFINE_FREEP(s3_bucket)

/*
 * A new reference to the bucket; its row is a condition where rows has a batch. Any thread. 0,
 * STORE_E_ABSENT, STORE_E_DAMAGED or -errno.
 */
int s3_bucket_get(const struct rows *rows, str name, struct s3_bucket **ret_bucket);
/*
 * The bucket's row shall be this one, with another generation; or none. It was got in the same
 * batch.
 */
void s3_bucket_put(const struct rows *rows, str name, struct s3_bucket_row row);
void s3_bucket_del(const struct rows *rows, str name);
