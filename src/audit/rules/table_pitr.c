/* Tables that cannot be restored to a moment. */
#include "audit/rules/data_priv.h"

/* Where each type says it: a global table says it for each replica. */
static const struct {
    const char *type, *path;
} where[] = {
    {"AWS::DynamoDB::Table", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"},
    {"AWS::DynamoDB::GlobalTable",
     "Replicas[].PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"},
    {"AWS::Serverless::SimpleTable", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"},
};

static void fix_replicas(struct audit_finding *f, const struct audit_values *values) {
    for (size_t i = 0; i < values->n; i++)
        if (tmpl_get(values->v[i].node, "Region"))
            audit_fix_member(f, values->v[i].node, "PointInTimeRecoverySpecification",
                             "{PointInTimeRecoveryEnabled: true}");
}

static void check_table(struct audit_template *t, const struct audit_resource *table,
                        const char *path) {
    struct audit_values values = audit_property(t, table, path);
    struct audit_value wrong = {0}; /* its node: NULL where there is none */
    for (size_t i = 0; i < values.n; i++) {
        if (audit_is_false(&values.v[i]))
            wrong = values.v[i];
        else if (values.v[i].kind != AUDIT_ABSENT)
            return;
    }
    if ((!wrong.node && t->is_partial) || audit_data_is_passing(t, table))
        return;
    struct audit_finding *f;
    if (wrong.node) {
        f = audit_tell_node(t, &audit_rule_table_pitr, table, wrong.node, wrong.guard,
                            "point-in-time recovery is off");
        audit_fix_replace(f, wrong.node, "true");
        return;
    }
    f = audit_tell(t, &audit_rule_table_pitr, table, NULL,
                   "the table has no point-in-time recovery");
    if (strstr(path, "[]"))
        fix_replicas(f, &values);
    else
        audit_fix_property(f, table, path, "true");
}

static void check(struct audit_template *t) {
    const bool *is_copied = audit_data_copies(t);
    for (size_t k = 0; k < ARRAY_LEN(where); k++)
        for (const struct audit_resource *r = audit_first(t, where[k].type); r; r = r->next)
            if (!is_copied[r->index])
                check_table(t, r, where[k].path);
}

const struct audit_rule audit_rule_table_pitr = {
    .id = "table-pitr",
    .class = 13,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Table without point-in-time recovery",
    .why = "rows that a faulty deployment or a person overwrites or deletes cannot be had back",
    .fix = "set PointInTimeRecoveryEnabled: true, or let AWS Backup take the table",
    .bad = "Resources:\n"
           "  Images:\n"
           "    Type: AWS::DynamoDB::Table\n"
           "    Properties:\n"
           "      BillingMode: PAY_PER_REQUEST\n"
           "      AttributeDefinitions: [{AttributeName: ImageId, AttributeType: S}]\n"
           "      KeySchema: [{AttributeName: ImageId, KeyType: HASH}]\n",
    .good = "Resources:\n"
            "  Images:\n"
            "    Type: AWS::DynamoDB::Table\n"
            "    Properties:\n"
            "      BillingMode: PAY_PER_REQUEST\n"
            "      AttributeDefinitions: [{AttributeName: ImageId, AttributeType: S}]\n"
            "      KeySchema: [{AttributeName: ImageId, KeyType: HASH}]\n"
            "      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}\n",
    .check = check,
};
