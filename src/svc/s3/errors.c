/* s3/errors: defines the error rows of errors.def. */
#define ERRORS_DEFINED_HERE
#include "svc/s3/errors.h"
