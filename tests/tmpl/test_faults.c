/* tmpl_new_all: every fault of a broken text at its place, and the tree that can be had all the same. */
#include "cm.h"

#include "tmpl/tmpl.h"

/* The places and words of all faults, and the tree as JSON ("-": none). */
static void describe(const char *text, struct buf *out) {
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    CLEANUP(tmpl) struct tmpl *t = NULL;
    int r = tmpl_new_all(&t, str_c(text), 0, &faults);
    CHECK_INT(r, faults.n ? TMPL_E_TEMPLATE : 0);
    for (size_t i = 0; i < faults.n; i++) {
        str what = str_skip(faults.told[i].text, S("Template format error: ").len);
        ptrdiff_t place = str_find(what, S(" (line "));
        buf_printf(out, "%u:%u " STR_FMT "\n", faults.told[i].at.line, faults.told[i].at.column,
                   STR_ARG(str_slice(what, 0, (size_t)place)));
    }
    if (t)
        tmpl_dump(out, tmpl_root(t));
    else
        buf_c(out, "-");
}

#define MALFORMED "YAML not well-formed: "
#define JSON      "JSON not well-formed: "

static const struct {
    const char *text, *want;
} cases[] = {
    {"a: 1\n", "{\"a\":1}"},
    /* What YAML has and templates may not */
    {"a: 1\nb: 2\na: 3\nb: 4\n",
     "3:1 duplicate key \"a\"\n4:1 duplicate key \"b\"\n{\"a\":1,\"b\":2}"},
    {"a: !Nope x\nb: [!Nix {c: d}, !Sub e]\n",
     "1:4 the tag !Nope is not supported\n2:5 the tag !Nix is not supported\n"
     "{\"a\":\"x\",\"b\":[{\"c\":\"d\"},{\"Fn::Sub\":\"e\"}]}"},
    {"a: &x\n  b: 1\nc: *x\nd: {<<: *x}\n",
     "1:4 YAML anchors are not allowed in CloudFormation templates\n"
     "3:4 YAML aliases are not allowed in CloudFormation templates\n"
     "4:5 YAML merge keys are not allowed in CloudFormation templates\n"
     "{\"a\":{\"b\":1},\"c\":{\"Fn::Unknown\":null},\"d\":{}}"},
    {"a: &x\n  b: 1\nc: *x\nd: [*x, 2]\ne:\n  <<: *x\n  f: 3\n",
     "1:4 YAML anchors are not allowed in CloudFormation templates\n"
     "3:4 YAML aliases are not allowed in CloudFormation templates\n"
     "4:5 YAML aliases are not allowed in CloudFormation templates\n"
     "6:3 YAML merge keys are not allowed in CloudFormation templates\n"
     "{\"a\":{\"b\":1},\"c\":{\"Fn::Unknown\":null},\"d\":[{\"Fn::Unknown\":null},2],\"e\":{\"f\":3}}"},
    /* Indentation */
    {"a:\n  b: 1\n\tc: 2\nd:\n\te: 3\n",
     "3:1 " MALFORMED "a tab in the indentation: only spaces indent\n"
     "5:1 " MALFORMED "a tab in the indentation: only spaces indent\n"
     "{\"a\":{\"b\":1,\"c\":2},\"d\":{\"e\":3}}"},
    {"a:\n    b: {}\n     c: 2\n   d: 3\ne: 4\n",
     "3:6 " MALFORMED "the line begins at column 6, and those beside it at 5\n"
     "4:4 " MALFORMED "the line begins at column 4, and those beside it at 5\n"
     "{\"a\":{\"b\":{},\"c\":2,\"d\":3},\"e\":4}"},
    {"a:\n  b: text\n   c: 2\nd: 3\n",
     "3:4 " MALFORMED "the line begins at column 4, and those beside it at 3\n"
     "{\"a\":{\"b\":\"text\",\"c\":2},\"d\":3}"},
    {"a:\n  - 1\n  b\n  - 2\nc\nd: 3\n",
     "3:3 " MALFORMED "a line of a list without its dash\n"
     "5:1 " MALFORMED "a key, a colon and a space were expected\n"
     "{\"a\":[1,2],\"d\":3}"},
    /* Brackets and quotes */
    {"a: [1, 2\nb: {c: d\ne: 3\n",
     "1:4 " MALFORMED "a bracket is not closed\n2:4 " MALFORMED "a bracket is not closed\n"
     "{\"a\":[1,2],\"b\":{\"c\":\"d\"},\"e\":3}"},
    {"a: [1, 2}\nb: ['x' 'y']\n", "1:9 " MALFORMED "a bracket of the other kind closes\n"
                                  "2:9 " MALFORMED "a comma or a closing bracket is missing\n"
                                  "{\"a\":[1,2],\"b\":[\"x\",\"y\"]}"},
    {"a: \"x\nb: 'it's'\nc: \"\\d\"\n",
     "1:4 " MALFORMED "a quote is not closed\n2:8 " MALFORMED "something follows the value\n"
     "3:5 " MALFORMED "\\d is no escape of a text in double quotes\n"
     "{\"a\":\"x\",\"b\":\"it\",\"c\":\"\"}"},
    {"a: b: c\nd: @e\nf: 1\n",
     "1:5 " MALFORMED "a colon and a space in a text without quotes\n"
     "2:4 " MALFORMED "a value cannot begin with @\n{\"a\":\"b\",\"d\":null,\"f\":1}"},
    {"a: 1\n---\nb: 2\n", "2:1 YAML holds more than one document\n{\"a\":1}"},
    {"", "1:1 YAML is empty\n-"},
    /* Bytes */
    {"a: \xFF\xFE\nb: \x01\nc: \xC3\xA4\xC0\n",
     "1:4 not valid UTF-8\n2:4 a control character\n3:5 not valid UTF-8\n"
     "{\"a\":\"__\",\"b\":\"_\",\"c\":\"\xC3\xA4_\"}"},
    /* What is unusual besides: the first fault alone */
    {"? a\n: b\nc: *d\n", "3:4 YAML aliases are not allowed in CloudFormation templates\n-"},
    /* JSON */
    {"{\"a\": [1, 2,],\n \"b\": {\"c\": 3,}\n}",
     "1:13 " JSON "a comma before the closing bracket\n2:15 " JSON
     "a comma before the closing bracket\n{\"a\":[1,2],\"b\":{\"c\":3}}"},
    {"{\"a\": 1\n \"b\": 'x',\n c: True,\n // d\n \"e\" 5\n}",
     "2:2 " JSON "a comma or } was expected\n2:7 " JSON "a string was expected\n"
     "3:2 " JSON "a string was expected\n3:5 " JSON
     "a value must be quoted, a number, true, false or null\n"
     "4:2 " JSON "JSON has no comments\n5:6 " JSON "a colon was expected\n"
     "{\"a\":1,\"b\":\"x\",\"c\":true,\"e\":5}"},
    {"{\"a\": \"x,\n \"b\": \"\\d\"\n}",
     "1:8 " JSON "a string does not end\n2:9 " JSON "an unknown escape in a string\n"
     "{\"a\":\"x\",\"b\":\"\"}"},
    {"{\"a\": {\"b\": [1}, \"a\": 2\n", "1:15 " JSON "a bracket of the other kind closes\n1:7 " JSON
                                        "the bracket is not closed\n{\"a\":{\"b\":[1],\"a\":2}}"},
    {"{\"a\": 1, \"a\": 2}\nx",
     "1:10 duplicate key \"a\"\n2:1 " JSON "something follows the document\n{\"a\":1}"},
};

