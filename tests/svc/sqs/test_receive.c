/* Receiving: what is shown, visibility, receipt handles, deletion, retention, dead letters. */
#include "svc/sqs/fixture.h"

#include "base/codec.h"

static void send(struct cloud *c, const char *body) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{" JOBS ",'MessageBody':'%s'}", body);
    ok(sqs_call(c, "SendMessage", buf_cstr(&in)));
}

/* Receives one message and keeps its handle. */
static void take(struct cloud *c, char handle[64], const char *body) {
    CHECK_TEXT(received(c, "{" JOBS "}"), body);
    snprintf(handle, 64, STR_FMT, STR_ARG(text_at(c, "Messages.0.ReceiptHandle")));
}

/* op of one handle; more: further members, or "" */
static const char *with(struct cloud *c, const char *op, const char *handle, const char *more) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{" JOBS ",'ReceiptHandle':'%s'%s}", handle, more);
    return sqs_call(c, op, buf_cstr(&in));
}

static void numbers_refused(void **state) {
    static const struct refusal rows[] = {
        {"ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':0}", "InvalidParameterValue",
         "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, "
         "if provided."},
        {"ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':1}", "", NULL},
        {"ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':10}", "", NULL},
        {"ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':11}", "InvalidParameterValue", NULL},
        {"ReceiveMessage", "{" JOBS ",'VisibilityTimeout':-1}", "InvalidParameterValue", NULL},
        {"ReceiveMessage", "{" JOBS ",'VisibilityTimeout':43200}", "", NULL},
        {"ReceiveMessage", "{" JOBS ",'VisibilityTimeout':43201}", "InvalidParameterValue",
         "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and "
         "43200, if provided."},
        {"ReceiveMessage", "{" JOBS ",'WaitTimeSeconds':-1}", "InvalidParameterValue", NULL},
        {"ReceiveMessage", "{" JOBS ",'WaitTimeSeconds':21}", "InvalidParameterValue",
         "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be between 0 and 20, if "
         "provided."},
    };
    struct cloud *c = *state;
    check_refusals(c, sqs_call, rows);
    ok(sqs_call(c, "ReceiveMessage", "{" JOBS "}"));
    check_answer(c, "{}");
}

static void as_many_as_asked(void **state) {
    struct cloud *c = *state;
    char body[8];
    for (int i = 0; i < 12; i++) {
        snprintf(body, sizeof body, "%d", i);
        send(c, body);
    }
    CHECK_TEXT(received(c, "{" JOBS "}"), "0");
    CHECK_TEXT(received(c, "{" JOBS ",'MaxNumberOfMessages':2}"), "1,2");
    CHECK_TEXT(counts(c), "9/3/0");
    CHECK_TEXT(received(c, TEN), "3,4,5,6,7,8,9,10,11");
    CHECK_TEXT(received(c, TEN), "");
}

static void system_attributes(void **state) {
    struct cloud *c = *state;
    clock_set_offset_ms(0);
    ok(sqs_call(c, "SendMessage",
                "{" JOBS ",'MessageBody':'a','MessageSystemAttributes':{'AWSTraceHeader':"
                "{'DataType':'String','StringValue':'Root=1-2'}}}"));
    int64_t sent = clock_world_ms(), at = 0;
    later(5000);
    ok(sqs_call(c, "ReceiveMessage",
                "{" JOBS ",'VisibilityTimeout':0,'AttributeNames':['SentTimestamp'],"
                "'MessageSystemAttributeNames':['ApproximateReceiveCount','AWSTraceHeader']}"));
    CHECK_INT(json_object_size(json_at(c->call.out, "Messages.0.Attributes")), 3);
    check_at(c, "Messages.0.Attributes.ApproximateReceiveCount", "'1'");
    check_at(c, "Messages.0.Attributes.AWSTraceHeader", "'Root=1-2'");
    CHECK(str_to_i64(text_at(c, "Messages.0.Attributes.SentTimestamp"), &at));
    CHECK_RANGE(sent - at, 0, 3000);
    later(5000);
    ok(sqs_call(c, "ReceiveMessage", "{" JOBS ",'AttributeNames':['All']}"));
    CHECK_INT(json_object_size(json_at(c->call.out, "Messages.0.Attributes")), 5);
    check_at(c, "Messages.0.Attributes.ApproximateReceiveCount", "'2'");
    check_at(c, "Messages.0.Attributes.SenderId", "'" ACCOUNT "'");
    CHECK(str_to_i64(text_at(c, "Messages.0.Attributes.ApproximateFirstReceiveTimestamp"), &at));
    CHECK_RANGE(at - sent, 4000, 8000);
}

