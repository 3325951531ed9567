/* An event in its row, the row itself, and the waits between attempts. */
#include "cm.h"

#include "hub/due.h"
#include "hub/event.h"

static void an_event_and_every_prefix(void **state) {
    (void)state;
    const struct hub_event event = {.target = S("arn:aws:lambda:us-east-1:000000000000:function:f"),
                                    .source_service = S("s3.amazonaws.com"),
                                    .source_arn = S("arn:aws:s3:::b"),
                                    .source_account = S("000000000000"),
                                    .payload = S("{\"a\":\"\0\"}"),
                                    .subject = S("subject"),
                                    .attributes = S("{}"),
                                    .dead_letter = S("arn:aws:sqs:us-east-1:000000000000:dead"),
                                    .account = S("111111111111"),
                                    .region = S("us-east-1")};
    struct hub_event got;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    hub_event_encode(&b, &event);
    CHECK(hub_event_decode(buf_view(&b), &got));
    const struct {
        str got, want;
    } texts[] = {{got.target, event.target},         {got.source_service, event.source_service},
                 {got.source_arn, event.source_arn}, {got.source_account, event.source_account},
                 {got.payload, event.payload},       {got.subject, event.subject},
                 {got.attributes, event.attributes}, {got.dead_letter, event.dead_letter},
                 {got.account, event.account},       {got.region, event.region}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        CHECK_STR(texts[i].got, texts[i].want);
    for (size_t n = 0; n < b.len; n++)
        CHECK(!hub_event_decode(str_slice(buf_view(&b), 0, n), &got));
    buf_char(&b, 'x');
    CHECK(!hub_event_decode(buf_view(&b), &got));
    b.p[0] = 2; /* a version that is not known */
    CHECK(!hub_event_decode(str_slice(buf_view(&b), 0, b.len - 1), &got));
}

static void a_row_and_every_prefix(void **state) {
    (void)state;
    const struct hub_due_item item = {.due_ms = 1795323419123,
                                      .born_ms = 1795323419122,
                                      .attempts = 300,
                                      .payload = S("p\0q")};
    struct hub_due_item got = {.id = 7};
    CLEANUP_DEINIT(buf) struct buf b = {0};
    hub_due_encode(&b, &item);
    CHECK(hub_due_decode(buf_view(&b), &got));
    CHECK_INT(got.id, 7);
    CHECK_INT(got.due_ms, item.due_ms);
    CHECK_INT(got.born_ms, item.born_ms);
    CHECK_INT(got.attempts, 300);
    CHECK_STR(got.payload, item.payload);
    for (size_t n = 0; n < b.len - item.payload.len; n++)
        CHECK(!hub_due_decode(str_slice(buf_view(&b), 0, n), &got));
    b.p[0] = 2;
    CHECK(!hub_due_decode(buf_view(&b), &got));
}

/* docs/formats/due.md: what an older program wrote is read by a newer one. */
static void rows_are_as_the_page_says(void **state) {
    (void)state;
    static const char want_key[] = "due\0\1event\0\1\0\0\0\0\0\0\1\2";
    static const char want_row[] = "\1\0\0\0\0\0\0\1\3\0\0\0\0\0\0\1\4\5payload";
    CLEANUP_DEINIT(buf) struct buf key = {0}, row = {0};
    hub_due_key(&key, "event", 258);
    CHECK_STR(buf_view(&key), str_n(want_key, sizeof want_key - 1));
    hub_due_encode(&row, &(struct hub_due_item){.due_ms = 259,
                                                .born_ms = 260,
                                                .attempts = 5,
                                                .payload = S("payload")});
    CHECK_STR(buf_view(&row), str_n(want_row, sizeof want_row - 1));
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_and_every_prefix), cmocka_unit_test(a_row_and_every_prefix),
        cmocka_unit_test(rows_are_as_the_page_says), cmocka_unit_test(backoff)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
