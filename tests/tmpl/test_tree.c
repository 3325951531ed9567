/* tmpl: the tree of YAML and JSON texts, its positions, its bounds. */
#include "cm.h"

#include "tmpl/tmpl.h"

static struct tmpl *parse(const char *text) {
    struct tmpl *t = NULL;
    struct tmpl_fault fault;
    if (tmpl_new(&t, str_c(text), &fault)) {
        print_error("%s: %s\n", text, fault.why.text);
        fail();
    }
    return t;
}

/* Text, the tree it gives as JSON. */
static void trees(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"a: 1\nb: [x, 'y', \"z\"]\n", "{\"a\":1,\"b\":[\"x\",\"y\",\"z\"]}"},
        {"{\"a\": {\"b\": [1, -2.5e3, true, false, null, \"\\u00e4\\n\\ud83d\\ude00\"]}}",
         "{\"a\":{\"b\":[1,-2.5e3,true,false,null,\"ä\\n😀\"]}}"},
        /* YAML 1.1 as CloudFormation reads it */
        {"[yes, NO, On, off, True, 'yes']", "[true,false,true,false,true,\"yes\"]"},
        {"[2010-09-09, 000123456789, 0x1F, 1_000, 12:30:45, 1.50, +7, 0, -0.5, 1e3, .5]",
         "[\"2010-09-09\",\"000123456789\",\"0x1F\",\"1_000\",\"12:30:45\",1.50,7,0,-0.5,1e3,\".5\"]"},
        {"[~, null, !!str 12, !!str true, ! 5]", "[null,null,\"12\",\"true\",\"5\"]"},
        /* short tags */
        {"!Ref A", "{\"Ref\":\"A\"}"},
        {"a: !GetAtt R.Att.Sub", "{\"a\":{\"Fn::GetAtt\":[\"R\",\"Att.Sub\"]}}"},
        {"a: !GetAtt [R, Arn]", "{\"a\":{\"Fn::GetAtt\":[\"R\",\"Arn\"]}}"},
        {"a: !If [C, !Sub 'x-${Y}', !Ref AWS::NoValue]",
         "{\"a\":{\"Fn::If\":[\"C\",{\"Fn::Sub\":\"x-${Y}\"},{\"Ref\":\"AWS::NoValue\"}]}}"},
        {"a: !Join\n  - ','\n  - - x\n    - !Base64\n      Fn::Sub: y\n",
         "{\"a\":{\"Fn::Join\":[\",\",[\"x\",{\"Fn::Base64\":{\"Fn::Sub\":\"y\"}}]]}}"},
        /* JSON to the letter */
        {"{\"k\": [\"\\u0041\\u00ff\\u07FF\\u0800\\uffff\\ud800\\udc00\\uDBFF\\uDFFF\"]}",
         "{\"k\":[\"A\xC3\xBF\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"]}"},
        {"{\"k\": [\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]}", "{\"k\":[\"\\\"\\\\/\\b\\f\\n\\r\\t\"]}"},
        {"\t{ \"a\" :\r\n[ ] , \"b\":{ } }\n ", "{\"a\":[],\"b\":{}}"},
        {"{\"k\": [0, -0, 10, 1.25, 1E+2, 1e-2, -1]}", "{\"k\":[0,-0,10,1.25,1E+2,1e-2,-1]}"},
        {"a: !Condition C", "{\"a\":{\"Condition\":\"C\"}}"},
        {"a: |\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\"}"},
        {"\xEF\xBB\xBF"
         "a: b",
         "{\"a\":\"b\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(tmpl) struct tmpl *t = parse(cases[i].text);
        CLEANUP_DEINIT(buf) struct buf out = {0};
        tmpl_dump(&out, tmpl_root(t));
        CHECK_BUF(out, cases[i].want);
    }
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"a: &x 1\n", "anchors are not allowed in CloudFormation templates (line 1, column 4)"},
        {"a: 1\nb: *a\n", "aliases are not allowed in CloudFormation templates (line 2, column 4)"},
        {"a:\n  <<: {b: 1}\n",
         "merge keys are not allowed in CloudFormation templates (line 2, column 3)"},
        {"a: 1\nb: 2\na: 3\n", "duplicate key \"a\" (line 3, column 1)"},
        {"a: {b: 1, c: 2, d: 3, e: 4, f: 5, g: 6, h: 7, i: 8, j: 9, d: 10}",
         "duplicate key \"d\" (line 1, column 59)"},
        {"a: !Nope x", "the tag !Nope is not supported (line 1, column 4)"},
        {"a: !!binary aGk=",
         "the tag tag:yaml.org,2002:binary is not supported (line 1, column 4)"},
        {"? [a]\n: b\n", "keys must be scalars (line 1, column 3)"},
        {"a: 1\n---\nb: 2\n", "holds more than one document (line 2, column 1)"},
        {"", "is empty (line 1, column 1)"},
        {"a: [1, 2\nb: 3\n", "did not find expected ',' or ']' (line 2, column 2)"},
        {"a: \"\\0\"", "strings must not hold a NUL (line 1, column 4)"},
        {"a: \xC0\xAF", "not valid UTF-8 (line 1, column 4)"},
        {"{\"a\": 1,}", "a comma before the closing bracket (line 1, column 9)"},
        {"{'a': 1}", "a string was expected (line 1, column 2)"},
        {"{\"a\": 1, \"a\": 2}", "duplicate key \"a\" (line 1, column 10)"},
        {"{\"ä\": x}", "a value must be quoted, a number, true, false or null (line 1, column 7)"},
        {"{\"a\": 01}", "a value must be quoted, a number, true, false or null (line 1, column 7)"},
        {"{\"a\": \"\\ud800\"}", "a high surrogate wants a low one behind it (line 1, column 14)"},
        {"{\"a\": \"\\udc00\"}", "a low surrogate stands alone (line 1, column 14)"},
        {"{\"a\": \"\\udfff\"}", "a low surrogate stands alone (line 1, column 14)"},
        {"{\"a\": \"\\ud800\\u0041\"}",
         "a high surrogate wants a low one behind it (line 1, column 20)"},
        {"{\"a\": \"\\ud800\\ue000\"}",
         "a high surrogate wants a low one behind it (line 1, column 20)"},
        {"{\"a\": \"\\udbff\\n\"}",
         "a high surrogate wants a low one behind it (line 1, column 15)"},
        {"{\"a\": \"\\u0000\"}", "\\u0000 is not allowed (line 1, column 14)"},
        {"{\"a\": \"\\u00g0\"}", "\\u wants four hexadecimal digits (line 1, column 12)"},
        {"{\"a\": \"\\x\"}", "an unknown escape in a string (line 1, column 9)"},
        {"{\"a\": \"x", "a string does not end (line 1, column 9)"},
        {"{\"a\": \"\x1f\"}", "a control character in a string (line 1, column 8)"},
        {"{\"a\" 1}", "a colon was expected (line 1, column 6)"},
        {"{\"a\": 1 \"b\": 2}", "a comma or } was expected (line 1, column 9)"},
        {"{\"a\": [1 2]}", "a comma or ] was expected (line 1, column 10)"},
        {"{\"a\": [1,]}", "a comma before the closing bracket (line 1, column 10)"},
        {"{\"a\": [,1]}", "a value was expected (line 1, column 8)"},
        {"{\"a\": +1}", "a value must be quoted, a number, true, false or null (line 1, column 7)"},
        {"{\"a\": yes}",
         "a value must be quoted, a number, true, false or null (line 1, column 7)"},
        {"{\"a\": ~}", "a value was expected (line 1, column 7)"},
        {"{\"a\": NULL}",
         "a value must be quoted, a number, true, false or null (line 1, column 7)"},
        {"{\"a\": 1.}", "a value must be quoted, a number, true, false or null (line 1, column 7)"},
        {"{\"\xC3\xA4\": \"\xE2\x82\xAC\" x}", "a comma or } was expected (line 1, column 11)"},
        {"{\n\n  \"a\": x}",
         "a value must be quoted, a number, true, false or null (line 3, column 8)"},
        {"{\"a\":\n \"x\n", "a control character in a string (line 2, column 4)"},
        {"{\"a\": 1} x", "something follows the document (line 1, column 10)"},
        {"{\"a\": ", "a value was expected (line 1, column 7)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tmpl *t = NULL;
        struct tmpl_fault fault;
        CHECK_CASE(tmpl_new(&t, str_c(cases[i].text), &fault) == TMPL_E_TEMPLATE, cases[i].text);
        str got = str_c(fault.why.text);
        CHECK_CASE(str_starts(got, S("Template format error: ")), cases[i].text);
        if (!str_ends(got, str_c(cases[i].want)))
            CHECK_STR(got, str_c(cases[i].want));
    }
}

