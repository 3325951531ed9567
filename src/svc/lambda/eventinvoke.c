/* How asynchronous invocations are retried and where their records go: the four calls and the list.
 */
#include "svc/lambda/lambda_priv.h"

static bool is_destination(str arn) {
    return str_starts(arn, S("arn:aws:sqs:")) || str_starts(arn, S("arn:aws:sns:")) ||
           (str_starts(arn, S("arn:aws:lambda:")) && str_find(arn, S(":function:")) > 0);
}

static int take_destination(struct rq *rq, const json_t *in, const char *which, json_t *out) {
    str arn = json_str(json_obj(in, which), "Destination");
    if (!arn.len)
        return 0;
    if (!is_destination(arn))
        return lambda_fail_invalid(rq,
                                   "The destination ARN " STR_FMT
                                   " is invalid: this build delivers to SQS queues, SNS topics "
                                   "and Lambda functions.",
                                   STR_ARG(arn));
    json_t *one = json_object();
    json_set_str(one, "Destination", arn);
    json_set(out, which, one);
    return 0;
}

/* The members given, over what was there. */
static int take_members(struct rq *rq, json_t *config) {
    static const char *const numbers[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (json_has(rq->in, numbers[i]))
            json_set_int(config, numbers[i], json_int(rq->in, numbers[i], 0));
    const json_t *in = json_obj(rq->in, "DestinationConfig");
    if (!in)
        return 0;
    json_t *out = json_object();
    json_set(config, "DestinationConfig", out);
    return take_destination(rq, in, "OnSuccess", out) || take_destination(rq, in, "OnFailure", out)
               ? AWS_FAILED
               : 0;
}

/* As it is answered. */
static json_t *describe(const struct lambda_change *c) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    lambda_name_arn(&c->name, &arn);
    buf_c(&arn, ":$LATEST");
    json_t *out = json_copy(json_obj(c->doc, "EventInvoke"));
    json_set_str(out, "FunctionArn", buf_view(&arn));
    if (!json_has(out, "DestinationConfig"))
        json_set(out, "DestinationConfig", json_pack("{s:{},s:{}}", "OnSuccess", "OnFailure"));
    return out;
}

static int change(struct rq *rq, struct lambda_change *c, bool fresh) {
    json_t *config = json_obj(c->doc, "EventInvoke");
    if (fresh || !config) {
        config = json_object();
        json_set(c->doc, "EventInvoke", config);
    }
    if (take_members(rq, config))
        return AWS_FAILED;
    json_set(config, "LastModified", json_real((double)rq->now_ms / 1000));
    lambda_change_put(rq, c);
    lambda_rq_changed(rq);
    rq->out = describe(c);
    return 0;
}

static int put_config(struct rq *rq, struct lambda_change *c) { return change(rq, c, true); }
static int update_config(struct rq *rq, struct lambda_change *c) { return change(rq, c, false); }
LAMBDA_OP(PutFunctionEventInvokeConfig, put_config, "FunctionName")
LAMBDA_OP(UpdateFunctionEventInvokeConfig, update_config, "FunctionName")

static int no_config(struct rq *rq, const struct lambda_change *c) {
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    lambda_name_arn(&c->name, &arn);
    return aws_fail(rq, &lambda_e_ResourceNotFoundException,
                    "The function %s doesn't have an EventInvokeConfig", buf_cstr(&arn));
}

static int get_config(struct rq *rq, struct lambda_change *c) {
    if (!json_obj(c->doc, "EventInvoke"))
        return no_config(rq, c);
    rq->out = describe(c);
    return 0;
}
LAMBDA_OP(GetFunctionEventInvokeConfig, get_config, "FunctionName")

static int delete_config(struct rq *rq, struct lambda_change *c) {
    if (!json_obj(c->doc, "EventInvoke"))
        return no_config(rq, c);
    json_object_del(c->doc, "EventInvoke");
    lambda_change_put(rq, c);
    lambda_rq_changed(rq);
    return 0;
}
LAMBDA_OP(DeleteFunctionEventInvokeConfig, delete_config, "FunctionName")

static int list_configs(struct rq *rq, struct lambda_change *c) {
    rq->out = json_pack("{s:[]}", "FunctionEventInvokeConfigs");
    if (json_obj(c->doc, "EventInvoke"))
        json_array_append_new(json_arr(rq->out, "FunctionEventInvokeConfigs"), describe(c));
    return 0;
}
LAMBDA_OP(ListFunctionEventInvokeConfigs, list_configs, "FunctionName")
