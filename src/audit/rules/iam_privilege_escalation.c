/* Rights to hand out rights: writing policies, taking keys, putting code into others' functions. */
#include "audit/rules/iam_priv.h"

/* An action's service: the one before the colon; of "*" IAM. */
static void tell(struct audit_template *t, const struct audit_statement *s,
                 const struct audit_value *action, const struct audit_values *resources) {
    const char *what = action->kind == AUDIT_LITERAL ? audit_action_escalates(action->text) : NULL;
    str service, name;
    if (!what)
        return;
    str_cut(str_c(what), ':', &service, &name);
    /* A role to assume is one of IAM's, whatever the action's service is. */
    const char *of = str_is(service, "lambda") ? "lambda"
                     : str_is(service, "glue") ? "glue"
                                               : "iam";
    const struct audit_value *everything = audit_statement_everything(t, s, resources, of);
    if (everything)
        audit_tell_node(t, &audit_rule_iam_privilege_escalation, s->owner, action->node,
                        audit_guard_and(t, action->guard, everything->guard),
                        "%s is allowed on every resource", what);
}

static void check(struct audit_template *t) {
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        if (s->is_deny || s->is_made || s->kind != AUDIT_POLICY_ROLE ||
            audit_condition_scopes_resource(t, s))
            continue;
        const struct audit_values actions = audit_element(t, s, "Action"),
                                  resources = audit_element(t, s, "Resource");
        bool is_admin = audit_statement_admin(t, s) != NULL;
        for (size_t i = 0; i < actions.n; i++)
            if (!(is_admin && audit_is_all_stars(actions.v[i].text)))
                tell(t, s, &actions.v[i], &resources);
    }
}

const struct audit_rule audit_rule_iam_privilege_escalation = {
    .id = "iam-privilege-escalation",
    .class = 1,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Right to give oneself any right",
    .why = "its holder makes himself administrator with one call",
    .fix =
        "leave it to who deploys; else name the one role or function, and demand iam:PermissionsBoundary",
    .bad = "Resources:\n"
           "  Policy:\n"
           "    Type: AWS::IAM::Policy\n"
           "    Properties:\n"
           "      PolicyName: Onboarding\n"
           "      Roles: [onboarding]\n"
           "      PolicyDocument:\n"
           "        Statement:\n"
           "          - Effect: Allow\n"
           "            Action: iam:AttachRolePolicy\n"
           "            Resource: '*'\n",
    .good = "Resources:\n"
            "  Policy:\n"
            "    Type: AWS::IAM::Policy\n"
            "    Properties:\n"
            "      PolicyName: Onboarding\n"
            "      Roles: [onboarding]\n"
            "      PolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Allow\n"
            "            Action: iam:AttachRolePolicy\n"
            "            Resource: !Sub arn:aws:iam::${AWS::AccountId}:role/tenant-*\n",
    .check = check,
};
