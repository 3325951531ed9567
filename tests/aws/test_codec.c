/* The codecs by themselves, on real shapes: what is taken, what is refused, what is written. */
#include "aws/aws_priv.h"
#include "aws/xml_priv.h"
#include "cm.h"

static const struct api_shape *in_of(const struct api_service *api, const char *op) {
    return api_op_find(api, str_c(op))->in;
}

static void check_doc(json_t *doc, const char *want) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, doc);
    CHECK_BUF(text, want);
}

/* ---- Forms ---- */

static void check_query(const struct api_service *api, const char *op, const char *form,
                        const char *want) {
    struct arena arena = {0};
    struct codec_param *params;
    size_t n;
    struct err err = {0};
    CLEANUP_JSON json_t *doc = NULL;
    CHECK_INT(wire_params(&arena, str_c(form), true, &params, &n, &err), 0);
    int r = wire_query_in(in_of(api, op), params, n, &doc, &err);
    if (want) {
        CHECK_INT(r, 0);
        check_doc(doc, want);
    } else {
        CHECK_INT(r, AWS_E_MALFORMED);
        CHECK(err.text[0]);
    }
    arena_deinit(&arena);
}

static void test_query(void **state) {
    (void)state;
    check_query(&api_sns, "Publish", "Action=Publish&Message=a+b%2Bc&TopicArn=arn%3Ax",
                "{\"Message\":\"a b+c\",\"TopicArn\":\"arn:x\"}");
    check_query(
        &api_sns, "CreateTopic",
        "Name=n&Tags.member.2.Key=b&Tags.member.2.Value=2&Tags.member.10.Key=j&Tags.member.10.Value=&Tags.member.1.Key=a&Tags.member.1.Value=1",
        "{\"Name\":\"n\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\",\"Value\":\"2\"},{\"Key\":\"j\",\"Value\":\"\"}]}");
    check_query(&api_sns, "CreateTopic",
                "Name=n&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=x",
                "{\"Attributes\":{\"DisplayName\":\"x\"},\"Name\":\"n\"}");
    check_query(&api_sns, "CreateTopic", "Name=n&Tags=", "{\"Name\":\"n\",\"Tags\":[]}");
    check_query(&api_sns, "CreateTopic", "Name=n&Tags.member.x.Key=a", NULL);
    check_query(&api_sns, "CreateTopic", "Attributes.entry.1.value=x", NULL);
    /* SQS as old clients speak it: flattened. */
    check_query(
        &api_sqs, "SendMessageBatch",
        "SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=x&SendMessageBatchRequestEntry.1.DelaySeconds=5",
        "{\"Entries\":[{\"DelaySeconds\":5,\"Id\":\"a\",\"MessageBody\":\"x\"}]}");
    check_query(
        &api_sqs, "CreateQueue",
        "QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5&Tag.1.Key=k&Tag.1.Value=v",
        "{\"Attributes\":{\"DelaySeconds\":\"5\"},\"QueueName\":\"q\",\"tags\":{\"k\":\"v\"}}");
    check_query(&api_sqs, "ReceiveMessage", "MaxNumberOfMessages=3&AttributeName.1=All",
                "{\"AttributeNames\":[\"All\"],\"MaxNumberOfMessages\":3}");
    check_query(&api_sqs, "ReceiveMessage", "MaxNumberOfMessages=three", NULL);
    check_query(&api_sqs, "ReceiveMessage", "MaxNumberOfMessages=99999999999", NULL);
    check_query(
        &api_cloudwatch, "PutMetricData",
        "Namespace=n&MetricData.member.1.MetricName=m&MetricData.member.1.Value=1.5&MetricData.member.1.Timestamp=2026-11-22T04%3A56%3A59.5Z",
        "{\"MetricData\":[{\"MetricName\":\"m\",\"Timestamp\":1795323419.5,\"Value\":1.5}],\"Namespace\":\"n\"}");
    check_query(&api_cloudwatch, "PutMetricAlarm", "ActionsEnabled=yes", NULL);
    check_query(&api_sns, "ListTopics", "Action=ListTopics&Whatever.1.x=2&&=&=v", "{}");
}

