#pragma once
/*
 * logs/errors: the error rows of CloudWatch Logs, LOGS_ResourceNotFoundException and so on
 * (errors.def).
 */
#define ERRORS(name) LOGS_##name
#define ERRORS_DEF   "svc/logs/errors.def"
#include "aws/errors_of.h"
