/* Indexes by a moment as HASH. Beside an index with the time as RANGE they are meant so. */
#include "audit/rules/data_priv.h"
#include "audit/rules/table_index_priv.h"

static void check_index(struct audit_template *t, const struct audit_resource *table,
                        const struct audit_value *index) {
    struct audit_values keys = audit_path(t, index->node, index->guard, "KeySchema[]");
    str name = tmpl_text(tmpl_get(index->node, "IndexName"));
    for (size_t i = 0; i < keys.n; i++) {
        const struct audit_value *key = &keys.v[i];
        if (key->kind != AUDIT_LITERAL ||
            !str_is(tmpl_text(tmpl_get(key->node, "KeyType")), "HASH"))
            continue;
        const struct tmpl_node *attribute = tmpl_get(key->node, "AttributeName");
        if (audit_table_is_moment(tmpl_text(attribute)))
            audit_tell_node(t, &audit_rule_table_time_hash, table, attribute, key->guard,
                            "the index%s" STR_FMT " has " STR_FMT " as its HASH key",
                            name.len ? " " : "", STR_ARG(name), STR_ARG(tmpl_text(attribute)));
    }
}

static void check_table(struct audit_template *t, const struct audit_resource *table) {
    if (audit_table_time_of(t, table) != TABLE_TIME_HASH)
        return;
    struct audit_values indexes = audit_property(t, table, "GlobalSecondaryIndexes[]");
    for (size_t i = 0; i < indexes.n; i++)
        if (indexes.v[i].kind == AUDIT_LITERAL)
            check_index(t, table, &indexes.v[i]);
}

static void check(struct audit_template *t) {
    for (size_t k = 0; audit_data_tables[k]; k++)
        for (const struct audit_resource *r = audit_first(t, audit_data_tables[k]); r; r = r->next)
            check_table(t, r);
}

const struct audit_rule audit_rule_table_time_hash = {
    .id = "table-time-hash",
    .class = 0,
    .severity = AUDIT_INFO,
    .profile = AUDIT_PIPELINE,
    .title = "Index by a moment that cannot answer a range",
    .why =
        "a HASH key is asked for one value: the index finds one moment, and never a span of time",
    .fix = "make the time the RANGE key, below a group (the day, the owner) as HASH",
    .bad = "Resources:\n"
           "  Images:\n"
           "    Type: AWS::DynamoDB::Table\n"
           "    Properties:\n"
           "      BillingMode: PAY_PER_REQUEST\n"
           "      AttributeDefinitions:\n"
           "        - {AttributeName: ImageId, AttributeType: S}\n"
           "        - {AttributeName: UploadTimestamp, AttributeType: N}\n"
           "      KeySchema: [{AttributeName: ImageId, KeyType: HASH}]\n"
           "      GlobalSecondaryIndexes:\n"
           "        - IndexName: ByTime\n"
           "          KeySchema: [{AttributeName: UploadTimestamp, KeyType: HASH}]\n"
           "          Projection: {ProjectionType: ALL}\n",
    .good = "Resources:\n"
            "  Images:\n"
            "    Type: AWS::DynamoDB::Table\n"
            "    Properties:\n"
            "      BillingMode: PAY_PER_REQUEST\n"
            "      AttributeDefinitions:\n"
            "        - {AttributeName: ImageId, AttributeType: S}\n"
            "        - {AttributeName: UploadDay, AttributeType: S}\n"
            "        - {AttributeName: UploadTimestamp, AttributeType: N}\n"
            "      KeySchema: [{AttributeName: ImageId, KeyType: HASH}]\n"
            "      GlobalSecondaryIndexes:\n"
            "        - IndexName: ByDay\n"
            "          KeySchema:\n"
            "            - {AttributeName: UploadDay, KeyType: HASH}\n"
            "            - {AttributeName: UploadTimestamp, KeyType: RANGE}\n"
            "          Projection: {ProjectionType: ALL}\n",
    .check = check,
};