static void message_attributes(void **state) {
    static const struct {
        const char *asked, *shown;
    } rows[] = {{"[]", ""},
                {"['a.one']", "a.one"},
                {"['a.*']", "a.one,a.two"},
                {"['a*']", ""},
                {"['All']", "a.one,a.two,b"},
                {"['.*']", "a.one,a.two,b"},
                {"['b','nothing']", "b"}};
    struct cloud *c = *state;
    ok(sqs_call(c, "SendMessage",
                "{" JOBS ",'MessageBody':'m','MessageAttributes':{"
                "'a.one':{'DataType':'String','StringValue':'x'},"
                "'a.two':{'DataType':'Number','StringValue':'2'},"
                "'b':{'DataType':'Binary','BinaryValue':'AP8='}}}"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0}, shown = {0};
        buf_printf(&in, "{" JOBS ",'VisibilityTimeout':0,'MessageAttributeNames':%s}",
                   rows[i].asked);
        ok(sqs_call(c, "ReceiveMessage", buf_cstr(&in)));
        static const char *const names[] = {"a.one", "a.two", "b"};
        const json_t *m = json_at(c->call.out, "Messages.0");
        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            if (json_has(json_obj(m, "MessageAttributes"), names[k]))
                buf_printf(&shown, "%s%s", shown.len ? "," : "", names[k]);
        CHECK_TEXT(buf_cstr(&shown), rows[i].shown);
        CHECK_INT(json_has(m, "MD5OfMessageAttributes"), *rows[i].shown != '\0');
    }
    check_at(c, "Messages.0.MessageAttributes", "{'b':{'DataType':'Binary','BinaryValue':'AP8='}}");
    check_at(c, "Messages.0.MD5OfBody", "'6f8f57715090da2632453988d9a1501b'");
}

/* ---- Visibility ---- */

static void invisible_for_its_time(void **state) {
    struct cloud *c = *state;
    char handle[64];
    send(c, "a");
    take(c, handle, "a"); /* 30 s */
    later(25000);
    CHECK_TEXT(received(c, TEN), "");
    later(6000);
    CHECK_TEXT(received(c, "{" JOBS ",'VisibilityTimeout':100}"), "a");
    later(95000);
    CHECK_TEXT(received(c, TEN), "");
    later(6000);
    CHECK_TEXT(received(c, TEN), "a");
}

#define SECONDS(n) ",'VisibilityTimeout':" n
static void visibility_changes(void **state) {
    struct cloud *c = *state;
    char handle[64], second[64];
    send(c, "a");
    take(c, handle, "a");
    fails(with(c, "ChangeMessageVisibility", handle, SECONDS("-1")), "InvalidParameterValue");
    fails(with(c, "ChangeMessageVisibility", handle, SECONDS("43201")), "InvalidParameterValue");
    message("Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout "
            "must be an integer between 0 and 43200.");
    ok(with(c, "ChangeMessageVisibility", handle, SECONDS("43200")));
    later(43190000);
    CHECK_TEXT(received(c, TEN), "");
    ok(with(c, "ChangeMessageVisibility", handle, SECONDS("0")));
    CHECK_TEXT(counts(c), "1/0/0");
    fails(with(c, "ChangeMessageVisibility", handle, SECONDS("10")), "MessageNotInflight");
    take(c, second, "a");
    fails(with(c, "ChangeMessageVisibility", handle, SECONDS("10")), "InvalidParameterValue");
    CHECK_HAS(buf_cstr(&c->call.error_message),
              "for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "
              "available for visibility timeout change.");
    ok(with(c, "ChangeMessageVisibility", second, SECONDS("10")));
    later(11000);
    CHECK_TEXT(received(c, TEN), "a");
}

