#pragma once
/* A cloud with S3. */
#include "lib/cloud.h"

#include "svc/s3/s3.h"

CLOUD_PLUG(s3);

/* in: of cloud_doc. */
static inline struct answer s3_call_as(struct cloud *c, struct aws_identity *caller, const char *op,
                                       const char *in, str body) {
    return cloud_answer(c, caller, "s3", op, cloud_doc(in), body);
}
static inline struct answer s3_call(struct cloud *c, const char *op, const char *in, str body) {
    return s3_call_as(c, c->root, op, in, body);
}
