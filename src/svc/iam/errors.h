#pragma once
/* iam/errors: the error rows of IAM, IAM_NoSuchEntity and so on (errors.def). */
#define ERRORS(name) IAM_##name
#define ERRORS_DEF   "svc/iam/errors.def"
#include "aws/errors_of.h"
