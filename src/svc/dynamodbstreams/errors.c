/* The error rows of DynamoDB Streams, defined. */
#define ERRORS_DEFINED_HERE
#include "svc/dynamodbstreams/errors.h"
