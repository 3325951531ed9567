#include "svc/lambda/errors.h"

#define ERR(code, status, text)                                                                    \
    const struct aws_error lambda_e_##code = {#code, status, text, NULL};
#include "svc/lambda/errors.def"
#undef ERR

int lambda_fail_unsupported(struct rq *rq, const char *what) {
    return lambda_fail_invalid(rq, "%s is not offered by this build of calotype", what);
}
