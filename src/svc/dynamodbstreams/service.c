/* svc/dynamodbstreams: the service, for the cloud. */
#include "svc/dynamodbstreams/dynamodbstreams.h"

#include "aws/model.h"
#include "svc/dynamodbstreams/errors.h"

struct aws_service dynamodbstreams_service(void) {
    return (struct aws_service){
        .name = "dynamodbstreams",
        .api = &api_dynamodbstreams,
        .common = DYNAMODBSTREAMS_common,
    };
}
