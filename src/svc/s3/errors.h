#pragma once
/* s3/errors: the error rows of S3, S3_NoSuchKey and so on (errors.def). */
#define ERRORS(name) S3_##name
#define ERRORS_DEF   "svc/s3/errors.def"
#include "aws/errors_of.h"
