/*
 * What the outcome of an asynchronous invocation causes ("Asynchronous invocation" in the Lambda
 * Developer Guide): nothing but a record where it went well; another try after one and then two
 * minutes; after the last one, the dead-letter queue and the OnFailure destination.
 *
 * What was throttled or failed by our own fault is tried again without counting, backing off from
 * a second to five minutes, as long as the event is not too old.
 */
#include "aws/port.h"
#include "base/clock.h"
#include "base/log.h"
#include "svc/lambda/lambda_priv.h"

enum { FIRST_WAIT_MS = 60000, ERROR_TEXT_MOST = 1024 };

/* ---- May its role send there? ---- */
static const char *action_for(str arn) {
    if (str_starts(arn, S("arn:aws:sqs:")))
        return "sqs:SendMessage";
    return str_starts(arn, S("arn:aws:sns:")) ? "sns:Publish" : "lambda:InvokeFunction";
}

static bool role_may_send(struct lambda_svc *svc, const struct lambda_fn *fn, str target) {
    const struct aws_role_question question = {.role = json_str(fn->config, "Role"),
                                               .service = S("lambda.amazonaws.com"),
                                               .session_name = fn->name.name,
                                               .action = action_for(target),
                                               .resource = target,
                                               .region = fn->name.region,
                                               .source_arn = buf_view(&fn->arn),
                                               .source_account = fn->name.account};
    return aws_role_may(svc->cloud, &question);
}

static void send(struct lambda_svc *svc, struct store_batch *batch, const struct lambda_fn *fn,
                 str target, str payload, str attributes, const char *metric) {
    if (!role_may_send(svc, fn, target)) {
        log_warn("lambda",
                 "function " STR_FMT ": its role may not send to " STR_FMT
                 ": what was to go there is lost. Allow the role %s on it",
                 STR_ARG(buf_view(&fn->arn)), STR_ARG(target), action_for(target));
        lambda_count_metric(svc, batch, fn, metric, 1, "Count");
        return;
    }
    const struct hub_event event = {.target = target,
                                    .source_service = S("lambda.amazonaws.com"),
                                    .source_arn = buf_view(&fn->arn),
                                    .source_account = fn->name.account,
                                    .payload = payload,
                                    .attributes = attributes,
                                    .account = fn->name.account,
                                    .region = fn->name.region};
    hub_deliver(svc->hub, batch, &event);
}

/* ---- Dead letters: the event itself, and why in attributes ---- */
static str error_text(const struct lambda_inv *inv, json_t **ret_doc) {
    *ret_doc = json_parse(buf_view(&inv->outcome.payload), NULL);
    str text = json_str(*ret_doc, "errorMessage");
    return str_utf8_slice(text.len ? text : str_c(inv->outcome.fault_text), ERROR_TEXT_MOST);
}

static json_t *attribute(const char *type, str value) {
    json_t *a = json_object();
    json_set_str(a, "DataType", str_c(type));
    json_set_str(a, "StringValue", value);
    return a;
}

static void send_dead_letter(struct lambda_svc *svc, struct store_batch *batch,
                             const struct lambda_inv *inv) {
    str target = lambda_fn_dead_letter(inv->fn);
    if (!target.len)
        return;
    CLEANUP_JSON json_t *error = NULL;
    CLEANUP_JSON json_t *attributes = json_object();
    CLEANUP_DEINIT(buf) struct buf text = {0};
    str message = error_text(inv, &error);
    json_set(attributes, "RequestID", attribute("String", str_c(inv->id)));
    json_set(attributes, "ErrorCode", attribute("Number", S("200")));
    if (message.len)
        json_set(attributes, "ErrorMessage", attribute("String", message));
    json_write(&text, attributes);
    send(svc, batch, inv->fn, target, buf_view(&inv->payload), buf_view(&text), "DeadLetterErrors");
}

/* ---- Destination records ---- */
static json_t *parsed_or_text(str bytes) {
    json_t *doc = json_parse(bytes, NULL);
    return doc ? doc : json_of_str(bytes);
}

