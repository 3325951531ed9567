#pragma once
/* cloudwatch/errors: the error rows of CloudWatch, CW_ResourceNotFound and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, text) extern const struct aws_error CW_##code;
#include "svc/cloudwatch/errors.def"
#undef ERR
