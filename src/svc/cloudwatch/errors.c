#define ERRORS_DEFINED_HERE
#include "svc/cloudwatch/errors.h"
