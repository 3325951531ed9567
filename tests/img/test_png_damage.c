/* img/png_source on files at fault */
#include "png_builder.h"
static void f(void **state) {
    (void)state;
    CLEANUP_DEINIT(decoded) struct decoded d;
    decode(S(""), &d);
    struct picture p;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    struct png_kind k = {0};
    reference(S(""), &p);
    add_png(&b, &k, 1, 1, 1);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(f)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
