/* dynamodb/number: numbers read, printed, added, ordered. */
#include "cm.h"

#include "svc/dynamodb/number.h"

#include <stdlib.h>

#define DIGITS38 "12345678901234567890123456789012345678"
#define ZEROS25  "0000000000000000000000000"

static void test_parse_and_print(void **state) {
    (void)state;
    static const struct {
        const char *in;
        int outcome;
        const char *out;
    } cases[] = {
        {"0", 0, "0"},
        {"-0", 0, "0"},
        {"0.000", 0, "0"},
        {"0e1000000", 0, "0"},
        {"1", 0, "1"},
        {"+1", 0, "1"},
        {"007", 0, "7"},
        {"-1.50", 0, "-1.5"},
        {".5", 0, "0.5"},
        {"5.", 0, "5"},
        {"1500", 0, "1500"},
        {"1.5e3", 0, "1500"},
        {"1.5E+3", 0, "1500"},
        {"150e-2", 0, "1.5"},
        {"0.00012", 0, "0.00012"},
        {"100000000000000000000", 0, "100000000000000000000"},
        {DIGITS38, 0, DIGITS38},
        {"0." DIGITS38, 0, "0." DIGITS38},
        {"1" DIGITS38, DDB_NUMBER_E_DIGITS, NULL},
        {DIGITS38 "0000", 0, DIGITS38 "0000"},
        {"1e125", 0, "1" ZEROS25 ZEROS25 ZEROS25 ZEROS25 ZEROS25},
        {"1e37", 0, "10000000000000000000000000000000000000"},
        {"-1e38", 0, "-1" ZEROS25 "0000000000000"},
        {"1.5E+40", 0, "15" ZEROS25 "00000000000000"},
        {"1e126", DDB_NUMBER_E_OVERFLOW, NULL},
        {"1e1000000", DDB_NUMBER_E_OVERFLOW, NULL},
        {"1e99999999999999999999999", DDB_NUMBER_E_OVERFLOW, NULL},
        {"1e-131", DDB_NUMBER_E_UNDERFLOW, NULL},
        {"-1e-99999999999999999999999", DDB_NUMBER_E_UNDERFLOW, NULL},
        {"", DDB_NUMBER_E_SYNTAX, NULL},
        {"-", DDB_NUMBER_E_SYNTAX, NULL},
        {".", DDB_NUMBER_E_SYNTAX, NULL},
        {"e5", DDB_NUMBER_E_SYNTAX, NULL},
        {"1e", DDB_NUMBER_E_SYNTAX, NULL},
        {"1e+", DDB_NUMBER_E_SYNTAX, NULL},
        {"1.2.3", DDB_NUMBER_E_SYNTAX, NULL},
        {" 1", DDB_NUMBER_E_SYNTAX, NULL},
        {"1 ", DDB_NUMBER_E_SYNTAX, NULL},
        {"NaN", DDB_NUMBER_E_SYNTAX, NULL},
        {"Infinity", DDB_NUMBER_E_SYNTAX, NULL},
        {"0x10", DDB_NUMBER_E_SYNTAX, NULL},
        {"--1", DDB_NUMBER_E_SYNTAX, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_number v;
        struct buf text = {0};
        CHECK_CASE(ddb_number_parse(&v, str_c(cases[i].in)) == cases[i].outcome, cases[i].in);
        if (cases[i].out) {
            ddb_number_text(&v, &text);
            CHECK_STR(buf_view(&text), str_c(cases[i].out));
        }
        buf_deinit(&text);
    }
    struct ddb_number v;
    CHECK_INT(ddb_number_parse(&v, S("9.9999999999999999999999999999999999999e125")), 0);
    CHECK_INT(ddb_number_parse(&v, S("1e-130")), 0);
}

static struct ddb_number num(const char *text) {
    struct ddb_number v;
    CHECK_INT(ddb_number_parse(&v, str_c(text)), 0);
    return v;
}

static void test_sums(void **state) {
    (void)state;
    static const struct {
        const char *a, *b, *sum, *difference;
        int outcome;
    } cases[] = {
        {"1", "2", "3", "-1", 0},
        {"0", "0", "0", "0", 0},
        {"5", "0", "5", "5", 0},
        {"0", "-5", "-5", "5", 0},
        {"999", "1", "1000", "998", 0},
        {"1000", "-1", "999", "1001", 0},
        {"0.1", "0.2", "0.3", "-0.1", 0},
        {"-1.5", "-2.5", "-4", "1", 0},
        {"1", "-1", "0", "2", 0},
        {DIGITS38, "-" DIGITS38, "0", NULL, 0},
        {"99999999999999999999999999999999999999", "1", "1" ZEROS25 "0000000000000",
         "99999999999999999999999999999999999998", 0},
        {"1e125", "1e-130", NULL, NULL, DDB_NUMBER_E_DIGITS},
        {"9e125", "9e125", NULL, NULL, DDB_NUMBER_E_OVERFLOW},
        {"1e-130", "1e-130", "0." /* checked below */, NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ddb_number a = num(cases[i].a), b = num(cases[i].b), v;
        struct buf text = {0};
        CHECK_CASE(ddb_number_add(&v, &a, &b) == cases[i].outcome, cases[i].a);
        if (cases[i].sum && cases[i].sum[1] != '.') {
            ddb_number_text(&v, &text);
            CHECK_STR(buf_view(&text), str_c(cases[i].sum));
        }
        buf_clear(&text);
        if (cases[i].difference) {
            CHECK_INT(ddb_number_sub(&v, &a, &b), 0);
            ddb_number_text(&v, &text);
            CHECK_STR(buf_view(&text), str_c(cases[i].difference));
        }
        buf_deinit(&text);
    }
    struct ddb_number tiny = num("1e-130"), two = num("2e-130"), v;
    CHECK_INT(ddb_number_add(&v, &tiny, &tiny), 0);
    CHECK_INT(ddb_number_cmp(&v, &two), 0);
}

/* Random numbers: cmp, key order, round trips and sums agree with long long arithmetic. */
static void test_property(void **state) {
    (void)state;
    unsigned seed = 4711;
    struct buf ka = {0}, kb = {0}, text = {0};
    for (int round = 0; round < 20000; round++) {
        long long x[2];
        struct ddb_number n[2], v;
        for (int k = 0; k < 2; k++) {
            long long magnitude = 1;
            for (int d = rand_r(&seed) % 12; d > 0; d--)
                magnitude *= 10;
            x[k] = (long long)rand_r(&seed) % (10 * magnitude) *
                   (rand_r(&seed) % 3 || magnitude > 100000 ? 1 : magnitude);
            if (rand_r(&seed) % 2)
                x[k] = -x[k];
            buf_clear(&text);
            buf_printf(&text, "%lld", x[k]);
            n[k] = num(buf_cstr(&text));
        }
        int want = (x[0] > x[1]) - (x[0] < x[1]);
        int got = ddb_number_cmp(&n[0], &n[1]);
        CHECK_INT((got > 0) - (got < 0), want);
        buf_clear(&ka);
        buf_clear(&kb);
        ddb_number_key(&n[0], &ka);
        ddb_number_key(&n[1], &kb);
        got = str_cmp(buf_view(&ka), buf_view(&kb));
        CHECK_INT((got > 0) - (got < 0), want);
        CHECK(ka.len <= DDB_NUMBER_KEY_MAX);
        struct cur c = cur_of(buf_view(&ka));
        CHECK(ddb_number_unkey(&c, &v) && c.s.len == 0);
        CHECK_INT(ddb_number_cmp(&v, &n[0]), 0);

        CHECK_INT(ddb_number_add(&v, &n[0], &n[1]), 0);
        buf_clear(&text);
        ddb_number_text(&v, &text);
        char sum[32];
        snprintf(sum, sizeof sum, "%lld", x[0] + x[1]);
        CHECK_BUF(text, sum);
    }
    buf_deinit(&ka);
    buf_deinit(&kb);
    buf_deinit(&text);
}

static void test_key_order_of_fractions(void **state) {
    (void)state;
    static const char *const ascending[] = {
        "-9e125", "-1e10",   "-12.5", "-12.003", "-12", "-1.5",   "-1",    "-0.5", "-1e-130",
        "0",      "1e-130",  "0.001", "0.5",     "1",   "1.0001", "1.5",   "9",    "10",
        "12",     "12.0034", "12.5",  "99",      "100", "1e10",   "9e125",
    };
    struct buf last = {0}, key = {0};
    for (size_t i = 0; i < ARRAY_LEN(ascending); i++) {
        struct ddb_number v = num(ascending[i]);
        buf_clear(&key);
        ddb_number_key(&v, &key);
        if (i)
            CHECK_CASE(str_cmp(buf_view(&last), buf_view(&key)) < 0, ascending[i]);
        buf_clear(&last);
        buf_str(&last, buf_view(&key));
    }
    buf_deinit(&last);
    buf_deinit(&key);
}

static void test_damaged_keys(void **state) {
    (void)state;
    struct buf key = {0};
    struct ddb_number v = num("-123.456"), out;
    ddb_number_key(&v, &key);
    for (size_t n = 0; n < key.len; n++) {
        struct cur c = cur_of(str_n(key.p, n));
        CHECK(!ddb_number_unkey(&c, &out));
    }
    for (size_t i = 0; i < key.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            key.p[i] ^= (char)(1 << bit);
            struct cur c = cur_of(buf_view(&key));
            if (ddb_number_unkey(&c, &out)) {
                struct buf again = {0};
                ddb_number_key(&out, &again);
                CHECK(str_starts(buf_view(&key), buf_view(&again)));
                buf_deinit(&again);
            }
            key.p[i] ^= (char)(1 << bit);
        }
    buf_deinit(&key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_and_print), cmocka_unit_test(test_sums),
        cmocka_unit_test(test_property),        cmocka_unit_test(test_key_order_of_fractions),
        cmocka_unit_test(test_damaged_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
