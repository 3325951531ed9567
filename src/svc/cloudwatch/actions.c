/*
 * SetAlarmState, and the actions of a state that changed: a message to a topic, an event to a
 * function. What became of each is an item of the alarm's history.
 */
#include "base/arn.h"
#include "base/clock.h"
#include "svc/cloudwatch/cw_priv.h"

/* ---- What an action says ---- */

/* The message that a topic gets ("Amazon SNS notification of an alarm"). */
static json_t *message_of(const struct rq *rq, const json_t *doc, const json_t *old) {
    static const struct {
        const char *to, *from;
    } members[] = {
        {"AlarmName", "AlarmName"},       {"AlarmDescription", "AlarmDescription"},
        {"NewStateValue", "StateValue"},  {"NewStateReason", "StateReason"},
        {"AlarmArn", "AlarmArn"},         {"OKActions", "OKActions"},
        {"AlarmActions", "AlarmActions"}, {"InsufficientDataActions", "InsufficientDataActions"}};
    static const char *const trigger_members[] = {"MetricName",
                                                  "Namespace",
                                                  "Statistic",
                                                  "ExtendedStatistic",
                                                  "Unit",
                                                  "Dimensions",
                                                  "Period",
                                                  "EvaluationPeriods",
                                                  "DatapointsToAlarm",
                                                  "ComparisonOperator",
                                                  "Threshold",
                                                  "TreatMissingData"};
    char time[CLOCK_ISO_MAX];
    json_t *out = json_object(), *trigger = json_object();
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        json_t *v = json_object_get(doc, members[i].from);
        json_set(out, members[i].to, v ? json_incref(v) : json_null());
    }
    for (size_t i = 0; i < ARRAY_LEN(trigger_members); i++)
        json_set(trigger, trigger_members[i],
                 json_incref(json_object_get(doc, trigger_members[i])));
    json_set_str(out, "AWSAccountId", rq->account);
    json_set_str(out, "Region", rq->region);
    json_set_str(out, "OldStateValue", json_str(old, "StateValue"));
    json_set_str(out, "StateChangeTime", str_c(clock_iso8601_ms(time, rq->now_ms)));
    json_set(out, "Trigger", trigger);
    return out;
}

/* {"value", "reason", "timestamp"} of the state that doc has. */
static json_t *state_of(const json_t *doc) {
    char time[CLOCK_ISO_MAX];
    double at_s = json_num(doc, "StateUpdatedTimestamp", 0);
    json_t *out = json_object();
    json_set_str(out, "value", json_str(doc, "StateValue"));
    json_set_str(out, "reason", json_str(doc, "StateReason"));
    if (json_has(doc, "StateReasonData"))
        json_set_str(out, "reasonData", json_str(doc, "StateReasonData"));
    json_set_str(out, "timestamp", str_c(clock_iso8601_ms(time, (int64_t)(at_s * 1000 + 0.5))));
    return out;
}

/* The one metric of the alarm, as the API's MetricDataQuery in an event's spelling. */
static json_t *metric_of(const json_t *doc) {
    json_t *dimensions = json_object(), *metric = json_object(), *stat = json_object(),
           *query = json_object();
    size_t i;
    json_t *dimension;
    json_array_foreach (json_arr(doc, "Dimensions"), i, dimension)
        json_set_str(dimensions, json_string_value(json_object_get(dimension, "Name")),
                     json_str(dimension, "Value"));
    json_set_str(metric, "namespace", json_str(doc, "Namespace"));
    json_set_str(metric, "name", json_str(doc, "MetricName"));
    json_set(metric, "dimensions", dimensions);
    json_set(stat, "metric", metric);
    json_set_int(stat, "period", json_int(doc, "Period", 0));
    json_set_str(stat, "stat",
                 json_str(doc, json_has(doc, "Statistic") ? "Statistic" : "ExtendedStatistic"));
    json_set_str(query, "id", S("m1"));
    json_set(query, "metricStat", stat);
    json_set_bool(query, "returnData", true);
    return query;
}

