#include "svc/iam/errors.h"

#define ERR(code, status, text) const struct aws_error IAM_##code = {#code, status, text, NULL};
#include "svc/iam/errors.def"
#undef ERR
