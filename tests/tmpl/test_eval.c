/* tmpl/eval: intrinsic functions evaluated, and growth bounded. */
#include "cm.h"

#include "tmpl/eval.h"
#include "tmpl/params.h"

static int ref(void *ctx, const struct tmpl_resource *r, json_t **ret, struct err *err) {
    (void)ctx, (void)err;
    *ret = json_sprintf("phys-" STR_FMT, STR_ARG(r->name));
    return 0;
}

static int get_att(void *ctx, const struct tmpl_resource *r, str attribute, json_t **ret,
                   struct err *err) {
    (void)ctx;
    if (str_is(attribute, "List"))
        *ret = json_pack("[ss]", "l1", "l2");
    else if (str_is(attribute, "Any"))
        *ret = json_string(TMPL_UNKNOWN_ANY);
    else if (str_is(attribute, "One"))
        *ret = json_string(TMPL_UNKNOWN);
    else if (str_is(attribute, "Nope"))
        return err_set(err, TMPL_E_TEMPLATE,
                       "Requested attribute Nope does not exist in schema for T");
    else
        *ret = json_sprintf(STR_FMT "/" STR_FMT, STR_ARG(r->name), STR_ARG(attribute));
    return 0;
}

static int import(void *ctx, str name, json_t **ret, struct err *err) {
    (void)ctx;
    if (!str_is(name, "dev-Out"))
        return err_set(err, TMPL_E_TEMPLATE, "No export named " STR_FMT " found.", STR_ARG(name));
    *ret = json_string("imported");
    return 0;
}

static const char around[] =
    "Parameters:\n"
    "  Env: {Type: String, Default: dev}\n"
    "  N: {Type: Number, Default: 1}\n"
    "  L: {Type: CommaDelimitedList, Default: 'a,b,c'}\n"
    "Mappings: {M: {dev: {Size: 512, Zones: [x, y]}, prod: {Size: 1024}}}\n"
    "Conditions:\n"
    "  IsDev: !Equals [!Ref Env, dev]\n"
    "  IsProd: !Not [Condition: IsDev]\n"
    "  Both: !And [!Condition IsDev, !Condition IsProd]\n"
    "  Either: !Or [!Condition IsDev, !Condition IsProd, !Equals [a, b]]\n"
    "  Number: !Equals [!Ref N, 1]\n"
    "  Choice: !Equals [!If [IsDev, x, y], x]\n"
    "Resources:\n"
    "  B: {Type: T}\n"
    "  A: {Type: T, Properties: {V: ";

