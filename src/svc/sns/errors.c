#define ERRORS_DEFINED_HERE
#include "svc/sns/errors.h"
