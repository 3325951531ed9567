/* Single items: keys and sizes at their limits, return values, conditions, capacity. */
#include "svc/dynamodb/fixture.h"

#define INVALID         "One or more parameter values were invalid: "
#define PUT(item, more) OF_T("'Item':{" item "}" more)
#define KEY(id, at)     "'Key':{" K(id, at) "}"

static void refused(void **state) {
    static const char schema[] = "The provided key element does not match the schema";
    static const struct refusal rows[] = {
        {"PutItem", PUT("'id':{'S':'a'}", ""), "ValidationException",
         INVALID "Missing the key nr in the item"},
        {"PutItem", PUT("'id':{'S':'a'},'nr':{'S':'1'}", ""), "ValidationException",
         INVALID "Type mismatch for key nr expected: N actual: S"},
        {"PutItem", PUT(K("", "1"), ""), "ValidationException",
         "One or more parameter values are not valid. The AttributeValue for a key attribute "
         "cannot contain an empty string value. Key: id"},
        {"PutItem", PUT(K("a", "1") ",'kind':{'N':'1'}", ""), "ValidationException",
         INVALID "Type mismatch for Index Key kind Expected: S Actual: N IndexName: glo"},
        {"PutItem", PUT(K("a", "1") ",'w':{'S':''}", ""), "ValidationException",
         "One or more parameter values are not valid. A value specified for a secondary index key "
         "is not supported. The AttributeValue for a key attribute cannot contain an empty string "
         "value. IndexName: loc, IndexKey: w"},
        {"PutItem", PUT(K("a", "1"), ",'ReturnValues':'ALL_NEW'"), "ValidationException",
         "ReturnValues can only be ALL_OLD or NONE"},
        {"DeleteItem", OF_T(KEY("a", "1") ",'ReturnValues':'UPDATED_OLD'"), "ValidationException",
         "ReturnValues can only be ALL_OLD or NONE"},
        {"PutItem", PUT(K("a", "1"), ",'Expected':{}"), "ValidationException",
         "Expected is a legacy parameter and is not supported: use the expression parameters"},
        {"UpdateItem", OF_T(KEY("a", "1") ",'AttributeUpdates':{}"), "ValidationException", NULL},
        {"GetItem", OF_T(KEY("a", "1") ",'AttributesToGet':['a']"), "ValidationException", NULL},
        {"PutItem", PUT(K("a", "1"), ",'ReturnItemCollectionMetrics':'SIZE'"),
         "ValidationException", "ReturnItemCollectionMetrics is not supported"},
        {"PutItem", PUT(K("a", "1"), ",'ReturnItemCollectionMetrics':'NONE'"), "", NULL},
        {"GetItem", OF_T("'Key':{'id':{'S':'a'}}"), "ValidationException", schema},
        {"GetItem", OF_T("'Key':{" K("a", "1") ",'x':{'S':'b'}}"), "ValidationException", schema},
        {"GetItem", OF_T("'Key':{'id':{'S':'a'},'nr':{'S':'1'}}"), "ValidationException", schema},
        {"GetItem", OF_T("'Key':{'id':{'S':'a'},'x':{'N':'1'}}"), "ValidationException", schema},
        {"UpdateItem",
         OF_T(KEY("a", "1") ",'UpdateExpression':'SET id = :v','ExpressionAttributeValues':"
                            "{':v':{'S':'b'}}"),
         "ValidationException",
         INVALID "Cannot update attribute id. This attribute is part of the key"},
        {"UpdateItem",
         OF_T(KEY("a", "1") ",'UpdateExpression':'REMOVE #a',"
                            "'ExpressionAttributeNames':{'#a':'nr'}"),
         "ValidationException", NULL},
        {"GetItem", OF_T(KEY("a", "1") ",'ExpressionAttributeNames':{'#a':'b'}"),
         "ValidationException", NULL},
    };
    check_refusals(*state, ddb_call, rows);
}

