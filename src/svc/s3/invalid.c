/*
 * A violated constraint in S3's words: a wrong body is MalformedXML, a wrong header InvalidArgument
 * or an error of its own.
 */
#include "aws/validate.h"
#include "svc/s3/s3_priv.h"

static const struct {
    const char *member;
    const struct aws_error *error;
} own[] = {
    {"StorageClass", &S3_InvalidStorageClass},
    {"ServerSideEncryption", &S3_InvalidEncryptionAlgorithmError},
};

int s3_hook_invalid(void *, struct rq *rq, const struct aws_violation *v) {
    const struct api_member *m = v->member;
    if (m->location == API_IN_BODY)
        return aws_fail(rq, &S3_MalformedXML, NULL);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (str_is(m->name, own[i].member))
            return aws_fail(rq, own[i].error, NULL);
    aws_fail(rq, &S3_InvalidArgument,
             v->missing ? "Missing required parameter: " STR_FMT : "Invalid " STR_FMT,
             STR_ARG(m->wire));
    aws_fail_detail(rq, "ArgumentName", m->wire);
    aws_fail_detail(rq, "ArgumentValue", json_str(rq->in, m->name.p));
    return AWS_FAILED;
}
