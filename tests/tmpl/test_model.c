/* tmpl/model: what a template is refused for, the order of its resources, cycles. */
#include "cm.h"

#include "tmpl/model.h"

#define RES "Resources: {A: {Type: 'T::A::A'}}\n"

/* A template and how its refusal ends; NULL: it is accepted. */
static void checks(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {RES, NULL},
        {"Description: x\n", "At least one Resources member must be defined. (line 1, column 1)"},
        {"[1]", "unsupported structure. (line 1, column 1)"},
        {RES "Nope: 1\n", "Invalid template property or properties [Nope] (line 2, column 1)"},
        {RES "Transform: AWS::Serverless-2016-10-31\n",
         "the transform AWS::Serverless-2016-10-31 is not supported by calotype (line 2, column 1)"},
        {"AWSTemplateFormatVersion: 2011-01-01\n" RES,
         "unsupported value for AWSTemplateFormatVersion. (line 1, column 27)"},
        {"Resources: {A-b: {Type: T}}",
         "Resources name 'A-b' is non alphanumeric. (line 1, column 13)"},
        {"Resources: {A: {}}",
         "[/Resources/A] Every Resources object must contain a Type member. (line 1, column 13)"},
        {"Resources: {A: {Type: T, Propertys: {}}}",
         "Invalid template resource property 'Propertys' (line 1, column 26)"},
        {"Resources: {A: {Type: Custom::T, Version: '1.0'}, B: {Type: AWS::CloudFormation::CustomResource, Version: 1}}",
         NULL},
        {"Resources: {A: {Type: AWS::SNS::Topic, Version: '1.0'}}",
         "Invalid template resource property 'Version' (line 1, column 40)"},
        {"Resources:\n  A:\n    Type: T\n    Properties:\n      X: null\n",
         "'null' values are not allowed in templates (line 5, column 7)"},
        {"Resources: {A: {Type: T, Properties: {X: {Fn::Sub: a, b: c}}}}",
         "Fn::Sub must be the only member of its object (line 1, column 43)"},
        {"Resources: {A: {Type: T, Properties: {X: !Ref B}}}",
         "Unresolved resource dependencies [B] in the Resources block of the template (line 1, column 42)"},
        {"Resources: {A: {Type: T, Properties: {X: !Sub 'a${B}'}}}",
         "Unresolved resource dependencies [B] in the Resources block of the template (line 1, column 42)"},
        {"Resources: {A: {Type: T, Properties: {X: !Sub ['a${B}', {B: 1}]}}}", NULL},
        {"Resources: {A: {Type: T, Properties: {X: !GetAtt B.Arn}}}",
         "Template error: instance of Fn::GetAtt references undefined resource B (line 1, column 42)"},
        {"Resources: {A: {Type: T, Properties: {X: !Sub '${B.Arn}'}}}",
         "Template error: instance of Fn::GetAtt references undefined resource B (line 1, column 42)"},
        {"Resources: {A: {Type: T, DependsOn: [B]}}",
         "Unresolved resource dependencies [B] in the Resources block of the template (line 1, column 38)"},
        {"Resources: {A: {Type: T, Condition: C}}",
         "Unresolved condition dependency C in the Resources block of the template (line 1, column 37)"},
        {"Resources: {A: {Type: T, Properties: {X: !If [C, 1, 2]}}}",
         "Unresolved condition dependency C in the Resources block of the template (line 1, column 47)"},
        {"Resources: {A: {Type: T, DeletionPolicy: Keep}}",
         "Unrecognized DeletionPolicy for resource A (line 1, column 42)"},
        {"Resources: {A: {Type: T, UpdateReplacePolicy: RetainExceptOnCreate}}",
         "Unrecognized UpdateReplacePolicy for resource A (line 1, column 47)"},
        {"Resources: {A: {Type: T, DeletionPolicy: RetainExceptOnCreate}}", NULL},
        {RES "Outputs: {O: {Description: x}}",
         "Every Outputs member must contain a Value object (line 2, column 11)"},
        {RES "Outputs: {O: {Value: !Ref B}}",
         "Unresolved resource dependencies [B] in the Outputs block of the template (line 2, column 22)"},
        {RES "Outputs: {O: {Value: !Ref A, Export: {Name: !Sub '${AWS::StackName}-x'}}}", NULL},
        {RES "Conditions: {C: !Equals [!Ref A, x]}",
         "Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template (line 2, column 26)"},
        {RES "Conditions: {C: true}",
         "Every Conditions member must be a condition function (line 2, column 14)"},
        {RES "Parameters: {P: {Default: x}}",
         "Every Parameters object must contain a Type member. (line 2, column 14)"},
        {RES "Parameters: {P: {Type: Strin}}",
         "Unrecognized parameter type: Strin (line 2, column 24)"},
        {RES "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>'}}",
         "the parameter type AWS::SSM::Parameter::Value<String> is not supported by calotype (line 2, column 24)"},
        {RES "Parameters: {P: {Type: String, AllowedValues: x}}",
         "Every AllowedValues member must be a list. (line 2, column 47)"},
        {RES "Parameters: {P: {Type: String, Allowed: x}}",
         "Invalid template parameter property 'Allowed' (line 2, column 32)"},
        {RES "Mappings: {M: {K: {A: {B: C}}}}",
         "Every Mappings attribute must be a String or a List. (line 2, column 20)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(tmpl) struct tmpl *t = NULL;
        struct tmpl_fault fault;
        const struct tmpl_model *m;
        CHECK_CASE(tmpl_new(&t, str_c(cases[i].text), &fault) == 0, cases[i].text);
        int rc = tmpl_model_new(t, &m, &fault);
        if (!cases[i].want)
            CHECK_CASE(rc == 0, fault.why.text);
        else if (rc == 0 || !str_ends(str_c(fault.why.text), str_c(cases[i].want)))
            CHECK_STR(str_c(fault.why.text), str_c(cases[i].want));
    }
}

