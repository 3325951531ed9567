/* Statements that allow on everything what could be allowed on one thing. */
#include "audit/rules/iam_priv.h"

/* What writing logs takes, and AWSLambdaBasicExecutionRole has. */
static const char *const basic_logging[] = {"logs:CreateLogGroup", "logs:CreateLogStream",
                                            "logs:PutLogEvents", "logs:DescribeLogStreams",
                                            "logs:PutRetentionPolicy"};

static bool is_basic_logging(str action) {
    for (size_t i = 0; i < ARRAY_LEN(basic_logging); i++)
        if (str_eq_nocase(action, str_c(basic_logging[i])))
            return true;
    return false;
}

/* Rules of their own tell of these on everything. */
static bool is_told_elsewhere(str action) {
    return str_eq_nocase(action, S("iam:PassRole")) ||
           (str_chr(action, '*') < 0 && audit_action_escalates(action));
}

/*
 * The first action that may be held to a resource (to one of service, where it is not empty), or NULL.
 * *ret_only_logs: all of those write logs.
 */
static const struct audit_value *first_scoped(const struct audit_template *t,
                                              const struct audit_values *actions, str service,
                                              bool is_admin, bool *ret_only_logs) {
    const struct audit_value *found = NULL;
    *ret_only_logs = true;
    for (size_t i = 0; i < actions->n; i++) {
        const struct audit_value *value = &actions->v[i];
        str action = audit_text(t, value->node), of, name;
        if (value->kind != AUDIT_LITERAL || !action.p || audit_action_needs_star(action) ||
            is_told_elsewhere(action) || (is_admin && audit_is_all_stars(action)))
            continue;
        if (service.len && str_cut(action, ':', &of, &name) && !str_eq_nocase(of, service))
            continue;
        *ret_only_logs &= is_basic_logging(action);
        found = found ? found : value;
    }
    return found;
}

/* Is the role for Lambda, and nobody else? Then its logs are in groups below /aws/lambda. */
static bool is_only_lambdas(const struct audit_template *t, const struct audit_resource *role) {
    if (!audit_is(role, "AWS::IAM::Role"))
        return false;
    const struct audit_values who =
        audit_property(t, role, "AssumeRolePolicyDocument.Statement[].Principal.Service[]");
    for (size_t i = 0; i < who.n; i++)
        if (!str_is(who.v[i].text, "lambda.amazonaws.com"))
            return false;
    for (const struct audit_function *f = t->system->functions; f; f = f->next)
        if (audit_has(t, f->r, "LoggingConfig"))
            return false;
    return true;
}

static void tell(struct audit_template *t, const struct audit_statement *s,
                 const struct audit_value *resource, const struct audit_values *actions) {
    bool is_admin = audit_statement_admin(t, s) != NULL;
    str text = audit_text(t, resource->node), service;
    bool only_logs;
    if (!audit_resource_is_everything(text, &service))
        return;
    const struct audit_value *action = first_scoped(t, actions, service, is_admin, &only_logs);
    if (!action || (only_logs && str_is(service, "logs")))
        return;
    struct audit_finding *f = audit_tell_node(
        t, &audit_rule_iam_wildcard_resource, s->owner, resource->node,
        audit_guard_and(t, resource->guard, action->guard), STR_FMT " is allowed on every resource",
        STR_ARG(audit_is_all_stars(action->text) ? S("every action") : action->text));
    if (only_logs && is_only_lambdas(t, s->owner))
        audit_fix_replace(f, resource->node,
                          "!Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:"
                          "log-group:/aws/lambda/*");
}

static void check(struct audit_template *t) {
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        if (s->is_deny || s->is_made || s->kind != AUDIT_POLICY_ROLE ||
            audit_condition_scopes_resource(t, s))
            continue;
        const struct audit_values resources = audit_element(t, s, "Resource"),
                                  actions = audit_element(t, s, "Action");
        for (size_t i = 0; i < resources.n; i++)
            if (resources.v[i].kind != AUDIT_ABSENT)
                tell(t, s, &resources.v[i], &actions);
    }
}

const struct audit_rule audit_rule_iam_wildcard_resource = {
    .id = "iam-wildcard-resource",
    .class = 1,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Policy that allows an action on every resource",
    .why = "the code reaches the buckets, tables and topics of every other stack of the account",
    .fix = "name the resource: its Arn by !GetAtt, with /* behind for the objects of a bucket",
    .bad = "Resources:\n"
           "  Policy:\n"
           "    Type: AWS::IAM::Policy\n"
           "    Properties:\n"
           "      PolicyName: Pictures\n"
           "      Roles: [processor]\n"
           "      PolicyDocument:\n"
           "        Statement:\n"
           "          - Effect: Allow\n"
           "            Action: [s3:GetObject, s3:PutObject]\n"
           "            Resource: '*'\n",
    .good = "Resources:\n"
            "  Photos:\n"
            "    Type: AWS::S3::Bucket\n"
            "  Policy:\n"
            "    Type: AWS::IAM::Policy\n"
            "    Properties:\n"
            "      PolicyName: Pictures\n"
            "      Roles: [processor]\n"
            "      PolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Allow\n"
            "            Action: [s3:GetObject, s3:PutObject]\n"
            "            Resource: !Sub ${Photos.Arn}/*\n"
            "          - Effect: Allow\n"
            "            Action: [xray:PutTraceSegments, rekognition:DetectLabels]\n"
            "            Resource: '*'\n",
    .check = check,
};
