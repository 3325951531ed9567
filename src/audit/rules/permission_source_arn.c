/* Permissions that let any resource of a service invoke the function. */
#include "audit/rules/order_priv.h"
#include "audit/rules/permission_priv.h"

/*
 * A bucket whose name CloudFormation makes cannot be named by the permission that it waits for:
 * SourceAccount has to do.
 */
static bool cannot_name(const struct audit_template *t, const struct audit_permission *p) {
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next)
        if (i->kind == AUDIT_TRIGGER_PROPERTY && audit_permission_lets(p, i) &&
            !audit_order_bucket_arn(t, i->bucket).p)
            return true;
    return false;
}

static bool is_enough(const struct audit_template *t, const struct audit_permission *p) {
    if (audit_has(t, p->r, "EventSourceToken") || audit_has(t, p->r, "PrincipalOrgID"))
        return true;
    return p->source_account.p && (!audit_permission_names(p, "s3") || cannot_name(t, p));
}

/* What all the triggers that the permission is for have as their source; absent: they are none, or several. */
static str only_source(const struct audit_template *t, const struct audit_permission *p,
                       const struct audit_resource **ret_of) {
    str source = STR_NONE;
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next) {
        if (i->kind == AUDIT_TRIGGER_SAM || !p->function || !audit_permission_lets(p, i))
            continue;
        str one = audit_permission_source(t, i);
        if (!one.p || (source.p && !str_eq(one, source)))
            return STR_NONE;
        source = one;
        *ret_of = i->kind == AUDIT_TRIGGER_EVENTBRIDGE ? i->owner : i->bucket;
    }
    return source;
}

static void mend(struct audit_template *t, struct audit_finding *f,
                 const struct audit_permission *p) {
    const struct audit_resource *of = NULL;
    str source = only_source(t, p, &of);
    if (!source.p || (str_starts(source, S("!GetAtt")) && audit_order_waits(t, of, NULL, p->r)))
        return;
    str condition = audit_order_condition(of);
    if (!condition.p || str_eq(condition, audit_order_condition(p->r)))
        audit_fix_property(f, p->r, "SourceArn", STR_FMT, STR_ARG(source));
}

static void check_wide(struct audit_template *t, const struct audit_permission *p) {
    struct audit_values values = audit_property(t, p->r, "SourceArn");
    for (size_t i = 0; i < values.n; i++) {
        if (values.v[i].kind == AUDIT_ABSENT)
            continue;
        str text = audit_text(t, values.v[i].node);
        if (str_is(text, "*") || str_ends(text, S(":s3:::*")))
            audit_tell_node(t, &audit_rule_permission_source_arn, p->r, values.v[i].node,
                            values.v[i].guard, "the permission's SourceArn is any of the service");
    }
}

static void check(struct audit_template *t) {
    for (const struct audit_permission *p = t->system->permissions; p; p = p->next) {
        if (!audit_permission_names_service(p))
            continue;
        check_wide(t, p);
        if (p->source_arn.p || is_enough(t, p))
            continue;
        struct audit_finding *f = audit_tell(t, &audit_rule_permission_source_arn, p->r, NULL,
                                             "the permission names no SourceArn");
        if (f)
            mend(t, f, p);
    }
}

const struct audit_rule audit_rule_permission_source_arn = {
    .id = "permission-source-arn",
    .class = 10,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Permission for any resource of a service",
    .why =
        "every bucket, rule or topic that the service serves may invoke the function, also those of "
        "other people",
    .fix = "set SourceArn to the one that invokes it",
    .bad = "Resources:\n"
           "  MayInvoke:\n"
           "    Type: AWS::Lambda::Permission\n"
           "    Properties:\n"
           "      Action: lambda:InvokeFunction\n"
           "      FunctionName: thumbnails\n"
           "      Principal: s3.amazonaws.com\n",
    .good = "Parameters:\n"
            "  Uploads: {Type: String}\n"
            "Resources:\n"
            "  MayInvoke:\n"
            "    Type: AWS::Lambda::Permission\n"
            "    Properties:\n"
            "      Action: lambda:InvokeFunction\n"
            "      FunctionName: thumbnails\n"
            "      Principal: s3.amazonaws.com\n"
            "      SourceArn: !Sub arn:${AWS::Partition}:s3:::${Uploads}\n"
            "      SourceAccount: !Ref AWS::AccountId\n",
    .check = check,
};
