/*
 * audit/code_aws: what a call asks of AWS. Clients and their names are those of boto3, of aws-sdk v2
 * and of @aws-sdk/client-*; operations are spelled as the services' APIs have them.
 */
#include "audit/code_priv.h"
#include "base/ascii.h"
#include "base/buf.h"

enum { MOST_STEPS = 6 };

/* What a name or an expression is. */
enum object {
    NOTHING,
    CLIENT,
    DOCUMENT, /* DynamoDB's document clients of JavaScript */
    RESOURCE, /* boto3.resource */
    TABLE,
    BUCKET,
    OBJECT,
    QUEUE,
    TOPIC,
    PAGINATOR,
};
struct thing {
    enum object is;
    const char *service;
    uint32_t open;  /* TABLE, BUCKET, OBJECT, PAGINATOR: the bracket of what made it */
    uint32_t outer; /* an OBJECT of a BUCKET: the bucket's; else 0 */
};

/* Services whose calls rules ask of: boto3's name, the name of the clients, the package. */
static const struct {
    const char *service, *client, *package;
} services[] = {
    {"s3", "S3", "client-s3"},
    {"dynamodb", "DynamoDB", "client-dynamodb"},
    {"sns", "SNS", "client-sns"},
    {"sqs", "SQS", "client-sqs"},
    {"lambda", "Lambda", "client-lambda"},
    {"rekognition", "Rekognition", "client-rekognition"},
    {"stepfunctions", "SFN", "client-sfn"},
    {"stepfunctions", "StepFunctions", "client-sfn"},
    {"events", "EventBridge", "client-eventbridge"},
    {"events", "CloudWatchEvents", "client-cloudwatch-events"},
    {"cloudwatch", "CloudWatch", "client-cloudwatch"},
    {"logs", "CloudWatchLogs", "client-cloudwatch-logs"},
    {"secretsmanager", "SecretsManager", "client-secrets-manager"},
    {"ssm", "SSM", "client-ssm"},
    {"sts", "STS", "client-sts"},
    {"kms", "KMS", "client-kms"},
    {"ses", "SES", "client-ses"},
    {"kinesis", "Kinesis", "client-kinesis"},
    {"firehose", "Firehose", "client-firehose"},
    {"textract", "Textract", "client-textract"},
    {"cloudfront", "CloudFront", "client-cloudfront"},
    {"bedrock-runtime", "BedrockRuntime", "client-bedrock-runtime"},
};

static const char *service_of_boto(str name) {
    if (str_is(name, "stepfunctions"))
        return "stepfunctions";
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        if (str_is(name, services[i].service))
            return services[i].service;
    return str_is(name, "sesv2") ? "ses" : name.len ? "other" : NULL;
}

/* "S3", "S3Client". */
static const char *service_of_client(str name) {
    str bare = str_ends(name, S("Client")) ? str_slice(name, 0, name.len - 6) : name;
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        if (str_is(bare, services[i].client))
            return services[i].service;
    return NULL;
}

/* ---- Operations ---- */

/* Methods that are no operation by their own name: what they do; NULL: they ask nothing. */
static const struct {
    const char *method, *operation;
} methods[] = {
    {"download_file", "GetObject"},
    {"download_fileobj", "GetObject"},
    {"upload_file", "PutObject"},
    {"upload_fileobj", "PutObject"},
    {"copy", "CopyObject"},
    {"upload", "PutObject"},
    {"generate_presigned_url", NULL},
    {"generate_presigned_post", NULL},
    {"get_paginator", NULL},
    {"get_waiter", NULL},
    {"can_paginate", NULL},
    {"close", NULL},
    {"getSignedUrl", NULL},
    {"getSignedUrlPromise", NULL},
    {"createPresignedPost", NULL},
    {"waitFor", NULL},
    {"destroy", NULL},
};

