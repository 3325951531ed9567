/* logs/errors: defines the error rows of errors.def. */
#define ERRORS_DEFINED_HERE
#include "svc/logs/errors.h"