static void test_query_parameters(void **state) {
    (void)state;
    struct arena arena = {0};
    struct codec_param *params;
    size_t n;
    CHECK_INT(wire_params(&arena, S("a=%4"), true, &params, &n, NULL), AWS_E_MALFORMED);
    CHECK_INT(wire_params(&arena, S("%zz=1"), true, &params, &n, NULL), AWS_E_MALFORMED);
    CHECK_INT(wire_params(&arena, S("acl&b=&c=d=e"), true, &params, &n, NULL), 0);
    CHECK_INT(n, 3);
    CHECK(!params[0].has_value);
    CHECK(params[1].has_value);
    CHECK_STR(params[2].value, S("d=e"));
    CLEANUP_DEINIT(buf) struct buf many = {0};
    for (size_t i = 0; i <= CODEC_PARTS; i++)
        buf_c(&many, "a&");
    CHECK_INT(wire_params(&arena, buf_view(&many), true, &params, &n, NULL), AWS_E_MALFORMED);
    arena_deinit(&arena);
}

/* ---- XML ---- */

static void check_xml(const struct api_shape *shape, const char *xml, const char *want) {
    struct err err = {0};
    CLEANUP_JSON json_t *doc = NULL;
    int r = wire_xml_in(shape, str_c(xml), &doc, &err);
    if (want) {
        CHECK_INT(r, 0);
        check_doc(doc, want);
    } else {
        CHECK_INT(r, AWS_E_MALFORMED);
        CHECK(!doc);
    }
}

static const struct api_shape *payload_of(const char *op) {
    const struct api_shape *in = in_of(&api_s3, op);
    return in->members[in->payload].shape;
}

static void test_xml(void **state) {
    (void)state;
    const struct api_shape *del = payload_of("DeleteObjects"),
                           *tagging = payload_of("PutBucketTagging");
    check_xml(
        del,
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key></Object><Quiet>true</Quiet><Object><Key>c</Key><VersionId>v</VersionId></Object></Delete>",
        "{\"Objects\":[{\"Key\":\"a&b\"},{\"Key\":\"c\",\"VersionId\":\"v\"}],\"Quiet\":true}");
    check_xml(
        tagging,
        "<?xml version=\"1.0\"?>\n<Tagging>\n <TagSet>\n  <Tag><Key>k</Key><Value></Value></Tag>\n </TagSet>\n</Tagging>",
        "{\"TagSet\":[{\"Key\":\"k\",\"Value\":\"\"}]}");
    check_xml(tagging, "<x:Tagging xmlns:x='u'><x:TagSet/></x:Tagging>", "{\"TagSet\":[]}");
    check_xml(tagging, "<Tagging><Other>1</Other></Tagging>", "{}");
    check_xml(
        payload_of("PutBucketAcl"),
        "<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>i</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>",
        "{\"Grants\":[{\"Grantee\":{\"Type\":\"CanonicalUser\",\"ID\":\"i\"},\"Permission\":\"READ\"}]}");
    check_xml(tagging, "<Tagging><TagSet></Tagging>", NULL);
    check_xml(tagging, "", NULL);
    check_xml(tagging, "<!DOCTYPE x [<!ENTITY e \"x\">]><Tagging><TagSet/></Tagging>", NULL);
    check_xml(del, "<Delete><Quiet>maybe</Quiet></Delete>", NULL);
    check_xml(del, "<Delete><Object><Key><b/></Key></Object></Delete>", NULL);
    CLEANUP_DEINIT(buf) struct buf deep = {0};
    for (int i = 0; i < XML_DEPTH + 1; i++)
        buf_c(&deep, "<a>");
    check_xml(del, buf_cstr(&deep), NULL);
}