/* A table with a text sort key, and a binary index. */
static void text_keys(struct cloud *c) {
    /* clang-format off */
    ok(ddb_call(c, "CreateTable",
                "{'TableName':'txt','BillingMode':'PAY_PER_REQUEST',"
                "'KeySchema':" KEYS("p", "s") ","
                "'AttributeDefinitions':["
                    ATTR("p", "S") "," ATTR("s", "S") "," ATTR("b", "B") "],"
                "'GlobalSecondaryIndexes':[{'IndexName':'bin',"
                    "'KeySchema':" KEYS("b", "s") ","
                    "'Projection':{'ProjectionType':'ALL'}}]}"));
    /* clang-format on */
}

static void key_sizes(void **state) {
    static const struct {
        size_t p, s, b;
        bool good;
    } rows[] = {{2048, 1, 3, true},  {2049, 1, 3, false}, {1, 1024, 3, true},
                {1, 1025, 3, false}, {1, 1, 2046, true},  {1, 1, 2049, false}};
    struct cloud *c = *state;
    text_keys(c);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf)
        struct buf p = many(rows[i].p, 'p'), s = many(rows[i].s, 's'),
                   b = many(rows[i].b / 3 * 4, 'A'), in = {0};
        buf_printf(&in, "{'TableName':'txt','Item':{'p':{'S':'%s'},'s':{'S':'%s'},'b':{'B':'%s'}}}",
                   buf_cstr(&p), buf_cstr(&s), buf_cstr(&b));
        CHECK_INT(!*ddb_call(c, "PutItem", buf_cstr(&in)), rows[i].good);
        if (rows[i].s == 1025)
            message(INVALID "Aggregated size of all range keys has exceeded the size limit of 1024 "
                            "bytes");
        else if (!rows[i].good)
            message(INVALID "Size of hashkey has exceeded the maximum size limit of2048 bytes");
    }
}

/* 400 KiB of names and values: id 2 + 1, at 2 + 2, x 1. */
static void item_size(void **state) {
    struct cloud *c = *state;
    for (size_t over = 0; over < 2; over++) {
        CLEANUP_DEINIT(buf) struct buf x = many(400 * 1024 - 8 + over, 'x'), in = {0};
        buf_printf(&in, PUT(K("a", "1") ",'x':{'S':'%s'}", ""), buf_cstr(&x));
        fails(ddb_call(c, "PutItem", buf_cstr(&in)), over ? "ValidationException" : "");
    }
    message("Item size has exceeded the maximum allowed size");
    fails(ddb_call(c, "UpdateItem",
                   OF_T(KEY("a", "1") ",'UpdateExpression':'SET y = :y',"
                                      "'ExpressionAttributeValues':{':y':{'S':''}}")),
          "ValidationException");
    message("Item size to update has exceeded the maximum allowed size");
}

/* Levels of lists and maps: 32. */
static void nesting(void **state) {
    struct cloud *c = *state;
    for (int n = 32; n <= 33; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'TableName':'tbl','Item':{" K("a", "1") ",'x':");
        for (int i = 0; i < n; i++)
            buf_c(&in, "{'L':[");
        buf_c(&in, "{'NULL':true}");
        for (int i = 0; i < n; i++)
            buf_c(&in, "]}");
        buf_c(&in, "}}");
        fails(ddb_call(c, "PutItem", buf_cstr(&in)), n == 32 ? "" : "ValidationException");
    }
    message("Nesting Levels have exceeded supported limits");
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in, "{'TableName':'tbl'," KEY("a", "1") ",'UpdateExpression':'SET x");
    for (int i = 0; i < 31; i++)
        buf_c(&in, "[0]");
    buf_c(&in, " = :v','ExpressionAttributeValues':{':v':{'L':[{'L':[]}]}}}");
    fails(ddb_call(c, "UpdateItem", buf_cstr(&in)), "ValidationException");
    message("Nesting Levels have exceeded supported limits");
}

