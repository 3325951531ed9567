#pragma once
/* A cloud with SNS and SQS. Topic "t", and queue "q" which lets it send. The hub runs. */
#include "svc/answers.h"

#include "svc/sns/sns.h"
#include "svc/sqs/sqs.h"

#define TOPIC "arn:aws:sns:us-east-1:" ACCOUNT ":t"
#define QUEUE "arn:aws:sqs:us-east-1:" ACCOUNT ":q"
#define Q_URL "'QueueUrl':'/" ACCOUNT "/q'"

CLOUD_PLUG(sns);
CLOUD_PLUG(sqs);

static inline const char *sns_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "sns", op, in);
}
static inline const char *sqs_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "sqs", op, in);
}

static inline int sns_setup(void **state) {
    struct err err = {{0}};
    cloud_setup(state);
    struct cloud *c = *state;
    cloud_plug(c, &plug_sqs);
    cloud_plug(c, &plug_sns);
    CHECK_INT(hub_start(c->hub, &err), 0);
    ok(sns_call(c, "CreateTopic", "{'Name':'t'}"));
    ok(sqs_call(c, "CreateQueue",
                "{'QueueName':'q','Attributes':{'Policy':'{`Version`:`2012-10-17`,`Statement`:"
                "{`Effect`:`Allow`,`Principal`:{`Service`:`sns.amazonaws.com`},`Action`:"
                "`sqs:SendMessage`,`Resource`:`*`}}'}}"));
    return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, sns_setup, cloud_teardown)
