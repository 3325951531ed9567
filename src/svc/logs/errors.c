#define ERRORS_DEFINED_HERE
#include "svc/logs/errors.h"
