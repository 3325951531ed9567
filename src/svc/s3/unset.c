/*
 * svc/s3: configurations that S3 has and Calotype has not. Clients read them of every bucket
 * (Terraform's provider reads all), and must find them unset, in the very form that S3 gives.
 * Setting one is no row, and so is refused by its name.
 */
#include "svc/s3/config.h"

static const struct s3_config_kind
    cors = {.missing = &S3_NoSuchCORSConfiguration},
    website = {.missing = &S3_NoSuchWebsiteConfiguration},
    replication = {.missing = &S3_ReplicationConfigurationNotFoundError},
    lock = {.missing = &S3_ObjectLockConfigurationNotFoundError},
    object_lock = {.missing = &S3_InvalidRequest,
                   .missing_text = "Bucket is missing Object Lock Configuration"},
    plain = {.unset = "{}"}, payment = {.unset = "{\"Payer\":\"BucketOwner\"}"};

S3_CONFIG_OP(get, GetBucketCors, cors)
S3_CONFIG_OP(get, GetBucketWebsite, website)
S3_CONFIG_OP(get, GetBucketReplication, replication)
S3_CONFIG_OP(get, GetObjectLockConfiguration, lock)
S3_CONFIG_OP(get, GetObjectLegalHold, object_lock)
S3_CONFIG_OP(get, GetObjectRetention, object_lock)
S3_CONFIG_OP(get, GetBucketLogging, plain)
S3_CONFIG_OP(get, GetBucketRequestPayment, payment)
