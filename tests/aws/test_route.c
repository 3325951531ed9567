/* Which operation a request means. */
#include "aws/aws_priv.h"
#include "cm.h"

struct ask {
    const char *name, *method, *host, *target; /* target: path and query */
    /* service of the credential scope, or NULL: unsigned */
    const char *scope;
    const char *header, *value; /* one more header, or NULL */
    /* "service:Operation", "service:?" for a form, "service!kind" */
    const char *want;
    const char *labels; /* "Bucket=b Key=k", or NULL */
};

static void route_one(const struct router *router, const struct ask *a) {
    static const char *const kinds[N_COMMON] = {[COMMON_UNKNOWN_OP] = "unknown",
                                                [COMMON_NOT_IMPLEMENTED] = "service",
                                                [COMMON_INVALID_URI] = "uri"};
    struct arena arena = {0};
    struct sign_header headers[2] = {{S("Host"), str_c(a->host)},
                                     {str_c(a->header), str_c(a->value)}};
    struct aws_wire wire = {.method = str_c(a->method),
                            .headers = headers,
                            .n_headers = a->header ? 2 : 1,
                            .arena = &arena};
    struct aws_auth auth = {.scope_service = str_c(a->scope)};
    struct route route;
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CLEANUP_DEINIT(buf) struct buf labels = {0};
    str_cut(str_c(a->target), '?', &wire.path, &wire.query);
    int r = aws_route_request(router, &wire, &auth, &arena, &route);
    buf_str(&got, route.api->name);
    buf_c(&got, r ? "!" : ":");
    buf_c(&got, r ? kinds[route.error] : route.op ? route.op->name.p : "?");
    for (size_t i = 0; i < route.n_labels; i++)
        buf_printf(&labels, "%s" STR_FMT "=" STR_FMT, i ? " " : "", STR_ARG(route.labels[i].name),
                   STR_ARG(route.labels[i].value));
    if (!str_is(buf_view(&got), a->want) || (a->labels && !str_is(buf_view(&labels), a->labels)))
        print_error("[%s] %s {%s}\n", a->name, buf_cstr(&got), buf_cstr(&labels));
    CHECK_CASE(str_is(buf_view(&got), a->want), a->name);
    CHECK_CASE(!a->labels || str_is(buf_view(&labels), a->labels), a->name);
    arena_deinit(&arena);
}

#define LOCAL "127.0.0.1:4566"
#define FORM  "Content-Type", "application/x-www-form-urlencoded; charset=utf-8"

