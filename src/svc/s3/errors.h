#pragma once
/* s3/errors: the error rows of S3, S3_NoSuchKey and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, text) extern const struct aws_error S3_##code;
#include "svc/s3/errors.def"
#undef ERR
