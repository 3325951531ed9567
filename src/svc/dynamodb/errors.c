#define ERRORS_DEFINED_HERE
#include "svc/dynamodb/errors.h"
