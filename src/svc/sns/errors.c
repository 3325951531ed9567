#include "svc/sns/errors.h"

#define ERR(code, status, text) const struct aws_error SNS_##code = {#code, status, text, NULL};
#include "svc/sns/errors.def"
#undef ERR
