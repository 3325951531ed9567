/* Lifecycle rules at their bounds, and the words in which S3 refuses them. */
#include "svc/s3/inside.h"

#define RULE(more)        "{'Status':'Enabled','Filter':{'Prefix':'p/'}," more "}"
#define BY(filter, more)  "{'Status':'Enabled','Filter':" filter "," more "}"
#define DAYS(n)           "'Expiration':{'Days':" n "}"
#define MOVE(days, class) "{'Days':" days ",'StorageClass':'" class "'}"
#define SIZES(above, below)                                                                        \
    BY("{'And':{'ObjectSizeGreaterThan':" above ",'ObjectSizeLessThan':" below "}}", DAYS("1"))
#define TAG(key, value) BY("{'Tag':{'Key':'" key "','Value':'" value "'}}", DAYS("1"))

static const char mixed[] = "Found mixed 'Date' and 'Days' based Expiration and Transition actions "
                            "in lifecycle rule";
static const struct {
    const char *rules, *code, *message;
} rows[] = {
    {RULE(DAYS("1")), "", NULL},
    {RULE(DAYS("0")), "InvalidArgument", "'Days' for Expiration action must be a positive integer"},
    {RULE("'Expiration':{'Date':1767225600}"), "", NULL},
    {RULE("'Expiration':{'Date':1767225601}"), "InvalidArgument", "'Date' must be at midnight GMT"},
    {RULE("'Expiration':{}"), "MalformedXML", NULL},
    {RULE("'Expiration':{'Days':1,'ExpiredObjectDeleteMarker':true}"), "MalformedXML", NULL},
    {RULE("'Transitions':[]"), "InvalidRequest",
     "At least one action needs to be specified in a rule"},
    {RULE("'Transitions':[],'NoncurrentVersionTransitions':[]"), "InvalidRequest", NULL},
    {RULE("'Transitions':[]," DAYS("1")), "", NULL},
    {RULE(DAYS("1")) "," RULE(DAYS("2")), "", NULL},
    {"{'ID':'x','Status':'Enabled','Filter':{},'Expiration':{'Days':1}},"
     "{'ID':'x','Status':'Disabled','Filter':{},'Expiration':{'Days':1}}",
     "InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule"},
    {"{'Status':'Enabled','Prefix':'','Filter':{}," DAYS("1") "}", "InvalidRequest",
     "Filter and Prefix cannot be used together in a rule"},
    /* sizes and tags */
    {SIZES("0", "1"), "", NULL},
    {SIZES("1", "1"), "InvalidRequest",
     "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'"},
    {BY("{'ObjectSizeGreaterThan':-1}", DAYS("1")), "InvalidArgument",
     "'ObjectSizeGreaterThan' should be a non-negative integer"},
    {BY("{'ObjectSizeGreaterThan':0}", DAYS("1")), "", NULL},
    {BY("{'ObjectSizeLessThan':0}", DAYS("1")), "InvalidArgument",
     "'ObjectSizeLessThan' should be a positive integer"},
    {BY("{'ObjectSizeLessThan':1}", DAYS("1")), "", NULL},
    {TAG("k", ""), "", NULL},
    {TAG("", "v"), "MalformedXML", NULL},
    {BY("{'And':{'Tags':[{'Key':'a','Value':'1'},{'Key':'b','Value':'2'}]}}", DAYS("1")), "", NULL},
    {BY("{'And':{'Tags':[{'Key':'a','Value':'1'}]}}", DAYS("1")), "MalformedXML", NULL},
    {BY("{'And':{'Prefix':'x','Tags':[{'Key':'a','Value':'1'}]}}", DAYS("1")), "", NULL},
    {BY("{'And':{'Tags':[{'Key':'a','Value':'1'},{'Key':'a','Value':'2'}]}}", DAYS("1")),
     "InvalidRequest", "Duplicate Tag Keys are not allowed."},
    {BY("{'Tag':{'Key':'a','Value':'b'}}", "'Expiration':{'ExpiredObjectDeleteMarker':true}"),
     "InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags."},
    {BY("{'ObjectSizeLessThan':9}", "'Expiration':{'ExpiredObjectDeleteMarker':true}"),
     "InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with object size."},
    {BY("{'ObjectSizeGreaterThan':0}", "'Expiration':{'ExpiredObjectDeleteMarker':true}"),
     "InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with object size."},
    {RULE("'Expiration':{'ExpiredObjectDeleteMarker':true}"), "", NULL},
    /* transitions */
    {RULE("'Transitions':[" MOVE("30", "STANDARD_IA") "]"), "", NULL},
    {RULE("'Transitions':[" MOVE("29", "STANDARD_IA") "]"), "InvalidArgument",
     "'Days' in Transition action must be greater than or equal to 30 for storageClass "
     "'STANDARD_IA'"},
    {RULE("'Transitions':[" MOVE("29", "ONEZONE_IA") "]"), "InvalidArgument", NULL},
    {RULE("'Transitions':[" MOVE("0", "GLACIER") "]"), "", NULL},
    {RULE("'Transitions':[" MOVE("-1", "GLACIER") "]"), "InvalidArgument",
     "'Days' for Transition action must be nonnegative"},
    {RULE("'Transitions':[{'StorageClass':'GLACIER'}]"), "MalformedXML", NULL},
    {RULE("'Transitions':[{'Days':1,'Date':1767225600,'StorageClass':'GLACIER'}]"), "MalformedXML",
     NULL},
    {RULE("'Transitions':[{'Date':1767225600,'StorageClass':'GLACIER'}]"), "", NULL},
    {RULE("'Transitions':[{'Date':1767229200,'StorageClass':'GLACIER'}]"), "InvalidArgument",
     "'Date' must be at midnight GMT"},
    {RULE("'Transitions':[" MOVE("30", "GLACIER") "," MOVE("60", "GLACIER") "]"), "InvalidRequest",
     "'StorageClass' must be different for 'Transition' actions in same 'Rule' with prefix"},
    {RULE("'Transitions':[" MOVE("30",
                                 "GLACIER") ",{'Date':1767225600,'StorageClass':'DEEP_ARCHIVE'}]"),
     "InvalidRequest", mixed},
    {RULE("'Transitions':[" MOVE("30", "GLACIER") "],'Expiration':{'Date':1767225600}"),
     "InvalidRequest", mixed},
    {RULE("'Transitions':[" MOVE("30", "GLACIER") "]," DAYS("31")), "", NULL},
    {RULE("'Transitions':[" MOVE("30", "GLACIER") "]," DAYS("30")), "InvalidArgument",
     "'Days' in the Expiration action for filter '(prefix=p/)' must be greater than 'Days' in the "
     "Transition action"},
    {RULE("'Transitions':[{'Date':1767225600,'StorageClass':'GLACIER'}],'Expiration':{'Date':"
          "1767225600}"),
     "InvalidArgument",
     "'Date' in the Expiration action for filter '(prefix=p/)' must be later than 'Date' in the "
     "Transition action"},
    {RULE("'Transitions':[{'Date':1767225600,'StorageClass':'GLACIER'}],'Expiration':{'Date':"
          "1767312000}"),
     "", NULL},
    /* versions that are not current */
    {RULE("'NoncurrentVersionExpiration':{'NoncurrentDays':1,'NewerNoncurrentVersions':100}"), "",
     NULL},
    {RULE("'NoncurrentVersionExpiration':{'NoncurrentDays':0}"), "InvalidArgument",
     "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"},
    {RULE("'NoncurrentVersionExpiration':{'NewerNoncurrentVersions':1}"), "MalformedXML", NULL},
    {RULE("'NoncurrentVersionExpiration':{'NoncurrentDays':1,'NewerNoncurrentVersions':0}"),
     "InvalidArgument", "'NewerNoncurrentVersions' must be between 1 and 100"},
    {RULE("'NoncurrentVersionExpiration':{'NoncurrentDays':1,'NewerNoncurrentVersions':101}"),
     "InvalidArgument", NULL},
    {RULE("'NoncurrentVersionTransitions':[{'NoncurrentDays':30,'StorageClass':'STANDARD_IA'}],"
          "'NoncurrentVersionExpiration':{'NoncurrentDays':31}"),
     "", NULL},
    {RULE("'NoncurrentVersionTransitions':[{'NoncurrentDays':30,'StorageClass':'STANDARD_IA'}],"
          "'NoncurrentVersionExpiration':{'NoncurrentDays':30}"),
     "InvalidArgument",
     "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix=p/)' must be "
     "greater than 'NoncurrentDays' in the NoncurrentVersionTransition action"},
    /* uploads */
    {RULE("'AbortIncompleteMultipartUpload':{'DaysAfterInitiation':1}"), "", NULL},
    {RULE("'AbortIncompleteMultipartUpload':{'DaysAfterInitiation':0}"), "InvalidArgument",
     "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"},
    {BY("{'ObjectSizeLessThan':9}", "'AbortIncompleteMultipartUpload':{'DaysAfterInitiation':1}"),
     "InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with object size."},
};

