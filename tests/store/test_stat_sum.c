/*
 * Statistics rows by themselves: the bytes of docs/formats/store.md, merging, and percentiles of
 * distributions whose answers are known.
 */
#include "store/stat_priv.h"

#include "cm.h"

#include <math.h>

static void check_row(const struct stat_sum *sum, str want) {
    CLEANUP_DEINIT(buf) struct buf row = {0};
    stat_write(sum, &row);
    CHECK_STR(buf_view(&row), want);
    CLEANUP_DEINIT(stat_sum) struct stat_sum again = {0};
    CHECK(stat_merge(&again, buf_view(&row)));
    CHECK(again.count == sum->count && again.sum == sum->sum);
    CHECK(again.min == sum->min && again.max == sum->max);
    CHECK_INT(again.n_bins, sum->n_bins);
    for (size_t i = 0; i < sum->n_bins; i++) {
        CHECK_INT(again.bins[i].index, sum->bins[i].index);
        CHECK(again.bins[i].count == sum->bins[i].count);
    }
}

#define D_0    "\x00\x00\x00\x00\x00\x00\x00\x00"
#define D_1    "\x3F\xF0\x00\x00\x00\x00\x00\x00"
#define D_NEG1 "\xBF\xF0\x00\x00\x00\x00\x00\x00"
#define D_2    "\x40\x00\x00\x00\x00\x00\x00\x00"
#define D_3    "\x40\x08\x00\x00\x00\x00\x00\x00"
#define D_2_5  "\x40\x04\x00\x00\x00\x00\x00\x00"

/*
 * 1 is bin 100,000 (zigzag 200,000 = C0 9A 0C), -1 bin -100,000 (199,999 = BF 9A 0C), 0 is bin 0.
 */
static void test_bytes(void **state) {
    (void)state;
    CLEANUP_DEINIT(stat_sum) struct stat_sum none = {0}, one = {0}, three = {0}, part = {0};
    check_row(&none, S("\x01" D_0 D_0 D_0 D_0 "\x00"));
    stat_add(&one, 1, 2);
    check_row(&one, S("\x01" D_2 D_2 D_1 D_1 "\x01"
                      "\xC0\x9A\x0C\x04"));
    stat_add(&three, 0, 1);
    stat_add(&three, 1, 1);
    stat_add(&three, -1, 1);
    check_row(&three, S("\x01" D_3 D_0 D_NEG1 D_1 "\x03"
                        "\xBF\x9A\x0C\x02"
                        "\xC0\x9A\x0C\x02"
                        "\xC0\x9A\x0C\x02"));
    stat_add(&part, 1, 2.5);
    check_row(&part, S("\x01" D_2_5 D_2_5 D_1 D_1 "\x01"
                       "\xC0\x9A\x0C\x01" D_2_5));
}

/* What is not finite, or counts nothing, is left out. */
static void test_left_out(void **state) {
    (void)state;
    CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0};
    static const double values[][2] = {{NAN, 1}, {INFINITY, 1}, {-INFINITY, 1}, {1, NAN},
                                       {1, 0},   {1, -1},       {1, INFINITY}};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        stat_add(&sum, values[i][0], values[i][1]);
    CHECK(sum.count == 0 && sum.n_bins == 0);
    CHECK(stat_percentile(&sum, 50) == 0);
}

static void test_totals(void **state) {
    (void)state;
    CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0}, other = {0};
    CLEANUP_DEINIT(buf) struct buf row = {0}, empty = {0};
    stat_add(&sum, 5, 1);
    CHECK(sum.min == 5 && sum.max == 5);
    stat_add(&sum, 7, 3);
    stat_add(&sum, 6, 1);
    CHECK(sum.count == 5 && sum.sum == 32 && sum.min == 5 && sum.max == 7);
    stat_add(&other, -2, 2);
    stat_write(&sum, &row);
    CHECK(stat_merge(&other, buf_view(&row)));
    CHECK(other.count == 7 && other.sum == 28 && other.min == -2 && other.max == 7);
    CHECK_INT(other.n_bins, 4);
    /* An empty row takes nothing from the smallest and the largest. */
    stat_write(&(struct stat_sum){0}, &empty);
    CHECK(stat_merge(&other, buf_view(&empty)));
    CHECK(other.count == 7 && other.min == -2 && other.max == 7);
}

/* Percentiles where every value has a bin of its own: within half a percent, never outside. */
static void test_percentiles(void **state) {
    (void)state;
    static const struct {
        double values[6][2]; /* value, count */
        double p, want;
    } cases[] = {
        {{{10, 1}}, 0.1, 10},
        {{{10, 1}}, 99.9, 10},
        {{{1, 1}, {2, 1}, {3, 1}, {4, 1}}, 25, 1},
        {{{1, 1}, {2, 1}, {3, 1}, {4, 1}}, 25.1, 2},
        {{{1, 1}, {2, 1}, {3, 1}, {4, 1}}, 50, 2},
        {{{1, 1}, {2, 1}, {3, 1}, {4, 1}}, 75, 3},
        {{{1, 1}, {2, 1}, {3, 1}, {4, 1}}, 99, 4},
        {{{1, 99}, {1000, 1}}, 99, 1},
        {{{1, 99}, {1000, 1}}, 99.1, 1000},
        {{{1, 98}, {1000, 2}}, 99, 1000},
        {{{-4, 1}, {-2, 1}, {0, 1}, {2, 1}}, 25, -4},
        {{{-4, 1}, {-2, 1}, {0, 1}, {2, 1}}, 50, -2},
        {{{-4, 1}, {-2, 1}, {0, 1}, {2, 1}}, 75, 0},
        {{{-4, 1}, {-2, 1}, {0, 1}, {2, 1}}, 90, 2},
        {{{1e-300, 1}, {1e300, 1}}, 50, 1e-300},
        {{{1e-300, 1}, {1e300, 1}}, 51, 1e300},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0};
        double least = INFINITY, most = -INFINITY;
        for (size_t k = 0; cases[i].values[k][1] > 0; k++) {
            stat_add(&sum, cases[i].values[k][0], cases[i].values[k][1]);
            least = fmin(least, cases[i].values[k][0]);
            most = fmax(most, cases[i].values[k][0]);
        }
        double got = stat_percentile(&sum, cases[i].p);
        if (fabs(got - cases[i].want) > fabs(cases[i].want) * 0.005 + 1e-305)
            CHECK_FAILED(__FILE__, __LINE__, "case %zu: %g, not %g\n", i, got, cases[i].want);
        CHECK(got >= least && got <= most);
    }
}

