/* Sending: what a message may be, what the answer says of it, batches, delays. */
#include "svc/sqs/fixture.h"

static void digests(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "SendMessage",
                "{" JOBS ",'MessageBody':'hello','MessageAttributes':{"
                "'b':{'DataType':'Binary.gif','BinaryValue':'AP8='},"
                "'a':{'DataType':'String','StringValue':'x'},"
                "'n.1':{'DataType':'Number','StringValue':'3'}},"
                "'MessageSystemAttributes':{'AWSTraceHeader':"
                "{'DataType':'String','StringValue':'Root=1-2'}}}"));
    check_at(c, "MD5OfMessageBody", "'5d41402abc4b2a76b9719d911017c592'");
    check_at(c, "MD5OfMessageAttributes", "'32e691edbf0b0e11d0c7265bf67e8579'");
    check_at(c, "MD5OfMessageSystemAttributes", "'eea8f494e51df9c126b8b85f54ccabf7'");
    CHECK_INT(text_at(c, "MessageId").len, 36);
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'a'}"));
    CHECK_INT(json_object_size(c->call.out), 2); /* no digest of attributes that are not there */
    check_at(c, "MD5OfMessageBody", "'0cc175b9c0f1b6a831c399e269772661'");
}

#define SEND(more) "{" JOBS "," more "}"
#define BODY       "'MessageBody':'x'"
#define DELAY      "Reason: DelaySeconds must be >= 0 and <= 900."
static void refused(void **state) {
    static const struct refusal rows[] = {
        {"SendMessage", SEND("'MessageBody':''"), "InvalidParameterValue",
         "The request must contain the parameter MessageBody."},
        {"SendMessage", SEND("'MessageBody':'\\t\\n\\r\\u0020\\ud7ff\\ue000\\ufffd\\ud83d\\ude00'"),
         "", NULL},
        {"SendMessage", SEND("'MessageBody':'a\\u0001'"), "InvalidMessageContents",
         "The message contains characters outside the allowed set."},
        {"SendMessage", SEND("'MessageBody':'\\u001f'"), "InvalidMessageContents", NULL},
        {"SendMessage", SEND("'MessageBody':'\\ufffe'"), "InvalidMessageContents", NULL},
        {"SendMessage", SEND("'MessageBody':'a\\uffff'"), "InvalidMessageContents", NULL},
        {"SendMessage", SEND(BODY ",'DelaySeconds':-1"), "InvalidParameterValue",
         "Value -1 for parameter DelaySeconds is invalid. " DELAY},
        {"SendMessage", SEND(BODY ",'DelaySeconds':0"), "", NULL},
        {"SendMessage", SEND(BODY ",'DelaySeconds':900"), "", NULL},
        {"SendMessage", SEND(BODY ",'DelaySeconds':901"), "InvalidParameterValue",
         "Value 901 for parameter DelaySeconds is invalid. " DELAY},
        {"SendMessage", SEND(BODY ",'MessageDeduplicationId':'d'"), "InvalidParameterValue",
         "The request include parameter MessageDeduplicationId which is not valid for this queue "
         "type"},
        {"SendMessage",
         SEND(BODY ",'MessageSystemAttributes':{'AWSTraceHeader':{'DataType':'Number',"
                   "'StringValue':'1'}}"),
         "InvalidParameterValue", "Message system attribute name 'AWSTraceHeader' is invalid."},
    };
    check_refusals(*state, sqs_call, rows);
}

static void attribute_names(void **state) {
    static const struct {
        const char *name;
        bool good;
    } rows[] = {{"a", true},      {"A-b_c.9", true},  {"aws", true},       {"", false},
                {".a", false},    {"a.", false},      {"a..b", false},     {"aws.x", false},
                {"AWS.x", false}, {"Amazon.", false}, {"amazon.x", false}, {"a b", false},
                {"a/b", false}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[200], want[100];
        snprintf(in, sizeof in,
                 SEND(BODY ",'MessageAttributes':{'%s':{'DataType':'String','StringValue':'v'}}"),
                 rows[i].name);
        CHECK_CASE(!*sqs_call(c, "SendMessage", in) == rows[i].good, rows[i].name);
        snprintf(want, sizeof want, "The message attribute name '%s' is invalid.", rows[i].name);
        if (!rows[i].good)
            message(want);
    }
    for (size_t n = 256; n <= 257; n++) {
        CLEANUP_DEINIT(buf) struct buf name = many(n, 'n'), in = {0};
        buf_printf(&in,
                   SEND(BODY ",'MessageAttributes':{'%s':{'DataType':'String','StringValue':'v'}}"),
                   buf_cstr(&name));
        fails(sqs_call(c, "SendMessage", buf_cstr(&in)), n == 256 ? "" : "InvalidParameterValue");
    }
}

