#include "cm.h"
#include "svc/kit/name.h"

static void test_names(void **state) {
    (void)state;
    assert_true(kit_name_ok(S("a"), 80));
    assert_true(kit_name_ok(S("Aa0-_"), 5));
    assert_false(kit_name_ok(S("Aa0-_x"), 5));
    assert_false(kit_name_ok(S(""), 80));
    assert_false(kit_name_ok(S("a.b"), 80));
    assert_false(kit_name_ok(S("a b"), 80));
    assert_false(kit_name_ok(S("\xc3\xa4"), 80));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
