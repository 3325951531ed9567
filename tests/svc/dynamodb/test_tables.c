/* CreateTable's rules in DynamoDB's words, what is described, settings, lists. */
#include "svc/dynamodb/fixture.h"

#define INVALID     "One or more parameter values were invalid: "
#define HASH(name)  "{'AttributeName':'" name "','KeyType':'HASH'}"
#define RANGE(name) "{'AttributeName':'" name "','KeyType':'RANGE'}"
#define DEMAND      "'BillingMode':'PAY_PER_REQUEST'"
#define ID          "'KeySchema':[" HASH("id") "],'AttributeDefinitions':[" ATTR("id", "S") "]"
#define ID_AT                                                                                      \
    "'KeySchema':" KEYS("id", "nr") ",'AttributeDefinitions':[" ATTR("id", "S") "," ATTR("nr", "N")
#define NEW(more) "{'TableName':'new'," more "}"
#define NO(in, text)                                                                               \
    { "CreateTable", NEW(in), "ValidationException", text }
#define ALL "'Projection':{'ProjectionType':'ALL'}"
#define LOCAL(schema, projection)                                                                  \
    ",'LocalSecondaryIndexes':[{'IndexName':'idx','KeySchema':" schema "," projection "}]"
/* clang-format off */
#define GLOBAL(projection, more)                                                                   \
    ",'GlobalSecondaryIndexes':[{'IndexName':'idx',"                                               \
    "'KeySchema':[" HASH("id") "]," projection more "}]"
/* clang-format on */

#define MADE_OF(keys, attributes)                                                                  \
    "'KeySchema':[" keys "],'AttributeDefinitions':[" attributes "]," DEMAND
