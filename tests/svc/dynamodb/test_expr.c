/*
 * dynamodb/expr: conditions, updates and projections, and DynamoDB's words for what is wrong in
 * them.
 */
#include "cm.h"

#include "svc/dynamodb/expr.h"
#include "svc/dynamodb/reserved.h"

/* What all expressions here may use. */
static const char names_json[] =
    "{'#s':'status','#d':'a.b','#n':'nested','#l':'list','#x':'x','#y':'y'}";
static const char values_json[] =
    "{':one':{'N':'1'},':two':{'N':'2'},':ten':{'N':'10'},':a':{'S':'a'},':ab':{'S':'ab'},':b':{'S':'b'},"
    "':t':{'BOOL':true},':null':{'NULL':true},':set':{'SS':['a','z']},':ns':{'NS':['1','5']},':bin':{'B':'AAEC'},"
    "':l':{'L':[{'S':'new'}]},':m':{'M':{'k':{'S':'v'}}},':typeS':{'S':'S'},':typeX':{'S':'X'},"
    "':empty':{'S':''},':big':{'N':'9e125'}}";
static const char item_json[] =
    "{'id':{'S':'abc'},'n':{'N':'5'},'status':{'S':'ok'},'a.b':{'N':'7'},'flag':{'BOOL':true},'nothing':{'NULL':true},"
    "'list':{'L':[{'N':'10'},{'N':'20'},{'M':{'deep':{'S':'x'}}}]},'nested':{'M':{'x':{'N':'1'},'y':{'M':{'z':{'S':'q'}}}}},"
    "'tags':{'SS':['a','b']},'nums':{'NS':['1','2']},'bin':{'B':'AAECAw=='}}";

static struct arena arena;
static json_t *names, *values, *item_doc;
static const struct ddb_value *item;

static json_t *parse_quoted(const char *text) {
    CLEANUP_DEINIT(buf) struct buf b = {0};
    buf_c(&b, text);
    for (size_t i = 0; i < b.len; i++)
        if (b.p[i] == '\'')
            b.p[i] = '"';
    json_t *json = json_parse(buf_view(&b), NULL);
    CHECK(json);
    return json;
}

static int setup(void **state) {
    (void)state;
    struct err err;
    names = parse_quoted(names_json);
    values = parse_quoted(values_json);
    item_doc = parse_quoted(item_json);
    return ddb_item_from_json(&arena, item_doc, &item, &err) ? 0 : -1;
}
static int teardown(void **state) {
    (void)state;
    json_decref(names);
    json_decref(values);
    json_decref(item_doc);
    arena_deinit(&arena);
    return 0;
}

static struct ddb_expr_env env_new(void) {
    struct ddb_expr_env env;
    struct err err;
    CHECK(ddb_expr_env_init(&env, &arena, &(struct ddb_expr_given){names, values, .any = true},
                            &err));
    return env;
}

