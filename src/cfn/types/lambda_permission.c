/*
 * AWS::Lambda::Permission: a statement of a function's policy. Its physical id is the statement's.
 */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"Action", .create = "*"},
    {"Principal", .create = "*"},
    {"SourceArn", .create = "*"},
    {"SourceAccount", .create = "*"},
    {"EventSourceToken", .create = "*"},
    {"PrincipalOrgID", .create = "*"},
    {0},
};

const struct cfn_type cfn_type_lambda_permission = {
    .name = "AWS::Lambda::Permission",
    .name_max = 100,
    .service = "lambda",
    .lets = "FunctionName",
    .props = props,
    .on = "FunctionName={FunctionName} StatementId={id}",
    .make = {"AddPermission", "FunctionName={FunctionName} StatementId={generated}"},
    .there = "ResourceConflictException",
    .drop = "RemovePermission",
    .gone = "ResourceNotFoundException",
    .id = "{generated}",
    .attributes = {{"Id", "{id}"}},
};
