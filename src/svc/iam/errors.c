#define ERRORS_DEFINED_HERE
#include "svc/iam/errors.h"