/* What methods of boto3's resources and of the document clients do. */
static const struct {
    enum object of;
    const char *method, *operation;
} object_methods[] = {
    {TABLE, "put_item", "PutItem"},
    {TABLE, "get_item", "GetItem"},
    {TABLE, "update_item", "UpdateItem"},
    {TABLE, "delete_item", "DeleteItem"},
    {TABLE, "query", "Query"},
    {TABLE, "scan", "Scan"},
    {BUCKET, "put_object", "PutObject"},
    {BUCKET, "upload_file", "PutObject"},
    {BUCKET, "upload_fileobj", "PutObject"},
    {BUCKET, "download_file", "GetObject"},
    {BUCKET, "download_fileobj", "GetObject"},
    {BUCKET, "copy", "CopyObject"},
    {BUCKET, "delete_objects", "DeleteObjects"},
    {OBJECT, "get", "GetObject"},
    {OBJECT, "put", "PutObject"},
    {OBJECT, "delete", "DeleteObject"},
    {OBJECT, "copy", "CopyObject"},
    {OBJECT, "copy_from", "CopyObject"},
    {OBJECT, "load", "HeadObject"},
    {OBJECT, "upload_file", "PutObject"},
    {OBJECT, "upload_fileobj", "PutObject"},
    {OBJECT, "download_file", "GetObject"},
    {OBJECT, "download_fileobj", "GetObject"},
    {QUEUE, "send_message", "SendMessage"},
    {QUEUE, "send_messages", "SendMessageBatch"},
    {QUEUE, "receive_messages", "ReceiveMessage"},
    {QUEUE, "delete_messages", "DeleteMessageBatch"},
    {TOPIC, "publish", "Publish"},
    {DOCUMENT, "get", "GetItem"},
    {DOCUMENT, "put", "PutItem"},
    {DOCUMENT, "update", "UpdateItem"},
    {DOCUMENT, "delete", "DeleteItem"},
    {DOCUMENT, "query", "Query"},
    {DOCUMENT, "scan", "Scan"},
    {DOCUMENT, "batchGet", "BatchGetItem"},
    {DOCUMENT, "batchWrite", "BatchWriteItem"},
    {DOCUMENT, "transactGet", "TransactGetItems"},
    {DOCUMENT, "transactWrite", "TransactWriteItems"},
};

/*
 * Operations that no other object has a method of the name of: they tell their service where nothing
 * else does.
 */
static const struct {
    const char *operation, *service;
} distinct[] = {
    {"GetObject", "s3"},
    {"PutObject", "s3"},
    {"CopyObject", "s3"},
    {"HeadObject", "s3"},
    {"DeleteObject", "s3"},
    {"DeleteObjects", "s3"},
    {"ListObjects", "s3"},
    {"ListObjectsV2", "s3"},
    {"PutObjectTagging", "s3"},
    {"GetObjectTagging", "s3"},
    {"CreateMultipartUpload", "s3"},
    {"UploadPart", "s3"},
    {"CompleteMultipartUpload", "s3"},
    {"PutItem", "dynamodb"},
    {"GetItem", "dynamodb"},
    {"UpdateItem", "dynamodb"},
    {"DeleteItem", "dynamodb"},
    {"BatchWriteItem", "dynamodb"},
    {"BatchGetItem", "dynamodb"},
    {"TransactWriteItems", "dynamodb"},
    {"TransactGetItems", "dynamodb"},
    {"PublishBatch", "sns"},
    {"SendMessage", "sqs"},
    {"SendMessageBatch", "sqs"},
    {"ReceiveMessage", "sqs"},
    {"DeleteMessageBatch", "sqs"},
    {"StartExecution", "stepfunctions"},
    {"PutMetricData", "cloudwatch"},
    {"PutLogEvents", "logs"},
    {"PutEvents", "events"},
    {"GetSecretValue", "secretsmanager"},
    {"GetParameter", "ssm"},
    {"GetParametersByPath", "ssm"},
    {"AssumeRole", "sts"},
    {"DetectLabels", "rekognition"},
    {"DetectFaces", "rekognition"},
    {"DetectText", "rekognition"},
    {"DetectModerationLabels", "rekognition"},
    {"IndexFaces", "rekognition"},
    {"DetectDocumentText", "textract"},
    {"AnalyzeDocument", "textract"},
    {"InvokeModel", "bedrock-runtime"},
    {"CreateInvalidation", "cloudfront"},
};

/* Commands of @aws-sdk/lib-dynamodb, and of clients where the name says too little. */
static const struct {
    const char *command, *operation, *service;
} commands[] = {
    {"Get", "GetItem", "dynamodb"},
    {"Put", "PutItem", "dynamodb"},
    {"Update", "UpdateItem", "dynamodb"},
    {"Delete", "DeleteItem", "dynamodb"},
    {"Query", "Query", "dynamodb"},
    {"Scan", "Scan", "dynamodb"},
    {"BatchGet", "BatchGetItem", "dynamodb"},
    {"BatchWrite", "BatchWriteItem", "dynamodb"},
    {"TransactGet", "TransactGetItems", "dynamodb"},
    {"TransactWrite", "TransactWriteItems", "dynamodb"},
    {"Publish", "Publish", "sns"},
    {"Invoke", "Invoke", "lambda"},
    {"SendEmail", "SendEmail", "ses"},
};

