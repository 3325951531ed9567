/* Notifications of every object of a bucket. */
#include "audit/finding.h"
#include "audit/system.h"

static void tell(struct audit_template *t, const struct audit_trigger *trigger) {
    const struct audit_rule *rule = &audit_rule_notification_no_filter;
    const char *of = trigger->bucket ? "of " : "of a bucket";
    str name = trigger->bucket ? trigger->bucket->name : S("");
    /* A custom resource that is handed bucket and function has no map for the notification alone. */
    if (trigger->node == trigger->owner->properties)
        audit_tell(t, rule, trigger->owner, trigger->guard,
                   "the notification is for every object %s" STR_FMT, of, STR_ARG(name));
    else
        audit_tell_node(t, rule, trigger->owner, trigger->node, trigger->guard,
                        "the notification is for every object %s" STR_FMT, of, STR_ARG(name));
}

static void check(struct audit_template *t) {
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next)
        if (!i->has_filter)
            tell(t, i);
}

const struct audit_rule audit_rule_notification_no_filter = {
    .id = "notification-no-filter",
    .class = 10,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Notification without a prefix or suffix",
    .why =
        "whatever is put into the bucket invokes the function, also what is no photograph and what "
        "the function writes itself",
    .fix = "filter by the prefix that uploads have, or by a suffix such as .jpg",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n"
           "    Properties:\n"
           "      NotificationConfiguration:\n"
           "        QueueConfigurations:\n"
           "          - Event: s3:ObjectCreated:*\n"
           "            Queue: !GetAtt Work.Arn\n"
           "  Work:\n"
           "    Type: AWS::SQS::Queue\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      NotificationConfiguration:\n"
            "        QueueConfigurations:\n"
            "          - Event: s3:ObjectCreated:*\n"
            "            Filter: {S3Key: {Rules: [{Name: prefix, Value: uploads/}]}}\n"
            "            Queue: !GetAtt Work.Arn\n"
            "  Work:\n"
            "    Type: AWS::SQS::Queue\n",
    .check = check,
};
