/* Layers: versions and their numbers, who may use them, what a function may have. Nothing runs here. */
#include "lambda_fixture.h"
#include "lib/tmp.h"

#include "store/blob.h"
#include "store/key.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"

#include <dirent.h>

#define OTHER            "111122223333"
#define LAYER_ARN(name)  "arn:aws:lambda:us-east-1:" ACCOUNT ":layer:" name
#define OTHERS_ARN(name) "arn:aws:lambda:us-east-1:" OTHER ":layer:" name
#define LIMIT            "262144000"

static json_t *parsed(const char *text) {
    json_t *out = cloud_doc(text);
    CHECK(out);
    return out;
}

/* The request for a version of a layer whose zip has one file; more: further members, ' for ". */
static json_t *new_layer(const char *name, const char *file, const char *content,
                         const char *more) {
    CLEANUP_DEINIT(buf) struct buf zip = {0}, text = {0};
    CLEANUP_JSON json_t *members = parsed(more ? more : "{}");
    make_zip(&zip, &(struct zip_entry){.name = file, .content = content}, 1);
    codec_add_base64(&text, zip.p, zip.len);
    json_t *in =
        json_pack("{s:s,s:{s:s}}", "LayerName", name, "Content", "ZipFile", buf_cstr(&text));
    json_object_update(in, members);
    return in;
}

static void publish(const char *name, const char *content) {
    must(call_op("PublishLayerVersion", new_layer(name, "file", content, NULL)));
}

static json_t *version_of(const char *name, int version) {
    return json_pack("{s:s,s:i}", "LayerName", name, "VersionNumber", version);
}

/* As the root of another account. */
static struct answer as_other(const char *op, json_t *in) {
    struct aws_identity other = fx.root;
    other.principal = (struct policy_principal){PRINCIPAL_ROOT, S(OTHER),
                                                S("arn:aws:iam::" OTHER ":root"), STR_NONE};
    struct aws_call call = {.cloud = fx.cloud,
                            .caller = &other,
                            .account = S(OTHER),
                            .region = S("us-east-1"),
                            .service = "lambda",
                            .op = op,
                            .in = in};
    aws_call(&call);
    json_decref(in);
    return (struct answer){call.status, call.out, call.out_body, call.error_code,
                           call.error_message};
}

static void sweep(void) { (void)hub_due_work(fx.lambda->code_timer); }
static size_t versions(void) { return count_rows(fx.store, STORE_META, "lambda.layerv"); }

