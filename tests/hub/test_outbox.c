/* Events on their way: accepted once, put off, refused, given up; and what their source hears. */
#include "hub_fixture.h"

#include "hub/event.h"
#include "hub/hub_priv.h"

#include "store/fault.h"

#include <errno.h>

/* A target that remembers, and answers what the test wants. */
struct target {
    pthread_mutex_t lock;
    pthread_cond_t change;
    int answer;
    int calls;
    char last[64];
};

struct fixture {
    struct hub_fixture h;
    struct target target;
};

static int accept_event(void *ctx, struct store_batch *batch, const struct hub_event *event) {
    struct target *t = ctx;
    LOCK_SCOPE(&t->lock);
    t->calls++;
    snprintf(t->last, sizeof t->last, STR_FMT, STR_ARG(event->payload));
    if (t->answer == HUB_OK) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        key_begin(&key, "taken");
        key_str(&key, event->payload);
        store_put_blind(batch, STORE_QUEUE, buf_view(&key), S("1"));
    }
    pthread_cond_broadcast(&t->change);
    return t->answer;
}

static void wait_calls(struct target *t, int n) {
    LOCK_SCOPE(&t->lock);
    while (t->calls < n)
        pthread_cond_wait(&t->change, &t->lock);
}

static void set_answer(struct target *t, int answer) {
    LOCK_SCOPE(&t->lock);
    t->answer = answer;
}

static void open_again(struct fixture *f) {
    hub_fixture_end(&f->h);
    hub_fixture_start(&f->h);
    hub_plug_target(f->h.hub, S("lambda"), accept_event, &f->target);
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    pthread_mutex_init(&f->target.lock, NULL);
    pthread_cond_init(&f->target.change, NULL);
    hub_fixture_open(&f->h);
    hub_plug_target(f->h.hub, S("lambda"), accept_event, &f->target);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    hub_fixture_close(&f->h);
    free(f);
    return 0;
}

static void deliver(struct fixture *f, const char *payload, str target, str dead_letter) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct hub_event event = {.target = target,
                              .payload = str_c(payload),
                              .dead_letter = dead_letter};
    hub_deliver(f->h.hub, batch, &event);
    CHECK_INT(store_commit(f->h.store, batch, NULL), 0);
}

static const str function = S_INIT("arn:aws:lambda:us-east-1:000000000000:function:f");

/* After hub_stop the dispatcher has finished its commit, so rows may be counted. */
static void an_event_is_accepted_once(void **state) {
    struct fixture *f = *state;
    CHECK_INT(hub_start(f->h.hub, NULL), 0);
    for (int i = 0; i < 40; i++) {
        char payload[16];
        snprintf(payload, sizeof payload, "%d", i);
        deliver(f, payload, function, S(""));
    }
    wait_calls(&f->target, 40);
    hub_stop(f->h.hub);
    CHECK_INT(f->target.calls, 40);
    CHECK_INT(hub_fixture_due(&f->h, "event"), 0);
    CHECK_INT(hub_fixture_rows(&f->h, "taken"), 40);
}

/* One has no due row's form, the other a payload that is no event. */
static void damaged_rows_are_kept_and_hold_up_nothing(void **state) {
    struct fixture *f = *state;
    CLEANUP_DEINIT(buf) struct buf row = {0};
    const uint64_t ids[] = {store_next_id(f->h.store), store_next_id(f->h.store)};
    hub_due_encode(&row, &(struct hub_due_item){.payload = S("no event")});
    const str rows[] = {S("no row"), buf_view(&row)};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        hub_fixture_put_raw(&f->h, "event", ids[i], rows[i]);
    deliver(f, "behind them", function, S(""));
    open_again(f);
    CHECK_INT(hub_start(f->h.hub, NULL), 0);
    wait_calls(&f->target, 1);
    hub_stop(f->h.hub);
    CHECK_STR(str_c(f->target.last), S("behind them"));
    CHECK_INT(hub_fixture_due(&f->h, "event"), 0);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        CLEANUP_DEINIT(buf) struct buf key = {0}, kept = {0};
        hub_due_damaged_key(&key, "event", ids[i]);
        CHECK_INT(store_get(f->h.store, NULL, STORE_QUEUE, buf_view(&key), &kept), 0);
        CHECK_STR(buf_view(&kept), rows[i]);
    }
}

