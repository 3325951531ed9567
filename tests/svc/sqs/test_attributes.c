/* Queues by their attributes: bounds, defaults, what is refused and in which words. */
#include "svc/sqs/fixture.h"

static void defaults(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "GetQueueAttributes",
                "{" JOBS ",'AttributeNames':['DelaySeconds','MaximumMessageSize',"
                "'MessageRetentionPeriod','ReceiveMessageWaitTimeSeconds','VisibilityTimeout',"
                "'SqsManagedSseEnabled','Policy','RedrivePolicy','QueueArn']}"));
    check_answer(c, "{'Attributes':{'DelaySeconds':'0','MaximumMessageSize':'1048576',"
                    "'MessageRetentionPeriod':'345600','ReceiveMessageWaitTimeSeconds':'0',"
                    "'VisibilityTimeout':'30','SqsManagedSseEnabled':'true',"
                    "'QueueArn':'arn:aws:sqs:us-east-1:" ACCOUNT ":jobs'}}");
    ok(sqs_call(c, "GetQueueAttributes", "{" JOBS "}"));
    check_answer(c, "{}");
    ok(sqs_call(c, "GetQueueAttributes", "{" JOBS ",'AttributeNames':['Policy']}"));
    check_answer(c, "{}");
    ok(sqs_call(c, "GetQueueAttributes", "{" JOBS ",'AttributeNames':['All']}"));
    CHECK_INT(json_object_size(json_obj(c->call.out, "Attributes")), 12);
    int64_t created = 0;
    CHECK(str_to_i64(text_at(c, "Attributes.CreatedTimestamp"), &created));
    CHECK_RANGE(clock_world_ms() / 1000 - created, 0, 60);
    CHECK_STR(text_at(c, "Attributes.LastModifiedTimestamp"),
              text_at(c, "Attributes.CreatedTimestamp"));
    fails(sqs_call(c, "GetQueueAttributes", "{" JOBS ",'AttributeNames':['Colour']}"),
          "InvalidAttributeName");
    message("Unknown Attribute Colour.");
}

static void bounds(void **state) {
    static const struct {
        const char *name;
        long least, most;
    } rows[] = {{"DelaySeconds", 0, 900},
                {"MaximumMessageSize", 1024, 1048576},
                {"MessageRetentionPeriod", 60, 1209600},
                {"ReceiveMessageWaitTimeSeconds", 0, 20},
                {"VisibilityTimeout", 0, 43200}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const long tried[] = {rows[i].least - 1, rows[i].least, rows[i].most, rows[i].most + 1};
        for (size_t k = 0; k < ARRAY_LEN(tried); k++) {
            bool good = k == 1 || k == 2;
            char in[200], want[100];
            snprintf(in, sizeof in, "{" JOBS ",'Attributes':{'%s':'%ld'}}", rows[i].name, tried[k]);
            fails(sqs_call(c, "SetQueueAttributes", in), good ? "" : "InvalidAttributeValue");
            if (!good) {
                snprintf(want, sizeof want, "Invalid value for the parameter %s.", rows[i].name);
                message(want);
                continue;
            }
            snprintf(in, sizeof in, "{" JOBS ",'AttributeNames':['%s']}", rows[i].name);
            ok(sqs_call(c, "GetQueueAttributes", in));
            snprintf(want, sizeof want, "{'Attributes':{'%s':'%ld'}}", rows[i].name, tried[k]);
            check_answer(c, want);
        }
    }
}

#define SET(attributes) "{" JOBS ",'Attributes':{" attributes "}}"
static void refused_values(void **state) {
    static const struct refusal rows[] = {
        {"SetQueueAttributes", SET("'DelaySeconds':'1.5'"), "InvalidAttributeValue", NULL},
        {"SetQueueAttributes", SET("'DelaySeconds':''"), "InvalidAttributeValue", NULL},
        {"SetQueueAttributes", SET("'SqsManagedSseEnabled':'yes'"), "InvalidAttributeValue",
         "Invalid value for the parameter SqsManagedSseEnabled. Reason: yes"},
        {"SetQueueAttributes", SET("'SqsManagedSseEnabled':'false'"), "", NULL},
        {"SetQueueAttributes", SET("'Policy':'{`Statement`:3}'"), "InvalidAttributeValue", NULL},
        {"SetQueueAttributes", SET("'KmsMasterKeyId':''"), "", NULL},
        {"SetQueueAttributes", SET("'KmsMasterKeyId':'alias/aws/sqs'"), "UnsupportedOperation",
         "KmsMasterKeyId is not supported by calotype: messages are encrypted under the store's "
         "own keys (SqsManagedSseEnabled)"},
        {"SetQueueAttributes", SET("'FifoQueue':'false'"), "", NULL},
        {"SetQueueAttributes", SET("'FifoQueue':'true'"), "UnsupportedOperation",
         "FIFO queues are not supported by calotype (FifoQueue)"},
        {"SetQueueAttributes", SET("'QueueArn':'x'"), "InvalidAttributeName",
         "Unknown Attribute QueueArn."},
    };
    check_refusals(*state, sqs_call, rows);
}

