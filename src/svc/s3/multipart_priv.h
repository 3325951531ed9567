#pragma once
/* svc/s3, inside the room: what the multipart operations share. */
#include "svc/s3/parts.h"
#include "svc/s3/s3_priv.h"

/* An upload as a request names it by Bucket, Key and UploadId. Zeroed = nothing. */
struct s3_mpu {
    struct s3_bucket *bucket; /* borrowed until the request ends */
    str key, id;
    struct buf row_key, row_bytes;
    struct s3_upload_row row; /* views into row_bytes */
};
void s3_mpu_deinit(struct s3_mpu *mpu);
/* Bucket, key and id of the input. NoSuchBucket, … the upload itself is not looked for. */
int s3_mpu_name(struct svc *svc, struct rq *rq, struct s3_mpu *mpu);
/* NoSuchUpload. */
int s3_mpu_find(struct svc *svc, struct rq *rq, struct s3_mpu *mpu);
int s3_no_such_upload(struct rq *rq, str id);
/* The batch holds only while the upload is open. */
void s3_mpu_expect(struct rq *rq, const struct s3_mpu *mpu);
/* Once the request is over and the batch was committed: removes what parts are left. */
void s3_mpu_drop_rest(struct svc *svc, struct rq *rq, const struct s3_mpu *mpu);
/* Member PartNumber, 1 to 10000. */
int s3_part_number(struct rq *rq, unsigned *ret_part);
/* Puts the part's row; what it replaces is dropped. */
int s3_put_part(struct svc *svc, struct rq *rq, const struct s3_mpu *mpu, unsigned part,
                struct s3_upload *upload, struct s3_part_row *ret_row);
/* {"ID": …} of whoever began it. */
json_t *s3_initiator(struct rq *rq, str initiator);
