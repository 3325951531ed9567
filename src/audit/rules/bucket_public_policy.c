/* Policies of buckets that allow everybody. */
#include "audit/rules/bucket_priv.h"

/* The first action, for the message. */
static str action_of(const struct audit_template *t, const struct audit_statement *s) {
    const struct audit_values actions = audit_element(t, s, "Action");
    str text = actions.v[0].text;
    return actions.n == 1 && text.p && !str_is(text, "*") ? text : S("more than one action");
}

static void check(struct audit_template *t) {
    const struct audit_rule *rule = &audit_rule_bucket_public_policy;
    struct tmpl_pos start, end;
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        if (s->is_deny || s->kind != AUDIT_POLICY_BUCKET)
            continue;
        const struct audit_value *who = audit_statement_everybody(t, s);
        if (who)
            audit_tell_node(t, rule, s->owner, who->node, who->guard,
                            "the policy allows everybody " STR_FMT, STR_ARG(action_of(t, s)));
        else if (audit_element_at(t, s, "NotPrincipal", &start, &end))
            audit_tell_range(t, rule, s->owner, start, end, s->guard,
                             "the policy allows everybody but those it names");
    }
}

const struct audit_rule audit_rule_bucket_public_policy = {
    .id = "bucket-public-policy",
    .class = 2,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Bucket policy for everybody",
    .why =
        "the pictures are on the open internet, without a log-in and without a limit of the bill",
    .fix = "name who may: a role, an account, or cloudfront.amazonaws.com with aws:SourceArn",
    .bad = "Resources:\n"
           "  Photos:\n"
           "    Type: AWS::S3::Bucket\n"
           "  Policy:\n"
           "    Type: AWS::S3::BucketPolicy\n"
           "    Properties:\n"
           "      Bucket: !Ref Photos\n"
           "      PolicyDocument:\n"
           "        Statement:\n"
           "          - Effect: Allow\n"
           "            Principal: '*'\n"
           "            Action: s3:GetObject\n"
           "            Resource: !Sub ${Photos.Arn}/*\n",
    .good = "Resources:\n"
            "  Photos:\n"
            "    Type: AWS::S3::Bucket\n"
            "  Policy:\n"
            "    Type: AWS::S3::BucketPolicy\n"
            "    Properties:\n"
            "      Bucket: !Ref Photos\n"
            "      PolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Allow\n"
            "            Principal: {Service: cloudfront.amazonaws.com}\n"
            "            Action: s3:GetObject\n"
            "            Resource: !Sub ${Photos.Arn}/*\n"
            "            Condition:\n"
            "              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}\n",
    .check = check,
};
