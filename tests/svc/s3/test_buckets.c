/*
 * Buckets and their configurations: regions, names, policies, and what is told where none is set.
 */
#include "svc/s3/inside.h"

#define NEW(name, more) "{'Bucket':'" name "'" more "}"
#define AT(region)      ",'CreateBucketConfiguration':{'LocationConstraint':'" region "'}"

static void creation(void **state) {
    static const struct refusal rows[] = {
        {"CreateBucket", NEW("photos", ""), "", NULL}, /* us-east-1 answers as if it were new */
        {"CreateBucket", NEW("west", AT("us-west-2")), "", NULL},
        {"CreateBucket", NEW("west", AT("us-west-2")), "BucketAlreadyOwnedByYou", NULL},
        {"CreateBucket", NEW("photos", AT("us-west-2")), "BucketAlreadyOwnedByYou", NULL},
        {"CreateBucket", NEW("old-europe", AT("EU")), "", NULL},
        {"CreateBucket", NEW("east", AT("us-east-1")), "InvalidLocationConstraint",
         "The specified location-constraint is not valid"},
        {"CreateBucket", NEW("moon", AT("moon-1")), "InvalidLocationConstraint", NULL},
        {"CreateBucket", NEW("Caps", ""), "InvalidBucketName",
         "The specified bucket is not valid."},
        {"CreateBucket", NEW("locked", ",'ObjectLockEnabledForBucket':true"), "NotImplemented",
         NULL},
        {"CreateBucket", NEW("open", ",'ACL':'public-read'"), "InvalidBucketAclWithObjectOwnership",
         "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"},
        {"CreateBucket",
         NEW("open", ",'ACL':'public-read','ObjectOwnership':'BucketOwnerPreferred'"),
         "NotImplemented", "x-amz-acl: public-read is not supported; private is"},
        {"CreateBucket", NEW("open", ",'ObjectOwnership':'ObjectWriter'"), "NotImplemented", NULL},
        {"CreateBucket",
         NEW("tagged", ",'CreateBucketConfiguration':{'Tags':[{'Key':'aws:x','Value':'v'}]}"),
         "InvalidTag", NULL},
        {"CreateBucket",
         NEW("tagged", ",'CreateBucketConfiguration':{'Tags':[{'Key':'k','Value':'v'}]}"), "",
         NULL},
        {"GetBucketLocation", NEW("photos", ""), "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, s3_do, rows);
    check_answer(c, "{}");
    ok(s3_do(c, "GetBucketLocation", NEW("old-europe", "")));
    check_answer(c, "{'LocationConstraint':'eu-west-1'}");
    ok(s3_do(c, "GetBucketTagging", NEW("tagged", "")));
    check_answer(c, "{'TagSet':[{'Key':'k','Value':'v'}]}");
    ok(s3_do(c, "CreateBucket", NEW("told", "")));
    check_answer(c, "{'Location':'/told','BucketArn':'arn:aws:s3:::told'}");
    ok(s3_do(c, "CreateBucket", NEW("told2", AT("us-west-2"))));
    check_answer(c, "{'Location':'http://told2.s3.amazonaws.com/','BucketArn':"
                    "'arn:aws:s3:::told2'}");
    ok(s3_do(c, "HeadBucket", NEW("west", "")));
    check_answer(c, "{'BucketArn':'arn:aws:s3:::west','BucketRegion':'us-west-2',"
                    "'AccessPointAlias':false}");
}

static void lists(void **state) {
    struct cloud *c = *state;
    ok(s3_do(c, "CreateBucket", NEW("alpha", "")));
    ok(s3_do(c, "CreateBucket", NEW("alps", AT("us-west-2"))));
    ok(s3_do(c, "ListBuckets", "{}"));
    CHECK_TEXT(each(c, "Buckets", "Name"), "alpha,alps,photos");
    check_at(c, "Buckets.0.BucketRegion", "");
    check_at(c, "Buckets.0.BucketArn", "'arn:aws:s3:::alpha'");
    CHECK_RANGE(clock_world_ms() / 1000 -
                    json_int(json_at(c->call.out, "Buckets.0"), "CreationDate", 0),
                0, 60);
    ok(s3_do(c, "ListBuckets", "{'Prefix':'al','MaxBuckets':1}"));
    CHECK_TEXT(each(c, "Buckets", "Name"), "alpha");
    check_at(c, "Buckets.0.BucketRegion", "'us-east-1'");
    check_at(c, "Prefix", "'al'");
    char in[200];
    snprintf(in, sizeof in, "{'Prefix':'al','ContinuationToken':'" STR_FMT "'}",
             STR_ARG(text_at(c, "ContinuationToken")));
    ok(s3_do(c, "ListBuckets", in));
    CHECK_TEXT(each(c, "Buckets", "Name"), "alps");
    check_at(c, "ContinuationToken", "");
    ok(s3_do(c, "ListBuckets", "{'BucketRegion':'us-west-2'}"));
    CHECK_TEXT(each(c, "Buckets", "Name"), "alps");
    fails(s3_do(c, "ListBuckets", "{'ContinuationToken':'x'}"), "InvalidArgument");
}

static void deletion(void **state) {
    struct cloud *c = *state;
    ok(s3_do(c, "PutObject", "{'Bucket':'photos','Key':'k'}"));
    fails(s3_do(c, "DeleteBucket", "{'Bucket':'photos'}"), "BucketNotEmpty");
    message("The bucket you tried to delete is not empty");
    ok(s3_do(c, "PutObject", "{'Bucket':'photos','Key':'k'}")); /* open again */
    ok(s3_do(c, "PutBucketVersioning", PHOTOS("'VersioningConfiguration':{'Status':'Enabled'}")));
    ok(s3_do(c, "DeleteObject", "{'Bucket':'photos','Key':'k'}"));
    fails(s3_do(c, "DeleteBucket", "{'Bucket':'photos'}"), "BucketNotEmpty");
    message("The bucket you tried to delete is not empty. You must delete all versions in the "
            "bucket.");
    ok(s3_do(c, "CreateBucket", NEW("uploading", "")));
    ok(s3_do(c, "CreateMultipartUpload", "{'Bucket':'uploading','Key':'k'}"));
    ok(s3_do(c, "DeleteBucket", "{'Bucket':'uploading'}"));
    ok(s3_do(c, "CreateBucket", NEW("empty", "")));
    ok(s3_do(c, "PutBucketTagging",
             "{'Bucket':'empty','Tagging':{'TagSet':[{'Key':'a','Value':'b'}]}}"));
    ok(s3_do(c, "DeleteBucket", "{'Bucket':'empty'}"));
    CHECK_INT(c->call.status, 204);
    ok(s3_do(c, "CreateBucket", NEW("empty", "")));
    fails(s3_do(c, "GetBucketTagging", "{'Bucket':'empty'}"), "NoSuchTagSet");
}

/* ---- Configurations ---- */

static void unset(void **state) {
    static const struct refusal rows[] = {
        {"GetBucketTagging", "{'Bucket':'photos'}", "NoSuchTagSet", NULL},
        {"GetBucketPolicy", "{'Bucket':'photos'}", "NoSuchBucketPolicy", NULL},
        {"GetBucketPolicyStatus", "{'Bucket':'photos'}", "NoSuchBucketPolicy", NULL},
        {"DeleteBucketPolicy", "{'Bucket':'photos'}", "", NULL},
        {"DeletePublicAccessBlock", "{'Bucket':'photos'}", "", NULL},
        {"GetPublicAccessBlock", "{'Bucket':'photos'}", "NoSuchPublicAccessBlockConfiguration",
         NULL},
        {"DeleteBucketOwnershipControls", "{'Bucket':'photos'}", "", NULL},
        {"GetBucketOwnershipControls", "{'Bucket':'photos'}", "OwnershipControlsNotFoundError",
         NULL},
        {"GetBucketNotificationConfiguration", "{'Bucket':'photos'}", "", NULL},
        {"GetBucketVersioning", "{'Bucket':'photos'}", "", NULL},
    };
    struct cloud *c = *state;
    ok(s3_do(c, "GetPublicAccessBlock", "{'Bucket':'photos'}"));
    check_answer(c, "{'PublicAccessBlockConfiguration':{'BlockPublicAcls':true,"
                    "'IgnorePublicAcls':true,'BlockPublicPolicy':true,"
                    "'RestrictPublicBuckets':true}}");
    ok(s3_do(c, "GetBucketOwnershipControls", "{'Bucket':'photos'}"));
    check_answer(c, "{'OwnershipControls':{'Rules':[{'ObjectOwnership':"
                    "'BucketOwnerEnforced'}]}}");
    ok(s3_do(c, "GetBucketEncryption", "{'Bucket':'photos'}"));
    check_answer(c, "{'ServerSideEncryptionConfiguration':{'Rules':["
                    "{'ApplyServerSideEncryptionByDefault':{'SSEAlgorithm':'AES256'},"
                    "'BucketKeyEnabled':false}]}}");
    check_refusals(c, s3_do, rows);
    check_answer(c, "{}");
}

static void set(void **state) {
#define ENCRYPT(rule) PHOTOS("'ServerSideEncryptionConfiguration':{'Rules':[" rule "]}")
#define BLOCK(more)   PHOTOS("'PublicAccessBlockConfiguration':{" more "}")
#define OWNER(name)   PHOTOS("'OwnershipControls':{'Rules':[{'ObjectOwnership':'" name "'}]}")
    static const struct refusal rows[] = {
        {"PutBucketVersioning", PHOTOS("'VersioningConfiguration':{}"),
         "IllegalVersioningConfigurationException", "The Versioning element must be specified"},
        {"PutBucketVersioning",
         PHOTOS("'VersioningConfiguration':{'Status':'Enabled','MFADelete':'Enabled'}"),
         "NotImplemented", "MfaDelete is not supported"},
        {"PutBucketVersioning", PHOTOS("'VersioningConfiguration':{'Status':'Suspended'}"), "",
         NULL},
        {"PutBucketEncryption",
         ENCRYPT("{'ApplyServerSideEncryptionByDefault':{'SSEAlgorithm':'aws:kms'}}"),
         "NotImplemented", "The default encryption aws:kms is not supported; AES256 is"},
        {"PutBucketEncryption",
         ENCRYPT("{'ApplyServerSideEncryptionByDefault':{'SSEAlgorithm':'AES256',"
                 "'KMSMasterKeyID':'k'}}"),
         "InvalidArgument", NULL},
        {"PutBucketEncryption", ENCRYPT("{},{}"), "MalformedXML", NULL},
        {"PutBucketEncryption", ENCRYPT("{'BucketKeyEnabled':true}"), "", NULL},
        {"PutPublicAccessBlock", BLOCK("'BlockPublicPolicy':true"), "", NULL},
        {"PutBucketOwnershipControls", OWNER("ObjectWriter"), "NotImplemented",
         "ObjectOwnership: ObjectWriter is not supported, because ACLs are not; "
         "BucketOwnerEnforced is"},
        {"PutBucketOwnershipControls", OWNER("BucketOwnerPreferred"), "", NULL},
        {"PutBucketTagging",
         PHOTOS("'Tagging':{'TagSet':[{'Key':'a','Value':'1'},{'Key':'a','Value':'2'}]}"),
         "InvalidTag", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, s3_do, rows);
    ok(s3_do(c, "GetBucketVersioning", "{'Bucket':'photos'}"));
    check_answer(c, "{'Status':'Suspended'}");
    ok(s3_do(c, "GetBucketEncryption", "{'Bucket':'photos'}"));
    check_at(c, "ServerSideEncryptionConfiguration.Rules",
             "[{'ApplyServerSideEncryptionByDefault':{'SSEAlgorithm':'AES256'},"
             "'BucketKeyEnabled':true}]");
    ok(s3_do(c, "GetPublicAccessBlock", "{'Bucket':'photos'}"));
    check_at(c, "PublicAccessBlockConfiguration",
             "{'BlockPublicAcls':false,'IgnorePublicAcls':false,'BlockPublicPolicy':true,"
             "'RestrictPublicBuckets':false}");
    ok(s3_do(c, "GetBucketOwnershipControls", "{'Bucket':'photos'}"));
    check_at(c, "OwnershipControls.Rules.0.ObjectOwnership", "'BucketOwnerPreferred'");
    for (int n = 50; n <= 51; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'Bucket':'photos','Tagging':{'TagSet':[");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s{'Key':'k%d','Value':'v'}", i ? "," : "", i);
        buf_c(&in, "]}}");
        fails(s3_do(c, "PutBucketTagging", buf_cstr(&in)), n == 50 ? "" : "BadRequest");
    }
    message("Bucket tag count cannot be greater than 50");
}

static void policies(void **state) {
#define POLICY(statement) PHOTOS("'Policy':'{`Version`:`2012-10-17`,`Statement`:" statement "}'")
#define STATEMENT(action, resource, who)                                                           \
    "{`Effect`:`Allow`,`Principal`:" who ",`Action`:" action ",`Resource`:" resource "}"
#define OURS            "`arn:aws:s3:::photos/*`"
#define ACCOUNT_OF_OURS "{`AWS`:`" ACCOUNT "`}"
    static const char json[] = "Policies must be valid JSON and the first byte must be '{'";
    static const struct refusal rows[] = {
        {"PutBucketPolicy", PHOTOS("'Policy':'no'"), "MalformedPolicy", json},
        {"PutBucketPolicy", PHOTOS("'Policy':' {}'"), "MalformedPolicy", json},
        {"PutBucketPolicy", PHOTOS("'Policy':'{}'"), "MalformedPolicy", NULL},
        {"PutBucketPolicy", POLICY(STATEMENT("`s3:GetObject`", OURS, ACCOUNT_OF_OURS)), "", NULL},
        {"PutBucketPolicy", POLICY(STATEMENT("`S3:GetObject`", OURS, ACCOUNT_OF_OURS)), "", NULL},
        {"PutBucketPolicy",
         POLICY(STATEMENT("`s3:*`", "[`arn:aws:s3:::pho*`," OURS "]", ACCOUNT_OF_OURS)), "", NULL},
        {"PutBucketPolicy",
         POLICY(STATEMENT("`s3:*`", "[`arn:aws:s3:::other/*`," OURS "]", ACCOUNT_OF_OURS)),
         "MalformedPolicy", "Policy has invalid resource"},
        {"PutBucketPolicy", POLICY(STATEMENT("`s3:*`", "`*`", ACCOUNT_OF_OURS)), "MalformedPolicy",
         "Policy has invalid resource"},
        {"PutBucketPolicy",
         POLICY("[" STATEMENT("[`s3:*`,`sqs:SendMessage`]", OURS, ACCOUNT_OF_OURS) "]"),
         "MalformedPolicy", "Policy has invalid action"},
        {"PutBucketPolicy", POLICY(STATEMENT("`*`", OURS, ACCOUNT_OF_OURS)), "", NULL},
        {"PutBucketPolicy", POLICY(STATEMENT("`s3:GetObject`", OURS, "`*`")), "AccessDenied",
         "User: arn:aws:iam::" ACCOUNT ":root is not authorized to perform: s3:PutBucketPolicy on "
         "resource: \"arn:aws:s3:::photos\" because public policies are blocked by the "
         "BlockPublicPolicy block public access setting."},
        {"GetBucketPolicyStatus", "{'Bucket':'photos'}", "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, s3_do, rows);
    check_answer(c, "{'PolicyStatus':{'IsPublic':false}}");
    ok(s3_do(c, "PutPublicAccessBlock", BLOCK("")));
    ok(s3_do(c, "PutBucketPolicy", POLICY(STATEMENT("`s3:GetObject`", OURS, "`*`"))));
    CHECK_INT(c->call.status, 204);
    ok(s3_do(c, "GetBucketPolicyStatus", "{'Bucket':'photos'}"));
    check_answer(c, "{'PolicyStatus':{'IsPublic':true}}");
    ok(s3_do(c, "GetBucketPolicy", "{'Bucket':'photos'}"));
    check_at(c, "Policy",
             "'{`Version`:`2012-10-17`,`Statement`:" STATEMENT("`s3:GetObject`", OURS, "`*`") "}'");
}

/* ---- Notifications ---- */

#define Q(n) "arn:aws:sqs:us-east-1:" ACCOUNT ":" n
#define NOTIFY(more)                                                                               \
    PHOTOS("'SkipDestinationValidation':true,'NotificationConfiguration':{" more "}")
#define QUEUE(arn, events, more) "{'QueueArn':'" arn "','Events':[" events "]" more "}"
#define ALL_TO_Q                 QUEUE(Q("q"), "'s3:ObjectCreated:*'", "")
#define ONE(events, more)        NOTIFY("'QueueConfigurations':[" QUEUE(Q("q"), events, more) "]")
#define FILTER(name, value)                                                                        \
    ",'Filter':{'Key':{'FilterRules':[{'Name':'" name "','Value':'" value "'}]}}"
/* Two queues, q for whatever is made and p for what is put, each with its filter. */
/* clang-format off */
#define TWO(filter_q, filter_p)                                                                    \
    NOTIFY("'QueueConfigurations':["                                                               \
           QUEUE(Q("q"), "'s3:ObjectCreated:*'", filter_q) ","                                     \
           QUEUE(Q("p"), "'s3:ObjectCreated:Put'", filter_p) "]")
/* clang-format on */
static void notifications(void **state) {
    static const struct refusal rows[] = {
        {"PutBucketNotificationConfiguration", ONE("'s3:ObjectCreated:*'", ""), "", NULL},
        {"PutBucketNotificationConfiguration", ONE("'s3:LifecycleTransition'", ""), "", NULL},
        {"PutBucketNotificationConfiguration", ONE("'s3:ObjectCreated:'", ""), "InvalidArgument",
         "The event is not supported for notifications"},
        {"PutBucketNotificationConfiguration", ONE("'ObjectCreated:*'", ""), "InvalidArgument",
         NULL},
        {"PutBucketNotificationConfiguration",
         NOTIFY("'QueueConfigurations':[{'QueueArn':'arn:aws:sns:us-east-1:" ACCOUNT
                ":t','Events':['s3:ObjectCreated:*']}]"),
         "InvalidArgument", "The ARN is not well formed"},
        {"PutBucketNotificationConfiguration",
         PHOTOS("'NotificationConfiguration':{'EventBridgeConfiguration':{}}"), "NotImplemented",
         "EventBridgeConfiguration is not supported"},
        {"PutBucketNotificationConfiguration",
         PHOTOS("'NotificationConfiguration':{'QueueConfigurations':[" ALL_TO_Q "]}"),
         "InvalidArgument", "Unable to validate the following destination configurations"},
        {"PutBucketNotificationConfiguration", TWO(FILTER("suffix", ".jpg"), FILTER("suffix", "g")),
         "InvalidArgument",
         "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if "
         "the prefixes are overlapping for the same event type."},
        {"PutBucketNotificationConfiguration", TWO(FILTER("PREFIX", "a"), FILTER("prefix", "b")),
         "", NULL},
        {"GetBucketNotificationConfiguration", "{'Bucket':'photos'}", "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, s3_do, rows);
    check_at(c, "QueueConfigurations.0.Filter.Key.FilterRules", "[{'Name':'Prefix','Value':'a'}]");
    CHECK_INT(text_at(c, "QueueConfigurations.1.Id").len, 36);
    for (size_t n = 1024; n <= 1025; n++) {
        CLEANUP_DEINIT(buf) struct buf value = many(n, 'v'), in = {0};
        buf_printf(&in, ONE("'s3:ObjectCreated:*'", FILTER("prefix", "%s")), buf_cstr(&value));
        fails(s3_do(c, "PutBucketNotificationConfiguration", buf_cstr(&in)),
              n == 1024 ? "" : "InvalidArgument");
    }
    message("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation");
    for (int n = 100; n <= 101; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'Bucket':'photos','SkipDestinationValidation':true,"
                   "'NotificationConfiguration':{'QueueConfigurations':[");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s" QUEUE(Q("q"), "'s3:ObjectCreated:*'", FILTER("prefix", "%03d")),
                       i ? "," : "", i);
        buf_c(&in, "]}}");
        fails(s3_do(c, "PutBucketNotificationConfiguration", buf_cstr(&in)),
              n == 100 ? "" : "InvalidArgument");
    }
    message("The maximum number of notification configurations per bucket is 100");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(creation), T(lists), T(deletion), T(unset), T(set), T(policies), T(notifications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
