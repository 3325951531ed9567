/* Each rule's row: that it says what it must, and that its two examples show what it finds. */
#include "cm.h"

#include "audit/audit.h"
#include "base/ascii.h"

static size_t found(const struct audit_rule *rule, const char *text) {
    const struct audit_options options = {.profile = AUDIT_ALL, .only = rule};
    CLEANUP(audit) struct audit *a = audit_new(&options);
    audit_template_read(a, "template", str_c(text));
    size_t n;
    audit_findings(a, &n);
    return n;
}

static void test_examples(void **) {
    for (size_t i = 0; i < audit_n_rules; i++) {
        const struct audit_rule *rule = audit_rules[i];
        CHECK_CASE(!rule->bad == !rule->good, rule->id);
        if (!rule->bad)
            continue;
        CHECK_CASE(found(rule, rule->bad) > 0, rule->id);
        CHECK_CASE(found(rule, rule->good) == 0, rule->id);
    }
}

/* Only the rule whose templates are too large for a page has no examples. */
static void test_has_examples(void **) {
    for (size_t i = 0; i < audit_n_rules; i++)
        CHECK_CASE(audit_rules[i]->bad || str_is(str_c(audit_rules[i]->id), "conditions-unknown"),
                   audit_rules[i]->id);
}

static bool is_clause(const char *text) {
    return text && text[0] && !str_ends(str_c(text), S(".")) && !ascii_is_one_of(text[0], " \n");
}

static void test_rows(void **) {
    for (size_t i = 0; i < audit_n_rules; i++) {
        const struct audit_rule *rule = audit_rules[i];
        CHECK_CASE(ascii_only_alnum(str_c(rule->id), "-"), rule->id);
        CHECK_CASE(is_clause(rule->title) && is_clause(rule->why) && is_clause(rule->fix),
                   rule->id);
        CHECK_CASE(rule->class >= 0 && rule->class <= 18, rule->id);
        CHECK_CASE(audit_rule_find(str_c(rule->id)) == rule, rule->id);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples),
                                       cmocka_unit_test(test_has_examples),
                                       cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
