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

/* Each bound of each kind of parameter: what just fits, and what just does not. */
static void bounds(void **state) {
    (void)state;
    static const struct {
        const char *param, *given,
            *want; /* want: the value, or the refusal behind "Parameter 'P' " */
    } cases[] = {
        {"Type: String, MinLength: 2", "ab", "\"ab\""},
        {"Type: String, MinLength: 2", "a", "must contain at least 2 characters"},
        {"Type: String, MinLength: 2", "\xC3\xA4", "must contain at least 2 characters"},
        {"Type: String, MaxLength: 2", "\xC3\xA4\xC3\xB6", "\"\xC3\xA4\xC3\xB6\""},
        {"Type: String, MaxLength: '2'", "abc", "must contain at most 2 characters"},
        {"Type: Number, MinValue: 1.5", "1.5", "\"1.5\""},
        {"Type: Number, MinValue: 1.5", "1.4", "must be a number not less than 1.5"},
        {"Type: Number, MaxValue: -1", "-1", "\"-1\""},
        {"Type: Number, MaxValue: -1", "0", "must be a number not greater than -1"},
        {"Type: Number", " 7 ", "\"7\""},
        {"Type: Number", "7x", "must be a number."},
        {"Type: Number", "", "must be a number."},
        {"Type: Number", "0x10", "must be a number."},
        {"Type: Number", "inf", "must be a number."},
        {"Type: Number", "1e3", "\"1e3\""},
        {"Type: Number, AllowedValues: [1, 2]", "2.0", "\"2.0\""},
        {"Type: Number, AllowedValues: [1, 2]", "3", "must be one of AllowedValues: [1, 2]"},
        {"Type: String, AllowedValues: [1, 2]", "2.0", "must be one of AllowedValues: [1, 2]"},
        {"Type: List<Number>, MaxValue: 5", "1, 5", "[\"1\",\"5\"]"},
        {"Type: List<Number>, MaxValue: 5", "1,6", "must be a number not greater than 5"},
        {"Type: List<Number>, AllowedValues: [1, 2]", "1,2.0", "[\"1\",\"2.0\"]"},
        {"Type: CommaDelimitedList, AllowedValues: [a, b]", "b, a", "[\"b\",\"a\"]"},
        {"Type: CommaDelimitedList, AllowedValues: [a, b]", "b,c",
         "must be one of AllowedValues: [a, b]"},
        {"Type: CommaDelimitedList", ",", "[\"\",\"\"]"},
        {"Type: CommaDelimitedList, AllowedPattern: '[a-z]+'", "a,B", "must match pattern [a-z]+"},
        {"Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: small", "B",
         "failed to satisfy constraint: small"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf whole = {0}, got = {0}, want = {0};
        buf_printf(&whole, "Resources: {A: {Type: T}}\nParameters: {P: {%s}}\n", cases[i].param);
        CLEANUP(tmpl) struct tmpl *t = NULL;
        const struct tmpl_model *m;
        struct tmpl_fault fault = {{0}, {{0}}};
        CHECK_CASE(tmpl_new(&t, buf_view(&whole), &fault) == 0, cases[i].param);
        CHECK_CASE(tmpl_model_new(t, &m, &fault) == 0, fault.why.text);
        CLEANUP_JSON json_t *given = json_pack("{s:s}", "P", cases[i].given);
        CLEANUP_JSON json_t *values = NULL;
        if (tmpl_params_resolve(m, given, &values, &fault)) {
            buf_c(&got, fault.why.text);
            buf_printf(&want, "Parameter 'P' %s", cases[i].want);
        } else {
            json_write(&got, json_object_get(values, "P"));
            buf_c(&want, cases[i].want);
        }
        CHECK_BUF(got, buf_cstr(&want));
    }
}

/* A limit that is no number, or a pattern that is none, is the template's fault. */
static void faults_of_the_template(void **state) {
    (void)state;
    static const struct {
        const char *param, *want;
    } cases[] = {
        {"Type: String, MinLength: few",
         "Template format error: MinLength of parameter P must be a number (line 2, column 43)"},
        {"Type: Number, MaxValue: 1x",
         "Template format error: MaxValue of parameter P must be a number (line 2, column 42)"},
        {"Type: String, AllowedPattern: '[a'",
         "Template format error: AllowedPattern of parameter P is not a valid regular expression "
         "(line 2, column 48)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf whole = {0};
        buf_printf(&whole, "Resources: {A: {Type: T}}\nParameters: {P: {%s}}\n", cases[i].param);
        CLEANUP(tmpl) struct tmpl *t = NULL;
        const struct tmpl_model *m;
        struct tmpl_fault fault = {{0}, {{0}}};
        CLEANUP_JSON json_t *given = json_pack("{s:s}", "P", "1");
        CLEANUP_JSON json_t *values = NULL;
        CHECK_CASE(tmpl_new(&t, buf_view(&whole), &fault) == 0, cases[i].param);
        int r = tmpl_model_new(t, &m, &fault);
        r = r ? r : tmpl_params_resolve(m, given, &values, &fault);
        CHECK_INT(r, TMPL_E_TEMPLATE);
        CHECK_TEXT(fault.why.text, cases[i].want);
    }
}

/* 4,096 bytes of a value, not one more. */
static void longest_value(void **state) {
    (void)state;
    CLEANUP(tmpl) struct tmpl *t = NULL;
    const struct tmpl_model *m;
    CHECK_INT(tmpl_new(&t, S("Resources: {A: {Type: T}}\nParameters: {P: {Type: String}}\n"), NULL),
              0);
    CHECK_INT(tmpl_model_new(t, &m, NULL), 0);
    char value[4098];
    memset(value, 'v', sizeof value);
    for (size_t n = 4096; n <= 4097; n++) {
        value[n] = '\0';
        CLEANUP_JSON json_t *given = json_pack("{s:s}", "P", value);
        CLEANUP_JSON json_t *values = NULL;
        struct tmpl_fault fault;
        CHECK_INT(tmpl_params_resolve(m, given, &values, &fault), n == 4096 ? 0 : TMPL_E_TEMPLATE);
        if (n > 4096)
            CHECK_TEXT(fault.why.text, "Parameter 'P' must contain at most 4096 characters");
        value[n] = 'v';
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(resolves), cmocka_unit_test(bounds),
                                       cmocka_unit_test(faults_of_the_template),
                                       cmocka_unit_test(longest_value), cmocka_unit_test(patterns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