static void write_record(const struct lambda_inv *inv, const char *condition, bool ran,
                         struct buf *out) {
    char when[CLOCK_ISO_MAX];
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    buf_str(&arn, buf_view(&inv->fn->arn));
    buf_c(&arn, ":$LATEST");
    json_t *context = json_pack("{s:s,s:s,s:s,s:I}", "requestId", inv->id, "functionArn",
                                buf_cstr(&arn), "condition", condition, "approximateInvokeCount",
                                (json_int_t)inv->attempts + (strcmp(condition, "Success") == 0));
    CLEANUP_JSON json_t *record =
        json_pack("{s:s,s:s,s:o,s:o}", "version", "1.0", "timestamp",
                  clock_iso8601_ms(when, clock_world_ms()), "requestContext", context,
                  "requestPayload", parsed_or_text(buf_view(&inv->payload)));
    if (ran) {
        json_t *response = json_pack("{s:i,s:s}", "statusCode", 200, "executedVersion", "$LATEST");
        if (inv->outcome.function_error)
            json_set_str(response, "functionError", S("Unhandled"));
        json_set(record, "responseContext", response);
        json_set(record, "responsePayload", parsed_or_text(buf_view(&inv->outcome.payload)));
    }
    json_write(out, record);
}

static void send_record(struct lambda_svc *svc, struct store_batch *batch,
                        const struct lambda_inv *inv, const char *which, const char *condition,
                        bool ran) {
    str target = lambda_fn_destination(inv->fn, which);
    CLEANUP_DEINIT(buf) struct buf record = {0};
    if (!target.len)
        return;
    write_record(inv, condition, ran, &record);
    send(svc, batch, inv->fn, target, buf_view(&record), STR_NONE, "DestinationDeliveryFailures");
}

/* ---- Outcomes ---- */
static void give_up(struct lambda_svc *svc, struct store_batch *batch, const struct lambda_inv *inv,
                    const char *condition, bool ran) {
    lambda_tell_given_up(inv, ran);
    send_dead_letter(svc, batch, inv);
    send_record(svc, batch, inv, "OnFailure", condition, ran);
    lambda_count_metric(svc, batch, inv->fn, "AsyncEventsDropped", 1, "Count");
    lambda_queue_remove(svc, batch, inv->row_id);
}

int64_t lambda_retry_wait(int64_t born_ms, int64_t now_ms) {
    int64_t age = now_ms - born_ms;
    return age < 1000 ? 1000 : age < LAMBDA_RETRY_MOST_MS ? age : LAMBDA_RETRY_MOST_MS;
}

int64_t lambda_counts_from(struct lambda_svc *svc, const struct lambda_fn *fn, int64_t born_ms) {
    int64_t able = hub_able_since_ms(svc->hub);
    int64_t since = born_ms > able ? born_ms : able, now = clock_world_ms();
    if (!fn)
        return since;
    LOCK_SCOPE(&svc->lock);
    struct lambda_pool *pool = lambda_pool_of_locked(svc, buf_view(&fn->arn));
    if (pool->unable_ms > now) /* the clock went back: it counts from here */
        pool->unable_ms = now;
    return pool->unable_ms > since ? pool->unable_ms : since;
}

static void try_again(struct lambda_svc *svc, struct store_batch *batch, struct lambda_inv *inv,
                      int64_t wait_ms) {
    int64_t due = clock_world_ms() + wait_ms;
    if (due > lambda_counts_from(svc, inv->fn, inv->born_ms) + lambda_fn_max_age_ms(inv->fn)) {
        give_up(svc, batch, inv, "EventAgeExceeded", true);
        return;
    }
    lambda_tell_failed(inv, wait_ms);
    lambda_queue_again(svc, batch, inv, due);
}

bool lambda_was_no_attempt(struct lambda_svc *svc, const struct lambda_inv *inv) {
    const struct lambda_outcome *o = &inv->outcome;
    if (!inv->async || o->throttled || (!o->fault && !o->function_error))
        return false;
    return o->lost || o->refused || store_is_readonly(svc->store, NULL) ||
           (o->fault && store_refuses(svc->store));
}

void lambda_after(struct lambda_svc *svc, struct store_batch *batch, struct lambda_inv *inv) {
    if (inv->outcome.fault) {
        try_again(svc, batch, inv, lambda_retry_wait(inv->born_ms, clock_world_ms()));
        return;
    }
    if (!inv->outcome.function_error) {
        send_record(svc, batch, inv, "OnSuccess", "Success", true);
        lambda_queue_remove(svc, batch, inv->row_id);
        return;
    }
    int64_t failures = inv->attempts + 1;
    struct lambda_inv counted = *inv;
    counted.attempts = failures;
    if (failures > lambda_fn_max_retries(inv->fn))
        give_up(svc, batch, &counted, "RetriesExhausted", true);
    else
        try_again(svc, batch, &counted, failures * FIRST_WAIT_MS);
}

void lambda_after_expired(struct lambda_svc *svc, struct store_batch *batch,
                          struct lambda_inv *inv) {
    give_up(svc, batch, inv, "EventAgeExceeded", false);
}