/* The event that a function gets ("Invoke a Lambda function from an alarm", user guide). */
static json_t *event_of(const struct rq *rq, const json_t *doc, const json_t *old) {
    char time[CLOCK_ISO_MAX];
    json_t *out = json_object(), *data = json_object(), *configuration = json_object(),
           *metrics = json_array();
    json_array_append_new(metrics, metric_of(doc));
    if (json_has(doc, "AlarmDescription"))
        json_set_str(configuration, "description", json_str(doc, "AlarmDescription"));
    json_set(configuration, "metrics", metrics);
    json_set_str(data, "alarmName", json_str(doc, "AlarmName"));
    json_set(data, "state", state_of(doc));
    json_set(data, "previousState", state_of(old));
    json_set(data, "configuration", configuration);
    json_set_str(out, "source", S("aws.cloudwatch"));
    json_set_str(out, "alarmArn", json_str(doc, "AlarmArn"));
    json_set_str(out, "accountId", rq->account);
    json_set_str(out, "time", str_c(clock_iso8601_ms(time, rq->now_ms)));
    json_set_str(out, "region", rq->region);
    json_set(out, "alarmData", data);
    return out;
}

/* ---- Who may be told ---- */

/* Topics and functions: the principal that their policies see, and the words of a refusal. */
struct kind {
    const char *service, *principal;
    json_t *(*says)(const struct rq *rq, const json_t *doc, const json_t *old);
    void (*denied)(struct buf *out, const struct hub_event *event);
    const char *missing;
};

static void topic_denies(struct buf *out, const struct hub_event *event) {
    buf_printf(out,
               "Resource: " STR_FMT
               " is not authorized to perform: SNS:Publish on resource: " STR_FMT
               " because no resource-based policy allows the SNS:Publish action",
               STR_ARG(event->source_arn), STR_ARG(event->target));
}

static void function_denies(struct buf *out, const struct hub_event *) {
    buf_c(out, "CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on the "
               "resource because no resource-based policy allows the lambda:InvokeFunction action");
}

static const struct kind kinds[] = {
    {"sns", "cloudwatch.amazonaws.com", message_of, topic_denies, "Topic does not exist"},
    {"lambda", "lambda.alarms.cloudwatch.amazonaws.com", event_of, function_denies,
     "The function does not exist"},
};

static const struct kind *kind_of(str action) {
    struct arn arn;
    if (!arn_parse(action, &arn))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_is(arn.service, kinds[i].service))
            return &kinds[i];
    return NULL;
}

bool cw_action_is_offered(str action) { return kind_of(action) != NULL; }

/* ---- What became of an action ---- */

/* error: empty where the target took it. */
static void remember_action(struct cw_svc *cw, struct store_batch *batch,
                            const struct hub_event *event, str error) {
    static const str prefix = S_INIT("alarm:");
    CLEANUP_DEINIT(buf) struct buf summary = {0};
    CLEANUP_JSON json_t *data = json_object();
    struct arn alarm;
    if (!arn_parse(event->source_arn, &alarm) || !str_starts(alarm.resource, prefix))
        return;
    json_set_str(data, "actionState", error.len ? S("Failed") : S("Succeeded"));
    json_set_str(data, "notificationResource", event->target);
    buf_printf(&summary, "%s action " STR_FMT,
               error.len ? "Failed to execute" : "Successfully executed", STR_ARG(event->target));
    if (error.len) {
        json_set_str(data, "error", error);
        buf_printf(&summary, ". Received error: \"" STR_FMT "\"", STR_ARG(error));
    }
    json_set_str(data, "publishedMessage", event->payload);
    if (!cw_history_fits(data)) /* what became of it is worth more than what it said */
        json_object_del(data, "publishedMessage");
    cw_history_add(cw, batch,
                   &(struct cw_history){.account = event->account,
                                        .region = event->region,
                                        .alarm = str_skip(alarm.resource, prefix.len),
                                        .type = "Action",
                                        .summary = buf_view(&summary),
                                        .data = data,
                                        .time_ms = clock_world_ms()});
}

/* The hub tells, in the batch that settles the action. */
static void on_outcome(void *cw, struct store_batch *batch, const struct hub_event *event,
                       int outcome) {
    CLEANUP_DEINIT(buf) struct buf error = {0};
    const struct kind *kind = kind_of(event->target);
    if (outcome == HUB_E_DENIED && kind)
        kind->denied(&error, event);
    else if (outcome == HUB_E_NO_TARGET && kind)
        buf_c(&error, kind->missing);
    else if (outcome != HUB_OK)
        buf_c(&error, "The target was not ready for six hours");
    remember_action(cw, batch, event, buf_view(&error));
}

void cw_actions_plug(struct cw_svc *cw) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        hub_plug_outcome(cw->hub, kinds[i].principal, on_outcome, cw);
}

