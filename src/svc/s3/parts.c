/* s3/parts: the rows of uploads and parts, written and read. */
#include "svc/s3/parts.h"

#include <string.h>

enum { UPLOAD_FORMAT = 1, PART_FORMAT = 1 };

void s3_upload_row_write(struct buf *out, const struct s3_upload_row *row) {
    CLEANUP_DEINIT(buf) struct buf object = {0};
    buf_u8(out, UPLOAD_FORMAT);
    buf_u8(out, row->explicit_sum);
    buf_lstr(out, row->initiator);
    /* The object's checksum is not known yet: zeroes of the right length stand for it. */
    static const char zeroes[S3_SUM_MAX];
    struct s3_object planned = row->object;
    planned.sum_raw = str_n(zeroes, s3_sum_rows[planned.sum].len);
    s3_object_write(&object, &planned);
    buf_lstr(out, buf_view(&object));
}

bool s3_upload_row_read(str bytes, struct s3_upload_row *ret_row) {
    struct cur at = cur_of(bytes);
    struct s3_upload_row row = {0};
    if (cur_u8(&at) != UPLOAD_FORMAT)
        return false;
    row.explicit_sum = cur_u8(&at) != 0;
    row.initiator = cur_lstr(&at);
    str object = cur_lstr(&at);
    if (at.bad || at.s.len != 0 || !s3_object_read(object, &row.object))
        return false;
    *ret_row = row;
    return true;
}

void s3_part_row_write(struct buf *out, const struct s3_part_row *row) {
    buf_u8(out, PART_FORMAT);
    buf_u64(out, row->seq);
    buf_u64(out, (uint64_t)row->mtime_ms);
    buf_varint(out, row->size);
    buf_add(out, row->md5, sizeof row->md5);
    buf_lstr(out, row->sum_raw);
    buf_lstr(out, row->ref);
}

bool s3_part_row_read(str bytes, struct s3_part_row *ret_row) {
    struct cur at = cur_of(bytes);
    struct s3_part_row row = {0};
    if (cur_u8(&at) != PART_FORMAT)
        return false;
    row.seq = cur_u64(&at);
    row.mtime_ms = (int64_t)cur_u64(&at);
    row.size = cur_varint(&at);
    str md5 = cur_take(&at, sizeof row.md5);
    if (md5.len == sizeof row.md5)
        memcpy(row.md5, md5.p, md5.len);
    row.sum_raw = cur_lstr(&at);
    row.ref = cur_lstr(&at);
    if (at.bad || at.s.len != 0)
        return false;
    *ret_row = row;
    return true;
}
