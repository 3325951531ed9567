#include "cm.h"

#include "base/codec.h"

static void base64(void **state) {
    (void)state;
    static const struct {
        const char *plain, *coded;
    } cases[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf coded = {0}, plain = {0};
        codec_add_base64(&coded, cases[i].plain, strlen(cases[i].plain));
        check_buf(coded, cases[i].coded);
        assert_true(codec_unbase64(&plain, buf_view(&coded)));
        check_buf(plain, cases[i].plain);
    }
    static const char *const bad[] = {
        "Zg=", "Zg", "Z===", "Zh==", "Zm9=", "Z m9", "Zg==Zg==", "===="};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        buf_c(&out, "kept");
        check_case(!codec_unbase64(&out, str_c(bad[i])), bad[i]);
        check_buf(out, "kept");
    }
}

static void uri(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    codec_add_uri(&b, S("a b/c~d+\xC3\xA4"), true);
    check_buf(b, "a%20b/c~d%2B%C3%A4");
    buf_clear(&b);
    codec_add_uri(&b, S("a/b"), false);
    check_buf(b, "a%2Fb");
    buf_clear(&b);
    assert_true(codec_unuri(&b, S("a%20b+c"), true));
    check_buf(b, "a b c");
    buf_clear(&b);
    assert_true(codec_unuri(&b, S("a+c"), false));
    check_buf(b, "a+c");
    assert_false(codec_unuri(&b, S("x%2"), false));
    assert_false(codec_unuri(&b, S("x%zz"), false));
    check_buf(b, "a+c");
}

static void hex(void **state) {
    (void)state;
    unsigned char out[2];
    assert_true(codec_unhex(S("00fF"), out, 2));
    assert_true(out[0] == 0 && out[1] == 255);
    assert_false(codec_unhex(S("0g00"), out, 2));
    assert_false(codec_unhex(S("000"), out, 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(base64), cmocka_unit_test(uri),
                                       cmocka_unit_test(hex)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
