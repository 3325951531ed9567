#pragma once
/*
 * s3/copy_source: x-amz-copy-source, "/bucket/key" or "bucket/key", URL-encoded, with an optional
 * "?versionId=ID" behind it. Access point ARNs are refused. Pure.
 */
#include "base/arena.h"
#include "base/outcomes.h"

/* What is to be copied. Nothing says that it exists. */
struct s3_copy_source {
    str bucket, key;
    str version_id; /* absent: the current one */
};
enum {
    S3_COPY_SOURCE_OK = 0,
    S3_COPY_SOURCE_E_MALFORMED = OUTCOMES_S3_COPY_SOURCE,
    S3_COPY_SOURCE_E_ARN
};
/*
 * Decoded texts live in the arena. The header is at most 8 KiB. S3_COPY_SOURCE_E_MALFORMED: not of
 * that form, or badly encoded; S3_COPY_SOURCE_E_ARN: an ARN.
 */
int s3_copy_source_parse(struct arena *arena, str header, struct s3_copy_source *ret_source);
