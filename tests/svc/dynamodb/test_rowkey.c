/* Row keys of items and index entries, and the ranges that key conditions select among them. */
#include "cm.h"

#include "svc/dynamodb/keycond.h"
#include "svc/dynamodb/rowkey.h"

static struct arena arena;
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct ddb_table table = {
    .keys = {{S_INIT("id"), DDB_S}, {S_INIT("pos"), DDB_N}},
    .prefix = S_INIT("items:"),
};
static const struct ddb_index by_name = {
    .id = 1,
    .name = S_INIT("by_name"),
    .keys = {{S_INIT("dkey"), DDB_S}, {S_INIT("name"), DDB_S}},
    .projection = DDB_PROJECT_KEYS,
    .prefix = S_INIT("index:"),
};

static const struct ddb_value *number(const char *text) {
    struct ddb_number n;
    CHECK_INT(ddb_number_parse(&n, str_c(text)), 0);
    return ddb_value_new_number(&arena, &n);
}

static const struct ddb_value *make(const char *id, const char *pos, const char *day,
                                    const char *name) {
    const struct ddb_value *v = NULL;
    v = ddb_map_with(&arena, v, S("id"), ddb_value_new_text(&arena, DDB_S, str_c(id)));
    v = ddb_map_with(&arena, v, S("pos"), number(pos));
    v = ddb_map_with(&arena, v, S("other"), number("1"));
    if (day)
        v = ddb_map_with(&arena, v, S("dkey"), ddb_value_new_text(&arena, DDB_S, str_c(day)));
    if (name)
        v = ddb_map_with(&arena, v, S("name"), ddb_value_new_text(&arena, DDB_S, str_c(name)));
    return v;
}

/* Documents that trees point into: dropped pos the end of a test. */
static json_t *documents[64];
static size_t n_documents;
static json_t *document(const char *text) {
    json_t *json = json_parse(str_c(text), NULL);
    CHECK(json);
    return documents[n_documents++] = json;
}

static bool condition(const char *text, const struct ddb_key_schema *keys,
                      struct ddb_key_condition *ret, struct err *err) {
    struct ddb_expr_env env;
    struct ddb_node *node;
    const json_t *values =
        document("{\":a\":{\"S\":\"a\"},\":ab\":{\"S\":\"ab\"},\":z\":{\"S\":\"z\"},"
                 "\":e\":{\"S\":\"\"},\":n\":{\"N\":\"10\"},\":m\":{\"N\":\"-2.5\"}}");
    const json_t *names = document("{\"#n\":\"name\"}");
    return ddb_expr_env_init(&env, &arena, &(struct ddb_expr_given){names, values, .any = true},
                             err) &&
           ddb_parse_condition(&env, "KeyConditionExpression", str_c(text), &node, err) &&
           ddb_key_condition(node, keys, ret, err);
}

static void test_ranges(void **state) {
    (void)state;
    static const char *const ats[] = {"-100", "-2.5", "-2.49",   "0",
                                      "9.99", "10",   "10.0001", "1e20"};
    /* Which of the numbers above each condition selects, as digits. */
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"id = :a", "01234567"},
        {"id = :a AND pos = :n", "5"},
        {"id = :a AND pos < :n", "01234"},
        {"id = :a AND pos <= :n", "012345"},
        {"id = :a AND pos > :n", "67"},
        {"id = :a AND pos >= :n", "567"},
        {"pos > :m AND id = :a", "234567"},
        {"id = :a AND pos <= :m", "01"},
        {"id = :a AND pos < :m", "0"},
        {"(id = :a) AND (pos BETWEEN :m AND :n)", "12345"},
        {":n < pos AND :a = id", "67"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_key_condition c;
        struct err err = {{0}};
        struct buf from = {0}, to = {0}, key = {0}, got = {0};
        CHECK_CASE(condition(cases[i].text, &table.keys, &c, &err), err.text);
        ddb_key_condition_range(&c, table.prefix, &from, &to);
        for (size_t k = 0; k < ARRAY_LEN(ats); k++) {
            ddb_item_key(&key, &table, make("a", ats[k], NULL, NULL));
            if (str_cmp(buf_view(&key), buf_view(&from)) >= 0 &&
                str_cmp(buf_view(&key), buf_view(&to)) < 0)
                buf_printf(&got, "%zu", k);
            ddb_item_key(&key, &table, make("b", ats[k], NULL, NULL));
            CHECK_CASE(str_cmp(buf_view(&key), buf_view(&from)) < 0 ||
                           str_cmp(buf_view(&key), buf_view(&to)) >= 0,
                       "another partition");
        }
        CHECK_STR(buf_view(&got), str_c(cases[i].want));
        buf_deinit(&from);
        buf_deinit(&to);
        buf_deinit(&key);
        buf_deinit(&got);
    }
}

