/* Query and Scan: key conditions, pages, filters, indexes, segments, what is selected. */
#include "svc/dynamodb/fixture.h"

/* Items a/1 … a/5 and b/1; a/2 and a/4 are of kind "even", w runs the other way. */
static void fill(struct cloud *c) {
    for (int i = 1; i <= 5; i++) {
        char in[300];
        snprintf(in, sizeof in,
                 OF_T("'Item':{'id':{'S':'a'},'nr':{'N':'%d'},'n':{'N':'%d'},'w':{'S':'w%d'}%s}"),
                 i, i * 10, 9 - i, i % 2 ? "" : ",'kind':{'S':'even'}");
        ok(ddb_call(c, "PutItem", in));
    }
    ok(ddb_call(c, "PutItem", OF_T("'Item':{" K("b", "1") ",'n':{'N':'100'}}")));
}

/* The sort keys of the last answer's items, joined by commas. */
static const char *found(struct cloud *c) {
    static char text[200];
    const json_t *items = json_arr(c->call.out, "Items");
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(items); i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s" STR_FMT, i ? "," : "",
                               STR_ARG(json_str(json_obj(json_array_get(items, i), "nr"), "N")));
    return text;
}

#define VALUES(more) ",'ExpressionAttributeValues':{':i':{'S':'a'}" more "}"
#define N1(n)        ",':n':{'N':'" n "'}"
#define WHERE(text)  "'KeyConditionExpression':'" text "'"
#define KIND_EVEN    WHERE("kind = :k") ",'ExpressionAttributeValues':{':k':{'S':'even'}}"
#define FROM(key)    ",'ExclusiveStartKey':{" key "}"

static void key_conditions(void **state) {
    static const struct {
        const char *in, *want;
    } rows[] = {
        {OF_T(WHERE("id = :i") VALUES("")), "1,2,3,4,5"},
        {OF_T(WHERE(":i = id") VALUES("")), "1,2,3,4,5"},
        {OF_T(WHERE("id = :i AND nr = :n") VALUES(N1("3"))), "3"},
        {OF_T(WHERE("id = :i AND nr < :n") VALUES(N1("3"))), "1,2"},
        {OF_T(WHERE("id = :i AND nr <= :n") VALUES(N1("3"))), "1,2,3"},
        {OF_T(WHERE("id = :i AND nr > :n") VALUES(N1("3"))), "4,5"},
        {OF_T(WHERE("id = :i AND nr >= :n") VALUES(N1("3"))), "3,4,5"},
        {OF_T(WHERE("id = :i AND :n > nr") VALUES(N1("3"))), "1,2"},
        {OF_T(WHERE("id = :i AND :n <= nr") VALUES(N1("3"))), "3,4,5"},
        {OF_T(WHERE("nr = :n AND id = :i") VALUES(N1("3.0"))), "3"},
        {OF_T(WHERE("id = :i AND nr BETWEEN :n AND :m") VALUES(N1("2") ",':m':{'N':'4'}")),
         "2,3,4"},
        {OF_T(WHERE("id = :i AND nr BETWEEN :n AND :m") VALUES(N1("2.5") ",':m':{'N':'2.5'}")), ""},
        {OF_T(WHERE("id = :i") ",'ScanIndexForward':false" VALUES("")), "5,4,3,2,1"},
        {OF_T(WHERE("id = :i AND nr > :n") ",'ScanIndexForward':false,'Limit':1" VALUES(N1("3"))),
         "5"},
        {OF_T("'IndexName':'loc'," WHERE("id = :i AND begins_with(w, :w)")
                  VALUES(",':w':{'S':'w'}")),
         "5,4,3,2,1"},
        {OF_T("'IndexName':'loc'," WHERE("id = :i AND w > :w") VALUES(",':w':{'S':'w6'}")), "2,1"},
        {OF_T("'IndexName':'loc'," WHERE("id = :i AND begins_with(w, :w)")
                  VALUES(",':w':{'S':'w7'}")),
         "2"},
        {OF_T("'IndexName':'glo'," KIND_EVEN), "2,4"},
    };
    struct cloud *c = *state;
    fill(c);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ok(ddb_call(c, "Query", rows[i].in));
        if (strcmp(found(c), rows[i].want) != 0)
            fail_msg("%s: %s, not %s", rows[i].in, found(c), rows[i].want);
    }
}

