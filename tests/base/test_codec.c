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
    static const char *const bad[] = {
        "Zg=", "Zg", "Z===", "Zh==", "Zm9=", "Z m9", "Zg==Zg==", "===="};
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
    CHECK(!codec_unuri(&b, S("x%2"), false));
    CHECK(!codec_unuri(&b, S("x%zz"), false));
    CHECK_BUF(b, "a+c");
}

static void hex(void **state) {
    (void)state;
    unsigned char out[2];
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