static void faults(void **) {
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf got = {0};
        describe(cases[i].text, &got);
        if (!str_is(buf_view(&got), cases[i].want))
            print_error("case:\n%s\ngot:\n%s\n", cases[i].text, buf_cstr(&got));
        CHECK_BUF(got, cases[i].want);
    }
}

/* ---- Texts that want to cost much ---- */

static void add(struct buf *out, const char *piece, size_t most) {
    while (out->len + strlen(piece) <= most)
        buf_c(out, piece);
}

/* Each is as large as a template may be; ends within the test's time, without a crash. */
static void large(void **) {
    static const struct {
        const char *first, *piece, *last;
    } texts[] = {
        {"a: ", "[", ""},        {"a: ", "{a: ", ""},     {"a: ", "- ", ""},
        {"{\"a\": ", "[", ""},   {"", "a: *a\n", ""},     {"", "\t\n", ""},
        {"a: |\n", " \n", ""},   {"a: \"", "\\\"", ""},   {"", "\"\\\"\n", ""},
        {"", "a\n", ""},         {"a: ", "'", ""},        {"", "a: [\n", ""},
        {"{", "\"a\" ", ""},     {"{\"a\":\"", "\\", ""}, {"", "\xFF", ""},
        {"", "\xFF\n", ""},      {"{", "{", ""},          {"a: [", "é, ", "]"},
        {"", "- a\n -", ""},     {"a: ", "!Sub ", ""},    {"a:\n", " b:\n  ", ""},
        {"a: b\n", "  c\n", ""}, {"x: ", "&a [", ""},     {"", "? ", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
        CLEANUP(tmpl) struct tmpl *t = NULL;
        buf_c(&text, texts[i].first);
        add(&text, texts[i].piece, TMPL_MAX_TEXT - strlen(texts[i].last));
        buf_c(&text, texts[i].last);
        tmpl_new_all(&t, buf_view(&text), 0, &faults);
        CHECK_RANGE(faults.n, t ? 0 : 1, TMPL_MAX_FAULTS);
    }
}

/* A map of 20,000 keys, each written twice. */
static void many_keys(void **) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    CLEANUP(tmpl) struct tmpl *t = NULL;
    for (int twice = 0; twice < 2; twice++)
        for (int i = 0; i < 20000; i++)
            buf_printf(&text, "k%d: %d\n", i, i);
    CHECK_INT(tmpl_new_all(&t, buf_view(&text), 0, &faults), TMPL_E_TEMPLATE);
    CHECK_INT(faults.n, TMPL_MAX_FAULTS);
    CHECK_INT(faults.told[0].at.line, 20001);
    CHECK_INT(tmpl_root(t)->n, 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(faults), cmocka_unit_test(large),
                                       cmocka_unit_test(many_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
