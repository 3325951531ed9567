/* What a kind of due work keeps in memory: the line, the heap, and a clock that jumps. */
#include "cm.h"

#include "hub/queue.h"

#include <stdlib.h>

static const int64_t year_ms = 365 * 86400000LL;

static void check_take(struct hub_queue *q, int64_t now_ms, uint64_t want) {
    uint64_t id = 0;
    CHECK(hub_queue_take(q, now_ms, &id));
    CHECK_INT(id, want);
}

static void check_none(struct hub_queue *q, int64_t now_ms) {
    uint64_t id;
    CHECK(!hub_queue_take(q, now_ms, &id));
}

static void what_is_due_leaves_in_the_order_of_its_arrival(void **state) {
    (void)state;
    CLEANUP_DEINIT(hub_queue) struct hub_queue q = {.longest_ms = 1000};
    check_none(&q, 0);
    CHECK_INT(hub_queue_next_ms(&q), INT64_MAX);
    for (uint64_t id = 1; id <= 3; id++)
        hub_queue_add(&q, 10 - id, 0, 100);
    CHECK_INT(hub_queue_next_ms(&q), 0);
    check_take(&q, 100, 9);
    check_take(&q, 100, 8);
    check_take(&q, 100, 7);
    check_none(&q, 100);
}

static void what_waits_leaves_by_its_time(void **state) {
    (void)state;
    CLEANUP_DEINIT(hub_queue) struct hub_queue q = {.longest_ms = 1000};
    hub_queue_add(&q, 1, 300, 100);
    hub_queue_add(&q, 2, 200, 100);
    hub_queue_add(&q, 4, 250, 100);
    hub_queue_add(&q, 3, 250, 100);
    check_none(&q, 199);
    CHECK_INT(hub_queue_next_ms(&q), 200);
    check_take(&q, 200, 2);
    check_none(&q, 249);
    check_take(&q, 300, 3); /* of the same time: the smaller id */
    check_take(&q, 300, 4);
    check_take(&q, 300, 1);
    CHECK_INT(hub_queue_next_ms(&q), INT64_MAX);
}

/* New work without end must not hold up a retry whose time has come, nor the other way round. */
static void neither_new_work_nor_retries_hold_up_the_other(void **state) {
    (void)state;
    CLEANUP_DEINIT(hub_queue) struct hub_queue q = {.longest_ms = 1000};
    uint64_t id;
    hub_queue_add(&q, 1000, 10, 0);
    hub_queue_add(&q, 1, 0, 0);
    hub_queue_add(&q, 2, 0, 0);
    size_t steps = 0;
    for (int64_t now = 5;; now++, steps++) {
        CHECK(steps < 20);
        CHECK(hub_queue_take(&q, now, &id));
        hub_queue_add(&q, 3 + steps, 0, now);
        if (id == 1000)
            break;
    }
    CHECK_INT(steps, 7); /* it became due at 10, two were in line before it */
    for (uint64_t i = 0; i < 50; i++)
        hub_queue_add(&q, 2000 + i, 30, 20);
    hub_queue_add(&q, 7, 0, 20);
    for (int i = 0; i < 4; i++)
        CHECK(hub_queue_take(&q, 40, &id));
    CHECK_INT(id, 7); /* before the 50 */
}

static void is_due_by_the_longest_wait(void **state) {
    (void)state;
    static const struct {
        int64_t due_ms, now_ms;
        bool due;
    } cases[] = {
        {0, 0, true},
        {0, 5, true},
        {5, 5, true},
        {6, 5, false},
        {1005, 5, false},
        {1006, 5, true},
        {INT64_MAX, 5, true},
        {INT64_MIN, 5, true},
        {INT64_MAX, INT64_MIN, true},
        {-100, -200, false},
        {INT64_MIN, INT64_MAX, true},
    };
    const struct hub_queue q = {.longest_ms = 1000};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_INT(hub_queue_is_due(&q, cases[i].due_ms, cases[i].now_ms), cases[i].due);
}

static void a_wait_is_cut_to_the_longest(void **state) {
    (void)state;
    CLEANUP_DEINIT(hub_queue) struct hub_queue q = {.longest_ms = 1000};
    hub_queue_add(&q, 1, INT64_MAX, 100);
    CHECK_INT(hub_queue_next_ms(&q), 1100);
    check_none(&q, 1099);
    check_take(&q, 1100, 1);
}

