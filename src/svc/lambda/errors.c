#include "svc/lambda/errors.h"

#define ERR(code, status, text)                                                                    \
    const struct aws_error lambda_e_##code = {#code, status, text, NULL};
#include "svc/lambda/errors.def"
#undef ERR

int lambda_fail(struct rq *rq, const struct aws_error *error, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    str text = fmt ? arena_vprintf(&rq->arena, fmt, args) : str_c(error->text);
    va_end(args);
    aws_fail(rq, error, STR_FMT, STR_ARG(text));
    aws_fail_detail(rq, "Type", S("User"));
    return AWS_FAILED;
}

int lambda_fail_unsupported(struct rq *rq, const char *what) {
    return lambda_fail_invalid(rq, "%s is not offered by this build of calotype", what);
}