#define BAD(text) "Invalid KeyConditionExpression: " text
static void key_conditions_refused(void **state) {
    static const struct refusal rows[] = {
        {"Query", "{'TableName':'tbl'}", "ValidationException",
         "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
         "request."},
        {"Query", OF_T(WHERE("nr = :n") ",'ExpressionAttributeValues':{':n':{'N':'1'}}"),
         "ValidationException", "Query condition missed key schema element: id"},
        {"Query", OF_T(WHERE("id = :i AND n = :n") VALUES(N1("1"))), "ValidationException",
         "Query condition missed key schema element: nr"},
        {"Query", OF_T(WHERE("id < :i") VALUES("")), "ValidationException",
         "Query key condition not supported"},
        {"Query", OF_T(WHERE("id <> :i") VALUES("")), "ValidationException",
         BAD("Invalid operator used in KeyConditionExpression: <>")},
        {"Query", OF_T(WHERE("id = :i OR nr = :n") VALUES(N1("1"))), "ValidationException",
         BAD("Invalid operator used in KeyConditionExpression: OR")},
        {"Query", OF_T(WHERE("NOT id = :i") VALUES("")), "ValidationException",
         BAD("Invalid operator used in KeyConditionExpression: NOT")},
        {"Query", OF_T(WHERE("id = :i AND contains(w, :i)") VALUES("")), "ValidationException",
         BAD("Invalid operator used in KeyConditionExpression: contains")},
        {"Query", OF_T(WHERE("id = :i AND size(w) > :n") VALUES(N1("1"))), "ValidationException",
         BAD("Invalid operator used in KeyConditionExpression: size")},
        {"Query", OF_T(WHERE("id = :i AND nr > :n AND nr < :n") VALUES(N1("1"))),
         "ValidationException",
         BAD("KeyConditionExpressions must only contain one condition per key")},
        {"Query", OF_T(WHERE("id = :i AND id = :i") VALUES("")), "ValidationException",
         BAD("KeyConditionExpressions must only contain one condition per key")},
        {"Query", OF_T(WHERE("id = :i AND nr = :i") VALUES("")), "ValidationException",
         "One or more parameter values were invalid: Condition parameter type does not match "
         "schema type"},
        {"Query", OF_T(WHERE("id = :e") ",'ExpressionAttributeValues':{':e':{'S':''}}"),
         "ValidationException",
         "One or more parameter values are not valid. The AttributeValue for a key attribute "
         "cannot contain an empty string value. Key: id"},
        {"Query", OF_T(WHERE("id.x = :i") VALUES("")), "ValidationException",
         BAD("KeyConditionExpressions cannot have conditions on nested attributes")},
        {"Query", OF_T(WHERE("id = w") ""), "ValidationException", NULL},
        {"Query", OF_T(WHERE("id = :i AND nr BETWEEN :n AND :m") VALUES(N1("2") ",':m':{'N':'1'}")),
         "ValidationException",
         BAD("The BETWEEN operator requires upper bound to be greater than or equal to lower "
             "bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: "
             "AttributeValue: {N:1}")},
        {"Query", OF_T(WHERE("id = :i") ",'FilterExpression':'nr > :n'" VALUES(N1("1"))),
         "ValidationException",
         "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
         "nr"},
        {"Query", OF_T(WHERE("id = :i") ",'QueryFilter':{}" VALUES("")), "ValidationException",
         NULL},
        {"Query", OF_T("'IndexName':'none'," WHERE("id = :i") VALUES("")), "ValidationException",
         "The table does not have the specified index: none"},
        {"Query", OF_T("'IndexName':'glo','ConsistentRead':true," WHERE("kind = :i") VALUES("")),
         "ValidationException", "Consistent reads are not supported on global secondary indexes"},
        {"Query", OF_T("'IndexName':'loc','ConsistentRead':true," WHERE("id = :i") VALUES("")), "",
         NULL},
    };
    check_refusals(*state, ddb_call, rows);
}

