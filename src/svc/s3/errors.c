#include "svc/s3/errors.h"

#define ERR(code, status, text) const struct aws_error S3_##code = {#code, status, text, NULL};
#include "svc/s3/errors.def"
#undef ERR
