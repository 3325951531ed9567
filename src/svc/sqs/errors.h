#pragma once
/* sqs/errors: the error rows of SQS, SQS_QueueDoesNotExist and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, text) extern const struct aws_error SQS_##code;
#include "svc/sqs/errors.def"
#undef ERR
