/*
 * fn/notification: the custom resource that puts a bucket's notification configuration, without
 * dropping what others put there.
 */
#include "fn/notification.h"

#include "fn/log.h"

#include <errno.h>
#include <stdio.h>

/* ---- The configuration, XML in and out ---- */
static void add_text(struct buf *out, str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == '<')
            buf_c(out, "&lt;");
        else if (c == '>')
            buf_c(out, "&gt;");
        else if (c == '&')
            buf_c(out, "&amp;");
        else
            buf_char(out, c);
    }
}

static void add_element(struct buf *out, const char *name, str text) {
    buf_printf(out, "<%s>", name);
    add_text(out, text);
    buf_printf(out, "</%s>", name);
}

/*
 * S3 writes each configuration as one element of these names, without attributes and never nested
 * in itself, so its text can be kept as it stands.
 */
static void keep_others(str xml, const json_t *drop_ids, struct buf *out) {
    static const char *const kinds[] = {"CloudFunctionConfiguration", "QueueConfiguration",
                                        "TopicConfiguration", "EventBridgeConfiguration"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP_DEINIT(buf) struct buf open = {0}, close = {0};
        buf_printf(&open, "<%s>", kinds[i]);
        buf_printf(&close, "</%s>", kinds[i]);
        for (str rest = xml;;) {
            ptrdiff_t from = str_find(rest, buf_view(&open));
            if (from < 0)
                break;
            rest = str_skip(rest, (size_t)from);
            ptrdiff_t to = str_find(rest, buf_view(&close));
            if (to < 0)
                break;
            str whole = str_slice(rest, 0, (size_t)to + close.len);
            CLEANUP_DEINIT(buf) struct buf id = {0};
            if (!client_xml_text(whole, "Id", &id) || json_find_text(drop_ids, buf_view(&id)) < 0)
                buf_str(out, whole);
            rest = str_skip(rest, whole.len);
        }
    }
}

static bool add_rules(const json_t *configuration, struct buf *out) {
    const json_t *rules =
        json_arr(json_obj(json_obj(configuration, "Filter"), "Key"), "FilterRules");
    if (!rules)
        return true; /* every key */
    buf_c(out, "<Filter><S3Key>");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        str name = json_str(rule, "Name"), value = json_str(rule, "Value");
        if (!name.len || !value.p)
            return false;
        buf_c(out, "<FilterRule>");
        add_element(out, "Name", name);
        add_element(out, "Value", value);
        buf_c(out, "</FilterRule>");
    }
    buf_c(out, "</S3Key></Filter>");
    return true;
}

static bool add_configuration(const json_t *configuration, struct buf *out) {
    str id = json_str(configuration, "Id"), arn = json_str(configuration, "LambdaFunctionArn");
    const json_t *events = json_arr(configuration, "Events");
    if (!id.len || !arn.len || json_array_size(events) == 0)
        return false;
    buf_c(out, "<CloudFunctionConfiguration>");
    add_element(out, "Id", id);
    add_element(out, "CloudFunction", arn);
    for (size_t i = 0; i < json_array_size(events); i++)
        add_element(out, "Event", json_text(json_array_get(events, i)));
    bool sound = add_rules(configuration, out);
    buf_c(out, "</CloudFunctionConfiguration>");
    return sound;
}

static const json_t *configurations_of(const json_t *properties) {
    return json_arr(json_obj(properties, "NotificationConfiguration"),
                    "LambdaFunctionConfigurations");
}

