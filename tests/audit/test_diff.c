/* The difference of two texts, as diff and patch have it. */
#include "cm.h"

#include "audit/fix.h"

static const struct {
    const char *name, *before, *after, *want;
} cases[] = {
    {"nothing", "a\n", "a\n", ""},
    {"a line more", "a\nb\n", "a\nx\nb\n", "@@ -1,2 +1,3 @@\n a\n+x\n b\n"},
    {"all of it new", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
    {"a line less, at the end", "a\nb\n", "a\n", "@@ -1,2 +1 @@\n a\n-b\n"},
    {"three lines of context", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
     "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"},
    {"two changes near each other are one hunk", "1\n2\n3\n4\n5\n6\n7\n8\n",
     "x\n2\n3\n4\n5\n6\n7\ny\n", "@@ -1,8 +1,8 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n"},
    {"two that are apart are two", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n2\n3\n4\n5\n6\n7\n8\ny\n",
     "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n"},
    {"the last line does not end", "a\nb", "a\nb\nc",
     "@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c\n\\ No newline at end of file\n"},
    {"lines that are alike", "a\nb\na\nb\na\n", "b\na\nb\na\nc\n",
     "@@ -1,5 +1,5 @@\n-a\n b\n a\n b\n a\n+c\n"},
};

static void test_cases(void **) {
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf got = {0}, want = {0};
        audit_diff(&got, "t.yaml", str_c(cases[i].before), str_c(cases[i].after));
        if (cases[i].want[0])
            buf_printf(&want, "--- t.yaml\n+++ t.yaml\n%s", cases[i].want);
        if (!str_eq(buf_view(&got), buf_view(&want)))
            print_error("case \"%s\":\n", cases[i].name);
        CHECK_STR(buf_view(&got), buf_view(&want));
    }
}

/* Texts that have nothing in common are over before anybody waits, and still right. */
static void test_nothing_in_common(void **) {
    enum { LINES = 20000 };
    CLEANUP_DEINIT(buf) struct buf before = {0}, after = {0}, got = {0}, want = {0};
    buf_printf(&want, "--- t\n+++ t\n@@ -1,%d +1,%d @@\n", LINES, LINES);
    for (int i = 0; i < LINES; i++) {
        buf_printf(&before, "a%d\n", i);
        buf_printf(&want, "-a%d\n", i);
    }
    for (int i = 0; i < LINES; i++) {
        buf_printf(&after, "b%d\n", i);
        buf_printf(&want, "+b%d\n", i);
    }
    audit_diff(&got, "t", buf_view(&before), buf_view(&after));
    CHECK(str_eq(buf_view(&got), buf_view(&want)));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_nothing_in_common)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