static void depth_is_bounded(void **state) {
    (void)state;
    for (int json = 0; json < 2; json++) {
        for (int levels = 60; levels < 70; levels++) {
            CLEANUP_DEINIT(buf) struct buf text = {0};
            buf_c(&text, json ? "{\"a\":" : "a: ");
            for (int i = 1; i < levels; i++)
                buf_char(&text, '[');
            for (int i = 1; i < levels; i++)
                buf_char(&text, ']');
            buf_c(&text, json ? "}" : "");
            struct tmpl *t = NULL;
            struct tmpl_fault fault;
            int rc = tmpl_new(&t, buf_view(&text), &fault);
            CHECK_INT(rc, levels <= TMPL_MAX_DEPTH ? 0 : TMPL_E_TEMPLATE);
            t = tmpl_free(t);
        }
    }
    /* Deep text must be refused at once, not after it was scanned. */
    CLEANUP_DEINIT(buf) struct buf deep = {0};
    for (int i = 0; i < 500000; i++)
        buf_char(&deep, '[');
    struct tmpl *t = NULL;
    CHECK_INT(tmpl_new(&t, buf_view(&deep), NULL), TMPL_E_TEMPLATE);
}

static void size_is_bounded(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "a: ");
    while (text.len <= TMPL_MAX_TEXT)
        buf_c(&text, "xxxxxxxxxxxxxxxx");
    struct tmpl *t = NULL;
    CHECK_INT(tmpl_new(&t, buf_view(&text), NULL), TMPL_E_TEMPLATE);
    buf_clear(&text);
    buf_c(&text, "[");
    for (int i = 0; i < TMPL_MAX_NODES; i++)
        buf_c(&text, "1,");
    buf_c(&text, "]");
    CHECK_INT(tmpl_new(&t, buf_view(&text), NULL), TMPL_E_TEMPLATE);
}

