#pragma once
/*
 * s3/range: the Range header, as S3 reads it. One range of bytes; several ranges, another unit or
 * a malformed header are ignored, as if the header were not there ("GetObject", S3 API reference;
 * RFC 9110, 14.2). Pure.
 */
#include "base/str.h"

enum s3_range_kind {
    S3_RANGE_NONE,          /* serve everything, 200 */
    S3_RANGE_PART,          /* first..last, both inclusive, last < size: 206 */
    S3_RANGE_UNSATISFIABLE, /* 416 */
};
/* header may be absent. *ret_first and *ret_last are set for S3_RANGE_PART alone. */
enum s3_range_kind s3_range_parse(str header, uint64_t size, uint64_t *ret_first,
                                  uint64_t *ret_last);

/*
 * x-amz-copy-source-range takes the strict form "bytes=first-last" alone, within the source.
 * False: not of that form.
 */
bool s3_range_parse_copy(str header, uint64_t *ret_first, uint64_t *ret_last);
