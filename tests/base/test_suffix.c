/* base/suffix: which names are processed, and as what. */
#include "cm.h"

#include "base/own.h"
#include "base/suffix.h"

static void names(void **state) {
    (void)state;
    static const struct {
        const char *name, *want;
    } cases[] = {
        {"a.jpg", "image/jpeg"},
        {"A.JPEG", "image/jpeg"},
        {"IMG_1.Jpg", "image/jpeg"},
        {"holiday/x.jPeG", "image/jpeg"},
        {"x.Png", "image/png"},
        {".png", "image/png"},
        {"a.jpg.png", "image/png"},
        {"jpg", NULL},
        {"a.jpg.txt", NULL},
        {"a.jpe", NULL},
        {"a.png ", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = suffix_media_type(str_c(cases[i].name));
        CHECK_CASE(str_eq(str_c(got), str_c(cases[i].want)), cases[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