static void handles(void **state) {
    struct cloud *c = *state;
    char old[64], handle[64];
    fails(with(c, "DeleteMessage", "none", ""), "ReceiptHandleIsInvalid");
    message("The input receipt handle \"none\" is not a valid receipt handle.");
    fails(with(c, "DeleteMessage", "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", ""),
          "ReceiptHandleIsInvalid");
    send(c, "a");
    take(c, old, "a");
    later(31000);
    take(c, handle, "a");
    ok(with(c, "DeleteMessage", old, "")); /* received since: left alone */
    CHECK_TEXT(counts(c), "0/1/0");
    ok(with(c, "DeleteMessage", handle, ""));
    CHECK_TEXT(counts(c), "0/0/0");
    ok(with(c, "DeleteMessage", handle, ""));
    fails(with(c, "ChangeMessageVisibility", handle, SECONDS("10")), "InvalidParameterValue");
    ok(sqs_call(c, "CreateQueue", "{'QueueName':'other'}"));
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{'QueueUrl':'/" ACCOUNT "/other','ReceiptHandle':'%s'}", handle);
    fails(sqs_call(c, "DeleteMessage", buf_cstr(&in)), "ReceiptHandleIsInvalid");
}

/* A message named twice: one deletion; for visibility the second entry fails. */
static void twice_in_a_batch(void **state) {
    struct cloud *c = *state;
    char a[64], b[64];
    CLEANUP_DEINIT(buf) struct buf change = {0}, drop = {0};
    send(c, "a");
    send(c, "b");
    take(c, a, "a");
    take(c, b, "b");
    buf_printf(&change,
               "{" JOBS ",'Entries':[{'Id':'1','ReceiptHandle':'%s','VisibilityTimeout':0},"
               "{'Id':'2','ReceiptHandle':'%s','VisibilityTimeout':50},"
               "{'Id':'3','ReceiptHandle':'%s','VisibilityTimeout':50}]}",
               a, a, b);
    ok(sqs_call(c, "ChangeMessageVisibilityBatch", buf_cstr(&change)));
    check_at(c, "Successful", "[{'Id':'1'},{'Id':'3'}]");
    check_at(c, "Failed.0.Id", "'2'");
    check_at(c, "Failed.0.Code", "'InvalidParameterValue'");
    check_at(c, "Failed.1", "");
    CHECK_TEXT(counts(c), "1/1/0");
    buf_printf(&drop,
               "{" JOBS ",'Entries':[{'Id':'1','ReceiptHandle':'%s'},{'Id':'2','ReceiptHandle':"
               "'x'},{'Id':'3','ReceiptHandle':'%s'},{'Id':'4','ReceiptHandle':'%s'}]}",
               a, a, b);
    ok(sqs_call(c, "DeleteMessageBatch", buf_cstr(&drop)));
    check_at(c, "Successful", "[{'Id':'1'},{'Id':'3'},{'Id':'4'}]");
    check_at(c, "Failed",
             "[{'Id':'2','SenderFault':true,'Code':'ReceiptHandleIsInvalid','Message':"
             "'The input receipt handle `x` is not a valid receipt handle.'}]");
    CHECK_TEXT(counts(c), "0/0/0");
}

/* ---- How long a message lives ---- */

static void retention(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "SetQueueAttributes",
                "{" JOBS ",'Attributes':{'MessageRetentionPeriod':'60','VisibilityTimeout':'0'}}"));
    send(c, "a");
    later(55000);
    CHECK_TEXT(received(c, TEN), "a");
    send(c, "b");
    later(6000);
    CHECK_TEXT(received(c, TEN), "b");
    CHECK_TEXT(counts(c), "1/0/0");
}

