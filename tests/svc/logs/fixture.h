#pragma once
/* A cloud with Logs and CloudWatch. In inputs, T+n and T-n are milliseconds from an hour ago. */
#include "lib/cloud.h"

#include "svc/cloudwatch/cloudwatch.h"
#include "svc/logs/logs.h"

CLOUD_PLUG(cw);
CLOUD_PLUG(logs);

static struct logs_svc *logs;
static int64_t base_ms;

static inline int logs_setup(void **state) {
    cloud_setup(state);
    logs = cloud_plug(*state, &plug_logs);
    cloud_plug(*state, &plug_cw);
    base_ms = clock_world_ms() - 3600000;
    return 0;
}

static inline const char *logs_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_at(c, "logs", op, in, base_ms);
}

/* The messages of the last answer, joined by commas. */
static inline const char *messages(struct cloud *c) {
    static char text[4096];
    const json_t *events = json_arr(c->call.out, "events");
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(events); i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s" STR_FMT, i ? "," : "",
                               STR_ARG(json_str(json_array_get(events, i), "message")));
    return text;
}

/* Group g with streams s and t; s has a, b, c at T+1, T+2, T+3 and t has x, y at T+1, T+2. */
static inline void fill(struct cloud *c) {
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}"));
    ok(logs_call(c, "CreateLogStream", "{'logGroupName':'g','logStreamName':'s'}"));
    ok(logs_call(c, "CreateLogStream", "{'logGroupName':'g','logStreamName':'t'}"));
    ok(logs_call(
        c, "PutLogEvents",
        "{'logGroupName':'g','logStreamName':'s','logEvents':[{'timestamp':T+1,'message':'a'},"
        "{'timestamp':T+2,'message':'b'},{'timestamp':T+3,'message':'c'}]}"));
    ok(logs_call(
        c, "PutLogEvents",
        "{'logGroupName':'g','logStreamName':'t','logEvents':[{'timestamp':T+1,'message':'x'},"
        "{'timestamp':T+2,'message':'y'}],'sequenceToken':'anything'}"));
}
#define T(f) cmocka_unit_test_setup_teardown(f, logs_setup, cloud_teardown)
