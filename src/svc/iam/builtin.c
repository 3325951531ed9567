/*
 * AWS's own managed policies that are built in: those that templates of serverless systems attach.
 * Documents and dates as published in the AWS Managed Policy Reference.
 */
#include "svc/iam/iam_priv.h"

#include <errno.h>

#define ALLOW(actions, resource)                                                                   \
    "{\"Effect\":\"Allow\",\"Action\":[" actions "],\"Resource\":" resource "}"
#define DOCUMENT(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"
#define LOGS                 "\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\""

/* In ascending order of their ARNs, as they are listed. */
static const struct iam_builtin builtins[] = {
    {"AWSLambdaExecute", "/", "v1",
     DOCUMENT(ALLOW("\"logs:*\"", "\"arn:aws:logs:*:*:*\"") "," ALLOW(
         "\"s3:GetObject\",\"s3:PutObject\"", "\"arn:aws:s3:::*\"")),
     1423247246, 1423247246},
    {"AWSXRayDaemonWriteAccess", "/", "v2",
     DOCUMENT(
         ALLOW("\"xray:PutTraceSegments\",\"xray:PutTelemetryRecords\",\"xray:GetSamplingRules\","
               "\"xray:GetSamplingTargets\",\"xray:GetSamplingStatisticSummaries\"",
               "[\"*\"]")),
     1535497233, 1707861504},
    {"AdministratorAccess", "/", "v1", DOCUMENT(ALLOW("\"*\"", "\"*\"")), 1423247986, 1423247986},
    {"AmazonS3FullAccess", "/", "v2", DOCUMENT(ALLOW("\"s3:*\",\"s3-object-lambda:*\"", "\"*\"")),
     1423248058, 1632773797},
    {"AmazonS3ReadOnlyAccess", "/", "v3",
     DOCUMENT(ALLOW("\"s3:Get*\",\"s3:List*\",\"s3:Describe*\",\"s3-object-lambda:Get*\","
                    "\"s3-object-lambda:List*\"",
                    "\"*\"")),
     1423248059, 1691703091},
    {"AmazonSQSFullAccess", "/", "v1", DOCUMENT(ALLOW("\"sqs:*\"", "\"*\"")), 1423248067,
     1423248067},
    {"AWSLambdaBasicExecutionRole", "/service-role/", "v1", DOCUMENT(ALLOW(LOGS, "\"*\"")),
     1428591823, 1428591823},
    {"AWSLambdaDynamoDBExecutionRole", "/service-role/", "v1",
     DOCUMENT(
         ALLOW("\"dynamodb:DescribeStream\",\"dynamodb:GetRecords\",\"dynamodb:GetShardIterator\","
               "\"dynamodb:ListStreams\"," LOGS,
               "\"*\"")),
     1428592149, 1428592149},
    {"AWSLambdaRole", "/service-role/", "v1",
     DOCUMENT(ALLOW("\"lambda:InvokeFunction\"", "[\"*\"]")), 1423247288, 1423247288},
    {"AWSLambdaSQSQueueExecutionRole", "/service-role/", "v1",
     DOCUMENT(ALLOW("\"sqs:ReceiveMessage\",\"sqs:DeleteMessage\",\"sqs:GetQueueAttributes\"," LOGS,
                    "\"*\"")),
     1529013045, 1529013045},
    {"AWSLambdaVPCAccessExecutionRole", "/service-role/", "v3",
     DOCUMENT(ALLOW(
         LOGS
         ",\"ec2:CreateNetworkInterface\",\"ec2:DescribeNetworkInterfaces\","
         "\"ec2:DescribeSubnets\",\"ec2:DeleteNetworkInterface\",\"ec2:AssignPrivateIpAddresses\","
         "\"ec2:UnassignPrivateIpAddresses\"",
         "\"*\"")),
     1455232526, 1704493706},
};

const struct iam_builtin *iam_builtin_at(size_t index) {
    return index < ARRAY_LEN(builtins) ? &builtins[index] : NULL;
}

size_t iam_builtin_index(const struct iam_builtin *builtin) { return (size_t)(builtin - builtins); }

void iam_builtin_arn(const struct iam_builtin *builtin, struct buf *out) {
    buf_printf(out, "arn:aws:iam::aws:policy%s%s", builtin->path, builtin->name);
}

const struct iam_builtin *iam_builtin_find(str arn) {
    static const str prefix = S_INIT("arn:aws:iam::aws:policy");
    if (!str_starts(arn, prefix))
        return NULL;
    str rest = str_skip(arn, prefix.len);
    for (size_t i = 0; i < ARRAY_LEN(builtins); i++) {
        str path = str_c(builtins[i].path);
        if (str_starts(rest, path) && str_is(str_skip(rest, path.len), builtins[i].name))
            return &builtins[i];
    }
    return NULL;
}

int iam_builtins_compile(struct iam_svc *iam, struct err *err) {
    iam->builtins = mem_zalloc(ARRAY_LEN(builtins) * sizeof(struct policy *));
    for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
        if (policy_new(&iam->builtins[i], POLICY_IDENTITY, str_c(builtins[i].document), err))
            return -EINVAL;
    return 0;
}

void iam_builtins_free(struct iam_svc *iam) {
    for (size_t i = 0; iam->builtins && i < ARRAY_LEN(builtins); i++)
        policy_free(iam->builtins[i]);
    free(iam->builtins);
}