static void check_out(const struct api_service *api, const char *op, const char *json,
                      const char *want) {
    CLEANUP_JSON json_t *doc = json_parse(str_c(json), NULL);
    CLEANUP_DEINIT(buf) struct buf out = {0};
    const struct api_op *model = api_op_find(api, str_c(op));
    if (api == &api_s3)
        wire_xml_out(model->out, doc, NULL, model->result, api->xml_namespace, &out);
    else
        wire_query_out(api, model, doc, NULL, S("id"), &out);
    CHECK_BUF(out, want);
}

static void test_xml_out(void **state) {
    (void)state;
    check_out(
        &api_s3, "ListObjectsV2",
        "{\"Name\":\"b\",\"KeyCount\":1,\"IsTruncated\":false,\"Contents\":[{\"Key\":\"a<&>\\u0001\",\"LastModified\":1795323419.123,\"Size\":5}],\"CommonPrefixes\":[{\"Prefix\":\"p/\"}],\"Unknown\":1}",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<IsTruncated>false</IsTruncated><Contents><Key>a&lt;&amp;&gt;&#x1;</Key><LastModified>2026-11-22T04:56:59.123Z</LastModified><Size>5</Size></Contents>"
        "<Name>b</Name><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes><KeyCount>1</KeyCount></ListBucketResult>");
    check_out(
        &api_sns, "ListTopics", "{\"Topics\":[{\"TopicArn\":\"arn:a\"},{\"TopicArn\":\"arn:b\"}]}",
        "<ListTopicsResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><ListTopicsResult><Topics><member><TopicArn>arn:a</TopicArn></member>"
        "<member><TopicArn>arn:b</TopicArn></member></Topics></ListTopicsResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></ListTopicsResponse>");
    check_out(
        &api_sns, "GetTopicAttributes", "{\"Attributes\":{\"DisplayName\":\"x\"}}",
        "<GetTopicAttributesResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><GetTopicAttributesResult><Attributes><entry><key>DisplayName</key>"
        "<value>x</value></entry></Attributes></GetTopicAttributesResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetTopicAttributesResponse>");
    check_out(
        &api_sqs, "GetQueueAttributes", "{\"Attributes\":{\"QueueArn\":\"arn\"}}",
        "<GetQueueAttributesResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><GetQueueAttributesResult><Attribute><Name>QueueArn</Name><Value>arn</Value>"
        "</Attribute></GetQueueAttributesResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetQueueAttributesResponse>");
}

/* ---- JSON ---- */

static void check_json(const char *op, const char *body, const char *want) {
    struct err err = {0};
    CLEANUP_JSON json_t *doc = NULL;
    int r = wire_json_in(in_of(&api_dynamodb, op), str_c(body), &doc, &err);
    if (r) {
        if (want)
            CHECK_STR(str_c(err.text), str_c(want));
        else
            CHECK(err.text[0]);
        return;
    }
    CHECK(want);
    check_doc(doc, want);
}

static void test_json(void **state) {
    (void)state;
    check_json(
        "GetItem",
        "{\"TableName\":\"t\",\"Key\":{\"a\":{\"N\":\"1\"}},\"Nothing\":{\"x\":1},\"ConsistentRead\":null}",
        "{\"TableName\":\"t\",\"Key\":{\"a\":{\"N\":\"1\"}}}");
    check_json("GetItem", "", "{}");
    check_json("GetItem", "[]", "Unexpected value type in payload");
    check_json("GetItem", "{\"ConsistentRead\":\"true\"}",
               "STRING_VALUE can not be converted to Boolean");
    check_json("ListTables", "{\"Limit\":\"5\"}", "STRING_VALUE can not be converted to Integer");
    check_json("ListTables", "{\"Limit\":5.5}", "NUMBER_VALUE can not be converted to Integer");
    check_json("ListTables", "{\"Limit\":true}", "TRUE_VALUE can not be converted to Integer");
    check_json("GetItem", "{", NULL);
    check_json("GetItem", "{\"TableName\":\"t\",\"TableName\":\"t\"}", NULL);
    check_json("GetItem", "{\"TableName\":\"\xff\"}", NULL);
    CLEANUP_DEINIT(buf) struct buf deep = {0};
    buf_c(&deep, "{\"Key\":{\"a\":");
    for (int i = 0; i < 300; i++)
        buf_c(&deep, "{\"L\":[");
    for (int i = 0; i < 300; i++)
        buf_c(&deep, "]}");
    buf_c(&deep, "}}");
    check_json("GetItem", buf_cstr(&deep), "The document is nested too deeply");
}

