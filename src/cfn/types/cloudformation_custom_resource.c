/*
 * AWS::CloudFormation::CustomResource and Custom::X ("CloudFormation custom resource request and
 * response reference", CloudFormation User Guide): the function behind ServiceToken gets a request
 * and answers by PUT to its ResponseURL. Token and signature are the secret of the URL; the token's
 * row exists before the function is invoked, and holds the answer once it came. Waiting ends at
 * ServiceTimeout, in world time, also where the function has failed or ended before, as on AWS. A
 * restart sends the request again with the same RequestId.
 */
#include "cfn/engine.h"

#include "base/clock.h"
#include "base/rand.h"

enum { MOST_PHYSICAL = 1024, URL_SECONDS = 7200 };

static void prepare(struct cfn_work *w) {
    char token[65], signature[65], request[RAND_UUID_LEN + 1];
    uint64_t seconds = CFN_MOST_SERVICE_TIMEOUT_S;
    rand_hex(token, 32);
    rand_hex(signature, 32);
    rand_uuid(request);
    const json_t *timeout = json_object_get(w->props, "ServiceTimeout");
    if (json_is_integer(timeout))
        seconds = (uint64_t)json_integer_value(timeout);
    else
        str_to_u64(json_text(timeout), &seconds);
    if (seconds == 0 || seconds > CFN_MOST_SERVICE_TIMEOUT_S) /* a stack of an older version */
        seconds = CFN_MOST_SERVICE_TIMEOUT_S;
    json_set_str(w->notes, "Token", str_c(token));
    json_set_str(w->notes, "Signature", str_c(signature));
    json_set_str(w->notes, "RequestId", str_c(request));
    json_set_int(w->notes, "Deadline", clock_world_ms() + (int64_t)seconds * 1000);
}

/* ---- The request ---- */

/* CloudFormation hands on every scalar as a string. */
static json_t *stringified(const json_t *value) {
    const char *name;
    json_t *one;
    size_t i;
    if (json_is_object(value)) {
        json_t *all = json_object();
        json_object_foreach ((json_t *)value, name, one)
            json_object_set_new(all, name, stringified(one));
        return all;
    }
    if (json_is_array(value)) {
        json_t *all = json_array();
        json_array_foreach (value, i, one)
            json_array_append_new(all, stringified(one));
        return all;
    }
    if (json_is_string(value))
        return json_incref((json_t *)value);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, value);
    return json_of_str(buf_view(&text));
}

/* As a presigned one: the query is part of it. */
static json_t *response_url(const struct cfn_work *w) {
    CLEANUP_DEINIT(buf) struct buf url = {0};
    buf_printf(&url,
               CFN_RESPONSE_BASE CFN_ANSWERS STR_FMT
               "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=%d&X-Amz-SignedHeaders=host",
               STR_ARG(json_str(w->notes, "Token")), URL_SECONDS);
    if (json_has(w->notes, "Signature")) /* a request of an older version has none */
        buf_printf(&url, "&" CFN_ANSWER_SIGNATURE "=" STR_FMT,
                   STR_ARG(json_str(w->notes, "Signature")));
    return json_of_str(buf_view(&url));
}

static json_t *request_of(const struct cfn_work *w) {
    json_t *request = json_object();
    json_set_str(request, "RequestType", str_c(w->verb));
    json_set_str(request, "ServiceToken", json_str(w->props, "ServiceToken"));
    json_set(request, "ResponseURL", response_url(w));
    json_set_str(request, "StackId", w->stack_id);
    json_set_str(request, "RequestId", json_str(w->notes, "RequestId"));
    json_set_str(request, "LogicalResourceId", w->logical_id);
    json_set_str(request, "ResourceType", w->type);
    if (strcmp(w->verb, "Create") != 0)
        json_set_str(request, "PhysicalResourceId", cfn_physical(w));
    json_set(request, "ResourceProperties", stringified(w->props));
    if (w->old)
        json_set(request, "OldResourceProperties", stringified(w->old));
    return request;
}

static int send_request(struct cfn_work *w) {
    str target = json_str(w->props, "ServiceToken");
    CLEANUP_JSON json_t *request = request_of(w);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, request);
    json_t *in = json_object();
    if (str_starts(target, S("arn:aws:lambda:"))) {
        json_set_str(in, "FunctionName", target);
        json_set_str(in, "InvocationType", S("Event"));
        json_set_str(in, "Payload", buf_view(&text)); /* bytes: the backend makes it the body */
        return cfn_call(w, "lambda", "Invoke", in, NULL);
    }
    if (str_starts(target, S("arn:aws:sns:"))) {
        json_set_str(in, "TopicArn", target);
        json_set_str(in, "Subject", S("AWS CloudFormation custom resource request"));
        json_set_str(in, "Message", buf_view(&text));
        return cfn_call(w, "sns", "Publish", in, NULL);
    }
    json_decref(in);
    return cfn_fail(w, "Invalid service token: " STR_FMT, STR_ARG(target));
}

