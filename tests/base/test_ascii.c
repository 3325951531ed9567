/* base/ascii: the classes are those of the C locale, for every byte. */
#include "cm.h"

#include "base/ascii.h"

#include <ctype.h>

/* The C locale's classes are what ours must be, for every byte. */
static void test_classes(void **state) {
    (void)state;
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        CHECK_INT(ascii_is_digit(c), isdigit(i) != 0);
        CHECK_INT(ascii_is_lower(c), islower(i) != 0);
        CHECK_INT(ascii_is_upper(c), isupper(i) != 0);
        CHECK_INT(ascii_is_alpha(c), isalpha(i) != 0);
        CHECK_INT(ascii_is_alnum(c), isalnum(i) != 0);
        CHECK_INT((unsigned char)ascii_lower(c), tolower(i));
        CHECK_INT((unsigned char)ascii_upper(c), toupper(i));
        CHECK_INT(ascii_hex(c) >= 0, isxdigit(i) != 0);
    }
    CHECK_INT(ascii_hex('0'), 0);
    CHECK_INT(ascii_hex('9'), 9);
    CHECK_INT(ascii_hex('a'), 10);
    CHECK_INT(ascii_hex('F'), 15);
}

static void test_texts(void **state) {
    (void)state;
    char text[] = "X-Amz-\xc3\x84";
    ascii_lower_all(text, sizeof text - 1);
    CHECK_TEXT(text, "x-amz-\xc3\x84");
    CHECK(ascii_only_alnum(S(""), ""));
    CHECK(ascii_only_alnum(S("aZ09"), ""));
    CHECK(ascii_only_alnum(S("a-b_c"), "-_"));
    CHECK(!ascii_only_alnum(S("a.b"), "-_"));
    CHECK(!ascii_only_alnum(S("a\0b"), "-_"));
    CHECK(!ascii_only_alnum(S("\xc3\xa4"), "-_"));
    CHECK(!ascii_is_one_of('\0', "ab"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes),
                                       cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
