/* AWS::IAM::Role: the role, its policies inline and attached, its boundary and tags. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"AssumeRolePolicyDocument", .create = "*", .shape = cfn_text, .set = "UpdateAssumeRolePolicy",
     .as = "PolicyDocument"},
    {"Description", .create = "*", .set = "UpdateRole", .whole = true, .empty = "\"\""},
    {"MaxSessionDuration", .create = "*", .set = "UpdateRole", .whole = true},
    {"Path", .create = "*"},
    {"PermissionsBoundary", .create = "*", .set = "PutRolePermissionsBoundary",
     .clear = "DeleteRolePermissionsBoundary"},
    {"Policies", .each = true, .key = "PolicyName", .shape = cfn_policy, .set = "PutRolePolicy",
     .as = ".", .clear = "DeleteRolePolicy"},
    {"ManagedPolicyArns", .each = true, .set = "AttachRolePolicy", .as = "PolicyArn",
     .clear = "DetachRolePolicy"},
    {0},
};

const struct cfn_type cfn_type_iam_role = {
    .name = "AWS::IAM::Role",
    .service = "iam",
    .props = props,
    .on = "RoleName={name}",
    .make = {.op = "CreateRole"},
    .ask = {.op = "GetRole"},
    .there = "EntityAlreadyExists",
    .read = "GetRole",
    .drop = "DeleteRole",
    .gone = "NoSuchEntity",
    .tags = {.create = "Tags", .set = "TagRole", .clear = "UntagRole"},
    .id = "{name}",
    .attributes = {{"Arn", "{out.Role.Arn}"}, {"RoleId", "{out.Role.RoleId}"}},
};
