/*
 * Topics whose messages lie unencrypted. There is no fix: with alias/aws/sns, alarms and buckets may not
 * publish any more, and the policy of another key is its owner's to write.
 */
#include "audit/finding.h"

static void check(struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::SNS::Topic"); r; r = r->next)
        if (!t->is_partial && !audit_has(t, r, "KmsMasterKeyId"))
            audit_tell(t, &audit_rule_topic_encryption, r, NULL,
                       "the topic does not encrypt its messages");
}

const struct audit_rule audit_rule_topic_encryption = {
    .id = "topic-encryption",
    .class = 0,
    .severity = AUDIT_INFO,
    .profile = AUDIT_BASELINE,
    .title = "Topic without encryption",
    .why =
        "messages that wait for delivery lie in plain text: names of pictures, errors, addresses",
    .fix = "set KmsMasterKeyId to a key whose policy lets the publishers use it "
           "(alias/aws/sns does not let alarms and buckets publish)",
    .bad = "Resources:\n"
           "  Processed:\n"
           "    Type: AWS::SNS::Topic\n",
    .good = "Resources:\n"
            "  Processed:\n"
            "    Type: AWS::SNS::Topic\n"
            "    Properties:\n"
            "      KmsMasterKeyId: alias/aws/sns\n",
    .check = check,
};
