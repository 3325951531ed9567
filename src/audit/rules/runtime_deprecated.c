/* Functions and layers for runtimes that AWS does not support any more. */
#include "audit/finding.h"
#include "audit/system.h"

/*
 * "Deprecated runtimes", Lambda Developer Guide, and those whose date has come since; the day on which
 * AWS stopped to mend them. The last one is of 2026-04-30. Those of Amazon Linux 2 (python3.10,
 * python3.11, java17, provided.al2 …) are not here: AWS goes on mending them beyond their date.
 */
static const struct {
    const char *name, *date, *successor;
} deprecated[] = {
    {"dotnet5.0", "2022-05-10", "dotnet10"},
    {"dotnet6", "2024-12-20", "dotnet10"},
    {"dotnet7", "2024-05-14", "dotnet10"},
    {"dotnetcore1.0", "2019-06-27", "dotnet10"},
    {"dotnetcore2.0", "2019-05-30", "dotnet10"},
    {"dotnetcore2.1", "2022-01-05", "dotnet10"},
    {"dotnetcore3.1", "2023-04-03", "dotnet10"},
    {"go1.x", "2024-01-08", "provided.al2023"},
    {"java8", "2024-01-08", "java25"},
    {"nodejs", "2016-10-31", "nodejs24.x"},
    {"nodejs10.x", "2021-07-30", "nodejs24.x"},
    {"nodejs12.x", "2023-03-31", "nodejs24.x"},
    {"nodejs14.x", "2023-12-04", "nodejs24.x"},
    {"nodejs16.x", "2024-06-12", "nodejs24.x"},
    {"nodejs18.x", "2025-09-01", "nodejs24.x"},
    {"nodejs20.x", "2026-04-30", "nodejs24.x"},
    {"nodejs4.3", "2020-03-05", "nodejs24.x"},
    {"nodejs4.3-edge", "2020-03-05", "nodejs24.x"},
    {"nodejs6.10", "2019-08-12", "nodejs24.x"},
    {"nodejs8.10", "2020-03-06", "nodejs24.x"},
    {"provided", "2024-01-08", "provided.al2023"},
    {"python2.7", "2021-07-15", "python3.13"},
    {"python3.6", "2022-07-18", "python3.13"},
    {"python3.7", "2023-12-04", "python3.13"},
    {"python3.8", "2024-10-14", "python3.13"},
    {"python3.9", "2025-12-15", "python3.13"},
    {"ruby2.5", "2021-07-30", "ruby3.4"},
    {"ruby2.7", "2023-12-07", "ruby3.4"},
    {"ruby3.2", "2026-03-31", "ruby3.4"},
};

/*
 * Python 3 that is written in the template brings no libraries that were built for its version; layers
 * may. What Node.js's code can require has changed (aws-sdk), and a package's libraries cannot be seen.
 */
static bool is_safe_to_raise(const struct audit_template *t, const struct audit_function *function,
                             str runtime) {
    return function->is_inline && str_starts(runtime, S("python3.")) &&
           !audit_has(t, function->r, "Layers");
}

static void check_function(struct audit_template *t, const struct audit_function *function) {
    struct audit_values values = audit_property(t, function->r, "Runtime");
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_value *v = &values.v[i];
        for (size_t k = 0; v->kind == AUDIT_LITERAL && k < ARRAY_LEN(deprecated); k++) {
            if (!str_is(v->text, deprecated[k].name))
                continue;
            struct audit_finding *f =
                audit_tell_node(t, &audit_rule_runtime_deprecated, function->r, v->node, v->guard,
                                "%s is not supported since %s; %s is", deprecated[k].name,
                                deprecated[k].date, deprecated[k].successor);
            if (is_safe_to_raise(t, function, v->text))
                audit_fix_replace(f, v->node, "%s", deprecated[k].successor);
        }
    }
}

static void check(struct audit_template *t) {
    for (const struct audit_function *f = t->system->functions; f; f = f->next)
        if (!f->is_image)
            check_function(t, f);
}

const struct audit_rule audit_rule_runtime_deprecated = {
    .id = "runtime-deprecated",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Runtime that is not supported any more",
    .why =
        "AWS mends no holes in it, and refuses to make and, later, to change functions that use it",
    .fix = "move the function to a runtime that is supported, and test it there",
    .bad = "Resources:\n"
           "  Thumbnails:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: python3.8\n"
           "      Handler: app.handler\n"
           "      Role: arn:aws:iam::123456789012:role/thumbnails\n"
           "      Code: {S3Bucket: code, S3Key: app.zip}\n",
    .good = "Resources:\n"
            "  Thumbnails:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: python3.13\n"
            "      Handler: app.handler\n"
            "      Role: arn:aws:iam::123456789012:role/thumbnails\n"
            "      Code: {S3Bucket: code, S3Key: app.zip}\n",
    .check = check,
};
