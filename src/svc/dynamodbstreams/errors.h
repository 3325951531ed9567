#pragma once
/* dynamodbstreams/errors: the error rows of DynamoDB Streams (errors.def). */
#define ERRORS(name) DYNAMODBSTREAMS_##name
#define ERRORS_DEF   "svc/dynamodbstreams/errors.def"
#include "aws/errors_of.h"
