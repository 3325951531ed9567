/* Topics: names, attributes, tags, lists, and what goes with a topic. */
#include "svc/sns/fixture.h"

static void names(void **state) {
    static const struct refusal rows[] = {
        {"CreateTopic", "{'Name':'a_b-9'}", "", NULL},
        {"CreateTopic", "{'Name':''}", "InvalidParameter", "Invalid parameter: Topic Name"},
        {"CreateTopic", "{'Name':'a.b'}", "InvalidParameter", "Invalid parameter: Topic Name"},
        {"CreateTopic", "{'Name':'a.fifo'}", "InvalidParameter",
         "Invalid parameter: FIFO topics are not supported by calotype"},
        {"GetTopicAttributes", "{'TopicArn':'t'}", "InvalidParameter",
         "Invalid parameter: TopicArn"},
        {"GetTopicAttributes", "{'TopicArn':'" TOPIC ":sub'}", "InvalidParameter",
         "Invalid parameter: TopicArn"},
        {"GetTopicAttributes", "{'TopicArn':'arn:aws:sqs:us-east-1:" ACCOUNT ":t'}",
         "InvalidParameter", NULL},
        {"GetTopicAttributes", "{'TopicArn':'" TOPIC "2'}", "NotFound", "Topic does not exist"},
        {"DeleteTopic", "{'TopicArn':'" TOPIC "2'}", "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, sns_call, rows);
    for (size_t n = 256; n <= 257; n++) {
        CLEANUP_DEINIT(buf) struct buf name = many(n, 't'), in = {0};
        buf_printf(&in, "{'Name':'%s'}", buf_cstr(&name));
        fails(sns_call(c, "CreateTopic", buf_cstr(&in)), n == 256 ? "" : "InvalidParameter");
    }
}

static void attributes(void **state) {
    struct cloud *c = *state;
    ok(sns_call(c, "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}"));
    CHECK_INT(json_object_size(json_at(c->call.out, "Attributes")), 7);
    check_at(c, "Attributes.TopicArn", "'" TOPIC "'");
    check_at(c, "Attributes.Owner", "'" ACCOUNT "'");
    check_at(c, "Attributes.DisplayName", "''");
    check_at(c, "Attributes.SubscriptionsConfirmed", "'0'");
    check_at(c, "Attributes.SubscriptionsPending", "'0'");
    check_at(c, "Attributes.SubscriptionsDeleted", "'0'");
    CLEANUP_JSON json_t *policy = json_parse(text_at(c, "Attributes.Policy"), NULL);
    CHECK_STR(json_text(json_at(policy, "Statement.0.Condition.StringEquals.AWS:SourceOwner")),
              S(ACCOUNT));
    CHECK_STR(json_text(json_at(policy, "Statement.0.Resource")), S(TOPIC));
    for (size_t n = 100; n <= 101; n++) {
        CLEANUP_DEINIT(buf) struct buf name = many(n, 'd'), in = {0};
        buf_printf(&in,
                   "{'TopicArn':'" TOPIC "','AttributeName':'DisplayName','AttributeValue':'%s'}",
                   buf_cstr(&name));
        fails(sns_call(c, "SetTopicAttributes", buf_cstr(&in)), n == 100 ? "" : "InvalidParameter");
    }
    message("Invalid parameter: DisplayName");
}

#define SET(name, value)                                                                           \
    "{'TopicArn':'" TOPIC "','AttributeName':'" name "','AttributeValue':'" value "'}"
#define POLICY                                                                                     \
    "{`Statement`:{`Effect`:`Allow`,`Principal`:`*`,`Action`:`sns:Publish`,`Resource`:`*`}}"
/* Terraform sets them to what they are anyway. */
#define DEFAULTS(protocol)                                                                         \
    {"SetTopicAttributes", SET(protocol "SuccessFeedbackSampleRate", "0"), "", NULL},              \
        {"SetTopicAttributes", SET(protocol "SuccessFeedbackRoleArn", ""), "", NULL}, {            \
        "SetTopicAttributes", SET(protocol "FailureFeedbackRoleArn", ""), "", NULL                 \
    }
static void attributes_refused(void **state) {
    static const struct refusal rows[] = {
        {"SetTopicAttributes", SET("Policy", POLICY), "", NULL},
        {"SetTopicAttributes", SET("Policy", "{`Statement`:1}"), "InvalidParameter", NULL},
        {"SetTopicAttributes", SET("Nonsense", "x"), "InvalidParameter",
         "Invalid parameter: AttributeName"},
        {"SetTopicAttributes", SET("FifoTopic", "true"), "InvalidParameter",
         "Invalid parameter: FIFO topics are not supported by calotype (FifoTopic)"},
        {"SetTopicAttributes", SET("FifoTopic", "false"), "", NULL},
        {"SetTopicAttributes", SET("SignatureVersion", "1"), "", NULL},
        {"SetTopicAttributes", SET("SignatureVersion", ""), "", NULL},
        {"SetTopicAttributes", SET("SignatureVersion", "2"), "InvalidParameter",
         "Invalid parameter: SignatureVersion: 2 is not supported by calotype"},
        {"SetTopicAttributes", SET("TracingConfig", "PassThrough"), "", NULL},
        {"SetTopicAttributes", SET("TracingConfig", "Active"), "InvalidParameter", NULL},
        {"SetTopicAttributes", SET("KmsMasterKeyId", "k"), "InvalidParameter", NULL},
        {"SetTopicAttributes", SET("HTTPSuccessFeedbackRoleArn", "r"), "InvalidParameter", NULL},
        DEFAULTS("HTTP"),
        DEFAULTS("Lambda"),
        DEFAULTS("SQS"),
        DEFAULTS("Firehose"),
        DEFAULTS("Application"),
        {"SetTopicAttributes", SET("SQSSuccessFeedbackSampleRate", "100"), "InvalidParameter",
         "Invalid parameter: SQSSuccessFeedbackSampleRate: 100 is not supported by calotype"},
        {"CreateTopic", "{'Name':'p','DataProtectionPolicy':'{}'}", "InvalidParameter",
         "Invalid parameter: the attribute DataProtectionPolicy is not supported by calotype"},
    };
    struct cloud *c = *state;
    check_refusals(c, sns_call, rows);
    ok(sns_call(c, "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}"));
    check_at(c, "Attributes.Policy", "'" POLICY "'");
}

static void created_again(void **state) {
    static const struct refusal rows[] = {
        {"CreateTopic",
         "{'Name':'n','Attributes':{'DisplayName':'N'},'Tags':[{'Key':'k','Value':'v'}]}", "",
         NULL},
        {"CreateTopic", "{'Name':'n'}", "", NULL},
        {"CreateTopic",
         "{'Name':'n','Attributes':{'DisplayName':'N'},'Tags':[{'Key':'k','Value':'v'}]}", "",
         NULL},
        {"CreateTopic", "{'Name':'n','Attributes':{'DisplayName':'M'}}", "InvalidParameter",
         "Invalid parameter: Attributes Reason: Topic already exists with different attributes"},
        {"CreateTopic", "{'Name':'n','Tags':[{'Key':'k','Value':'w'}]}", "InvalidParameter",
         "Invalid parameter: Tags Reason: Topic already exists with different tags"},
    };
    check_refusals(*state, sns_call, rows);
}

#define R "'ResourceArn':'" TOPIC "'"
static void tags(void **state) {
    static const struct refusal rows[] = {
        {"TagResource", "{" R ",'Tags':[{'Key':'a','Value':'1'},{'Key':'b','Value':'2'}]}", "",
         NULL},
        {"TagResource", "{" R ",'Tags':[{'Key':'aws:a','Value':'1'}]}", "InvalidParameter",
         "Invalid parameter: Tags"},
        {"TagResource", "{'ResourceArn':'" TOPIC "2','Tags':[]}", "ResourceNotFound",
         "Resource does not exist"},
        {"ListTagsForResource", "{'ResourceArn':'" TOPIC "2'}", "ResourceNotFound", NULL},
        {"UntagResource", "{'ResourceArn':'" TOPIC "2','TagKeys':['a']}", "ResourceNotFound", NULL},
        {"UntagResource", "{" R ",'TagKeys':['a','none']}", "", NULL},
        {"ListTagsForResource", "{" R "}", "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, sns_call, rows);
    check_answer(c, "{'Tags':[{'Key':'b','Value':'2'}]}");
    for (int i = 0; i < 50; i++) {
        char in[200];
        snprintf(in, sizeof in, "{" R ",'Tags':[{'Key':'k%d','Value':''}]}", i);
        fails(sns_call(c, "TagResource", in), i < 49 ? "" : "TagLimitExceeded");
    }
    message("Could not complete request: tag quota of per resource exceeded");
}

/* A hundred a page. */
static void lists(void **state) {
    struct cloud *c = *state;
    char in[200];
    for (int i = 0; i < 100; i++) {
        snprintf(in, sizeof in, "{'Name':'a%03d'}", i);
        ok(sns_call(c, "CreateTopic", in));
    }
    ok(sns_call(c, "ListTopics", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Topics")), 100);
    check_at(c, "Topics.99", "{'TopicArn':'arn:aws:sns:us-east-1:" ACCOUNT ":a099'}");
    snprintf(in, sizeof in, "{'NextToken':'" STR_FMT "'}", STR_ARG(text_at(c, "NextToken")));
    ok(sns_call(c, "ListTopics", in));
    check_answer(c, "{'Topics':[{'TopicArn':'" TOPIC "'}]}");
    fails(sns_call(c, "ListSubscriptions", in), "InvalidParameter");
    message("Invalid parameter: NextToken");
}

static void deleted_with_its_subscriptions(void **state) {
    struct cloud *c = *state;
    ok(sns_call(c, "Subscribe",
                "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" QUEUE "'}"));
    ok(sns_call(c, "CreateTopic", "{'Name':'t2'}"));
    ok(sns_call(c, "Subscribe",
                "{'TopicArn':'" TOPIC "2','Protocol':'sqs','Endpoint':'" QUEUE "'}"));
    ok(sns_call(c, "DeleteTopic", "{'TopicArn':'" TOPIC "'}"));
    ok(sns_call(c, "ListSubscriptions", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Subscriptions")), 1);
    check_at(c, "Subscriptions.0.TopicArn", "'" TOPIC "2'");
    ok(sns_call(c, "CreateTopic", "{'Name':'t'}"));
    ok(sns_call(c, "ListSubscriptionsByTopic", "{'TopicArn':'" TOPIC "'}"));
    check_answer(c, "{'Subscriptions':[]}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(names),
        T(attributes),
        T(attributes_refused),
        T(created_again),
        T(tags),
        T(lists),
        T(deleted_with_its_subscriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