/* ---- Names ---- */
static void test_names(void **) {
    static const struct {
        const char *text, *account, *region, *name; /* name NULL: refused */
        int version;
    } cases[] = {
        {"tools", "1", "r", "tools", 0},
        {"t_o-0", "1", "r", "t_o-0", 0},
        {OTHERS_ARN("tools"), OTHER, "us-east-1", "tools", 0},
        {OTHERS_ARN("tools:12"), OTHER, "us-east-1", "tools", 12},
        {"", NULL, NULL, NULL, 0},
        {"a b", NULL, NULL, NULL, 0},
        {"tools:1", NULL, NULL, NULL, 0},
        {OTHERS_ARN("tools:0"), NULL, NULL, NULL, 0},
        {OTHERS_ARN("tools:-1"), NULL, NULL, NULL, 0},
        {OTHERS_ARN("tools:01"), NULL, NULL, NULL, 0},
        {OTHERS_ARN("tools:1:2"), NULL, NULL, NULL, 0},
        {OTHERS_ARN("tools:99999999999999999999"), NULL, NULL, NULL, 0},
        {OTHERS_ARN(""), NULL, NULL, NULL, 0},
        {"arn:aws:lambda:us-east-1:" OTHER ":function:tools", NULL, NULL, NULL, 0},
        {"arn:aws:s3:us-east-1:" OTHER ":layer:tools", NULL, NULL, NULL, 0},
        {"arn:aws:lambda::" OTHER ":layer:tools", NULL, NULL, NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lambda_layer l;
        CLEANUP_DEINIT(buf) struct buf arn = {0};
        bool ok = lambda_layer_parse(str_c(cases[i].text), S("1"), S("r"), &l);
        CHECK_CASE(ok == (cases[i].name != NULL), cases[i].text);
        if (!ok)
            continue;
        CHECK_CASE(str_is(l.account, cases[i].account) && str_is(l.region, cases[i].region) &&
                       str_is(l.name, cases[i].name) && l.version == cases[i].version,
                   cases[i].text);
        lambda_layer_arn(&l, &arn);
        CHECK_CASE(!str_starts(str_c(cases[i].text), S("arn:")) ||
                       str_is(buf_view(&arn), cases[i].text),
                   cases[i].text);
    }
}

/* ---- Versions ---- */
static void check_version(const struct answer *a, int status) {
    const json_t *content = json_obj(a->out, "Content");
    CHECK_INT(a->status, status);
    CHECK_STR(json_str(a->out, "LayerArn"), S(LAYER_ARN("tools")));
    CHECK_STR(json_str(a->out, "LayerVersionArn"), S(LAYER_ARN("tools:1")));
    CHECK_INT(json_int(a->out, "Version", 0), 1);
    CHECK_STR(json_str(a->out, "Description"), S("words"));
    CHECK_STR(json_str(a->out, "LicenseInfo"), S("MIT"));
    CHECK_INT(json_find_text(json_arr(a->out, "CompatibleRuntimes"), S("python3.12")), 1);
    CHECK_INT(json_find_text(json_arr(a->out, "CompatibleArchitectures"), S("arm64")), 0);
    CHECK(str_ends(json_str(a->out, "CreatedDate"), S("+0000")));
    CHECK_INT(json_str(content, "CodeSha256").len, 44);
    CHECK(json_int(content, "CodeSize", 0) > 0);
    CHECK(str_ends(json_str(content, "Location"), S("/tools.zip")));
}

static void test_a_version(void **) {
    CLEANUP_DEINIT(answer)
    struct answer made = call_op(
        "PublishLayerVersion",
        new_layer("tools", "python/a.py", "a = 1\n",
                  "{'Description':'words','LicenseInfo':'MIT','CompatibleArchitectures':['arm64'],"
                  "'CompatibleRuntimes':['python3.9','python3.12']}"));
    check_version(&made, 201);
    CLEANUP_DEINIT(answer)
    struct answer got = call_op("GetLayerVersion", version_of(LAYER_ARN("tools"), 1));
    check_version(&got, 200);
    CLEANUP_DEINIT(answer)
    struct answer by_arn =
        call_op("GetLayerVersionByArn", json_pack("{s:s}", "Arn", LAYER_ARN("tools:1")));
    check_version(&by_arn, 200);
    CHECK_STR(json_str(json_obj(by_arn.out, "Content"), "CodeSha256"),
              json_str(json_obj(made.out, "Content"), "CodeSha256"));
}

static void test_refused_versions(void **) {
    static const struct {
        const char *op, *in, *code, *words;
    } cases[] = {
        {"GetLayerVersion", "{'LayerName':'none','VersionNumber':1}", "ResourceNotFoundException",
         "The resource you requested does not exist."},
        {"GetLayerVersion", "{'LayerName':'tools','VersionNumber':0}",
         "InvalidParameterValueException", "Layer Version Cannot be less than 1."},
        {"DeleteLayerVersion", "{'LayerName':'tools','VersionNumber':-1}",
         "InvalidParameterValueException", "Layer Version Cannot be less than 1."},
        {"GetLayerVersionByArn", "{'Arn':'" LAYER_ARN("none:1") "'}", "ResourceNotFoundException",
         "The resource you requested does not exist."},
        {"PublishLayerVersion", "{'LayerName':'tools','Content':{}}",
         "InvalidParameterValueException", "Please provide a source"},
        {"PublishLayerVersion", "{'LayerName':'tools','Content':{'ZipFile':'bm8gemlw'}}",
         "InvalidParameterValueException", "Could not unzip uploaded file."},
        {"PublishLayerVersion",
         "{'LayerName':'arn:aws:lambda:eu-west-1:" ACCOUNT
         ":layer:x','Content':{'ZipFile':'eA=='}}",
         "InvalidParameterValueException", "in the account and the region of its publisher"},
        {"PublishLayerVersion",
         "{'LayerName':'a123456789012345678901234567890123456789012345678901234567890123456789012345"
         "678901234567890123456789','Content':{'ZipFile':'eA=='}}",
         "InvalidParameterValueException", "Member must have length less than or equal to 140"},
        {"ListLayerVersions", "{'LayerName':'" OTHERS_ARN("x") "'}", "AccessDeniedException", ""},
        {"ListLayerVersions", "{'LayerName':'tools','Marker':'x'}",
         "InvalidParameterValueException", "Invalid Marker"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer a = call_op(cases[i].op, parsed(cases[i].in));
        if (!str_is(buf_view(&a.code), cases[i].code) ||
            str_find(buf_view(&a.message), str_c(cases[i].words)) < 0)
            fail_msg("%s %s: %s: %s", cases[i].op, cases[i].in, buf_cstr(&a.code),
                     buf_cstr(&a.message));
    }
    CHECK_INT(versions(), 0);
}

/* A number is given once, whatever became of the version that had it. */
static void test_numbers(void **) {
    publish("tools", "one");
    publish("tools", "two");
    must(call_op("DeleteLayerVersion", version_of("tools", 2)));
    must(call_op("DeleteLayerVersion", version_of("tools", 2))); /* deleted is deleted */
    must(call_op("DeleteLayerVersion", version_of("nothing", 7)));
    refused(call_op("GetLayerVersion", version_of("tools", 2)), 404, "ResourceNotFoundException",
            "The resource you requested does not exist.");
    must(call_op("DeleteLayerVersion", version_of("tools", 1)));
    sweep();
    CHECK_INT(versions(), 0);
    CLEANUP_DEINIT(answer)
    struct answer a = call_op("PublishLayerVersion", new_layer("tools", "f", "x", NULL));
    CHECK_INT(json_int(a.out, "Version", 0), 3);
}

/* ---- Lists ---- */
/* The texts of member of every item, through all pages of so many: "a b c". */
static void gather(const char *op, const char *in, const char *list, const char *member, int most,
                   struct buf *ret) {
    CLEANUP_DEINIT(buf) struct buf marker = {0};
    buf_clear(ret);
    do {
        json_t *ask = parsed(in);
        json_set_int(ask, "MaxItems", most);
        if (marker.len)
            json_set_str(ask, "Marker", buf_view(&marker));
        CLEANUP_DEINIT(answer) struct answer a = call_op(op, ask);
        CHECK_INT(a.status, 200);
        const json_t *items = json_arr(a.out, list);
        CHECK((int)json_array_size(items) <= most);
        for (size_t i = 0; i < json_array_size(items); i++) {
            const json_t *item = json_array_get(items, i);
            const json_t *latest = json_obj(item, "LatestMatchingVersion");
            buf_printf(ret, "%s" STR_FMT, ret->len ? " " : "", STR_ARG(json_str(item, member)));
            if (latest)
                buf_printf(ret, ":%lld", (long long)json_int(latest, "Version", 0));
        }
        buf_clear(&marker);
        buf_str(&marker, json_str(a.out, "NextMarker"));
    } while (marker.len);
}

static void test_lists(void **) {
    static const struct {
        const char *name, *more;
    } made[] = {
        {"a", "{'CompatibleRuntimes':['python3.11']}"},
        {"ab", "{'CompatibleRuntimes':['nodejs20.x'],'CompatibleArchitectures':['x86_64']}"},
        {"a", "{'CompatibleRuntimes':['nodejs20.x']}"},
        {"c", "{}"},
        {"a", "{'CompatibleArchitectures':['arm64','x86_64']}"},
    };
    static const struct {
        const char *op, *in, *want;
    } cases[] = {
        {"ListLayers", "{}", "a:3 ab:1 c:1"},
        {"ListLayers", "{'CompatibleRuntime':'nodejs20.x'}", "a:2 ab:1"},
        {"ListLayers", "{'CompatibleRuntime':'python3.11'}", "a:1"},
        {"ListLayers", "{'CompatibleArchitecture':'x86_64'}", "a:3 ab:1"},
        {"ListLayers", "{'CompatibleRuntime':'nodejs20.x','CompatibleArchitecture':'x86_64'}",
         "ab:1"},
        {"ListLayers", "{'CompatibleRuntime':'java21'}", ""},
        {"ListLayerVersions", "{'LayerName':'a'}",
         LAYER_ARN("a:3") " " LAYER_ARN("a:2") " " LAYER_ARN("a:1")},
        {"ListLayerVersions", "{'LayerName':'" LAYER_ARN("a") "','CompatibleRuntime':'python3.11'}",
         LAYER_ARN("a:1")},
        {"ListLayerVersions", "{'LayerName':'none'}", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(made); i++)
        must(call_op("PublishLayerVersion", new_layer(made[i].name, "f", "x", made[i].more)));
    CLEANUP_DEINIT(buf) struct buf got = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int most = 1; most < 5; most++) {
            bool layers = strcmp(cases[i].op, "ListLayers") == 0;
            gather(cases[i].op, cases[i].in, layers ? "Layers" : "LayerVersions",
                   layers ? "LayerName" : "LayerVersionArn", most, &got);
            CHECK_CASE(str_is(buf_view(&got), cases[i].want), cases[i].in);
        }
    must(call_op("DeleteLayerVersion", version_of("a", 3)));
    gather("ListLayers", "{}", "Layers", "LayerName", 50, &got);
    CHECK_STR(buf_view(&got), S("a:2 ab:1 c:1"));
}

/* ---- Permissions ---- */
static json_t *permission(const char *sid, const char *principal) {
    return json_pack("{s:s,s:i,s:s,s:s,s:s}", "LayerName", "tools", "VersionNumber", 1,
                     "StatementId", sid, "Action", "lambda:GetLayerVersion", "Principal",
                     principal);
}

static void test_permissions(void **) {
    publish("tools", "x");
    refused(call_op("GetLayerVersionPolicy", version_of("tools", 1)), 404,
            "ResourceNotFoundException", "No policy is associated with the given resource.");
    refused(call_op("GetLayerVersionPolicy", version_of("tools", 2)), 404,
            "ResourceNotFoundException", "Layer version " LAYER_ARN("tools:2") " does not exist.");
    refused(as_other("GetLayerVersion", version_of(LAYER_ARN("tools"), 1)), 403,
            "AccessDeniedException", "lambda:GetLayerVersion on resource: " LAYER_ARN("tools:1"));
    CLEANUP_DEINIT(answer)
    struct answer a = call_op("AddLayerVersionPermission", permission("one", OTHER));
    CHECK_INT(a.status, 201);
    CHECK_STR(json_str(a.out, "Statement"),
              S("{\"Sid\":\"one\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::" OTHER
                ":root\"},\"Action\":\"lambda:GetLayerVersion\",\"Resource\":\"" LAYER_ARN(
                    "tools:1") "\"}"));
    must(as_other("GetLayerVersion", version_of(LAYER_ARN("tools"), 1)));
    refused(as_other("DeleteLayerVersion", version_of(LAYER_ARN("tools"), 1)), 403,
            "AccessDeniedException", "lambda:DeleteLayerVersion");
    refused(call_op("AddLayerVersionPermission", permission("one", "*")), 409,
            "ResourceConflictException", "The statement id (one) provided already exists.");
    json_t *in = permission("two", "*");
    json_set_str(in, "OrganizationId", S("o-0123456789"));
    refused(call_op("AddLayerVersionPermission", in), 400, "InvalidParameterValueException",
            "OrganizationId is not offered");
    in = permission("two", "*");
    json_set_str(in, "RevisionId", S("old"));
    refused(call_op("AddLayerVersionPermission", in), 412, "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id.");
    CLEANUP_DEINIT(answer)
    struct answer policy = call_op("GetLayerVersionPolicy", version_of("tools", 1));
    CHECK_STR(json_str(policy.out, "RevisionId"), json_str(a.out, "RevisionId"));
    CHECK_HAS(json_str(policy.out, "Policy").p, "\"Sid\":\"one\"");
    in = version_of("tools", 1);
    json_set_str(in, "StatementId", S("two"));
    refused(call_op("RemoveLayerVersionPermission", in), 404, "ResourceNotFoundException",
            "Statement two is not found in resource policy.");
    in = version_of("tools", 1);
    json_set_str(in, "StatementId", S("one"));
    must(call_op("RemoveLayerVersionPermission", in));
    refused(as_other("GetLayerVersion", version_of(LAYER_ARN("tools"), 1)), 403,
            "AccessDeniedException", "");
}

/* ---- A function's layers ---- */
static json_t *layers(const char *name, const char *list) {
    json_t *in = named(name);
    json_set(in, "Layers", parsed(list));
    return in;
}
#define UPDATE(list) call_op("UpdateFunctionConfiguration", layers("fn", list))

/* One layer of five, and more of them: their ARNs in order, with the sizes of their zips. */
static void test_of_a_function(void **) {
    make_small("fn");
    publish("a", "first");
    publish("b", "second");
    CLEANUP_DEINIT(answer) struct answer before = call_op("GetFunctionConfiguration", named("fn"));
    CHECK(!json_has(before.out, "Layers"));
    must(UPDATE("['" LAYER_ARN("b:1") "','" LAYER_ARN("a:1") "']"));
    CLEANUP_DEINIT(answer) struct answer a = call_op("GetFunctionConfiguration", named("fn"));
    CLEANUP_DEINIT(answer) struct answer b1 = call_op("GetLayerVersion", version_of("b", 1));
    const json_t *got = json_arr(a.out, "Layers");
    CHECK_INT(json_array_size(got), 2);
    CHECK_STR(json_str(json_array_get(got, 0), "Arn"), S(LAYER_ARN("b:1")));
    CHECK_STR(json_str(json_array_get(got, 1), "Arn"), S(LAYER_ARN("a:1")));
    CHECK_INT(json_int(json_array_get(got, 0), "CodeSize", 0),
              json_int(json_obj(b1.out, "Content"), "CodeSize", -1));
    CHECK(!str_eq(json_str(a.out, "RevisionId"), json_str(before.out, "RevisionId")));
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "fn", "Timeout", 9)));
    CLEANUP_DEINIT(answer) struct answer kept = call_op("GetFunctionConfiguration", named("fn"));
    CHECK(json_equal(json_arr(kept.out, "Layers"), got));
    must(UPDATE("[]"));
    CLEANUP_DEINIT(answer) struct answer none = call_op("GetFunctionConfiguration", named("fn"));
    CHECK(!json_has(none.out, "Layers"));
}

