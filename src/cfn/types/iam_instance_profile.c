/* AWS::IAM::InstanceProfile: the name by which a machine is given a role. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"Path", .create = "*"},
    {"Roles", .each = true, .one = true, .set = "AddRoleToInstanceProfile", .as = "RoleName",
     .clear = "RemoveRoleFromInstanceProfile"},
    {0},
};

const struct cfn_type cfn_type_iam_instance_profile = {
    .name = "AWS::IAM::InstanceProfile",
    .name_max = 128,
    .service = "iam",
    .props = props,
    .on = "InstanceProfileName={name}",
    .make = {.op = "CreateInstanceProfile"},
    .ask = {.op = "GetInstanceProfile"},
    .there = "EntityAlreadyExists|LimitExceeded",
    .drop = "DeleteInstanceProfile",
    .gone = "NoSuchEntity",
    .id = "{name}",
    .attributes = {{"Arn", "arn:aws:iam::{account}:instance-profile{Path}{name}"}},
};
