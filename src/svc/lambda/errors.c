/* The errors of Lambda, from their table. */
#define ERRORS_DEFINED_HERE
#include "svc/lambda/errors.h"

int lambda_fail_unsupported(struct rq *rq, const char *what) {
    return lambda_fail_invalid(rq, "%s is not offered by this build of calotype", what);
}
