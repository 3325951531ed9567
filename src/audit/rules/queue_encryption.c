/* Queues whose encryption is off, or whose encryption nobody asks for. Queues of dead letters, too. */
#include "audit/finding.h"

static void check_queue(struct audit_template *t, const struct audit_resource *queue) {
    struct audit_values values = audit_property(t, queue, "SqsManagedSseEnabled");
    const struct audit_value *wrong = NULL;
    if (audit_has(t, queue, "KmsMasterKeyId"))
        return;
    for (size_t i = 0; i < values.n; i++) {
        if (audit_is_false(&values.v[i]))
            wrong = &values.v[i];
        else if (values.v[i].kind != AUDIT_ABSENT)
            return;
    }
    struct audit_finding *f;
    if (wrong) {
        f = audit_tell_node(t, &audit_rule_queue_encryption, queue, wrong->node, wrong->guard,
                            "the queue's encryption is off");
        audit_fix_replace(f, wrong->node, "true");
    } else if (!t->is_partial) {
        f = audit_tell(t, &audit_rule_queue_encryption, queue, NULL,
                       "the queue is not told to encrypt its messages");
        audit_fix_property(f, queue, "SqsManagedSseEnabled", "true");
    }
}

static void check(struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::SQS::Queue"); r; r = r->next)
        check_queue(t, r);
}

const struct audit_rule audit_rule_queue_encryption = {
    .id = "queue-encryption",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Queue without encryption",
    .why =
        "whether messages at rest are encrypted is left to when the queue was made, and an auditor "
        "cannot see that they are",
    .fix = "set SqsManagedSseEnabled: true, or KmsMasterKeyId",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::SQS::Queue\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      SqsManagedSseEnabled: true\n",
    .check = check,
};
