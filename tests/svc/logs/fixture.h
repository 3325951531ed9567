#pragma once
/* A cloud with Logs and CloudWatch. In inputs, T+n and T-n are milliseconds from an hour ago. */
#include "cloud.h"

#include "svc/cloudwatch/cloudwatch.h"
#include "svc/logs/logs.h"

static struct logs_svc *logs;
static struct cw_svc *cw;
static struct aws_service logs_row, cw_row;
static int64_t base_ms;

static inline int logs_setup(void **state) {
    struct err err = {{0}};
    cloud_setup(state);
    struct cloud *c = *state;
    CHECK_INT(logs_open(&logs, c->store, c->hub, &err), 0);
    CHECK_INT(cw_open(&cw, c->store, c->hub, &err), 0);
    logs_row = logs_service(logs);
    cw_row = cw_service(cw);
    cloud_add(c, &logs_row);
    cloud_add(c, &cw_row);
    base_ms = clock_world_ms() - 3600000;
    return 0;
}

static inline int logs_teardown(void **state) {
    clock_set_offset_ms(0);
    logs = logs_close(logs);
    cw = cw_close(cw);
    return cloud_teardown(state);
}

static inline const char *logs_call(struct cloud *c, const char *op, const char *in) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (const char *p = in; *p; p++) {
        if (p[0] == 'T' && (p[1] == '+' || p[1] == '-')) {
            char *end;
            buf_printf(&text, "%lld", (long long)(base_ms + strtoll(p + 1, &end, 10)));
            p = end - 1;
        } else {
            buf_char(&text, *p);
        }
    }
    return cloud_call_as(c, c->root, "logs", op, buf_cstr(&text));
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
#define T(f) cmocka_unit_test_setup_teardown(f, logs_setup, logs_teardown)
