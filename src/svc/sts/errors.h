#pragma once
/* sts/errors: the error rows of STS, STS_AccessDenied and so on (errors.def). */
#define ERRORS(name) STS_##name
#define ERRORS_DEF   "svc/sts/errors.def"
#include "aws/errors_of.h"
