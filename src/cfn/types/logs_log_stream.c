/* AWS::Logs::LogStream: a row of data; cfn/type.h says what the members do. */
#include "cfn/type.h"

const struct cfn_type cfn_type_logs_log_stream = {
    .name = "AWS::Logs::LogStream",
    .name_max = 512,
    .service = "logs",
    .on = "logGroupName={LogGroupName} logStreamName={name}",
    .make = {.op = "CreateLogStream"},
    .ask = {.op = "GetLogEvents"},
    .there = "ResourceAlreadyExistsException",
    .drop = "DeleteLogStream",
    .gone = "ResourceNotFoundException",
    .id = "{name}",
};