static void test_refused_layers(void **) {
    static const struct {
        const char *list, *words;
    } cases[] = {
        {"['" LAYER_ARN("a:2") "']", "Layer version " LAYER_ARN("a:2") " does not exist."},
        {"['" LAYER_ARN("none:1") "']", "Layer version " LAYER_ARN("none:1") " does not exist."},
        {"['" LAYER_ARN("gone:1") "']", "Layer version " LAYER_ARN("gone:1") " does not exist."},
        {"['" LAYER_ARN("a:01") "']", "Layer version " LAYER_ARN("a:01") " does not exist."},
        {"['arn:aws:lambda:eu-west-1:" ACCOUNT ":layer:a:1']",
         "Layers are not in the same region as the function. Layers are expected to be in region "
         "us-east-1."},
        {"['" LAYER_ARN("a:1") "','" LAYER_ARN("b:1") "','" LAYER_ARN("b:2") "']",
         "Two different versions of the same layer are not allowed to be referenced in the same "
         "function. " LAYER_ARN("b:1") " and " LAYER_ARN("b:2") " are versions of the same layer."},
        {"['" LAYER_ARN("a:1") "','" LAYER_ARN("a:1") "']",
         LAYER_ARN("a:1") " and " LAYER_ARN("a:1") " are versions of the same layer."},
        {"['" LAYER_ARN("a:1") "','" LAYER_ARN("b:1") "','" LAYER_ARN("c:1") "','" LAYER_ARN(
             "d:1") "','" LAYER_ARN("e:1") "','" LAYER_ARN("f:1") "']",
         "Cannot reference more than 5 layers."},
    };
    static const char *const names[] = {"a", "b", "b", "c", "d", "e", "f", "gone"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        publish(names[i], names[i]);
    must(call_op("DeleteLayerVersion", version_of("gone", 1)));
    make_small("fn");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        refused(UPDATE(cases[i].list), 400, "InvalidParameterValueException", cases[i].words);
        refused(call_op("CreateFunction",
                        new_function("new", small_code(),
                                     json_pack("{s:o}", "Layers", parsed(cases[i].list)))),
                400, "InvalidParameterValueException", cases[i].words);
        refused(call_op("GetFunction", named("new")), 404, "ResourceNotFoundException", "");
    }
    CLEANUP_DEINIT(answer) struct answer a = call_op("GetFunctionConfiguration", named("fn"));
    CHECK(!json_has(a.out, "Layers"));
    must(UPDATE("['" LAYER_ARN("a:1") "','" LAYER_ARN("b:1") "','" LAYER_ARN("c:1") "','" LAYER_ARN(
        "d:1") "','" LAYER_ARN("e:1") "']"));
}

