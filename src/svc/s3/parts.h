#pragma once
/* s3/parts: the rows of multipart uploads and of their parts (docs/formats/s3.md). Pure. */
#include "svc/s3/object.h"

/* An upload: what CreateMultipartUpload said the object shall be. Views into the row. */
struct s3_upload_row {
    str initiator;           /* ARN, or the account for its root */
    bool explicit_sum;       /* the client chose the checksum, so its parts must carry that one */
    struct s3_object object; /* seq and nonce are the upload's id; size, etag, bodies unused */
};
/*
 * Append a row's bytes; and read one. What was read is views into bytes. False: damaged, or of a
 * later format, and *ret_row is as before.
 */
void s3_upload_row_write(struct buf *out, const struct s3_upload_row *row);
bool s3_upload_row_read(str bytes, struct s3_upload_row *ret_row);

/* A part that was uploaded. One that is sent again replaces the row. */
struct s3_part_row {
    uint64_t seq; /* another one each time the part is sent */
    int64_t mtime_ms;
    uint64_t size;
    uint8_t md5[16];
    str sum_raw; /* of the upload's algorithm; empty: it has none */
    str ref;     /* blob reference; empty for no bytes */
};
/* As those of an upload. */
void s3_part_row_write(struct buf *out, const struct s3_part_row *row);
bool s3_part_row_read(str bytes, struct s3_part_row *ret_row);