/* Operations that change nothing begin so. */
static const char *const reads[] = {
    "Get",      "List",        "Head",        "Describe",  "Query",  "Scan",
    "BatchGet", "TransactGet", "Detect",      "Recognize", "Select", "Search",
    "Receive",  "Analyze",     "Compare",     "Check",     "Lookup", "Filter",
    "Decrypt",  "AssumeRole",  "InvokeModel", "Converse"};

static bool is_read(const char *operation) {
    for (size_t i = 0; i < ARRAY_LEN(reads); i++)
        if (str_starts(str_c(operation), str_c(reads[i])))
            return true;
    return false;
}

static const char *service_of_operation(const char *operation) {
    for (size_t i = 0; i < ARRAY_LEN(distinct); i++)
        if (strcmp(distinct[i].operation, operation) == 0)
            return distinct[i].service;
    return NULL;
}

/* "get_object", "getObject" as "GetObject". */
static const char *spelled(const struct code *c, str method) {
    char *out = arena_alloc(c->arena, method.len + 1);
    size_t n = 0;
    bool is_first = true;
    for (size_t i = 0; i < method.len; i++) {
        if (method.p[i] != '_')
            out[n++] = is_first ? ascii_upper(method.p[i]) : method.p[i];
        is_first = method.p[i] == '_';
    }
    out[n] = '\0';
    return out;
}

/* ---- What an expression is ---- */

static struct thing thing_of(const struct code *c, uint32_t first, uint32_t end, unsigned steps);

/* What boto3's resources make: s3.Bucket("b"), table.batch_writer(). */
static const struct {
    const char *method, *service;
    enum object from, is; /* NOTHING: from the resource itself */
} makers[] = {
    {"Table", "dynamodb", RESOURCE, TABLE}, {"batch_writer", "dynamodb", TABLE, TABLE},
    {"Bucket", "s3", RESOURCE, BUCKET},     {"Object", "s3", RESOURCE, OBJECT},
    {"Object", "s3", BUCKET, OBJECT},       {"ObjectSummary", "s3", RESOURCE, OBJECT},
    {"Queue", "sqs", RESOURCE, QUEUE},      {"get_queue_by_name", "sqs", RESOURCE, QUEUE},
    {"Topic", "sns", RESOURCE, TOPIC},      {"get_paginator", NULL, CLIENT, PAGINATOR},
};

/* The first argument that is a string, by place or by name. */
static str text_argument(const struct code *c, uint32_t open, const char *name) {
    struct code_call call = {.callee = S(""), .open = open, .close = c->tokens[open].match};
    uint32_t first, end;
    if ((code_argument_at(c, &call, 0, &first, &end) && c->tokens[first].kind == CODE_STRING) ||
        audit_code_argument(&c->pub, &call, name, &first, &end))
        return audit_code_string(c->arena, &c->pub, first);
    return STR_NONE;
}

static struct thing made_in_python(const struct code *c, uint32_t first, uint32_t method,
                                   uint32_t open, unsigned steps) {
    struct thing t = {.is = NOTHING, .open = open};
    if (code_is(c, method, "client") || code_is(c, method, "resource") ||
        code_is(c, method, "create_client")) {
        t.service = service_of_boto(text_argument(c, open, "service_name"));
        t.is = !t.service ? NOTHING : code_is(c, method, "resource") ? RESOURCE : CLIENT;
        return t;
    }
    if (method < first + 2)
        return t;
    str name = code_text(c, method);
    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        if (!str_is(name, makers[i].method))
            continue;
        struct thing of = thing_of(c, first, method - 1, steps - 1);
        if (of.is == makers[i].from &&
            (!makers[i].service || strcmp(of.service, makers[i].service) == 0))
            return (struct thing){makers[i].is, of.service, of.is == TABLE ? of.open : open,
                                  of.is == BUCKET ? of.open : 0};
    }
    return t;
}

static struct thing made_in_javascript(const struct code *c, uint32_t first, uint32_t method,
                                       uint32_t open, unsigned steps) {
    struct thing t = {.is = NOTHING, .open = open};
    str name = code_text(c, method), before = S("");
    bool is_member = method >= first + 2;
    if (is_member)
        before = code_text(c, method - 2);
    if (str_starts(name, S("captureAWS")) && code_over(c, open + 1) <= c->tokens[open].match)
        return thing_of(c, open + 1, c->tokens[open].match, steps - 1);
    if (str_is(name, "DocumentClient") ||
        (str_is(name, "from") &&
         (str_is(before, "DynamoDBDocumentClient") || str_is(before, "DynamoDBDocument"))))
        return (struct thing){.is = DOCUMENT, .service = "dynamodb", .open = open};
    if (code_is(c, first, "new")) {
        t.service = service_of_client(name);
        t.is = t.service ? CLIENT : NOTHING;
    }
    return t;
}

