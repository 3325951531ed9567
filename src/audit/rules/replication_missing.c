/* Buckets whose pictures are in one region alone. */
#include "audit/rules/data_priv.h"

static void check(struct audit_template *t) {
    const bool *is_log = audit_data_log_buckets(t), *is_copied = audit_data_copies(t);
    for (const struct audit_resource *r = audit_first(t, "AWS::S3::Bucket"); r; r = r->next)
        if (!t->is_partial && !audit_has(t, r, "ReplicationConfiguration") && !is_log[r->index] &&
            !is_copied[r->index])
            audit_tell(t, &audit_rule_replication_missing, r, NULL,
                       "the bucket is neither replicated nor backed up");
}

const struct audit_rule audit_rule_replication_missing = {
    .id = "replication-missing",
    .class = 13,
    .severity = AUDIT_INFO,
    .profile = AUDIT_PIPELINE,
    .title = "Bucket without replication or backup",
    .why = "what happens to the bucket, its region or its account happens to the only copy",
    .fix = "set ReplicationConfiguration to a bucket elsewhere, or let AWS Backup take the bucket",
    .bad = "Resources:\n"
           "  Uploads:\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads:\n"
            "    Type: AWS::S3::Bucket\n"
            "    Properties:\n"
            "      VersioningConfiguration: {Status: Enabled}\n"
            "      ReplicationConfiguration:\n"
            "        Role: !GetAtt Replicator.Arn\n"
            "        Rules:\n"
            "          - Status: Enabled\n"
            "            Destination: {Bucket: 'arn:aws:s3:::pictures-elsewhere'}\n"
            "  Replicator:\n"
            "    Type: AWS::IAM::Role\n"
            "    Properties:\n"
            "      AssumeRolePolicyDocument:\n"
            "        Statement:\n"
            "          - Effect: Allow\n"
            "            Principal: {Service: s3.amazonaws.com}\n"
            "            Action: sts:AssumeRole\n",
    .check = check,
};
