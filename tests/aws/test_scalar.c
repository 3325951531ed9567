/*
 * Scalars and CBOR on shapes made for it: what each type takes and refuses, the vectors of RFC
 * 8949, appendix A, and the bytes of answers.
 */
#include "aws/codec_priv.h"
#include "cm.h"

static const struct api_shape
    string_shape = {.name = S_INIT("Text"), .type = API_STRING},
    blob = {.name = S_INIT("Blob"), .type = API_BLOB},
    boolean = {.name = S_INIT("Flag"), .type = API_BOOLEAN},
    integer = {.name = S_INIT("Int"), .type = API_INTEGER},
    number = {.name = S_INIT("Long"), .type = API_INTEGER, .flags = API_LONG},
    real = {.name = S_INIT("Real"), .type = API_DOUBLE},
    instant = {.name = S_INIT("Time"), .type = API_TIMESTAMP},
    list = {.name = S_INIT("List"), .type = API_LIST, .element = &integer},
    map = {.name = S_INIT("Map"), .type = API_MAP, .element = &string_shape, .key = &string_shape};

/* ---- Text in headers, query strings, forms and XML ---- */

static void test_text_in(void **state) {
    (void)state;
    static const struct {
        const struct api_shape *shape;
        const char *text, *want; /* JSON; or the refusal */
    } cases[] = {
        {&string_shape, "a b", "\"a b\""},
        {&string_shape, "", "\"\""},
        {&string_shape, "\xFF", "text is not valid UTF-8"},
        {&boolean, "true", "true"},
        {&boolean, "FALSE", "false"},
        {&boolean, "1", "'1' is not a boolean"},
        {&boolean, "", "'' is not a boolean"},
        {&integer, "-7", "-7"},
        {&integer, "2147483647", "2147483647"},
        {&integer, "-2147483648", "-2147483648"},
        {&integer, "2147483648", "'2147483648' is not an integer"},
        {&integer, "-2147483649", "'-2147483649' is not an integer"},
        {&integer, "1.0", "'1.0' is not an integer"},
        {&integer, "", "'' is not an integer"},
        {&number, "2147483648", "2147483648"},
        {&number, "9223372036854775807", "9223372036854775807"},
        {&number, "9223372036854775808", "'9223372036854775808' is not an integer"},
        {&real, "1.5e3", "1500"},
        {&real, "-0.25", "-0.25"},
        {&real, "", "a number is wrong"},
        {&real, " 1", "' 1' is not a number"},
        {&real, "1x", "'1x' is not a number"},
        {&real, "nan", "'nan' is not a number"},
        {&real, "1e999", "'1e999' is not a number"},
        {&real, "100000000000000000000000000000000000000000000000000000000000000",
         "1e+62"}, /* 63 digits, the most */
        {&real, "1000000000000000000000000000000000000000000000000000000000000000",
         "a number is wrong"},
        {&instant, "2026-11-22T04:56:59Z", "1795323419"},
        {&instant, "2026-11-22T04:56:59.250Z", "1795323419.25"},
        {&instant, "Sun, 22 Nov 2026 04:56:59 GMT", "1795323419"},
        {&instant, "1795323419", "1795323419"},
        {&instant, "1795323419.5", "1795323419.5"},
        {&instant, "-1", "-1"},
        {&instant, "99999999999999999999", "timestamp must follow ISO8601"},
        {&instant, "yesterday", "timestamp must follow ISO8601"},
        {&list, "1", "text stands where a structure was expected"},
        {&map, "1", "text stands where a structure was expected"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {{0}};
        CLEANUP_DEINIT(buf) struct buf got = {0};
        CLEANUP_JSON json_t *v = wire_scalar_in(cases[i].shape, str_c(cases[i].text),
                                                API_TIME_DEFAULT, API_TIME_ISO8601, &err);
        if (v)
            json_write(&got, v);
        else
            buf_c(&got, err.text);
        CHECK_BUF(got, cases[i].want);
    }
}

static void test_text_out(void **state) {
    (void)state;
    static const struct {
        const struct api_shape *shape;
        const char *json;
        enum api_time time, fallback;
        const char *want;
    } cases[] = {
        {&string_shape, "\"x<\"", 0, 0, "x<"},
        {&boolean, "true", 0, 0, "true"},
        {&boolean, "false", 0, 0, "false"},
        {&integer, "-7", 0, 0, "-7"},
        {&real, "1.5", 0, 0, "1.5"},
        {&instant, "1795323419", API_TIME_DEFAULT, API_TIME_ISO8601, "2026-11-22T04:56:59.000Z"},
        {&instant, "1795323419.5", API_TIME_DEFAULT, API_TIME_RFC822,
         "Sun, 22 Nov 2026 04:56:59 GMT"},
        {&instant, "1795323419.25", API_TIME_ISO8601, API_TIME_RFC822, "2026-11-22T04:56:59.250Z"},
        {&instant, "1795323419.5", API_TIME_UNIX, API_TIME_RFC822, "1795323419.5"},
        {&instant, "1795323419", API_TIME_RFC822, API_TIME_UNIX, "Sun, 22 Nov 2026 04:56:59 GMT"},
        {&instant, "-0.5", API_TIME_ISO8601, 0, "1969-12-31T23:59:59.500Z"},
        /* beyond any calendar: the epoch */
        {&instant, "9223372036854776", API_TIME_ISO8601, 0, "1970-01-01T00:00:00.000Z"},
        {&instant, "-9223372036854777", API_TIME_ISO8601, 0, "1970-01-01T00:00:00.000Z"},
        {&instant, "1e300", API_TIME_ISO8601, 0, "1970-01-01T00:00:00.000Z"},
        {&instant, "\"soon\"", API_TIME_UNIX, API_TIME_UNIX, "soon"},
        {&string_shape, "{}", 0, 0, ""},
        {&string_shape, "null", 0, 0, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *v = json_parse(str_c(cases[i].json), NULL);
        CLEANUP_DEINIT(buf) struct buf got = {0};
        wire_scalar_out(cases[i].shape, v, cases[i].time, cases[i].fallback, &got);
        CHECK_BUF(got, cases[i].want);
    }
}

static void test_times(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *want;
    } cases[] = {{0, "[0]"},
                 {1000, "[1]"},
                 {1500, "[1.5]"},
                 {1795323419001, "[1795323419.001]"},
                 {-500, "[-0.5]"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *v = json_pack("[o]", wire_time_value(cases[i].ms));
        CLEANUP_DEINIT(buf) struct buf got = {0};
        json_write(&got, v);
        CHECK_BUF(got, cases[i].want);
    }
}

/* ---- CBOR ---- */

static const struct api_member members[] = {
    {.name = S_INIT("i"), .wire = S_INIT("i"), .shape = &integer},
    {.name = S_INIT("l"), .wire = S_INIT("l"), .shape = &number},
    {.name = S_INIT("d"), .wire = S_INIT("d"), .shape = &real},
    {.name = S_INIT("t"), .wire = S_INIT("t"), .shape = &instant},
    {.name = S_INIT("s"), .wire = S_INIT("s"), .shape = &string_shape},
    {.name = S_INIT("b"), .wire = S_INIT("b"), .shape = &blob},
    {.name = S_INIT("o"), .wire = S_INIT("o"), .shape = &boolean},
    {.name = S_INIT("a"), .wire = S_INIT("a"), .shape = &list},
    {.name = S_INIT("m"), .wire = S_INIT("m"), .shape = &map},
};
static const struct api_shape document = {.name = S_INIT("Document"),
                                          .type = API_STRUCTURE,
                                          .payload = -1,
                                          .n = ARRAY_LEN(members),
                                          .members = members};

/* A map of one member, and the value it gives; NULL: refused. */
static void test_cbor_in(void **state) {
    (void)state;
    static const struct {
        char member;
        str value;
        const char *want;
    } cases[] = {
        {'i', S_INIT("\x00"), "0"},
        {'i', S_INIT("\x17"), "23"},
        {'i', S_INIT("\x18\x18"), "24"},
        {'i', S_INIT("\x19\x03\xe8"), "1000"},
        {'i', S_INIT("\x1a\x00\x0f\x42\x40"), "1000000"},
        {'i', S_INIT("\x1a\x7f\xff\xff\xff"), "2147483647"},
        {'i', S_INIT("\x1a\x80\x00\x00\x00"), NULL},
        {'i', S_INIT("\x20"), "-1"},
        {'i', S_INIT("\x38\x63"), "-100"},
        {'i', S_INIT("\x3a\x7f\xff\xff\xff"), "-2147483648"},
        {'i', S_INIT("\x3a\x80\x00\x00\x00"), NULL},
        {'i', S_INIT("\xf9\x3c\x00"), "1"}, /* a whole float will do */
        {'i', S_INIT("\xf9\x3e\x00"), NULL},
        {'i', S_INIT("\x61x"), NULL},
        {'i', S_INIT("\xf4"), NULL},
        {'l', S_INIT("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00"), "1000000000000"},
        {'l', S_INIT("\x1b\x7f\xff\xff\xff\xff\xff\xff\xff"), "9223372036854775807"},
        {'l', S_INIT("\x1b\x80\x00\x00\x00\x00\x00\x00\x00"), NULL},
        {'l', S_INIT("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"), "-9223372036854775808"},
        {'l', S_INIT("\x3b\x80\x00\x00\x00\x00\x00\x00\x00"), NULL},
        {'d', S_INIT("\xf9\x00\x00"), "0"},
        {'d', S_INIT("\xf9\x3c\x00"), "1"},
        {'d', S_INIT("\xf9\x3e\x00"), "1.5"},
        {'d', S_INIT("\xf9\x7b\xff"), "65504"},
        {'d', S_INIT("\xf9\x00\x01"), "5.9604644775390625e-08"},
        {'d', S_INIT("\xf9\x04\x00"), "6.103515625e-05"},
        {'d', S_INIT("\xf9\xc4\x00"), "-4"},
        {'d', S_INIT("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"), "1.1"},
        {'d', S_INIT("\xfa\x47\xc3\x50\x00"), "100000"},
        {'d', S_INIT("\xfb\xc0\x10\x66\x66\x66\x66\x66\x66"), "-4.1"},
        {'d', S_INIT("\x0a"), "10"},
        {'d', S_INIT("\xf9\x7c\x00"), NULL}, /* infinity */
        {'d', S_INIT("\xfa\xff\x80\x00\x00"), NULL},
        {'d', S_INIT("\xf8\x20"), NULL},
        {'t', S_INIT("\xc1\x1a\x51\x4b\x67\xb0"), "1363896240"},
        {'t', S_INIT("\xc1\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00"), "1363896240.5"},
        {'t', S_INIT("\xfb\x7e\x37\xe4\x3c\x88\x00\x75\x9c"), NULL}, /* 1e300 */
        {'s', S_INIT("\x60"), "\"\""},
        {'s', S_INIT("\x64IETF"), "\"IETF\""},
        {'s', S_INIT("\x62\xc3\xbc"), "\"\xc3\xbc\""},
        {'s', S_INIT("\x7f\x65strea\x64ming\xff"), "\"streaming\""},
        {'s', S_INIT("\x7f\xff"), "\"\""},
        {'s', S_INIT("\x7f\x41x\xff"), NULL},         /* bytes within text */
        {'s', S_INIT("\x7f\x7f\x61x\xff\xff"), NULL}, /* pieces in pieces */
        {'s', S_INIT("\x7f\x61x"), NULL},
        {'s', S_INIT("\x44\x01\x02\x03\x04"), NULL},
        {'s', S_INIT("\xf6"), ""}, /* null: as if it were not there */
        {'s', S_INIT("\xf7"), ""},
        {'b', S_INIT("\x44\x01\x02\x03\x04"), "\"AQIDBA==\""},
        {'b', S_INIT("\x5f\x42\x01\x02\x43\x03\x04\x05\xff"), "\"AQIDBAU=\""},
        {'b', S_INIT("\x61x"), NULL},
        {'o', S_INIT("\xf4"), "false"},
        {'o', S_INIT("\xf5"), "true"},
        {'o', S_INIT("\x01"), NULL},
        {'a', S_INIT("\x80"), "[]"},
        {'a', S_INIT("\x83\x01\x02\x03"), "[1,2,3]"},
        {'a', S_INIT("\x9f\x01\x02\xff"), "[1,2]"},
        {'a', S_INIT("\x82\x01\xf6"), "[1,null]"},
        {'a', S_INIT("\x83\x01\x02"), NULL},
        {'a', S_INIT("\x81\x61x"), NULL},
        {'a', S_INIT("\xa0"), NULL},
        {'m', S_INIT("\xa0"), "{}"},
        {'m', S_INIT("\xa2\x61x\x61y\x61z\x60"), "{\"x\":\"y\",\"z\":\"\"}"},
        {'m', S_INIT("\xbf\x61x\x61y\xff"), "{\"x\":\"y\"}"},
        {'m', S_INIT("\xa1\x61x\xf6"), "{}"},
        {'m', S_INIT("\xa1\x62x\x00\x61y"), NULL}, /* a NUL in a key */
        {'m', S_INIT("\xa1\x61\xff\x61y"), NULL},
        {'m', S_INIT("\xa2\x61x\x61y"), NULL},
        {'m', S_INIT("\x80"), NULL},
        /* What the model does not have is skipped, whatever it is. */
        {'?', S_INIT("\x83\x01\x82\x02\x03\x9f\x04\x05\xff"), ""},
        {'?', S_INIT("\xa1\x61x\x5f\x41x\xff"), ""},
        {'?', S_INIT("\xc1\xf9\x7c\x00"), ""},
        {'?', S_INIT("\xbf\x01\x02\xff"), ""},
        {'?', S_INIT("\x82\x01"), NULL},
        {'?', S_INIT("\xbf\x01"), NULL},
        {'?', S_INIT("\xfc"), NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf body = {0}, got = {0}, want = {0};
        CLEANUP_JSON json_t *doc = NULL;
        struct err err = {{0}};
        buf_u8(&body, 0xa1);
        buf_u8(&body, 0x61);
        buf_char(&body, cases[i].member);
        buf_str(&body, cases[i].value);
        int r = wire_cbor_in(&document, buf_view(&body), &doc, &err);
        if (r == 0)
            json_write(&got, doc);
        if (cases[i].want && cases[i].want[0])
            buf_printf(&want, "{\"%c\":%s}", cases[i].member, cases[i].want);
        else if (cases[i].want)
            buf_c(&want, "{}");
        if (!str_eq(buf_view(&got), buf_view(&want)))
            print_error("case %zu, member %c: %s\n", i, cases[i].member, err.text);
        CHECK_BUF(got, buf_cstr(&want));
        CHECK_INT(r, cases[i].want ? 0 : AWS_E_MALFORMED);
    }
}

static void test_cbor_out(void **state) {
    (void)state;
    static const struct {
        const char *json;
        str want;
    } cases[] = {
        {"{}", S_INIT("\xa0")},
        {"{\"i\":23,\"s\":\"IETF\"}", S_INIT("\xa2\x61i\x17\x61s\x64IETF")},
        {"{\"s\":\"x\",\"i\":24}", S_INIT("\xa2\x61i\x18\x18\x61s\x61x")}, /* the model's order */
        {"{\"i\":0}", S_INIT("\xa1\x61i\x00")},
        {"{\"i\":1}", S_INIT("\xa1\x61i\x01")},
        {"{\"i\":255}", S_INIT("\xa1\x61i\x18\xff")},
        {"{\"i\":256}", S_INIT("\xa1\x61i\x19\x01\x00")},
        {"{\"i\":65535}", S_INIT("\xa1\x61i\x19\xff\xff")},
        {"{\"i\":65536}", S_INIT("\xa1\x61i\x1a\x00\x01\x00\x00")},
        {"{\"i\":-1}", S_INIT("\xa1\x61i\x20")},
        {"{\"i\":-100}", S_INIT("\xa1\x61i\x38\x63")},
        {"{\"l\":4294967295}", S_INIT("\xa1\x61l\x1a\xff\xff\xff\xff")},
        {"{\"l\":4294967296}", S_INIT("\xa1\x61l\x1b\x00\x00\x00\x01\x00\x00\x00\x00")},
        {"{\"d\":1.1}", S_INIT("\xa1\x61"
                               "d\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a")},
        {"{\"d\":2}", S_INIT("\xa1\x61"
                             "d\xfb\x40\x00\x00\x00\x00\x00\x00\x00")},
        {"{\"t\":1363896240.5}", S_INIT("\xa1\x61t\xc1\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00")},
        {"{\"b\":\"AQIDBA==\"}", S_INIT("\xa1\x61"
                                        "b\x44\x01\x02\x03\x04")},
        {"{\"b\":\"*\"}", S_INIT("\xa1\x61"
                                 "b\x40")},
        {"{\"o\":true}", S_INIT("\xa1\x61o\xf5")},
        {"{\"o\":false}", S_INIT("\xa1\x61o\xf4")},
        {"{\"a\":[1,2,3]}", S_INIT("\xa1\x61"
                                   "a\x83\x01\x02\x03")},
        {"{\"m\":{\"x\":\"y\"}}", S_INIT("\xa1\x61m\xa1\x61x\x61y")},
        {"{\"s\":null,\"unknown\":1}", S_INIT("\xa0")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *doc = json_parse(str_c(cases[i].json), NULL);
        CLEANUP_DEINIT(buf) struct buf got = {0};
        wire_cbor_out(&document, doc, &got);
        if (!str_eq(buf_view(&got), cases[i].want))
            print_error("%s\n", cases[i].json);
        CHECK_STR(buf_view(&got), cases[i].want);
    }
    CLEANUP_DEINIT(buf) struct buf none = {0}, error = {0};
    wire_cbor_out(NULL, NULL, &none);
    CHECK_STR(buf_view(&none), S("\xa0"));
    wire_cbor_error(S("E"), S("no"), &error);
    CHECK_STR(buf_view(&error), S("\xa2\x66__type\x61"
                                  "E\x67message\x62no"));
}

/* ---- JSON types ---- */

static void test_fits(void **state) {
    (void)state;
    static const struct {
        const struct api_shape *shape;
        const char *json;
        bool fits;
    } cases[] = {
        {&integer, "2147483647", true},
        {&integer, "2147483648", false},
        {&integer, "-2147483648", true},
        {&integer, "-2147483649", false},
        {&number, "2147483648", true},
        {&integer, "1.5", false},
        {&integer, "\"1\"", false},
        {&real, "1.5", true},
        {&real, "1", true},
        {&real, "true", false},
        {&boolean, "true", true},
        {&boolean, "1", false},
        {&string_shape, "\"x\"", true},
        {&string_shape, "1", false},
        {&instant, "1.5", true},
        {&instant, "[]", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *v = json_parse(str_c(cases[i].json), NULL);
        CHECK_CASE(wire_scalar_fits(cases[i].shape, v) == cases[i].fits, cases[i].json);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_in),  cmocka_unit_test(test_text_out),
        cmocka_unit_test(test_times),    cmocka_unit_test(test_cbor_in),
        cmocka_unit_test(test_cbor_out), cmocka_unit_test(test_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
