#pragma once
/* cloudwatch/errors: the error rows of CloudWatch, CW_ResourceNotFound and so on (errors.def). */
#define ERRORS(name) CW_##name
#define ERRORS_DEF   "svc/cloudwatch/errors.def"
#include "aws/errors_of.h"
