/*
 * audit/rules/iam: actions that support no resource, those that hand out rights, and conditions that
 * narrow resources ("Actions, resources, and condition keys for AWS services", Service Authorization
 * Reference).
 */
#include "audit/rules/iam_priv.h"

/* Where it says that an action has no resource types: those that serverless stacks use. */
static const char *const without_resource[] = {
    "access-analyzer:ValidatePolicy",
    "apigateway:GetAccount",
    "ce:Get*",
    "cloudformation:ValidateTemplate",
    "cloudwatch:Get*",
    "cloudwatch:PutMetricData",
    "comprehend:BatchDetect*",
    "comprehend:Contains*",
    "comprehend:Detect*",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DetachNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
    "ec2messages:*",
    "ecr:GetAuthorizationToken",
    "ecs:CreateCluster",
    "iam:GetAccount*",
    "kms:CreateKey",
    "kms:GenerateRandom",
    "lambda:CreateEventSourceMapping",
    "lambda:GetAccountSettings",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:GetLogDelivery",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "polly:SynthesizeSpeech",
    "pricing:*",
    "rekognition:CompareFaces",
    "rekognition:Detect*",
    "rekognition:Get*",
    "rekognition:RecognizeCelebrities",
    "rekognition:Start*Detection",
    "rekognition:Start*Recognition",
    "rekognition:StartContentModeration",
    "rekognition:StartFaceDetection",
    "rekognition:StartPersonTracking",
    "s3:CreateStorageLensGroup",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAccessPoints",
    "s3:ListAllMyBuckets",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:BatchGetSecretValue",
    "ses:GetSendQuota",
    "sns:SetSMSAttributes",
    "ssmmessages:*",
    "sts:DecodeAuthorizationMessage",
    "sts:GetCallerIdentity",
    "sts:GetSessionToken",
    "tag:*",
    "textract:Analyze*",
    "textract:Detect*",
    "textract:Get*",
    "textract:Start*",
    "transcribe:StartTranscriptionJob",
    "translate:TranslateText",
    "xray:Get*",
    "xray:Put*",
};

/* What names and describes things gives nothing of what is in them; but a bucket's list is its content. */
static bool only_describes(str action) {
    str service, name;
    return str_cut(action, ':', &service, &name) && !str_eq_nocase(service, S("s3")) &&
           (str_starts_nocase(name, S("Describe")) || str_starts_nocase(name, S("List")));
}

bool audit_action_needs_star(str action) {
    if (only_describes(action))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(without_resource); i++)
        if (str_glob(str_c(without_resource[i]), action, true))
            return true;
    return false;
}

/* "Privilege escalation", as cloudsplaining and Rhino Security Labs list its ways. */
static const char *const escalating[] = {
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:AddUserToGroup",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "sts:AssumeRole",
    "lambda:UpdateFunctionCode",
    "glue:UpdateDevEndpoint",
};

const char *audit_action_escalates(str pattern) {
    for (size_t i = 0; i < ARRAY_LEN(escalating); i++)
        if (audit_action_covers(pattern, escalating[i]))
            return escalating[i];
    return NULL;
}

static const char *const resource_keys[] = {
    "*:ResourceTag/*",
    "aws:ResourceAccount",
    "aws:ResourceOrg*",
    "aws:RequestTag/*",
    "cloudwatch:namespace",
    "dynamodb:LeadingKeys",
    "ec2:Vpc",
    "ec2:Subnet",
    "events:source",
    "iam:PassedToService",
    "iam:PermissionsBoundary",
    "iam:PolicyARN",
    "iam:AssociatedResourceArn",
    "iam:AWSServiceName",
    "kms:CallerAccount",
    "kms:EncryptionContext:*",
    "kms:RequestAlias",
    "kms:ResourceAliases",
    "kms:ViaService",
    "lambda:FunctionArn",
    "s3:ResourceAccount",
    "secretsmanager:SecretId",
    "ses:From*",
    "ses:Recipients",
    "sns:Protocol",
    "ssm:resourceTag/*",
    "aws:CalledVia*",
};

bool audit_condition_scopes_resource(const struct audit_template *t,
                                     const struct audit_statement *s) {
    return audit_condition_has(t, s, resource_keys, ARRAY_LEN(resource_keys));
}

const struct audit_value *audit_statement_admin(const struct audit_template *t,
                                                const struct audit_statement *s) {
    if (s->is_deny || s->is_made || s->kind != AUDIT_POLICY_ROLE)
        return NULL;
    const struct audit_values actions = audit_element(t, s, "Action"),
                              resources = audit_element(t, s, "Resource");
    for (size_t i = 0; i < actions.n; i++)
        for (size_t k = 0; k < resources.n; k++)
            if (audit_is_all_stars(actions.v[i].text) && audit_is_all_stars(resources.v[k].text) &&
                audit_possible(t, audit_guard_and(t, actions.v[i].guard, resources.v[k].guard)) &&
                !audit_condition_scopes_resource(t, s))
                return &actions.v[i];
    return NULL;
}