/* Another account's layer takes its policy; a function that has it keeps it. */
static void test_of_another_account(void **) {
    static const char list[] = "['" OTHERS_ARN("tools:1") "']";
    must(as_other("PublishLayerVersion", new_layer("tools", "f", "x", NULL)));
    make_small("fn");
    refused(UPDATE(list), 403, "AccessDeniedException",
            "lambda:GetLayerVersion on resource: " OTHERS_ARN("tools:1"));
    must(as_other("AddLayerVersionPermission", permission("s", ACCOUNT)));
    must(UPDATE(list));
    json_t *in = version_of("tools", 1);
    json_set_str(in, "StatementId", S("s"));
    must(as_other("RemoveLayerVersionPermission", in));
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "fn", "Timeout", 9)));
    refused(call_op("CreateFunction",
                    new_function("new", small_code(), json_pack("{s:o}", "Layers", parsed(list)))),
            403, "AccessDeniedException", "lambda:GetLayerVersion");
}

/* ---- How large ---- */
/* Sets what a row says of its unpacked size; -1: says nothing, as rows before there were layers. */
static void set_unzipped(str key, int64_t bytes) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    const struct rows rows = {.store = fx.store, .batch = batch};
    buf_str(&row.key, key);
    CHECK_INT(row_get_json(&rows, &row, &doc), 0);
    CHECK(json_has(doc, "Unzipped"));
    if (bytes < 0)
        json_object_del(doc, "Unzipped");
    else
        json_set_int(doc, "Unzipped", bytes);
    row_put_json(&rows, &row, doc);
    CHECK_INT(store_commit(fx.store, batch, NULL), 0);
}

