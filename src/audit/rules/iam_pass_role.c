/* iam:PassRole for every role. */
#include "audit/rules/iam_priv.h"

/* Told of by iam-privilege-escalation: "*" and "iam:*" allow more than this. */
static bool passes_role(str action) {
    return audit_action_covers(action, "iam:PassRole") &&
           !audit_action_covers(action, "iam:PutRolePolicy");
}

static void check(struct audit_template *t) {
    static const char *const scoping[] = {"iam:PassedToService", "iam:AssociatedResourceArn",
                                          "*:ResourceTag/*"};
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        if (s->is_deny || s->is_made || s->kind != AUDIT_POLICY_ROLE)
            continue;
        const struct audit_values actions = audit_element(t, s, "Action"),
                                  resources = audit_element(t, s, "Resource");
        const struct audit_value *everything = audit_statement_everything(t, s, &resources, "iam");
        for (size_t i = 0; everything && i < actions.n; i++)
            if (actions.v[i].kind == AUDIT_LITERAL && passes_role(actions.v[i].text) &&
                !audit_condition_has(t, s, scoping, ARRAY_LEN(scoping)))
                audit_tell_node(t, &audit_rule_iam_pass_role, s->owner, actions.v[i].node,
                                audit_guard_and(t, actions.v[i].guard, everything->guard),
                                "every role of the account may be passed on");
    }
}

const struct audit_rule audit_rule_iam_pass_role = {
    .id = "iam-pass-role",
    .class = 1,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "iam:PassRole on every role",
    .why = "it starts something with the administrator's role and acts as that",
    .fix = "name the one role's ARN, and hold it to iam:PassedToService",
    .bad = "Resources:\n"
           "  Policy:\n"
           "    Type: AWS::IAM::Policy\n"
           "    Properties:\n"
           "      PolicyName: Starts\n"
           "      Roles: [starter]\n"
           "      PolicyDocument:\n"
           "        Statement:\n"
           "          - Effect: Allow\n"
           "            Action: iam:PassRole\n"
           "            Resource: '*'\n",
    .good = "Resources:\n"
            "  Policy:\n"
            "    Type: AWS::IAM::Policy\n"
            "    Properties:\n"
            "      PolicyName: Starts\n"
            "      Roles: [starter]\n"
            "      PolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Allow\n"
            "            Action: iam:PassRole\n"
            "            Resource: !Sub arn:aws:iam::${AWS::AccountId}:role/convert-*\n"
            "            Condition:\n"
            "              StringEquals: {iam:PassedToService: mediaconvert.amazonaws.com}\n",
    .check = check,
};
