/* What DescribeTable says of a table, made from its row. */
#include "svc/dynamodb/describe.h"

#include "base/arn.h"
#include "base/codec.h"

static double seconds(int64_t epoch_ms) { return (double)epoch_ms / 1000; }

static json_t *throughput(const json_t *of) {
    const json_t *given = json_obj(of, "ProvisionedThroughput");
    json_t *out = json_object();
    json_set_int(out, "NumberOfDecreasesToday", 0);
    json_set_int(out, "ReadCapacityUnits", json_int(given, "ReadCapacityUnits", 0));
    json_set_int(out, "WriteCapacityUnits", json_int(given, "WriteCapacityUnits", 0));
    return out;
}

static void add_counts(struct ddb_svc *svc, const struct ddb_table *t, uint64_t index, json_t *out,
                       const char *many_name, const char *bytes_name) {
    CLEANUP_DEINIT(row) struct row row = {.cf = STORE_METRICS};
    int64_t many = 0, bytes = 0;
    ddb_table_count_key(&row.key, t, index);
    /* A peek: every write of an item moves the counters, and this only tells of them. */
    if (row_peek(&(struct rows){.store = svc->store}, &row) == STORE_OK)
        store_count_read(buf_view(&row.bytes), &many, &bytes);
    json_set_int(out, many_name, many > 0 ? many : 0);
    json_set_int(out, bytes_name, bytes > 0 ? bytes : 0);
}

static json_t *index_description(struct ddb_svc *svc, const struct ddb_table *t,
                                 const json_t *index, bool local, const char *status) {
    str name = json_str(index, "IndexName");
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    json_t *out = json_object();
    json_set_str(out, "IndexName", name);
    json_set(out, "KeySchema", json_deep_copy(json_arr(index, "KeySchema")));
    json_set(out, "Projection", json_deep_copy(json_obj(index, "Projection")));
    buf_printf(&arn, STR_FMT "/index/" STR_FMT, STR_ARG(t->arn), STR_ARG(name));
    json_set_str(out, "IndexArn", buf_view(&arn));
    add_counts(svc, t, (uint64_t)json_int(index, "Id", 0), out, "ItemCount", "IndexSizeBytes");
    if (!local) {
        json_set_str(out, "IndexStatus", str_c(status));
        json_set(out, "ProvisionedThroughput", throughput(index));
    }
    return out;
}

static void add_indexes(struct ddb_svc *svc, const struct ddb_table *t, const char *member,
                        json_t *out, const char *status) {
    const json_t *list = json_arr(t->doc, member);
    bool local = strcmp(member, "LocalSecondaryIndexes") == 0;
    if (json_array_size(list) == 0)
        return;
    json_t *descriptions = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append_new(descriptions,
                              index_description(svc, t, json_array_get(list, i), local, status));
    json_set(out, member, descriptions);
}

/* The data key's id in the form of a KMS key's: 8-4-4-4-12. */
static void add_sse(const struct ddb_table *t, json_t *out) {
    if (!json_bool(json_obj(t->doc, "SSESpecification"), "Enabled", false))
        return;
    CLEANUP_DEINIT(buf) struct buf arn = {0};
    str id = json_str(t->doc, "KeyId");
    json_t *sse = json_object();
    arn_add(&arn, "kms", t->region, t->account, "key/");
    for (size_t i = 0; i < id.len; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            buf_char(&arn, '-');
        buf_char(&arn, id.p[i]);
    }
    json_set_str(sse, "Status", S("ENABLED"));
    json_set_str(sse, "SSEType", S("KMS"));
    json_set_str(sse, "KMSMasterKeyArn", buf_view(&arn));
    json_set(out, "SSEDescription", sse);
}

static void add_billing(const struct ddb_table *t, json_t *out) {
    str mode = json_str(t->doc, "BillingMode");
    json_set(out, "ProvisionedThroughput", throughput(t->doc));
    if (!mode.p)
        return;
    json_t *billing = json_object();
    json_set_str(billing, "BillingMode", mode);
    json_set(billing, "LastUpdateToPayPerRequestDateTime",
             json_real(seconds(json_int(t->doc, "Created", 0))));
    json_set(out, "BillingModeSummary", billing);
}

json_t *ddb_table_description(struct ddb_svc *svc, const struct ddb_table *t, const char *status) {
    json_t *out = json_object();
    json_set(out, "AttributeDefinitions", json_deep_copy(json_arr(t->doc, "AttributeDefinitions")));
    json_set_str(out, "TableName", t->name);
    json_set(out, "KeySchema", json_deep_copy(json_arr(t->doc, "KeySchema")));
    json_set_str(out, "TableStatus", str_c(status));
    json_set(out, "CreationDateTime", json_real(seconds(json_int(t->doc, "Created", 0))));
    add_billing(t, out);
    add_counts(svc, t, 0, out, "ItemCount", "TableSizeBytes");
    json_set_str(out, "TableArn", t->arn);
    json_set_str(out, "TableId", json_str(t->doc, "TableId"));
    add_indexes(svc, t, "LocalSecondaryIndexes", out, status);
    add_indexes(svc, t, "GlobalSecondaryIndexes", out, status);
    add_sse(t, out);
    if (json_has(t->doc, "TableClass")) {
        json_t *class = json_object();
        json_set_str(class, "TableClass", json_str(t->doc, "TableClass"));
        json_set(out, "TableClassSummary", class);
    }
    json_set_bool(out, "DeletionProtectionEnabled",
                  json_bool(t->doc, "DeletionProtectionEnabled", false));
    return out;
}