bool fn_notification_merge(str current_xml, const json_t *drop_ids, const json_t *properties,
                           struct buf *out, struct err *why) {
    const json_t *ours = configurations_of(properties);
    buf_c(out, "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    keep_others(current_xml, drop_ids, out);
    for (size_t i = 0; i < json_array_size(ours); i++)
        if (!add_configuration(json_array_get(ours, i), out)) {
            err_set(why, -EINVAL,
                    "LambdaFunctionConfigurations %zu needs Id, LambdaFunctionArn and Events", i);
            return false;
        }
    buf_c(out, "</NotificationConfiguration>");
    return true;
}

/* ---- The bucket ---- */
static int call_bucket(const struct fn_context *context, const char *method, str bucket, str body,
                       struct client_response *response, struct err *why) {
    struct client_request request = {.service = "s3",
                                     .method = method,
                                     .bucket = bucket,
                                     .query = S("notification="),
                                     .body = body};
    struct client_fault fault;
    if (client_send(context->client, &request, response, &fault) == CLIENT_OK)
        return 0;
    return err_set(why, fault.status == 404 ? -ENOENT : -EIO,
                   "%s of the notification configuration of " STR_FMT ": " CLIENT_FAULT_FMT, method,
                   STR_ARG(bucket), CLIENT_FAULT_ARG(&fault));
}

static void add_ids(json_t *ids, const json_t *properties) {
    const json_t *ours = configurations_of(properties);
    for (size_t i = 0; i < json_array_size(ours); i++) {
        str id = json_str(json_array_get(ours, i), "Id");
        if (id.len)
            json_push_str(ids, id);
    }
}

/* Takes away the configurations named by drop_ids and adds those of `add` (NULL: none). */
static int change_bucket(const struct fn_context *context, str bucket, const json_t *drop_ids,
                         const json_t *add, struct err *why) {
    struct client_response current = {0}, answer = {0};
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    int r = call_bucket(context, "GET", bucket, S(""), &current, why);
    if (r == 0 && !fn_notification_merge(buf_view(&current.body), drop_ids, add, &xml, why))
        r = -EINVAL;
    if (r == 0)
        r = call_bucket(context, "PUT", bucket, buf_view(&xml), &answer, why);
    client_response_deinit(&current);
    client_response_deinit(&answer);
    return r;
}

static int serve(const struct fn_context *context, const json_t *event, struct err *why) {
    const json_t *now = json_obj(event, "ResourceProperties");
    const json_t *old = json_obj(event, "OldResourceProperties");
    str type = json_str(event, "RequestType"), bucket = json_str(now, "BucketName");
    if (!bucket.len)
        return err_set(why, -EINVAL, "the property BucketName is missing");
    CLEANUP_JSON json_t *ids = json_array();
    add_ids(ids, now);
    add_ids(ids, old);
    if (str_eq(type, S("Delete"))) {
        int r = change_bucket(context, bucket, ids, NULL, why);
        return r == -ENOENT ? 0 : r; /* the bucket went first: nothing is left to take away */
    }
    if (!configurations_of(now))
        return err_set(
            why, -EINVAL,
            "the property NotificationConfiguration.LambdaFunctionConfigurations is missing");
    str old_bucket = json_str(old, "BucketName");
    if (old_bucket.len && !str_eq(old_bucket, bucket)) {
        int r = change_bucket(context, old_bucket, ids, NULL, why);
        if (r != 0 && r != -ENOENT)
            return r;
    }
    return change_bucket(context, bucket, ids, now, why);
}

/* ---- The answer ---- */
static json_t *answer_of(const json_t *event, int result, const struct err *why) {
    static const char *const echoed[] = {"StackId", "RequestId", "LogicalResourceId"};
    json_t *answer = json_object();
    json_set_str(answer, "Status", result == 0 ? S("SUCCESS") : S("FAILED"));
    if (result != 0)
        json_set_str(answer, "Reason", str_c(why->text));
    for (size_t i = 0; i < ARRAY_LEN(echoed); i++)
        json_set_str(answer, echoed[i], json_str(event, echoed[i]));
    str id = json_str(event, "PhysicalResourceId");
    str bucket = json_str(json_obj(event, "ResourceProperties"), "BucketName");
    CLEANUP_DEINIT(buf) struct buf made = {0};
    buf_printf(&made, "notification-of-" STR_FMT, STR_ARG(bucket));
    json_set_str(answer, "PhysicalResourceId", id.len ? id : buf_view(&made));
    return answer;
}

/* The URL is presigned for an empty content type. */
static int tell(const struct fn_context *context, str url, const json_t *answer, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf body = {0};
    const struct sign_header headers[] = {{S("Content-Type"), S("")}};
    struct client_response response = {0};
    struct client_fault fault;
    json_write(&body, answer);
    struct client_plain request = {.method = "PUT",
                                   .url = url,
                                   .headers = headers,
                                   .n_headers = 1,
                                   .body = buf_view(&body)};
    int r = client_plain(context->client, &request, &response, &fault);
    client_response_deinit(&response);
    return r == CLIENT_OK ? 0 : err_set(err, -EIO, "answer to CloudFormation: %s", fault.message);
}

int fn_notify(const struct fn_context *context, str text, struct buf *out, struct err *err) {
    CLEANUP_JSON json_t *event = json_parse(text, err);
    str url = json_str(event, "ResponseURL");
    if (!event)
        return -EINVAL;
    if (!url.len)
        return err_set(err, -EINVAL, "the event has no ResponseURL: it is not CloudFormation's");
    struct err why = {{0}};
    struct fn_log log = {context->request_id, json_str(event, "LogicalResourceId")};
    int result = serve(context, event, &why);
    fn_log_step(&log, result == 0 ? "info" : "error", "notification", -1,
                result == 0 ? NULL : why.text);
    CLEANUP_JSON json_t *answer = answer_of(event, result, &why);
    int r = tell(context, url, answer, err);
    if (r == 0)
        buf_c(out, "{}");
    return r;
}
