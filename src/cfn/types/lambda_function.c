/* AWS::Lambda::Function: waited for until it is active. */
#include "cfn/type.h"

#include "base/codec.h"
#include "base/zip.h"

enum { POLL_MS = 500, MODE = 0755 };

/* Source in the template becomes a zip with one file, index.py or index.js. */
static json_t *code(const struct cfn_work *w, const json_t *value) {
    json_t *all = json_copy((json_t *)value);
    str source = json_str(value, "ZipFile");
    if (!source.p)
        return all;
    bool python = str_starts(json_str(w->props, "Runtime"), S("python"));
    CLEANUP_DEINIT(zip) struct zip zip = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (zip_add(&zip, python ? "index.py" : "index.js", MODE, source, NULL) != 0)
        abort(); /* a template is far smaller than what a zip takes */
    zip_end(&zip);
    codec_add_base64(&text, zip.out.p, zip.out.len);
    json_set_str(all, "ZipFile", buf_view(&text));
    return all;
}

/* Active already, or soon. */
static int ready(struct cfn_work *w, const json_t *made) {
    CLEANUP_JSON json_t *read = NULL;
    if (!made && cfn_call(w, "lambda", "GetFunctionConfiguration", cfn_on(w), &read))
        return CFN_FAILED;
    const json_t *out = made ? made : read;
    str state = json_str(out, "State"), update = json_str(out, "LastUpdateStatus");
    if (str_is(state, "Failed") || str_is(update, "Failed"))
        return cfn_fail(w, "The function is in state Failed: " STR_FMT,
                        STR_ARG(json_str(out, "StateReason")));
    if (!str_is(state, "Pending") && !str_is(update, "InProgress"))
        return CFN_DONE;
    w->wake_ms = w->now_ms + POLL_MS;
    return CFN_WAIT;
}

#define SETTING(name) name, .create = "*", .set = "UpdateFunctionConfiguration"

static const struct cfn_prop props[] = {
    {"Code", .create = "*", .shape = code, .set = "UpdateFunctionCode", .as = ".", .whole = true},
    {"Architectures", .create = "*", .set = "UpdateFunctionCode", .whole = true},
    {SETTING("Description"), .empty = "\"\""},
    {SETTING("Handler")},
    {SETTING("Runtime")},
    {SETTING("Role")},
    {SETTING("MemorySize")},
    {SETTING("Timeout")},
    {SETTING("Environment"), .empty = "{\"Variables\":{}}"},
    {SETTING("DeadLetterConfig"), .empty = "{\"TargetArn\":\"\"}"},
    {SETTING("EphemeralStorage")},
    {SETTING("TracingConfig")},
    {SETTING("LoggingConfig"), .empty = "{}"},
    {"KmsKeyArn", .create = "KMSKeyArn", .set = "UpdateFunctionConfiguration", .empty = "\"\""},
    {SETTING("Layers"), .empty = "[]"},
    {"PackageType", .create = "*"},
    {"ReservedConcurrentExecutions", .set = "PutFunctionConcurrency",
     .clear = "DeleteFunctionConcurrency"},
    {0},
};

const struct cfn_type cfn_type_lambda_function = {
    .name = "AWS::Lambda::Function",
    .service = "lambda",
    .props = props,
    .on = "FunctionName={name}",
    .ready = ready,
    .note = "StateReason",
    .make = {.op = "CreateFunction"},
    .ask = {.op = "GetFunctionConfiguration"},
    .there = "ResourceConflictException",
    .drop = "DeleteFunction",
    .gone = "ResourceNotFoundException",
    .tags = {.create = "Tags",
             .shape = cfn_map,
             .set = "TagResource",
             .clear = "UntagResource",
             .on = "Resource={Arn}"},
    .id = "{name}",
    .attributes = {{"Arn", "arn:aws:lambda:{region}:{account}:function:{name}"}},
};