/* The expression in the template above → its JSON, or the end of the refusal. */
static const struct {
    const char *text, *want;
} cases[] = {
    {"!Ref Env", "\"dev\""},
    {"!Ref L", "[\"a\",\"b\",\"c\"]"},
    {"!Ref B", "\"phys-B\""},
    {"[!Ref AWS::AccountId, !Ref AWS::Region, !Ref AWS::Partition, !Ref AWS::URLSuffix, !Ref AWS::StackName]",
     "[\"000000000000\",\"us-east-1\",\"aws\",\"amazonaws.com\",\"s\"]"},
    {"!GetAtt B.Arn", "\"B/Arn\""},
    {"!GetAtt [B, !Ref Env]", "\"B/dev\""},
    {"!GetAtt B.Nope",
     "Requested attribute Nope does not exist in schema for T (line 15, column 32)"},
    {"!Sub 'x-${Env}-${B}-${B.Arn}-${!Lit}-${AWS::Region}'",
     "\"x-dev-phys-B-B/Arn-${Lit}-us-east-1\""},
    {"!Sub ['${a}${Env}', {a: !Join ['+', !Ref L], b: 1}]", "\"a+b+cdev\""},
    {"!Sub '${L}'",
     "variable L in Fn::Sub expression does not resolve to a string (line 15, column 32)"},
    {"!Sub '${a b}'",
     "variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons (line 15, column 32)"},
    {"!Sub [x]", "to specify a mapping of values to replace in the string (line 15, column 32)"},
    {"!Join [',', [a, 1, true, !Ref Env]]", "\"a,1,true,dev\""},
    {"!Join ['', !GetAtt B.List]", "\"l1l2\""},
    {"!Select [1, !Ref L]", "\"b\""},
    /* the plan's: what may be a list, and what is none whatever it becomes */
    {"!Join [',', !GetAtt B.Any]", "\"\\u0001unknown\""},
    {"!Select [2, !GetAtt B.Any]", "\"\\u0001unknown\""},
    {"!Sub '${B.Any}!'", "\"\\u0001unknown of any kind!\""},
    {"!Join [',', !GetAtt B.One]", "(such as Fn::GetAZs) to be joined. (line 15, column 32)"},
    {"!Select [0, !GetAtt B.One]", "an integer index and a list (line 15, column 32)"},
    {"!Select ['0', !Split ['-', x-y]]", "\"x\""},
    {"!Select [7, !Ref L]",
     "Fn::Select cannot select nonexistent value at index 7 (line 15, column 32)"},
    {"!Split [', ', 'a, b, ']", "[\"a\",\"b\",\"\"]"},
    {"!If [IsDev, 1, 2]", "1"},
    {"{a: !If [IsProd, 1, !Ref AWS::NoValue], b: [!Ref AWS::NoValue, 2]}", "{\"b\":[2]}"},
    {"!If [Both, 1, !If [Either, 2, 3]]", "2"},
    {"[!If [Number, y, n], !If [Choice, 'y', 'n']]", "[\"y\",\"y\"]"},
    {"!FindInMap [M, !Ref Env, Size]", "512"},
    {"!FindInMap [M, dev, Zones]", "[\"x\",\"y\"]"},
    {"!FindInMap [M, dev, Nope]", "Unable to get mapping for M::dev::Nope (line 15, column 32)"},
    {"!FindInMap [X, a, b]",
     "Mapping named 'X' is not present in the 'Mappings' section of template. (line 15, column 32)"},
    {"!Base64 hi", "\"aGk=\""},
    {"!GetAZs ''", "[\"us-east-1a\",\"us-east-1b\",\"us-east-1c\"]"},
    {"!ImportValue {Fn::Sub: '${Env}-Out'}", "\"imported\""},
    {"!ImportValue nope", "No export named nope found. (line 15, column 32)"},
    {"!Cidr [a, 1, 8]", "the function Fn::Cidr is not supported by calotype (line 15, column 32)"},
    {"{'Fn::Nope': 1}", "Encountered unsupported function: Fn::Nope (line 15, column 33)"},
    {"!ToJsonString {a: 1}",
     "the function Fn::ToJsonString is not supported by calotype (line 15, column 32)"},
    {"!Equals [a, b]",
     "condition functions may only be used in the Conditions and Rules sections (line 15, column 32)"},
    {"'{{resolve:ssm:/x:1}}'",
     "the dynamic reference {{resolve:ssm:/x:1}} is not supported by calotype (line 15, column 32)"},
    {"[2010-09-09, 000123456789, 12345678901234567890123, 1.50, -3]",
     "[\"2010-09-09\",\"000123456789\",1.2345678901234568e+22,1.5,-3]"},
    /* What each function wants of its arguments. */
    {"!Join [',', x]",
     "or a function that returns a list of strings (such as Fn::GetAZs) to be joined. (line 15, column 32)"},
    {"!Join [',']", "to be joined. (line 15, column 32)"},
    {"!Join [',', [a], b]", "to be joined. (line 15, column 32)"},
    {"!Join [[], [a]]", "to be joined. (line 15, column 32)"},
    {"!Join [',', [a, [b]]]", "to be joined. (line 15, column 32)"},
    {"!Join [',', []]", "\"\""},
    {"!Join [',', [a]]", "\"a\""},
    {"!Join [',', [a, !Ref AWS::NoValue, b]]", "\"a,b\""},
    {"!Select [0, [a, b]]", "\"a\""},
    {"!Select [2, [a, b]]",
     "Fn::Select cannot select nonexistent value at index 2 (line 15, column 32)"},
    {"!Select [-1, [a]]",
     "Fn::Select requires a list argument with two elements: an integer index and a list (line 15, column 32)"},
    {"!Select [0, a]", "an integer index and a list (line 15, column 32)"},
    {"!Select [0]", "an integer index and a list (line 15, column 32)"},
    {"!Select [0, [a], b]", "an integer index and a list (line 15, column 32)"},
    {"!Split ['', a]", "a function that returns a string to be split. (line 15, column 32)"},
    {"!Split [a]", "a function that returns a string to be split. (line 15, column 32)"},
    {"!Split [',', 'a']", "[\"a\"]"},
    {"!Split [',', ',a,,b']", "[\"\",\"a\",\"\",\"b\"]"},
    {"!Split ['ab', 'xabab']", "[\"x\",\"\",\"\"]"},
    {"!If [IsDev, 1]", "Fn::If requires a list argument with three elements (line 15, column 32)"},
    {"!If [[IsDev], 1, 2]",
     "Fn::If requires a list argument with three elements (line 15, column 32)"},
    {"!If [IsProd, 1, 2]", "2"},
    {"!If [Either, 1, 2]", "1"},
    {"!FindInMap [M, dev]",
     "the map name, map key and the attribute for return value (line 15, column 32)"},
    {"!FindInMap [M, qa, Size]", "Unable to get mapping for M::qa::Size (line 15, column 32)"},
    {"!FindInMap [M, prod, Size]", "1024"},
    {"!Base64 [x]", "every Fn::Base64 object must have a String-typed value. (line 15, column 32)"},
    {"!Base64 ''", "\"\""},
    {"!GetAZs eu-west-1", "[\"eu-west-1a\",\"eu-west-1b\",\"eu-west-1c\"]"},
    {"!GetAZs [x]", "Fn::GetAZs requires a region name (line 15, column 32)"},
    {"!ImportValue [x]",
     "Fn::ImportValue requires a String-typed export name (line 15, column 32)"},
    {"!Ref [x]", "every Ref object must have a single String value. (line 15, column 32)"},
    {"{Fn::GetAtt: [B]}", "the resource name and the resource attribute (line 15, column 45)"},
    {"{Fn::GetAtt: [B, '']}", "the resource name and the resource attribute (line 15, column 45)"},
    {"{Fn::GetAtt: [[B], Arn]}",
     "the resource name and the resource attribute (line 15, column 45)"},
    {"{Fn::GetAtt: [B, !Ref Env]}", "\"B/dev\""},
    {"{Fn::GetAtt: B.X.Y}", "\"B/X.Y\""},
    {"!Sub ['${x}-${Env}', {x: 7}]", "\"7-dev\""},
    {"!Sub ['${x}', {x: [1]}]", "does not resolve to a string (line 15, column 38)"},
    {"!Sub 'x{{resolve:secretsmanager:a'",
     "the dynamic reference {{resolve:secretsmanager:a is not supported by calotype (line 15, column 32)"},
    {"!Sub '${!Env}$${N}$'", "\"${Env}$1$\""},
    {"!Ref AWS::Partition", "\"aws\""},
    {"!Ref AWS::URLSuffix", "\"amazonaws.com\""},
    {"!Ref AWS::NotificationARNs", "[]"},
    {"!Sub '${AWS::AccountId}/${AWS::Region}/${AWS::StackName}/${AWS::StackId}'",
     "\"000000000000/us-east-1/s/arn:s\""},
    {"{Condition: {StringEquals: {a: b}}}", "{\"Condition\":{\"StringEquals\":{\"a\":\"b\"}}}"},
};

