/* Resources that cost money or keep data, and have no tags. */
#include "audit/rules/tags_priv.h"

static void check(struct audit_template *t) {
    for (size_t i = 0; i < t->n_resources; i++) {
        const struct audit_resource *r = &t->resources[i];
        const struct audit_tag_kind *kind = audit_tag_kind(r->type);
        if (t->is_partial || !kind || !kind->is_demanded || audit_has(t, r, kind->path))
            continue;
        struct audit_finding *f =
            audit_tell(t, &audit_rule_tags_missing, r, NULL, "the resource has no tags");
        if (f)
            audit_fix_property(f, r, kind->property, STR_FMT,
                               STR_ARG(audit_tags_for_new(t, kind->type)));
    }
}

const struct audit_rule audit_rule_tags_missing = {
    .id = "tags-missing",
    .class = 15,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Resource without tags",
    .why = "nobody can tell whose it is, or what of the bill is its",
    .fix = "give every resource of the stack the same tags: application, environment, owner",
    .bad = "Resources:\n"
           "  Jobs:\n"
           "    Type: AWS::SQS::Queue\n",
    .good = "Resources:\n"
            "  Jobs:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      Tags:\n"
            "        - {Key: Application, Value: !Ref AWS::StackName}\n",
    .check = check,
};