#define ONE(value) SEND(BODY ",'MessageAttributes':{'a':{" value "}}")
#define EMPTY(type)                                                                                \
    "The message (user) attribute 'a' must contain a non-empty message attribute value for the "   \
    "type '" type "'."
static void attribute_values(void **state) {
    static const char no_type[] =
        "The type of message (user) attribute 'a' is invalid. You must use only the following "
        "supported type prefixes: Binary, Number, String.";
    static const struct refusal rows[] = {
        {"SendMessage", ONE("'DataType':'String','StringValue':'v'"), "", NULL},
        {"SendMessage", ONE("'DataType':'Number.int','StringValue':'1'"), "", NULL},
        {"SendMessage", ONE("'DataType':'Binary','BinaryValue':'AA=='"), "", NULL},
        {"SendMessage", ONE("'DataType':'Strings','StringValue':'v'"), "InvalidParameterValue",
         no_type},
        {"SendMessage", ONE("'DataType':'string','StringValue':'v'"), "InvalidParameterValue",
         no_type},
        {"SendMessage", ONE("'DataType':'String','StringValue':''"), "InvalidParameterValue",
         EMPTY("String")},
        {"SendMessage", ONE("'DataType':'String','BinaryValue':'AA=='"), "InvalidParameterValue",
         EMPTY("String")},
        {"SendMessage", ONE("'DataType':'Binary.x','StringValue':'v'"), "InvalidParameterValue",
         EMPTY("Binary.x")},
        {"SendMessage", ONE("'DataType':'String','StringValue':'\\u0002'"),
         "InvalidMessageContents", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, sqs_call, rows);
    for (int n = 10; n <= 11; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{" JOBS "," BODY ",'MessageAttributes':{");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s'a%d':{'DataType':'String','StringValue':'v'}", i ? "," : "", i);
        buf_c(&in, "}}");
        fails(sqs_call(c, "SendMessage", buf_cstr(&in)), n == 10 ? "" : "InvalidParameterValue");
    }
    message("Number of message attributes [11] exceeds the allowed maximum [10].");
}

/* Body, attribute names, types and values count; the bytes of a binary value, not its base64. */
static void size_limit(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "SetQueueAttributes", "{" JOBS ",'Attributes':{'MaximumMessageSize':'1024'}}"));
    static const struct {
        size_t body;
        const char *attributes;
        bool good;
    } rows[] = {{1024, "{}", true},
                {1025, "{}", false},
                {1016, "{'a':{'DataType':'String','StringValue':'v'}}", true},
                {1017, "{'a':{'DataType':'String','StringValue':'v'}}", false},
                {1014, "{'a':{'DataType':'Binary','BinaryValue':'AAAA'}}", true},
                {1015, "{'a':{'DataType':'Binary','BinaryValue':'AAAA'}}", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf body = many(rows[i].body, 'b'), in = {0};
        buf_printf(&in, "{" JOBS ",'MessageBody':'%s','MessageAttributes':%s}", buf_cstr(&body),
                   rows[i].attributes);
        fails(sqs_call(c, "SendMessage", buf_cstr(&in)),
              rows[i].good ? "" : "InvalidParameterValue");
        if (!rows[i].good)
            message("One or more parameters are invalid. Reason: Message must be shorter than "
                    "1024 bytes.");
    }
}

/* ---- Batches ---- */

#define ENTRY(id) "{'Id':'" id "','MessageBody':'" id "'}"
#define NINE                                                                                       \
    ENTRY("1")                                                                                     \
    "," ENTRY("2") "," ENTRY("3") "," ENTRY("4") "," ENTRY("5") "," ENTRY("6") "," ENTRY(          \
        "7") "," ENTRY("8") "," ENTRY("9")
static void batch_refused(void **state) {
    static const char id[] = "A batch entry id can only contain alphanumeric characters, hyphens "
                             "and underscores. It can be at most 80 letters long.";
    static const struct refusal rows[] = {
        {"SendMessageBatch", SEND("'Entries':[]"), "EmptyBatchRequest",
         "There should be at least one entry in the request."},
        {"SendMessageBatch", SEND("'Entries':[" NINE "," ENTRY("10") "]"), "", NULL},
        {"SendMessageBatch", SEND("'Entries':[" NINE "," ENTRY("10") "," ENTRY("11") "]"),
         "TooManyEntriesInBatchRequest",
         "Maximum number of entries per request are 10. You have sent 11."},
        {"SendMessageBatch", SEND("'Entries':[" ENTRY("a") "," ENTRY("b") "," ENTRY("a") "]"),
         "BatchEntryIdsNotDistinct", "Id a repeated."},
        {"SendMessageBatch", SEND("'Entries':[" ENTRY("") "]"), "InvalidBatchEntryId", id},
        {"SendMessageBatch", SEND("'Entries':[" ENTRY("a.b") "]"), "InvalidBatchEntryId", id},
        {"DeleteMessageBatch", SEND("'Entries':[]"), "EmptyBatchRequest", NULL},
        {"ChangeMessageVisibilityBatch", SEND("'Entries':[]"), "EmptyBatchRequest", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, sqs_call, rows);
    for (size_t n = 80; n <= 81; n++) {
        CLEANUP_DEINIT(buf) struct buf name = many(n, 'i'), in = {0};
        buf_printf(&in, SEND("'Entries':[{'Id':'%s','MessageBody':'x'}]"), buf_cstr(&name));
        fails(sqs_call(c, "SendMessageBatch", buf_cstr(&in)), n == 80 ? "" : "InvalidBatchEntryId");
    }
}

/* One bad entry does not keep the others. */
static void batch_partly_done(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "SendMessageBatch",
                SEND("'Entries':[{'Id':'good','MessageBody':'hello'},"
                     "{'Id':'bad','MessageBody':'x','DelaySeconds':901}]")));
    check_at(c, "Successful.1", "");
    check_at(c, "Successful.0.Id", "'good'");
    check_at(c, "Successful.0.MD5OfMessageBody", "'5d41402abc4b2a76b9719d911017c592'");
    check_at(c, "Failed",
             "[{'Id':'bad','SenderFault':true,'Code':'InvalidParameterValue','Message':"
             "'Value 901 for parameter DelaySeconds is invalid. " DELAY "'}]");
    CHECK_TEXT(counts(c), "1/0/0");
}

