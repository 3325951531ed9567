/* store/lanes: how much one write takes, and who waits for whom. */
#include "cm.h"

#include "store/lanes_priv.h"

enum { WAITS = 64 };
static struct store_lanes lanes;
static struct store_wait waits[WAITS];

static int setup(void **) {
    store_lanes_init(&lanes);
    memset(waits, 0, sizeof waits);
    for (size_t i = 0; i < WAITS; i++)
        waits[i].batch = store_batch_new();
    return 0;
}
static int teardown(void **) {
    for (size_t i = 0; i < WAITS; i++)
        store_batch_free(waits[i].batch);
    return 0;
}

/* Wait i comes, with so many rows of so many bytes each. */
static void come(size_t i, size_t rows, size_t bytes) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    memset(buf_reserve(&value, bytes), 'x', bytes);
    value.len = bytes;
    for (size_t n = 0; n < rows; n++)
        store_put_blind(waits[i].batch, STORE_META, S("k"), buf_view(&value));
    store_lanes_add(&lanes, &waits[i]);
}

/* The next group is waits first … first + n - 1. */
static void check_group(size_t first, size_t n) {
    const struct store_wait *w = store_lanes_take(&lanes);
    for (size_t i = first; i < first + n; i++, w = w->next)
        CHECK(w == &waits[i]);
    CHECK(!w);
}

static void test_a_group_is_bounded(void **) {
    static const struct {
        const char *name;
        size_t rows, bytes, n; /* how many of these make a group */
    } cases[] = {
        {"by rows", 512, 0, 4},
        {"by rows, just under the half", 1024, 0, 2},
        {"by bytes", 1, (1 << 20) - 1, 4},
        {"small ones all together", 1, 10, 10},
    };
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        teardown(NULL);
        setup(NULL);
        for (size_t i = 0; i < 10; i++)
            come(i, cases[c].rows, cases[c].bytes);
        for (size_t i = 0; i < 10; i += cases[c].n)
            check_group(i, i + cases[c].n <= 10 ? cases[c].n : 10 - i);
        CHECK_CASE(store_lanes_empty(&lanes), cases[c].name);
    }
    CHECK(!store_lanes_take(&lanes));
}

/* Conditions cost a read each, so they count. */
static void test_conditions_count(void **) {
    for (size_t i = 0; i < 4; i++) {
        char key[16];
        for (int n = 0; n < 1000; n++) {
            snprintf(key, sizeof key, "%d", n);
            store_expect_absent(waits[i].batch, STORE_META, str_c(key), 0);
        }
        store_lanes_add(&lanes, &waits[i]);
    }
    check_group(0, 2);
    check_group(2, 2);
}

/* Whoever has little to write waits for one large batch at most, and a large one for one group. */
static void test_large_ones_take_turns(void **) {
    for (size_t i = 0; i < 3; i++)
        come(i, 5000, 0);
    for (size_t i = 3; i < 9; i++)
        come(i, 1024, 0);
    check_group(3, 2);
    check_group(0, 1);
    check_group(5, 2);
    come(9, 1, 3 << 20); /* large by its bytes */
    check_group(1, 1);
    check_group(7, 2);
    check_group(2, 1);
    check_group(9, 1);
    CHECK(store_lanes_empty(&lanes));
    come(10, 5000, 0);
    come(11, 1, 0);
    check_group(11, 1);
    check_group(10, 1);
    come(12, 5000, 0); /* nobody else is there: at once */
    check_group(12, 1);
}

static void test_full(void **) {
    struct store_batch *batch = waits[0].batch;
    CHECK(!store_batch_is_full(batch));
    come(0, STORE_BATCH_ROWS - 1, 0);
    CHECK(!store_batch_is_full(batch));
    store_put_blind(batch, STORE_META, S("k"), S(""));
    CHECK(store_batch_is_full(batch));
    come(1, 1, STORE_BATCH_BYTES - 2);
    CHECK(!store_batch_is_full(waits[1].batch));
    store_put_blind(waits[1].batch, STORE_META, S("k"), S(""));
    CHECK(store_batch_is_full(waits[1].batch));
}

/* Values of one row that come one behind the other are one row for the committer. */
static void test_sums_count_once(void **) {
    struct store_batch *batch = waits[0].batch;
    for (int i = 0; i < 150; i++)
        store_stat(batch, STORE_METRICS, S("m"), i, 1);
    for (int i = 0; i < 10; i++)
        store_stat(batch, STORE_METRICS, i % 2 ? S("a") : S("b"), i, 1);
    CHECK_INT(store_batch_rows(batch), 1 + 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_group_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_conditions_count, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_ones_take_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sums_count_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
