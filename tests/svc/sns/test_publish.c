/* Publishing: what is refused, and what a subscribed queue gets of a message. */
#include "svc/sns/fixture.h"

#define PUBLISH(more) "{'TopicArn':'" TOPIC "'," more "}"
#define ATTRIBUTE(v)  PUBLISH("'Message':'m','MessageAttributes':{'a':{" v "}}")
static void refused(void **state) {
    static const char type[] =
        "Invalid parameter: The message attribute 'a' has an invalid message attribute type, the "
        "set of supported type prefixes is Binary, Number, and String.";
    static const struct refusal rows[] = {
        {"Publish", PUBLISH("'Message':''"), "InvalidParameter",
         "Invalid parameter: Empty message"},
        {"Publish", "{'TopicArn':'" TOPIC "2','Message':'m'}", "NotFound", "Topic does not exist"},
        {"Publish", "{'Message':'m'}", "InvalidParameter",
         "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"},
        {"Publish", "{'PhoneNumber':'+43','Message':'m'}", "InvalidParameter",
         "Invalid parameter: PhoneNumber: text messages are not supported by calotype"},
        {"Publish", "{'TargetArn':'" TOPIC "','Message':'m'}", "", NULL},
        {"Publish", PUBLISH("'Message':'m','MessageDeduplicationId':'d'"), "InvalidParameter",
         NULL},
        {"Publish", PUBLISH("'Message':'m','Subject':''"), "InvalidParameter",
         "Invalid parameter: Subject"},
        {"Publish", PUBLISH("'Message':'m','Subject':' a'"), "InvalidParameter", NULL},
        {"Publish", PUBLISH("'Message':'m','Subject':'a b'"), "", NULL},
        {"Publish", PUBLISH("'Message':'m','Subject':'a\\nb'"), "InvalidParameter", NULL},
        {"Publish", PUBLISH("'Message':'m','Subject':'a\\u007f'"), "InvalidParameter", NULL},
        {"Publish", ATTRIBUTE("'DataType':'String','StringValue':'v'"), "", NULL},
        {"Publish", ATTRIBUTE("'DataType':'Text','StringValue':'v'"), "InvalidParameter", type},
        {"Publish", ATTRIBUTE("'DataType':'Stringy','StringValue':'v'"), "InvalidParameter", type},
        {"Publish", ATTRIBUTE("'DataType':'Number','StringValue':''"), "InvalidParameter",
         "Invalid parameter: The message attribute 'a' must contain non-empty message attribute "
         "value for message attribute type 'Number'."},
        {"Publish", ATTRIBUTE("'DataType':'Binary','StringValue':'v'"), "InvalidParameter", NULL},
        {"Publish", ATTRIBUTE("'DataType':'Binary','BinaryValue':'AA=='"), "", NULL},
        {"Publish", ATTRIBUTE("'DataType':'String.Array','StringValue':'[1]'"), "", NULL},
        {"Publish", ATTRIBUTE("'DataType':'String.Array','StringValue':'{}'"), "InvalidParameter",
         "Invalid parameter: The message attribute 'a' is no array."},
        {"Publish", PUBLISH("'Message':'m','MessageStructure':'xml'"), "InvalidParameter",
         "Invalid parameter: MessageStructure"},
        {"Publish", PUBLISH("'Message':'m','MessageStructure':'json'"), "InvalidParameter",
         "Invalid parameter: Message Structure - JSON message body failed to parse"},
        {"Publish", PUBLISH("'Message':'{`sqs`:`x`}','MessageStructure':'json'"),
         "InvalidParameter",
         "Invalid parameter: Message Structure - No default entry in JSON message body"},
    };
    check_refusals(*state, sns_call, rows);
}

/* 262,144 bytes of body and attributes; a hundred characters of subject. */
static void limits(void **state) {
    static const struct {
        size_t body;
        const char *attributes;
        bool good;
    } rows[] = {{262144, "{}", true},
                {262145, "{}", false},
                {262136, "{'a':{'DataType':'String','StringValue':'v'}}", true},
                {262137, "{'a':{'DataType':'String','StringValue':'v'}}", false},
                {262134, "{'a':{'DataType':'Binary','BinaryValue':'AAAA'}}", true},
                {262135, "{'a':{'DataType':'Binary','BinaryValue':'AAAA'}}", false}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf body = many(rows[i].body, 'b'), in = {0};
        buf_printf(&in, PUBLISH("'Message':'%s','MessageAttributes':%s"), buf_cstr(&body),
                   rows[i].attributes);
        fails(sns_call(c, "Publish", buf_cstr(&in)), rows[i].good ? "" : "InvalidParameter");
        if (!rows[i].good)
            message("Invalid parameter: Message too long");
    }
    for (size_t n = 100; n <= 101; n++) {
        CLEANUP_DEINIT(buf) struct buf subject = many(n, 's'), in = {0};
        buf_printf(&in, PUBLISH("'Message':'m','Subject':'%s'"), buf_cstr(&subject));
        fails(sns_call(c, "Publish", buf_cstr(&in)), n == 100 ? "" : "InvalidParameter");
    }
}