/* What is told of a template with several faults, by their places. */
static void all_faults(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
        bool evaluates;
    } cases[] = {
        {"Resources:\n"
         "  A: {Type: T, DependsOn: [X, Y], Properties: {P: !Ref Z, Q: !Sub '${V}${W}'}}\n"
         "  B: {Properties: [1]}\n"
         "  C: 1\n"
         "Outputs: {O: {Value: !GetAtt U.Arn}, Q: 1}\n",
         "Template format error: Unresolved resource dependencies [X] in the Resources block of the template (line 2, column 28)\n"
         "Template format error: Unresolved resource dependencies [Y] in the Resources block of the template (line 2, column 31)\n"
         "Template format error: Unresolved resource dependencies [Z] in the Resources block of the template (line 2, column 51)\n"
         "Template format error: Unresolved resource dependencies [V] in the Resources block of the template (line 2, column 62)\n"
         "Template format error: Unresolved resource dependencies [W] in the Resources block of the template (line 2, column 62)\n"
         "Template format error: [/Resources/B] Every Resources object must contain a Type member. (line 3, column 3)\n"
         "Template format error: [/Resources/B] Properties must be a map (line 3, column 19)\n"
         "Template format error: [/Resources/C] resource definition is malformed (line 4, column 3)\n"
         "Template error: instance of Fn::GetAtt references undefined resource U (line 5, column 22)\n"
         "Template format error: Every Outputs member must contain a Value object (line 5, column 38)",
         true},
        {"Parameters: {P: {Type: Strin, Nope: 1}, Q: 1}\n"
         "Mappings: {M: 1, N: {K: 1}}\n"
         "Conditions: {C: 1}\n" RES,
         "Template format error: Unrecognized parameter type: Strin (line 1, column 24)\n"
         "Invalid template parameter property 'Nope' (line 1, column 31)\n"
         "Template format error: Every Parameters object must contain a Type member. (line 1, column 41)\n"
         "Template format error: Every Mappings member must be a map (line 2, column 12)\n"
         "Template format error: Every Mappings member must be a map (line 2, column 22)\n"
         "Template format error: Every Conditions member must be a condition function (line 3, column 14)",
         false},
        {"Resources: []\nOutputs: 1\n",
         "Template format error: Resources section must be a map, not a list (line 1, column 12)\n"
         "Template format error: Outputs section must be a map, not a number (line 2, column 10)",
         true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(tmpl) struct tmpl *t = NULL;
        CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
        CLEANUP_DEINIT(buf) struct buf told = {0};
        const struct tmpl_model *m = NULL;
        bool evaluates = !cases[i].evaluates;
        CHECK_CASE(tmpl_new(&t, str_c(cases[i].text), NULL) == 0, cases[i].text);
        CHECK_INT(tmpl_model_check(t, &m, &evaluates, &faults), TMPL_E_TEMPLATE);
        tmpl_faults_tell(&faults, &told);
        CHECK_STR(buf_view(&told), str_c(cases[i].want));
        CHECK_CASE(m && evaluates == cases[i].evaluates, cases[i].text);
    }
}

