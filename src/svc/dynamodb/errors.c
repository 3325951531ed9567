#include "svc/dynamodb/errors.h"

#define ERR(code, status, prefix, text)                                                            \
    const struct aws_error DDB_##code = {#code, status, text, prefix};
#include "svc/dynamodb/errors.def"
#undef ERR
