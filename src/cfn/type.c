#include "cfn/engine.h"

#include <stdio.h>

/* One table a service family. */
extern const struct cfn_type cfn_types_s3[], cfn_types_dynamodb[], cfn_types_sns[], cfn_types_sqs[],
    cfn_types_lambda[], cfn_types_iam[], cfn_types_logs[], cfn_types_cloudwatch[], cfn_types_custom[];
enum { N_FAMILIES = 9 };
static const struct cfn_type *const families[N_FAMILIES] = {
    cfn_types_s3,  cfn_types_dynamodb, cfn_types_sns,        cfn_types_sqs,    cfn_types_lambda,
    cfn_types_iam, cfn_types_logs,     cfn_types_cloudwatch, cfn_types_custom,
};

const struct cfn_type *cfn_type_find(str name) {
    if (str_starts(name, S("Custom::")))
        name = S("AWS::CloudFormation::CustomResource");
    for (size_t i = 0; i < N_FAMILIES; i++)
        for (const struct cfn_type *t = families[i]; t->name; t++)
            if (str_is(name, t->name))
                return t;
    return NULL;
}

/* ---- Calls ---- */

int cfn_fail(struct cfn_work *w, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    buf_clear(&w->reason);
    buf_vprintf(&w->reason, fmt, args);
    va_end(args);
    return CFN_FAILED;
}

static bool is_listed(const char *codes, const char *code) {
    for (str rest = str_c(codes), one; rest.p;) {
        str_cut(rest, '|', &one, &rest);
        if (str_is(one, code))
            return true;
    }
    return false;
}

/* The names that CloudFormation's reasons give the services. */
static const char *service_title(const char *service) {
    static const struct { const char *name, *title; } titles[] = {
        {"s3", "S3"}, {"dynamodb", "DynamoDb"}, {"lambda", "Lambda"}, {"sns", "Sns"}, {"sqs", "Sqs"},
        {"iam", "Iam"}, {"logs", "CloudWatchLogs"}, {"cloudwatch", "CloudWatch"}};
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        if (strcmp(service, titles[i].name) == 0)
            return titles[i].title;
    return service;
}

static const char *handler_code(int status, const char *code) {
    static const struct { const char *part, *handler; } codes[] = {
        {"AccessDenied", "AccessDenied"},  {"NotFound", "NotFound"},      {"NoSuch", "NotFound"},
        {"NonExistent", "NotFound"},       {"AlreadyExists", "AlreadyExists"}, {"AlreadyOwned", "AlreadyExists"},
        {"InUse", "AlreadyExists"},        {"Conflict", "ResourceConflict"},   {"Throttl", "Throttling"}};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (strstr(code, codes[i].part))
            return codes[i].handler;
    return status >= 500 ? "ServiceInternalError" : "InvalidRequest";
}

int cfn_call_unless(struct cfn_work *w, const char *service, const char *op, json_t *in, const char *codes,
                    json_t **ret_out) {
    CLEANUP_JSON json_t *mine = in;
    CLEANUP_DEINIT(buf) struct buf code = {0};
    CLEANUP_DEINIT(buf) struct buf message = {0};
    json_t *out = NULL;
    int status = 0;
    const struct cfn_backend *backend = w->caller->backend;
    w->code[0] = '\0';
    int rc = backend->call(backend->ctx, w->caller->identity, w->caller->place, service, op, mine, &out, &status,
                           &code, &message);
    if (ret_out)
        *ret_out = out;
    else
        json_decref(out);
    if (rc == 0)
        return CFN_DONE;
    snprintf(w->code, sizeof w->code, "%s", buf_cstr(&code));
    if (codes && is_listed(codes, w->code))
        return CFN_DONE;
    return cfn_fail(w, "Resource handler returned message: \"%s (Service: %s, Status Code: %d)\" (HandlerErrorCode: %s)",
                    message.len ? buf_cstr(&message) : w->code, service_title(service), status,
                    handler_code(status, w->code));
}

int cfn_call(struct cfn_work *w, const char *service, const char *op, json_t *in, json_t **ret_out) {
    return cfn_call_unless(w, service, op, in, NULL, ret_out);
}

/* ---- Properties ---- */

str cfn_name(const struct cfn_work *w, const char *prop) {
    str given = json_str(w->props, prop);
    return given.len ? given : w->name;
}

void cfn_set_physical(struct cfn_work *w, str id) {
    CLEANUP_DEINIT(buf) struct buf copy = {0}; /* id may be a view into it */
    buf_str(&copy, id);
    buf_clear(&w->physical);
    buf_str(&w->physical, buf_view(&copy));
}

str cfn_physical(const struct cfn_work *w) { return buf_view(&w->physical); }

void cfn_set_attribute(struct cfn_work *w, const char *name, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    json_set_str(w->attributes, name, buf_view(&text));
}

bool cfn_changed(const struct cfn_work *w, const char *prop) {
    const json_t *now = json_object_get(w->props, prop), *before = w->old ? json_object_get(w->old, prop) : NULL;
    if (!now || !before)
        return now != before;
    return !json_equal(now, before);
}

void cfn_copy(json_t *in, const json_t *props, const char *const *names) {
    for (; *names; names++) {
        json_t *value = json_object_get(props, *names);
        if (value)
            json_object_set(in, *names, value);
    }
}

json_t *cfn_tag_map(const json_t *tags) {
    if (!json_is_array(tags))
        return NULL;
    json_t *map = json_object();
    size_t i;
    json_t *tag;
    json_array_foreach(tags, i, tag)
        json_set_str(map, json_str(tag, "Key").p, json_str(tag, "Value"));
    return map;
}

json_t *cfn_tags_gone(const struct cfn_work *w) {
    CLEANUP_JSON json_t *now = cfn_tag_map(json_object_get(w->props, "Tags"));
    json_t *gone = json_array();
    size_t i;
    json_t *tag;
    json_array_foreach(json_object_get(w->old, "Tags"), i, tag)
        if (!json_object_get(now, json_str(tag, "Key").p))
            json_push_str(gone, json_str(tag, "Key"));
    return gone;
}

json_t *cfn_document(const json_t *value) {
    if (!value)
        return NULL;
    if (json_is_string(value))
        return json_incref((json_t *)value);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, value);
    return json_of_str(buf_view(&text));
}
