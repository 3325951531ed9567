#include "svc/cloudwatch/errors.h"

#define ERR(code, status, text) const struct aws_error CW_##code = {#code, status, text, NULL};
#include "svc/cloudwatch/errors.def"
#undef ERR
