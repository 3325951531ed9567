/* hub/hub: what is put into a port comes out at who plugged it in, and a port of nobody says so. */
#include "cm.h"

#include "hub/hub.h"

struct taker {
    struct store_batch *batch;
    double value;
    size_t lines;
    char target[64];
    int answer;
};

static void take_metric(void *ctx, struct store_batch *batch, const struct hub_metric *metric) {
    struct taker *t = ctx;
    t->batch = batch;
    t->value += metric->value;
}

static void take_log(void *ctx, struct store_batch *batch, const struct hub_log *lines, size_t n) {
    struct taker *t = ctx;
    t->batch = batch;
    CHECK_STR(lines[n - 1].message, S("last"));
    t->lines += n;
}

static int check_target(void *ctx, const struct hub_event *event) {
    struct taker *t = ctx;
    snprintf(t->target, sizeof t->target, STR_FMT, STR_ARG(event->target));
    return t->answer;
}

static void a_metric_comes_with_its_batch(void **state) {
    struct hub *hub = *state;
    struct taker t = {0};
    struct store_batch *batch = store_batch_new();
    hub_put_metric(hub, batch, &(struct hub_metric){.value = 1}); /* nobody is there: no harm */
    hub_plug_metric(hub, take_metric, &t);
    hub_put_metric(hub, batch, &(struct hub_metric){.value = 2.5});
    CHECK(t.value == 2.5);
    CHECK(t.batch == batch);
    store_batch_free(batch);
}

static void log_lines_come_together(void **state) {
    struct hub *hub = *state;
    struct taker t = {0};
    struct store_batch *batch = store_batch_new();
    const struct hub_log lines[] = {{.message = S("first")}, {.message = S("last")}};
    hub_put_log(hub, batch, lines, 2);
    hub_plug_log(hub, take_log, &t);
    hub_put_log(hub, batch, lines, 2);
    CHECK_INT(t.lines, 2);
    CHECK(t.batch == batch);
    store_batch_free(batch);
}

/* The third part of the target's ARN chooses the port. */
static void a_target_is_asked_by_its_service(void **state) {
    struct hub *hub = *state;
    struct taker sqs = {.answer = HUB_E_DENIED}, sns = {.answer = HUB_OK};
    static const struct {
        const char *target;
        int want;
    } cases[] = {
        {"arn:aws:sqs:us-east-1:000000000000:q", HUB_E_DENIED},
        {"arn:aws:sns:us-east-1:000000000000:sqs", HUB_OK},
        {"arn:aws:lambda:us-east-1:000000000000:function:sqs", HUB_E_NO_TARGET},
        {"arn:aws:sq:us-east-1:000000000000:q", HUB_E_NO_TARGET},
        {"sqs", HUB_E_NO_TARGET},
        {"", HUB_E_NO_TARGET},
    };
    hub_plug_check(hub, S("sqs"), check_target, &sqs);
    hub_plug_check(hub, S("sns"), check_target, &sns);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(hub_check(hub, &(struct hub_event){.target = str_c(cases[i].target)}) ==
                       cases[i].want,
                   cases[i].target);
    CHECK_TEXT(sqs.target, cases[0].target);
    CHECK_TEXT(sns.target, cases[1].target);
}

static int open_hub(void **state) {
    *state = hub_new(NULL);
    return 0;
}
static int close_hub(void **state) {
    hub_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_metric_comes_with_its_batch, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(log_lines_come_together, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(a_target_is_asked_by_its_service, open_hub, close_hub),
    };
    return cmocka_run_group_tests_name("hub/ports", tests, NULL, NULL);
}