static void test_sizes(void **) {
    CLEANUP_DEINIT(buf) struct buf layer_key = {0}, fn_key = {0};
    enum { MOST = LAMBDA_UNZIPPED_MOST, CODE = sizeof "#!/bin/true" - 1 };
    const struct lambda_layer layer = {S(ACCOUNT), S("us-east-1"), S("a"), 1};
    const struct lambda_name name = {S(ACCOUNT), S("us-east-1"), S("fn"), STR_NONE};
    static const char one[] = "['" LAYER_ARN("a:1") "']";
    make_small("fn");
    publish("a", "x");
    publish("b", "y");
    lambda_layer_key(&layer, &layer_key);
    lambda_row_key(&name, &fn_key);
    set_unzipped(buf_view(&layer_key), MOST - CODE + 1);
    set_unzipped(buf_view(&fn_key), -1); /* it is counted anew, by its zip */
    refused(UPDATE(one), 400, "InvalidParameterValueException",
            "Function code combined with layers exceeds the maximum allowed size of " LIMIT
            " bytes. The actual size is 262144001 bytes.");
    set_unzipped(buf_view(&layer_key), MOST - CODE);
    must(UPDATE(one));
    json_t *larger = code_of("#!/bin/other", 12);
    json_set_str(larger, "FunctionName", S("fn"));
    json_set(larger, "DryRun", json_true());
    refused(call_op("UpdateFunctionCode", larger), 400, "InvalidParameterValueException",
            "The actual size is 262144001 bytes.");
    set_unzipped(buf_view(&layer_key), MOST);
    refused(UPDATE("['" LAYER_ARN("b:1") "','" LAYER_ARN("a:1") "']"), 400,
            "InvalidParameterValueException",
            "Layers consume more than the available size of " LIMIT " bytes");
}

