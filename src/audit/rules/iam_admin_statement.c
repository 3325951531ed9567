/* Statements that allow everything on everything. */
#include "audit/rules/iam_priv.h"

static void check(struct audit_template *t) {
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        const struct audit_value *action = audit_statement_admin(t, s);
        if (action)
            audit_tell_node(t, &audit_rule_iam_admin_statement, s->owner, action->node,
                            action->guard, "every action is allowed on every resource");
    }
}

const struct audit_rule audit_rule_iam_admin_statement = {
    .id = "iam-admin-statement",
    .class = 1,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Policy that makes an administrator",
    .why = "a mistake in the code, or in what it depends on, has the whole account",
    .fix = "list the actions that are called, and the resources of this stack",
    .bad = "Resources:\n"
           "  Policy:\n"
           "    Type: AWS::IAM::Policy\n"
           "    Properties:\n"
           "      PolicyName: All\n"
           "      Roles: [processor]\n"
           "      PolicyDocument:\n"
           "        Statement:\n"
           "          - Effect: Allow\n"
           "            Action: '*'\n"
           "            Resource: '*'\n",
    .good = "Resources:\n"
            "  Policy:\n"
            "    Type: AWS::IAM::Policy\n"
            "    Properties:\n"
            "      PolicyName: Some\n"
            "      Roles: [processor]\n"
            "      PolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Allow\n"
            "            Action: s3:GetObject\n"
            "            Resource: arn:aws:s3:::photos/*\n",
    .check = check,
};