static void test_conditions(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"n = :one", false},
        {"n <> :one", true},
        {"n > :two", true},
        {"n >= :ten", false},
        {"n < :ten AND n > :one", true},
        {"n BETWEEN :one AND :ten", true},
        {"n between :one and :two", false},
        {"n IN (:one, :two)", false},
        {"#s IN (:a, :b) OR flag = :t", true},
        {"NOT n = :one", true},
        {"not (n = :one or n = :two)", true},
        {"n = :a", false},
        {"n < :a", false},
        {"gone = :one", false},
        {"gone <> :one", true},
        {"gone < :one", false},
        {"NOT gone < :one", true},
        {"nothing = :null", true},
        {"attribute_exists(n)", true},
        {"attribute_exists(gone)", false},
        {"attribute_not_exists(#n.#y.z)", false},
        {"attribute_not_exists(#n.#y.w)", true},
        {"attribute_exists(#l[2].deep)", true},
        {"attribute_exists(#l[3])", false},
        {"attribute_exists(n[0])", false},
        {"#l[0] = :ten", true},
        {"#d > :two", true},
        {"attribute_type(id, :typeS)", true},
        {"attribute_type(n, :typeS)", false},
        {"begins_with(id, :ab)", true},
        {"begins_with(id, :b)", false},
        {"begins_with(n, :b)", false},
        {"begins_with(bin, :bin)", true},
        {"contains(id, :b)", true},
        {"contains(tags, :b)", true},
        {"contains(tags, :ab)", false},
        {"contains(nums, :two)", true},
        {"contains(#l, :ten)", true},
        {"contains(#l, :two)", false},
        {"contains(gone, :two)", false},
        {"size(id) > :two", true},
        {"size(#l) >= :two", true},
        {"size(tags) = :two", true},
        {"size(#n) = :two", true},
        {"size(gone) < :two", false},
        {"size(n) < :two", false},
        {"n = :one OR n = :two OR #s = :a OR flag = :t", true},
        {"(n = :one) AND (flag = :t)", false},
        {"n\t=\n:one", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_expr_env env = env_new();
        struct ddb_node *node;
        struct err err = {{0}};
        bool parsed =
            ddb_parse_condition(&env, "ConditionExpression", str_c(cases[i].text), &node, &err);
        if (!parsed)
            print_error("%s: %s\n", cases[i].text, err.text);
        CHECK(parsed);
        CHECK_CASE(ddb_condition_holds(node, item) == cases[i].want, cases[i].text);
        static const struct ddb_value nothing = {.type = DDB_M};
        (void)ddb_condition_holds(node, &nothing);
    }
}

static void test_condition_refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "Invalid ConditionExpression: The expression can not be empty;"},
        {"  ", "The expression can not be empty;"},
        {"n = ", "Syntax error; token: \"<EOF>\", near: \"=\""},
        {"n = :one :two", "Syntax error; token: \":two\", near: \":one :two\""},
        {"n == :one", "Syntax error; token: \"=\""},
        {"n = :one AND", "Syntax error; token: \"<EOF>\""},
        {"n ! :one", "Syntax error; token: \"!\""},
        {"# = :one", "Syntax error; token: \"#\""},
        {"n = 5", "Syntax error; token: \"5\""},
        {"(n = :one", "Syntax error"},
        {"n = :one)", "Syntax error"},
        {"n", "Syntax error"},
        {"status = :a", "Attribute name is a reserved keyword; reserved keyword: status"},
        {"#s = :nope",
         "An expression attribute value used in expression is not defined; attribute value: :nope"},
        {"#nope = :a",
         "An expression attribute name used in the document path is not defined; attribute name: #nope"},
        {"((n = :one))", "The expression has redundant parentheses;"},
        {"foo(n)", "Invalid function name; function: foo"},
        {"if_not_exists(n, :one)",
         "The function is not allowed in a condition expression; function: if_not_exists"},
        {"attribute_exists(n, id)",
         "operator or function: attribute_exists, number of operands: 2"},
        {"attribute_exists(:one)", "requires a document path"},
        {"begins_with(id)", "number of operands: 1"},
        {"begins_with(id, :one)", "operator or function: begins_with, operand type: N"},
        {"begins_with(id, id)",
         "must be distinct from the remaining operands for this operator or function; operator: begins_with, first operand: [id]"},
        {"n = n", "must be distinct"},
        {"attribute_type(id, :typeX)", "Invalid attribute type name found; type: X"},
        {"n < :t", "operator or function: <, operand type: BOOL"},
        {"n BETWEEN :ten AND :one",
         "upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:1}"},
        {"n BETWEEN :one AND :a", "same data type"},
        {"size(:one) > :two", "operator or function: size, operand type: N"},
        {"n = contains(id, :a)",
         "not allowed to be used this way in an expression; function: contains"},
        {"#l[99999999999] = :a",
         "List index is not within the allowable range; index: [99999999999]"},
        {"#l[-1] = :a", "Syntax error"},
        {"n IN ()", "Syntax error"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_expr_env env = env_new();
        struct ddb_node *node;
        struct err err = {{0}};
        CHECK_CASE(
            !ddb_parse_condition(&env, "ConditionExpression", str_c(cases[i].text), &node, &err),
            cases[i].text);
        if (!strstr(err.text, cases[i].words))
            print_error("%s\n got  %s\n want %s\n", cases[i].text, err.text, cases[i].words);
        CHECK(strstr(err.text, cases[i].words));
    }
}

