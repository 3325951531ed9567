#define ERRORS_DEFINED_HERE
#include "cfn/errors.h"
