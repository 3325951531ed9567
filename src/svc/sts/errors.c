#define ERRORS_DEFINED_HERE
#include "svc/sts/errors.h"
