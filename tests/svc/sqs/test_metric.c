/* What the timer counts. The clock is seen through the linker's --wrap. */
#include "sqs/fixture.h"

#include "svc/sqs/live.h"

/* The next look at world time is that much late; those behind it are not. */
static _Thread_local int64_t late_ms;

int64_t __real_clock_world_ms(void);
int64_t __wrap_clock_world_ms(void);
int64_t __wrap_clock_world_ms(void) {
    int64_t late = late_ms;
    late_ms = 0;
    return __real_clock_world_ms() - late;
}

static double visible;
static void on_metric(void *ctx, struct store_batch *batch, const struct hub_metric *m) {
    (void)ctx, (void)batch;
    if (str_is(m->name, "ApproximateNumberOfMessagesVisible"))
        visible = m->value;
}

/* A run of the timer that takes long: the message came when the run had looked at the clock. */
static void a_message_that_comes_during_a_run_counts(void **state) {
    struct cloud *c = *state;
    hub_plug_metric(c->hub, on_metric, NULL);
    sqs_each_minute(sqs);
    CHECK(visible == 0);
    later(61000);
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'m'}"));
    late_ms = 900;
    sqs_each_minute(sqs);
    CHECK(visible == 1);
}

static struct hub_metric deleted;
static void on_deletion(void *ctx, struct store_batch *batch, const struct hub_metric *m) {
    (void)ctx, (void)batch;
    if (str_is(m->name, "NumberOfMessagesDeleted"))
        deleted = *m;
}

static void a_deletion_counts_once(void **state) {
    struct cloud *c = *state;
    hub_plug_metric(c->hub, on_deletion, NULL);
    deleted = (struct hub_metric){0};
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'m'}"));
    ok(sqs_call(c, "ReceiveMessage", "{" JOBS "}"));
    const json_t *message = json_array_get(json_arr(c->call.out, "Messages"), 0);
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, "{" JOBS ",'ReceiptHandle':'" STR_FMT "'}",
               STR_ARG(json_str(message, "ReceiptHandle")));
    CHECK_INT(deleted.count, 0);
    ok(sqs_call(c, "DeleteMessage", buf_cstr(&in)));
    CHECK(deleted.value == 1 && deleted.count == 1);
    deleted = (struct hub_metric){0};
    ok(sqs_call(c, "DeleteMessage", buf_cstr(&in))); /* it is gone already */
    CHECK_INT(deleted.count, 0);
}

/* What is known of queues in memory ends with them. */
static void queues_that_are_gone_are_forgotten(void **state) {
    struct cloud *c = *state;
    for (int i = 0; i < 30; i++) {
        CLEANUP_DEINIT(buf) struct buf name = {0}, in = {0};
        buf_printf(&name, "{'QueueName':'gone-%d'}", i);
        ok(sqs_call(c, "CreateQueue", buf_cstr(&name)));
        buf_printf(&in, "{'QueueUrl':'http://localhost/" ACCOUNT "/gone-%d'", i);
        size_t url = in.len;
        buf_c(&in, ",'MessageBody':'m'}");
        ok(sqs_call(c, "SendMessage", buf_cstr(&in)));
        in.len = url;
        buf_c(&in, "}");
        ok(sqs_call(c, "ReceiveMessage", buf_cstr(&in)));
        ok(sqs_call(c, "DeleteQueue", buf_cstr(&in)));
    }
    CHECK_RANGE(sqs->live.n, 31, 31);
    /* What was armed has had its turn (no hub runs here). */
    size_t at = 0;
    str key;
    void *live;
    while (map_next(&sqs->live, &at, &key, &live))
        sqs_queue_due(sqs, NULL, &(struct hub_due_item){.id = ((struct sqs_live *)live)->id});
    later(61000);
    sqs_each_minute(sqs);
    CHECK_INT(sqs->live.n, 1);
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'m'}"));
    CHECK_TEXT(received(c, TEN), "m");
}

static struct sqs_live *only_queue(void) {
    size_t at = 0;
    str key;
    void *live = NULL;
    CHECK(map_next(&sqs->live, &at, &key, &live));
    return live;
}

/* Whoever sends to a queue that takes long to count does not wake its count each time. */
static void a_long_queue_is_left_in_peace(void **state) {
    struct cloud *c = *state;
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'m'}"));
    struct sqs_live *live = only_queue();
    sqs_queue_due(sqs, NULL, &(struct hub_due_item){.id = live->id});
    CHECK(live->armed_ms == INT64_MAX && live->put_ms > 0);
    live->count_ms = 500;
    ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'m'}"));
    CHECK_INT(live->armed_ms - live->put_ms, 10000);
    sqs_queue_due(sqs, NULL, &(struct hub_due_item){.id = live->id});
    CHECK_INT(live->armed_ms - live->put_ms, 10000);
}

/* Whichever way the places have moved since. */
static void the_oldest_is_the_one_that_was_sent_first(void **state) {
    struct cloud *c = *state;
    struct sqs_counts counted;
    int64_t first = 0;
    for (int i = 0; i < 4; i++) {
        ok(sqs_call(c, "SendMessage", "{" JOBS ",'MessageBody':'m'}"));
        first = i ? first : clock_world_ms();
        later(5000);
    }
    const uint64_t id = only_queue()->id;
    CHECK_INT(sqs_count(sqs, id, clock_world_ms(), &counted), 0);
    CHECK_INT(counted.visible, 4);
    CHECK_RANGE(first - counted.oldest_ms, 0, 1000);
    ok(sqs_call(c, "ReceiveMessage", "{" JOBS ",'VisibilityTimeout':2}"));
    for (int i = 0; i < 2; i++) { /* in flight; and behind the others again */
        CHECK_INT(sqs_count(sqs, id, clock_world_ms(), &counted), 0);
        CHECK_INT(counted.visible, i ? 4 : 3);
        CHECK_INT(counted.in_flight, i ? 0 : 1);
        CHECK_RANGE(first - counted.oldest_ms, 0, 1000);
        later(3000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_message_that_comes_during_a_run_counts), T(a_deletion_counts_once),
        T(queues_that_are_gone_are_forgotten), T(a_long_queue_is_left_in_peace),
        T(the_oldest_is_the_one_that_was_sent_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
