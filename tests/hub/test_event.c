/*
 * hub/event: rows survive the round trip, every cut is refused, and retries wait longer each time.
 */
#include "cm.h"

#include "hub/event.h"

static void round_trip_and_every_prefix(void **state) {
    (void)state;
    struct hub_row row = {.attempts = 300,
                          .born_ms = 1795323419123,
                          .event = {.target = S("arn:aws:lambda:us-east-1:000000000000:function:f"),
                                    .payload = S("{\"a\":\"\0\"}"),
                                    .source_account = S("000000000000"),
                                    .region = S("us-east-1")}},
                   got;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    hub_row_encode(&b, &row);
    CHECK(hub_row_decode(buf_view(&b), &got));
    CHECK_STR(got.event.payload, row.event.payload);
    CHECK_STR(got.event.region, row.event.region);
    CHECK(got.attempts == 300 && got.born_ms == row.born_ms);
    for (size_t n = 0; n < b.len; n++)
        CHECK(!hub_row_decode(str_slice(buf_view(&b), 0, n), &got));
    buf_char(&b, 'x');
    CHECK(!hub_row_decode(buf_view(&b), &got));
}

static void backoff(void **state) {
    (void)state;
    CHECK_INT(hub_backoff_ms(1), 1000);
    CHECK_INT(hub_backoff_ms(2), 2000);
    CHECK_INT(hub_backoff_ms(9), 256000);
    CHECK_INT(hub_backoff_ms(10), 300000);
    CHECK_INT(hub_backoff_ms(1000000), 300000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip_and_every_prefix),
                                       cmocka_unit_test(backoff)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
