/* AWS::Lambda::Function, AWS::Lambda::Permission, AWS::Lambda::EventInvokeConfig. */
#include "cfn/type.h"

#include "base/codec.h"
#include "cfn/zip1.h"

enum { POLL_MS = 500 };
static const char gone[] = "ResourceNotFoundException";

static json_t *for_function(str name) {
    json_t *in = json_object();
    json_set_str(in, "FunctionName", name);
    return in;
}

/* ---- Code ---- */

/* Inline source becomes a zip with one file, index.py or index.js. */
static json_t *inline_zip(const struct cfn_work *w, str source) {
    bool python = str_starts(json_str(w->props, "Runtime"), S("python"));
    CLEANUP_DEINIT(buf) struct buf zip = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    cfn_zip_one(&zip, python ? S("index.py") : S("index.js"), source);
    codec_add_base64(&text, zip.p, zip.len);
    return json_of_str(buf_view(&text));
}

static int add_code(struct cfn_work *w, json_t *in) {
    static const char *const same[] = {"S3Bucket", "S3Key", "S3ObjectVersion", NULL};
    const json_t *code = json_obj(w->props, "Code");
    str source = json_str(code, "ZipFile");
    if (json_has(code, "ImageUri"))
        return cfn_fail(w, "Property ImageUri of Code of AWS::Lambda::Function is not supported");
    cfn_copy(in, code, same);
    if (source.p)
        json_set(in, "ZipFile", inline_zip(w, source));
    return CFN_DONE;
}

/* ---- Function ---- */

static const char *const configuration[] = {
    "Description", "Handler", "Runtime", "Role", "MemorySize", "Timeout", "Environment", "DeadLetterConfig",
    "EphemeralStorage", "TracingConfig", "LoggingConfig", "KmsKeyArn", "Layers", NULL};

/* Active already, or soon. */
static int look(struct cfn_work *w, const json_t *out) {
    str state = json_str(out, "State"), update = json_str(out, "LastUpdateStatus");
    if (str_is(state, "Failed") || str_is(update, "Failed"))
        return cfn_fail(w, "The function is in state Failed: " STR_FMT, STR_ARG(json_str(out, "StateReason")));
    if (!str_is(state, "Pending") && !str_is(update, "InProgress"))
        return CFN_DONE;
    w->wake_ms = w->now_ms + POLL_MS;
    return CFN_WAIT;
}

static int set_concurrency(struct cfn_work *w) {
    const json_t *wanted = json_object_get(w->props, "ReservedConcurrentExecutions");
    if (!cfn_changed(w, "ReservedConcurrentExecutions"))
        return CFN_DONE;
    json_t *in = for_function(cfn_physical(w));
    if (!wanted)
        return cfn_call(w, "lambda", "DeleteFunctionConcurrency", in, NULL);
    json_object_set(in, "ReservedConcurrentExecutions", (json_t *)wanted);
    return cfn_call(w, "lambda", "PutFunctionConcurrency", in, NULL);
}

static json_t *create_input(struct cfn_work *w, str name, int *ret_rc) {
    static const char *const more[] = {"Architectures", "PackageType", NULL};
    json_t *in = for_function(name), *code = json_object();
    *ret_rc = add_code(w, code);
    json_set(in, "Code", code);
    cfn_copy(in, w->props, configuration);
    cfn_copy(in, w->props, more);
    json_set(in, "Tags", cfn_tag_map(json_object_get(w->props, "Tags")));
    return in;
}

static int create(struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    str name = cfn_name(w, "FunctionName");
    if (w->physical.len) { /* made in an earlier look: is it active now? */
        if (cfn_call(w, "lambda", "GetFunctionConfiguration", for_function(name), &out))
            return CFN_FAILED;
    } else {
        int rc;
        json_t *in = create_input(w, name, &rc);
        if (rc) {
            json_decref(in);
            return rc;
        }
        if (cfn_call_unless(w, "lambda", "CreateFunction", in, w->again ? "ResourceConflictException" : NULL, &out))
            return CFN_FAILED;
        cfn_set_physical(w, name);
    }
    cfn_set_attribute(w, "Arn", "arn:aws:lambda:" STR_FMT ":" STR_FMT ":function:" STR_FMT, STR_ARG(w->region), STR_ARG(w->account), STR_ARG(name));
    int rc = look(w, out);
    return rc ? rc : set_concurrency(w);
}

static int update_code(struct cfn_work *w) {
    if (!cfn_changed(w, "Code") && !cfn_changed(w, "Architectures"))
        return CFN_DONE;
    json_t *in = for_function(cfn_physical(w));
    static const char *const more[] = {"Architectures", NULL};
    int rc = add_code(w, in);
    if (rc) {
        json_decref(in);
        return rc;
    }
    cfn_copy(in, w->props, more);
    return cfn_call(w, "lambda", "UpdateFunctionCode", in, NULL);
}