static void an_uncommitted_event_is_none(void **state) {
    struct fixture *f = *state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct hub_event event = {.target = function, .payload = S("x")};
    store_expect_value(batch, STORE_QUEUE, S("no such row"), &(struct store_stamp){.sealed = false},
                       S(""));
    hub_deliver(f->h.hub, batch, &event);
    CHECK_INT(store_commit(f->h.store, batch, NULL), STORE_E_CONDITION);
    CHECK_INT(hub_fixture_due(&f->h, "event"), 0);
}

static void events_of_an_earlier_life_are_taken_up(void **state) {
    struct fixture *f = *state;
    deliver(f, "before", function, S(""));
    open_again(f);
    CHECK_INT(hub_start(f->h.hub, NULL), 0);
    wait_calls(&f->target, 1);
    CHECK_STR(str_c(f->target.last), S("before"));
}

static void retries_follow_world_time(void **state) {
    struct fixture *f = *state;
    set_answer(&f->target, HUB_E_RETRY);
    CHECK_INT(hub_start(f->h.hub, NULL), 0);
    deliver(f, "later", function, S(""));
    wait_calls(&f->target, 1);
    hub_stop(f->h.hub);
    CHECK_INT(hub_fixture_due(&f->h, "event"), 1);
    open_again(f);
    CHECK_INT(hub_start(f->h.hub, NULL), 0);
    set_answer(&f->target, HUB_OK);
    clock_set_offset_ms(3600000);
    hub_clock_moved(f->h.hub);
    wait_calls(&f->target, 2);
    hub_stop(f->h.hub);
    CHECK_INT(hub_fixture_due(&f->h, "event"), 0);
    CHECK_INT(hub_fixture_rows(&f->h, "taken"), 1);
}

static void what_is_refused_goes_to_the_dead_letters(void **state) {
    struct fixture *f = *state;
    CHECK_INT(hub_start(f->h.hub, NULL), 0);
    /* No service is plugged in for that ARN; its dead-letter target is the function. */
    deliver(f, "dead", S("arn:aws:nothing:us-east-1:000000000000:x"), function);
    wait_calls(&f->target, 1);
    CHECK_STR(str_c(f->target.last), S("dead"));
}

enum { HOUR_MS = 3600000, MINUTE_MS = 60000 };

/* Tries it at that world time; is its row there afterwards? */
static size_t left_at(struct fixture *f, int64_t offset_ms) {
    clock_set_offset_ms(offset_ms);
    hub_due_work(f->h.hub->outbox);
    return hub_fixture_due(&f->h, "event");
}

static void after_six_hours_it_is_given_up(void **state) {
    struct fixture *f = *state;
    set_answer(&f->target, HUB_E_RETRY);
    deliver(f, "never", function, S(""));
    CHECK_INT(left_at(f, 0), 1);
    CHECK_INT(f->target.calls, 1);
    CHECK_INT(left_at(f, 6 * HOUR_MS - MINUTE_MS), 1);
    CHECK_INT(f->target.calls, 2);
    CHECK_INT(left_at(f, 6 * HOUR_MS + MINUTE_MS), 0);
    CHECK_INT(f->target.calls, 3);
}

/* Nothing grows too old because we could not work: not while we are down, and not on a full disk. */
static void it_ages_only_while_we_can_work(void **state) {
    struct fixture *f = *state;
    set_answer(&f->target, HUB_E_RETRY);
    deliver(f, "never", function, S(""));
    CHECK_INT(left_at(f, 0), 1);
    clock_set_offset_ms(48 * (int64_t)HOUR_MS);
    open_again(f);
    CHECK_INT(left_at(f, 48 * (int64_t)HOUR_MS), 1);
    CHECK_INT(store_fault_set("no-room", NULL), 0);
    CHECK_INT(left_at(f, 60 * (int64_t)HOUR_MS), 1);
    hub_due_work(f->h.hub->room);
    CHECK_INT(store_fault_set("", NULL), 0);
    hub_due_work(f->h.hub->room);
    CHECK_INT(left_at(f, 66 * (int64_t)HOUR_MS - MINUTE_MS), 1);
    CHECK_INT(left_at(f, 66 * (int64_t)HOUR_MS + MINUTE_MS), 0);
}

