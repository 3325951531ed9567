/* Managed policies that allow everything of a service. */
#include "audit/rules/iam_managed_priv.h"

static void check(struct audit_template *t) {
    for (const struct audit_managed *m = t->system->managed; m; m = m->next) {
        str name = audit_managed_name(t, m);
        if (str_ends(name, S("FullAccess")) && !audit_managed_is_admin(name))
            audit_tell_node(t, &audit_rule_iam_managed_full_access, m->owner, m->value.node,
                            m->value.guard, STR_FMT " is attached", STR_ARG(name));
    }
}

const struct audit_rule audit_rule_iam_managed_full_access = {
    .id = "iam-managed-full-access",
    .class = 1,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Managed policy for all of a service",
    .why = "it reaches what other stacks keep in the service, and may delete it",
    .fix = "write a policy with the actions that are called, on the resources of this stack",
    .bad = "Resources:\n"
           "  Role:\n"
           "    Type: AWS::IAM::Role\n"
           "    Properties:\n"
           "      AssumeRolePolicyDocument: {}\n"
           "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonS3FullAccess]\n",
    .good = "Resources:\n"
            "  Role:\n"
            "    Type: AWS::IAM::Role\n"
            "    Properties:\n"
            "      AssumeRolePolicyDocument: {}\n"
            "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess]\n",
    .check = check,
};
