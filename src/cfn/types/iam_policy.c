/* AWS::IAM::Policy: one inline policy on several roles, users and groups. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"Roles", .each = true, .set = "PutRolePolicy", .as = "RoleName", .clear = "DeleteRolePolicy"},
    {"Users", .each = true, .set = "PutUserPolicy", .as = "UserName", .clear = "DeleteUserPolicy"},
    {"Groups", .each = true, .set = "PutGroupPolicy", .as = "GroupName",
     .clear = "DeleteGroupPolicy"},
    {0},
};

const struct cfn_type cfn_type_iam_policy = {
    .name = "AWS::IAM::Policy",
    .service = "iam",
    .lets = "Roles|Users|Groups",
    .props = props,
    .on = "PolicyName={PolicyName}",
    .gone = "NoSuchEntity",
    .carried = {"PolicyDocument", .member = "PolicyDocument"},
    .id = "{generated}",
    .attributes = {{"Id", "{id}"}},
};