/* Pages by Limit: what was looked at counts, filtered or not; the last full page has a key too. */
static void pages(void **state) {
    struct cloud *c = *state;
    fill(c);
    ok(ddb_call(c, "Query", OF_T(WHERE("id = :i") ",'Limit':2" VALUES(""))));
    check_at(c, "Count", "2");
    check_at(c, "ScannedCount", "2");
    check_at(c, "LastEvaluatedKey", "{" K("a", "2") "}");
    ok(ddb_call(c, "Query",
                OF_T(WHERE("id = :i") ",'ExclusiveStartKey':{" K("a", "2") "}" VALUES(""))));
    CHECK_TEXT(found(c), "3,4,5");
    check_at(c, "LastEvaluatedKey", "");
    ok(ddb_call(c, "Query", OF_T(WHERE("id = :i") ",'Limit':5" VALUES(""))));
    check_at(c, "LastEvaluatedKey", "{" K("a", "5") "}");
    ok(ddb_call(c, "Query", OF_T(WHERE("id = :i") ",'Limit':6" VALUES(""))));
    check_at(c, "LastEvaluatedKey", "");
    ok(ddb_call(c, "Query",
                OF_T(WHERE("id = :i") ",'ScanIndexForward':false" FROM(K("a", "3")) VALUES(""))));
    CHECK_TEXT(found(c), "2,1");
    ok(ddb_call(c, "Query",
                OF_T(WHERE("id = :i") ",'Limit':3,'FilterExpression':'n > :n'" VALUES(N1("20")))));
    CHECK_TEXT(found(c), "3");
    check_at(c, "Count", "1");
    check_at(c, "ScannedCount", "3");
    check_at(c, "LastEvaluatedKey", "{" K("a", "3") "}");
    ok(ddb_call(c, "Query", OF_T("'IndexName':'glo','Limit':1," KIND_EVEN)));
    check_at(c, "LastEvaluatedKey", "{" K("a", "2") ",'kind':{'S':'even'}}");
}

static void start_keys_refused(void **state) {
    static const char invalid[] = "The provided starting key is invalid";
    static const struct refusal rows[] = {
        {"Query", OF_T(WHERE("id = :i") FROM("'id':{'S':'a'}") VALUES("")), "ValidationException",
         invalid},
        {"Query", OF_T(WHERE("id = :i") FROM("'id':{'S':'a'},'nr':{'S':'1'}") VALUES("")),
         "ValidationException", invalid},
        {"Query", OF_T(WHERE("id = :i") FROM(K("a", "1") ",'x':{'S':'1'}") VALUES("")),
         "ValidationException", invalid},
        {"Query", OF_T(WHERE("id = :i") FROM(K("b", "1")) VALUES("")), "ValidationException",
         "The provided starting key is outside query boundaries based on provided conditions"},
        {"Query", OF_T(WHERE("id = :i AND nr > :n") FROM(K("a", "1")) VALUES(N1("3"))),
         "ValidationException", "The provided starting key does not match the range key predicate"},
        {"Query", OF_T(WHERE("id = :i AND nr > :n") FROM(K("a", "4")) VALUES(N1("3"))), "", NULL},
        {"Query", OF_T("'IndexName':'loc'," WHERE("id = :i") FROM(K("a", "1")) VALUES("")),
         "ValidationException", invalid},
        {"Scan", OF_T("'ExclusiveStartKey':{'id':{'S':'a'}}"), "ValidationException", invalid},
    };
    check_refusals(*state, ddb_call, rows);
}