/* ---- The actions of a state ---- */

static void deliver(struct cw_svc *cw, struct rq *rq, const json_t *doc, const json_t *old,
                    str action) {
    const struct kind *kind = kind_of(action);
    CLEANUP_DEINIT(buf) struct buf payload = {0}, subject = {0};
    CLEANUP_JSON json_t *says = kind ? kind->says(rq, doc, old) : NULL;
    if (kind)
        json_write(&payload, says);
    buf_printf(&subject, STR_FMT ": \"" STR_FMT "\" in " STR_FMT,
               STR_ARG(json_str(doc, "StateValue")), STR_ARG(json_str(doc, "AlarmName")),
               STR_ARG(rq->region));
    const struct hub_event event = {.target = action,
                                    .source_service = kind ? str_c(kind->principal) : STR_NONE,
                                    .source_arn = json_str(doc, "AlarmArn"),
                                    .source_account = rq->account,
                                    .payload = buf_view(&payload),
                                    .subject = buf_view(&subject),
                                    .account = rq->account,
                                    .region = rq->region};
    if (kind)
        hub_deliver(cw->hub, rq_batch(rq), &event);
    else /* of an alarm in older data: PutMetricAlarm refuses it */
        remember_action(cw, rq_batch(rq), &event, S("The action is not supported by calotype"));
}

static void deliver_all(struct cw_svc *cw, struct rq *rq, const json_t *doc, const json_t *old) {
    str state = json_str(doc, "StateValue");
    const json_t *actions = json_arr(doc, str_is(state, "ALARM") ? "AlarmActions"
                                          : str_is(state, "OK")  ? "OKActions"
                                                                 : "InsufficientDataActions");
    for (size_t i = 0; i < json_array_size(actions); i++)
        deliver(cw, rq, doc, old, json_text(json_array_get(actions, i)));
}

/* ---- SetAlarmState ---- */

/* One of the two states in an item of the history. */
static json_t *told_state(const json_t *doc) {
    json_t *out = json_object();
    json_set_str(out, "stateValue", json_str(doc, "StateValue"));
    json_set_str(out, "stateReason", json_str(doc, "StateReason"));
    if (json_has(doc, "StateReasonData"))
        json_set(out, "stateReasonData", json_parse(json_str(doc, "StateReasonData"), NULL));
    return out;
}

static void remember(struct cw_svc *cw, struct rq *rq, const json_t *doc, const json_t *old) {
    CLEANUP_JSON json_t *data = json_object();
    json_set_str(data, "version", S("1.0"));
    json_set(data, "oldState", told_state(old));
    json_set(data, "newState", told_state(doc));
    str summary =
        arena_printf(&rq->arena, "Alarm updated from " STR_FMT " to " STR_FMT,
                     STR_ARG(json_str(old, "StateValue")), STR_ARG(json_str(doc, "StateValue")));
    cw_history_add(cw, rq_batch(rq),
                   &(struct cw_history){.account = rq->account,
                                        .region = rq->region,
                                        .alarm = json_str(doc, "AlarmName"),
                                        .type = "StateUpdate",
                                        .summary = summary,
                                        .data = data,
                                        .time_ms = rq->now_ms});
}

int cw_op_SetAlarmState(struct cw_svc *cw, struct rq *rq) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    str name = json_str(rq->in, "AlarmName"), data = json_str(rq->in, "StateReasonData");
    int r = cw_alarm_read(rq, name, &row, &doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &CW_ResourceNotFound, "Alarm " STR_FMT " does not exist",
                        STR_ARG(name));
    if (r)
        return AWS_FAILED;
    if (data.p) {
        CLEANUP_JSON json_t *parsed = json_parse(data, NULL);
        if (!parsed)
            return aws_fail(rq, &CW_InvalidFormatFault, "StateReasonData is not valid JSON");
    }
    CLEANUP_JSON json_t *old = json_copy(doc);
    cw_alarm_set_state(doc, json_string_value(json_object_get(rq->in, "StateValue")),
                       json_str(rq->in, "StateReason"), data, (double)rq->now_ms / 1000);
    row_put_json(rq_rows(rq), &row, doc);
    if (json_equal(json_object_get(doc, "StateValue"), json_object_get(old, "StateValue")))
        return 0;
    remember(cw, rq, doc, old);
    if (cw->hub && json_bool(doc, "ActionsEnabled", true))
        deliver_all(cw, rq, doc, old);
    return 0;
}
