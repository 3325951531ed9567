#define ERRORS_DEFINED_HERE
#include "svc/sqs/errors.h"
