/* Tables of pictures and events that cannot be asked for a span of time. */
#include "audit/rules/data_priv.h"
#include "audit/rules/table_index_priv.h"
#include "audit/rules/words_priv.h"

/* Tables that nobody asks "what came in since yesterday?". */
static const char timeless[] =
    "user users account accounts customer customers tenant tenants config "
    "configs configuration setting settings counter counters token tokens "
    "role roles permission permissions state states quota quotas";

static void check(struct audit_template *t) {
    for (size_t k = 0; audit_data_tables[k] && !t->is_partial; k++)
        for (const struct audit_resource *r = audit_first(t, audit_data_tables[k]); r; r = r->next)
            if (audit_table_time_of(t, r) == TABLE_NO_TIME && !audit_data_is_passing(t, r) &&
                !audit_words_any(r->name, timeless) && !audit_words_any(audit_name(t, r), timeless))
                audit_tell(t, &audit_rule_table_time_index, r, NULL,
                           "no key of the table or of an index holds a time");
}

const struct audit_rule audit_rule_table_time_index = {
    .id = "table-time-index",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Table without an index for queries by time",
    .why = "what came in yesterday is found by reading the whole table, and paid for row by row",
    .fix = "add a global secondary index with a group (the day, the owner) as HASH and the time as "
           "RANGE",
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
