#define ERRORS_DEFINED_HERE
#include "svc/s3/errors.h"
