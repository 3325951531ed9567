#pragma once
/* dynamodb/errors: the error rows, DDB_ResourceNotFoundException and so on (errors.def). */
#define ERRORS(name) DDB_##name
#define ERRORS_DEF   "svc/dynamodb/errors.def"
#include "aws/errors_of.h"

/*
 * return ddb_invalid(rq, "…"): a ValidationException. Both say AWS_FAILED themselves, so that
 * analysers see that the caller goes no further.
 */
#define ddb_invalid(rq, ...)    ddb_fail((rq), ValidationException, __VA_ARGS__)
#define ddb_fail(rq, code, ...) (aws_fail((rq), &DDB_##code, __VA_ARGS__), AWS_FAILED)
