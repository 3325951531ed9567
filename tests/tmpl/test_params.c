/* tmpl/params: parameters resolved and constrained. */
#include "cm.h"

#include "tmpl/params.h"

static const char text[] =
    "Resources: {A: {Type: T}}\n"
    "Parameters:\n"
    "  Name: {Type: String, AllowedPattern: '[a-z][a-z0-9-]*', MaxLength: 8, Default: dev}\n"
    "  Size: {Type: Number, MinValue: 1, MaxValue: 10, Default: 5}\n"
    "  Kind: {Type: String, AllowedValues: [a, 'b', 3, true], Default: a}\n"
    "  List: {Type: CommaDelimitedList, Default: 'x, y'}\n"
    "  Said: {Type: String, Default: '', MaxLength: 2, ConstraintDescription: be short}\n"
    "  Need: {Type: String}\n";

static void resolves(void **state) {
    (void)state;
    CLEANUP(tmpl) struct tmpl *t = NULL;
    const struct tmpl_model *m;
    CHECK_INT(tmpl_new(&t, str_c(text), NULL), 0);
    CHECK_INT(tmpl_model_new(t, &m, NULL), 0);
    static const struct {
        const char *given, *want;
    } cases[] = {
        {"{\"Need\":\"\"}",
         "{\"Name\":\"dev\",\"Size\":\"5\",\"Kind\":\"a\",\"List\":[\"x\",\"y\"],\"Said\":\"\",\"Need\":\"\"}"},
        {"{\"Need\":\"n\",\"Kind\":\"true\",\"List\":\"\",\"Name\":\"a-1\"}",
         "{\"Name\":\"a-1\",\"Size\":\"5\",\"Kind\":\"true\",\"List\":[\"\"],\"Said\":\"\",\"Need\":\"n\"}"},
        {"{}", "Parameters: [Need] must have values"},
        {"{\"Need\":\"\",\"Other\":\"\",\"More\":\"\"}",
         "Parameters: [Other, More] do not exist in the template"},
        {"{\"Need\":\"\",\"Name\":\"Dev\"}", "Parameter 'Name' must match pattern [a-z][a-z0-9-]*"},
        {"{\"Need\":\"\",\"Name\":\"dev\\n\"}",
         "Parameter 'Name' must match pattern [a-z][a-z0-9-]*"},
        {"{\"Need\":\"\",\"Name\":\"dev-dev-dev\"}",
         "Parameter 'Name' must contain at most 8 characters"},
        {"{\"Need\":\"\",\"Size\":\"11\"}",
         "Parameter 'Size' must be a number not greater than 10"},
        {"{\"Need\":\"\",\"Size\":\"0.5\"}", "Parameter 'Size' must be a number not less than 1"},
        {"{\"Need\":\"\",\"Size\":\"nan\"}", "Parameter 'Size' must be a number."},
        {"{\"Need\":\"\",\"Kind\":\"c\"}",
         "Parameter 'Kind' must be one of AllowedValues: [a, b, 3, true]"},
        {"{\"Need\":\"\",\"Said\":\"long\"}",
         "Parameter 'Said' failed to satisfy constraint: be short"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *given = json_parse(str_c(cases[i].given), NULL);
        CLEANUP_JSON json_t *values = NULL;
        struct tmpl_fault fault;
        CLEANUP_DEINIT(buf) struct buf got = {0};
        if (tmpl_params_resolve(m, given, &values, &fault))
            buf_c(&got, fault.why.text);
        else
            json_write(&got, values);
        CHECK_BUF(got, cases[i].want);
    }
}

static void patterns(void **state) {
    (void)state;
    CHECK_INT(tmpl_matches(S("\\d{3}"), S("123")), 1);
    CHECK_INT(tmpl_matches(S("a|ab"), S("ab")), 1);
    CHECK_INT(tmpl_matches(S("^$|^[^@]+@[^@]+$"), S("")), 1);
    CHECK_INT(tmpl_matches(S("[a"), S("a")), -1);
    /* A pattern made to be slow is stopped, not endured. */
    CHECK_INT(tmpl_matches(S("(a+)+b"), S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaacb")), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(resolves), cmocka_unit_test(patterns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
