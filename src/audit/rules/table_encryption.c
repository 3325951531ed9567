/* Tables whose encryption nobody asks for. */
#include "audit/rules/data_priv.h"

static void check_table(struct audit_template *t, const struct audit_resource *table) {
    static const char path[] = "SSESpecification.SSEEnabled";
    struct audit_values values = audit_property(t, table, path);
    const struct audit_value *wrong = NULL;
    for (size_t i = 0; i < values.n; i++) {
        if (audit_is_false(&values.v[i]))
            wrong = &values.v[i];
        else if (values.v[i].kind != AUDIT_ABSENT)
            return;
    }
    struct audit_finding *f;
    if (wrong) {
        f = audit_tell_node(t, &audit_rule_table_encryption, table, wrong->node, wrong->guard,
                            "encryption with a key of the account is off");
        audit_fix_replace(f, wrong->node, "true");
    } else if (!t->is_partial) {
        f = audit_tell(t, &audit_rule_table_encryption, table, NULL,
                       "the table has no SSESpecification with SSEEnabled");
        audit_fix_property(f, table, path, "true");
    }
}

static void check(struct audit_template *t) {
    for (size_t k = 0; audit_data_tables[k]; k++)
        for (const struct audit_resource *r = audit_first(t, audit_data_tables[k]); r; r = r->next)
            check_table(t, r);
}

const struct audit_rule audit_rule_table_encryption = {
    .id = "table-encryption",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Table without SSE",
    .why = "the rows are under a key of AWS's that the account neither sees nor can take away",
    .fix = "set SSESpecification to SSEEnabled: true",
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
            "      SSESpecification: {SSEEnabled: true}\n",
    .check = check,
};