#define V(n) ",'ExpressionAttributeValues':{':v':{'N':'" n "'}}"
static void return_values(void **state) {
    static const struct {
        const char *op, *in, *attributes;
    } rows[] = {
        {"PutItem", PUT(K("a", "1") ",'n':{'N':'1'}", ",'ReturnValues':'ALL_OLD'"), ""},
        {"PutItem", PUT(K("a", "1") ",'n':{'N':'2'}", ",'ReturnValues':'ALL_OLD'"),
         "{" K("a", "1") ",'n':{'N':'1'}}"},
        {"PutItem", PUT(K("a", "1") ",'n':{'N':'3'},'m':{'S':'x'}", ",'ReturnValues':'NONE'"), ""},
        {"UpdateItem",
         OF_T(KEY("a",
                  "1") ",'UpdateExpression':'SET n = n + :v','ReturnValues':'UPDATED_OLD'" V("4")),
         "{'n':{'N':'3'}}"},
        {"UpdateItem",
         OF_T(
             KEY("a", "1") ",'UpdateExpression':'ADD n :v','ReturnValues':'UPDATED_NEW'" V("-0.5")),
         "{'n':{'N':'6.5'}}"},
        {"UpdateItem",
         OF_T(KEY("a", "1") ",'UpdateExpression':'REMOVE m','ReturnValues':'UPDATED_OLD'"),
         "{'m':{'S':'x'}}"},
        {"UpdateItem",
         OF_T(KEY("a", "1") ",'UpdateExpression':'REMOVE m','ReturnValues':'UPDATED_NEW'"), ""},
        {"UpdateItem",
         OF_T(KEY("a", "1") ",'UpdateExpression':'SET n = :v','ReturnValues':'ALL_OLD'" V("9")),
         "{" K("a", "1") ",'n':{'N':'6.5'}}"},
        {"UpdateItem", OF_T(KEY("a", "1") ",'UpdateExpression':'SET n = :v'" V("8")), ""},
        {"UpdateItem", OF_T(KEY("a", "1") ",'ReturnValues':'ALL_NEW'"),
         "{" K("a", "1") ",'n':{'N':'8'}}"},
        {"UpdateItem", OF_T(KEY("b", "1") ",'ReturnValues':'ALL_OLD'"), ""},
        {"DeleteItem", OF_T(KEY("b", "1") ",'ReturnValues':'ALL_OLD'"), "{" K("b", "1") "}"},
        {"DeleteItem", OF_T(KEY("b", "1") ",'ReturnValues':'ALL_OLD'"), ""},
    };
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ok(ddb_call(c, rows[i].op, rows[i].in));
        check_at(c, "Attributes", rows[i].attributes);
    }
    ok(ddb_call(c, "GetItem", OF_T(KEY("b", "1"))));
    check_answer(c, "{}");
}

