/* base/codec: hex, base64 and percent-encoding, and what strict decoders refuse. */
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
        CHECK_BUF(coded, cases[i].coded);
        CHECK(codec_unbase64(&plain, buf_view(&coded)));
        CHECK_BUF(plain, cases[i].plain);
    }
    static const unsigned char all[] = {0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF, 0x00, 0x10, 0x83};
    CLEANUP_DEINIT(buf) struct buf high = {0}, back = {0};
    codec_add_base64(&high, all, sizeof all);
    CHECK_BUF(high, "++++////ABCD");
    CHECK(codec_unbase64(&back, buf_view(&high)));
    CHECK_STR(buf_view(&back), str_n(all, sizeof all));
    buf_clear(&high);
    static const unsigned char more[] = {0x69, 0xB7, 0x1D, 0x79, 0xF8, 0x21, 0x8A, 0x39, 0x25};
    codec_add_base64(&high, more, sizeof more);
    CHECK_BUF(high, "abcdefghijkl");
    buf_clear(&back);
    CHECK(codec_unbase64(&back, S("zZ09")));
    CHECK_STR(buf_view(&back), S("\xCD\x9D\x3D"));
    static const char *const bad[] = {"Z\xC3\xA4=", "Zm9v=",  "=m9v", "Zm=v",     "Zm9_",
                                      "Zm9-",       "Zm9v\n", "Zg=",  "Zg",       "Z===",
                                      "Zh==",       "Zm9=",   "Z m9", "Zg==Zg==", "===="};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        buf_c(&out, "kept");
        CHECK_CASE(!codec_unbase64(&out, str_c(bad[i])), bad[i]);
        CHECK_BUF(out, "kept");
    }
}

static void uri(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    codec_add_uri(&b, S("a b/c~d+\xC3\xA4"), true);
    CHECK_BUF(b, "a%20b/c~d%2B%C3%A4");
    buf_clear(&b);
    codec_add_uri(&b, S("a/b"), false);
    CHECK_BUF(b, "a%2Fb");
    buf_clear(&b);
    CHECK(codec_unuri(&b, S("a%20b+c"), true));
    CHECK_BUF(b, "a b c");
    buf_clear(&b);
    CHECK(codec_unuri(&b, S("a+c"), false));
    CHECK_BUF(b, "a+c");
    CHECK(!codec_unuri(&b, S("x%"), false));
    CHECK(!codec_unuri(&b, S("x%2"), false));
    CHECK(!codec_unuri(&b, S("x%zz"), false));
    CHECK_BUF(b, "a+c");
    buf_clear(&b);
    CHECK(codec_unuri(&b, S("%41%42z%00"), true));
    CHECK_STR(buf_view(&b), S("ABz\0"));
    buf_clear(&b);
    codec_add_uri(&b, S("AZaz09-._~*'()!@:\0"), false);
    CHECK_BUF(b, "AZaz09-._~%2A%27%28%29%21%40%3A%00");
}

static void hex(void **state) {
    (void)state;
    unsigned char out[2];
    char text[9] = "--------";
    codec_hex(text, "\x01\xAF\xf0", 3);
    CHECK_TEXT(text, "01aff0--");
    CLEANUP_DEINIT(buf) struct buf b = {0};
    codec_add_hex(&b, "\x9A\x00", 2);
    codec_add_hex(&b, "z", 1);
    CHECK_BUF(b, "9a007a");
    CHECK(!codec_unhex(S("0000 "), out, 2));
    CHECK(!codec_unhex(S("0 00"), out, 2));
    CHECK(!codec_unhex(S("00f/"), out, 2));
    CHECK(!codec_unhex(S("/f00"), out, 2));
    CHECK(codec_unhex(S(""), out, 0));
    CHECK(codec_unhex(S("00fF"), out, 2));
    CHECK(out[0] == 0 && out[1] == 255);
    CHECK(!codec_unhex(S("0g00"), out, 2));
    CHECK(!codec_unhex(S("000"), out, 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(base64), cmocka_unit_test(uri),
                                       cmocka_unit_test(hex)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