/* 1 MiB for all bodies and attributes of a batch. */
static void batch_bytes(void **state) {
    struct cloud *c = *state;
    for (size_t over = 0; over < 2; over++) {
        CLEANUP_DEINIT(buf)
        struct buf a = many(524288 - 8, 'x'), b = many(524288 - 10 + over, 'x'), in = {0};
        buf_printf(&in,
                   SEND("'Entries':[{'Id':'a','MessageBody':'%s','MessageAttributes':"
                        "{'a':{'DataType':'String','StringValue':'v'}}},"
                        "{'Id':'b','MessageBody':'%s','MessageAttributes':"
                        "{'b':{'DataType':'Binary','BinaryValue':'AAAA'}}}]"),
                   buf_cstr(&a), buf_cstr(&b));
        fails(sqs_call(c, "SendMessageBatch", buf_cstr(&in)), over ? "BatchRequestTooLong" : "");
    }
    message("Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.");
}

/* ---- Delays ---- */

static void delays(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "SetQueueAttributes", "{" JOBS ",'Attributes':{'DelaySeconds':'60'}}"));
    ok(sqs_call(c, "SendMessage", SEND("'MessageBody':'queue delay'")));
    ok(sqs_call(c, "SendMessage", SEND("'MessageBody':'none','DelaySeconds':0")));
    ok(sqs_call(c, "SendMessage", SEND("'MessageBody':'longer','DelaySeconds':120")));
    CHECK_TEXT(counts(c), "1/0/2");
    CHECK_TEXT(received(c, TEN), "none");
    later(50000);
    CHECK_TEXT(received(c, "{" JOBS ",'VisibilityTimeout':0}"), "none"); /* its 30 s are over */
    later(11000);
    CHECK_TEXT(received(c, TEN), "none,queue delay");
    later(60000);
    CHECK_TEXT(counts(c), "3/0/0");
    CHECK_TEXT(received(c, TEN), "queue delay,none,longer");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(digests),           T(refused),     T(attribute_names),
        T(attribute_values),  T(size_limit),  T(batch_refused),
        T(batch_partly_done), T(batch_bytes), T(delays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
