#pragma once
/* dynamodb/errors: the error rows, DDB_ResourceNotFoundException and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, prefix, text) extern const struct aws_error DDB_##code;
#include "svc/dynamodb/errors.def"
#undef ERR

/* return ddb_invalid(rq, "…"): a ValidationException. */
#define ddb_invalid(rq, ...) aws_fail((rq), &DDB_ValidationException, __VA_ARGS__)