/* What was far ahead only by the old clock is due; what is near by the new one waits. */
static void a_clock_that_went_back_a_year_strands_nothing(void **state) {
    (void)state;
    CLEANUP_DEINIT(hub_queue) struct hub_queue q = {.longest_ms = 1000};
    int64_t now = 10 * year_ms;
    for (uint64_t id = 1; id <= 5; id++)
        hub_queue_add(&q, id, now + (int64_t)id * 100, now);
    check_none(&q, now);
    now -= year_ms;
    hub_queue_add(&q, 6, now + 50, now); /* with a smaller time than theirs */
    for (uint64_t id = 1; id <= 5; id++)
        check_take(&q, now, id);
    check_none(&q, now);
    check_take(&q, now + 50, 6);
}

static void a_small_step_back_changes_nothing(void **state) {
    (void)state;
    CLEANUP_DEINIT(hub_queue) struct hub_queue q = {.longest_ms = 1000};
    hub_queue_add(&q, 1, 600, 100);
    check_none(&q, 100);
    check_none(&q, 90);
    CHECK_INT(hub_queue_next_ms(&q), 600);
    check_take(&q, 600, 1);
}

/* Against a plain list, with ids that come and go and a clock that mostly goes on. */
static void agrees_with_a_list(void **state) {
    (void)state;
    enum { N = 400, ROUNDS = 20000 };
    CLEANUP_DEINIT(hub_queue) struct hub_queue q = {.longest_ms = 1000};
    static int64_t due[N]; /* 0: not in the queue */
    int64_t now = 1000000;
    unsigned seed = 7;
    memset(due, 0, sizeof due);
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = (size_t)rand_r(&seed) % N;
        if (due[i] == 0) {
            due[i] = now + 1 + rand_r(&seed) % 900;
            hub_queue_add(&q, i, due[i], now);
        }
        now += rand_r(&seed) % 3;
        for (uint64_t id; hub_queue_take(&q, now, &id);) {
            CHECK_RANGE(id, 0, N - 1);
            CHECK(due[id] != 0);
            CHECK_RANGE(due[id], 1, now);
            due[id] = 0;
        }
        int64_t least = INT64_MAX;
        for (size_t k = 0; k < N; k++)
            if (due[k] && due[k] < least)
                least = due[k];
        CHECK_INT(hub_queue_next_ms(&q), least);
    }
}

/* The bound that docs/internals/due-queue.md states: doubling arrays of 8 and 16 bytes an entry. */
static void a_million_take_no_more_than_the_bound_and_are_given_back(void **state) {
    (void)state;
    enum { MANY = 1000000 };
    CLEANUP_DEINIT(hub_queue) struct hub_queue q = {.longest_ms = 1000};
    for (uint64_t id = 0; id < MANY; id++)
        hub_queue_add(&q, id, id % 2 ? 500 : 0, 100);
    CHECK_RANGE(q.ready.cap * sizeof *q.ready.ids, MANY / 2 * 8, MANY * 8);
    CHECK_RANGE(q.cap * sizeof *q.heap, MANY / 2 * 16, MANY * 16);
    uint64_t id, n = 0;
    while (hub_queue_take(&q, 500, &id))
        n++;
    CHECK_INT(n, MANY);
    CHECK_INT(q.ready.cap, 0);
    CHECK_INT(q.cap, 0);
    hub_queue_add(&q, 5, 0, 500);
    check_take(&q, 500, 5);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_leaves_in_the_order_of_its_arrival),
        cmocka_unit_test(what_waits_leaves_by_its_time),
        cmocka_unit_test(neither_new_work_nor_retries_hold_up_the_other),
        cmocka_unit_test(is_due_by_the_longest_wait),
        cmocka_unit_test(a_wait_is_cut_to_the_longest),
        cmocka_unit_test(a_clock_that_went_back_a_year_strands_nothing),
        cmocka_unit_test(a_small_step_back_changes_nothing),
        cmocka_unit_test(agrees_with_a_list),
        cmocka_unit_test(a_million_take_no_more_than_the_bound_and_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
