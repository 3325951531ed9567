#pragma once
/* sqs/errors: the error rows of SQS, SQS_QueueDoesNotExist and so on (errors.def). */
#define ERRORS(name) SQS_##name
#define ERRORS_DEF   "svc/sqs/errors.def"
#include "aws/errors_of.h"