static void evaluates(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        buf_printf(&text, "%s%s}}\n", around, cases[i].text);
        CLEANUP(tmpl) struct tmpl *t = NULL;
        const struct tmpl_model *m;
        struct tmpl_fault fault = {{0}, {{0}}};
        CHECK_CASE(tmpl_new(&t, buf_view(&text), &fault) == 0, fault.why.text);
        CHECK_CASE(tmpl_model_new(t, &m, &fault) == 0, fault.why.text);
        CLEANUP_JSON json_t *given = json_object();
        CLEANUP_JSON json_t *params = NULL;
        CLEANUP_JSON json_t *conditions = NULL;
        CLEANUP_JSON json_t *value = NULL;
        CHECK_INT(tmpl_params_resolve(m, given, &params, NULL), 0);
        struct tmpl_scope scope = {.model = m,
                                   .params = params,
                                   .account = S("000000000000"),
                                   .region = S("us-east-1"),
                                   .stack_name = S("s"),
                                   .stack_id = S("arn:s"),
                                   .ref = ref,
                                   .get_att = get_att,
                                   .import = import};
        CHECK_INT(tmpl_conditions(&scope, &conditions, &fault), 0);
        scope.conditions = conditions;
        CLEANUP_DEINIT(buf) struct buf got = {0};
        if (tmpl_eval(&scope, tmpl_get(m->resources[1].properties, "V"), &value, &fault)) {
            buf_c(&got, fault.why.text);
            if (str_ends(buf_view(&got), str_c(cases[i].want)))
                continue;
        } else {
            json_write(&got, value);
        }
        CHECK_BUF(got, cases[i].want);
    }
}

