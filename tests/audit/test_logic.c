/* Many conditions that depend on each other: that they are solved, or that the bound is told of. */
#include "cm.h"

#include "audit/audit_priv.h"

/* Steps are counted, not time: what is asked of a machine that is busy stays the same. */
static void check_large(const char *name, str template, const char *condition, bool is_possible,
                        size_t n_findings) {
    const struct audit_options options = {.profile = AUDIT_BASELINE,
                                          .only = &audit_rule_conditions_unknown};
    CLEANUP(audit) struct audit *a = audit_new(&options);
    CHECK_CASE(audit_template_read(a, "template", template) == 0, name);
    const struct audit_template *t = a->templates[0];
    CHECK_CASE(audit_possible(t, audit_guard_condition(t, NULL, str_c(condition), true)) ==
                   is_possible,
               name);
    size_t n;
    audit_findings(a, &n);
    CHECK_CASE(n == n_findings, name);
}

/* Each of forty is the parity of a parameter and the one before. */
static void test_parity(void **) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "Parameters:\n");
    for (int i = 0; i < 40; i++)
        buf_printf(&text, "  P%d: {Type: String, AllowedValues: [a, b]}\n", i);
    buf_c(&text, "Conditions:\n  C0: !Equals [!Ref P0, a]\n");
    for (int i = 1; i < 40; i++)
        buf_printf(&text,
                   "  C%d: !Or [!And [!Condition C%d, !Equals [!Ref P%d, a]], !And [!Not "
                   "[!Condition C%d], !Equals [!Ref P%d, b]]]\n",
                   i, i - 1, i, i - 1, i);
    buf_c(&text, "  Both: !And [!Condition C39, !Not [!Condition C39]]\n"
                 "Resources: {R: {Type: AWS::SNS::Topic}}\n");
    check_large("parity", buf_view(&text), "C39", true, 0);
    check_large("parity, both ways", buf_view(&text), "Both", false, 0);
}

/* Twenty pigeons in nineteen holes: no search of this kind ends, and ours says so. */
static void test_pigeons(void **) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "Conditions:\n  All: !And\n");
    for (int i = 0; i < 20; i++) {
        buf_c(&text, "    - !Or [");
        for (int k = 0; k < 19; k++)
            buf_printf(&text, "%s!Equals [!Ref P%dH%d, x]", k ? ", " : "", i, k);
        buf_c(&text, "]\n");
    }
    buf_c(&text, "    - !And\n");
    for (int k = 0; k < 19; k++) {
        buf_c(&text, "      - !And\n");
        for (int i = 0; i < 20; i++) {
            buf_c(&text, "        - !And [");
            for (int j = i + 1; j <= 20; j++)
                buf_printf(&text,
                           "%s!Not [!And [!Equals [!Ref P%dH%d, x], !Equals [!Ref P%dH%d, x]]]",
                           j > i + 1 ? ", " : "", i, k, j % 20 == i ? (i + 1) % 20 : j % 20, k);
            buf_c(&text, "]\n");
        }
    }
    buf_c(&text, "Resources: {R: {Type: AWS::SNS::Topic}}\n");
    check_large("pigeons", buf_view(&text), "All", true, 1);
}

/* Names that name each other, in a chain as long as a template may have, and in a ring. */
static void test_chains(void **) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, "Conditions:\n  C0: !Equals [!Ref AWS::Region, eu-west-1]\n");
    for (int i = 1; i < 500; i++)
        buf_printf(&text, "  C%d: !Not [!Condition C%d]\n", i, i - 1);
    buf_c(&text, "  Ring: !Not [!Condition Other]\n  Other: !Condition Ring\n"
                 "  One: !Condition Two\n  Two: !Condition One\n"
                 "Resources: {R: {Type: AWS::SNS::Topic}}\n");
    check_large("chain", buf_view(&text), "C499", true, 0);
    check_large("ring that contradicts itself", buf_view(&text), "Ring", false, 0);
    check_large("ring that does not", buf_view(&text), "One", true, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parity),
                                       cmocka_unit_test(test_pigeons),
                                       cmocka_unit_test(test_chains)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
