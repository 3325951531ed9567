/* Two who change, or change and use, the same table at the same time. */
#include "lib/race.h"
#include "lib/tmp.h"

#include "store/key.h"
#include "svc/dynamodb/dynamodb.h"
#include "svc/dynamodb/history.h"

enum { ROUNDS = 12, DAY_MS = 86400000 };

CLOUD_PLUG(ddb);
static struct cloud *cloud;
static struct ddb_svc *ddb;

static int setup(void **state) {
    cloud_setup(state);
    cloud = *state;
    ddb = cloud_plug(cloud, &plug_ddb);
    return 0;
}

/* The status; in is stolen. */
static int call(const char *op, json_t *in) {
    CLEANUP_DEINIT(answer)
    struct answer a = cloud_answer(cloud, cloud->root, "dynamodb", op, in, STR_NONE);
    if (a.status >= 500)
        fail_msg("%s: %d %s", op, a.status, buf_cstr(&a.message));
    return a.status;
}

#define TABLE_ARN "arn:aws:dynamodb:us-east-1:" ACCOUNT ":table/table"

static json_t *table_named(int round) {
    (void)round;
    return json_pack("{s:s,s:s,s:[{s:s,s:s}],s:[{s:s,s:s}]}", "TableName", "table", "BillingMode",
                     "PAY_PER_REQUEST", "AttributeDefinitions", "AttributeName", "id",
                     "AttributeType", "S", "KeySchema", "AttributeName", "id", "KeyType", "HASH");
}
static json_t *name_only(int round) {
    (void)round;
    return json_pack("{s:s}", "TableName", "table");
}
static json_t *item(int round) {
    char id[16];
    snprintf(id, sizeof id, "item%d", round);
    return json_pack("{s:s,s:{s:{s:s}}}", "TableName", "table", "Item", "id", "S", id);
}
static json_t *tag(int round) {
    char key[16];
    snprintf(key, sizeof key, "tag%d", round);
    return json_pack("{s:s,s:[{s:s,s:s}]}", "ResourceArn", TABLE_ARN, "Tags", "Key", key, "Value",
                     "x");
}
static json_t *other_tag(int round) { return tag(ROUNDS + round); }
static json_t *keep_days(int days) {
    return json_pack("{s:s,s:{s:b,s:i}}", "TableName", "table", "PointInTimeRecoverySpecification",
                     "PointInTimeRecoveryEnabled", 1, "RecoveryPeriodInDays", days);
}
static json_t *keep_longer(int round) { return keep_days(round + 1); }
static json_t *add_one(int round) {
    (void)round;
    return json_pack("{s:s,s:{s:{s:s}},s:s,s:{s:{s:s}}}", "TableName", "table", "Key", "id", "S",
                     "counter", "UpdateExpression", "ADD n :one", "ExpressionAttributeValues",
                     ":one", "N", "1");
}

static void run_together(struct worker *workers, unsigned n, void (*before)(void),
                         void (*after)(const struct worker *, int round)) {
    struct race_rounds rounds = {.cloud = cloud,
                                 .service = "dynamodb",
                                 .rounds = ROUNDS,
                                 .before = before,
                                 .after = after};
    race_rounds(&rounds, workers, n);
}

