/*
 * AWS::Lambda::LayerVersion: for life: every change publishes another version and deletes this one.
 *
 * A layer's name does not tell its versions apart, so before the first call its newest number is
 * noted: what is newer and looks like this one after a restart was made by the call whose answer was
 * lost. (One that somebody else publishes in that moment with all the same words is taken for it.)
 */
#include "cfn/type.h"

#define DENIED "AccessDenied|AccessDeniedException|AuthorizationError"

static const struct cfn_prop props[] = {
    {"Content", .create = "*"},
    {"Description", .create = "*"},
    {"LicenseInfo", .create = "*"},
    {"CompatibleRuntimes", .create = "*"},
    {"CompatibleArchitectures", .create = "*"},
    {"LayerName", .create = "*"},
    {0},
};

static void add(const struct cfn_work *w, json_t *in) {
    if (!json_has(in, "LayerName"))
        json_set_str(in, "LayerName", w->name);
}

/* The newest versions of its layer; NULL: who makes it may not ask, and may still make it. */
static int list(struct cfn_work *w, json_t **ret_out) {
    json_t *in = json_object();
    cfn_move(in, "LayerName", w->props, "LayerName");
    add(w, in);
    return cfn_call_unless(w, "lambda", "ListLayerVersions", in, DENIED, ret_out);
}

static bool looks_like(const struct cfn_work *w, const json_t *version) {
    static const char *const members[] = {"LicenseInfo", "CompatibleRuntimes",
                                          "CompatibleArchitectures"};
    str wanted = json_str(w->props, "Description");
    bool same = str_eq(json_str(version, "Description"), wanted.p ? wanted : S(""));
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const json_t *a = json_object_get(w->props, members[i]),
                     *b = json_object_get(version, members[i]);
        same = same && (a && b ? json_equal(a, b) : a == b);
    }
    return same;
}

/* Claims what an earlier call made, where there is such a version. */
static int find(struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    int64_t last = json_int(w->notes, "Last", json_has(w->props, "LayerName") ? INT64_MAX : 0);
    if (list(w, &out))
        return CFN_FAILED;
    const json_t *versions = json_arr(out, "LayerVersions");
    for (size_t i = json_array_size(versions); i-- > 0;) { /* the oldest first */
        const json_t *version = json_array_get(versions, i);
        if (json_int(version, "Version", 0) > last && looks_like(w, version)) {
            cfn_set_physical(w, json_str(version, "LayerVersionArn"));
            return CFN_DONE;
        }
    }
    return CFN_DONE;
}

/* The number is on disk before anything is published. A name that was drawn has no versions yet. */
static int note_last(struct cfn_work *w) {
    CLEANUP_JSON json_t *out = NULL;
    if (list(w, &out))
        return CFN_FAILED;
    const json_t *newest = json_array_get(json_arr(out, "LayerVersions"), 0);
    json_set_int(w->notes, "Last", json_int(newest, "Version", w->code[0] ? INT64_MAX : 0));
    w->wake_ms = w->now_ms;
    return CFN_WAIT;
}

static int create(struct cfn_work *w) {
    if (json_has(w->props, "LayerName") && !json_has(w->notes, "Last"))
        return note_last(w);
    if (w->again && !w->physical.len && find(w))
        return CFN_FAILED;
    return cfn_create(w);
}

static int drop(struct cfn_work *w) {
    return cfn_call_unless(w, "lambda", "DeleteLayerVersion", cfn_layer_version(cfn_physical(w)),
                           "ResourceNotFoundException", NULL);
}

const struct cfn_type cfn_type_lambda_layer_version = {
    .name = "AWS::Lambda::LayerVersion",
    .service = "lambda",
    .props = props,
    .create = create,
    .find = find,
    .remove = drop,
    .make = {.op = "PublishLayerVersion"},
    .add = add,
    .id = "{out.LayerVersionArn}",
    .attributes = {{"LayerVersionArn", "{id}"}},
};
