#pragma once
/*
 * s3/tags: tags of objects and buckets, in S3's words (kit/tags.h has the limits). An object's row
 * holds them as packed pairs (s3_pairs_next), a bucket's configuration as S3 gives them back.
 */
#include "svc/kit/tags.h"
#include "svc/s3/errors.h"

extern const struct kit_tags s3_object_tags, s3_bucket_tags;

/* Checks a TagSet and appends it as packed pairs, in its order. 0 or AWS_FAILED. */
int s3_tags_pack(struct rq *rq, const struct kit_tags *kit, const json_t *tag_set,
                 struct buf *packed);
/* The TagSet of packed pairs: a new array of {Key, Value}. */
json_t *s3_tags_to_set(str packed);
/*
 * The TagSet of an x-amz-tagging header, a new array; NULL: too long, or not URL-encoded pairs. No
 * more is read than is needed to see that there are too many.
 */
json_t *s3_tags_of_header(str header);
