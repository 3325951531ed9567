#pragma once
/*
 * A cloud with DynamoDB. Table "tbl" has keys id (S) and nr (N), a global index "glo" by kind (S)
 * and nr that holds n besides, and a local index "loc" by id and w (S) that holds keys only.
 */
#include "svc/answers.h"

#include "svc/dynamodb/dynamodb.h"

static struct ddb_svc *ddb;
static struct aws_service ddb_row;

#define KEYS(hash, range)                                                                          \
    "[{'AttributeName':'" hash "','KeyType':'HASH'},"                                              \
    "{'AttributeName':'" range "','KeyType':'RANGE'}]"
#define ATTR(name, type) "{'AttributeName':'" name "','AttributeType':'" type "'}"

static inline const char *ddb_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "dynamodb", op, in);
}

static inline int ddb_setup(void **state) {
    struct err err = {{0}};
    cloud_setup(state);
    struct cloud *c = *state;
    CHECK_INT(ddb_open(&ddb, c->store, c->hub, &err), 0);
    ddb_row = ddb_service(ddb);
    cloud_add(c, &ddb_row);
    /* clang-format off */
    ok(ddb_call(c, "CreateTable",
                "{'TableName':'tbl','BillingMode':'PAY_PER_REQUEST',"
                "'KeySchema':" KEYS("id", "nr") ","
                "'AttributeDefinitions':["
                    ATTR("id", "S") "," ATTR("nr", "N") "," ATTR("kind", "S") "," ATTR("w", "S") "],"
                "'GlobalSecondaryIndexes':[{'IndexName':'glo',"
                    "'KeySchema':" KEYS("kind", "nr") ","
                    "'Projection':{'ProjectionType':'INCLUDE','NonKeyAttributes':['n']}}],"
                "'LocalSecondaryIndexes':[{'IndexName':'loc',"
                    "'KeySchema':" KEYS("id", "w") ","
                    "'Projection':{'ProjectionType':'KEYS_ONLY'}}]}"));
    /* clang-format on */
    return 0;
}

static inline int ddb_teardown(void **state) {
    struct cloud *c = *state;
    clock_set_offset_ms(0);
    c->cloud = aws_cloud_free(c->cloud);
    ddb = ddb_close(ddb);
    return cloud_teardown(state);
}
#define T(f)       cmocka_unit_test_setup_teardown(f, ddb_setup, ddb_teardown)
#define OF_T(more) "{'TableName':'tbl'," more "}"
#define K(id, at)  "'id':{'S':'" id "'},'nr':{'N':'" at "'}"