static const char *put(struct cloud *c, const char *rules) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, PHOTOS("'LifecycleConfiguration':{'Rules':[%s]}"), rules);
    return s3_do(c, "PutBucketLifecycleConfiguration", buf_cstr(&in));
}

static void rules(void **state) {
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *code = put(c, rows[i].rules);
        if (strcmp(code, rows[i].code) != 0)
            fail_msg("%s: \"%s\" (%s), not \"%s\"", rows[i].rules, code,
                     buf_cstr(&c->call.error_message), rows[i].code);
        if (rows[i].message)
            message(rows[i].message);
    }
}

/* 255 bytes of ID, 128 and 256 characters of tag, a thousand rules. */
static void limits(void **state) {
    struct cloud *c = *state;
    for (size_t n = 255; n <= 256; n++) {
        CLEANUP_DEINIT(buf) struct buf id = many(n, 'i'), rule = {0};
        buf_printf(&rule, RULE("'ID':'%s'," DAYS("1")), buf_cstr(&id));
        fails(put(c, buf_cstr(&rule)), n == 255 ? "" : "InvalidArgument");
    }
    message("ID length should not exceed allowed limit of 255");
    for (int n = 1000; n <= 1001; n++) {
        CLEANUP_DEINIT(buf) struct buf all = {0};
        for (int i = 0; i < n; i++)
            buf_printf(&all, "%s" RULE(DAYS("1")), i ? "," : "");
        fails(put(c, buf_cstr(&all)), n == 1000 ? "" : "InvalidRequest");
    }
    message("The number of lifecycle rules must not exceed the allowed limit of 1000 rules");
}

