/*
 * svc/s3: configurations that S3 has and Calotype has not. Clients read them of every bucket
 * (Terraform's provider reads all), and must find them unset, in the very form that S3 gives.
 * Setting one is no row, and so is refused by its name.
 */
#include "svc/s3/s3_priv.h"

/* The bucket is there; the configuration is not. text NULL: the row's own. */
static int unset_saying(struct svc *svc, struct rq *rq, const struct aws_error *error, const char *text) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    aws_fail(rq, error, "%s", text ? text : error->text);
    aws_fail_detail(rq, "BucketName", bucket->name);
    return AWS_FAILED;
}

static int unset(struct svc *svc, struct rq *rq, const struct aws_error *error) {
    return unset_saying(svc, rq, error, NULL);
}

static int answer(struct svc *svc, struct rq *rq, const char *member, const char *value) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    rq->out = json_object();
    if (member)
        json_set_str(rq->out, member, str_c(value));
    return 0;
}

int s3_op_GetBucketCors(struct svc *svc, struct rq *rq) {
    return unset(svc, rq, &S3_NoSuchCORSConfiguration);
}

int s3_op_GetBucketWebsite(struct svc *svc, struct rq *rq) {
    return unset(svc, rq, &S3_NoSuchWebsiteConfiguration);
}

int s3_op_GetBucketReplication(struct svc *svc, struct rq *rq) {
    return unset(svc, rq, &S3_ReplicationConfigurationNotFoundError);
}

int s3_op_GetObjectLockConfiguration(struct svc *svc, struct rq *rq) {
    return unset(svc, rq, &S3_ObjectLockConfigurationNotFoundError);
}

int s3_op_GetObjectLegalHold(struct svc *svc, struct rq *rq) {
    return unset_saying(svc, rq, &S3_InvalidRequest, "Bucket is missing Object Lock Configuration");
}

int s3_op_GetObjectRetention(struct svc *svc, struct rq *rq) {
    return unset_saying(svc, rq, &S3_InvalidRequest, "Bucket is missing Object Lock Configuration");
}

int s3_op_GetBucketLogging(struct svc *svc, struct rq *rq) {
    return answer(svc, rq, NULL, NULL);
}

int s3_op_GetBucketRequestPayment(struct svc *svc, struct rq *rq) {
    return answer(svc, rq, "Payer", "BucketOwner");
}

int s3_op_GetBucketAccelerateConfiguration(struct svc *svc, struct rq *rq) {
    return answer(svc, rq, NULL, NULL);
}
