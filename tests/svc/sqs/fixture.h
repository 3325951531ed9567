#pragma once
/* A cloud with SQS. "jobs" is the queue that most tests speak of. */
#include "svc/answers.h"

#include "svc/sqs/sqs.h"

#define JOBS "'QueueUrl':'http://localhost/" ACCOUNT "/jobs'"

CLOUD_PLUG(sqs);

static struct sqs_svc *sqs;

static inline const char *sqs_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "sqs", op, in);
}

static inline int sqs_setup(void **state) {
    cloud_setup(state);
    struct cloud *c = *state;
    sqs = cloud_plug(c, &plug_sqs);
    ok(sqs_call(c, "CreateQueue", "{'QueueName':'jobs'}"));
    return 0;
}

/* ms of world time pass. */
static inline void later(int64_t ms) { clock_set_offset_ms(clock_offset_ms() + ms); }

/* The bodies that a receive of up to ten finds, joined by commas. */
static inline const char *received(struct cloud *c, const char *in) {
    static char text[4096];
    ok(sqs_call(c, "ReceiveMessage", in));
    const json_t *messages = json_arr(c->call.out, "Messages");
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(messages); i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s" STR_FMT, i ? "," : "",
                               STR_ARG(json_str(json_array_get(messages, i), "Body")));
    return text;
}
#define TEN "{" JOBS ",'MaxNumberOfMessages':10}"

/* Of the queue "jobs": "visible/in flight/delayed". */
static inline const char *counts(struct cloud *c) {
    static char text[80];
    ok(sqs_call(c, "GetQueueAttributes", "{" JOBS ",'AttributeNames':['All']}"));
    snprintf(text, sizeof text, STR_FMT "/" STR_FMT "/" STR_FMT,
             STR_ARG(text_at(c, "Attributes.ApproximateNumberOfMessages")),
             STR_ARG(text_at(c, "Attributes.ApproximateNumberOfMessagesNotVisible")),
             STR_ARG(text_at(c, "Attributes.ApproximateNumberOfMessagesDelayed")));
    return text;
}
#define T(f) cmocka_unit_test_setup_teardown(f, sqs_setup, cloud_teardown)
