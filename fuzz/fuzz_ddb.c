/*
 * DynamoDB's readers of untrusted text: numbers, attribute values, expressions of every kind, the
 * stored form, and whole bodies whose items are read from the text. The first byte says which
 * reader gets the rest.
 */
#include "aws/codec_priv.h"
#include "aws/aws_priv.h"
#include "svc/dynamodb/dynamodb.h"
#include "svc/dynamodb/keycond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char names_text[] = "{\"#s\":\"status\",\"#d\":\"a.b\",\"#l\":\"list\",\"#n\":\"n\"}";
static const char values_text[] =
    "{\":one\":{\"N\":\"1\"},\":a\":{\"S\":\"a\"},\":t\":{\"BOOL\":true},\":set\":{\"SS\":[\"a\",\"z\"]},"
    "\":ns\":{\"NS\":[\"1\",\"5\"]},\":l\":{\"L\":[{\"S\":\"x\"}]},\":b\":{\"B\":\"AAEC\"},\":m\":{\"M\":{}}}";
static const char item_text[] =
    "{\"id\":{\"S\":\"abc\"},\"n\":{\"N\":\"5\"},\"a.b\":{\"N\":\"7\"},\"status\":{\"S\":\"a\"},"
    "\"list\":{\"L\":[{\"N\":\"10\"},{\"M\":{\"n\":{\"S\":\"x\"}}}]},\"m\":{\"M\":{\"n\":{\"N\":\"1\"}}},\"ss\":{\"SS\":[\"a\"]}}";

static void trap_unless(bool fine) {
    if (!fine)
        __builtin_trap();
}

static void fuzz_number(str text) {
    struct ddb_number v, again, sum;
    struct buf shown = {0}, key = {0};
    if (ddb_number_parse(&v, text) == DDB_NUMBER_OK) {
        ddb_number_text(&v, &shown);
        trap_unless(ddb_number_parse(&again, buf_view(&shown)) == DDB_NUMBER_OK &&
                    ddb_number_cmp(&v, &again) == 0);
        ddb_number_key(&v, &key);
        struct cur c = cur_of(buf_view(&key));
        trap_unless(ddb_number_unkey(&c, &again) && ddb_number_cmp(&v, &again) == 0);
        trap_unless(ddb_number_sub(&sum, &v, &again) == DDB_NUMBER_OK && sum.sign == 0);
    }
    buf_deinit(&shown);
    buf_deinit(&key);
}

/* What is read from the text is what is read from its tree; and written, it is the same text. */
static void fuzz_read(struct arena *a, str text, const json_t *json) {
    struct buf written = {0}, wanted = {0};
    struct json_in in = json_in_of(text, a, false);
    const struct ddb_value *v;
    const void *read;
    struct err err;
    if (!ddb_value_read(&in, &read) || !json_in_end(&in))
        return;
    trap_unless(json && ddb_value_from_json(a, json, &v, &err) && ddb_value_equal(v, read));
    CLEANUP_JSON json_t *back = ddb_value_to_json(v);
    json_write(&wanted, back);
    ddb_value_write(read, &written);
    trap_unless(str_eq(buf_view(&written), buf_view(&wanted)));
    buf_deinit(&written);
    buf_deinit(&wanted);
}

static void fuzz_value(struct arena *a, str text) {
    CLEANUP_JSON json_t *json = json_parse(text, NULL);
    const struct ddb_value *v, *again;
    struct err err;
    struct buf bytes = {0};
    fuzz_read(a, text, json);
    if (json && ddb_value_from_json(a, json, &v, &err)) {
        ddb_value_encode(v, &bytes);
        struct cur c = cur_of(buf_view(&bytes));
        trap_unless(ddb_value_decode(a, &c, &again) && c.s.len == 0 && ddb_value_equal(v, again));
        trap_unless(ddb_value_size(v) == ddb_value_size(again));
        CLEANUP_JSON json_t *back = ddb_value_to_json(again);
        trap_unless(ddb_value_from_json(a, back, &again, &err) && ddb_value_equal(v, again));
    }
    buf_deinit(&bytes);
}

static void fuzz_stored(struct arena *a, str bytes) {
    struct cur c = cur_of(bytes);
    const struct ddb_value *v;
    if (!ddb_value_decode(a, &c, &v))
        return;
    struct buf again = {0};
    (void)ddb_value_size(v);
    ddb_value_encode(v, &again);
    buf_deinit(&again);
}