/*
 * Read in one pass: what is taken is the tree's document, and keeps the model's constraints; and all
 * that clients send in order is taken.
 */
static void test_json_read(void **state) {
    (void)state;
    static const struct {
        const struct api_service *api;
        const char *op, *body;
        bool taken;
    } cases[] = {
        {&api_dynamodb, "ListTables", "{}", true},
        {&api_dynamodb, "ListTables", " {\"Limit\" : 5 ,\n\"ExclusiveStartTableName\":\"abc\"} ",
         true},
        {&api_dynamodb, "ListTables", "{\"Limit\":-0}", false},
        {&api_dynamodb, "ListTables", "{\"Limit\":1e1}", false},
        {&api_dynamodb, "ListTables", "{\"Limit\":05}", false},
        {&api_dynamodb, "ListTables", "{\"Limit\":101}", false},
        {&api_dynamodb, "ListTables", "{\"Limit\":99999999999}", false},
        {&api_dynamodb, "ListTables", "{\"Limit\":5.0}", false},
        {&api_dynamodb, "ListTables", "{\"Limit\":null}", false},
        {&api_dynamodb, "ListTables", "{\"Limit\":5,\"Limit\":5}", false},
        {&api_dynamodb, "ListTables", "{\"Nothing\":5}", false},
        {&api_dynamodb, "ListTables", "{} x", false},
        {&api_dynamodb, "ListTables", "", false},
        {&api_dynamodb, "ListTables", "[]", false},
        {&api_dynamodb, "GetItem",
         "{\"TableName\":\"abc\",\"Key\":{\"a\":{\"N\":\"1\"},\"b\":{\"L\":[{\"BOOL\":true}]}},"
         "\"ConsistentRead\":false,\"ReturnConsumedCapacity\":\"TOTAL\"}",
         true},
        {&api_dynamodb, "GetItem", "{\"TableName\":\"abc\"}", false},
        {&api_dynamodb, "GetItem",
         "{\"TableName\":\"abc\",\"Key\":{\"a\":{\"N\":\"1\"},\"a\":{\"N\":\"1\"}}}", false},
        {&api_dynamodb, "GetItem",
         "{\"TableName\":\"abc\",\"Key\":{},\"ReturnConsumedCapacity\":\"ALL\"}", false},
        {&api_dynamodb, "GetItem", "{\"TableName\":\"abc\",\"Key\":{\"a\":{\"B\":\"?\"}}}", false},
        {&api_sqs, "SendMessage",
         "{\"QueueUrl\":\"u\",\"MessageBody\":\"{\\\"a\\\": \\u00e9}\",\"DelaySeconds\":3,"
         "\"MessageAttributes\":{\"x\":{\"DataType\":\"Binary\",\"BinaryValue\":\"AAEC\"}}}",
         true},
        {&api_sqs, "ReceiveMessage",
         "{\"QueueUrl\":\"u\",\"AttributeNames\":[\"All\"],\"MaxNumberOfMessages\":10}", true},
        {&api_sqs, "ReceiveMessage", "{\"QueueUrl\":\"u\",\"AttributeNames\":[null]}", false},
        {&api_logs, "PutLogEvents",
         "{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"logEvents\":[{\"timestamp\":1795323419123,"
         "\"message\":\"m\"}]}",
         true},
        {&api_logs, "PutLogEvents",
         "{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"logEvents\":[]}", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(arena) struct arena arena = {0};
        CLEANUP_JSON json_t *read = NULL, *tree = NULL;
        const struct api_shape *shape = in_of(cases[i].api, cases[i].op);
        struct json_in in = json_in_of(str_c(cases[i].body), &arena, false);
        struct err err;
        bool taken = wire_json_read(shape, &in, NULL, &read);
        CHECK_CASE(taken == cases[i].taken, cases[i].body);
        if (!taken)
            continue;
        CHECK_INT(wire_json_in(shape, str_c(cases[i].body), &tree, &err), 0);
        CHECK_CASE(json_equal(read, tree) && aws_document_fits(shape, tree), cases[i].body);
    }
}

/* ---- CBOR ---- */

static int cbor(const char *op, const void *p, size_t n, json_t **doc) {
    struct err err = {0};
    return wire_cbor_in(in_of(&api_cloudwatch, op), str_n(p, n), doc, &err);
}
#define CBOR(op, bytes, doc) cbor(op, bytes, sizeof bytes - 1, doc)

static void test_cbor(void **state) {
    (void)state;
    CLEANUP_JSON json_t *doc = NULL;
    /*
     * {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5 (half), "Timestamp":
     * 1(1000), "x": [1, {2: 3}]}]}, indefinite map
     */
    CHECK_INT(
        CBOR(
            "PutMetricData",
            "\xbf\x69Namespace\x61n\x6aMetricData\x81\xa4\x6aMetricName\x61m\x65Value\xf9\x3e\x00\x69Timestamp\xc1\x19\x03\xe8\x61x\x82\x01\xa1\x02\x03\xff",
            &doc),
        0);
    check_doc(
        doc,
        "{\"Namespace\":\"n\",\"MetricData\":[{\"MetricName\":\"m\",\"Value\":1.5,\"Timestamp\":1000}]}");
    static const struct {
        const char *name, *p;
        size_t n;
    } wrong[] = {
#define W(name, bytes) {name, bytes, sizeof bytes - 1}
        W("cut map", "\xa1"),
        W("cut text", "\xa1\x69Name"),
        W("key of no text", "\xa1\x01\x02"),
        W("a list", "\x80"),
        W("behind the end", "\xa0\x00"),
        W("reserved head", "\xbc"),
        W("huge text", "\xa1\x69Namespace\x7b\xff\xff\xff\xff\xff\xff\xff\xff"),
        W("huge list", "\xa1\x6aMetricData\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
        W("endless list", "\xa1\x6aMetricData\x9f"),
        W("number for text", "\xa1\x69Namespace\x01"),
        W("not finite", "\xa1\x6aMetricData\x81\xa1\x65Value\xf9\x7e\x00"),
        W("a tag alone", "\xc1"),
        W("bad utf-8", "\xa1\x69Namespace\x61\xff"),
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        json_t *none = NULL;
        CHECK_CASE(cbor("PutMetricData", wrong[i].p, wrong[i].n, &none) == AWS_E_MALFORMED && !none,
                   wrong[i].name);
    }
    CLEANUP_DEINIT(buf) struct buf deep = {0};
    for (int i = 0; i < 100000; i++)
        buf_c(&deep, "\xa1\x61x");
    json_t *none = NULL;
    CHECK_INT(cbor("PutMetricData", deep.p, deep.len, &none), AWS_E_MALFORMED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query), cmocka_unit_test(test_query_parameters),
        cmocka_unit_test(test_xml),   cmocka_unit_test(test_xml_out),
        cmocka_unit_test(test_json),  cmocka_unit_test(test_json_read),
        cmocka_unit_test(test_cbor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
