/*
 * AWS::SQS::Queue. Its physical id is its URL. CreateQueue answers an existing queue, so the engine
 * asks first.
 */
#include "cfn/type.h"

#define ATTRIBUTE(name)                                                                            \
    name, .create = "Attributes.*", .shape = cfn_text, .set = "SetQueueAttributes"

static const struct cfn_prop props[] = {
    {ATTRIBUTE("DelaySeconds")},
    {ATTRIBUTE("MaximumMessageSize")},
    {ATTRIBUTE("MessageRetentionPeriod")},
    {ATTRIBUTE("ReceiveMessageWaitTimeSeconds")},
    {ATTRIBUTE("VisibilityTimeout")},
    {ATTRIBUTE("RedrivePolicy"), .empty = "\"\""},
    {ATTRIBUTE("RedriveAllowPolicy"), .empty = "\"\""},
    {ATTRIBUTE("KmsMasterKeyId"), .empty = "\"\""},
    {ATTRIBUTE("KmsDataKeyReusePeriodSeconds")},
    {ATTRIBUTE("SqsManagedSseEnabled")},
    {ATTRIBUTE("ContentBasedDeduplication")},
    {ATTRIBUTE("DeduplicationScope")},
    {ATTRIBUTE("FifoThroughputLimit")},
    {"FifoQueue", .create = "Attributes.*", .shape = cfn_text},
    {0},
};

const struct cfn_type cfn_type_sqs_queue = {
    .name = "AWS::SQS::Queue",
    .name_max = 75,
    .fifo = "FifoQueue",
    .service = "sqs",
    .props = props,
    .on = "QueueUrl={id}",
    .make = {"CreateQueue", "QueueName={name}"},
    .ask = {.op = "GetQueueUrl"},
    .adopts = true,
    .drop = "DeleteQueue",
    .gone = "QueueDoesNotExist",
    .tags = {.create = "tags", .shape = cfn_map, .set = "TagQueue", .clear = "UntagQueue"},
    .id = "{out.QueueUrl}",
    .attributes = {{"Arn", "arn:aws:sqs:{region}:{account}:{name}"},
                   {"QueueName", "{name}"},
                   {"QueueUrl", "{id}"}},
};