/* Long and deep expressions end in an error, not in trouble. */
static bool parses(const char *head, const char *part, int times, const char *tail) {
    struct buf text = {0};
    struct ddb_expr_env env = env_new();
    struct ddb_node *node;
    struct err err;
    buf_c(&text, head);
    for (int i = 0; i < times; i++)
        buf_c(&text, part);
    buf_c(&text, tail);
    bool fine = ddb_parse_condition(&env, "FilterExpression", buf_view(&text), &node, &err);
    if (fine)
        (void)ddb_condition_holds(node, item);
    buf_deinit(&text);
    return fine;
}

static void test_limits(void **state) {
    (void)state;
    CHECK(parses("n=:one", " OR n=:two", 149, ""));
    CHECK(!parses("n=:one", " OR n=:two", 151, ""));
    CHECK(!parses("n=:one", " OR n=:two", 900, ""));
    CHECK(parses("", "NOT ", 90, "n=:one"));
    CHECK(!parses("", "NOT ", 900, "n=:one"));
    CHECK(!(parses("", "(", 2000, "n=:one")));
    CHECK(!parses("n IN (:one", ",:two", 100, ")"));
    CHECK(parses("n IN (:one", ",:two", 99, ")"));
    CHECK(!parses("n = :one", " ", 4096, ""));
    CHECK(!parses("attribute_exists(n", ".n", 40, ")"));
}