static void conditions(void **state) {
#define IF(text) ",'ConditionExpression':'" text "'"
    static const char failed[] = "The conditional request failed";
    static const struct refusal rows[] = {
        {"PutItem", PUT(K("a", "1") ",'n':{'N':'5'}", IF("attribute_not_exists(id)")), "", NULL},
        {"PutItem", PUT(K("a", "1") ",'n':{'N':'6'}", IF("attribute_not_exists(id)")),
         "ConditionalCheckFailedException", failed},
        {"PutItem", PUT(K("a", "1") ",'n':{'N':'6'}", IF("n < :v") V("5")),
         "ConditionalCheckFailedException", failed},
        {"PutItem", PUT(K("a", "1") ",'n':{'N':'6'}", IF("n <= :v") V("5")), "", NULL},
        {"DeleteItem", OF_T(KEY("a", "1") IF("n = :v") V("5")), "ConditionalCheckFailedException",
         NULL},
        {"UpdateItem", OF_T(KEY("a", "1") IF("n <> :v") ",'UpdateExpression':'SET n = :v'" V("6")),
         "ConditionalCheckFailedException", NULL},
        {"UpdateItem", OF_T(KEY("none", "1") IF("attribute_exists(id)")),
         "ConditionalCheckFailedException", NULL},
        {"DeleteItem", OF_T(KEY("none", "1") IF("attribute_not_exists(id)")), "", NULL},
        {"PutItem", PUT(K("a", "1"), IF("n = :w") V("1")), "ValidationException", NULL},
        {"GetItem", OF_T(KEY("a", "1")), "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, ddb_call, rows);
    check_answer(c, "{'Item':{" K("a", "1") ",'n':{'N':'6'}}}");
}

/* ---- Capacity ---- */

#define TOTAL ",'ReturnConsumedCapacity':'TOTAL'"
static void capacity(void **state) {
    struct cloud *c = *state;
    static const struct {
        size_t bytes; /* of the whole item */
        const char *write, *strong, *eventual;
    } rows[] = {{1024, "1.0", "1.0", "0.5"},
                {1025, "2.0", "1.0", "0.5"},
                {4096, "4.0", "1.0", "0.5"},
                {4097, "5.0", "2.0", "1.0"},
                {8193, "9.0", "3.0", "1.5"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf x = many(rows[i].bytes - 8, 'x'), in = {0};
        ok(ddb_call(c, "DeleteItem", OF_T(KEY("a", "1"))));
        buf_printf(&in, PUT(K("a", "1") ",'x':{'S':'%s'}", TOTAL), buf_cstr(&x));
        ok(ddb_call(c, "PutItem", buf_cstr(&in)));
        check_at(c, "ConsumedCapacity.CapacityUnits", rows[i].write);
        check_at(c, "ConsumedCapacity.TableName", "'tbl'");
        check_at(c, "ConsumedCapacity.Table", "");
        ok(ddb_call(c, "GetItem", OF_T(KEY("a", "1") ",'ConsistentRead':true" TOTAL)));
        check_at(c, "ConsumedCapacity.CapacityUnits", rows[i].strong);
        ok(ddb_call(c, "GetItem", OF_T(KEY("a", "1") TOTAL)));
        check_at(c, "ConsumedCapacity.CapacityUnits", rows[i].eventual);
    }
    ok(ddb_call(c, "GetItem", OF_T(KEY("none", "1") TOTAL)));
    check_answer(c, "{'ConsumedCapacity':{'TableName':'tbl','CapacityUnits':0.5}}");
    ok(ddb_call(c, "DeleteItem", OF_T(KEY("none", "1") TOTAL)));
    check_at(c, "ConsumedCapacity.CapacityUnits", "1.0");
    ok(ddb_call(c, "UpdateItem", /* the larger of before and after */
                OF_T(KEY("a", "1") ",'UpdateExpression':'REMOVE x'" TOTAL)));
    check_at(c, "ConsumedCapacity.CapacityUnits", "9.0");
}

/* An index entry costs as it is added, moved or removed; nothing while it stays as it was. */
static void capacity_of_indexes(void **state) {
#define INDEXES ",'ReturnConsumedCapacity':'INDEXES'"
    static const struct {
        const char *op, *in, *table, *global, *local;
    } rows[] = {
        {"PutItem", PUT(K("a", "1"), INDEXES), "1.0", "", ""},
        {"PutItem", PUT(K("a", "1") ",'kind':{'S':'k'},'w':{'S':'v'}", INDEXES), "1.0", "1.0",
         "1.0"},
        {"PutItem", PUT(K("a", "1") ",'kind':{'S':'k'},'w':{'S':'v'},'other':{'N':'1'}", INDEXES),
         "1.0", "", ""},
        {"PutItem", PUT(K("a", "1") ",'kind':{'S':'k'},'w':{'S':'v'},'n':{'N':'1'}", INDEXES),
         "1.0", "1.0", ""},
        {"PutItem", PUT(K("a", "1") ",'kind':{'S':'k2'},'w':{'S':'v'},'n':{'N':'1'}", INDEXES),
         "1.0", "2.0", ""},
        {"DeleteItem", OF_T(KEY("a", "1") INDEXES), "1.0", "1.0", "1.0"},
    };
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ok(ddb_call(c, rows[i].op, rows[i].in));
        check_at(c, "ConsumedCapacity.Table.CapacityUnits", rows[i].table);
        check_at(c, "ConsumedCapacity.GlobalSecondaryIndexes.glo.CapacityUnits", rows[i].global);
        check_at(c, "ConsumedCapacity.LocalSecondaryIndexes.loc.CapacityUnits", rows[i].local);
    }
    check_at(c, "ConsumedCapacity.CapacityUnits", "3.0");
    ok(ddb_call(c, "DescribeTable", "{'TableName':'tbl'}"));
    check_at(c, "Table.GlobalSecondaryIndexes.0.ItemCount", "0");
    check_at(c, "Table.LocalSecondaryIndexes.0.IndexSizeBytes", "0");
    check_at(c, "Table.TableSizeBytes", "0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(refused),       T(key_sizes),  T(item_size), T(nesting),
        T(return_values), T(conditions), T(capacity),  T(capacity_of_indexes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