/* A value that doubles at each level must be refused before it fills the memory. */
static void growth_is_bounded(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "{\"Resources\":{\"A\":{\"Type\":\"T\",\"Properties\":{\"V\":");
    enum { LEVELS = 18 };
    for (int i = 0; i < LEVELS; i++)
        buf_c(&text, "{\"Fn::Sub\":[\"${a}${a}${a}${a}\",{\"a\":");
    buf_c(&text, "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"");
    for (int i = 0; i < LEVELS; i++)
        buf_c(&text, "}]}");
    buf_c(&text, "}}}}");
    CLEANUP(tmpl) struct tmpl *t = NULL;
    const struct tmpl_model *m;
    struct tmpl_fault fault = {{0}, {{0}}};
    CHECK_CASE(tmpl_new(&t, buf_view(&text), &fault) == 0, fault.why.text);
    CHECK_CASE(tmpl_model_new(t, &m, &fault) == 0, fault.why.text);
    struct tmpl_scope scope = {.model = m};
    json_t *value = NULL;
    CHECK_INT(tmpl_eval(&scope, tmpl_get(m->resources[0].properties, "V"), &value, &fault),
              TMPL_E_TEMPLATE);
    CHECK(str_starts(str_c(fault.why.text), S("Template error: the value grows too large")));
}

/* A long list is joined: what it costs grows with its length, not with its square. */
static void long_lists_are_joined(void **state) {
    (void)state;
    enum { MANY = 1000 };
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text,
          "{\"Resources\":{\"A\":{\"Type\":\"T\",\"Properties\":{\"V\":{\"Fn::Join\":[\",\",[");
    for (int i = 0; i < MANY; i++)
        buf_printf(&text, "%s\"%060d\"", i ? "," : "", i);
    buf_c(&text, "]]}}}}}");
    CLEANUP(tmpl) struct tmpl *t = NULL;
    const struct tmpl_model *m;
    struct tmpl_fault fault = {{0}, {{0}}};
    CHECK_CASE(tmpl_new(&t, buf_view(&text), &fault) == 0, fault.why.text);
    CHECK_CASE(tmpl_model_new(t, &m, &fault) == 0, fault.why.text);
    struct tmpl_scope scope = {.model = m};
    CLEANUP_JSON json_t *value = NULL;
    CHECK_CASE(tmpl_eval(&scope, tmpl_get(m->resources[0].properties, "V"), &value, &fault) == 0,
               fault.why.text);
    CHECK_INT(json_string_length(value), MANY * 61 - 1);
}

