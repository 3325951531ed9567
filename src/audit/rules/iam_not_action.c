/* Statements that allow by NotAction. */
#include "audit/rules/statement_priv.h"

static void check(struct audit_template *t) {
    struct tmpl_pos start, end;
    for (const struct audit_statement *s = t->system->statements; s; s = s->next)
        if (!s->is_deny && audit_element_at(t, s, "NotAction", &start, &end))
            audit_tell_range(t, &audit_rule_iam_not_action, s->owner, start, end, s->guard,
                             "the statement allows every action but those it names");
}

const struct audit_rule audit_rule_iam_not_action = {
    .id = "iam-not-action",
    .class = 1,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Policy that allows by NotAction",
    .why = "what AWS adds next year is allowed from its first day",
    .fix = "list what is allowed under Action, or make the statement a Deny",
    .bad = "Resources:\n"
           "  Policy:\n"
           "    Type: AWS::IAM::Policy\n"
           "    Properties:\n"
           "      PolicyName: Most\n"
           "      Roles: [processor]\n"
           "      PolicyDocument:\n"
           "        Statement:\n"
           "          - Effect: Allow\n"
           "            NotAction: iam:*\n"
           "            Resource: arn:aws:s3:::photos/*\n",
    .good = "Resources:\n"
            "  Policy:\n"
            "    Type: AWS::IAM::Policy\n"
            "    Properties:\n"
            "      PolicyName: Most\n"
            "      Roles: [processor]\n"
            "      PolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Deny\n"
            "            NotAction: iam:*\n"
            "            Resource: arn:aws:s3:::photos/*\n",
    .check = check,
};
