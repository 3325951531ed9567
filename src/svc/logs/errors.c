#include "svc/logs/errors.h"

#define ERR(code, status, text) const struct aws_error LOGS_##code = {#code, status, text, NULL};
#include "svc/logs/errors.def"
#undef ERR
