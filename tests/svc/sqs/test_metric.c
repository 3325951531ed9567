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

int main(void) {
    const struct CMUnitTest tests[] = {T(a_message_that_comes_during_a_run_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