static void given_back(void **state) {
    struct cloud *c = *state;
    fails(s3_do(c, "GetBucketLifecycleConfiguration", "{'Bucket':'photos'}"),
          "NoSuchLifecycleConfiguration");
    ok(put(c, RULE(DAYS("1")) "," RULE("'ID':'mine'," DAYS("2"))));
    check_answer(c, "{'TransitionDefaultMinimumObjectSize':'all_storage_classes_128K'}");
    ok(s3_do(c, "GetBucketLifecycleConfiguration", "{'Bucket':'photos'}"));
    CHECK_INT(text_at(c, "Rules.0.ID").len, 36); /* made up */
    check_at(c, "Rules.1.ID", "'mine'");
    check_at(c, "Rules.1.Expiration", "{'Days':2}");
    check_at(c, "TransitionDefaultMinimumObjectSize", "'all_storage_classes_128K'");
    ok(s3_do(c, "DeleteBucketLifecycle", "{'Bucket':'photos'}"));
    CHECK_INT(c->call.status, 204);
    ok(s3_do(c, "DeleteBucketLifecycle", "{'Bucket':'photos'}"));
    fails(s3_do(c, "GetBucketLifecycleConfiguration", "{'Bucket':'photos'}"),
          "NoSuchLifecycleConfiguration");
}

int main(void) {
    const struct CMUnitTest tests[] = {T(rules), T(limits), T(given_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
