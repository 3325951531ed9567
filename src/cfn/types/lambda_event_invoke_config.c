/* AWS::Lambda::EventInvokeConfig: how a function is invoked asynchronously; put whole. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"MaximumRetryAttempts", .create = "*"},
    {"MaximumEventAgeInSeconds", .create = "*"},
    {"DestinationConfig", .create = "*"},
    {0},
};

const struct cfn_type cfn_type_lambda_event_invoke_config = {
    .name = "AWS::Lambda::EventInvokeConfig",
    .service = "lambda",
    .props = props,
    .on = "FunctionName={FunctionName} Qualifier={Qualifier}",
    .put = true,
    .make = {.op = "PutFunctionEventInvokeConfig"},
    .ask = {.op = "GetFunctionEventInvokeConfig"},
    .adopts = true,
    .taken = "An event invoke config already exists on function {FunctionName}.",
    .drop = "DeleteFunctionEventInvokeConfig",
    .gone = "ResourceNotFoundException",
    .id = "{generated}",
};
