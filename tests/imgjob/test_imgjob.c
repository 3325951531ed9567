/* imgjob: messages survive the round trip, and a lying reply is refused. */
#include "cm.h"

#include "imgjob/imgjob.h"

#include <errno.h>

static struct imgjob_reply sample(void) {
    struct imgjob_reply r = {.status = IMGJOB_DONE,
                             .format = S("jpeg"),
                             .width = 10,
                             .height = 20,
                             .orientation = 6,
                             .bit_depth = 8,
                             .color_space = S("YCbCr"),
                             .truncated = true,
                             .has_gps = true,
                             .latitude = -12.5,
                             .longitude = 7,
                             .make = S("Canon"),
                             .phash = 0xFEDCBA9876543210u,
                             .has_phash = true,
                             .n = 1};
    r.derivatives[0] = (struct imgjob_derivative){800, 4, 8, S("image/jpeg"), 99};
    return r;
}

static void reply_round_trip(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    struct imgjob_reply want = sample(), got;
    imgjob_put_reply(&b, &want);
    size_t head = b.len;
    buf_c(&b, "picture bytes");
    CHECK_INT(imgjob_get_reply(buf_view(&b), &got), head);
    CHECK(got.truncated && got.has_gps && got.has_phash && got.phash == want.phash);
    CHECK(got.latitude == -12.5 && got.longitude == 7 && got.orientation == 6);
    CHECK_STR(got.make, S("Canon"));
    CHECK_STR(got.derivatives[0].content_type, S("image/jpeg"));
    for (size_t n = 0; n < head; n++)
        CHECK_INT(imgjob_get_reply(str_slice(buf_view(&b), 0, n), &got), 0);
}

/* A worker that a picture has taken over may send anything. */
static void a_lying_reply_is_refused(void **state) {
    (void)state;
    struct imgjob_reply got, lies[3] = {sample(), sample(), sample()};
    lies[0].derivatives[0].size = (uint64_t)IMGJOB_MAX_DERIVATIVE + 1;
    lies[1].derivatives[0].content_type = S("text/html");
    lies[2].model = S("\xFF\xFE");
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        imgjob_put_reply(&b, &lies[i]);
        CHECK_INT(imgjob_get_reply(buf_view(&b), &got), -EBADMSG);
    }
    CHECK_INT(imgjob_get_reply(S("HTTP/1.1 200 OK"), &got), -EBADMSG);
    CHECK_INT(imgjob_get_reply(S("CIR1\xFF\xFF\xFF\xFF"), &got), -EBADMSG);
}

static void request_round_trip(void **state) {
    (void)state;
    struct imgjob_request want = {.size = 5,
                                  .max_pixels = 7,
                                  .keep_gps = true,
                                  .n = 2,
                                  .wishes = {{1600, 80}, {200, 75}}},
                          got;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    imgjob_put_request(&b, &want);
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), b.len);
    CHECK(got.size == 5 && got.max_pixels == 7 && got.keep_gps && got.n == 2);
    CHECK(got.wishes[1].edge == 200 && got.wishes[1].quality == 75);
    want.wishes[1].edge = 1700; /* not descending */
    buf_clear(&b);
    imgjob_put_request(&b, &want);
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), -EBADMSG);
}

/* The bytes of docs/formats/imgjob.md. */
static void bytes_of_the_format(void **state) {
    (void)state;
    struct imgjob_request request = {.size = 258,
                                     .max_pixels = 3,
                                     .n = 1,
                                     .wishes = {{0x1234, 80}}};
    CLEANUP_DEINIT(buf) struct buf b = {0};
    imgjob_put_request(&b, &request);
    CHECK_STR(buf_view(&b), S("CIQ1\0\0\0\x1A\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\0\x03\0\x01"
                              "\0\0\x12\x34\0\0\0\x50"));
    struct imgjob_reply reply = {.status = IMGJOB_REJECTED,
                                 .reason = S("no"),
                                 .width = 1,
                                 .height = 2,
                                 .orientation = 3,
                                 .bit_depth = 8,
                                 .has_phash = true,
                                 .latitude = 1,
                                 .phash = 4,
                                 .decode_us = 5,
                                 .resize_us = 6,
                                 .encode_us = 7,
                                 .n = 1,
                                 .derivatives = {{9, 10, 11, S("image/png"), 12}}};
    buf_clear(&b);
    imgjob_put_reply(&b, &reply);
    CHECK_STR(buf_view(&b),
              S("CIR1\0\0\0\x6B\x01\x04\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x08"
                "\x3F\xF0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                "\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x07"
                "\x02no\0\0\0\0\0\0\0\x01"
                "\0\0\0\x09\0\0\0\x0A\0\0\0\x0B\x09image/png\0\0\0\0\0\0\0\x0C"));
    struct imgjob_reply got;
    CHECK_INT(imgjob_get_reply(buf_view(&b), &got), b.len);
    CHECK_INT(got.status, IMGJOB_REJECTED);
    CHECK_STR(got.reason, S("no"));
    CHECK(got.phash == 4 && got.decode_us == 5 && got.resize_us == 6 && got.encode_us == 7);
    CHECK(got.width == 1 && got.height == 2 && got.bit_depth == 8 && !got.truncated &&
          !got.has_gps);
    CHECK_INT(got.derivatives[0].edge, 9);
    CHECK_INT(got.derivatives[0].size, 12);
}

