#pragma once
/* svc/s3, inside the room: what the multipart operations share. */
#include "svc/s3/parts.h"
#include "svc/s3/s3_priv.h"

/* An upload as a request names it by Bucket, Key and UploadId. Zeroed = nothing. */
struct s3_mpu {
    struct s3_bucket *bucket; /* borrowed until the request ends */
    str key, id;
    struct row at;
    struct s3_upload_row row; /* views into at */
};
void s3_mpu_deinit(struct s3_mpu *mpu);
/* Bucket, key and id of the input. NoSuchBucket, … the upload itself is not looked for. */
int s3_mpu_name(struct s3_svc *svc, struct rq *rq, struct s3_mpu *mpu);
/* The upload: 0, STORE_E_ABSENT or AWS_FAILED. What is written holds only while it is open. */
int s3_mpu_read(struct rq *rq, struct s3_mpu *mpu);
/* As s3_mpu_read, but an upload that is absent is answered NoSuchUpload. */
int s3_mpu_find(struct rq *rq, struct s3_mpu *mpu);
/* Sets NoSuchUpload with the id in its details. AWS_FAILED. */
int s3_no_such_upload(struct rq *rq, str id);
/*
 * Once the request is over and the batch was committed: removes what parts are left. That is a
 * commit of its own: what a crash in between leaves, the sweep at start removes.
 */
void s3_mpu_drop_rest(struct s3_svc *svc, struct rq *rq, const struct s3_mpu *mpu);
/* Member PartNumber, 1 to 10000. */
int s3_part_number(struct rq *rq, unsigned *ret_part);
/*
 * Puts the part's row; what it replaces is dropped. upload is finished; its body is taken over by
 * the request's batch. 0 or AWS_FAILED.
 */
int s3_put_part(struct s3_svc *svc, struct rq *rq, const struct s3_mpu *mpu, unsigned part,
                struct s3_upload *upload, struct s3_part_row *ret_row);
/* The checksum that the client chose for the upload, if any. */
void s3_describe_algorithm(json_t *doc, const struct s3_upload_row *row);
/* {"ID": …} of whoever began it. A new reference. */
json_t *s3_initiator(struct rq *rq, str initiator);
