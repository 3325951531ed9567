/* audit/system: statements of policies, and managed policies that are named. */
#include "audit/system_priv.h"

/* Where types have policy documents, and which property says what such a policy is of. */
static const struct {
    const char *type, *path, *on;
    enum audit_policy_kind kind;
} documents[] = {
    {"AWS::IAM::Role", "Policies[].PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::Role", "AssumeRolePolicyDocument", NULL, AUDIT_POLICY_TRUST},
    {"AWS::IAM::User", "Policies[].PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::Group", "Policies[].PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::Policy", "PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::ManagedPolicy", "PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::RolePolicy", "PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::UserPolicy", "PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::GroupPolicy", "PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::SSO::PermissionSet", "InlinePolicy", NULL, AUDIT_POLICY_ROLE},
    {"AWS::Serverless::Function", "AssumeRolePolicyDocument", NULL, AUDIT_POLICY_TRUST},
    {"AWS::S3::BucketPolicy", "PolicyDocument", "Bucket", AUDIT_POLICY_BUCKET},
    {"AWS::SNS::TopicPolicy", "PolicyDocument", "Topics[]", AUDIT_POLICY_TOPIC},
    {"AWS::SNS::TopicInlinePolicy", "PolicyDocument", "TopicArn", AUDIT_POLICY_TOPIC},
    {"AWS::SQS::QueuePolicy", "PolicyDocument", "Queues[]", AUDIT_POLICY_QUEUE},
    {"AWS::SQS::QueueInlinePolicy", "PolicyDocument", "Queue", AUDIT_POLICY_QUEUE},
    {"AWS::KMS::Key", "KeyPolicy", NULL, AUDIT_POLICY_KEY},
    {"AWS::KMS::ReplicaKey", "KeyPolicy", NULL, AUDIT_POLICY_KEY},
    {"AWS::ApiGateway::RestApi", "Policy", NULL, AUDIT_POLICY_OTHER},
    {"AWS::Backup::BackupVault", "AccessPolicy", NULL, AUDIT_POLICY_OTHER},
    {"AWS::DynamoDB::Table", "ResourcePolicy.PolicyDocument", NULL, AUDIT_POLICY_OTHER},
    {"AWS::ECR::Repository", "RepositoryPolicyText", NULL, AUDIT_POLICY_OTHER},
    {"AWS::EFS::FileSystem", "FileSystemPolicy", NULL, AUDIT_POLICY_OTHER},
    {"AWS::Elasticsearch::Domain", "AccessPolicies", NULL, AUDIT_POLICY_OTHER},
    {"AWS::Logs::LogGroup", "ResourcePolicyDocument", NULL, AUDIT_POLICY_OTHER},
    {"AWS::OpenSearchService::Domain", "AccessPolicies", NULL, AUDIT_POLICY_OTHER},
    {"AWS::S3::AccessPoint", "Policy", NULL, AUDIT_POLICY_OTHER},
    {"AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", NULL, AUDIT_POLICY_OTHER},
};

static void read_on(const struct audit_template *t, struct audit_statement *s, const char *on) {
    struct audit_values values = audit_property(t, s->owner, on);
    const struct audit_resource **list = arena_zalloc(t->arena, values.n * sizeof *list);
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_resource *r =
            values.v[i].kind == AUDIT_ABSENT ? NULL : audit_target(t, values.v[i].node, NULL);
        if (r)
            list[s->n_on++] = r;
    }
    s->on = list;
}

void audit_read_document(struct audit_build *b, const struct audit_resource *owner,
                         enum audit_policy_kind kind, const struct audit_value *document,
                         const char *on) {
    if (document->kind != AUDIT_LITERAL || document->node->kind != TMPL_MAP)
        return;
    struct audit_values each = audit_path(b->t, document->node, document->guard, "Statement[]");
    for (size_t i = 0; i < each.n; i++) {
        if (each.v[i].kind != AUDIT_LITERAL || each.v[i].node->kind != TMPL_MAP)
            continue;
        struct audit_statement *s = arena_new(b->t->arena, struct audit_statement);
        *s = (struct audit_statement){.kind = kind,
                                      .owner = owner,
                                      .document = document->node,
                                      .node = each.v[i].node,
                                      .guard = each.v[i].guard};
        s->is_deny = str_is(tmpl_text(tmpl_get(s->node, "Effect")), "Deny");
        if (on)
            read_on(b->t, s, on);
        AUDIT_APPEND(b->statements, s);
    }
}

void audit_read_policies(struct audit_build *b, const struct audit_resource *r) {
    for (size_t k = 0; k < ARRAY_LEN(documents); k++) {
        if (!str_is(r->type, documents[k].type))
            continue;
        struct audit_values values = audit_property(b->t, r, documents[k].path);
        for (size_t i = 0; i < values.n; i++)
            audit_read_document(b, r, documents[k].kind, &values.v[i], documents[k].on);
    }
}

void audit_read_managed(struct audit_build *b, const struct audit_resource *r) {
    struct audit_values values = audit_property(b->t, r, "ManagedPolicyArns[]");
    for (size_t i = 0; i < values.n; i++) {
        if (values.v[i].kind == AUDIT_ABSENT)
            continue;
        struct audit_managed *m = arena_new(b->t->arena, struct audit_managed);
        m->owner = r;
        m->value = values.v[i];
        m->value.text = audit_text(b->t, m->value.node);
        AUDIT_APPEND(b->managed, m);
    }
}

void audit_statement_each(const struct audit_template *t, const struct audit_statement *s,
                          const char *element,
                          void (*fn)(void *ctx, const struct audit_value *value), void *ctx) {
    const struct tmpl_node *node = tmpl_get(s->node, element);
    struct audit_values each = audit_path(t, node, s->guard, "[]");
    for (size_t i = 0; node && i < each.n; i++)
        if (each.v[i].kind != AUDIT_ABSENT)
            fn(ctx, &each.v[i]);
}