/* Layers count with the packages of functions. */
static int64_t total(void) {
    CLEANUP_DEINIT(answer) struct answer a = call_op("GetAccountSettings", json_object());
    return json_int(json_obj(a.out, "AccountUsage"), "TotalCodeSize", -1);
}

static void test_code_storage(void **) {
    make_small("fn");
    int64_t before = total();
    CLEANUP_DEINIT(answer)
    struct answer a = call_op("PublishLayerVersion", new_layer("tools", "f", "x", NULL));
    CHECK_INT(total() - before, json_int(json_obj(a.out, "Content"), "CodeSize", 0));
    must(call_op("DeleteLayerVersion", version_of("tools", 1)));
    sweep();
    CHECK_INT(total(), before);
}

/* ---- The end of a version ---- */
/* A zip that is a file of the store. */
static void publish_large(const char *name) {
    CLEANUP_DEINIT(buf) struct buf noise = {0};
    for (uint64_t i = 0, x = (unsigned char)name[0]; i < 64 * 1024; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        buf_char(&noise, (char)('a' + (x >> 56) % 26 + (x >> 48) % 6));
    }
    publish(name, buf_cstr(&noise));
}
static uint64_t blob_files(void) { return count_rows(fx.store, STORE_META, "blob"); }

/* A deleted version stays as long as a function has it, and a start does not change that. */
static void test_deleted_while_used(void **) {
    make_small("fn");
    make_small("other");
    publish_large("a");
    CHECK_INT(blob_files(), 1);
    must(UPDATE("['" LAYER_ARN("a:1") "']"));
    must(call_op("UpdateFunctionConfiguration", layers("other", "['" LAYER_ARN("a:1") "']")));
    must(call_op("DeleteLayerVersion", version_of("a", 1)));
    sweep();
    refused(call_op("GetLayerVersion", version_of("a", 1)), 404, "ResourceNotFoundException", "");
    refused(UPDATE("['" LAYER_ARN("a:1") "']"), 400, "InvalidParameterValueException",
            "Layer version " LAYER_ARN("a:1") " does not exist.");
    CHECK_INT(blob_files(), 1);
    must(UPDATE("[]"));
    sweep();
    CHECK_INT(blob_files(), 1);
    close_services();
    open_services(false);
    sweep();
    CHECK_INT(blob_files(), 1);
    CHECK_INT(versions(), 1);
    must(call_op("DeleteFunction", named("other")));
    sweep();
    CHECK_INT(blob_files(), 0);
    CHECK_INT(versions(), 0);
}

