/* AWS::S3::BucketPolicy. A bucket has one: the engine asks first, so that none is overwritten. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"PolicyDocument", .create = "Policy", .shape = cfn_text},
    {0},
};

const struct cfn_type cfn_type_s3_bucket_policy = {
    .name = "AWS::S3::BucketPolicy",
    .service = "s3",
    .lets = "Bucket",
    .props = props,
    .on = "Bucket={Bucket}",
    .put = true,
    .make = {.op = "PutBucketPolicy"},
    .ask = {.op = "GetBucketPolicy"},
    .adopts = true,
    .taken = "The bucket policy already exists on bucket {Bucket}.",
    .drop = "DeleteBucketPolicy",
    .gone = "NoSuchBucketPolicy|NoSuchBucket",
    .id = "{Bucket}",
};
