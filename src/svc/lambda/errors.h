#pragma once
/* svc/lambda/errors: the rows of errors.def as lambda_e_CODE, and the answers that repeat. */
#include "aws/error.h"
#include "aws/rq.h"

#define ERR(code, status, text) extern const struct aws_error lambda_e_##code;
#include "svc/lambda/errors.def"
#undef ERR

/* InvalidParameterValueException. */
#define lambda_fail_invalid(rq, ...) aws_fail((rq), &lambda_e_InvalidParameterValueException, __VA_ARGS__)
/* What the API knows and this build does not, by name. */
int lambda_fail_unsupported(struct rq *rq, const char *what);
