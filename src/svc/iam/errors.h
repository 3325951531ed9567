#pragma once
/* iam/errors: the error rows of IAM, IAM_NoSuchEntity and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, text) extern const struct aws_error IAM_##code;
#include "svc/iam/errors.def"
#undef ERR