/* The list ends, and says how many there are beyond it. */
static void very_many_faults(void **state) {
    (void)state;
    CLEANUP(tmpl) struct tmpl *t = NULL;
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_DEINIT(buf) struct buf told = {0};
    const struct tmpl_model *m = NULL;
    bool evaluates;
    buf_c(&text, "Resources:\n");
    for (int i = 0; i < TMPL_MAX_FAULTS + 7; i++)
        buf_printf(&text, "  A%d: {}\n", i);
    CHECK_INT(tmpl_new(&t, buf_view(&text), NULL), 0);
    CHECK_INT(tmpl_model_check(t, &m, &evaluates, &faults), TMPL_E_TEMPLATE);
    tmpl_faults_tell(&faults, &told);
    CHECK(str_ends(buf_view(&told), S(" (line 51, column 3)\nand 7 more")));
}

static const char diamond[] =
    "Conditions: {Never: !Equals [a, b]}\n"
    "Resources:\n"
    "  Top: {Type: T, Properties: {X: !Sub '${Left}${Right.Arn}', Y: !Ref Left}}\n"
    "  Left: {Type: T, DependsOn: Base}\n"
    "  Right: {Type: T, Properties: {X: !GetAtt Base.Arn, Y: !Ref Gone}}\n"
    "  Base: {Type: T, Properties: {X: !Ref AWS::Region}}\n"
    "  Gone: {Type: T, Condition: Never}\n";

static void order(void **state) {
    (void)state;
    CLEANUP(tmpl) struct tmpl *t = NULL;
    const struct tmpl_model *m;
    CHECK_INT(tmpl_new(&t, str_c(diamond), NULL), 0);
    struct tmpl_fault fault;
    CHECK_CASE(tmpl_model_new(t, &m, &fault) == 0, fault.why.text);
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct tmpl_graph g;
    bool active[] = {true, true, true, true, false};
    CHECK_INT(tmpl_graph_new(m, active, &arena, &g, NULL), 0);
    CLEANUP_DEINIT(buf) struct buf names = {0};
    for (size_t i = 0; i < g.n_order; i++) {
        buf_str(&names, m->resources[g.order[i]].name);
        buf_char(&names, ' ');
    }
    CHECK_BUF(names, "Base Left Right Top ");
    CHECK_INT(g.n_needs[0], 2);
    CHECK_INT(g.n_needs[2], 1);
    CHECK_INT(g.n_needs[4], 0);
}

static void cycles(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"Resources:\n  A: {Type: T, Properties: {X: !Ref A}}\n",
         "Circular dependency between resources: [A -> A] (line 2, column 3)"},
        {"Resources:\n  Z: {Type: T, DependsOn: A}\n  A: {Type: T, Properties: {X: !GetAtt B.Arn}}\n  B: {Type: T, DependsOn: [C]}\n"
         "  C: {Type: T, Properties: {X: !Sub '${A}'}}\n",
         "Circular dependency between resources: [A -> B -> C -> A] (line 3, column 3)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(tmpl) struct tmpl *t = NULL;
        const struct tmpl_model *m;
        CHECK_INT(tmpl_new(&t, str_c(cases[i].text), NULL), 0);
        CHECK_INT(tmpl_model_new(t, &m, NULL), 0);
        CLEANUP_DEINIT(arena) struct arena arena = {0};
        struct tmpl_graph g;
        struct tmpl_fault fault = {{0}, {{0}}};
        CHECK_INT(tmpl_graph_new(m, NULL, &arena, &g, &fault), TMPL_E_TEMPLATE);
        CHECK_STR(str_c(fault.why.text), str_c(cases[i].want));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(checks), cmocka_unit_test(all_faults),
                                       cmocka_unit_test(very_many_faults), cmocka_unit_test(order),
                                       cmocka_unit_test(cycles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