/* What Lambda takes for "as if it were not said". */
static json_t *empty_form(const char *name) {
    static const struct { const char *name, *json; } forms[] = {
        {"Description", "\"\""}, {"MemorySize", "128"}, {"Timeout", "3"}, {"Environment", "{\"Variables\":{}}"},
        {"DeadLetterConfig", "{\"TargetArn\":\"\"}"}, {"EphemeralStorage", "{\"Size\":512}"},
        {"TracingConfig", "{\"Mode\":\"PassThrough\"}"}, {"KmsKeyArn", "\"\""}, {"Layers", "[]"}};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (strcmp(name, forms[i].name) == 0)
            return json_parse(str_c(forms[i].json), NULL);
    return NULL;
}

static int update_configuration(struct cfn_work *w) {
    json_t *in = for_function(cfn_physical(w));
    bool any = false;
    for (size_t i = 0; configuration[i]; i++) {
        json_t *value = json_object_get(w->props, configuration[i]);
        if (!cfn_changed(w, configuration[i]))
            continue;
        any = true;
        json_set(in, configuration[i], value ? json_incref(value) : empty_form(configuration[i]));
    }
    if (!any) {
        json_decref(in);
        return CFN_DONE;
    }
    return cfn_call(w, "lambda", "UpdateFunctionConfiguration", in, NULL);
}

static int update_tags(struct cfn_work *w) {
    if (!cfn_changed(w, "Tags"))
        return CFN_DONE;
    json_t *arn = json_object_get(w->attributes, "Arn");
    CLEANUP_JSON json_t *dropped = cfn_tags_gone(w);
    if (json_array_size(dropped) && cfn_call(w, "lambda", "UntagResource", json_pack("{sO,sO}", "Resource", arn, "TagKeys", dropped), NULL))
        return CFN_FAILED;
    json_t *tags = cfn_tag_map(json_object_get(w->props, "Tags"));
    return tags ? cfn_call(w, "lambda", "TagResource", json_pack("{sO,so}", "Resource", arn, "Tags", tags), NULL) : CFN_DONE;
}

static int update(struct cfn_work *w) {
    return update_code(w) || update_configuration(w) || update_tags(w) ? CFN_FAILED : set_concurrency(w);
}

static int remove_function(struct cfn_work *w) {
    return cfn_call_unless(w, "lambda", "DeleteFunction", for_function(cfn_physical(w)), gone, NULL);
}

/* ---- Permission: its physical id is the statement's id ---- */

static int create_permission(struct cfn_work *w) {
    static const char *const same[] = {
        "FunctionName", "Action", "Principal", "SourceArn", "SourceAccount", "EventSourceToken", "PrincipalOrgID", NULL};
    json_t *in = json_object();
    cfn_copy(in, w->props, same);
    json_set_str(in, "StatementId", w->name);
    if (cfn_call_unless(w, "lambda", "AddPermission", in, w->again ? "ResourceConflictException" : NULL, NULL))
        return CFN_FAILED;
    cfn_set_physical(w, w->name);
    cfn_set_attribute(w, "Id", STR_FMT, STR_ARG(w->name));
    return CFN_DONE;
}

static int remove_permission(struct cfn_work *w) {
    json_t *in = for_function(json_str(w->props, "FunctionName"));
    json_set_str(in, "StatementId", cfn_physical(w));
    return cfn_call_unless(w, "lambda", "RemovePermission", in, gone, NULL);
}

/* ---- Asynchronous invocation ---- */

static int put_invoke_config(struct cfn_work *w) {
    static const char *const same[] = {
        "FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig", NULL};
    json_t *in = json_object();
    cfn_copy(in, w->props, same);
    if (cfn_call(w, "lambda", "PutFunctionEventInvokeConfig", in, NULL))
        return CFN_FAILED;
    cfn_set_physical(w, w->physical.len ? cfn_physical(w) : w->name);
    return CFN_DONE;
}

static int remove_invoke_config(struct cfn_work *w) {
    static const char *const same[] = {"FunctionName", "Qualifier", NULL};
    json_t *in = json_object();
    cfn_copy(in, w->props, same);
    return cfn_call_unless(w, "lambda", "DeleteFunctionEventInvokeConfig", in, gone, NULL);
}

static const char *const function_props[] = {
    "Description", "Handler", "Runtime", "Role", "MemorySize", "Timeout", "Environment", "DeadLetterConfig",
    "EphemeralStorage", "TracingConfig", "LoggingConfig", "KmsKeyArn", "Layers", "Code", "Architectures",
    "ReservedConcurrentExecutions", "Tags", "FunctionName", "PackageType", NULL};
static const char *const permission_props[] = {
    "FunctionName", "Action", "Principal", "SourceArn", "SourceAccount", "EventSourceToken", "PrincipalOrgID", NULL};
static const char *const invoke_props[] = {
    "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig", "FunctionName", "Qualifier", NULL};

const struct cfn_type cfn_types_lambda[] = {
    {.name = "AWS::Lambda::Function", .name_prop = "FunctionName", .name_max = 64, .supported = function_props,
     .in_place = function_props, .create = create, .update = update, .remove = remove_function},
    {.name = "AWS::Lambda::Permission", .name_max = 100, .supported = permission_props, .create = create_permission,
     .remove = remove_permission},
    {.name = "AWS::Lambda::EventInvokeConfig", .supported = invoke_props, .in_place = invoke_props,
     .create = put_invoke_config, .update = put_invoke_config, .remove = remove_invoke_config},
    {0},
};