#define DEAD "{'QueueUrl':'/" ACCOUNT "/dead','AttributeNames':['All'],'MaxNumberOfMessages':10}"
static void dead_letters(void **state) {
    struct cloud *c = *state;
    char id[40];
    ok(sqs_call(c, "CreateQueue", "{'QueueName':'dead'}"));
    ok(sqs_call(c, "SetQueueAttributes",
                "{" JOBS ",'Attributes':{'VisibilityTimeout':'0','RedrivePolicy':"
                "'{`deadLetterTargetArn`:`arn:aws:sqs:us-east-1:" ACCOUNT
                ":dead`,`maxReceiveCount`:2}'}}"));
    ok(sqs_call(c, "SendMessage",
                "{" JOBS ",'MessageBody':'poison','MessageAttributes':"
                "{'a':{'DataType':'String','StringValue':'x'}}}"));
    snprintf(id, sizeof id, STR_FMT, STR_ARG(text_at(c, "MessageId")));
    CHECK_TEXT(received(c, TEN), "poison");
    CHECK_TEXT(received(c, TEN), "poison");
    CHECK_TEXT(received(c, DEAD), "");
    CHECK_TEXT(received(c, TEN), "");
    CHECK_TEXT(counts(c), "0/0/0");
    ok(sqs_call(c, "ReceiveMessage",
                "{'QueueUrl':'/" ACCOUNT "/dead','AttributeNames':['All'],"
                "'MessageAttributeNames':['All']}"));
    CHECK_STR(text_at(c, "Messages.0.MessageId"), str_c(id));
    check_at(c, "Messages.0.MD5OfMessageAttributes", "'a512aac9938034acb0b3c3d965944bf1'");
    check_at(c, "Messages.0.Attributes.DeadLetterQueueSourceArn",
             "'arn:aws:sqs:us-east-1:" ACCOUNT ":jobs'");
    check_at(c, "Messages.0.Attributes.ApproximateReceiveCount", "'1'");
}

/* Bodies that one batch does not hold are moved in several, by one call; what is alive is found. */
static void large_dead_letters(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf body = many(200000, 'b');
    ok(sqs_call(c, "CreateQueue", "{'QueueName':'dead'}"));
    ok(sqs_call(c, "SetQueueAttributes",
                "{" JOBS ",'Attributes':{'VisibilityTimeout':'0','RedrivePolicy':"
                "'{`deadLetterTargetArn`:`arn:aws:sqs:us-east-1:" ACCOUNT
                ":dead`,`maxReceiveCount`:1}'}}"));
    for (int i = 0; i < 8; i++)
        send(c, buf_cstr(&body));
    ok(sqs_call(c, "ReceiveMessage", TEN));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Messages")), 8);
    send(c, "alive");
    CHECK_TEXT(received(c, TEN), "alive");
    CHECK_TEXT(counts(c), "1/0/0");
    ok(sqs_call(c, "ReceiveMessage", DEAD));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Messages")), 8);
}

/* Without its dead-letter queue a message stays where it is. */
static void no_dead_letter_queue(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "CreateQueue", "{'QueueName':'dead'}"));
    ok(sqs_call(c, "SetQueueAttributes",
                "{" JOBS ",'Attributes':{'VisibilityTimeout':'0','RedrivePolicy':"
                "'{`deadLetterTargetArn`:`arn:aws:sqs:us-east-1:" ACCOUNT
                ":dead`,`maxReceiveCount`:1}'}}"));
    ok(sqs_call(c, "DeleteQueue", "{'QueueUrl':'/" ACCOUNT "/dead'}"));
    send(c, "a");
    for (int i = 0; i < 3; i++)
        CHECK_TEXT(received(c, TEN), "a");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(numbers_refused),
        T(as_many_as_asked),
        T(system_attributes),
        T(message_attributes),
        T(invisible_for_its_time),
        T(visibility_changes),
        T(handles),
        T(twice_in_a_batch),
        T(retention),
        T(dead_letters),
        T(large_dead_letters),
        T(no_dead_letter_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
