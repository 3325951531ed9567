/* AWS::IAM::User: the user, its policies inline and attached, its boundary and tags. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"Path", .create = "*"},
    {"PermissionsBoundary", .create = "*", .set = "PutUserPermissionsBoundary",
     .clear = "DeleteUserPermissionsBoundary"},
    {"Policies", .each = true, .key = "PolicyName", .shape = cfn_policy, .set = "PutUserPolicy",
     .as = ".", .clear = "DeleteUserPolicy"},
    {"ManagedPolicyArns", .each = true, .set = "AttachUserPolicy", .as = "PolicyArn",
     .clear = "DetachUserPolicy"},
    {0},
};

const struct cfn_type cfn_type_iam_user = {
    .name = "AWS::IAM::User",
    .service = "iam",
    .props = props,
    .on = "UserName={name}",
    .make = {.op = "CreateUser"},
    .ask = {.op = "GetUser"},
    .there = "EntityAlreadyExists",
    .read = "GetUser",
    .drop = "DeleteUser",
    .gone = "NoSuchEntity",
    .tags = {.create = "Tags", .set = "TagUser", .clear = "UntagUser"},
    .id = "{name}",
    .attributes = {{"Arn", "{out.User.Arn}"}},
};
