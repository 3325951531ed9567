#include "svc/sts/errors.h"

#define ERR(code, status, text) const struct aws_error STS_##code = {#code, status, text, NULL};
#include "svc/sts/errors.def"
#undef ERR
