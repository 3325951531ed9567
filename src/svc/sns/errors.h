#pragma once
/* sns/errors: the error rows of SNS, SNS_NotFound and so on (errors.def). */
#define ERRORS(name) SNS_##name
#define ERRORS_DEF   "svc/sns/errors.def"
#include "aws/errors_of.h"
