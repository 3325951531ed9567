#pragma once
/* svc/lambda/errors: the rows of errors.def as lambda_e_CODE, and the answers that repeat. */
#include "aws/rq.h"
#define ERRORS(name) lambda_e_##name
#define ERRORS_DEF   "svc/lambda/errors.def"
#include "aws/errors_of.h"

/* InvalidParameterValueException. */
#define lambda_fail_invalid(rq, ...)                                                               \
    aws_fail((rq), &lambda_e_InvalidParameterValueException, __VA_ARGS__)
/* What the API knows and this build does not, by name. */
int lambda_fail_unsupported(struct rq *rq, const char *what);