/* Its birth lies ten years ahead: the six hours count from the first try after the jump. */
static void nor_is_it_tried_for_years_after_the_clock_went_back(void **state) {
    struct fixture *f = *state;
    set_answer(&f->target, HUB_E_RETRY);
    clock_set_offset_ms(10 * 365 * 86400000LL);
    deliver(f, "never", function, S(""));
    clock_set_offset_ms(0);
    hub_due_work(f->h.hub->outbox);
    CHECK_INT(hub_fixture_due(&f->h, "event"), 1);
    clock_set_offset_ms(7 * 3600000);
    hub_due_work(f->h.hub->outbox);
    CHECK_INT(f->target.calls, 2);
    CHECK_INT(hub_fixture_due(&f->h, "event"), 0);
}

struct told {
    pthread_mutex_t lock;
    int taken, refused;
};

static void hear(void *ctx, struct store_batch *batch, const struct hub_event *event, int outcome) {
    struct told *t = ctx;
    CHECK(batch);
    CHECK_STR(event->source_service, S("sns.amazonaws.com"));
    LOCK_SCOPE(&t->lock);
    *(outcome == HUB_OK ? &t->taken : &t->refused) += 1;
}

static void the_source_hears_what_became_of_it(void **state) {
    struct fixture *f = *state;
    struct told told = {.lock = PTHREAD_MUTEX_INITIALIZER};
    hub_plug_outcome(f->h.hub, "sns.amazonaws.com", hear, &told);
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct hub_event event = {.target = S("arn:aws:nothing:us-east-1:000000000000:x"),
                              .payload = S("x"),
                              .source_service = S("sns.amazonaws.com")};
    hub_deliver(f->h.hub, batch, &event);
    event.target = function;
    event.source_service = S("s3.amazonaws.com");
    hub_deliver(f->h.hub, batch, &event);
    event.source_service = S("sns.amazonaws.com");
    hub_deliver(f->h.hub, batch, &event);
    CHECK_INT(store_commit(f->h.store, batch, NULL), 0);
    CHECK_INT(hub_start(f->h.hub, NULL), 0);
    wait_calls(&f->target, 2);
    hub_stop(f->h.hub);
    CHECK_INT(told.taken, 1);
    CHECK_INT(told.refused, 1);
}

/* ---- In the batch of whoever causes it ---- */

/* Rows that the batch has before; what the target's port was asked is in its calls. */
static void deliver_near(struct fixture *f, const char *payload, int rows) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct hub_event event = {.target = function, .payload = str_c(payload)};
    for (int i = 0; i < rows; i++) {
        CLEANUP_DEINIT(buf) struct buf key = {0};
        key_begin(&key, "other");
        key_u64(&key, (uint64_t)i);
        store_put_blind(batch, STORE_QUEUE, buf_view(&key), S("1"));
    }
    hub_deliver_near(f->h.hub, batch, &event);
    CHECK_INT(store_commit(f->h.store, batch, NULL), 0);
}

static void check_near(struct fixture *f, int calls, size_t taken, int due) {
    CHECK_INT(f->target.calls, calls);
    CHECK_INT(hub_fixture_rows(&f->h, "taken"), taken);
    CHECK_INT(hub_fixture_due(&f->h, HUB_OUTBOX), due);
}

static void a_near_target_takes_it_in_the_same_commit(void **state) {
    struct fixture *f = *state;
    deliver_near(f, "far", 0); /* nobody has said that the port is quick */
    check_near(f, 0, 0, 1);
    hub_due_work(f->h.hub->outbox);
    check_near(f, 1, 1, 0);
    hub_plug_near(f->h.hub, S("lambda"));
    deliver_near(f, "near", 0);
    check_near(f, 2, 2, 0);
    deliver_near(f, "of a crowd", 64); /* who writes much does not wait for targets too */
    check_near(f, 2, 2, 1);
    hub_due_work(f->h.hub->outbox);
    check_near(f, 3, 3, 0);
}

