/* sts/errors: defines the error rows of errors.def. */
#define ERRORS_DEFINED_HERE
#include "svc/sts/errors.h"
