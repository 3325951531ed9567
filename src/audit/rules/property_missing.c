/* Properties that their resource type demands. The walk of unknown-property tells (rules/properties.c). */
#include "audit/finding.h"

const struct audit_rule audit_rule_property_missing = {
    .id = "property-missing",
    .class = 0,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Property that the resource type demands",
    .why = "CloudFormation refuses the stack",
    .fix = "add the property",
    .bad = "Resources:\n"
           "  Report:\n"
           "    Type: AWS::SNS::Subscription\n"
           "    Properties: {TopicArn: !Ref Topic}\n"
           "  Topic:\n"
           "    Type: AWS::SNS::Topic\n",
    .good = "Resources:\n"
            "  Report:\n"
            "    Type: AWS::SNS::Subscription\n"
            "    Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: a@example.org}\n"
            "  Topic:\n"
            "    Type: AWS::SNS::Topic\n",
};