/* A function whose row cannot be read may have any of them: nothing goes until it can. */
static void test_deleted_while_a_row_is_damaged(void **) {
    const struct lambda_name name = {S(ACCOUNT), S("us-east-1"), S("fn"), STR_NONE};
    CLEANUP_DEINIT(row) struct row row = {0};
    static const char *const texts[] = {"no JSON", NULL};
    make_small("fn");
    publish_large("a");
    must(UPDATE("['" LAYER_ARN("a:1") "']"));
    must(call_op("DeleteLayerVersion", version_of("a", 1)));
    lambda_row_key(&name, &row.key);
    CHECK_INT(row_get(&(struct rows){.store = fx.store}, &row), 0);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
        const struct rows rows = {.store = fx.store, .batch = batch};
        row_put_blind(&rows, STORE_META, buf_view(&row.key),
                      texts[i] ? str_c(texts[i]) : buf_view(&row.bytes));
        CHECK_INT(store_commit(fx.store, batch, NULL), 0);
        sweep();
        CHECK_INT(blob_files(), 1);
        CHECK_INT(versions(), 1);
    }
    must(call_op("DeleteFunction", named("fn")));
    sweep();
    CHECK_INT(blob_files(), 0);
}

/* ---- Folders ---- */
static size_t folders(void) {
    char path[256];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/functions", fx.c.dir);
    DIR *dir = opendir(path);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(dir);
    return n - 1; /* boot */
}

static void check_file(const char *dir, const char *name, const char *want) {
    char path[512];
    CLEANUP_DEINIT(buf) struct buf content = {0};
    snprintf(path, sizeof path, "%s/functions/%s/%s", fx.c.dir, dir, name);
    if (!want) {
        CHECK_CASE(access(path, F_OK) != 0, name);
        return;
    }
    CHECK_CASE(io_read_file(&content, path, 1000, NULL) == 0, name);
    CHECK_STR(buf_view(&content), str_c(want));
}

struct pile {
    struct buf zips[3];
};
static int read_pile(void *pile, size_t i, struct buf *, str *ret_zip, struct err *) {
    *ret_zip = buf_view(&((struct pile *)pile)->zips[i]);
    return 0;
}

/* File by file: what a later one has is there, the rest of the earlier ones too. */
static void test_merged(void **) {
    static const struct zip_entry entries[3][4] = {
        {{.name = "lib/a", .content = "a0"},
         {.name = "lib/b", .content = "b0"},
         {.name = "file", .content = "file0"},
         {.name = "folder/deep/c", .content = "c0"}},
        {{.name = "lib/b", .content = "b1"},
         {.name = "bin/tool", .content = "t1", .mode = 0100755}},
        {{.name = "lib/a", .content = "a2"},
         {.name = "file/now/folder", .content = "f2"},
         {.name = "folder", .content = "file2"}},
    };
    static const size_t n[3] = {4, 2, 3};
    struct pile pile = {0};
    struct err err = {0};
    for (size_t i = 0; i < 3; i++)
        make_zip(&pile.zips[i], entries[i], n[i]);
    const struct lambda_zips zips = {3, read_pile, &pile};
    CHECK_INT(lambda_code_merge(fx.lambda->code, fx.store, &zips, "merged", &err), 0);
    check_file("merged", "lib/a", "a2");
    check_file("merged", "lib/b", "b1");
    check_file("merged", "bin/tool", "t1");
    check_file("merged", "file/now/folder", "f2");
    check_file("merged", "folder", "file2");
    check_file("merged", "folder/deep/c", NULL);
    for (size_t i = 0; i < 3; i++)
        buf_deinit(&pile.zips[i]);
}

/*
 * A later zip's entry takes the place of an earlier one's link and never goes through it, on the host's
 * side of the sandbox: what it leads to stays as it was.
 */
