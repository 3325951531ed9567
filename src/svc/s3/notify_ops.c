/* svc/s3: notification configurations: checked, tried, stored. */
#include "base/arn.h"
#include "svc/s3/config.h"

static int invalid(struct rq *rq, const char *text, str name, str value) {
    aws_fail(rq, &S3_InvalidArgument, "%s", text);
    if (name.p) {
        aws_fail_detail(rq, "ArgumentName", name);
        aws_fail_detail(rq, "ArgumentValue", value);
    }
    return AWS_FAILED;
}

/* "lambda", "sqs", "sns". */
static str service_of(str text) {
    struct arn arn;
    arn_parse(text, &arn);
    return arn.service;
}

/* Is the target of the list's kind, there, and open to this bucket? S3's words where not. */
static int check_target(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                        const struct s3_notify_target *target, bool try) {
    static const struct {
        const char *service, *missing, *denied;
    } kinds[] = {
        {"lambda", "The destination Lambda function does not exist",
         "Not authorized to invoke function"},
        {"sqs", "The destination queue does not exist",
         "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"},
        {"sns", "The destination topic does not exist",
         "Permissions on the destination topic do not allow S3 to publish notifications from this bucket"},
    };
    str service = service_of(target->arn);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_is(service, kinds[i].service))
            continue;
        struct hub_event event = s3_hub_event(rq, bucket, target->arn, S(""));
        int r = try ? hub_check(svc->hub, &event) : HUB_OK;
        if (r == HUB_OK)
            return 0;
        return invalid(rq, "Unable to validate the following destination configurations",
                       target->arn, str_c(r == HUB_E_DENIED ? kinds[i].denied : kinds[i].missing));
    }
    return invalid(rq, "The ARN could not be parsed", target->arn,
                   S("The ARN names no function, queue or topic"));
}

/* A function's ARN belongs into the list of functions, and so on. */
static int check_lists(struct rq *rq, const json_t *config) {
    static const struct {
        const char *list, *arn, *service, *text;
    } lists[] = {
        {"LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda",
         "The ARN is not well formed"},
        {"QueueConfigurations", "QueueArn", "sqs", "The ARN is not well formed"},
        {"TopicConfigurations", "TopicArn", "sns", "The ARN is not well formed"},
    };
    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        size_t i;
        json_t *item;
        json_array_foreach (json_arr(config, lists[k].list), i, item) {
            str arn = json_str(item, lists[k].arn);
            if (!str_is(service_of(arn), lists[k].service))
                return invalid(rq, lists[k].text, arn, arn);
        }
    }
    if (json_has(config, "EventBridgeConfiguration"))
        return aws_fail(rq, &S3_NotImplemented, "EventBridgeConfiguration is not supported");
    return 0;
}

/* S3 sends a test message to queues and topics of a new configuration, and none to functions. */
static void send_test(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                      const struct s3_notify *notify) {
    for (size_t i = 0; i < s3_notify_count(notify); i++) {
        str arn = s3_notify_at(notify, i)->arn;
        if (str_is(service_of(arn), "lambda"))
            continue;
        CLEANUP_DEINIT(buf) struct buf text = {0};
        s3_event_write_test(&text, bucket->name, rq->now_ms, str_c(rq->id), str_c(rq->id));
        struct hub_event event = s3_hub_event(rq, bucket, arn, buf_view(&text));
        hub_deliver(svc->hub, rq_batch(rq), &event);
    }
}

static int check_targets(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                         const struct s3_notify *notify) {
    bool try = !json_bool(rq->in, "SkipDestinationValidation", false);
    for (size_t i = 0; i < s3_notify_count(notify); i++) {
        int r = check_target(svc, rq, bucket, s3_notify_at(notify, i), try);
        if (r)
            return r;
    }
    return 0;
}

static int take_notification(struct s3_svc *svc, struct rq *rq, struct s3_config *config) {
    CLEANUP(s3_notify) struct s3_notify *notify = NULL;
    struct err why = {""};
    const json_t *given = json_obj(rq->in, "NotificationConfiguration");
    int r = check_lists(rq, given);
    if (r)
        return r;
    CLEANUP_JSON json_t *doc = s3_notify_normalise(given);
    if (s3_notify_new(&notify, doc, &why))
        return invalid(rq, why.text, STR_NONE, STR_NONE);
    r = check_targets(svc, rq, config->bucket, notify);
    if (r)
        return r;
    config->row.has_notification = s3_notify_count(notify) > 0;
    if (config->row.has_notification)
        json_write(&config->text, doc);
    send_test(svc, rq, config->bucket, notify);
    return 0;
}

static const struct s3_config_kind notification = {
    .row = "notification", .unset = "{}", .take = take_notification};
S3_CONFIG_OP(get, GetBucketNotificationConfiguration, notification)
S3_CONFIG_OP(put, PutBucketNotificationConfiguration, notification)
