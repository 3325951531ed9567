/* sns/filter: what a filter policy lets through, and policies that are refused. */
#include "svc/sns/filter.h"

#include "cm.h"

static void test_match(void **state) {
    (void)state;
#define TEXT(v)   "{\"a\":{\"DataType\":\"String\",\"StringValue\":\"" v "\"}}"
#define NUMBER(v) "{\"a\":{\"DataType\":\"Number\",\"StringValue\":\"" v "\"}}"
#define ARRAY(v)  "{\"a\":{\"DataType\":\"String.Array\",\"StringValue\":\"" v "\"}}"
    static const struct {
        const char *policy, *attributes;
        bool want;
    } cases[] = {
        {"{}", "{}", true},
        {"{\"a\":[\"x\",\"y\"]}", TEXT("y"), true},
        {"{\"a\":[\"x\"]}", TEXT("X"), false},
        {"{\"a\":[\"x\"]}", "{}", false},
        {"{\"a\":[\"x\"],\"b\":[\"y\"]}", TEXT("x"), false}, /* every key must hold */
        {"{\"a\":[{\"prefix\":\"ca\"}]}", TEXT("cat"), true},
        {"{\"a\":[{\"suffix\":\".png\"}]}", TEXT("a.png"), true},
        {"{\"a\":[{\"suffix\":\".png\"}]}", TEXT("a.jpg"), false},
        {"{\"a\":[{\"equals-ignore-case\":\"CAT\"}]}", TEXT("cat"), true},
        {"{\"a\":[{\"wildcard\":\"c*t\"}]}", TEXT("carrot"), true},
        {"{\"a\":[{\"anything-but\":[\"x\",\"y\"]}]}", TEXT("z"), true},
        {"{\"a\":[{\"anything-but\":[\"x\",\"y\"]}]}", TEXT("y"), false},
        {"{\"a\":[{\"anything-but\":\"x\"}]}", "{}", false}, /* absent matches nothing */
        {"{\"a\":[{\"anything-but\":{\"prefix\":\"x\"}}]}", TEXT("xy"), false},
        {"{\"a\":[{\"anything-but\":{\"prefix\":\"x\"}}]}", TEXT("yx"), true},
        {"{\"a\":[{\"exists\":true}]}", TEXT("x"), true},
        {"{\"a\":[{\"exists\":true}]}", "{}", false},
        {"{\"a\":[{\"exists\":false}]}", "{}", true},
        {"{\"a\":[{\"exists\":false}]}", TEXT("x"), false},
        {"{\"a\":[\"x\",{\"exists\":false}]}", "{}", true},
        {"{\"a\":[3]}", NUMBER("3.0"), true},
        {"{\"a\":[3]}", TEXT("3"), false},
        {"{\"a\":[\"3\"]}", NUMBER("3"), false},
        {"{\"a\":[{\"numeric\":[\"=\",3.01]}]}", NUMBER("3.010000"), true},
        {"{\"a\":[{\"numeric\":[\">\",0,\"<=\",5]}]}", NUMBER("5"), true},
        {"{\"a\":[{\"numeric\":[\">\",0,\"<=\",5]}]}", NUMBER("0"), false},
        {"{\"a\":[{\"numeric\":[\"<\",5]}]}", NUMBER("abc"), false},
        {"{\"a\":[\"y\"]}", ARRAY("[\\\"x\\\",\\\"y\\\"]"), true},
        {"{\"a\":[true]}", ARRAY("[true]"), true},
        {"{\"a\":[null]}", ARRAY("[null]"), true},
        {"{\"a\":[\"z\"]}", ARRAY("[\\\"x\\\",\\\"y\\\"]"), false},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", TEXT("10.0.0.255"), true},
        {"{\"a\":[{\"cidr\":\"10.0.0.0/24\"}]}", TEXT("10.0.1.0"), false},
        {"{\"$or\":[{\"a\":[\"x\"]},{\"b\":[{\"exists\":true}]}]}", TEXT("x"), true},
        {"{\"$or\":[{\"a\":[\"y\"]},{\"b\":[{\"exists\":true}]}]}", TEXT("x"), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        CLEANUP_JSON json_t *policy = json_parse(str_c(cases[i].policy), &err),
                            *attributes = json_parse(str_c(cases[i].attributes), &err);
        CHECK_CASE(policy && attributes && sns_filter_check(policy, &err) == 0, cases[i].policy);
        CHECK_CASE(sns_filter_match(policy, attributes) == cases[i].want, cases[i].policy);
    }
}

static void test_refused(void **state) {
    (void)state;
    static const char *const cases[] = {
        "[]",
        "{\"a\":\"x\"}",
        "{\"a\":[]}",
        "{\"a\":[[\"x\"]]}",
        "{\"a\":[{}]}",
        "{\"a\":[{\"prefix\":1}]}",
        "{\"a\":[{\"nonsense\":\"x\"}]}",
        "{\"a\":[{\"numeric\":[\"=\"]}]}",
        "{\"a\":[{\"numeric\":[\"~\",1]}]}",
        "{\"a\":[{\"numeric\":[\"=\",\"1\"]}]}",
        "{\"a\":[{\"exists\":\"yes\"}]}",
        "{\"a\":[{\"anything-but\":{\"exists\":true}}]}",
        "{\"$or\":[{\"a\":[\"x\"]}]}",
        "{\"$or\":[{\"$or\":[{\"a\":[1]},{\"b\":[1]}]},{\"a\":[1]}]}",
        "{\"a\":[1],\"b\":[1],\"c\":[1],\"d\":[1],\"e\":[1],\"f\":[1]}",
        "{\"a\":{\"b\":[\"x\"]}}"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        CLEANUP_JSON json_t *policy = json_parse(str_c(cases[i]), NULL);
        CHECK_CASE(sns_filter_check(policy, &err) == SNS_FILTER_E_INVALID && err.text[0], cases[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_match),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