static void test_text_ranges_of_an_index(void **state) {
    (void)state;
    static const char *const all[] = {"Z", "a", "aa", "ab", "abc", "b", "z", "zz"};
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"dkey = :a", "01234567"},
        {"dkey = :a AND #n = :ab", "3"},
        {"dkey = :a AND #n < :ab", "012"},
        {"dkey = :a AND #n <= :ab", "0123"},
        {"dkey = :a AND #n > :ab", "4567"},
        {"dkey = :a AND #n >= :z", "67"},
        {"dkey = :a AND begins_with(#n, :a)", "1234"},
        {"dkey = :a AND begins_with(#n, :ab)", "34"},
        {"dkey = :a AND #n BETWEEN :a AND :z", "123456"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_key_condition c;
        struct err err = {{0}};
        struct buf from = {0}, to = {0}, key = {0}, got = {0};
        CHECK_CASE(condition(cases[i].text, &by_name.keys, &c, &err), err.text);
        ddb_key_condition_range(&c, by_name.prefix, &from, &to);
        for (size_t k = 0; k < ARRAY_LEN(all); k++) {
            CHECK(ddb_entry_key(&key, &table, &by_name, make("id", "1", "a", all[k])));
            if (str_cmp(buf_view(&key), buf_view(&from)) >= 0 &&
                str_cmp(buf_view(&key), buf_view(&to)) < 0)
                buf_printf(&got, "%zu", k);
        }
        CHECK_STR(buf_view(&got), str_c(cases[i].want));
        buf_deinit(&from);
        buf_deinit(&to);
        buf_deinit(&key);
        buf_deinit(&got);
    }
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"pos = :n", "Query condition missed key schema element: id"},
        {"id = :a AND extra = :n", "Query condition missed key schema element: pos"},
        {"id > :a", "Query key condition not supported"},
        {"begins_with(id, :a)", "Query key condition not supported"},
        {"id = :a OR pos = :n", "Invalid operator used in KeyConditionExpression: OR"},
        {"NOT id = :a", "Invalid operator used in KeyConditionExpression: NOT"},
        {"id = :a AND pos <> :n", "Invalid operator used in KeyConditionExpression: <>"},
        {"id = :a AND pos IN (:n)", "Invalid operator used in KeyConditionExpression: IN"},
        {"id = :a AND contains(pos, :n)",
         "Invalid operator used in KeyConditionExpression: contains"},
        {"id = :a AND size(pos) = :n", "Invalid operator used in KeyConditionExpression: size"},
        {"id = :a AND id = :ab", "must only contain one condition per key"},
        {"id = :a AND pos > :n AND pos < :n", "must only contain one condition per key"},
        {"id = :n", "Condition parameter type does not match schema type"},
        {"id = :a AND begins_with(pos, :a)", "Condition parameter type does not match schema type"},
        {"id = :e", "cannot contain an empty string value. Key: id"},
        {"id.x = :a", "nested attributes"},
        {"id = pos", "Multiple attribute names used in one condition"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_key_condition c;
        struct err err = {{0}};
        CHECK_CASE(!condition(cases[i].text, &table.keys, &c, &err), cases[i].text);
        if (!strstr(err.text, cases[i].words))
            print_error("%s\n got  %s\n want %s\n", cases[i].text, err.text, cases[i].words);
        CHECK(strstr(err.text, cases[i].words));
    }
}

static void test_entries(void **state) {
    (void)state;
    struct buf key = {0};
    const struct ddb_value *whole = make("id", "1", "a", "b");
    CHECK(!ddb_entry_key(&key, &table, &by_name, make("id", "1", NULL, "b")));
    CHECK(!ddb_entry_key(&key, &table, &by_name, make("id", "1", "a", NULL)));
    CHECK(ddb_entry_key(&key, &table, &by_name, whole));
    CHECK_INT(ddb_entry_item(&arena, &table, &by_name, whole)->n, 4);
    CHECK(!ddb_map_get(ddb_entry_item(&arena, &table, &by_name, whole), S("other")));
    CHECK_INT(ddb_key_of(&arena, &table, NULL, whole)->n, 2);
    CHECK_INT(ddb_key_of(&arena, &table, &by_name, whole)->n, 4);
    buf_deinit(&key);
}

static int drop(void **state) {
    while (n_documents)
        json_decref(documents[--n_documents]);
    return teardown(state);
}
#define T(name) cmocka_unit_test_teardown(name, drop)
int main(void) {
    const struct CMUnitTest tests[] = {T(test_ranges), T(test_text_ranges_of_an_index),
                                       T(test_refusals), T(test_entries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
