/* Resources that wait for each other. */
#include "audit/rules/cycles_priv.h"

const struct audit_rule audit_rule_circular_reference = {
    .id = "circular-reference",
    .class = 4,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Resources that wait for each other",
    .why = "none of them can be made first, so CloudFormation refuses the stack",
    .fix =
        "write one of the names with Fn::Sub instead of Ref or Fn::GetAtt, or move what closes the circle "
        "(a rule, a policy, a permission) into a resource of its own",
    .bad = "Resources:\n"
           "  Jobs:\n"
           "    Type: AWS::SQS::Queue\n"
           "    Properties:\n"
           "      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}\n"
           "  Dead:\n"
           "    Type: AWS::SQS::Queue\n"
           "    DependsOn: Jobs\n",
    .good = "Resources:\n"
            "  Jobs:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}\n"
            "  Dead:\n"
            "    Type: AWS::SQS::Queue\n",
    .check = audit_cycles_check,
};
