/* Subscriptions: protocols and endpoints, attributes, what is pending, who may see one. */
#include "svc/sns/fixture.h"

#define TO(protocol, endpoint)                                                                     \
    "{'TopicArn':'" TOPIC "','Protocol':'" protocol "','Endpoint':'" endpoint "'}"
#define WITH(protocol, endpoint, attributes)                                                       \
    "{'TopicArn':'" TOPIC "','Protocol':'" protocol "','Endpoint':'" endpoint                      \
    "','Attributes':{" attributes "}}"
#define FUNCTION "arn:aws:lambda:us-east-1:" ACCOUNT ":function:f"

static void endpoints(void **state) {
    static const char no_match[] = "Invalid parameter: Endpoint must match the specified protocol";
    static const struct refusal rows[] = {
        {"Subscribe", TO("sqs", QUEUE), "", NULL},
        {"Subscribe", TO("sqs", "http://localhost/q"), "InvalidParameter",
         "Invalid parameter: SQS endpoint ARN"},
        {"Subscribe", TO("sqs", FUNCTION), "InvalidParameter",
         "Invalid parameter: SQS endpoint ARN"},
        {"Subscribe", TO("sqs", QUEUE ".fifo"), "InvalidParameter",
         "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be "
         "subscribed to standard SNS topics"},
        {"Subscribe", TO("lambda", FUNCTION), "", NULL},
        {"Subscribe", TO("lambda", QUEUE), "InvalidParameter",
         "Invalid parameter: Lambda endpoint ARN"},
        {"Subscribe", TO("email", "a@b"), "", NULL},
        {"Subscribe", TO("email-json", "a@b"), "", NULL},
        {"Subscribe", TO("email", "@b"), "InvalidParameter", "Invalid parameter: Email address"},
        {"Subscribe", TO("email", "a@"), "InvalidParameter", "Invalid parameter: Email address"},
        {"Subscribe", TO("email", "ab"), "InvalidParameter", "Invalid parameter: Email address"},
        {"Subscribe", TO("https", "https://x"), "", NULL},
        {"Subscribe", TO("https", "http://x"), "InvalidParameter", no_match},
        {"Subscribe", TO("http", "http://x"), "", NULL},
        {"Subscribe", TO("http", "https://x"), "InvalidParameter", no_match},
        {"Subscribe", TO("sms", "+43"), "InvalidParameter",
         "Invalid parameter: the protocol sms is not supported by calotype"},
        {"Subscribe", TO("firehose", "x"), "InvalidParameter", NULL},
        {"Subscribe", TO("application", "x"), "InvalidParameter", NULL},
        {"Subscribe", TO("pigeon", "x"), "InvalidParameter",
         "Invalid parameter: Does not support this protocol string: pigeon"},
        {"Subscribe", "{'TopicArn':'" TOPIC "2','Protocol':'sqs','Endpoint':'" QUEUE "'}",
         "NotFound", "Topic does not exist"},
    };
    struct cloud *c = *state;
    check_refusals(c, sns_call, rows);
    ok(sns_call(c, "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}"));
    check_at(c, "Attributes.SubscriptionsConfirmed", "'2'");
    check_at(c, "Attributes.SubscriptionsPending", "'4'");
}

/* An address that must be asked stays pending; its ARN is told only on demand. */
static void pending(void **state) {
    struct cloud *c = *state;
    ok(sns_call(c, "Subscribe", TO("email", "a@b")));
    check_answer(c, "{'SubscriptionArn':'pending confirmation'}");
    ok(sns_call(c, "Subscribe",
                "{'TopicArn':'" TOPIC
                "','Protocol':'email','Endpoint':'a@b','ReturnSubscriptionArn':true}"));
    CHECK(str_starts(text_at(c, "SubscriptionArn"), S(TOPIC ":")));
    char in[200];
    snprintf(in, sizeof in, "{'SubscriptionArn':'" STR_FMT "'}",
             STR_ARG(text_at(c, "SubscriptionArn")));
    ok(sns_call(c, "GetSubscriptionAttributes", in));
    check_at(c, "Attributes.PendingConfirmation", "'true'");
    check_at(c, "Attributes.ConfirmationWasAuthenticated", "'false'");
    ok(sns_call(c, "ListSubscriptions", "{}"));
    check_answer(c, "{'Subscriptions':[{'SubscriptionArn':'PendingConfirmation','Owner':'" ACCOUNT
                    "','Protocol':'email','Endpoint':'a@b','TopicArn':'" TOPIC "'}]}");
    /* another account's queue must be asked too */
    ok(sns_call(c, "Subscribe", TO("sqs", "arn:aws:sqs:us-east-1:111111111111:q")));
    check_answer(c, "{'SubscriptionArn':'pending confirmation'}");
}

