/* Managed policies that make an administrator. */
#include "audit/rules/iam_managed_priv.h"

static void check(struct audit_template *t) {
    for (const struct audit_managed *m = t->system->managed; m; m = m->next) {
        str name = audit_managed_name(t, m);
        if (audit_managed_is_admin(name))
            audit_tell_node(t, &audit_rule_iam_managed_admin, m->owner, m->value.node,
                            m->value.guard, STR_FMT " is attached", STR_ARG(name));
    }
}

const struct audit_rule audit_rule_iam_managed_admin = {
    .id = "iam-managed-admin",
    .class = 1,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Administrator's policy",
    .why = "a mistake in the code, or in what it depends on, has the whole account",
    .fix = "write a policy with the actions that are called, on the resources of this stack",
    .bad = "Resources:\n"
           "  Role:\n"
           "    Type: AWS::IAM::Role\n"
           "    Properties:\n"
           "      AssumeRolePolicyDocument: {}\n"
           "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]\n",
    .good =
        "Resources:\n"
        "  Role:\n"
        "    Type: AWS::IAM::Role\n"
        "    Properties:\n"
        "      AssumeRolePolicyDocument: {}\n"
        "      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]\n",
    .check = check,
};
