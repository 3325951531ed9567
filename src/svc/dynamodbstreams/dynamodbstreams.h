#pragma once
/*
 * svc/dynamodbstreams: the API that reads the streams of DynamoDB's tables. It has no state and no
 * operations: aws refuses each by its name. Any thread.
 */
#include "aws/op.h"

/* For aws_cloud_add. */
struct aws_service dynamodbstreams_service(void);
