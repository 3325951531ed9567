#include "svc/sqs/errors.h"

#define ERR(code, status, text) const struct aws_error SQS_##code = {#code, status, text, "com.amazonaws.sqs#"};
#include "svc/sqs/errors.def"
#undef ERR
