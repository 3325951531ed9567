#pragma once
/* sns/errors: the error rows of SNS, SNS_NotFound and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, text) extern const struct aws_error SNS_##code;
#include "svc/sns/errors.def"
#undef ERR