/* ---- One table, every operation that changes its row ---- */
static void test_one_table(void **state) {
    struct cloud *c = *state;
    struct worker workers[] = {
        {.op = "TagResource", .input = tag},
        {.op = "TagResource", .input = other_tag},
        {.op = "UpdateContinuousBackups", .input = keep_longer},
        {.op = "PutItem", .input = item},
        {.op = "UpdateItem", .input = add_one},
        {.op = "UpdateItem", .input = add_one},
    };
    CHECK_INT(call("CreateTable", table_named(0)), 200);
    run_together(workers, ARRAY_LEN(workers), NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(workers); i++)
        for (int round = 0; round < ROUNDS; round++)
            CHECK_CASE(workers[i].status[round] == 200, workers[i].op);

    ok(cloud_call_as(c, c->root, "dynamodb", "ListTagsOfResource",
                     "{'ResourceArn':'" TABLE_ARN "'}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Tags")), 2 * ROUNDS);
    ok(cloud_call_as(c, c->root, "dynamodb", "DescribeContinuousBackups", "{'TableName':'table'}"));
    const json_t *backups = json_obj(c->call.out, "ContinuousBackupsDescription");
    CHECK_INT(
        json_int(json_obj(backups, "PointInTimeRecoveryDescription"), "RecoveryPeriodInDays", 0),
        ROUNDS);
    ok(cloud_call_as(c, c->root, "dynamodb", "GetItem",
                     "{'TableName':'table','Key':{'id':{'S':'counter'}}}"));
    CHECK_INT(atoi(json_str(json_obj(json_obj(c->call.out, "Item"), "n"), "N").p), 2 * ROUNDS);
    ok(cloud_call_as(c, c->root, "dynamodb", "DescribeTable", "{'TableName':'table'}"));
    CHECK_INT(json_int(json_obj(c->call.out, "Table"), "ItemCount", 0), ROUNDS + 1);
}

/* ---- Tables that come and go ---- */
static void make_table_with_history(void) {
    CHECK_INT(call("CreateTable", table_named(0)), 200);
    CHECK_INT(call("UpdateContinuousBackups", keep_days(35)), 200);
}
static void nothing_is_left(const struct worker *workers, int round) {
    CHECK_INT(workers[0].status[round], 200);
    CHECK_INT(count_rows(cloud->store, STORE_ITEMS, "i"), 0);
    CHECK_INT(count_rows(cloud->store, STORE_HISTORY, "h"), 0);
    CHECK_INT(count_rows(cloud->store, STORE_METRICS, "ddb-count"), 0);
}
static void test_deletion_and_items(void **state) {
    (void)state;
    struct worker workers[] = {{.op = "DeleteTable", .input = name_only},
                               {.op = "PutItem", .input = item},
                               {.op = "UpdateItem", .input = add_one}};
    run_together(workers, ARRAY_LEN(workers), make_table_with_history, nothing_is_left);
}

static void one_made_it(const struct worker *workers, int round) {
    CHECK_INT(workers[0].status[round] + workers[1].status[round], 200 + 400);
    CHECK_INT(call("DeleteTable", name_only(0)), 200);
}
static void test_two_creations(void **state) {
    (void)state;
    struct worker workers[] = {{.op = "CreateTable", .input = table_named},
                               {.op = "CreateTable", .input = table_named}};
    run_together(workers, ARRAY_LEN(workers), NULL, one_made_it);
}

/* ---- The period was made longer while old images were being removed ---- */
static void test_trim_and_period(void **state) {
    (void)state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP(ddb_table) struct ddb_table *view = NULL;
    struct rows rows = {.store = cloud->store, .batch = batch};
    struct err err = {{0}};
    CHECK_INT(call("CreateTable", table_named(0)), 200);
    CHECK_INT(call("UpdateContinuousBackups", keep_days(2)), 200);
    CHECK_INT(call("PutItem", item(0)), 200);
    clock_set_offset_ms(3LL * DAY_MS);
    CHECK_INT(ddb_tables_get(ddb->tables, S(ACCOUNT), S("us-east-1"), S("table"), &view, &err), 0);
    ddb_history_trim(&rows, view);
    CHECK(!store_batch_empty(batch));
    CHECK_INT(call("UpdateContinuousBackups", keep_days(35)), 200);
    CHECK_INT(store_commit(cloud->store, batch, &err), STORE_E_CONDITION);
    CHECK_INT(count_rows(cloud->store, STORE_HISTORY, "h"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_table, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_deletion_and_items, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_two_creations, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_trim_and_period, setup, cloud_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