static void check_pos(struct tmpl_pos got, uint32_t line, uint32_t column) {
    CHECK_INT(got.line, line);
    CHECK_INT(got.column, column);
}

static void positions(void **state) {
    (void)state;
    CLEANUP(tmpl)
    struct tmpl *t = parse("a:\n  ä: !Sub 'é'\n  list:\n    - 1\n    - two\nb: {c: [x]}\n");
    const struct tmpl_member *a = tmpl_member(tmpl_root(t), S("a"));
    check_pos(a->key_at, 1, 1);
    check_pos(a->value->start, 2, 3);
    check_pos(a->value->end, 5, 10);
    const struct tmpl_node *sub = a->value->members[0].value;
    CHECK(sub->short_form);
    check_pos(sub->start, 2, 6);
    check_pos(sub->end, 2, 14);
    check_pos(tmpl_get(a->value, "list")->members[1].value->start, 5, 7);
    check_pos(tmpl_get(tmpl_root(t), "b")->end, 6, 12);

    CLEANUP(tmpl) struct tmpl *j = parse("{\n  \"ä\": [\"é\", 12]\n}");
    const struct tmpl_member *m = &tmpl_root(j)->members[0];
    check_pos(m->key_at, 2, 3);
    check_pos(m->value->start, 2, 8);
    check_pos(m->value->end, 2, 17);
    check_pos(m->value->members[1].value->start, 2, 14);
    check_pos(tmpl_root(j)->end, 3, 2);
    CHECK(tmpl_is_json(j));
}

static void sub_pieces(void **state) {
    (void)state;
    static const enum tmpl_sub kinds[] = {TMPL_SUB_TEXT, TMPL_SUB_NAME, TMPL_SUB_TEXT,
                                          TMPL_SUB_TEXT, TMPL_SUB_NAME, TMPL_SUB_TEXT};
    static const char *const pieces[] = {"a-", "B.C", "${", "Lit}", "AWS::Region", "$x"};
    str text = S("a-${B.C}${!Lit}${AWS::Region}$x"), piece;
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CHECK_INT(tmpl_sub_next(text, &at, &piece), kinds[i]);
        CHECK_STR(piece, str_c(pieces[i]));
    }
    CHECK_INT(tmpl_sub_next(text, &at, &piece), TMPL_SUB_END);
    at = 0;
    CHECK_INT(tmpl_sub_next(S("${a b}"), &at, &piece), TMPL_SUB_BAD);
    at = 0;
    CHECK_INT(tmpl_sub_next(S("${open"), &at, &piece), TMPL_SUB_TEXT);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(trees),
                                       cmocka_unit_test(refusals),
                                       cmocka_unit_test(depth_is_bounded),
                                       cmocka_unit_test(size_is_bounded),
                                       cmocka_unit_test(positions),
                                       cmocka_unit_test(sub_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
