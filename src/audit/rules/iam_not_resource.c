/* Statements that allow by NotResource. */
#include "audit/rules/statement_priv.h"

static void check(struct audit_template *t) {
    struct tmpl_pos start, end;
    for (const struct audit_statement *s = t->system->statements; s; s = s->next)
        if (!s->is_deny && audit_element_at(t, s, "NotResource", &start, &end))
            audit_tell_range(t, &audit_rule_iam_not_resource, s->owner, start, end, s->guard,
                             "the statement allows every resource but those it names");
}

const struct audit_rule audit_rule_iam_not_resource = {
    .id = "iam-not-resource",
    .class = 1,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Policy that allows by NotResource",
    .why = "whatever is made later is reached from its first day",
    .fix = "list what is allowed under Resource, or make the statement a Deny",
    .bad = "Resources:\n"
           "  Policy:\n"
           "    Type: AWS::IAM::Policy\n"
           "    Properties:\n"
           "      PolicyName: Most\n"
           "      Roles: [processor]\n"
           "      PolicyDocument:\n"
           "        Statement:\n"
           "          - Effect: Allow\n"
           "            Action: s3:GetObject\n"
           "            NotResource: arn:aws:s3:::private/*\n",
    .good = "Resources:\n"
            "  Policy:\n"
            "    Type: AWS::IAM::Policy\n"
            "    Properties:\n"
            "      PolicyName: Most\n"
            "      Roles: [processor]\n"
            "      PolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Deny\n"
            "            Action: s3:GetObject\n"
            "            NotResource: arn:aws:s3:::private/*\n",
    .check = check,
};
