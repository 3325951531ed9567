/* dynamodb/value: attribute values from JSON to bytes and back. */
#include "cm.h"

#include "svc/dynamodb/value.h"

static struct arena arena;
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

/* Read from the text itself, whole: NULL where that is not taken. */
static const struct ddb_value *read_text(const char *text) {
    struct json_in in = json_in_of(str_c(text), &arena, false);
    const void *v;
    return ddb_value_read(&in, &v) && json_in_end(&in) ? v : NULL;
}

/* The value; its JSON lives as long as the arena. */
static void drop_json(json_t **json) { json_decref(*json); }
#define VALUE_JSON __attribute__((cleanup(drop_json))) json_t *

static void test_round_trips(void **state) {
    (void)state;
    /* What goes in, and what comes out (sorted sets and names, canonical numbers). */
    static const struct {
        const char *in, *out;
        size_t size;
    } cases[] = {
        {"{\"S\":\"\"}", "{\"S\":\"\"}", 0},
        {"{\"S\":\"h\\u00e9\"}", "{\"S\":\"h\303\251\"}", 3},
        {"{\"N\":\"1.50\"}", "{\"N\":\"1.5\"}", 2},
        {"{\"N\":\"-12345\"}", "{\"N\":\"-12345\"}", 5},
        {"{\"B\":\"AAEC\"}", "{\"B\":\"AAEC\"}", 3},
        {"{\"BOOL\":false}", "{\"BOOL\":false}", 1},
        {"{\"NULL\":true}", "{\"NULL\":true}", 1},
        {"{\"SS\":[\"b\",\"a\"]}", "{\"SS\":[\"a\",\"b\"]}", 2},
        {"{\"NS\":[\"10\",\"9.0\",\"-1\"]}", "{\"NS\":[\"-1\",\"9\",\"10\"]}", 7},
        {"{\"BS\":[\"AQ==\",\"AA==\"]}", "{\"BS\":[\"AA==\",\"AQ==\"]}", 2},
        {"{\"L\":[{\"S\":\"a\"},{\"L\":[]}]}", "{\"L\":[{\"S\":\"a\"},{\"L\":[]}]}", 3 + 2 + 1 + 3},
        {"{\"M\":{\"b\":{\"N\":\"0\"},\"a\":{\"M\":{}}}}",
         "{\"M\":{\"a\":{\"M\":{}},\"b\":{\"N\":\"0\"}}}", 3 + 2 + 1 + 3 + 1 + 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        VALUE_JSON in = json_parse(str_c(cases[i].in), NULL);
        const struct ddb_value *v, *again;
        struct err err;
        struct buf bytes = {0}, text = {0};
        CHECK_CASE(ddb_value_from_json(&arena, in, &v, &err), cases[i].in);
        const struct ddb_value *read = read_text(cases[i].in);
        CHECK_CASE(read && ddb_value_equal(v, read), cases[i].in);
        ddb_value_write(v, &text);
        CHECK_STR(buf_view(&text), str_c(cases[i].out));
        buf_clear(&text);
        ddb_value_encode(v, &bytes);
        struct cur c = cur_of(buf_view(&bytes));
        CHECK_CASE(ddb_value_decode(&arena, &c, &again) && c.s.len == 0, cases[i].in);
        CHECK_CASE(ddb_value_equal(v, again), cases[i].in);
        VALUE_JSON out = ddb_value_to_json(again);
        json_write(&text, out);
        CHECK_STR(buf_view(&text), str_c(cases[i].out));
        CHECK_CASE(ddb_value_size(v) == cases[i].size, cases[i].in);
        /* No cut or flipped byte does harm. */
        for (size_t n = 0; n < bytes.len; n++) {
            c = cur_of(str_n(bytes.p, n));
            CHECK_CASE(!ddb_value_decode(&arena, &c, &again), cases[i].in);
        }
        for (size_t at = 0; at < bytes.len; at++) {
            bytes.p[at] ^= 0x41;
            c = cur_of(buf_view(&bytes));
            if (ddb_value_decode(&arena, &c, &again))
                (void)ddb_value_size(again);
            bytes.p[at] ^= 0x41;
        }
        buf_deinit(&bytes);
        buf_deinit(&text);
    }
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *in, *words;
    } cases[] = {
        {"{}", "Supplied AttributeValue is empty"},
        {"{\"X\":\"a\"}", "Supplied AttributeValue is empty"},
        {"[]", "Supplied AttributeValue is empty"},
        {"{\"S\":\"a\",\"N\":\"1\"}", "more than one datatypes set"},
        {"{\"N\":\"abc\"}", "cannot be converted to a numeric value: abc"},
        {"{\"N\":\"1e200\"}", "Number overflow"},
        {"{\"NULL\":false}", "Null attribute value types must have the value of true"},
        {"{\"SS\":[]}", "An string set  may not be empty"},
        {"{\"NS\":[]}", "An number set  may not be empty"},
        {"{\"BS\":[]}", "Binary sets should not be empty"},
        {"{\"SS\":[\"a\",\"b\",\"a\"]}", "Input collection [a, a, b] contains duplicates."},
        {"{\"NS\":[\"1\",\"1.0\"]}", "Input collection contains duplicates"},
        {"{\"L\":[{\"M\":{\"a\":{\"SS\":[]}}}]}", "may not be empty"},
        {"{\"L\":[{\"S\":\"a\"},null]}", "Supplied AttributeValue is empty"},
        {"{\"B\":\"not base64\"}", "base64"},
        {"{\"M\":{\"\":{\"S\":\"a\"}}}", "Empty attribute name"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        VALUE_JSON in = json_parse(str_c(cases[i].in), NULL);
        const struct ddb_value *v;
        struct err err = {{0}};
        CHECK_CASE(!ddb_value_from_json(&arena, in, &v, &err), cases[i].in);
        CHECK_CASE(strstr(err.text, cases[i].words) != NULL, err.text);
        CHECK_CASE(!read_text(cases[i].in), cases[i].in);
    }
}

/* From the text: what only a tree's reader says is fine is left to it; names are sorted there too. */
static void test_read(void **state) {
    (void)state;
    static const char *const left[] = {
        "{\"S\":\"a\",\"X\":1}",
        "{\"S\":null}",
        "{\"S\":\"a\",\"N\":null}",
        "{\"M\":{\"a\":{\"S\":\"x\"},\"a\":{\"S\":\"x\"}}}",
        "{\"M\":{\"a\":{\"S\":\"x\"},\"\\u0061\":{\"S\":\"x\"}}}",
        "{\"S\":\"a\"}}",
        "{\"BOOL\":\"true\"}",
        "{\"N\":1}",
    };
    for (size_t i = 0; i < ARRAY_LEN(left); i++)
        CHECK_CASE(!read_text(left[i]), left[i]);
    for (unsigned n = 0; n < 100;
         n++) { /* around the sizes at which its memory and its sort change */
        CLEANUP_DEINIT(buf) struct buf text = {0}, read = {0}, wanted = {0};
        buf_c(&text, "{\"M\":{");
        for (unsigned i = 0; i < n; i++)
            buf_printf(&text, "%s\"a%03u\":{\"L\":[{\"N\":\"%u\"},{\"SS\":[\"b\",\"a\"]}]}",
                       i ? "," : "", i * 37 % 101, i);
        buf_c(&text, "}}");
        VALUE_JSON in = json_parse(buf_view(&text), NULL);
        const struct ddb_value *v, *same = read_text(buf_cstr(&text));
        struct err err;
        CHECK(same && ddb_value_from_json(&arena, in, &v, &err));
        ddb_value_encode(same, &read);
        ddb_value_encode(v, &wanted);
        CHECK_STR(buf_view(&read), buf_view(&wanted));
    }
}

static bool nested(int depth) {
    struct buf text = {0};
    const struct ddb_value *v;
    struct err err;
    for (int i = 0; i < depth; i++)
        buf_c(&text, "{\"L\":[");
    buf_c(&text, "{\"S\":\"x\"}");
    for (int i = 0; i < depth; i++)
        buf_c(&text, "]}");
    VALUE_JSON in = json_parse(buf_view(&text), NULL);
    bool fits = ddb_value_from_json(&arena, in, &v, &err);
    if (fits) {
        struct buf bytes = {0};
        ddb_value_encode(v, &bytes);
        struct cur c = cur_of(buf_view(&bytes));
        CHECK(ddb_value_decode(&arena, &c, &v));
        buf_deinit(&bytes);
    }
    CHECK((read_text(buf_cstr(&text)) != NULL) == fits);
    buf_deinit(&text);
    return fits;
}

static void test_depth(void **state) {
    (void)state;
    CHECK(nested(DDB_DEPTH));
    CHECK(!nested(DDB_DEPTH + 1));
}

static void test_maps(void **state) {
    (void)state;
    const struct ddb_value *map = NULL;
    const struct ddb_value *one = ddb_value_new_text(&arena, DDB_S, S("1"));
    map = ddb_map_with(&arena, map, S("b"), one);
    map = ddb_map_with(&arena, map, S("a"), one);
    map = ddb_map_with(&arena, map, S("c"), one);
    CHECK_INT(map->n, 3);
    CHECK_STR(map->attrs[0].name, S("a"));
    CHECK(ddb_map_get(map, S("b")) == one);
    CHECK(!ddb_map_get(map, S("bb")));
    map = ddb_map_with(&arena, map, S("b"), NULL);
    CHECK_INT(map->n, 2);
    CHECK(!ddb_map_get(map, S("b")));
}

#define T(name) cmocka_unit_test_teardown(name, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {T(test_round_trips), T(test_refusals), T(test_read),
                                       T(test_depth), T(test_maps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