static void what_it_does_not_take_goes_the_usual_way(void **state) {
    static const int answers[] = {HUB_E_RETRY, HUB_E_DENIED, HUB_E_NO_TARGET, -EIO};
    struct fixture *f = *state;
    hub_plug_near(f->h.hub, S("lambda"));
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        f->target.answer = answers[i];
        f->target.calls = 0;
        deliver_near(f, "refused", 0);
        check_near(f, 1, 0, 1);
        open_again(f);
        hub_plug_near(f->h.hub, S("lambda"));
        f->target.answer = HUB_E_DENIED; /* it is gone at the next look */
        hub_due_work(f->h.hub->outbox);
        check_near(f, 2, 0, 0);
    }
}

static void it_overtakes_nothing(void **state) {
    struct fixture *f = *state;
    hub_plug_near(f->h.hub, S("lambda"));
    deliver(f, "first", function, STR_NONE);
    deliver_near(f, "second", 0);
    check_near(f, 0, 0, 2);
    hub_due_work(f->h.hub->outbox);
    check_near(f, 2, 2, 0);
    CHECK_TEXT(f->target.last, "second");
}

/* Hears of the second while it takes the first. */
static int accept_and_tell(void *ctx, struct store_batch *, const struct hub_event *event) {
    struct fixture *f = ctx;
    f->target.calls++;
    if (str_is(event->payload, "first")) {
        deliver_near(f, "second", 0);
        CHECK_INT(f->target.calls, 1);
    }
    return HUB_OK;
}

static void nor_what_is_in_hand(void **state) {
    struct fixture *f = *state;
    hub_plug_target(f->h.hub, S("lambda"), accept_and_tell, f);
    hub_plug_near(f->h.hub, S("lambda"));
    deliver(f, "first", function, STR_NONE);
    hub_due_work(f->h.hub->outbox);
    check_near(f, 2, 0, 0);
}

/* As many services as there are, and more. */
static void any_number_is_plugged(void **state) {
    struct fixture *f = *state;
    static const char *const sources[] = {"a", "b", "c", "d", "e",
                                          "f", "g", "h", "i", "sns.amazonaws.com"};
    struct told told[ARRAY_LEN(sources)];
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        char name[32];
        snprintf(name, sizeof name, "a-service-with-a-long-name-%zu", i);
        told[i] = (struct told){.lock = PTHREAD_MUTEX_INITIALIZER};
        hub_plug_target(f->h.hub, str_c(name), accept_event, &f->target);
        hub_plug_outcome(f->h.hub, sources[i], hear, &told[i]);
    }
    struct hub_event event = {
        .target = S("arn:aws:a-service-with-a-long-name-9:us-east-1:000000000000:x"),
        .payload = S("x"),
        .source_service = S("sns.amazonaws.com")};
    hub_deliver(f->h.hub, batch, &event);
    CHECK_INT(store_commit(f->h.store, batch, NULL), 0);
    CHECK_INT(hub_start(f->h.hub, NULL), 0);
    wait_calls(&f->target, 1);
    hub_stop(f->h.hub);
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        CHECK_INT(told[i].taken, i == ARRAY_LEN(sources) - 1);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        CASE(an_event_is_accepted_once),
        CASE(an_uncommitted_event_is_none),
        CASE(damaged_rows_are_kept_and_hold_up_nothing),
        CASE(events_of_an_earlier_life_are_taken_up),
        CASE(retries_follow_world_time),
        CASE(what_is_refused_goes_to_the_dead_letters),
        CASE(after_six_hours_it_is_given_up),
        CASE(it_ages_only_while_we_can_work),
        CASE(nor_is_it_tried_for_years_after_the_clock_went_back),
        CASE(the_source_hears_what_became_of_it),
        CASE(a_near_target_takes_it_in_the_same_commit),
        CASE(what_it_does_not_take_goes_the_usual_way),
        CASE(it_overtakes_nothing),
        CASE(nor_what_is_in_hand),
        CASE(any_number_is_plugged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