static void keys_refused(void **state) {
    static const struct refusal rows[] = {
        NO(MADE_OF(RANGE("id"), ATTR("id", "S")),
           "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        NO(MADE_OF(HASH("id") "," HASH("nr"), ATTR("id", "S") "," ATTR("nr", "S")),
           "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
        NO(MADE_OF(HASH("id") "," RANGE("id"), ATTR("id", "S")),
           "Both the Hash Key and the Range Key element in the KeySchema have the same name"),
        NO(MADE_OF(HASH("id"), ATTR("nr", "S")),
           INVALID "Some index key attributes are not defined in AttributeDefinitions. Keys: "
                   "[id], AttributeDefinitions: [nr]"),
        NO(MADE_OF(HASH("id"), ATTR("id", "S") "," ATTR("nr", "S")),
           INVALID "Number of attributes in KeySchema does not exactly match number of attributes "
                   "defined in AttributeDefinitions"),
        NO(MADE_OF(HASH("id"), ATTR("id", "S") "," ATTR("id", "N")),
           "Attribute Name is duplicated: id"),
        NO(MADE_OF("", ATTR("id", "S")), NULL),
    };
    check_refusals(*state, ddb_call, rows);
}

static void throughput_refused(void **state) {
#define UNITS(r, w) "'ProvisionedThroughput':{'ReadCapacityUnits':" r ",'WriteCapacityUnits':" w "}"
    static const struct refusal rows[] = {
        NO(ID, INVALID "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
                       "BillingMode is PROVISIONED"),
        NO(ID "," DEMAND "," UNITS("1", "1"),
           INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                   "BillingMode is PAY_PER_REQUEST"),
        NO(ID "," UNITS("0", "1"), NULL),
        NO(ID "," UNITS("1", "0"), NULL),
        NO(ID "," UNITS("1", "1") GLOBAL(ALL, ""),
           INVALID "ProvisionedThroughput must be specified for index: idx"),
        NO(ID "," DEMAND GLOBAL(ALL, "," UNITS("3", "4")),
           INVALID "ProvisionedThroughput should not be specified for index: idx when BillingMode "
                   "is PAY_PER_REQUEST"),
        {"CreateTable", NEW(ID "," UNITS("1", "2") GLOBAL(ALL, "," UNITS("3", "4"))), "", NULL},
        {"DescribeTable", "{'TableName':'new'}", "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, ddb_call, rows);
    check_at(c, "Table.ProvisionedThroughput",
             "{'NumberOfDecreasesToday':0,'ReadCapacityUnits':1,'WriteCapacityUnits':2}");
    check_at(c, "Table.GlobalSecondaryIndexes.0.ProvisionedThroughput.WriteCapacityUnits", "4");
    check_at(c, "Table.BillingModeSummary", "");
}

static void indexes_refused(void **state) {
    static const struct refusal rows[] = {
        NO(ID "," DEMAND LOCAL("[" HASH("id") "]", ALL),
           INVALID "Table KeySchema does not have a range key, which is required when specifying "
                   "a LocalSecondaryIndex"),
        NO(ID_AT "]," DEMAND LOCAL("[" HASH("id") "]", ALL),
           INVALID "Index KeySchema does not have a range key for index: idx"),
        NO(ID_AT "]," DEMAND LOCAL("[" HASH("nr") "," RANGE("id") "]", ALL),
           INVALID "Index KeySchema does not have the same leading hash key as table KeySchema "
                   "for index: idx. index hash key: nr, table hash key: id"),
        NO(ID "," DEMAND GLOBAL("'Projection':{'ProjectionType':'INCLUDE','NonKeyAttributes':"
                                "['a','b','a']}",
                                ""),
           INVALID "Duplicate attribute name in NonKeyAttributes: a"),
        NO(ID "," DEMAND GLOBAL("'Projection':{}", ""), INVALID "Unknown ProjectionType: null"),
        NO(ID "," DEMAND GLOBAL("'Projection':{'ProjectionType':'INCLUDE'}", ""),
           INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
        NO(ID "," DEMAND GLOBAL("'Projection':{'ProjectionType':'KEYS_ONLY','NonKeyAttributes':"
                                "['a']}",
                                ""),
           INVALID "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"),
        NO(ID "," DEMAND ",'GlobalSecondaryIndexes':[]",
           INVALID "List of GlobalSecondaryIndexes is empty"),
        NO(ID "," DEMAND ",'LocalSecondaryIndexes':[]",
           INVALID "List of LocalSecondaryIndexes is empty"),
        NO(ID "," DEMAND GLOBAL(ALL, ",'WarmThroughput':{'ReadUnitsPerSecond':1}"),
           "WarmThroughput {\"ReadUnitsPerSecond\":1} is not supported"),
    };
    check_refusals(*state, ddb_call, rows);
}

/* Twenty global indexes, five local ones. */
static void how_many_indexes(void **state) {
    static const struct {
        const char *member, *schema, *message;
        int most;
    } rows[] = {{"GlobalSecondaryIndexes", "[" HASH("id") "]",
                 INVALID "GlobalSecondaryIndex count exceeds the per-table limit of 20", 20},
                {"LocalSecondaryIndexes", KEYS("id", "nr"),
                 INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of 5", 5}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int n = rows[i].most; n <= rows[i].most + 1; n++) {
            CLEANUP_DEINIT(buf) struct buf in = {0};
            buf_printf(&in, "{'TableName':'many%zu%d'," ID_AT "]," DEMAND ",'%s':[", i, n,
                       rows[i].member);
            for (int k = 0; k < n; k++)
                buf_printf(&in, "%s{'IndexName':'idx%d','KeySchema':%s," ALL "}", k ? "," : "", k,
                           rows[i].schema);
            buf_c(&in, "]}");
            fails(ddb_call(c, "CreateTable", buf_cstr(&in)),
                  n == rows[i].most ? "" : "ValidationException");
            if (n > rows[i].most)
                message(rows[i].message);
        }
}

static void not_supported(void **state) {
    static const struct refusal rows[] = {
        NO(ID "," DEMAND ",'OnDemandThroughput':{'MaxReadRequestUnits':1}",
           "OnDemandThroughput {\"MaxReadRequestUnits\":1} is not supported"),
        NO(ID "," DEMAND ",'StreamSpecification':{'StreamEnabled':true,'StreamViewType':"
              "'NEW_IMAGE'}",
           NULL),
        NO(ID "," DEMAND ",'SSESpecification':{'Enabled':true,'SSEType':'AES256'}",
           INVALID "SSEType AES256 is not supported"),
        NO(ID "," DEMAND ",'SSESpecification':{'Enabled':true,'KMSMasterKeyId':'k'}", NULL),
        {"CreateTable",
         NEW(ID "," DEMAND ",'StreamSpecification':{'StreamEnabled':false},'SSESpecification':"
                "{'Enabled':true,'SSEType':'KMS','KMSMasterKeyId':'alias/aws/dynamodb'},"
                "'TableClass':'STANDARD','DeletionProtectionEnabled':true"),
         "", NULL},
        {"CreateTable", NEW(ID "," DEMAND), "ResourceInUseException", "Table already exists: new"},
        {"DeleteTable", "{'TableName':'new'}", "ValidationException",
         "Resource cannot be deleted as it is currently protected against deletion. Disable "
         "deletion protection first."},
        {"DescribeTable", "{'TableName':'new'}", "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, ddb_call, rows);
    check_at(c, "Table.SSEDescription.Status", "'ENABLED'");
    check_at(c, "Table.SSEDescription.SSEType", "'KMS'");
    str arn = text_at(c, "Table.SSEDescription.KMSMasterKeyArn");
    CHECK(str_starts(arn, S("arn:aws:kms:us-east-1:" ACCOUNT ":key/")));
    CHECK_INT(arn.len, strlen("arn:aws:kms:us-east-1:" ACCOUNT ":key/") + 36);
    str id = str_skip(arn, arn.len - 36);
    CHECK(id.p[8] == '-' && id.p[13] == '-' && id.p[18] == '-' && id.p[23] == '-');
    check_at(c, "Table.TableClassSummary", "{'TableClass':'STANDARD'}");
    check_at(c, "Table.DeletionProtectionEnabled", "true");
}

static void described(void **state) {
    struct cloud *c = *state;
    ok(ddb_call(c, "DescribeTable", "{'TableName':'tbl'}"));
    check_at(c, "Table.TableStatus", "'ACTIVE'");
    check_at(c, "Table.TableArn", "'arn:aws:dynamodb:us-east-1:" ACCOUNT ":table/tbl'");
    check_at(c, "Table.BillingModeSummary.BillingMode", "'PAY_PER_REQUEST'");
    check_at(c, "Table.ItemCount", "0");
    check_at(c, "Table.TableSizeBytes", "0");
    check_at(c, "Table.SSEDescription", "");
    check_at(c, "Table.TableClassSummary", "");
    /* clang-format off */
    check_at(c, "Table.LocalSecondaryIndexes",
             "[{'IndexName':'loc','KeySchema':" KEYS("id", "w") ","
             "'Projection':{'ProjectionType':'KEYS_ONLY'},"
             "'IndexArn':'arn:aws:dynamodb:us-east-1:" ACCOUNT ":table/tbl/index/loc',"
             "'ItemCount':0,'IndexSizeBytes':0}]");
    /* clang-format on */
    check_at(c, "Table.GlobalSecondaryIndexes.0.IndexStatus", "'ACTIVE'");
    ok(ddb_call(c, "DescribeTable",
                "{'TableName':'arn:aws:dynamodb:us-east-1:" ACCOUNT ":table/tbl'}"));
    CHECK_INT(text_at(c, "Table.TableId").len, 36);
    ok(ddb_call(c, "DeleteTable", "{'TableName':'tbl'}"));
    check_at(c, "TableDescription.TableStatus", "'DELETING'");
    fails(ddb_call(c, "DescribeTable", "{'TableName':'tbl'}"), "ResourceNotFoundException");
    message("Requested resource not found: Table: tbl not found");
    fails(ddb_call(c, "GetItem", OF_T("'Key':{" K("a", "1") "}")), "ResourceNotFoundException");
    message("Requested resource not found");
}

static void names(void **state) {
    static const struct refusal rows[] = {
        {"DescribeTable", "{'TableName':'ab'}", "ValidationException",
         "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
         "Member must have length greater than or equal to 3"},
        {"DescribeTable", "{'TableName':'a b'}", "ValidationException",
         "1 validation error detected: Value 'a b' at 'tableName' failed to satisfy constraint: "
         "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
        {"DescribeTable", "{'TableName':'arn:aws:dynamodb:us-east-1:" ACCOUNT ":table/a/b'}",
         "ValidationException", NULL},
        {"DescribeTable", "{'TableName':'arn:aws:sqs:us-east-1:" ACCOUNT ":table/tbl'}",
         "ValidationException", NULL},
        {"CreateTable", "{'TableName':'a_.-9'," ID "," DEMAND "}", "", NULL},
        {"ListTagsOfResource", "{'ResourceArn':'tbl'}", "ValidationException",
         "Invalid TableArn: Invalid ResourceArn provided as input tbl"},
        {"ListTagsOfResource",
         "{'ResourceArn':'arn:aws:dynamodb:us-east-1:" ACCOUNT ":table/none'}",
         "ResourceNotFoundException",
         "Requested resource not found: ResourcArn: arn:aws:dynamodb:us-east-1:" ACCOUNT
         ":table/none not found"},
    };
    struct cloud *c = *state;
    check_refusals(c, ddb_call, rows);
    for (size_t n = 255; n <= 256; n++) {
        CLEANUP_DEINIT(buf) struct buf name = many(n, 'n'), in = {0};
        buf_printf(&in, "{'TableName':'%s'," ID "," DEMAND "}", buf_cstr(&name));
        fails(ddb_call(c, "CreateTable", buf_cstr(&in)), n == 255 ? "" : "ValidationException");
    }
}

static void lists(void **state) {
    struct cloud *c = *state;
    char in[200];
    for (int i = 0; i < 100; i++) {
        snprintf(in, sizeof in, "{'TableName':'a%03d'," ID "," DEMAND "}", i);
        ok(ddb_call(c, "CreateTable", in));
    }
    ok(ddb_call(c, "ListTables", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "TableNames")), 100);
    check_at(c, "LastEvaluatedTableName", "'a099'");
    ok(ddb_call(c, "ListTables", "{'ExclusiveStartTableName':'a099'}"));
    check_answer(c, "{'TableNames':['tbl']}");
    ok(ddb_call(c, "ListTables", "{'ExclusiveStartTableName':'a0985','Limit':1}"));
    check_answer(c, "{'TableNames':['a099'],'LastEvaluatedTableName':'a099'}");
}

/* ---- Settings ---- */

#define RECOVER(more) OF_T("'PointInTimeRecoverySpecification':{" more "}")
#define BACKUP        "ContinuousBackupsDescription.PointInTimeRecoveryDescription."
static void recovery(void **state) {
    static const struct refusal rows[] = {
        {"UpdateContinuousBackups",
         RECOVER("'PointInTimeRecoveryEnabled':true,'RecoveryPeriodInDays':0"),
         "ValidationException", NULL},
        {"UpdateContinuousBackups",
         RECOVER("'PointInTimeRecoveryEnabled':true,'RecoveryPeriodInDays':36"),
         "ValidationException", NULL},
        {"UpdateContinuousBackups",
         RECOVER("'PointInTimeRecoveryEnabled':false,'RecoveryPeriodInDays':1"),
         "ValidationException",
         "RecoveryPeriodInDays cannot be given when point-in-time recovery is disabled"},
        {"DescribeContinuousBackups", "{'TableName':'none'}", "TableNotFoundException",
         "Table not found: none"},
        {"UpdateContinuousBackups",
         RECOVER("'PointInTimeRecoveryEnabled':true,'RecoveryPeriodInDays':1"), "", NULL},
        {"UpdateContinuousBackups", RECOVER("'PointInTimeRecoveryEnabled':true"), "", NULL},
    };
    struct cloud *c = *state;
    ok(ddb_call(c, "DescribeContinuousBackups", "{'TableName':'tbl'}"));
    check_answer(c, "{'ContinuousBackupsDescription':{'ContinuousBackupsStatus':'ENABLED',"
                    "'PointInTimeRecoveryDescription':{'PointInTimeRecoveryStatus':'DISABLED'}}}");
    check_refusals(c, ddb_call, rows);
    check_at(c, BACKUP "RecoveryPeriodInDays", "35");
    check_at(c, BACKUP "PointInTimeRecoveryStatus", "'ENABLED'");
    clock_set_offset_ms(40 * 86400000LL);
    ok(ddb_call(c, "DescribeContinuousBackups", "{'TableName':'tbl'}"));
    clock_set_offset_ms(0);
    double latest = json_number_value(json_at(c->call.out, BACKUP "LatestRestorableDateTime")),
           earliest = json_number_value(json_at(c->call.out, BACKUP "EarliestRestorableDateTime"));
    CHECK(latest - earliest > 35 * 86400 - 1 && latest - earliest < 35 * 86400 + 1);
}

#define ARN "'ResourceArn':'arn:aws:dynamodb:us-east-1:" ACCOUNT ":table/tbl'"
static void tags(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_c(&in, "{" ARN ",'Tags':[");
    for (int i = 0; i < 50; i++)
        buf_printf(&in, "%s{'Key':'k%d','Value':'v'}", i ? "," : "", i);
    buf_c(&in, "]}");
    ok(ddb_call(c, "TagResource", buf_cstr(&in)));
    fails(ddb_call(c, "TagResource", "{" ARN ",'Tags':[{'Key':'x','Value':'v'}]}"),
          "ValidationException");
    message("Too many tags: at most 50");
    fails(ddb_call(c, "TagResource", "{" ARN ",'Tags':[{'Key':'aws:x','Value':'v'}]}"),
          "ValidationException");
    ok(ddb_call(c, "UntagResource", "{" ARN ",'TagKeys':['k1','none']}"));
    ok(ddb_call(c, "ListTagsOfResource", "{" ARN "}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Tags")), 49);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(keys_refused),    T(throughput_refused),
        T(indexes_refused), T(how_many_indexes),
        T(not_supported),   T(described),
        T(names),           T(lists),
        T(recovery),        T(tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
