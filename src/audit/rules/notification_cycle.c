/*
 * A bucket that notifies a function that (or whose role or permission) names the bucket. The search of
 * circular-reference tells (rules/cycles.c). The ways out: "How do I avoid the 'Unable to validate the
 * following destination configurations' error" and "circular dependency" of AWS re:Post.
 */
#include "audit/finding.h"

const struct audit_rule audit_rule_notification_cycle = {
    .id = "notification-cycle",
    .class = 4,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Bucket and function that wait for each other",
    .why =
        "the bucket waits for the function to notify, and the function for the bucket's name, so CloudFormation "
        "refuses the stack",
    .fix =
        "give the bucket a name made of the stack's own (!Sub '${AWS::StackName}-uploads-${AWS::AccountId}') and "
        "write that name wherever the bucket is named, or set the notification after both are there (a custom "
        "resource, an EventBridge rule)",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    DependsOn: MayInvoke\n"
           "    Properties:\n"
           "      NotificationConfiguration:\n"
           "        LambdaConfigurations:\n"
           "          - {Event: 's3:ObjectCreated:*', Function: !GetAtt Resize.Arn}\n"
           "  MayInvoke:\n"
           "    Type: AWS::Lambda::Permission\n"
           "    Properties:\n"
           "      Action: lambda:InvokeFunction\n"
           "      FunctionName: !Ref Resize\n"
           "      Principal: s3.amazonaws.com\n"
           "      SourceArn: !GetAtt Uploads.Arn\n"
           "  Resize:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties: {Code: {ImageUri: x}, Role: 'arn:aws:iam::000000000000:role/r'}\n",
    .good =
        "Resources:\n"
        "  Uploads:\n"
        "    Type: AWS::S3::Bucket\n"
        "    DependsOn: MayInvoke\n"
        "    Properties:\n"
        "      BucketName: !Sub '${AWS::StackName}-uploads-${AWS::AccountId}'\n"
        "      NotificationConfiguration:\n"
        "        LambdaConfigurations:\n"
        "          - {Event: 's3:ObjectCreated:*', Function: !GetAtt Resize.Arn}\n"
        "  MayInvoke:\n"
        "    Type: AWS::Lambda::Permission\n"
        "    Properties:\n"
        "      Action: lambda:InvokeFunction\n"
        "      FunctionName: !Ref Resize\n"
        "      Principal: s3.amazonaws.com\n"
        "      SourceArn: !Sub 'arn:${AWS::Partition}:s3:::${AWS::StackName}-uploads-${AWS::AccountId}'\n"
        "  Resize:\n"
        "    Type: AWS::Lambda::Function\n"
        "    Properties: {Code: {ImageUri: x}, Role: 'arn:aws:iam::000000000000:role/r'}\n",
};