static void same_again(void **state) {
    struct cloud *c = *state;
    char first[128];
    ok(sns_call(c, "Subscribe", WITH("sqs", QUEUE, "'RawMessageDelivery':'true'")));
    snprintf(first, sizeof first, STR_FMT, STR_ARG(text_at(c, "SubscriptionArn")));
    ok(sns_call(c, "Subscribe", TO("sqs", QUEUE)));
    CHECK_STR(text_at(c, "SubscriptionArn"), str_c(first));
    ok(sns_call(c, "Subscribe", WITH("sqs", QUEUE, "'RawMessageDelivery':'true'")));
    CHECK_STR(text_at(c, "SubscriptionArn"), str_c(first));
    fails(sns_call(c, "Subscribe", WITH("sqs", QUEUE, "'RawMessageDelivery':'false'")),
          "InvalidParameter");
    message("Invalid parameter: Attributes Reason: Subscription already exists with different "
            "attributes");
    ok(sns_call(c, "Subscribe", TO("sqs", QUEUE "2")));
    CHECK(!str_eq(text_at(c, "SubscriptionArn"), str_c(first)));
}

#define RAW "Attributes Reason: RawMessageDelivery: RawMessageDelivery is not supported for this "
static void attributes(void **state) {
    static const struct refusal rows[] = {
        {"Subscribe", WITH("lambda", FUNCTION, "'RawMessageDelivery':'true'"), "InvalidParameter",
         "Invalid parameter: " RAW "protocol"},
        {"Subscribe", WITH("lambda", FUNCTION, "'RawMessageDelivery':'false'"), "", NULL},
        {"Subscribe", WITH("https", "https://x", "'RawMessageDelivery':'true'"), "", NULL},
        {"Subscribe", WITH("sqs", QUEUE, "'RawMessageDelivery':'yes'"), "InvalidParameter",
         "Invalid parameter: RawMessageDelivery: must be true or false."},
        {"Subscribe", WITH("sqs", QUEUE, "'FilterPolicy':'{'"), "InvalidParameter",
         "Invalid parameter: FilterPolicy: failed to parse JSON."},
        {"Subscribe", WITH("sqs", QUEUE, "'FilterPolicy':'{`a`:1}'"), "InvalidParameter",
         "Invalid parameter: FilterPolicy: Match value must be an array"},
        {"Subscribe", WITH("sqs", QUEUE, "'FilterPolicyScope':'MessageBody'"), "InvalidParameter",
         "Invalid parameter: FilterPolicyScope MessageBody is not supported by calotype"},
        {"Subscribe",
         WITH("sqs", QUEUE, "'FilterPolicy':'{`a`:{`b`:[1]}}','FilterPolicyScope':'MessageBody'"),
         "InvalidParameter",
         "Invalid parameter: FilterPolicyScope MessageBody is not supported by calotype"},
        {"Subscribe",
         WITH("sqs", QUEUE, "'FilterPolicyScope':'MessageBody','FilterPolicy':'{`a`:{`b`:[1]}}'"),
         "InvalidParameter",
         "Invalid parameter: FilterPolicyScope MessageBody is not supported by calotype"},
        {"Subscribe", WITH("sqs", QUEUE, "'FilterPolicy':'{`a`:{`b`:[1]}}'"), "InvalidParameter",
         "Invalid parameter: FilterPolicy: Filter policy scope MessageAttributes does not support "
         "nested filter policy"},
        {"Subscribe", WITH("sqs", QUEUE, "'ReplayPolicy':'{}'"), "InvalidParameter",
         "Invalid parameter: the attribute ReplayPolicy is not supported by calotype"},
        {"Subscribe", WITH("sqs", QUEUE, "'Colour':'red'"), "InvalidParameter",
         "Invalid parameter: AttributeName"},
        {"Subscribe",
         WITH("sqs", QUEUE, "'RedrivePolicy':'{`deadLetterTargetArn`:`" QUEUE "-dead`}'"), "",
         NULL},
        {"Subscribe", WITH("sqs", QUEUE "2", "'RedrivePolicy':'{}'"), "InvalidParameter",
         "Invalid parameter: RedrivePolicy: must hold deadLetterTargetArn, a queue of the topic's "
         "region and account"},
        {"Subscribe",
         WITH("sqs", QUEUE "2",
              "'RedrivePolicy':'{`deadLetterTargetArn`:`arn:aws:sqs:us-west-2:" ACCOUNT ":d`}'"),
         "InvalidParameter", NULL},
        {"Subscribe",
         WITH("sqs", QUEUE "2",
              "'RedrivePolicy':'{`deadLetterTargetArn`:`arn:aws:sqs:us-east-1:111111111111:d`}'"),
         "InvalidParameter", NULL},
    };
    check_refusals(*state, sns_call, rows);
}

