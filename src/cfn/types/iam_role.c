/* AWS::IAM::Role: the role, its policies inline and attached, its boundary and tags. */
#include "cfn/type.h"

static json_t *inline_policy(const struct cfn_work *w, const json_t *item) {
    json_t *policy = json_copy((json_t *)item);
    json_set(policy, "PolicyDocument", cfn_text(w, json_object_get(item, "PolicyDocument")));
    return policy;
}

static const struct cfn_prop props[] = {
    {"AssumeRolePolicyDocument", .create = "*", .shape = cfn_text, .set = "UpdateAssumeRolePolicy",
     .as = "PolicyDocument"},
    {"Description", .create = "*", .set = "UpdateRole", .whole = true, .empty = "\"\""},
    {"MaxSessionDuration", .create = "*", .set = "UpdateRole", .whole = true},
    {"Path", .create = "*"},
    {"PermissionsBoundary", .create = "*", .set = "PutRolePermissionsBoundary",
     .clear = "DeleteRolePermissionsBoundary"},
    {"Policies", .each = true, .key = "PolicyName", .shape = inline_policy, .set = "PutRolePolicy",
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
    .there = "EntityAlreadyExists",
    .read = "GetRole",
    .drop = "DeleteRole",
    .gone = "NoSuchEntity",
    .tags = {.create = "Tags", .set = "TagRole", .clear = "UntagRole"},
    .id = "{name}",
    .attributes = {{"Arn", "{out.Role.Arn}"}, {"RoleId", "{out.Role.RoleId}"}},
};