static void test_updates(void **state) {
    (void)state;
    /* path shows the attribute that is looked at afterwards; want NULL: refused with words. */
    static const struct {
        const char *text, *attribute, *want;
    } cases[] = {
        {"SET n = :one", "n", "{\"N\":\"1\"}"},
        {"set n = n + :one", "n", "{\"N\":\"6\"}"},
        {"SET n = :ten - n", "n", "{\"N\":\"5\"}"},
        {"SET fresh = if_not_exists(fresh, :ab)", "fresh", "{\"S\":\"ab\"}"},
        {"SET id2 = if_not_exists(id, :ab)", "id2", "{\"S\":\"abc\"}"},
        {"SET n = if_not_exists(gone, :ten) + :one", "n", "{\"N\":\"11\"}"},
        {"SET #l = list_append(#l, :l)", "list",
         "{\"L\":[{\"N\":\"10\"},{\"N\":\"20\"},{\"M\":{\"deep\":{\"S\":\"x\"}}},{\"S\":\"new\"}]}"},
        {"SET #l[0] = :a, #l[7] = :b", "list",
         "{\"L\":[{\"S\":\"a\"},{\"N\":\"20\"},{\"M\":{\"deep\":{\"S\":\"x\"}}},{\"S\":\"b\"}]}"},
        {"REMOVE #l[0], #l[1]", "list", "{\"L\":[{\"M\":{\"deep\":{\"S\":\"x\"}}}]}"},
        {"SET #l[2].deep = :a REMOVE #l[0]", "list",
         "{\"L\":[{\"N\":\"20\"},{\"M\":{\"deep\":{\"S\":\"a\"}}}]}"},
        {"SET #n.#x = :two, #n.fresh = :m", "nested",
         "{\"M\":{\"fresh\":{\"M\":{\"k\":{\"S\":\"v\"}}},\"x\":{\"N\":\"2\"},\"y\":{\"M\":{\"z\":{\"S\":\"q\"}}}}}"},
        {"SET n = #d, #d = n", "n", "{\"N\":\"7\"}"},
        {"REMOVE n", "n", ""},
        {"REMOVE gone", "n", "{\"N\":\"5\"}"},
        {"ADD n :two", "n", "{\"N\":\"7\"}"},
        {"ADD hits :two", "hits", "{\"N\":\"2\"}"},
        {"ADD tags :set", "tags", "{\"SS\":[\"a\",\"b\",\"z\"]}"},
        {"DELETE tags :set", "tags", "{\"SS\":[\"b\"]}"},
        {"DELETE gone :set", "gone", ""},
        {"ADD nums :ns DELETE tags :set SET flag = :null REMOVE id", "nums",
         "{\"NS\":[\"1\",\"2\",\"5\"]}"},
        {"SET n = gone", NULL, "refers to an attribute that does not exist in the item"},
        {"SET n = id + :one", NULL, "incorrect data type"},
        {"SET n = :one + :a", NULL, "operator or function: +, operand type: S"},
        {"SET gone.a = :a", NULL, "document path provided in the update expression is invalid"},
        {"SET n.a = :a", NULL, "document path provided in the update expression is invalid"},
        {"ADD id :one", NULL, "incorrect data type"},
        {"ADD tags :a", NULL, "operator: ADD, operand type: STRING"},
        {"DELETE n :one", NULL, "operator: DELETE, operand type: NUMBER"},
        {"SET n = :big + :big", NULL, "Number overflow"},
        {"SET n = :one SET id2 = :a", NULL,
         "The \"SET\" section can only be used once in an update expression;"},
        {"SET #n = :m, #n.#x = :a", NULL,
         "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [nested], path two: [nested, x]"},
        {"SET #n.#x = :a, #n[0] = :a", NULL, "Two document paths conflict"},
        {"SET n = size(id)", NULL,
         "The function is not allowed in an update expression; function: size"},
        {"SET n = list_append(:a, #l)", NULL, "operator or function: list_append, operand type: S"},
        {"SET n = (:one + :two)", "n", "{\"N\":\"3\"}"},
        {"SET n = (n) - (:one)", "n", "{\"N\":\"4\"}"},
        {"SET n = (if_not_exists(gone, (:ten))) + :one", "n", "{\"N\":\"11\"}"},
        {"SET #l = list_append(if_not_exists(gone, :l), (:l))", "list",
         "{\"L\":[{\"S\":\"new\"},{\"S\":\"new\"}]}"},
        {"SET n = if_not_exists(n, :one + :two)", NULL,
         "Syntax error; token: \"+\", near: \":one + :two\""},
        {"SET n = if_not_exists(n + :one, :two)", NULL, "Syntax error; token: \"+\""},
        {"SET n = list_append(:l + :l, :l)", NULL, "Syntax error; token: \"+\""},
        {"SET n = :one + :two + :one", NULL, "Syntax error; token: \"+\""},
        {"SET n = (:one + :two) + :one", NULL, "Syntax error; token: \"+\""},
        {"SET n = :one + (:two + :one)", NULL, "Syntax error; token: \"+\""},
        {"SET n = ((:one))", "n", "{\"N\":\"1\"}"},
        {"SET n = (((:one)))", NULL, "Syntax error; token: \"(\""},
        {"SET n = (:one", NULL, "Syntax error; token: \"<EOF>\""},
        {"SET #l = list_append(list_append(#l, :l), :l)", NULL,
         "The function is not allowed to be used this way in an expression; function: list_append"},
        {"SET #l = list_append(:l, (list_append(#l, :l)))", NULL,
         "The function is not allowed to be used this way in an expression; function: list_append"},
        {"SET n = list_append(:l, :l) + :one", NULL, "operator or function: +, operand type: L"},
        {"SET _n = :one", NULL, "Syntax error; token: \"_\", near: \"SET _n\""},
        {"SET n._x = :one", NULL, "Syntax error; token: \"_\", near: \"._x\""},
        {"REMOVE __typename", NULL, "Syntax error; token: \"_\", near: \"REMOVE __\""},
        {"SET a_b = :one", "a_b", "{\"N\":\"1\"}"},
        {"SET n :one", NULL, "Syntax error; token: \":one\""},
        {"PUT n = :one", NULL, "Syntax error; token: \"PUT\""},
        {"SET n = :one,", NULL, "Syntax error"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_expr_env env = env_new();
        struct ddb_update update;
        const struct ddb_value *after = NULL;
        struct err err = {{0}};
        bool fine = ddb_parse_update(&env, str_c(cases[i].text), &update, &err) &&
                    ddb_update_apply(&arena, &update, item, &after, &err);
        if (!cases[i].attribute) {
            if (fine || !strstr(err.text, cases[i].want))
                print_error("%s\n got  %s\n want %s\n", cases[i].text, err.text, cases[i].want);
            CHECK(!fine && strstr(err.text, cases[i].want));
            continue;
        }
        if (!fine)
            print_error("%s: %s\n", cases[i].text, err.text);
        CHECK(fine);
        const struct ddb_value *v = ddb_map_get(after, str_c(cases[i].attribute));
        struct buf text = {0};
        if (v) {
            CLEANUP_JSON json_t *json = ddb_value_to_json(v);
            json_write(&text, json);
        }
        CHECK_STR(buf_view(&text), str_c(cases[i].want));
        buf_deinit(&text);
    }
}

static void test_projections(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"id, n", "{\"id\":{\"S\":\"abc\"},\"n\":{\"N\":\"5\"}}"},
        {"gone", "{}"},
        {"#n.#y.z, #n.#x",
         "{\"nested\":{\"M\":{\"x\":{\"N\":\"1\"},\"y\":{\"M\":{\"z\":{\"S\":\"q\"}}}}}}"},
        {"#n.nope", "{}"},
        {"#l[2].deep, #l[0]",
         "{\"list\":{\"L\":[{\"N\":\"10\"},{\"M\":{\"deep\":{\"S\":\"x\"}}}]}}"},
        {"#l[9], n", "{\"n\":{\"N\":\"5\"}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_expr_env env = env_new();
        struct ddb_projection projection;
        struct err err;
        struct buf text = {0};
        CHECK_CASE(ddb_parse_projection(&env, str_c(cases[i].text), &projection, &err),
                   cases[i].text);
        CLEANUP_JSON json_t *json = ddb_item_to_json(ddb_project(&arena, &projection, item));
        json_write(&text, json);
        CHECK_STR(buf_view(&text), str_c(cases[i].want));
        buf_deinit(&text);
    }
}