static void selected(void **state) {
#define ALL_OF_A WHERE("id = :i AND nr = :n") VALUES(N1("2"))
    static const struct refusal rows[] = {
        {"Query", OF_T("'Select':'SPECIFIC_ATTRIBUTES'," ALL_OF_A), "ValidationException",
         "Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
        {"Query", OF_T("'Select':'COUNT','ProjectionExpression':'n'," ALL_OF_A),
         "ValidationException",
         "Cannot specify the ProjectionExpression when choosing to get COUNT"},
        {"Query", OF_T("'Select':'ALL_PROJECTED_ATTRIBUTES'," ALL_OF_A), "ValidationException",
         "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
        {"Query",
         OF_T("'IndexName':'glo','Select':'ALL_ATTRIBUTES'," WHERE("kind = :i") VALUES("")),
         "ValidationException",
         "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported "
         "for global secondary index glo because its projection type is not ALL"},
        {"Query",
         OF_T("'IndexName':'glo','ProjectionExpression':'w'," WHERE("kind = :i") VALUES("")),
         "ValidationException",
         "One or more parameter values were invalid: Global secondary index glo does not project "
         "[w]"},
    };
    struct cloud *c = *state;
    fill(c);
    check_refusals(c, ddb_call, rows);
    ok(ddb_call(c, "Query", OF_T("'Select':'COUNT'," ALL_OF_A)));
    check_answer(c, "{'Count':1,'ScannedCount':1}");
    ok(ddb_call(c, "Query", OF_T("'ProjectionExpression':'n'," ALL_OF_A)));
    check_at(c, "Items", "[{'n':{'N':'20'}}]");
#define EVEN                                                                                       \
    "'IndexName':'glo','Limit':1," WHERE(                                                          \
        "kind = :k") ",'ExpressionAttributeValues':{':k':{'S':'even'}}"
    ok(ddb_call(c, "Query", OF_T(EVEN)));
    check_at(c, "Items", "[{" K("a", "2") ",'kind':{'S':'even'},'n':{'N':'20'}}]");
    ok(ddb_call(c, "Query", OF_T("'ProjectionExpression':'n,id'," EVEN)));
    check_at(c, "Items", "[{'id':{'S':'a'},'n':{'N':'20'}}]");
    /* a local index fetches from the table what it does not hold, and that costs */
#define LOCAL                                                                                      \
    "'IndexName':'loc','ReturnConsumedCapacity':'INDEXES'," WHERE("id = :i AND w = :w")            \
        VALUES(",':w':{'S':'w7'}")
    ok(ddb_call(c, "Query", OF_T(LOCAL)));
    check_at(c, "Items", "[{" K("a", "2") ",'w':{'S':'w7'}}]");
    check_at(c, "ConsumedCapacity.Table.CapacityUnits", "0.0");
    check_at(c, "ConsumedCapacity.LocalSecondaryIndexes.loc.CapacityUnits", "0.5");
    ok(ddb_call(c, "Query", OF_T("'Select':'ALL_ATTRIBUTES'," LOCAL)));
    check_at(c, "Items.0.n", "{'N':'20'}");
    check_at(c, "ConsumedCapacity.Table.CapacityUnits", "0.5");
    ok(ddb_call(c, "Query", OF_T("'ProjectionExpression':'n'," LOCAL)));
    check_at(c, "Items", "[{'n':{'N':'20'}}]");
}

/* ---- Scan ---- */

static void segments(void **state) {
    static const struct refusal rows[] = {
        {"Scan", OF_T("'Segment':0"), "ValidationException",
         "The TotalSegments parameter is required but was not present in the request when Segment "
         "parameter is present"},
        {"Scan", OF_T("'TotalSegments':2"), "ValidationException",
         "The Segment parameter is required but was not present in the request when parameter "
         "TotalSegments is present"},
        {"Scan", OF_T("'Segment':2,'TotalSegments':2"), "ValidationException",
         "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
         "Segment: 2 is not less than TotalSegments: 2"},
        {"Scan", OF_T("'Segment':1,'TotalSegments':2"), "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, ddb_call, rows);
    for (int i = 0; i < 60; i++) {
        char in[100];
        snprintf(in, sizeof in, OF_T("'Item':{'id':{'S':'%d'},'nr':{'N':'1'}}"), i);
        ok(ddb_call(c, "PutItem", in));
    }
    int64_t all = 0;
    for (int i = 0; i < 4; i++) {
        char in[100];
        snprintf(in, sizeof in, OF_T("'Segment':%d,'TotalSegments':4"), i);
        ok(ddb_call(c, "Scan", in));
        CHECK_RANGE(json_int(c->call.out, "Count", 0), 5, 30);
        all += json_int(c->call.out, "Count", 0);
    }
    CHECK_INT(all, 60);
    /* a key of one segment does not begin another */
    int outside = 0;
    for (int i = 0; i < 4; i++) {
        char in[160];
        snprintf(in, sizeof in,
                 OF_T("'Segment':%d,'TotalSegments':4,'ExclusiveStartKey':{" K("7", "1") "}"), i);
        outside += *ddb_call(c, "Scan", in) != '\0';
    }
    CHECK_INT(outside, 3);
}

/* A page holds a megabyte of items; capacity is of all that was read. */
static void a_megabyte_a_page(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf x = many(300000, 'x');
    for (int i = 1; i <= 4; i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_printf(&in, OF_T("'Item':{'id':{'S':'a'},'nr':{'N':'%d'},'x':{'S':'%s'}}"), i,
                   buf_cstr(&x));
        ok(ddb_call(c, "PutItem", buf_cstr(&in)));
    }
    ok(ddb_call(c, "Scan", OF_T("'ReturnConsumedCapacity':'TOTAL','ProjectionExpression':'id'")));
    check_at(c, "Count", "3");
    check_at(c, "LastEvaluatedKey", "{" K("a", "3") "}");
    check_at(c, "ConsumedCapacity.CapacityUnits", "110.0"); /* 900,021 bytes by 4 KiB, halved */
    ok(ddb_call(c, "Scan", OF_T("'ExclusiveStartKey':{" K("a", "3") "}")));
    check_at(c, "Count", "1");
    check_at(c, "LastEvaluatedKey", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(key_conditions), T(key_conditions_refused), T(pages), T(start_keys_refused), T(selected),
        T(segments),       T(a_megabyte_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
