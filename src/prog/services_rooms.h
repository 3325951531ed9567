#pragma once
/* prog/services_rooms: the headers of the services that services.c plugs in. */
#include "cfn/cfn.h"
#include "svc/iam/iam.h"
#include "svc/s3/s3.h"
#include "svc/sts/sts.h"
#ifdef PROG_HAS_SVC_CLOUDWATCH
#include "svc/cloudwatch/cloudwatch.h"
#endif
#ifdef PROG_HAS_SVC_LAMBDA
#include "svc/lambda/lambda.h"
#endif
#ifdef PROG_HAS_SVC_LOGS
#include "svc/logs/logs.h"
#endif
#ifdef PROG_HAS_SVC_SNS
#include "svc/sns/sns.h"
#endif
#ifdef PROG_HAS_SVC_SQS
#include "svc/sqs/sqs.h"
#endif
#ifdef PROG_HAS_SVC_DYNAMODB
#include "svc/dynamodb/dynamodb.h"
#endif
