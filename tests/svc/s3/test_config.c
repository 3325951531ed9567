/* Lifecycle and notification configurations, and event records: what S3 takes and gives. */
#include "cm.h"

#include "svc/s3/event.h"
#include "svc/s3/lifecycle.h"
#include "svc/s3/notify.h"

/* JSON with ' for ". */
static json_t *doc(const char *text) {
    CLEANUP_DEINIT(buf) struct buf b = {0};
    struct err why;
    for (; *text; text++)
        buf_char(&b, *text == '\'' ? '"' : *text);
    json_t *j = json_parse(buf_view(&b), &why);
    if (!j)
        fail_msg("%s: %s", buf_cstr(&b), why.text);
    return j;
}

static void lifecycle(void **state) {
    (void)state;
    static const struct {
        const char *name, *rules;
        int want;
    } cases[] = {
        {"plain", "[{'Status':'Enabled','Filter':{'Prefix':''},'Expiration':{'Days':1}}]",
         S3_LIFECYCLE_OK},
        {"the stack's",
         "[{'ID':'a','Status':'Enabled','Filter':{'Prefix':''},'NoncurrentVersionExpiration':{'NoncurrentDays':30},"
         "'Transitions':[{'Days':90,'StorageClass':'STANDARD_IA'}],'AbortIncompleteMultipartUpload':{'DaysAfterInitiation':7}}]",
         S3_LIFECYCLE_OK},
        {"old prefix", "[{'Status':'Enabled','Prefix':'x','Expiration':{'Days':1}}]",
         S3_LIFECYCLE_OK},
        {"date", "[{'Status':'Enabled','Prefix':'','Expiration':{'Date':1767225600}}]",
         S3_LIFECYCLE_OK},
        {"empty filter", "[{'Status':'Enabled','Filter':{},'Expiration':{'Days':1}}]",
         S3_LIFECYCLE_OK},
        {"and",
         "[{'Status':'Enabled','Filter':{'And':{'Prefix':'x','ObjectSizeGreaterThan':5}},'Expiration':{'Days':1}}]",
         S3_LIFECYCLE_OK},
        {"no rules", "[]", S3_LIFECYCLE_E_MALFORMED},
        {"no filter", "[{'Status':'Enabled','Expiration':{'Days':1}}]", S3_LIFECYCLE_E_MALFORMED},
        {"both", "[{'Status':'Enabled','Prefix':'','Filter':{},'Expiration':{'Days':1}}]",
         S3_LIFECYCLE_E_REQUEST},
        {"two in filter",
         "[{'Status':'Enabled','Filter':{'Prefix':'','ObjectSizeLessThan':5},'Expiration':{'Days':1}}]",
         S3_LIFECYCLE_E_MALFORMED},
        {"and of one",
         "[{'Status':'Enabled','Filter':{'And':{'Prefix':'x'}},'Expiration':{'Days':1}}]",
         S3_LIFECYCLE_E_MALFORMED},
        {"no action", "[{'Status':'Enabled','Prefix':''}]", S3_LIFECYCLE_E_REQUEST},
        {"zero days", "[{'Status':'Enabled','Prefix':'','Expiration':{'Days':0}}]",
         S3_LIFECYCLE_E_ARGUMENT},
        {"noon", "[{'Status':'Enabled','Prefix':'','Expiration':{'Date':1767268800}}]",
         S3_LIFECYCLE_E_ARGUMENT},
        {"days and date",
         "[{'Status':'Enabled','Prefix':'','Expiration':{'Days':1,'Date':1767225600}}]",
         S3_LIFECYCLE_E_MALFORMED},
        {"marker with tags",
         "[{'Status':'Enabled','Filter':{'Tag':{'Key':'a','Value':'b'}},'Expiration':{'ExpiredObjectDeleteMarker':true}}]",
         S3_LIFECYCLE_E_REQUEST},
        {"abort with tags",
         "[{'Status':'Enabled','Filter':{'Tag':{'Key':'a','Value':'b'}},'AbortIncompleteMultipartUpload':{'DaysAfterInitiation':1}}]",
         S3_LIFECYCLE_E_REQUEST},
        {"ia too early",
         "[{'Status':'Enabled','Prefix':'','Transitions':[{'Days':29,'StorageClass':'STANDARD_IA'}]}]",
         S3_LIFECYCLE_E_ARGUMENT},
        {"twice one class",
         "[{'Status':'Enabled','Prefix':'','Transitions':[{'Days':30,'StorageClass':'GLACIER'},{'Days':60,'StorageClass':'GLACIER'}]}]",
         S3_LIFECYCLE_E_REQUEST},
        {"expires before it moves",
         "[{'Status':'Enabled','Prefix':'','Transitions':[{'Days':30,'StorageClass':'GLACIER'}],'Expiration':{'Days':30}}]",
         S3_LIFECYCLE_E_ARGUMENT},
        {"mixed",
         "[{'Status':'Enabled','Prefix':'','Transitions':[{'Days':30,'StorageClass':'GLACIER'}],'Expiration':{'Date':1767225600}}]",
         S3_LIFECYCLE_E_REQUEST},
        {"too many kept",
         "[{'Status':'Enabled','Prefix':'','NoncurrentVersionExpiration':{'NoncurrentDays':1,'NewerNoncurrentVersions':101}}]",
         S3_LIFECYCLE_E_ARGUMENT},
        {"same id",
         "[{'ID':'a','Status':'Enabled','Prefix':'','Expiration':{'Days':1}},{'ID':'a','Status':'Enabled','Prefix':'x','Expiration':{'Days':1}}]",
         S3_LIFECYCLE_E_ARGUMENT},
        {"status", "[{'Status':'On','Prefix':'','Expiration':{'Days':1}}]",
         S3_LIFECYCLE_E_MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err why = {""};
        CLEANUP_JSON json_t *rules = doc(cases[i].rules);
        int r = s3_lifecycle_check(rules, &why);
        CHECK_CASE(r == cases[i].want, cases[i].name);
        CHECK_CASE((r != 0) == (why.text[0] != 0), cases[i].name);
    }
}

static void notification(void **state) {
    (void)state;
    CLEANUP(s3_notify) struct s3_notify *n = NULL;
    struct err why = {""};
    CLEANUP_JSON json_t *config = doc(
        "{'LambdaFunctionConfigurations':[{'LambdaFunctionArn':'arn:aws:lambda:r:1:function:f','Events':['s3:ObjectCreated:*'],"
        "'Filter':{'Key':{'FilterRules':[{'Name':'suffix','Value':'.jpg'}]}}},"
        "{'LambdaFunctionArn':'arn:aws:lambda:r:1:function:g','Events':['s3:ObjectCreated:Put','s3:ObjectRemoved:*'],"
        "'Filter':{'Key':{'FilterRules':[{'Name':'Suffix','Value':'.png'},{'Name':'prefix','Value':'raw/'}]}}}],"
        "'QueueConfigurations':[{'QueueArn':'arn:aws:sqs:r:1:q','Id':'all gone','Events':['s3:ObjectTagging:Put']}]}");
    CLEANUP_JSON json_t *full = s3_notify_normalise(config);
    CHECK_INT(s3_notify_new(&n, full, &why), S3_NOTIFY_OK);
    CHECK_INT(s3_notify_count(n), 3);
    CHECK_STR(s3_notify_match(n, S3_EVENT_CREATED_COPY, S("a.jpg"))->arn,
              S("arn:aws:lambda:r:1:function:f"));
    CHECK(!s3_notify_match(n, S3_EVENT_CREATED_PUT, S("a.png")));
    CHECK_STR(s3_notify_match(n, S3_EVENT_CREATED_PUT, S("raw/a.png"))->arn,
              S("arn:aws:lambda:r:1:function:g"));
    CHECK(!s3_notify_match(n, S3_EVENT_CREATED_COPY, S("raw/a.png")));
    CHECK(s3_notify_match(n, S3_EVENT_REMOVED_MARKER, S("raw/a.png")));
    CHECK_STR(s3_notify_match(n, S3_EVENT_TAGGING_PUT, S("x"))->id, S("all gone"));
    CHECK(!s3_notify_match(n, S3_EVENT_TAGGING_DELETE, S("x")));
    CHECK_INT(s3_notify_at(n, 0)->id.len, 36); /* made up */
}

static void bad_notifications(void **state) {
    (void)state;
    static const struct {
        const char *config, *says;
    } cases[] = {
        {"{'QueueConfigurations':[{'Id':'1','QueueArn':'arn:aws:sqs:r:1:q','Events':['s3:ObjectCreated:*']},"
         "{'Id':'2','QueueArn':'arn:aws:sqs:r:1:p','Events':['s3:ObjectCreated:Copy']}]}",
         "ambiguously defined"},
        {"{'QueueConfigurations':[{'Id':'1','QueueArn':'arn:aws:sqs:r:1:q','Events':['s3:ObjectCreated:*']}],"
         "'TopicConfigurations':[{'Id':'1','TopicArn':'arn:aws:sns:r:1:t','Events':['s3:ObjectRemoved:*']}]}",
         "Same ID"},
        {"{'QueueConfigurations':[{'Id':'1','QueueArn':'arn:aws:sqs:r:1:q','Events':['s3:Nonsense']}]}",
         "not supported"},
        {"{'QueueConfigurations':[{'Id':'1','QueueArn':'q','Events':['s3:ObjectCreated:*']}]}",
         "ARN"},
        {"{'QueueConfigurations':[{'Id':'1','QueueArn':'arn:aws:sqs:r:1:q','Events':['s3:ObjectCreated:*'],'Filter':{'Key':{'FilterRules':"
         "[{'Name':'prefix','Value':'a'},{'Name':'prefix','Value':'b'}]}}}]}",
         "more than one prefix"},
        {"{'QueueConfigurations':[{'Id':'1','QueueArn':'arn:aws:sqs:r:1:q','Events':['s3:ObjectCreated:*'],'Filter':{'Key':{'FilterRules':"
         "[{'Name':'infix','Value':'a'}]}}}]}",
         "either prefix or suffix"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct s3_notify *n = NULL;
        struct err why = {""};
        CLEANUP_JSON json_t *config = doc(cases[i].config);
        CHECK_CASE(s3_notify_new(&n, config, &why) == S3_NOTIFY_E_INVALID, cases[i].says);
        CHECK_CASE(strstr(why.text, cases[i].says) != NULL, cases[i].says);
    }
}

static void event_record(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct s3_event e = {.type = S3_EVENT_CREATED_PUT,
                         .time_ms = 1795323419123,
                         .region = S("us-east-1"),
                         .principal = S("AWS:000000000000"),
                         .source_ip = S("127.0.0.1"),
                         .request_id = S("r"),
                         .host_id = S("h"),
                         .config_id = S("c\"1"),
                         .bucket = S("photos"),
                         .owner_id = S("o"),
                         .key = S("a b@c/ä.jpg"),
                         .has_body = true,
                         .size = 5,
                         .etag = S("abc"),
                         .seq = 0xAB12};
    s3_event_write(&text, &e);
    CHECK_BUF(
        text,
        "{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"awsRegion\":\"us-east-1\","
        "\"eventTime\":\"2026-11-22T04:56:59.123Z\",\"eventName\":\"ObjectCreated:Put\","
        "\"userIdentity\":{\"principalId\":\"AWS:000000000000\"},\"requestParameters\":{\"sourceIPAddress\":\"127.0.0.1\"},"
        "\"responseElements\":{\"x-amz-request-id\":\"r\",\"x-amz-id-2\":\"h\"},"
        "\"s3\":{\"s3SchemaVersion\":\"1.0\",\"configurationId\":\"c\\\"1\",\"bucket\":{\"name\":\"photos\","
        "\"ownerIdentity\":{\"principalId\":\"o\"},\"arn\":\"arn:aws:s3:::photos\"},"
        "\"object\":{\"key\":\"a+b%40c/%C3%A4.jpg\",\"size\":5,\"eTag\":\"abc\",\"sequencer\":\"000000000000AB12\"}}}]}");
    CLEANUP_JSON json_t *parsed = json_parse(buf_view(&text), NULL);
    CHECK(parsed);
    buf_clear(&text);
    e.type = S3_EVENT_REMOVED_DELETE;
    e.has_body = false;
    e.etag = STR_NONE;
    e.version_id = S("v");
    s3_event_write(&text, &e);
    CHECK(strstr(buf_cstr(&text),
                 "\"object\":{\"key\":\"a+b%40c/%C3%A4.jpg\",\"versionId\":\"v\",\"sequencer\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lifecycle), cmocka_unit_test(notification),
                                       cmocka_unit_test(bad_notifications),
                                       cmocka_unit_test(event_record)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
