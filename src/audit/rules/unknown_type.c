/* Resource types that AWS does not have. */
#include "audit/finding.h"
#include "tmpl/types.h"

/* "AWS SAM resources and properties", AWS SAM Developer Guide. */
static bool is_sam_type(str type) {
    static const char *const names[] = {
        "Api",     "Application",  "CapacityProvider", "Connector",    "Function",    "GraphQLApi",
        "HttpApi", "LayerVersion", "SimpleTable",      "StateMachine", "WebSocketApi"};
    str last = str_skip(type, S("AWS::Serverless::").len);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is(last, names[i]))
            return true;
    return false;
}

/* Types of other publishers are the account's (Datadog::Monitors::Monitor), and so are modules. */
static bool is_others(str type) {
    return str_find(type, S("::")) > 0 && !str_starts(type, S("AWS::"));
}

static bool is_module(str type) { return str_ends(type, S("::MODULE")); }

static void check(struct audit_template *t) {
    for (size_t i = 0; i < t->n_resources; i++) {
        const struct audit_resource *r = &t->resources[i];
        const struct tmpl_node *type = tmpl_get(r->body, "Type");
        bool is_sam = str_starts(r->type, S("AWS::Serverless::")) && is_sam_type(r->type);
        if (is_sam && !t->is_sam && !t->is_partial)
            audit_tell_node(t, &audit_rule_unknown_type, r, type, NULL,
                            STR_FMT " wants Transform: AWS::Serverless-2016-10-31",
                            STR_ARG(r->type));
        else if (!is_sam && !is_others(r->type) && !is_module(r->type) &&
                 !tmpl_is_aws_type(r->type))
            audit_tell_node(t, &audit_rule_unknown_type, r, type, NULL, "AWS has no type " STR_FMT,
                            STR_ARG(r->type));
    }
}

const struct audit_rule audit_rule_unknown_type = {
    .id = "unknown-type",
    .class = 0,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Resource type that AWS does not have",
    .why = "CloudFormation refuses the stack",
    .fix = "write the type as its page in the CloudFormation User Guide does",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Buckets\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n",
    .check = check,
};