static struct thing thing_of(const struct code *c, uint32_t first, uint32_t end, unsigned steps) {
    struct thing t = {.is = NOTHING};
    if (first >= end || steps == 0)
        return t;
    uint32_t last = end - 1;
    if (code_is_op(c, last, ")") && c->tokens[last].match > first) {
        uint32_t open = c->tokens[last].match;
        return c->pub.language == CODE_PYTHON ? made_in_python(c, first, open - 1, open, steps)
                                              : made_in_javascript(c, first, open - 1, open, steps);
    }
    if (code_is(c, first, "new")) /* new AWS.S3 */
        return made_in_javascript(c, first, last, last, steps);
    if (c->tokens[last].kind != CODE_NAME || c->begins[last] != first ||
        last - first > 2 * MOST_STEPS)
        return t;
    const struct code_token *a = &c->tokens[first], *b = &c->tokens[last];
    const struct code_name *n =
        code_name_of(c, str_slice(c->pub.text, a->at, b->at + b->len), a->block, first);
    return n && !n->member.p ? thing_of(c, n->first, n->end, steps - 1) : t;
}

/* ---- What a call asks ---- */

/* Token of the method's name; NO_TOKEN: it is no method. */
static uint32_t method_of(const struct code *c, const struct code_call *call) {
    uint32_t at = call->open - 1;
    if (code_is_op(c, at, "?."))
        at--;
    bool is_method = at > 0 && at > call->token && c->tokens[at].kind == CODE_NAME &&
                     (code_is_op(c, at - 1, ".") || code_is_op(c, at - 1, "?."));
    return is_method ? at : NO_TOKEN;
}

static bool told(struct code_aws *ret, const char *service, const char *operation) {
    *ret = (struct code_aws){service ? service : "", operation, !is_read(operation)};
    return operation[0] != '\0';
}

/* "GetObjectCommand" of a client's package. */
static bool of_command(const struct code *c, str name, const char *service, struct code_aws *ret) {
    if (!str_ends(name, S("Command")) || name.len <= 7)
        return false;
    str bare = str_slice(name, 0, name.len - 7);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (str_is(bare, commands[i].command))
            return told(ret, commands[i].service, commands[i].operation);
    const char *operation = arena_cstr(c->arena, bare);
    const char *its = service_of_operation(operation);
    return told(ret, its ? its : service, operation);
}

/* client.send(new XCommand(…)), or of a name that was set to one. */
static bool of_send(const struct code *c, const struct code_call *call, const char *service,
                    struct code_aws *ret) {
    uint32_t first, end;
    if (!code_argument_at(c, call, 0, &first, &end))
        return false;
    for (unsigned i = 0; i < MOST_STEPS && !code_is(c, first, "new"); i++) {
        const struct code_name *n =
            end == first + 1 && c->tokens[first].kind == CODE_NAME
                ? code_name_of(c, code_text(c, first), c->tokens[first].block, first)
                : NULL;
        if (!n || n->member.p)
            return false;
        first = n->first;
        end = n->end;
    }
    uint32_t last = first + 1;
    while (last + 2 < end && code_is_op(c, last + 1, "."))
        last += 2;
    return code_is(c, first, "new") && c->tokens[last].kind == CODE_NAME &&
           of_command(c, code_text(c, last), service, ret);
}

/* A call that is no method: new Upload({client, params}), paginateListObjectsV2(…). */
static bool of_function(const struct code *c, const struct code_call *call, struct code_aws *ret) {
    uint32_t first, end;
    if (c->pub.language != CODE_JAVASCRIPT)
        return false;
    if (str_is(call->callee, "new Upload") &&
        audit_code_argument(&c->pub, call, "params", &first, &end))
        return told(ret, "s3", "PutObject");
    if (!str_starts(call->callee, S("paginate")) || call->callee.len <= 8)
        return false;
    const char *operation = arena_cstr(c->arena, str_skip(call->callee, 8));
    return told(ret, service_of_operation(operation), operation);
}

static bool of_object(const struct code *c, const struct thing *t, str method,
                      struct code_aws *ret) {
    if (t->is == PAGINATOR && str_is(method, "paginate")) {
        str name = text_argument(c, t->open, "operation_name");
        return name.len && told(ret, t->service, spelled(c, name));
    }
    for (size_t i = 0; i < ARRAY_LEN(object_methods); i++)
        if (object_methods[i].of == t->is && str_is(method, object_methods[i].method))
            return told(ret, t->service, object_methods[i].operation);
    return false;
}

