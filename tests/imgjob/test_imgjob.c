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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reply_round_trip),
                                       cmocka_unit_test(a_lying_reply_is_refused),
                                       cmocka_unit_test(request_round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