static void attributes_of_one(void **state) {
    struct cloud *c = *state;
    char arn[128], in[300], want[900];
    ok(sns_call(c, "Subscribe", WITH("sqs", QUEUE, "'FilterPolicy':'{`a`:[`x`]}'")));
    snprintf(arn, sizeof arn, STR_FMT, STR_ARG(text_at(c, "SubscriptionArn")));
    snprintf(in, sizeof in, "{'SubscriptionArn':'%s'}", arn);
    ok(sns_call(c, "GetSubscriptionAttributes", in));
    snprintf(want, sizeof want,
             "{'Attributes':{'SubscriptionArn':'%s','TopicArn':'" TOPIC "','Protocol':'sqs',"
             "'Endpoint':'" QUEUE "','Owner':'" ACCOUNT
             "','SubscriptionPrincipal':'arn:aws:iam::" ACCOUNT ":root',"
             "'PendingConfirmation':'false','ConfirmationWasAuthenticated':'true',"
             "'RawMessageDelivery':'false','FilterPolicy':'{`a`:[`x`]}',"
             "'FilterPolicyScope':'MessageAttributes'}}",
             arn);
    check_answer(c, want);
    snprintf(in, sizeof in,
             "{'SubscriptionArn':'%s','AttributeName':'RawMessageDelivery','AttributeValue':"
             "'true'}",
             arn);
    ok(sns_call(c, "SetSubscriptionAttributes", in));
    snprintf(in, sizeof in,
             "{'SubscriptionArn':'%s','AttributeName':'FilterPolicy','AttributeValue':''}", arn);
    ok(sns_call(c, "SetSubscriptionAttributes", in));
    snprintf(in, sizeof in, "{'SubscriptionArn':'%s'}", arn);
    ok(sns_call(c, "GetSubscriptionAttributes", in));
    check_at(c, "Attributes.RawMessageDelivery", "'true'");
    check_at(c, "Attributes.FilterPolicy", "");
    check_at(c, "Attributes.FilterPolicyScope", "");
    ok(sns_call(c, "Unsubscribe", in));
    fails(sns_call(c, "GetSubscriptionAttributes", in), "NotFound");
    message("Subscription does not exist");
    ok(sns_call(c, "Unsubscribe", in)); /* gone is gone */
}

static void arns_refused(void **state) {
    static const struct refusal rows[] = {
        {"Unsubscribe", "{'SubscriptionArn':'" TOPIC "'}", "InvalidParameter",
         "Invalid parameter: SubscriptionArn"},
        {"Unsubscribe", "{'SubscriptionArn':'x'}", "InvalidParameter", NULL},
        {"GetSubscriptionAttributes", "{'SubscriptionArn':'" QUEUE ":a'}", "InvalidParameter",
         NULL},
        {"Unsubscribe", "{'SubscriptionArn':'" TOPIC ":a:b'}", "InvalidParameter", NULL},
        {"Unsubscribe", "{'SubscriptionArn':'" TOPIC ":'}", "InvalidParameter", NULL},
        {"Unsubscribe", "{'SubscriptionArn':'arn:aws:sns:us-east-1:111111111111:t:a'}", "NotFound",
         NULL},
        {"GetSubscriptionAttributes",
         "{'SubscriptionArn':'arn:aws:sns:us-east-1:111111111111:t:a'}", "NotFound",
         "Subscription does not exist"},
        {"SetSubscriptionAttributes",
         "{'SubscriptionArn':'" TOPIC ":a','AttributeName':'FilterPolicy'}", "NotFound", NULL},
    };
    check_refusals(*state, sns_call, rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(endpoints),  T(pending),           T(same_again),
        T(attributes), T(attributes_of_one), T(arns_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