static const struct ask asks[] = {
    {"list buckets", "GET", LOCAL, "/", "s3", 0, 0, "s3:ListBuckets", ""},
    {"list, old", "GET", LOCAL, "/b", "s3", 0, 0, "s3:ListObjects", "Bucket=b"},
    {"list with a slash", "GET", LOCAL, "/b/?list-type=2&prefix=x", "s3", 0, 0, "s3:ListObjectsV2",
     "Bucket=b"},
    {"list with another type", "GET", LOCAL, "/b?list-type=3", "s3", 0, 0, "s3:ListObjects",
     "Bucket=b"},
    {"acl", "GET", LOCAL, "/b?acl", "s3", 0, 0, "s3:GetBucketAcl", 0},
    {"anything else", "GET", LOCAL, "/b?what", "s3", 0, 0, "s3:ListObjects", 0},
    {"lifecycle, new form", "GET", LOCAL, "/b?lifecycle=", "s3", 0, 0,
     "s3:GetBucketLifecycleConfiguration", 0},
    {"notification", "PUT", LOCAL, "/b?notification", "s3", 0, 0,
     "s3:PutBucketNotificationConfiguration", 0},
    {"analytics", "GET", LOCAL, "/b?analytics&id=1", "s3", 0, 0,
     "s3:GetBucketAnalyticsConfiguration", 0},
    {"all analytics", "GET", LOCAL, "/b?analytics", "s3", 0, 0,
     "s3:ListBucketAnalyticsConfigurations", 0},
    {"object", "GET", LOCAL, "/b/k%20/%C3%A9+", "s3", 0, 0, "s3:GetObject",
     "Bucket=b Key=k /\xc3\xa9+"},
    {"key with slashes first", "GET", LOCAL, "/b//k", "s3", 0, 0, "s3:GetObject",
     "Bucket=b Key=/k"},
    {"bad key", "GET", LOCAL, "/b/k%2", "s3", 0, 0, "s3!uri", 0},
    {"bad query", "GET", LOCAL, "/b?x=%2", "s3", 0, 0, "s3!uri", 0},
    {"put", "PUT", LOCAL, "/b/k?x-id=PutObject", "s3", 0, 0, "s3:PutObject", 0},
    {"copy", "PUT", LOCAL, "/b/k", "s3", "x-amz-copy-source", "/a/b", "s3:CopyObject", 0},
    {"part", "PUT", LOCAL, "/b/k?uploadId=u&partNumber=1", "s3", 0, 0, "s3:UploadPart", 0},
    {"part by copy", "PUT", LOCAL, "/b/k?uploadId=u&partNumber=1", "s3", "x-amz-copy-source",
     "/a/b", "s3:UploadPartCopy", 0},
    {"begin parts", "POST", LOCAL, "/b/k?uploads", "s3", 0, 0, "s3:CreateMultipartUpload", 0},
    {"end parts", "POST", LOCAL, "/b/k?uploadId=u", "s3", 0, 0, "s3:CompleteMultipartUpload", 0},
    {"drop parts", "DELETE", LOCAL, "/b/k?uploadId=u", "s3", 0, 0, "s3:AbortMultipartUpload", 0},
    {"delete", "DELETE", LOCAL, "/b/k", "s3", 0, 0, "s3:DeleteObject", 0},
    {"delete many", "POST", LOCAL, "/b?delete", "s3", 0, 0, "s3:DeleteObjects", 0},
    {"post a form", "POST", LOCAL, "/b", "s3", 0, 0, "s3!unknown", 0},
    {"post a browser's form", "POST", LOCAL, "/b", "s3", "Content-Type",
     "multipart/form-data; boundary=x", "s3!service", 0},
    {"no such method", "PATCH", LOCAL, "/b", "s3", 0, 0, "s3!unknown", 0},
    {"post to root", "POST", LOCAL, "/", "s3", 0, 0, "s3!unknown", 0},
    {"bucket in the host", "GET", "buck.s3.amazonaws.com", "/k", "s3", 0, 0, "s3:GetObject",
     "Bucket=buck Key=k"},
    {"… with a region", "GET", "my.buck.s3.eu-west-1.amazonaws.com:443", "/", "s3", 0, 0,
     "s3:ListObjects", "Bucket=my.buck"},
    {"… in the old form", "GET", "buck.s3-eu-west-1.amazonaws.com", "/?acl", "s3", 0, 0,
     "s3:GetBucketAcl", "Bucket=buck"},
    {"… dual stack", "GET", "buck.s3.dualstack.eu-west-1.amazonaws.com", "/", "s3", 0, 0,
     "s3:ListObjects", "Bucket=buck"},
    {"… in China", "GET", "buck.s3.cn-north-1.amazonaws.com.cn", "/", "s3", 0, 0, "s3:ListObjects",
     "Bucket=buck"},
    {"… on localhost", "PUT", "buck.localhost:4566", "/k", "s3", 0, 0, "s3:PutObject",
     "Bucket=buck Key=k"},
    {"… on s3.localhost", "PUT", "buck.s3.localhost:4566", "/k", "s3", 0, 0, "s3:PutObject",
     "Bucket=buck Key=k"},
    {"endpoint itself", "GET", "s3.eu-west-1.amazonaws.com", "/b", "s3", 0, 0, "s3:ListObjects",
     "Bucket=b"},
    {"s3.localhost", "GET", "s3.localhost", "/b", "s3", 0, 0, "s3:ListObjects", "Bucket=b"},
    {"localhost", "GET", "localhost:4566", "/b/k", "s3", 0, 0, "s3:GetObject", "Bucket=b Key=k"},
    {"IPv6", "GET", "[::1]:4566", "/b/k", "s3", 0, 0, "s3:GetObject", "Bucket=b Key=k"},
    {"another name", "GET", "calotype.example:4566", "/b/k", "s3", 0, 0, "s3:GetObject",
     "Bucket=b Key=k"},
    {"unsigned object", "GET", LOCAL, "/b/k", NULL, 0, 0, "s3:GetObject", 0},
    {"json", "POST", LOCAL, "/", "dynamodb", "X-Amz-Target", "DynamoDB_20120810.PutItem",
     "dynamodb:PutItem", 0},
    {"json, unknown", "POST", LOCAL, "/", "dynamodb", "X-Amz-Target", "DynamoDB_20120810.PutIt",
     "dynamodb!unknown", 0},
    {"json without target", "POST", LOCAL, "/", "dynamodb", 0, 0, "dynamodb!unknown", 0},
    {"json of another service", "POST", LOCAL, "/", "kms", "X-Amz-Target", "TrentService.Encrypt",
     "?json!service", 0},
    {"json, unsigned", "POST", LOCAL, "/", NULL, "X-Amz-Target", "Logs_20140328.PutLogEvents",
     "logs:PutLogEvents", 0},
    {"form", "POST", LOCAL, "/", "sns", FORM, "sns:?", 0},
    {"form in the query", "GET", LOCAL, "/?Action=ListTopics&Version=2010-03-31", "sns", 0, 0,
     "sns:ListTopics", 0},
    {"form in the query, unsigned", "GET", LOCAL, "/?Action=ConfirmSubscription&Version=2010-03-31",
     NULL, 0, 0, "sns:ConfirmSubscription", 0},
    {"form, unknown", "GET", LOCAL, "/?Action=ListTop", "sns", 0, 0, "sns!unknown", 0},
    {"form of another service", "POST", LOCAL, "/", "ec2", FORM, "?query!service", 0},
    {"to a queue's URL", "POST", LOCAL, "/000000000000/q", "sqs", FORM, "sqs:?", 0},
    {"by host", "POST", "sns.eu-west-1.amazonaws.com", "/", NULL, FORM, "sns:?", 0},
    {"monitoring", "POST", LOCAL, "/", "monitoring", FORM, "cloudwatch:?", 0},
    {"rpc", "POST", LOCAL, "/service/GraniteServiceVersion20100801/operation/PutMetricData",
     "monitoring", "smithy-protocol", "rpc-v2-cbor", "cloudwatch:PutMetricData", 0},
    {"rpc, unknown", "POST", LOCAL, "/service/GraniteServiceVersion20100801/operation/Put",
     "monitoring", "smithy-protocol", "rpc-v2-cbor", "cloudwatch!unknown", 0},
    {"functions", "GET", LOCAL, "/2015-03-31/functions/", "lambda", 0, 0, "lambda:ListFunctions",
     ""},
    {"function", "GET", LOCAL, "/2015-03-31/functions/fn", "lambda", 0, 0, "lambda:GetFunction",
     "FunctionName=fn"},
    {"invoke by ARN", "POST", LOCAL, "/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/invocations",
     "lambda", 0, 0, "lambda:Invoke", "FunctionName=arn:aws:lambda:x"},
    {"invoke configs", "GET", LOCAL, "/2019-09-25/functions/fn/event-invoke-config/list", "lambda",
     0, 0, "lambda:ListFunctionEventInvokeConfigs", 0},
    {"tags", "DELETE", LOCAL, "/2017-03-31/tags/arn?tagKeys=a", "lambda", 0, 0,
     "lambda:UntagResource", "Resource=arn"},
    {"layer by ARN", "GET", LOCAL, "/2018-10-31/layers?find=LayerVersion&Arn=x", "lambda", 0, 0,
     "lambda:GetLayerVersionByArn", 0},
    {"lambda, unknown", "GET", LOCAL, "/2015-03-31/nothing", "lambda", 0, 0, "lambda!unknown", 0},
    {"lambda, unsigned", "GET", LOCAL, "/2015-03-31/functions/fn", NULL, 0, 0, "lambda:GetFunction",
     0},
    {"lambda, too long", "GET", LOCAL, "/2015-03-31/a/b/c/d/e/f/g/h/i", "lambda", 0, 0,
     "lambda!unknown", 0},
};

static void test_routes(void **state) {
    (void)state;
    struct router *router = aws_router_new();
    for (size_t i = 0; i < ARRAY_LEN(asks); i++)
        route_one(router, &asks[i]);
    aws_router_free(router);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_routes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
