#pragma once
/*
 * s3/cond: the conditional headers of reads and of copy sources, in S3's precedence
 * ("Conditional reads", S3 user guide; RFC 9110, 13.2.2). Pure.
 *
 * A true If-Match outweighs a false If-Unmodified-Since; a false If-None-Match outweighs a true
 * If-Modified-Since. Times compare in whole seconds, as the Last-Modified header shows them.
 */
#include "base/json.h"
#include "base/str.h"

struct s3_cond {
    str if_match, if_none_match; /* absent when not sent */
    bool has_modified_since, has_unmodified_since;
    int64_t modified_since, unmodified_since; /* epoch seconds */
};

enum s3_cond_result {
    S3_COND_OK,
    S3_COND_NOT_MODIFIED, /* 304 on reads */
    S3_COND_FAILED,       /* 412 */
};
/*
 * etag without quotes. On S3_COND_FAILED and _NOT_MODIFIED *ret_name is the header that decided
 * ("If-Match").
 */
enum s3_cond_result s3_cond_check(const struct s3_cond *cond, str etag, int64_t modified_s,
                                  const char **ret_name);

/*
 * The four members of an input document: prefix "" reads IfMatch, IfNoneMatch, IfModifiedSince,
 * IfUnmodifiedSince; "CopySource" reads CopySourceIfMatch and so on.
 */
struct s3_cond s3_cond_of(const json_t *in, const char *prefix);

/* True when list ("*" or comma-separated tags, quoted or bare, weak or strong) names etag. */
bool s3_etag_in(str list, str etag);
