/* Templates that do not say what they are. */
#include "audit/finding.h"

/* What a stack is told to be made of, one and several, in the order of telling. */
static const struct {
    const char *type, *one, *many;
} kinds[] = {
    {"AWS::S3::Bucket", "bucket", "buckets"},
    {"AWS::Lambda::Function", "function", "functions"},
    {"AWS::Serverless::Function", "function", "functions"},
    {"AWS::DynamoDB::Table", "table", "tables"},
    {"AWS::Serverless::SimpleTable", "table", "tables"},
    {"AWS::SNS::Topic", "topic", "topics"},
    {"AWS::SQS::Queue", "queue", "queues"},
    {"AWS::Serverless::Api", "API", "APIs"},
    {"AWS::IAM::Role", "role", "roles"},
};

/* "Stack of 2 buckets, 1 function." */
static void describe(const struct audit_template *t, struct buf *out) {
    buf_c(out, "Stack of ");
    size_t said = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n = 0;
        for (const struct audit_resource *r = audit_first(t, kinds[i].type); r; r = r->next)
            n++;
        if (n)
            buf_printf(out, "%s%zu %s", said++ ? ", " : "", n,
                       n == 1 ? kinds[i].one : kinds[i].many);
    }
    if (!said)
        buf_printf(out, "%zu resource%s", t->n_resources, t->n_resources == 1 ? "" : "s");
}

static void check(struct audit_template *t) {
    if (t->is_partial || tmpl_get(t->root, "Description") || t->n_resources == 0)
        return;
    struct tmpl_pos at = t->resources_at;
    struct audit_finding *f =
        audit_tell_range(t, &audit_rule_template_description, NULL, at, audit_name_end(t, at), NULL,
                         "the template has no Description");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    describe(t, &text);
    audit_fix_member(f, t->root, "Description", "%s", buf_cstr(&text));
}

const struct audit_rule audit_rule_template_description = {
    .id = "template-description",
    .class = 16,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Template without description",
    .why = "the list of stacks does not say what this one is for",
    .fix = "begin with a Description of one sentence",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Description: Uploaded photographs.\n"
            "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n",
    .check = check,
};