static bool ask(const struct code *c, const struct code_call *call, struct code_aws *ret) {
    uint32_t at = method_of(c, call);
    if (at == NO_TOKEN || str_starts(call->callee, S("new ")))
        return of_function(c, call, ret);
    uint32_t begin = c->begins[at];
    struct thing t =
        begin == NO_TOKEN ? (struct thing){.is = NOTHING} : thing_of(c, begin, at - 1, MOST_STEPS);
    str method = code_text(c, at);
    if (str_is(method, "send") && c->pub.language == CODE_JAVASCRIPT)
        return of_send(c, call, t.service, ret);
    if (t.is != NOTHING && t.is != CLIENT)
        return of_object(c, &t, method, ret);
    const char *operation = NULL;
    bool is_known = false;
    for (size_t i = 0; i < ARRAY_LEN(methods) && !is_known; i++)
        if (str_is(method, methods[i].method)) {
            is_known = true;
            operation = methods[i].operation;
        }
    if (is_known && (!operation || (t.is == CLIENT && strcmp(t.service, "s3") != 0)))
        return false;
    bool is_plain = str_is(method, "copy") || str_is(method, "upload");
    if (is_known)
        return (t.is == CLIENT || !is_plain) && told(ret, "s3", operation);
    operation = spelled(c, method);
    const char *service = t.is == CLIENT ? t.service : service_of_operation(operation);
    return service && told(ret, service, operation);
}

bool audit_code_aws(const struct audit_code *code, const struct code_call *call,
                    struct code_aws *ret) {
    const struct code *c = code_of(code);
    struct code_asked *memo = &c->asked[call - code->calls];
    if (!memo->is_known) {
        memo->is_known = true;
        memo->is_so = call->open > 0 && ask(c, call, &memo->aws);
    }
    *ret = memo->aws;
    return memo->is_so;
}

/* Arguments that have a place, by what the method is of. NOTHING: of a client, or not known. */
static const struct {
    enum object of;
    const char *method;
    const char *names[3];
} places[] = {
    {NOTHING, "upload_file", {"Filename", "Bucket", "Key"}},
    {NOTHING, "upload_fileobj", {"Fileobj", "Bucket", "Key"}},
    {NOTHING, "download_file", {"Bucket", "Key", "Filename"}},
    {NOTHING, "download_fileobj", {"Bucket", "Key", "Fileobj"}},
    {NOTHING, "copy", {"CopySource", "Bucket", "Key"}},
    {BUCKET, "upload_file", {"Filename", "Key"}},
    {BUCKET, "upload_fileobj", {"Fileobj", "Key"}},
    {BUCKET, "download_file", {"Key", "Filename"}},
    {BUCKET, "download_fileobj", {"Key", "Fileobj"}},
    {BUCKET, "copy", {"CopySource", "Key"}},
};

/* What the object itself was made with. */
static bool of_maker(const struct code *c, const struct thing *t, const char *name,
                     uint32_t *ret_first, uint32_t *ret_end) {
    bool is_key = strcmp(name, "Key") == 0, is_bucket = strcmp(name, "Bucket") == 0;
    uint32_t open = t->open;
    int place = 0;
    if (t->is == OBJECT && (is_key || is_bucket)) {
        place = is_key && !t->outer;
        open = is_bucket && t->outer ? t->outer : t->open;
    } else if (!(t->is == BUCKET && is_bucket) &&
               !(t->is == TABLE && strcmp(name, "TableName") == 0)) {
        return false;
    }
    struct code_call made = {.callee = S(""), .open = open, .close = c->tokens[open].match};
    return code_argument_at(c, &made, place, ret_first, ret_end);
}

bool code_aws_place(const struct code *c, const struct code_call *call, const char *name,
                    uint32_t *ret_first, uint32_t *ret_end) {
    uint32_t at = call->open > 0 ? method_of(c, call) : NO_TOKEN;
    if (at == NO_TOKEN || c->begins[at] == NO_TOKEN)
        return false;
    struct thing t = thing_of(c, c->begins[at], at - 1, MOST_STEPS);
    enum object of = t.is == CLIENT ? NOTHING : t.is;
    str method = code_text(c, at);
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        for (int n = 0; n < 3 && of == places[i].of && str_is(method, places[i].method); n++)
            if (places[i].names[n] && strcmp(places[i].names[n], name) == 0)
                return code_argument_at(c, call, n, ret_first, ret_end) &&
                       !code_is_op(c, *ret_first + 1, "=") && !code_is_op(c, *ret_first, "**");
    return of_maker(c, &t, name, ret_first, ret_end);
}
