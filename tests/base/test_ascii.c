#include "cm.h"

#include "base/ascii.h"

#include <ctype.h>

/* The C locale's classes are what ours must be, for every byte. */
static void test_classes(void **state) {
    (void)state;
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        assert_int_equal(ascii_is_digit(c), isdigit(i) != 0);
        assert_int_equal(ascii_is_lower(c), islower(i) != 0);
        assert_int_equal(ascii_is_upper(c), isupper(i) != 0);
        assert_int_equal(ascii_is_alpha(c), isalpha(i) != 0);
        assert_int_equal(ascii_is_alnum(c), isalnum(i) != 0);
        assert_int_equal((unsigned char)ascii_lower(c), tolower(i));
        assert_int_equal((unsigned char)ascii_upper(c), toupper(i));
        assert_int_equal(ascii_hex(c) >= 0, isxdigit(i) != 0);
    }
    assert_int_equal(ascii_hex('0'), 0);
    assert_int_equal(ascii_hex('9'), 9);
    assert_int_equal(ascii_hex('a'), 10);
    assert_int_equal(ascii_hex('F'), 15);
}

static void test_texts(void **state) {
    (void)state;
    char text[] = "X-Amz-\xc3\x84";
    ascii_lower_all(text, sizeof text - 1);
    assert_string_equal(text, "x-amz-\xc3\x84");
    assert_true(ascii_only_alnum(S(""), ""));
    assert_true(ascii_only_alnum(S("aZ09"), ""));
    assert_true(ascii_only_alnum(S("a-b_c"), "-_"));
    assert_false(ascii_only_alnum(S("a.b"), "-_"));
    assert_false(ascii_only_alnum(S("a\0b"), "-_"));
    assert_false(ascii_only_alnum(S("\xc3\xa4"), "-_"));
    assert_false(ascii_is_one_of('\0', "ab"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes),
                                       cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
