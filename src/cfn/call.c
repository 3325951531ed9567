/* Calls of operations, and the reasons that CloudFormation makes of their failures. */
#include "cfn/engine.h"

#include <stdio.h>

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
    static const struct {
        const char *name, *title;
    } titles[] = {{"s3", "S3"},
                  {"dynamodb", "DynamoDb"},
                  {"lambda", "Lambda"},
                  {"sns", "Sns"},
                  {"sqs", "Sqs"},
                  {"iam", "Iam"},
                  {"logs", "CloudWatchLogs"},
                  {"cloudwatch", "CloudWatch"}};
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        if (strcmp(service, titles[i].name) == 0)
            return titles[i].title;
    return service;
}

static const char *handler_code(int status, const char *code) {
    static const struct {
        const char *part, *handler;
    } codes[] = {{"AccessDenied", "AccessDenied"},
                 {"AuthorizationError", "AccessDenied"}, /* as SNS says it */
                 {"NotFound", "NotFound"},
                 {"NoSuch", "NotFound"},
                 {"NonExistent", "NotFound"},
                 {"AlreadyExists", "AlreadyExists"},
                 {"AlreadyOwned", "AlreadyExists"},
                 {"InUse", "AlreadyExists"},
                 {"Conflict", "ResourceConflict"},
                 {"Throttl", "Throttling"}};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (strstr(code, codes[i].part))
            return codes[i].handler;
    return status >= 500 ? "ServiceInternalError" : "InvalidRequest";
}

static void cfn_backend_call_deinit(struct cfn_backend_call *call) {
    json_decref(call->out);
    buf_deinit(&call->code);
    buf_deinit(&call->message);
}

int cfn_call_unless(struct cfn_work *w, const char *service, const char *op, json_t *in,
                    const char *codes, json_t **ret_out) {
    CLEANUP_JSON json_t *mine = in;
    CLEANUP_DEINIT(cfn_backend_call)
    struct cfn_backend_call call = {.as = w->caller->identity,
                                    .place = w->caller->place,
                                    .service = service,
                                    .op = op,
                                    .in = mine};
    const struct cfn_backend *backend = w->caller->backend;
    w->code[0] = '\0';
    int r = backend->call(backend->ctx, &call);
    w->refused = r != 0 && call.refused;
    if (ret_out)
        *ret_out = STEAL(call.out);
    if (r == 0)
        return CFN_DONE;
    snprintf(w->code, sizeof w->code, "%s", buf_cstr(&call.code));
    if (codes && is_listed(codes, w->code))
        return CFN_DONE;
    return cfn_fail(
        w,
        "Resource handler returned message: \"%s (Service: %s, Status Code: %d)\" (HandlerErrorCode: %s)",
        call.message.len ? buf_cstr(&call.message) : w->code, service_title(service), call.status,
        handler_code(call.status, w->code));
}

int cfn_call(struct cfn_work *w, const char *service, const char *op, json_t *in,
             json_t **ret_out) {
    return cfn_call_unless(w, service, op, in, NULL, ret_out);
}
