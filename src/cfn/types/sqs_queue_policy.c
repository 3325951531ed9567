/* AWS::SQS::QueuePolicy: one document on several queues. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"Queues", .each = true, .set = "SetQueueAttributes", .as = "QueueUrl",
     .clear = "SetQueueAttributes"},
    {0},
};

const struct cfn_type cfn_type_sqs_queue_policy = {
    .name = "AWS::SQS::QueuePolicy",
    .service = "sqs",
    .lets = "Queues",
    .props = props,
    .gone = "QueueDoesNotExist",
    .carried = {"PolicyDocument", .member = "Attributes.Policy", .empty = ""},
    .id = "{generated}",
    .attributes = {{"Id", "{id}"}},
};