static void fuzz_expression(struct arena *a, uint8_t which, str text) {
    static const struct ddb_key_schema keys = {{S_INIT("id"), DDB_S}, {S_INIT("n"), DDB_N}};
    CLEANUP_JSON json_t *names = json_parse(str_c(names_text), NULL);
    CLEANUP_JSON json_t *values = json_parse(str_c(values_text), NULL);
    CLEANUP_JSON json_t *doc = json_parse(str_c(item_text), NULL);
    const struct ddb_value *item, *after;
    struct ddb_expr_env env;
    struct ddb_node *node;
    struct ddb_update update;
    struct ddb_projection projection;
    struct ddb_key_condition condition;
    struct err err;
    trap_unless(
        ddb_item_from_json(a, doc, &item, &err) &&
        ddb_expr_env_init(&env, a, &(struct ddb_expr_given){names, values, .any = true}, &err));
    if (which == 0 && ddb_parse_condition(&env, "FilterExpression", text, &node, &err)) {
        (void)ddb_condition_holds(node, item);
        if (ddb_key_condition(node, &keys, &condition, &err)) {
            struct buf from = {0}, to = {0};
            ddb_key_condition_range(&condition, S("p"), &from, &to);
            buf_deinit(&from);
            buf_deinit(&to);
        }
    }
    if (which == 1 && ddb_parse_update(&env, text, &update, &err) &&
        ddb_update_apply(a, &update, item, &after, &err)) {
        struct buf bytes = {0};
        ddb_value_encode(after, &bytes);
        buf_deinit(&bytes);
    }
    if (which == 2 && ddb_parse_projection(&env, text, &projection, &err))
        (void)ddb_item_size(ddb_project(a, &projection, item));
    (void)ddb_expr_env_done(&env, &err);
}

/* ---- Whole bodies ---- */
/* Two documents of one member: as values. False: as documents. */
static bool is_same_value(struct arena *a, const json_t *read, const json_t *doc) {
    const struct ddb_value *x = aws_taken(read, ddb_item_read), *y;
    struct err err;
    bool item = x != NULL;
    if (!x && !(x = aws_taken(read, ddb_value_read)))
        return json_equal((json_t *)read, (json_t *)doc);
    trap_unless(item ? ddb_item_from_json(a, doc, &y, &err)
                     : ddb_value_from_json(a, doc, &y, &err));
    return ddb_value_equal(x, y);
}

static bool is_same_map(struct arena *a, const json_t *read, const json_t *doc) {
    const char *name;
    size_t len;
    json_t *v;
    json_object_keylen_foreach ((json_t *)read, name, len, v) {
        if (!is_same_value(a, v, json_object_getn(doc, name, len)))
            return false;
    }
    return json_object_size(read) == json_object_size(doc);
}

/*
 * What the service's readers take is what its tree is read as, and keeps the model's constraints.
 * The text is gone when the values are looked at, where it may be.
 */
static void fuzz_body(struct arena *a, uint8_t which, str text) {
    static const char *const ops[] = {"PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query"};
    const struct api_op *op = api_op_find(&api_dynamodb, str_c(ops[which % ARRAY_LEN(ops)]));
    bool goes = which & 0x40;
    char *lent = mem_alloc(text.len + 1);
    memcpy(lent, text.p ? text.p : "", text.len);
    struct json_in in = json_in_of(str_n(lent, text.len), a, goes);
    CLEANUP_JSON json_t *read = NULL, *doc = NULL;
    struct err err;
    bool taken = wire_json_read(op->in, &in, ddb_service(NULL).takes, &read);
    if (goes) {
        free(lent);
        lent = NULL;
    }
    if (taken) {
        static const char *const maps[] = {"ExpressionAttributeValues", "Item", "Key"};
        trap_unless(wire_json_in(op->in, text, &doc, &err) == 0 && aws_document_fits(op->in, doc));
        for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
            json_t *x = json_object_get(read, maps[i]), *y = json_object_get(doc, maps[i]);
            trap_unless(json_is_object(x) ? is_same_map(a, x, y) : !x || is_same_value(a, x, y));
            json_object_del(read, maps[i]);
            json_object_del(doc, maps[i]);
        }
        trap_unless(json_equal(read, doc));
    }
    free(lent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    CLEANUP_DEINIT(arena) struct arena a = {0};
    str text = str_n(data + 1, size - 1);
    if (data[0] & 0x80) {
        fuzz_body(&a, data[0] & 0x7F, text);
        return 0;
    }
    switch (data[0] % 6) {
    case 0: fuzz_number(text); break;
    case 1: fuzz_value(&a, text); break;
    case 2: fuzz_stored(&a, text); break;
    default: fuzz_expression(&a, (uint8_t)(data[0] % 6 - 3), text); break;
    }
    return 0;
}
