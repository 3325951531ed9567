/* kit/name: names that each resource takes and refuses. */
#include "cm.h"
#include "svc/kit/name.h"

static void test_names(void **state) {
    (void)state;
    CHECK(kit_name_ok(S("a"), 80));
    CHECK(kit_name_ok(S("Aa0-_"), 5));
    CHECK(!kit_name_ok(S("Aa0-_x"), 5));
    CHECK(!kit_name_ok(S(""), 80));
    CHECK(!kit_name_ok(S("a.b"), 80));
    CHECK(!kit_name_ok(S("a b"), 80));
    CHECK(!kit_name_ok(S("\xc3\xa4"), 80));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
