/*
 * AWS::SNS::TopicPolicy: one document on several topics; an empty one gives a topic its first
 * policy back.
 */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"Topics", .each = true, .set = "SetTopicAttributes", .as = "TopicArn",
     .clear = "SetTopicAttributes"},
    {0},
};

const struct cfn_type cfn_type_sns_topic_policy = {
    .name = "AWS::SNS::TopicPolicy",
    .service = "sns",
    .lets = "Topics",
    .props = props,
    .on = "AttributeName=Policy",
    .gone = "NotFound",
    .carried = {"PolicyDocument", .member = "AttributeValue", .empty = ""},
    .id = "{generated}",
    .attributes = {{"Id", "{id}"}},
};
