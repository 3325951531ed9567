/* s3/range: takes a Range header apart. */
#include "svc/s3/range.h"

enum s3_range_kind s3_range_parse(str header, uint64_t size, uint64_t *ret_first,
                                  uint64_t *ret_last) {
    static const str unit = S_INIT("bytes=");
    if (!str_starts_nocase(header, unit) || str_chr(header, ',') >= 0)
        return S3_RANGE_NONE;

    str from, to;
    if (!str_cut(str_trim(str_skip(header, unit.len)), '-', &from, &to))
        return S3_RANGE_NONE;
    from = str_trim(from);
    to = str_trim(to);

    uint64_t first = 0, last = 0;
    if (from.len == 0) { /* the last n bytes */
        uint64_t n;
        if (!str_to_u64(to, &n))
            return S3_RANGE_NONE;
        if (n == 0 || size == 0)
            return S3_RANGE_UNSATISFIABLE;
        first = n < size ? size - n : 0;
        last = size - 1;
    } else {
        if (!str_to_u64(from, &first))
            return S3_RANGE_NONE;
        if (to.len == 0)
            last = UINT64_MAX;
        else if (!str_to_u64(to, &last) || last < first)
            return S3_RANGE_NONE;
        if (first >= size)
            return S3_RANGE_UNSATISFIABLE;
        if (last >= size)
            last = size - 1;
    }
    *ret_first = first;
    *ret_last = last;
    return S3_RANGE_PART;
}

bool s3_range_parse_copy(str header, uint64_t *ret_first, uint64_t *ret_last) {
    static const str unit = S_INIT("bytes=");
    str from, to;
    uint64_t first, last;
    if (!str_starts(header, unit) || !str_cut(str_skip(header, unit.len), '-', &from, &to) ||
        !str_to_u64(from, &first) || !str_to_u64(to, &last) || last < first)
        return false;
    *ret_first = first;
    *ret_last = last;
    return true;
}