static void test_merged_over_links(void **) {
    char outside[160], link[160];
    snprintf(outside, sizeof outside, "%s/outside", fx.c.dir);
    CHECK_INT(mkdir(outside, 0700), 0);
    snprintf(link, sizeof link, "%s/file", outside);
    const struct zip_entry first[] = {
        {.name = "folder", .content = outside, .mode = 0120777},
        {.name = "file", .content = link, .mode = 0120777},
        {.name = "lib/a.so", .content = "a"},
        {.name = "lib/a.so.1", .content = "a.so", .mode = 0120777},
        {.name = "below/deep", .content = "x"},
    };
    const struct zip_entry second[] = {
        {.name = "folder/in", .content = "in"},
        {.name = "file", .content = "own"},
        {.name = "below", .content = outside, .mode = 0120777},
    };
    struct pile pile = {0};
    struct err err = {0};
    make_zip(&pile.zips[0], first, ARRAY_LEN(first));
    make_zip(&pile.zips[1], second, ARRAY_LEN(second));
    const struct lambda_zips both = {2, read_pile, &pile};
    CHECK_INT(lambda_code_merge(fx.lambda->code, fx.store, &both, "linked", &err), 0);
    check_file("linked", "folder/in", "in");
    check_file("linked", "file", "own");
    check_file("linked", "lib/a.so.1", "a");
    check_file("linked", "below/deep", NULL);
    CHECK_INT(access(link, F_OK), -1);
    CHECK_INT(rmdir(outside), 0); /* it is empty */
    for (size_t i = 0; i < 2; i++)
        buf_deinit(&pile.zips[i]);
}

/* The folder of a list is another one in another order, and goes with its last function. */
static void test_folder_of_a_function(void **) {
    static const char ab[] = "['" LAYER_ARN("a:1") "','" LAYER_ARN("b:1") "']",
                      ba[] = "['" LAYER_ARN("b:1") "','" LAYER_ARN("a:1") "']";
    static const struct { const char *list, *want; } cases[] = {{ab, "of b"}, {ba, "of a"}};
    const struct lambda_name name = {S(ACCOUNT), S("us-east-1"), S("fn"), STR_NONE};
    make_small("fn");
    publish("a", "of a");
    publish("b", "of b");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(lambda_fn) struct lambda_fn *fn = NULL;
        struct err err = {0};
        must(UPDATE(cases[i].list));
        CHECK_INT(lambda_fn_load(&(struct rows){.store = fx.store}, &name, &fn), 0);
        CHECK_INT(lambda_layers_unpack(fx.lambda, fn, &err), 0);
        check_file(lambda_layers_dir(fn->doc).p, "file", cases[i].want);
        sweep();
        CHECK_INT(folders(), 2); /* the function's code, and the layers of its last list */
        check_file(lambda_layers_dir(fn->doc).p, "file", cases[i].want);
    }
    must(UPDATE("[]"));
    sweep();
    CHECK_INT(folders(), 1);
}

/* ---- Location ---- */
static void test_location(void **) {
    CLEANUP_DEINIT(buf) struct buf path = {0};
    publish_large("tools");
    CLEANUP_DEINIT(answer) struct answer a = call_op("GetLayerVersion", version_of("tools", 1));
    str location = json_str(json_obj(a.out, "Content"), "Location");
    str links = S(LAMBDA_LINKS);
    ptrdiff_t at = str_find(location, links);
    CHECK(at > 0);
    buf_str(&path, str_skip(location, (size_t)at + links.len));
    struct lambda_link_bytes bytes = {0};
    CHECK_INT(lambda_link_follow(fx.lambda, buf_view(&path), clock_real_ms(), &bytes),
              LAMBDA_LINK_GIVEN);
    CHECK_INT(bytes.size, json_int(json_obj(a.out, "Content"), "CodeSize", 0));
    blob_reader_free(bytes.reader);
    must(call_op("DeleteLayerVersion", version_of("tools", 1)));
    bytes = (struct lambda_link_bytes){0};
    CHECK_INT(lambda_link_follow(fx.lambda, buf_view(&path), clock_real_ms(), &bytes),
              LAMBDA_LINK_GONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        CASE(test_names),
        CASE(test_a_version),
        CASE(test_refused_versions),
        CASE(test_numbers),
        CASE(test_lists),
        CASE(test_permissions),
        CASE(test_of_a_function),
        CASE(test_refused_layers),
        CASE(test_of_another_account),
        CASE(test_sizes),
        CASE(test_code_storage),
        CASE(test_deleted_while_used),
        CASE(test_deleted_while_a_row_is_damaged),
        CASE(test_merged),
        CASE(test_merged_over_links),
        CASE(test_folder_of_a_function),
        CASE(test_location),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
