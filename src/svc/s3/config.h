#pragma once
/*
 * s3/config: the configurations of a bucket. Each is a kind, and a kind is one struct: where it is
 * kept, what Get shows, what Put takes. The operations of all kinds are the same three functions.
 *
 * A configuration is a document in a row of its own (s3_key_config), or a part of the bucket's row.
 * A change of either moves the bucket's generation, so that every cached copy of the bucket is
 * stale with the same commit.
 */
#include "svc/s3/s3_priv.h"

/* A configuration on its way in. */
struct s3_config {
    const struct s3_bucket *bucket;
    struct s3_bucket_row row; /* the bucket's row to be: as it is, for `take` to change */
    struct buf text;          /* what will be stored; empty: nothing */
};

struct s3_config_kind {
    const char *row; /* in its row's key; NULL: it has no row */
    /* the document where none is stored; NULL: Get fails with `missing` */
    const char *unset;
    const struct aws_error *missing;
    const char *missing_text; /* NULL: the error's own */
    /* of Get's answer that is the document; NULL: the answer is */
    const char *member;
    /*
     * Get's answer where it is another, or NULL for `missing`. text: what is stored; absent:
     * nothing.
     */
    json_t *(*show)(struct rq *rq, const struct s3_bucket *bucket, str text);
    /* Put: fills text from the input, or changes row. 0 or AWS_FAILED. */
    int (*take)(struct s3_svc *svc, struct rq *rq, struct s3_config *config);
    /* Delete: what the bucket's row loses; NULL: nothing */
    void (*clear)(struct s3_bucket_row *row);
    bool needs_digest; /* Put's body (s3_check_digest) */
    int put_status;    /* of Put's answer; 0: the operation's own */
};

/*
 * Handlers of the three verbs, for any kind. Put and Delete write the kind's row, or the bucket's;
 * the bucket is a condition, so that a configuration never outlives a bucket that goes.
 */
int s3_config_get(struct s3_svc *svc, struct rq *rq, const struct s3_config_kind *kind);
int s3_config_put(struct s3_svc *svc, struct rq *rq, const struct s3_config_kind *kind);
int s3_config_delete(struct s3_svc *svc, struct rq *rq, const struct s3_config_kind *kind);

/* The handlers of a kind. */
#define S3_CONFIG_OP(verb, op, kind)                                                               \
    int s3_op_##op(struct s3_svc *svc, struct rq *rq) { return s3_config_##verb(svc, rq, &(kind)); }
