/* Policies and permissions for everybody; of buckets bucket-public-policy tells. */
#include "audit/rules/statement_priv.h"

/* An API is for whom its authorizers let in: its policy is there to take away. */
static bool is_api(const struct audit_statement *s) {
    return audit_is(s->owner, "AWS::ApiGateway::RestApi");
}

static void tell_statement(struct audit_template *t, const struct audit_statement *s) {
    const struct audit_rule *rule = &audit_rule_iam_wildcard_principal;
    struct tmpl_pos start, end;
    const struct audit_value *who = audit_statement_everybody(t, s);
    if (who)
        audit_tell_node(t, rule, s->owner, who->node, who->guard,
                        s->kind == AUDIT_POLICY_TRUST
                            ? "everybody with an AWS account may assume the role"
                            : "the policy is for everybody");
    else if (audit_element_at(t, s, "NotPrincipal", &start, &end))
        audit_tell_range(t, rule, s->owner, start, end, s->guard,
                         "the policy is for everybody but those it names");
}

/* Resources that are a statement by themselves. */
static const struct {
    const char *type, *scopes[3];
} permissions[] = {
    {"AWS::Lambda::Permission", {"SourceArn", "SourceAccount", "PrincipalOrgID"}},
    {"AWS::Lambda::LayerVersionPermission", {"OrganizationId"}},
};

static void tell_permission(struct audit_template *t, const struct audit_resource *r, size_t kind) {
    for (size_t i = 0; i < ARRAY_LEN(permissions[kind].scopes); i++)
        if (permissions[kind].scopes[i] && audit_has(t, r, permissions[kind].scopes[i]))
            return;
    const struct audit_values who = audit_property(t, r, "Principal");
    for (size_t i = 0; i < who.n; i++)
        if (str_is(who.v[i].text, "*"))
            audit_tell_node(t, &audit_rule_iam_wildcard_principal, r, who.v[i].node, who.v[i].guard,
                            "the permission is for everybody");
}

static void check(struct audit_template *t) {
    for (const struct audit_statement *s = t->system->statements; s; s = s->next)
        if (!s->is_deny && s->kind != AUDIT_POLICY_BUCKET && !is_api(s))
            tell_statement(t, s);
    for (size_t i = 0; i < ARRAY_LEN(permissions); i++)
        for (const struct audit_resource *r = audit_first(t, permissions[i].type); r; r = r->next)
            tell_permission(t, r, i);
}

const struct audit_rule audit_rule_iam_wildcard_principal = {
    .id = "iam-wildcard-principal",
    .class = 1,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Policy for everybody",
    .why = "anyone with an AWS account of his own may use it",
    .fix =
        "name the service or account, or hold it to aws:SourceArn, aws:SourceAccount or aws:PrincipalOrgID",
    .bad = "Resources:\n"
           "  Reports:\n"
           "    Type: AWS::SNS::Topic\n"
           "  Policy:\n"
           "    Type: AWS::SNS::TopicPolicy\n"
           "    Properties:\n"
           "      Topics: [!Ref Reports]\n"
           "      PolicyDocument:\n"
           "        Statement:\n"
           "          - Effect: Allow\n"
           "            Principal: '*'\n"
           "            Action: sns:Publish\n"
           "            Resource: !Ref Reports\n",
    .good = "Resources:\n"
            "  Reports:\n"
            "    Type: AWS::SNS::Topic\n"
            "  Policy:\n"
            "    Type: AWS::SNS::TopicPolicy\n"
            "    Properties:\n"
            "      Topics: [!Ref Reports]\n"
            "      PolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Allow\n"
            "            Principal: '*'\n"
            "            Action: sns:Publish\n"
            "            Resource: !Ref Reports\n"
            "            Condition:\n"
            "              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}\n",
    .check = check,
};