/* Values within 1 % share a bin; more bins than there may be are merged at the low end alone. */
static void test_bins(void **state) {
    (void)state;
    CLEANUP_DEINIT(stat_sum) struct stat_sum near = {0}, many = {0};
    stat_add(&near, 1000, 1);
    stat_add(&near, 1001, 1);
    stat_add(&near, 1020, 1);
    CHECK_INT(near.n_bins, 2);
    double value = 1;
    for (int i = 0; i < 2048; i++, value *= 1.01)
        stat_add(&many, value, 1);
    CHECK_INT(many.n_bins, 2048);
    CHECK(many.bins[0].count == 1);
    stat_add(&many, value, 1);
    CHECK_INT(many.n_bins, 2048);
    CHECK(many.bins[0].count == 2 && many.bins[1].count == 1);
    CHECK(many.count == 2049);
    for (size_t i = 1; i < many.n_bins; i++)
        CHECK(many.bins[i].index == many.bins[i - 1].index + 1);
    double p50 = stat_percentile(&many, 50), true_p50 = pow(1.01, 1024);
    CHECK(fabs(p50 - true_p50) <= true_p50 * 0.011);
    stat_add(&many, 1.0, 1); /* below the lowest that is left: made, and merged again */
    CHECK_INT(many.n_bins, 2048);
    CHECK(many.bins[0].count == 3);
}

/* Rows that no writer makes. Where a part is doubtful, nothing of the row is taken. */
static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str row;
    } cases[] = {
        {"empty", S_INIT("")},
        {"another version", S_INIT("\x02" D_0 D_0 D_0 D_0 "\x00")},
        {"cut", S_INIT("\x01" D_0 D_0 D_0)},
        {"more behind", S_INIT("\x01" D_0 D_0 D_0 D_0 "\x00\x00")},
        {"count below zero", S_INIT("\x01" D_NEG1 D_0 D_0 D_0 "\x00")},
        {"least above most", S_INIT("\x01" D_1 D_1 D_2 D_1 "\x00")},
        {"count without end", S_INIT("\x01\x7F\xF0\0\0\0\0\0\0" D_1 D_1 D_1 "\x00")},
        {"sum is no number", S_INIT("\x01" D_1 "\x7F\xF8\0\0\0\0\0\0" D_1 D_1 "\x00")},
        {"least without end", S_INIT("\x01" D_1 D_1 "\xFF\xF0\0\0\0\0\0\0" D_1 "\x00")},
        {"most without end", S_INIT("\x01" D_1 D_1 D_1 "\x7F\xF0\0\0\0\0\0\0\x00")},
        {"too many bins", S_INIT("\x01" D_1 D_1 D_1 D_1 "\x81\x10")},
        {"a bin without count", S_INIT("\x01" D_1 D_1 D_1 D_1 "\x01\xC0\x9A\x0C\x00")},
        {"an odd count", S_INIT("\x01" D_1 D_1 D_1 D_1 "\x01\xC0\x9A\x0C\x03")},
        {"a count below zero", S_INIT("\x01" D_1 D_1 D_1 D_1 "\x01\xC0\x9A\x0C\x01" D_NEG1)},
        {"bins not ascending", S_INIT("\x01" D_1 D_1 D_1 D_1 "\x02\xC0\x9A\x0C\x02\x00\x02")},
        {"bins descending", S_INIT("\x01" D_1 D_1 D_1 D_1 "\x02\xC0\x9A\x0C\x02\x01\x02")},
        {"a bin of no value", S_INIT("\x01" D_1 D_1 D_1 D_1 "\x01\x82\xB5\x18\x02")},
        {"a bin of no negative value", S_INIT("\x01" D_1 D_1 D_1 D_1 "\x01\x81\xB5\x18\x02")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0};
        CHECK_CASE(!stat_merge(&sum, cases[i].row), cases[i].name);
        CHECK_CASE(sum.count == 0 && sum.n_bins == 0, cases[i].name);
    }
    /* The outermost bins, 200,000 on either side. */
    static const str good[] = {S_INIT("\x01" D_1 D_1 D_1 D_1 "\x01\x80\xB5\x18\x02"),
                               S_INIT("\x01" D_1 D_1 D_1 D_1 "\x01\xFF\xB4\x18\x02")};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        CLEANUP_DEINIT(stat_sum) struct stat_sum sum = {0};
        CHECK(stat_merge(&sum, good[i]));
        CHECK_INT(sum.n_bins, 1);
        CHECK_INT(sum.bins[0].index, i ? -200000 : 200000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),  cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_totals), cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_bins),   cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
