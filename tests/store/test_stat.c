/* store/stat: merged statistics add up, percentiles are near, damaged rows are refused. */
#include "lib/tmp.h"

#include "store/stat.h"

#include <math.h>

static void commit_values(struct store *store, str key, const double *values, size_t n) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    for (size_t i = 0; i < n; i++)
        store_stat(batch, STORE_METRICS, key, values[i], 1);
    CHECK_INT(store_commit(store, batch, NULL), 0);
}

static void test_adds_up(void **state) {
    (void)state;
    char dir[128];
    tmp_dir(dir);
    struct store *store = tmp_open(dir);
    static const double first[] = {1, 2, 3}, second[] = {-5, 0, 1e300};
    commit_values(store, S("m"), first, 3);
    commit_values(store, S("m"), second, 3);
    store_free(store);
    store = tmp_open(dir);

    struct buf row = {0};
    struct stat_sum sum = {0};
    CHECK_INT(store_get(store, NULL, STORE_METRICS, S("m"), &row), 0);
    CHECK(stat_merge(&sum, buf_view(&row)));
    CHECK(sum.count == 6 && sum.min == -5 && sum.max == 1e300 && sum.sum == 1e300 + 1);
    CHECK_INT(sum.n_bins, 6);
    /* Merging a second row doubles the counts. */
    CHECK(stat_merge(&sum, buf_view(&row)));
    CHECK(sum.count == 12 && sum.n_bins == 6);
    stat_sum_deinit(&sum);
    buf_deinit(&row);
    store_free(store);
    tmp_remove(dir);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void test_percentiles_are_within_one_percent(void **state) {
    (void)state;
    enum { N = 5000 };
    static double values[N];
    char dir[128];
    tmp_dir(dir);
    struct store *store = tmp_open(dir);
    unsigned seed = 7;
    for (int i = 0; i < N; i++)
        values[i] = exp((double)(rand_r(&seed) % 100000) / 100000 * 14 - 4);
    for (size_t i = 0; i < N; i += 500)
        commit_values(store, S("m"), values + i, 500);
    qsort(values, N, sizeof values[0], by_value);

    struct buf row = {0};
    struct stat_sum sum = {0};
    CHECK_INT(store_get(store, NULL, STORE_METRICS, S("m"), &row), 0);
    CHECK(stat_merge(&sum, buf_view(&row)));
    static const double ps[] = {1, 10, 50, 90, 99, 99.9};
    for (size_t i = 0; i < ARRAY_LEN(ps); i++) {
        double want = values[(size_t)ceil(ps[i] / 100 * N) - 1];
        double got = stat_percentile(&sum, ps[i]);
        if (fabs(got - want) > want * 0.01)
            print_error("p%g: got %g, want %g\n", ps[i], got, want);
        CHECK(fabs(got - want) <= want * 0.01);
    }
    stat_sum_deinit(&sum);
    buf_deinit(&row);
    store_free(store);
    tmp_remove(dir);
}

static void test_writes_and_statistics_of_one_row_keep_their_order(void **state) {
    (void)state;
    char dir[128];
    tmp_dir(dir);
    struct store *store = tmp_open(dir);
    struct buf row = {0};
    struct stat_sum sum = {0};
    static const double one[] = {1};
    commit_values(store, S("m"), one, 1);

    struct store_batch *batch = store_batch_new();
    store_stat(batch, STORE_METRICS, S("m"), 9, 1);
    store_del_blind(batch, STORE_METRICS, S("m"));
    store_stat(batch, STORE_METRICS, S("m"), 4, 2);
    store_stat(batch, STORE_METRICS, S("m"), NAN, 1);
    CHECK_INT(store_commit(store, batch, NULL), 0);
    CHECK_INT(store_get(store, NULL, STORE_METRICS, S("m"), &row), 0);
    CHECK(stat_merge(&sum, buf_view(&row)));
    CHECK(sum.count == 2 && sum.sum == 8 && sum.min == 4);

    store_batch_clear(batch);
    store_stat(batch, STORE_METRICS, S("m"), 9, 1);
    store_del_blind(batch, STORE_METRICS, S("m"));
    CHECK_INT(store_commit(store, batch, NULL), 0);
    CHECK_INT(store_get(store, NULL, STORE_METRICS, S("m"), &row), STORE_E_ABSENT);
    store_batch_free(batch);
    stat_sum_deinit(&sum);
    buf_deinit(&row);
    store_free(store);
    tmp_remove(dir);
}

static void test_counters(void **state) {
    (void)state;
    char dir[128];
    tmp_dir(dir);
    struct store *store = tmp_open(dir);
    struct store_batch *batch = store_batch_new();
    struct buf row = {0};
    int64_t many, large;
    for (int i = 0; i < 3; i++) {
        store_batch_clear(batch);
        store_count(batch, STORE_METRICS, S("c"), 1, 100);
        store_count(batch, STORE_METRICS, S("c"), -2, 50);
        CHECK_INT(store_commit(store, batch, NULL), 0);
    }
    CHECK_INT(store_get(store, NULL, STORE_METRICS, S("c"), &row), 0);
    CHECK(store_count_read(buf_view(&row), &many, &large));
    CHECK(many == -3 && large == 450);
    store_batch_clear(batch);
    store_put_blind(batch, STORE_METRICS, S("c"), S("something else"));
    store_count(batch, STORE_METRICS, S("c"), 7, 8);
    CHECK_INT(store_commit(store, batch, NULL), 0);
    CHECK_INT(store_get(store, NULL, STORE_METRICS, S("c"), &row), 0);
    CHECK(store_count_read(buf_view(&row), &many, &large));
    CHECK(many == 7 && large == 8);
    CHECK(!store_count_read(S("short"), &many, &large));
    store_batch_free(batch);
    buf_deinit(&row);
    store_free(store);
    tmp_remove(dir);
}

/* Every cut and every flipped byte of a row is refused or read without harm. */
static void test_damaged_rows(void **state) {
    (void)state;
    char dir[128];
    tmp_dir(dir);
    struct store *store = tmp_open(dir);
    static const double values[] = {1, 1, 1.5, -3, 0, 1e-9};
    commit_values(store, S("m"), values, ARRAY_LEN(values));
    struct buf row = {0};
    CHECK_INT(store_get(store, NULL, STORE_METRICS, S("m"), &row), 0);
    for (size_t n = 0; n < row.len; n++) {
        struct stat_sum sum = {0};
        CHECK(!stat_merge(&sum, str_n(row.p, n)));
        CHECK(sum.count == 0 && sum.n_bins == 0);
    }
    for (size_t i = 0; i < row.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct stat_sum sum = {0};
            row.p[i] ^= (char)(1 << bit);
            stat_merge(&sum, buf_view(&row));
            row.p[i] ^= (char)(1 << bit);
            stat_percentile(&sum, 50);
            stat_sum_deinit(&sum);
        }
    buf_deinit(&row);
    store_free(store);
    tmp_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_up),
        cmocka_unit_test(test_percentiles_are_within_one_percent),
        cmocka_unit_test(test_writes_and_statistics_of_one_row_keep_their_order),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_damaged_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
