/*
 * AWS::SNS::Topic. Its physical id is its ARN. CreateTopic answers an existing topic, so the engine
 * asks first.
 */
#include "cfn/type.h"

#define ATTRIBUTE(name)                                                                            \
    name, .create = "Attributes.*", .shape = cfn_text, .set = "SetTopicAttributes",                \
          .as = "AttributeName:AttributeValue"

static const struct cfn_prop props[] = {
    {ATTRIBUTE("DisplayName"), .empty = "\"\""},
    {ATTRIBUTE("KmsMasterKeyId"), .empty = "\"\""},
    {ATTRIBUTE("ContentBasedDeduplication")},
    {ATTRIBUTE("SignatureVersion"), .empty = "\"\""},
    {"FifoTopic", .create = "Attributes.*", .shape = cfn_text},
    {"Subscription", .each = true, .set = "Subscribe", .as = ".", .once = true},
    {0},
};

const struct cfn_type cfn_type_sns_topic = {
    .name = "AWS::SNS::Topic",
    .name_max = 250,
    .fifo = "FifoTopic",
    .service = "sns",
    .props = props,
    .on = "TopicArn={id}",
    .make = {"CreateTopic", "Name={name}"},
    .ask = {"GetTopicAttributes", "TopicArn=arn:aws:sns:{region}:{account}:{name}"},
    .adopts = true,
    .drop = "DeleteTopic",
    .gone = "NotFound",
    .tags = {.create = "Tags",
             .set = "TagResource",
             .clear = "UntagResource",
             .on = "ResourceArn={id}"},
    .id = "arn:aws:sns:{region}:{account}:{name}",
    .attributes = {{"TopicArn", "{id}"}, {"TopicName", "{name}"}},
};
