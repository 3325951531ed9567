#pragma once
/* cfn/errors: the error rows of CloudFormation, CFN_ValidationError and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, text) extern const struct aws_error CFN_##code;
#include "cfn/errors.def"
#undef ERR