static void names(void **state) {
    static const char bad[] = "Can only include alphanumeric characters, hyphens, or underscores. "
                              "1 to 80 in length";
    static const struct refusal rows[] = {
        {"CreateQueue", "{'QueueName':''}", "InvalidParameterValue", bad},
        {"CreateQueue", "{'QueueName':'a.b'}", "InvalidParameterValue", bad},
        {"CreateQueue", "{'QueueName':'a/b'}", "InvalidParameterValue", bad},
        {"CreateQueue", "{'QueueName':'-_9'}", "", NULL},
        {"CreateQueue", "{'QueueName':'a.fifo'}", "UnsupportedOperation",
         "FIFO queues are not supported by calotype"},
        {"CreateQueue", "{}", "MissingParameter",
         "The request must contain the parameter QueueName."},
        {"GetQueueUrl", "{'QueueName':'none'}", "QueueDoesNotExist",
         "The specified queue does not exist."},
        {"GetQueueUrl", "{'QueueName':'jobs','QueueOwnerAWSAccountId':'" ACCOUNT "'}", "", NULL},
        {"DeleteQueue", "{'QueueUrl':'jobs'}", "InvalidAddress",
         "The address jobs is not valid for this endpoint."},
        {"DeleteQueue", "{'QueueUrl':'http://localhost/" ACCOUNT "/'}", "InvalidAddress", NULL},
        {"DeleteQueue", "{'QueueUrl':'http://localhost/12345/jobs'}", "InvalidAddress", NULL},
        {"GetQueueAttributes", "{'QueueUrl':'" ACCOUNT "/jobs'}", "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, sqs_call, rows);
    for (size_t n = 80; n <= 81; n++) {
        CLEANUP_DEINIT(buf) struct buf name = many(n, 'q'), in = {0};
        buf_printf(&in, "{'QueueName':'%s'}", buf_cstr(&name));
        fails(sqs_call(c, "CreateQueue", buf_cstr(&in)), n == 80 ? "" : "InvalidParameterValue");
        if (n == 80)
            CHECK(str_ends(text_at(c, "QueueUrl"), buf_view(&name)));
    }
}

static void created_again(void **state) {
    static const struct refusal rows[] = {
        {"CreateQueue", "{'QueueName':'q','Attributes':{'DelaySeconds':'5'}}", "", NULL},
        {"CreateQueue", "{'QueueName':'q'}", "", NULL},
        {"CreateQueue", "{'QueueName':'q','Attributes':{'DelaySeconds':'5'}}", "", NULL},
        {"CreateQueue", "{'QueueName':'q','Attributes':{'VisibilityTimeout':'30'}}", "", NULL},
        {"CreateQueue", "{'QueueName':'q','Attributes':{'DelaySeconds':'6'}}", "QueueNameExists",
         "A queue already exists with the same name and a different value for attribute "
         "DelaySeconds"},
        {"CreateQueue", "{'QueueName':'q','Attributes':{'VisibilityTimeout':'31'}}",
         "QueueNameExists", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, sqs_call, rows);
    ok(sqs_call(c, "GetQueueAttributes",
                "{'QueueUrl':'/" ACCOUNT "/q','AttributeNames':['DelaySeconds']}"));
    check_answer(c, "{'Attributes':{'DelaySeconds':'5'}}");
}

/* ---- Dead letters ---- */

#define DEAD          "arn:aws:sqs:us-east-1:" ACCOUNT ":dead"
#define REDRIVE(json) SET("'RedrivePolicy':'" json "'")
#define TO(arn, n)    REDRIVE("{`deadLetterTargetArn`:`" arn "`,`maxReceiveCount`:" n "}")
#define ALLOW(json)                                                                                \
    "{'QueueUrl':'/" ACCOUNT "/dead','Attributes':{'RedriveAllowPolicy':'" json "'}}"

static void redrive_policies(void **state) {
    static const char own[] = "Value arn:aws:sqs:us-east-2:" ACCOUNT
                              ":dead for parameter RedrivePolicy is invalid. Reason: Dead-letter "
                              "target owner should be same as the source.";
    static const struct refusal rows[] = {
        {"CreateQueue", "{'QueueName':'dead'}", "", NULL},
        {"SetQueueAttributes", TO(DEAD, "0"), "InvalidParameterValue", NULL},
        {"SetQueueAttributes", TO(DEAD, "1"), "", NULL},
        {"SetQueueAttributes", TO(DEAD, "`1`"), "", NULL},
        {"SetQueueAttributes", TO(DEAD, "1000"), "", NULL},
        {"SetQueueAttributes", TO(DEAD, "1001"), "InvalidParameterValue", NULL},
        {"SetQueueAttributes", TO(DEAD, "`x`"), "InvalidParameterValue", NULL},
        {"SetQueueAttributes", REDRIVE("{`maxReceiveCount`:3}"), "InvalidParameterValue",
         "Value {\"maxReceiveCount\":3} for parameter RedrivePolicy is invalid. Reason: Redrive "
         "policy does not contain mandatory attribute: deadLetterTargetArn."},
        {"SetQueueAttributes", REDRIVE("no"), "InvalidParameterValue", NULL},
        {"SetQueueAttributes", TO(DEAD "2", "3"), "InvalidParameterValue",
         "Value " DEAD "2 for parameter RedrivePolicy is invalid. Reason: Dead letter target does "
         "not exist."},
        {"SetQueueAttributes", TO("arn:aws:sqs:us-east-2:" ACCOUNT ":dead", "3"),
         "InvalidParameterValue", own},
        {"SetQueueAttributes", TO("arn:aws:sqs:us-east-1:111111111111:dead", "3"),
         "InvalidParameterValue", NULL},
        {"SetQueueAttributes", TO("arn:aws:sns:us-east-1:" ACCOUNT ":dead", "3"),
         "InvalidParameterValue", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, sqs_call, rows);
    ok(sqs_call(c, "GetQueueAttributes", "{" JOBS ",'AttributeNames':['RedrivePolicy']}"));
    check_answer(c, "{'Attributes':{'RedrivePolicy':"
                    "'{`deadLetterTargetArn`:`" DEAD "`,`maxReceiveCount`:1000}'}}");
    ok(sqs_call(c, "ListDeadLetterSourceQueues", "{'QueueUrl':'/" ACCOUNT "/dead'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "queueUrls")), 1);
    CHECK(str_ends(text_at(c, "queueUrls.0"), S("/" ACCOUNT "/jobs")));
    ok(sqs_call(c, "SetQueueAttributes", SET("'RedrivePolicy':''")));
    ok(sqs_call(c, "ListDeadLetterSourceQueues", "{'QueueUrl':'/" ACCOUNT "/dead'}"));
    check_answer(c, "{'queueUrls':[]}");
}

#define TEN_ARNS "`1`,`2`,`3`,`4`,`5`,`6`,`7`,`8`,`9`,`10`"
static void redrive_allow_policies(void **state) {
    static const char denied[] =
        "Value " DEAD " for parameter RedrivePolicy is invalid. Reason: The dead-letter queue's "
        "redrive allow policy does not admit this queue.";
    static const struct refusal rows[] = {
        {"CreateQueue", "{'QueueName':'dead'}", "", NULL},
        {"SetQueueAttributes", ALLOW("{`redrivePermission`:`denyAll`}"), "", NULL},
        {"SetQueueAttributes", TO(DEAD, "3"), "InvalidParameterValue", denied},
        {"SetQueueAttributes", ALLOW("{`redrivePermission`:`allowAll`}"), "", NULL},
        {"SetQueueAttributes", TO(DEAD, "3"), "", NULL},
        {"SetQueueAttributes",
         ALLOW("{`redrivePermission`:`byQueue`,`sourceQueueArns`:[`arn:aws:sqs:us-east-1:" ACCOUNT
               ":other`]}"),
         "", NULL},
        {"SetQueueAttributes", TO(DEAD, "4"), "InvalidParameterValue", denied},
        {"SetQueueAttributes",
         ALLOW(
             "{`redrivePermission`:`byQueue`,`sourceQueueArns`:[`x`,`arn:aws:sqs:us-east-1:" ACCOUNT
             ":jobs`]}"),
         "", NULL},
        {"SetQueueAttributes", TO(DEAD, "4"), "", NULL},
        {"SetQueueAttributes",
         ALLOW("{`redrivePermission`:`byQueue`,`sourceQueueArns`:[" TEN_ARNS "]}"), "", NULL},
        {"SetQueueAttributes",
         ALLOW("{`redrivePermission`:`byQueue`,`sourceQueueArns`:[" TEN_ARNS ",`11`]}"),
         "InvalidAttributeValue", NULL},
        {"SetQueueAttributes", ALLOW("{`redrivePermission`:`byQueue`}"), "InvalidAttributeValue",
         NULL},
        {"SetQueueAttributes", ALLOW("{`redrivePermission`:`denyAll`,`sourceQueueArns`:[`1`]}"),
         "InvalidAttributeValue", NULL},
        {"SetQueueAttributes", ALLOW("{`redrivePermission`:`some`}"), "InvalidAttributeValue",
         NULL},
    };
    check_refusals(*state, sqs_call, rows);
}

/* ---- Lists, tags, the end ---- */

static void lists(void **state) {
    struct cloud *c = *state;
    for (int i = 0; i < 5; i++) {
        char in[60];
        snprintf(in, sizeof in, "{'QueueName':'list-%d'}", i);
        ok(sqs_call(c, "CreateQueue", in));
    }
    ok(sqs_call(c, "ListQueues", "{'QueueNamePrefix':'list-','MaxResults':5}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "QueueUrls")), 5);
    check_at(c, "NextToken", "");
    ok(sqs_call(c, "ListQueues", "{'QueueNamePrefix':'list-','MaxResults':4}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "QueueUrls")), 4);
    char next[400];
    snprintf(next, sizeof next, "{'QueueNamePrefix':'list-','NextToken':'" STR_FMT "'}",
             STR_ARG(text_at(c, "NextToken")));
    ok(sqs_call(c, "ListQueues", next));
    CHECK_INT(json_array_size(json_arr(c->call.out, "QueueUrls")), 1);
    CHECK(str_ends(text_at(c, "QueueUrls.0"), S("/" ACCOUNT "/list-4")));
    memcpy(strstr(next, "list-"), "jobs-", 5);
    fails(sqs_call(c, "ListQueues", next), "InvalidParameterValue");
    message("Invalid NextToken value.");
    ok(sqs_call(c, "ListQueues", "{'QueueNamePrefix':'none'}"));
    check_answer(c, "{}");
}

static void tags(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    ok(sqs_call(c, "ListQueueTags", "{" JOBS "}"));
    check_answer(c, "{}");
    buf_c(&in, "{" JOBS ",'Tags':{");
    for (int i = 0; i < 50; i++)
        buf_printf(&in, "%s'k%d':'v'", i ? "," : "", i);
    buf_c(&in, "}}");
    ok(sqs_call(c, "TagQueue", buf_cstr(&in)));
    ok(sqs_call(c, "TagQueue", "{" JOBS ",'Tags':{'k0':'w'}}"));
    fails(sqs_call(c, "TagQueue", "{" JOBS ",'Tags':{'one more':'v'}}"), "InvalidParameterValue");
    message("Too many tags added for queue.");
    fails(sqs_call(c, "TagQueue", "{" JOBS ",'Tags':{'aws:x':'v'}}"), "InvalidParameterValue");
    message("Tag 'aws:x' is invalid.");
    ok(sqs_call(c, "UntagQueue", "{" JOBS ",'TagKeys':['k1','none']}"));
    ok(sqs_call(c, "ListQueueTags", "{" JOBS "}"));
    CHECK_INT(json_object_size(json_obj(c->call.out, "Tags")), 49);
    check_at(c, "Tags.k0", "'w'");
    check_at(c, "Tags.k1", "");
}

static void purge_once_a_minute(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'a'}"));
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'b','DelaySeconds':9}"));
    CHECK_TEXT(received(c, TEN), "a");
    CHECK_TEXT(counts(c), "0/1/1");
    ok(sqs_call(c, "PurgeQueue", "{" JOBS "}"));
    CHECK_TEXT(counts(c), "0/0/0");
    later(50000);
    fails(sqs_call(c, "PurgeQueue", "{" JOBS "}"), "PurgeQueueInProgress");
    CHECK_INT(c->call.status, 403);
    message("Only one PurgeQueue operation on jobs is allowed every 60 seconds.");
    later(10000);
    ok(sqs_call(c, "PurgeQueue", "{" JOBS "}"));
}

/* A queue of a name that was used before begins empty. */
static void deleted_with_its_messages(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'a'}"));
    ok(sqs_call(c, "DeleteQueue", "{" JOBS "}"));
    fails(sqs_call(c, "DeleteQueue", "{" JOBS "}"), "QueueDoesNotExist");
    fails(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'a'}"), "QueueDoesNotExist");
    ok(sqs_call(c, "CreateQueue", "{'QueueName':'jobs'}"));
    CHECK_TEXT(counts(c), "0/0/0");
    CHECK_TEXT(received(c, TEN), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(defaults),
        T(bounds),
        T(refused_values),
        T(names),
        T(created_again),
        T(redrive_policies),
        T(redrive_allow_policies),
        T(lists),
        T(tags),
        T(purge_once_a_minute),
        T(deleted_with_its_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