static void test_unused_and_odd_placeholders(void **state) {
    (void)state;
    struct ddb_expr_env env = env_new();
    struct ddb_node *node;
    struct err err;
    CHECK(ddb_parse_condition(&env, "ConditionExpression", S("#s = :a"), &node, &err));
    CHECK(!ddb_expr_env_done(&env, &err));
    CHECK(
        strstr(err.text,
               "Value provided in ExpressionAttributeNames unused in expressions: keys: {#d, #n"));
    CHECK(!ddb_expr_env_init(&env, &arena, &(struct ddb_expr_given){names, NULL, .any = false},
                             &err));
    CHECK_HAS(err.text, "ExpressionAttributeNames can only be specified when using expressions");
    CLEANUP_JSON json_t *bad = parse_quoted("{'s':'status'}");
    CHECK(!ddb_expr_env_init(&env, &arena, &(struct ddb_expr_given){bad, NULL, .any = true}, &err));
    CHECK(strstr(err.text,
                 "ExpressionAttributeNames contains invalid key: Syntax error; key: \"s\""));
    CLEANUP_JSON json_t *empty = json_object();
    CHECK(
        !ddb_expr_env_init(&env, &arena, &(struct ddb_expr_given){empty, NULL, .any = true}, &err));
    CLEANUP_JSON json_t *wrong = parse_quoted("{':v':{'N':'x'}}");
    CHECK(
        !ddb_expr_env_init(&env, &arena, &(struct ddb_expr_given){NULL, wrong, .any = true}, &err));
    CHECK(strstr(
        err.text,
        "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v"));
}

static void test_reserved(void **state) {
    (void)state;
    static const char *const yes[] = {"ABORT", "status", "Name", "ZONE", "timestamp", "size"};
    static const char *const no[] = {"id", "imageid", "", "ABORTED", "uploadtimestamp"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        CHECK_CASE(ddb_is_reserved(str_c(yes[i])), yes[i]);
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        CHECK_CASE(!ddb_is_reserved(str_c(no[i])), no[i]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_conditions),  T(test_condition_refusals),          T(test_limits),   T(test_updates),
        T(test_projections), T(test_unused_and_odd_placeholders), T(test_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
