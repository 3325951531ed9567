#include "cfn/errors.h"

#define ERR(code, status, text) const struct aws_error CFN_##code = {#code, status, text, NULL};
#include "cfn/errors.def"
#undef ERR
