/* AWS::SNS::Subscription: a row of data; cfn/type.h says what the members do. */
#include "cfn/type.h"

#define ATTRIBUTE(name)                                                                            \
    name, .create = "Attributes.*", .shape = cfn_text, .set = "SetSubscriptionAttributes",         \
          .as = "AttributeName:AttributeValue"

static const struct cfn_prop props[] = {
    {"TopicArn", .create = "*"},
    {"Protocol", .create = "*"},
    {"Endpoint", .create = "*"},
    {ATTRIBUTE("RawMessageDelivery")},
    {ATTRIBUTE("FilterPolicyScope")}, /* first: it says what a policy may be */
    {ATTRIBUTE("FilterPolicy"), .empty = "\"{}\""},
    {ATTRIBUTE("RedrivePolicy"), .empty = "\"\""},
    {0},
};

const struct cfn_type cfn_type_sns_subscription = {
    .name = "AWS::SNS::Subscription",
    .service = "sns",
    .props = props,
    .on = "SubscriptionArn={id}",
    .make = {"Subscribe", "ReturnSubscriptionArn:=true"},
    .drop = "Unsubscribe",
    .gone = "NotFound",
    .id = "{out.SubscriptionArn}",
    .attributes = {{"Arn", "{id}"}},
};
