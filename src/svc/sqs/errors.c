/* sqs/errors: defines the error rows of errors.def. */
#define ERRORS_DEFINED_HERE
#include "svc/sqs/errors.h"