static void sections(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } sections[] = {
        {"Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}",
         "Circular dependency between conditions: [A] (line 2, column 14)"},
        {"Conditions: {A: !Equals [a]}",
         "every Fn::Equals object requires a list of 2 string parameters. (line 2, column 17)"},
        {"Conditions: {A: !And [!Equals [a, b]]}",
         "list of at least 2 and at most 10 boolean parameters. (line 2, column 17)"},
        {"Rules: {R: {Assertions: [{Assert: !Equals [a, b], AssertDescription: no luck}]}}",
         "Template rule R failed: no luck (line 2, column 26)"},
        {"Conditions: {A: !And [true, 'true'], B: !Or [false, 'false'], C: !Not [!Condition B]}\n"
         "Rules: {R: {Assertions: [{Assert: !Condition A}, {Assert: !Condition C}]}}",
         NULL},
        {"Conditions: {A: !And [true, false]}\nRules: {R: {Assertions: [{Assert: !Condition A}]}}",
         "Template rule R failed: an assertion does not hold (line 3, column 26)"},
        {"Conditions: {A: !Or [false, false]}\nRules: {R: {Assertions: [{Assert: !Condition A}]}}",
         "Template rule R failed: an assertion does not hold (line 3, column 26)"},
        {"Conditions: {A: !Or [false, false, true, false]}\n"
         "Rules: {R: {Assertions: [{Assert: !Condition A}]}}",
         NULL},
        {"Conditions: {A: !And [true, true, true, true, true, true, true, true, true, true]}",
         NULL},
        {"Conditions: {A: !And [true, true, true, true, true, true, true, true, true, true, true]}",
         "list of at least 2 and at most 10 boolean parameters. (line 2, column 17)"},
        {"Conditions: {A: !Or [true]}",
         "every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters. (line 2, column 17)"},
        {"Conditions: {A: !Not [true, true]}",
         "every Fn::Not object requires one boolean parameter. (line 2, column 17)"},
        {"Conditions: {A: !Equals [a, b, c]}",
         "every Fn::Equals object requires a list of 2 string parameters. (line 2, column 17)"},
        {"Conditions: {A: !Condition None}",
         "Unresolved condition dependency None in the Conditions block of the template (line 2, column 17)"},
        {"Conditions: {A: !Condition A}",
         "Circular dependency between conditions: [A] (line 2, column 14)"},
        {"Conditions: {A: !Equals [!Ref A, x]}",
         "Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template (line 2, column 26)"},
        {"Conditions: {A: !Equals ['1', 1], B: !Equals [[a], [a]], C: !Not [!Equals [[a], [b]]]}\n"
         "Rules: {R: {Assertions: [{Assert: !Condition A}, {Assert: !Condition B}, {Assert: !Condition C}]}}",
         NULL},
        {"Rules: {R: {Assertions: x}}",
         "Every Rules member must contain a list of Assertions (line 2, column 9)"},
        {"Rules: {R: {Assertions: [{AssertDescription: x}]}}",
         "Every Assertions member must contain an Assert (line 2, column 26)"},
        {"Rules: {R: {RuleCondition: !Equals [a, a], Assertions: [{Assert: !Equals [a, b]}]}}",
         "Template rule R failed: an assertion does not hold (line 2, column 57)"},
        {"Rules: {R: {Assertions: [{Assert: !Contains [['1', 2], '2']}]}}", NULL},
        {"Rules: {R: {Assertions: [{Assert: !Contains [x, x]}]}}",
         "the first parameter of Fn::Contains must be a list. (line 2, column 35)"},
        {"Rules: {R: {Assertions: [{Assert: !Contains [[x]]}]}}",
         "every Fn::Contains object requires two parameters. (line 2, column 35)"},
        {"Rules: {R: {Assertions: [{Assert: !EachMemberIn [[a, b], [b, c, a]]}]}}", NULL},
        {"Rules: {R: {Assertions: [{Assert: !EachMemberIn [[a, d], [b, c, a]]}]}}",
         "Template rule R failed: an assertion does not hold (line 2, column 26)"},
        {"Rules: {R: {Assertions: [{Assert: !EachMemberEquals [[a, a], a]}]}}", NULL},
        {"Rules: {R: {Assertions: [{Assert: !EachMemberEquals [[b, a], a]}]}}",
         "Template rule R failed: an assertion does not hold (line 2, column 26)"},
        {"Rules: {R: {RuleCondition: !Equals [a, b], Assertions: [{Assert: !Equals [a, b]}]}}",
         NULL},
        {"Rules: {R: {Assertions: [{Assert: !Not [!Contains [['1', '2'], '3']]}]}}", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        buf_printf(&text, "Resources: {A: {Type: T}}\n%s\n", sections[i].text);
        CLEANUP(tmpl) struct tmpl *t = NULL;
        const struct tmpl_model *m = NULL;
        struct tmpl_fault fault = {{0}, {{0}}};
        CHECK_CASE(tmpl_new(&t, buf_view(&text), &fault) == 0, fault.why.text);
        CLEANUP_JSON json_t *conditions = NULL;
        int rc = tmpl_model_new(t, &m, &fault);
        struct tmpl_scope scope = {.model = m};
        rc = rc ? rc : tmpl_conditions(&scope, &conditions, &fault);
        scope.conditions = conditions;
        rc = rc ? rc : tmpl_check_rules(&scope, &fault);
        if (!sections[i].want)
            CHECK_CASE(rc == 0, fault.why.text);
        else if (rc == 0 || !str_ends(str_c(fault.why.text), str_c(sections[i].want)))
            CHECK_STR(str_c(fault.why.text), str_c(sections[i].want));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluates), cmocka_unit_test(growth_is_bounded),
        cmocka_unit_test(long_lists_are_joined), cmocka_unit_test(sections)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
