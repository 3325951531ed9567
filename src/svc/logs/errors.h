#pragma once
/* logs/errors: the error rows of CloudWatch Logs, LOGS_ResourceNotFoundException and so on (errors.def). */
#include "aws/error.h"

#define ERR(code, status, text) extern const struct aws_error LOGS_##code;
#include "svc/logs/errors.def"
#undef ERR