/* ---- The answer ---- */

static int take_data(struct cfn_work *w, const json_t *data) {
    const char *name;
    json_t *value;
    json_object_clear(w->attributes);
    json_object_foreach ((json_t *)data, name, value)
        json_object_set_new(w->attributes, name, stringified(value));
    return CFN_DONE;
}

/*
 * What must be in an answer, in the words that AWS has for it. Another request's ids are refused;
 * that they are there at all is not asked.
 */
static int check_answer(struct cfn_work *w, const json_t *answer) {
    str status = json_str(answer, "Status"), physical = json_str(answer, "PhysicalResourceId");
    const struct {
        const char *name;
        str want;
    } ids[] = {{"StackId", w->stack_id},
               {"RequestId", json_str(w->notes, "RequestId")},
               {"LogicalResourceId", w->logical_id}};
    if (json_is_string(answer)) /* cfn_reply_answer says so */
        return cfn_fail(w, "%s", json_string_value(answer));
    if (!str_is(status, "SUCCESS") && !str_is(status, "FAILED"))
        return cfn_fail(w, "Invalid Response object: '" STR_FMT "' is not a valid ResponseStatus",
                        STR_ARG(status));
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if (json_has(answer, ids[i].name) && !str_eq(json_str(answer, ids[i].name), ids[i].want))
            return cfn_fail(w, "Invalid %s", ids[i].name);
    if (!physical.len || physical.len > MOST_PHYSICAL)
        return cfn_fail(w, "Invalid PhysicalResourceId");
    return CFN_DONE;
}

static int read_answer(struct cfn_work *w, const json_t *answer) {
    str reason = json_str(answer, "Reason");
    bool is_delete = strcmp(w->verb, "Delete") == 0;
    if (check_answer(w, answer))
        return CFN_FAILED;
    if (!is_delete)
        cfn_set_physical(w, json_str(answer, "PhysicalResourceId"));
    if (str_is(json_str(answer, "Status"), "FAILED"))
        return cfn_fail(
            w,
            "Received response status [FAILED] from custom resource. Message returned: " STR_FMT
            " (RequestId: " STR_FMT ")",
            STR_ARG(reason), STR_ARG(json_str(w->notes, "RequestId")));
    w->no_echo = json_bool(answer, "NoEcho", false);
    return is_delete ? CFN_DONE : take_data(w, json_obj(answer, "Data"));
}

/* ---- The conversation ---- */

static int send_once(struct cfn_work *w) {
    if (json_bool(w->notes, "Sent", false))
        return CFN_DONE;
    if (!w->physical.len) /* what Delete will name if no answer ever comes */
        cfn_set_physical(w, w->name);
    int r = send_request(w);
    if (r && strcmp(w->verb, "Create") == 0)
        buf_clear(&w->physical); /* nobody was asked: there is nothing to delete */
    if (r == CFN_DONE)
        json_set_bool(w->notes, "Sent", true);
    return r;
}

static int converse(struct cfn_work *w) {
    CLEANUP_JSON json_t *answer = cfn_reply_answer(w->caller->store, json_str(w->notes, "Token"));
    if (answer)
        return read_answer(w, answer);
    if (w->now_ms >= json_int(w->notes, "Deadline", 0))
        return cfn_fail(
            w,
            "CloudFormation did not receive a response from your Custom Resource. Please check "
            "your logs for requestId [" STR_FMT
            "]. If you are using the Python cfn-response module, you may need to update your "
            "Lambda function code so that CloudFormation can attach the updated version.",
            STR_ARG(json_str(w->notes, "RequestId")));
    if (send_once(w))
        return CFN_FAILED;
    w->wake_ms = json_int(w->notes, "Deadline", 0);
    return CFN_WAIT;
}

/* A request may be on its way: Delete names what it is to undo. */
static int find(struct cfn_work *w) {
    cfn_set_physical(w, w->name);
    return CFN_DONE;
}

const struct cfn_type cfn_type_cloudformation_custom_resource = {
    .name = "AWS::CloudFormation::CustomResource",
    .prepare = prepare,
    .create = converse,
    .update = converse,
    .remove = converse,
    .find = find,
};
