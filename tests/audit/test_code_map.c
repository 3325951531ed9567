/* Code in templates, written in every style: where a byte of it stands there. */
#include "cm.h"

#include "audit/audit_priv.h"
#include "audit/code_map.h"
#include "base/ascii.h"

/* A template around a value of ZipFile. */
#define YAML(value)                                                                                \
    "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n"                         \
    "      Runtime: python3.12\n      Handler: index.handler\n      Code:\n        ZipFile: " value
#define JSON(value)                                                                                \
    "{\"Resources\": {\"F\": {\"Type\": \"AWS::Lambda::Function\", \"Properties\": {\n"            \
    "\"Runtime\": \"python3.12\", \"Handler\": \"index.handler\",\n\"Code\": {\"ZipFile\": " value \
    "}}}}}"

/* at: where the token "last" of the code is in the template, as people count. */
static const struct {
    const char *name, *text, *code;
    unsigned line, column;
} cases[] = {
    {"a literal block", YAML("|\n          a = 1\n\n          if a:\n            last()\n"),
     "a = 1\n\nif a:\n  last()\n", 12, 13},
    {"with a digit, chomping and a comment", YAML("|2- # c\n            a = 1\n          last()\n"),
     "  a = 1\nlast()", 10, 11},
    {"that begins with empty lines and keeps those behind",
     YAML("|+\n\n\n          a\n          last\n\n"), "\n\na\nlast\n\n", 12, 11},
    {"a literal block with CRLF", YAML("|\r\n          a\r\n\r\n          last\r\n"), "a\n\nlast\n",
     11, 11},
    {"characters of several bytes", YAML("|\n          a = '\xC3\xA9\xE2\x82\xAC'; last\n"),
     "a = '\xC3\xA9\xE2\x82\xAC'; last\n", 9, 21},
    {"a folded block",
     YAML(">\n          a = 1\n          + 2\n\n          b\n            c\n          last\n"),
     "a = 1 + 2\nb\n  c\nlast\n", 14, 11},
    {"double quotes", YAML("\"a = '\\x41\\u00e9\\\"'\\n\\\n          \\tb = 1\\nlast\"\n"),
     "a = 'A\xC3\xA9\"'\n\tb = 1\nlast", 9, 20},
    {"double quotes over lines", YAML("\"a\n\n          b  \n          last\"\n"), "a\nb last", 11,
     11},
    {"single quotes", YAML("'a = ''b''\n\n\n          last'\n"), "a = 'b'\n\nlast", 11, 11},
    {"a plain scalar", YAML("print(1); last\n"), "print(1); last", 8, 28},
    {"JSON", JSON("\"a = \\\"\\u0041\\ud83d\\ude00\\\"\\n\\/ last\""),
     "a = \"A\xF0\x9F\x98\x80\"\n/ last", 3, 53},
    {"Sub", YAML("!Sub |\n          a = '${AWS::Region}${!x}'; ${!last}\n"),
     "a = '${AWS::Region}${x}'; ${last}\n", 9, 41},
    {"Sub with a map", YAML("!Sub\n          - 'a = ${B}; last'\n          - {B: 1}\n"),
     "a = ${B}; last", 9, 24},
    {"Sub of JSON", JSON("{\"Fn::Sub\": \"a\\n${!b} last\"}"), "a\n${b} last", 3, 43},
    {"Join",
     YAML("!Join\n          - \"\\n\"\n          - - a = 1\n            - !Ref B\n"
          "            - !Sub 'c = ${D}'\n            - 'b = ''1''; last'\n"),
     "a = 1\n${B}\nc = ${D}\nb = '1'; last", 13, 27},
    {"Join of JSON", JSON("{\"Fn::Join\": [\"\\n\", [\n\"a\",\n{\"Ref\": \"B\"},\n\"\\tlast\"]]}"),
     "a\n${B}\n\tlast", 6, 4},
};

static const struct audit_code *code_in(struct audit *a, size_t i) {
    CHECK_INT(audit_template_read(a, "template", str_c(cases[i].text)), 0);
    const struct audit_function *f = a->templates[0]->system->functions;
    CHECK_CASE(f && f->code && f->is_inline, cases[i].name);
    return f->code;
}

static void test_texts(void **) {
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(audit) struct audit *a = audit_new(&(struct audit_options){0});
        const struct audit_code *c = code_in(a, i);
        if (!str_is(c->text, cases[i].code))
            print_error("case \"%s\":\n", cases[i].name);
        CHECK_STR(c->text, str_c(cases[i].code));
    }
}

static void test_places(void **) {
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(audit) struct audit *a = audit_new(&(struct audit_options){0});
        const struct audit_code *c = code_in(a, i);
        ptrdiff_t last = str_find(c->text, S("last"));
        struct tmpl_pos at = audit_code_pos(c, (uint32_t)last);
        if (at.line != cases[i].line || at.column != cases[i].column)
            print_error("case \"%s\": %u:%u\n", cases[i].name, at.line, at.column);
        CHECK_INT(at.line, cases[i].line);
        CHECK_INT(at.column, cases[i].column);
    }
}

/* Each small letter of the code (no escape makes one) stands in the template where it is told to. */
static void test_each_letter(void **) {
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(audit) struct audit *a = audit_new(&(struct audit_options){0});
        const struct audit_code *c = code_in(a, i);
        for (uint32_t k = 0; k < c->text.len; k++) {
            size_t at = audit_offset(c->map->file, audit_code_pos(c, k));
            bool is_there = cases[i].text[at] == c->text.p[k];
            if (ascii_is_lower(c->text.p[k]) && !is_there)
                print_error("case \"%s\", byte %u\n", cases[i].name, k);
            CHECK(!ascii_is_lower(c->text.p[k]) || is_there);
        }
    }
}

/* What cannot be seen is no code: a parameter alone would be read as a name. */
static void test_not_seen(void **) {
    static const char *const texts[] = {YAML("!ImportValue X\n"), YAML("[a]\n"),
                                        YAML("!Join [\"\", !Ref L]\n"),
                                        YAML("!Join [\"\", [a, !ImportValue X]]\n")};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(audit) struct audit *a = audit_new(&(struct audit_options){0});
        audit_template_read(a, "template", str_c(texts[i]));
        CHECK_CASE(!a->templates[0]->system->functions->code, texts[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts), cmocka_unit_test(test_places),
                                       cmocka_unit_test(test_each_letter),
                                       cmocka_unit_test(test_not_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
