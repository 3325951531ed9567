/* Statements that allow all actions, all of a service, or with a star those that open a resource. */
#include "audit/rules/iam_priv.h"

/*
 * What a star behind "s3:Put" and its like lets in beside what was meant: actions on a bucket, queue or
 * table as a whole, which hand it to others or take it away.
 */
static const struct {
    const char *action;
    bool is_of_bucket; /* no statement about objects alone allows it */
} opening[] = {
    {"s3:PutBucketPolicy", true},
    {"s3:PutBucketAcl", true},
    {"s3:DeleteBucket", true},
    {"s3:DeleteBucketPolicy", true},
    {"dynamodb:DeleteTable", false},
    {"sqs:AddPermission", false},
    {"sqs:SetQueueAttributes", false},
    {"sqs:DeleteQueue", false},
    {"sns:AddPermission", false},
    {"sns:SetTopicAttributes", false},
    {"sns:DeleteTopic", false},
    {"lambda:AddPermission", false},
    {"lambda:DeleteFunction", false},
    {"kms:PutKeyPolicy", false},
    {"kms:ScheduleKeyDeletion", false},
    {"secretsmanager:PutResourcePolicy", false},
    {"secretsmanager:DeleteSecret", false},
};

/* Is the statement about objects alone? All its resources are written with a slash behind a bucket. */
static bool is_of_objects(const struct audit_template *t, const struct audit_statement *s) {
    const struct audit_values resources = audit_element(t, s, "Resource");
    for (size_t i = 0; i < resources.n; i++) {
        str text = audit_text(t, resources.v[i].node);
        if (!text.p || str_chr(text, '/') < 0)
            return false;
    }
    return true;
}

static const char *opened_by(const struct audit_template *t, const struct audit_statement *s,
                             str action) {
    for (size_t i = 0; i < ARRAY_LEN(opening); i++)
        if (audit_action_covers(action, opening[i].action) &&
            !(opening[i].is_of_bucket && is_of_objects(t, s)))
            return opening[i].action;
    return NULL;
}

/*
 * The account's root: a key's policy gives it everything so that the account's IAM policies count, and
 * the policies that the console writes for queues and topics do too. Of a key any account's root will do.
 */
static bool is_root(const struct audit_statement *s, str who) {
    bool is_own = str_find(who, S("${AWS::AccountId}")) >= 0;
    return str_find(who, S("${?}")) >= 0 || str_is(who, "${AWS::AccountId}") ||
           (str_ends(who, S(":root")) && (is_own || s->kind == AUDIT_POLICY_KEY));
}

static bool is_for_root(const struct audit_template *t, const struct audit_statement *s) {
    const struct audit_values who =
        audit_path(t, tmpl_get(s->node, "Principal"), s->guard, "AWS[]");
    for (size_t i = 0; i < who.n; i++) {
        str text = audit_text(t, who.v[i].node);
        if (!text.p || !is_root(s, text))
            return false;
    }
    return s->kind != AUDIT_POLICY_ROLE && s->kind != AUDIT_POLICY_TRUST;
}

/* "*", "s3:*": the pattern's name of an action has nothing but stars. */
static bool is_of_service(str action, str *ret_service) {
    str name;
    if (!str_cut(action, ':', ret_service, &name))
        name = action;
    return audit_is_all_stars(name);
}

static void tell(struct audit_template *t, const struct audit_statement *s,
                 const struct audit_value *value) {
    const struct audit_rule *rule = &audit_rule_iam_wildcard_action;
    str action = audit_text(t, value->node), service;
    if (str_chr(action, '*') < 0 || audit_action_needs_star(action) || is_for_root(t, s))
        return;
    const char *opened = opened_by(t, s, action);
    if (audit_is_all_stars(action))
        audit_tell_node(t, rule, s->owner, value->node, value->guard,
                        "the statement allows every action");
    else if (is_of_service(action, &service))
        audit_tell_node(t, rule, s->owner, value->node, value->guard,
                        "the statement allows every action of " STR_FMT, STR_ARG(service));
    else if (opened)
        audit_tell_node(t, rule, s->owner, value->node, value->guard, STR_FMT " allows %s too",
                        STR_ARG(action), opened);
}

static void check(struct audit_template *t) {
    for (const struct audit_statement *s = t->system->statements; s; s = s->next) {
        if (s->is_deny)
            continue;
        const struct audit_values actions = audit_element(t, s, "Action");
        bool is_admin = audit_statement_admin(t, s) != NULL;
        for (size_t i = 0; i < actions.n; i++)
            if (actions.v[i].kind != AUDIT_ABSENT &&
                !(is_admin && audit_is_all_stars(actions.v[i].text)))
                tell(t, s, &actions.v[i]);
    }
}

const struct audit_rule audit_rule_iam_wildcard_action = {
    .id = "iam-wildcard-action",
    .class = 1,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Policy that allows all actions of a service",
    .why = "whoever takes over the code may delete and share what it only had to read",
    .fix = "list the actions that are called, as s3:GetObject and s3:PutObject",
    .bad = "Resources:\n"
           "  Role:\n"
           "    Type: AWS::IAM::Role\n"
           "    Properties:\n"
           "      AssumeRolePolicyDocument: {}\n"
           "      Policies:\n"
           "        - PolicyName: Pictures\n"
           "          PolicyDocument:\n"
           "            Statement:\n"
           "              - Effect: Allow\n"
           "                Action: s3:*\n"
           "                Resource: arn:aws:s3:::photos/*\n",
    .good = "Resources:\n"
            "  Role:\n"
            "    Type: AWS::IAM::Role\n"
            "    Properties:\n"
            "      AssumeRolePolicyDocument: {}\n"
            "      Policies:\n"
            "        - PolicyName: Pictures\n"
            "          PolicyDocument:\n"
            "            Statement:\n"
            "              - Effect: Allow\n"
            "                Action: [s3:GetObject, s3:PutObject]\n"
            "                Resource: arn:aws:s3:::photos/*\n",
    .check = check,
};
