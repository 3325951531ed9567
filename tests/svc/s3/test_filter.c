/* s3/filter: which rule a key belongs to, and rules that overlap. */
#include "cm.h"

#include "svc/s3/filter.h"

static const struct s3_filter_rule images[] = {
    {S_INIT(""), S_INIT(".jpg")},
    {S_INIT(""), S_INIT(".jpeg")},
    {S_INIT("raw/"), S_INIT(".png")},
};

static void matches(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str key;
        int want;
    } cases[] = {
        {"plain suffix", S_INIT("cat.jpg"), 0},
        {"longer suffix", S_INIT("a/b/cat.jpeg"), 1},
        {"needs its prefix", S_INIT("cat.png"), -1},
        {"prefix and suffix", S_INIT("raw/cat.png"), 2},
        {"case-sensitive", S_INIT("cat.JPG"), -1},
        {"suffix is whole key", S_INIT(".jpg"), 0},
        {"empty key", S_INIT(""), -1},
    };
    CLEANUP(s3_filter) struct s3_filter *f = NULL;
    size_t clash = 99;
    CHECK_INT(s3_filter_new(&f, images, 3, &clash), S3_FILTER_OK);
    CHECK_INT(clash, 99); /* success must not touch reterr_ */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(s3_filter_match(f, cases[i].key) == cases[i].want, cases[i].name);
}

static void overlap_is_refused(void **state) {
    (void)state;
    const struct s3_filter_rule rules[] = {{S(""), S(".jpg")}, {S("x/"), S("")}};
    struct s3_filter *f = NULL;
    size_t clash = 99;
    CHECK_INT(s3_filter_new(&f, rules, 2, &clash), S3_FILTER_E_OVERLAP);
    CHECK(f == NULL && clash == 1); /* failure must not touch ret_ */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(matches),
                                       cmocka_unit_test(overlap_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
