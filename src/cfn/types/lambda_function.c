/* AWS::Lambda::Function: waited for until it is active. */
#include "cfn/type.h"

#include "base/codec.h"
#include "base/zip.h"
#include "tmpl/eval.h"

extern const char cfn_inline_python[], cfn_inline_node[]; /* inline/, by tools/embed.py */

enum { POLL_MS = 500, MODE = 0755, MOST_ZIP = 4 << 20 };
_Static_assert((int)TMPL_MAX_VALUE <= (int)MOST_ZIP,
               "a value of a template makes no larger package");

/* ---- Source in the template ---- */
/*
 * "AWS::Lambda::Function Code" and "cfn-response module" of the User Guide: the source becomes a file
 * named index, for Node with the ending .js whatever kind of module it is, in a zip of at most 4 MB.
 * The response module is put beside it where the source loads it.
 */
static const struct language {
    const char *runtimes; /* what their names begin with */
    const char *file, *module, *loaded;
    const char *text; /* of the module */
} languages[] = {
    {"python", "index.py", "cfnresponse.py", "cfnresponse", cfn_inline_python},
    {"nodejs", "index.js", "cfn-response.js", "cfn-response", cfn_inline_node},
};

static const struct language *language_of(const struct cfn_work *w) {
    str runtime = json_str(w->props, "Runtime");
    for (size_t i = 0; i < ARRAY_LEN(languages); i++)
        if (str_starts(runtime, str_c(languages[i].runtimes)))
            return &languages[i];
    return NULL;
}

static void add_file(struct zip *zip, const char *name, str text) {
    if (zip_add(zip, name, MODE, text, NULL) != 0)
        abort(); /* a template is far smaller than what a zip takes */
}

/* The same source gives the same bytes, hence the same CodeSha256. */
static void make_zip(struct zip *zip, const struct language *language, str source) {
    add_file(zip, language->file, source);
    if (str_find(source, str_c(language->loaded)) >= 0)
        add_file(zip, language->module, str_c(language->text));
    zip_end(zip);
}

static json_t *code(const struct cfn_work *w, const json_t *value) {
    json_t *all = json_copy((json_t *)value);
    str source = json_str(value, "ZipFile");
    if (!source.p)
        return all;
    CLEANUP_DEINIT(zip) struct zip zip = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    make_zip(&zip, language_of(w), source);
    codec_add_base64(&text, zip.out.p, zip.out.len);
    json_set_str(all, "ZipFile", buf_view(&text));
    return all;
}

/* 0 where there is no source, or one that code can make a zip of. */
static int check_source(struct cfn_work *w) {
    if (!json_has(json_object_get(w->props, "Code"), "ZipFile") || language_of(w))
        return CFN_DONE;
    return cfn_fail(
        w,
        "Resource handler returned message: \"Invalid request provided: %s\" "
        "(HandlerErrorCode: InvalidRequest)",
        json_has(w->props, "Runtime")
            ? "ZipFile can only be used when Runtime is set to one of nodejs* and python*"
            : "Using the ZipFile attribute requires a runtime to be specified");
}

static int create(struct cfn_work *w) { return check_source(w) ? CFN_FAILED : cfn_create(w); }
static int update(struct cfn_work *w) { return check_source(w) ? CFN_FAILED : cfn_update(w); }

/* ---- The function ---- */
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
    .create = create,
    .update = update,
    .find = cfn_find,
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
