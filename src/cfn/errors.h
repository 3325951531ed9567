#pragma once
/* cfn/errors: the error rows of CloudFormation, CFN_ValidationError and so on (errors.def). */
#define ERRORS(name) CFN_##name
#define ERRORS_DEF   "cfn/errors.def"
#include "aws/errors_of.h"
