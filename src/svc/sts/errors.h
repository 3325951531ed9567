#pragma once
/* sts/errors: the error rows of STS, STS_AccessDenied and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, text) extern const struct aws_error STS_##code;
#include "svc/sts/errors.def"
#undef ERR
