#pragma once
/*
 * s3/teller: what the lists of S3 tell of their entries, written item by item (aws/items.h). A
 * function writes members in the order in which the model has them.
 */
#include "aws/items.h"
#include "svc/s3/s3_priv.h"

/* One list of an answer, on the stack of its operation. items NULL: it has no entries yet. */
struct s3_teller {
    struct rq *rq;
    struct items *items;
    bool encode;         /* encoding-type=url */
    struct buf text;     /* scratch */
    str owner, owner_id; /* of the last owner told; in the request's arena */
};
void s3_teller_deinit(struct s3_teller *teller);

/* A key or prefix, encoded where that was asked for. */
void s3_tell_name(struct s3_teller *teller, const char *name, str text);
void s3_tell_etag(struct s3_teller *teller, str etag);
void s3_tell_owner(struct s3_teller *teller, const char *name, str account);
/* ETag, checksum, Size, StorageClass. */
void s3_tell_object(struct s3_teller *teller, const struct s3_object *object);
/* The whole item of CommonPrefixes. */
void s3_tell_prefix(struct s3_teller *teller, str prefix);
str s3_shown_class(const struct s3_object *object);
