#pragma once
/*
 * s3/tags: sets of tags, from a document's TagSet and from the x-amz-tagging header, with S3's
 * limits ("Object tagging", S3 user guide): 10 for objects, 50 for buckets, keys of 1 to 128 and
 * values of up to 256 characters, no repeated key, no "aws:" key. Pure.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"

enum { S3_TAGS_OBJECT = 10, S3_TAGS_BUCKET = 50 };
enum {
    S3_TAGS_OK = 0,
    S3_TAGS_E_INVALID = OUTCOMES_S3_TAGS, /* InvalidTag */
    S3_TAGS_E_MANY,   /* BadRequest */
    S3_TAGS_E_HEADER, /* InvalidArgument: the header is not URL-encoded pairs */
};
/*
 * Appends the packed pairs (s3_pairs_next) in their order. err says what is wrong in S3's words.
 */
int s3_tags_of_set(struct buf *packed, const json_t *tag_set, size_t most, struct err *err);
int s3_tags_of_header(struct buf *packed, str header, struct err *err);
/* The TagSet of packed pairs: a new array of {Key, Value}. */
json_t *s3_tags_to_set(str packed);