/* ---- What arrives ---- */

/* attributes: of the subscription, or "" */
static void subscribe(struct cloud *c, const char *attributes) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in,
               "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" QUEUE "','Attributes':{%s}}",
               attributes);
    ok(sns_call(c, "Subscribe", buf_cstr(&in)));
}

/* Waits for the next message of the queue, which the call's answer then holds alone. */
static void arrives(struct cloud *c) {
    ok(sqs_call(c, "ReceiveMessage",
                "{" Q_URL ",'WaitTimeSeconds':20,'AttributeNames':['SenderId'],"
                "'MessageAttributeNames':['All']}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Messages")), 1);
}

static void notification(void **state) {
    struct cloud *c = *state;
    char id[40];
    subscribe(c, "");
    ok(sns_call(c, "Publish",
                PUBLISH("'Message':'hello','Subject':'S','MessageAttributes':{"
                        "'t':{'DataType':'String','StringValue':'v'},"
                        "'b':{'DataType':'Binary','BinaryValue':'AP8='}}")));
    snprintf(id, sizeof id, STR_FMT, STR_ARG(text_at(c, "MessageId")));
    arrives(c);
    check_at(c, "Messages.0.MessageAttributes", "");
    check_at(c, "Messages.0.Attributes.SenderId", "'sns.amazonaws.com'");
    CLEANUP_JSON json_t *got = json_parse(text_at(c, "Messages.0.Body"), NULL);
    CHECK_STR(json_str(got, "MessageId"), str_c(id));
    CHECK_INT(json_str(got, "Timestamp").len, 24); /* 2026-01-01T00:00:00.000Z */
    json_object_del(got, "MessageId");
    json_object_del(got, "Timestamp");
    check_doc(got,
              "{'Type':'Notification','TopicArn':'" TOPIC "','Subject':'S','Message':'hello',"
              "'MessageAttributes':{'t':{'Type':'String','Value':'v'},"
              "'b':{'Type':'Binary','Value':'AP8='}}}",
              "the notification", __FILE__, __LINE__);
}

static void raw(void **state) {
    struct cloud *c = *state;
    subscribe(c, "'RawMessageDelivery':'true'");
    ok(sns_call(c, "Publish",
                PUBLISH("'Message':'hello','MessageAttributes':{"
                        "'t':{'DataType':'String','StringValue':'v'}}")));
    arrives(c);
    check_at(c, "Messages.0.Body", "'hello'");
    check_at(c, "Messages.0.MessageAttributes", "{'t':{'DataType':'String','StringValue':'v'}}");
}

static void by_protocol(void **state) {
    struct cloud *c = *state;
    subscribe(c, "'RawMessageDelivery':'true'");
    ok(sns_call(c, "Publish",
                PUBLISH("'Message':'{`default`:`d`,`sqs`:`for queues`}',"
                        "'MessageStructure':'json'")));
    arrives(c);
    check_at(c, "Messages.0.Body", "'for queues'");
    ok(sns_call(c, "Publish",
                PUBLISH("'Message':'{`default`:`d`,`lambda`:`l`}','MessageStructure':'json'")));
    arrives(c);
    check_at(c, "Messages.0.Body", "'d'");
}

/* The filter keeps what has no such attribute; the next that passes arrives alone. */
static void filtered(void **state) {
    struct cloud *c = *state;
    subscribe(c, "'RawMessageDelivery':'true','FilterPolicy':'{`kind`:[`good`]}'");
    ok(sns_call(c, "Publish", PUBLISH("'Message':'none'")));
    ok(sns_call(c, "Publish",
                PUBLISH("'Message':'bad','MessageAttributes':{"
                        "'kind':{'DataType':'String','StringValue':'bad'}}")));
    ok(sns_call(c, "Publish",
                PUBLISH("'Message':'good','MessageAttributes':{"
                        "'kind':{'DataType':'String','StringValue':'good'}}")));
    arrives(c);
    check_at(c, "Messages.0.Body", "'good'");
    ok(sqs_call(c, "ReceiveMessage", "{" Q_URL "}"));
    check_answer(c, "{}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(refused), T(limits), T(notification), T(raw), T(by_protocol), T(filtered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