static void bounds_of_a_request(void **state) {
    (void)state;
    static const struct {
        struct imgjob_wish wishes[2];
        bool good;
    } cases[] = {
        {{{1, 1}, {1, 1}}, true},          {{{16384, 100}, {16384, 100}}, true},
        {{{16385, 80}, {200, 80}}, false}, {{{800, 80}, {0, 80}}, false},
        {{{800, 80}, {200, 0}}, false},    {{{800, 80}, {200, 101}}, false},
        {{{800, 80}, {801, 80}}, false},   {{{800, 80}, {800, 80}}, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct imgjob_request request = {.n = 2}, got;
        CLEANUP_DEINIT(buf) struct buf b = {0};
        memcpy(request.wishes, cases[i].wishes, sizeof cases[i].wishes);
        imgjob_put_request(&b, &request);
        CHECK_INT(imgjob_get_request(buf_view(&b), &got),
                  cases[i].good ? (ptrdiff_t)b.len : -EBADMSG);
    }
    /* As many wishes as there may be, one more, and a byte that belongs to nothing. */
    struct imgjob_request many = {.n = IMGJOB_MAX_DERIVATIVES}, got;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    for (size_t i = 0; i < many.n; i++)
        many.wishes[i] = (struct imgjob_wish){8, 8};
    imgjob_put_request(&b, &many);
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), b.len);
    CHECK_INT(got.wishes[many.n - 1].edge, 8);
    b.p[8 + 17]++;
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), -EBADMSG);
    b.p[8 + 17]--;
    b.p[7]++;
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), 0); /* the byte is still to come */
    buf_char(&b, 0);
    CHECK_INT(imgjob_get_request(buf_view(&b), &got), -EBADMSG);
    CHECK_INT(imgjob_get_request(S(""), &got), 0);
    CHECK_INT(imgjob_get_request(S("CIQ"), &got), 0);
    CHECK_INT(imgjob_get_request(S("CIR"), &got), -EBADMSG);
    CHECK_INT(imgjob_get_request(S("CIQ1\0\1\0\0"), &got), 0); /* 64 KiB */
    CHECK_INT(imgjob_get_request(S("CIQ1\0\1\0\1"), &got), -EBADMSG);
}

static void bounds_of_a_reply(void **state) {
    (void)state;
    struct imgjob_reply got, good[3] = {sample(), sample(), sample()}, bad[5];
    CLEANUP_DEINIT(buf) struct buf b = {0};
    good[0].derivatives[0].size = IMGJOB_MAX_DERIVATIVE;
    good[1].derivatives[0].size = 1;
    good[2].n = IMGJOB_MAX_DERIVATIVES;
    for (size_t i = 1; i < good[2].n; i++)
        good[2].derivatives[i] = good[2].derivatives[0];
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        buf_clear(&b);
        imgjob_put_reply(&b, &good[i]);
        CHECK_INT(imgjob_get_reply(buf_view(&b), &got), b.len);
        CHECK_INT(got.n, good[i].n);
        CHECK_STR(got.derivatives[got.n - 1].content_type, S("image/jpeg"));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        bad[i] = sample();
    bad[0].derivatives[0].size = 0;
    bad[1].latitude = 0.0 / 0.0;
    bad[2].longitude = 1e300 * 1e300;
    bad[3].status = (enum imgjob_status)2;
    bad[4].reason = S("\xC0");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        buf_clear(&b);
        imgjob_put_reply(&b, &bad[i]);
        CHECK_INT(imgjob_get_reply(buf_view(&b), &got), -EBADMSG);
    }
    /* Texts are cut at 512 bytes when they are written, and refused beyond when they are read. */
    char text[600];
    memset(text, 't', sizeof text);
    good[0].make = str_n(text, sizeof text);
    buf_clear(&b);
    imgjob_put_reply(&b, &good[0]);
    CHECK_INT(imgjob_get_reply(buf_view(&b), &got), b.len);
    CHECK_INT(got.make.len, IMGJOB_MAX_TEXT);
    ptrdiff_t at = str_find(buf_view(&b), S("tttttttt"));
    b.p[at - 2]++; /* the low seven bits of its length */
    CHECK_INT(imgjob_get_reply(buf_view(&b), &got), -EBADMSG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply_round_trip),    cmocka_unit_test(a_lying_reply_is_refused),
        cmocka_unit_test(request_round_trip),  cmocka_unit_test(bytes_of_the_format),
        cmocka_unit_test(bounds_of_a_request), cmocka_unit_test(bounds_of_a_reply)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
