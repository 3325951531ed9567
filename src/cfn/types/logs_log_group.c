/* AWS::Logs::LogGroup: a row of data; cfn/type.h says what the members do. */
#include "cfn/type.h"

static const struct cfn_prop props[] = {
    {"LogGroupClass", .create = "logGroupClass"},
    {"RetentionInDays", .set = "PutRetentionPolicy", .as = "retentionInDays",
     .clear = "DeleteRetentionPolicy"},
    {0},
};

const struct cfn_type cfn_type_logs_log_group = {
    .name = "AWS::Logs::LogGroup",
    .name_max = 512,
    .service = "logs",
    .props = props,
    .on = "logGroupName={name}",
    .make = {.op = "CreateLogGroup"},
    .ask = {"ListTagsForResource", "resourceArn=arn:aws:logs:{region}:{account}:log-group:{name}"},
    .there = "ResourceAlreadyExistsException",
    .drop = "DeleteLogGroup",
    .gone = "ResourceNotFoundException",
    .tags = {.create = "tags",
             .shape = cfn_map,
             .set = "TagResource",
             .clear = "UntagResource",
             .on = "resourceArn=arn:aws:logs:{region}:{account}:log-group:{name}",
             .list = "tags",
             .keys = "tagKeys"},
    .id = "{name}",
    .attributes = {{"Arn", "arn:aws:logs:{region}:{account}:log-group:{name}:*"}},
};
