#pragma once
/* prog/services_rooms: the headers of the services that services.c plugs in. */
#ifdef PROG_HAS_SVC_S3
#include "svc/s3/s3.h"
#endif
#ifdef PROG_HAS_SVC_DYNAMODB
#include "svc/dynamodb/dynamodb.h"
#endif
